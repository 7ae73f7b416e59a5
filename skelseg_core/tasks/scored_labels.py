"""Labels to be scored: one side of an evaluation, from a project or label files.

With the labels of a video comes what is known of their origin: frames that a person had
fixed in a prediction, whether its model was trained on the video, and frames of the
truth that are pre-labels nobody reviewed. Projects and CSV files have all of it, text
files nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.file_names import matching_names
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.tables.sheet_file import SHEET_SUFFIXES
from skelseg_core.labels.agreed_prelabels import (
    began_as_prelabels,
    gone_through,
    to_go_through,
)
from skelseg_core.labels.segmentation import ABSENT, UNLABELLED, Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.predictions.found import models_of
from skelseg_core.predictions.lanes import no_lane, with_predicted
from skelseg_core.project.bodies import is_body_known
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import (
    frames_said,
    label_format,
    load_labels,
    whole_segmentation,
)
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, model_of_lane, prediction_lane
from skelseg_core.tasks.seen_in_training import seen_in_training
from skelseg_core.text_files import read_json
from skelseg_core.video.times import FrameTimes

_NOT_LABELS = {
    "classes",
    "data-card",
    "license",
    "manifest",
    "mapping",
    "readme",
    "source",
}
_SEGMENTS = ".segments"


class ClassNames:
    """Class names as integers, the same on both sides of an evaluation."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {"": UNLABELLED}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._ids if name)

    def id_of(self, name: str) -> int | None:
        """Return the integer of a name that was seen, or None."""
        return self._ids.get(name)

    def ids(self, names: Iterable[str]) -> np.ndarray:
        """Convert names to integers (T,); the empty name, unlabelled, is -1."""
        # `_ids` holds the empty name as well.
        add = self._ids.setdefault
        return np.array([add(name, len(self._ids) - 1) for name in names], np.int64)


@dataclass(frozen=True, eq=False)
class VideoLabels:
    """Framewise labels of one video, and which of them a person gave.

    Parameters
    ----------
    where : str
        The file or lane, for messages.
    labels : ndarray of int, shape (T,)
        Of `ClassNames`; -1 is unlabelled, -2 absent.
    copied : ndarray of bool, shape (T,)
        Copied pre-labels that nobody reviewed.
    mended : ndarray of bool, shape (T,)
        A person's labels here and there among those, see `gone_through`.
    fixed : ndarray of bool, shape (T,)
        A person's labels, around which a prediction was decoded.
    agreed, undecided : ndarray of bool, shape (T,)
        Labels that began as pre-labels and that a person agreed with; frames of which a
        person said that nobody can tell.
    trained_on : bool or None
        Whether the model was trained on this video; None where that is not known.
    trained_frames : tuple of (int, int)
        Runs [start, stop) that it was trained on, where that was a part of the video.
    learnt_unlabelled : bool
        Whether it learnt from this video without its labels.
    people, known_people : tuple of str
        Who is in the video, as far as that is said, and whom of them the model knows
        from others.
    n_unnamed : int
        Videos that the model was trained on in which nobody is named.
    open_ended : bool
        Whether frames after the last may have been left out as unlabelled.
    notes : tuple of str
        Sentences on what labels of this kind cannot say.
    model_key : str
        Fingerprint of the model that predicted them, where that is known.
    to_review : tuple of (int, int), optional
        Frames [start, stop) to review first, where some are copied or mended.
    """

    where: str
    labels: np.ndarray
    copied: np.ndarray
    mended: np.ndarray
    fixed: np.ndarray
    agreed: np.ndarray
    undecided: np.ndarray
    trained_on: bool | None = None
    trained_frames: tuple[tuple[int, int], ...] = ()
    learnt_unlabelled: bool = False
    people: tuple[str, ...] = ()
    known_people: tuple[str, ...] = ()
    n_unnamed: int = 0
    open_ended: bool = False
    notes: tuple[str, ...] = ()
    model_key: str = ""
    to_review: tuple[int, int] | None = None


Named = Mapping[str, str]
"""Name of what is scored: ``video``; of a track ``tier`` and ``person`` as well."""


class ScoredSide(Protocol):
    """Side of an evaluation: the labels of its videos by key."""

    path: Path
    lane: str

    @property
    def videos(self) -> Sequence[str]:
        """Keys of the videos that there are labels of."""

    def matching(self, patterns: Sequence[str]) -> Sequence[str]:
        """Find the keys of the videos that names and patterns mean."""

    def named(self, video: str) -> Named:
        """Name the video that has this key, as programs and people know it."""

    def load(self, video: str) -> VideoLabels:
        """Load the labels of one video."""


def open_side(
    path: Path, lane: str, names: ClassNames, option: str, tier: str = ""
) -> ScoredSide:
    """Open one side of an evaluation.

    Parameters
    ----------
    path : Path
        Folder of a project, or of label files.
    lane : str
        Lane of the project, the only prediction by default; empty for label files.
    names : ClassNames
        Those of the project, or of a manifest beside the files, are added.
    option : str
        Option that names the lane, for messages.
    tier : str
        Name of a tier of the project; the first one by default.

    Raises
    ------
    ProjectError, FormatError
        Where it is neither, a lane is missing or too many, or a file is damaged.
    """
    if (path / "project.json").is_file():
        return ProjectSide(path, lane, names, option, tier)
    if lane:
        raise ProjectError(
            "{} {} names a lane, and {} is not a project; remove it or choose the "
            "folder of a project.",
            option,
            lane,
            path,
        )
    return FileSide(path, names)


# -- projects -----------------------------------------------------------------------


class ProjectSide:
    """A lane of all videos of a project that have it."""

    def __init__(
        self, path: Path, lane: str, names: ClassNames, option: str, tier: str = ""
    ) -> None:
        self._names, self._folder = names, ProjectFolder(path)
        project = self._folder.load().segments_in(tier)
        models = (models_of(path, item.id) for item in project.tracks)
        predicted = list(dict.fromkeys(map(prediction_lane, chain(*models))))
        if not lane and len(predicted) == 1:
            lane = predicted[0]
        self.path, self.lane = path, lane
        self._project = with_predicted(self._folder, project, [lane])
        names.ids(self._project.classes.names)
        self._items: dict[str, Track] = {
            v.id: v for v in self._project.tracks if lane in v.lanes
        }
        if self._items:
            return
        if not lane and not predicted:
            raise ProjectError(
                "Project {} has no predictions to score; make some with 'skelseg "
                "predict'.",
                path,
            )
        if lane:
            raise no_lane(self._folder, project, project.tracks, lane)
        raise ProjectError(
            "Project {} has several predictions; choose one with {}: {}.",
            path,
            option,
            ", ".join(predicted),
        )

    @property
    def videos(self) -> Sequence[str]:
        """Ids of the videos that have the lane."""
        return tuple(self._items)

    def matching(self, patterns: Sequence[str]) -> Sequence[str]:
        """Find the tracks that names and patterns mean."""
        return self._project.matching(patterns)

    def named(self, video: str) -> Named:
        """Name a track, with its tier and its person."""
        return self._project.said_of(TrackId(video))

    def is_of_unknown_body(self, video: str) -> bool:
        """Tell whether a model labelled some figure, and nobody knows whose it is."""
        predicted = bool(model_of_lane(self.lane))
        return predicted and not is_body_known(self._project, self._items[video])

    @property
    def unread(self) -> Sequence[str]:
        """A sentence per prediction that could not be read."""
        return self._folder.notes

    def times(self, video: str) -> FrameTimes:
        """Return the times of the frames of a video, by its mean rate."""
        return self._items[video].video.even_times

    def load(self, video: str) -> VideoLabels:
        """Load the labels of one video."""
        item, model = self._items[video], model_of_lane(self.lane)
        value = item.known_lane(self.lane)
        where = f"Lane {self.lane} of {self._project.titled(video)}"
        labels = self._ids(value.to_frames())
        nothing = np.zeros(len(labels), bool)
        made = replace(
            _of_lane(where, labels, value, nothing),
            trained_on=False,
            people=item.video.people,
        )
        if not model:
            return made
        found = fitting_prediction(self._folder, self._project, item, model)
        about = seen_in_training(self._folder, self._project, item, self.lane)
        return replace(
            _with_learnt(made, found.trained_on, about),
            fixed=found.fixed,
            model_key=found.model_key,
        )

    def _ids(self, class_ids: np.ndarray) -> np.ndarray:
        found, inverse = np.unique(class_ids, return_inverse=True)
        label_map = self._project.classes
        names = [label_map.name_of(None if i < 0 else int(i)) for i in found]
        return self._names.ids(names)[inverse].reshape(class_ids.shape)


# -- files --------------------------------------------------------------------------

_TEXT_NOTE = (
    "Text files cannot say which frames a person fixed in a prediction, which true "
    "labels are copied pre-labels, or what a model was trained on; it is assumed "
    "that there are none."
)
_NO_SOURCE_NOTE = (
    "CSV files without a column 'source' cannot say which frames a person fixed in a "
    "prediction or which true labels are copied pre-labels; it is assumed that "
    "there are none."
)
NO_MANIFEST_NOTE = (
    "No manifest.json beside the predictions says what their model was trained on; "
    "it is assumed that it was none of these videos."
)


class FileSide:
    """A folder with label files, of which each holds one video.

    Framewise CSV, segment CSV (``VIDEO.segments.csv`` or ``VIDEO.csv``), MS-TCN text
    (one name per line) and MS-TCN result files are told apart by content. Class lists
    and the like are skipped. ``manifest.json`` of an export says which lane the files
    are, and of a prediction whether its model was trained on the video.
    """

    lane = ""

    def __init__(self, path: Path, names: ClassNames) -> None:
        self.path, self._names = path, names
        self._files = _label_files(path)
        self._about: dict[str, Mapping[str, Any]] = {}
        self._tracks: dict[str, Named] = {}
        self._read_manifest()

    def _read_manifest(self) -> None:
        path = self.path / "manifest.json"
        value = read_json(path) if path.is_file() else {}
        if not isinstance(value, dict) or value.get("tool") != "skelseg":
            return
        classes, videos = value.get("label_map", []), value.get("videos", [])
        try:
            self._names.ids([str(c["name"]) for c in classes])
            self._about = {str(v["id"]): dict(v) for v in videos}
            for told in chain(*value.get("tracks", {}).values()):
                whose = {n: str(told.get(n, "")) for n in ("video", "tier", "person")}
                self._tracks[str(told["id"])] = whose
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FormatError(
                "{} is damaged; export it again or remove it.", path
            ) from error

    @property
    def videos(self) -> Sequence[str]:
        """Names of the videos that files are named after."""
        return tuple(self._files)

    def matching(self, patterns: Sequence[str]) -> Sequence[str]:
        """Find the files that names and patterns mean."""
        return matching_names(patterns, self.videos)

    def named(self, video: str) -> Named:
        """Name the video that a file is named after, or the track by the manifest."""
        return self._tracks.get(video, {"video": video})

    def load(self, video: str) -> VideoLabels:
        """Load the labels of one video."""
        paths = self._files[video]
        found = [self._load(path) for path in paths]
        n = max(len(f.labels) for f in found)
        if any(not np.array_equal(_padded(f, n), found[0].labels) for f in found[1:]):
            raise FormatError(
                "{} and {} have different labels of {}; remove one.",
                paths[0],
                paths[1].name,
                video,
            )
        return self._with_about(found[0], self._about.get(video, {}))

    def _with_about(self, found: VideoLabels, about: Mapping[str, Any]) -> VideoLabels:
        lane, trained_on = str(about.get("lane", "")), about.get("trained_on")
        if lane and not model_of_lane(lane):
            # What a person labelled, to be held against another's: nothing is fixed.
            nobody = np.zeros(len(found.labels), bool)
            return replace(found, fixed=nobody, trained_on=False)
        known = trained_on if isinstance(trained_on, bool) else None
        try:
            found = replace(found, people=tuple(map(str, about.get("people", ()))))
            found = _with_learnt(found, known, about)
        except (TypeError, ValueError) as error:
            raise FormatError(
                "{} is damaged; export it again or remove it.",
                self.path / "manifest.json",
            ) from error
        return replace(found, model_key=str(about.get("model_key") or ""))

    def _load(self, path: Path) -> VideoLabels:
        found = load_labels(path)
        self._names.ids(found.names)
        ids = {name: self._names.id_of(name) for name in found.names}
        value = whole_segmentation(found, frames_said(found), ids)
        unsaid = _NO_SOURCE_NOTE if path.suffix.lower() == ".csv" else _TEXT_NOTE
        fixed = value.frames_where(lambda run: found.says_who and run.protected)
        return replace(
            _of_lane(str(path), value.to_frames(), value, fixed),
            open_ended=found.n_frames is None,
            notes=() if found.says_who else (unsaid,),
        )


def _of_lane(
    where: str, labels: np.ndarray, lane: Segmentation, fixed: np.ndarray
) -> VideoLabels:
    """Say what a lane knows of the origin of its labels, and where nobody is."""
    labels = np.where(lane.absent, ABSENT, labels)
    copied = lane.accepted
    mended = (labels != UNLABELLED) & ~copied & ~gone_through(lane)
    first = to_go_through(lane) if copied.any() else None
    agreed, undecided = began_as_prelabels(lane), lane.undecided
    return VideoLabels(
        where, labels, copied, mended, fixed, agreed, undecided, to_review=first
    )


def _with_learnt(
    labels: VideoLabels, trained_on: bool | None, about: Mapping[str, Any]
) -> VideoLabels:
    """Add what the model saw of a video, as `seen_in_training` or a manifest says."""
    runs = about.get("trained_frames", ())
    return replace(
        labels,
        trained_on=trained_on,
        trained_frames=tuple((int(start), int(stop)) for start, stop in runs),
        learnt_unlabelled=bool(about.get("learnt_unlabelled")),
        known_people=tuple(map(str, about.get("known_people", ()))),
        n_unnamed=int(about.get("n_unnamed", 0)),
    )


def untold(pred: VideoLabels) -> tuple[str, ...]:
    """Say what is not known of a prediction, a sentence each."""
    if pred.trained_on is not None or _TEXT_NOTE in pred.notes:
        return pred.notes
    return (*pred.notes, NO_MANIFEST_NOTE)


def _is_segments(path: Path) -> bool:
    found = label_format(path) if path.suffix.lower() == ".csv" else None
    return found is not None and found.name == "segment-csv"


def _padded(labels: VideoLabels, n_frames: int) -> np.ndarray:
    missing = n_frames - len(labels.labels)
    if not labels.open_ended or missing <= 0:
        return labels.labels
    return np.pad(labels.labels, (0, missing), constant_values=UNLABELLED)


def fitted(labels: VideoLabels, n_frames: int) -> VideoLabels:
    """Add unlabelled frames at the end of labels, where they may be.

    Parameters
    ----------
    labels : VideoLabels
    n_frames : int
        As many there shall be; labels that cannot be so many stay as they are.
    """
    missing = n_frames - len(labels.labels)
    if not labels.open_ended or missing <= 0:
        return labels
    none = np.zeros(missing, bool)
    return replace(
        labels,
        labels=_padded(labels, n_frames),
        copied=np.concatenate([labels.copied, none]),
        mended=np.concatenate([labels.mended, none]),
        fixed=np.concatenate([labels.fixed, none]),
        agreed=np.concatenate([labels.agreed, none]),
        undecided=np.concatenate([labels.undecided, none]),
    )


def _label_files(folder: Path) -> dict[str, list[Path]]:
    """Find the label files of a folder by video: one, or an export's two CSVs."""
    try:
        paths = sorted(p for p in folder.iterdir() if p.is_file())
    except OSError as error:
        raise FormatError(
            "{} is not a readable folder ({}); choose the folder of a project, or "
            "one with a label file per video.",
            folder,
            error.strerror,
        ) from error
    files: dict[str, list[Path]] = {}
    for path in paths:
        stem = _video_name(path)
        if stem is not None:
            files.setdefault(stem, []).append(path)
    for stem, found in files.items():
        kinds = {_is_segments(path) for path in found}
        if len(found) > 2 or (len(found) == 2 and len(kinds) < 2):
            raise FormatError(
                "{} and {} both have labels of {}; remove one.",
                found[0],
                found[1].name,
                stem,
            )
        # The framewise one first: it says how many frames there are.
        found.sort(key=_is_segments)
    return files


def _video_name(path: Path) -> str | None:
    """Find the name of the video whose labels a file holds; None where it has none."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or path.stem.lower() in _NOT_LABELS:
        return None
    if suffix in SHEET_SUFFIXES:
        return None  # somebody's notes beside the labels: sheets are imported first
    if suffix in LABEL_FORMATS.suffixes:
        return path.stem.removesuffix(_SEGMENTS if _is_segments(path) else "")
    # MS-TCN writes results without a suffix, so a dot belongs to the video's name.
    found = label_format(path)
    return path.name if suffix == "" or found is not None else None
