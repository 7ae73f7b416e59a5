from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.semi_markov import (
    HARDLY,
    Lengths,
    Limits,
    States,
    best_segments,
)
from tests.soak import examples

shapes = st.tuples(
    st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 3), st.integers(1, 4)
)


def tilings(n_frames: int, n: int) -> Iterator[States]:
    """Every way to divide frames into segments of states."""

    def after(start: int) -> Iterator[States]:
        if start == n_frames:
            yield []
        for stop in range(start + 1, n_frames + 1):
            for state in range(n):
                for rest in after(stop):
                    yield [(start, stop, state), *rest]

    return after(0)


class Problem:
    """A random search, and what any tiling is worth in it."""

    def __init__(self, seed: int, n_frames: int, n: int, longest: int) -> None:
        rng = np.random.default_rng(seed)
        self.logs = rng.normal(size=(n_frames, n)) * 3
        self.transitions = rng.normal(size=(n, n))
        self.transitions[rng.random((n, n)) < 0.2] = -np.inf
        self.lengths = Lengths(
            rng.normal(size=(n, longest)), rng.normal(size=n), rng.normal(size=n)
        )
        self.limits = Limits(
            (rng.random((n_frames, n)) < 0.8) if rng.random() < 0.5 else None,
            frozenset(rng.integers(0, n_frames + 1, rng.integers(0, 3)).tolist()),
        )
        self.first, self.last = rng.normal(size=n), rng.normal(size=n)

    def value(self, tiling: States) -> float:
        total = self.first[tiling[0][2]] + self.last[tiling[-1][2]]
        for start, stop, state in tiling:
            total += self.logs[start:stop, state].sum() + self._length(tiling, start)
        for (*_, a), (at, _, b) in pairwise(tiling):
            if a == b:
                total += HARDLY if at in self.limits.pinned else -np.inf
            else:
                total += self.transitions[a, b]
        return float(total) if self._kept(tiling) else -np.inf

    def _length(self, tiling: States, at: int) -> float:
        frames, state = next((b - a, c) for a, b, c in tiling if a == at)
        longest = self.lengths.logs.shape[1]
        if frames <= longest:
            return float(self.lengths.logs[state, frames - 1])
        more = frames - longest - 1
        return float(self.lengths.beyond[state] + more * self.lengths.further[state])

    def _kept(self, tiling: States) -> bool:
        limits, starts = self.limits, {a for a, *_ in tiling}
        n_frames = len(self.logs)
        return all(p in starts for p in limits.pinned if 0 < p < n_frames) and (
            limits.allowed is None
            or all(limits.allowed[a:b, c].all() for a, b, c in tiling)
        )


@given(shapes)
@settings(max_examples=examples(150), deadline=None)
def test_it_equals_trying_every_tiling(shape: tuple[int, int, int, int]) -> None:
    problem = Problem(*shape)
    found = best_segments(
        problem.logs,
        problem.transitions,
        problem.lengths,
        problem.limits,
        problem.first,
        problem.last,
    )
    best = max(problem.value(t) for t in tilings(shape[1], shape[2]))
    if np.isfinite(best):
        assert problem.value(found) == pytest.approx(best)
    else:
        assert found == []


def test_a_length_that_is_usual_is_found_where_the_frames_say_little() -> None:
    """Two classes in turn, ten frames each; the probabilities barely differ."""
    truth = np.tile(np.repeat([0, 1], 10), 3)
    logs = np.where(np.eye(2, dtype=bool)[truth], 0.1, 0.0)
    logs[::7] = 0.0
    usual = np.full((2, 20), -8.0)
    usual[:, 9] = 0.0
    lengths = Lengths(usual, np.full(2, -30.0), np.full(2, -1.0))
    found = best_segments(logs, np.zeros((2, 2)), lengths, Limits())
    assert [(a, b) for a, b, _ in found] == [(k, k + 10) for k in range(0, 60, 10)]


def test_a_segment_may_last_much_longer_than_the_longest_that_is_exact() -> None:
    logs = np.full((500, 2), -3.0)
    logs[:, 1] = 0.0
    lengths = Lengths(np.zeros((2, 5)), np.full(2, -2.0), np.full(2, -0.1))
    assert best_segments(logs, np.zeros((2, 2)), lengths, Limits()) == [(0, 500, 1)]


def test_less_than_the_least_length_happens_only_where_nothing_else_is_left() -> None:
    logs = np.where(np.arange(30)[:, None] // 3 % 2 == [0, 1], 0.0, -9.0)
    free = Lengths.of_staying(np.zeros((2, 2))).at_least(np.array([5, 5]))
    found = best_segments(logs, np.zeros((2, 2)), free, Limits())
    assert min(b - a for a, b, _ in found) >= 5
    pinned = Limits(pinned=frozenset({10, 12}))
    found = best_segments(logs, np.zeros((2, 2)), free, pinned)
    assert (10, 12) in [(a, b) for a, b, _ in found]
    assert [b - a < 5 for a, b, _ in found].count(True) == 1
