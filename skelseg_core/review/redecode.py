"""Re-decoding: what a model says around a correction, now that the correction is known.

It is a comfort and no saver of keys: the frames around a correction follow it where the
model sees it so. Only what nobody made, accepted or reviewed is decoded again, and
no further than `REACH_S`, so that it takes a few hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.constraints import Constraints, Ranged, protected_labels
from skelseg_core.labels.edits import accept
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.review.evidence import Evidence

REACH_S = 10.0
"""Seconds before and after a correction that are decoded again, at the most."""

MOST_REACH = 500
"""Frames before and after a correction that are decoded again, at the most."""


@dataclass(frozen=True)
class Redecoded:
    """A lane that was decoded again around a correction.

    Parameters
    ----------
    lane : Segmentation
        The whole lane; nothing that a person made or reviewed is different in it.
    n_frames : int
        Frames that have another label than before.
    """

    lane: Segmentation
    n_frames: int


def redecode(
    lane: Segmentation, evidence: Evidence, near: int, rejected: Sequence[Ranged] = ()
) -> Redecoded | None:
    """Decode the model's segments around a correction again.

    Parameters
    ----------
    lane : Segmentation
        After the correction.
    evidence : Evidence
        Of the same frames.
    near : int
        Frame of the correction: the boundary that was moved, or one of the segment.
    rejected : sequence of (int, int, int)
        Ranges of frames, each with a class that a person took away from there, as
        `taken_away` lists them; it does not come back.

    Returns
    -------
    Redecoded or None
        None where nothing would change.
    """
    start, stop = _free_around(lane, near, _reach(evidence.rate))
    low, high = _with_context(lane, start, stop, _reach(evidence.rate))
    if start == stop:
        return None
    known = Constraints.of_person(lane)
    labels = lane.to_frames()
    fixed = np.array(known.fixed)
    for a, b in ((low, start), (stop, high)):
        fixed[a:b] = labels[a:b]
    cut = Constraints(
        fixed=fixed[low:high],
        pinned=frozenset(p - low for p in known.pinned if low < p < high),
        forbidden=tuple((a - low, b - low, c) for a, b, c in rejected),
    )
    part = replace(evidence, probabilities=evidence.probabilities[low:high])
    try:
        found = part.decode(constraints=cut)
    except EditError:
        # A person excluded every class of a frame: nothing can be offered.
        return None
    new = accept(lane, _placed(found, low, lane.n_frames), start, stop)
    changed = new.to_frames() != labels
    if not changed.any():
        return None
    return Redecoded(new, int(changed.sum()))


def taken_away(before: Segmentation, after: Segmentation) -> tuple[Ranged, ...]:
    """List the classes of a model that an edit took away, with the frames of each."""
    old, new = before.to_frames(), after.to_frames()
    models = (old != UNLABELLED) & (protected_labels(before) == UNLABELLED)
    changed = (old != new) & models
    cuts = np.flatnonzero(np.diff(np.where(changed, old, UNLABELLED))) + 1
    edges = [0, *cuts.tolist(), len(old)]
    return tuple((a, b, int(old[a])) for a, b in pairwise(edges) if changed[a])


def runs_of(flags: np.ndarray) -> tuple[tuple[int, int], ...]:
    """List the ranges of frames in which flags (T,) are set."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _reach(rate: float) -> int:
    return min(MOST_REACH, int(REACH_S * rate) if 0 < rate < 1e4 else MOST_REACH)


def _is_free(segment: Segment) -> bool:
    return segment.class_id is not None and not segment.protected


def _free_around(lane: Segmentation, near: int, reach: int) -> tuple[int, int]:
    """Find the frames around one that a model labelled, up to what a person made.

    A person's segment at ``near`` lies between them; the range is empty where there
    are none.
    """
    segments = lane.segments
    first = last = lane.index_at(min(max(near, 0), lane.n_frames - 1))
    while first > 0 and _is_free(segments[first - 1]):
        first -= 1
    while last < len(segments) - 1 and _is_free(segments[last + 1]):
        last += 1
    if segments[first].class_id is None:
        first += 1
    if last > first and segments[last].class_id is None:
        last -= 1
    if first > last or not any(_is_free(s) for s in segments[first : last + 1]):
        return near, near
    start = max(segments[first].start, near - reach)
    return start, max(start, min(segments[last].stop, near + reach))


def _with_context(
    lane: Segmentation, start: int, stop: int, reach: int
) -> tuple[int, int]:
    """Extend a range by the labelled segments on both sides, which stay as they are."""
    low, high = start, stop
    if start > 0 and (before := lane.at(start - 1)).class_id is not None:
        low = max(before.start, start - reach)
    if stop < lane.n_frames and (after := lane.at(stop)).class_id is not None:
        high = min(after.stop, stop + reach)
    return low, high


def _placed(found: Segmentation, low: int, n_frames: int) -> Segmentation:
    """Put segments at frame ``low`` of a video, with nothing around them."""
    moved = [replace(s, start=s.start + low, stop=s.stop + low) for s in found.segments]
    before = [Segment(0, low)] if low else []
    end = moved[-1].stop
    after = [Segment(end, n_frames)] if end < n_frames else []
    return Segmentation((*before, *moved, *after))
