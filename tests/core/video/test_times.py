"""Frames to seconds and back, for tables of any shape and for even times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.video.times import FrameTimes

STEPS_MS = st.lists(st.integers(1, 5_000), max_size=60)
"""Milliseconds from one frame to the next: a rate that varies at will."""


@st.composite
def any_times(draw: st.DrawFn) -> FrameTimes:
    if draw(st.booleans()):
        return FrameTimes.even(draw(st.integers(1, 60)), draw(st.floats(0.1, 240)))
    return FrameTimes.of_table(np.cumsum([0, *draw(STEPS_MS)]) / 1000)


@given(any_times(), st.data())
def test_a_frame_is_found_by_every_moment_of_its_time(
    times: FrameTimes, data: st.DataObject
) -> None:
    frame = data.draw(st.integers(0, times.n_frames - 1))
    start, stop = times.start_s(frame), times.stop_s(frame)
    assert times.frame_at(start) == frame
    assert times.frame_at(round(start, 6)) == frame  # as files tell it
    assert times.frame_at((start + stop) / 2) == frame
    assert times.frame_at(stop) == min(frame + 1, times.n_frames - 1)
    assert times.frame_at(stop, before=True) == frame
    assert times.frames_between(start, start) == (frame, frame + 1)


@given(any_times())
def test_a_frame_ends_where_the_next_begins_and_time_never_falls(
    times: FrameTimes,
) -> None:
    edges = times.edges_s(np.arange(times.n_frames + 1))
    assert (np.diff(edges) >= 0).all()
    np.testing.assert_array_equal(edges[:-1], times.starts_s)
    assert edges[-1] == times.duration_s
    for frame in range(times.n_frames):
        assert times.start_s(frame) == edges[frame]
        assert times.stop_s(frame) == edges[frame + 1]


@given(any_times(), st.floats(-10, 400), st.floats(-10, 400))
def test_a_later_moment_is_never_of_an_earlier_frame(
    times: FrameTimes, one: float, other: float
) -> None:
    first, second = sorted((one, other))
    assert times.frame_at(first) <= times.frame_at(second)
    assert times.frame_at(second, before=True) <= times.frame_at(second)


@given(any_times(), st.floats(-10, 400), st.floats(0, 10))
def test_frames_between_are_those_that_begin_there(
    times: FrameTimes, first_s: float, length_s: float
) -> None:
    start, stop = times.frames_between(first_s, first_s + length_s)
    within = times.starts_s[start:stop]
    assert ((within >= first_s - 2e-6) & (within <= first_s + length_s + 2e-6)).all()
    assert (times.starts_s[:start] < first_s).all()
    assert (times.starts_s[stop:] > first_s + length_s).all()


def test_the_last_frame_lasts_as_long_as_is_usual() -> None:
    table = np.array([0.0, 0.1, 0.2, 0.3, 1.3])
    assert FrameTimes.of_table(table).duration_s == pytest.approx(1.4)
    assert FrameTimes.even(5, 10).duration_s == pytest.approx(0.5)


def test_a_single_frame_lasts_no_time() -> None:
    for times in (FrameTimes.of_table(np.zeros(1)), FrameTimes.even(1, 25)):
        assert times.start_s(0) == times.stop_s(0) == times.duration_s == 0
        assert times.frame_at(3.0) == times.frame_at(-3.0, before=True) == 0


def test_a_rate_of_0_counts_as_1() -> None:
    assert FrameTimes.even(3, 0.0).edges_s(np.array([0, 3])).tolist() == [0, 3]


def test_times_do_not_change() -> None:
    table = np.arange(5) / 25
    times = FrameTimes.of_table(table)
    table[3] = 9
    assert times.start_s(3) == 3 / 25
    for made in (times, FrameTimes.even(5, 25)):
        with pytest.raises(ValueError, match="read-only"):
            made.starts_s[0] = 1


def test_a_rate_is_steady_where_every_frame_is_where_it_puts_it() -> None:
    ntsc = np.round(np.arange(100_000) * 1001 / 30000, 3)
    assert FrameTimes.of_table(ntsc).steady_rate == pytest.approx(30000 / 1001)
    assert FrameTimes.even(5, 25).steady_rate == 25
    assert FrameTimes.of_table(np.array([0, 0.04, 0.08, 0.5])).steady_rate is None
    assert FrameTimes.of_table(np.zeros(1)).steady_rate is None
    assert FrameTimes.of_table(np.zeros(3)).steady_rate is None
