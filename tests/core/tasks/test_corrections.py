from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.tasks.measure_model import Corrections, compare_corrections


def labels(text: str) -> np.ndarray:
    return np.array([-1 if c == "." else int(c) for c in text])


def test_what_was_wrong_and_is_right_now_is_fixed_and_the_other_way_round_broken() -> (
    None
):
    truth_ = labels("111122223333....4444")
    before = labels("111133333333....4444")
    now___ = labels("111122223334.....555")
    assert compare_corrections(truth_, before, now___) == Corrections(1, 1, 1)


def test_most_of_the_frames_decide() -> None:
    assert compare_corrections(labels("1111"), labels("1122"), labels("1112")) == (
        Corrections(1, 1, 0)
    )


def test_what_nobody_labelled_is_left_out() -> None:
    assert compare_corrections(labels("...."), labels("1122"), labels("2211")) == (
        Corrections()
    )


@given(st.lists(st.tuples(*[st.integers(-1, 3)] * 3), min_size=1))
def test_no_more_are_fixed_than_were_made(rows: list[tuple[int, int, int]]) -> None:
    truth, before, now = np.array(rows).T
    found = compare_corrections(truth, before, now)
    assert 0 <= found.fixed <= found.made
    back = compare_corrections(truth, now, before)
    assert (back.fixed, back.broken) == (found.broken, found.fixed)
    same = compare_corrections(truth, before, before)
    assert same == Corrections(found.made, 0, 0)
