"""Labels that were assigned: which track of the project each of a file becomes.

Tiers and people that the project lacks are added first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from skelseg_core.errors import EditError
from skelseg_core.formats.label_file import LabelTrack
from skelseg_core.labels.classes import ActionClass
from skelseg_core.project.imports.found_labels import Found, Problem, quoted
from skelseg_core.project.imports.import_choices import ImportChoices, Targets, Tracks
from skelseg_core.project.imports.named_labels import (
    Named,
    name_labels,
    person_of,
    used_names,
)
from skelseg_core.project.project import Project
from skelseg_core.project.track_edits import add_people, add_tier, name_person, set_tier
from skelseg_core.project.tracks import Tier, TierKind, TierOf, TrackKey, VideoId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import listed

MOST_NEW_TIERS = 300
"""Tiers that one import adds, at most: nobody labels more, and each has a row."""


@dataclass(frozen=True)
class ProposedTrack:
    """Tier and person as files name them, and those of the project that they become.

    Parameters
    ----------
    source : TrackKey
        The name of a tier and a person; empty where files name none.
    names : tuple of str
        Classes that are used.
    target : TrackKey or None
        The name of a tier, and a person; None where it is left out.
    """

    source: TrackKey
    names: tuple[str, ...]
    target: TrackKey | None


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


@dataclass(frozen=True)
class TrackEdits:
    """Tiers and people that an import adds to a project before the labels.

    ``named`` are the people of first tracks that had no name, and ``people`` those who
    are added, by the ids of videos.
    """

    tiers: tuple[NewTier, ...] = ()
    named: Mapping[VideoId, str] = field(default_factory=dict)
    people: Mapping[VideoId, tuple[str, ...]] = field(default_factory=dict)

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
        for video_id, person in self.named.items():
            first = project.first_track(video_id)
            project = name_person(project, first.id, person)
        return add_people(project, self.people) if self.people else project

    @property
    def lines(self) -> list[str]:
        """Sentences on what is added."""
        added = [tier.name for tier in self.tiers if not tier.renamed]
        renamed = (tier.name for tier in self.tiers if tier.renamed)
        return [
            *([f"New tiers: {listed(added)}."] if added else []),
            *(f"The first tier is called {name}." for name in renamed),
            *(f"{v}: tracks of {listed(p)} are added." for v, p in self.people.items()),
        ]


NO_EDITS = TrackEdits()


@dataclass(frozen=True)
class Assigned:
    """Found labels, and the track of the project that gets them."""

    track: Track
    found: Found


@dataclass(frozen=True)
class AssignedLabels:
    """All labels with their tracks, which the edits make in a project first."""

    project: Project
    labels: tuple[Assigned, ...] = ()
    edits: TrackEdits = NO_EDITS
    proposed: tuple[ProposedTrack, ...] = ()
    problems: tuple[Problem, ...] = ()


def assign_labels(
    project: Project,
    found: Sequence[Found],
    choices: ImportChoices,
    colors: Mapping[str, str],
    new: bool,
) -> AssignedLabels:
    """Find the track of the project for all labels, and what is to be added for them.

    Parameters
    ----------
    project : Project
    found : sequence of Found
    choices : ImportChoices
        What a person chose of tracks; the rest is proposed.
    colors : mapping of str to str
        Colours of classes.
    new : bool
        Whether the project is made for these files.
    """
    if choices.tracks != "keep":
        labels = [Assigned(one.track, one) for one in found]
        return _as_one_each(AssignedLabels(project), labels, choices.tracks)
    named = name_labels(project, found)
    table = _table(project, named, choices.targets)
    tiers = _new_tiers(project, table, colors, new)
    project = TrackEdits(tiers).apply(project)
    wanted = [
        (named, _with_tier_id(project, target))
        for proposed, labels in table
        for named in labels
        if (target := proposed.target) is not None
    ]
    people: dict[VideoId, list[str]] = {}
    for one, key in wanted:
        own = people.setdefault(one.found.track.video_id, [])
        own += [key.person] if project.tier(key.tier).of == "person" else []
    whom = {video_id: _whom(project, video_id, own) for video_id, own in people.items()}
    edits = TrackEdits(
        tiers,
        {video_id: w.named for video_id, w in whom.items() if w.named},
        {video_id: w.added for video_id, w in whom.items() if w.added},
    )
    project = replace(edits, tiers=()).apply(project)
    labels = []
    problems: list[Problem] = []
    for one, key in wanted:
        track = _track(project, one.found, key, whom)
        problem = _misfit(project, one.found, key, track)
        if problem:
            problems.append(Problem(problem, ("picks",)))
        elif track is not None:
            labels.append(Assigned(track, one.found))
    proposals = tuple(proposed for proposed, _ in table)
    comments = (one for one in named if one.found.labels.what == "comments")
    labels += [_commented(project, one, proposals, whom) for one in comments]
    kept = AssignedLabels(project, (), edits, proposals, tuple(problems))
    return _as_one_each(kept, labels, choices.tracks)


def joined(tracks: Sequence[LabelTrack]) -> LabelTrack:
    """Make one track of several of the same video."""
    if len(tracks) == 1:
        return tracks[0]
    intervals = [i for t in tracks for i in t.intervals]
    return replace(
        tracks[0],
        intervals=tuple(sorted(intervals, key=lambda i: (i.start, i.stop))),
        picks=tuple(dict.fromkeys(t.title for t in tracks if t.title)),
        unpaired=tuple(i for t in tracks for i in t.unpaired),
    )


def _as_one_each(
    kept: AssignedLabels, labels: Iterable[Assigned], policy: Tracks
) -> AssignedLabels:
    """Join labels that become the same track, or say why not; comments stay apart."""
    groups: dict[str, list[Assigned]] = {}
    whole, problems = [], [*kept.problems]
    for one in labels:
        if one.found.labels.what == "comments":
            whole.append(one)
        else:
            groups.setdefault(one.track.id, []).append(one)
    for group in groups.values():
        one = group[0]
        problem = _why_not_one(kept.project, group, policy)
        if problem is not None:
            problems.append(problem)
        else:
            track = joined([part.found.labels for part in group])
            whole.append(replace(one, found=replace(one.found, labels=track)))
    said_once = tuple(dict.fromkeys(problems))
    return replace(kept, labels=tuple(whole), problems=said_once)


def _why_not_one(
    project: Project, group: Sequence[Assigned], policy: Tracks
) -> Problem | None:
    """Say why labels cannot become one track; None where they can."""
    file, track = group[0].found.file, group[0].track
    every = [one.found.labels for one in group]
    title, person = project.titled(track.id), person_of(joined(every))
    files = list(dict.fromkeys(one.found.file for one in group))
    if len(files) > 1:
        text = f"{listed(files)} all label {track.video_id}; import one of them."
        return Problem(text, ("picks",))
    parts = {
        labels.title or ", ".join(filter(None, (labels.tier, person_of(labels)))): None
        for labels in every
    }
    if policy == "refuse" and len(parts) > 1:
        text = (
            f"{file} has several tracks of {title}: {quoted(parts)}; choose one, or "
            "keep them as tracks of tiers and people."
        )
        return Problem(text, ("tracks", "picks"))
    labellings = dict.fromkeys(labels.labelling for labels in every)
    if policy == "keep" and len(labellings) > 1:
        text = (
            f"{file} labels {track.video_id} several times: {quoted(labellings)}; "
            "choose one, and import another for another annotator."
        )
        return Problem(text, ("picks", "annotator"))
    if len({(labels.unit, labels.n_frames, labels.in_row) for labels in every}) > 1:
        text = (
            f"{file} counts labels of {title} in different ways; choose one of them, "
            "or another tier or person for some."
        )
        return Problem(text, ("picks",))
    others = {person.casefold(), track.person.casefold()} - {""}
    if policy == "refuse" and len(others) > 1:
        text = (
            f"{file} labels {person}, and the labels of {title} are of "
            f"{track.person}; keep tracks of tiers and people."
        )
        return Problem(text, ("tracks",))
    return None


# -- tracks -------------------------------------------------------------------------


def _track(
    project: Project, found: Found, key: TrackKey, whom: Mapping[VideoId, _Whom]
) -> Track | None:
    """Find a track of a video by the id of its tier and whom a file calls so."""
    video_id, person = found.track.video_id, ""
    if project.tier(key.tier).of == "person":
        known = whom[video_id].known if video_id in whom else {}
        person = known.get(key.person, key.person)
    tracks = project.tracks_of(video_id)
    return next((t for t in tracks if t.key == TrackKey(key.tier, person)), None)


def _misfit(project: Project, found: Found, key: TrackKey, track: Track | None) -> str:
    """Say why labels are not of the track that they are to become."""
    points = found.labels.what == "points"
    if track is None:
        return (
            f"{found.file} does not say whom '{found.labels.title}' is of; choose the "
            f"person in {found.track.video_id}."
        )
    if project.has_points(track) != points:
        has = "points" if points else "segments"
        name = project.tier(key.tier).name
        return f"{found.file} has {has} of {name}; choose another tier."
    return ""


def _commented(
    project: Project,
    named: Named,
    proposals: Sequence[ProposedTrack],
    whom: Mapping[VideoId, _Whom],
) -> Assigned:
    """Find the track that comments are on; without it they are on the whole video."""
    found, key = named.found, named.key
    targets = [(p.source, p.target) for p in proposals if p.target is not None]
    tiers = {source.tier: target.tier for source, target in targets}
    usual = TrackKey(tiers.get(key.tier, key.tier), key.person)
    target = dict(targets).get(key, usual)
    if target.tier.casefold() in {t.name.casefold() for t in project.tiers}:
        track = _track(project, found, _with_tier_id(project, target), whom)
        if track is not None:
            return Assigned(track, found)
    return Assigned(found.track, replace(found, labels=replace(found.labels, tier="")))


def _with_tier_id(project: Project, key: TrackKey) -> TrackKey:
    """Turn the name of a tier into its id."""
    name = key.tier.casefold()
    tier = next(t for t in project.tiers if t.name.casefold() == name)
    return TrackKey(tier.id, key.person)


# -- tiers --------------------------------------------------------------------------

_Table = list[tuple[ProposedTrack, list[Named]]]


def _table(project: Project, every: Sequence[Named], targets: Targets) -> _Table:
    """Propose what each track of the files becomes, but where a person said it."""
    chosen = dict(targets)
    by_source: dict[TrackKey, list[Named]] = {}
    for named in every:
        if named.found.labels.what != "comments":
            by_source.setdefault(named.key, []).append(named)
    names = _tier_names(project, by_source, chosen)
    table = []
    for source, labels in by_source.items():
        usual = TrackKey(names.get(source.tier, source.tier), source.person)
        used = dict.fromkeys(n for one in labels for n in used_names(one.found.labels))
        target = chosen.get(source, usual)
        table.append((ProposedTrack(source, tuple(used), target), labels))
    return table


def _tier_names(
    project: Project,
    by_source: Mapping[TrackKey, Sequence[Named]],
    chosen: Mapping[TrackKey, TrackKey | None],
) -> dict[str, str]:
    """Propose a tier of the project for tiers of the files, by names and classes."""
    used: dict[str, set[str]] = {}
    for source, labels in by_source.items():
        of_nobody = any(named.found.of_nobody for named in labels)
        if chosen.get(source, source) is not None and not of_nobody:
            names = used.setdefault(source.tier, set())
            names.update(*(used_names(named.found.labels) for named in labels))
    first = project.tiers[0]
    if len(used) == 1 and len(project.tiers) == 1:
        return dict.fromkeys(used, first.name)
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
    project: Project, table: _Table, colors: Mapping[str, str], new: bool
) -> tuple[NewTier, ...]:
    """List the tiers that the project lacks.

    The first tier of a project without labels, whose name nobody chose, becomes the one
    that has a class of it.
    """
    people: dict[str, set[str]] = {}
    names: dict[str, dict[str, None]] = {}
    points: set[str] = set()
    of_scene: dict[str, bool] = {}
    for proposed, labels in table:
        if proposed.target is not None:
            name, person = proposed.target
            tracks = [one.found.labels for one in labels]
            for track in tracks:
                if track.of_scene is not None:
                    of_scene[name] = track.of_scene
            if all(track.what == "points" for track in tracks):
                points.add(name)
            people.setdefault(name, set()).add(person)
            declared = (n for track in tracks for n in track.vocabulary)
            known = names.setdefault(name, {})
            known.update(dict.fromkeys((*declared, *proposed.names)))
    somebody = any(own - {""} for own in people.values()) or any(
        one.found.of_nobody for _, labels in table for one in labels
    )
    there = {t.name.casefold() for t in project.tiers}
    made = []
    for name, own in people.items():
        if name.casefold() not in there:
            first = next(iter(names[name]), name)
            scene = of_scene.get(name, somebody and not own - {""})
            of: TierOf = "scene" if scene else "person"
            kind: TierKind = "points" if name in points else "segments"
            one = ActionClass(0, first, color=colors.get(first, ""))
            made.append(NewTier(name, of, one, kind=kind))
    usual = Tier()
    only = [t.name for t in project.tiers] == [usual.name] and usual.name not in people
    if only and not project.totals.labelled:
        fits = [
            n for n, t in enumerate(made) if (t.of, t.kind) == (usual.of, usual.kind)
        ]
        ours = set(project.classes.names)
        alike = [n for n in fits if ours & {*names[made[n].name]}]
        for n in (alike or (fits if new else []))[:1]:
            made[n] = replace(made[n], renamed=True)
    return tuple(made)


# -- people -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Whom:
    """Whom the labels of a video are of.

    ``known`` are people of the project by what files call them, ``named`` the one whose
    name a first track without a name gets, and ``added`` get tracks.
    """

    known: Mapping[str, str]
    named: str = ""
    added: tuple[str, ...] = ()


def _whom(project: Project, video_id: VideoId, people: Sequence[str]) -> _Whom:
    people = list(dict.fromkeys(people))
    of_person = {t.id for t in project.tiers if t.of == "person"}
    tracks = [t for t in project.tracks_of(video_id) if t.tier in of_person]
    there = list(dict.fromkeys(t.person for t in tracks))
    folded = {p.casefold(): p for p in there}
    known = {p: folded[p.casefold()] for p in people if p.casefold() in folded}
    rest = [p for p in people if p and p not in known]
    if "" in people and "" not in there and len(there) == 1:
        known[""] = there[0]
    if not rest or there != [""] or "" in people:
        return _Whom(known, "", tuple(rest))
    if len(rest) == 1:
        return _Whom({**known, rest[0]: ""})  # the subject needs no name
    seen = {p.casefold() for p in project.video(video_id).people}
    mine = [p for p in rest if p.casefold() in seen]
    used = any(t.annotation.n_labelled or t.decisions for t in tracks)
    if used and not mine:
        return _Whom(known, "", tuple(rest))
    named = (mine or rest)[0]
    return _Whom(known, named, tuple(p for p in rest if p != named))
