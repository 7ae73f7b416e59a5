"""Memory: what is freed by one thread is there for the others."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8
ARENAS = 2


def share_freed_memory() -> None:
    """Let all threads take memory from the same heaps; called before there are any.

    The C library of Linux gives every thread heaps of its own. Pictures are decoded in
    some threads and dropped in others, and what was free in one heap while another one
    grew came to more than the pictures themselves. Elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have neither it nor the heaps
        mallopt(_ARENA_MAX, ARENAS)
