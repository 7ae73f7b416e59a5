"""Wait for a thread or a process while the window goes on being painted.

The only module that runs events inside of a call (rule 8 of the architecture). Keys and
clicks wait for the outer event loop; timers and results of threads do not, so a caller
has to expect them in the midst of its own work.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop

T = TypeVar("T")
LOOK_S = 0.002
"""Seconds between two looks whether the awaited thread or process has ended."""
END_S = 2.0
"""Seconds after which a thread that was told to end hangs, on a disk that is away."""
QUICK_S = 0.05
"""Seconds that the window may stand still for a disk."""
AT_ONCE_S = 0.02
"""Seconds that a thread is waited for before events are run meanwhile."""


def paint_now() -> None:
    """Paint what was shown or changed, before work that keeps the event loop waiting.

    Keys and clicks are not delivered: they would meet half a window.
    """
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


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

    # No pool: the program could not end before a thread of it that hangs.
    threading.Thread(target=run, name="work", daemon=True).start()
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
    thread = threading.Thread(target=work, name="work", daemon=True)
    thread.start()
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

    thread = threading.Thread(target=run, name="look", daemon=True)
    thread.start()
    thread.join(at_most_s or QUICK_S)
    return found[0] if found else otherwise
