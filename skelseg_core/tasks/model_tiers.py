"""The tier that a model labels, and the tier of the other side of the body.

A tier that mirrors another one is learnt with it: its keypoints are mirrored, and its
classes are those of the same names. So one model labels both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skelseg_core.errors import ModelError
from skelseg_core.labels.edits import remap_classes
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.tracks import Tier, TrackId
from skelseg_core.project.videos_and_tracks import Track


def check_fit(info: ModelInfo, project: Project) -> Tier:
    """Refuse a model that was trained for other classes or another skeleton.

    Returns
    -------
    Tier
        The one that it labels.
    """
    if info.skeleton != project.skeleton:
        raise ModelError(
            "Model {} was trained on {} keypoints, the project uses {}; train a model "
            "in this project.",
            info.name,
            skeleton_title(info.skeleton),
            skeleton_title(project.skeleton),
        )
    tier = _own_tier(info, project)
    lost = project.classes_of(tier).lost(info.class_ids, info.class_names)
    if lost is not None:
        raise ModelError(
            "Model {} has a class '{}' that the project does not have in that "
            "position; train a model with the project's classes.",
            info.name,
            lost,
        )
    return tier


def _own_tier(info: ModelInfo, project: Project) -> Tier:
    known = filter(None, map(project.class_of, info.class_ids))
    return project.tier(next((c.tier for c in known), project.tiers[0].id))


def tiers_of(info: ModelInfo, project: Project) -> tuple[str, ...]:
    """List the ids of the tiers that a model labels, its own one first."""
    own = _own_tier(info, project)
    return (own.id, *(t.id for t in project.tiers if t.mirrors == own.id))


def tracks_for(
    info: ModelInfo, project: Project, ids: Sequence[TrackId]
) -> list[TrackId]:
    """List the tracks that a model labels; all of them where it labels none."""
    tiers = tiers_of(info, project)
    return [i for i in ids if project.track(i).tier in tiers] or list(ids)


def for_track(info: ModelInfo, project: Project, item: Track) -> ModelInfo:
    """Give a model the classes of a track: those of its own tier or of a mirrored one.

    Raises
    ------
    ModelError
        Where it is of another tier, or that tier lacks a class of this name.
    """
    tier = _own_tier(info, project)
    if tier.id == item.tier:
        return info
    own = project.tier(item.tier)
    if own.mirrors != tier.id:
        raise ModelError(
            "Model {} labels the tier {}, and this track of {} is of the tier {}; "
            "choose a model of that tier, or train one.",
            info.name,
            tier.name,
            item.video.title,
            own.name,
        )
    classes, made = project.classes_of(own), []
    for class_id, name in zip(info.class_ids, info.class_names, strict=True):
        now = project.moves.get(class_id, class_id)
        found = classes.named(project.name_of(now) or name)
        if found is None:
            raise ModelError(
                "The tier {} has no class '{}', which model {} knows of {}; give both "
                "the same classes.",
                own.name,
                project.name_of(now) or name,
                info.name,
                tier.name,
            )
        made.append(found)
    return replace(info, classes=tuple(made))


def to_learn(project: Project, tier: str = "") -> Project:
    """Reduce a project to a tier, the first one by default, as a model learns it.

    Tracks of a tier that mirrors it are among its own, in its classes. A tier that
    mirrors another is learnt as that one.
    """
    named = project.tier_named(tier)
    own = named if named.mirrors is None else project.tier(named.mirrors)
    reduced = project.of_tier(own)
    others = [other for other in project.tiers if other.mirrors == own.id]
    if not others:
        return reduced
    mirrored = (
        _in_classes(item, mirrored_ids(project, other, own))
        for other in others
        for item in project.tracks
        if item.tier == other.id
    )
    videos = (*reduced.tracks, *mirrored)
    # A class that nobody uses and that the other side lacks would be refused there.
    kept = {c for item in videos for c in item.annotation.class_counts}
    for other in others:
        kept.update(mirrored_ids(project, other, own).values())
    classes = tuple(c for c in reduced.classes.classes if c.id in kept)
    label_map = replace(reduced.classes, classes=classes or reduced.classes.classes)
    return replace(reduced, tracks=videos, label_map=label_map)


def mirrored_ids(project: Project, tier: Tier, into: Tier) -> dict[int, int | None]:
    """Match the classes of a tier to those of another by name; None where none is."""
    others = project.classes_of(into)
    named = {c.id: others.named(c.name) for c in project.classes_of(tier).classes}
    return {c: None if found is None else found.id for c, found in named.items()}


def _in_classes(item: Track, ids: dict[int, int | None]) -> Track:
    return replace(item, lanes={ANNOTATION: remap_classes(item.annotation, ids)})
