"""Place the picture in the widget, zoomed and moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the picture."""


@dataclass(frozen=True)
class PictureZoom:
    """A scale, and the point of the picture that is in the middle of the widget."""

    scale: float
    x: float
    y: float


@dataclass(frozen=True)
class Placement:
    """The place of a picture in a widget: scale and top left corner."""

    scale: float
    x: float
    y: float
    width: int
    height: int

    @classmethod
    def fit(
        cls, width: int, height: int, into: QRectF, zoom: PictureZoom | None = None
    ) -> Placement:
        """Place the whole picture, as large as fits, in the middle; or zoomed."""
        return cls.around((0.0, 0.0, width, height), width, height, into, zoom)

    @classmethod
    def around(
        cls,
        box: Box,
        width: int,
        height: int,
        into: QRectF,
        zoom: PictureZoom | None = None,
    ) -> Placement:
        """Place a box of the picture, as large as fits, in the middle.

        Zoomed, the picture is never smaller than that, and fills the widget where it
        can.
        """
        left, top, right, bottom = box
        across, down = max(right - left, 1.0), max(bottom - top, 1.0)
        scale = min(into.width() / across, into.height() / down)
        x, y = (left + right) / 2, (top + bottom) / 2
        if zoom is not None and zoom.scale > scale:
            scale = zoom.scale
            x = _clamped_middle(zoom.x, left, right, into.width() / scale)
            y = _clamped_middle(zoom.y, top, bottom, into.height() / scale)
        middle = into.center()
        return cls(scale, middle.x() - scale * x, middle.y() - scale * y, width, height)

    @property
    def rect(self) -> QRectF:
        """The rectangle of the picture in the widget."""
        return QRectF(self.x, self.y, self.width * self.scale, self.height * self.scale)

    def to_widget(self, points: np.ndarray) -> np.ndarray:
        """Convert points (..., 2) of the picture to points of the widget."""
        return np.asarray(points * self.scale + (self.x, self.y))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point of the widget to a point of the picture."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def box_to_widget(self, box: Box) -> QRectF:
        """Convert a box of the picture to a rectangle of the widget."""
        corners = self.to_widget(np.array(box, float).reshape(2, 2))
        return QRectF(QPointF(*corners[0]), QPointF(*corners[1]))

    def zoomed(self, scale: float, at: QPointF, into: QRectF) -> PictureZoom:
        """Return the zoom of another scale that keeps the picture's point at ``at``."""
        x, y = self.to_picture(at.x(), at.y())
        away = (into.center() - at) / scale
        return PictureZoom(scale, x + away.x(), y + away.y())

    def panned(self, by: QPointF, into: QRectF) -> PictureZoom:
        """Return the zoom with the picture moved by pixels of the widget."""
        middle = into.center() - by
        return PictureZoom(self.scale, *self.to_picture(middle.x(), middle.y()))


def _clamped_middle(middle: float, low: float, high: float, shown: float) -> float:
    """Move ``middle`` so that ``shown`` lies between low and high, if there is room."""
    if shown >= high - low:
        return (low + high) / 2
    return min(max(middle, low + shown / 2), high - shown / 2)
