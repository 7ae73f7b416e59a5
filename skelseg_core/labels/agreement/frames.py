"""Counts of frames by what several people say there, unlabelled frames apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED


@dataclass(frozen=True)
class Pieces:
    """Stretches of a video in which no lane changes.

    Parameters
    ----------
    labels : ndarray of int, shape (L, P)
        What each lane says there, 0 .. C - 1; -1 is unlabelled.
    n_frames : ndarray of int, shape (P,)
        Frames of each stretch that count.
    """

    labels: np.ndarray
    n_frames: np.ndarray

    def of(self, *lanes: int) -> Pieces:
        """Keep some of the lanes, by their number."""
        return Pieces(self.labels[list(lanes)], self.n_frames)


def pieces_of(lanes: np.ndarray, collar: int = 0) -> Pieces:
    """Cut a video where any of its lanes changes.

    Parameters
    ----------
    lanes : ndarray of int, shape (L, T)
        Framewise labels.
    collar : int
        Frames on each side of each of these changes that do not count.
    """
    n_frames = lanes.shape[1]
    cuts = np.flatnonzero((np.diff(lanes, axis=1) != 0).any(axis=0)) + 1
    starts = np.concatenate([[0], cuts])
    stops = np.concatenate([cuts, [n_frames]])
    # The ends of the video are no boundaries that somebody set.
    first = np.where(starts > 0, starts + collar, 0)
    last = np.where(stops < n_frames, stops - collar, n_frames)
    return Pieces(lanes[:, starts], np.maximum(last - first, 0))


def contingency(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Count the frames by what two lanes say, (C + 1, C + 1); last is unlabelled."""
    first, second = np.where(
        pieces.labels == UNLABELLED, n_classes, pieces.labels
    ).astype(np.int64)
    size = n_classes + 1
    counts = np.bincount(
        first * size + second, weights=pieces.n_frames, minlength=size * size
    )
    return counts.reshape(size, size)


def ratings(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Count how many lanes name each class in each stretch, (P, C)."""
    counts = np.zeros((pieces.labels.shape[1], n_classes))
    for labels in pieces.labels:
        known = np.flatnonzero(labels != UNLABELLED)
        counts[known, labels[known]] += 1
    return counts


def fleiss_sums(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Sum what `coefficients.fleiss_kappa` needs, (1 + C,).

    Frames that a lane leaves unlabelled are left out: each frame needs all ratings.
    """
    complete = (pieces.labels != UNLABELLED).all(axis=0)
    n_frames = pieces.n_frames * complete
    counts = ratings(pieces, n_classes)
    agreeing = (counts * (counts - 1)).sum(axis=1) @ n_frames
    return np.concatenate([[agreeing], n_frames @ counts])


def coincidences(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Sum what `coefficients.krippendorff_alpha` needs, (C, C).

    A lane that leaves a frame unlabelled has no rating there; a frame with fewer than
    two ratings says nothing.
    """
    counts = ratings(pieces, n_classes)
    n_ratings = counts.sum(axis=1)
    weights = np.where(
        n_ratings > 1, pieces.n_frames / np.maximum(n_ratings - 1, 1), 0.0
    )
    weighted = counts * weights[:, None]
    return np.asarray(counts.T @ weighted - np.diag(weighted.sum(axis=0)))
