"""Adapting: what a model says of the rest of a video, once a part of it is corrected.

In one video a model errs again and again in the same way: it takes one class for
another, misses a short one, begins a third too late. The stretches that a person
reviewed whole show how; a linear layer on what the model says of a frame and of those
around it learns that, and corrects the frames that nobody looked at. It needs the
probabilities alone, neither the network nor the video.

Single segments here and there are not learnt from: a person who looks at what is
doubtful alone shows the errors without what is right.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skelseg_core.labels.agreed_prelabels import STRETCH
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import runs_of

WEAK = 0.8
"""Share of the reviewed frames left as predicted, below which a model is weak.

Where more of it was right, little was gained, and on other people frames became
worse in six of twelve
(docs/results/adapting.md).
"""

AROUND_S = (-2.0, -0.8, 0.8, 2.0)
"""Seconds before and after a frame at which the layer also looks."""

MEAN_S = 1.0
"""Seconds over which it takes the mean there."""

HOLD = 0.1
"""Weight of the squared weights of the layer, where one segment weighs 1.

The larger it is, the less the layer changes. Chosen on draws of one labelled video of
UW-IOM (docs/results/adapting.md).
"""

LEAST = 1e-4
"""Probabilities below this are all the same to the layer."""

MOST_FRAMES = 6_000
"""Frames that are learnt from, at the most; of more, every second, third and so on."""

STEPS = 300
"""Steps of the descent, after which it has long arrived."""


def reviewed_stretches(lane: Segmentation) -> tuple[tuple[int, int], ...]:
    """List the ranges of frames in which a person reviewed segment after segment.

    Labels of a file that nobody looked at do not count.
    """
    stretches, first, n_segments = [], 0, 0
    for segment in lane.segments:
        if segment.class_reviewed:
            first = first if n_segments else segment.start
            n_segments += 1
            continue
        if n_segments >= STRETCH:
            stretches.append((first, segment.start))
        n_segments = 0
    if n_segments >= STRETCH:
        stretches.append((first, lane.n_frames))
    return tuple(stretches)


def n_corrected(lane: Segmentation, predicted: Segmentation) -> int:
    """Count the places in reviewed stretches that differ from what was predicted."""
    differs = lane.to_frames() != predicted.to_frames()
    stretches = reviewed_stretches(lane)
    return sum(len(runs_of(differs[start:stop])) for start, stop in stretches)


def share_left(lane: Segmentation, predicted: Segmentation) -> float:
    """Measure the share of reviewed stretches that is as predicted; 1 without any."""
    same = lane.to_frames() == predicted.to_frames()
    parts = [same[start:stop] for start, stop in reviewed_stretches(lane)]
    return float(np.concatenate(parts).mean()) if parts else 1.0


def adapted(lane: Segmentation, evidence: Evidence) -> Evidence:
    """Correct what a model says by the stretches that a person reviewed.

    The sum of the classes that occur there stays, frame by frame: of others nothing
    was learnt.

    Parameters
    ----------
    lane : Segmentation
        Of T frames.
    evidence : Evidence
        Of the same frames.

    Returns
    -------
    Evidence
        The one given where no stretch of `STRETCH` segments with two classes is
        reviewed.
    """
    labels = lane.to_frames()
    known = np.zeros(lane.n_frames, bool)
    for start, stop in reviewed_stretches(lane):
        known[start:stop] = True
    ids = evidence.class_ids
    known &= np.isin(labels, ids)
    seen = np.flatnonzero(np.isin(ids, labels[known]))
    if len(seen) < 2:
        return evidence
    said = np.maximum(evidence.probabilities.astype(np.float32), 1e-8)
    share = said[:, seen].sum(axis=1, keepdims=True)
    logits = np.log(said[:, seen] / share)
    around = _around(said, evidence.rate)
    frames = np.flatnonzero(known)
    frames = frames[:: -(-len(frames) // MOST_FRAMES)]
    order = np.argsort(ids[seen])
    channels = order[np.searchsorted(ids[seen], labels[frames], sorter=order)]
    n_segments = 1 + np.count_nonzero(np.diff(labels[frames]))
    hold = HOLD / n_segments
    logits += around @ _layer(logits[frames], around[frames], channels, hold)
    said[:, seen] = share * _softmax(logits)
    return replace(evidence, probabilities=said / said.sum(axis=1, keepdims=True))


def labels_adapted(lane: Segmentation, evidence: Evidence) -> Segmentation:
    """Decode what a model says, corrected by what a person reviewed.

    Parameters
    ----------
    lane, evidence
        As in `adapted`.

    Returns
    -------
    Segmentation
        A model's segments, to be accepted (`by_example.take_over`) where no person's
        are; all unlabelled where there is nothing to learn from.
    """
    learnt = adapted(lane, evidence)
    if learnt is evidence:
        return Segmentation.unlabelled(lane.n_frames)
    return learnt.decode(constraints=Constraints.of_person(lane))


def _around(said: np.ndarray, rate: float) -> np.ndarray:
    """Describe every frame (T, D): log probabilities there and around, and a one."""
    logs = np.log(np.maximum(said, LEAST))
    half = max(1, round(MEAN_S * rate / 2))
    ends = np.pad(logs, ((half + 1, half), (0, 0)), mode="edge")
    ends = ends.cumsum(axis=0, dtype=np.float64)
    means = (ends[2 * half + 1 :] - ends[: -2 * half - 1]) / (2 * half + 1)
    means = means.astype(np.float32)
    frames = np.arange(len(logs))
    shifts = (np.clip(frames + round(s * rate), 0, len(logs) - 1) for s in AROUND_S)
    values = np.concatenate([logs, *(means[there] for there in shifts)], axis=1)
    values -= values.mean(axis=0)
    values /= (values.std(axis=0) + 1e-6) * np.sqrt(values.shape[1])
    return np.concatenate([values, np.ones((len(values), 1), np.float32)], axis=1)


def _layer(
    logits: np.ndarray, around: np.ndarray, channels: np.ndarray, hold: float
) -> np.ndarray:
    """Fit the layer (D, C) that is added to logits (N, C), by accelerated descent."""
    n_frames = len(logits)
    wanted = np.zeros_like(logits)
    wanted[np.arange(n_frames), channels] = 1
    steepest = float(np.linalg.eigvalsh(around.T @ around / n_frames)[-1])
    step = 1 / (0.5 * steepest + hold)
    layer = ahead = np.zeros((around.shape[1], logits.shape[1]), np.float32)
    slow = math.sqrt(hold * step)
    momentum = (1 - slow) / (1 + slow)
    for _ in range(STEPS):
        off = _softmax(logits + around @ ahead) - wanted
        new = ahead - step * (around.T @ off / n_frames + hold * ahead)
        layer, ahead = new, new + momentum * (new - layer)
    return layer


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result
