"""File of a session's journal: whole lines, and a lock that ends with the process."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from skelseg_core.project.json import compact_json


def write_line(handle: int, body: bytes) -> None:
    """Append one line with its checksum; whole, or not at all.

    Raises
    ------
    OSError
        Where the disk is full or cannot be written.
    """
    line = b"%08x %s\n" % (zlib.crc32(body), body)
    end = os.lseek(handle, 0, os.SEEK_END)
    if os.write(handle, line) != len(line):
        os.ftruncate(handle, end)
        raise OSError(errno.ENOSPC, "the disk is full")


def append_note(path: Path, values: Mapping[str, Any], end: int | None = None) -> None:
    """Append what is no edit to the file of a session that has ended.

    What comes after ``end`` bytes was torn, and is cut off.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        if end is not None:
            os.ftruncate(handle, end)
        write_line(handle, compact_json(values).encode())
    finally:
        os.close(handle)


def place_text(root: Path) -> str:
    """Write the path of a folder, which may be no UTF-8, for a journal."""
    return os.fsencode(root.resolve()).hex()


def lock_of(path: Path) -> FileLock:
    """Return the lock of a session's file, which ends with its process."""
    return FileLock(path.with_suffix(".lock"), thread_local=False)
