"""Curves: one value per frame, drawn as an area at any zoom."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.timeline.geometry import View, pixel_frames
from app.timeline.style import Style

_STEPS = 32
"""Parts of a pixel that heights are counted in: 480 rows of them fit into int16."""

_MOST, _AREA, _LINE = 2, 3, 15
"""Weights, in 20ths, of the area up to the greatest value, up to the mean, its line."""

_ALPHA = 0.95


class Curve:
    """Values (T,) from 0 to ``top``, NaN where nothing is known."""

    def __init__(self, values: np.ndarray, top: float = 1.0) -> None:
        self.values, self.top = np.asarray(values, np.float32), top
        known = np.isfinite(self.values)
        scaled = np.where(known, self.values / np.float32(top), 0)
        self._most = np.where(known, scaled, -1).astype(np.float32)
        self._sums = np.concatenate([[0.0], np.cumsum(scaled, dtype=np.float64)])
        self._counts = None if known.all() else np.append(0, np.cumsum(known))

    @classmethod
    def scaled(cls, values: np.ndarray) -> Curve:
        """Up to a round number above all but the rarest values."""
        known = values[np.isfinite(values)]
        high = float(np.percentile(known, 99.5)) if len(known) else 1.0
        return cls(values, round_above(high))

    def paint(
        self, painter: QPainter, view: View, top: float, height: float, style: Style
    ) -> None:
        """Area up to the mean under each pixel, fainter up to the most, and a line."""
        ratio = painter.device().devicePixelRatio()
        rows = max(3, round(height * ratio))
        mean, most = self.columns(view.scaled(ratio))
        image = _drawn(mean, most, rows, ratio, style)
        painter.drawImage(QRectF(0, top, image.width() / ratio, rows / ratio), image)

    def columns(self, device: View) -> tuple[np.ndarray, np.ndarray]:
        """Mean and most under each pixel as shares of ``top``; -1 where unknown."""
        low, high = pixel_frames(device)
        window = self._most[low[0] : high[-1]]
        most = np.maximum.reduceat(window, low - low[0])
        total = self._sums[high] - self._sums[low]
        if self._counts is None:
            return (total / (high - low)).astype(np.float32), most
        count = self._counts[high] - self._counts[low]
        mean = np.where(count > 0, total / np.maximum(count, 1), -1)
        return mean.astype(np.float32), most


def _drawn(
    mean: np.ndarray, most: np.ndarray, rows: int, ratio: float, style: Style
) -> QImage:
    """The curve as an opaque image of (rows, W), smooth by how much a pixel is under.

    In whole numbers: four curves have to be drawn in a millisecond or two.
    """
    full = (rows - ratio) * _STEPS
    high = np.where(mean < 0, -2 * _STEPS, np.clip(mean, 0, 1) * full)
    gap = mean < 0
    # Halfway to the neighbours on either side, so that the line is never torn.
    halves = (high[1:] + high[:-1]) / 2
    torn = gap[1:] | gap[:-1]
    left = np.append(high[:1], np.where(torn, high[1:], halves))
    right = np.append(np.where(torn, high[:-1], halves), high[-1:])
    thick = ratio * 1.25 * _STEPS
    peak = np.maximum(np.maximum(left, right), high) + thick * ~gap
    dip = np.minimum(np.minimum(left, right), high)
    crest = np.where(most < 0, -2 * _STEPS, np.clip(most, 0, 1) * full)
    floor = np.arange(rows - 1, -1, -1, dtype=np.int16)[:, None] * np.int16(_STEPS)
    index = _under(peak, floor)
    inner = _under(dip, floor)
    index -= inner
    index *= np.int16(_LINE)
    inner *= np.int16(_AREA)
    index += inner
    faint = _under(crest, floor)
    faint *= np.int16(_MOST)
    index += faint
    pixels = _shades(style)[index]
    image = QImage(
        pixels.data, len(mean), rows, 4 * len(mean), QImage.Format.Format_RGB32
    )
    return image.copy()


def _under(heights: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """How much of each pixel lies below the heights (W,), 0.._STEPS, (rows, W)."""
    below: np.ndarray = heights.astype(np.int16)[None, :] - floor
    np.clip(below, 0, _STEPS, out=below)
    return below


def _shades(style: Style) -> np.ndarray:
    """Colour of each sum of weights."""
    levels = np.arange((_MOST + _AREA + _LINE) * _STEPS + 1)
    alpha = np.minimum(levels / ((_MOST + _AREA + _LINE) * _STEPS), 1) * _ALPHA
    return np.asarray(style.shades[(alpha * 255).astype(np.int64)])


def round_above(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 8, 10, 15 ... that is not below ``value``."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.5, 2, 3, 4, 5, 8, 10)
    return next(m * power for m in steps if m * power >= value * (1 - 1e-9))
