"""Order machines: states that segments in a known order may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.decoding import switch_price
from skelseg_core.labels.semi_markov import Sources
from skelseg_core.review.evidence import Evidence

SAMPLES_PER_S = 10.0
"""Frames a second among which an order is searched; boundaries are exact after."""

DEVIATES = 0.02
"""Probability at each segment that a repetition goes on otherwise than the one before.

Measured on UW-IOM: between 0.03 and 0.0003 there is little to choose.
"""

Entries = Sequence[int | None]
"""Class ids in order; None where any segments, or none, may come between."""


@dataclass(frozen=True, eq=False)
class OrderMachine:
    """States of a search, and what may follow what.

    Parameters
    ----------
    class_ids : ndarray of int, shape (S,)
        Class of each state.
    follow : ndarray of float, shape (S, S), or Sources
        As in `semi_markov.best_segments`.
    first, last : ndarray of float, shape (S,)
        Log probabilities of the first and the last state.
    """

    class_ids: np.ndarray
    follow: np.ndarray | Sources
    first: np.ndarray
    last: np.ndarray

    def cooled(self, temperature: float) -> OrderMachine:
        """Weigh what follows what against probabilities of this temperature."""
        follow = self.follow
        if isinstance(follow, Sources):
            follow = Sources(follow.states, follow.logs / temperature)
        else:
            follow = follow / temperature
        first, last = self.first / temperature, self.last / temperature
        return OrderMachine(self.class_ids, follow, first, last)


def once(entries: Entries, evidence: Evidence) -> OrderMachine:
    """Make the machine of an order that is kept: one segment for each entry."""
    chain = _Chain(_Followers(evidence), [int(i) for i in evidence.class_ids])
    for n, entry in enumerate(entries):
        if entry is not None:
            chain.add_entry(entry)
        elif n == 0 or entries[n - 1] is not None:
            chain.add_anything()
    return chain.machine()


def again_and_again(entries: Sequence[int], evidence: Evidence) -> OrderMachine:
    """Make the machine of an order that repeats, each time much as before.

    From every entry the next one follows, the first one after the last; seldom
    (`DEVIATES`) any other class, from which the order may be taken up anywhere.
    """
    follows, n = _Followers(evidence), len(entries)
    class_ids = np.array([*entries, *(int(i) for i in evidence.class_ids)])
    times = np.array([(class_ids == i).sum() for i in class_ids])
    shares = np.exp(follows.matrix(class_ids)) / times
    shares[class_ids[:, None] == class_ids] = 0.0
    for place in range(n):
        then = (place + 1) % n
        if class_ids[then] != class_ids[place]:
            shares[place] *= DEVIATES
            shares[place, then] += 1 - DEVIATES
    with np.errstate(divide="ignore"):
        follow = np.log(shares) - follows.price
    # The last entry goes on, or ends where the rest begins.
    first = follow[n - 1].copy()
    first[n - 1] = 0.0
    return OrderMachine(class_ids, follow, first, np.zeros(len(class_ids)))


class _Followers:
    """Log probabilities of a class after another, also of classes nobody counted."""

    def __init__(self, evidence: Evidence) -> None:
        self.columns = {int(i): n for n, i in enumerate(evidence.class_ids)}
        n = len(self.columns)
        self.any = -np.log(n)
        counted = evidence.transitions
        # Where nothing was counted, a change costs what it costs in pre-labels.
        price = switch_price(min(evidence.rate, SAMPLES_PER_S))
        self.price = price if counted is None else 0.0
        self.logs = np.full((n, n), self.any)
        if counted is not None:
            self.logs = counted.log_followers()

    def after(self, before: int, then: int) -> float:
        """Return the log probability of one class after another, without the price."""
        a, b = self.columns.get(before), self.columns.get(then)
        return self.any if a is None or b is None else float(self.logs[a, b])

    def matrix(self, class_ids: np.ndarray) -> np.ndarray:
        """Return those of all pairs (S, S), from row to column."""
        ids = class_ids.tolist()
        return np.array([[self.after(a, b) for b in ids] for a in ids])


class _Chain:
    """A machine while entries are added to it."""

    def __init__(self, follows: _Followers, known: list[int]) -> None:
        self.follows, self.known = follows, known
        self.class_ids: list[int] = []
        self.sources: list[list[tuple[int, float]]] = []
        self.first: list[float] = []
        # States that the next one may follow, the last entry among them.
        self.before: list[int] = []
        self.entry = -1

    def add_entry(self, class_id: int) -> None:
        """Let one segment follow; two entries of one class are two segments."""
        self.class_ids.append(class_id)
        self._add([s for s in self.before if self._changes(s) or s == self.entry])
        self.entry = len(self.class_ids) - 1
        self.before = [self.entry]

    def add_anything(self) -> None:
        """Let any segments follow, or none."""
        start = len(self.class_ids)
        states = [start + n for n in range(len(self.known))]
        for class_id in self.known:
            self.class_ids.append(class_id)
            earlier = [*self.before, *states[: len(self.class_ids) - start - 1]]
            self._add([s for s in earlier if self._changes(s)])
        for state in states:
            # Those that were added after it may come before it as well.
            later = [s for s in states if s > state]
            self.sources[state] += [(s, self._after(s, state)) for s in later]
        self.before = [*self.before, *states]

    def _changes(self, state: int) -> bool:
        return self.class_ids[state] != self.class_ids[-1]

    def _after(self, before: int, then: int) -> float:
        after = self.follows.after(self.class_ids[before], self.class_ids[then])
        return after - self.follows.price

    def _add(self, after: list[int]) -> None:
        state = len(self.class_ids) - 1
        self.sources.append([(s, self._after(s, state)) for s in after])
        self.first.append(0.0 if self.entry < 0 else -np.inf)

    def machine(self) -> OrderMachine:
        """Make arrays of what was added."""
        n, most = len(self.class_ids), max((len(s) for s in self.sources), default=0)
        states = np.zeros((n, max(1, most)), np.int64)
        logs = np.full(states.shape, -np.inf)
        for row, found in enumerate(self.sources):
            for place, (state, log) in enumerate(found):
                states[row, place], logs[row, place] = state, log
        last = np.full(n, -np.inf)
        last[self.before] = 0.0
        return OrderMachine(
            np.array(self.class_ids), Sources(states, logs), np.array(self.first), last
        )
