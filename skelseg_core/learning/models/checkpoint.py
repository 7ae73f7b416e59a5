"""Checkpoint of a model: ``model.safetensors`` and its description ``model.json``."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from skelseg_core.errors import ConfigError, ModelError
from skelseg_core.files import atomic_write
from skelseg_core.learning.model_info import (
    INFO_NAME,
    WEIGHTS_NAME,
    ModelInfo,
    load_info,
    to_json,
)
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton

__all__ = ["ModelInfo", "load_info", "load_model", "save_model"]


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
    """
    weights = {name for name, _ in model.named_parameters()}
    arrays = {
        name: array.detach()
        .to("cpu", torch.float16 if half and name in weights else torch.float32)
        .contiguous()
        for name, array in model.state_dict().items()
    }
    data = safetensors.torch.save(arrays)
    written = dataclasses.replace(info, weights_sha256=hashlib.sha256(data).hexdigest())
    # The description last: what it describes is there by then.
    atomic_write(folder / WEIGHTS_NAME, data)
    atomic_write(folder / INFO_NAME, to_json(written))
    return written


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
    path = folder / WEIGHTS_NAME
    arrays = _read_weights(path, info.weights_sha256)
    # On the meta device nothing is allocated before the shapes are known to agree.
    try:
        with torch.device("meta"):
            model = build_model(
                info.recipe.model, info.in_dims, len(info.classes), skeleton_of(info)
            )
    except ConfigError as error:
        raise ModelError("{}: {}", folder / INFO_NAME, error) from error
    _check_arrays(arrays, dict(model.state_dict()), str(path))
    model.load_state_dict(arrays, assign=True)
    return model.eval(), info


def skeleton_of(info: ModelInfo) -> Skeleton | None:
    """Load the skeleton of a model's poses; None where it names none."""
    return load_skeleton(info.skeleton) if info.skeleton else None


def _read_weights(path: Path, sha256: str) -> dict[str, Tensor]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            "{} cannot be read ({}); restore it or train again.", path, error.strerror
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(
            "{} is damaged, or belongs to another {}; copy the whole model folder "
            "again or train the model again.",
            path,
            INFO_NAME,
        )
    try:
        arrays = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelError(
            "{} is not a safetensors file; restore it or train the model again.", path
        ) from error
    for name, array in arrays.items():
        if not array.is_floating_point() or not torch.isfinite(array).all():
            raise ModelError(
                "{}: the array '{}' has values that are not numbers; train the model "
                "again.",
                path,
                name,
            )
    return {name: array.to(torch.float32) for name, array in arrays.items()}


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
