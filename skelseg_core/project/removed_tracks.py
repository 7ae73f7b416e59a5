"""Removed tracks: what an edit takes out of a project, and what has to stay in it.

What others label, or have labelled since it was read, is not taken out: their labels
would be in the folder and in no project.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from skelseg_core.project.project import Project, same_ids
from skelseg_core.project.project_edits import set_people
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track


def removed_tracks(before: Project, after: Project) -> tuple[Track, ...]:
    """List the tracks that ``after`` has no more, as they were."""
    if same_ids(before, after):
        return ()
    return tuple(item for item in before.tracks if not after.has(item.id))


def removed_titles(before: Project, removed: Iterable[Track]) -> tuple[str, ...]:
    """Name tracks that are taken out, a whole video once."""
    items = tuple(removed)
    gone = {v.id for v in items}
    whole = {
        v.video_id
        for v in items
        if all(track.id in gone for track in before.tracks_of(v.video_id))
    }
    names = (
        before.video(v.video_id).title if v.video_id in whole else before.titled(v.id)
        for v in items
    )
    return tuple(dict.fromkeys(names))


def said_again(theirs: Project, tracks: Iterable[Track]) -> tuple[str, ...]:
    """Say which tracks stay, because somebody else labels them."""
    names = ", ".join(f"'{name}'" for name in removed_titles(theirs, tracks))
    if not names:
        return ()
    return (
        f"{names} cannot be removed, because somebody else labels it: it is there "
        "again.",
    )


def with_tracks_again(
    project: Project, before: Project, tracks: Collection[Track]
) -> Project:
    """Put tracks of ``before`` back that ``project`` has no more, with what they need.

    That are their video, their tier with its classes, and their person.
    """
    if not tracks:
        return project
    films = {v.video_id for v in tracks if not project.has_video(v.video_id)}
    whole = (v for v in before.tracks if v.video_id in films)
    back = {v.id: v for v in (*whole, *tracks)}
    used = {v.tier for v in back.values()} - {t.id for t in project.tiers}
    tiers = (t for t in before.tiers if t.id in used)
    classes = (c for c in before.label_map.classes if c.tier in used)
    label_map = project.label_map
    back = {
        k: v if v.video_id in films else replace(v, video=project.video(v.video_id))
        for k, v in back.items()
    }
    there = {v.id: v for v in project.tracks} | back
    order = [i for i in before.track_ids if i in there]
    order += [i for i in project.track_ids if not before.has(i)]
    made = replace(
        project,
        tiers=(*project.tiers, *tiers),
        label_map=replace(label_map, classes=(*label_map.classes, *classes)),
        tracks=tuple(there[i] for i in order),
    )
    people: dict[VideoId, tuple[str, ...]] = {}
    for item in back.values():
        video = made.video(item.video_id)
        known = people.get(video.id, video.people)
        if item.person and item.person not in known:
            people[video.id] = (*known, item.person)
    return set_people(made, people) if people else made
