from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.constraints import Constraints, ended_at
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import Transitions, count_transitions
from tests.soak import examples

IDS = [10, 13, 16]


def probabilities(seed: int, n_frames: int) -> np.ndarray:
    values = np.random.default_rng(seed).gamma(0.4, size=(n_frames, 3)) + 1e-4
    return values / values.sum(axis=1, keepdims=True)


def counted(seed: int, with_lengths: bool) -> Transitions:
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, 3, 40), rng.integers(1, 25, 40))
    found = count_transitions([(labels, 10.0)], 3)
    return found if with_lengths else Transitions(found.counts, found.seconds)


def drawn(seed: int, n_frames: int) -> Constraints:
    """Constraints that a person could have set, one not against the other."""
    rng = np.random.default_rng(seed)
    fixed = np.full(n_frames, -1)
    for _ in range(rng.integers(0, 3)):
        start = int(rng.integers(n_frames))
        fixed[start : start + int(rng.integers(1, 6))] = rng.choice([*IDS, 99])
    start = int(rng.integers(n_frames))
    return Constraints(
        fixed=fixed,
        pinned=frozenset(rng.integers(1, n_frames + 1, 2).tolist()),
        forbidden=((start, start + 9, int(rng.choice(IDS))),),
    )


@given(st.integers(0, 10**6), st.integers(2, 60), st.booleans())
@settings(max_examples=examples(120), deadline=None)
def test_what_is_known_holds_whatever_the_model_says(
    seed: int, n_frames: int, with_lengths: bool
) -> None:
    known = drawn(seed, n_frames)
    assert known.fixed is not None
    found = pre_labels(
        probabilities(seed, n_frames),
        IDS,
        10.0,
        counted(seed, with_lengths),
        constraints=known,
    )
    labels, held = found.to_frames(), known.fixed >= 0
    assert found.n_frames == n_frames
    assert labels[held].tolist() == known.fixed[held].tolist()
    assert not (labels[~held] == 99).any()
    starts = set(found.starts.tolist())
    assert {p for p in known.pinned if p < n_frames} <= starts
    for start, stop, class_id in known.forbidden:
        assert not ((labels == class_id) & ~held)[start:stop].any()
    for a, b in pairwise(found.segments):
        if a.class_id == b.class_id:
            assert b.start in known.pinned


def test_constraints_that_leave_nothing_are_refused_in_a_sentence() -> None:
    values = probabilities(0, 20)
    none = Constraints(forbidden=tuple((5, 8, i) for i in IDS))
    with pytest.raises(EditError, match="No class is left for frame 5"):
        pre_labels(values, IDS, 10.0, constraints=none)


def test_what_a_person_made_and_reviews_is_known() -> None:
    lane = Segmentation(
        (
            Segment(0, 4),
            Segment(4, 8, 10, "human", class_reviewed=True, start_reviewed=True),
            Segment(8, 12, 10, "human", class_reviewed=True),
            Segment(12, 16, 13, "model", stop_reviewed=True),
            Segment(16, 20, 16, "model"),
        )
    )
    known = Constraints.of_person(lane)
    assert known.fixed is not None
    reviewed = [-1] * 3 + [13, 16] + [-1] * 3
    assert known.fixed.tolist() == [-1] * 4 + [10] * 8 + reviewed
    # At 4 a person may have begun to label in the middle of an action.
    assert known.pinned == {8, 16}
    found = pre_labels(probabilities(1, 20), IDS, 10.0, constraints=known)
    assert {8, 16} <= set(found.starts.tolist())


def test_boundaries_are_moved_to_ends_nearby_and_what_is_fixed_stays() -> None:
    lane = Segmentation((Segment(0, 40, 0, "model"), Segment(40, 90, 1, "model")))
    free = np.full(90, -1)

    def starts(ends: set[int], fixed: np.ndarray = free) -> list[int]:
        return [s.start for s in ended_at(lane, ends, 5, fixed).segments[1:]]

    assert starts({44}) == [44]
    assert starts({36}) == [36]
    assert starts({46}) == [40]
    assert starts(set()) == [40]
    # One that is at an end already belongs to it.
    assert starts({40, 44}) == [40]
    # A person's boundary is not the model's to move.
    fixed = free.copy()
    fixed[30:40] = 0
    assert starts({44}, fixed) == [40]
    assert starts({36}, fixed) == [40]
