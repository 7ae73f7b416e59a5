"""Process of a run that a window began and that goes on without it.

It reads one JSON object from its standard input: ``{"root", "log", "choices"}``. What
it does is said by `RunStatus` and the log. SIGTERM ends it: what is done stays.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from skelseg_core.errors import SkelsegError
from skelseg_core.logs import start_logging
from skelseg_core.module_commands import module_command
from skelseg_core.operating_system import apart
from skelseg_core.progress import run
from skelseg_core.project.runs.run_log import RunLog, new_output
from skelseg_core.project.runs.run_status import RunStatus
from skelseg_core.tasks.runs.run_plan import RunChoices, run_stages


def start_run(
    root: Path, choices: Mapping[str, object], log_name: str
) -> subprocess.Popen[str]:
    """Start a run in a process that outlives this one.

    Parameters
    ----------
    root : Path
        Folder of the project.
    choices : Mapping
        Fields of `RunChoices`.
    log_name : str
        As `run_log.new_log_name` gives it.

    Raises
    ------
    ProjectError
        Where the project cannot be written.
    """
    asked = {"root": str(root), "log": log_name, "choices": dict(choices)}
    with new_output(root) as printed:
        process = subprocess.Popen(
            module_command("skelseg_core.tasks.runs.run_process"),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            text=True,
            encoding="utf-8",
            **apart(),
        )
    assert process.stdin is not None
    # Where it has ended already, who follows it says so.
    with contextlib.suppress(OSError), process.stdin as stream:
        json.dump(asked, stream)
    return process


def work(root: str, choices: RunChoices, log_name: str) -> None:
    """Do what was asked for; what kept it from that is in the status of the run."""
    log = RunLog(Path(root), log_name)
    n_videos = len(choices.videos)
    status = RunStatus(log, True, choices.model, choices.stages, n_videos)
    with contextlib.suppress(SkelsegError):
        run(run_stages(root, choices, status))


def _end(number: int, _: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def main() -> None:
    """Read what is asked for, and do it."""
    start_logging()
    signal.signal(signal.SIGTERM, _end)
    asked = json.load(sys.stdin)
    said = asked["choices"]
    stages, videos = tuple(said.pop("stages")), tuple(said.pop("videos"))
    work(asked["root"], RunChoices(stages, videos, **said), asked["log"])


if __name__ == "__main__":
    main()
