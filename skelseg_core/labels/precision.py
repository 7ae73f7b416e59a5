"""Precision of segments by confidence: how many of the sure ones were right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED, Segmentation

REACH_S = 0.2
"""Seconds by which each end of a segment may be off for it to count as right."""
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
"""Confidences for which a table of precision is kept."""


class Precision(NamedTuple):
    """Number of segments, of those with the right class, and with right ends, too."""

    n: int
    of_class: int
    right: int


@dataclass(frozen=True, eq=False)
class Judged:
    """Segments whose truth is known.

    Parameters
    ----------
    confidence : ndarray of float, shape (N,)
    of_class : ndarray of bool, shape (N,)
        Whether the class is right.
    right : ndarray of bool, shape (N,)
        Whether the class is, and each end lies within `REACH_S`.
    """

    confidence: np.ndarray
    of_class: np.ndarray
    right: np.ndarray

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[float, bool, bool]]) -> Judged:
        """Make one of (confidence, class is right, all is right)."""
        return cls(
            np.array([sure for sure, _, _ in rows], np.float64),
            np.array([of_class for _, of_class, _ in rows], bool),
            np.array([right for _, _, right in rows], bool),
        )

    @classmethod
    def of(cls, segmentation: Segmentation, truth: np.ndarray, rate: float) -> Judged:
        """Judge the segments of which all frames, and those beside them, have a truth.

        The class is right where it is that of the middle frame.

        Parameters
        ----------
        segmentation : Segmentation
            Of T frames.
        truth : ndarray of int, shape (T,)
            Class ids; -1 where nothing is known.
        rate : float
            Frames per second.
        """
        reach = reach_of(rate)
        edges = np.concatenate([[0], np.flatnonzero(np.diff(truth)) + 1, [len(truth)]])
        unknown = np.concatenate([[0], np.cumsum(truth == UNLABELLED)])
        rows = []
        for segment in segmentation.segments:
            low, high = max(segment.start - 1, 0), min(segment.stop + 1, len(truth))
            known = unknown[low] == unknown[high]
            if segment.class_id is None or segment.confidence is None or not known:
                continue
            middle = (segment.start + segment.stop) // 2
            run = int(np.searchsorted(edges, middle, side="right"))
            off = edges[run - 1] - segment.start, edges[run] - segment.stop
            same = bool(truth[middle] == segment.class_id)
            right = same and max(map(abs, off)) <= reach
            rows.append((segment.confidence, same, bool(right)))
        return cls.of_rows(rows)

    @classmethod
    def joined(cls, several: Iterable[Judged]) -> Judged:
        """Join the segments of several videos."""
        found = [cls.of_rows(()), *several]
        return cls(
            np.concatenate([j.confidence for j in found]),
            np.concatenate([j.of_class for j in found]),
            np.concatenate([j.right for j in found]),
        )

    def at(self, confidence: float) -> Precision:
        """Count the segments of at least this confidence, and the right ones."""
        above = self.confidence >= confidence
        counts = (above, self.of_class & above, self.right & above)
        return Precision(*(int(which.sum()) for which in counts))

    def table(self) -> list[list[float]]:
        """List confidence and `Precision` for `LEVELS`."""
        return [[level, *self.at(level)] for level in LEVELS]


def reach_of(rate: float) -> int:
    """Return the frames by which an end may be off, at ``rate`` frames per second."""
    return max(1, math.floor(REACH_S * rate))


def read_table(table: Sequence[Sequence[float]], confidence: float) -> Precision:
    """Look up the counts of a `Judged.table` from a confidence on.

    Those of the next higher level count, so that no segment below is among them.
    """
    for level, n, of_class, right in table:
        if level >= confidence - 1e-9:
            return Precision(int(n), int(of_class), int(right))
    return Precision(0, 0, 0)
