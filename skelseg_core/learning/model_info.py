"""Description of a trained model (``model.json``), readable without torch.

``model.json`` stands beside ``model.safetensors`` and names the weights' SHA-256, so
that a pair that was torn or mixed is noticed. Mean and spread of the features are part
of the weights.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import Meta

from skelseg_core.config import Preset
from skelseg_core.errors import EditError, FormatError, ModelError
from skelseg_core.files import atomic_write
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.transitions import Transitions
from skelseg_core.learning.calibration import COOLEST, HOTTEST
from skelseg_core.learning.doubtful_labels import Doubt
from skelseg_core.said import Said, counted, together
from skelseg_core.text_files import read_json
from skelseg_core.typed_values import typed

SCHEMA = 1
"""Of ``model.json``; a model whose file says a higher one is refused."""
INFO_NAME = "model.json"
WEIGHTS_NAME = "model.safetensors"
FIGURES = ("accuracy", "edit", "f1@10", "f1@25", "f1@50")

_Percent = Annotated[float, Meta(ge=0, le=100)]
_Count = Annotated[int, Meta(ge=1)]
_Least = Annotated[int, Meta(ge=0)]
_Scores = TypedDict("_Scores", dict.fromkeys(FIGURES, _Percent))  # type: ignore[misc]


class _Against(TypedDict):
    made: _Least
    fixed: _Least
    broken: _Least


class Place(TypedDict):
    """Frames ``[start, stop)`` of a track."""

    track: str
    start: _Least
    stop: _Count


class Confusion(TypedDict):
    """Frames of one class that a model which had not seen them took for another.

    ``places`` are the longest stretches of them.
    """

    label: str
    said: str
    n_frames: _Count
    places: list[Place]


class _MayBeSaid(TypedDict, total=False):
    by_video: Mapping[str, _Percent]
    by_class: Mapping[str, _Percent]
    confused: list[Confusion]
    skeleton: Mapping[str, _Percent | str | Mapping[str, _Percent]]
    against: _Against


class _Measured(_Scores, _MayBeSaid):
    """Figures of a model that was measured, of `ModelInfo.held_out`."""

    n_videos: _Count
    n_frames: _Count
    folds: _Count


@dataclass(frozen=True)
class ModelInfo:
    """Everything about a model but its weights; all fields are plain values.

    Parameters
    ----------
    name : str
        As the user calls it.
    preset : Preset
        What it was trained by.
    in_dims : Mapping[str, int]
        Dimension of the features by modality.
    classes : tuple of ActionClass
        In the order of the network's channels.
    skeleton : str
        Name of the skeleton its poses had.
    feature_keys : Mapping[str, str]
        Key of the feature settings by modality.
    metrics : Mapping[str, float]
        Record of the training: ``loss``, ``train_accuracy``, ``train_s``, and
        ``unreviewed_frames`` where it learnt from labels that nobody reviewed. They
        say nothing of other videos.
    videos, fingerprints : tuple of str
        What it was trained on: ids of tracks, and what the files are known by.
    n_videos : int
        Videos of these tracks.
    unlabelled : tuple of str
        Ids of videos without labels that were learnt from, see `self_training`.
    trained_frames : Mapping
        Runs ``[start, stop]`` of labelled frames, by id, of videos of which a part was
        labelled.
    people : tuple of str
        Who is in the videos it was trained on, as far as that was said.
    tier : str
        Id of the tier that it labels; "" is the first one.
    torch_only : bool
        Whether `NumpyNetwork` was off when it was saved (`checkpoint.save_model`).
    network_package : str
        Name and version of the package that adds its network; empty for ours.
    created, tool_version : str
        When (ISO 8601, UTC) and by which version; filled in when the model is saved.
    weights_sha256 : str
        Of ``model.safetensors``; filled in likewise.
    schema : int
        Of this file.
    held_out : Mapping
        What the same training is worth on frames that it has not seen, as of
        `measure_model.measure`, or ``how`` "not measured" and ``why``; empty where
        nobody measured.
    temperature : float
        Divides the logits; fitted on frames that were not seen, 1 where not measured.
    transitions : Mapping
        Changes of class counted in the labels, of `transitions.Transitions`.
    doubtful : tuple of Doubt
        Labels that were contradicted unseen, the clearest first, by class ids.
    """

    name: str
    preset: Preset
    in_dims: Mapping[str, Annotated[int, Meta(ge=1, le=1 << 20)]]
    classes: tuple[ActionClass, ...]
    skeleton: str = ""
    feature_keys: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    videos: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    n_videos: int = 0
    created: str = ""
    tool_version: str = ""
    weights_sha256: str = ""
    schema: Annotated[int, Meta(ge=1)] = SCHEMA
    held_out: Mapping[str, Any] = field(default_factory=dict)
    temperature: Annotated[float, Meta(ge=COOLEST, le=HOTTEST)] = 1.0
    transitions: Mapping[str, Any] = field(default_factory=dict)
    doubtful: tuple[Doubt, ...] = ()
    unlabelled: tuple[str, ...] = ()
    trained_frames: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    tier: str = ""
    torch_only: bool = False
    network_package: str = ""

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Class ids in the order of the channels."""
        return tuple(c.id for c in self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Class names in the order of the channels."""
        return tuple(c.name for c in self.classes)

    @property
    def measured(self) -> bool:
        """True where others of its recipe were scored on what each had not seen."""
        return "accuracy" in self.held_out

    @property
    def worth(self) -> str:
        """Scores of others of its recipe on what each had not seen, as a sentence."""
        return worth_of(self.held_out)

    @property
    def for_paper(self) -> str:
        """The figures as one English sentence to copy; empty where not measured."""
        held = self.held_out
        if not self.measured:
            return ""
        model = self.preset.model
        apart = "" if held.get("n_unnamed", 1) else ", no person on both sides"
        return (
            f"{model.network} on {' and '.join(model.modalities)} (skelseg "
            f"{self.tool_version}) was cross-validated in {held['folds']} folds{apart}:"
            f" {held['accuracy']:.1f} % of {held['n_frames']:,} frames in "
            f"{counted(held['n_videos'], 'video')} were right, edit "
            f"{held['edit']:.1f}, F1@10/25/50 {held['f1@10']:.1f}/"
            f"{held['f1@25']:.1f}/{held['f1@50']:.1f}."
        )

    @property
    def counted(self) -> Transitions | None:
        """Changes of class in the labels, or None where none were counted."""
        return Transitions.from_json(self.transitions, len(self.classes))

    @property
    def key(self) -> str:
        """Fingerprint of the weights; predictions name it."""
        return self.weights_sha256[:24]

    def trained_on(self, video_id: str, fingerprint: str) -> bool:
        """Tell whether the model has seen labels of a video, under any name."""
        return video_id in self.videos or fingerprint in self.fingerprints


def worth_of(held: Mapping[str, Any]) -> str:
    """Write the one sentence on a model's worth, of `ModelInfo.held_out`."""
    if "accuracy" not in held:
        return str(held.get("why") or "") or Said("Its accuracy is not measured yet.")
    n, n_labelled = held["n_videos"], held.get("n_labelled", held["n_videos"])
    # The model itself has seen all of them: others of its recipe were trained for this.
    where = Said("each of its {} videos was left out in turn", n)
    if n != n_labelled:
        text = "{} of its {} videos was left out"
        where = Said(
            text if n == 1 else "{} of its {} videos were left out in turn",
            n,
            n_labelled,
        )
    amount = counted(held["n_frames"], "frame")
    if "n_segments" in held:
        amount = Said("{} in {}", amount, counted(held["n_segments"], "segment"))
    spread: str = ""
    if "low" in held:
        by, low, high = str(held["by"]), held["low"], held["high"]
        spread = Said(" (single {} {:.0f} to {:.0f} %)", Said(by), low, high)
    found = Said(
        "{:.1f} % of the frames right where {}{}, {}.",
        held["accuracy"],
        where,
        spread,
        amount,
    )
    said = [found, *_of_whom(held)]
    agreed = held.get("prelabelled")
    if agreed:
        said.append(
            Said(
                "Apart from these, {} whose labels began as pre-labels, so the figure "
                "is too high: {:.1f} % of {}.",
                counted(agreed["n_videos"], "video"),
                agreed["accuracy"],
                counted(agreed["n_frames"], "frame"),
            )
        )
    for video, film in held.get("same_film", {}).items():
        same = "{} shows the same video as {}: both are left out together."
        said.append(Said(same, video, film))
    return together(*said, *_of_skeleton(held))


def pictures_help(held: Mapping[str, Any]) -> bool | None:
    """Tell whether pictures helped or harmed, None where no difference is seen.

    A difference of less than twice its standard error over videos may be chance.
    """
    gains = [a - b for a, b in on_same_videos(held, held.get("skeleton", {}))]
    gain = statistics.fmean(gains) if gains else 0.0
    if abs(gain) <= _by_chance(gains):
        return None
    return gain > 0


def _by_chance(gains: Sequence[float]) -> float:
    """Compute twice the standard error of a mean gain; no bound for a single video."""
    if len(gains) < 2:
        return math.inf
    return 2 * statistics.stdev(gains) / math.sqrt(len(gains))


def _of_skeleton(held: Mapping[str, Any]) -> Iterator[Said]:
    """Say what the skeleton alone reaches, beside a model that sees pictures."""
    skeleton = held.get("skeleton")
    if skeleton:
        said = {
            True: "Pictures helped: {} without them has {:.1f} %.",
            False: "Pictures did not help: {} without them has {:.1f} %.",
            None: "No difference by pictures is seen: {} without them has {:.1f} %.",
        }
        text = said[pictures_help(held)]
        yield Said(text, skeleton["recipe"], skeleton["accuracy"])


def _of_whom(held: Mapping[str, Any]) -> Iterator[Said]:
    """Say what a figure does not know of the people in its videos."""
    unnamed, n_labelled = held.get("n_unnamed", 0), held.get("n_labelled", 0)
    if unnamed:
        which = counted(unnamed, "video")
        if unnamed == n_labelled:
            which = Said("these videos")
        yield Said("Nobody is named in {}: each counts as another person.", which)
    elif held.get("n_people") == 1:
        yield Said("All of them are of one person; they say nothing about others.")


def on_same_videos(
    new: Mapping[str, Any], old: Mapping[str, Any]
) -> list[tuple[float, float]]:
    """List the accuracies of two models by video, where both were scored on it.

    People differ by more than models do: figures of other videos say nothing.

    Parameters
    ----------
    new, old : Mapping
        As `ModelInfo.held_out`.
    """
    a, b = new.get("by_video", {}), old.get("by_video", {})
    return [(a[video], b[video]) for video in b if video in a]


def is_as_good(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Tell whether a model is to be preferred to an older one, by unseen frames.

    It is where it is right as often on the videos of both, and where the older one was
    not measured. One that knows all labels of the older and more is dropped only for
    what is no accident: a loss of twice its standard error over videos.
    """
    if "accuracy" not in old:
        return True
    if "accuracy" not in new:
        return False
    gains = [a - b for a, b in on_same_videos(new, old)]
    if not gains:
        return bool(new["accuracy"] >= old["accuracy"])
    by_chance = _by_chance(gains) if 1 < len(gains) == len(old["by_video"]) else 0.0
    return statistics.fmean(gains) >= -by_chance


def to_json(info: ModelInfo) -> str:
    """Write the text of ``model.json``; figures that are no numbers are left out."""
    numbers = {k: v for k, v in info.metrics.items() if math.isfinite(v)}
    shown = replace(info, metrics=numbers)
    # Numbers of NumPy are written as those of Python.
    written = msgspec.json.encode(shown, enc_hook=lambda value: value.item())
    return msgspec.json.format(written, indent=1).decode() + "\n"


def save_info(folder: Path, info: ModelInfo) -> None:
    """Replace what a model folder says about the model whose weights are in it.

    Raises
    ------
    ModelError
        Where the folder holds another model by now, or none.
    """
    if load_info(folder).weights_sha256 != info.weights_sha256:
        raise ModelError(
            "{} has another model now; the measurement of {} is not kept.",
            folder,
            info.name,
        )
    atomic_write(folder / INFO_NAME, to_json(info))


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
    if not path.exists():
        raise ModelError("There is no model in {}; choose a model folder.", folder)
    try:
        values = read_json(path)
    except FormatError as error:
        raise ModelError(str(error)) from error
    if not isinstance(values, dict) or type(values.get("schema")) is not int:
        raise ModelError("{} does not describe a model; restore it from a copy.", path)
    if values["schema"] > SCHEMA:
        raise ModelError(
            "{} was written by a newer skelseg ({}); update skelseg to use this model.",
            path,
            values.get("tool_version"),
        )
    info = typed(ModelInfo, values, path, ModelError, known_only=True)
    _check(info, path)
    return info


def _check(info: ModelInfo, path: Path) -> None:
    """Refuse values of which no network can be built, and impossible scores."""
    try:
        n_classes = len(LabelMap(info.classes))
        _ = info.counted, info.worth
    except EditError as error:
        raise ModelError("{}: {}", path, error) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelError(
            "{} contradicts itself ({!r}); the file is damaged, restore it from a "
            "copy.",
            path,
            error,
        ) from error
    missing = set(info.preset.model.modalities) - info.in_dims.keys()
    if not n_classes or missing:
        raise ModelError(
            "{}: {} is not in 'in_dims'; the file is damaged, restore it from a copy.",
            path,
            ", ".join(missing),
        )
    if info.measured:
        typed(_Measured, info.held_out, f"{path}: held_out", ModelError)
