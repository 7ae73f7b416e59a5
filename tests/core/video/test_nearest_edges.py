from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.video.times import FrameTimes


@given(
    st.lists(st.sampled_from([0.0, 0.004, 0.04, 1.0]), min_size=1, max_size=30),
    st.lists(st.floats(-2, 40), min_size=1, max_size=10),
)
def test_no_boundary_is_nearer(steps: list[float], moments: list[float]) -> None:
    times = FrameTimes.of_table(np.cumsum([0.0, *steps]))
    edges = times.edges_s(np.arange(times.n_frames + 1))
    frames, off_s = times.nearest_edges(np.array(moments))
    for moment, frame, off in zip(moments, frames, off_s, strict=True):
        assert off == pytest.approx(moment - edges[frame])
        assert abs(off) <= np.abs(moment - edges).min() + 1e-5


def test_halfway_is_the_later_and_of_equal_ones_the_first() -> None:
    times = FrameTimes.of_table(np.array([0.0, 0.04, 0.08, 0.08, 0.12]))
    frames, _ = times.nearest_edges(np.array([0.02, 0.0199, 0.08, 0.1, 0.16, 9.0]))
    assert frames.tolist() == [1, 0, 2, 4, 5, 5]


@pytest.mark.parametrize("rate", [10, 24, 30000 / 1001, 60000 / 1001, 120])
def test_milliseconds_lead_back_to_every_boundary(rate: float) -> None:
    times = FrameTimes.even(5000, rate)
    edges = np.arange(5001)
    rounded_s = np.floor(times.edges_s(edges) * 1000 + 0.5) / 1000
    frames, off_s = times.nearest_edges(rounded_s)
    assert np.array_equal(frames, edges)
    assert np.abs(off_s).max() <= 0.0005 + 1e-9
