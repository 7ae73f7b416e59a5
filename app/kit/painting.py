"""Paint from left to right in every language, and when a change is told to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintDevice, QPainter
from PySide6.QtWidgets import QProgressBar, QWidget


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """Give a painter of a device; it ends with the block, by an exception too.

    Time runs from left to right, also where a language does not.

    One that outlives its paint event, held by the traceback of what went wrong there,
    takes the whole program down at the next repaint.
    """
    painter = QPainter(device)
    painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    try:
        yield painter
    finally:
        painter.end()


def left_to_right(*widgets: QWidget) -> None:
    """Keep the order in widgets whose rows we paint, and in the buttons of a player."""
    for widget in widgets:
        widget.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def show_progress(bar: QProgressBar, value: int, most: int) -> None:
    """Set a bar to ``value`` of ``most``, and leave it to the event loop to paint it.

    Left to itself it paints at once, and with it all that waits to be painted: the
    timeline too, amid a change of which it was not told yet.
    """
    bar.setUpdatesEnabled(False)
    bar.setMaximum(most)
    bar.setValue(value)
    bar.setUpdatesEnabled(True)
