"""Burn labels into pictures: a bar with names, time and strips below the picture.

The picture itself is never covered. A strip shows a lane as colours over time, with a
playhead at the middle of the current frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from skelseg_core.video.lettering import SQUARE, line_of_text
from skelseg_core.video.times import FrameTimes

WINDOW_S = 30.0
"""Seconds that a strip shows; in longer videos, the part around the playhead."""
GROUND, WELL = (24, 25, 27), (52, 54, 57)
"""Red, green and blue of the bar, and of frames without a label in a strip."""
UNDECIDED = (120, 122, 125)
"""Colour of undecided frames."""
TEXTURES = np.zeros((5, 8, 8), bool)
"""Textures of classes, as in the timeline: none, lines, dots, a grid; the last hatches
unreviewed copies. Each is a square in px that repeats.
"""
TEXTURES[1, 3] = TEXTURES[3, 3] = TEXTURES[3, :, 3] = True
TEXTURES[2, 1::4, 1::4] = TEXTURES[2, 3::4, 3::4] = True
HATCHED = 4
"""Number of the texture of unreviewed copies."""
_DIAGONAL = np.add.outer(np.arange(8), np.arange(8)) % 8
TEXTURES[HATCHED] = _DIAGONAL < 2
_STRENGTH = 0.45
"""Share of black or white in a texture."""
INK, DIM, HEAD = (236, 238, 240), (166, 170, 174), (255, 255, 255)
"""Colours of text, of less important text, and of the playhead."""
MIN_TEXT_PX, MAX_TEXT_PX = 12, 44
"""Smallest and largest size of the letters."""


@dataclass(frozen=True, eq=False)
class BurnedLane:
    """A lane to burn in.

    Parameters
    ----------
    title : str
        Name of the lane.
    names : tuple of str
        Text of each value.
    colors : ndarray of uint8, shape (N, 3)
        Red, green, blue of each value, in the same order.
    shown : ndarray of int, shape (T,)
        Value of each frame.
    textures : ndarray of int, shape (N,)
        Index into `TEXTURES` of each value.
    """

    title: str
    names: tuple[str, ...]
    colors: np.ndarray
    shown: np.ndarray
    textures: np.ndarray

    def strip(self, shown: np.ndarray, height: int) -> np.ndarray:
        """Paint a strip (H, W, 3) from the value of each column (W,)."""
        painted = np.repeat(self.colors[shown][None], height, axis=0)
        rows, columns = np.ogrid[:height, : len(shown)]
        lines = TEXTURES[self.textures[shown], rows % 8, columns % 8]
        if lines.any():
            ink = self._ink[shown][None].repeat(height, axis=0)[lines]
            painted[lines] = np.rint(painted[lines] * (1 - _STRENGTH) + ink * _STRENGTH)
        return painted

    @cached_property
    def _ink(self) -> np.ndarray:
        """Black or white for each colour, whichever contrasts more, (N, 1)."""
        light = self.colors @ np.array([0.299, 0.587, 0.114])
        return np.where(light > 127, 0, 255)[:, None]


class Bar:
    """Draw the bar below the pictures of one video.

    Parameters
    ----------
    lanes : sequence of BurnedLane
        At least one; the first is the largest.
    times : FrameTimes
        Times of the whole video.
    frames : tuple of int
        First rendered frame, and the frame after the last.
    size : tuple of int
        Width and height in px of the pictures.
    """

    def __init__(
        self,
        lanes: tuple[BurnedLane, ...],
        times: FrameTimes,
        frames: tuple[int, int],
        size: tuple[int, int],
    ) -> None:
        self.lanes, self._times, self._size = lanes, times, size
        self._first_s, self._last_s = times.start_s(frames[0]), times.start_s(frames[1])
        share = round(min(size[0] / 34, size[1] / 16))
        self.text_px = int(np.clip(share, MIN_TEXT_PX, MAX_TEXT_PX))
        self._long = times.duration_s >= 3600

    @cached_property
    def strip_px(self) -> int:
        """Height of a strip in px."""
        return max(10, self.text_px)

    @cached_property
    def _row_px(self) -> int:
        return round(self.text_px * SQUARE)

    @cached_property
    def _gap_px(self) -> int:
        return max(4, self.text_px // 3)

    @cached_property
    def height(self) -> int:
        """Height of the bar in px; picture and bar together are even."""
        lane = self._row_px + self.strip_px + 2 * self._gap_px
        whole = lane * len(self.lanes) + self._gap_px
        return whole + (self._size[1] + whole) % 2

    def strip_top(self, lane: int) -> int:
        """Return the top row of a lane's strip, counted from the top of the bar."""
        each = self._row_px + self.strip_px + 2 * self._gap_px
        return lane * each + 2 * self._gap_px + self._row_px

    def swatch(self) -> tuple[int, int]:
        """Return x and y in the bar of the middle of the first lane's swatch."""
        return self._gap_px + self.text_px // 2, self._gap_px + self._row_px // 2

    def under(self, picture: np.ndarray, frame: int) -> np.ndarray:
        """Put the bar of a frame under its picture (H, W, 3) RGB, uint8."""
        height, width = picture.shape[:2]
        whole = np.empty((height + self.height, width, 3), np.uint8)
        whole[:height] = picture
        whole[height:] = GROUND
        for n, lane in enumerate(self.lanes):
            self._draw_words(whole[height:], n, lane, frame)
            self._draw_strip(whole[height:], n, lane, frame)
        return whole

    def _draw_words(
        self, bar: np.ndarray, n: int, lane: BurnedLane, frame: int
    ) -> None:
        top = self.strip_top(n) - self._gap_px - self._row_px
        left, right = self._gap_px, bar.shape[1] - self._gap_px
        side = self.text_px
        y = top + (self._row_px - side) // 2
        shown = lane.shown[frame]
        swatch = lane.strip(np.full(side, shown), side)
        bar[y : y + side, left : left + side] = swatch
        left += side + self._gap_px
        name = line_of_text(lane.names[shown], self.text_px)
        if n == 0:
            after = left + int(name.shape[1]) + 2 * self._gap_px
            right = self._draw_time(bar, top, (left, after), right, frame)
        room = max(0, right - left)
        _blend(bar, name[:, :room], left, top, INK)
        title = line_of_text(lane.title, max(MIN_TEXT_PX, self.text_px * 3 // 4))
        # Named if there are several, and only next to the label.
        fits = name.shape[1] + 2 * self._gap_px + title.shape[1] <= room
        if len(self.lanes) > 1 and fits:
            # On the baseline of the label.
            low = top + self._row_px - title.shape[0] - (self.text_px + 5) // 16
            _blend(bar, title, right - title.shape[1], low, DIM)

    def _draw_time(
        self, bar: np.ndarray, top: int, free: tuple[int, int], right: int, frame: int
    ) -> int:
        """Draw the time, and the frame number if the label leaves room; return its end.

        ``free`` is where the label begins and ends.
        """
        said = clock(self._times.start_s(frame), self._long)
        for text in (f"{said}   frame {frame:,}", said):
            line = line_of_text(text, self.text_px)
            if line.shape[1] <= right - free[1]:
                break
        line = line[:, : max(0, right - free[0])]
        _blend(bar, line, right - line.shape[1], top, DIM)
        return right - int(line.shape[1]) - 2 * self._gap_px

    def span_s(self, frame: int) -> tuple[float, float]:
        """Return the start and end, in seconds, of the strips at a frame."""
        whole = max(self._last_s - self._first_s, 1e-6)
        shown = min(WINDOW_S, whole)
        middle = self._middle_s(frame)
        start = np.clip(middle - shown / 2, self._first_s, self._last_s - shown)
        return float(start), float(start) + shown

    def _middle_s(self, frame: int) -> float:
        return (self._times.start_s(frame) + self._times.stop_s(frame)) / 2

    def columns(self, frame: int) -> np.ndarray:
        """Find the frame of each column of the strips, int (W,)."""
        start, stop = self.span_s(frame)
        width = self._size[0]
        middles = start + (np.arange(width) + 0.5) * (stop - start) / width
        first, last = self._times.frame_at(start), self._times.frame_at(stop)
        edges = self._times.edges_s(np.arange(first, last + 1))
        return first + np.maximum(np.digitize(middles, edges) - 1, 0)

    def playhead(self, frame: int) -> int:
        """Return the column of the playhead."""
        start, stop = self.span_s(frame)
        share = (self._middle_s(frame) - start) / (stop - start)
        return int(np.clip(share * self._size[0], 0, self._size[0] - 1))

    def _draw_strip(
        self, bar: np.ndarray, n: int, lane: BurnedLane, frame: int
    ) -> None:
        top = self.strip_top(n)
        shown = lane.shown[self.columns(frame)]
        bar[top : top + self.strip_px] = lane.strip(shown, self.strip_px)
        x, over = self.playhead(frame), self._gap_px // 2
        wide = max(2, self.text_px // 8)
        for color, more in ((GROUND, 1), (HEAD, 0)):
            left, right = max(0, x - wide // 2 - more), x + (wide + 1) // 2 + more
            bar[top - over : top + self.strip_px + over, left:right] = color


def clock(seconds: float, hours: bool = False) -> str:
    """Format seconds as ``m:ss.mmm``, or ``h:mm:ss.mmm``."""
    total = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(total, 60_000)
    said = f"{rest // 1000:02d}.{rest % 1000:03d}"
    if hours:
        return f"{minutes // 60}:{minutes % 60:02d}:{said}"
    return f"{minutes}:{said}"


def _blend(
    picture: np.ndarray,
    opacity: np.ndarray,
    x: int,
    y: int,
    color: tuple[int, int, int],
) -> None:
    """Blend a colour into a part of a picture, by the opacity (H, W) of each pixel."""
    height, width = opacity.shape
    if not width:
        return
    part = picture[y : y + height, x : x + width]
    share = opacity[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
    part[:] = np.rint(part * (1 - share) + np.array(color, np.float32) * share)


def rgb_of(color: str) -> tuple[int, int, int]:
    """Read red, green and blue from ``#rrggbb``."""
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red, green, blue


def draw_people(
    picture: np.ndarray,
    points: np.ndarray,
    edges: tuple[tuple[int, int], ...],
    colors: tuple[tuple[int, int, int], ...],
    seen: np.ndarray,
) -> None:
    """Draw one person's keypoints and edges into a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB; changed in place.
    points : ndarray of float, shape (K, 2)
        In px of the picture.
    edges : tuple of (int, int)
    colors : tuple of (int, int, int)
        Colour of each keypoint; an edge between two colours is white.
    seen : ndarray of bool, shape (K,)
        Keypoints to draw; edges need both ends.
    """
    if not seen.any():
        return
    tall = float(np.ptp(points[seen, 1]))
    wide = max(1, round(min(max(tall / 90, 1.75), 3.5)))
    # In eighths of a pixel; lines far outside the picture are skipped.
    limit = 8 * 4 * max(picture.shape[:2])
    at = np.clip(np.nan_to_num(points) * 8, -limit, limit).astype(int).tolist()
    lines = [(a, b) for a, b in edges if seen[a] and seen[b]]
    for a, b in lines:
        _line(picture, at[a], at[b], (34, 36, 38), wide + 2)
    for a, b in lines:
        color = colors[a] if colors[a] == colors[b] else (242, 242, 242)
        _line(picture, at[a], at[b], color, wide)
    for k in np.flatnonzero(seen).tolist():
        for color, radius in (((34, 36, 38), wide + 2), (colors[k], wide + 1)):
            cv2.circle(picture, at[k], radius * 8, color, -1, cv2.LINE_AA, 3)


def _line(
    picture: np.ndarray,
    a: list[int],
    b: list[int],
    color: tuple[int, int, int],
    wide: int,
) -> None:
    cv2.line(picture, a, b, color, wide, cv2.LINE_AA, 3)
