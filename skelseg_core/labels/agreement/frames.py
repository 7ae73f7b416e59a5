"""Frame counts by the labels of several people, unlabelled frames kept apart."""

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
        Label of each lane, 0 .. C - 1; -1 is unlabelled.
    n_frames : ndarray of int, shape (P,)
        Frames of each stretch.
    """

    labels: np.ndarray
    n_frames: np.ndarray


def pieces_of(lanes: np.ndarray) -> Pieces:
    """Cut framewise labels (L, T) of a video wherever a lane changes."""
    cuts = np.flatnonzero((np.diff(lanes, axis=1) != 0).any(axis=0)) + 1
    starts = np.concatenate([[0], cuts])
    return Pieces(lanes[:, starts], np.diff(starts, append=lanes.shape[1]))


def n_compared(pieces: Pieces) -> int:
    """Count the frames that two or more lanes label."""
    n_labels = (pieces.labels != UNLABELLED).sum(axis=0)
    return int(pieces.n_frames[n_labels > 1].sum())


def contingency(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Count frames by the labels of two lanes, (C + 1, C + 1); last is unlabelled."""
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
    """Compute the sums for `coefficients.fleiss_kappa`, (1 + C,).

    Frames that a lane leaves unlabelled are left out: each frame needs all ratings.
    """
    complete = (pieces.labels != UNLABELLED).all(axis=0)
    n_frames = pieces.n_frames * complete
    counts = ratings(pieces, n_classes)
    agreeing = (counts * (counts - 1)).sum(axis=1) @ n_frames
    return np.concatenate([[agreeing], n_frames @ counts])


def coincidences(pieces: Pieces, n_classes: int) -> np.ndarray:
    """Compute the sums for `coefficients.krippendorff_alpha`, (C, C).

    A lane that leaves a frame unlabelled has no rating there; frames with fewer than
    two ratings are ignored.
    """
    counts = ratings(pieces, n_classes)
    n_ratings = counts.sum(axis=1)
    weights = np.where(
        n_ratings > 1, pieces.n_frames / np.maximum(n_ratings - 1, 1), 0.0
    )
    weighted = counts * weights[:, None]
    return np.asarray(counts.T @ weighted - np.diag(weighted.sum(axis=0)))
