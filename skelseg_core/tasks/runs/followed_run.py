"""FollowedRun: follow a run in another process, by what it leaves in the project."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from skelseg_core.engine.supervisor import RunProgress
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Task
from skelseg_core.project.runs.run_log import OUTPUT, RunEvents
from skelseg_core.project.runs.run_status import RunState, forget_run, read_status

LOOK_S = 0.1
"""Seconds between two looks at what a run does."""
END_S = 0.4
"""Seconds that a run which is cancelled is waited for; it ends by itself after that."""
LEAVING_S = 5.0
"""Seconds that a run which has ended is waited for, until its process is gone."""
MOST_OUTPUT = 4000
"""Bytes of what a run printed that are logged where it ended unexpectedly."""
STARTED_S = 60.0
"""Seconds after which a run that says nothing of itself has not begun."""

_log = logging.getLogger(__name__)


class RunProcess(Protocol):
    """The process of a run that this one started."""

    def poll(self) -> int | None:
        """Return the exit code, None while it goes on."""

    def terminate(self) -> None:
        """Ask it to end."""


@dataclass(frozen=True)
class FollowedProgress(RunProgress):
    """Progress of a run that is followed.

    Parameters
    ----------
    failures : Mapping[str, tuple of str]
        Video and sentence by the names of the tasks that failed.
    seconds : float
        Since the run began.
    """

    failures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class RunEnd:
    """End of a run: the last that it said of itself, and what it came to."""

    state: RunState
    progress: FollowedProgress


class FollowedRun:
    """Follow a run; closing the task ends it, unless it was let go.

    Parameters
    ----------
    log : Path
        Log of the run, which may not be there yet.
    start : callable
        Starts the run, in the thread of the task; None where it goes on already.
    on_event : callable
        Is told each line of the log, in the thread of the task.
    """

    def __init__(
        self,
        log: Path,
        start: Callable[[], RunProcess] | None = None,
        on_event: Callable[[Mapping[str, str]], object] = lambda _: None,
    ) -> None:
        self.log, self._start, self._on_event = log, start, on_event
        self._process: RunProcess | None = None
        self._goes_on = False
        self._events = RunEvents(log)
        self._failures: dict[str, tuple[str, str]] = {}
        self._state: RunState | None = None

    @property
    def failed_videos(self) -> list[str]:
        """List the videos of which a task failed."""
        return list(dict.fromkeys(video for video, _ in self._failures.values()))

    def let_go(self) -> None:
        """Let the run go on when the task is closed."""
        self._goes_on = True

    def task(self) -> Task[RunEnd]:
        """Follow the run to its end.

        Raises
        ------
        SkelsegError
            What kept the run from its work, or that its process is gone.
        """
        began_s, ended = time.monotonic(), False
        shown = FollowedProgress("starting")
        yield shown
        if self._start is not None:
            self._process = self._start()
        try:
            while True:
                yield shown
                gone, state = self._is_gone(began_s), read_status(self.log)
                # Another window may have told of its end, and tidied up.
                tidied = state is None and self._state is not None
                self._state = state or self._state
                self._read_events()
                shown = self._progress(shown)
                if gone or (state is not None and state.ended):
                    ended = True
                    break
                time.sleep(LOOK_S)
        finally:
            if not ended and not self._goes_on:
                self._end()
        if self._process is not None:
            # It has said its last word: without this it stays in the system's list.
            self._wait(LEAVING_S)
        yield shown
        return self._ended(shown, tidied)

    def _is_gone(self, began_s: float) -> bool:
        """Tell whether the process has ended, whatever it said."""
        if self._process is not None:
            return self._process.poll() is not None
        if self._state is None:
            return time.monotonic() - began_s > STARTED_S
        return not self._state.is_live

    def _read_events(self) -> None:
        for event in self._events.read():
            task, state = event.get("task", ""), event.get("state")
            if state == "failed":
                video = event.get("video", task)
                self._failures[task] = video, event.get("sentence", "")
            self._on_event(event)

    def _progress(self, shown: FollowedProgress) -> FollowedProgress:
        """Return the progress now: the same object where nothing is new."""
        state = self._state
        if state is None:
            return shown
        now = state.progress
        # The stages say what is done.
        step = "" if now.stages else now.step
        found = FollowedProgress(
            *(step, now.done, now.total, now.values, now.whole, now.stages),
            failures=dict(self._failures),
            seconds=state.seconds,
        )
        return shown if found == shown else found

    def _ended(self, shown: FollowedProgress, tidied: bool) -> RunEnd:
        state = self._state
        if state is not None and state.error:
            forget_run(self.log)
            raise SkelsegError("{}", state.error)
        if state is None or not (state.ended or tidied):
            forget_run(self.log)
            self._note_output()
            raise SkelsegError(
                "The run over the videos ended unexpectedly. Finished work is kept; "
                "start it again to continue."
            )
        if state.by_window:
            forget_run(self.log)
        return RunEnd(state, shown)

    def _note_output(self) -> None:
        """Put what the process printed into the log of the program."""
        with contextlib.suppress(OSError):
            printed = self.log.with_name(OUTPUT).read_bytes()[-MOST_OUTPUT:]
            _log.error(
                "A run ended unexpectedly\n%s", printed.decode("utf-8", "replace")
            )

    def _wait(self, most_s: float) -> None:
        """Wait for the end of the process, so many seconds at most."""
        until_s = time.monotonic() + most_s
        while not self._is_gone(time.monotonic()) and time.monotonic() < until_s:
            time.sleep(LOOK_S / 5)

    def _end(self) -> None:
        """Ask the run to end, and wait a moment for it."""
        state = self._state or read_status(self.log)
        if self._process is not None:
            self._process.terminate()
        elif state is not None and state.is_here and state.is_live:
            with contextlib.suppress(OSError):
                os.kill(state.pid, signal.SIGTERM)
        self._wait(END_S)
        if state is not None and state.by_window:
            forget_run(self.log)
