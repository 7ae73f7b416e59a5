"""Conflict files: labels kept beside a lane that has others, and what becomes of them.

They come from a save that met other labels of the same frames, from a recovery, from
what was not saved when somebody took a video over, or from a program that keeps folders
in step (Dropbox, Nextcloud, Syncthing).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.file_names import free_path, safe_name
from skelseg_core.files import advice
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    labels_from_json,
    with_work_of_labels,
    work_of_labels,
)
from skelseg_core.project.lane_index import stamp_of
from skelseg_core.project.outside import label_folders
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    add_annotator_lane,
    annotator_lane,
    edit_lane,
    same_work,
    with_work_of,
)
from skelseg_core.project.seen_files import bytes_of

RESOLVED = "set-aside"
"""Folder of a project for conflict files that were decided on."""
_NAME = re.compile(
    r"(?P<video>.+?)"
    r"(\.conflict-|\.sync-conflict-|[-_]conflict-| \([^()]*conflicted copy)"
    r".*\.json",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ConflictFile:
    """Labels, of whomever, that lie beside a lane of the project.

    Parameters
    ----------
    path : Path
    video_id, lane : str
        What they are labels of.
    labels : Segmentation
        In the classes of today.
    said : VideoItem, optional
        The video with what the file says of it besides labels, if anything.
    written_s : float
        When the file was written, in seconds since 1970.
    """

    path: Path
    video_id: str
    lane: str
    labels: Segmentation
    said: VideoItem | None = None
    written_s: float = 0.0

    def says_the_same(self, item: VideoItem) -> bool:
        """Tell whether a video has all that the file says."""
        same = item.lanes[self.lane] == self.labels
        return same and self.says_the_same_besides(item)

    def says_the_same_besides(self, item: VideoItem) -> bool:
        """Tell whether a video has what the file says of it besides labels."""
        return self.said is None or same_work(item, self.said)

    def n_different(self, project: Project) -> int:
        """Count the frames that have another label in the project."""
        now = project.video(self.video_id).lanes[self.lane].to_frames()
        return int((now != self.labels.to_frames()).sum())


def is_conflict(path: Path) -> bool:
    """Tell whether a file is named as one that was kept beside another."""
    return _NAME.fullmatch(path.name) is not None


def find_conflicts(folder: ProjectFolder, project: Project) -> tuple[ConflictFile, ...]:
    """Find the conflict files of a project that can be read, by their names."""
    found = []
    for at in label_folders(folder):
        try:
            names = sorted(os.listdir(at))
        except OSError:
            continue
        for name in names:
            match = _NAME.fullmatch(name)
            item = project.find(match["video"]) if match is not None else None
            lane = None if item is None else _lane_in(folder, item, at)
            if item is not None and lane is not None:
                path = at / name
                said, stamp = _read(path, project, item, lane), stamp_of(path)
                if said is not None and stamp is not None:
                    at_s = stamp[1] / 1e9
                    found.append(ConflictFile(path, item.id, lane, *said, at_s))
    return tuple(found)


def _lane_in(folder: ProjectFolder, item: VideoItem, at: Path) -> str | None:
    """Find the lane of a video whose label file is in this folder."""
    if at == folder.labels_path("").parent:
        return ANNOTATION
    names = (n for n in item.annotators if safe_name(n) == at.name)
    found = next(names, None)
    return None if found is None else annotator_lane(found)


def _read(
    path: Path, project: Project, item: VideoItem, name: str
) -> tuple[Segmentation, VideoItem | None] | None:
    """Read labels, and what their file says besides; None where they do not fit."""
    try:
        raw = json.loads(bytes_of(path) or b"")
        lane = labels_from_json(raw, str(path))
        work = work_of_labels(raw, item.id) if name == ANNOTATION else None
        said = None
        if work is not None:
            said = with_work_of_labels(item, work, project.skeleton, str(path))
            said = said.with_marks_moved(project.label_map.moves)
    except (ValueError, RecursionError, FormatError):
        return None
    lane = remap_classes(lane, project.label_map.moves)
    there = {*project.label_map.ids, None}
    fits = lane.n_frames == item.n_frames and set(lane.class_counts) <= there
    return (lane, said) if fits else None


def take_theirs(project: Project, conflict: ConflictFile) -> Project:
    """Put what a conflict file says in the place of the lane and what is beside it."""
    item = project.video(conflict.video_id)
    if item.lanes.get(conflict.lane) != conflict.labels:
        project = edit_lane(
            project, conflict.video_id, lambda _: conflict.labels, conflict.lane
        )
        item = project.video(conflict.video_id)
    if conflict.said is None or same_work(item, conflict.said):
        return project
    return project.with_videos(with_work_of(item, conflict.said))


def keep_both(project: Project, conflict: ConflictFile) -> Project:
    """Show the labels of a conflict file beside the lane, as another annotator's."""
    named = conflict.lane.removeprefix(annotator_lane(""))
    first = "other" if conflict.lane == ANNOTATION else f"{named}-other"
    taken = project.video(conflict.video_id).annotators
    name, n = first, 2
    while name in taken:
        name, n = f"{first}-{n}", n + 1
    return add_annotator_lane(project, conflict.video_id, name, conflict.labels)


def put_aside(folder: ProjectFolder, conflict: ConflictFile) -> None:
    """Move a conflict file that was decided on out of the way; it is not deleted.

    Raises
    ------
    ProjectError
        Where it cannot be moved.
    """
    target = folder.root / RESOLVED / conflict.path.name
    try:
        target.parent.mkdir(exist_ok=True)
        os.replace(conflict.path, free_path(target))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ProjectError(
            "{} could not be moved ({}); {}.",
            conflict.path,
            error.strerror or error,
            advice(error),
        ) from error
