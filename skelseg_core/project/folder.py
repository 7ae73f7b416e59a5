"""ProjectFolder: loads and saves a project, a folder of JSON files; adds videos to it.

It is made of small text files that a person can read, copy and put in git:
``project.json`` and one ``labels/<video>.json`` per video with one segment per line;
other annotators' are ``annotators/<name>/<video>.json``.
Videos stay where they are. Predictions, poses and models are files beside the labels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from skelseg_core.errors import (
    FormatError,
    ProjectError,
    SkelsegError,
    VideoError,
    unreachable,
)
from skelseg_core.files import (
    atomic_write,
    encoded,
    free_path,
    portable_name,
    printable,
    read_json,
    safe_name,
    same_name,
    short_name,
)
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.json import (
    SCHEMA,
    labels_from_json,
    labels_text,
    project_from_json,
    project_text,
    project_to_json,
    same_but_for_labels,
)
from skelseg_core.project.lane_index import (
    IndexedFile,
    LaneIndex,
    Stamp,
    UnreadLane,
    numbers_of,
    stamp_of,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_lane,
    changed_videos,
    new_project,
    prediction_lane,
    set_lane,
)
from skelseg_core.video.media_path import media_exists, media_path, media_title


@dataclass
class ProjectFolder:
    """A project on disk: paths of its files, loading and saving.

    Bytes that this object has not read are never overwritten: a label file that
    somebody else changed meanwhile is kept beside ours under another name. ``notes``
    has a sentence per prediction that could not be read and was left out.
    """

    root: Path
    notes: list[str] = field(default_factory=list)
    # Digests of files as they were read or written last, by folder and name.
    _seen: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    # Rows of the index as it was read, and new rows that are to be written into it.
    _indexed: Mapping[str, IndexedFile] = field(default_factory=dict, repr=False)
    _read_now: dict[str, IndexedFile] = field(default_factory=dict, repr=False)
    # Lanes whose files are as the index says and need not be read, by path.
    _unread: dict[str, UnreadLane] = field(default_factory=dict, repr=False)
    # True where project.json has a schema that an older skelseg reads and saves: it is
    # then written before any label file.
    _older: bool = field(default=False, repr=False)
    # Whether only some of the videos were read.
    _partial: bool = field(default=False, repr=False)

    @property
    def project_file(self) -> Path:
        """The file that makes a folder a project."""
        return self.root / "project.json"

    @property
    def models_dir(self) -> Path:
        """Folder of the trained models."""
        return self.root / "models"

    def labels_path(self, video_id: str) -> Path:
        """Return the path of a video's label file."""
        return self.root / "labels" / f"{video_id}.json"

    def annotator_path(self, video_id: str, name: str) -> Path:
        """Return the path of another annotator's label file of a video."""
        return self.root / "annotators" / safe_name(name) / f"{video_id}.json"

    def person_path(self, video_id: str, lane: str) -> Path:
        """Return the label file of an annotation or of another annotator's lane."""
        if lane == ANNOTATION:
            return self.labels_path(video_id)
        return self.annotator_path(video_id, lane.removeprefix(annotator_lane("")))

    def poses_path(self, video_id: str) -> Path:
        """Return the path of a video's pose file."""
        return self.root / "poses" / f"{video_id}.npz"

    def pose_blocks_dir(self, video_id: str) -> Path:
        """Return the folder of the poses of a video that are being estimated."""
        return self.root / ".poses" / video_id

    def poses3d_path(self, video_id: str) -> Path:
        """Return the file of a recording's 3D poses, where a data set has them."""
        return self.root / "poses3d" / f"{video_id}.npz"

    def risk_path(self, video_id: str) -> Path:
        """Return the file of a recording's framewise REBA scores, if there are any."""
        return self.root / "risk" / f"{video_id}.npz"

    def prediction_path(self, video_id: str, model: str) -> Path:
        """Return the path of a model's prediction file of a video."""
        return self.root / "predictions" / video_id / f"{safe_name(model)}.npz"

    def key_of(self, path: Path) -> str:
        """Return the name of a project's file as in the journal: ``labels/v1.json``."""
        return path.relative_to(self.root).as_posix()

    def model_dir(self, name: str) -> Path:
        """Return the folder of a model."""
        return self.models_dir / safe_name(name)

    def model_names(self) -> tuple[str, ...]:
        """List the models of the project, the newest first."""
        files = self.models_dir.glob("*/model.json")
        newest = sorted(files, key=lambda p: p.stat().st_mtime, reverse=True)
        return tuple(p.parent.name for p in newest)

    def video_path(self, item: VideoItem, roots: Sequence[str] = ()) -> Path:
        """Find the video file: at the stored path, or by name under a media root."""
        stored = Path(item.path)
        # Resolved first, as in `stored_path`: ".." behind a link leads elsewhere.
        path = Path(os.path.normpath(self.root.resolve() / stored))
        if media_exists(path):
            return path
        for root in roots:
            candidate = Path(root) / stored.name
            if media_exists(candidate):
                return candidate
        return path

    def stored_path(self, video: Path) -> str:
        """Write the path of a video for the project: relative where it is near.

        Raises
        ------
        VideoError
            Where UTF-8, as which a project is written, cannot hold it.
        """
        media = media_path(video)
        video = replace(media, file=media.file.resolve()).path
        root = self.root.resolve()
        stored = video.as_posix()
        if video.is_relative_to(root):
            stored = video.relative_to(root).as_posix()
        elif video.is_relative_to(root.parent):
            stored = Path(os.path.relpath(video, root)).as_posix()
        check_text(stored)
        return stored

    def load(self) -> Project:
        """Read the project.

        Raises
        ------
        ProjectError, FormatError
            Where the folder is no project, or a file of it is damaged.
        """
        raw = self._raw()
        self._unread.clear()
        index = LaneIndex(self.root)
        self._indexed, self._read_now = index.read(), {}
        project = self._project_of(raw)
        self._partial = False
        gone = self._indexed.keys() - self._unread.keys()
        if gone or self._read_now:
            index.write(self._read_now, gone - self._read_now.keys())
        self._read_now = {}
        return project

    def load_only(self, video_ids: Collection[str]) -> Project:
        """Read the project with only these videos, to look at and not to save.

        Raises
        ------
        ProjectError, FormatError
            As `load`; where there is no such video, `Project.video` says which are.
        """
        raw = self._raw()
        chosen = [v for v in _entries(raw) if v.get("id") in video_ids]
        if len(chosen) < len(set(video_ids)):
            return self.load()
        self._partial = True
        return self._project_of({**raw, "videos": chosen})

    def video_ids(self) -> list[str]:
        """List the ids of the videos, without reading their labels."""
        return [str(v.get("id")) for v in _entries(self._raw())]

    def add_prediction(self, video_id: str, model: str) -> list[str]:
        """Note in ``project.json`` a prediction that lies in the project's folder.

        Everything else in the file stays, whoever wrote it meanwhile; no label is read.

        Returns
        -------
        list of str
            As `save`.

        Raises
        ------
        ProjectError, FormatError
            Where the folder is no project, has no such video, or cannot be written.
        """
        raw = self._raw()
        entry = next((v for v in _entries(raw) if v.get("id") == video_id), None)
        said = entry.get("predictions") if entry is not None else None
        if raw.get("schema") != SCHEMA or not isinstance(said, list):
            before = self.load()
            lane = self._predicted(video_id, model, before.video(video_id).n_frames)
            if lane is None:
                return []
            after = set_lane(before, video_id, prediction_lane(model), lane)
            return self.save(after, before)
        if model in said:
            return []
        said.append(model)
        return _kept_notes(self._write(self.project_file, project_text(raw)))

    def _raw(self) -> dict[str, Any]:
        """Read the plain values of ``project.json``."""
        if not self.project_file.is_file():
            raise ProjectError("{} {}", self.root, self._why_none())
        # Before it is read: what somebody writes meanwhile is not taken for seen.
        data = self._there(self.project_file) or b""
        raw = read_json(self.project_file)
        if not isinstance(raw, dict):
            raise ProjectError(
                "{} is no skelseg project; restore it from a copy.", self.project_file
            )
        self._note(self.project_file, _digest(data))
        self.notes.clear()
        return raw

    def _project_of(self, raw: Mapping[str, Any]) -> Project:
        project = project_from_json(raw, self.lanes_of, str(self.project_file))
        self._older = int(raw["schema"]) < SCHEMA
        return project

    def _why_none(self) -> str:
        if self.root.is_file():
            return "is no skelseg project but a file; give the folder of a project."
        if not self.root.exists():
            if self.root.suffix:
                # Most likely the path of a video.
                return "does not exist; check the path."
            return "is no skelseg project: there is no such folder; check the path."
        return (
            "is no skelseg project (there is no project.json); choose another folder "
            "or make a new project."
        )

    def lanes_of(
        self, video: Mapping[str, Any]
    ) -> tuple[Mapping[str, Segmentation], frozenset[str]]:
        """Read the segments of one video's lanes, and which lanes' files are gone.

        Every video gets a label file when it is added. Where that file is gone (a
        folder copied in part, a broken link) the labels are unknown, not unlabelled.
        """
        video_id, n_frames = str(video["id"]), int(video["n_frames"])
        people = [annotator_lane(str(n)) for n in video.get("annotators", ())]
        lanes: dict[str, Segmentation] = {}
        missing = set()
        for name in (ANNOTATION, *people):
            lane = self._read_lane(video_id, name)
            if lane is None:
                lane = Segmentation.unlabelled(n_frames)
                missing.add(name)
            lanes[name] = lane
        for model in video["predictions"]:
            lane = self._predicted(video_id, str(model), lanes[ANNOTATION].n_frames)
            if lane is not None:
                lanes[prediction_lane(str(model))] = lane
        return lanes, frozenset(missing)

    def _read_lane(self, video_id: str, name: str) -> Segmentation | None:
        """Read the file of an annotation or annotator's lane; None where it is gone."""
        path = self.person_path(video_id, name)
        stamp = stamp_of(path)
        known = self._known(path, stamp, self._read_again)
        if known is not None:
            return known
        # Raises where nobody can tell: labels out of reach are not labels gone.
        if not path.is_file():
            return None
        # Before it is read: what somebody writes meanwhile is not taken for seen.
        data = self._there(path) or b""
        lane = labels_from_json(read_json(path), str(path))
        digest = _digest(data)
        self._note(path, digest)
        if stamp is not None:
            said = IndexedFile(stamp, digest, numbers_of(lane), data)
            self._read_now[str(path)] = said
        return lane

    def _known(
        self, path: Path, stamp: Stamp | None, read: Callable[[Path, str], Segmentation]
    ) -> UnreadLane | None:
        """Return a lane that is not read, as the index knows these bytes; or None."""
        key = str(path)
        found = self._indexed.get(key)
        if found is None or found.stamp != stamp:
            return None
        if key in self._unread and self.seen(path) in ("", found.digest):
            return self._unread[key]
        try:
            lane = UnreadLane(partial(read, path, found.digest), found.numbers)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            return None
        self._unread[key] = lane
        if found.digest:
            self._note(path, found.digest)
        return lane

    def _read_again(self, path: Path, digest: str) -> Segmentation:
        """Read an `UnreadLane` when its segments are asked for."""
        data = self._there(path)
        if data is None or _digest(data) != digest:
            index, key = LaneIndex(self.root), str(path)
            if stamp_of(path) == self._indexed[key].stamp:
                # A disk that does not tell when files change: the next opening reads.
                index.write({}, [key])
            data = index.data_of(key, digest)
        if data is None:
            raise ProjectError(
                "{} was changed or taken away by another program since the project was "
                "opened; close the project and open it again.",
                path,
            )
        return labels_from_json(json.loads(data), str(path))

    def find_missing(
        self, project: Project
    ) -> Task[dict[str, dict[str, Segmentation]]]:
        """Find the missing lanes of a project whose file is there again.

        Returns
        -------
        dict of dict of Segmentation
            By video and lane, for `project.labels_found`.

        Raises
        ------
        FormatError
            Where one of the files is damaged.
        """
        found: dict[str, dict[str, Segmentation]] = {}
        items = [item for item in project.videos if item.missing]
        for n, item in enumerate(items):
            yield Progress(f"labels of {item.id}", n, len(items))
            for name in item.missing:
                lane = self._read_lane(item.id, name)
                if lane is not None:
                    found.setdefault(item.id, {})[name] = lane
        return found

    def _predicted(
        self, video_id: str, model: str, n_frames: int
    ) -> Segmentation | None:
        """Read the file of a prediction; None where there is nothing to read."""
        path = self.prediction_path(video_id, model)
        # A prediction is a cache: one that is gone or damaged can be made again.
        stamp = stamp_of(path)
        read = partial(self._predicted_again, n_frames)
        lane: Segmentation | None = self._known(path, stamp, read)
        if lane is None and not path.is_file():
            return None
        if lane is None:
            lane = _prediction_in(path)
            if lane is not None and stamp is not None:
                said = IndexedFile(stamp, "", numbers_of(lane))
                self._read_now[str(path)] = said
        if lane is not None and lane.n_frames == n_frames:
            return lane
        note = (
            f"{path} is damaged and was left out; pre-label {video_id} with {model} "
            "again."
        )
        if note not in self.notes:
            self.notes.append(note)
        return None

    def _predicted_again(self, n_frames: int, path: Path, _: str) -> Segmentation:
        """Read an `UnreadLane` of a prediction; unlabelled where its file is gone."""
        lane = _prediction_in(path)
        if lane is None or lane.n_frames != n_frames:
            return Segmentation.unlabelled(n_frames)
        return lane

    def save(self, project: Project, previous: Project | None = None) -> list[str]:
        """Write what differs from ``previous`` (all, where None).

        Returns
        -------
        list of str
            A sentence where somebody else had changed files meanwhile (their version is
            kept under another name), and one where label files that were gone are
            written again.

        Raises
        ------
        ProjectError
            Where the folder cannot be written, or is no longer where it was.
        """
        kept = self.write(project, previous)
        return [*self.write_lost(project), *_kept_notes(kept)]

    def write(self, project: Project, previous: Project | None = None) -> list[Path]:
        """Write what differs from ``previous`` (all, where None).

        Returns
        -------
        list of Path
            Copies of what somebody else had written into these files meanwhile.

        Raises
        ------
        ProjectError
            Where the folder cannot be written, or is no longer where it was.
        """
        if self._partial:
            raise ValueError("a part of a project would be saved as the whole")
        if self.seen(self.project_file) and not self.project_file.is_file():
            # A new folder would hold only what differs, and hide that the rest is gone.
            raise ProjectError(
                "{} is gone: the folder was moved or deleted, or its disk is away; "
                "put it back there, your edits are kept until then.",
                self.project_file,
            )
        if project is previous:
            return []
        kept: list[Path] = []
        if self._older:
            # Write project.json first: if the save is cut off, an older skelseg refuses
            # the project rather than misread label files of the new schema.
            kept += self._write_project(project)
            self._older = False
        edited = changed_videos(previous, project) if previous else project.videos
        for item in edited:
            before = previous.find(item.id) if previous else None
            kept += self._write_lanes(item, before)
        if previous is None or not same_but_for_labels(previous, project):
            kept += self._write_project(project)
        return kept

    def _write_lanes(self, item: VideoItem, before: VideoItem | None) -> list[Path]:
        """Write the lanes of people that differ from ``before``."""
        kept: list[Path] = []
        for name, lane in item.person_lanes.items():
            if name in item.missing:
                if before is not None and name not in before.missing:
                    self._take_back(item, name)
            elif before is None or before.lanes.get(name) is not lane:
                kept += self._write_lane(item, name)
        return kept

    def _write_project(self, project: Project) -> list[Path]:
        return self._write(self.project_file, project_text(project_to_json(project)))

    def write_lost(self, project: Project) -> list[str]:
        """Write label files again that were deleted since they were read.

        Returns
        -------
        list of str
            One sentence, where there were any.

        Raises
        ------
        ProjectError
            Where one cannot be written.
        """
        if not self.project_file.is_file():
            return []
        lost = [
            Path(folder, name)
            for folder, seen in list(self._seen.items())
            if folder != str(self.root)
            for name in seen.keys() - _file_names(Path(folder))
        ]
        written = []
        for path in sorted(lost):
            item = project.find(path.stem)
            if item is None:
                continue
            for name in item.person_lanes.keys() - item.missing:
                if self.person_path(item.id, name) == path and not path.is_file():
                    self._write(path, labels_text(item.id, item.lanes[name]))
                    written.append(path.name)
        if not written:
            return []
        return [
            f"Label files had been taken away ({listed(written)}) and were written "
            "again as the project has them."
        ]

    def _take_back(self, item: VideoItem, name: str) -> None:
        """Remove the empty file of labels whose giving up was undone."""
        path = self.person_path(item.id, name)
        nothing = labels_text(item.id, Segmentation.unlabelled(item.n_frames))
        with contextlib.suppress(OSError):
            if path.read_bytes() == nothing.encode():
                path.unlink()
                self.forget(path)

    def _write_lane(self, item: VideoItem, name: str) -> list[Path]:
        """Write one lane, unless it is what its file says."""
        path, lane = self.person_path(item.id, name), item.lanes[name]
        unread = self._unread.get(str(path))
        if unread is lane and not unread.is_read:
            return []
        if unread is not None:
            # Undo may come back to what is there now.
            with contextlib.suppress(SkelsegError):
                _ = unread.segments
        return self._write(path, labels_text(item.id, lane))

    def _write(self, path: Path, text: str) -> list[Path]:
        """Write one file; return the copies of what somebody else had written there."""
        data = encoded(text, path)
        there = self._there(path)
        kept = []
        if there is not None and there != data and _digest(there) != self.seen(path):
            kept.append(self.keep_beside(path, there))
        if there != data:
            atomic_write(path, data)
        self._note(path, _digest(data))
        return kept

    def keep_beside(self, path: Path, data: bytes) -> Path:
        """Write another version of a file beside it, as ``NAME.conflict-….json``.

        The same bytes are not kept twice.
        """
        stem = short_name(path.stem)
        for there in sorted(path.parent.glob(f"{stem}.conflict-*{path.suffix}")):
            if self._there(there) == data:
                return there
        stamp = time.strftime("%Y%m%d-%H%M%S")
        kept = free_path(path.with_name(f"{stem}.conflict-{stamp}{path.suffix}"))
        atomic_write(kept, data)
        return kept

    def seen(self, path: Path) -> str:
        """Return the digest of a file as last read or written, or the empty text."""
        folder, name = os.path.split(path)
        return self._seen.get(folder, {}).get(name, "")

    def forget(self, path: Path) -> None:
        """Forget what was read of a file: its bytes are kept when it is written."""
        folder, name = os.path.split(path)
        self._seen.get(folder, {}).pop(name, None)

    def _note(self, path: Path, digest: str) -> None:
        """Remember the digest of what was read from a file or written into it."""
        folder, name = os.path.split(path)
        self._seen.setdefault(folder, {})[name] = digest

    def _there(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError:
            return None


def _entries(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the entries of ``project.json``, one per video."""
    videos = raw.get("videos")
    return (
        [v for v in videos if isinstance(v, dict)] if isinstance(videos, list) else []
    )


def _prediction_in(path: Path) -> Segmentation | None:
    """Load the segments of a prediction file; None where it is gone or damaged."""
    try:
        return load_prediction(path).segmentation
    except FormatError:
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _kept_notes(kept: Sequence[Path]) -> list[str]:
    """Say in one sentence where other versions of files were kept, if there are any."""
    if not kept:
        return []
    if len(kept) == 1:
        name = f"{kept[0].name.partition('.conflict-')[0]}{kept[0].suffix}"
        return [
            f"{name} was changed by another program; that version was kept as "
            f"{kept[0].name}."
        ]
    return [
        f"{len(kept)} files were changed by another program; those versions were "
        f"kept as {listed([p.name for p in kept])}."
    ]


def listed(names: Sequence[str], most: int = 6) -> str:
    """Join names for a sentence; of many, the first ones and how many more."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def check_text(path: str) -> None:
    """Refuse the path of a video or folder that no project can hold.

    Raises
    ------
    VideoError
        Where UTF-8 cannot hold it: a name from an old disk or a foreign archive.
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise VideoError(
            "{} has a name with characters that are no UTF-8, which a project cannot "
            "hold; give the file or folder another name.",
            printable(path),
        ) from error


def _file_names(folder: Path) -> set[str]:
    """List the names of the files in a folder; a broken link does not count."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise ProjectError(unreachable(error)) from error


def check_free(root: Path) -> ProjectFolder:
    """Return the folder for a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or ``root`` is a file.
    """
    folder = ProjectFolder(root)
    check_text(str(root))
    if folder.project_file.exists():
        raise ProjectError(
            "{} holds a project already; open it or choose another folder.", root
        )
    if root.exists() and not root.is_dir():
        raise ProjectError("{} is a file; choose a folder for the project.", root)
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
    from skelseg_core.video.reader import VideoReader

    stored = folder.stored_path(path)
    for item in project.videos:
        if _without_rate(item.path) == _without_rate(stored):
            raise ProjectError(
                "{} is in project {} already, as video {}.", path, project.name, item.id
            )
    with VideoReader(path) as reader:
        return VideoItem(
            id=_free_id(portable_name(media_title(path)), project, folder),
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
            "{} is not the file that was labelled as {}, it was replaced or changed; "
            "put the old file back, or add this one under another name.",
            path,
            item.id,
        )


def _free_id(wanted: str, project: Project, folder: ProjectFolder) -> str:
    n = 2
    wanted = candidate = short_name(wanted)
    # Labels of a removed video stay on disk; a new video must not overwrite them.
    taken = {v.id for v in project.videos}
    taken |= {path.stem for path in folder.labels_path("").parent.glob("*.json")}
    while same_name(candidate, taken) is not None:
        candidate, n = f"{wanted}-{n}", n + 1
    return candidate
