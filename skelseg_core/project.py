"""Project: one immutable value, its pure edits, and the folder it lives in.

A project is a folder of small text files that a person can read, copy and put in git:
``project.json`` and one ``labels/<video>.json`` per video with one segment per line.
Videos stay where they are. Predictions, poses and models are files beside the labels.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid as uuids
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import EditError, FormatError, ProjectError, VideoError
from skelseg_core.files import (
    atomic_write,
    load_npz,
    read_json,
    safe_name,
    save_npz,
)
from skelseg_core.poses import SubjectPick
from skelseg_core.segmentation import (
    ActionClass,
    LabelMap,
    Segment,
    Segmentation,
    accept,
)

SCHEMA = 1
ANNOTATION = "annotation"
_PREDICTION = "prediction:"


def prediction_lane(model: str) -> str:
    """Name of the lane that holds what ``model`` predicted."""
    return _PREDICTION + model


@dataclass(frozen=True)
class VideoItem:
    """A video of a project with its lanes.

    Parameters
    ----------
    id : str
        Name within the project, also of its files.
    path : str
        Relative to the project folder, or absolute; with ``/``.
    fingerprint : str
        Tells whether the file is still the same (see ``video``).
    n_frames, width, height : int
        Of the upright picture.
    mean_rate : float
        Frames per second on average; for display only.
    lanes : Mapping[str, Segmentation]
        ``"annotation"`` always, ``"prediction:<model>"`` per model.
    picks : tuple of SubjectPick
        Where a person said who the subject is.
    """

    id: str
    path: str
    fingerprint: str
    n_frames: int
    width: int
    height: int
    mean_rate: float
    lanes: Mapping[str, Segmentation]
    picks: tuple[SubjectPick, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lanes that do not cover the video."""
        if ANNOTATION not in self.lanes:
            raise ProjectError(f"Video {self.id} has no annotation lane.")
        for name, lane in self.lanes.items():
            if lane.n_frames != self.n_frames:
                raise ProjectError(
                    f"Lane {name} of {self.id} covers {lane.n_frames} frames, the "
                    f"video has {self.n_frames}; restore the file from a copy."
                )

    @property
    def annotation(self) -> Segmentation:
        """What people say."""
        return self.lanes[ANNOTATION]

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models whose predictions are there."""
        return tuple(
            name[len(_PREDICTION) :]
            for name in self.lanes
            if name.startswith(_PREDICTION)
        )

    def with_lane(self, name: str, lane: Segmentation) -> VideoItem:
        """The same video with one lane set."""
        return replace(self, lanes={**self.lanes, name: lane})


@dataclass(frozen=True)
class Project:
    """Everything that is saved and undone, as one immutable value."""

    uuid: str
    name: str
    skeleton: str
    label_map: LabelMap
    videos: tuple[VideoItem, ...] = ()
    media_roots: tuple[str, ...] = ()

    def has(self, video_id: str) -> bool:
        """Whether there is a video of this id."""
        return any(v.id == video_id for v in self.videos)

    def video(self, video_id: str) -> VideoItem:
        """The video of this id.

        Raises
        ------
        ProjectError
            Where there is none.
        """
        for video in self.videos:
            if video.id == video_id:
                return video
        there = ", ".join(v.id for v in self.videos[:8]) or "no videos"
        more = ", …" if len(self.videos) > 8 else ""
        raise ProjectError(
            f"There is no video '{video_id}' in project {self.name}, which has "
            f"{there}{more}."
        )


def new_project(name: str, label_map: LabelMap, skeleton: str = "coco17") -> Project:
    """An empty project with a fresh identity."""
    return Project(uuids.uuid4().hex, name, skeleton, label_map)


# -- pure edits ---------------------------------------------------------------------


def _with_video(project: Project, item: VideoItem) -> Project:
    return replace(
        project, videos=tuple(item if v.id == item.id else v for v in project.videos)
    )


def edit_lane(
    project: Project,
    video_id: str,
    edit: Callable[[Segmentation], Segmentation],
    lane: str = ANNOTATION,
) -> Project:
    """Apply an edit of ``segmentation`` to one lane."""
    item = project.video(video_id)
    if lane not in item.lanes:
        raise EditError(f"Video {video_id} has no lane '{lane}'.")
    new = edit(item.lanes[lane])
    if new == item.lanes[lane]:
        return project
    return _with_video(project, item.with_lane(lane, new))


def set_lane(
    project: Project, video_id: str, lane: str, value: Segmentation
) -> Project:
    """Set or add one lane."""
    return _with_video(project, project.video(video_id).with_lane(lane, value))


def remove_lane(project: Project, video_id: str, lane: str) -> Project:
    """Remove a prediction lane."""
    item = project.video(video_id)
    if lane == ANNOTATION or lane not in item.lanes:
        raise EditError(f"The lane '{lane}' of {video_id} cannot be removed.")
    lanes = {k: v for k, v in item.lanes.items() if k != lane}
    return _with_video(project, replace(item, lanes=lanes))


def accept_prediction(
    project: Project,
    video_id: str,
    model: str,
    start: int = 0,
    stop: int | None = None,
    reviewed: bool = False,
) -> Project:
    """Take a prediction over into the annotation; a person's frames stay."""
    lane = project.video(video_id).lanes.get(prediction_lane(model))
    if lane is None:
        raise EditError(f"There is no prediction of {model} for {video_id} to accept.")
    return edit_lane(
        project, video_id, lambda a: accept(a, lane, start, stop, reviewed)
    )


def add_video(project: Project, item: VideoItem) -> Project:
    """Add a video at the end of the list."""
    if project.has(item.id):
        raise EditError(f"There is a video '{item.id}' in the project already.")
    return replace(project, videos=(*project.videos, item))


def remove_video(project: Project, video_id: str) -> Project:
    """Take a video out of the project; its file and its labels stay on disk."""
    project.video(video_id)
    kept = tuple(v for v in project.videos if v.id != video_id)
    return replace(project, videos=kept)


def set_label_map(project: Project, label_map: LabelMap) -> Project:
    """Change the classes; one that is used in an annotation cannot go away."""
    kept = set(label_map.ids)
    for item in project.videos:
        for segment in item.annotation.segments:
            if segment.class_id is not None and segment.class_id not in kept:
                raise EditError(
                    f"The class '{project.label_map.name_of(segment.class_id)}' is "
                    f"used in {item.id}; give those segments another class first."
                )
    return replace(project, label_map=label_map)


def pick_subject(project: Project, video_id: str, pick: SubjectPick) -> Project:
    """Say who the subject is from a frame on; replaces a pick at the same frame."""
    item = project.video(video_id)
    kept = [p for p in item.picks if p.frame != pick.frame]
    picks = tuple(sorted((*kept, pick), key=lambda p: p.frame))
    return _with_video(project, replace(item, picks=picks))


# -- plain values -------------------------------------------------------------------


def label_map_to_json(label_map: LabelMap) -> list[dict[str, Any]]:
    """Classes as plain values."""
    return [
        {"id": c.id, "name": c.name, "key": c.key, "color": c.color}
        for c in label_map.classes
    ]


def label_map_from_json(values: Iterable[Mapping[str, Any]]) -> LabelMap:
    """Classes from plain values."""
    return LabelMap(
        tuple(
            ActionClass(int(v["id"]), str(v["name"]), str(v["key"]), str(v["color"]))
            for v in values
        )
    )


def project_to_json(project: Project) -> dict[str, Any]:
    """Everything but the lanes' segments, as plain values."""
    return {
        "schema": SCHEMA,
        "uuid": project.uuid,
        "name": project.name,
        "skeleton": project.skeleton,
        "classes": label_map_to_json(project.label_map),
        "videos": [
            {
                "id": v.id,
                "path": v.path,
                "fingerprint": v.fingerprint,
                "n_frames": v.n_frames,
                "width": v.width,
                "height": v.height,
                "mean_rate": v.mean_rate,
                "predictions": list(v.models),
                "subject": [[p.frame, p.x, p.y] for p in v.picks],
            }
            for v in project.videos
        ],
        "media_roots": list(project.media_roots),
    }


Lanes = Callable[[Mapping[str, Any]], Mapping[str, Segmentation]]


def project_from_json(raw: Mapping[str, Any], lanes: Lanes, where: str) -> Project:
    """Project from plain values; ``lanes`` gives the segments of each video.

    Raises
    ------
    ProjectError
        Where something is missing, or a newer skelseg wrote it.
    """
    try:
        if int(raw["schema"]) > SCHEMA:
            raise ProjectError(
                f"{where} was written by a newer skelseg (schema {raw['schema']}); "
                "update skelseg to open it."
            )
        videos = tuple(
            VideoItem(
                id=_checked_id(str(v["id"])),
                path=str(v["path"]),
                fingerprint=str(v["fingerprint"]),
                n_frames=int(v["n_frames"]),
                width=int(v["width"]),
                height=int(v["height"]),
                mean_rate=float(v["mean_rate"]),
                lanes=lanes(v),
                picks=tuple(
                    SubjectPick(int(f), float(x), float(y)) for f, x, y in v["subject"]
                ),
            )
            for v in raw["videos"]
        )
        return Project(
            uuid=str(raw["uuid"]),
            name=str(raw["name"]),
            skeleton=str(raw["skeleton"]),
            label_map=label_map_from_json(raw["classes"]),
            videos=videos,
            media_roots=tuple(str(r) for r in raw["media_roots"]),
        )
    except (KeyError, TypeError, ValueError, EditError) as error:
        raise ProjectError(
            f"{where} is damaged ({_reason(error)}); restore it from a copy."
        ) from error


def _checked_id(video_id: str) -> str:
    # It names files: one like "../x" would reach outside the project.
    if safe_name(video_id) != video_id:
        raise ValueError(f"the video id '{video_id}' is no file name")
    return video_id


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def segment_to_json(segment: Segment) -> dict[str, Any]:
    """One segment as plain values, in fixed order."""
    values: dict[str, Any] = {
        "start": segment.start,
        "stop": segment.stop,
        "class": segment.class_id,
        "source": segment.source,
        "reviewed": segment.reviewed,
    }
    if segment.confidence is not None:
        values["confidence"] = segment.confidence
    return values


def segment_from_json(values: Mapping[str, Any]) -> Segment:
    """One segment from plain values; raises KeyError, TypeError or ValueError."""
    source = values["source"]
    if source not in ("human", "model", "import"):
        raise ValueError(f"source '{source}' is unknown")
    confidence = values.get("confidence")
    return Segment(
        int(values["start"]),
        int(values["stop"]),
        None if values["class"] is None else int(values["class"]),
        source,
        bool(values["reviewed"]),
        None if confidence is None else float(confidence),
    )


def labels_text(video_id: str, lane: Segmentation) -> str:
    """Text of a label file: a header line, then one segment per line."""
    head = json.dumps({"schema": SCHEMA, "video": video_id, "n_frames": lane.n_frames})
    lines = ",\n".join(json.dumps(segment_to_json(s)) for s in lane.segments)
    return f'{head[:-1]}, "segments": [\n{lines}\n]}}\n'


def _read_labels(path: Path) -> Segmentation:
    raw = read_json(path)
    try:
        return Segmentation(tuple(segment_from_json(s) for s in raw["segments"]))
    except (KeyError, TypeError, ValueError, EditError) as error:
        raise FormatError(
            f"{path} is damaged ({_reason(error)}); restore it from a copy."
        ) from error


# -- predictions --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says about a video.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (T, C)
        Of every class in every frame.
    class_ids : ndarray of int64, shape (C,)
        Project class of each channel.
    segmentation : Segmentation
        The decoded segments.
    model_key : str
        Fingerprint of the model's weights.
    """

    probabilities: np.ndarray
    class_ids: np.ndarray
    segmentation: Segmentation
    model_key: str = ""


def save_prediction(path: Path, prediction: Prediction) -> None:
    """Write a prediction (probabilities as float16), atomically."""
    segments = prediction.segmentation.segments
    save_npz(
        path,
        {
            "probabilities": prediction.probabilities.astype(np.float16),
            "class_ids": np.asarray(prediction.class_ids, np.int64),
            "starts": np.array([s.start for s in segments], np.int64),
            "labels": np.array(
                [-1 if s.class_id is None else s.class_id for s in segments], np.int64
            ),
            "confidence": np.array(
                [np.nan if s.confidence is None else s.confidence for s in segments]
            ),
            "model_key": np.array(prediction.model_key),
        },
    )


def load_prediction(path: Path) -> Prediction:
    """Read a prediction.

    Raises
    ------
    FormatError
        Where the file is missing or damaged.
    """
    arrays = load_npz(path)
    try:
        probabilities = arrays["probabilities"].astype(np.float32)
        starts = arrays["starts"].tolist()
        stops = [*starts[1:], len(probabilities)]
        segments = tuple(
            Segment(
                start,
                stop,
                None if label < 0 else label,
                "model",
                False,
                None if np.isnan(confidence) else confidence,
            )
            for start, stop, label, confidence in zip(
                starts,
                stops,
                arrays["labels"].tolist(),
                arrays["confidence"].tolist(),
                strict=True,
            )
        )
        return Prediction(
            probabilities,
            arrays["class_ids"],
            Segmentation(segments),
            str(arrays["model_key"]),
        )
    except (KeyError, ValueError, EditError) as error:
        raise FormatError(f"{path} is damaged; predict this video again.") from error


# -- the folder ---------------------------------------------------------------------


@dataclass
class ProjectFolder:
    """A project on disk: where its files are, how it is loaded and saved.

    Bytes that this object has not read are never overwritten: a label file that
    somebody else changed meanwhile is kept beside ours under another name.
    """

    root: Path
    _seen: dict[Path, str] = field(default_factory=dict, repr=False)

    @property
    def project_file(self) -> Path:
        """The file that makes a folder a project."""
        return self.root / "project.json"

    @property
    def models_dir(self) -> Path:
        """Folder of the trained models."""
        return self.root / "models"

    @property
    def exports_dir(self) -> Path:
        """Folder that exports go to unless another is chosen."""
        return self.root / "exports"

    def labels_path(self, video_id: str) -> Path:
        """Label file of a video."""
        return self.root / "labels" / f"{video_id}.json"

    def poses_path(self, video_id: str) -> Path:
        """Pose file of a video."""
        return self.root / "poses" / f"{video_id}.npz"

    def prediction_path(self, video_id: str, model: str) -> Path:
        """Prediction file of a video by a model."""
        return self.root / "predictions" / video_id / f"{safe_name(model)}.npz"

    def model_dir(self, name: str) -> Path:
        """Folder of a model."""
        return self.models_dir / safe_name(name)

    def model_names(self) -> tuple[str, ...]:
        """Models that are there, the newest first."""
        files = self.models_dir.glob("*/model.json")
        newest = sorted(files, key=lambda p: p.stat().st_mtime, reverse=True)
        return tuple(p.parent.name for p in newest)

    def video_path(self, item: VideoItem, roots: Sequence[str] = ()) -> Path:
        """Where the video is now: as stored, or by name under a media root."""
        stored = Path(item.path)
        # Resolved as in `stored_path`, or ".." would depend on links on the way.
        path = Path(os.path.normpath(self.root.resolve() / stored))
        if path.exists():
            return path
        for root in roots:
            candidate = Path(root) / stored.name
            if candidate.exists():
                return candidate
        return path

    def stored_path(self, video: Path) -> str:
        """How the path of a video is written into the project: relative if near."""
        video = video.resolve()
        root = self.root.resolve()
        if video.is_relative_to(root):
            return video.relative_to(root).as_posix()
        if video.is_relative_to(root.parent):
            return Path(os.path.relpath(video, root)).as_posix()
        return video.as_posix()

    def load(self) -> Project:
        """Read the project.

        Raises
        ------
        ProjectError, FormatError
            Where the folder is no project, or a file of it is damaged.
        """
        if not self.project_file.is_file():
            raise ProjectError(f"{self.root} {self._why_none()}")
        raw = read_json(self.project_file)
        if not isinstance(raw, dict):
            raise ProjectError(
                f"{self.project_file} is no skelseg project; restore it from a copy."
            )
        self._see(self.project_file)
        return project_from_json(raw, self.lanes_of, str(self.project_file))

    def _why_none(self) -> str:
        if self.root.is_file():
            return "is no skelseg project but a file; give the folder of a project."
        if not self.root.exists():
            return "is no skelseg project: there is no such folder; check the path."
        return (
            "is no skelseg project (there is no project.json); choose another folder "
            "or make a new project."
        )

    def lanes_of(self, video: Mapping[str, Any]) -> Mapping[str, Segmentation]:
        """Segments of one video's lanes, read from its files."""
        video_id = str(video["id"])
        path = self.labels_path(video_id)
        if path.is_file():
            lanes = {ANNOTATION: _read_labels(path)}
            self._see(path)
        else:
            lanes = {ANNOTATION: Segmentation.unlabelled(int(video["n_frames"]))}
        for model in video["predictions"]:
            file = self.prediction_path(video_id, str(model))
            # A prediction is a cache: one that is gone can be made again.
            if file.is_file():
                lanes[prediction_lane(str(model))] = load_prediction(file).segmentation
        return lanes

    def save(self, project: Project, previous: Project | None = None) -> list[str]:
        """Write what differs from ``previous`` (all, where None).

        Returns
        -------
        list of str
            One sentence per file that somebody else had changed meanwhile and that
            was kept under another name.

        Raises
        ------
        ProjectError
            Where the folder cannot be written.
        """
        notes: list[str] = []
        old = {v.id: v.annotation for v in previous.videos} if previous else {}
        for item in project.videos:
            if old.get(item.id) is not item.annotation:
                path = self.labels_path(item.id)
                notes += self._write(path, labels_text(item.id, item.annotation))
        raw = project_to_json(project)
        if previous is None or project_to_json(previous) != raw:
            text = json.dumps(raw, indent=1, ensure_ascii=False) + "\n"
            notes += self._write(self.project_file, text)
        return notes

    def _write(self, path: Path, text: str) -> list[str]:
        notes = []
        kept = self._keep_unseen(path, text)
        if kept:
            notes.append(
                f"{path.name} was changed by another program; that version was kept "
                f"as {kept.name}."
            )
        atomic_write(path, text)
        self._seen[path] = hashlib.sha256(text.encode()).hexdigest()
        return notes

    def _keep_unseen(self, path: Path, text: str) -> Path | None:
        try:
            data = path.read_bytes()
        except OSError:
            return None
        digest = hashlib.sha256(data).hexdigest()
        if digest == self._seen.get(path) or data == text.encode():
            return None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        kept = path.with_name(f"{path.stem}.conflict-{stamp}{path.suffix}")
        atomic_write(kept, data)
        return kept

    def _see(self, path: Path) -> None:
        self._seen[path] = hashlib.sha256(path.read_bytes()).hexdigest()


def check_free(root: Path) -> ProjectFolder:
    """The folder of a project to be made in ``root``.

    Raises
    ------
    ProjectError
        Where there is a project already, or ``root`` is a file.
    """
    folder = ProjectFolder(root)
    if folder.project_file.exists():
        raise ProjectError(
            f"{root} holds a project already; open it or choose another folder."
        )
    if root.exists() and not root.is_dir():
        raise ProjectError(f"{root} is a file; choose a folder for the project.")
    return folder


def create_project(
    root: Path, label_map: LabelMap, skeleton: str = "coco17"
) -> tuple[ProjectFolder, Project]:
    """Make a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or the folder cannot be written.
    """
    folder = check_free(root)
    project = new_project(root.resolve().name, label_map, skeleton)
    folder.save(project)
    return folder, project


def probe_video(path: Path, folder: ProjectFolder, project: Project) -> VideoItem:
    """Open a video and make the project's entry for it, unlabelled.

    Raises
    ------
    VideoError, ProjectError
        Where it is no video that can be read, or is in the project already.
    """
    from skelseg_core.video import VideoReader

    stored = folder.stored_path(path)
    for item in project.videos:
        if item.path == stored:
            raise ProjectError(
                f"{path} is in project {project.name} already, as video {item.id}."
            )
    with VideoReader(path) as reader:
        return VideoItem(
            id=_free_id(safe_name(path.stem), project),
            path=stored,
            fingerprint=reader.fingerprint,
            n_frames=len(reader),
            width=reader.width,
            height=reader.height,
            mean_rate=round(reader.mean_rate, 4),
            lanes={ANNOTATION: Segmentation.unlabelled(len(reader))},
        )


def check_same_video(item: VideoItem, path: Path, fingerprint: str) -> None:
    """Refuse a file that is not the one that ``item`` was made of.

    Raises
    ------
    VideoError
        Where the fingerprints differ: frame n would be another picture.
    """
    if fingerprint != item.fingerprint:
        raise VideoError(
            f"{path} is not the file that was labelled as {item.id}, it was replaced "
            "or changed; put the old file back, or add this one under another name."
        )


def _free_id(wanted: str, project: Project) -> str:
    candidate, n = wanted, 2
    while project.has(candidate):
        candidate, n = f"{wanted}-{n}", n + 1
    return candidate
