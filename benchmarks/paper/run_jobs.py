"""Make the runs of a benchmark, several at a time; what is done is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.paper.job import BenchmarkJob, records_of
from skelseg_core.engine.queued_task import QueuedTask
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.errors import ModelError
from skelseg_core.features.video_work import cpu_threads
from skelseg_core.progress import Progress, Task, mapped
from skelseg_core.project.copies.stray_files import remove_strays

MODULE = "benchmarks.paper.worker"
"""Name of the module that the processes run."""


def run_jobs(jobs: Sequence[BenchmarkJob], threads: int) -> Task[None]:
    """Make the runs without a record, some at a time; closing the task ends them.

    Raises
    ------
    ModelError
        Where one failed; all others are made before that.
    """
    waiting = [job for job in jobs if not records_of(job)]
    n_done = len(jobs) - len(waiting)
    for job in waiting:
        _clean(job)
    tasks = [
        QueuedTask(job.name, "benchmark_run", {"job": asdict(job)}, stage="runs")
        for job in waiting
    ]

    def counted(now: Progress) -> Progress:
        return Progress("runs", n_done + now.done, len(jobs))

    supervisor = Supervisor(tasks, cpu_threads(threads), module=MODULE)
    try:
        ends = yield from mapped(supervisor.run(), counted)
    finally:
        for job in waiting:
            _clean(job)
    failed = [e for e in ends.values() if e.state != "done"]
    if failed:
        first, others = failed[0], len(failed) - 1
        more = f" ({others} more failed as well)" if others else ""
        raise ModelError(
            "The run {} failed{}: {}; fix that and use --resume to continue.",
            first.task.name,
            more,
            first.sentence.rstrip("."),
        )


def _clean(job: BenchmarkJob) -> None:
    """Remove the half-written files that a killed run left."""
    # Other jobs write records there, too: theirs are of processes that live.
    remove_strays(job.record_path.parent)
    for path in job.state_dir.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()
