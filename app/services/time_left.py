"""Estimate how long a job still takes, from the progress that it reports."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from app.kit.language import tr
from skelseg_core.progress import Progress

HOUR_S, DAY_S = 3600.0, 86400.0
MIN_UNITS, MIN_S, POINT_S = 4, 3.0, 0.25
"""Units of work, seconds, before the time left is shown; seconds between two points."""
MIN_SHARE, LONG_WAIT_S = 0.02, 30.0
"""The share of the whole at an even pace, or the seconds, that must pass as well."""


class TimeLeft:
    """Estimate the time left of a job from its own pace.

    The first unit of work is ignored: it includes loading. The pace is that of the
    second half of the time since, so that the estimate soon follows a change of pace.
    There is no estimate until both halves agree.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step = ""
        self._seen: float | None = None
        self._points: deque[tuple[float, float]] = deque()
        self._first = (0.0, 0.0)
        self._rises = 0
        self._known = False

    def update(self, progress: Progress) -> float | None:
        """Estimate the seconds left after ``progress``; None while that is unknown."""
        now, share = self._clock(), progress.share
        other = progress.whole is None and progress.step != self._step
        if other or share is None or (self._seen is not None and share < self._seen):
            # A new step of a job whose progress does not count over all steps.
            self._step, self._seen = progress.step, share
            self._known, self._rises = False, 0
            return None
        if self._seen is None or share > self._seen:
            self._rises += self._seen is not None
            if self._rises == 1:
                self._first = (now, share)
                self._points = deque([self._first])
            self._seen = share
        if self._rises < MIN_UNITS or now - self._first[0] < MIN_S:
            return None
        return self._from_pace(now, share)

    def _from_pace(self, now: float, share: float) -> float | None:
        start, begun = self._first
        middle = (start + now) / 2
        while len(self._points) > 1 and self._points[1][0] <= middle:
            self._points.popleft()
        if now - self._points[-1][0] >= POINT_S:
            self._points.append((now, share))
        then, half = self._points[0]
        if then >= now or share <= half:
            return None
        pace = (share - half) / (now - then)
        if not self._known and then > start:
            before = (half - begun) / (then - start)
            even = pace / 2 <= before <= pace * 2
            agree = even and share - begun >= MIN_SHARE
            self._known = agree or now - start >= LONG_WAIT_S
        return (1 - share) / pace if self._known else None


def time_left(seconds: float | None) -> str:
    """Format seconds as ``m:ss``, many as hours or days; the empty text for None."""
    if seconds is None:
        return ""
    for size, text in ((DAY_S, tr("{} d")), (HOUR_S, tr("{} h"))):
        if seconds >= 2 * size:
            return text.format(f"{seconds / size:,.0f}")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,}:{rest:02d}"
