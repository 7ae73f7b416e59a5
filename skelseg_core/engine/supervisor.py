"""Supervisor: runs many tasks on several worker processes, whatever becomes of these.

A task that fails costs itself and what comes after it; the rest goes on. A process that
dies or hangs costs its task one more try, in another process.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from skelseg_core.engine.queued_task import FINAL, QueuedTask, State, TaskEvent
from skelseg_core.engine.worker_process import (
    MODULE,
    SILENT_S,
    Silence,
    TaskFailed,
    Worker,
    WorkerEnded,
)
from skelseg_core.errors import SkelsegError
from skelseg_core.operating_system import free_memory, most_memory
from skelseg_core.progress import Progress, Task

_ROOM = 1.3
"""Memory that has to be free for another process, times the most that one used."""

MOST_TRIES = 2
"""Times that a task may end its process before it counts as failed."""
SETTLED_S = 5.0
"""Seconds after which the memory of the first process is taken for what one needs."""
LOOK_S = 0.1
"""Seconds between two looks at what the processes do."""

_log = logging.getLogger(__name__)


@dataclass
class StageCount:
    """Count the tasks of a stage, and the frames of those that are done or run."""

    n_tasks: int = 0
    done: int = 0
    running: int = 0
    failed: int = 0
    frames: float = 0.0


@dataclass(frozen=True)
class RunProgress(Progress):
    """Progress of a run over many videos.

    Parameters
    ----------
    stages : Mapping[str, StageCount]
        By name, in the order of the work.
    running : Mapping[str, Progress]
        Progress of each task that runs, by its name.
    looked_at : float
        Share of the videos that were looked at for what is to be done, 0..1; what is
        counted is what was found in them.
    """

    stages: Mapping[str, StageCount] = field(default_factory=dict)
    running: Mapping[str, Progress] = field(default_factory=dict)
    looked_at: float = 1.0


class Supervisor:
    """Run tasks on ``n_workers`` processes with one thread each.

    Parameters
    ----------
    tasks : sequence of QueuedTask
        In the order in which they begin, as far as nothing holds them up.
    n_workers : int
        Fewer are started where the memory would not do.
    on_event : callable
        Is told of every `TaskEvent`, in the thread that drives the run.
    module : str
        What the processes run.
    threads : int
        Processor threads of each process; 0 are all.
    more : iterator of sequences of QueuedTask, optional
        Finds further tasks while others run, a few at each step, which takes
        milliseconds; tasks that follow one another come in one step.
    """

    def __init__(
        self,
        tasks: Sequence[QueuedTask],
        n_workers: int,
        on_event: Callable[[TaskEvent], object] = lambda _: None,
        module: str = MODULE,
        threads: int = 1,
        more: Iterator[Sequence[QueuedTask]] | None = None,
    ) -> None:
        self._n_workers = max(1, n_workers if more else min(n_workers, len(tasks)))
        self._on_event, self._module = on_event, module
        self._threads, self._more = threads, more
        self._tasks: dict[str, QueuedTask] = {}
        self._waiting: list[str] = []
        self._after: dict[str, list[str]] = {}
        self._counts: dict[str, StageCount] = {}
        self._n_frames, self._n_ended, self._lost_frames = 0, 0, 0
        self._states: dict[str, State] = {}
        self._running: dict[str, Progress] = {}
        self._events: queue.Queue[TaskEvent] = queue.Queue()
        self._changed = threading.Condition()
        self._n_idle, self._ending = 0, False
        self._pids: dict[int, int] = {}
        self._broken: BaseException | None = None
        self._add(tasks)

    def _add(self, tasks: Sequence[QueuedTask]) -> None:
        with self._changed:
            for task in tasks:
                self._tasks[task.name] = task
                self._waiting.append(task.name)
                self._after.setdefault(task.after, []).append(task.name)
                self._counts.setdefault(task.stage, StageCount()).n_tasks += 1
                self._n_frames += task.n_frames
                if _stops(self._states.get(task.after)):
                    self._skip(task.name)
            self._changed.notify_all()

    def run(self) -> Task[dict[str, TaskEvent]]:
        """Run all tasks; return how each ended. Closing the task cancels them.

        Raises
        ------
        SkelsegError
            Where a task met what every other would meet, such as a full disk.
        """
        ends: dict[str, TaskEvent] = {}
        began_s = time.monotonic()
        threads: list[threading.Thread] = []
        stop: SkelsegError | None = None
        try:
            while stop is None and (self._more or len(ends) < len(self._tasks)):
                if self._broken is not None:
                    raise self._broken
                if len(threads) < self._n_workers and self._may_start(
                    len(threads), time.monotonic() - began_s
                ):
                    threads.append(self._thread(len(threads)))
                yield self._progress()
                self._find_more()
                stop = self._take_events(ends, 0.0 if self._more else LOOK_S)
        finally:
            with self._changed:
                self._ending = True
                self._changed.notify_all()
            for thread in threads:
                thread.join()
            self._take_events(ends)
        if stop is not None:
            raise stop
        yield self._progress()
        return ends

    def _find_more(self) -> None:
        """Look for further tasks, until it is time to tell what happened."""
        until_s = time.monotonic() + LOOK_S
        while self._more and self._events.empty() and time.monotonic() < until_s:
            found = next(self._more, None)
            if found is None:
                with self._changed:
                    self._more = None
                    self._changed.notify_all()
            elif found:
                self._add(found)

    def _thread(self, place: int) -> threading.Thread:
        thread = threading.Thread(
            target=self._work, args=(place,), name=f"worker {place}", daemon=True
        )
        thread.start()
        return thread

    def _may_start(self, n_running: int, since_s: float) -> bool:
        """Tell whether one more process may start: one of them shows what it needs."""
        if not n_running:
            return True
        with self._changed:
            pids = list(self._pids.values())
            settled = self._n_ended > 0 or since_s > SETTLED_S
            wanted = settled and not self._n_idle
        return wanted and has_room(pids)

    def _take_events(
        self, ends: dict[str, TaskEvent], wait_s: float = 0.0
    ) -> SkelsegError | None:
        """Tell what happened since the last time; return what ends the whole run."""
        try:
            event = self._events.get(timeout=wait_s) if wait_s else None
        except queue.Empty:
            return None
        stop: SkelsegError | None = None
        while True:
            if event is not None:
                self._on_event(event)
                if event.state in FINAL:
                    ends[event.task.name] = event
                if event.result.get("stops"):
                    stop = SkelsegError(event.sentence)
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return stop

    def _progress(self) -> RunProgress:
        with self._changed:
            counts = {name: replace(count) for name, count in self._counts.items()}
            running = dict(self._running)
            for name, now in running.items():
                task = self._tasks[name]
                counts[task.stage].frames += (now.share or 0.0) * task.n_frames
            n_ended, lost = self._n_ended, self._lost_frames
        frames = lost + sum(count.frames for count in counts.values())
        whole = frames / self._n_frames if self._n_frames else 1.0
        n_tasks = len(self._tasks)
        return RunProgress("run", n_ended, n_tasks, {}, whole, counts, running)

    # -- in the thread of a process ----------------------------------------------------

    def _work(self, place: int) -> None:
        worker = Worker(self._threads, self._module)
        try:
            while (task := self._next()) is not None:
                self._try(worker, task, place)
        except BaseException as error:  # a bug: do not wait for it forever
            self._broken = error
        finally:
            worker.kill()

    def _next(self) -> QueuedTask | None:
        """Wait for a task that can begin; None where there is no more."""
        with self._changed:
            while not self._ending and (self._waiting or self._more):
                for name in self._waiting:
                    task = self._tasks[name]
                    if self._is_ready(task):
                        self._waiting.remove(name)
                        self._set(task, "started")
                        return task
                self._n_idle += 1
                self._changed.wait()
                self._n_idle -= 1
        return None

    def _is_ready(self, task: QueuedTask) -> bool:
        before = task.after
        return before not in self._tasks or self._states.get(before) == "done"

    def _try(self, worker: Worker, task: QueuedTask, place: int) -> None:
        for n_tries in range(1, MOST_TRIES + 1):
            try:
                result = self._driven(worker, task, place)
            except WorkerEnded as error:
                if n_tries < MOST_TRIES and not self._ending:
                    self._set(task, "crashed", str(error))
                    task = replace(task, arguments={**task.arguments, **task.again})
                    continue
                state: State = "left" if self._ending else "failed"
                self._set(task, state, str(error), {"died": True})
            except TaskFailed as error:
                told = {"stops": error.stops, "unexpected": error.unexpected}
                told = {name: True for name, is_so in told.items() if is_so}
                self._set(task, "failed", str(error), told)
            else:
                if result is None:
                    self._set(task, "left")
                else:
                    self._set(task, "done", "", result)
            return

    def _driven(
        self, worker: Worker, task: QueuedTask, place: int
    ) -> Mapping[str, object] | None:
        """Run a task in the process; None where the run ends before it."""
        with contextlib.closing(worker.task(task.task, **task.arguments)) as steps:
            while not self._ending:
                try:
                    progress = next(steps)
                except StopIteration as end:
                    return dict(end.value)
                if isinstance(progress, Silence):
                    worker.kill()
                    silent = WorkerEnded(
                        "Its process did not answer for {} s.", f"{SILENT_S:.0f}"
                    )
                    _log.error("%s: %s", task.name, silent)
                    raise silent
                with self._changed:
                    self._running[task.name] = progress
                    if worker.process is not None:
                        self._pids[place] = worker.process.pid
        return None

    def _set(
        self,
        task: QueuedTask,
        state: State,
        sentence: str = "",
        result: Mapping[str, object] | None = None,
    ) -> None:
        with self._changed:
            count = self._counts[task.stage]
            if state == "started":
                count.running += 1
                self._running[task.name] = Progress("starting")
            elif state in FINAL:
                count.running -= self._running.pop(task.name, None) is not None
                count.done += state == "done"
                count.failed += state == "failed"
                if state == "done":
                    count.frames += task.n_frames
                else:
                    self._lost_frames += task.n_frames
                self._n_ended += 1
            self._states[task.name] = state
            self._events.put(TaskEvent(task, state, sentence, result or {}))
            if _stops(state):
                for name in self._after.get(task.name, ()):
                    self._skip(name)
            self._changed.notify_all()

    def _skip(self, name: str) -> None:
        """Leave out a task: what it needs was not made."""
        self._waiting.remove(name)
        self._set(self._tasks[name], "skipped")


def _stops(state: State | None) -> bool:
    """Tell whether what comes after a task in this state cannot begin."""
    return state in FINAL and state not in ("done", "left")


def has_room(pids: list[int]) -> bool:
    """Tell whether another process like these fits into the memory that is free."""
    peak = max(map(most_memory, pids), default=0)
    return free_memory() >= peak * _ROOM
