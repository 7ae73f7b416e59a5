"""Attention: time on the screen is shared, and nobody is hurried past a strip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.review.wall import LEAST_SECONDS, Attention


@given(st.integers(1, 60), st.lists(st.floats(0.01, 3.0), max_size=30))
def test_a_screen_needs_half_a_second_for_each_strip(
    n: int, ticks: list[float]
) -> None:
    attention, shown = Attention(), range(n)
    for tick in ticks:
        attention.add(shown, tick)
    left_s = max(0.0, n * LEAST_SECONDS - sum(ticks))
    assert attention.left_s(shown) == pytest.approx(left_s, abs=1e-6)


def test_what_was_looked_at_takes_no_time_from_the_others() -> None:
    attention = Attention()
    attention.add(["a", "b"], 1.0)
    assert attention.left_s(["a", "b"]) == 0
    attention.add(["a", "b", "c"], 0.4)
    assert attention.left_s(["a", "b", "c"]) == pytest.approx(0.1)
    # It is done to the end, not almost: a wall that waits for 1e-17 s never opens.
    attention.add(["c"], 0.1)
    assert attention.left_s(["c"]) == 0
    attention.clear()
    assert attention.left_s(["a"]) == LEAST_SECONDS
