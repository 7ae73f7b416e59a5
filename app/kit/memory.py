"""Share the memory that threads free, and collect garbage when nobody waits."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QInputEvent, QWindow
from shiboken6 import isValid

_ARENA_MAX = -8
"""Number of the parameter M_ARENA_MAX of the C function mallopt."""
ARENAS = 2
"""Heaps that all threads share."""
_LOOK_MS = 500
"""Milliseconds between two looks whether there is garbage to collect."""
FULL_AFTER = 60
"""Collections of middle-aged objects before all are looked at, which takes longest: a
few minutes."""
LATEST_S = 10.0
"""Seconds that collections are put off, at most."""
PAUSE_S = 2.0
"""Seconds without a key or the mouse after which nobody waits for the window."""


def share_freed_memory() -> None:
    """Let all threads take memory from the same heaps; called before there are any.

    The C library of Linux gives every thread heaps of its own. Pictures are decoded in
    some threads and dropped in others, and what was free in one heap while another one
    grew came to more than the pictures themselves. Elsewhere this does nothing.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:  # other C libraries have neither it nor the heaps
            mallopt(_ARENA_MAX, ARENAS)


def read_no_sources() -> None:
    """Keep PySide from reading the source of each module that is imported.

    It looks there for its own name, to know who may use names in another style. Nobody
    here does, and reading took a twentieth of the start and megabytes for good.
    """
    feature: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "feature_imported"):
        feature.feature_imported = lambda _: None


def keep_collector_quiet() -> None:
    """Collect garbage now; call after a window was closed.

    A collection in the midst of work takes longer than the painting of a frame. What
    was put aside is looked at, too: a closed project may be in it.
    """
    gc.unfreeze()
    gc.collect()


_making: set[object] = set()


@contextmanager
def many_objects() -> Iterator[None]:
    """Put collections off while a thread makes many objects and drops most of them."""
    token = object()
    _making.add(token)
    try:
        yield
    finally:
        _making.discard(token)


class GarbageCollector(QObject):
    """Collect garbage in the window's thread alone, about as often as Python would.

    Left to itself Python collects in whatever thread makes the next object. Where that
    deletes objects of Qt, which belong to the window's thread, the program can crash.
    All objects are looked at only while nobody presses a key or moves the mouse.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self.input_at = self._looked_at = time.monotonic()
        self._watched: QWindow | None = None
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._watch)
        self._watch(application.focusWindow())
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the generation of objects whose turn it is, if there is one."""
        if _making and time.monotonic() - self._looked_at < LATEST_S:
            return
        self._looked_at = time.monotonic()
        young, middle, old = gc.get_count()
        most_young, most_middle, _ = gc.get_threshold()
        paused = time.monotonic() - self.input_at >= PAUSE_S
        if old > FULL_AFTER and paused:
            gc.collect()
            # Modules, the window and the steps of undo stay: put aside, they are not
            # looked at again until a project is closed.
            gc.freeze()
        elif middle > most_middle:
            gc.collect(1)
        elif young > most_young:
            gc.collect(0)

    def _watch(self, window: QWindow | None) -> None:
        """Notice the keys and the mouse in the window that has the keyboard."""
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = window
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Note the time of a key, click or move of the mouse; keep none of them."""
        if isinstance(event, QInputEvent):
            self.input_at = time.monotonic()
        return False
