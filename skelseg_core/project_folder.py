"""ProjectFolder: a project on disk, what is in its folder and how it comes and goes.

A project is a folder of small text files that a person can read, copy and put in git:
``project.json`` and one ``labels/<video>.json`` per video with one segment per line;
other annotators' are ``annotators/<name>/<video>.json``.
Videos stay where they are. Predictions, poses and models are files beside the labels.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError, ProjectError, VideoError
from skelseg_core.files import atomic_write, read_json, safe_name
from skelseg_core.media_path import media_exists, media_path, media_title
from skelseg_core.prediction import load_prediction
from skelseg_core.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_lane,
    new_project,
    prediction_lane,
)
from skelseg_core.project_json import (
    labels_from_json,
    labels_text,
    project_from_json,
    project_to_json,
)
from skelseg_core.segmentation import LabelMap, Segmentation


@dataclass
class ProjectFolder:
    """A project on disk: where its files are, how it is loaded and saved.

    Bytes that this object has not read are never overwritten: a label file that
    somebody else changed meanwhile is kept beside ours under another name. ``notes``
    has a sentence per prediction that could not be read and was left out.
    """

    root: Path
    notes: list[str] = field(default_factory=list)
    _seen: dict[Path, str] = field(default_factory=dict, repr=False)

    @property
    def project_file(self) -> Path:
        """The file that makes a folder a project."""
        return self.root / "project.json"

    @property
    def models_dir(self) -> Path:
        """Folder of the trained models."""
        return self.root / "models"

    def labels_path(self, video_id: str) -> Path:
        """Label file of a video."""
        return self.root / "labels" / f"{video_id}.json"

    def annotator_path(self, video_id: str, name: str) -> Path:
        """File of what another annotator says of a video, as a label file."""
        return self.root / "annotators" / safe_name(name) / f"{video_id}.json"

    def person_path(self, video_id: str, lane: str) -> Path:
        """File of a lane that a person made."""
        if lane == ANNOTATION:
            return self.labels_path(video_id)
        return self.annotator_path(video_id, lane.removeprefix(annotator_lane("")))

    def poses_path(self, video_id: str) -> Path:
        """Pose file of a video."""
        return self.root / "poses" / f"{video_id}.npz"

    def poses3d_path(self, video_id: str) -> Path:
        """File of the 3D poses of a recording, where a data set has them."""
        return self.root / "poses3d" / f"{video_id}.npz"

    def risk_path(self, video_id: str) -> Path:
        """File of a recording's framewise REBA scores, where a data set has them."""
        return self.root / "risk" / f"{video_id}.npz"

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
        if media_exists(path):
            return path
        for root in roots:
            candidate = Path(root) / stored.name
            if media_exists(candidate):
                return candidate
        return path

    def stored_path(self, video: Path) -> str:
        """How the path of a video is written into the project: relative if near."""
        media = media_path(video)
        video = replace(media, file=media.file.resolve()).path
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
        self.notes.clear()
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
            lanes = {ANNOTATION: labels_from_json(read_json(path), str(path))}
            self._see(path)
        else:
            lanes = {ANNOTATION: Segmentation.unlabelled(int(video["n_frames"]))}
        for name in video.get("annotators", ()):
            path = self.annotator_path(video_id, str(name))
            if path.is_file():
                lane_name = annotator_lane(str(name))
                lanes[lane_name] = labels_from_json(read_json(path), str(path))
                self._see(path)
        for model in video["predictions"]:
            lane = self._predicted(video_id, str(model), lanes[ANNOTATION].n_frames)
            if lane is not None:
                lanes[prediction_lane(str(model))] = lane
        return lanes

    def _predicted(
        self, video_id: str, model: str, n_frames: int
    ) -> Segmentation | None:
        """What is in the file of a prediction; None where there is nothing to read."""
        path = self.prediction_path(video_id, model)
        # A prediction is a cache: one that is gone or damaged can be made again.
        if not path.is_file():
            return None
        try:
            lane = load_prediction(path).segmentation
        except FormatError:
            lane = None
        if lane is not None and lane.n_frames == n_frames:
            return lane
        note = (
            f"{path} is damaged and was left out; pre-label {video_id} with {model} "
            "again."
        )
        if note not in self.notes:
            self.notes.append(note)
        return None

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
            Where the folder cannot be written, or is no longer where it was.
        """
        if self.project_file in self._seen and not self.project_file.is_file():
            # It would be made anew with what differs alone, and hide what is missing.
            raise ProjectError(
                f"{self.project_file} is gone: the folder was moved or deleted, or its "
                "disk is away; put it back there, your edits are kept until then."
            )
        notes: list[str] = []
        old = {v.id: v.lanes for v in previous.videos} if previous else {}
        for item in project.videos:
            before = old.get(item.id, {})
            for name, lane in item.person_lanes.items():
                if before.get(name) is not lane:
                    path = self.person_path(item.id, name)
                    notes += self._write(path, labels_text(item.id, lane))
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

    Images say in ``path`` at which rate they are shown (see `media_path`).

    Raises
    ------
    VideoError, ProjectError
        Where it is no video that can be read, or is in the project already.
    """
    from skelseg_core.video import VideoReader

    stored = folder.stored_path(path)
    for item in project.videos:
        if _without_rate(item.path) == _without_rate(stored):
            raise ProjectError(
                f"{path} is in project {project.name} already, as video {item.id}."
            )
    with VideoReader(path) as reader:
        return VideoItem(
            id=_free_id(safe_name(media_title(path)), project, folder),
            path=stored,
            fingerprint=reader.fingerprint,
            n_frames=len(reader),
            width=reader.width,
            height=reader.height,
            mean_rate=round(reader.mean_rate, 4),
            lanes={ANNOTATION: Segmentation.unlabelled(len(reader))},
        )


def _without_rate(stored: str) -> str:
    media = media_path(Path(stored))
    return stored if media.rate is None else stored.removesuffix(media.tail)


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


def _free_id(wanted: str, project: Project, folder: ProjectFolder) -> str:
    candidate, n = wanted, 2
    # Labels of a video that was taken out stay on disk: nothing is written over them.
    while project.has(candidate) or folder.labels_path(candidate).exists():
        candidate, n = f"{wanted}-{n}", n + 1
    return candidate
