"""The fewest events that bring one lane to another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.least_events import LeastEvents
from benchmarks.working_lane import Shown, WorkingLane
from skelseg_core.labels.segmentation import Segmentation
from tests.soak import examples

NAMED = Segmentation.from_frames


def shown(labels: np.ndarray | list[int]) -> tuple[Shown, ...]:
    return WorkingLane.of(NAMED(labels)).shown


def least(lane: str, truth: str, collar: int = 0) -> LeastEvents:
    """Fewest events between lanes written as letters, a letter a frame."""
    return LeastEvents(*(shown([ord(c) for c in s]) for s in (lane, truth)), collar)


@pytest.mark.parametrize(
    ("lane", "truth", "collar", "events"),
    [
        ("aaabbb", "aaabbb", 0, 0),
        ("aaabbb", "aaaabb", 0, 1),
        ("aaabbb", "aaaabb", 1, 0),
        ("aaabbb", "aaaccc", 0, 1),
        ("aaabbb", "aaaaaa", 0, 1),
        ("aaaaaa", "aaabbb", 0, 2),
        ("aaaaaa", "aabbaa", 5, 2),
        ("aabcaa", "aaaaaa", 0, 2),
        ("aaaabbbb", "aaccccbb", 0, 2),
        ("aaaabbbb", "aaccccbb", 9, 2),
        ("abcabc", "bbbbbb", 0, 2),
        ("aaabbbccc", "aaacccbbb", 0, 2),
    ],
)
def test_the_fewest_events(lane: str, truth: str, collar: int, events: int) -> None:
    found = least(lane, truth, collar)
    assert found.events == events
    assert sum(m.price for m in found.plan()) == events


def rows(n: int = 40) -> st.SearchStrategy[np.ndarray]:
    pieces = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1)
    return pieces.map(
        lambda ps: np.resize(np.concatenate([np.full(k, c) for c, k in ps]), n)
    )


def is_right(lane: tuple[Shown, ...], truth: tuple[Shown, ...], collar: int) -> bool:
    return [s[2] for s in lane] == [s[2] for s in truth] and all(
        abs(a[0] - b[0]) <= collar for a, b in zip(lane, truth, strict=True)
    )


@settings(max_examples=examples(60), deadline=None)
@given(rows(), rows(), st.integers(0, 6))
def test_a_plan_costs_what_it_says(
    lane: np.ndarray, truth: np.ndarray, collar: int
) -> None:
    found = LeastEvents(shown(lane), shown(truth), collar)
    # A segment kept twice, on both sides of what is painted, is given its label once.
    assert sum(m.price for m in found.plan()) <= found.events
    assert (found.events == 0) == is_right(shown(lane), shown(truth), collar)


def test_fewer_frames_of_collar_never_cost_less() -> None:
    dice = np.random.default_rng(4)
    for _ in range(30):
        lane, truth = (np.repeat(dice.integers(0, 3, 12), 4) for _ in range(2))
        events = [LeastEvents(shown(lane), shown(truth), k).events for k in (0, 2, 5)]
        assert all(a >= b for a, b in pairwise(events))
