"""Checkpoint of a model: ``model.safetensors`` and its description ``model.json``."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from skelseg_core import __version__
from skelseg_core.errors import ConfigError, ModelError
from skelseg_core.files import atomic_write
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.model_info import (
    INFO_NAME,
    WEIGHTS_NAME,
    ModelInfo,
    load_info,
    to_json,
)
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.learning.models.layers import Standardise
from skelseg_core.learning.numpy_network import NumpyNetwork, needs_torch, read_arrays
from skelseg_core.plugins import NETWORKS, package_of
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton

__all__ = ["ModelInfo", "load_info", "load_model", "save_model"]

CHECKED_FRAMES = (1, 2, 3, 777, 5000)
MOST_OFF = 1e-4
"""Difference of probabilities, at most, of torch and NumPy."""

_log = logging.getLogger(__name__)


def save_model(
    folder: Path, model: SegmentationModel, info: ModelInfo, half: bool = False
) -> ModelInfo:
    """Write a model folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing; a model in it is replaced.
    model : SegmentationModel
        Its weights are stored in CPU order, whatever device it is on.
    info : ModelInfo
        Its ``weights_sha256`` is filled in.
    half : bool
        Store weights as 16-bit floats (half the size; mean and spread stay 32-bit).

    Returns
    -------
    ModelInfo
        As written.

    Notes
    -----
    If `NumpyNetwork` has such networks, it is tried on videos of `CHECKED_FRAMES`.
    If a probability is off by more than `MOST_OFF`, or another class is the most
    probable by more, the description says ``torch_only``.
    """
    weights = {name for name, _ in model.named_parameters()}
    arrays = {
        name: array.detach()
        .to("cpu", torch.float16 if half and name in weights else torch.float32)
        .contiguous()
        for name, array in model.state_dict().items()
    }
    data = safetensors.torch.save(arrays)
    written = dataclasses.replace(
        info,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        tool_version=__version__,
        weights_sha256=hashlib.sha256(data).hexdigest(),
        network_package=package_of(NETWORKS, info.preset.model.network),
        torch_only=not needs_torch(info.preset.model) and _is_off(arrays, info),
    )
    # The description last: what it describes is there by then.
    atomic_write(folder / WEIGHTS_NAME, data)
    atomic_write(folder / INFO_NAME, to_json(written))
    return written


def _is_off(stored: Mapping[str, Tensor], info: ModelInfo) -> bool:
    """Tell whether NumPy computes something else than torch from the same weights."""
    arrays = {name: array.to(torch.float32) for name, array in stored.items()}
    model = _built(info)
    model.load_state_dict(arrays, assign=True)
    weights = {name: array.numpy() for name, array in arrays.items()}
    network = NumpyNetwork(weights, info)
    for n_frames in CHECKED_FRAMES:
        features = _likely(model, n_frames)
        ours = predict_probabilities(model, features)
        theirs = network.probabilities(features)
        chosen = np.take_along_axis(ours, theirs.argmax(axis=1)[:, None], axis=1)
        # By how much the class that they choose is less probable than the one of ours.
        lost = ours.max(axis=1) - chosen[:, 0]
        off = max(float(np.abs(theirs - ours).max()), float(lost.max()))
        if not off <= MOST_OFF:
            _log.warning("%s needs PyTorch: NumPy is off by %g", info.name, off)
            return True
    return False


def _likely(model: SegmentationModel, n_frames: int) -> dict[str, np.ndarray]:
    """Draw features (T, D) with the mean and spread of those learnt from."""
    rng = np.random.default_rng(0)
    drawn = {
        modality: rng.normal(size=(n_frames, dim)).astype(np.float32)
        for modality, dim in model.in_dims.items()
    }
    for modality, layer in model.inputs.items():
        assert isinstance(layer, Standardise)
        drawn[modality] = layer.mean.numpy() + layer.std.numpy() * drawn[modality]
    return drawn


def load_model(folder: Path) -> tuple[SegmentationModel, ModelInfo]:
    """Read a model folder.

    Returns
    -------
    model : SegmentationModel
        With 32-bit weights on the CPU, ready to predict.
    info : ModelInfo

    Raises
    ------
    ModelError
        Where a file is missing, damaged or truncated, or the two do not belong
        together.
    """
    info = load_info(folder)
    network = info.preset.model.network
    if info.network_package and not package_of(NETWORKS, network):
        raise ModelError(
            "The model {} was trained with the network {} of the package {}, which is "
            "not installed; get the package from whoever made the model.",
            info.name,
            network,
            info.network_package,
        )
    read = read_arrays(folder, info)
    arrays = {name: torch.from_numpy(array) for name, array in read.items()}
    try:
        model = _built(info)
    except ConfigError as error:
        raise ModelError("{}: {}", folder / INFO_NAME, error) from error
    _check_arrays(arrays, dict(model.state_dict()), str(folder / WEIGHTS_NAME))
    model.load_state_dict(arrays, assign=True)
    return model.eval(), info


def _built(info: ModelInfo) -> SegmentationModel:
    """Build the network of a model, whose weights are still missing."""
    # On the meta device nothing is allocated before the shapes are known to agree.
    with torch.device("meta"):
        return build_model(
            info.preset.model, info.in_dims, len(info.classes), skeleton_of(info)
        )


def skeleton_of(info: ModelInfo) -> Skeleton | None:
    """Load the skeleton of a model's poses; None where it names none."""
    return load_skeleton(info.skeleton) if info.skeleton else None


def _check_arrays(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str
) -> None:
    """Refuse weights that lack an array, hold another one, or differ in shape."""
    for name in wanted:
        if name not in found:
            raise ModelError(
                "{}: the array '{}' is missing; the file is damaged or belongs to a "
                "network of another shape.",
                what,
                name,
            )
    for name, array in found.items():
        if name not in wanted:
            raise ModelError(
                "{}: the array '{}' is unknown; the weights belong to a network of "
                "another shape.",
                what,
                name,
            )
        if array.shape != wanted[name].shape:
            raise ModelError(
                "{}: the array '{}' has the shape {} instead of {}; the weights "
                "belong to a network of another shape.",
                what,
                name,
                tuple(array.shape),
                tuple(wanted[name].shape),
            )
