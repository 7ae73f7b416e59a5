"""Share the memory that threads free, and collect garbage when nobody waits."""

from __future__ import annotations

import ctypes
import gc
import sys

_ARENA_MAX = -8
"""Number of the parameter M_ARENA_MAX of the C function mallopt."""
ARENAS = 2
"""Heaps that all threads share."""


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


def keep_collector_quiet() -> None:
    """Collect garbage now; call before a window is built, and after one was closed.

    A collection in the midst of work takes longer than the painting of a frame. Python
    begins one by itself the later, the fewer objects it knows to be in use; the modules
    of the program, loaded at the first call, are taken out of the count for good.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.collect()
