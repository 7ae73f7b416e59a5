"""Tiers and people of label files: which track of the project each of theirs becomes.

A file says of its tracks what is labelled, by tiers or categories, and of whom. Classes
that overlap in one track are of different tiers: as few as hold them without overlaps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from skelseg_core.errors import EditError
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelTrack,
    without_tier,
)
from skelseg_core.labels.classes import ActionClass
from skelseg_core.project.imports.label_tracks import (
    TrackOfVideo,
    joined,
    person_of,
    quoted,
)
from skelseg_core.project.project import Project, Track
from skelseg_core.project.track_edits import add_people, add_tier, name_person, set_tier
from skelseg_core.project.tracks import Tier, TierKind, TierOf, TrackKey
from skelseg_core.said import listed

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
class SourceTrack:
    """Tier and person as files name them, and those of the project that they become.

    Parameters
    ----------
    said : TrackKey
        The name of a tier and a person; empty where files name none.
    names : tuple of str
        Classes that are used.
    into : TrackKey or None
        The name of a tier, and a person; None where it is left out.
    """

    said: TrackKey
    names: tuple[str, ...]
    into: TrackKey | None


Assigned = tuple[tuple[TrackKey, TrackKey | None], ...]
"""The table of an import: tracks of files, each with the track it goes to, or None."""


@dataclass(frozen=True)
class NewTier:
    """A tier that an import makes, with its first class.

    Where ``renamed`` says so, it is the first tier of a project that has no labels.
    """

    name: str
    of: TierOf = "person"
    first: ActionClass | None = None
    renamed: bool = False
    kind: TierKind = "segments"


MOST_NEW_TIERS = 300
"""Tiers that one import adds, at most: nobody labels more, and each has a row."""


@dataclass(frozen=True)
class TrackEdits:
    """Tiers and people that an import adds to a project before the labels.

    ``named`` are the people of first tracks that had no name, and ``people`` those who
    are added, by the ids of videos.
    """

    tiers: tuple[NewTier, ...] = ()
    named: Mapping[str, str] | None = None
    people: Mapping[str, tuple[str, ...]] | None = None

    def apply(self, project: Project) -> Project:
        """Add them.

        Raises
        ------
        EditError
            If there are too many, or the project has changed meanwhile.
        """
        if len(self.tiers) > MOST_NEW_TIERS:
            raise EditError(
                "The labels have {} tiers that the project does not have; at most {} "
                "can be added at once. Pick the tiers that you need.",
                len(self.tiers),
                MOST_NEW_TIERS,
            )
        for tier in self.tiers:
            if tier.renamed:
                project = set_tier(project, "", name=tier.name)
            else:
                project = add_tier(project, tier.name, tier.of, tier.kind, tier.first)
        for video_id, person in (self.named or {}).items():
            project = name_person(project, video_id, person)
        return add_people(project, self.people) if self.people else project

    @property
    def lines(self) -> list[str]:
        """Sentences on what is added."""
        made = [tier.name for tier in self.tiers if not tier.renamed]
        found = [f"New tiers: {listed(made)}."] if made else []
        found += [
            f"The first tier is called {tier.name}."
            for tier in self.tiers
            if tier.renamed
        ]
        added = self.people or {}
        found += [f"{v}: tracks of {listed(p)} are added." for v, p in added.items()]
        return found


NO_EDITS = TrackEdits()


@dataclass(frozen=True)
class KeptTracks:
    """Tracks of files as tracks of a project, which the edits make first."""

    edits: TrackEdits
    asked: tuple[SourceTrack, ...]
    project: Project
    tracks: tuple[TrackOfVideo, ...]
    problems: tuple[str, ...] = ()


def says_tracks(files: Iterable[LabelFile]) -> bool:
    """Tell whether files have several tiers at once, or several people of a video."""
    for file in files:
        people: dict[str, set[str]] = {}
        for track in file.tracks:
            people.setdefault(track.media, set()).add(person_of(track))
        most = max(len({t.tier for t in file.tracks}), *map(len, people.values()))
        if most > 1 or any(map(_crossing_kinds, file.tracks)):
            return True
    return False


def _crossing_kinds(track: LabelTrack) -> bool:
    """Tell whether classes of two kinds are at one time."""
    if len(set(track.kinds.values())) < 2:
        return False
    kinds = track.kinds
    return any(kinds.get(a, "") != kinds.get(b, "") for a, b in _overlaps(track))


def keep_tracks(
    project: Project,
    found: Sequence[TrackOfVideo],
    assigned: Assigned,
    colors: Mapping[str, str],
    new: bool,
) -> KeptTracks:
    """Find the track of the project for each track of files, and what is to be added.

    Parameters
    ----------
    project : Project
    found : sequence of TrackOfVideo
        One per track of the files, with any track of its video.
    assigned : sequence of (TrackKey, TrackKey or None)
        What a person chose; the rest is proposed.
    colors : mapping of str to str
        Colours of classes.
    new : bool
        Whether the project is made for these files.
    """
    remarks = [one for one in found if one.track.what == "comments"]
    labels = [one for one in found if one.track.what != "comments"]
    on = [(TrackKey(one.track.tier, _whom(one)), one) for one in remarks]
    made = [*_without_overlaps(_by_kind(project, labels)), *on]
    every = _of_scene(project, made)
    parts = _parted([p for p in every if p[1].track.what != "comments"])
    chosen = dict(assigned)
    names = _tier_names(project, parts, chosen)
    asked = []
    for said, own in parts.items():
        into: TrackKey | None = TrackKey(names.get(said.tier, said.tier), said.person)
        if said in chosen:
            into = chosen[said]
        used = dict.fromkeys(n for one in own for n in _used(one.track))
        asked.append(SourceTrack(said, tuple(used), into))
    tiers = _new_tiers(project, asked, parts, colors, new)
    project = TrackEdits(tiers).apply(project)
    wanted = [
        (one, _of_tier(project, source.into))
        for source in asked
        if source.into is not None
        for one in parts[source.said]
    ]
    who = {
        video_id: _People(project, project.video(video_id), dict.fromkeys(people))
        for video_id, people in _people(project, wanted).items()
    }
    edits = TrackEdits(
        tiers,
        {v: p.named for v, p in who.items() if p.named},
        {v: tuple(p.added) for v, p in who.items() if p.added},
    )
    project = TrackEdits((), edits.named, edits.people).apply(project)
    by_item: dict[str, list[TrackOfVideo]] = {}
    problems: list[str] = []
    for one, track in wanted:
        item = _item(project, one.item, track, who)
        points = one.track.what == "points"
        if item is None:
            problems.append(
                f"{one.file} does not say whom '{one.track.title}' is of; choose the "
                f"person in {one.item.video_id}."
            )
        elif project.has_points(item) != points:
            name = project.tier(item.tier).name
            has = "points" if points else "segments"
            problems.append(f"{one.file} has {has} of {name}; choose another tier.")
        else:
            by_item.setdefault(item.id, []).append(replace(one, item=item))
    merged = [_merged(own, problems) for own in by_item.values()]
    targets = {source.said: source.into for source in asked}
    for said, one in every:
        if one.track.what == "comments":
            tier = names.get(said.tier, said.tier)
            named = targets.get(said) or TrackKey(tier, said.person)
            merged.append(_commented(project, one, named, who))
    said_once = tuple(dict.fromkeys(problems))
    return KeptTracks(edits, tuple(asked), project, tuple(merged), said_once)


def _commented(
    project: Project, one: TrackOfVideo, named: TrackKey, who: Mapping[str, _People]
) -> TrackOfVideo:
    """Find the track that comments are on; without it they are on the whole video."""
    if named.tier.casefold() in {t.name.casefold() for t in project.tiers}:
        item = _item(project, one.item, _of_tier(project, named), who)
        if item is not None:
            return replace(one, item=item)
    return replace(one, track=replace(one.track, tier=""))


def _item(
    project: Project, item: Track, track: TrackKey, who: Mapping[str, _People]
) -> Track | None:
    """Find a track of a video by the id of its tier and whom a file calls so."""
    person = ""
    if project.tier(track.tier).of == "person":
        found = who[item.video_id].found if item.video_id in who else {}
        person = found.get(track.person, track.person)
    tracks = project.tracks_of(item.id)
    return next((v for v in tracks if v.key == TrackKey(track.tier, person)), None)


def _whom(one: TrackOfVideo) -> str:
    """Name the person whom labels are of, as the file or the project does."""
    return "" if one.of_nobody else person_of(one.track) or one.item.person


def _used(track: LabelTrack) -> tuple[str, ...]:
    found = (*track.names, *(i.name for i in track.unpaired))
    return tuple(dict.fromkeys(name.strip() for name in found if name.strip()))


# -- parts of tracks ----------------------------------------------------------------


def _by_kind(
    project: Project, found: Sequence[TrackOfVideo]
) -> list[tuple[TrackKey, TrackOfVideo]]:
    """Part tracks by the tiers of their classes, and name the tier and the person."""
    kinds_ = {k for one in found for k in one.track.kinds.values()}
    several = len(kinds_) > 1 or any(one.track.what == "points" for one in found)
    titled = _titled(found)
    made = []
    for one in found:
        track, item = one.track, one.item
        person = _whom(one)
        tier = track.tier or ("" if item.is_first else project.tier(item.tier).name)
        if not several:
            title = track.title if titled else ""
            made.append((TrackKey(tier or title, person), one))
            continue
        kinds: dict[str, set[str]] = {}
        for name in _used(track):
            kinds.setdefault(track.kinds.get(name, ""), set()).add(name)
        if len(kinds) < 2:  # all of it, also what has no class
            kinds = {next(iter(kinds), ""): {"", *_used(track)}}
        for kind, names in kinds.items():
            own = _renamed(_part(track, names.__contains__), kind)
            name = kind or tier or (_POINTS if track.what == "points" else "")
            made.append((TrackKey(name, person), replace(one, track=own)))
    return made


def _titled(found: Sequence[TrackOfVideo]) -> bool:
    """Tell whether nothing but their titles tells the tracks of a video apart."""
    said = [
        (o.file, o.item.id, t.media, t.tier, person_of(t), t.labelling)
        for o in found
        for t in [o.track]
    ]
    return len(set(said)) < len(said)


def _part(track: LabelTrack, holds: Callable[[str], bool]) -> LabelTrack:
    """Reduce a track to the classes that a function tells."""
    return replace(
        track,
        intervals=tuple(i for i in track.intervals if holds(i.name.strip())),
        unpaired=tuple(i for i in track.unpaired if holds(i.name.strip())),
        guesses=tuple(g for g in track.guesses if holds(g.name)),
    )


def _renamed(track: LabelTrack, tier: str) -> LabelTrack:
    def own(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
        return tuple(
            replace(i, name=without_tier(i.name.strip(), tier)) for i in intervals
        )

    return replace(track, intervals=own(track.intervals), unpaired=own(track.unpaired))


def _without_overlaps(
    parts: Sequence[tuple[TrackKey, TrackOfVideo]],
) -> list[tuple[TrackKey, TrackOfVideo]]:
    """Part the tracks of each tier whose classes overlap, in all files alike."""
    crossing: dict[str, dict[str, set[str]]] = {}
    for said, one in parts:
        own = crossing.setdefault(said.tier, {})
        for name in _used(one.track):
            own.setdefault(name, set())
        for a, b in _overlaps(one.track) if one.track.what != "points" else ():
            own[a].add(b)
            own[b].add(a)
    groups = {tier: _groups(own) for tier, own in crossing.items()}
    made = []
    for said, one in parts:
        own_groups = groups[said.tier]
        if len(own_groups) < 2:
            made.append((said, one))
            continue
        for n, group in enumerate(own_groups):
            part = _part(one.track, group.__contains__)
            if part.intervals or part.unpaired:
                tier = said.tier if not n else ", ".join(group)[:_MOST_CHARACTERS]
                made.append((TrackKey(tier, said.person), replace(one, track=part)))
    return made


def _overlaps(track: LabelTrack) -> set[tuple[str, str]]:
    """List the classes that are at one time; half a frame is no overlap."""
    rounding = 0.5
    if track.unit == "s":
        rounding /= track.rate or _USUAL_RATE
    found: set[tuple[str, str]] = set()
    open_now: list[Interval] = []
    for i in sorted(track.intervals, key=lambda i: i.start):
        open_now = [o for o in open_now if o.stop > i.start + rounding]
        if i.name.strip() and i.stop > i.start:
            pairs = ((o.name.strip(), i.name.strip()) for o in open_now)
            found.update((a, b) for a, b in pairs if a != b)
            open_now.append(i)
    return found


def _groups(crossing: Mapping[str, set[str]]) -> list[list[str]]:
    """Put classes into groups without overlaps, few of them; the largest first."""
    groups: list[list[str]] = []
    for name in sorted(crossing, key=lambda name: -len(crossing[name])):
        free = (g for g in groups if not crossing[name].intersection(g))
        group = next(free, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return sorted(groups, key=lambda group: -len(group))


def _of_scene(
    project: Project, parts: Sequence[tuple[TrackKey, TrackOfVideo]]
) -> list[tuple[TrackKey, TrackOfVideo]]:
    """Give events of nobody a tier that people have no track of."""
    taken = {"", *(t.name.casefold() for t in project.tiers if t.of == "person")}
    taken.update(said.tier.casefold() for said, _ in parts if said.person)
    made = []
    for said, one in parts:
        tier = said.tier
        while one.of_nobody and tier.casefold() in taken:
            tier = f"{tier} (scene)" if tier else _SCENE
        made.append((TrackKey(tier, said.person), one))
    return made


def _parted(
    parts: Sequence[tuple[TrackKey, TrackOfVideo]],
) -> dict[TrackKey, list[TrackOfVideo]]:
    found: dict[TrackKey, list[TrackOfVideo]] = {}
    for said, one in parts:
        found.setdefault(said, []).append(one)
    return found


# -- tiers --------------------------------------------------------------------------


def _tier_names(
    project: Project,
    parts: Mapping[TrackKey, Sequence[TrackOfVideo]],
    chosen: Mapping[TrackKey, TrackKey | None],
) -> dict[str, str]:
    """Propose a tier of the project for tiers of the files, by names and classes."""
    used: dict[str, set[str]] = {}
    for said, own in parts.items():
        nobody = any(one.of_nobody for one in own)
        if chosen.get(said, said) is not None and not nobody:
            used.setdefault(said.tier, set()).update(*(_used(one.track) for one in own))
    first = project.tiers[0]
    if len(used) == 1 and len(project.tiers) == 1:
        return {said: first.name for said in used}
    known = {t.name.casefold(): t.name for t in project.tiers}
    found = {s: known[s.casefold()] for s in used if s.casefold() in known}
    if "" in used and first.name not in found.values():
        found[""] = first.name
    for tier in project.tiers:
        names = set(project.classes_of(tier).names)
        fits = (s for s in used if s not in found and names >= used[s])
        alike = None if tier.name in found.values() else next(fits, None)
        if alike is not None:
            found[alike] = tier.name
    return found


def _new_tiers(
    project: Project,
    asked: Sequence[SourceTrack],
    parts: Mapping[TrackKey, Sequence[TrackOfVideo]],
    colors: Mapping[str, str],
    new: bool,
) -> tuple[NewTier, ...]:
    """List the tiers that the project lacks.

    The first tier of a project without labels, whose name nobody chose, becomes the one
    that has a class of it.
    """
    people: dict[str, set[str]] = {}
    names: dict[str, dict[str, None]] = {}
    points: set[str] = set()
    of_scene: dict[str, bool] = {}
    for source in asked:
        if source.into is not None:
            name, person = source.into
            for one in parts[source.said]:
                if one.track.of_scene is not None:
                    of_scene[name] = one.track.of_scene
            if all(o.track.what == "points" for o in parts[source.said]):
                points.add(name)
            people.setdefault(name, set()).add(person)
            said = (n for o in parts[source.said] for n in o.track.vocabulary)
            names.setdefault(name, {}).update(dict.fromkeys((*said, *source.names)))
    named = any(own - {""} for own in people.values())
    named = named or any(o.of_nobody for own in parts.values() for o in own)
    known = {t.name.casefold() for t in project.tiers}
    made = []
    for name, own_people in people.items():
        if name.casefold() not in known:
            scene = of_scene.get(name, named and not own_people - {""})
            first = next(iter(names[name]), name)
            own = ActionClass(0, first, color=colors.get(first, ""))
            of: TierOf = "scene" if scene else "person"
            kind: TierKind = "points" if name in points else "segments"
            made.append(NewTier(name, of, own, kind=kind))
    usual = Tier().name
    only = [t.name for t in project.tiers] == [usual] and usual not in people
    if only and not project.totals.labelled:
        usual_kind = (Tier().of, Tier().kind)
        of_people = [n for n, t in enumerate(made) if (t.of, t.kind) == usual_kind]
        own_names = set(project.classes.names)
        alike = [n for n in of_people if own_names & {*names[made[n].name]}]
        for n in (alike or (of_people if new else []))[:1]:
            made[n] = replace(made[n], renamed=True)
    return tuple(made)


def _of_tier(project: Project, into: TrackKey) -> TrackKey:
    """Turn the name of a tier into its id."""
    folded = into.tier.casefold()
    tier = next(t for t in project.tiers if t.name.casefold() == folded)
    return TrackKey(tier.id, into.person)


# -- people -------------------------------------------------------------------------


def _people(
    project: Project, wanted: Sequence[tuple[TrackOfVideo, TrackKey]]
) -> dict[str, list[str]]:
    """List whom the labels of each video are of."""
    found: dict[str, list[str]] = {}
    for one, track in wanted:
        own = found.setdefault(one.item.video_id, [])
        if project.tier(track.tier).of == "person":
            own.append(track.person)
    return found


class _People:
    """Whom tracks of a video are of: people of the project, or new ones."""

    def __init__(self, project: Project, item: Track, said: Collection[str]) -> None:
        self.found: dict[str, str] = {}
        self.named = ""
        self.added: list[str] = []
        of_person = {t.id for t in project.tiers if t.of == "person"}
        tracks = [v for v in project.tracks_of(item.id) if v.tier in of_person]
        there = dict.fromkeys(v.person for v in tracks)
        known = {p.casefold(): p for p in there}
        self.found = {p: known[p.casefold()] for p in said if p.casefold() in known}
        rest = [p for p in said if p and p not in self.found]
        if "" in said and "" not in there and len(there) == 1:
            self.found[""] = next(iter(there))
        if rest and [*there] == [""] and "" not in said:
            mine = [p for p in rest if p.casefold() in map(str.casefold, item.people)]
            used = any(v.annotation.n_labelled or v.decisions for v in tracks)
            if len(rest) == 1:
                self.found[rest.pop()] = ""  # the subject needs no name
            elif mine if used else True:
                self.named = (mine or rest)[0]
                rest.remove(self.named)
        self.added = rest


# -- labels -------------------------------------------------------------------------


def _merged(own: Sequence[TrackOfVideo], problems: list[str]) -> TrackOfVideo:
    """Make one track of those that become the same one."""
    first, files = own[0], list(dict.fromkeys(o.file for o in own))
    if len(files) > 1:
        text = f"{listed(files)} all label {first.item.id}; import one of them."
        problems.append(text)
    elif len(labellings := {o.track.labelling: None for o in own}) > 1:
        problems.append(
            f"{first.file} labels {first.item.video_id} several times: "
            f"{quoted(labellings)}; choose one, and import another for another "
            "annotator."
        )
    elif len({(o.track.unit, o.track.n_frames, o.row) for o in own}) > 1:
        problems.append(
            f"{first.file} counts labels of {first.item.id} in different ways; choose "
            "another tier or person for some."
        )
    else:
        return replace(first, track=joined([o.track for o in own]))
    return first
