"""Walk: the items of a queue one after another, those looked at and those to come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.review_item import ReviewItem

LEAST_LOOKS = 5
"""Looks after which it is known how long one takes."""
SAME = 0.5
"""Share of the frames of two places, of those of either, above which they are one."""


def index_of(item: ReviewItem, lane: Segmentation) -> int:
    """Find the segment of an item: the one that holds its middle.

    Returns
    -------
    int
        Index in ``lane``.
    """
    middle = (item.start + item.stop) // 2
    return lane.index_at(min(max(middle, 0), lane.n_frames - 1))


def followed(item: ReviewItem, before: Segmentation, after: Segmentation) -> ReviewItem:
    """Return an item as it is after an edit: its segment may have other ends."""
    index = index_of(item, before)
    old = before.segments[index]
    new = after.segments[index if len(before) == len(after) else index_of(item, after)]
    ends = {old.start: new.start, old.stop: new.stop}
    boundary = None if item.boundary is None else ends.get(item.boundary)
    if boundary in (0, after.n_frames):
        boundary = None
    return replace(item, start=new.start, stop=new.stop, boundary=boundary)


@dataclass
class Look:
    """An item that was gone to, and what became of it.

    Parameters
    ----------
    found, came, item : ReviewItem
        As it was in the queue, when one came to it, and as it is now: it follows the
        edits that are made while one is at it.
    arrived : Segmentation
        The lane when one came, the last time.
    step : int
        Number of undo steps in effect then.
    since_s : float
        Moment when one came, in seconds of any clock.
    turn : int
        Counts the arrivals of a walk: the later one came, the larger.
    agreed, mended : bool
        Whether it was said to be right; whether the lane was changed here.
    """

    found: ReviewItem
    came: ReviewItem
    item: ReviewItem
    arrived: Segmentation
    step: int
    since_s: float
    turn: int
    agreed: bool = False
    mended: bool = False


class Walk:
    """Go through items: ``looks`` in the order they were gone to, ``waiting`` after.

    What waits may be found anew at any time (`find_anew`); the item one is at stays.
    ``by_time`` says that what waits is gone through in the order of time; else it is
    in that of its queue.
    """

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.waiting: list[ReviewItem] = []
        self._known: list[ReviewItem] = []
        self._found: list[ReviewItem] = []
        self.by_time = False
        self._at = -1
        self._turn = 0
        self._spent_s: list[float] = []

    @property
    def current(self) -> Look | None:
        """The item one is at; None before the first and after the last."""
        return self.looks[self._at] if 0 <= self._at < len(self.looks) else None

    @property
    def number(self) -> int:
        """Number of the item one is at, from 1; 0 before the first."""
        return self._at + 1

    @property
    def total(self) -> int:
        """Number of items in all."""
        return len(self.looks) + len(self.waiting)

    @property
    def ended(self) -> bool:
        """True after the last item."""
        return bool(self.looks) and self._at >= len(self.looks)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that what is left takes at the pace so far; None at the beginning."""
        if len(self._spent_s) < LEAST_LOOKS:
            return None
        return median(self._spent_s) * max(0, self.total - self._at)

    def find_anew(self, items: Iterable[ReviewItem]) -> None:
        """Let these items wait, in their order, but for those looked at already."""
        self._known = list(items)
        if self.current is not None:
            now = self._now(self.current.item)
            self.current.item = replace(self.current.item, reasons=now.reasons)
        gone = _looked_at(self._known, [look.item for look in self.looks])
        self._found = [p for n, p in enumerate(self._known) if n not in gone]
        self.set_order(self.by_time)

    def set_order(self, by_time: bool) -> None:
        """Bring what waits into the order of time, or into that of its queue."""
        self.by_time = by_time
        looked = {id(look.found) for look in self.looks}
        left = [p for p in self._found if id(p) not in looked]
        self.waiting = sorted(left, key=lambda p: p.start) if by_time else left

    def go(self, by: int, lane: Segmentation, step: int, now_s: float) -> Look | None:
        """Leave the item one is at and go to the next (1) or the one before (-1).

        Returns None after the last, and stays at the first.
        """
        self.leave(lane, now_s)
        if by < 0:
            return self.go_to(max(0, self._at - 1), lane, step, now_s)
        if self._at + 1 >= len(self.looks) and self.waiting:
            self._turn += 1
            item = self.waiting.pop(0)
            self.looks.append(Look(item, item, item, lane, step, now_s, self._turn))
            self._at = len(self.looks) - 1
            return self.current
        return self.go_to(min(self._at + 1, len(self.looks)), lane, step, now_s)

    def go_to(
        self, at: int, lane: Segmentation, step: int, now_s: float
    ) -> Look | None:
        """Come back to an item that was looked at."""
        self._at = at
        look = self.current
        if look is not None:
            self._turn += 1
            look.item = self._now(look.item)
            look.came, look.arrived, look.step = look.item, lane, step
            look.since_s, look.turn = now_s, self._turn
        return look

    def go_to_item(
        self, item: ReviewItem, lane: Segmentation, step: int, now_s: float
    ) -> Look | None:
        """Leave the item one is at and go to another, seen already or waiting."""
        self.leave(lane, now_s)
        looked = (n for n, k in enumerate(self.looks) if _range(k.item) == _range(item))
        at = next(looked, None)
        if at is not None:
            return self.go_to(at, lane, step, now_s)
        waits = (n for n, w in enumerate(self.waiting) if _range(w) == _range(item))
        found = next(waits, None)
        if found is None:
            return self.current
        self.waiting.insert(0, self.waiting.pop(found))
        self._at = len(self.looks) - 1
        return self.go(1, lane, step, now_s)

    def _now(self, item: ReviewItem) -> ReviewItem:
        """Return an item as it was found last; without a reason where it was not."""
        now = (p for p in self._known if _range(p) == _range(item))
        return next(now, replace(item, reasons=()))

    def leave(self, lane: Segmentation, now_s: float) -> None:
        """Note what became of the item one is at, and how long the first look was."""
        look = self.current
        if look is None:
            return
        look.mended = look.mended or _says_other(look.arrived, lane)
        if len(self._spent_s) < len(self.looks):
            self._spent_s.append(now_s - look.since_s)

    def follow(self, before: Segmentation, after: Segmentation) -> None:
        """Let the item one is at follow an edit.

        What may be missing there is said of the labels as they were.
        """
        look = self.current
        if look is None:
            return
        if not _says_other(look.arrived, after):
            look.item = look.came
        else:
            item = followed(look.item, before, after)
            # What was said of it is of the labels as they were.
            look.item = replace(item, ghost=None, reasons=())

    def undone(self, step: int, before: Segmentation, after: Segmentation) -> bool:
        """Go to the item where an edit was made that was taken back, or made again.

        Parameters
        ----------
        step : int
            Number of undo steps that were in effect before that edit.
        before, after : Segmentation
            The lane before and after it was taken back.

        Returns
        -------
        bool
            True where that is another item than before.
        """
        made = [n for n, look in enumerate(self.looks) if look.step <= step]
        if not made:
            return False
        at = max(made, key=lambda n: self.looks[n].turn)
        look = self.looks[at]
        other, self._at = at != self._at, at
        if other:
            self.follow(before, after)
        if after == look.arrived:
            look.agreed = look.mended = False
        return other

    def counts(self) -> tuple[int, int, int]:
        """Count the items that were mended, found right, and left as they were."""
        mended = sum(look.mended for look in self.looks)
        right = sum(look.agreed and not look.mended for look in self.looks)
        return mended, right, len(self.looks) - mended - right


def _says_other(before: Segmentation, after: Segmentation) -> bool:
    """Tell whether a class or a boundary is another than before."""
    if before is after or len(before) != len(after):
        return before is not after
    pairs = zip(before.segments, after.segments, strict=True)
    return any(a is not b and _said(a) != _said(b) for a, b in pairs)


def _said(segment: Segment) -> tuple[int, int | None]:
    return segment.start, segment.class_id


def _looked_at(items: Sequence[ReviewItem], looked: Iterable[ReviewItem]) -> set[int]:
    """Find which items, as indices, are the same as one that was looked at."""
    order = sorted(range(len(items)), key=lambda n: items[n].stop)
    stops = [items[n].stop for n in order]
    found = set()
    for look in looked:
        for k in range(bisect_right(stops, look.start), len(order)):
            n = order[k]
            if items[n].stop - look.start > (look.stop - look.start) / SAME:
                break
            if _same(items[n], look):
                found.add(n)
    return found


def _range(item: ReviewItem) -> tuple[int, int]:
    return item.start, item.stop


def _same(a: ReviewItem, b: ReviewItem) -> bool:
    common = min(a.stop, b.stop) - max(a.start, b.start)
    return common > SAME * (max(a.stop, b.stop) - min(a.start, b.start))
