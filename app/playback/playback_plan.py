"""Plan what is played: which segments of a video, how fast, where to pause.

Pure functions of times, boundaries and confidence; the player follows what they return.
Segments are half open, and every plan goes forwards in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skelseg_core.video.times import FrameTimes

MARGIN_S = 1.0
"""Seconds played before and after a boundary."""
LONGEST_S = 6.0
"""Seconds of a place up to which the whole of it is played again and again."""
FAST, STEADY, SLOW = 4.0, 1.0, 0.5
"""Speeds of adaptive playing: inside segments, in doubt, and at boundaries."""
DOUBT = 0.6
"""Confidence below which a prediction is played at normal speed, with a pause."""


@dataclass(frozen=True)
class PlaySegment:
    """Name frames ``[start, stop)``, their speed, and whether to pause after them."""

    start: int
    stop: int
    speed: float = 1.0
    pause_after: bool = False


@dataclass(frozen=True)
class PlaybackPlan:
    """List segments in the order they are played; no ``name`` for plain playing.

    With ``loop`` it begins anew at its end, else it ends at frame ``rest_at``, or with
    its last frame.
    """

    name: str
    segments: tuple[PlaySegment, ...]
    loop: bool = False
    rest_at: int | None = None

    def at(self, frame: int) -> int | None:
        """Find the segment that holds a frame, or None."""
        holds = (n for n, s in enumerate(self.segments) if s.start <= frame < s.stop)
        return next(holds, None)

    def pauses_after(self, index: int, frame: int) -> bool:
        """Tell whether playing pauses at this frame, the last of a segment."""
        segment = self.segments[index]
        return segment.pause_after and frame == segment.stop - 1

    def after(self, index: int) -> int | None:
        """Return the segment that follows, or None at the end."""
        if index + 1 < len(self.segments):
            return index + 1
        return 0 if self.loop else None

    def first_from(self, frame: int) -> int:
        """Find where to start from ``frame``: its segment, the next, or the first."""
        starts = (s.start for s in self.segments if s.stop > frame)
        return next(starts, self.segments[0].start)


def whole(n_frames: int) -> PlaybackPlan:
    """Plan to play the whole video."""
    return PlaybackPlan("", (PlaySegment(0, max(1, n_frames)),))


def loop(start: int, stop: int) -> PlaybackPlan:
    """Plan to play one segment again and again."""
    return PlaybackPlan("loop", (PlaySegment(start, stop),), loop=True)


def around(times: FrameTimes, boundary: int) -> PlaybackPlan:
    """Plan to play what lies around a boundary, and to rest at the boundary."""
    ((start, stop),) = windows(times, [boundary])
    return PlaybackPlan("around", (PlaySegment(start, stop),), rest_at=boundary)


def again(times: FrameTimes, start: int, stop: int, boundary: int) -> PlaybackPlan:
    """Plan to play a place with what lies around it again and again.

    Of a place longer than `LONGEST_S` only what lies around the ``boundary`` is played.
    """
    first_s, last_s = times.start_s(start), times.start_s(stop)
    if last_s - first_s > LONGEST_S:
        first_s = last_s = times.start_s(boundary)
    half_s = MARGIN_S / 2
    span = times.frames_between(first_s - half_s, last_s + half_s)
    return PlaybackPlan("around", (PlaySegment(*span),), loop=True)


def tour(
    times: FrameTimes, boundaries: Sequence[int] | np.ndarray
) -> PlaybackPlan | None:
    """Plan to play what lies around each boundary; None where there is none."""
    found = windows(times, boundaries)
    return (
        PlaybackPlan("tour", tuple(PlaySegment(*w) for w in found)) if found else None
    )


def adaptive(
    times: FrameTimes,
    boundaries: Sequence[int] | np.ndarray,
    confidence: np.ndarray | None = None,
) -> PlaybackPlan:
    """Plan to play fast inside segments, slow at boundaries, normally in doubt.

    Parameters
    ----------
    times : FrameTimes
    boundaries : sequence of int
        First frame of every segment but the first.
    confidence : ndarray, (T,), optional
        Of the prediction, 0..1. After the first frame of a segment that begins in doubt
        playing pauses, so that the boundary can be moved.
    """
    n_frames = times.n_frames
    speeds = np.full(n_frames, FAST)
    unsure = np.zeros(n_frames, bool)
    if confidence is not None and len(confidence) == n_frames:
        unsure = np.asarray(confidence) < DOUBT
    speeds[unsure] = STEADY
    for start, stop in windows(times, boundaries, MARGIN_S):
        speeds[start:stop] = SLOW
    pauses = {
        b + 1 for b in _inside(boundaries, n_frames) if unsure[b - 1 : b + 1].any()
    }
    changes = (np.flatnonzero(np.diff(speeds)) + 1).tolist()
    cuts = sorted({0, n_frames, *changes, *pauses})
    return PlaybackPlan(
        "adaptive",
        tuple(
            PlaySegment(start, stop, float(speeds[start]), stop in pauses)
            for start, stop in pairwise(cuts)
        ),
    )


def windows(
    times: FrameTimes, boundaries: Sequence[int] | np.ndarray, gap_s: float = 0.0
) -> list[tuple[int, int]]:
    """Find frames within `MARGIN_S` of a boundary; windows ``gap_s`` apart merge."""
    merged: list[tuple[int, int]] = []
    for boundary in _inside(boundaries, times.n_frames):
        at = times.start_s(boundary)
        start, stop = times.frames_between(at - MARGIN_S, at + MARGIN_S)
        if merged:
            before = merged[-1][1]
            if start <= before or times.start_s(start) - times.start_s(before) <= gap_s:
                start = merged.pop()[0]
        merged.append((start, stop))
    return merged


def _inside(boundaries: Sequence[int] | np.ndarray, n_frames: int) -> list[int]:
    return sorted({int(b) for b in boundaries if 0 < b < n_frames})
