"""Settings of networks, features and training, and the presets made of them, in YAML.

A YAML file that names an unknown setting is refused, with the name and the file.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta

from skelseg_core.bundled import resource
from skelseg_core.errors import ConfigError
from skelseg_core.typed_values import Where, typed

C = TypeVar("C")

HeatmapKind = Literal["joint", "limb", "combined"]
HeatmapView = Literal["video", "subject", "both"]
Modality = Literal["heatmap", "rgb", "keypoints", "keypoints3d"]

Share = Annotated[float, Meta(ge=0, le=1)]
Rest = Annotated[float, Meta(ge=0, lt=1)]
"""A share that leaves something."""
Weight = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class HeatmapConfig:
    """Settings of pseudo-heatmaps of keypoints (eq. 1 and 2 of Hyder et al.).

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
    view : {"video", "subject", "both"}
        What the grid covers: as in the paper, where the subject is during the whole
        video; or a square that follows the subject, in which a body is large; or one
        picture of each, for an encoder that is trained.
    """

    kind: HeatmapKind = "combined"
    size: Annotated[int, Meta(ge=8, le=512)] = 56
    sigma_px: Annotated[float, Meta(gt=0, le=512)] = 0.6
    padding: Annotated[float, Meta(ge=0, le=10)] = 0.1
    min_score: Share = 0.2
    view: HeatmapView = "video"


@dataclass(frozen=True)
class FeatureConfig:
    """Settings of the features that networks are given.

    Parameters
    ----------
    backbone : str
        ``"efficientnet-lite0"`` (bundled), ``"resnet50"``, ``"resnet18"``, ``"vgg16"``.
    weights : str
        For torchvision backbones: path of a weights file; empty for the downloaded.
    rgb_crop : {"frame", "subject", "hands"}
        What the RGB stream sees: the whole frame, a square that follows the subject,
        or one around each of the subject's hands.
    keypoints : {"body", "coordinates", "graph"}
        What the keypoint streams see (`keypoint_features`): coordinates, body-centred
        and scale-free ones, motion and directions of limbs; the coordinates alone,
        standardised per video; or coordinates and motion per keypoint, for networks
        on graphs.
    max_gap : int
        Keypoints that are missing for up to so many frames are bridged by straight
        lines before anything is drawn or computed; 0 for none, as published.
    precision : {"float32", "fast"}
        How torchvision backbones compute; fast is bfloat16 where the processor or
        graphics card has it: two to three times as fast, and 0.4 % off. Computers
        differ by as much then, which is why nothing is fast unless asked for. The
        bundled backbone has one precision.
    """

    backbone: str = "efficientnet-lite0"
    weights: str = ""
    rgb_crop: Literal["frame", "subject", "hands"] = "frame"
    keypoints: Literal["body", "coordinates", "graph"] = "body"
    max_gap: Annotated[int, Meta(ge=0)] = 0
    precision: Literal["float32", "fast"] = "float32"


@dataclass(frozen=True)
class ModelConfig:
    """Settings of a segmentation network: its inputs and its shape.

    Parameters
    ----------
    modalities : tuple of {"heatmap", "rgb", "keypoints", "keypoints3d"}
        What it looks at, in the order of the branches.
    n_features : int
        Feature maps of every layer.
    n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Depth; the paper has 11, 10 and 3.
    share_refinement : bool
        One set of weights for all refinement stages.
    dropout : float
        As published, 0.5.
    standardise : bool
        Bring every feature of pictures to mean 0 and spread 1 over the training
        videos; mean and spread are part of the model. The published code feeds
        features as they are. Does not apply to keypoints, whose features have their
        own scale, and to what a trained encoder sees.
    network : str
        MS-TCN++, once or, for several modalities, a branch each, fused or averaged; or
        a peer's network. `learning.models` knows the names and what each network takes.
    heatmap_encoder : {"backbone", "trained"}
        Heatmaps go through a network that was trained on photographs and stays as it
        is, as in the paper; or through a small one that is trained with the rest.
    read_pose : bool
        A trained encoder must also tell the posture that its heatmaps were drawn from,
        and what follows sees that posture and its motion too.
    """

    modalities: tuple[Modality, ...] = ("heatmap", "rgb")
    # Time and memory grow with its square; a model of somebody else may say anything.
    n_features: Annotated[int, Meta(ge=1, le=512)] = 64
    # Dilations double with every layer: 2^20 frames are ten hours.
    n_prediction_layers: Annotated[int, Meta(ge=1, le=20)] = 11
    n_refinement_layers: Annotated[int, Meta(ge=1, le=20)] = 10
    n_refinement_stages: Annotated[int, Meta(ge=0, le=20)] = 3
    share_refinement: bool = False
    dropout: Rest = 0.5
    standardise: bool = True
    network: str = "ms-tcn++"
    heatmap_encoder: Literal["backbone", "trained"] = "backbone"
    read_pose: bool = False

    @property
    def standardised(self) -> tuple[Modality, ...]:
        """Modalities whose features are brought to mean 0 and spread 1."""
        plain: tuple[str, ...] = ("keypoints", "keypoints3d")
        if self.heatmap_encoder == "trained":
            plain = (*plain, "heatmap")
        return tuple(m for m in self.modalities if self.standardise and m not in plain)

    def __post_init__(self) -> None:
        """Refuse networks that cannot be built, as of a modality that comes twice."""
        chosen = list(self.modalities)
        if not chosen or len(set(chosen)) != len(chosen):
            raise ValueError("must have one or more modalities, each once")


@dataclass(frozen=True)
class AugmentConfig:
    """Settings of data augmentation: how much training videos vary; 0 is not at all.

    Parameters
    ----------
    rotation_deg : float
        Poses are turned by up to so many degrees to either side.
    scale : float
        Width and height are each scaled by ``e ** u``, u up to this.
    noise : float
        Spread of the noise on every keypoint, in lengths of the torso.
    stretch, warp : float
        Time runs ``e ** u`` times as fast, u up to this: one factor for the video, and
        one that changes smoothly.
    hide : float
        Share of videos in which one limb is hidden for 5 to 60 frames.
    flip : float
        Share of videos that are mirrored, left and right keypoints changing places.
    shift : float
        What heatmaps cover is moved, and made larger or smaller, by up to this share.
    lose : float
        Share of videos in which one limb is never seen, as behind a bench.
    """

    rotation_deg: Annotated[float, Meta(ge=0, le=180)] = 0.0
    scale: Share = 0.0
    noise: Share = 0.0
    stretch: Share = 0.0
    warp: Share = 0.0
    hide: Share = 0.0
    flip: Share = 0.0
    shift: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    lose: Share = 0.0

    @property
    def active(self) -> bool:
        """True where anything is varied."""
        return self != AugmentConfig()


@dataclass(frozen=True)
class TrainConfig:
    """Settings of training: epochs, optimiser, loss, augmentation, seed.

    Parameters
    ----------
    epochs, fusion_epochs : int
        Of a single branch, and of the fused network that starts from the branches; 0,
        for their mean, trains them no further.
    min_steps : int
        A few videos are gone through more often, until each stage has taken this many
        steps of ``batch_size`` videos; 0, as published, for the epochs alone.
    optimizer : {"adam", "adamw"}
        Adam as published; AdamW keeps the decay of weights apart from the gradient.
    learning_rate, fusion_learning_rate : float
        Of the two stages; the paper has 1e-3 and 5e-4.
    smoothing_weight, smoothing_tau : float
        Of the truncated smoothing loss; tau 4 as in the published code.
    label_smoothing : float
        Share of the target that is spread over all classes; none as published.
    risk_weight : float
        Of the error of risk scores in the loss of a network that tells them.
    pose_weight : float
        Of the error of a pose that an encoder reads (``ModelConfig.read_pose``).
    weight_decay : float
        None as published.
    clip_norm : float
        Longest gradient of a step; 0, as published, for no limit.
    schedule : {"constant", "cosine"}
        Learning rate over the epochs of a stage: as published, or falling to 2 %.
    warm_up : float
        Share of the steps over which the learning rate rises to its value.
    averaging : float
        The weights that count are a running mean that keeps this share at every step;
        0, as published, for the last weights.
    batch_size : int
        Videos per step; as published, 1.
    augment : AugmentConfig
        How the videos are varied; not at all as published.
    seed : int
        Seed of everything random.
    """

    epochs: Annotated[int, Meta(ge=1)] = 100
    fusion_epochs: Annotated[int, Meta(ge=0)] = 100
    min_steps: Annotated[int, Meta(ge=0)] = 500
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: Annotated[float, Meta(gt=0)] = 1e-3
    fusion_learning_rate: Annotated[float, Meta(gt=0)] = 5e-4
    smoothing_weight: Weight = 0.15
    smoothing_tau: float = 4.0
    label_smoothing: Rest = 0.0
    risk_weight: Weight = 0.1
    pose_weight: Weight = 1.0
    weight_decay: Weight = 0.0
    clip_norm: Weight = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    warm_up: Rest = 0.0
    averaging: Rest = 0.0
    batch_size: Annotated[int, Meta(ge=1)] = 1
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    seed: int = 0

    def epochs_for(self, n_videos: int, fused: bool = False) -> int:
        """Compute the epochs of a branch, or of the fused network, for ``n_videos``."""
        if fused and not self.fusion_epochs:
            return 0
        steps = math.ceil(n_videos / self.batch_size)
        least = math.ceil(self.min_steps / max(1, steps))
        return max(self.fusion_epochs if fused else self.epochs, least)


@dataclass(frozen=True)
class Preset:
    """A whole recipe, as in ``resources/presets/*.yaml``."""

    heatmap: HeatmapConfig = field(default_factory=HeatmapConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        model = self.model
        frozen = "heatmap" in model.modalities and model.heatmap_encoder == "backbone"
        if self.heatmap.view == "both" and frozen:
            raise ValueError(
                "two heatmaps (view: both) need an encoder that is trained; set "
                "heatmap_encoder to trained, or view to video or subject"
            )
        if model.read_pose and frozen:
            raise ValueError(
                "only an encoder that is trained can learn to read poses; set "
                "heatmap_encoder to trained, or read_pose to false"
            )


def preset_names() -> tuple[str, ...]:
    """List the names of the bundled presets: the paper's, then ours."""
    ours = sorted(p.stem for p in resource("presets").glob("*.yaml"))
    return (*paper_names(), *ours)


def paper_names() -> tuple[str, ...]:
    """List the names of the presets of the paper."""
    return tuple(sorted(p.stem for p in resource("presets/paper").glob("*.yaml")))


def preset_file(name: str) -> Path:
    """Return the file of a bundled preset."""
    room = "presets/paper" if name in paper_names() else "presets"
    return resource(room) / f"{name}.yaml"


def load_preset(name_or_path: str) -> Preset:
    """Load a bundled preset by name, or a YAML file of the same shape by path.

    The ``about`` of a file is no setting.

    Raises
    ------
    ConfigError
        Where there is no such preset or it names an unknown setting.
    """
    path = _preset_path(name_or_path)
    from skelseg_core.yaml_files import place_in_yaml, read_yaml

    values = read_yaml(path)
    settings = {k: v for k, v in values.items() if k != "about"}
    return from_dict(Preset, settings, functools.partial(place_in_yaml, path))


def preset_about(name_or_path: str) -> Mapping[str, Any]:
    """Read the ``about`` of a preset's file; empty where there is none.

    Raises
    ------
    ConfigError
        Where there is no such preset.
    """
    from skelseg_core.yaml_files import read_yaml

    about = read_yaml(_preset_path(name_or_path)).get("about")
    return about if isinstance(about, Mapping) else {}


def _preset_path(name_or_path: str) -> Path:
    names = preset_names()
    if name_or_path in names:
        return preset_file(name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        ours = [n for n in names if n not in paper_names()]
        raise ConfigError(
            "There is no recipe '{}'. Choose one of {}, or {} from the paper, or give "
            "the path of a YAML file.",
            name_or_path,
            ", ".join(ours),
            ", ".join(paper_names()),
        )
    return path


def to_dict(config: Any) -> dict[str, Any]:
    """Convert a configuration to plain values for JSON and YAML."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def differences(values: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Find the ``values`` that differ from the ``usual``, both made by `to_dict`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = differences(value, usual[name])
            if inner:
                found[name] = inner
        elif value != usual[name]:
            found[name] = value
    return found


def from_dict(
    kind: type[C], values: Mapping[str, Any], where: str | Where = "Settings"
) -> C:
    """Build a configuration from plain values, refusing what it does not know.

    Raises
    ------
    ConfigError
        For an unknown name, or a value that is not as declared; says where.
    """
    # YAML 1.1 reads "1e-3" as a text.
    return typed(kind, values, where, ConfigError, ".", strict=False, known_only=True)
