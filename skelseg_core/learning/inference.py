"""Inference: probabilities of a trained model from features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from skelseg_core.labels.metrics import evaluate
from skelseg_core.learning.data import Sample
from skelseg_core.learning.fitting_features import fitting_features
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.progress import Progress, Task


def use_threads(n_threads: int) -> None:
    """Let torch use ``n_threads`` cores, whatever the environment says."""
    torch.set_num_threads(max(1, n_threads))


def predict_probabilities(
    model: SegmentationModel, features: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Predict the probabilities of the last stage.

    Parameters
    ----------
    model : SegmentationModel
        Left in the state (training or not) in which it came.
    features : Mapping[str, ndarray (T, D)]
        By modality; others than the model's are ignored.

    Returns
    -------
    ndarray (T, C), float32
        Every row sums to 1; the columns are the channels of the label map.

    Raises
    ------
    ModelError
        Where the features do not fit the model or each other.
    """
    used = fitting_features(model.in_dims, features)
    if not len(next(iter(used.values()))):
        return np.zeros((0, model.n_classes), np.float32)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            probabilities = torch.softmax(model.streamed(used)[-1, 0], dim=0)
    finally:
        model.train(was_training)
    return np.ascontiguousarray(probabilities.cpu().numpy().T)


def evaluated(
    model: SegmentationModel, samples: Sequence[Sample], progress: Progress
) -> Task[dict[str, float]]:
    """Score ``model`` on labelled videos in percent, as in `metrics.evaluate`.

    Yields ``progress`` before every video.
    """
    pairs = []
    for sample in samples:
        yield progress
        probabilities = predict_probabilities(model, sample.features)
        pairs.append((sample.labels, probabilities.argmax(axis=1)))
    return evaluate(pairs)
