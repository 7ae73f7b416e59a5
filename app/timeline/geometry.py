"""Geometry of the timeline: from a frame to its x and back, ticks, pixels. Qt-free.

Frame ``f`` covers ``[x_of(f), x_of(f + 1))``; a boundary at ``f`` is drawn at
``x_of(f)``, the left edge of the first frame of the new segment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

MAX_PX_PER_FRAME = 40.0
FRAME_PX = 8.0


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The part of a video that is shown in ``width`` pixels.

    Parameters
    ----------
    n_frames : int
        Frames of the video, at least 1.
    first : float
        Frame at the left edge.
    frames_per_px : float
        Scale.
    width : int
        Pixels, at least 1.
    """

    n_frames: int
    first: float
    frames_per_px: float
    width: int

    @classmethod
    def fitted(cls, n_frames: int, width: int) -> TimeWindow:
        """Return the window that shows the whole video in ``width`` pixels."""
        n_frames, width = max(1, n_frames), max(1, width)
        return cls(n_frames, 0.0, n_frames / width, width)

    @property
    def last(self) -> float:
        """Frame at the right edge, exclusive."""
        return self.first + self.width * self.frames_per_px

    @property
    def is_fit(self) -> bool:
        """True if the whole video is shown."""
        return self.frames_per_px >= self.n_frames / self.width * (1 - 1e-9)

    def fit(self) -> TimeWindow:
        """Return the window that shows the whole video at this width."""
        return TimeWindow.fitted(self.n_frames, self.width)

    def clamped(self) -> TimeWindow:
        """Return the nearest window that shows nothing outside the video."""
        largest = self.n_frames / self.width
        scale = min(largest, max(self.frames_per_px, 1 / MAX_PX_PER_FRAME))
        end = max(0.0, self.n_frames - self.width * scale)
        return replace(self, first=min(max(self.first, 0.0), end), frames_per_px=scale)

    def resized(self, width: int) -> TimeWindow:
        """Return the same scale at another width; a whole video stays whole."""
        width = max(1, width)
        if self.is_fit:
            return TimeWindow.fitted(self.n_frames, width)
        return replace(self, width=width).clamped()

    def x_of(self, frame: float) -> float:
        """Return the pixel at which ``frame`` begins."""
        return (frame - self.first) / self.frames_per_px

    def position(self, x: float) -> float:
        """Return the point in time under ``x``, in frames."""
        return self.first + x * self.frames_per_px

    def frame_at(self, x: float) -> int:
        """Return the frame that covers ``x``; the nearest one outside the video."""
        # Rounding must not turn the x_of a frame into another frame.
        frame = math.floor(self.position(x) + 1e-6)
        return min(max(frame, 0), self.n_frames - 1)

    def edge_at(self, x: float) -> int:
        """Return the edge between frames nearest to ``x``, 0..n_frames."""
        return min(max(round(self.position(x)), 0), self.n_frames)

    def zoomed(self, factor: float, anchor_x: float) -> TimeWindow:
        """Return the window magnified ``factor`` times around ``anchor_x``."""
        scale = replace(self, frames_per_px=self.frames_per_px / factor).clamped()
        fixed = self.position(anchor_x)
        first = fixed - anchor_x * scale.frames_per_px
        return replace(scale, first=first).clamped()

    def panned(self, px: float) -> TimeWindow:
        """Return the window moved ``px`` pixels to the right along the video."""
        return replace(self, first=self.first + px * self.frames_per_px).clamped()

    def centred(self, position: float) -> TimeWindow:
        """Return the same scale with ``position`` in the middle."""
        half = self.width * self.frames_per_px / 2
        return replace(self, first=position - half).clamped()

    def spanning(self, start: float, stop: float) -> TimeWindow:
        """Return the window that shows the frames ``[start, stop)`` and no others."""
        scale = max(stop - start, 1.0) / self.width
        window = replace(self, first=start, frames_per_px=scale).clamped()
        return window.centred((start + stop) / 2)

    def holds(self, frame: int) -> bool:
        """Return True if the beginning of ``frame`` is visible."""
        return self.first <= frame + 1e-6 and frame < self.last

    def showing(self, frame: int) -> TimeWindow:
        """Return the window, moved by a page if needed to show ``frame``."""
        if self.holds(frame):
            return self
        margin = self.width * self.frames_per_px / 10
        return replace(self, first=frame - margin).clamped()

    def pixels_to(self, other: TimeWindow) -> int | None:
        """Return by how many pixels another window lies further on.

        None where that is no whole number, or where the windows are not alike.
        """
        px = (other.first - self.first) / self.frames_per_px
        alike = replace(other, first=self.first) == self
        return round(px) if alike and abs(px - round(px)) < 1e-6 else None

    def part(self, left: int, right: int) -> TimeWindow:
        """Return the window of the pixels from ``left`` to ``right``."""
        return replace(self, first=self.position(left), width=right - left)

    def scaled(self, ratio: float) -> TimeWindow:
        """Return the same window in device pixels."""
        if ratio == 1:
            return self
        width = max(1, round(self.width * ratio))
        return replace(self, width=width, frames_per_px=self.frames_per_px / ratio)


def frame_in_minimap(view: TimeWindow) -> tuple[float, float]:
    """Return left and right px of the viewport rectangle in the minimap.

    The rectangle is never too narrow to be seen and grabbed.
    """
    scale = view.width / view.n_frames
    left, right = view.first * scale, view.last * scale
    middle = (left + right) / 2
    half = max(right - left, FRAME_PX) / 2
    return middle - half, middle + half


def visible(starts: np.ndarray, view: TimeWindow) -> tuple[int, int]:
    """Return indices ``[low, high)`` of the visible segments, from starts (S,)."""
    low = int(np.searchsorted(starts, view.first, side="right")) - 1
    high = int(np.searchsorted(starts, view.last, side="left"))
    return max(low, 0), max(high, 1)


def raster(
    starts: np.ndarray,
    values: np.ndarray,
    view: TimeWindow,
    seen: np.ndarray | None = None,
) -> np.ndarray:
    """Return one row of pixels with the value (S,) of the segment under each, (width,).

    Segments marked in ``seen`` (S,) get a pixel, however narrow they are, where another
    segment has one to spare.
    """
    centres = view.first + (np.arange(view.width) + 0.5) * view.frames_per_px
    index = np.searchsorted(starts, centres, side="right") - 1
    index = np.clip(index, 0, len(values) - 1)
    if seen is not None:
        middles = (starts + np.append(starts[1:], view.n_frames)) / 2
        at = np.floor((middles - view.first) / view.frames_per_px)
        make_seen(index, seen, at.astype(np.int64))
    return np.asarray(values[index])


def make_seen(index: np.ndarray, seen: np.ndarray, at: np.ndarray) -> None:
    """Give a pixel to each segment that has none and must be visible.

    Parameters
    ----------
    index : ndarray of int, shape (width,)
        The segment under each pixel; this is changed.
    seen : ndarray of bool, shape (S,)
    at : ndarray of int, shape (S,)
        Pixel at which each segment lies.
    """
    for shift in (0, 1, -1):
        count = np.bincount(index, minlength=len(seen))
        lost = np.flatnonzero(seen & (count == 0))
        place = at[lost] + shift
        inside = (place >= 0) & (place < len(index))
        lost, place = lost[inside], place[inside]
        owner = index[place]
        spare = (count[owner] > 1) | ~seen[owner]
        index[place[spare]] = lost[spare]


def tick_step(view: TimeWindow, min_px: float) -> int:
    """Return the frames between labelled ticks: 1, 2 or 5 times a power of ten."""
    wanted = max(1.0, min_px * view.frames_per_px)
    power = 10 ** math.floor(math.log10(wanted))
    return next(int(m * power) for m in (1, 2, 5, 10) if m * power >= wanted - 1e-9)


@lru_cache(maxsize=4)
def pixel_frames(view: TimeWindow) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames ``[low, high)`` under each pixel, each of shape (width,).

    A frame belongs to one pixel, or to all pixels of its width.
    """
    edges = view.first + np.arange(view.width + 1) * view.frames_per_px
    frames = np.floor(edges + 1e-6).astype(np.int64)
    low = np.clip(frames[:-1], 0, view.n_frames - 1)
    high = np.clip(frames[1:], low + 1, view.n_frames)
    low.flags.writeable = high.flags.writeable = False
    return low, high
