from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.boundaries import boundary_distances

LABELS = st.lists(st.integers(-1, 2), min_size=1, max_size=60)


def lane(*runs: tuple[int, int]) -> np.ndarray:
    return np.array([c for c, n in runs for _ in range(n)])


def test_distances_are_frames_earlier_or_later() -> None:
    first = lane((0, 50), (1, 50), (0, 50))
    second = lane((0, 53), (1, 45), (0, 52))
    assert boundary_distances(first, second).tolist() == [3, 2]


def test_a_boundary_that_one_person_has_alone_is_not_measured() -> None:
    alone = lane((0, 20), (1, 5), (0, 20))
    assert not len(boundary_distances(alone, lane((0, 45))))


def test_a_gap_is_no_boundary_between_classes() -> None:
    gap = lane((0, 10), (-1, 3), (1, 10))
    assert not len(boundary_distances(gap, gap))


@given(LABELS, LABELS)
def test_distances_are_the_same_both_ways(first: list[int], second: list[int]) -> None:
    n = min(len(first), len(second))
    a, b = np.array(first[:n]), np.array(second[:n])
    assert sorted(boundary_distances(a, b)) == sorted(boundary_distances(b, a))
    assert not boundary_distances(a, a).any()
