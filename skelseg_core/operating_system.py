"""Processes, memory and disks, which each operating system handles in its own way."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any


def apart() -> dict[str, Any]:
    """Return arguments of `subprocess.Popen` for a process apart from the terminal.

    Neither the end of a terminal nor Ctrl-C in it reaches the process, and it opens no
    window of a console.
    """
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    else:
        return {"start_new_session": True}


def give_way() -> None:
    """Let other processes go first: the player and whatever else a person waits for."""
    import psutil

    if sys.platform == "win32":
        low = psutil.BELOW_NORMAL_PRIORITY_CLASS
    else:
        low = 10
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(low)


def on_battery() -> bool:
    """Tell whether the computer has no power but that of its battery."""
    import psutil

    # Some systems have none of this, and say so in their own ways.
    with contextlib.suppress(psutil.Error, OSError, AttributeError):
        battery = psutil.sensors_battery()
        return battery is not None and battery.power_plugged is False
    return False


def free_memory() -> int:
    """Return the bytes of memory that a process can still have."""
    import psutil

    return int(psutil.virtual_memory().available)


def most_memory(pid: int) -> int:
    """Return the bytes that a process had at most; 0 where the system says nothing."""
    import psutil

    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            said = next((line for line in lines if line.startswith("VmHWM:")), "")
        return int(said.split()[1]) * 1024
    try:
        memory = psutil.Process(pid).memory_info()
    except (psutil.Error, OSError):
        return 0
    # macOS says what it has now alone.
    return int(getattr(memory, "peak_wset", memory.rss))


def to_disk(handle: int, data_only: bool = False) -> None:
    """Wait until the disk has what was written, so that a power cut does not cost it.

    Parameters
    ----------
    handle : int
        Descriptor of the open file.
    data_only : bool
        Whether the time of the change may be lost.

    Raises
    ------
    OSError
        Where the disk refuses.
    """
    if sys.platform == "darwin":
        import fcntl

        # The drive of a Mac keeps what fsync brings it in a buffer of its own.
        with contextlib.suppress(OSError):  # disks of a network know fsync alone
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    sync = getattr(os, "fdatasync", os.fsync) if data_only else os.fsync
    sync(handle)


MOST_CHARACTERS = 259
"""Of a path on Windows, where a person has not turned on longer ones."""


def is_too_long(path: str) -> bool:
    """Tell whether a path is longer than Windows takes, which names no cause."""
    return sys.platform == "win32" and len(os.path.abspath(path)) > MOST_CHARACTERS
