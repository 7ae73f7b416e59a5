"""Findings: what a person made of a pre-label, where somebody looked at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.boundary_cues import NEAR_S


@dataclass(frozen=True, eq=False)
class Findings:
    """Errors found at the boundaries and in the segments of a pre-label.

    Parameters
    ----------
    boundary_seen : ndarray of bool, shape (S - 1,)
        Where a person vouches for what is there now.
    missing, moved : ndarray of bool, shape (S - 1,)
        A segment was put in; the boundary lies elsewhere.
    segment_seen : ndarray of bool, shape (S,)
    within, extra, other : ndarray of bool, shape (S,)
        A segment was put in amidst it; it is gone; it has another class.
    """

    boundary_seen: np.ndarray
    missing: np.ndarray
    moved: np.ndarray
    segment_seen: np.ndarray
    within: np.ndarray
    extra: np.ndarray
    other: np.ndarray

    def seen(self, kind: str) -> np.ndarray:
        """Tell where it is known whether there was an error of this kind."""
        of_boundary = kind in ("missing", "moved")
        return self.boundary_seen if of_boundary else self.segment_seen

    def wrong(self, kind: str) -> np.ndarray:
        """Tell where there was an error of this kind."""
        return np.asarray(getattr(self, kind))


def findings(
    pre_label: Segmentation,
    lane: Segmentation,
    rate: float,
    fixed: np.ndarray | None = None,
) -> Findings:
    """Compare a pre-label with the lane it was accepted into.

    Parameters
    ----------
    pre_label, lane : Segmentation
        Of the same frames.
    rate : float
        Frames per second.
    fixed : ndarray of bool, shape (T,), optional
        Frames that the pre-label took from a person: they tell nothing of the model.
    """
    start, stop = pre_label.starts, np.append(pre_label.starts[1:], lane.n_frames)
    centre = (start + stop) // 2
    now = np.searchsorted(lane.starts, centre, side="right") - 1
    classes = lane.class_ids
    vouched = np.array([s.class_vouched for s in lane.segments])
    agreed = np.cumsum([False, *(s.start_vouched for s in lane.segments[1:])])
    # A boundary is looked at between the centres of its neighbours.
    left, right = now[:-1], now[1:]
    between = right - left
    seen = agreed[right] - agreed[left] == between
    seen &= (between > 0) | vouched[left]
    same = classes[now] == pre_label.class_ids
    at = left + 1
    for b in np.flatnonzero(between > 1).tolist():
        at[b] = _direct(pre_label, b, classes[left[b] : right[b] + 1]) + left[b]
    missing = (between > 1) & (at == left)
    off = np.abs(lane.starts[at.clip(max=len(lane) - 1)] - start[1:])
    moved = (between > 0) & ~missing & (off > round(NEAR_S * rate))
    first, last = np.searchsorted(lane.starts, [start, stop - 1], side="right") - 1
    pieces = _pieces(pre_label.class_ids, classes, first, last)
    gone = ~same & (pieces == 0) & _is_a_neighbours(classes[now], pre_label.class_ids)
    free = np.ones(len(start), bool)
    if fixed is not None:
        free = np.add.reduceat(fixed.astype(np.int64), start) == 0
    return Findings(
        seen & free[:-1] & free[1:],
        missing,
        moved & same[:-1] & same[1:],
        vouched[now] & free,
        pieces > 1,
        gone,
        ~same & ~gone & (pieces == 0),
    )


def _direct(pre_label: Segmentation, b: int, classes: np.ndarray) -> int:
    """Find where the two classes of a boundary still meet; 0 where they do not."""
    before, after = pre_label.class_ids[b], pre_label.class_ids[b + 1]
    meets = (classes[:-1] == before) & (classes[1:] == after)
    return int(meets.argmax()) + 1 if meets.any() else 0


def _pieces(
    said: np.ndarray, classes: np.ndarray, first: np.ndarray, last: np.ndarray
) -> np.ndarray:
    """Count the segments of a class in a range of segments, (S,)."""
    span = int((last - first).max()) + 1
    among = first[:, None] + np.arange(span)
    inside = among <= last[:, None]
    found = classes[among.clip(max=len(classes) - 1)] == said[:, None]
    return np.asarray((found & inside).sum(axis=1))


def _is_a_neighbours(now: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Tell where the class of today is what was said of a neighbour."""
    before, after = np.append(-2, said[:-1]), np.append(said[1:], -2)
    return np.asarray((now == before) | (now == after))
