"""The networks by name and their loss; all of it needs PyTorch."""
# ruff: noqa: E402

from __future__ import annotations

from skelseg_core.torch_tools.needed import check_torch

# Before the imports that need it.
check_torch("A network of skelseg_core")

from collections.abc import Mapping
from typing import Any

from skelseg_core.config import ModelConfig, from_dict
from skelseg_core.learning import models
from skelseg_core.learning.inference import (
    predict_probabilities as predict_probabilities,
)
from skelseg_core.learning.losses import segmentation_loss as segmentation_loss
from skelseg_core.learning.models.layers import Dropout as Dropout
from skelseg_core.learning.models.network import Network as Network
from skelseg_core.learning.models.network import NetworkKind as NetworkKind
from skelseg_core.learning.models.network import NetworkPlan as NetworkPlan
from skelseg_core.poses.skeletons import load_skeleton


def build_model(
    network: str,
    in_dims: Mapping[str, int],
    n_classes: int,
    skeleton: str = "",
    **shape: Any,
) -> models.SegmentationModel:
    """Build a network by its name, with new weights.

    Parameters
    ----------
    network : str
        ``"ms-tcn++"`` (the paper's: of several modalities, fused at every stage),
        ``"mean-ms-tcn++"``, or one that a package adds.
    in_dims : Mapping[str, int]
        Features per frame by modality: ``"heatmap"``, ``"rgb"``, ``"keypoints"``,
        ``"keypoints3d"``. Several are branches, in this order.
    n_classes : int
        Number of classes C.
    skeleton : str
        Name of the skeleton, for networks on its graph.
    **shape
        Other fields of ``model`` in a recipe: ``n_features``, ``dropout``.

    Returns
    -------
    torch.nn.Module
        Maps features by modality, (B, D, T), and optionally a mask (B, 1, T), to logits
        of all stages, (S, B, C, T).

    Raises
    ------
    ConfigError
        Where there is no such network, modality or field.
    """
    values = {"modalities": list(in_dims), "network": network, **shape}
    config = from_dict(ModelConfig, values, "build_model")
    drawn = load_skeleton(skeleton) if skeleton else None
    return models.build_model(config, in_dims, n_classes, drawn)
