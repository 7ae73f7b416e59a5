"""Wait until all that the window began has ended, however long that takes."""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QEventLoop, QTimer
from shiboken6 import isValid

from app.kit import threads

LOOK_MS = 2
"""Milliseconds between two looks."""
SHORT_MS = 1000
"""Milliseconds for which what follows from an edit or a change is put off, at most."""
MOST_S = 180.0
"""Seconds after which something hangs."""


def settle() -> None:
    """Run events until no thread is at work, no timer is due soon and nothing is told.

    What did not happen until then does not happen any more. Nothing may be playing:
    that never ends.
    """
    until = time.monotonic() + MOST_S
    calm, loop = 0, QEventLoop()
    while calm < 2:  # a thread that has ended may have told of it after the events
        QTimer.singleShot(LOOK_MS, loop.quit)
        loop.exec()
        left = threads.under_way() or _due_soon()
        calm = 0 if left else calm + 1
        assert time.monotonic() < until, f"has not ended: {left}"


def _due_soon() -> list[str]:
    """Name the timers that end by themselves, such as those that wait for rest."""
    # Not by `isinstance`: objects of other libraries may warn who asks for a class.
    timers = [t for t in gc.get_objects() if issubclass(type(t), QTimer)]
    return [
        f"timer of {timer.parent()}"
        for timer in timers
        if isValid(timer)
        and timer.isSingleShot()
        and timer.isActive()
        and timer.interval() <= SHORT_MS
    ]
