"""Slices: a long task done between the events of the window, some ms at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from skelseg_core.progress import Task

SLICE_S = 0.005


class Slices(QObject):
    """Runs one task; another replaces it. A short one is done when `start` returns."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: Task[Any] | None = None
        self._done: Callable[[Any], object] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._run)

    def start(self, task: Task[Any], done: Callable[[Any], object]) -> None:
        """Begin a task; ``done`` is given its result."""
        self._task, self._done = task, done
        self._run()

    def stop(self) -> None:
        """Drop what runs."""
        self._timer.stop()
        self._task = None

    def _run(self) -> None:
        self._timer.stop()
        task, done = self._task, self._done
        if task is None or done is None:
            return
        end = time.perf_counter() + SLICE_S
        try:
            next(task)
            while time.perf_counter() < end:
                next(task)
        except StopIteration as stopped:
            self._task = None
            done(stopped.value)
            return
        self._timer.start(0)
