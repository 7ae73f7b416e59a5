"""Edits at a place of the review: agree with what was seen, merge, insert, move."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import after_joining, as_one, paint, sides
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.cues import LEAST, channels
from skelseg_core.review.evidence import Evidence

APART_S = 0.3
"""Seconds that the second boundary is away from the one there is, at least."""
REACH_S = 3.0
"""Seconds in which it is looked for."""


def ends_seen(
    segment: Segment, n_frames: int, seen: Container[int]
) -> tuple[bool, bool]:
    """Tell whether the two ends of a segment were on the screen.

    A boundary was seen where the frames on both sides of it were.

    Parameters
    ----------
    segment : Segment
    n_frames : int
        Of the video.
    seen : container of int
        Frames that were on the screen.
    """

    def is_seen(boundary: int) -> bool:
        return all(f in seen for f in (boundary - 1, boundary) if 0 <= f < n_frames)

    return is_seen(segment.start), is_seen(segment.stop)


def agree(lane: Segmentation, index: int, seen: Container[int]) -> Segmentation:
    """Agree with segment ``index`` as far as it was seen.

    Reviewed by it: its class, and each of its ends that was on the screen.

    Raises
    ------
    EditError
        Where it is unlabelled, or nothing of it was on the screen.
    """
    segment = lane.segments[index]
    if segment.class_id is None:
        raise EditError("An unlabelled segment cannot be reviewed; press a class key.")
    if not any(frame in seen for frame in range(segment.start, segment.stop)):
        raise EditError("Nothing of this segment was on the screen yet.")
    start, stop = ends_seen(segment, lane.n_frames, seen)
    agreed = replace(
        segment.agreed(),
        start_reviewed=segment.start_reviewed or start,
        stop_reviewed=segment.stop_reviewed or stop,
    )
    return lane.spliced(index, index + 1, [agreed])


def merge_away(
    lane: Segmentation, index: int, evidence: Evidence | None
) -> tuple[Segmentation, Segment]:
    """Give segment ``index`` to the neighbour whose class is more probable there.

    Without evidence that is the longer one. Where both neighbours have one label, all
    three become one. The person reviewed the class of the whole; its ends stay as they
    were.

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
    whole = as_one(lane.segments[first : last + 1], kept)
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


def insert(lane: Segmentation, new: Segment, seen: Container[int]) -> Segmentation:
    """Insert a segment that may be missing, as a person's.

    Reviewed by it: its class, and each of its ends that was on the screen.
    """
    start, stop = ends_seen(new, lane.n_frames, seen)
    return paint(
        lane, new.start, new.stop, new.class_id, sets_start=start, sets_stop=stop
    )


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
