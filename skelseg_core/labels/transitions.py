"""Transitions: which class follows which in labels, and how long each lasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skelseg_core.labels.segment_durations import Durations, count_durations
from skelseg_core.labels.segmentation import UNLABELLED

UNSEEN = 1.0
"""Changes credited to every class in addition, spread over the others."""


@dataclass(frozen=True, eq=False)
class Transitions:
    """Changes of class and labelled time, counted in labels.

    Parameters
    ----------
    counts : ndarray of int64, shape (C, C)
        How often class j directly followed class i.
    seconds : ndarray of float64, shape (C,)
        Labelled time of each class.
    durations : Durations or None
        Segment durations by class; None if not counted.
    """

    counts: np.ndarray
    seconds: np.ndarray
    durations: Durations | None = None

    def log_probabilities(self, rate: float) -> np.ndarray:
        """Compute log probabilities of the class in the next frame, by class now.

        Durations are in seconds, so the counts hold for any frame rate. Every change
        stays possible, even if the few labels have none.

        Parameters
        ----------
        rate : float
            Frames per second.

        Returns
        -------
        ndarray of float64, shape (C, C)
            From row to column; the diagonal is staying.
        """
        n = len(self.seconds)
        if n == 1:
            return np.zeros((1, 1))
        exits = self._changes.sum(axis=1)
        typical_s = self.seconds.sum() / (exits.sum() + 1) or 1.0
        per_s = (exits + 1) / (self.seconds + typical_s)
        step_s = 1 / rate if 0 < rate < np.inf else 0.1
        leave = np.clip(-np.expm1(-per_s * step_s), 1e-6, 0.5)
        out = self.log_followers() + np.log(leave)[:, None]
        np.fill_diagonal(out, np.log1p(-leave))
        return np.asarray(out)

    def log_followers(self) -> np.ndarray:
        """Compute log probabilities of the class of the next segment, by class now.

        Returns
        -------
        ndarray of float64, shape (C, C)
            From row to column; the diagonal is meaningless.
        """
        n = len(self.seconds)
        counts = self._changes
        credit = UNSEEN / max(1, n - 1)
        total = counts.sum(axis=1, keepdims=True) + UNSEEN
        return np.asarray(np.log((counts + credit) / total))

    @property
    def _changes(self) -> np.ndarray:
        return np.asarray(self.counts * (1.0 - np.eye(len(self.seconds))))

    def merged(self, places: Sequence[int]) -> Transitions:
        """Add up the counts of merged classes: class i becomes ``places[i]``."""
        n = max(places) + 1
        to = np.eye(n)[np.asarray(places)]
        counts = np.rint(to.T @ self.counts @ to).astype(np.int64)
        np.fill_diagonal(counts, 0)
        lengths = self.durations
        return Transitions(
            counts,
            to.T @ self.seconds,
            None if lengths is None else lengths.merged(places),
        )

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values of ``model.json``."""
        values = {
            "counts": self.counts.tolist(),
            "seconds": [round(float(s), 3) for s in self.seconds],
        }
        if self.durations is not None:
            values["durations"] = self.durations.to_json()
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any], n_classes: int) -> Transitions | None:
        """Read the values of `to_json`; None if nothing was counted."""
        if not values:
            return None
        counts = np.array(values["counts"], np.int64)
        seconds = np.array(values["seconds"], np.float64)
        shapes = (counts.shape, seconds.shape)
        fits = shapes == ((n_classes, n_classes), (n_classes,))
        if not fits or counts.min() < 0 or not ((seconds >= 0) & (seconds < 1e9)).all():
            raise ValueError(f"transitions do not fit {n_classes} classes")
        lengths = values.get("durations")
        if lengths is not None:
            lengths = Durations.from_json(lengths, n_classes)
        return cls(counts, seconds, lengths)


def count_transitions(
    videos: Iterable[tuple[np.ndarray, float]], n_classes: int
) -> Transitions:
    """Count class changes and segment durations in labelled videos.

    Nothing follows an unlabelled stretch. The first and last segment of a video have
    unknown lengths, which are not counted.

    Parameters
    ----------
    videos : iterable of (ndarray of int (T,), float)
        Framewise class indices, -1 if unlabelled; frames per second.
    """
    counts = np.zeros((n_classes, n_classes), np.int64)
    seconds = np.zeros(n_classes)
    lasted: list[tuple[int, float]] = []
    for labels, rate in videos:
        values = np.asarray(labels, np.int64)
        known = values[values != UNLABELLED]
        seconds += np.bincount(known, minlength=n_classes) / rate
        counts += count_changes(values, n_classes)
        lasted += [(c, frames / rate) for c, frames in _inner_runs(values)]
    return Transitions(counts, seconds, count_durations(lasted, n_classes))


def count_changes(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Count label changes from class to class, int64 (C, C).

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Class index of each frame or segment; negative if unlabelled. Nothing follows
        that.
    """
    a, b = labels[:-1], labels[1:]
    changes = (a != b) & (a >= 0) & (b >= 0)
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (a[changes], b[changes]), 1)
    return counts


def _inner_runs(labels: np.ndarray) -> list[tuple[int, int]]:
    """List class and length of the labelled runs, without the first and last."""
    cuts = np.flatnonzero(np.diff(labels)) + 1
    runs = zip(labels[cuts[:-1]].tolist(), np.diff(cuts).tolist(), strict=True)
    return [(c, frames) for c, frames in runs if c != UNLABELLED]
