"""Which segments are played: of times, boundaries and confidence alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.playback.playback_plan import (
    DOUBT,
    FAST,
    MARGIN_S,
    SLOW,
    STEADY,
    adaptive,
    around,
    loop,
    tour,
    whole,
    windows,
)
from skelseg_core.video.times import TOLERANCE_S, FrameTimes

TIMES = FrameTimes.even(300, 32)

steps = st.lists(st.floats(0.005, 0.5), min_size=1, max_size=120)


@st.composite
def films(draw: st.DrawFn) -> tuple[np.ndarray, list[int]]:
    times = np.concatenate([[0.0], np.cumsum(draw(steps))])
    cuts = st.lists(st.integers(-2, len(times) + 2), max_size=8)
    return times, draw(cuts)


@given(films())
def test_windows_hold_what_lies_near_a_boundary_and_nothing_else(
    film: tuple[np.ndarray, list[int]],
) -> None:
    times, cuts = film
    inside = [c for c in cuts if 0 < c < len(times)]
    found = windows(FrameTimes.of_table(times), cuts)
    assert all(b < c for (_, b), (c, _) in pairwise(found))
    held = np.zeros(len(times), bool)
    for start, stop in found:
        held[start:stop] = True
    near = np.zeros(len(times), bool)
    for c in inside:
        near |= np.abs(times - times[c]) <= MARGIN_S + TOLERANCE_S
    np.testing.assert_array_equal(held, near)


@given(films(), st.integers(0, 10_000))
def test_an_adaptive_plan_covers_every_frame_once(
    film: tuple[np.ndarray, list[int]], seed: int
) -> None:
    times, cuts = film
    sure = np.random.default_rng(seed).random(len(times))
    plan = adaptive(FrameTimes.of_table(times), cuts, sure)
    assert [s.start for s in plan.segments[1:]] == [s.stop for s in plan.segments[:-1]]
    assert (plan.segments[0].start, plan.segments[-1].stop) == (0, len(times))
    for frame in range(len(times)):
        segment = plan.segments[plan.at(frame)]
        close = any(
            abs(times[frame] - times[c]) <= MARGIN_S + TOLERANCE_S
            for c in cuts
            if 0 < c < len(times)
        )
        if close:
            assert segment.speed == SLOW
        elif segment.speed != SLOW:  # between two boundaries it does not speed up
            assert segment.speed == (STEADY if sure[frame] < DOUBT else FAST)
    pauses = {s.stop for s in plan.segments if s.pause_after}
    doubtful = {
        c for c in cuts if 0 < c < len(times) and min(sure[c - 1 : c + 1]) < DOUBT
    }
    assert pauses == {c + 1 for c in doubtful}


def test_without_confidence_nothing_is_in_doubt() -> None:
    plan = adaptive(TIMES, [150])
    assert [(s.start, s.stop, s.speed) for s in plan.segments] == [
        (0, 118, FAST),
        (118, 183, SLOW),
        (183, 300, FAST),
    ]
    assert not any(s.pause_after for s in plan.segments)


def test_a_tour_goes_from_window_to_window() -> None:
    assert tour(TIMES, []) is None
    plan = tour(TIMES, [250, 60, 75])
    assert [(s.start, s.stop) for s in plan.segments] == [(28, 108), (218, 283)]
    assert plan.at(110) is None
    assert (plan.after(0), plan.after(1)) == (1, None)
    assert [plan.first_from(n) for n in (0, 50, 110, 290)] == [28, 28, 218, 28]


def test_a_loop_comes_round_and_a_boundary_is_rested_at() -> None:
    assert loop(10, 20).after(0) == 0
    plan = around(TIMES, 3)
    assert (plan.segments[0].start, plan.rest_at) == (0, 3)
    assert whole(0).segments[0].stop == 1
