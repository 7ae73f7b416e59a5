"""Begin the threads of the window, and wait for them while it goes on being painted.

All threads of the window begin here: `under_way` tells whether they have ended.

The only module that runs events inside of a call (rule 8 of the architecture). Keys and
clicks wait for the outer event loop; timers and results of threads do not, so a caller
has to expect them in the midst of its own work.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer

T = TypeVar("T")
_INPUT = (
    QEvent.Type.KeyPress,
    QEvent.Type.KeyRelease,
    QEvent.Type.Shortcut,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
)
LOOK_S = 0.002
"""Seconds between two looks whether the awaited thread or process has ended."""
END_S = 2.0
"""Seconds after which a thread that was told to end hangs, on a disk that is away."""
QUICK_S = 0.05
"""Seconds that the window may stand still for a disk."""
AT_ONCE_S = 0.02
"""Seconds that a thread is waited for before events are run meanwhile."""


class Thread(threading.Thread):
    """Run ``work`` in a thread; a ``daemon`` does not keep the program from ending.

    One that goes on is ``resting`` while nothing is asked of it. Whoever asks says so
    before the thread is woken, and the thread before it waits.
    """

    resting = False

    def __init__(
        self,
        work: Callable[[], object] | None = None,
        name: str = "",
        daemon: bool = True,
    ) -> None:
        super().__init__(target=work, name=name, daemon=daemon)


def begin(work: Callable[[], object], name: str) -> Thread:
    """Run ``work`` in a thread of its own.

    No pool: the program could not end before a thread of it that hangs.
    """
    thread = Thread(work, name)
    thread.start()
    return thread


class Queue:
    """Do what is asked for, one after the other, in a thread that begins with it."""

    def __init__(self, name: str) -> None:
        self._condition = threading.Condition()
        self._waiting: deque[Callable[[], object]] = deque()
        self._ending = False
        self.thread = Thread(self._run, name)

    def put(self, work: Callable[[], object]) -> None:
        """Do this after all that was asked for before; nothing after `end`."""
        with self._condition:
            if self._ending:
                return
            self._waiting.append(work)
            self.thread.resting = False
            self._condition.notify()
        if self.thread.ident is None:
            self.thread.start()

    def end(self) -> None:
        """Let the thread end once all is done."""
        with self._condition:
            self._ending = True
            self._condition.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], object] | None:
        with self._condition:
            while not self._waiting and not self._ending:
                self.thread.resting = True
                self._condition.wait()
            return self._waiting.popleft() if self._waiting else None


def under_way() -> list[str]:
    """Name the threads of the window that have not ended, and do not rest."""
    threads = [t for t in threading.enumerate() if isinstance(t, Thread)]
    return [thread.name for thread in threads if not thread.resting]


def paint_now() -> None:
    """Paint what was shown or changed, before work that keeps the event loop waiting.

    Keys and clicks are not delivered: they would meet half a window.
    """
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


class _InputStop(QObject):
    """Let no key and no click through to any widget."""

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        return event.type() in _INPUT


def drop_input(application: QCoreApplication) -> None:
    """Drop the keys and clicks that wait, and those until the event loop runs."""
    stop = _InputStop(application)
    application.installEventFilter(stop)

    def end() -> None:
        QCoreApplication.processEvents()
        application.removeEventFilter(stop)
        stop.deleteLater()

    QTimer.singleShot(0, stop, end)


def wait_until(done: Callable[[], bool], at_most_s: float = math.inf) -> None:
    """Wait until ``done`` returns True, or for ``at_most_s`` seconds."""
    until = time.monotonic() + at_most_s
    while not done() and time.monotonic() < until:
        time.sleep(LOOK_S)
        paint_now()


def wait_for_thread(thread: threading.Thread, at_most_s: float = END_S) -> None:
    """Wait until a thread that was told to end has ended, or hangs."""
    wait_until(lambda: not thread.is_alive(), at_most_s)


Wait = Callable[[Callable[[], bool]], object]
"""Function that returns once another returns True, or raises where it is not awaited
any longer."""


def run_in_thread_and_wait(
    work: Callable[[], T],
    wait: Wait = wait_until,
    let_go: Callable[[T], object] = lambda _: None,
) -> T:
    """Run ``work`` in a thread, for disks that are slow; return or raise its result.

    Where ``wait`` raises, the thread goes on by itself; ``let_go`` gets its result.
    """
    future = Future[T]()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    begin(run, "work")
    try:
        wait(future.done)
    except BaseException:
        future.add_done_callback(
            lambda done: None if done.exception() else let_go(done.result())
        )
        raise
    return future.result()


def run_in_thread(work: Callable[[], object], at_most_s: float) -> bool:
    """Run ``work`` in a thread; False where it has not ended after ``at_most_s``.

    The thread goes on by itself then, and does not keep the program from ending.
    """
    thread = begin(work, "work")
    # Most disks answer at once: no event comes between then.
    thread.join(min(at_most_s, AT_ONCE_S))
    wait_for_thread(thread, at_most_s)
    return not thread.is_alive()


def read_quickly(work: Callable[[], T], otherwise: T, at_most_s: float = 0) -> T:
    """Read something small from a disk; ``otherwise`` where it fails or takes long.

    No event comes meanwhile. Long is `QUICK_S`, unless it is said.
    """
    found: list[T] = []

    def run() -> None:
        with contextlib.suppress(OSError, ValueError):
            found.append(work())

    begin(run, "look").join(at_most_s or QUICK_S)
    return found[0] if found else otherwise
