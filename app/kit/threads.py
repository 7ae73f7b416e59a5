"""Wait for a thread or a process while the window goes on being painted.

The only module that runs events inside of a call (rule 8 of the architecture). Keys and
clicks wait for the outer event loop; timers and results of threads do not, so a caller
has to expect them in the midst of its own work.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop

T = TypeVar("T")
LOOK_S = 0.002
"""Seconds between two looks whether the awaited thread or process has ended."""


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


def wait_for_thread(thread: threading.Thread, at_most_s: float = math.inf) -> None:
    """Wait until a thread that was told to end has ended."""
    wait_until(lambda: not thread.is_alive(), at_most_s)


def run_in_thread_and_wait(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread, for disks that are slow; return or raise its result."""
    with ThreadPoolExecutor(1, thread_name_prefix="work") as pool:
        future = pool.submit(work)
        wait_until(future.done)
    return future.result()
