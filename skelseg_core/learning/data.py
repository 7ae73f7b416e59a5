"""Training data: samples of videos, padded batches, standardisation of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skelseg_core.errors import ModelError
from skelseg_core.learning.fitting_features import check_features
from skelseg_core.learning.losses import IGNORED
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.learning.models.layers import Standardise
from skelseg_core.poses.subject_input import SubjectInput

LEAST_SPREAD = 0.05
"""Smallest spread of a feature, as a share of the typical one: a feature that hardly
changes in the training videos must not dominate in another video."""


MAX_GAP = 30
"""Unlabelled frames, at most, within a part of a video that is trained on."""

POSE = "pose"
"""Key of the numbers that an encoder of heatmaps must also tell while trained."""


@dataclass(frozen=True)
class Sample:
    """Features and labels of one video.

    Parameters
    ----------
    name : str
        Of the video, for messages.
    features : Mapping[str, ndarray (T, D)]
        By modality.
    labels : ndarray (T,), int
        Channel indices; -1 where nothing is labelled.
    subject : SubjectInput, optional
        Keypoints that the derived features were made of; needed to vary them.
    start : int
        Frame of ``subject`` at which features and labels begin.
    risk : ndarray (T,), optional
        REBA scores; NaN where there is none.

    Raises
    ------
    ModelError
        Where the lengths differ, there are no frames, or a feature is not a number.
    """

    name: str
    features: Mapping[str, np.ndarray]
    labels: np.ndarray
    subject: SubjectInput | None = None
    start: int = 0
    risk: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if not self.features:
            raise ModelError("{} has no features; extract them first.", self.name)
        if self.labels.ndim != 1 or len(self.labels) == 0:
            raise ModelError("{} has no frames; leave this video out.", self.name)
        for modality, array in self.features.items():
            check_features(array, f"{self.name}, {modality}")
            if len(array) != len(self.labels):
                raise ModelError(
                    "{} has {} features of {} frames but labels of {}; extract the "
                    "features again.",
                    self.name,
                    modality,
                    len(array),
                    len(self.labels),
                )

    def __len__(self) -> int:
        return len(self.labels)


def labelled_parts(sample: Sample, max_gap: int = MAX_GAP) -> list[Sample]:
    """Cut the labelled stretches out of a video, each as a sample of its own.

    A network that sees the unlabelled rest of a video while it is trained learns from
    the smoothing loss that nothing changes there: it then labels the rest as the last
    labelled frame.

    Parameters
    ----------
    sample : Sample
        Labels of -1 are unlabelled.
    max_gap : int
        Unlabelled stretches of up to so many frames stay inside a part.
    """
    known = np.flatnonzero(sample.labels >= 0)
    if not len(known):
        return []
    cuts = np.flatnonzero(np.diff(known) > max_gap + 1)
    starts = known[np.concatenate([[0], cuts + 1])]
    stops = known[np.concatenate([cuts, [len(known) - 1]])] + 1
    return [
        Sample(
            sample.name,
            {m: values[a:b] for m, values in sample.features.items()},
            sample.labels[a:b],
            sample.subject,
            sample.start + int(a),
            None if sample.risk is None else sample.risk[a:b],
        )
        for a, b in zip(starts, stops, strict=True)
    ]


@dataclass(frozen=True)
class Batch:
    """Padded features, labels and mask of several videos.

    Parameters
    ----------
    features : Mapping[str, Tensor (B, D, T)]
        By modality; 0 at padding.
    mask : Tensor (B, 1, T)
        1 at frames of the video, 0 at padding.
    labels : Tensor (B, T), int64
        Channel indices; `losses.IGNORED` at padding and where nothing is labelled.
    risk : Tensor (B, T)
        REBA scores; NaN at padding and where there is none.
    """

    features: Mapping[str, Tensor]
    mask: Tensor
    labels: Tensor
    risk: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move the batch to a device."""
        features = {m: f.to(device) for m, f in self.features.items()}
        rest = (self.mask.to(device), self.labels.to(device), self.risk.to(device))
        return Batch(features, *rest)


def check_samples(
    samples: Sequence[Sample], modalities: Sequence[str], n_classes: int
) -> None:
    """Refuse samples that no one network can be trained on.

    Raises
    ------
    ModelError
        Where a label is no class, a modality is missing or dimensions differ.
    """
    first = samples[0]
    for sample in samples:
        if sample.labels.max() >= n_classes:
            raise ModelError(
                "{} is labelled with class {} of {} classes (counted from 0); correct "
                "its labels.",
                sample.name,
                sample.labels.max(),
                n_classes,
            )
        for modality in modalities:
            found = sample.features.get(modality)
            if found is None:
                raise ModelError(
                    "{} has no {} features; extract them first.", sample.name, modality
                )
            wanted = first.features[modality].shape[1]
            if found.shape[1] != wanted:
                raise ModelError(
                    "{} has {} features of dimension {}, {} of {}; extract both with "
                    "the same settings.",
                    sample.name,
                    modality,
                    found.shape[1],
                    first.name,
                    wanted,
                )


def collate(samples: Sequence[Sample]) -> Batch:
    """Pad videos to the longest of them.

    Parameters
    ----------
    samples : Sequence[Sample]
        At least one; only modalities that the first one has are taken.

    Returns
    -------
    Batch
    """
    n_frames = max(len(sample) for sample in samples)
    mask = torch.zeros(len(samples), 1, n_frames)
    labels = torch.full((len(samples), n_frames), IGNORED, dtype=torch.int64)
    risk = torch.full((len(samples), n_frames), float("nan"))
    for row, sample in enumerate(samples):
        if sample.risk is not None:
            values = np.asarray(sample.risk, np.float32)
            risk[row, : len(sample)] = torch.from_numpy(values)
        mask[row, :, : len(sample)] = 1
        known = np.where(sample.labels < 0, IGNORED, sample.labels).astype(np.int64)
        labels[row, : len(sample)] = torch.from_numpy(known)
    features = {
        modality: _padded([sample.features[modality] for sample in samples], n_frames)
        for modality in samples[0].features
    }
    return Batch(features, mask, labels, risk)


def _padded(arrays: Sequence[np.ndarray], n_frames: int) -> Tensor:
    if len(arrays) == 1:
        # A view: turning a large array around takes as long as a layer of a network.
        return _float32(arrays[0]).T[None]
    out = torch.zeros(len(arrays), arrays[0].shape[1], n_frames)
    for row, array in enumerate(arrays):
        out[row, :, : len(array)] = _float32(array).T
    return out


def _float32(array: np.ndarray) -> Tensor:
    if array.dtype == np.float16:
        return torch.from_numpy(array).float()  # ten times as fast as by numpy
    return torch.from_numpy(np.asarray(array, np.float32))


def fit_standardisation(model: SegmentationModel, samples: Sequence[Sample]) -> None:
    """Set mean and spread of ``model``'s inputs from all frames of ``samples``.

    Does nothing to a model that takes features as they are.
    """
    for modality, layer in model.inputs.items():
        assert isinstance(layer, Standardise)
        mean, std = mean_and_spread([s.features[modality] for s in samples])
        layer.mean.copy_(torch.from_numpy(mean))
        layer.std.copy_(torch.from_numpy(std))


def mean_and_spread(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and spread over the frames of all videos.

    Parameters
    ----------
    arrays : Sequence[ndarray (T, D)]
        At least one.

    Returns
    -------
    mean, std : ndarray (D,), float32
        The spread is at least a twentieth of the typical one, and 1 where nothing
        moves at all.
    """
    n_frames = sum(len(array) for array in arrays)
    mean = sum(a.sum(axis=0, dtype=np.float64) for a in arrays) / n_frames
    squares = sum(np.square(a - mean).sum(axis=0) for a in arrays)
    std = np.sqrt(squares / n_frames)
    std = np.maximum(std, LEAST_SPREAD * np.sqrt(np.square(std).mean()))
    std[std < 1e-8] = 1
    return np.asarray(mean, np.float32), np.asarray(std, np.float32)
