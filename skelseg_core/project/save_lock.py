"""Save lock: one save of a project at a time, whichever program of the user makes it.

A save reads what others wrote, merges it, and writes. Were two of them to do that at
once, the later one would write over what it had not read. The lock is the operating
system's: it ends with its process, and nothing of it can be left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator

from skelseg_core.errors import ProjectError
from skelseg_core.files import locked
from skelseg_core.user_folders import state_folder

WAIT_S = 10.0
"""Seconds to wait for the save of another program; then its process may hang, and the
save goes on: what it has not read is kept beside."""
_LOOK_S = 0.01


@contextlib.contextmanager
def save_lock(uuid: str) -> Iterator[None]:
    """Keep other programs of this user from saving the project meanwhile.

    Where no lock can be had the block runs without one.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            # A project may have been given any text as its identity.
            name = hashlib.sha256(uuid.encode("utf-8", "replace")).hexdigest()[:16]
            path = state_folder() / "locks" / f"{name}.lock"
            path.parent.mkdir(parents=True, exist_ok=True)
            until = time.monotonic() + WAIT_S
            while time.monotonic() < until:
                try:
                    held.enter_context(locked(path, "a save"))
                    break
                except ProjectError:
                    time.sleep(_LOOK_S)
        yield
