"""End a painter of a widget when the block that uses it is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPaintDevice, QPainter


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """Give a painter of a device; it ends with the block, by an exception too.

    One that outlives its paint event, held by the traceback of what went wrong there,
    takes the whole program down at the next repaint.
    """
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()
