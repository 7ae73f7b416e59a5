"""Cues: what a model's probabilities say against the segments of a lane.

`boundary_cues` has the figures of a boundary, `segment_cues` those of a segment. Sums
over frames count as at ten frames a second: frames beside one another say nearly the
same, and twice as many of them say no more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.labels.transitions import Transitions, count_transitions
from skelseg_core.review.evidence import Evidence

LEAST = 1e-6
"""Probabilities below this count as this, so that the logarithm is finite."""
SHORTEST_S = 0.3
"""Seconds that a missing segment takes at least."""
UNSEEN = 0.2
"""Changes credited to every pair of classes beside those counted."""
USUAL_RATE = 10.0
"""Frames per second at which sums over frames count in full."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Probabilities of a video summed up along its frames; made once per video.

    The last channel stands for every class the model does not know, and for none.

    Parameters
    ----------
    evidence : Evidence
    transitions : Transitions
        Counted in labels, of C channels.
    probabilities, logs : ndarray of float64, shape (T + 1, C + 1)
        Summed up from 0; the logarithms as at `USUAL_RATE`.
    doubt : ndarray of float64, shape (T + 1,)
        1 - probability of the best class, summed up from 0.
    """

    evidence: Evidence
    transitions: Transitions
    probabilities: np.ndarray
    logs: np.ndarray
    doubt: np.ndarray

    @classmethod
    def of(cls, evidence: Evidence, lane: Segmentation) -> Sums:
        """Sum up; where no transitions were counted, those of ``lane`` are.

        Raises
        ------
        ModelError
            Where the probabilities are of another number of frames.
        """
        values = np.asarray(evidence.probabilities, np.float64)
        n_frames, n = values.shape
        if n_frames != lane.n_frames:
            raise ModelError(
                "The prediction covers {} frames, the labels {}; pre-label this video "
                "again.",
                n_frames,
                lane.n_frames,
            )
        known = np.zeros((n_frames + 1, n + 1))
        np.cumsum(values, axis=0, out=known[1:, :n])
        logs = np.full((n_frames + 1, n + 1), np.log(LEAST))
        logs[0] = 0
        np.log(np.clip(values, LEAST, 1), out=logs[1:, :n])
        logs *= USUAL_RATE / evidence.rate
        np.cumsum(logs, axis=0, out=logs)
        doubt = np.concatenate([[0.0], np.cumsum(1 - values.max(axis=1))])
        counted = evidence.transitions
        if counted is None:
            frames = channels(evidence.class_ids, lane.to_frames())
            frames = np.where(frames == n, UNLABELLED, frames)
            counted = count_transitions([(frames, evidence.rate)], n)
        return cls(evidence, counted, known, logs, doubt)

    @property
    def n_classes(self) -> int:
        """Number of classes the model knows, C; the channel of all others."""
        return len(self.evidence.class_ids)

    @property
    def shortest(self) -> int:
        """Frames that a missing segment takes at least."""
        return max(1, round(SHORTEST_S * self.evidence.rate))

    @cached_property
    def _changes(self) -> np.ndarray:
        return np.asarray(self.transitions.counts * (1.0 - np.eye(self.n_classes)))

    @cached_property
    def counts(self) -> np.ndarray:
        """Logarithm of how often a class follows another, (C + 1, C + 1)."""
        out = np.full((self.n_classes + 1,) * 2, np.log(UNSEEN))
        out[:-1, :-1] = np.log(self._changes + UNSEEN)
        return out

    @cached_property
    def exits(self) -> np.ndarray:
        """Logarithm of how often another class follows one, (C + 1,)."""
        ends = np.append(self._changes.sum(axis=1), 0.0)
        return np.asarray(np.log(ends + UNSEEN * self.n_classes))

    @cached_property
    def usual_s(self) -> np.ndarray:
        """Seconds that a segment of each class takes on average, (C + 1,)."""
        usual = (self.transitions.seconds + 1) / (self._changes.sum(axis=1) + 1)
        return np.append(usual, usual.mean())

    def lane_channels(self, lane: Segmentation) -> np.ndarray:
        """Find the channel of each segment of a lane, (S,)."""
        return channels(self.evidence.class_ids, lane.class_ids)


def channels(class_ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Find the channel of each label; C where the model does not know it."""
    ids = np.asarray(class_ids, np.int64)
    order = np.argsort(ids, kind="stable")
    at = np.searchsorted(ids[order], labels).clip(max=len(ids) - 1)
    return np.where(ids[order][at] == labels, order[at], len(ids))


Rows = TypeVar("Rows")
"""A dataclass of arrays of the same length."""

BATCH = 512
"""Rows that are computed at once: those of boundaries take 10 MB at 30 frames a second
and 20 classes."""


class KnownRows(Generic[Rows]):
    """Keep rows of figures that were computed already, by what they depend on."""

    def __init__(self, compute: Callable[..., Rows], n_columns: int) -> None:
        self._compute = compute
        self._at: dict[Hashable, int] = {}
        self._rows = compute(*(np.empty(0, np.int64),) * n_columns)

    def of(self, *columns: np.ndarray) -> Rows:
        """Return the rows that depend on the values in columns (N,), one for each."""
        keys: list[Hashable] = list(zip(*(c.tolist() for c in columns), strict=True))
        new = []
        for place, key in enumerate(keys):
            if key not in self._at:
                self._at[key] = len(self._at)
                new.append(place)
        for first in range(0, len(new), BATCH):
            part = new[first : first + BATCH]
            self._rows = _joined(self._rows, self._compute(*(c[part] for c in columns)))
        at = np.array([self._at[key] for key in keys], np.int64)
        return _taken(self._rows, at)


def _taken(rows: Rows, which: np.ndarray) -> Rows:
    values = (getattr(rows, f.name)[which] for f in fields(rows))  # type: ignore[arg-type]
    return type(rows)(*values)


def _joined(first: Rows, second: Rows) -> Rows:
    names = [f.name for f in fields(first)]  # type: ignore[arg-type]
    pairs = ((getattr(first, n), getattr(second, n)) for n in names)
    return type(first)(*(np.concatenate(pair) for pair in pairs))
