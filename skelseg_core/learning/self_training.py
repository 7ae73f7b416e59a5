"""Self-training: with few labels, learn from videos that nobody labelled as well.

A network is trained on what is labelled and labels the other videos; where it is sure,
its own labels are taken for true in a second training of the same recipe from the
start. See ``docs/results/few-labels.md`` for what it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.config import Preset
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.learning.training import TrainResult, train
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.progress import Parts, Task

SURE = 0.7
"""Probability from which a network's own label is taken for true."""


def train_with_unlabelled(
    samples: Sequence[Sample],
    unlabelled: Sequence[Sample],
    preset: Preset,
    n_classes: int,
    resume_from: Path | None = None,
    threads: int | None = None,
    skeleton: Skeleton | None = None,
) -> Task[TrainResult]:
    """Train on labelled videos, then again with sure labels of unlabelled ones.

    Parameters
    ----------
    samples : Sequence[Sample]
        Labelled videos.
    unlabelled : Sequence[Sample]
        Videos whose labels are not looked at; without any it is one plain training.
    preset, n_classes, resume_from, threads, skeleton
        As in `training.train`, which says what is yielded and raised as well.
    """
    if not unlabelled:
        return (
            yield from train(
                samples,
                preset,
                n_classes,
                resume_from=resume_from,
                threads=threads,
                skeleton=skeleton,
            )
        )
    once, twice = _n_frames(samples), _n_frames([*samples, *unlabelled])
    parts = Parts([once, twice])
    first = yield from parts.part(
        train(
            samples,
            preset,
            n_classes,
            resume_from=None if resume_from is None else resume_from / "first",
            threads=threads,
            skeleton=skeleton,
        )
    )
    guessed = [sure_labels(first.model, sample) for sample in unlabelled]
    used = [sample for sample in guessed if (sample.labels >= 0).any()]
    return (
        yield from parts.part(
            train(
                [*samples, *used],
                preset,
                n_classes,
                resume_from=resume_from,
                threads=threads,
                skeleton=skeleton,
            )
        )
    )


def sure_labels(model: SegmentationModel, sample: Sample) -> Sample:
    """Label the frames of a video of which the network is sure; -1 elsewhere."""
    probabilities = predict_probabilities(model, sample.features)
    sure = probabilities.max(axis=1) >= SURE
    return replace(sample, labels=np.where(sure, probabilities.argmax(axis=1), -1))


def _n_frames(samples: Sequence[Sample]) -> int:
    return sum(len(sample) for sample in samples)
