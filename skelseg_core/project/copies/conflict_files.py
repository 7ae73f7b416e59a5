"""Conflict files: what was kept beside a file of labels or of a video.

Labels are shown as lanes themselves; what was said of a video is set aside. They come
from a save that met other labels of the same frames, from a recovery, from what was not
saved when somebody took a video over, or from a program that keeps folders in step
(Dropbox, Nextcloud, Syncthing).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.file_names import safe_name, same_name, short_name
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.changes_by_others import label_folders
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_from_json, said_of_file, with_said
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane
from skelseg_core.project.seen_files import bytes_of
from skelseg_core.project.tracks import TrackId, VideoId, video_hold
from skelseg_core.project.videos_and_tracks import Track, annotator_lane

LONGEST = 180
"""Bytes of an annotator's name that a name made of it begins with, at most."""
_NAME = re.compile(
    r"(?P<video>.+?)"
    r"(\.conflict-|\.sync-conflict-|[-_]conflict-| \([^()]*conflicted copy)"
    r".*\.json",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ConflictFile:
    """Labels that were kept beside a lane of the project, or notes of a video.

    Parameters
    ----------
    path : Path
    video_id, lane : str
        What they are labels of; notes have that of the first track, and no lane.
    hold : str
        What somebody holds who edits that now.
    labels : Segmentation, optional
        In the classes of today; None for notes.
    is_shown : bool
        Whether a lane of the video says the same.
    """

    path: Path
    video_id: TrackId
    hold: str
    lane: str = ""
    labels: Segmentation | None = None
    is_shown: bool = False


def is_conflict(path: Path) -> bool:
    """Tell whether a file is named as one that was kept beside another."""
    return _NAME.fullmatch(path.name) is not None


def find_conflicts(folder: ProjectFolder, project: Project) -> tuple[ConflictFile, ...]:
    """Find the conflict files of a project that can be read, by their names."""
    found = []
    about = folder.about_path(VideoId("")).parent
    for at in (about, *label_folders(folder)):
        try:
            names = sorted(os.listdir(at))
        except OSError:
            continue
        for name in names:
            match = _NAME.fullmatch(name)
            if match is not None and at == about:
                video_id = VideoId(match["video"])
                if _is_said(at / name, project, video_id):
                    first = project.first_track(video_id).id
                    found.append(ConflictFile(at / name, first, video_hold(video_id)))
                continue
            item = project.find(match["video"]) if match is not None else None
            lane = None if item is None else _lane_in(folder, item, at)
            if item is not None and lane is not None:
                path = at / name
                labels = _read(path, project, item)
                if labels is not None:
                    shown = _says(item, labels)
                    found.append(
                        ConflictFile(path, item.id, item.id, lane, labels, shown)
                    )
    return tuple(found)


def _lane_in(folder: ProjectFolder, item: Track, at: Path) -> str | None:
    """Find the lane of a video whose label file is in this folder."""
    if at == folder.labels_path("").parent:
        return ANNOTATION
    names = (n for n in item.annotators if safe_name(n) == at.name)
    found = next(names, None)
    return None if found is None else annotator_lane(found)


def _read(path: Path, project: Project, item: Track) -> Segmentation | None:
    """Read labels; None where they do not fit."""
    try:
        lane = labels_from_json(json.loads(bytes_of(path) or b""), str(path))
    except (ValueError, RecursionError, SkelsegError):
        return None
    lane = remap_classes(lane, project.label_map.moves)
    there = {*project.classes_of(item.id).ids, None}
    fits = lane.n_frames == item.n_frames and set(lane.class_counts) <= there
    return lane if fits else None


def _is_said(path: Path, project: Project, video_id: VideoId) -> bool:
    """Tell whether a file can be read as that of a video."""
    if not project.has_video(video_id):
        return False
    try:
        said = said_of_file(json.loads(bytes_of(path) or b""), str(path))
        with_said(project.video(video_id), said, project.skeleton, str(path))
    except (ValueError, RecursionError, SkelsegError):
        return False
    return True


def _says(item: Track, labels: Segmentation) -> bool:
    """Tell whether a lane of a video says this, as far as its lanes can be read."""
    with contextlib.suppress(SkelsegError):
        return any(labels == item.lanes[n] for n in item.lanes.keys() - item.missing)
    return False


def with_lanes_of(project: Project, files: Iterable[ConflictFile]) -> Project:
    """Show what conflict files say, each as a lane of another annotator."""
    for file in files:
        if file.labels is not None:
            name = _free_name(project, file)
            project = add_annotator_lane(project, file.video_id, name, file.labels)
    return project


def _free_name(project: Project, file: ConflictFile) -> str:
    """Find a name that no annotator of the video has, and that disks tell apart."""
    named = file.lane.removeprefix(annotator_lane(""))
    of_own = file.lane == ANNOTATION
    first = "other" if of_own else f"{short_name(named, LONGEST)}-other"
    taken = project.track(file.video_id).annotators
    others = {name for item in project.tracks for name in item.annotators}
    name, n = first, 2
    while name in taken or same_name(name, others) not in (None, name):
        name, n = f"{first}-{n}", n + 1
    return name
