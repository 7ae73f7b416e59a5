"""Run long tasks in threads, with progress, time left, cancelling and errors.

A job drives a generator of `Progress`. The generator of a heavy task (`Worker.task`)
only passes on the reports of a separate process. That process can be cancelled or
killed, and the session loses nothing but the job.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.kit.language import in_language
from app.kit.threads import END_S, Thread, wait_for_thread, wait_until
from app.services.time_left import TimeLeft
from skelseg_core.engine.worker_process import Worker
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import SENTENCE
from skelseg_core.progress import Progress, Task

State = Literal["running", "done", "failed", "cancelled"]
_log = logging.getLogger(__name__)
_MIN_LOGGED_S = 0.3
"""Seconds that a job must take for its end to be logged."""
AGAIN_MS = 50
"""Milliseconds until a result is tried again to be shown, while an edit is made."""
_SWITCH_S = 0.0005
"""Seconds that a thread computes in Python before another one has its turn.

The window asks for its turn at each call of Qt: with Python's 5 ms it stood still for
some tenths of a second while a job computed.
"""


def left_of_all(jobs: Sequence[Job]) -> float | None:
    """Estimate the seconds until the first job and all of its kind are done.

    Waiting jobs are assumed to need as long for a frame as the first.
    """
    first, *rest = jobs
    share = first.progress.share
    alike = sum(job.n_frames for job in rest if job.kind == first.kind)
    if first.seconds_left is None or share is None or not first.n_frames or share >= 1:
        return None
    return first.seconds_left * (1 + alike / (first.n_frames * (1 - share)))


class Job(QObject):
    """Run one task in a thread; signal its progress and how it ended.

    One of ``done``, ``failed`` and ``cancelled`` is signalled, then ``ended``. Jobs of
    one ``kind`` take time in proportion to their ``n_frames``.
    """

    progressed = Signal(object, object)  # Progress, seconds left or None
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    ended = Signal()

    def __init__(
        self, title: str, task: Task[Any], kind: str = "", n_frames: int = 0
    ) -> None:
        # No Qt parent: the list of running jobs keeps the job, so that nothing deletes
        # it twice.
        super().__init__()
        self.title, self.kind, self.n_frames = title, kind, n_frames
        # What is lost and kept if the window closes; empty where nothing is lost.
        self.on_leaving = ""
        # What it follows goes on without the window after this; None where it ends.
        self.let_go: Callable[[], object] | None = None
        self.goes_on = False
        # Tries again what failed of it.
        self.again: Callable[[], object] | None = None
        # Whether nobody waits for it.
        self.in_background = False
        self.progress = Progress(title)
        self.seconds_left: float | None = None
        self.running = True
        self.state: State = "running"
        self.error = ""
        self._cancel = threading.Event()
        self.runner = Thread(partial(self._drive, task), f"job {title}")
        self.progressed.connect(self._on_progressed)
        self.done.connect(self._on_done)
        self.failed.connect(self._on_failed)
        self.cancelled.connect(self._on_cancelled)
        self.ended.connect(self._on_ended)

    def start(self) -> None:
        """Start the thread."""
        self.runner.start()

    def cancel(self) -> None:
        """Ask the task to stop; ``cancelled`` follows."""
        self._cancel.set()

    def leave(self) -> None:
        """Let what can go on without the window go on, if it is to; else cancel."""
        if self.goes_on and self.let_go is not None:
            self.let_go()
        self.cancel()

    def wait(self) -> None:
        """Block until the thread has ended."""
        if self.runner.is_alive():
            self.runner.join()

    def _on_progressed(self, progress: Progress, left: float | None) -> None:
        self.progress, self.seconds_left = progress, left

    @property
    def cancelling(self) -> bool:
        """True if the job was asked to stop and still runs."""
        return self.running and self._cancel.is_set()

    def _on_done(self, _: object) -> None:
        self.state = "done"

    def _on_failed(self, text: str) -> None:
        self.state, self.error = "failed", text

    def _on_cancelled(self) -> None:
        self.state = "cancelled"

    def _on_ended(self) -> None:
        self.running = False

    def _drive(self, task: Task[Any]) -> None:
        since, state = time.monotonic(), ""
        try:
            self._loop(task)
        except SkelsegError as error:
            self.failed.emit(in_language(error))
            state = f"failed: {error}"
        except Exception as error:
            # Both the log record and `failed` reach the message bar: as one message.
            sentence = self.tr("{}: something went wrong ({}).")
            sentence = sentence.format(self.title, error)
            what = f"{self.title}: {type(error).__name__}: {error}"
            _log.error("%s", what, exc_info=True, extra={SENTENCE: sentence})
            self.failed.emit(sentence)
            state = "failed"
        finally:
            if (took := time.monotonic() - since) > _MIN_LOGGED_S or state:
                _log.info("job %s %s after %.1f s", self.title, state or "ended", took)
            self.ended.emit()

    def _loop(self, task: Task[Any]) -> None:
        left, shown = TimeLeft(), None
        while True:
            try:
                progress = next(task)
            except StopIteration as end:
                self.done.emit(end.value)
                return
            if self._cancel.is_set():
                task.close()
                self.cancelled.emit()
                return
            if progress is not shown:
                shown = progress
                self.progressed.emit(progress, left.update(progress))


class Jobs(QObject):
    """Keep the running jobs and the worker process; signal their progress and ends.

    Connect to the signals of this class, not of the job that `start` returns, which may
    have ended by then. Messages of a job are given within ``about`` with its title,
    which removes those of the last job with that title.
    """

    started = Signal(object)  # Job
    progressed = Signal(object)  # Job
    ended = Signal(object)  # Job, however it ended
    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        worker: Worker,
        parent: QObject | None = None,
        about: Callable[[str], AbstractContextManager[object]] = nullcontext,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(parent)
        sys.setswitchinterval(_SWITCH_S)
        self.worker = worker
        self.running: list[Job] = []
        self._on_done: dict[Job, Callable[[Any], None]] = {}
        self._about, self._ready = about, ready
        self._waiting: list[Callable[[], None]] = []
        self._closed = False

    @property
    def by_need(self) -> list[Job]:
        """List the running jobs, the oldest first, and last those in the background."""
        return sorted(self.running, key=lambda job: job.in_background)

    def start(
        self,
        title: str,
        task: Task[Any],
        on_done: Callable[[Any], None] | None = None,
        kind: str = "",
        n_frames: int = 0,
    ) -> Job:
        """Run a task; ``on_done`` is called with its result in the GUI thread.

        The time left of several jobs of one ``kind`` is estimated by their
        ``n_frames``. A job that is started while the window closes does not run,
        because nothing would cancel it.
        """
        job = Job(title, task, kind, n_frames)
        if self._closed:
            job.running, job.state = False, "cancelled"
            return job
        self.running.append(job)
        if on_done is not None:
            self._on_done[job] = on_done
        # Bound methods of this object: Qt would drop a plain function together with the
        # job.
        job.done.connect(self._on_job_done)
        job.failed.connect(self._on_job_failed)
        job.progressed.connect(self._on_job_progressed)
        job.ended.connect(self._on_job_ended)
        self.started.emit(job)
        job.start()
        self.changed.emit()
        return job

    def _in_turn(self, work: Callable[[], None]) -> None:
        """Do what follows from a job, in order, once results can be taken."""
        self._waiting.append(work)
        self._do_waiting()

    def _do_waiting(self) -> None:
        while self._waiting and (self._closed or self._ready()):
            self._waiting.pop(0)()
        if self._waiting:
            QTimer.singleShot(AGAIN_MS, self, self._do_waiting)

    def _on_job_done(self, result: object) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._in_turn(partial(self._give, job, result))

    def _give(self, job: Job, result: object) -> None:
        # A result that arrives while the window closes is dropped.
        if not self._closed:
            with self._about(job.title):
                if job in self._on_done:
                    self._on_done[job](result)

    def _on_job_failed(self, text: str) -> None:
        job = self.sender()
        if isinstance(job, Job):
            with self._about(job.title):
                self.failed.emit(text)

    def _on_job_progressed(self) -> None:
        job = self.sender()
        if isinstance(job, Job) and job in self.running:
            self.progressed.emit(job)
            self.changed.emit()

    def _on_job_ended(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._in_turn(partial(self._end, job))

    def _end(self, job: Job) -> None:
        if job in self.running:
            self.running.remove(job)
            self._on_done.pop(job, None)
            job.wait()
            self.ended.emit(job)
            self.changed.emit()

    def close(self) -> None:
        """Leave all jobs without more signals; return when they ended, or hang."""
        self._closed = True
        running = list(self.running)
        for job in running:
            job.leave()
        until = time.monotonic() + END_S
        for job in running:
            wait_for_thread(job.runner, until - time.monotonic())
        self.running.clear()
        self._on_done.clear()
        self.worker.close(wait_until)
