"""Annotators: what somebody else says of the videos, read to lie beside one's own.

It comes from the other's project folder, for all videos that both have, or from one
file of labels for one video: a label file of a project, a framewise or segment CSV, or
framewise text as MS-TCN's data has it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import read_json
from skelseg_core.label_files import load_labels, segmentation_of
from skelseg_core.progress import Progress, Task
from skelseg_core.project import Project, VideoItem, check_labels
from skelseg_core.project_folder import ProjectFolder
from skelseg_core.project_json import labels_from_json
from skelseg_core.segmentation import (
    LabelMap,
    Segment,
    Segmentation,
    reclassify,
    united,
)

PROJECT_FILE = "project.json"


def read_annotator(
    path: Path, project: Project, video_id: str
) -> Task[dict[str, Segmentation]]:
    """What another annotator says, by video of ``project``.

    Parameters
    ----------
    path : Path
        A project folder or its ``project.json``, or a file of labels of ``video_id``.
    project : Project
        Whose videos and classes count; classes go by name.
    video_id : str

    Raises
    ------
    FormatError, ProjectError
        Where it cannot be read, says nothing of these videos, or uses a class that the
        project does not have.
    """
    yield Progress(f"reading {path.name}")
    if path.is_dir() or path.name == PROJECT_FILE:
        root = path if path.is_dir() else path.parent
        other = ProjectFolder(root).load()
        found = {}
        for item in project.videos:
            theirs = _same_video(item, other)
            if theirs is not None and _says_something(theirs.annotation):
                where = f"{theirs.id} of {root.name}"
                found[item.id] = _by_name(
                    theirs.annotation, other.label_map, project.label_map, where
                )
        if not found:
            # Nobody knows whether there would be any in files that are gone.
            check_labels(other.videos)
            raise FormatError(
                f"{root} has no labels of a video of this project; choose the project "
                "of somebody who labelled the same videos."
            )
        return found
    item = project.video(video_id)
    return {video_id: _read_file(path, item, project.label_map)}


def _same_video(item: VideoItem, other: Project) -> VideoItem | None:
    """The same file by its fingerprint, wherever it lies and whatever it is called."""
    for theirs in other.videos:
        if theirs.fingerprint == item.fingerprint and theirs.n_frames == item.n_frames:
            return theirs
    return None


def _says_something(lane: Segmentation) -> bool:
    return any(s.class_id is not None for s in lane.segments)


def _by_name(
    lane: Segmentation, theirs: LabelMap, ours: LabelMap, where: str
) -> Segmentation:
    segments: list[Segment] = []
    for segment in lane.segments:
        if segment.class_id is not None:
            name = theirs.name_of(segment.class_id)
            class_id = _class_id(name, ours, where)
            if class_id is None:
                segment = Segment(segment.start, segment.stop)
            else:
                segment = replace(segment, class_id=class_id)
        last = segments[-1] if segments else None
        if last is not None and last.class_id is None and segment.class_id is None:
            segment = united(segments.pop(), segment)
        segments.append(segment)
    return Segmentation(tuple(segments))


def _class_id(name: str, label_map: LabelMap, where: str) -> int | None:
    """Id of the class of a name; of one that was merged or deleted, what it is now."""
    found = label_map.named(name)
    if found is None:
        for former in label_map.former:
            if former.name == name:
                return former.into
        raise FormatError(
            f"{where} uses the class '{name}', which this project does not have; add "
            "it to the classes and import the labels again."
        )
    return found.id


def _read_file(path: Path, item: VideoItem, label_map: LabelMap) -> Segmentation:
    if path.suffix == ".json":
        lane = labels_from_json(read_json(path), str(path))
        theirs = _classes_of(path, label_map)
        # It may be older than a merging of classes.
        lane = reclassify(lane, theirs.moves)
        return _by_name(lane, theirs, label_map, str(path))
    labels = load_labels(path, item)
    ids = {name: _class_id(name, label_map, str(path)) for name in labels.names}
    return segmentation_of(labels, item, ids)


def _classes_of(path: Path, ours: LabelMap) -> LabelMap:
    """Classes of the project that a label file lies in; ours where it lies in none.

    The file has their ids alone, which are others in another project.
    """
    for root in path.absolute().parents[1:3]:
        if (root / PROJECT_FILE).is_file():
            return ProjectFolder(root).load().label_map
    return ours
