"""What a model folder says about its model, readable without torch.

``model.json`` stands beside ``model.safetensors`` and names the weights' SHA-256, so
that a pair that was torn or mixed is noticed. Mean and spread of the features are part
of the weights.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelseg_core import __version__
from skelseg_core.config import Preset, from_dict
from skelseg_core.errors import ConfigError, EditError, FormatError, ModelError
from skelseg_core.files import read_json
from skelseg_core.segmentation import ActionClass, LabelMap

SCHEMA = 1
INFO_NAME = "model.json"
WEIGHTS_NAME = "model.safetensors"


@dataclass(frozen=True)
class ModelInfo:
    """Everything about a model but its weights; all fields are plain values.

    Parameters
    ----------
    name : str
        As the user calls it.
    preset : Mapping
        The `config.Preset` it was trained by, as of `config.to_dict`.
    in_dims : Mapping[str, int]
        Dimension of the features by modality.
    classes : tuple of Mapping
        ``{"id", "name", "key", "color"}`` in the order of the network's channels.
    skeleton : str
        Name of the skeleton its poses had.
    feature_keys : Mapping[str, str]
        Key of the feature settings by modality.
    metrics : Mapping[str, float]
        Figures of the training.
    videos, fingerprints : tuple of str
        What it was trained on: ids in the project, and what the files are known by
        (models of earlier versions do not have these).
    created, tool_version : str
        When (ISO 8601, UTC) and by which version.
    weights_sha256 : str
        Of ``model.safetensors``; filled in when the model is saved.
    schema : int
        Of this file.
    """

    name: str
    preset: Mapping[str, Any]
    in_dims: Mapping[str, int]
    classes: tuple[Mapping[str, Any], ...]
    skeleton: str = ""
    feature_keys: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    videos: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    created: str = ""
    tool_version: str = ""
    weights_sha256: str = ""
    schema: int = SCHEMA

    @classmethod
    def new(
        cls,
        name: str,
        preset: Mapping[str, Any],
        in_dims: Mapping[str, int],
        classes: Iterable[Mapping[str, Any]],
        skeleton: str = "",
        feature_keys: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        videos: Iterable[str] = (),
        fingerprints: Iterable[str] = (),
    ) -> ModelInfo:
        """A description that bears the time and the version of this program."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return cls(
            name=name,
            preset=dict(preset),
            in_dims=dict(in_dims),
            classes=tuple(dict(c) for c in classes),
            skeleton=skeleton,
            feature_keys=dict(feature_keys or {}),
            metrics={k: float(v) for k, v in (metrics or {}).items()},
            videos=tuple(videos),
            fingerprints=tuple(fingerprints),
            created=now.isoformat(timespec="seconds"),
            tool_version=__version__,
        )

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Class ids in the order of the channels."""
        return tuple(int(c["id"]) for c in self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Class names in the order of the channels."""
        return tuple(str(c["name"]) for c in self.classes)

    @property
    def label_map(self) -> LabelMap:
        """The classes as a label map."""
        return LabelMap(
            tuple(
                ActionClass(
                    int(c["id"]),
                    str(c["name"]),
                    str(c.get("key", "")),
                    str(c.get("color", "#888888")),
                )
                for c in self.classes
            )
        )

    @property
    def recipe(self) -> Preset:
        """The preset as a configuration."""
        return from_dict(Preset, self.preset, f"model {self.name}")

    @property
    def key(self) -> str:
        """Fingerprint of the weights; predictions name it."""
        return self.weights_sha256[:24]

    def trained_on(self, video_id: str, fingerprint: str) -> bool:
        """Whether it has seen the labels of a video, also under another name."""
        return video_id in self.videos or fingerprint in self.fingerprints


def to_json(info: ModelInfo) -> str:
    """Text of ``model.json``; figures that are no numbers are left out."""
    values = {f.name: getattr(info, f.name) for f in dataclasses.fields(info)}
    values["metrics"] = {k: v for k, v in info.metrics.items() if math.isfinite(v)}
    ordered = {"schema": values.pop("schema"), **values}
    return json.dumps(ordered, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def load_info(folder: Path) -> ModelInfo:
    """Read what a model folder says about its model.

    Parameters
    ----------
    folder : Path
        Holds ``model.json``.

    Raises
    ------
    ModelError
        Where the file is missing, damaged or of a newer version.
    """
    path = folder / INFO_NAME
    if not path.is_file():
        raise ModelError(f"There is no model in {folder}; choose a model folder.")
    try:
        values = read_json(path)
    except FormatError as error:
        raise ModelError(str(error)) from error
    if not isinstance(values, dict) or not isinstance(values.get("schema"), int):
        raise ModelError(f"{path} does not describe a model; restore it from a copy.")
    if values["schema"] > SCHEMA:
        raise ModelError(
            f"{path} was written by a newer skelseg ({values.get('tool_version')}); "
            "update skelseg to use this model."
        )
    info = _info_from(values, path)
    _check(info, path)
    return info


def _info_from(values: Mapping[str, Any], path: Path) -> ModelInfo:
    kinds: dict[str, type] = {
        "name": str,
        "preset": dict,
        "in_dims": dict,
        "classes": list,
        "skeleton": str,
        "feature_keys": dict,
        "metrics": dict,
        "videos": list,
        "fingerprints": list,
        "created": str,
        "tool_version": str,
        "weights_sha256": str,
        "schema": int,
    }
    values = {"fingerprints": [], **values}  # of later versions alone
    for name, kind in kinds.items():
        if not isinstance(values.get(name), kind):
            raise ModelError(
                f"{path}: '{name}' is missing or not what it should be; the file is "
                "damaged, restore it from a copy."
            )
    known = {name: values[name] for name in kinds}
    for name in ("classes", "videos", "fingerprints"):
        known[name] = tuple(known[name])
    return ModelInfo(**known)


def _check(info: ModelInfo, path: Path) -> None:
    """Refuse values of which no network can be built."""
    try:
        modalities = info.recipe.model.modalities
        n_classes = len(info.label_map)
        dims = [info.in_dims[m] for m in modalities]
        sound = n_classes > 0 and all(
            isinstance(d, int) and 0 < d <= 1 << 20 for d in dims
        )
    except (ConfigError, EditError) as error:
        raise ModelError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path} does not fit together ({error!r}); the file is damaged, restore "
            "it from a copy."
        ) from error
    if not sound:
        raise ModelError(
            f"{path}: the feature dimensions {dims} are not possible; the file is "
            "damaged, restore it from a copy."
        )
