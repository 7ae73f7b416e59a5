"""What a person does at a place: merge it away, insert what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import move_boundary, relabel, split
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.item_edits import insert, mean_probability, merge_away
from tests.seen import review
from tests.segments import segmentations

LANE = Segmentation.from_frames([0] * 10 + [1] * 10 + [2] * 10, "model")


def evidence(*sure: float) -> Evidence:
    """The same probabilities of classes 0, 1, 2, … in every frame."""
    rows = np.tile(np.array(sure, np.float32), (30, 1))
    return Evidence(rows, np.arange(len(sure)), 10.0)


@pytest.mark.parametrize(("sure", "name"), [((0.5, 0.3, 0.2), 0), ((0.1, 0.3, 0.6), 2)])
def test_the_more_probable_neighbour_takes_the_frames(
    sure: tuple[float, ...], name: int
) -> None:
    after, kept = merge_away(LANE, 1, evidence(*sure))
    assert kept.class_id == name
    assert len(after) == 2
    assert after.at(15).class_id == name
    assert not after.at(15).class_reviewed, "nobody saw these frames"
    assert after.at(15).source == "model"
    assert not after.at(15).start_reviewed, "its ends stay as they were"
    seen, _ = merge_away(LANE, 1, evidence(*sure), Sight.of(30, range(10, 20), 10.0))
    runs = [(r.source, r.class_reviewed, len(r)) for r in seen.at(15).runs]
    assert sorted(runs) == [("human", True, 10), ("model", False, 10)]


def test_a_label_that_a_neighbour_has_makes_one_of_the_two() -> None:
    after = relabel(LANE, 1, 2)
    assert [(s.start, s.class_id) for s in after.segments] == [(0, 0), (10, 2)]
    assert not after.at(25).class_reviewed, "nobody looked at the rest"
    both = Segmentation.from_frames([0] * 10 + [1] * 10 + [0] * 10, "model")
    assert len(relabel(both, 1, 0)) == 1
    # It was between two classes, and is between none now; divided ones stay.
    assert len(relabel(move_boundary(LANE, 1, 20), 1, 2)) == 2
    assert len(relabel(split(LANE, 25), 1, 2)) == 3


def test_what_stands_between_two_alike_leaves_one() -> None:
    lane = Segmentation.from_frames([0] * 10 + [1] * 10 + [0] * 10, "model")
    after, _ = merge_away(lane, 1, evidence(0.2, 0.8))
    assert [len(s) for s in after.segments] == [30]
    at_the_end, kept = merge_away(lane, 2, evidence(0.9, 0.1))
    assert [s.class_id for s in at_the_end.segments] == [0, 1]
    assert kept.class_id == 1
    with pytest.raises(EditError, match="only segment"):
        merge_away(after, 0, evidence(0.9, 0.1))


def test_a_class_that_the_model_does_not_know_is_never_probable() -> None:
    assert mean_probability(evidence(0.9, 0.1), 7, 0, 10) == 0
    assert mean_probability(evidence(0.9, 0.1), None, 0, 10) == 0
    assert mean_probability(evidence(0.9, 0.1), 0, 3, 10) == pytest.approx(0.9)


def test_what_was_missing_is_reviewed_as_far_as_it_was_seen() -> None:
    ghost = Segment(8, 12, 2, "model")
    after = insert(LANE, ghost, Sight.of(30, range(5, 12), 10.0))
    new = after.at(9)
    assert (new.start, new.stop, new.class_id, new.source) == (8, 12, 2, "model")
    assert (new.class_reviewed, new.start_reviewed, new.stop_reviewed) == (
        True,
        True,
        False,
    )
    unseen = insert(LANE, ghost, Sight.of(30, (), 10.0)).at(9)
    assert not (unseen.class_reviewed)
    assert not (unseen.start_reviewed)
    assert not (unseen.stop_reviewed)


@given(segmentations(), st.data())
def test_no_edit_at_a_place_touches_what_a_person_made_elsewhere(
    lane: Segmentation, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(lane) - 1))
    rows = np.full((lane.n_frames, 2), 0.5, np.float32)
    known = Evidence(rows, np.array([0, 1]), 10.0)
    beside = range(max(0, index - 1), min(len(lane), index + 2))
    low, high = lane.segments[beside[0]].start, lane.segments[beside[-1]].stop
    for edit in (
        lambda: review(lane, index),
        lambda: relabel(lane, index, 1),
        lambda: merge_away(lane, index, known)[0],
    ):
        try:
            after = edit()
        except EditError:
            continue
        for frame in (*range(low), *range(high, lane.n_frames)):
            assert after.at(frame).class_id == lane.at(frame).class_id
            assert after.at(frame).class_reviewed == lane.at(frame).class_reviewed
