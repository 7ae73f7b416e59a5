"""Mean average precision over frames and over segments, as published code has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skelseg_core.labels.metrics import LabelRuns, Pair, judged, runs
from skelseg_core.labels.segmentation import UNLABELLED


def framewise_map(
    truth: np.ndarray, scores: np.ndarray, absent: Literal["zero", "skip"] = "zero"
) -> tuple[float, np.ndarray]:
    """Compute the mean over classes of the average precision over frames, 0..1.

    The frames of all videos go in together. Logits and probabilities give different
    values (softmax changes the order of frames): published ones (MTL-ERA) are of
    logits. Frames of equal score count at once; nothing is interpolated.

    Parameters
    ----------
    truth : ndarray of int, shape (T,)
        Column of the true class; -1 (unlabelled) frames are left out.
    scores : ndarray of float, shape (T, C)
        The higher, the surer.
    absent : {"zero", "skip"}
        Classes without a true frame count as 0 (published) or are left out.

    Returns
    -------
    float
        The mean; 0 where no class is left.
    ndarray of float, shape (C,)
        Average precision per class; NaN for a class left out.
    """
    known = np.asarray(truth) != UNLABELLED
    truth, scores = np.asarray(truth)[known], np.asarray(scores)[known]
    values = np.array(
        [_average_precision(truth == c, scores[:, c]) for c in range(scores.shape[1])]
    )
    if absent == "zero":
        values = np.nan_to_num(values)
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else 0.0, values


def _average_precision(positive: np.ndarray, score: np.ndarray) -> float:
    n_positive = int(positive.sum())
    if not n_positive:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(positive[order])
    # Of equal scores only the last place is a threshold.
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    gains = np.diff(hits[last], prepend=0)
    return float((gains / n_positive * hits[last] / (last + 1)).sum())


@dataclass(frozen=True)
class _Detections:
    """Detections of one class in one video, surest first."""

    confidence: np.ndarray
    correct: np.ndarray


def segmental_map(
    pairs: Sequence[Pair],
    scores: Sequence[np.ndarray],
    threshold: float | Literal["midpoint"] = 0.5,
    background: Sequence[int] = (),
) -> float:
    """Compute the mean over true classes of the average precision of segments, 0..1.

    Detections are the predicted segments; their confidence is the greatest score of
    their class within. Each true segment, in order of time, takes the free detection
    that overlaps it best, if by more than ``threshold`` (THUMOS'14, as in the code of
    Lea et al.). With ``"midpoint"`` a detection fits where its middle lies within.

    Parameters
    ----------
    pairs : sequence of (truth, prediction)
        Framewise labels, int (T,) each; a label is a column of the scores.
    scores : sequence of ndarray of float, shape (T, C)
        Per video.
    threshold : float or "midpoint"
        Overlap that must be exceeded.
    background : sequence of int
        Classes left out.
    """
    known = [judged(t, p) for t, p in pairs]
    all_runs = [(runs(t, background), runs(p, background)) for t, p in known]
    classes = sorted({int(c) for true, _ in all_runs for c in true.labels})
    values = []
    for c in classes:
        found = [
            _detect(
                true.only(true.labels == c),
                pred.only(pred.labels == c),
                s[:, c],
                threshold,
            )
            for (true, pred), s in zip(all_runs, scores, strict=True)
        ]
        n_true = sum(int((true.labels == c).sum()) for true, _ in all_runs)
        values.append(_segment_precision(found, n_true))
    return float(np.mean(values)) if values else 0.0


def _detect(
    true: LabelRuns,
    found: LabelRuns,
    scores: np.ndarray,
    threshold: float | Literal["midpoint"],
) -> _Detections:
    sure = np.array(
        [
            float(scores[a:b].max())
            for a, b in zip(found.starts, found.stops, strict=True)
        ]
    )
    order = np.argsort(-sure, kind="stable")
    starts, stops, sure = found.starts[order], found.stops[order], sure[order]
    correct = np.zeros(len(order), bool)
    for a, b in zip(true.starts, true.stops, strict=True):
        free = np.flatnonzero(~correct)
        if not len(free):
            break
        if threshold == "midpoint":
            middle = (starts[free] + stops[free]) / 2
            fits, least = ((middle >= a) & (middle < b)).astype(float), 0.5
        else:
            shared = np.minimum(b, stops[free]) - np.maximum(a, starts[free])
            hull = np.maximum(b, stops[free]) - np.minimum(a, starts[free])
            fits, least = np.maximum(shared, 0) / hull, threshold
        best = int(fits.argmax())
        if fits[best] > least:
            correct[free[best]] = True
    return _Detections(sure, correct)


def _segment_precision(found: Sequence[_Detections], n_true: int) -> float:
    sure = np.concatenate([d.confidence for d in found])
    correct = np.concatenate([d.correct for d in found])
    correct = correct[np.argsort(-sure, kind="stable")]
    precision = np.cumsum(correct) / np.arange(1, len(correct) + 1)
    return float(precision[correct].sum() / n_true)
