"""Other annotators' labels: read from a project or a label file, beside one's own.

They come from the other's project folder, for all videos that both have, or from one
file of labels for one video: a label file of a project, a framewise or segment CSV, or
framewise text as in MS-TCN's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import read_json
from skelseg_core.labels.classes import ActionClass, LabelMap, label_map_from_names
from skelseg_core.labels.edits import remap_classes, united
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import (
    frames_said,
    load_labels,
    other_length,
    whole_segmentation,
)
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.project import (
    Project,
    VideoItem,
    add_annotator_lane,
    check_labels,
)

PROJECT_FILE = "project.json"
MOST_FRAMES_OVER = 30
"""Most frames by which the labels of a long video may differ in number from its own."""


@dataclass(frozen=True)
class AnnotatorLabels:
    """Labels of another annotator, by id of the video in the project they are for.

    ``lanes`` name the classes by the ids of ``label_map``, the annotator's own; a lane
    may have a few frames more or less than its video.
    """

    label_map: LabelMap
    lanes: Mapping[str, Segmentation]

    def unknown(self, ours: LabelMap) -> tuple[ActionClass, ...]:
        """List the classes that are used here and that a project never had, by name."""
        used = {s.class_id for lane in self.lanes.values() for s in lane.segments}
        had = {*ours.names, *(former.name for former in ours.former)}
        return tuple(
            c for c in self.label_map.classes if c.id in used and c.name not in had
        )

    def frames_over(self, project: Project) -> dict[str, int]:
        """Count the frames by which lanes are longer than videos; shorter: negative.

        Only those videos are named whose lane is of another length.
        """
        found = {
            video_id: lane.n_frames - project.video(video_id).n_frames
            for video_id, lane in self.lanes.items()
            if project.has(video_id)
        }
        return {video_id: over for video_id, over in found.items() if over}


def read_annotator(
    path: Path, project: Project, video_id: str
) -> Task[AnnotatorLabels]:
    """Read the labels of another annotator, by video of ``project``.

    Parameters
    ----------
    path : Path
        A project folder or its ``project.json``, or a file of labels of ``video_id``.
    project : Project
        Whose videos count.
    video_id : str

    Raises
    ------
    FormatError, ProjectError, EditError
        Where the file cannot be read, says nothing of these videos, or labels more than
        a few frames too many or too few.
    """
    yield Progress(f"reading {path.name}")
    if path.is_dir() or path.name == PROJECT_FILE:
        root = path if path.is_dir() else path.parent
        other_folder = ProjectFolder(root)
        other = other_folder.load()
        found = {}
        for item in project.videos:
            theirs = _same_video(item, other)
            if theirs is not None and _says_something(theirs.annotation):
                path = other_folder.labels_path(theirs.id)
                _check_named(path, theirs.annotation, other.label_map)
                found[item.id] = theirs.annotation
        if not found:
            # Whether the files that are gone had labels is unknown: do not say "none".
            check_labels(other.videos)
            raise FormatError(
                "{} has no labels of a video of this project; choose the project of "
                "somebody who labelled the same videos.",
                root,
            )
        return AnnotatorLabels(other.label_map, found)
    item = project.video(video_id)
    label_map, lane = _read_file(path, item, project.label_map)
    if abs(lane.n_frames - item.n_frames) > few_frames(item.n_frames):
        raise other_length(path, lane.n_frames, item)
    return AnnotatorLabels(label_map, {video_id: lane})


def few_frames(n_frames: int) -> int:
    """Compute how many frames labels and their video may differ by.

    Programs count the last frames of a file differently; another video differs by more.
    """
    return min(MOST_FRAMES_OVER, n_frames // 20)


def add_annotator_labels(
    project: Project, name: str, labels: AnnotatorLabels
) -> Project:
    """Put the labels of an annotator beside the annotations of their videos.

    Classes that are missing are added. Frames that a video does not have are left out,
    and those that the labels do not have stay unlabelled.

    Raises
    ------
    EditError
        Where the name cannot name a folder, or that of a class cannot be one.
    """
    new = [replace(c, key="", color="") for c in labels.unknown(project.label_map)]
    project = add_classes(project, new)
    for video_id, lane in labels.lanes.items():
        if project.has(video_id):
            lane = _by_name(lane, labels.label_map, project.label_map)
            lane = _fitted(lane, project.video(video_id).n_frames)
            project = add_annotator_lane(project, video_id, name, lane)
    return project


def _fitted(lane: Segmentation, n_frames: int) -> Segmentation:
    """Cut a lane to ``n_frames``, or extend it by unlabelled frames."""
    if lane.n_frames == n_frames:
        return lane
    segments = [
        s if s.stop <= n_frames else s.part(s.start, n_frames)
        for s in lane.segments
        if s.start < n_frames
    ]
    if lane.n_frames < n_frames:
        # The other's video ended there; nobody said that the action does.
        segments[-1] = replace(segments[-1], stop_vouched=False)
        segments.append(Segment(lane.n_frames, n_frames))
    return Segmentation(tuple(segments))


def _same_video(item: VideoItem, other: Project) -> VideoItem | None:
    """Find the same file by its fingerprint, whatever its place and name."""
    for theirs in other.videos:
        if theirs.fingerprint == item.fingerprint and theirs.n_frames == item.n_frames:
            return theirs
    return None


def _says_something(lane: Segmentation) -> bool:
    return any(s.class_id is not None for s in lane.segments)


def _by_name(lane: Segmentation, theirs: LabelMap, ours: LabelMap) -> Segmentation:
    """Give the lane the ids of our classes of the same names."""
    segments: list[Segment] = []
    for segment in lane.segments:
        if segment.class_id is not None:
            class_id = _class_id(theirs.name_of(segment.class_id), ours)
            if class_id is None:
                segment = Segment(segment.start, segment.stop)
            else:
                segment = replace(segment, class_id=class_id)
        last = segments[-1] if segments else None
        if last is not None and last.unlabelled and segment.unlabelled:
            segment = united(segments.pop(), segment)
        segments.append(segment)
    return Segmentation(tuple(segments))


def _class_id(name: str, label_map: LabelMap) -> int | None:
    """Find the id of a class by name; for a merged or deleted one, its successor's."""
    found = label_map.named(name)
    if found is not None:
        return found.id
    return next((f.into for f in label_map.former if f.name == name), None)


def _read_file(
    path: Path, item: VideoItem, ours: LabelMap
) -> tuple[LabelMap, Segmentation]:
    """Read the labels of a file, and the classes whose ids these name."""
    if path.suffix == ".json":
        lane = labels_from_json(read_json(path), str(path))
        theirs = _classes_of(path, ours)
        # The file may be older than a merging of classes.
        lane = remap_classes(lane, theirs.moves)
        _check_named(path, lane, theirs)
        return theirs, lane
    labels = load_labels(path, item)
    theirs = label_map_from_names(labels.names)
    ids = {c.name: c.id for c in theirs.classes}
    n_frames = labels.n_frames or max(item.n_frames, frames_said(labels))
    return theirs, whole_segmentation(labels, n_frames, ids)


def _check_named(path: Path, lane: Segmentation, theirs: LabelMap) -> None:
    for segment in lane.segments:
        if segment.class_id is not None and not theirs.name_of(segment.class_id):
            raise FormatError(
                "{} names the class {}, and nothing says what that is; choose the "
                "project.json that it belongs to.",
                path,
                segment.class_id,
            )


def _classes_of(path: Path, ours: LabelMap) -> LabelMap:
    """Load the classes of the project that a label file lies in; ours without one.

    The file has their ids alone, which are others in another project.
    """
    for root in path.absolute().parents[1:3]:
        if (root / PROJECT_FILE).is_file():
            return ProjectFolder(root).load().label_map
    return ours
