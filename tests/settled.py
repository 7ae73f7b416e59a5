"""Wait until all that the window began has ended, however long that takes."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer
from shiboken6 import isValid

from app.kit import threads

LOOK_MS = 2
"""Milliseconds between two looks."""
CALM = 3
"""Looks, one after the other, at which nothing is under way."""
SHORT_MS = 1000
"""Milliseconds for which what follows from an edit or a change is put off, at most."""
LATE = 1.1
"""Part of its time after which a timer of Qt has told: a coarse one may be late."""
MOST_S = 180.0
"""Seconds after which something hangs."""


_later = QTimer.singleShot
_due_at: list[float] = []
_start = QTimer.start
_started = weakref.WeakSet[QTimer]()
_begun = [0]
"""Count of what threads were asked to do: it only differs from before, or not."""


def watch() -> None:
    """See the timers, and what begins and ends between two looks."""

    def start_timer(timer: QTimer, *ms: int) -> None:
        _started.add(timer)
        _start(timer, *ms)

    def later(ms: int, *rest: Any) -> None:
        if 0 < ms <= SHORT_MS:
            _due_at.append(time.monotonic() + ms / 1000 * LATE)
        _later(ms, *rest)

    def rests(thread: threads.Thread) -> bool:
        return bool(thread.__dict__.get("resting"))

    def rest(thread: threads.Thread, resting: bool) -> None:
        thread.__dict__["resting"] = resting
        if not resting:
            _begun[0] += 1

    def start(thread: threads.Thread) -> None:
        _begun[0] += 1
        threading.Thread.start(thread)

    QTimer.start = start_timer  # type: ignore[method-assign, assignment]
    QTimer.singleShot = later  # type: ignore[method-assign, assignment]
    threads.Thread.start = start  # type: ignore[method-assign]
    threads.Thread.resting = property(rests, rest)  # type: ignore[assignment]


def settle() -> None:
    """Run events until no thread is at work, no timer is due soon and nothing is told.

    What did not happen until then does not happen any more. Nothing may be playing:
    that never ends. Timers that wait for rest need not: the next tells at once.
    """
    until = time.monotonic() + MOST_S
    calm, loop = 0, QEventLoop()
    while calm < CALM:
        begun = _begun[0]
        _later(LOOK_MS, loop.quit)
        loop.exec()
        left = threads.under_way() or _put_off()
        # One that began and ended meanwhile has told of it, and nobody knows yet.
        calm = 0 if left or _begun[0] != begun else calm + 1
        if calm == CALM and (timer := _next()) is not None:
            timer.stop()
            timer.timeout.emit()
            calm = 0
        assert time.monotonic() < until, f"has not ended: {left}"


def _put_off() -> list[str]:
    now = time.monotonic()
    _due_at[:] = [due for due in _due_at if due > now]
    return ["what is put off"] * len(_due_at)


def _next() -> QTimer | None:
    """Find the timer that ends first of those that wait for rest."""
    due = [
        timer
        for timer in list(_started)
        if isValid(timer)
        and timer.isSingleShot()
        and timer.isActive()
        and timer.interval() <= SHORT_MS
    ]
    return min(due, key=QTimer.remainingTime, default=None)
