"""Turns of the event loop in the midst of what cannot be left half done."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop

T = TypeVar("T")
LOOK_S = 0.002


def turn() -> None:
    """Let time go on while a window is built or taken down: timers, pictures, threads.

    Keys and clicks wait, as they would meet half a window.
    """
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


def turned(made: T) -> T:
    """What was made, after a turn."""
    turn()
    return made


def load(modules: tuple[str, ...]) -> None:
    """Import modules that take long, with a turn after each."""
    for name in modules:
        import_module(name)
        turn()


def wait_until(done: Callable[[], bool], at_most_s: float = math.inf) -> None:
    """Wait for what ends soon, with turns meanwhile."""
    until = time.monotonic() + at_most_s
    while not done() and time.monotonic() < until:
        time.sleep(LOOK_S)
        turn()


def join(thread: threading.Thread, at_most_s: float = math.inf) -> None:
    """Wait for a thread that was told to end, with turns meanwhile."""
    wait_until(lambda: not thread.is_alive(), at_most_s)


def aside(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, done in a thread, with turns meanwhile."""
    with ThreadPoolExecutor(1, thread_name_prefix="aside") as pool:
        future = pool.submit(work)
        wait_until(future.done)
    return future.result()
