from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.agreement.frames import (
    coincidences,
    contingency,
    n_compared,
    pieces_of,
)

LANES = st.integers(1, 60).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(-1, 2), min_size=n, max_size=n), min_size=2, max_size=3
    )
)


@given(LANES)
def test_pieces_count_as_frames_do_one_by_one(rows: list[list[int]]) -> None:
    lanes = np.array(rows)
    pieces = pieces_of(lanes)
    assert pieces.n_frames.sum() == lanes.shape[1]
    assert n_compared(pieces) == ((lanes >= 0).sum(axis=0) > 1).sum()
    table = contingency(pieces_of(lanes[:2]), 3)
    for a in range(-1, 3):
        for b in range(-1, 3):
            assert table[a, b] == ((lanes[0] == a) & (lanes[1] == b)).sum()


@given(LANES)
def test_coincidences_hold_each_frame_once_for_each_of_its_ratings(
    rows: list[list[int]],
) -> None:
    lanes = np.array(rows)
    table = coincidences(pieces_of(lanes), 3)
    n_ratings = (lanes >= 0).sum(axis=0)
    assert table.sum() == pytest.approx(n_ratings[n_ratings > 1].sum())
    assert table == pytest.approx(table.T)
