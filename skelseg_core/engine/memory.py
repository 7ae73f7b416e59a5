"""Memory: how much a process used at most, and how much is free."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOM = 1.3
"""Memory that has to be free for another process, times the most that one used."""


def has_room(pids: list[int]) -> bool:
    """Tell whether another process like these fits into the memory that is free.

    True where the system does not say.
    """
    peak = max(
        (kib_of(Path(f"/proc/{pid}/status"), "VmHWM:") for pid in pids), default=0
    )
    free = kib_of(Path("/proc/meminfo"), "MemAvailable:")
    return not free or free >= peak * _ROOM


def kib_of(path: Path, name: str) -> int:
    """Read a number in KiB from a file of the system; 0 where it says none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return 0
