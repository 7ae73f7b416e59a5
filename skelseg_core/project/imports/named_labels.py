"""Labels that were named: which tier and which person each track of a file is of.

A file says of its tracks what is labelled, by tiers or categories, and of whom. Classes
that overlap in one track are of different tiers: as few as hold them without overlaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from skelseg_core.errors import EditError
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelTrack,
    one_line,
    without_tier,
)
from skelseg_core.labels.people import people_of_text
from skelseg_core.project.imports.found_labels import Found
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackKey

_USUAL_RATE = 25.0
"""Frames per second of a file that does not say it, to tell overlaps from rounding."""
_POINTS = "Points"
"""Name of a tier of points of which a file does not say the tier."""
_SCENE = "Scene"
"""Name of a tier of events that are of nobody, of which a file does not say the tier.
"""
_MOST_CHARACTERS = 60
"""Of the proposed name of a tier."""


@dataclass(frozen=True)
class Named:
    """Found labels, with the names of the tier and the person that they are of.

    These are empty where neither the file nor the project says them.
    """

    key: TrackKey
    found: Found

    def with_labels(self, labels: LabelTrack, tier: str) -> Named:
        """Return these with a part of the labels, which is of a tier."""
        found = replace(self.found, labels=labels)
        return Named(TrackKey(tier, self.key.person), found)


def name_labels(project: Project, found: Iterable[Found]) -> list[Named]:
    """Name the tiers and people of labels, in as many parts as they have tiers."""
    named = [Named(TrackKey(f.labels.tier, _person(f)), f) for f in found]
    comments = [n for n in named if n.found.labels.what == "comments"]
    labels = [n for n in named if n.found.labels.what != "comments"]
    parts = _without_overlaps(_by_kind(project, labels))
    return _of_scene(project, [*parts, *comments])


def says_tracks(files: Iterable[LabelFile]) -> bool:
    """Tell whether files have several tiers at once, or several people of a video."""
    for file in files:
        people: dict[str, set[str]] = {}
        for labels in file.tracks:
            people.setdefault(labels.media, set()).add(person_of(labels))
        tiers = {labels.tier for labels in file.tracks}
        crossing = any(
            labels.kinds.get(a, "") != labels.kinds.get(b, "")
            for labels in file.tracks
            if len(set(labels.kinds.values())) > 1
            for a, b in _overlaps(labels)
        )
        if crossing or max(len(tiers), *map(len, people.values())) > 1:
            return True
    return False


def person_of(labels: LabelTrack) -> str:
    """Name the person whom a track is of; empty where they are several, or nobody."""
    try:
        people = people_of_text(one_line(", ".join(labels.people)))
    except EditError:
        return ""  # the import says that this names nobody
    return people[0] if len(people) == 1 else ""


def used_names(labels: LabelTrack) -> tuple[str, ...]:
    """List the names of classes, those of events that do not stop too."""
    names = (*labels.names, *(i.name for i in labels.unpaired))
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _person(found: Found) -> str:
    """Name the person whom labels are of, as the file or the project does."""
    return "" if found.of_nobody else person_of(found.labels) or found.track.person


def _by_kind(project: Project, every: Sequence[Named]) -> list[Named]:
    """Part tracks by the tiers of their classes."""
    kinds = {kind for n in every for kind in n.found.labels.kinds.values()}
    points = any(n.found.labels.what == "points" for n in every)
    titled = _differ_by_title(every)
    parts = []
    for named in every:
        labels, track = named.found.labels, named.found.track
        first = track.is_named_like_video
        tier = labels.tier or ("" if first else project.tier(track.tier).name)
        if len(kinds) < 2 and not points:
            title = labels.title if titled else ""
            parts.append(named.with_labels(labels, tier or title))
            continue
        names_of_kind: dict[str, set[str]] = {}
        for name in used_names(labels):
            names_of_kind.setdefault(labels.kinds.get(name, ""), set()).add(name)
        if len(names_of_kind) < 2:  # all of it, also what has no class
            kind = next(iter(names_of_kind), "")
            names_of_kind = {kind: {"", *used_names(labels)}}
        for kind, names in names_of_kind.items():
            part = _renamed(_part(labels, names), kind)
            usual = tier or (_POINTS if labels.what == "points" else "")
            parts.append(named.with_labels(part, kind or usual))
    return parts


def _differ_by_title(every: Sequence[Named]) -> bool:
    """Tell whether nothing but their titles tells the tracks of a video apart."""
    tracks = [
        (n.found.file, n.found.track.id, t.media, t.tier, person_of(t), t.labelling)
        for n in every
        for t in [n.found.labels]
    ]
    return len(set(tracks)) < len(tracks)


def _part(labels: LabelTrack, names: Collection[str]) -> LabelTrack:
    """Reduce a track to some classes."""
    return replace(
        labels,
        intervals=tuple(i for i in labels.intervals if i.name.strip() in names),
        unpaired=tuple(i for i in labels.unpaired if i.name.strip() in names),
        guesses=tuple(guess for guess in labels.guesses if guess.name in names),
    )


def _renamed(labels: LabelTrack, tier: str) -> LabelTrack:
    """Leave the name of the tier out of those of the classes."""

    def renamed(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
        return tuple(
            replace(i, name=without_tier(i.name.strip(), tier)) for i in intervals
        )

    return replace(
        labels, intervals=renamed(labels.intervals), unpaired=renamed(labels.unpaired)
    )


def _without_overlaps(every: Sequence[Named]) -> list[Named]:
    """Part the tracks of each tier whose classes overlap, in all files alike."""
    crossing: dict[str, dict[str, set[str]]] = {}
    for named in every:
        labels = named.found.labels
        others = crossing.setdefault(named.key.tier, {})
        for name in used_names(labels):
            others.setdefault(name, set())
        for a, b in _overlaps(labels) if labels.what != "points" else ():
            others[a].add(b)
            others[b].add(a)
    groups = {tier: _groups(others) for tier, others in crossing.items()}
    parts = []
    for named in every:
        tier = named.key.tier
        if len(groups[tier]) < 2:
            parts.append(named)
            continue
        for n, group in enumerate(groups[tier]):
            part = _part(named.found.labels, group)
            if part.intervals or part.unpaired:
                name = ", ".join(group)[:_MOST_CHARACTERS] if n else tier
                parts.append(named.with_labels(part, name))
    return parts


def _overlaps(labels: LabelTrack) -> set[tuple[str, str]]:
    """List the classes that are at one time; half a frame is no overlap."""
    rounding = 0.5
    if labels.unit == "s":
        rounding /= labels.rate or _USUAL_RATE
    pairs: set[tuple[str, str]] = set()
    open_now: list[Interval] = []
    for i in sorted(labels.intervals, key=lambda i: i.start):
        open_now = [o for o in open_now if o.stop > i.start + rounding]
        if i.name.strip() and i.stop > i.start:
            pairs.update((o.name.strip(), i.name.strip()) for o in open_now)
            open_now.append(i)
    return {(a, b) for a, b in pairs if a != b}


def _groups(crossing: Mapping[str, set[str]]) -> list[list[str]]:
    """Put classes into groups without overlaps, few of them; the largest first."""
    groups: list[list[str]] = []
    for name in sorted(crossing, key=lambda name: -len(crossing[name])):
        free = (group for group in groups if not crossing[name].intersection(group))
        group = next(free, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return sorted(groups, key=lambda group: -len(group))


def _of_scene(project: Project, every: Sequence[Named]) -> list[Named]:
    """Give events of nobody a tier that people have no track of."""
    taken = {"", *(t.name.casefold() for t in project.tiers if t.of == "person")}
    taken.update(n.key.tier.casefold() for n in every if n.key.person)
    named_so = []
    for named in every:
        tier = named.key.tier
        while named.found.of_nobody and tier.casefold() in taken:
            tier = f"{tier} (scene)" if tier else _SCENE
        named_so.append(named.with_labels(named.found.labels, tier))
    return named_so
