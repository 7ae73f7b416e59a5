"""Settings of a run: frozen, silent, and the same in YAML and in code.

A YAML file that names an unknown setting is refused, with the name and the file.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar

from skelseg_core.errors import ConfigError
from skelseg_core.files import read_yaml, resource

C = TypeVar("C")

HeatmapKind = Literal["joint", "limb", "combined"]
Modality = Literal["heatmap", "rgb"]


@dataclass(frozen=True)
class HeatmapConfig:
    """How keypoints become pictures (eq. 1 and 2 of Hyder et al.).

    Parameters
    ----------
    kind : {"joint", "limb", "combined"}
        Which heatmap a network sees; combined is joint + limb.
    size : int
        Height and width of the grid.
    sigma_px : float
        Spread of the Gaussians in pixels of the grid (as in PYSKL).
    padding : float
        Margin around the subject's box, as a share of the box.
    min_score : float
        Keypoints with a lower score are missing.
    """

    kind: HeatmapKind = "combined"
    size: int = 56
    sigma_px: float = 0.6
    padding: float = 0.1
    min_score: float = 0.2


@dataclass(frozen=True)
class FeatureConfig:
    """Which network turns pictures into feature vectors.

    Parameters
    ----------
    backbone : str
        ``"efficientnet-lite0"`` (bundled), ``"resnet50"``, ``"resnet18"``, ``"vgg16"``.
    weights : str
        For torchvision backbones: path of a weights file; empty for the downloaded.
    rgb_crop : {"frame", "subject"}
        What the RGB stream sees: the whole frame, or a square that follows the
        subject.
    """

    backbone: str = "efficientnet-lite0"
    weights: str = ""
    rgb_crop: Literal["frame", "subject"] = "frame"


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the segmentation network (MS-TCN++, once or twice and fused).

    Parameters
    ----------
    modalities : tuple of {"heatmap", "rgb"}
        One: MS-TCN++ on it. Two: a branch each, fused at every stage.
    n_features : int
        Feature maps of every layer.
    n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Depth; the paper has 11, 10 and 3.
    share_refinement : bool
        One set of weights for all refinement stages.
    dropout : float
        As published, 0.5.
    standardise : bool
        Bring every feature to mean 0 and spread 1 over the training videos; mean and
        spread are part of the model. The published code feeds features as they are.
    """

    modalities: tuple[Modality, ...] = ("heatmap", "rgb")
    n_features: int = 64
    n_prediction_layers: int = 11
    n_refinement_layers: int = 10
    n_refinement_stages: int = 3
    share_refinement: bool = False
    dropout: float = 0.5
    standardise: bool = True

    def __post_init__(self) -> None:
        """Refuse networks that cannot be built."""
        if self.modalities not in (("heatmap",), ("rgb",), ("heatmap", "rgb")):
            raise ConfigError(
                f"modalities {list(self.modalities)} must be [heatmap], [rgb] or "
                "[heatmap, rgb]."
            )
        # Dilations double with every layer: 2^20 frames are ten hours.
        for name, low, high in (
            ("n_features", 1, 4096),
            ("n_prediction_layers", 1, 20),
            ("n_refinement_layers", 1, 20),
            ("n_refinement_stages", 0, 20),
        ):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} must be between {low} and {high}.")
        if not 0 <= self.dropout < 1:
            raise ConfigError("dropout must be at least 0 and less than 1.")


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained.

    Parameters
    ----------
    epochs, fusion_epochs : int
        Of a single branch, and of the fused network that starts from the branches.
    min_steps : int
        A step is one video, so a few videos are gone through more often, until each
        stage has taken this many steps; 0, as published, for the epochs alone.
    learning_rate, fusion_learning_rate : float
        Of Adam in the two stages; the paper has 1e-3 and 5e-4.
    smoothing_weight, smoothing_tau : float
        Of the truncated smoothing loss; tau 4 as in the published code.
    weight_decay : float
        Of Adam; none as published.
    clip_norm : float
        Longest gradient of a step; 0, as published, for no limit.
    schedule : {"constant", "cosine"}
        Learning rate over the epochs of a stage: as published, or falling to 2 %.
    seed : int
        Everything random follows from it.
    """

    epochs: int = 100
    fusion_epochs: int = 100
    min_steps: int = 500
    learning_rate: float = 1e-3
    fusion_learning_rate: float = 5e-4
    smoothing_weight: float = 0.15
    smoothing_tau: float = 4.0
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse runs that cannot start."""
        if self.epochs < 1 or self.fusion_epochs < 1:
            raise ConfigError("epochs and fusion_epochs must be at least 1.")
        if self.min_steps < 0:
            raise ConfigError("min_steps must not be negative.")
        if self.learning_rate <= 0 or self.fusion_learning_rate <= 0:
            raise ConfigError("Learning rates must be greater than 0.")
        if min(self.clip_norm, self.weight_decay, self.smoothing_weight) < 0:
            raise ConfigError(
                "clip_norm, weight_decay and smoothing_weight must not be negative."
            )


@dataclass(frozen=True)
class Preset:
    """A whole recipe, as in ``resources/presets/*.yaml``."""

    heatmap: HeatmapConfig = field(default_factory=HeatmapConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


def preset_names() -> tuple[str, ...]:
    """Names of the bundled presets."""
    return tuple(sorted(p.stem for p in resource("presets").glob("*.yaml")))


def load_preset(name_or_path: str) -> Preset:
    """Load a bundled preset by name, or a YAML file of the same shape by path.

    Raises
    ------
    ConfigError
        Where there is no such preset or it names an unknown setting.
    """
    if name_or_path in preset_names():
        path = resource("presets") / f"{name_or_path}.yaml"
    else:
        path = Path(name_or_path)
        if not path.is_file():
            raise ConfigError(
                f"There is no preset '{name_or_path}'; choose one of "
                f"{', '.join(preset_names())}, or give the path of a YAML file."
            )
    return from_dict(Preset, read_yaml(path), str(path))


def to_dict(config: Any) -> dict[str, Any]:
    """A configuration as plain values for JSON and YAML."""
    return _plain(dataclasses.asdict(config))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def from_dict(kind: type[C], values: Mapping[str, Any], where: str = "") -> C:
    """Build a configuration from plain values, refusing what it does not know.

    Raises
    ------
    ConfigError
        For an unknown name or a value of another type; says where.
    """
    prefix = f"{where}: " if where else ""
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise ConfigError(
                f"{prefix}unknown setting '{name}'; known are "
                f"{', '.join(sorted(known))}."
            )
    try:
        return kind(
            **{n: _convert(hints[n], v, f"{prefix}{n}") for n, v in values.items()}
        )
    except ConfigError as error:
        text = str(error)
        raise ConfigError(text if text.startswith(prefix) else prefix + text) from error
    except TypeError as error:
        raise ConfigError(f"{prefix}a setting is missing: {error}.") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must hold 'name: value' lines.")
        return from_dict(hint, value, where)
    if origin is Literal:
        options = typing.get_args(hint)
        if value not in options:
            raise ConfigError(f"{where} is {value!r}; it must be one of {options}.")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} must be a list.")
        inner = typing.get_args(hint)[0]
        return tuple(_convert(inner, v, where) for v in value)
    if origin in (typing.Union, UnionType):
        if value is None:
            return None
        inner = next(a for a in typing.get_args(hint) if a is not type(None))
        return _convert(inner, value, where)
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: Any, where: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is float and number:
        return float(value)
    if hint is float and isinstance(value, str):
        # YAML 1.1 reads "1e-3" as a text.
        try:
            return float(value)
        except ValueError:
            pass
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigError(f"{where} is {value!r}; it must be of type {hint.__name__}.")
    return value
