"""RunLog: what happened to each task of the runs over a project, one line each.

``.runs/<when>-<process>.jsonl``, one file per run, so that no two programs write one.
A line is ``{"at", "task", "stage", "video", "state", "sentence"}``; a run that is
killed leaves whole lines, and a torn one is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write

FOLDER = ".runs"
OUTPUT = "output.txt"
"""File with what the last run printed that a window began."""
STATUS = ".status"
"""Suffix of the file beside a log that says how far the run is (`run_status`)."""
MOST_LOGS = 100
"""Runs whose logs are kept."""
_NO_EVENT = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""Errors of reading a line that somebody else wrote."""


def runs_folder(root: Path) -> Path:
    """Make the folder of the runs of a project, which git leaves out.

    Raises
    ------
    ProjectError
        Where it cannot be made.
    """
    folder = root / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        ignored = folder / ".gitignore"
        if not ignored.exists():
            atomic_write(ignored, b"*\n")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _unwritable(path: Path, error: OSError) -> ProjectError:
    text = "{} cannot be written ({}); check its permissions and its disk."
    return ProjectError(text, path, error.strerror or error)


def new_log_name() -> str:
    """Make a name for the log of a run that no other run has."""
    now = datetime.now().astimezone()
    return f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}-{uuid.uuid4().hex[:6]}.jsonl"


class RunLog:
    """Write what happens to the tasks of one run.

    Parameters
    ----------
    root : Path
        Folder of the project.
    name : str
        As `new_log_name` gives it, where another process is told the name before.
    """

    def __init__(self, root: Path, name: str = "") -> None:
        folder = runs_folder(root)
        self.path = folder / (name or new_log_name())
        for old in sorted(folder.glob("*.jsonl"))[: -MOST_LOGS + 1]:
            with contextlib.suppress(OSError):
                old.unlink()
                old.with_suffix(STATUS).unlink(missing_ok=True)

    def write(self, values: Mapping[str, object]) -> None:
        """Add a line. A full disk costs the line and not the run."""
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, **values}, ensure_ascii=False) + "\n"
        with contextlib.suppress(OSError), self.path.open("ab") as file:
            file.write(line.encode("utf-8", "replace"))


def new_output(root: Path) -> BinaryIO:
    """Open the file for what a run prints that a window begins, emptied.

    Raises
    ------
    ProjectError
        As `runs_folder`.
    """
    path = runs_folder(root) / OUTPUT
    try:
        return path.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error


class RunEvents:
    """Read what is new in the log of a run that goes on.

    Parameters
    ----------
    path : Path
        Of the log, which may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0

    def read(self) -> list[dict[str, str]]:
        """Return the lines since the last call; a torn one waits for its end."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError:
            return []
        self._at += len(whole) + len(newline)
        events = []
        for line in whole.splitlines():
            with contextlib.suppress(*_NO_EVENT):
                said = json.loads(line)
                events.append({str(k): str(v) for k, v in said.items()})
        return events
