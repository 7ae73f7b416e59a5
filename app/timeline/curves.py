"""Paint curves: one value per frame, drawn as an area at any zoom."""

from __future__ import annotations

import math
from abc import abstractmethod
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.kit.language import tr
from app.timeline.geometry import TimeWindow, pixel_frames
from app.timeline.lane import Lane, TipPoint
from app.timeline.lane_place import LanePlace

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

_BITS = 5
_STEPS = 2**_BITS
"""Fractions of a pixel in which heights are counted: 480 rows of them fit into int16.
"""

_MOST, _AREA, _LINE = 24, 34, 184
"""Shades of the area up to the greatest value, of the area up to the mean, of the line.
"""


class Curve:
    """Values (T,) from 0 to ``top`` that are painted as an area; NaN where unknown."""

    def __init__(self, values: np.ndarray, top: float = 1.0) -> None:
        self.values, self.top = np.asarray(values, np.float32), top
        known = np.isfinite(self.values)
        scaled = np.where(known, self.values / np.float32(top), 0)
        self._most = np.where(known, scaled, -1).astype(np.float32)
        self._sums = np.concatenate([[0.0], np.cumsum(scaled, dtype=np.float64)])
        self._counts = None if known.all() else np.append(0, np.cumsum(known))

    @classmethod
    def scaled(cls, values: np.ndarray) -> Curve:
        """Make a curve whose top is a round number above all but the rarest values."""
        known = values[np.isfinite(values)]
        high = float(np.percentile(known, 99.5)) if len(known) else 1.0
        return cls(values, round_above(high))

    def paint(self, place: LanePlace) -> None:
        """Paint an area up to each pixel's mean, and fainter up to its maximum."""
        mean, most = self.columns(place.device)
        shades = _drawn(mean, most, place.lines(least=3), place.ratio)
        place.draw_shades(shades)

    def columns(self, device: TimeWindow) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and maximum per pixel as shares of ``top``, -1 where unknown."""
        low, high = pixel_frames(device)
        window = self._most[low[0] : high[-1]]
        most = np.maximum.reduceat(window, low - low[0])
        total = self._sums[high] - self._sums[low]
        if self._counts is None:
            return (total / (high - low)).astype(np.float32), most
        count = self._counts[high] - self._counts[low]
        mean = np.where(count > 0, total / np.maximum(count, 1), -1)
        return mean.astype(np.float32), most


def _drawn(mean: np.ndarray, most: np.ndarray, rows: int, ratio: float) -> np.ndarray:
    """Return the shade of each pixel (rows, W), smooth by the share under the curve.

    Integers are used, because several curves have to be drawn in a millisecond.
    """
    gap, full, under = mean < 0, (rows - ratio) * _STEPS, -2.0 * _STEPS
    high = np.where(gap, under, np.clip(mean, 0, 1) * full)
    # Halfway to the neighbours on either side, so that the line has no gaps.
    halves, torn = (high[1:] + high[:-1]) / 2, gap[1:] | gap[:-1]
    left = np.append(high[:1], np.where(torn, high[1:], halves))
    right = np.append(np.where(torn, high[:-1], halves), high[-1:])
    thick = ratio * 1.25 * _STEPS
    peak = np.maximum(np.maximum(left, right), high) + thick * ~gap
    dip = np.minimum(np.minimum(left, right), high)
    crest = np.where(most < 0, under, np.clip(most, 0, 1) * full)
    shade = _under(crest, rows, _MOST)
    shade += _under(peak, rows, _LINE)
    shade -= _under(dip, rows, _LINE - _AREA)
    return shade


def _under(heights: np.ndarray, rows: int, shade: int) -> np.ndarray:
    """Return ``shade`` by the share of each pixel below heights (W,), as (rows, W)."""
    # Most pixels lie wholly below or above; only one in each column is computed.
    whole = np.maximum(heights.astype(np.int16), 0)
    full, part = whole >> _BITS, whole & (_STEPS - 1)
    # Comparing bytes is twice as fast.
    kind = np.uint8 if rows < 250 else np.int16
    row = np.arange(rows - 1, -1, -1, dtype=kind)[:, None]
    drawn = (row < full.astype(kind)).view(np.uint8)
    drawn *= np.uint8(shade)
    inside = np.flatnonzero(full < rows)
    edge = (part[inside] * shade >> _BITS).astype(np.uint8)
    drawn[rows - 1 - full[inside], inside] = edge
    return drawn


def round_above(value: float) -> float:
    """Round a value up to the next of 1, 1.5, 2, 3, 4, 5, 8, 10, 15 and so on."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.5, 2, 3, 4, 5, 8, 10)
    return next(m * power for m in steps if m * power >= value * (1 - 1e-9))


class CurveLane(Lane):
    """Base class of the lanes that show one curve."""

    scrolls = True

    @abstractmethod
    def curve(self, video: VideoData) -> Curve:
        """Return the values of the lane."""

    @abstractmethod
    def value_text(self, value: float) -> str:
        """Word a value, with its unit."""

    def paint(self, place: LanePlace, video: VideoData) -> None:
        self.curve(video).paint(place)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        value, frame = float(self.curve(video).values[at.frame]), f"{at.frame:,}"
        text = tr("not known at frame {}").format(frame)
        if not math.isnan(value):
            text = tr("{} at frame {}").format(self.value_text(value), frame)
        return f"<b>{escape(self.menu_text)}</b><br>{text}"
