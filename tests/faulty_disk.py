"""A disk whose calls fail when asked: the n-th, and all after it or it alone."""

from __future__ import annotations

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ERRORS = ("ENOSPC", "EIO", "EROFS", "EACCES", "ESTALE", "EDQUOT", "EMFILE")
CALLS = (
    *("stat", "lstat", "open", "scandir", "mkdir", "chmod", "replace", "unlink"),
    *("fsync", "write"),
)


@dataclass
class FaultyDisk:
    """Count the calls that touch a folder outside the window's thread; let some fail.

    ``at`` is the number of the call that fails, -1 for none; ``lasting`` says that
    those after it fail, too, until ``heal`` is called.
    """

    root: Path
    error: str = "EIO"
    at: int = -1
    lasting: bool = False
    calls: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    counting: bool = False
    _handles: set[int] = field(default_factory=set)

    def heal(self) -> None:
        """Let nothing fail any more."""
        self.at = -1

    def fail(self, at: int, error: str, lasting: bool) -> None:
        """Let the call of this number fail, counted from now on."""
        self.calls.clear()
        self.failed.clear()
        self.at, self.error, self.lasting = at, error, lasting

    def touch(self, name: str, what: object) -> None:
        """Count a call, and fail where it is its turn."""
        if not self.counting or not self._is_ours(what):
            return
        if threading.current_thread().name != "save":
            return
        n = len(self.calls)
        self.calls.append(name)
        if self.at >= 0 and (n == self.at or (self.lasting and n > self.at)):
            self.failed.append(name)
            number = getattr(errno, self.error)
            raise OSError(number, os.strerror(number), str(what))

    def _is_ours(self, what: object) -> bool:
        if isinstance(what, int):
            return what in self._handles
        if not isinstance(what, str | os.PathLike):
            return False
        return os.fspath(what).startswith(str(self.root))

    def opened(self, path: object, handle: int) -> None:
        """Remember that a handle is of a file of the folder."""
        self._handles.discard(handle)
        if self._is_ours(path):
            self._handles.add(handle)


class _Stream:
    """A file whose writing fails as its handle's would."""

    def __init__(self, disk: FaultyDisk, stream: Any) -> None:
        self._disk, self._stream = disk, stream

    def write(self, data: bytes) -> int:
        self._disk.touch("write", self._stream.fileno())
        return int(self._stream.write(data))

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def faulty(root: Path) -> Iterator[FaultyDisk]:
    """Put the shim between the program and the disk."""
    disk = FaultyDisk(root)
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            if name != "write":
                patch.setattr(os, name, _watched(disk, name, getattr(os, name)))
        opening, wrapping = io.open, os.fdopen

        def opened(file: Any, *arguments: Any, **named: Any) -> Any:
            disk.touch("read", file)
            return opening(file, *arguments, **named)

        def wrapped(handle: int, *arguments: Any, **named: Any) -> Any:
            return _Stream(disk, wrapping(handle, *arguments, **named))

        patch.setattr(io, "open", opened)
        patch.setattr(os, "fdopen", wrapped)
        yield disk


def _watched(disk: FaultyDisk, name: str, call: Callable[..., Any]) -> Any:
    def watched(*arguments: Any, **named: Any) -> Any:
        what = arguments[0] if arguments else ""
        disk.touch(name, what)
        answer = call(*arguments, **named)
        if name == "open":
            disk.opened(what, answer)
        return answer

    return watched
