"""Transitions: which class follows which in labels, and how long each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED

UNSEEN = 1.0
"""Changes credited to every class beside those counted, spread over the others."""


@dataclass(frozen=True, eq=False)
class Transitions:
    """Changes of class and labelled time, counted in labels.

    Parameters
    ----------
    counts : ndarray of int64, shape (C, C)
        How often a segment of class i was followed at once by one of class j.
    seconds : ndarray of float64, shape (C,)
        Labelled time of each class.
    """

    counts: np.ndarray
    seconds: np.ndarray

    def log_probabilities(self, rate: float) -> np.ndarray:
        """Compute log probabilities of the class in the next frame, by class now.

        Durations count in seconds, so the same counts serve videos of any rate. No
        change is impossible: what was not seen in few labels may come all the same.

        Parameters
        ----------
        rate : float
            Frames per second.

        Returns
        -------
        ndarray of float64, shape (C, C)
            From row to column; the diagonal is to stay.
        """
        n = len(self.seconds)
        if n == 1:
            return np.zeros((1, 1))
        counts = self.counts * (1.0 - np.eye(n))
        exits = counts.sum(axis=1)
        typical_s = self.seconds.sum() / (exits.sum() + 1) or 1.0
        per_s = (exits + 1) / (self.seconds + typical_s)
        step_s = 1 / rate if 0 < rate < np.inf else 0.1
        leave = np.clip(-np.expm1(-per_s * step_s), 1e-6, 0.5)
        credit = UNSEEN / (n - 1)
        into = (counts + credit) / (exits + UNSEEN)[:, None]
        out = np.log(into) + np.log(leave)[:, None]
        np.fill_diagonal(out, np.log1p(-leave))
        return np.asarray(out)

    def merged(self, places: Sequence[int]) -> Transitions:
        """Add up the counts of merged classes: class i becomes ``places[i]``."""
        n = max(places) + 1
        to = np.eye(n)[np.asarray(places)]
        counts = np.rint(to.T @ self.counts @ to).astype(np.int64)
        np.fill_diagonal(counts, 0)
        return Transitions(counts, to.T @ self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values of ``model.json``."""
        return {
            "counts": self.counts.tolist(),
            "seconds": [round(float(s), 3) for s in self.seconds],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], n_classes: int) -> Transitions | None:
        """Read what `to_json` wrote; None where nothing was counted.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the values are not counts of so many classes.
        """
        if not values:
            return None
        counts = np.array(values["counts"], np.int64)
        seconds = np.array(values["seconds"], np.float64)
        shapes = (counts.shape, seconds.shape)
        fits = shapes == ((n_classes, n_classes), (n_classes,))
        if not fits or counts.min() < 0 or not ((seconds >= 0) & (seconds < 1e9)).all():
            raise ValueError(f"transitions that are not of {n_classes} classes")
        return cls(counts, seconds)


def count_transitions(
    videos: Iterable[tuple[np.ndarray, float]], n_classes: int
) -> Transitions:
    """Count the changes in labelled videos.

    What follows an unlabelled stretch follows nothing: it is no change.

    Parameters
    ----------
    videos : iterable of (ndarray of int (T,), float)
        Framewise class indices, -1 where nothing is labelled; frames per second.
    n_classes : int
    """
    counts = np.zeros((n_classes, n_classes), np.int64)
    seconds = np.zeros(n_classes)
    for labels, rate in videos:
        values = np.asarray(labels, np.int64)
        known = values[values != UNLABELLED]
        seconds += np.bincount(known, minlength=n_classes) / rate
        a, b = values[:-1], values[1:]
        changes = (a != b) & (a != UNLABELLED) & (b != UNLABELLED)
        np.add.at(counts, (a[changes], b[changes]), 1)
    return Transitions(counts, seconds)
