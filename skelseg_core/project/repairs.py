"""Repairs of a project that two people edited at once, or a person by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from typing import NamedTuple

from skelseg_core.labels.people import MOST_CHARACTERS
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import Tier, VideoId
from skelseg_core.project.videos_and_tracks import Track


def repaired(project: Project, before: Project | None = None) -> Project:
    """Make a project whole again that two people edited at once.

    Tracks go whose tier is not there, whoever has a track is seen in its video, and no
    two tracks of a video are of one tier and person: those that are so in ``before``
    keep the name, else the first ones do, and the others are of "ben 2".
    """
    project = with_tiers_whole(project)
    tiers = {t.id for t in project.tiers}
    tracks = tuple(v for v in project.tracks if v.tier in tiers)
    if len(tracks) < len(project.tracks):
        project = replace(project, tracks=tracks)
    if len(set(map(_whose, tracks))) < len(tracks):
        project = _told_apart(project, before)
    unseen = [v for v in project.tracks if _is_unseen(v)]
    for item in unseen:
        video = project.video(item.video_id)
        people = dict.fromkeys((*video.people, item.person))
        project = project.with_video(replace(video, people=tuple(people)))
    return project


def _whose(item: Track) -> tuple[str, str, str]:
    return item.video_id, item.tier, item.person.casefold()


def _is_unseen(item: Track) -> bool:
    """Tell whether a track is of a person who is not seen in its video, in any case."""
    if not item.person or item.video.damage or item.person in item.video.people:
        return False
    return item.person.casefold() not in map(str.casefold, item.video.people)


def _told_apart(project: Project, before: Project | None) -> Project:
    """Give people other names where a video has two tracks of one tier and person."""

    def is_new(item: Track) -> bool:
        old = before.find(item.id) if before else None
        return old is None or _whose(old) != _whose(item)

    there = Counter[tuple[str, str, str]]()
    named = []
    for item in sorted(project.tracks, key=is_new):
        there[_whose(item)] += 1
        nth = there[_whose(item)]
        if nth > 1:
            people = {v.person for v in project.tracks_of(item.video_id)}
            people.update(item.video.people)
            free = _free_names(item.person, people)
            named.append(replace(item, person=next(islice(free, nth - 2, None))))
    return project.with_tracks(*named)


def _free_names(person: str, people: Collection[str]) -> Iterator[str]:
    """Number the name of a person: the names that nobody has yet."""
    taken = {name.casefold() for name in people}
    # A name has at most so many characters, with its number.
    stem = (person or "person")[: MOST_CHARACTERS - 5].rstrip()
    names = (f"{stem} {n}" for n in count(2))
    return (name for name in names if name.casefold() not in taken)


class ToldApart(NamedTuple):
    """A person whom `repaired` gave another name, and the name before."""

    video_id: VideoId
    before: str
    now: str


def told_apart(made: Project, *given: Project) -> tuple[ToldApart, ...]:
    """List whom `repaired` gave another name than any of the given projects has."""
    found: dict[ToldApart, None] = {}
    for item in made.tracks if made.has_tracks else ():
        there = filter(None, (project.find(item.id) for project in given))
        old = [v.person for v in there]
        if old and item.person not in old:
            found[ToldApart(item.video_id, old[-1], item.person)] = None
    return tuple(found)


def told_apart_in_words(project: Project, people: Iterable[ToldApart]) -> list[str]:
    """Write a sentence on each person who got another name."""
    return [
        f"Two people of {project.video(video_id).title} "
        f"{f'were called {before}' if before else 'had no name'}: one of them is "
        f"called '{now}' now; give that person the right name."
        for video_id, before, now in people
    ]


def with_tiers_whole(project: Project) -> Project:
    """Make a tier again that is gone and whose classes are there, and the reverse."""
    used = dict.fromkeys(c.tier for c in project.label_map.classes)
    known = {tier.id for tier in project.tiers}
    if used.keys() == known:
        return project
    names = {tier.name.casefold() for tier in project.tiers}
    back = [
        Tier(t, t if t.casefold() not in names else f"{t} ({n})")
        for n, t in enumerate(used, 1)
        if t not in known
    ]
    kept = [t for t in project.tiers if t.id in used or not t.id]
    return replace(project, tiers=(*kept, *back))
