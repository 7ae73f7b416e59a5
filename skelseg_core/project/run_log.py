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

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write

FOLDER = ".runs"
MOST_LOGS = 100
"""Runs whose logs are kept."""


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
        raise ProjectError(
            "{} cannot be written ({}); see to its permissions and its disk.",
            folder,
            error.strerror or error,
        ) from error
    return folder


class RunLog:
    """Write what happens to the tasks of one run.

    Parameters
    ----------
    root : Path
        Folder of the project.
    """

    def __init__(self, root: Path) -> None:
        folder = runs_folder(root)
        now = datetime.now().astimezone()
        name = f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}-{uuid.uuid4().hex[:6]}.jsonl"
        self.path = folder / name
        for old in sorted(folder.glob("*.jsonl"))[: -MOST_LOGS + 1]:
            with contextlib.suppress(OSError):
                old.unlink()

    def write(self, values: Mapping[str, object]) -> None:
        """Add a line. A full disk costs the line and not the run."""
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, **values}, ensure_ascii=False) + "\n"
        with contextlib.suppress(OSError), self.path.open("ab") as file:
            file.write(line.encode("utf-8", "replace"))


def last_ends(root: Path) -> dict[str, dict[str, str]]:
    """Read how each task ended last, by its name; those that never ended are not there.

    Returns
    -------
    dict of dict
        With ``state`` and ``sentence``.
    """
    ends: dict[str, dict[str, str]] = {}
    for path in sorted((root / FOLDER).glob("*.jsonl")):
        with contextlib.suppress(OSError):
            for line in path.read_bytes().splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    said = json.loads(line)
                    if said["state"] in ("done", "failed", "set aside"):
                        ends[said["task"]] = {
                            "state": str(said["state"]),
                            "sentence": str(said.get("sentence", "")),
                        }
    return ends
