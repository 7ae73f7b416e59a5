"""The worker process: whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skelseg_core.engine.worker_process import WAITING, Worker
from skelseg_core.progress import Progress, Task, run


class Named(Worker):
    """Run no process: a task tells its name and ends."""

    def _run(self, name: str, arguments: Mapping[str, Any]) -> Task[dict[str, Any]]:
        yield Progress(name)
        return {}


def test_what_is_asked_of_a_video_waits_for_what_was_asked_of_it_before() -> None:
    """Filling in got its turn before the poses of its video, and there were none."""
    worker = Named()
    other, poses, fill = (
        worker.task("other", video_id="b"),
        worker.task("poses", video_id="a"),
        worker.task("fill", video_id="a"),
    )
    steps = [next(task).step for task in (other, poses, fill)]
    assert steps == ["other", WAITING, WAITING]
    run(other)
    assert next(fill).step == WAITING
    assert next(poses).step == "poses"
    run(poses)
    assert next(fill).step == "fill"
    run(fill)
