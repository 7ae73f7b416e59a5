"""What a person went through of copied labels: what teaches, and what is a truth."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.labels.agreed_prelabels import (
    STRETCH,
    gone_through,
    judged_labels,
    learnt_labels,
    to_go_through,
)
from skelseg_core.labels.edits import accept, move_boundary, paint, relabel
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from tests.seen import review_all

N, LENGTH = 60, 5
SAID = Segmentation(
    tuple(Segment(n * LENGTH, (n + 1) * LENGTH, n % 3, "model") for n in range(N))
)
COPIED = accept(Segmentation.unlabelled(N * LENGTH), SAID)
AT = 30
MENDED = {
    "a class": relabel(COPIED, AT, 2),
    "a boundary": move_boundary(COPIED, AT, (AT + 1) * LENGTH + 2),
    "a class agreed with": review_all(COPIED, [AT]),
    "one left without a label": relabel(COPIED, AT, None),
}


def segments_of(frames: np.ndarray) -> list[int]:
    """The segments of the copied labels whose frames are all there."""
    return np.flatnonzero(frames.reshape(N, LENGTH).all(axis=1)).tolist()


def test_what_nobody_touched_teaches_nothing_and_what_a_person_labelled_all() -> None:
    assert learnt_labels(COPIED).n_labelled == 0
    own = Segmentation.from_frames(COPIED.to_frames())
    assert learnt_labels(own) == own
    assert gone_through(own).all()


@pytest.mark.parametrize("change", [name for name in MENDED if "without" not in name])
def test_a_mended_place_teaches_what_is_around_it_and_is_no_truth(change: str) -> None:
    lane = MENDED[change]
    labels = learnt_labels(lane).to_frames()
    around = segments_of(labels != UNLABELLED)
    assert set(range(AT - STRETCH + 1, AT + STRETCH)) <= set(around)
    assert set(around) <= set(range(AT - STRETCH - 1, AT + STRETCH + 2))
    assert (labels == lane.to_frames())[labels != UNLABELLED].all()
    assert not (judged_labels(lane) != UNLABELLED).any()


def test_no_label_is_no_mended_place() -> None:
    """Who removes a label says nothing of what is beside it."""
    assert learnt_labels(MENDED["one left without a label"]).n_labelled == 0


def test_a_stretch_of_segments_is_a_truth_and_the_advice_leads_to_one() -> None:
    lane = paint(COPIED, 0, 3, 1)
    start, stop = to_go_through(lane)
    there = range(lane.index_at(start), lane.index_at(stop - 1) + 1)
    assert len(there) == STRETCH
    assert not gone_through(review_all(lane, there[1:])).any()
    after = review_all(lane, there)
    assert gone_through(after)[start:stop].all()
    assert not gone_through(after)[stop:].any()
    assert to_go_through(after)[0] == stop
    whole = review_all(lane, range(len(lane)))
    assert (judged_labels(whole) == whole.to_frames()).all()


def test_the_advice_leads_to_a_truth_also_where_labels_have_gaps() -> None:
    lane = COPIED
    for n in range(1, N, 2):
        lane = relabel(lane, lane.index_at(n * LENGTH), None)
    start, stop = to_go_through(lane)
    there = range(lane.index_at(start), lane.index_at(stop - 1) + 1)
    after = review_all(
        lane, [n for n in there if lane.segments[n].class_id is not None]
    )
    assert after.accepted.any()
    assert gone_through(after)[start:stop].all()
