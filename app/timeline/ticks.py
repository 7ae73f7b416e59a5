"""Ticks: frames at which something begins, the higher the surer."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPainter

from app.timeline.geometry import TimeWindow
from app.timeline.shaded import Shaded
from app.timeline.style import Style

_LOWEST = 0.3
_FAINT, _STRONG = 0.4, 0.9
_APART_PX, _DENSEST = 4.0, 0.3
"""Nearer to one another than this ticks fade, down to a share of their strength."""


class Ticks:
    """Rising frames (N,) and how strong each is, 0..1."""

    def __init__(self, frames: np.ndarray, strengths: np.ndarray) -> None:
        self.frames = np.asarray(frames, np.int64)
        self.strengths = np.asarray(strengths, np.float32)
        self._shaded = Shaded()

    @classmethod
    def joined(cls, several: list[Ticks]) -> Ticks:
        """All of them; of several on a frame the strongest."""
        if not several:
            return cls(np.zeros(0), np.zeros(0))
        frames = np.concatenate([t.frames for t in several])
        strengths = np.concatenate([t.strengths for t in several])
        found, place = np.unique(frames, return_inverse=True)
        most = np.zeros(len(found), np.float32)
        np.maximum.at(most, place, strengths)
        return cls(found, most)

    def near(self, frame: int, reach: float) -> tuple[int, float] | None:
        """Frame and strength of the tick nearest to a frame, within reach."""
        if not len(self.frames):
            return None
        best = int(np.abs(self.frames - frame).argmin())
        if abs(int(self.frames[best]) - frame) > reach:
            return None
        return int(self.frames[best]), float(self.strengths[best])

    def paint(
        self,
        painter: QPainter,
        view: TimeWindow,
        top: float,
        height: float,
        style: Style,
    ) -> None:
        """A line per tick from the bottom up; of several in a pixel the strongest."""
        ratio = painter.device().devicePixelRatio()
        device, rows = view.scaled(ratio), max(1, round(height * ratio))
        low, high = np.searchsorted(self.frames, [view.first - 1, view.last + 1])
        frames, strong = self.frames[low:high], self.strengths[low:high]
        xs = np.rint((frames - device.first) / device.frames_per_px).astype(np.int64)
        tall = np.zeros(device.width, np.float32)
        for thick in range(max(1, round(ratio))):
            inside = (xs + thick >= 0) & (xs + thick < device.width)
            np.maximum.at(tall, xs[inside] + thick, strong[inside])
        there = tall > 0
        # By the whole video, so that a pan changes no column.
        apart = view.n_frames / view.frames_per_px / max(1, len(self.frames))
        fade = min(1.0, max(_DENSEST, apart / _APART_PX))
        share = np.where(there, _FAINT + (_STRONG - _FAINT) * tall, 0) * fade
        lines = np.where(there, (_LOWEST + (1 - _LOWEST) * tall) * rows, 0)
        above = np.arange(rows, 0, -1, dtype=np.int16)[:, None]
        drawn = (above <= np.ceil(lines).astype(np.int16)).astype(np.uint8)
        drawn *= (share * 255).astype(np.uint8)
        self._shaded.draw(painter, top, drawn, style)
