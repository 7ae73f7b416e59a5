"""Placement: where the picture lies in the widget, and how it is zoomed."""

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
    """Where a picture lies in a widget: scale, and its top left corner."""

    scale: float
    x: float
    y: float
    width: int
    height: int

    @classmethod
    def fit(
        cls, width: int, height: int, into: QRectF, zoom: PictureZoom | None = None
    ) -> Placement:
        """As large as it can be, in the middle, its sides in proportion; or zoomed."""
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
        """A box of the picture as large as it can be, in the middle.

        Zoomed, it is never smaller than that, and fills the widget where it can.
        """
        left, top, right, bottom = box
        across, down = max(right - left, 1.0), max(bottom - top, 1.0)
        scale = min(into.width() / across, into.height() / down)
        x, y = (left + right) / 2, (top + bottom) / 2
        if zoom is not None and zoom.scale > scale:
            scale = zoom.scale
            x = _held(zoom.x, left, right, into.width() / scale)
            y = _held(zoom.y, top, bottom, into.height() / scale)
        middle = into.center()
        return cls(scale, middle.x() - scale * x, middle.y() - scale * y, width, height)

    @property
    def rect(self) -> QRectF:
        """The picture in the widget."""
        return QRectF(self.x, self.y, self.width * self.scale, self.height * self.scale)

    def to_widget(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the picture in the widget."""
        return np.asarray(points * self.scale + (self.x, self.y))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A point of the widget in the picture."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def box_to_widget(self, box: Box) -> QRectF:
        """A box of the picture in the widget."""
        corners = self.to_widget(np.array(box, float).reshape(2, 2))
        return QRectF(QPointF(*corners[0]), QPointF(*corners[1]))

    def zoomed(self, scale: float, at: QPointF, into: QRectF) -> PictureZoom:
        """Another scale, with the same point of the picture at ``at``."""
        x, y = self.to_picture(at.x(), at.y())
        away = (into.center() - at) / scale
        return PictureZoom(scale, x + away.x(), y + away.y())

    def panned(self, by: QPointF, into: QRectF) -> PictureZoom:
        """The same scale, with the picture moved by px of the widget."""
        middle = into.center() - by
        return PictureZoom(self.scale, *self.to_picture(middle.x(), middle.y()))


def _held(middle: float, low: float, high: float, shown: float) -> float:
    """A middle so that what is shown lies between low and high, if there is room."""
    if shown >= high - low:
        return (low + high) / 2
    return min(max(middle, low + shown / 2), high - shown / 2)
