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

CHUNK = 4096
"""Frames that the first layers see at once: features are large."""
WINDOW = 8192
"""Frames, at least, of a long video that the other layers give at once."""


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
        written = written_network(arrays, info)
        self.reach = written.reach
        self._first = {
            m: open_on_processor(content, threads)
            for m, content in written.first.items()
        }
        self._rest = open_on_processor(written.rest, threads)
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
        if not n_frames:
            return found
        seen = {m: array.T for m, array in used.items()}
        for modality, first in self._first.items():
            parts = [
                first.run(None, {modality: _part(seen[modality], start, start + CHUNK)})
                for start in range(0, n_frames, CHUNK)
            ]
            seen[modality] = np.concatenate([part[0] for (part,) in parts], axis=1)
        # What lies around a window is computed with each: little beside the window.
        step = max(WINDOW, 8 * self.reach)
        for start in range(0, n_frames, step):
            begin, end = max(0, start - self.reach), start + step + self.reach
            given = {m: _part(array, begin, end) for m, array in seen.items()}
            (answer,) = self._rest.run(None, given)
            found[start : start + step] = answer[0].T[start - begin :][:step]
        return found


def _part(values: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Cut frames out of (D, T), as (1, D, T)."""
    return np.ascontiguousarray(values[:, start:stop], np.float32)[None]


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
