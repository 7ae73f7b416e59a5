"""Restoring: bring back a project or a video as it was, and say what differs from it.

All functions are pure edits or comparisons of project values. ``then`` is the project
of a backup, as `backups.Backups.then` reads it, or as it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import ActionClass, FormerClass, LabelMap
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    add_video,
    changed_videos,
    labels_found,
    same_ids,
)


@dataclass(frozen=True)
class VideoDifference:
    """Difference of a video from what it was.

    Parameters
    ----------
    video_id : str
    kind : {"changed", "added", "removed"}
        Whether it is in both projects, or was added or removed since.
    n_frames : int
        Frames with another label now; of a video that is in one project, all that are
        labelled there.
    other : bool
        Whether anything else differs: who vouches for a label, other annotators'
        labels, notes, corrected keypoints, the chosen subject.
    """

    video_id: str
    kind: Literal["changed", "added", "removed"]
    n_frames: int
    other: bool = False


@dataclass(frozen=True)
class ClassDifference:
    """Difference of a class from what it was; one name is empty where it was not there.

    Parameters
    ----------
    kind : {"added", "removed", "merged", "renamed", "changed"}
        ``now`` of a merged class is the one that its segments have now; "changed" is
        its colour, key, group or description.
    """

    kind: Literal["added", "removed", "merged", "renamed", "changed"]
    then: str
    now: str


@dataclass(frozen=True)
class Differences:
    """Difference of a project from what it was: its videos, its classes, the rest."""

    videos: tuple[VideoDifference, ...] = ()
    classes: tuple[ClassDifference, ...] = ()
    other: bool = False

    def __bool__(self) -> bool:
        return bool(self.videos or self.classes or self.other)

    def of(self, video_id: str) -> VideoDifference | None:
        """Return the difference of a video, or None."""
        return next((v for v in self.videos if v.video_id == video_id), None)


def restored(now: Project, then: Project) -> Project:
    """Make the whole project what it was; places of files stay.

    Videos that were added since are no longer in it; the files of their labels stay.
    """
    label_map = _never_reused(then.label_map, now.label_map)
    videos = (_with_facts_of_today(v, now.find(v.id)) for v in then.videos)
    return replace(
        then,
        uuid=now.uuid,
        label_map=label_map,
        videos=tuple(videos),
        media_roots=now.media_roots,
    )


def _with_facts_of_today(then: VideoItem, now: VideoItem | None) -> VideoItem:
    """Add to a video as it was the place of its file, and found labels."""
    if now is None or now.n_frames != then.n_frames:
        return then
    # What the backup does not know either stays as it is.
    known = {n: now.lanes[n] for n in then.missing if n in now.lanes}
    missing = {n for n in then.missing if n not in known or n in now.missing}
    made = replace(
        then,
        path=now.path,
        fingerprint=now.fingerprint,
        lanes={**then.lanes, **known},
        missing=frozenset(missing),
    )
    return now if made == now else made


def _never_reused(then: LabelMap, now: LabelMap) -> LabelMap:
    """Note the ids of classes that came since as deleted, so that none is given again.

    Models and predictions made meanwhile name them.
    """
    known = {*then.ids, *then.moves}
    names = {c.id: c.name for c in now.classes} | {f.id: f.name for f in now.former}
    new = tuple(FormerClass(i, n, None) for i, n in names.items() if i not in known)
    return replace(then, former=(*then.former, *new)) if new else then


def restored_video(now: Project, then: Project, video_id: str) -> Project:
    """Make one video what it was, in the classes of today.

    Its labels, other annotators' labels, notes, subject and corrected keypoints come
    back. A class that is gone since is added again where the video needs it; labels of
    annotators that came since stay.

    Raises
    ------
    EditError
        Where the video has another number of frames now.
    ProjectError
        Where there was no such video.
    """
    old, item = then.video(video_id), now.find(video_id)
    known = {n: v for n, v in old.lanes.items() if n not in old.missing}
    project, lanes = _in_classes_of(now, then.label_map, known)
    if item is None:
        return add_video(project, replace(old, lanes={**old.lanes, **lanes}))
    if item.n_frames != old.n_frames:
        raise EditError(
            "{} has {:,} frames now and had {:,}; its labels of then do not fit.",
            video_id,
            item.n_frames,
            old.n_frames,
        )
    made = replace(
        item,
        lanes={**item.lanes, **lanes},
        picks=old.picks,
        corrections=old.corrections,
        notes=old.notes,
        annotator=old.annotator,
        done=old.done,
        decisions=old.decisions,
        missing=item.missing - lanes.keys(),
    )
    return now if made == item else project.with_videos(made)


def restored_missing(now: Project, then: Project) -> Project:
    """Fill in the labels whose files are gone, where they were known then."""
    for item in now.videos:
        old = then.find(item.id)
        if not item.missing or old is None or old.n_frames != item.n_frames:
            continue
        there = (item.missing & old.lanes.keys()) - old.missing
        found = {name: old.lanes[name] for name in there}
        now, lanes = _in_classes_of(now, then.label_map, found)
        now = labels_found(now, {item.id: lanes})
    return now


def _in_classes_of(
    now: Project, then: LabelMap, lanes: Mapping[str, Segmentation]
) -> tuple[Project, dict[str, Segmentation]]:
    """Map lanes to the classes of today; classes that are gone are added again."""
    used = {i for lane in lanes.values() for i in lane.class_counts if i is not None}
    into, gone = _moves(now.label_map, then, used)
    if gone:
        now = add_classes(now, gone)
    names = {c.name: c.id for c in now.label_map.classes}
    into |= {c.id: names[c.name] for c in gone}
    return now, {name: remap_classes(lane, into) for name, lane in lanes.items()}


def _moves(
    now: LabelMap, then: LabelMap, used: Iterable[int]
) -> tuple[dict[int, int | None], list[ActionClass]]:
    """Find the class of today for each class of then, and those that have none.

    A class of the same id is the same, renamed perhaps, unless another one has its
    name today: ids of undone classes were given again.
    """
    into: dict[int, int | None] = {}
    gone: list[ActionClass] = []
    for class_id in sorted(used):
        was, merged = then.get(class_id), now.moves.get(class_id)
        if was is None:
            continue
        same = now.named(was.name)
        if same is not None:
            into[class_id] = same.id
        elif now.get(class_id) is not None:
            continue
        elif merged is not None:
            into[class_id] = merged
        else:
            gone.append(was)
    return {i: j for i, j in into.items() if i != j}, gone


# -- differences ----------------------------------------------------------------------


def differences(now: Project, then: Project) -> Differences:
    """Compare a project with what it was, video by video and class by class."""
    used = then.label_map.ids
    into, _ = _moves(now.label_map, then.label_map, used)
    videos = [_difference(v, then.find(v.id), into) for v in now.videos]
    gone = [v for v in then.videos if not now.has(v.id)]
    videos += [VideoDifference(v.id, "removed", v.annotation.n_labelled) for v in gone]
    facts = ("name", "skeleton", "conventions")
    return Differences(
        tuple(v for v in videos if v is not None),
        class_differences(now.label_map, then.label_map),
        any(getattr(now, fact) != getattr(then, fact) for fact in facts),
    )


def _difference(
    now: VideoItem, then: VideoItem | None, into: Mapping[int, int | None]
) -> VideoDifference | None:
    if then is None:
        return VideoDifference(now.id, "added", now.annotation.n_labelled)
    n_frames = n_differing(now.annotation, remap_classes(then.annotation, into))
    people = now.lanes.keys() | then.lanes.keys()
    lanes = (now.lanes.get(n) == then.lanes.get(n) for n in people - {ANNOTATION})
    facts = (
        *("picks", "corrections", "notes", "missing"),
        *("annotator", "done", "decisions"),
    )
    other = (
        not all(lanes)
        or any(getattr(now, fact) != getattr(then, fact) for fact in facts)
        or (not n_frames and now.annotation != then.annotation)
    )
    if not n_frames and not other:
        return None
    return VideoDifference(now.id, "changed", n_frames, other)


def n_differing(a: Segmentation, b: Segmentation) -> int:
    """Count the frames that two segmentations label differently."""
    if a is b:
        return 0
    if a.n_frames != b.n_frames:
        return max(a.n_frames, b.n_frames)
    return int(np.count_nonzero(a.to_frames() != b.to_frames()))


def class_differences(now: LabelMap, then: LabelMap) -> tuple[ClassDifference, ...]:
    """Compare the classes with what they were, those of then first."""
    found: list[ClassDifference] = []
    for was in then.classes:
        same, into = now.get(was.id), now.moves.get(was.id)
        if same is None and into is not None:
            found.append(ClassDifference("merged", was.name, now.name_of(into)))
        elif same is None:
            found.append(ClassDifference("removed", was.name, ""))
        elif same.name != was.name:
            found.append(ClassDifference("renamed", was.name, same.name))
        elif same != was:
            found.append(ClassDifference("changed", was.name, same.name))
    new = [c for c in now.classes if then.get(c.id) is None]
    found += [ClassDifference("added", "", c.name) for c in new]
    return tuple(found)


def changes_much(before: Project, after: Project, share: float = 0.5) -> bool:
    """Tell whether an edit is one to make a backup before.

    That is one that removes, merges or renames classes, removes videos, changes labels
    of several videos, or gives another label to half of a video's frames or more.
    """
    kinds = {d.kind for d in class_differences(after.label_map, before.label_map)}
    if kinds & {"removed", "merged", "renamed"}:
        return True
    if not same_ids(before, after) and set(before.ids) - set(after.ids):
        return True
    pairs = [(before.find(v.id), v) for v in changed_videos(before, after)]
    lanes = [
        (old.annotation, new.annotation)
        for old, new in pairs
        if old is not None and old.annotation is not new.annotation
    ]
    if len(lanes) > 1:
        return True
    return any(n_differing(a, b) >= share * a.n_frames for a, b in lanes)
