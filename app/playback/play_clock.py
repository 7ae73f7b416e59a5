"""Clock of playing: a moment of the video tied to a moment of the day."""

from __future__ import annotations

from collections.abc import Callable

from skelseg_core.video.times import FrameTimes


class PlayClock:
    """Which frame is due, at a speed that is negative backwards; it never drifts.

    A frame lasts from its time to that of the next, in both directions.
    """

    def __init__(self, times: FrameTimes, now: Callable[[], float]) -> None:
        self._times, self._now = times, now
        self._anchor: tuple[float, float] | None = None
        self.speed = 1.0

    @property
    def running(self) -> bool:
        """Whether a first frame was shown."""
        return self._anchor is not None

    def stop(self) -> None:
        """Wait for the next first frame."""
        self._anchor = None

    def start(self, frame: int) -> None:
        """Run from the beginning of this frame (backwards: from its end)."""
        self._anchor = (self._now(), self._entry(frame))

    def set_speed(self, speed: float) -> None:
        """Change the pace and not the place."""
        if self._anchor is not None:
            self._anchor = (self._now(), self._moment(self._anchor))
        self.speed = speed

    def turn(self, frame: int, speed: float) -> None:
        """Change the pace as of the beginning of ``frame``, which lies behind."""
        if self._anchor is not None:
            reached = self._entry(frame)
            at, moment = self._anchor
            self._anchor = (at + (reached - moment) / self.speed, reached)
        self.speed = speed

    def moment(self) -> float | None:
        """The moment of the video it stands at, in seconds; None before the first."""
        return None if self._anchor is None else self._moment(self._anchor)

    def due(self) -> int | None:
        """The frame whose time has come; None before the first."""
        if self._anchor is None:
            return None
        moment = self._moment(self._anchor)
        return self._times.frame_at(moment, before=self.speed < 0)

    def until(self, frame: int) -> float:
        """Seconds until the time of this frame begins; negative where it has."""
        return self._left_s(self._entry(frame))

    def until_after(self, frame: int) -> float:
        """Seconds until the time of this frame is over; negative where it is."""
        return self._left_s(self._exit(frame))

    def _left_s(self, moment: float) -> float:
        if self._anchor is None:
            return 0.0
        return (moment - self._moment(self._anchor)) / self.speed

    def _moment(self, anchor: tuple[float, float]) -> float:
        return anchor[1] + (self._now() - anchor[0]) * self.speed

    def _entry(self, frame: int) -> float:
        times = self._times
        return times.start_s(frame) if self.speed > 0 else times.stop_s(frame)

    def _exit(self, frame: int) -> float:
        times = self._times
        return times.stop_s(frame) if self.speed > 0 else times.start_s(frame)
