"""Reasons: why a segment is worth a look, in words with the figures that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.boundary_cues import NEAR_S
from skelseg_core.review.queue_doubts import Doubts, Shown
from skelseg_core.review.review_item import Frame, Reason, ReviewItem

WORTH_SAYING = 0.02
"""Probability of an error below which it is no reason, and no ghost is shown."""
BESIDE = 0.3
"""Share of the strongest reason's probability that another reason needs."""
MOST = 3
"""Reasons that are given at most."""
LONG, SHORT = 2.0, 0.5
"""Times as long as usual from which, and up to which, the length is a reason."""
GIVEN = 0.05
"""Probability of another class, or another boundary, from which it is a reason."""
USUAL = 0.2
"""Share of the cases from which what follows a class is a reason."""

UNSEEN = Reason("nobody reviewed it yet")
"""The reason where nothing speaks against what is there."""

Why = Callable[[int], Iterator[Reason]]
"""Gives the reasons for one kind of error at a boundary or in a segment."""


class ItemMaker:
    """Make items of the segments of a lane.

    Parameters
    ----------
    lane : Segmentation
    doubts : Doubts
        Of the lane.
    names : Mapping of int to str
        Of the classes.
    twins : Mapping of (int, int) to int
        Where a person put a segment in, in this video: frame by the ids of the classes
        on both sides.
    """

    def __init__(
        self,
        lane: Segmentation,
        doubts: Doubts,
        names: Mapping[int, str],
        twins: Mapping[tuple[int, int], int],
    ) -> None:
        self._lane, self._doubts, self._twins = lane, doubts, twins
        self._ids = doubts.sums.evidence.class_ids.tolist()
        self._names = [names.get(i, "a deleted class") for i in self._ids] + ["?"]
        self._offered = {n for n, i in enumerate(self._ids) if i in names}
        self._boundary_sound = doubts.boundary_sound.tolist()
        self._segment_sound = doubts.segment_sound.tolist()
        # Plain numbers: an item is made of some of them, one by one.
        self._missing, self._moved = doubts.missing.tolist(), doubts.moved.tolist()
        self._within, self._extra = doubts.within.tolist(), doubts.extra.tolist()
        self._other = doubts.other.tolist()

    def item(self, shown: Shown) -> ReviewItem:
        """Make an item of a segment, with its reasons and the ghost to show there."""
        index, n = shown.index, len(self._lane)
        segment = self._lane.segments[index]
        # In a video of one segment its ends are no boundaries.
        ends = [b for b in shown.ends if 0 <= b < n - 1]
        sound, inside = self._boundary_sound, self._segment_sound[index]
        worst = min(ends, key=lambda b: float(sound[b]), default=None)
        if worst is not None and sound[worst] > inside:
            worst = None
        boundary = None if worst is None else self._lane.segments[worst].stop
        ghost = self._ghost_in(index) if worst is None else self._ghost_at(worst)
        reasons = self._reasons(index, ends)
        return ReviewItem(
            segment.start, segment.stop, reasons, shown.risk, boundary, ghost
        )

    def _ghost_at(self, b: int) -> Segment | None:
        at = self._doubts.boundaries
        if self._missing[b] < max(WORTH_SAYING, self._moved[b]):
            return None
        return self._ghost(at.start[b], at.stop[b], at.missing[b])

    def _ghost_in(self, i: int) -> Segment | None:
        of = self._doubts.segments
        if self._within[i] < max(WORTH_SAYING, self._extra[i], self._other[i]):
            return None
        return self._ghost(of.start[i], of.stop[i], of.missing[i])

    def _ghost(
        self, start: np.ndarray, stop: np.ndarray, channel: np.ndarray
    ) -> Segment | None:
        if int(channel) not in self._offered:
            return None
        return Segment(int(start), int(stop), self._ids[int(channel)], "model")

    def _reasons(self, index: int, ends: Sequence[int]) -> tuple[Reason, ...]:
        """Choose the reasons of the likeliest errors, the strongest first."""
        kinds: list[tuple[float, Why, int]] = [
            (self._within[index], self._why_within, index),
            (self._extra[index], self._why_extra, index),
            (self._other[index], self._why_other, index),
        ]
        kinds += [(self._missing[b], self._why_missing, b) for b in ends]
        kinds += [(self._moved[b], self._why_moved, b) for b in ends]
        least = max(WORTH_SAYING, BESIDE * max(p for p, _, _ in kinds))
        likely = sorted((k for k in kinds if k[0] >= least), key=lambda k: -k[0])
        said = [reason for _, why, at in likely for reason in why(at)]
        return tuple(dict.fromkeys(said))[:MOST] or (UNSEEN,)

    def _why_missing(self, b: int) -> Iterator[Reason]:
        at, counts = self._doubts.boundaries, self._doubts.sums.transitions.counts
        before, after = int(at.before[b]), int(at.after[b])
        missing, given = int(at.missing[b]), float(at.given[b])
        name = self._names[missing]
        twin = self._twins.get((self._ids[before], self._ids[after]))
        if twin is not None:
            yield Reason("you made a similar correction at {}", (Frame(twin),))
        if given >= GIVEN:
            words = "the model gave {:.2f} to {} between {} and {}"
            yield Reason(words, (given, name, self._names[before], self._names[after]))
        changes = int(counts[before].sum() - counts[before, before])
        follows = int(counts[before, missing])
        if changes and follows / changes >= USUAL:
            words = "{} follows {} in {:,} of {:,} cases, not here"
            yield Reason(words, (name, self._names[before], follows, changes))

    def _why_moved(self, b: int) -> Iterator[Reason]:
        at = self._doubts.boundaries
        name, away = self._names[int(at.after[b])], float(at.elsewhere[b])
        # It may be likely for other cues alone.
        if away >= GIVEN:
            words = "unsure where {} begins: {:.0f} % that it is over {:g} s away"
            yield Reason(words, (name, 100 * away, NEAR_S))

    def _why_within(self, i: int) -> Iterator[Reason]:
        of = self._doubts.segments
        if of.given[i] >= GIVEN:
            yield self._inside(of.given[i], of.missing[i])
        if of.length[i] >= LONG:
            words = "{:.1f} times as long as {} usually is"
            yield Reason(words, (float(of.length[i]), self._own(i)))

    def _why_extra(self, i: int) -> Iterator[Reason]:
        of = self._doubts.segments
        if of.length[i] <= SHORT:
            words = "{:.0f} % as long as {} usually is"
            yield Reason(words, (100 * float(of.length[i]), self._own(i)))
        words = "the model gave {:.2f} to {} on average"
        yield Reason(words, (float(of.own[i]), self._own(i)))

    def _why_other(self, i: int) -> Iterator[Reason]:
        of = self._doubts.segments
        if of.other[i] >= GIVEN:
            yield self._inside(of.other[i], of.rival[i])

    def _inside(self, given: np.ndarray, channel: np.ndarray) -> Reason:
        words = "the model gave {:.2f} to {} inside"
        return Reason(words, (float(given), self._names[int(channel)]))

    def _own(self, i: int) -> str:
        return self._names[int(self._doubts.segments.channel[i])]
