"""The lane of changes of motion, as ticks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.kit.commands import Command
from app.kit.language import tr
from app.timeline.lane import MEASURES, Lane, TipPoint
from app.timeline.lane_place import LanePlace

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

_LOWEST = 0.3
"""Height of the weakest tick, as a share of the lane's height."""
_FAINT, _STRONG = 0.4, 0.9
"""Opacity of the weakest and of the strongest tick."""
_APART_PX, _DENSEST = 4.0, 0.3
"""Ticks nearer to one another than this (px) fade, down to a share of their strength.
"""


class Ticks:
    """Sorted frames (N,) and the strength of each, 0..1."""

    def __init__(self, frames: np.ndarray, strengths: np.ndarray) -> None:
        self.frames = np.asarray(frames, np.int64)
        self.strengths = np.asarray(strengths, np.float32)

    def near(self, frame: int, reach: float) -> tuple[int, float] | None:
        """Return frame and strength of the tick nearest to ``frame`` in reach."""
        if not len(self.frames):
            return None
        best = int(np.abs(self.frames - frame).argmin())
        if abs(int(self.frames[best]) - frame) > reach:
            return None
        return int(self.frames[best]), float(self.strengths[best])

    def paint(self, place: LanePlace) -> None:
        """Paint a line per tick from the bottom up; the strongest of each pixel."""
        view, device, rows = place.view, place.device, place.lines()
        low, high = np.searchsorted(self.frames, [view.first - 1, view.last + 1])
        frames, strong = self.frames[low:high], self.strengths[low:high]
        xs = np.rint((frames - device.first) / device.frames_per_px).astype(np.int64)
        tall = np.zeros(device.width, np.float32)
        for thick in range(max(1, round(place.ratio))):
            inside = (xs + thick >= 0) & (xs + thick < device.width)
            np.maximum.at(tall, xs[inside] + thick, strong[inside])
        there = tall > 0
        # Computed for the whole video, so that a pan does not change the ticks.
        apart = view.n_frames / view.frames_per_px / max(1, len(self.frames))
        fade = min(1.0, max(_DENSEST, apart / _APART_PX))
        share = np.where(there, _FAINT + (_STRONG - _FAINT) * tall, 0) * fade
        lines = np.where(there, (_LOWEST + (1 - _LOWEST) * tall) * rows, 0)
        above = np.arange(rows, 0, -1, dtype=np.int16)[:, None]
        drawn = (above <= np.ceil(lines).astype(np.int16)).astype(np.uint8)
        drawn *= (share * 255).astype(np.uint8)
        place.draw_shades(drawn)


class MotionChangesLane(Lane):
    """Frames at which the hands rest."""

    kind = "boundaries:motion"
    usual_px, least_px = 14, 10
    menu_part = MEASURES
    minor = True
    commands = (Command("lane-boundaries-motion", "Hands at rest", args=(kind,)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls()] if video.motion is not None else []

    @property
    def title(self) -> str:
        return tr("Hands at rest")

    def paint(self, place: LanePlace, video: VideoData) -> None:
        self._ticks(video).paint(place)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        found = self._ticks(video).near(at.frame, at.reach)
        if found is None:
            return ""
        words = tr("The hands rest at frame {}, strength {}")
        return words.format(f"{found[0]:,}", f"{found[1]:.2f}")

    def snap_frames(self, video: VideoData) -> np.ndarray:
        return self._ticks(video).frames

    def _ticks(self, video: VideoData) -> Ticks:
        motion = video.motion
        assert motion is not None
        return Ticks(motion.changes, motion.strengths)
