"""LanePlace: a painter, and the rectangle in which a lane is painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.kit.label_style import Style
from app.timeline.geometry import TimeWindow


@dataclass(frozen=True)
class LanePlace:
    """A painter and the rectangle in which a lane is painted, at x = 0..width."""

    painter: QPainter
    view: TimeWindow
    top: float
    height: float
    style: Style

    @cached_property
    def ratio(self) -> float:
        """Device pixels per pixel."""
        return self.painter.device().devicePixelRatio()

    @cached_property
    def device(self) -> TimeWindow:
        """The time window in device pixels."""
        return self.view.scaled(self.ratio)

    @property
    def bottom(self) -> float:
        """The first pixel below the lane."""
        return self.top + self.height

    @property
    def area(self) -> QRectF:
        """The visible rectangle of the lane."""
        return QRectF(0, self.top, self.view.width, self.height)

    def lines(self, least: int = 1) -> int:
        """Return the height in device pixels, at least ``least``."""
        return max(least, round(self.height * self.ratio))

    def draw(self, pixels: np.ndarray) -> None:
        """Draw 0xAARRGGBB device pixels (H, W); one line of them fills the lane."""
        pixels = np.ascontiguousarray(np.atleast_2d(pixels), np.uint32)
        high, wide = pixels.shape
        height = self.height if high == 1 else high / self.ratio
        if high == 1:
            # Qt stretches an image slower than it copies one.
            high = self.lines()
            pixels = np.repeat(pixels, high, axis=0)
        image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        self.painter.drawImage(QRectF(0, self.top, wide / self.ratio, height), image)

    def draw_shades(self, shades: np.ndarray) -> None:
        """Draw device pixels (H, W) by their shade, from well 0 to text 255."""
        # With a mode it takes half as long as by an index.
        self.draw(self.style.shades.take(shades, mode="clip"))
