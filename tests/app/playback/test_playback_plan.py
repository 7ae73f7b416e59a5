"""Which frames a plan plays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.playback.playback_plan import MARGIN_S, again, around, loop, whole
from skelseg_core.video.times import TOLERANCE_S, FrameTimes

TIMES = FrameTimes.even(300, 32)


@given(st.lists(st.floats(0.005, 0.5), min_size=2, max_size=120), st.data())
def test_around_a_boundary_is_what_lies_near_it_and_nothing_else(
    steps: list[float], data: st.DataObject
) -> None:
    times = np.concatenate([[0.0], np.cumsum(steps)])
    cut = data.draw(st.integers(1, len(times) - 1))
    plan = around(FrameTimes.of_table(times), cut)
    near = np.flatnonzero(np.abs(times - times[cut]) <= MARGIN_S + TOLERANCE_S)
    assert (plan.start, plan.stop) == (near[0], near[-1] + 1)
    assert plan.rest_at == cut
    assert not plan.loop


def test_a_plan_holds_its_frames() -> None:
    plan = loop(10, 20)
    assert plan.loop
    assert [plan.holds(n) for n in (9, 10, 19, 20)] == [False, True, True, False]
    assert (around(TIMES, 3).start, whole(0).stop) == (0, 1)


def test_of_a_long_place_all_is_played_where_that_is_to_be_seen() -> None:
    short = again(TIMES, 100, 164, 100)
    assert (short.start, short.stop, short.loop) == (84, 181, True)
    long = again(TIMES, 0, 290, 100)
    assert (long.start, long.stop) == (84, 117)
    seen = again(TIMES, 0, 290, 100, whole=True)
    assert (seen.start, seen.stop) == (0, 300)
