"""Project to and from JSON: the schema of ``project.json``, label files and journal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from msgspec import Meta, Struct, to_builtins

from skelseg_core.errors import (
    BrokenProject,
    ConfigError,
    EditError,
    FormatError,
    ProjectError,
)
from skelseg_core.labels.classes import ActionClass, FormerClass, LabelMap
from skelseg_core.labels.comments import Comment, sorted_comments
from skelseg_core.labels.decisions import Decision
from skelseg_core.labels.edits import remap_classes, united
from skelseg_core.labels.people import checked_people
from skelseg_core.labels.points import Point, sorted_points
from skelseg_core.labels.segmentation import ReviewedBy, Segment, Segmentation, Source
from skelseg_core.poses.corrections import (
    Correction,
    Interpolation,
    PersonSwap,
    PlacedKeypoint,
    Restored,
    SideSwap,
    check_correction,
)
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.project import ANNOTATION, Project, changed_tracks, same_ids
from skelseg_core.project.repairs import with_tiers_whole
from skelseg_core.project.tracks import (
    Tier,
    TrackId,
    TrackKey,
    VideoId,
    checked_tiers,
    is_track_id,
)
from skelseg_core.project.videos_and_tracks import Film, Track, Video
from skelseg_core.typed_values import Whole, declared

SCHEMA = 1
"""Of ``project.json``, label files and files of videos; those that say a higher one
are looked at and never written."""
MOST_POSE_EVERY = 10
"""Frames from one that poses are estimated in to the next, at most."""
_MOST_CHARACTERS = 200
"""Longest name of a project that is shown; of a longer one the rest is left out."""
_MOST_NAME_BYTES = 250
"""Longest name of a file that a video, model or annotator may have, without suffix."""
_Part = Literal["class", "start", "stop"]
_PARTS: tuple[_Part, ...] = ("class", "start", "stop")
_KINDS: dict[str, type[Correction]] = {
    "point": PlacedKeypoint,
    "line": Interpolation,
    "sides": SideSwap,
    "people": PersonSwap,
    "estimate": Restored,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
WORK = ("annotator", "done", "decisions", "locked", "marks")
"""Names of what people said of a track in its label file, but for its labels."""
SAID = ("notes", "people", "bodies", "comments", "corrections")
"""Names of what people said of a video, in its own file."""
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, EditError)
"""Errors of reading plain values that are not what they should be."""


class _Schema(Struct):
    """The schema of a file of a project."""

    schema: Annotated[int, Meta(ge=1)]


class _VideoEntry(Struct):
    """Entry of a video in ``project.json``, without its tracks."""

    id: str
    films: Annotated[tuple[Film, ...], Meta(min_length=1)]


class _Tracks(Struct):
    """List of the tracks in the entry of a video."""

    id: str
    tracks: list[dict[str, Any]]


class _TrackEntry(Struct):
    """Entry of a track in ``project.json``."""

    id: str
    tier: str = ""
    person: str = ""
    annotators: tuple[str, ...] = ()


class _ProjectFile(Struct):
    """Content of ``project.json``; its videos are read one by one."""

    uuid: str
    name: str
    skeleton: str
    classes: tuple[ActionClass, ...]
    videos: list[dict[str, Any]]
    media_roots: tuple[str, ...]
    former_classes: tuple[FormerClass, ...] = ()
    next_class_id: Whole = 0
    tiers: tuple[Tier, ...] = (Tier(),)
    blind: bool = False
    pose_every: Whole = 0
    pose_estimator: str = ""
    pose_weights: str = ""


class _Said(Struct):
    """Notes, people, bodies, comments and corrections of a video in its file."""

    notes: str = ""
    people: tuple[str, ...] = ()
    bodies: dict[str, list[tuple[Whole, float, float]]] = {}
    comments: tuple[Comment, ...] = ()
    corrections: list[Any] = []


class _Work(Struct):
    """Annotator, state, decisions and points of a track in its label file."""

    annotator: str = ""
    done: bool = False
    locked: str = ""
    decisions: tuple[Decision, ...] = ()
    marks: tuple[Point, ...] = ()


class _LabelFile(Struct):
    """Content of a label file, but for what people said of the track."""

    segments: list[Any]


class _Run(Struct, rename={"class_id": "class"}, omit_defaults=True):
    """Frames of a label file that say the same; fields in the order of the file."""

    start: Whole
    stop: Whole
    class_id: Whole | None
    source: Source | None
    reviewed: bool | list[_Part]
    undecided: bool = False
    absent: bool = False
    reviewed_by: ReviewedBy = "look"
    confidence: float | None = None
    continues: bool = False

    @classmethod
    def of(cls, segment: Segment, continues: bool) -> _Run:
        """Say what a segment of one run says."""
        flags = segment.class_reviewed, segment.start_reviewed, segment.stop_reviewed
        parts = [word for word, flag in zip(_PARTS, flags, strict=True) if flag]
        return cls(
            segment.start,
            segment.stop,
            segment.class_id,
            segment.source,
            segment.reviewed or parts or False,
            segment.undecided,
            segment.absent,
            segment.reviewed_by,
            segment.confidence,
            continues,
        )

    def segment(self) -> Segment:
        """Build the segment; raises EditError where a label has no source."""
        parts: Sequence[str] = ()
        if isinstance(self.reviewed, list):
            parts = self.reviewed
        elif self.reviewed and self.class_id is not None:
            parts = _PARTS
        return Segment(
            self.start,
            self.stop,
            self.class_id,
            self.source,
            class_reviewed="class" in parts,
            reviewed_by=self.reviewed_by,
            start_reviewed="start" in parts,
            stop_reviewed="stop" in parts,
            undecided=self.undecided,
            absent=self.absent,
            confidence=self.confidence,
        )


def tiers_from_json(values: Iterable[Any]) -> tuple[Tier, ...]:
    """Build tiers from plain values; raises ValueError or EditError."""
    return declared(tuple[Tier, ...], values)


def label_map_from_json(
    values: Iterable[Any], former: Iterable[Any] = (), next_id: int = 0
) -> LabelMap:
    """Build classes from plain values, and what became of ``former`` ones.

    Raises ValueError or EditError.
    """
    return LabelMap(
        declared(tuple[ActionClass, ...], values),
        declared(tuple[FormerClass, ...], former),
        next_id,
    )


def class_values(label_map: LabelMap) -> dict[int, dict[str, Any]]:
    """Convert the classes to plain values, by their ids; then the former ones."""
    found = {c.id: to_builtins(c) for c in label_map.classes}
    for f in label_map.former:
        heir = {} if f.into is None else {"into": f.into}
        found[f.id] = {"id": f.id, "name": f.name, "former": True, **heir}
    return found


def label_map_of(values: Iterable[Mapping[str, Any]], next_id: int = 0) -> LabelMap:
    """Build classes from values of `class_values`, of whomever, so that they fit.

    Of two classes of one name the second is given another, and a former class whose
    heir is gone leads nowhere.
    """
    values = list(values)
    there = [v for v in values if "former" not in v]
    gone = [v for v in values if "former" in v]
    ids, names = {v["id"] for v in there}, set[tuple[str, str]]()
    own = []
    for value in there:
        name, n, tier = str(value["name"]), 2, str(value.get("tier", ""))
        while (tier, name) in names:
            name, n = f"{value['name']} {n}", n + 1
        names.add((tier, name))
        own.append({**value, "name": name})
    heirs = ((v, v.get("into")) for v in gone)
    former = [{**v, "into": into if into in ids else None} for v, into in heirs]
    return label_map_from_json(own, former, next_id)


def settings_to_json(project: Project) -> dict[str, Any]:
    """Convert what belongs to none of the videos, and is no class, to plain values."""
    values: dict[str, Any] = {
        "name": project.name,
        "skeleton": project.skeleton,
        "media_roots": list(project.media_roots),
    }
    if project.tiers != (Tier(),):
        values["tiers"] = to_builtins(list(project.tiers))
    if project.blind:
        values["blind"] = True
    if project.pose_every:
        values["pose_every"] = project.pose_every
    if project.pose_estimator:
        values["pose_estimator"] = project.pose_estimator
    if project.pose_weights:
        values["pose_weights"] = project.pose_weights
    return values


def project_to_json(project: Project) -> dict[str, Any]:
    """Convert what ``project.json`` says of a project to plain values."""
    settings = settings_to_json(project)
    label_map = project.label_map
    tracks: dict[str, list[dict[str, Any]]] = {}
    for item in project.tracks:
        tracks.setdefault(item.video_id, []).append(_entry_of(item))
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "uuid": project.uuid,
        "name": settings.pop("name"),
        "skeleton": settings.pop("skeleton"),
        "classes": to_builtins(list(label_map.classes)),
        "videos": [
            {**video_to_json(v), "tracks": tracks[v.id]} for v in project.videos
        ],
        **settings,
    }
    if label_map.former:
        values["former_classes"] = to_builtins(list(label_map.former))
    if label_map.next_id > max([*label_map.ids, *label_map.moves]) + 1:
        values["next_class_id"] = label_map.next_id
    return values


def _entry_of(item: Track) -> dict[str, Any]:
    """Write a track as its video's entry lists it: the video needs no mention."""
    entry = track_to_json(item)
    video_id = entry.pop("video")
    return {k: v for k, v in entry.items() if (k, v) != ("id", video_id)}


def track_entries(video: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the tracks of a video's entry, each as `track_to_json` writes it."""
    listed = declared(_Tracks, video)
    of_video = {"id": listed.id, "video": listed.id}
    return [{**of_video, **entry} for entry in listed.tracks]


def project_text(values: Mapping[str, Any]) -> str:
    """Write the text of ``project.json`` from plain values."""
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def compact_json(value: Any) -> str:
    """Write plain values as JSON in one line, without blanks."""
    return json.dumps(value, separators=(",", ":"))


def video_to_json(video: Video) -> dict[str, Any]:
    """Convert a video, without its tracks and what people said, to plain values."""
    return {"id": video.id, "films": to_builtins(list(video.films))}


def video_from_json(raw: Mapping[str, Any]) -> Video:
    """Build a video from what `video_to_json` wrote; raises ValueError or EditError."""
    entry = declared(_VideoEntry, raw)
    return Video(VideoId(_checked_id(entry.id)), entry.films)


def track_to_json(item: Track) -> dict[str, Any]:
    """Convert a track, but for its labels and what people said, to plain values."""
    values: dict[str, Any] = {"id": item.id, "video": item.video_id}
    if item.annotators:
        values["annotators"] = list(item.annotators)
    if item.tier:
        values["tier"] = item.tier
    if item.person:
        values["person"] = item.person
    return values


def said_to_json(video: Video) -> dict[str, Any]:
    """Convert what people said of a video to plain values; empty where nothing."""
    bodies = {
        person: [[p.frame, p.x, p.y] for p in picks]
        for person, picks in video.bodies.items()
    }
    values: dict[str, Any] = {
        "notes": video.notes,
        "people": list(video.people),
        "bodies": bodies,
        "comments": to_builtins(list(video.comments)),
        "corrections": [correction_to_json(c) for c in video.corrections],
    }
    return {name: value for name, value in values.items() if value}


def said_from_json(video: Video, said: Mapping[str, Any], skeleton: str) -> Video:
    """Give a video what `said_to_json` wrote; raises ValueError or EditError."""
    told = declared(_Said, said)
    bodies = {
        _short(person): tuple(SubjectPick(*pick) for pick in picks)
        for person, picks in told.bodies.items()
    }
    return replace(
        video,
        notes=told.notes,
        people=checked_people(told.people),
        bodies=bodies,
        comments=sorted_comments(told.comments, video.n_frames),
        corrections=_corrections(told.corrections, video.n_frames, skeleton),
        damage="",
    )


def said_text(video: Video) -> str:
    """Write the text of the file of a video, which holds what people said of it."""
    values = {"schema": SCHEMA, "video": video.id, **said_to_json(video)}
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def said_of_file(raw: Any, where: str, of_newer: bool = False) -> Mapping[str, Any]:
    """Return what the plain values of the file of a video say, unchecked.

    Raises
    ------
    FormatError
        Where they are no such file's, or of a newer skelseg.
    """
    try:
        too_new = newer(SCHEMA, raw, where)
    except DAMAGE as error:
        raise _damaged(where, error) from error
    if too_new and not of_newer:
        raise FormatError("{}; update skelseg to read it.", too_new)
    return {name: raw[name] for name in SAID if name in raw}


def with_said(
    video: Video, said: Mapping[str, Any], skeleton: str, where: str
) -> Video:
    """Give a video what its file says.

    Raises
    ------
    FormatError
        Where that is damaged, or does not fit the video.
    """
    try:
        return said_from_json(video, said, skeleton)
    except DAMAGE as error:
        raise _damaged(where, error) from error


def work_to_json(item: Track) -> dict[str, Any]:
    """Convert what people said of a track, but for its labels, to plain values."""
    values: dict[str, Any] = {}
    if item.annotator:
        values["annotator"] = item.annotator
    if item.done:
        values["done"] = True
    if item.decisions:
        values["decisions"] = to_builtins(list(item.decisions))
    if item.locked:
        values["locked"] = item.locked
    if item.marks:
        values["marks"] = to_builtins(list(item.marks))
    return values


def with_work(item: Track, work: Mapping[str, Any]) -> Track:
    """Give a track what `work_to_json` wrote; raises ValueError or EditError."""
    told = declared(_Work, work)
    return replace(
        item,
        annotator=_short(told.annotator),
        done=told.done,
        locked=_short(told.locked),
        decisions=told.decisions,
        marks=sorted_points(told.marks, item.n_frames),
    )


def work_of_labels(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the plain values of a label file say of a track besides labels."""
    return {name: raw[name] for name in WORK if name in raw}


def correction_to_json(correction: Correction) -> list[Any]:
    """Convert to kind and numbers: ``["point", frame, person, keypoint, x, y]``."""
    values = (getattr(correction, f.name) for f in fields(correction))
    return [_NAMES[type(correction)], *(v for v in values if v is not None)]


def correction_from_json(values: Any) -> Correction:
    """Build a correction from plain values; raises ValueError, TypeError, EditError."""
    if not isinstance(values, list) or not values or values[0] not in _KINDS:
        raise ValueError(f"the correction {values} is unknown")
    kind, numbers = _KINDS[values[0]], values[1:]
    whole, rest = (
        (numbers[:3], numbers[3:]) if kind is PlacedKeypoint else (numbers, [])
    )
    if not all(type(n) is int for n in whole) or bool in map(type, rest):
        raise ValueError(f"the correction {values} needs frame numbers")
    try:
        return kind(*whole, *(float(v) for v in rest))
    except TypeError as error:
        raise ValueError(f"the correction {values} is incomplete") from error


def same_but_for_labels(a: Project, b: Project) -> bool:
    """Tell whether ``project.json`` says the same of two projects."""
    if not same_ids(a, b) or replace(a, tracks=()) != replace(b, tracks=()):
        return False
    pairs = ((a.track(v.id), v) for v in changed_tracks(a, b))
    return all(
        track_to_json(v) == track_to_json(w) and v.video.films == w.video.films
        for v, w in pairs
    )


class ReadLabels(NamedTuple):
    """Content of the label files of a video.

    Parameters
    ----------
    lanes : Mapping[str, Segmentation]
    missing : frozenset of str
        Lanes whose file is gone or damaged.
    work : Mapping[str, Any]
        What people said besides, as `work_to_json` wrote it.
    damaged : Mapping[str, str]
        What is wrong with the files that are damaged, by their lanes.
    """

    lanes: Mapping[str, Segmentation]
    missing: frozenset[str]
    work: Mapping[str, Any] = MappingProxyType({})
    damaged: Mapping[str, str] = MappingProxyType({})


class Files(Protocol):
    """Reads the files of a project's videos."""

    def lanes_of(self, track: Mapping[str, Any], n_frames: int) -> ReadLabels:
        """Read the label files of a track, given its entry."""

    def said_of(self, video: Video, skeleton: str) -> Video:
        """Give a video what its file says, or why that is damaged."""


def newer(known: int, raw: Mapping[str, Any], where: str) -> str:
    """Write a sentence where a newer skelseg wrote these values; empty where not.

    ``known`` is the highest schema that is understood. Raises ValueError where
    the values name none.
    """
    number = declared(_Schema, raw).schema
    if number <= known:
        return ""
    return f"{where} was written by a newer skelseg (schema {number})"


def project_from_json(
    raw: Mapping[str, Any], files: Files, where: str, of_newer: bool = False
) -> Project:
    """Build a project from plain values and the files of its videos.

    With ``of_newer`` what a newer skelseg wrote is read as far as it is understood: to
    look at, never to write.

    Raises
    ------
    BrokenProject
        Where something is missing or damaged.
    ProjectError
        Where a newer skelseg wrote what is not understood.
    """
    too_new = ""
    try:
        too_new = newer(SCHEMA, raw, where)
        if too_new and not of_newer:
            raise ValueError(too_new)
        file = declared(_ProjectFile, raw)
        label_map = LabelMap(file.classes, file.former_classes, file.next_class_id)
        skeleton = _checked_skeleton(file.skeleton)
        tracks = [
            track_from_json(entry, video, files, label_map)
            for v in file.videos
            for video in [files.said_of(video_from_json(v), skeleton)]
            for entry in track_entries(v)
        ]
        made = Project(
            uuid=file.uuid,
            name=_short(file.name),
            skeleton=skeleton,
            label_map=label_map,
            tracks=tuple(tracks),
            media_roots=file.media_roots,
            blind=file.blind,
            pose_every=min(max(0, file.pose_every), MOST_POSE_EVERY),
            pose_estimator=file.pose_estimator,
            pose_weights=file.pose_weights,
            tiers=checked_tiers(file.tiers),
        )
        if len(set(made.track_ids)) < len(made.track_ids):
            raise ValueError("two of its tracks have the same id")
        if len(made.video_ids) < len(file.videos):
            raise ValueError("a video has no track, or its id twice")
        made = with_tiers_whole(made)
        for tier in made.tiers:
            made.classes_of(tier)  # refuses one without classes
        return made
    except DAMAGE as error:
        if too_new:
            raise ProjectError("{}; update skelseg to open it.", too_new) from error
        raise BrokenProject(
            "{} is damaged ({}); restore it from a backup.", where, error
        ) from error


def _checked_skeleton(name: str) -> str:
    """Return the name of a skeleton; one of the user's own has to be whole."""
    if name.startswith("{"):
        try:
            load_skeleton(name)
        except ConfigError as error:
            raise ValueError(str(error)) from error
    return name


def track_from_json(
    raw: Mapping[str, Any], video: Video, files: Files, label_map: LabelMap
) -> Track:
    """Build a track from what `track_to_json` wrote, and its label files.

    Raises ValueError or EditError.
    """
    entry = declared(_TrackEntry, raw)
    track_id = TrackId(_checked_id(entry.id))
    for name in entry.annotators:
        _check_name(name)
    found, missing, work, damaged = files.lanes_of(raw, video.n_frames)
    # Label files name the classes as they were when the file was written.
    now = {name: remap_classes(lane, label_map.moves) for name, lane in found.items()}
    key = TrackKey(entry.tier, _short(entry.person))
    item = Track(track_id, video, now, missing, dict(damaged), "", False, (), *key)
    try:
        if work:
            item = with_work_of_labels(item, work, f"labels/{track_id}.json")
    except FormatError as error:
        item = replace(
            item,
            lanes={**now, ANNOTATION: Segmentation.unlabelled(video.n_frames)},
            missing=missing | {ANNOTATION},
            damaged={**damaged, ANNOTATION: damage_of(error)},
        )
    return item.with_marks_moved(label_map.moves)


def damage_of(error: FormatError) -> str:
    """Say where a label file is damaged and how, without what to do about it."""
    said = str(error).replace(" is damaged (", " (", 1)
    for advice in ("restore it from a copy.", "the file is damaged, ", "; ", "."):
        said = said.removesuffix(advice)
    return said


def with_work_of_labels(item: Track, work: Mapping[str, Any], where: str) -> Track:
    """Give a track what `work_of_labels` found.

    Raises
    ------
    FormatError
        Where it is damaged, or does not fit the video.
    """
    try:
        return with_work(item, work)
    except DAMAGE as error:
        raise _damaged(where, error) from error


def _corrections(
    values: Iterable[Any], n_frames: int, skeleton: str
) -> tuple[Correction, ...]:
    found = tuple(correction_from_json(c) for c in values)
    n_keypoints = len(load_skeleton(skeleton)) if found else 0
    for correction in found:
        check_correction(correction, n_frames, n_keypoints)
    return found


def _checked_id(video_id: str) -> str:
    # The id names files: one like "../x" would reach outside the project.
    if not is_track_id(video_id):
        raise ValueError(f"the video id '{video_id[:80]}' is not a file name")
    _check_name(video_id)
    return video_id


def _check_name(name: str) -> None:
    if len(name.encode()) > _MOST_NAME_BYTES:
        raise ValueError(f"'{name[:80]}' is too long or not a file name")


def _short(name: str) -> str:
    # A window would lay out a hundred thousand characters for minutes.
    return name if len(name) <= _MOST_CHARACTERS else f"{name[:_MOST_CHARACTERS]}…"


def segments_to_json(segments: Iterable[Segment]) -> list[dict[str, Any]]:
    """Convert segments to plain values, one mapping per run.

    A run that goes on with the segment of the one before says so.
    """
    runs = (
        _Run.of(run, n > 0)
        for segment in segments
        for n, run in enumerate(segment.runs)
    )
    return [to_builtins(run) for run in runs]


def segments_from_json(values: Iterable[Any]) -> tuple[Segment, ...]:
    """Build segments from plain values; raises ValueError."""
    made: list[Segment] = []
    for run in declared(list[_Run], values):
        segment = run.segment()
        if not run.continues:
            made.append(segment)
        elif made and run.class_id is not None and _touch(made[-1], segment):
            made[-1] = united(made[-1], segment)
        else:
            raise ValueError(f"frame {run.start} continues another label")
    return tuple(made)


def _touch(a: Segment, b: Segment) -> bool:
    return (a.stop, a.class_id) == (b.start, b.class_id) and b.start < b.stop


def labels_text(lane: Segmentation, work: Mapping[str, Any] | None = None) -> str:
    """Write the text of a label file: a header line, then one run per line.

    The header says the rest of what people said of a track, ``work`` as of
    `work_to_json`.
    """
    values = {"schema": SCHEMA, "n_frames": lane.n_frames, **(work or {})}
    head = json.dumps(values, ensure_ascii=False)
    lines = ",\n".join(map(json.dumps, segments_to_json(lane.segments)))
    return f'{head[:-1]}, "segments": [\n{lines}\n]}}\n'


def lane_text(item: Track, name: str) -> str:
    """Write the text of the label file of one of a track's lanes."""
    if name != ANNOTATION:
        return labels_text(item.lanes[name])
    head = label_head(track_to_json(item))
    return labels_text(item.lanes[name], {**head, **work_to_json(item)})


def label_head(track: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a label file is of, given what `track_to_json` wrote of its track.

    So a track is found again if ``project.json`` has it no more. A file that is named
    like the video needs none.
    """
    whose = {name: track[name] for name in ("video", "tier", "person") if name in track}
    return {} if track["id"] == track["video"] else whose


def labels_from_json(raw: Any, where: str, of_newer: bool = False) -> Segmentation:
    """Build the segmentation from the plain values of a label file.

    ``of_newer`` is as in `project_from_json`.

    Raises
    ------
    FormatError
        Where something is missing, the segments do not tile the video, or a newer
        skelseg wrote what is not understood.
    """
    too_new = ""
    try:
        too_new = newer(SCHEMA, raw, where)
        if too_new and not of_newer:
            raise ValueError(too_new)
        return Segmentation(segments_from_json(declared(_LabelFile, raw).segments))
    except DAMAGE as error:
        if too_new:
            raise FormatError("{}; update skelseg to read it.", too_new) from error
        raise _damaged(where, error) from error


def _damaged(where: str, error: Exception) -> FormatError:
    return FormatError("{} is damaged ({}); restore it from a copy.", where, error)
