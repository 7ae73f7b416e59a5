"""Segmentation networks: `build_model`, and `SegmentationModel` around any of them.

Importing this package imports torch; `skelseg_core.learning.model_info` does not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from skelseg_core import plugins
from skelseg_core.config import ModelConfig, Preset
from skelseg_core.errors import ConfigError, ModelError, PluginError
from skelseg_core.learning.models.encoder import CONTEXT, HeatmapEncoder
from skelseg_core.learning.models.fusion import KINDS
from skelseg_core.learning.models.layers import Standardise, masked, padding_mask
from skelseg_core.learning.models.network import (
    ModelOutput,
    Network,
    NetworkKind,
    NetworkPlan,
)
from skelseg_core.poses.keypoint_features import n_numbers
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.said import Said

__all__ = [
    "NETWORKS",
    "SegmentationModel",
    "build_model",
    "check_preset",
    "network_kind",
]

NETWORKS: dict[str, NetworkKind] = {kind.name: kind for kind in KINDS}
"""Networks that a configuration can name; packages add theirs (`skelseg.networks`)."""

TRIED_FRAMES = (1, 50)
"""Lengths of videos that a network of a package is tried on before it is trained."""

CHUNK = 4096
"""Frames whose features are in memory at once when nothing is learnt."""


def network_kind(name: str) -> NetworkKind:
    """Find the network that a configuration names.

    Raises
    ------
    ConfigError
        Where there is none of this name.
    PluginError
        Where it is of a package and cannot be imported.
    """
    if name in NETWORKS:
        return NETWORKS[name]
    others = plugins.names(plugins.NETWORKS)
    if name not in others:
        raise ConfigError(
            "There is no network '{}'; the networks are {}.",
            name,
            ", ".join((*NETWORKS, *others)),
        )
    return plugins.load(plugins.NETWORKS, name, NetworkKind)


def check_preset(preset: Preset) -> None:
    """Refuse a recipe whose network does not exist or cannot see what it is given.

    Raises
    ------
    ConfigError
        Says what to change.
    """
    kind = network_kind(preset.model.network)
    kind.check_inputs(preset.model.modalities)
    if kind.on_graph and preset.features.keypoints == "body":
        raise ConfigError(
            "The network {} uses numbers per keypoint; set keypoints to graph.",
            kind.name,
        )


class SegmentationModel(nn.Module):
    """A network with one interface for all: features by modality, and a mask.

    Parameters
    ----------
    network : Network
        What is inside.
    in_dims : Mapping[str, int]
        Dimension of the features by modality, in the order of the branches.
    standardised : sequence of str
        Modalities that are standardised first (mean and spread are part of the model).
    encoders : Mapping[str, HeatmapEncoder]
        By modality: what turns pictures into features and is trained with the rest.
    """

    def __init__(
        self,
        network: Network,
        in_dims: Mapping[str, int],
        standardised: Sequence[str],
        encoders: Mapping[str, HeatmapEncoder],
    ) -> None:
        super().__init__()
        self.network = network
        self.in_dims = dict(in_dims)
        self.n_classes = network.n_classes
        self.inputs = nn.ModuleDict({m: Standardise(in_dims[m]) for m in standardised})
        self.encoders = nn.ModuleDict(dict(encoders))

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that the network needs features of."""
        return tuple(self.in_dims)

    def load_branches(self, branches: Mapping[str, SegmentationModel]) -> None:
        """Start a fused network from its trained branches.

        Raises
        ------
        ModelError
            Where a branch is missing or of another shape.
        """
        self.network.load_branches({m: b.network for m, b in branches.items()})
        for modality, encoder in self.encoders.items():
            trained = branches[modality].encoders[modality]
            encoder.load_state_dict(trained.state_dict())

    def forward(
        self, features: Mapping[str, Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Compute the logits of all stages.

        Parameters
        ----------
        features : Mapping[str, Tensor (B, D, T)]
            By modality; others than the model's are ignored.
        mask : Tensor (B, 1, T), optional
            1 at frames of the video, 0 at padding.

        Returns
        -------
        Tensor (S, B, C, T)
        """
        return self.outputs(features, mask).logits

    def outputs(
        self, features: Mapping[str, Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Compute all that the network says; arguments as in `forward`."""
        mask = padding_mask(mask)
        inputs = {m: self._prepared(m, features[m], mask) for m in self.in_dims}
        first = [self.network.first_layer(i, x) for i, x in enumerate(inputs.values())]
        found = self.network.after_first_layer(first, mask)
        for modality, encoder in self.encoders.items():
            assert isinstance(encoder, HeatmapEncoder)
            found = dataclasses.replace(found, pose=encoder.pose_in(inputs[modality]))
        return found

    def streamed(self, features: Mapping[str, np.ndarray]) -> Tensor:
        """Compute the logits of one video, its features read a part at a time.

        Parameters
        ----------
        features : Mapping[str, ndarray (T, D)]
            By modality; may lie on disk (memory-mapped).

        Returns
        -------
        Tensor (S, 1, C, T)
        """
        first = [
            torch.cat(list(self._first_layer(i, m, features[m])), dim=-1)
            for i, m in enumerate(self.in_dims)
        ]
        return self.network.after_first_layer(first).logits

    def _first_layer(
        self, index: int, modality: str, features: np.ndarray
    ) -> Iterator[Tensor]:
        for start in range(0, len(features), CHUNK):
            # An encoder may look a little beyond a frame.
            room = CONTEXT if modality in self.encoders else 0
            begin = max(0, start - room)
            part = self._turned(features[begin : start + CHUNK + room])
            seen = self._prepared(modality, part, None)[..., start - begin :]
            yield self.network.first_layer(index, seen[..., :CHUNK])

    @property
    def device(self) -> torch.device:
        """Device that the weights are on."""
        return next(self.parameters()).device

    def _turned(self, features: np.ndarray) -> Tensor:
        """Map (T, D) to (1, D, T), where the weights are."""
        turned = np.ascontiguousarray(features.T, np.float32)
        return torch.from_numpy(turned)[None].to(self.device)

    def _prepared(self, modality: str, features: Tensor, mask: Tensor | None) -> Tensor:
        prepared = features
        if modality in self.encoders:
            prepared = self.encoders[modality](features, mask)
        elif modality in self.inputs:
            prepared = self.inputs[modality](features)
        return masked(prepared, mask)


def build_model(
    config: ModelConfig,
    in_dims: Mapping[str, int],
    n_classes: int,
    skeleton: Skeleton | None = None,
) -> SegmentationModel:
    """Build the network a configuration describes, with new weights.

    Parameters
    ----------
    config : ModelConfig
        Shape; ``config.modalities`` says which of ``in_dims`` are used.
    in_dims : Mapping[str, int]
        Dimension of the features by modality.
    n_classes : int
        Number of classes.
    skeleton : Skeleton, optional
        Of the keypoints; networks on graphs need it.

    Raises
    ------
    ConfigError
        Where there is no such network, or it does not take these modalities.
    ModelError
        Where the features of a modality are missing or a number is not positive.
    PluginError
        Where the network is of a package and fails.
    """
    kind = network_kind(config.network)
    kind.check_inputs(config.modalities)
    for modality in config.modalities:
        if in_dims.get(modality, 0) < 1:
            raise ModelError("There are no {} features to build a model on.", modality)
    if n_classes < 1:
        raise ModelError("A model needs at least one class; name one.")
    dims: dict[str, int] = {
        modality: in_dims[modality] for modality in config.modalities
    }
    encoders: dict[str, HeatmapEncoder] = {}
    if config.heatmap_encoder == "trained" and "heatmap" in dims:
        n_pose = 0
        if config.read_pose:
            if skeleton is None:
                raise ModelError("Reading poses needs a skeleton; name one.")
            n_pose = n_numbers(skeleton, 2, "posture")
        encoders["heatmap"] = HeatmapEncoder(dims["heatmap"], n_pose=n_pose)
    seen = {m: encoders[m].out_dim if m in encoders else d for m, d in dims.items()}
    plan = NetworkPlan(config, seen, n_classes, skeleton)
    network = kind.build(plan) if config.network in NETWORKS else _tried(kind, plan)
    return SegmentationModel(network, dims, config.standardised, encoders)


def _tried(kind: NetworkKind, plan: NetworkPlan) -> Network:
    """Build a network of a package; refuse one whose logits have another shape."""
    package = plugins.package_of(plugins.NETWORKS, kind.name)
    whose = Said("The network {} of the package {}", kind.name, package)
    network = plugins.watched(kind.build, whose, Network)(plan)
    if next(network.parameters()).is_meta:
        return network  # its weights are read, so it was tried when it was trained
    run = plugins.watched(network.after_first_layer, whose, ModelOutput)
    network.eval()
    for n_frames in TRIED_FRAMES:
        inputs = [torch.zeros(1, dim, n_frames) for dim in plan.in_dims.values()]
        with torch.no_grad():
            first = [network.first_layer(i, x) for i, x in enumerate(inputs)]
            shape = run(first, torch.ones(1, 1, n_frames)).logits.shape
        if len(shape) != 4 or shape[1:] != (1, plan.n_classes, n_frames):
            raise PluginError(
                "{} returned logits of the shape {} for a video of {} frames and {} "
                "classes instead of (stages, 1, {}, {}); its makers can correct it.",
                *(whose, tuple(shape), n_frames, plan.n_classes),
                *(plan.n_classes, n_frames),
            )
    return network.train()
