"""Crash marks: which video was open when the program crashed.

Decoders are C libraries, and run in the window's process. While a video is open there a
small file in the state folder says so. Where the process died meanwhile, and Python
wrote the stacks of a crash, that video is read by a process of its own from then on
(see `isolated_reader`). A process that was killed leaves a mark too, but no stacks.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from contextlib import ExitStack
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write, locked
from skelseg_core.logs import crash_file
from skelseg_core.user_folders import state_folder
from skelseg_core.video.index import cache_name

VERSION = 1


class CrashMark:
    """Mark of a video that is open in this process; `end` takes it away.

    Nothing is marked where the file is not there or the state folder cannot be written.

    Parameters
    ----------
    path : Path
        Of the video.
    """

    def __init__(self, path: Path) -> None:
        self._held = ExitStack()
        self._mark: Path | None = None
        with contextlib.suppress(OSError, ValueError, ProjectError):
            key = _key(path)
            marks = _marks()
            marks.mkdir(parents=True, exist_ok=True)
            mark = marks / f"{key}-{_size(crash_file())}-{uuid.uuid4().hex[:8]}"
            # The lock ends with the process, however that ends.
            self._held.enter_context(locked(mark, "decoding"))
            self._mark = mark

    def end(self) -> None:
        """Take the mark away: the file is closed."""
        mark, self._mark = self._mark, None
        if mark is not None:
            with contextlib.suppress(OSError):
                if os.name == "nt":
                    self._held.close()  # it removes no file that is open
                mark.unlink()
            self._held.close()


def has_crashed(path: Path) -> bool:
    """Tell whether the program crashed while this file, as it is now, was open."""
    with contextlib.suppress(OSError, ValueError, ProjectError):
        key = _key(path)
        _collect()
        return (_crashed() / key).exists()
    return False


def forgive(path: Path) -> Path:
    """Forget that the program crashed while a file was open; return its path."""
    with contextlib.suppress(OSError, ValueError):
        (_crashed() / _key(path)).unlink(missing_ok=True)
    return path


def _collect() -> None:
    """Turn the marks of processes that crashed into files of `_crashed`."""
    with contextlib.suppress(FileNotFoundError):
        for mark in list(_marks().iterdir()):
            with contextlib.suppress(ProjectError, OSError), locked(mark, "decoding"):
                # Nobody holds it: its process is dead.
                key, size, _ = mark.name.split("-")
                mark.unlink()
                if _size(crash_file()) > int(size):
                    atomic_write(_crashed() / key, "", sync=False)


def _key(path: Path) -> str:
    return cache_name(path, VERSION).removesuffix(".npz")


def _marks() -> Path:
    return state_folder() / "decoding" / "now"


def _crashed() -> Path:
    return state_folder() / "decoding" / "crashed"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
