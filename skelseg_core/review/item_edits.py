"""Edits at an item of the review: merge it away, insert what is missing, move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import (
    after_joining,
    as_one,
    joined_at,
    replace_range,
    sides,
)
from skelseg_core.labels.reviewing import Sight, agreed_with
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.cues import LEAST, channels
from skelseg_core.review.evidence import Evidence

APART_S = 0.3
"""Seconds that the second boundary is away from the one there is, at least."""
REACH_S = 3.0
"""Seconds in which it is looked for."""


def merge_away(
    lane: Segmentation,
    index: int,
    evidence: Evidence | None,
    sight: Sight | None = None,
) -> tuple[Segmentation, Segment]:
    """Give segment ``index`` to the neighbour whose class is more probable there.

    Without evidence that is the longer one. Where both neighbours have one label, all
    three become one. What is reviewed is as in `as_one`; its ends stay as they were.

    Returns
    -------
    Segmentation
        The lane after the edit.
    Segment
        The neighbour, as it was before.

    Raises
    ------
    EditError
        Where it is the only segment.
    """
    gone = lane.segments[index]
    beside = [i for i in (index - 1, index + 1) if 0 <= i < len(lane)]
    if not beside:
        raise EditError("The only segment of a video cannot be merged.")

    def rank(i: int) -> tuple[float, int]:
        other = lane.segments[i]
        if evidence is None:
            return 0.0, len(other)
        sure = mean_probability(evidence, other.class_id, gone.start, gone.stop)
        return sure, len(other)

    kept = lane.segments[max(beside, key=rank)]
    alike = {lane.segments[i].class_id for i in beside} == {kept.class_id}
    first = index if kept.start > gone.start and not alike else beside[0]
    last = index if kept.start < gone.start and not alike else beside[-1]
    first, last = min(first, index), max(last, index)
    whole = as_one(lane.segments[first : last + 1], kept, sight)
    parts = (*lane.segments[:first], whole, *lane.segments[last + 1 :])
    return after_joining(parts), kept


def mean_probability(
    evidence: Evidence, class_id: int | None, start: int, stop: int
) -> float:
    """Average how probable a class is in the frames ``[start, stop)``, 0..1.

    It is 0 for no class, and for one that the model does not know.
    """
    channels = np.flatnonzero(
        evidence.class_ids == (-1 if class_id is None else class_id)
    )
    part = evidence.probabilities[start:stop, channels]
    return float(part.sum(axis=1).mean()) if part.size else 0.0


def insert(lane: Segmentation, new: Segment, sight: Sight) -> Segmentation:
    """Insert what may be missing: a model's, reviewed as far as it was seen."""
    model = replace(new, source="model", class_reviewed=False)
    made = replace_range(lane, new.start, new.stop, [agreed_with(model, sight)])
    return joined_at(joined_at(made, new.start), new.stop)


def second_boundary(lane: Segmentation, index: int, evidence: Evidence) -> int | None:
    """Find the next best frame for the boundary after segment ``index``.

    Of the frames that are not near the boundary there is, it is the one from which on
    the probabilities speak best for the class after it, and before which for the class
    before it. Asked again from there, the answer is where it came from, or better.

    Parameters
    ----------
    lane : Segmentation
        Of T frames.
    index : int
        Segment before the boundary.
    evidence : Evidence
        Of the same T frames.

    Returns
    -------
    int or None
        First frame of the segment after; None where there is no room, or the model
        knows neither class.

    Raises
    ------
    EditError
        Where there is no such boundary.
    """
    left, right = sides(lane, index)
    ids = np.array([-1 if s.class_id is None else s.class_id for s in (left, right)])
    before, after = channels(evidence.class_ids, ids).tolist()
    if before == after:
        return None
    reach, apart = (max(1, round(s * evidence.rate)) for s in (REACH_S, APART_S))
    low = max(left.start + 1, right.start - reach)
    high = min(right.stop - 1, right.start + reach)
    frames = np.arange(low, high + 1)
    values = np.asarray(evidence.probabilities[low - 1 : high], np.float64)
    unknown = np.full((len(values), 1), LEAST)
    logs = np.log(np.hstack([values, unknown]).clip(LEAST))
    gained = np.cumsum(logs[:, before] - logs[:, after])
    gained[np.abs(frames - right.start) < apart] = -np.inf
    best = int(gained.argmax())
    return int(frames[best]) if np.isfinite(gained[best]) else None
