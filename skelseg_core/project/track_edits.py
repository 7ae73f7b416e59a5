"""Edits of tiers and of the people who have tracks: pure functions of projects.

No labels are lost: a track goes only where nothing is labelled in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from skelseg_core.errors import EditError
from skelseg_core.file_names import portable_name, same_name
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import ActionClass
from skelseg_core.labels.edits import open_ranges
from skelseg_core.labels.people import checked_people
from skelseg_core.project.class_edits import with_class
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, set_people
from skelseg_core.project.tracks import (
    Tier,
    TierKind,
    TierOf,
    TrackId,
    TrackKey,
    VideoId,
    checked_tiers,
)
from skelseg_core.project.videos_and_tracks import Track, track_item


def add_tier(
    project: Project,
    name: str,
    of: TierOf = "person",
    kind: TierKind = "segments",
    first: ActionClass | None = None,
) -> Project:
    """Add a tier with a class of its name, and a track of it to every video.

    Its class is like ``first`` where that is given. A tier of persons gets a track for
    each person who has one.

    Raises
    ------
    EditError
        Where the name cannot name a tier, or is there already.
    """
    name, taken = name.strip(), [tier.id for tier in project.tiers]
    wanted = tier_id = portable_name(name)
    n = 2
    while same_name(tier_id, taken) is not None:
        tier_id, n = f"{wanted}-{n}", n + 1
    # Nobody can tell from marks whether all were set.
    tier = Tier(tier_id, name, of, kind, required=kind != "points")
    project = replace(project, tiers=checked_tiers((*project.tiers, tier)))
    own = first or ActionClass(0, name, color="")
    project = with_class(project, replace(own, tier=tier_id))
    found: list[Track] = []
    for video in project.videos:
        tracks = list(project.tracks_of(video.id))
        for key in _keys(project, tier, tracks):
            tracks.append(track_item(video, key, [v.id for v in tracks]))
        found += tracks
    return replace(project, tracks=tuple(found))


def _keys(project: Project, tier: Tier, there: Sequence[Track]) -> list[TrackKey]:
    if tier.of == "scene":
        return [TrackKey(tier.id)]
    people = (v.person for v in there if project.tier(v.tier).of == "person")
    return [TrackKey(tier.id, person) for person in dict.fromkeys(people)]


def set_tier(project: Project, tier_id: str, **values: object) -> Project:
    """Give a tier another name, or other values of `Tier`.

    Raises
    ------
    EditError
        Where the name cannot name a tier, or is there already; where the tier cannot
        lie in the other one, or mirror it.
    """
    new = replace(project.tier(tier_id), **values)  # type: ignore[arg-type]
    _check_others(project, new)
    tiers = tuple(new if t.id == tier_id else t for t in project.tiers)
    if tiers == project.tiers:
        return project
    return replace(project, tiers=checked_tiers(tiers))


def _check_others(project: Project, tier: Tier) -> None:
    """Refuse a tier inside or mirroring one that is itself so, and of other kinds."""
    for other_id, name in ((tier.inside, "inside"), (tier.mirrors, "mirrors")):
        if other_id is None:
            continue
        other = project.tier(other_id)
        chain = {getattr(other, name), *_values(project, name, tier.id)} - {None}
        kinds = {tier.kind, other.kind}
        if other.id == tier.id or chain or kinds != {"segments"}:
            raise EditError(
                "'{}' cannot name '{}' there: both have to be tiers of segments, and "
                "the other one names none itself.",
                tier.name,
                other.name,
            )
        if name == "mirrors" and not tier.of == other.of == "person":
            raise EditError("Only tiers of persons mirror one another.")


def _values(project: Project, name: str, of: str) -> set[str]:
    """List the tiers that name one in this field."""
    return {t.id for t in project.tiers if getattr(t, name) == of}


def remove_tier(project: Project, tier_id: str) -> Project:
    """Take a tier away, with its classes and its empty tracks.

    Raises
    ------
    EditError
        Where it is the first one, or something is labelled in it.
    """
    tier = project.tier(tier_id)
    if not tier.id:
        raise EditError("'{}' is the first tier; rename it instead.", tier.name)
    going = [v for v in project.tracks if v.tier == tier.id]
    _check_empty(going, tier.name)
    own = project.classes_of(tier).ids
    label_map = project.label_map
    classes = tuple(c for c in label_map.classes if c.id not in own)
    tiers = tuple(t for t in project.tiers if t.id != tier.id)
    gone = {v.id for v in going}
    return replace(
        project,
        tiers=tuple(_without(t, tier.id) for t in tiers),
        label_map=replace(label_map, classes=classes),
        tracks=tuple(v for v in project.tracks if v.id not in gone),
    )


def _without(tier: Tier, gone: str) -> Tier:
    inside = None if tier.inside == gone else tier.inside
    return replace(
        tier, inside=inside, mirrors=None if tier.mirrors == gone else tier.mirrors
    )


def _check_empty(items: list[Track], what: str) -> None:
    used = [
        v
        for v in items
        if v.annotation.n_labelled
        or v.annotation.n_undecided
        or (v.missing or v.annotators or v.decisions or v.marks or v.locked)
    ]
    if used:
        raise EditError(
            "{} has labels in {}; remove these labels first.",
            what,
            ", ".join(list(dict.fromkeys(v.video_id for v in used))[:6]),
        )


def add_person(project: Project, video_id: VideoId, person: str) -> Project:
    """Add a person to a video, with a track of each tier of persons.

    Tracks of persons without a name are then of the one person who is seen.

    Raises
    ------
    EditError
        Where the name cannot name a person, or the person has tracks there; where
        nobody knows of whom the tracks without a name are.
    """
    video = project.video(video_id)
    if has_unnamed(project, video_id):
        if len(video.people) != 1:
            raise EditError(
                "The labels of {} are of a person without a name; name that person "
                "first.",
                video.id,
            )
        project = name_person(
            project, project.first_track(video_id).id, video.people[0]
        )
    return add_people(project, {video_id: (person,)})


def has_unnamed(project: Project, video_id: VideoId) -> bool:
    """Tell whether there are tracks of a person without a name."""
    tracks = project.tracks_of(video_id)
    return any(not v.person and project.tier(v.tier).of == "person" for v in tracks)


def add_people(project: Project, added: Mapping[VideoId, Sequence[str]]) -> Project:
    """Add people to videos, by their ids; tracks without a name stay so."""
    tiers = [tier for tier in project.tiers if tier.of == "person"]
    new: dict[str, list[Track]] = {}
    people: dict[VideoId, tuple[str, ...]] = {}
    for video_id, names in added.items():
        video, there = project.video(video_id), project.tracks_of(video_id)
        taken = [portable_name(v.person) for v in there if v.person]
        ids = [v.id for v in there]
        made = new.setdefault(max(there, key=lambda v: project.places[v.id]).id, [])
        for name in names:
            (person,) = checked_people([name]) or ("",)
            if not person:
                raise EditError("A person needs a name.")
            if same_name(portable_name(person), taken) is not None:
                raise EditError("{} is in {} already.", person, video.id)
            tracks = [track_item(video, TrackKey(t.id, person), ids) for t in tiers]
            made += tracks
            ids += [v.id for v in tracks]
            taken.append(portable_name(person))
            people[video.id] = (*people.get(video.id, video.people), person)
    videos = [v for item in project.tracks for v in (item, *new.get(item.id, ()))]
    return set_people(replace(project, tracks=tuple(videos)), people)


def name_person(project: Project, item_id: TrackId, person: str) -> Project:
    """Name the person of the first tracks of a video, who had no name.

    Raises
    ------
    EditError
        Where the name cannot name a person, or another one there has it.
    """
    item = _of_person(project, item_id)
    (person,) = checked_people([person]) or ("",)
    tracks = project.tracks_of(item.video_id)
    if any(v.person.casefold() == person.casefold() for v in tracks if v.person):
        raise EditError("Another person in {} is called {}.", item.video_id, person)
    mine = [v for v in tracks if v.person == item.person]
    of_person = {t.id for t in project.tiers if t.of == "person"}
    named = [replace(v, person=person) for v in mine if v.tier in of_person]
    people = item.video.people
    if item.person in people:
        now = tuple(person if p == item.person else p for p in people)
    else:
        now = (*people, person)
    video = item.video.with_body(item.person, ()).with_body(person, item.picks)
    project = project.with_tracks(*named).with_video(video)
    return set_people(project, {video.id: now})


def _of_person(project: Project, item_id: TrackId) -> Track:
    """Return a track, or refuse one of the scene."""
    item = project.track(item_id)
    tier = project.tier(item.tier)
    if tier.of == "scene":
        raise EditError("The tier {} is of the scene, and of no person.", tier.name)
    return item


def set_absent(
    project: Project, item_id: TrackId, ranges: Sequence[tuple[int, int]]
) -> Project:
    """Say of frames that a person is not in the picture, in all tracks of the person.

    The named track loses its labels there; labels of the others stay.

    Parameters
    ----------
    project : Project
    item_id : str
        A track of the person.
    ranges : sequence of (int, int)
        First frame, and the frame after the last.

    Raises
    ------
    EditError
        Where a range is empty or leaves the video.
    """
    named = project.track(item_id)
    for item in project.tracks_of(named.video_id):
        tier = project.tier(item.tier)
        if item.person != named.person or tier.of == "scene" or tier.kind == "points":
            continue
        if item.locked and item.id != item_id:
            continue
        for start, stop in ranges:
            lane = project.track(item.id).annotation
            parts = [(start, stop)]
            if item.id != item_id:
                parts = open_ranges(lane, start, stop)
            for first, after in parts:
                project = edit_lane(
                    project,
                    item.id,
                    partial(make_undecided, start=first, stop=after, absent=True),
                )
    return project


def remove_person(project: Project, item_id: TrackId) -> Project:
    """Take the tracks of a person out of a video.

    Raises
    ------
    EditError
        Where it is the first one, or something is labelled in them.
    """
    item = _of_person(project, item_id)
    going = [v for v in project.tracks_of(item.video_id) if v.person == item.person]
    if project.first_track(item.video_id).person == item.person:
        raise EditError("The first person of a video stays; rename it instead.")
    _check_empty(going, item.person)
    gone = {v.id for v in going}
    kept = tuple(v for v in project.tracks if v.id not in gone)
    project = replace(project, tracks=kept)
    video = item.video.with_body(item.person, ())
    others = tuple(p for p in video.people if p != item.person)
    return set_people(project.with_video(video), {video.id: others})
