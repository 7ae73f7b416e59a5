"""The parts of the method on arrays, without PyTorch: heatmaps, decoding, scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import edit_score as edit_score
from skelseg_core.labels.metrics import evaluate, f1_counts
from skelseg_core.labels.metrics import frame_accuracy as frame_accuracy
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.poses.heatmaps import draw_heatmaps as draw_heatmaps
from skelseg_core.poses.skeletons import load_skeleton as load_skeleton


def decode(
    probabilities: np.ndarray,
    frames_per_s: float,
    examples: Iterable[np.ndarray] = (),
    temperature: float = 1.0,
    fixed: np.ndarray | None = None,
) -> np.ndarray:
    """Turn the probabilities of a network into labels that do not flicker.

    The labels are searched that are worth most by the probabilities, by which class
    follows which, and by how long each lasts.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        Per frame and class, 0..1.
    frames_per_s : float
        Frames in a second of video.
    examples : iterable of ndarray of int, shape (T,)
        Labels of videos of the same rate, in which changes and durations are counted;
        -1 where nothing is labelled. Without any, each change has the same price, and
        segments have 5 frames or more.
    temperature : float
        That the logits were divided by.
    fixed : ndarray of int, shape (T,), optional
        Labels that hold whatever the network says; -1 is free.

    Returns
    -------
    ndarray of int64, shape (T,)
        Index of a class per frame.

    Raises
    ------
    ModelError
        Where shapes do not fit, or the values are no probabilities.
    """
    n_classes = np.shape(probabilities)[-1]
    videos = [(labels, frames_per_s) for labels in examples]
    counted = count_transitions(videos, n_classes) if videos else None
    found = pre_labels(
        np.asarray(probabilities),
        range(n_classes),
        frames_per_s,
        counted,
        temperature,
        fixed,
    )
    return found.to_frames()


def f1_score(
    truth: np.ndarray,
    prediction: np.ndarray,
    overlap: float = 0.5,
    background: Sequence[int] = (),
) -> float:
    """Compute F1@k of one video: segments of the right class that overlap enough.

    Parameters
    ----------
    truth, prediction : ndarray of int, shape (T,)
        Labels per frame; -1 is unlabelled.
    overlap : float
        Least intersection over union, k: 0.1, 0.25, 0.5.
    background : sequence of int
        Classes that do not count.

    Returns
    -------
    float
        Percent.
    """
    return f1_counts(truth, prediction, overlap, background).f1


def score_labels(
    truths: Sequence[np.ndarray],
    predictions: Sequence[np.ndarray],
    background: Sequence[int] = (),
    convention: str = "half-open",
) -> dict[str, float]:
    """Compute the scores of the field over videos.

    F1 is of the counts of all videos, accuracy of all frames, edit the mean of videos.
    A video whose truth has no labelled frame is left out.

    Parameters
    ----------
    truths, predictions : sequence of ndarray of int, shape (T,)
        Labels per frame, an array per video; -1 is unlabelled.
    background : sequence of int
        Classes left out of edit and F1.
    convention : {"half-open", "ms-tcn++", "ms-gcn", "tcn"}
        Published code whose small differences are followed.

    Returns
    -------
    dict of str to float
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50``, in percent.

    Raises
    ------
    FormatError
        Where a pair differs in length, or no frame of any truth is labelled.
    ConfigError
        Where there is no such convention.
    """
    return evaluate(zip(truths, predictions, strict=True), background, convention)
