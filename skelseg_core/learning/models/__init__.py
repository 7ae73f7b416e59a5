"""Segmentation networks behind one door: `build_model` and `SegmentationModel`.

Importing this package imports torch; `skelseg_core.learning.model_info` does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.models.encoder import CONTEXT, HeatmapEncoder
from skelseg_core.learning.models.fusion import FusionMSTCNPlusPlus
from skelseg_core.learning.models.layers import Standardise, masked
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus, Trunks
from skelseg_core.learning.models.peers import Peer, build_peer
from skelseg_core.learning.models.reba import GCNEncoderDecoder
from skelseg_core.learning.models.st_pgn import STPGN
from skelseg_core.poses.keypoint_features import n_numbers
from skelseg_core.poses.skeleton import Skeleton

__all__ = ["SegmentationModel", "build_model"]

CHUNK = 4096
"""Frames whose features are in memory at once when nothing is learnt."""

Network = MSTCNPlusPlus | FusionMSTCNPlusPlus | Peer


@dataclass(frozen=True)
class ModelOutput:
    """What a network says of a batch.

    Parameters
    ----------
    logits : Tensor (S, B, C, T)
        Of all stages.
    risk : Tensor (B, T), optional
        REBA scores, of a network that tells them.
    pose : Tensor (B, P, T), optional
        The posture as an encoder reads it off heatmaps.
    """

    logits: Tensor
    risk: Tensor | None = None
    pose: Tensor | None = None


class SegmentationModel(nn.Module):
    """A network with a uniform entrance: features by modality, and a mask.

    Parameters
    ----------
    network : MSTCNPlusPlus, FusionMSTCNPlusPlus or a peer's
        What is inside.
    in_dims : Mapping[str, int]
        Dimension of the features by modality, in the order of the branches.
    standardise : bool
        Whether inputs are standardised first (mean and spread are part of the model).
    encoders : Mapping[str, HeatmapEncoder]
        By modality: what turns pictures into features and is trained with the rest.
    """

    def __init__(
        self,
        network: Network,
        in_dims: Mapping[str, int],
        standardise: bool,
        encoders: Mapping[str, HeatmapEncoder],
    ) -> None:
        super().__init__()
        self.network = network
        self.in_dims = dict(in_dims)
        self.n_classes = network.n_classes
        plain = {m: d for m, d in in_dims.items() if m not in encoders}
        self.inputs = nn.ModuleDict(
            {m: Standardise(d) for m, d in plain.items()} if standardise else {}
        )
        self.encoders = nn.ModuleDict(dict(encoders))

    @property
    def modalities(self) -> tuple[str, ...]:
        """What the network needs features of."""
        return tuple(self.in_dims)

    def load_branches(self, branches: Mapping[str, SegmentationModel]) -> None:
        """Start a fused network from its trained branches; nothing for others.

        Raises
        ------
        ModelError
            Where a branch is missing or of another shape.
        """
        if not isinstance(self.network, FusionMSTCNPlusPlus):
            return
        self.network.load_branches(
            {
                m: b.network
                for m, b in branches.items()
                if isinstance(b.network, MSTCNPlusPlus)
            }
        )
        for modality, encoder in self.encoders.items():
            trained = branches[modality].encoders[modality]
            encoder.load_state_dict(trained.state_dict())

    def check_dims(self, found: Mapping[str, int]) -> None:
        """Refuse features that this network cannot take.

        Raises
        ------
        ModelError
            Where a modality is missing or its dimension differs.
        """
        for modality, wanted in self.in_dims.items():
            if modality not in found:
                raise ModelError(
                    f"This model needs {modality} features and there are none; "
                    "extract them first."
                )
            if found[modality] != wanted:
                raise ModelError(
                    f"This model needs {modality} features of dimension {wanted}, "
                    f"these have {found[modality]}; extract them with the model's own "
                    "settings."
                )

    def forward(
        self, features: Mapping[str, Tensor], mask: Tensor | None = None
    ) -> Tensor:
        """Logits of all stages.

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
        """All that the network says; arguments as of `forward`."""
        inputs = {m: self._prepared(m, features[m], mask) for m in self.in_dims}
        network, (first, *others) = self.network, inputs.values()
        risk = pose = None
        if isinstance(network, FusionMSTCNPlusPlus):
            logits: Tensor = network(inputs, mask)
        elif isinstance(network, STPGN):
            logits = network(first, mask, *others)
        elif isinstance(network, GCNEncoderDecoder) and network.risk is not None:
            logits, risk = network.forward_with_risk(first, mask)
        else:
            logits = network(first, mask)
        for modality, encoder in self.encoders.items():
            assert isinstance(encoder, HeatmapEncoder)
            pose = encoder.pose_in(inputs[modality])
        return ModelOutput(logits, risk, pose)

    def streamed(self, features: Mapping[str, np.ndarray]) -> Tensor:
        """Logits of all stages of one video, its features read a part at a time.

        Parameters
        ----------
        features : Mapping[str, ndarray (T, D)]
            By modality; may lie on disk (memory-mapped).

        Returns
        -------
        Tensor (S, 1, C, T)
        """
        network = self.network
        if isinstance(network, MSTCNPlusPlus):
            (modality,) = self.in_dims
            trunks = {modality: network.trunks}
        elif isinstance(network, FusionMSTCNPlusPlus):
            trunks = {m: network.trunks_of(m) for m in self.in_dims}
        else:
            whole = {m: self._turned(features[m]) for m in self.in_dims}
            return self.outputs(whole).logits
        entered = {
            m: torch.cat(list(self._entered(m, features[m], trunks[m])), dim=-1)
            for m in self.in_dims
        }
        if isinstance(network, FusionMSTCNPlusPlus):
            logits: Tensor = network(entered, entered=True)
        else:
            logits = network(entered[modality], entered=True)
        return logits

    def _entered(
        self, modality: str, features: np.ndarray, trunks: Trunks
    ) -> Iterator[Tensor]:
        for start in range(0, len(features), CHUNK):
            # An encoder may look a little beyond a frame.
            room = CONTEXT if modality in self.encoders else 0
            first = max(0, start - room)
            part = self._turned(features[first : start + CHUNK + room])
            seen = self._prepared(modality, part, None)[..., start - first :][
                ..., :CHUNK
            ]
            entered: Tensor = trunks.prediction.conv_1x1_in(seen)
            yield entered

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def _turned(self, features: np.ndarray) -> Tensor:
        """(T, D) to (1, D, T), where the weights are."""
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
    ModelError
        Where the features of a modality are missing or a number is not positive.
    """
    for modality in config.modalities:
        if in_dims.get(modality, 0) < 1:
            raise ModelError(f"There are no {modality} features to build a model on.")
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
    network: Network
    if config.network != "ms-tcn++":
        network = build_peer(config, dims, n_classes, skeleton)
    elif len(dims) == 1:
        network = MSTCNPlusPlus(next(iter(seen.values())), n_classes, **_shape(config))
    else:
        network = FusionMSTCNPlusPlus(seen, n_classes, **_shape(config))
    return SegmentationModel(network, dims, config.standardise, encoders)


def _shape(config: ModelConfig) -> dict[str, Any]:
    names = (
        "n_features",
        "n_prediction_layers",
        "n_refinement_layers",
        "n_refinement_stages",
        "share_refinement",
        "dropout",
    )
    return {name: getattr(config, name) for name in names}
