from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.frames import coincidences, contingency, pieces_of

LANES = st.integers(1, 60).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(-1, 2), min_size=n, max_size=n), min_size=2, max_size=3
    )
)


def framewise(lanes: np.ndarray, collar: int) -> np.ndarray:
    """Tell the frames that count, one by one: those within no collar."""
    kept = np.ones(lanes.shape[1], bool)
    for lane in lanes:
        for frame in range(1, len(lane)):
            if lane[frame] != lane[frame - 1]:
                kept[max(0, frame - collar) : frame + collar] = False
    return kept


def test_a_collar_leaves_out_exactly_its_frames() -> None:
    lane = np.repeat([0, 1, 0], [40, 30, 30])
    both = np.stack([lane, lane])
    for collar in range(16):
        n_left = pieces_of(both, collar).n_frames.sum()
        assert n_left == 100 - 2 * 2 * collar


def test_the_boundaries_of_both_lanes_have_collars() -> None:
    lanes = np.stack([np.repeat([0, 1], [50, 50]), np.repeat([0, 1], [54, 46])])
    # 5 before the first boundary to 5 after the second.
    assert pieces_of(lanes, 5).n_frames.sum() == 100 - 14
    # What they differ in is style alone, and no frame of it is left.
    table = contingency(pieces_of(lanes, 5), 2)
    assert table.tolist() == [[45, 0, 0], [0, 41, 0], [0, 0, 0]]
    assert contingency(pieces_of(lanes), 2)[1, 0] == 4


@given(LANES, st.integers(0, 9))
def test_pieces_count_as_frames_do_one_by_one(rows: list[list[int]], n: int) -> None:
    lanes = np.array(rows)
    kept = framewise(lanes, n)
    pieces = pieces_of(lanes, n)
    assert pieces.n_frames.sum() == kept.sum()
    table = contingency(pieces.of(0, 1), 3)
    for a in range(-1, 3):
        for b in range(-1, 3):
            same = (lanes[0] == a) & (lanes[1] == b) & kept
            assert table[a, b] == same.sum()


@given(LANES)
def test_coincidences_hold_each_frame_once_for_each_of_its_ratings(
    rows: list[list[int]],
) -> None:
    lanes = np.array(rows)
    table = coincidences(pieces_of(lanes), 3)
    n_ratings = (lanes >= 0).sum(axis=0)
    assert table.sum() == pytest.approx(n_ratings[n_ratings > 1].sum())
    assert table == pytest.approx(table.T)
