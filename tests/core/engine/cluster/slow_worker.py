"""Worker process whose stages wait where a test asks."""

from __future__ import annotations

from typing import Any

from skelseg_core.engine.serving import serve
from skelseg_core.progress import Task
from skelseg_core.tasks.stages import run_stage
from tests.core.engine.worker_for_tests import wait


def slow_stage(**arguments: Any) -> Task[dict[str, Any]]:
    """Run a stage; that of the video ``v1`` waits."""
    if arguments["video_id"] == "v1":
        yield from wait(arguments["root"], "began")
    return (yield from run_stage(**arguments))


if __name__ == "__main__":
    serve(lambda: {"run_stage": slow_stage})
