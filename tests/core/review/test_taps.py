from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.bulk_edits import label_taps, segments_of_taps
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.taps import cuts_by
from tests.soak import examples


def evidence_of(truth: np.ndarray, seed: int, noise: float = 1.0) -> Evidence:
    rng = np.random.default_rng(seed)
    logits = noise * rng.normal(size=(len(truth), 3)) + 2 * np.eye(3)[truth]
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counted = count_transitions([(truth, 10.0)], 3)
    return Evidence(values, np.array([4, 7, 9]), 10.0, counted)


def test_boundaries_lie_where_the_model_sees_them() -> None:
    truth = np.repeat([0, 1, 2, 0], [30, 6, 40, 24])
    taps = [(2, 4), (31, 7), (38, 9), (99, 4)]
    find = cuts_by(evidence_of(truth, 1, noise=0.1))
    made = segments_of_taps(taps, 0, 100, find)
    assert [s.start for s in made] == [0, 30, 36, 76]
    assert [s.start for s in segments_of_taps(taps, 0, 100)] == [0, 17, 35, 69]


@given(st.integers(0, 10**6))
@settings(max_examples=examples(60), deadline=None)
def test_every_tap_keeps_its_class_and_nobody_reviewed_a_boundary(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.integers(0, 3, 12), rng.integers(1, 20, 12))
    frames = np.unique(rng.integers(0, len(truth), 8)).tolist()
    # Class 5 is one that the model does not know.
    taps = [(f, int(rng.choice([4, 7, 9, 5]))) for f in frames]
    find = cuts_by(evidence_of(truth, seed))
    lane = label_taps(Segmentation.unlabelled(len(truth)), taps, 0, len(truth), find)
    labels = lane.to_frames()
    assert all(labels[f] == c for f, c in taps)
    assert len(lane) == len(taps)
    halfway = segments_of_taps(taps, 0, len(truth))
    for n, ((_, a), (_, b)) in enumerate(pairwise(taps), 1):
        segment = lane.segments[n]
        seen = a != b and 5 not in (a, b)
        assert segment.class_reviewed
        assert not segment.start_reviewed, "neither halfway nor where a model sees it"
        if not seen:
            assert segment.start == halfway[n].start


def test_a_segment_that_the_model_does_not_see_is_as_long_as_usual() -> None:
    """The model says 4 all along; 7 was tapped, which usually lasts a second."""
    usual = np.tile(np.repeat([0, 1], [40, 10]), 10)
    values = np.tile([0.5, 0.4, 0.1], (100, 1))
    evidence = Evidence(
        values, np.array([4, 7, 9]), 10.0, count_transitions([(usual, 10.0)], 3)
    )
    made = segments_of_taps([(20, 4), (50, 7), (80, 4)], 0, 100, cuts_by(evidence))
    assert 5 <= len(made[1]) <= 12
