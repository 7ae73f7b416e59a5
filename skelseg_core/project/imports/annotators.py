"""Other annotators' labels: read from their project, for all videos that both have.

Labels of another annotator in a file of any format are imported as all label files are
(`label_import`), into the lane of that person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_plan import class_ids
from skelseg_core.project.project import (
    Project,
    Track,
    add_annotator_lane,
    check_labels,
)
from skelseg_core.said import Said

PROJECT_FILE = "project.json"


@dataclass(frozen=True)
class AnnotatorLabels:
    """Labels of another annotator, by id of the video in the project they are for.

    ``lanes`` name the classes by the ids of ``label_map``, the annotator's own.
    """

    label_map: LabelMap
    lanes: Mapping[str, Segmentation]

    def unknown(self, project: Project) -> tuple[ActionClass, ...]:
        """List the classes that are used here and that a project never had, by name."""
        used = {s.class_id for lane in self.lanes.values() for s in lane.segments}
        ours = project.label_map
        former = {former.name for former in ours.former}
        had = {(c.tier, c.name) for c in ours.classes}
        return tuple(
            c
            for c in self.label_map.classes
            if c.id in used and (c.tier, c.name) not in had and c.name not in former
        )


def read_annotator(path: Path, project: Project) -> Task[AnnotatorLabels]:
    """Read the labels of another annotator, by video of ``project``.

    Parameters
    ----------
    path : Path
        The other's project folder, or its ``project.json``.
    project : Project
        Whose videos count.

    Raises
    ------
    FormatError, ProjectError
        Where the project cannot be read, or says nothing of these videos.
    """
    yield Progress(Said("reading {}", path.name))
    root = path if path.is_dir() else path.parent
    other = ProjectFolder(root).load()
    found = {}
    for item in project.tracks:
        theirs = _same_video(item, other)
        if theirs is not None and theirs.annotation.n_labelled:
            found[item.id] = theirs.annotation
    if not found:
        # Whether the files that are gone had labels is unknown: do not say "none".
        check_labels(other.tracks)
        raise FormatError(
            "{} has no labels for a video of this project; choose a project with "
            "labels of the same videos.",
            root,
        )
    return AnnotatorLabels(other.label_map, found)


def add_annotator_labels(
    project: Project, name: str, labels: AnnotatorLabels
) -> Project:
    """Put the labels of an annotator beside the annotations of their videos.

    Classes that are missing are added.

    Raises
    ------
    EditError
        Where the name cannot name a folder, or that of a class cannot be one.
    """
    new = [replace(c, key="", color="") for c in labels.unknown(project)]
    for one in new:
        project = add_classes(project, [one], one.tier)
    ids: dict[int, int | None] = {}
    for tier in project.tiers:
        theirs = [c for c in labels.label_map.classes if c.tier == tier.id]
        ours = class_ids(project.classes_of(tier), [c.name for c in theirs])
        ids |= {c.id: ours.get(c.name) for c in theirs}
    for video_id, lane in labels.lanes.items():
        if project.has(video_id):
            lane = remap_classes(lane, ids)
            project = add_annotator_lane(project, video_id, name, lane)
    return project


def _same_video(item: Track, other: Project) -> Track | None:
    """Find the same track of the same file, whatever its place and name."""
    for theirs in other.tracks:
        file = (item.video.fingerprint, item.n_frames, item.tier)
        same = file == (theirs.video.fingerprint, theirs.n_frames, theirs.tier)
        first = theirs.id == theirs.video_id and item.id == item.video_id
        if same and (first or theirs.person == item.person):
            return theirs
    return None
