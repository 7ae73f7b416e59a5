"""Least events: what it takes to bring one lane to another, by dynamic programming.

An event is what a hand does: to give a segment another label, or to delete it by giving
it the label of a neighbour, is one; to move a boundary is one; to paint a segment that
is not there is two, for where it starts and where it stops.

A lane is right where it has the labels of the truth in their order and every boundary
within so many frames of the true one. A frame collar that merely forgives frames beside
boundaries would forgive a short segment that is missing altogether.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Shown = tuple[int, int, "int | None"]
"""A segment: first frame, frame after the last, class."""
Kind = Literal["label", "boundary", "missing", "extra"]
PRICES: dict[Kind, int] = {"label": 1, "boundary": 1, "missing": 2, "extra": 1}
"""Events by kind of error."""
PAINTED = -1
"""In the place of a segment of the lane: a true segment that is painted anew."""


@dataclass(frozen=True)
class Mending:
    """One thing to put right.

    Parameters
    ----------
    kind : {"label", "boundary", "missing", "extra"}
    start, stop : int
        Of a missing segment: its frames. Of a boundary: where it is and where it goes.
        Of others: a frame of the segment, twice.
    class_id : int or None
        The label to give.
    """

    kind: Kind
    start: int
    stop: int
    class_id: int | None = None

    @property
    def price(self) -> int:
        """Events that it costs."""
        return PRICES[self.kind]


@dataclass
class _Way:
    """Cheapest way to a true segment, and by which segment of the lane it comes."""

    cost: int
    before: int | None


class LeastEvents:
    """Fewest events from a lane to the truth.

    Each segment too many counts, also one that would join its neighbour by itself once
    what lies between them has gone: then a session takes an event less.

    Parameters
    ----------
    lane, truth : sequence of (int, int, int or None)
        Segments that tile the same frames.
    collar : int
        Frames by which a boundary may be off.
    """

    def __init__(
        self, lane: Sequence[Shown], truth: Sequence[Shown], collar: int
    ) -> None:
        self.lane, self.truth, self.collar = lane, truth, collar
        self._starts = [s[0] for s in lane]
        self._stops = [s[1] for s in lane]
        self._ways: list[dict[int, _Way]] = []
        for at in range(len(truth)):
            self._ways.append(self._ways_to(at))
        last, n = self._ways[-1], len(lane)
        ends = {
            i: way.cost + (0 if i == PAINTED else n - 1 - i) for i, way in last.items()
        }
        self._end = min(ends, key=lambda i: ends[i])
        self.events: int = ends[self._end]

    def _ways_to(self, at: int) -> dict[int, _Way]:
        """Weigh each segment of the lane that could become true segment ``at``."""
        start, stop, class_id = self.truth[at]
        low = min(bisect_right(self._stops, start - self.collar), len(self.lane) - 1)
        high = max(bisect_left(self._starts, stop + self.collar), low + 1)
        ways = {PAINTED: self._painted(at)}
        for i in range(low, high):
            wrong = int(self.lane[i][2] != class_id)
            way = self._kept(at, i)
            if way is not None:
                ways[i] = _Way(way.cost + wrong, way.before)
        return ways

    def _painted(self, at: int) -> _Way:
        if at == 0:
            return _Way(2, None)
        frame = self.truth[at][0]
        before = self._ways[at - 1]
        best = _Way(before[PAINTED].cost + 2, PAINTED)
        for i, way in before.items():
            if i == PAINTED or self._starts[i] >= frame + self.collar:
                continue
            cost = way.cost + len(self._left_of(i, frame)) + 2
            if cost < best.cost:
                best = _Way(cost, i)
        return best

    def _kept(self, at: int, i: int) -> _Way | None:
        if at == 0:
            return _Way(i, None)
        frame = self.truth[at][0]
        best: _Way | None = None
        if self._stops[i] > frame - self.collar:
            cost = self._ways[at - 1][PAINTED].cost + len(self._right_of(frame, i))
            best = _Way(cost, PAINTED)
        for j, way in self._ways[at - 1].items():
            if j == PAINTED or j >= i:
                continue
            off = abs(self._starts[self._seam(j, i, frame)] - frame)
            cost = way.cost + i - j - 1 + int(off > self.collar)
            if best is None or cost < best.cost:
                best = _Way(cost, j)
        return best

    def _left_of(self, i: int, frame: int) -> range:
        """List segments after ``i`` that lie before what is painted from a frame on."""
        return range(i + 1, max(i + 1, bisect_left(self._starts, frame - self.collar)))

    def _right_of(self, frame: int, i: int) -> range:
        """List segments before ``i`` that lie after what is painted up to a frame."""
        return range(min(i, bisect_right(self._stops, frame + self.collar)), i)

    def _seam(self, j: int, i: int, frame: int) -> int:
        """Choose of the boundaries between two segments the one nearest to a frame."""
        after = min(max(bisect_left(self._starts, frame), j + 1), i)
        if after == j + 1:
            return after
        nearer = abs(self._starts[after - 1] - frame) <= abs(
            self._starts[after] - frame
        )
        return after - 1 if nearer else after

    def plan(self) -> list[Mending]:
        """List what to put right, from left to right; `events` is the sum of prices."""
        path = [self._end]
        for ways in reversed(self._ways[1:]):
            before = ways[path[-1]].before
            path.append(PAINTED if before is None else before)
        path.reverse()
        found: list[Mending] = []
        for at, i in enumerate(path):
            found += self._before(at, path[at - 1] if at else None, i)
            found += self._itself(at, i)
        if path[-1] != PAINTED:
            rest = range(path[-1] + 1, len(self.lane))
            found += self._deleted(rest, len(self.truth) - 1)
        return list(dict.fromkeys(found))

    def _itself(self, at: int, i: int) -> Iterator[Mending]:
        start, stop, class_id = self.truth[at]
        if i == PAINTED:
            yield Mending("missing", start, stop, class_id)
        elif self.lane[i][2] != class_id:
            yield Mending("label", *self._middle(i), class_id)

    def _before(self, at: int, j: int | None, i: int) -> Iterator[Mending]:
        """Put right what lies between two true segments, and their boundary."""
        frame = self.truth[at][0]
        if j is None:
            yield from self._deleted(range(max(i, 0)), 0)
        elif i == PAINTED and j != PAINTED:
            yield from self._deleted(self._left_of(j, frame), at - 1)
        elif j == PAINTED and i != PAINTED:
            yield from self._deleted(self._right_of(frame, i), at)
        elif i != PAINTED:
            seam = self._seam(j, i, frame)
            yield from self._deleted(range(j + 1, seam), at - 1)
            yield from self._deleted(range(seam, i), at)
            if abs(self._starts[seam] - frame) > self.collar:
                yield Mending("boundary", self._starts[seam], frame)

    def _deleted(self, segments: range, into: int) -> Iterator[Mending]:
        for p in segments:
            yield Mending("extra", *self._middle(p), self.truth[into][2])

    def _middle(self, i: int) -> tuple[int, int]:
        frame = (self.lane[i][0] + self.lane[i][1]) // 2
        return frame, frame
