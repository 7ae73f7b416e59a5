"""Descriptions of models without weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from skelseg_core.config import ModelConfig, Preset
from skelseg_core.labels.classes import ActionClass
from skelseg_core.learning.model_info import ModelInfo

OF_KEYPOINTS = Preset(model=ModelConfig(modalities=("keypoints",)))


def described(
    name: str, names: Mapping[int, str] | None = None, **known: Any
) -> ModelInfo:
    """What a model of keypoints says of itself; by default it knows one class."""
    made = tuple(ActionClass(n, of) for n, of in (names or {0: "walk"}).items())
    info = ModelInfo(name, OF_KEYPOINTS, {"keypoints": 8}, made, "lcrnet15")
    return replace(info, **known)
