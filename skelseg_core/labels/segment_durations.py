"""Durations of segments by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

SHORTEST_S = 0.01
"""Start of the first bin in seconds."""

BINS_PER_DOUBLING = 4
"""Bins per doubling of the duration."""

N_BINS = 80
"""Number of bins, up to 2.9 hours."""

SPREAD_BINS = 2.0
"""Standard deviation in bins that a segment is spread over: about 40 % of its length.
"""

BORROWED = 5.0
"""Segments credited to every class in addition, distributed like those of all classes.
"""

_RAREST = 1e-9
"""Floor of the probability of a length, so that the logarithm is finite."""

_EDGES_S = SHORTEST_S * 2.0 ** (np.arange(N_BINS + 1) / BINS_PER_DOUBLING)


@dataclass(frozen=True, eq=False)
class Durations:
    """Histograms of the durations of labelled segments, by class.

    Parameters
    ----------
    counts : ndarray of int64, shape (C, N_BINS)
        Segments by class and bin; bin k begins at ``SHORTEST_S * 2 ** (k / 4)``
        seconds.
    """

    counts: np.ndarray

    def log_lengths(self, rate: float, longest: int) -> tuple[np.ndarray, np.ndarray]:
        """Compute log probabilities of lasting 1 .. ``longest`` frames, and more.

        Parameters
        ----------
        rate : float
            Frames per second; durations count in seconds, so the same counts serve
            videos of any rate.
        longest : int

        Returns
        -------
        ndarray of float64, shape (C, longest)
            Column d - 1 is for d frames.
        ndarray of float64, shape (C,)
            For more frames than ``longest``.
        """
        step_s = 1 / rate if 0 < rate < np.inf else 0.1
        # A duration of d frames means between half a frame less and half a frame more.
        ends = np.log((np.arange(1, longest + 1) + 0.5) * step_s)
        sums = np.cumsum(self._shares(), axis=1)
        edges = np.log(_EDGES_S)
        below = np.stack([np.interp(ends, edges, np.append(0.0, s)) for s in sums])
        each = np.diff(below, axis=1, prepend=0.0)
        more = 1 - below[:, -1]
        return np.log(np.maximum(each, _RAREST)), np.log(np.maximum(more, _RAREST))

    def _shares(self) -> np.ndarray:
        """Compute the share (C, N_BINS) of each bin, smoothed."""
        distance = np.arange(N_BINS)[:, None] - np.arange(N_BINS)
        kernel = np.exp(-0.5 * (distance / SPREAD_BINS) ** 2)
        kernel /= kernel.sum(axis=1, keepdims=True)
        spread = self.counts @ kernel
        # One segment of any length is added, so that unseen lengths stay possible.
        usual = spread.sum(axis=0) + 1 / N_BINS
        usual /= usual.sum()
        n = self.counts.sum(axis=1, keepdims=True)
        return np.asarray((spread + BORROWED * usual) / (n + BORROWED))

    def merged(self, places: Sequence[int]) -> Durations:
        """Add up the counts of merged classes: class i becomes ``places[i]``."""
        to = np.eye(max(places) + 1, dtype=np.int64)[np.asarray(places)]
        return Durations(to.T @ self.counts)

    def to_json(self) -> list[list[list[int]]]:
        """Convert to ``[bin, number]`` pairs by class."""
        return [
            [[int(k), int(row[k])] for k in np.flatnonzero(row)] for row in self.counts
        ]

    @classmethod
    def from_json(
        cls, values: Sequence[Sequence[Sequence[int]]], n_classes: int
    ) -> Durations:
        """Read what `to_json` wrote."""
        counts = np.zeros((n_classes, N_BINS), np.int64)
        if len(values) != n_classes:
            raise ValueError(f"durations do not fit {n_classes} classes")
        for class_index, pairs in enumerate(values):
            for k, number in pairs:
                if not (0 <= k < N_BINS and 0 <= number < 1 << 40):
                    raise ValueError("durations are not counts")
                counts[class_index, k] = number
        return cls(counts)


def count_durations(
    segments: Iterable[tuple[int, float]], n_classes: int
) -> Durations | None:
    """Count how long segments last, or return None without segments.

    Parameters
    ----------
    segments : iterable of (int, float)
        Class index, and seconds.
    """
    counts = np.zeros((n_classes, N_BINS), np.int64)
    for class_index, seconds in segments:
        k = BINS_PER_DOUBLING * np.log2(max(seconds, SHORTEST_S) / SHORTEST_S)
        counts[class_index, min(int(k), N_BINS - 1)] += 1
    return Durations(counts) if counts.any() else None
