"""Worker process whose stages wait where a test asks, and tasks of the other tests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from skelseg_core.engine.serving import serve
from skelseg_core.progress import Progress, Task
from skelseg_core.tasks.stages import run_stage
from tests.core.engine.worker_for_tests import die, fail, last, mark


def wait(folder: str, name: str) -> Task[dict[str, Any]]:
    """Leave a line that says that the task began, and wait for the file ``go``."""
    yield from mark(folder, name)
    while not Path(folder, "go").exists():
        time.sleep(0.02)
        yield Progress("waiting")
    return {}


def slow_stage(**arguments: Any) -> Task[dict[str, Any]]:
    """Run a stage; that of the video ``v1`` waits."""
    if arguments["video_id"] == "v1":
        yield from wait(arguments["root"], "began")
    return (yield from run_stage(**arguments))


if __name__ == "__main__":
    tasks = {t.__name__: t for t in (mark, fail, die, last, wait)}
    serve(lambda: {**tasks, "run_stage": slow_stage})
