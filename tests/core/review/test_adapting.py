from __future__ import annotations

import numpy as np

from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.adapting import (
    STRETCH,
    adapted,
    labels_adapted,
    n_corrected,
    reviewed_stretches,
    share_left,
)
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.transcript import labels_as_before

IDS = np.array([7, 3, 5, 9])
LENGTH = 20
TRUTH = IDS[np.repeat([0, 1, 0, 2] * 8, LENGTH)]
"""A class after another, again and again; the fourth of the model never comes."""
DONE = 16 * LENGTH


def said(shift: int = 0) -> Evidence:
    """A model that takes 5 for 3 with little doubt, and begins ``shift`` late."""
    values = np.full((len(TRUTH), 4), 0.02)
    late = np.roll(TRUTH, shift)
    values[late == 7, 0] = 0.94
    values[late == 3, 1] = 0.94
    values[late == 5, 1:3] = 0.50, 0.46
    return Evidence(values.astype(np.float32), IDS, 10.0)


def reviewed(stop: int) -> Segmentation:
    """Labels of a model, of which a person reviewed all before a frame."""
    lane = said().decode()
    for segment in Segmentation.from_frames(TRUTH[:stop]).segments:
        lane = paint(lane, segment.start, segment.stop, segment.class_id)
    return lane


def test_a_class_that_was_taken_for_another_is_told_apart_in_the_rest() -> None:
    lane = reviewed(DONE)
    before = said().decode()
    assert (before.to_frames()[DONE:] == TRUTH[DONE:]).mean() == 0.75
    assert n_corrected(lane, before) == 4
    assert share_left(lane, before) == 0.75
    assert share_left(before, before) == 1
    found = labels_adapted(lane, said())
    assert found.to_frames().tolist() == TRUTH.tolist()
    assert all(s.source == "model" for s in found.segments if s.start >= DONE)


def test_a_boundary_that_is_always_late_is_moved_in_the_rest() -> None:
    lane, evidence = reviewed(DONE), said(3)
    before = evidence.decode().to_frames()[DONE:]
    after = labels_adapted(lane, evidence).to_frames()[DONE:]
    assert (before == TRUTH[DONE:]).mean() < 0.7
    assert (after == TRUTH[DONE:]).mean() > 0.9


def test_of_classes_that_were_not_reviewed_nothing_is_learnt() -> None:
    evidence = said()
    evidence.probabilities[DONE + 5, :] = 0.03, 0.03, 0.04, 0.9
    learnt = adapted(reviewed(DONE), evidence)
    np.testing.assert_allclose(
        learnt.probabilities[:, 3], evidence.probabilities[:, 3], atol=1e-6
    )
    np.testing.assert_allclose(learnt.probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_persons_frames_in_the_rest_stay_and_change_nothing_around() -> None:
    lane = paint(reviewed(DONE), DONE + 100, DONE + 110, 9)
    found = labels_adapted(lane, said()).to_frames()
    assert (found[DONE + 100 : DONE + 110] == 9).all()


def test_single_reviewed_segments_are_not_learnt_from() -> None:
    lane = said().decode()
    wrong = Segmentation.from_frames(TRUTH).segments[3::4]
    for segment in wrong:
        lane = paint(lane, segment.start, segment.stop, segment.class_id)
    assert reviewed_stretches(lane) == ()
    assert n_corrected(lane, said().decode()) == 0
    assert adapted(lane, said()).probabilities.tolist() == (
        said().probabilities.tolist()
    )
    assert labels_adapted(lane, said()).n_labelled == 0


def test_a_stretch_has_as_many_segments_one_after_the_other() -> None:
    assert reviewed_stretches(reviewed((STRETCH - 1) * LENGTH)) == ()
    n = STRETCH * LENGTH
    assert reviewed_stretches(reviewed(n)) == ((0, n),)
    whole = Segmentation.from_frames(TRUTH)
    whole = Segmentation(tuple(s.as_reviewed() for s in whole.segments))
    assert reviewed_stretches(whole) == ((0, len(TRUTH)),)


def test_imported_labels_that_nobody_reviewed_are_not_learnt_from() -> None:
    imported = Segmentation.from_frames(TRUTH, "import")
    assert reviewed_stretches(imported) == ()


def test_a_class_that_the_model_does_not_know_is_left_out() -> None:
    lane = paint(reviewed(DONE), 0, LENGTH, 11)
    found = labels_adapted(lane, said()).to_frames()
    assert (found[:LENGTH] == 11).all()
    assert (found[DONE:] == TRUTH[DONE:]).all()


def test_the_order_of_the_labels_so_far_takes_what_was_learnt_as_well() -> None:
    lane, evidence = reviewed(DONE), said(3)
    found = labels_as_before(lane, evidence, DONE).to_frames()
    assert (found[DONE:] == TRUTH[DONE:]).mean() > 0.9
