"""Shaded: an image in the greys of the timeline, one byte per pixel, kept for reuse."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.timeline.style import Style


class Shaded:
    """Draws indices into ``style.shades``: 0 is the ground, 255 the text.

    Giving an image its table of colours takes longer than drawing it, so that the
    image is kept for as long as neither size nor style change.
    """

    def __init__(self) -> None:
        self._image = QImage()
        self._style: Style | None = None

    def draw(
        self, painter: QPainter, top: float, indices: np.ndarray, style: Style
    ) -> None:
        """Draw indices (H, W) of device pixels at x = 0, opaque."""
        high, wide = indices.shape
        image = self._image
        if self._style is not style or (image.height(), image.width()) != (high, wide):
            image = QImage(wide, high, QImage.Format.Format_Indexed8)
            image.setColorTable(style.shades.tolist())
            self._image, self._style = image, style
        lines = np.frombuffer(image.bits(), np.uint8).reshape(high, -1)
        lines[:, :wide] = indices
        ratio = painter.device().devicePixelRatio()
        # Drawn as it is it would take five times as long.
        shown = image.convertToFormat(QImage.Format.Format_RGB32)
        painter.drawImage(QRectF(0, top, wide / ratio, high / ratio), shown)
