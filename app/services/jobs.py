"""Run long tasks in threads, with progress, time left, cancelling and errors.

A job drives a generator of `Progress`. The generator of a heavy task (`Worker.task`)
only passes on what a process of its own reports. That process can be cancelled, or
killed, and the session loses nothing but the job.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeVar

from PySide6.QtCore import QObject, Signal

from app.kit.background import wait_for_thread, wait_until
from skelseg_core.child_process import module_command
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import SENTENCE
from skelseg_core.progress import Progress, Task

T = TypeVar("T")
WAITING = "waiting for the job before"
"""The step of a heavy job until its turn comes."""
State = Literal["running", "done", "failed", "cancelled"]
_log = logging.getLogger(__name__)
_worker_log = logging.getLogger(f"{__name__}.worker")
_BEAT_S = 0.05
"""Seconds between two looks whether a job was cancelled or the process answered."""
_LAST_LINES = 40
_WORTH_A_LINE_S = 0.3
"""Jobs that end within so many seconds are not logged."""
_PATIENCE_S = 0.3
"""Seconds a process has to answer that a task was cancelled, before it is killed."""
LEAST_UNITS, LEAST_S, POINT_S = 4, 3.0, 0.25
"""The time left is shown after so many units of work and so many seconds."""
LEAST_SHARE, PATIENT_S = 0.02, 30.0
"""And after this share of the whole at an even pace, or after so many seconds."""


class Worker:
    """Run long tasks in one process, which is started when needed and then kept."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._listener: threading.Thread | None = None
        self._busy = threading.Lock()

    def task(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        """Run one of ``skelseg_core.tasks.all.TASKS`` in the process.

        Closing the generator cancels the task; a process that does not react is killed.

        Raises
        ------
        SkelsegError
            With the sentence of the task, or where the process died.
        """
        waiting = Progress(WAITING)
        while not self._busy.acquire(timeout=_BEAT_S):
            yield waiting
        try:
            result = yield from self._run(task, arguments)
            return result
        finally:
            self._busy.release()

    def alone(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        """Run a task beside all others, in a process that ends with it.

        For what nobody waits for: a task that is asked for meanwhile begins at once.
        """
        worker = Worker(self._threads)
        try:
            return (yield from worker.task(task, **arguments))
        finally:
            worker._drop()

    def _run(self, name: str, arguments: Mapping[str, Any]) -> Task[dict[str, Any]]:
        self._start()
        _log.info("task %s begins in the background", name)
        self._send({"task": name, "arguments": dict(arguments)})
        last, finished = Progress("starting"), False
        try:
            while True:
                yield last
                try:
                    answer = self._answers.get(timeout=_BEAT_S)
                except queue.Empty:
                    continue
                if answer is None or "error" in answer or "result" in answer:
                    finished = True
                    return self._end(answer)
                names = ("step", "done", "total", "values", "whole")
                last = Progress(*(answer[name] for name in names))
        finally:
            if not finished:
                self._cancel()

    def _end(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        if answer is None:
            raise SkelsegError(self._told_end())
        if "error" in answer:
            sentence = str(answer["error"])
            if "trace" in answer:
                _tell(sentence, str(answer["trace"]))
            raise SkelsegError(sentence)
        return dict(answer["result"])

    def _told_end(self) -> str:
        """Log how the process ended, and return the sentence that says so."""
        process, listener = self._process, self._listener
        code = None
        if process is not None:
            # Its output has ended: the process has, too, or will in a moment.
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=_PATIENCE_S)
        if listener is not None:
            listener.join(timeout=_PATIENCE_S)
        self._drop()
        sentence = ended_sentence(code)
        _tell(sentence, "\n".join(self._said))
        return sentence

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        threads = [str(self._threads)] if self._threads else []
        self._process = subprocess.Popen(
            module_command("skelseg_core.tasks.worker", *threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            encoding="utf-8",
        )
        self._answers = queue.Queue()
        threading.Thread(
            target=_relay,
            args=(self._process, self._answers),
            name="worker answers",
            daemon=True,
        ).start()
        self._said = deque(maxlen=_LAST_LINES)
        self._listener = threading.Thread(
            target=_listen,
            args=(self._process, self._said),
            name="worker output",
            daemon=True,
        )
        self._listener.start()

    def _send(self, message: Mapping[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            # The process died; `_relay` passes that on as the end of the answers.
            return

    def _cancel(self) -> None:
        self._send({"cancel": True})
        deadline = time.monotonic() + _PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                answer = self._answers.get(timeout=left)
            except queue.Empty:
                break
            if answer is None:
                break
            if {"cancelled", "result", "error"} & answer.keys():
                return
        self._drop()

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue

    def close(self) -> None:
        """Kill the process; files that it was writing stay as they were."""
        process = self._process
        if process is not None:
            process.kill()
            # The system needs some time to take down a large process.
            wait_until(lambda: process.poll() is not None)
        self._drop()


def _listen(process: subprocess.Popen[str], said: deque[str]) -> None:
    """Log what a process prints besides its answers; keep the last lines."""
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            said.append(line.rstrip())
            _worker_log.info("%s", line.rstrip())


def _tell(sentence: str, details: str) -> None:
    """Log a failure of another process; the window shows the sentence."""
    _log.error("%s\n%s", sentence, details, extra={SENTENCE: sentence})


def ended_sentence(code: int | None) -> str:
    """Word the message of a background process that ended, from its exit code.

    Parameters
    ----------
    code : int, optional
        As Python gives it: the negative number of a signal; None where it is unknown.
    """
    if code is not None and code == -getattr(signal, "SIGKILL", 9):
        return (
            "The background process ended unexpectedly (signal 9), perhaps for want of "
            "memory; your labels are safe. Close other programs and try again."
        )
    how = "ended unexpectedly"
    if code is not None and code < 0:
        how = f"crashed ({_signal_name(-code)})"
    elif code is not None:
        # Windows gives what it calls a status, which is looked up in hexadecimal.
        shown = f"{code:#x}" if code > 0xFFFF else str(code)
        how = f"ended unexpectedly with exit code {shown}"
    return (
        f"The background process {how}; your labels are safe. The details are in the "
        "report."
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _relay(
    process: subprocess.Popen[str], answers: queue.Queue[dict[str, Any] | None]
) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            answers.put(json.loads(line))
    except ValueError:
        pass  # closed under the reader, or a line cut short by a kill
    answers.put(None)


class TimeLeft:
    """Estimate the time left of a job from its own pace.

    The first unit of work does not count: it loads what the others have at hand. The
    pace is that of the second half of the time since, so that the estimate is soon
    right again when the pace changes. There is none until both halves agree.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step = ""
        self._seen: float | None = None
        self._points: deque[tuple[float, float]] = deque()
        self._first = (0.0, 0.0)
        self._rises = 0
        self._known = False

    def update(self, progress: Progress) -> float | None:
        """Estimate the seconds left after ``progress``; None while that is unknown."""
        now, share = self._clock(), progress.share
        other = progress.whole is None and progress.step != self._step
        if other or share is None or (self._seen is not None and share < self._seen):
            # Another step of a job that does not count over all of them.
            self._step, self._seen = progress.step, share
            self._known, self._rises = False, 0
            return None
        if self._seen is None or share > self._seen:
            self._rises += self._seen is not None
            if self._rises == 1:
                self._first = (now, share)
                self._points = deque([self._first])
            self._seen = share
        if self._rises < LEAST_UNITS or now - self._first[0] < LEAST_S:
            return None
        return self._from_pace(now, share)

    def _from_pace(self, now: float, share: float) -> float | None:
        start, begun = self._first
        middle = (start + now) / 2
        while len(self._points) > 1 and self._points[1][0] <= middle:
            self._points.popleft()
        if now - self._points[-1][0] >= POINT_S:
            self._points.append((now, share))
        then, half = self._points[0]
        if then >= now or share <= half:
            return None
        pace = (share - half) / (now - then)
        if not self._known and then > start:
            before = (half - begun) / (then - start)
            even = pace / 2 <= before <= pace * 2
            agree = even and share - begun >= LEAST_SHARE
            self._known = agree or now - start >= PATIENT_S
        return (1 - share) / pace if self._known else None


def time_left(seconds: float | None) -> str:
    """Format seconds as ``m:ss``; the empty text for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,}:{rest:02d}"


def left_of_all(jobs: Sequence[Job]) -> float | None:
    """Estimate the seconds until the first job and all of its kind are done.

    Those that wait are taken to need as long for a frame as the first.
    """
    first, *rest = jobs
    share = first.progress.share
    alike = sum(job.n_frames for job in rest if job.kind == first.kind)
    if first.seconds_left is None or share is None or not first.n_frames or share >= 1:
        return None
    return first.seconds_left * (1 + alike / (first.n_frames * (1 - share)))


class Job(QObject):
    """Drive one task in a thread; signal its progress and how it ended.

    Of ``done``, ``failed`` and ``cancelled`` one comes, then ``ended``. Jobs of one
    ``kind`` take time in proportion to their ``n_frames``.
    """

    progressed = Signal(object, object)  # Progress, seconds left or None
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    ended = Signal()

    def __init__(
        self, title: str, task: Task[Any], kind: str = "", n_frames: int = 0
    ) -> None:
        # No parent: the list of running jobs keeps it, and nothing deletes it twice.
        super().__init__()
        self.title, self.kind, self.n_frames = title, kind, n_frames
        # What is lost and kept if the window closes; empty where nothing is lost.
        self.on_leaving = ""
        self.progress = Progress(title)
        self.seconds_left: float | None = None
        self.running = True
        self.state: State = "running"
        self.error = ""
        self._cancel = threading.Event()
        self.runner = threading.Thread(
            target=self._drive, args=(task,), name=f"job {title}", daemon=True
        )
        self.progressed.connect(self._on_progressed)
        self.done.connect(self._on_done)
        self.failed.connect(self._on_failed)
        self.cancelled.connect(self._on_cancelled)
        self.ended.connect(self._on_ended)

    def start(self) -> None:
        """Begin the thread."""
        self.runner.start()

    def cancel(self) -> None:
        """Ask the task to stop; ``cancelled`` follows."""
        self._cancel.set()

    def wait(self) -> None:
        """Block until the thread has ended."""
        if self.runner.is_alive():
            self.runner.join()

    def _on_progressed(self, progress: Progress, left: float | None) -> None:
        self.progress, self.seconds_left = progress, left

    @property
    def cancelling(self) -> bool:
        """Whether the job was asked to stop and still runs."""
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
            self.failed.emit(str(error))
            state = f"failed: {error}"
        except Exception as error:
            # Both the log record and `failed` reach the message bar: as one message.
            sentence = f"{self.title}: something went wrong ({error})."
            what = f"{self.title}: {type(error).__name__}: {error}"
            _log.error("%s", what, exc_info=True, extra={SENTENCE: sentence})
            self.failed.emit(sentence)
            state = "failed"
        finally:
            if (took := time.monotonic() - since) > _WORTH_A_LINE_S or state:
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
    """Keep the running jobs and the worker process; signal what becomes of them.

    Connect to the signals of this class, not of the job that `start` returns, which
    may have ended by then. Messages of a job are given within ``about`` with its title:
    those of the last job of that title are taken down.
    """

    started = Signal(object)  # Job
    progressed = Signal(object)  # Job
    ended = Signal(object)  # Job, however it ended
    changed = Signal()
    failed = Signal(str)

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = worker
        self.running: list[Job] = []
        self._on_done: dict[Job, Callable[[Any], None]] = {}
        self.about: Callable[[str], AbstractContextManager[object]] = nullcontext
        self._closed = False

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
        ``n_frames``. A job that is started while the window closes does not begin:
        nobody would end it.
        """
        job = Job(title, task, kind, n_frames)
        if self._closed:
            job.running, job.state = False, "cancelled"
            return job
        self.running.append(job)
        if on_done is not None:
            self._on_done[job] = on_done
        # Bound methods: a function would be dropped with the job that it waits for.
        job.done.connect(self._on_job_done)
        job.failed.connect(self._on_job_failed)
        job.progressed.connect(self._on_job_progressed)
        job.ended.connect(self._on_job_ended)
        self.started.emit(job)
        job.start()
        self.changed.emit()
        return job

    def _on_job_done(self, result: object) -> None:
        job = self.sender()
        # A result that comes while the window closes is not wanted any more.
        if isinstance(job, Job) and not self._closed:
            with self.about(job.title):
                if job in self._on_done:
                    self._on_done[job](result)

    def _on_job_failed(self, text: str) -> None:
        job = self.sender()
        if isinstance(job, Job):
            with self.about(job.title):
                self.failed.emit(text)

    def _on_job_progressed(self) -> None:
        job = self.sender()
        if isinstance(job, Job) and job in self.running:
            self.progressed.emit(job)
            self.changed.emit()

    def _on_job_ended(self) -> None:
        job = self.sender()
        if isinstance(job, Job) and job in self.running:
            self.running.remove(job)
            self._on_done.pop(job, None)
            job.wait()
            self.ended.emit(job)
            self.changed.emit()

    def close(self) -> None:
        """Cancel all jobs and wait until they have ended, without further signals."""
        self._closed = True
        running = list(self.running)
        for job in running:
            job.cancel()
        for job in running:
            wait_for_thread(job.runner)
        self.running.clear()
        self._on_done.clear()
        self.worker.close()
