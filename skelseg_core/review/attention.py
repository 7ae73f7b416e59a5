"""Attention: how long a person had for each of many things on one screen."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

LEAST_SECONDS = 0.5
"""Seconds that a person needs for one strip of pictures, at least."""


class Attention:
    """Count the time that a person had for each of the strips on a screen.

    Time is shared: of a second in which ten strips wait to be looked at each gets a
    tenth. A screen of n strips so takes n times `LEAST_SECONDS`.
    """

    def __init__(self, least_s: float = LEAST_SECONDS) -> None:
        self._least_s = least_s
        self._had_s: dict[Hashable, float] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._had_s.clear()

    def add(self, shown: Collection[Hashable], seconds: float) -> None:
        """Share the seconds among what is shown and was not looked at long enough."""
        while seconds > 1e-9:
            open_ = [what for what in shown if self._left_s(what) > 0]
            if not open_:
                return
            part_s = min(min(map(self._left_s, open_)), seconds / len(open_))
            for what in open_:
                had_s = self._had_s.get(what, 0.0) + part_s
                near = self._least_s - had_s < 1e-9
                self._had_s[what] = self._least_s if near else had_s
            seconds -= part_s * len(open_)

    def left_s(self, shown: Iterable[Hashable]) -> float:
        """Return the seconds until all of these were looked at long enough."""
        return sum(map(self._left_s, shown))

    def _left_s(self, what: Hashable) -> float:
        return max(0.0, self._least_s - self._had_s.get(what, 0.0))
