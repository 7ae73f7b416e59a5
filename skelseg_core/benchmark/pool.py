"""Process pool of the benchmark: runs several jobs at a time and ends them together."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from skelseg_core.benchmark.job import BenchmarkJob
from skelseg_core.benchmark.report.records import RunRecord, run_from_json
from skelseg_core.child_process import module_command
from skelseg_core.errors import FormatError, ModelError
from skelseg_core.features.per_video import cpu_threads
from skelseg_core.files import read_json, read_text
from skelseg_core.progress import Progress, Task
from skelseg_core.project.stray_files import remove_strays

POLL_S = 0.1
"""Seconds between two looks at the running processes."""


def run_all(jobs: Sequence[BenchmarkJob], threads: int) -> Task[None]:
    """Run jobs without a record, some at a time; closing the task ends them."""
    waiting = [job for job in jobs if not records_of(job)]
    n_done = len(jobs) - len(waiting)
    places = min(cpu_threads(threads), max(1, len(waiting)))
    running: dict[subprocess.Popen[str], BenchmarkJob] = {}
    try:
        while waiting or running:
            while waiting and len(running) < places:
                job = waiting.pop(0)
                _clean(job)
                with interrupts_held():
                    running[start_process(job)] = job
            yield Progress("runs", n_done, len(jobs))
            time.sleep(POLL_S)
            for process in [p for p in running if p.poll() is not None]:
                job = running.pop(process)
                _let_go(process)
                _check_done(job, process.returncode)
                n_done += 1
    finally:
        for process in running:
            process.kill()
        for process, job in running.items():
            _let_go(process)
            _clean(job)
    yield Progress("runs", n_done, len(jobs))


def start_process(job: BenchmarkJob) -> subprocess.Popen[str]:
    """Start the process of a run, which ends when its standard input does."""
    process = subprocess.Popen(
        module_command("skelseg_core.benchmark.job"), stdin=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    # A process that died at once leaves no record, which `_check_done` reports.
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(asdict(job)) + "\n")
        process.stdin.flush()
    return process


def _let_go(process: subprocess.Popen[str]) -> None:
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # what was not written yet
            process.stdin.close()


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait, and keep it from what is started meanwhile.

    Ctrl-C reaches all processes of a terminal; the runs leave it to this one.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    came = False

    def note(*_: object) -> None:
        nonlocal came
        came = True

    # Processes that are started inherit the mask. But a mask holds for one thread, and
    # the system may deliver the signal to another thread of this process.
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, note) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if main:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


def _clean(job: BenchmarkJob) -> None:
    """Remove the half-written files and the error text that a killed run left."""
    # Other jobs write records there, too: theirs are of processes that live.
    remove_strays(job.record_path.parent)
    for path in (*job.state_dir.glob(".*.tmp"), job.error_path):
        with contextlib.suppress(OSError):
            path.unlink()


def _check_done(job: BenchmarkJob, code: int | None) -> None:
    if records_of(job):
        return
    why = "its process left no record"
    if code and code < 0:
        why = "its process was killed, perhaps for want of memory"
    if job.error_path.is_file():
        why = read_text(job.error_path).strip().rstrip(".")
    raise ModelError(
        "The run {} failed: {}; mend it and say --resume to go on.", job.name, why
    )


def records_of(job: BenchmarkJob) -> list[RunRecord]:
    """Load the records of a run; none where it is not done, or was another one."""
    if not job.record_path.is_file():
        return []
    try:
        values = read_json(job.record_path)
        if values["key"] != job.key:
            return []
        return [run_from_json(v, str(job.record_path)) for v in values["records"]]
    except (FormatError, KeyError, TypeError):
        return []
