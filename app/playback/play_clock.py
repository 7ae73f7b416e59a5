"""Tie moments of the video to the time of day while it plays."""

from __future__ import annotations

from collections.abc import Callable

from skelseg_core.video.times import FrameTimes


class PlayClock:
    """Compute the frame that is due, at a speed that is negative backwards.

    A frame lasts from its time to that of the next, in both directions.
    """

    def __init__(self, times: FrameTimes, now: Callable[[], float]) -> None:
        self.times, self._now = times, now
        self._anchor: tuple[float, float] | None = None
        self.speed = 1.0

    @property
    def running(self) -> bool:
        """Tell whether a first frame was shown."""
        return self._anchor is not None

    def stop(self) -> None:
        """Stop the clock until the next `start`."""
        self._anchor = None

    def start(self, frame: int) -> None:
        """Start the clock at the beginning of a frame (backwards: at its end)."""
        self._anchor = (self._now(), self._entry(frame))

    def set_speed(self, speed: float) -> None:
        """Change the speed as of now; the moment stays."""
        if self._anchor is not None:
            self._anchor = (self._now(), self._moment(self._anchor))
        self.speed = speed

    def moment(self) -> float | None:
        """Return the moment of the video, in seconds; None while the clock stands."""
        return None if self._anchor is None else self._moment(self._anchor)

    def due(self) -> int | None:
        """Return the frame that is due; None while the clock stands."""
        if self._anchor is None:
            return None
        moment = self._moment(self._anchor)
        return self.times.frame_at(moment, before=self.speed < 0)

    def until(self, frame: int) -> float:
        """Return the seconds until a frame begins; negative where it has begun."""
        return self._left_s(self._entry(frame))

    def until_after(self, frame: int) -> float:
        """Return the seconds until a frame ends; negative where it has ended."""
        return self._left_s(self._exit(frame))

    def _left_s(self, moment: float) -> float:
        if self._anchor is None:
            return 0.0
        return (moment - self._moment(self._anchor)) / self.speed

    def _moment(self, anchor: tuple[float, float]) -> float:
        return anchor[1] + (self._now() - anchor[0]) * self.speed

    def _entry(self, frame: int) -> float:
        times = self.times
        return times.start_s(frame) if self.speed > 0 else times.stop_s(frame)

    def _exit(self, frame: int) -> float:
        times = self.times
        return times.stop_s(frame) if self.speed > 0 else times.start_s(frame)
