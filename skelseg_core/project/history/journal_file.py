"""File of a session's journal: whole lines, and a lock that ends with the process."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skelseg_core.process_identity import computer_id, process_start
from skelseg_core.project.json import compact_json

if TYPE_CHECKING:
    from filelock import FileLock

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP)
"""Error numbers of a disk without file locks (NFS without a lock server)."""


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
    """Take the lock of a session's file, which ends with its process.

    Where the disk has no locks it is not taken (`FileLock.is_locked`); the file then
    says whose it is, see `this_process`.

    Raises
    ------
    OSError, NotImplementedError
        Where another process holds it, or it cannot be taken.
    """
    from filelock import FileLock

    lock = FileLock(path.with_suffix(".lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return lock


def this_process() -> list[str]:
    """Say which process this is, for the head of a file without a lock."""
    return [computer_id(), str(os.getpid()), process_start(os.getpid())]


def may_run(process: object) -> bool:
    """Tell whether a process that `this_process` told of may still run.

    Of one on another computer, or one that is not told, nobody here knows.
    """
    match process:
        case [str(computer), str(pid), str(start)] if pid.isdecimal():
            if computer != computer_id():
                return True
            return len(pid) < 10 and process_start(int(pid)) == start
    return True
