"""Trained networks as ONNX, written from their weights without torch.

What `skelseg_core.learning.models` computes with torch is said here once more, of the
networks in `WRITTEN`. A test holds every preset to it, and so does every model when it
is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.features import onnx_file
from skelseg_core.learning.model_info import ModelInfo

MS_TCN, MEAN = "ms-tcn++", "mean-ms-tcn++"


def needs_torch(config: ModelConfig) -> bool:
    """Tell whether networks of a configuration cannot be written as ONNX."""
    trained = config.heatmap_encoder == "trained" and "heatmap" in config.modalities
    return config.network not in WRITTEN or trained


@dataclass(frozen=True)
class WrittenNetwork:
    """ONNX files of a network.

    Parameters
    ----------
    first : Mapping[str, bytes]
        By modality: layers that see every frame alone, from an input (1, D, T) of its
        name to (1, F, T). A long video goes through them in parts.
    rest : bytes
        From what ``first`` makes, by modality, to the probabilities (1, C, T) of the
        last stage.
    reach : int
        Frames before and after its own that a probability depends on.
    """

    first: Mapping[str, bytes]
    rest: bytes
    reach: int


def written_network(
    arrays: Mapping[str, np.ndarray], info: ModelInfo
) -> WrittenNetwork:
    """Write the network of a model that does not need torch.

    Parameters
    ----------
    arrays : Mapping[str, ndarray]
        Its weights, by the names that they have in ``model.safetensors``.
    info : ModelInfo

    Raises
    ------
    ModelError
        Where an array is missing, unknown or of another shape.
    """
    config, used = info.recipe.model, set[str]()
    modalities: tuple[str, ...] = config.modalities
    first, dims, rest = {}, {}, _Writer(arrays, used)
    inputs = list(modalities)
    for i, modality in enumerate(modalities):
        dim = dims[modality] = info.in_dims[modality]
        graph = _Writer(arrays, used)
        if modality in config.standardised:
            inputs[i] = graph.standardised(modality, f"inputs.{modality}", dim)
        of = f"network.{_place(config, modality)}.prediction.conv_1x1_in"
        out = graph.convolved(inputs[i], of, (config.n_features, dim, 1))
        first[modality] = graph.encoded({modality: dim}, out, config.n_features)
        inputs[i], dims[modality] = modality, config.n_features
    logits = WRITTEN[config.network](rest, info, inputs)
    last = rest.add("Softmax", logits, axis=1)
    for name in arrays:
        if name not in used:
            raise ModelError(
                "The array '{}' is unknown; the weights belong to a network of "
                "another shape.",
                name,
            )
    content = rest.encoded(dims, last, len(info.classes))
    return WrittenNetwork(first, content, rest.reach[last])


class _Writer:
    """Nodes and constants written so far, and the weights that they are made of.

    Methods add operations and return the name of what these put out. ``of`` is where
    the weights of a layer are.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], used: set[str]) -> None:
        self._arrays, self._used = arrays, used
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self.reach: dict[str, int] = {}
        """By output: frames to either side that it depends on."""

    def encoded(self, inputs: Mapping[str, int], last: str, n_out: int) -> bytes:
        """Encode all as a file, of inputs of so many maps each."""
        end = onnx_file.node("Identity", [last], "answer")
        return onnx_file.model(
            [*self._nodes, end],
            self._tensors,
            {name: (1, n, "t") for name, n in inputs.items()},
            {"answer": (1, n_out, "t")},
        )

    def array(self, name: str, *shape: int) -> np.ndarray:
        """Find weights of a shape, of which -1 fits any length."""
        found = self._arrays.get(name)
        if found is None:
            raise ModelError(
                "The array '{}' is missing; the file is damaged or belongs to a "
                "network of another shape.",
                name,
            )
        fits = len(found.shape) == len(shape) and all(
            n in (-1, m) for n, m in zip(shape, found.shape, strict=True)
        )
        if not fits:
            raise ModelError(
                "The array '{}' has the shape {} instead of {}; the weights belong to "
                "a network of another shape.",
                name,
                found.shape,
                shape,
            )
        self._used.add(name)
        return found

    def constant(self, values: np.ndarray) -> str:
        name = f"c{len(self._tensors)}"
        self._tensors.append(onnx_file.tensor(name, values))
        return name

    def add(self, kind: str, *inputs: str, reach: int = 0, **attributes: Any) -> str:
        output = f"n{len(self._nodes)}"
        self._nodes.append(onnx_file.node(kind, inputs, output, **attributes))
        self.reach[output] = reach + max(self.reach.get(i, 0) for i in inputs)
        return output

    def standardised(self, features: str, of: str, dim: int) -> str:
        mean, std = (self.array(f"{of}.{part}", dim) for part in ("mean", "std"))
        centred = self.add("Sub", features, self.constant(mean[:, None]))
        return self.add("Div", centred, self.constant(std[:, None]))

    def convolved(
        self, features: str, of: str, shape: Sequence[int], dilation: int = 1
    ) -> str:
        """Convolve by weights (out, in, frames)."""
        weight, bias = self.array(f"{of}.weight", *shape), self.array(f"{of}.bias", -1)
        pad = shape[2] // 2 * dilation
        return self.add(
            "Conv",
            *(features, self.constant(weight), self.constant(bias)),
            reach=pad,
            pads=[pad, pad],
            dilations=[dilation],
        )

    def residual(self, features: str, of: str, n: int, dilation: int) -> str:
        """Add a `ms_tcn.DilatedResidualLayer`."""
        wide = self.convolved(features, f"{of}.conv_dilated", (n, n, 3), dilation)
        rectified = self.add("Relu", wide)
        made = self.convolved(rectified, f"{of}.conv_1x1", (n, n, 1))
        return self.add("Add", features, made)


def _ms_tcn(graph: _Writer, info: ModelInfo, inputs: Sequence[str]) -> str:
    config = info.recipe.model
    places = [_place(config, modality) for modality in config.modalities]
    return _joined(graph, info, inputs, places, "network")


def _mean(graph: _Writer, info: ModelInfo, inputs: Sequence[str]) -> str:
    config, total = info.recipe.model, ""
    if len(inputs) == 1:
        return _ms_tcn(graph, info, inputs)
    for x, m in zip(inputs, config.modalities, strict=True):
        said = _joined(graph, info, [x], [_place(config, m)], f"network.branches.{m}")
        total = graph.add("Add", total, said) if total else said
    return graph.add("Div", total, graph.constant(np.array([float(len(inputs))])))


def _joined(
    graph: _Writer,
    info: ModelInfo,
    inputs: Sequence[str],
    places: Sequence[str],
    of: str,
) -> str:
    """Add an MS-TCN++, or several that are fused at every stage."""
    config, n_classes = info.recipe.model, len(info.classes)
    n, several = config.n_features, len(inputs) > 1
    current = list(inputs)
    for stage in range(1 + config.n_refinement_stages):
        index = min(stage, 1) if config.share_refinement else stage
        if index:
            seen = [
                _refined(graph, x, f"network.{p}.refinements.{index - 1}", info)
                for x, p in zip(current, places, strict=True)
            ]
        else:
            seen = [
                _predicted(graph, x, f"network.{p}.prediction", config)
                for x, p in zip(current, places, strict=True)
            ]
        features = seen[0]
        if several:
            features = graph.convolved(
                graph.add("Concat", *seen, axis=1),
                f"{of}.fusions.{index}",
                (n, n * len(seen), 1),
            )
        logits = graph.convolved(features, f"{of}.heads.{index}", (n_classes, n, 1))
        if stage < config.n_refinement_stages:
            current = [graph.add("Softmax", logits, axis=1)] * len(inputs)
    return logits


def _place(config: ModelConfig, modality: str) -> str:
    if len(config.modalities) == 1:
        return "trunks"
    return f"branches.{modality}{'.trunks' if config.network == MEAN else ''}"


def _predicted(graph: _Writer, features: str, of: str, config: ModelConfig) -> str:
    """Add a `ms_tcn.PredictionStage` without its first layer."""
    n, n_layers = config.n_features, config.n_prediction_layers
    for i in range(n_layers):
        wide, narrow = (
            graph.convolved(features, f"{of}.conv_dilated_{k}.{i}", (n, n, 3), dilation)
            for k, dilation in ((1, 2 ** (n_layers - 1 - i)), (2, 2**i))
        )
        both = graph.add("Concat", wide, narrow, axis=1)
        joined = graph.convolved(both, f"{of}.conv_fusion.{i}", (n, 2 * n, 1))
        features = graph.add("Add", features, graph.add("Relu", joined))
    return features


def _refined(graph: _Writer, probabilities: str, of: str, info: ModelInfo) -> str:
    """Add a `ms_tcn.RefinementStage`."""
    n, n_layers = info.recipe.model.n_features, info.recipe.model.n_refinement_layers
    shape = (n, len(info.classes), 1)
    features = graph.convolved(probabilities, f"{of}.conv_1x1", shape)
    for i in range(n_layers):
        features = graph.residual(features, f"{of}.layers.{i}", n, 2**i)
    return features


WRITTEN = {MS_TCN: _ms_tcn, MEAN: _mean}
"""Functions that write a network, by its name in a recipe; they return its logits."""
