from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.edits import move_boundary, relabel
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import redecode, runs_of, taken_away
from tests.seen import review
from tests.soak import examples


def evidence_of(truth: np.ndarray, seed: int, rate: float = 10.0) -> Evidence:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(truth), 4)) + 1.5 * np.eye(4)[truth]
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Evidence(
        values, np.arange(4), rate, count_transitions([(truth, rate)] * 3, 4)
    )


def truth_of(seed: int, n: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(0, 4, n), rng.integers(2, 30, n))


@given(st.integers(0, 10**6))
@settings(max_examples=examples(60), deadline=None)
def test_it_changes_nothing_that_a_person_made_or_reviews(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = truth_of(seed)
    evidence = evidence_of(truth, seed)
    lane = before = evidence.decode()
    near = 0
    for _ in range(6):
        index = int(rng.integers(len(lane)))
        near = lane.segments[index].start
        kind = rng.integers(3)
        if kind == 0:
            lane = relabel(lane, index, int(rng.integers(4)))
        elif kind == 1:
            lane = review(lane, index)
        elif index < len(lane) - 1:
            near = int(rng.integers(lane.n_frames))
            lane = move_boundary(lane, index, near)
    rejected = taken_away(before, lane)
    found = redecode(lane, evidence, near, rejected)
    if found is None:
        return
    new = found.lane
    kept = np.repeat(
        [s.protected for s in lane.segments], [len(s) for s in lane.segments]
    )
    old_labels, new_labels = lane.to_frames(), new.to_frames()
    assert new_labels[kept].tolist() == old_labels[kept].tolist()
    reviewed = {s.start for s in lane.segments[1:] if s.start_reviewed}
    assert reviewed <= {s.start for s in new.segments[1:] if s.start_reviewed}
    changed = old_labels != new_labels
    assert found.n_frames == changed.sum()
    assert all(near - 100 <= a < b <= near + 100 for a, b in runs_of(changed))
    for a, b, class_id in rejected:
        back = (new_labels == class_id) & (old_labels != class_id)
        assert not back[a:b].any()
    # Asked again it ends: seldom, one of 1,000 draws, it has a little more to say once.
    again = redecode(new, evidence, near, rejected)
    if again is not None:
        assert redecode(again.lane, evidence, near, rejected) is None


def test_the_frames_around_a_correction_follow_it() -> None:
    """The truth is 0 1 0; the model was as sure of 2 as of 1."""
    truth = np.repeat([0, 1, 0], 20)
    values = np.full((60, 3), 0.02)
    values[truth == 0, 0] = 0.96
    values[20:40, 1:] = 0.48, 0.5
    evidence = Evidence(values, np.arange(3), 10.0, None)
    lane = evidence.decode()
    assert lane.to_frames()[20:40].tolist() == [2] * 20
    parts = [
        Segment(0, 20, 0, "model"),
        Segment(20, 24, 1, "human", class_reviewed=True, start_reviewed=True),
        Segment(24, 40, 2, "model"),
        Segment(40, 60, 0, "model"),
    ]
    before = Segmentation(tuple(parts))
    found = redecode(before, evidence, 20)
    assert found is not None
    assert found.lane.to_frames().tolist() == truth.tolist()
    assert runs_of(found.lane.to_frames() != before.to_frames()) == ((24, 40),)
    assert found.n_frames == 16


def test_unlabelled_frames_stay_so_and_nothing_free_is_nothing_to_say() -> None:
    evidence = evidence_of(truth_of(1), 1)
    n_frames = len(evidence.probabilities)
    nothing = Segmentation.unlabelled(n_frames)
    assert redecode(nothing, evidence, 5) is None
    lane = Segmentation((Segment(0, 30, 0, "model"), Segment(30, n_frames, None, None)))
    found = redecode(lane, evidence, 0)
    assert found is None or (found.lane.to_frames()[30:] == -1).all()


def test_what_was_taken_away_is_listed_with_its_frames() -> None:
    before = Segmentation.from_frames([0, 0, 1, 1, 2, 2, -1], "model")
    after = Segmentation.from_frames([0, 0, 0, 0, 0, 2, 1], "model")
    assert taken_away(before, after) == ((2, 4, 1), (4, 5, 2))
    assert taken_away(before, before) == ()


@pytest.mark.parametrize("rate", [0.0, float("nan"), 1e9])
def test_a_rate_that_is_none_does_no_harm(rate: float) -> None:
    evidence = evidence_of(truth_of(2), 2)
    odd = Evidence(evidence.probabilities, evidence.class_ids, rate)
    lane = relabel(evidence.decode(), 3, 0)
    found = redecode(lane, odd, lane.segments[3].start)
    assert found is None or found.lane.n_frames == lane.n_frames
