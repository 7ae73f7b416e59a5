"""Run long tasks in a separate process, which may crash or be killed."""

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skelseg_core.errors import SkelsegError
from skelseg_core.logs import SENTENCE
from skelseg_core.module_commands import exit_name, module_command
from skelseg_core.operating_system import apart
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said, from_json

WAITING = "waiting for the previous job"
"""Step shown for a heavy job until its turn comes."""
MODULE = "skelseg_core.tasks.worker"
"""Name of the module that a worker process runs."""
_log = logging.getLogger(__name__)
_output_log = logging.getLogger(f"{__name__}.output")
_POLL_S = 0.05
"""Seconds between two checks whether the process has answered."""
_LAST_LINES = 40
"""Lines of the output of a process that are logged when it crashes."""
SILENT_S = 30.0
"""Seconds without a sign of life after which the process counts as hanging."""
_CANCEL_TIMEOUT_S = 0.3
"""Seconds a process has to confirm that a task was cancelled, before it is killed."""


@dataclass(frozen=True)
class Silence(Progress):
    """Progress as it was when the process gave its last sign of life."""


class WorkerEnded(SkelsegError):
    """A process that died while it worked on a task."""


class TaskFailed(SkelsegError):
    """A task that failed in its process.

    Attributes
    ----------
    stops : bool
        Whether every other task would fail, too.
    unexpected : bool
        Whether it is nobody's mistake but a bug; then it is in the log already.
    """

    def __init__(
        self, sentence: str, stops: bool = False, unexpected: bool = False
    ) -> None:
        super().__init__(sentence)
        self.stops, self.unexpected = stops, unexpected


class Worker:
    """Run long tasks in one process, which is started when needed and then kept.

    The process gives signs of life; where they fail, its task yields `Silence`. It is
    reached by pipes alone, so that nobody else can.

    Parameters
    ----------
    threads : int
        Processor threads of the process; 0 are all.
    module : str
        What the process runs; it calls `serving.serve`.
    """

    def __init__(self, threads: int = 0, module: str = MODULE) -> None:
        self._threads, self._module = threads, module
        self.process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._listener: threading.Thread | None = None
        self._busy, self._videos = threading.Lock(), dict[str, threading.Lock]()

    def task(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        """Run one of ``skelseg_core.tasks.registry.TASKS`` in the process.

        Closing the generator cancels the task; a process that does not react is killed.

        Raises
        ------
        TaskFailed
            With the error sentence of the task.
        WorkerEnded
            Where the process died.
        """
        waiting = Progress(WAITING)
        # What is asked of a video comes after what was asked of it before.
        video = str(arguments.get("video_id"))
        with contextlib.ExitStack() as turns:
            for turn in (self._videos.setdefault(video, threading.Lock()), self._busy):
                while not turn.acquire(timeout=_POLL_S):
                    yield waiting
                turns.callback(turn.release)
            return (yield from self._run(task, arguments))

    def alone(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        """Run a task beside all others, in a process that ends with it.

        For tasks that nobody waits for: other tasks can start meanwhile.
        """
        worker = Worker(self._threads, self._module)
        try:
            return (yield from worker.task(task, **arguments))
        finally:
            worker.kill()

    def _run(self, name: str, arguments: Mapping[str, Any]) -> Task[dict[str, Any]]:
        request = {"task": name, "arguments": dict(arguments)}
        self._start()
        _log.info("task %s begins in the background", name)
        self._send(request)
        last, finished, heard_s = Progress("starting"), False, time.monotonic()
        try:
            while True:
                yield last
                try:
                    answer = self._answers.get(timeout=_POLL_S)
                except queue.Empty:
                    silent = time.monotonic() - heard_s > SILENT_S
                    if silent and not isinstance(last, Silence):
                        last = Silence(**vars(last))
                    continue
                heard_s = time.monotonic()
                if answer is None or "error" in answer or "result" in answer:
                    finished = True
                    return self._end(answer)
                last = self._told(last, answer)
        finally:
            if not finished:
                self._cancel()

    @staticmethod
    def _told(last: Progress, answer: Mapping[str, Any]) -> Progress:
        """Make the progress that an answer tells; a sign of life ends a silence."""
        names = ("step", "done", "total", "values", "whole")
        if "alive" not in answer:
            return Progress(*(answer[name] for name in names))
        if isinstance(last, Silence):
            return Progress(*(getattr(last, name) for name in names))
        return last

    def _end(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        if answer is None:
            raise WorkerEnded(self._log_end())
        if "error" in answer:
            sentence, trace = str(answer["error"]), str(answer.get("trace", ""))
            if trace:
                _log_failure(sentence, trace)
            raise TaskFailed(sentence, bool(answer.get("stops")), bool(trace))
        return dict(answer["result"])

    def _log_end(self) -> str:
        """Log how the process ended, and return the sentence that says so."""
        process, listener = self.process, self._listener
        code = None
        if process is not None:
            # Its output has ended, so the process has ended or is about to.
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=_CANCEL_TIMEOUT_S)
        if listener is not None:
            listener.join(timeout=_CANCEL_TIMEOUT_S)
        self.kill()
        sentence = ended_sentence(code)
        _log_failure(sentence, "\n".join(self._last_lines))
        return sentence

    def _start(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        threads = [str(self._threads)] if self._threads else []
        self.process = subprocess.Popen(
            module_command(self._module, *threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            encoding="utf-8",
            # Ctrl-C in a terminal is left to this process, which ends the other.
            **apart(),
        )
        self._answers = queue.Queue()
        threading.Thread(
            target=_relay,
            args=(self.process, self._answers),
            name="worker answers",
            daemon=True,
        ).start()
        self._last_lines = deque(maxlen=_LAST_LINES)
        self._listener = threading.Thread(
            target=_listen,
            args=(self.process, self._last_lines),
            name="worker output",
            daemon=True,
        )
        self._listener.start()

    def _send(self, message: Mapping[str, Any]) -> None:
        process = self.process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            # The process died; `_relay` reports that as the end of the answers.
            return

    def _cancel(self) -> None:
        self._send({"cancel": True})
        deadline = time.monotonic() + _CANCEL_TIMEOUT_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                answer = self._answers.get(timeout=left)
            except queue.Empty:
                break
            if answer is None:
                break
            if {"cancelled", "result", "error"} & answer.keys():
                return
        self.kill()

    def kill(self) -> None:
        """End the process at once; the next task starts another."""
        process, self.process = self.process, None
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

    def close(self, wait: Callable[[Callable[[], bool]], object] | None = None) -> None:
        """Kill the process; files that it was writing keep their old content.

        The system needs some time to end a large process: ``wait`` is to return once
        the function that it is given returns True.
        """
        process = self.process
        if process is not None and wait is not None:
            process.kill()
            wait(lambda: process.poll() is not None)
        self.kill()


def _listen(process: subprocess.Popen[str], last_lines: deque[str]) -> None:
    """Log what a process prints besides its answers; keep the last lines."""
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            last_lines.append(line.rstrip())
            _output_log.info("%s", line.rstrip())


def _log_failure(sentence: str, details: str) -> None:
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
        return Said(
            "The background process ended unexpectedly (signal 9), perhaps because "
            "memory ran out; your labels are safe. Close other programs and try "
            "again."
        )
    if code is None:
        return Said(
            "The background process ended unexpectedly; your labels are safe. The "
            "details are in the log."
        )
    if code < 0:
        return Said(
            "The background process crashed ({}); your labels are safe. "
            "The details are in the log.",
            exit_name(code),
        )
    return Said(
        "The background process ended unexpectedly with {}; your "
        "labels are safe. The details are in the log.",
        exit_name(code),
    )


def _relay(
    process: subprocess.Popen[str], answers: queue.Queue[dict[str, Any] | None]
) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            answers.put(json.loads(line, object_hook=from_json))
    except ValueError:
        pass  # the pipe was closed while reading, or a kill cut a line short
    answers.put(None)
