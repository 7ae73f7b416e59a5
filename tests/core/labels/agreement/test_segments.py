from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.segments import boundary_deviations, matched_segments

LABELS = st.lists(st.integers(-1, 2), min_size=1, max_size=60)


def lane(*runs: tuple[int, int]) -> np.ndarray:
    return np.array([c for c, n in runs for _ in range(n)])


def test_sixty_percent_of_the_longer_segment_make_a_match() -> None:
    # 6 of 10 frames are shared, then 5 of 10.
    first = lane((0, 10), (-1, 10))
    assert matched_segments(first, lane((-1, 4), (0, 10), (-1, 6)), 1).tolist() == [
        [2, 0],
        [0, 0],
    ]
    assert matched_segments(first, lane((-1, 5), (0, 10), (-1, 5)), 1).tolist() == [
        [0, 1],
        [1, 0],
    ]


def test_a_long_segment_against_two_short_ones_has_no_partner() -> None:
    first = lane((0, 20))
    second = lane((0, 9), (-1, 2), (0, 9))
    assert matched_segments(first, second, 1).tolist() == [[0, 1], [2, 0]]


def test_a_matched_pair_may_have_two_classes() -> None:
    assert matched_segments(lane((0, 9)), lane((1, 9)), 2)[0, 1] == 2


@given(LABELS, LABELS)
def test_every_segment_is_counted_once_and_each_way_alike(
    first: list[int], second: list[int]
) -> None:
    n = min(len(first), len(second))
    a, b = np.array(first[:n]), np.array(second[:n])
    table = matched_segments(a, b, 3)
    runs = [np.flatnonzero(np.diff(x, prepend=-9) != 0) for x in (a, b)]
    n_segments = [int((x[r] >= 0).sum()) for x, r in zip((a, b), runs, strict=True)]
    n_matched = table[:-1, :-1].sum() / 2
    assert table[:, -1].sum() + n_matched == n_segments[0]
    assert table[-1].sum() + n_matched == n_segments[1]
    assert (matched_segments(b, a, 3) == table.T).all()


def test_deviations_are_frames_later_in_the_second() -> None:
    first = lane((0, 50), (1, 50), (0, 50))
    second = lane((0, 53), (1, 45), (0, 52))
    found = boundary_deviations(first, second)
    assert found[0, 1].frames == [3]
    assert found[1, 0].frames == [-2]


def test_a_boundary_that_one_person_has_alone_is_counted_not_measured() -> None:
    found = boundary_deviations(lane((0, 20), (1, 5), (0, 20)), lane((0, 45)))
    assert {pair: d.only_first for pair, d in found.items()} == {(0, 1): 1, (1, 0): 1}
    assert not any(d.frames for d in found.values())


def test_a_gap_is_no_boundary_between_classes() -> None:
    gap = lane((0, 10), (-1, 3), (1, 10))
    assert boundary_deviations(gap, gap) == {}


@given(LABELS, LABELS)
def test_deviations_turn_their_sign_with_the_lanes(
    first: list[int], second: list[int]
) -> None:
    n = min(len(first), len(second))
    a, b = np.array(first[:n]), np.array(second[:n])
    there, back = boundary_deviations(a, b), boundary_deviations(b, a)
    assert there.keys() == back.keys()
    for pair, one in there.items():
        assert sorted(one.frames) == sorted(-k for k in back[pair].frames)
        assert one.only_first == back[pair].only_second
    itself = boundary_deviations(a, a)
    assert not any(k for d in itself.values() for k in d.frames)
    assert not any(d.only_first or d.only_second for d in itself.values())
