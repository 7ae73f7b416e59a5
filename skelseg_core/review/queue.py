"""Queue: the items of a lane that are worth a look, the likeliest errors first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.boundary_cues import BoundaryCueBook, BoundaryCues
from skelseg_core.review.cues import Sums
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue_doubts import Doubts
from skelseg_core.review.queue_reasons import ItemMaker
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.segment_cues import SegmentCueBook, SegmentCues

WEIGHTS: Mapping[str, tuple[float, ...]] = {
    "missing": (0.2, 1.0, 1.3),
    "moved": (-1.0, 0.8, 1.0),
    "within": (-0.5, 1.5, 1.5, 1.0),
    "extra": (-0.5, 1.8, -1.0),
    "other": (-4.6, 1.0),
}
"""Weights of the cues, by kind of error; the first is of no cue.

Rounded from what was fitted to the corrections of UW-IOM; a wrong class is nearly
impossible to foresee there, and its second weight is a guess for other recordings.
"""

Pair = tuple[int, int]
"""Ids of the classes before and after a boundary."""


class Queue:
    """The queue of one video: keeps from look to look what need not be done again.

    An item is a segment of a model with both its boundaries. What a neighbour shows as
    well when it is looked at counts once, with the first of the two.

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

    def items(self, lane: Segmentation) -> tuple[ReviewItem, ...]:
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
        maker = ItemMaker(lane, doubts, self._names, twins)
        return tuple(maker.item(shown) for shown in doubts.order(lane))


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
        return Doubts.of(lane, self._sums, at, of, likely)


def mended_twins(
    pre_label: Segmentation, lane: Segmentation, fixed: np.ndarray | None = None
) -> dict[Pair, int]:
    """Find where a person put a segment in, by the classes on both sides.

    Parameters
    ----------
    pre_label, lane : Segmentation
        What was accepted, and what became of it; of the same T frames.
    fixed : ndarray of bool, shape (T,), optional
        Frames that the pre-label took from a person: they tell nothing of the model.

    Returns
    -------
    dict of (int, int) to int
        Frame of the last such boundary of the pre-label.
    """
    start, stop = pre_label.starts, np.append(pre_label.starts[1:], lane.n_frames)
    now = np.searchsorted(lane.starts, (start + stop) // 2, side="right") - 1
    left, right = now[:-1], now[1:]
    # Somebody reviewed each boundary between the centres of the neighbours.
    agreed = np.cumsum([False, *(s.start_reviewed for s in lane.segments[1:])])
    seen = agreed[right] - agreed[left] == right - left
    free = np.ones(len(start), bool)
    if fixed is not None:
        free = np.add.reduceat(fixed.astype(np.int64), start) == 0
    looked_at = seen & free[:-1] & free[1:] & (right - left > 1)
    said, classes = pre_label.class_ids, lane.class_ids
    found: dict[Pair, int] = {}
    for b in np.flatnonzero(looked_at).tolist():
        between = classes[left[b] : right[b] + 1]
        if not ((between[:-1] == said[b]) & (between[1:] == said[b + 1])).any():
            found[int(said[b]), int(said[b + 1])] = int(start[b + 1])
    return found


def error_probabilities(
    boundaries: BoundaryCues, segments: SegmentCues
) -> dict[str, np.ndarray]:
    """Compute how likely there is an error of each kind, by kind.

    For each kind there is a logistic regression, whose weights are the same in every
    project: what people put right changes them so little that nothing is learnt of it.

    Returns
    -------
    dict of str to ndarray of float
        Of the S - 1 boundaries for "missing" and "moved", else of the S segments.
    """
    # Each cue is brought to the order of one.
    cues = {
        "missing": (
            np.clip(boundaries.gain, -30, 10) / 5,
            np.clip(boundaries.style, -8, 6) / 2,
        ),
        "moved": (np.log(boundaries.elsewhere + 0.01), boundaries.doubt * 5 - 1),
        "within": (
            np.clip(segments.gain, -30, 10) / 5,
            np.clip(segments.style, -8, 6) / 2,
            np.clip(np.log(segments.length), -2, 2),
        ),
        "extra": (np.clip(segments.removal, -30, 10) / 10, segments.own * 4 - 3),
        "other": (segments.other * 4,),
    }
    likely = {}
    for kind, (always, *weights) in WEIGHTS.items():
        odds = always + sum(w * c for w, c in zip(weights, cues[kind], strict=True))
        likely[kind] = np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
    return likely
