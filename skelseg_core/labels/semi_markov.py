"""Search of the best segments: a semi-Markov model over states, within limits.

A segment is worth the log probabilities of its frames, of its length and of what it
follows. The search is exact for every length up to the last column of the lengths;
beyond it every further frame costs the same. It takes one pass over the frames, so it
always ends. A hidden Markov model is the case of one column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARDLY = -1e6
"""Log probability of what happens only where limits leave nothing else."""

States = list[tuple[int, int, int]]
"""Start, stop and state of each segment, in order."""


@dataclass(frozen=True, eq=False)
class Lengths:
    """Log probabilities of the lengths of segments, by state.

    Parameters
    ----------
    logs : ndarray of float64, shape (S, D)
        Column d - 1 is that of d frames.
    beyond : ndarray of float64, shape (S,)
        Of D + 1 frames.
    further : ndarray of float64, shape (S,)
        What each frame after that adds.
    """

    logs: np.ndarray
    beyond: np.ndarray
    further: np.ndarray

    @classmethod
    def of_staying(cls, transitions: np.ndarray) -> Lengths:
        """Make lengths of a hidden Markov model: of the diagonal of transitions."""
        stay = np.asarray(transitions, np.float64).diagonal().copy()
        return cls(np.zeros((len(stay), 1)), stay, stay)

    @classmethod
    def counted(cls, each: np.ndarray, more: np.ndarray) -> Lengths:
        """Make lengths of log probabilities (S, D), and of more frames (S,)."""
        # Beyond, a segment is taken to last as long again on average.
        leave = 1 / (each.shape[1] + 1)
        return cls(each, more + np.log(leave), np.full(len(more), np.log1p(-leave)))

    def widened(self, n: int) -> Lengths:
        """Extend by states of which every length is as good, to ``n`` in all."""
        more = n - len(self.beyond)
        return Lengths(
            np.pad(self.logs, ((0, more), (0, 0))),
            np.pad(self.beyond, (0, more)),
            np.pad(self.further, (0, more)),
        )

    def at_least(self, least: np.ndarray) -> Lengths:
        """Let what is shorter than ``least`` frames (S,) happen hardly ever."""
        more = np.arange(int(least.max()) - self.logs.shape[1])
        added = self.beyond[:, None] + self.further[:, None] * more
        logs = np.hstack([self.logs, added])
        short = np.arange(1, logs.shape[1] + 1) < least[:, None]
        beyond = self.beyond + self.further * len(more)
        return Lengths(logs + HARDLY * short, beyond, self.further)


@dataclass(frozen=True, eq=False)
class Limits:
    """Frames at which states and boundaries may be.

    Parameters
    ----------
    allowed : ndarray of bool, shape (T, S), or None
        States that a frame may have.
    pinned : frozenset of int
        Frames at which a segment begins. Where nothing else is allowed, it has the
        state of the one before.
    """

    allowed: np.ndarray | None = None
    pinned: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Sources:
    """States that each state may follow, where these are few of many.

    Parameters
    ----------
    states : ndarray of int, shape (S, P)
        That the row's state may follow.
    logs : ndarray of float, shape (S, P)
        Log probability of each; -inf where a row has fewer.
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
    """Find the segments whose log probabilities add up to most.

    Parameters
    ----------
    logs : ndarray of float, shape (T, C)
        Finite, per frame and column.
    transitions : ndarray of float, shape (S, S), or Sources
        Of a segment of the row's state being followed by one of the column's; -inf
        cannot happen. The diagonal is not looked at.
    lengths : Lengths
    limits : Limits
    first, last : ndarray of float, shape (S,), optional
        Of the first and of the last segment; 0 by default.
    columns : ndarray of int, shape (S,), optional
        Column of each state; by default there are as many, in the same order.

    Returns
    -------
    list of (int, int, int)
        Empty where no segments keep to the limits.
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
    """Tables of one search; ``starts`` is (S, T) so that a window lies in one piece."""

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
        # Value of a segment that starts at a frame, less the sum until then.
        self.starts = np.full((self.n, self.n_frames), -np.inf)
        self.lengths, self.limits = lengths, limits
        # Backwards, as the starts of the segments that end at one frame are in order.
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
        # Segments longer than the last column: their value, and where they start.
        self.long = np.full(self.n, -np.inf)
        self.long_start = np.zeros(self.n, np.int32)

    def run(self, first: np.ndarray) -> np.ndarray:
        """Fill the tables, and return the values (S,) of what ends with each state."""
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
        """List the states that are allowed no longer from a frame on, by the frame."""
        allowed = self.limits.allowed
        if allowed is None:
            return {}
        frames, states = np.nonzero(allowed[:-1] & ~allowed[1:])
        found, firsts = np.unique(frames, return_index=True)
        groups = np.split(states, firsts[1:]) if len(found) else []
        return {int(f) + 1: g for f, g in zip(found, groups, strict=True)}

    def _open(self, t: int, values: np.ndarray) -> None:
        """Let segments start at ``t``, where their states are allowed."""
        opened = values - self.sums[t, self.columns]
        if self.limits.allowed is not None:
            opened[~self.limits.allowed[t]] = -np.inf
        self.starts[:, t] = opened

    def _forget(self, t: int, states: np.ndarray) -> None:
        """Let no segment of these states that started before ``t`` go on."""
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
        """Take up the segments that started at ``start`` among those beyond."""
        self.long += self.lengths.further
        begun = self.starts[:, start] + self.lengths.beyond
        later = begun > self.long
        np.copyto(self.long, begun, where=later)
        self.long_start[later] = start

    def _follow(self, t: int, value: np.ndarray) -> None:
        """Let the best followers of what ended before ``t`` start."""
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
        """Follow the tables back from the last frame."""
        segments, stop = [], self.n_frames
        while True:
            start = int(self.start_of[stop, state])
            segments.append((start, stop, state))
            if start == 0:
                return segments[::-1]
            state, stop = int(self.before[start, state]), start
