"""Which frame is due: tied to the time of day, whatever becomes of the speed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.playback.play_clock import PlayClock
from skelseg_core.video.times import FrameTimes

RATE = 32
TIMES = np.arange(100) / RATE


class Day:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(
    st.floats(0.1, 16.0),
    st.integers(0, 99),
    st.lists(st.floats(0.0, 0.3), min_size=1, max_size=60),
)
def test_it_never_drifts(speed: float, start: int, ticks: list[float]) -> None:
    day = Day()
    clock = PlayClock(FrameTimes.of_table(TIMES), day)
    clock.speed = speed
    clock.start(start)
    for tick in ticks:
        day.now += tick
    moment = TIMES[start] + speed * (day.now - 1000.0)
    due = clock.due()
    assert due == 99 or TIMES[due] <= moment + 1e-6 < TIMES[due + 1] + 2e-6


@pytest.mark.parametrize("speed", [0.5, 1.0, 3.0, -0.5, -1.0, -3.0])
def test_a_frame_is_due_as_long_as_it_lasts(speed: float) -> None:
    day = Day()
    clock = PlayClock(FrameTimes.of_table(TIMES), day)
    assert clock.due() is None
    clock.speed = speed
    clock.start(50)
    step = 1 if speed > 0 else -1
    for n in range(5):
        frame = 50 + step * n
        assert clock.until(frame) == pytest.approx(n / RATE / abs(speed))
        day.now = 1000.0 + (n + 0.5) / RATE / abs(speed)
        assert clock.due() == frame
        assert clock.until_after(frame) == pytest.approx(0.5 / RATE / abs(speed))
        day.now = 1000.0


def test_a_moment_between_two_frames_is_of_the_one_played_next() -> None:
    day = Day()
    for speed, frames in ((1.0, [50, 51, 52]), (-1.0, [50, 49, 48])):
        clock = PlayClock(FrameTimes.of_table(TIMES), day)
        clock.speed = speed
        clock.start(50)
        begin = day.now
        for n, frame in enumerate(frames):
            day.now = begin + n / RATE  # exact: the rate is a power of two
            assert clock.due() == frame


def test_a_change_of_speed_keeps_the_place() -> None:
    day = Day()
    clock = PlayClock(FrameTimes.of_table(TIMES), day)
    clock.start(10)
    day.now += 10.5 / RATE
    clock.set_speed(-1.0)
    assert clock.due() == 20
    day.now += 10.25 / RATE
    assert clock.due() == 10


def test_both_ends_hold() -> None:
    day = Day()
    clock = PlayClock(FrameTimes.of_table(TIMES), day)
    clock.start(90)
    day.now += 100
    assert clock.due() == 99
    clock.set_speed(-1.0)
    day.now += 1000
    assert clock.due() == 0
    clock.stop()
    assert not clock.running


def test_the_last_frame_lasts_as_long_as_exports_say() -> None:
    times = FrameTimes.of_table(np.array([0.0, 0.1, 0.2, 0.3, 1.3]))
    clock = PlayClock(times, Day())
    clock.start(4)
    assert clock.until_after(4) == pytest.approx(0.1)
