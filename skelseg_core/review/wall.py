"""The wall: many items of one kind as small strips of pictures, on one screen.

A strip shows a segment in its middle, with a frame of what comes before and after, or
a boundary with as many frames on both sides. People compare what is alike much faster
than they look at it one by one; what they see here is reviewed "by wall". How long
they had for it is counted by `Attention`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skelseg_core.labels.reviewing import Sight, agree_all, agree_with_boundaries
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.tracks import TrackId
from skelseg_core.review.queue_doubts import is_open
from skelseg_core.review.queue_reasons import UNSEEN
from skelseg_core.review.review_item import Reason, ReviewItem
from skelseg_core.said import counted, together

NEARLY = 0.95
"""Share of labelled frames from which a video counts as labelled."""
NOTHING = "nothing is labelled here: {}"
STEP_S = 0.1
"""Seconds between two pictures of a strip around a boundary."""
FACTOR = 2.0
"""How many times as long, or as short, as usual for its class a segment is odd."""
LEAST_USUAL = 5
"""Segments of a class from which it is known how long they usually are."""
NOWHERE = TrackId("")
LEAST_SECONDS = 0.5
"""Seconds that a person needs for one strip of pictures, at least."""


@dataclass(frozen=True)
class OfClass:
    """Choose all segments of a class; None chooses those of every class."""

    class_id: int | None = None


@dataclass(frozen=True)
class OfTransition:
    """Choose all boundaries from one class to another."""

    before: int
    after: int


@dataclass(frozen=True)
class OfItems:
    """Choose items that something else has found worth a look, such as the queue."""

    items: tuple[ReviewItem, ...]


Choice = OfClass | OfTransition | OfItems


@dataclass(frozen=True)
class Strip:
    """An item on the wall.

    Parameters
    ----------
    anchor : int
        Frame by which the item is found again after an edit: within the segment, or
        the first after the boundary.
    segment : Segment
        That is shown; for a boundary the one that begins there.
    before : Segment or None
        The one before the boundary; None where a segment is shown.
    known : ReviewItem or None
        What is known to be worth a look there.
    times_usual : float
        How many times as long as usual the segment is; 1 where that is not known.
    reach : tuple of (int, int)
        Frames between which its boundary lay at first, or the segment itself.
    track : TrackId
        That it is of, where a wall shows several.
    """

    anchor: int
    segment: Segment
    before: Segment | None = None
    known: ReviewItem | None = None
    times_usual: float = 1.0
    reach: tuple[int, int] = (0, 0)
    track: TrackId = NOWHERE

    @property
    def boundary(self) -> int | None:
        """First frame after the boundary that is shown; None for a segment."""
        return None if self.before is None else self.segment.start

    @property
    def seen(self) -> bool:
        """True where a person saw what is shown already, and reviews it."""
        if self.before is None:
            return _was_seen(self.segment)
        return self.segment.start_reviewed

    @property
    def what(self) -> tuple[object, ...]:
        """Return what a person looks at: another one has to be looked at anew."""
        shown = self.segment if self.before is None else self.before
        classes = shown.class_id, self.segment.class_id
        return self.track, self.boundary, *classes, *self._ends

    @property
    def _ends(self) -> tuple[int, ...]:
        if self.before is not None:
            return ()
        return self.segment.start, self.segment.stop

    # Worded where a strip is shown: of thousands that are sorted few are.
    @property
    def risk(self) -> float:
        """Oddness, 0..1; the oddest come first.

        What is known of an item goes before what its length says.
        """
        if self.known is not None:
            return 0.5 + self.known.risk / 2
        return min(0.5, abs(math.log2(self.times_usual)) / 10) if self._is_odd else 0.0

    @property
    def _is_odd(self) -> bool:
        return not 1 / FACTOR < self.times_usual < FACTOR

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Reasons in words, but the one that all strips of the wall have."""
        known = self.known.reasons if self.known is not None else ()
        told = [reason for reason in known if reason != UNSEEN]
        if self._is_odd:
            told.append(_odd_length(self.times_usual))
        return tuple(told)

    @property
    def why(self) -> str:
        """The reasons as one text."""
        return together(*self.reasons, between="; ")

    def frames(self, n: int, rate: float, n_frames: int) -> tuple[int | None, ...]:
        """Choose the frames to show, from left to right; None where there is none.

        Parameters
        ----------
        n : int
            Number of pictures, 4 at least. Of a segment the first and the last show
            the frames before and after it, the others lie evenly in it. At a boundary
            the left half lies before it.
        rate : float
            Frames per second.
        n_frames : int
            Of the video.
        """
        cut = self.boundary
        if cut is not None:
            return _around(cut, n, rate, n_frames)
        return _across(self.segment, n, n_frames)


def _was_seen(segment: Segment) -> bool:
    return segment.reviewed and segment.reviewed_by in ("look", "wall")


def _around(cut: int, n: int, rate: float, n_frames: int) -> tuple[int | None, ...]:
    step = max(1, round(rate * STEP_S))
    # The frames at the boundary itself are always there, whatever the step.
    left = [cut - 1 - step * i for i in range(n // 2)][::-1]
    right = [cut + step * i for i in range(n - n // 2)]
    return tuple(f if 0 <= f < n_frames else None for f in (*left, *right))


def _across(segment: Segment, n: int, n_frames: int) -> tuple[int | None, ...]:
    room, length = n - 2, len(segment)
    inside: list[int | None] = list(range(segment.start, segment.stop))
    if length > room:
        frames = np.rint(np.linspace(segment.start, segment.stop - 1, room))
        inside = [int(f) for f in frames]
    missing = room - len(inside)
    inside = [None] * (missing // 2) + inside + [None] * (missing - missing // 2)
    before = segment.start - 1 if segment.start else None
    after = segment.stop if segment.stop < n_frames else None
    return (before, *inside, after)


# -- what is on the wall ------------------------------------------------------------


def strips(
    lane: Segmentation, choice: Choice, items: Sequence[ReviewItem] = ()
) -> list[Strip]:
    """Find the strips of a choice, odd ones first; equally odd ones in order of time.

    Parameters
    ----------
    lane : Segmentation
    choice : OfClass, OfTransition or OfItems
    items : sequence of ReviewItem
        What is known to be worth a look in this lane, such as the queue: their risks
        and reasons go before those of the durations.
    """
    if isinstance(choice, OfItems):
        found = [_at_item(lane, p) for p in choice.items]
        return _without_twins(found)
    known = _KnownItems(lane, items)
    if isinstance(choice, OfClass):
        made = _of_class(lane, choice.class_id, known)
    else:
        wanted = choice.before, choice.after
        made = [
            _of_boundary(a, b, known.at_boundary(b.start))
            for a, b in pairwise(lane.segments)
            if (a.class_id, b.class_id) == wanted
        ]
    return sorted(made, key=lambda strip: -strip.risk)


def _of_class(
    lane: Segmentation, class_id: int | None, known: _KnownItems
) -> list[Strip]:
    """Make the strips of a class, None of all, in order of time."""
    ids = lane.class_ids
    wanted = np.flatnonzero(ids >= 0 if class_id is None else ids == class_id)
    segments = [lane.segments[i] for i in wanted.tolist()]
    return [
        _of_segment(segment, known.in_segment(segment), times)
        for segment, times in zip(segments, _times_usual(lane, wanted), strict=True)
    ]


def _of_segment(
    segment: Segment, known: ReviewItem | None = None, times_usual: float = 1.0
) -> Strip:
    middle = (segment.start + segment.stop) // 2
    reach = segment.start, segment.stop
    return Strip(middle, segment, None, known, times_usual, reach)


def _of_boundary(
    before: Segment, after: Segment, known: ReviewItem | None = None
) -> Strip:
    return Strip(after.start, after, before, known, reach=(before.start, after.stop))


def _at_item(lane: Segmentation, item: ReviewItem) -> Strip:
    index = lane.index_at(min(max(item.start, 0), lane.n_frames - 1))
    made = _of_segment(lane.segments[index])
    cut = item.boundary
    if cut is not None and 0 < cut < lane.n_frames and lane.at(cut).start == cut:
        made = _of_boundary(lane.at(cut - 1), lane.at(cut))
    return replace(made, known=item)


class _KnownItems:
    """Find the riskiest item of a segment or boundary, for thousands of them at once.

    Of items that are equally risky the first one counts.
    """

    def __init__(self, lane: Segmentation, items: Sequence[ReviewItem]) -> None:
        self._at_boundary: dict[int, ReviewItem] = {}
        self._within: dict[int, ReviewItem] = {}
        within = []
        for item in sorted(items, key=lambda item: -item.risk):
            if item.boundary is None:
                within.append(item)
            else:
                self._at_boundary.setdefault(item.boundary, item)
        starts = lane.starts.tolist()
        ends = [p.start for p in within], [p.stop - 1 for p in within]
        first, last = lane.starts.searchsorted(ends, "right").tolist()
        for item, low, high in zip(within, first, last, strict=True):
            for start in starts[max(low - 1, 0) : high]:
                self._within.setdefault(start, item)

    def at_boundary(self, frame: int) -> ReviewItem | None:
        """Return the riskiest item about the boundary at a frame, or None."""
        return self._at_boundary.get(frame)

    def in_segment(self, segment: Segment) -> ReviewItem | None:
        """Return the riskiest item about a segment or one of its ends, or None."""
        start, stop = segment.start, segment.stop
        at = self._at_boundary
        found = (at.get(start), at.get(stop), self._within.get(start))
        known = [item for item in found if item is not None]
        return max(known, key=_risk_of) if known else None


def _risk_of(item: ReviewItem) -> float:
    return item.risk


def _without_twins(found: Iterable[Strip]) -> list[Strip]:
    """Drop strips that show what an earlier one shows."""
    kept: dict[tuple[object, ...], Strip] = {}
    for strip in found:
        kept.setdefault((strip.boundary, strip.segment.start), strip)
    return list(kept.values())


def _times_usual(lane: Segmentation, indices: np.ndarray) -> list[float]:
    """Divide lengths by what is usual for the class; 1 where that is not known.

    Parameters
    ----------
    lane : Segmentation
    indices : ndarray of int, shape (N,)
        Of labelled segments, all those of a class.
    """
    lengths = np.diff(lane.starts, append=lane.n_frames)[indices].astype(float)
    ids, times = lane.class_ids[indices], np.ones(len(indices))
    for class_id in np.unique(ids):
        mine = ids == class_id
        if mine.sum() >= LEAST_USUAL:
            times[mine] = lengths[mine] / np.median(lengths[mine])
    found: list[float] = times.tolist()
    return found


def _odd_length(times_usual: float) -> Reason:
    if times_usual > 1:
        return Reason("{} times as long as usual", (f"{times_usual:.1f}",))
    return Reason("{} of the usual length", (f"{100 * times_usual:.0f} %",))


def unreviewed_items(lane: Segmentation) -> tuple[ReviewItem, ...]:
    """Find what nobody reviewed by the labels alone: odd lengths, then by time.

    The boundary in question is the first end that nobody reviewed.
    """
    return tuple(
        ReviewItem(
            strip.segment.start,
            strip.segment.stop,
            strip.reasons or (UNSEEN,),
            strip.risk,
            _open_end(strip.segment, lane.n_frames),
        )
        for strip in strips(lane, OfClass())
        if is_open(strip.segment)
    )


def unlabelled_items(lane: Segmentation) -> tuple[ReviewItem, ...]:
    """Find what lies between labels without one, where the rest is labelled."""
    if lane.n_labelled + lane.n_undecided < NEARLY * lane.n_frames:
        return ()
    return tuple(
        ReviewItem(s.start, s.stop, (Reason(NOTHING, (counted(len(s), "frame"),)),))
        for s in lane.segments[1:-1]
        if s.unlabelled
    )


def _open_end(segment: Segment, n_frames: int) -> int | None:
    if segment.start and not (segment.start_reviewed and not segment.stop_reviewed):
        return segment.start
    return segment.stop if segment.stop < n_frames else None


def item_of_strip(strip: Strip, reason: Reason) -> ReviewItem:
    """Make an item of a strip that a person marked: its segment, before all others."""
    segment = strip.segment
    told = (reason, *strip.reasons)
    return ReviewItem(segment.start, segment.stop, told, 1.0, strip.boundary)


def marked_first(
    marked: Sequence[ReviewItem], items: Sequence[ReviewItem]
) -> list[ReviewItem]:
    """Put marked items before a queue, and leave the same segments out of it."""
    starts = {item.start for item in marked}
    return [*marked, *(p for p in items if p.start not in starts)]


def class_choices(lane: Segmentation, seen: bool = True) -> list[tuple[OfClass, int]]:
    """List the classes of a lane with the number of their segments, most first.

    ``seen`` says whether what a person saw counts, too.
    """
    labelled = (s for s in lane.segments if s.class_id is not None)
    counts = Counter(s.class_id for s in labelled if seen or not _was_seen(s))
    return [(OfClass(class_id), n) for class_id, n in counts.most_common()]


def transition_choices(
    lane: Segmentation, seen: bool = True
) -> list[tuple[OfTransition, int]]:
    """List the transitions between classes with the number of their boundaries.

    ``seen`` says whether boundaries that a person reviewed count, too.
    """
    counts = Counter(
        (a.class_id, b.class_id)
        for a, b in pairwise(lane.segments)
        if a.class_id is not None and b.class_id is not None
        if seen or not b.start_reviewed
    )
    return [(OfTransition(*pair), n) for pair, n in counts.most_common()]


# -- after an edit ------------------------------------------------------------------


def followed(strip: Strip, lane: Segmentation) -> Strip | None:
    """Find what a strip shows in a lane that was edited; None where it is gone.

    A segment is the one that holds the anchor. A boundary is the one at the anchor;
    else the only one between the ends of what was beside it at first.
    """
    if strip.anchor >= lane.n_frames:
        return None
    if strip.before is None:
        segment = _at(lane, strip.anchor)
        if segment is strip.segment:
            return strip
        return replace(strip, segment=segment) if segment.class_id is not None else None
    cuts = lane.boundaries
    low, high = strip.reach
    first, last = np.searchsorted(cuts, (low + 1, high)).tolist()
    near = cuts[first:last].tolist()
    if strip.anchor in near:
        near = [strip.anchor]
    if len(near) != 1:
        return None
    segment, before = _at(lane, near[0]), _at(lane, near[0] - 1)
    if segment is strip.segment and before is strip.before:
        return strip
    return replace(strip, segment=segment, before=before)


def _at(lane: Segmentation, frame: int) -> Segment:
    """Find the segment that holds a frame; a wall asks for thousands at once."""
    return lane.segments[int(lane.starts.searchsorted(frame, "right")) - 1]


def followed_all(old: Sequence[Strip | None], lane: Segmentation) -> list[Strip | None]:
    """Follow strips; of those that show the same now only the first one stays."""
    taken: set[tuple[object, ...]] = set()
    found: list[Strip | None] = []
    anchors = [-1 if strip is None else strip.anchor for strip in old]
    indices = lane.starts.searchsorted(anchors, "right").tolist()
    for strip, at in zip(old, indices, strict=True):
        new = strip
        # Of thousands an edit changes a few: the others are told from them at once.
        if strip is not None and (
            strip.before is not None
            or strip.anchor >= lane.n_frames
            or lane.segments[at - 1] is not strip.segment
        ):
            new = followed(strip, lane)
        what = None if new is None else (new.boundary, new.segment.start)
        if what in taken:
            new = None
        elif what is not None:
            taken.add(what)
        found.append(new)
    return found


# -- reviewing -----------------------------------------------------------------------


def mark_reviewed(
    lane: Segmentation, shown: Collection[Strip], sight: Sight
) -> Segmentation:
    """Mark what strips show as reviewed, by wall, where it is still what they show.

    Of a segment that is its class, and each end that was seen large; of a boundary
    that boundary: of the segments beside it only a few frames were shown.
    """
    there = (followed(strip, lane) for strip in shown)
    same = [
        s for s, now in zip(shown, there, strict=True) if now and now.what == s.what
    ]
    whole = {lane.index_at(s.segment.start) for s in same if s.before is None}
    cuts = {s.boundary for s in same if s.boundary is not None}
    return agree_with_boundaries(agree_all(lane, whole, sight, "wall"), cuts, sight)


class Attention:
    """Count the time that a person had for each of the strips on a screen.

    Time is shared: of a second in which ten strips wait to be looked at each gets a
    tenth. A screen of n strips so takes n times `LEAST_SECONDS`.
    """

    def __init__(self) -> None:
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
                near = LEAST_SECONDS - had_s < 1e-9
                self._had_s[what] = LEAST_SECONDS if near else had_s
            seconds -= part_s * len(open_)

    def left_s(self, shown: Iterable[Hashable]) -> float:
        """Return the seconds until all of these were looked at long enough."""
        return sum(map(self._left_s, shown))

    def _left_s(self, what: Hashable) -> float:
        return max(0.0, LEAST_SECONDS - self._had_s.get(what, 0.0))
