"""Second boundary: where else a model would let a segment begin."""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.edits import sides
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.cues import LEAST, channels
from skelseg_core.review.evidence import Evidence

APART_S = 0.3
"""Seconds that the second boundary is away from the one there is, at least."""
REACH_S = 3.0
"""Seconds in which it is looked for."""


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
