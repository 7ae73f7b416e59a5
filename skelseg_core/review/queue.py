"""Queue: the places of a lane that are worth a look, the likeliest errors first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.boundary_cues import BoundaryCueBook, BoundaryCues
from skelseg_core.review.cues import Sums
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.place import Place
from skelseg_core.review.queue_doubts import Doubts
from skelseg_core.review.queue_reasons import PlaceMaker
from skelseg_core.review.queue_weights import error_probabilities
from skelseg_core.review.segment_cues import SegmentCueBook
from skelseg_core.review.twins import mended_twins


def find_places(
    lane: Segmentation, evidence: Evidence, names: Mapping[int, str]
) -> tuple[Place, ...]:
    """Find what nobody reviewed in a lane, the likeliest errors first.

    A place is a segment of a model with both its boundaries. What a neighbour shows as
    well when it is looked at counts once, with the first of the two. `Queue` does the
    same from look to look.

    Parameters
    ----------
    lane : Segmentation
        Of T frames: an annotation into which a pre-label was accepted.
    evidence : Evidence
        Of the same T frames.
    names : Mapping of int to str
        Names of the classes, for the reasons.

    Raises
    ------
    ModelError
        Where the evidence is of another number of frames.
    """
    return Queue(evidence, names).places(lane)


def in_order_of_time(places: Sequence[Place]) -> tuple[Place, ...]:
    """Sort places by their first frame."""
    return tuple(sorted(places, key=lambda place: (place.start, place.stop)))


class Queue:
    """The queue of one video: keeps from look to look what need not be done again.

    Parameters
    ----------
    evidence : Evidence
        Of T frames.
    names : Mapping of int to str
        Names of the classes, for the reasons.
    pre_label : Segmentation, optional
        What was accepted, T frames. With it, what a person put in so far is a reason.
    fixed : ndarray of bool, shape (T,), optional
        Frames that the pre-label took from a person.
    """

    def __init__(
        self,
        evidence: Evidence,
        names: Mapping[int, str],
        pre_label: Segmentation | None = None,
        fixed: np.ndarray | None = None,
    ) -> None:
        self._evidence, self._names = evidence, names
        self._pre_label, self._fixed = pre_label, fixed
        self._books: _Books | None = None

    def places(self, lane: Segmentation) -> tuple[Place, ...]:
        """Find what nobody reviewed in a lane, the likeliest errors first.

        Raises
        ------
        ModelError
            Where the evidence is of another number of frames.
        """
        if self._books is None:
            self._books = _Books(Sums.of(self._evidence, lane))
        twins = {}
        if self._pre_label is not None:
            twins = mended_twins(self._pre_label, lane, self._fixed)
        doubts = self._books.doubts(lane)
        maker = PlaceMaker(lane, doubts, self._names, twins)
        return tuple(maker.place(shown) for shown in doubts.order(lane))


def _not_labelled(at: BoundaryCues, evidence: Evidence) -> np.ndarray:
    """Tell of each boundary whether what may be missing is none by convention (B,)."""
    none = np.zeros(len(at.frame), bool)
    ids, times = [*evidence.class_ids.tolist(), None], evidence.times
    for b in np.flatnonzero(at.start < at.stop) if evidence.conventions else ():
        channels = at.before[b], at.missing[b], at.after[b]
        left, class_id, right = (ids[int(c)] for c in channels)
        new = Segment(int(at.start[b]), int(at.stop[b]), class_id, "model")
        rules = evidence.conventions
        none[b] = any(rule.holds(left, new, right, times) for rule in rules)
    return none


class _Books:
    """Sums and cues of a video, computed once."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        self._boundaries = BoundaryCueBook(sums)
        self._segments = SegmentCueBook(sums)

    def doubts(self, lane: Segmentation) -> Doubts:
        """Compute how likely something is wrong in a lane."""
        at, of = self._boundaries.of(lane), self._segments.of(lane)
        likely = error_probabilities(at, of)
        likely["missing"][_not_labelled(at, self._sums.evidence)] = 0
        return Doubts.of(lane, self._sums, at, of, likely)
