"""Plan what is played: all of a video, a range again and again, or around a boundary.

A plan is frames ``[start, stop)``, forwards in time; the player follows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from skelseg_core.video.times import FrameTimes

MARGIN_S = 1.0
"""Seconds played before and after a boundary."""
LONGEST_S = 6.0
"""Seconds of a place up to which the whole of it is played again and again."""


@dataclass(frozen=True)
class PlaybackPlan:
    """Name frames ``[start, stop)`` to play; no ``name`` for plain playing.

    With ``loop`` they begin anew at the end, else playing ends at frame ``rest_at``, or
    with the last frame.
    """

    name: str
    start: int
    stop: int
    loop: bool = False
    rest_at: int | None = None

    def holds(self, frame: int) -> bool:
        """Tell whether a frame is one of those to play."""
        return self.start <= frame < self.stop


def whole(n_frames: int) -> PlaybackPlan:
    """Plan to play the whole video."""
    return PlaybackPlan("", 0, max(1, n_frames))


def loop(start: int, stop: int) -> PlaybackPlan:
    """Plan to play one segment again and again."""
    return PlaybackPlan("loop", start, stop, loop=True)


def around(times: FrameTimes, boundary: int) -> PlaybackPlan:
    """Plan to play what lies around a boundary, and to rest at the boundary."""
    at_s = times.start_s(boundary)
    span = times.frames_between(at_s - MARGIN_S, at_s + MARGIN_S)
    return PlaybackPlan("around", *span, rest_at=boundary)


def again(
    times: FrameTimes, start: int, stop: int, boundary: int, whole: bool = False
) -> PlaybackPlan:
    """Plan to play a place with what lies around it again and again.

    Of a place longer than `LONGEST_S` only what lies around the ``boundary`` is played,
    unless the ``whole`` is.
    """
    first_s, last_s = times.start_s(start), times.start_s(stop)
    if last_s - first_s > LONGEST_S and not whole:
        first_s = last_s = times.start_s(boundary)
    half_s = MARGIN_S / 2
    span = times.frames_between(first_s - half_s, last_s + half_s)
    return PlaybackPlan("again", *span, loop=True)
