"""Distances between the boundaries that two people set between the same segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.metrics import LabelRuns, runs


def boundary_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Measure how many frames apart two people set the same boundaries.

    Two boundaries match if the segments before them overlap and have one class, and so
    do the segments after them. Boundaries to unlabelled frames are left out, and so are
    boundaries of one person only.

    Parameters
    ----------
    first, second : ndarray of int, shape (T,)
        Framewise labels.
    """
    a, b = _Boundaries.of(runs(first)), _Boundaries.of(runs(second))
    found = []
    for i, at in enumerate(a.at):
        same = np.flatnonzero(
            (b.before == a.before[i])
            & (b.after == a.after[i])
            & (a.low[i] < b.at)
            & (b.at < a.high[i])
            & (b.low < at)
            & (at < b.high)
        )
        if len(same):
            found.append(abs(b.at[same[0]] - at))
    return np.array(found, np.int64)


@dataclass(frozen=True)
class _Boundaries:
    at: np.ndarray
    before: np.ndarray
    after: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, found: LabelRuns) -> _Boundaries:
        touching = np.flatnonzero(found.stops[:-1] == found.starts[1:])
        return cls(
            found.starts[touching + 1],
            found.labels[touching],
            found.labels[touching + 1],
            found.starts[touching],
            found.stops[touching + 1],
        )
