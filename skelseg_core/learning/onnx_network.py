"""Networks by ONNX Runtime: what a trained model says of features, without torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from skelseg_core.errors import ModelError
from skelseg_core.learning.fitting_features import fitting_features
from skelseg_core.learning.model_info import INFO_NAME, WEIGHTS_NAME, ModelInfo
from skelseg_core.learning.onnx_writer import needs_torch, written_network
from skelseg_core.torch_tools.onnx_sessions import open_on_processor

WINDOW = 8192
"""Frames of a long video that are predicted at once; it bounds the memory."""


class OnnxNetwork:
    """A trained network that does without torch.

    Parameters
    ----------
    arrays : Mapping[str, ndarray]
        Its weights by name.
    info : ModelInfo
        Of the model.
    threads : int
        Processor threads.

    Raises
    ------
    ModelError
        Where the weights are those of another network.
    """

    def __init__(
        self, arrays: Mapping[str, np.ndarray], info: ModelInfo, threads: int
    ) -> None:
        content, self.reach = written_network(arrays, info)
        self._session = open_on_processor(content, threads)
        self._in_dims: dict[str, int] = {
            m: info.in_dims[m] for m in info.recipe.model.modalities
        }
        self._n_classes = len(info.classes)

    def probabilities(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Predict probabilities, as `inference.predict_probabilities` does.

        Raises
        ------
        ModelError
            Where the features do not fit the model or each other.
        """
        used = fitting_features(self._in_dims, features)
        n_frames = len(next(iter(used.values())))
        found = np.zeros((n_frames, self._n_classes), np.float32)
        step = WINDOW if n_frames > WINDOW + 2 * self.reach else max(1, n_frames)
        for start in range(0, n_frames, step):
            begin = max(0, start - self.reach)
            given = {
                m: np.ascontiguousarray(
                    array[begin : start + step + self.reach].T, np.float32
                )[None]
                for m, array in used.items()
            }
            (answer,) = self._session.run(None, given)
            found[start : start + step] = answer[0].T[start - begin :][:step]
        return found


def open_network(folder: Path, info: ModelInfo, threads: int) -> OnnxNetwork | None:
    """Open the network of a model, or return None where it needs torch.

    Raises
    ------
    ModelError
        Where the weights are missing, damaged or another network's.
    """
    if info.torch_only or needs_torch(info.recipe.model):
        return None
    arrays = read_arrays(folder, info)
    try:
        return OnnxNetwork(arrays, info, threads)
    except ModelError as error:
        raise ModelError("{}: {}", folder / WEIGHTS_NAME, error) from error


def read_arrays(folder: Path, info: ModelInfo) -> dict[str, np.ndarray]:
    """Read the weights of a model, in 32 bits, by name.

    Raises
    ------
    ModelError
        Where they are missing, damaged or another model's.
    """
    path = folder / WEIGHTS_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            "{} cannot be read ({}); restore it or train again.", path, error.strerror
        ) from error
    if hashlib.sha256(data).hexdigest() != info.weights_sha256:
        raise ModelError(
            "{} is damaged, or belongs to another {}; copy the whole model folder "
            "again or train the model again.",
            path,
            INFO_NAME,
        )
    try:
        arrays = safetensors.numpy.load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelError(
            "{} is not a safetensors file; restore it or train the model again.", path
        ) from error
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ModelError(
                "{}: the array '{}' has values that are not numbers; train the model "
                "again.",
                path,
                name,
            )
    return {name: array.astype(np.float32) for name, array in arrays.items()}
