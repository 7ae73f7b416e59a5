"""Agree with segments as somebody does who saw all of them."""

from __future__ import annotations

from collections.abc import Collection

from skelseg_core.labels.edits import accept
from skelseg_core.labels.reviewing import Sight, agree, agree_all
from skelseg_core.labels.segmentation import ReviewedBy, Segmentation

ALL = Sight.whole(10_000)
"""What somebody saw who saw all of any video of the tests."""


def review(lane: Segmentation, index: int, by: ReviewedBy = "look") -> Segmentation:
    """Agree with a segment."""
    return agree(lane, index, Sight.whole(lane.n_frames), by)


def review_all(
    lane: Segmentation, indices: Collection[int], by: ReviewedBy = "look"
) -> Segmentation:
    """Agree with several segments."""
    return agree_all(lane, indices, Sight.whole(lane.n_frames), by)


def accepted_class(
    lane: Segmentation, said: Segmentation, start: int, stop: int
) -> Segmentation:
    """Accept a range of a prediction, and agree with its classes but with no end."""
    taken = accept(lane, said, start, stop)
    seen = Sight.of(lane.n_frames, range(lane.n_frames), 1.0, large=False)
    inside = range(taken.index_at(start), taken.index_at(stop - 1) + 1)
    return agree_all(taken, inside, seen)
