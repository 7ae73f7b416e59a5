"""Search for the best segments: a semi-Markov model over states, within limits.

A segment scores the log probabilities of its frames, its length and its predecessor.
The search is exact up to the last column of the lengths; each further frame costs the
same. It takes one pass over the frames, so it always ends. One column gives a hidden
Markov model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARDLY = -1e6
"""Log probability of events that happen only if limits leave nothing else."""

States = list[tuple[int, int, int]]
"""Start, stop and state of each segment, in order."""


@dataclass(frozen=True, eq=False)
class Lengths:
    """Log probabilities of the lengths of segments, by state.

    Parameters
    ----------
    logs : ndarray of float64, shape (S, D)
        Column d - 1 is for d frames.
    beyond : ndarray of float64, shape (S,)
        For D + 1 frames.
    further : ndarray of float64, shape (S,)
        Added by each frame after that.
    """

    logs: np.ndarray
    beyond: np.ndarray
    further: np.ndarray

    @classmethod
    def of_staying(cls, transitions: np.ndarray) -> Lengths:
        """Make lengths of a hidden Markov model from the diagonal of transitions."""
        stay = np.asarray(transitions, np.float64).diagonal().copy()
        return cls(np.zeros((len(stay), 1)), stay, stay)

    @classmethod
    def counted(cls, each: np.ndarray, more: np.ndarray) -> Lengths:
        """Make lengths from log probabilities (S, D), and of longer segments (S,)."""
        # Longer segments are taken to last as long again on average.
        leave = 1 / (each.shape[1] + 1)
        return cls(each, more + np.log(leave), np.full(len(more), np.log1p(-leave)))

    def widened(self, n: int) -> Lengths:
        """Extend to ``n`` states; all lengths of the new ones are equally probable."""
        more = n - len(self.beyond)
        return Lengths(
            np.pad(self.logs, ((0, more), (0, 0))),
            np.pad(self.beyond, (0, more)),
            np.pad(self.further, (0, more)),
        )

    def at_least(self, least: np.ndarray) -> Lengths:
        """Make segments shorter than ``least`` frames (S,) very improbable."""
        more = np.arange(int(least.max()) - self.logs.shape[1])
        added = self.beyond[:, None] + self.further[:, None] * more
        logs = np.hstack([self.logs, added])
        short = np.arange(1, logs.shape[1] + 1) < least[:, None]
        beyond = self.beyond + self.further * len(more)
        return Lengths(logs + HARDLY * short, beyond, self.further)


@dataclass(frozen=True, eq=False)
class Limits:
    """Allowed states and boundaries by frame.

    Parameters
    ----------
    allowed : ndarray of bool, shape (T, S), or None
        Allowed states of a frame.
    pinned : frozenset of int
        Frames at which a segment begins. If nothing else is allowed, it keeps the
        previous state.
    """

    allowed: np.ndarray | None = None
    pinned: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Sources:
    """Possible predecessors of each state, if there are few.

    Parameters
    ----------
    states : ndarray of int, shape (S, P)
        Predecessors of the row's state.
    logs : ndarray of float, shape (S, P)
        Log probability of each; -inf for unused entries.
    """

    states: np.ndarray
    logs: np.ndarray


def best_segments(
    logs: np.ndarray,
    transitions: np.ndarray | Sources,
    lengths: Lengths,
    limits: Limits,
    first: np.ndarray | None = None,
    last: np.ndarray | None = None,
    columns: np.ndarray | None = None,
) -> States:
    """Find the segments with the highest sum of log probabilities.

    Parameters
    ----------
    logs : ndarray of float, shape (T, C)
        Finite, per frame and column.
    transitions : ndarray of float, shape (S, S), or Sources
        Log probabilities from the row's state to the column's; -inf is impossible. The
        diagonal is ignored.
    lengths : Lengths
    limits : Limits
    first, last : ndarray of float, shape (S,), optional
        Log probabilities of the first and last state; 0 by default.
    columns : ndarray of int, shape (S,), optional
        Column of each state; by default the same order.

    Returns
    -------
    list of (int, int, int)
        Empty if no segments fit the limits.
    """
    if columns is None:
        columns = np.arange(logs.shape[1])
    search = _Search(logs, columns, transitions, lengths, limits)
    value = search.run(np.zeros(len(columns)) if first is None else first)
    if last is not None:
        value = value + last
    state = int(value.argmax())
    return search.traced(state) if np.isfinite(value[state]) else []


class _Search:
    """Tables of one search; ``starts`` is (S, T) so that a window is contiguous."""

    def __init__(
        self,
        logs: np.ndarray,
        columns: np.ndarray,
        transitions: np.ndarray | Sources,
        lengths: Lengths,
        limits: Limits,
    ) -> None:
        self.n_frames, self.n = len(logs), len(columns)
        self.states, self.columns = np.arange(self.n), columns
        self.sums = np.zeros((self.n_frames + 1, logs.shape[1]))
        np.cumsum(logs, axis=0, out=self.sums[1:])
        # Value of a segment that starts at a frame, minus the sum until then.
        self.starts = np.full((self.n, self.n_frames), -np.inf)
        self.lengths, self.limits = lengths, limits
        # Backwards, as the starts of the segments that end at one frame are sorted.
        self.backwards = np.ascontiguousarray(lengths.logs[:, ::-1])
        self.longest = lengths.logs.shape[1]
        self.window = np.empty((self.n, self.longest))
        self.sources = transitions if isinstance(transitions, Sources) else None
        if not isinstance(transitions, Sources):
            self.into = np.array(transitions, np.float64).T.copy()
            self.into_pinned = self.into.copy()
            np.fill_diagonal(self.into, -np.inf)
            np.fill_diagonal(self.into_pinned, HARDLY)
        self.start_of = np.zeros((self.n_frames + 1, self.n), np.int32)
        self.before = np.zeros((self.n_frames, self.n), np.int16)
        # Segments longer than the last column: value and start.
        self.long = np.full(self.n, -np.inf)
        self.long_start = np.zeros(self.n, np.int32)

    def run(self, first: np.ndarray) -> np.ndarray:
        """Fill the tables; return the values (S,) of paths that end in each state."""
        ends = self._ends()
        self._open(0, first)
        value = self.long
        for t in range(1, self.n_frames + 1):
            if t - 1 in ends:
                self._forget(t - 1, ends[t - 1])
            value = self._closed(t)
            if t < self.n_frames:
                self._follow(t, value)
        return value

    def _ends(self) -> dict[int, np.ndarray]:
        """Map each frame to the states that are forbidden from it on."""
        allowed = self.limits.allowed
        if allowed is None:
            return {}
        frames, states = np.nonzero(allowed[:-1] & ~allowed[1:])
        found, firsts = np.unique(frames, return_index=True)
        groups = np.split(states, firsts[1:]) if len(found) else []
        return {int(f) + 1: g for f, g in zip(found, groups, strict=True)}

    def _open(self, t: int, values: np.ndarray) -> None:
        opened = values - self.sums[t, self.columns]
        if self.limits.allowed is not None:
            opened[~self.limits.allowed[t]] = -np.inf
        self.starts[:, t] = opened

    def _forget(self, t: int, states: np.ndarray) -> None:
        low = max(0, t - self.longest)
        self.starts[states, low:t] = -np.inf
        self.long[states] = -np.inf

    def _closed(self, t: int) -> np.ndarray:
        """Find the best segment of each state that ends before ``t``: values (S,)."""
        low = max(0, t - self.longest)
        part: np.ndarray = self.window[:, : t - low]
        np.add(self.starts[:, low:t], self.backwards[:, low - t :], out=part)
        at = part.argmax(axis=1)
        value: np.ndarray = part[self.states, at]
        at += low
        if low:
            self._lengthen(low - 1)
            longer = self.long >= value
            np.copyto(value, self.long, where=longer)
            np.copyto(at, self.long_start, where=longer)
        self.start_of[t] = at
        value += self.sums[t, self.columns]
        return value

    def _lengthen(self, start: int) -> None:
        self.long += self.lengths.further
        begun = self.starts[:, start] + self.lengths.beyond
        later = begun > self.long
        np.copyto(self.long, begun, where=later)
        self.long_start[later] = start

    def _follow(self, t: int, value: np.ndarray) -> None:
        pinned = t in self.limits.pinned
        if pinned:
            self._forget(t, self.states)
        if self.sources is not None:
            paths = value[self.sources.states] + self.sources.logs
        else:
            paths = (self.into_pinned if pinned else self.into) + value
        best = paths.argmax(axis=1)
        self._open(t, paths[self.states, best])
        if self.sources is not None:
            best = self.sources.states[self.states, best]
        self.before[t] = best

    def traced(self, state: int) -> States:
        segments, stop = [], self.n_frames
        while True:
            start = int(self.start_of[stop, state])
            segments.append((start, stop, state))
            if start == 0:
                return segments[::-1]
            state, stop = int(self.before[start, state]), start
