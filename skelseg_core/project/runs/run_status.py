"""RunStatus: how far a run over a project is, for whoever looks at its folder.

``.runs/<name>.status`` beside the log of the run: which process of which computer it
is, and how far it is, written anew twice a second. So a window finds a run that another
process began, or that went on when the window was closed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from skelseg_core.engine.supervisor import RunProgress
from skelseg_core.errors import SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.process_identity import (
    HIDDEN,
    computer_id,
    computer_name,
    process_start,
)
from skelseg_core.progress import Progress
from skelseg_core.project.runs.run_log import FOLDER, STATUS, RunLog
from skelseg_core.text_files import read_json
from skelseg_core.typed_values import typed

WRITE_S = 0.5
"""Seconds between two writings of how far a run is."""
SILENT_S = 120.0
"""Seconds without a writing after which a run on another computer is given up."""


@dataclass(frozen=True)
class RunState:
    """State of a run, as it said of itself last.

    Parameters
    ----------
    log : Path
        Log of the run.
    host, computer : str
        Name of the computer to show, and what tells it from others.
    pid, started : int, str
        The process and its `process_start`.
    by_window : bool
        Whether a window began it.
    model : str
        By which is pre-labelled; empty where only poses are estimated.
    wanted : tuple of str
        Stages that were asked for; without any, all that the project allows.
    n_videos : int
        Videos that it was asked for; 0 where these are all.
    seconds : float
        Since it began.
    progress : RunProgress
        How far it is.
    ended : bool
        Whether it has ended; ``error`` says why where something kept it from its work,
        and ``cancelled`` is True where a person did.
    age_s : float
        Seconds since it was written, by the clocks of the disk and this computer.
    """

    log: Path
    host: str
    computer: str
    pid: int
    started: str
    by_window: bool = False
    model: str = ""
    wanted: tuple[str, ...] = ()
    n_videos: int = 0
    seconds: float = 0.0
    progress: RunProgress = field(default_factory=lambda: RunProgress("starting"))
    ended: bool = False
    cancelled: bool = False
    error: str = ""
    age_s: float = 0.0

    @property
    def is_here(self) -> bool:
        """Tell whether its process is one of this computer."""
        return self.computer == computer_id()

    @property
    def is_live(self) -> bool:
        """Tell whether it goes on, as far as can be known."""
        if self.ended:
            return False
        if self.is_here:
            return process_start(self.pid) in (self.started, HIDDEN)
        return self.age_s < SILENT_S


class RunStatus:
    """Write how far a run is.

    Parameters
    ----------
    log : RunLog
        Of the run; the status lies beside it.
    by_window : bool
    model, wanted, n_videos : str, sequence of str, int
        As in `RunState`.
    """

    def __init__(
        self,
        log: RunLog,
        by_window: bool = False,
        model: str = "",
        wanted: Sequence[str] = (),
        n_videos: int = 0,
    ) -> None:
        self.log = log
        self._path = log.path.with_suffix(STATUS)
        self._began_s = time.monotonic()
        self._written_s = -WRITE_S
        self._last: Progress = RunProgress("starting")
        self._said: dict[str, Any] = {
            "host": computer_name(),
            "computer": computer_id(),
            "pid": os.getpid(),
            "started": process_start(os.getpid()),
            "by_window": by_window,
            "model": model,
            "wanted": list(wanted),
            "n_videos": n_videos,
        }
        self.told(self._last)

    def told(self, progress: Progress) -> Progress:
        """Write how far the run is, now and then; return ``progress``."""
        self._last, now = progress, time.monotonic()
        if now - self._written_s >= WRITE_S:
            self._written_s = now
            self._write()
        return progress

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """Say in the end how the block ended, which does the work of the run."""
        why, cancelled = "", True
        try:
            yield
            cancelled = False
        except SkelsegError as error:
            why, cancelled = str(error), False
            raise
        finally:
            self.end(why, cancelled)

    def end(self, error: str = "", cancelled: bool = False) -> None:
        """Say that the run has ended, and how."""
        if not self._said.get("ended"):
            self._said |= {"ended": True, "error": error, "cancelled": cancelled}
            self._write()

    def _write(self) -> None:
        last = self._last
        stages = getattr(last, "stages", {})
        said = {
            **self._said,
            "seconds": round(time.monotonic() - self._began_s, 3),
            "progress": asdict(
                RunProgress(
                    last.step, last.done, last.total, {}, last.share, stages=stages
                )
            ),
        }
        # A full disk loses this status line, and does not stop the run.
        with contextlib.suppress(SkelsegError, OSError):
            atomic_write(self._path, json.dumps(said), sync=False)


def read_status(log: Path) -> RunState | None:
    """Read what the run with this log said last; None where there is nothing to read.

    Parameters
    ----------
    log : Path
    """
    path = log.with_suffix(STATUS)
    with contextlib.suppress(SkelsegError, OSError):
        said = read_json(path)
        age_s = max(0.0, time.time() - path.stat().st_mtime)
        if isinstance(said, dict):
            return typed(RunState, {**said, "log": log, "age_s": age_s}, path)
    return None


def found_runs(root: Path) -> list[RunState]:
    """Find the runs over a project that go on, and those that a window has to tell of.

    Those are what a window began and no window has seen the end of (`forget_run`).

    Parameters
    ----------
    root : Path
        Folder of the project.
    """
    logs = sorted(p.with_suffix(".jsonl") for p in (root / FOLDER).glob(f"*{STATUS}"))
    found = []
    for state in (read_status(log) for log in logs):
        if state is None:
            continue
        if state.is_live or (state.by_window and not state.cancelled):
            found.append(state)
        elif state.age_s > SILENT_S:
            forget_run(state.log)  # its followers know already
    return found


def forget_run(log: Path) -> None:
    """Delete what a run that has ended said of itself; its log stays."""
    with contextlib.suppress(OSError):
        log.with_suffix(STATUS).unlink(missing_ok=True)
