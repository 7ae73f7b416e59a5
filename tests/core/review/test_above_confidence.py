"""Accepting all above a confidence: what is taken, what stays, what it counts for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.formats.csv_tables import framewise_csv
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.constraints import protected_labels
from skelseg_core.labels.edits import accept
from skelseg_core.labels.precision import Judged, Precision, read_table
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.above_confidence import (
    Candidates,
    accept_above,
    accepted_from,
    judge_by_annotation,
    with_audit,
)
from skelseg_core.review.place import Place
from skelseg_core.review.queue_doubts import is_open
from skelseg_core.video.times import FrameTimes
from tests.segments import segmentations


def predicted(n: int = 40, sure: float = 0.96) -> Segmentation:
    """``n`` segments of ten frames; every fourth one is unsure."""
    return Segmentation(
        tuple(
            Segment(
                10 * i,
                10 * i + 10,
                i % 3,
                "model",
                confidence=0.6 if i % 4 == 3 else sure,
            )
            for i in range(n)
        )
    )


def test_what_is_above_is_taken_but_for_a_sample_of_a_twentieth() -> None:
    prediction = predicted()
    found = Candidates.of(Segmentation.unlabelled(400), prediction)
    assert found.count(0.95) == (28, 280, 2)
    made = accept_above(Segmentation.unlabelled(400), prediction, 0.95)
    taken = [s for s in made.segments if s.vouched_by == "confidence"]
    assert len(taken) == 28
    assert all(s.class_vouched and s.source == "model" and s.unseen for s in taken)
    waiting = [i for i in range(len(made)) if is_open(made.segments[i])]
    assert len(waiting) == 12
    assert made.to_frames().tolist() == prediction.to_frames().tolist()
    again = accept_above(Segmentation.unlabelled(400), prediction, 0.95)
    assert again == made


def test_a_boundary_is_vouched_for_only_between_two_that_are() -> None:
    lane = accept_above(Segmentation.unlabelled(400), predicted(), 0.95)
    for left, right in zip(lane.segments, lane.segments[1:], strict=False):
        both = left.class_vouched and right.class_vouched
        assert right.start_vouched == both


def test_one_alone_is_taken_and_none_where_all_are_unsure() -> None:
    one = Segmentation((Segment(0, 10, 0, "model", confidence=0.99), Segment(10, 20)))
    found = Candidates.of(Segmentation.unlabelled(20), one)
    assert found.count(0.95) == (1, 10, 0)
    assert found.count(0.995) == (0, 0, 0)
    with pytest.raises(EditError, match="choose a lower one"):
        accept_above(Segmentation.unlabelled(20), one, 0.995)


@settings(max_examples=200, deadline=None)
@given(segmentations(n_frames=60), st.floats(0.5, 1.0))
def test_nothing_that_a_person_said_changes(value: Segmentation, least: float) -> None:
    shares = np.linspace(0.5, 1, 60)
    said = Segmentation.from_frames(np.arange(60) // 7 % 4, "model", shares)
    made = Candidates.of(value, said).accept(least)
    usual = accept(value, said)
    assert made.to_frames().tolist() == usual.to_frames().tolist()
    held = protected_labels(value)
    assert (made.to_frames()[held >= 0] == held[held >= 0]).all()
    for before, after in zip(usual.segments, made.segments, strict=True):
        if after.vouched_by == "confidence" and before.vouched_by != "confidence":
            assert before.accepted
            assert before.source == "model"
        else:
            assert after.class_vouched == before.class_vouched
            assert after.vouched_by == before.vouched_by


def test_what_was_accepted_unseen_judges_no_model_and_no_model_changes_it() -> None:
    lane = accept_above(Segmentation.unlabelled(400), predicted(), 0.95)
    assert lane.vouched.n_labelled == 0
    assert lane.accepted.all()
    assert (protected_labels(lane) >= 0).sum() == 280
    text = framewise_csv(
        lane, label_map_from_names(["a", "b", "c"]), FrameTimes.even(400, 10)
    )
    assert "true" not in text
    assert text.count(",model,") == 400


def test_a_look_makes_it_a_persons() -> None:
    lane = accept_above(Segmentation.unlabelled(400), predicted(), 0.95)
    first = lane.segments[0].as_reviewed()
    assert first.vouched_by == "look"
    assert not first.unseen


def test_the_sample_is_mixed_into_the_queue_and_says_why() -> None:
    lane = accept_above(Segmentation.unlabelled(400), predicted(), 0.95)
    assert accepted_from(lane) == 0.96
    open_ = [s for s in lane.segments if is_open(s)]
    # As the queue sorts them: what is unsure first.
    order = sorted(open_, key=lambda s: (s.confidence or 0, s.start))
    places = [Place(s.start, s.stop, risk=1 - (s.confidence or 0)) for s in order]
    mixed = with_audit(lane, places)
    assert sorted(p.start for p in mixed) == sorted(p.start for p in places)
    audit = [n for n, p in enumerate(mixed) if "audit sample" in p.why]
    assert len(audit) == 2
    assert 0 < audit[0] < audit[1] < len(mixed) - 1
    assert mixed[audit[0]].why == "audit sample of what was accepted above 0.96"
    plain = accept(Segmentation.unlabelled(400), predicted())
    assert with_audit(plain, places) == tuple(places)


def test_pre_labels_are_judged_by_what_a_person_looked_at() -> None:
    prediction = predicted(8)
    lane = list(accept(Segmentation.unlabelled(80), prediction).segments)
    free = np.zeros(80, bool)
    none = judge_by_annotation(prediction, Segmentation(tuple(lane)), 10, free)
    assert none.at(0) == (0, 0, 0)
    lane[1] = lane[1].as_reviewed()
    lane[5] = replace(lane[5].as_persons(), class_id=0)
    lane[6] = replace(lane[6], class_vouched=True, vouched_by="confidence")
    annotation = Segmentation(tuple(lane))
    found = judge_by_annotation(prediction, annotation, 10, free)
    assert found.at(0.5) == Precision(2, 1, 1)
    assert judge_by_annotation(prediction, annotation, 10, None).at(0) == (0, 0, 0)
    free[15] = True
    found = judge_by_annotation(prediction, annotation, 10, free)
    assert found.at(0.5) == Precision(1, 0, 0)


def test_an_end_that_was_moved_far_is_not_right() -> None:
    prediction = predicted(3)
    seen = Segmentation(
        (
            Segment(0, 12, 0).as_reviewed(),
            Segment(12, 25, 1).as_reviewed(),
            Segment(25, 30, 2).as_reviewed(),
        )
    )
    found = judge_by_annotation(prediction, seen, 10, np.zeros(30, bool))
    assert found.right.tolist() == [True, False, False]
    assert found.of_class.all()
    by_frames = Judged.of(prediction, seen.to_frames(), 10)
    assert by_frames.right.tolist() == found.right.tolist()


def test_segments_beside_unknown_frames_are_not_judged() -> None:
    truth = predicted(4).to_frames()
    truth[30:] = -1
    found = Judged.of(predicted(4), truth, 10)
    assert found.right.tolist() == [True, True]


def test_a_table_counts_none_below_the_confidence() -> None:
    rows = [(0.55, False, False), (0.91, True, False), (0.96, True, True)]
    table = Judged.of_rows(rows).table()
    assert read_table(table, 0.5) == (3, 2, 1)
    assert read_table(table, 0.55) == (2, 2, 1)
    assert read_table(table, 0.95) == (1, 1, 1)
    assert read_table(table, 0.999) == (0, 0, 0)
    assert read_table([], 0.5) == (0, 0, 0)
    assert table[0][1] == pytest.approx(3)
