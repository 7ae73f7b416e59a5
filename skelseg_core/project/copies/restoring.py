"""Restoring: bring back a project or a video as it was.

All functions are pure edits of project values. ``then`` is the project of a backup, as
`backups.Backups.then` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import ActionClass, FormerClass, LabelMap
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.points import Points, remap_points
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_classes, with_used_classes
from skelseg_core.project.project import ANNOTATION, Project, tier_classes
from skelseg_core.project.project_edits import add_track, add_video
from skelseg_core.project.repairs import repaired
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import (
    Track,
    has_work,
    with_work_of,
    work_of,
)


def restored(now: Project, then: Project) -> Project:
    """Make the whole project what it was; places of files stay.

    Videos that were added since are no longer in it; the files of their labels stay.
    Labels that are missing then stay as they are, with their classes.
    """
    label_map = _never_reused(then.label_map, now.label_map)
    tracks = tuple(_with_facts_of_today(v, now.find(v.id)) for v in then.tracks)
    project = replace(
        then,
        uuid=now.uuid,
        label_map=label_map,
        tracks=tracks,
        media_roots=now.media_roots,
    )
    for video in project.videos:
        if now.has_video(video.id):
            there = now.video(video.id)
            if there.n_frames == video.n_frames:
                made = replace(video, films=there.films)
                same = video.damage or made == there
                project = project.with_video(there if same else made)
    lanes = (lane for v in tracks for lane in v.lanes.values())
    project, _ = with_used_classes(project, lanes, now.label_map)
    return repaired(project)


def _with_facts_of_today(then: Track, now: Track | None) -> Track:
    """Add to a video as it was the place of its file, and found labels."""
    if now is None or now.n_frames != then.n_frames:
        return then
    # What the backup does not know either stays as it is.
    known = {n: now.lanes[n] for n in then.missing if n in now.lanes}
    missing = {n for n in then.missing if n not in known or n in now.missing}
    made = replace(
        then,
        locked=now.locked or then.locked,
        lanes={**then.lanes, **known},
        missing=frozenset(missing),
        damaged=now.damaged,
    )
    if ANNOTATION in then.missing and not has_work(then):
        made = with_work_of(made, now)
    # The same object, so that nothing counts as changed.
    same = replace(made, video=now.video) == now
    return replace(now, video=then.video) if same else made


def _never_reused(then: LabelMap, now: LabelMap) -> LabelMap:
    """Note the ids of classes that came since as deleted, so that none is given again.

    Models and predictions made meanwhile name them.
    """
    known = {*then.ids, *then.moves}
    names = {c.id: c.name for c in now.classes} | {f.id: f.name for f in now.former}
    new = tuple(FormerClass(i, n, None) for i, n in names.items() if i not in known)
    return replace(then, former=(*then.former, *new)) if new else then


def restored_video(now: Project, then: Project, video_id: TrackId) -> Project:
    """Make one video what it was, in the classes of today.

    All its tracks come back; where a further track of a video that is there is named,
    that one alone. Labels, other annotators' labels, notes, subject and corrected
    keypoints come back. A class that is gone since is added again where the video needs
    it; labels of annotators that came since stay, and so do locks.

    Raises
    ------
    EditError
        Where the video has another number of frames now, or its labels are missing
        then; where a tier that has some is gone.
    ProjectError
        Where there was no such video.
    """
    named = then.track(video_id)
    gone = not now.has(named.video_id)
    several = gone or then.first_track(named.video_id) is named
    for old in then.tracks_of(named.video_id) if several else (named,):
        now = _restored_track(now, then, old, gone)
    video = named.video
    if several and now.has_video(video.id) and not video.damage:
        there = replace(now.video(video.id), damage="")
        now = now.with_video(there.with_said_of(video))
    return now


def _restored_track(now: Project, then: Project, old: Track, whole: bool) -> Project:
    """Make a track what it was; ``whole`` where its video is new, and nothing stays."""
    video_id, item = old.id, now.find(old.id)
    if all(tier.id != old.tier for tier in now.tiers):
        if not (old.annotation.n_labelled or old.marks):
            return now
        raise EditError(
            "The tier '{}' of {} is gone; restore the whole project.",
            then.tier(old.tier).name,
            old.video.title,
        )
    if ANNOTATION in old.missing:
        raise EditError(
            "The labels of {} in the backup cannot be read; choose another backup.",
            then.titled(video_id),
        )
    known = {n: v for n, v in old.lanes.items() if n not in old.missing}
    project, lanes, marks = _in_classes_of(now, then.label_map, known, old)
    old = replace(old, marks=marks)
    made = replace(old, lanes={**old.lanes, **lanes})
    if item is None and not whole:
        made = replace(made, video=project.video(old.video_id))
    if item is None:
        new = not project.has_video(made.video_id)
        return add_video(project, made) if new else add_track(project, made)
    if whole:
        return project.with_tracks(made)
    if item.n_frames != old.n_frames:
        raise EditError(
            "{} has {:,} frames now and had {:,}; its labels in the backup do not fit.",
            then.titled(video_id),
            item.n_frames,
            old.n_frames,
        )
    missing = item.missing - lanes.keys()
    made = replace(item, lanes={**item.lanes, **lanes}, missing=missing)
    made = with_work_of(made, replace(old, locked=item.locked or old.locked))
    return now if made == item else project.with_tracks(made)


def with_missing_of(now: Project, then: Project, video_id: TrackId) -> Project:
    """Give a track those of its missing labels that were there, in classes of today.

    The project itself where none was.
    """
    item, old = now.track(video_id), then.find(video_id)
    if old is None or (old.n_frames, old.tier) != (item.n_frames, item.tier):
        return now
    known = {n: old.lanes[n] for n in item.missing - old.missing if n in old.lanes}
    if not known:
        return now
    project, lanes, marks = _in_classes_of(now, then.label_map, known, old)
    for name, lane in lanes.items():
        item = item.with_found(name, lane)
    if ANNOTATION in lanes:
        # What project.json says of it, or another track, is of today.
        said = work_of(replace(old, marks=marks))
        free = {n: said[n] for n, value in work_of(item).items() if not value}
        item = replace(item, **free)
    return project.with_tracks(item)


def _in_classes_of(
    now: Project, then: LabelMap, lanes: Mapping[str, Segmentation], old: Track
) -> tuple[Project, dict[str, Segmentation], Points]:
    """Map lanes and marks to the classes of today; those that are gone come again."""
    used = {i for lane in lanes.values() for i in lane.class_counts if i is not None}
    used.update(mark.class_id for mark in old.marks)
    into, gone = _moves(tier_classes(now.label_map, old.tier), then, used)
    if gone:
        now = add_classes(now, gone, old.tier)
    own = tier_classes(now.label_map, old.tier)
    names = {c.name: c.id for c in own.classes}
    into |= {c.id: names[c.name] for c in gone}
    found = {name: remap_classes(lane, into) for name, lane in lanes.items()}
    return now, found, remap_points(old.marks, into)


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
