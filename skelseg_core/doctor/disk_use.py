"""Disk use: caches, small copies of videos, journals and logs, with their sizes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from skelseg_core.doctor.finding import Finding
from skelseg_core.user_folders import cache_folder, state_folder

_NAMES = {
    "index": "tables of frames",
    "proxies": "small copies of videos",
    "features": "features",
    "lanes": "indexes of projects",
    "sound": "sound",
}


def disk_use() -> Iterator[Finding]:
    """Tell how much the program keeps on this computer, and where."""
    cache = cache_folder()
    for folder in sorted(cache.glob("*")):
        size = bytes_below(folder)
        if folder.is_dir() and size:
            what = _NAMES.get(folder.name, folder.name)
            yield Finding(
                "disk",
                "note",
                f"{_size(size)} of {what} in {folder}; all of it can be made again.",
            )
    size = bytes_below(state_folder())
    if size:
        yield Finding(
            "disk",
            "note",
            f"{_size(size)} of journals, backups and logs in {state_folder()}; it is "
            "what brings edits back.",
        )


def bytes_below(folder: Path) -> int:
    """Add up the sizes of the files in a folder and all below it, in bytes."""
    total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(here, name)).st_size
            except OSError:
                continue
    return total


def _size(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit in ("bytes", "KB") else f"{size:.1f} {unit}"
