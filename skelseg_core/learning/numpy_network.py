"""Trained networks in NumPy: MS-TCN++ and its fusions pre-label without torch.

`skelseg_core.learning.models` computes the same with torch. A test holds every recipe
to it, and so does every model when it is saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.fitting_features import fitting_features
from skelseg_core.learning.model_info import INFO_NAME, WEIGHTS_NAME, ModelInfo

MS_TCN, MEAN = "ms-tcn++", "mean-ms-tcn++"

MOST_BYTES = 256 << 20
"""Largest file of weights that is read: that of the paper has 4 MB."""
BLOCK = 2048
"""Frames that a layer computes at once: they stay in the processor's cache."""


def needs_torch(config: ModelConfig) -> bool:
    """Tell whether networks of a configuration pre-label by torch alone."""
    trained = config.heatmap_encoder == "trained" and "heatmap" in config.modalities
    return config.network not in (MS_TCN, MEAN) or trained


class NumpyNetwork:
    """A trained network that does without torch.

    Parameters
    ----------
    arrays : Mapping[str, ndarray]
        Its weights, by the names that they have in ``model.safetensors``.
    info : ModelInfo
        Description of the model.

    Raises
    ------
    ModelError
        If an array is missing, unknown or of another shape.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], info: ModelInfo) -> None:
        self._arrays, self._used = arrays, set[str]()
        self._config: ModelConfig = info.preset.model
        self._in_dims: dict[str, int] = {
            m: info.in_dims[m] for m in self._config.modalities
        }
        self._n_classes = len(info.classes)
        # One frame goes through all layers, so all weights are checked here.
        self._logits({m: np.zeros((1, n)) for m, n in self._in_dims.items()})
        for name in arrays:
            if name not in self._used:
                raise ModelError(
                    "The array '{}' is unknown; the weights belong to a network of "
                    "another shape.",
                    name,
                )

    def probabilities(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Predict probabilities, as `inference.predict_probabilities` does.

        Raises
        ------
        ModelError
            If the features do not fit the model or each other.
        """
        used = fitting_features(self._in_dims, features)
        if not len(next(iter(used.values()))):
            return np.zeros((0, self._n_classes), np.float32)
        return np.ascontiguousarray(_softmax(self._logits(used)).T)

    def _logits(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Compute the logits (C, T) of the last stage."""
        if len(features) == 1:
            return self._joined(features, "network", ["network.trunks"])
        branches = [f"network.branches.{m}" for m in features]
        if self._config.network != MEAN:
            return self._joined(features, "network", branches)
        each = [
            self._joined({modality: values}, branch, [f"{branch}.trunks"])
            for branch, (modality, values) in zip(
                branches, features.items(), strict=True
            )
        ]
        mean: np.ndarray = np.mean(each, axis=0)
        return mean

    def _joined(
        self, features: Mapping[str, np.ndarray], of: str, trunks: Sequence[str]
    ) -> np.ndarray:
        """Compute an MS-TCN++, or several that are fused at every stage."""
        config, n = self._config, self._config.n_features
        current = [
            self._first(modality, values, f"{trunk}.prediction.conv_1x1_in")
            for trunk, (modality, values) in zip(trunks, features.items(), strict=True)
        ]
        for stage in range(1 + config.n_refinement_stages):
            index = min(stage, 1) if config.share_refinement else stage
            seen = [
                self._refined(x, f"{trunk}.refinements.{index - 1}")
                if index
                else self._predicted(x, f"{trunk}.prediction")
                for trunk, x in zip(trunks, current, strict=True)
            ]
            joined = seen[0]
            if len(seen) > 1:
                fusion = self._layer(f"{of}.fusions.{index}", n * len(seen), n)
                joined = fusion.all(np.concatenate(seen))
            head = self._layer(f"{of}.heads.{index}", n, self._n_classes)
            logits = head.all(joined)
            current = [_softmax(logits)] * len(trunks)
        return logits

    def _first(self, modality: str, features: np.ndarray, of: str) -> np.ndarray:
        """Bring features (T, D) to (F, T), standardised if the recipe says so."""
        dim, mean, std = self._in_dims[modality], np.zeros(1), np.ones(1)
        if modality in self._config.standardised:
            mean = self._array(f"inputs.{modality}.mean", dim)
            std = self._array(f"inputs.{modality}.std", dim)
        layer = self._layer(of, dim, self._config.n_features)
        made = layer.empty(len(features))
        for block in _blocks(len(features)):
            made[:, block] = layer.of(((features[block] - mean) / std).T)
        return made

    def _predicted(self, seen: np.ndarray, of: str) -> np.ndarray:
        """Compute a `ms_tcn.PredictionStage` without its first layer."""
        n, n_layers = self._config.n_features, self._config.n_prediction_layers
        for i in range(n_layers):
            wide = self._layer(
                f"{of}.conv_dilated_1.{i}", n, n, 2 ** (n_layers - 1 - i)
            )
            narrow = self._layer(f"{of}.conv_dilated_2.{i}", n, n, 2**i)
            joining = self._layer(f"{of}.conv_fusion.{i}", 2 * n, n)
            made = np.empty_like(seen)
            for block in _blocks(seen.shape[1]):
                both = np.concatenate([wide.at(seen, block), narrow.at(seen, block)])
                made[:, block] = seen[:, block] + np.maximum(joining.of(both), 0)
            seen = made
        return seen

    def _refined(self, probabilities: np.ndarray, of: str) -> np.ndarray:
        """Compute a `ms_tcn.RefinementStage`."""
        n = self._config.n_features
        seen = self._layer(f"{of}.conv_1x1", self._n_classes, n).all(probabilities)
        for i in range(self._config.n_refinement_layers):
            dilated = self._layer(f"{of}.layers.{i}.conv_dilated", n, n, 2**i)
            narrow = self._layer(f"{of}.layers.{i}.conv_1x1", n, n)
            made = np.empty_like(seen)
            for block in _blocks(seen.shape[1]):
                wide = np.maximum(dilated.at(seen, block), 0)
                made[:, block] = seen[:, block] + narrow.of(wide)
            seen = made
        return seen

    def _layer(self, of: str, n_in: int, n_out: int, dilation: int = 0) -> _Convolution:
        """Take a convolution over one frame, or three that are ``dilation`` apart."""
        taps = 3 if dilation else 1
        weight = self._array(f"{of}.weight", n_out, n_in, taps)
        bias = self._array(f"{of}.bias", n_out)[:, None]
        side_by_side = weight.transpose(0, 2, 1).reshape(n_out, taps * n_in)
        return _Convolution(np.ascontiguousarray(side_by_side), bias, dilation)

    def _array(self, name: str, *shape: int) -> np.ndarray:
        found = self._arrays.get(name)
        if found is None:
            raise ModelError(
                "The array '{}' is missing; the file is damaged or belongs to a "
                "network of another shape.",
                name,
            )
        if found.shape != shape:
            raise ModelError(
                "The array '{}' has the shape {} instead of {}; the weights belong to "
                "a network of another shape.",
                name,
                found.shape,
                shape,
            )
        self._used.add(name)
        return found


@dataclass(frozen=True)
class _Convolution:
    """A convolution over time: weights (out, taps * in) and bias (out, 1)."""

    weight: np.ndarray
    bias: np.ndarray
    dilation: int

    def empty(self, n_frames: int) -> np.ndarray:
        """Make room for what it gives of so many frames."""
        return np.empty((len(self.bias), n_frames), np.float32)

    def all(self, seen: np.ndarray) -> np.ndarray:
        """Convolve all frames of (F, T)."""
        made = self.empty(seen.shape[1])
        for block in _blocks(seen.shape[1]):
            made[:, block] = self.of(seen[:, block])
        return made

    def at(self, seen: np.ndarray, block: slice) -> np.ndarray:
        """Convolve a block of the frames of (F, T), with zeros around them all."""
        n, n_frames = seen.shape
        taps = np.zeros((3 * n, block.stop - block.start), np.float32)
        for tap, offset in enumerate((-self.dilation, 0, self.dilation)):
            start = max(block.start + offset, 0)
            stop = min(block.stop + offset, n_frames)
            if start < stop:
                first = start - offset - block.start
                rows = slice(tap * n, (tap + 1) * n)
                taps[rows, first : first + stop - start] = seen[:, start:stop]
        return self.of(taps)

    def of(self, taps: np.ndarray) -> np.ndarray:
        made: np.ndarray = self.weight @ taps.astype(np.float32, copy=False)
        made += self.bias
        return made


def _blocks(n_frames: int) -> Iterator[slice]:
    for start in range(0, n_frames, BLOCK):
        yield slice(start, min(start + BLOCK, n_frames))


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised: np.ndarray = np.exp(logits - logits.max(axis=0))
    raised /= raised.sum(axis=0)
    return raised


def open_network(folder: Path, info: ModelInfo) -> NumpyNetwork | None:
    """Open the network of a model, or return None if it needs torch.

    Raises
    ------
    ModelError
        If the weights are missing, damaged or another network's.
    """
    if info.torch_only or needs_torch(info.preset.model):
        return None
    arrays = read_arrays(folder, info)
    try:
        return NumpyNetwork(arrays, info)
    except ModelError as error:
        raise ModelError("{}: {}", folder / WEIGHTS_NAME, error) from error


def read_arrays(folder: Path, info: ModelInfo) -> dict[str, np.ndarray]:
    """Read the weights of a model, in 32 bits, by name.

    Raises
    ------
    ModelError
        If they are missing, damaged or another model's.
    """
    path = folder / WEIGHTS_NAME
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MOST_BYTES:
            raise ModelError(
                "{} has {} MB, which is more than the {} MB that the weights of a "
                "network may have; ask for the model folder again or train the model "
                "again.",
                path,
                n_bytes >> 20,
                MOST_BYTES >> 20,
            )
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
