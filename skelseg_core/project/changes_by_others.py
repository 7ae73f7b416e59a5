"""Changes that somebody else made to the files of an open project.

The files of a project may change while it is open: another window, the command line, a
colleague on a network folder, a checkout. Parts of the project that they changed are
taken in as they have them now; where an edit made here is in no file yet, it stays.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError, ProjectError, SkelsegError
from skelseg_core.file_names import safe_name
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import with_next_id, with_used_classes
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.folder_writing import same_files
from skelseg_core.project.json import (
    ReadLabels,
    labels_from_json,
    project_from_json,
    said_of_file,
    with_said,
    with_work_of_labels,
    work_of_labels,
    work_to_json,
)
from skelseg_core.project.lane_index import Stamp, UnreadLane, stamp_of
from skelseg_core.project.part_changes import (
    ORDERS,
    PartChange,
    about_of_part,
    class_of_part,
    lane_of_part,
    tier_of_part,
    track_of_part,
    video_of_part,
    work_of_part,
)
from skelseg_core.project.parts import (
    changed_parts,
    known_lanes,
    lanes_of_annotators,
    same_value,
    value_of,
    with_parts,
)
from skelseg_core.project.project import ANNOTATION, Project, changed_tracks
from skelseg_core.project.removed_tracks import said_again, with_tracks_again
from skelseg_core.project.repairs import (
    ToldApart,
    repaired,
    told_apart,
    told_apart_in_words,
)
from skelseg_core.project.seen_files import bytes_of, digest_of, keep_beside
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.project.videos_and_tracks import (
    Track,
    Video,
    annotator_lane,
    blank_track,
    same_work,
    with_work_of,
)


@dataclass(frozen=True)
class ReadFile:
    """Bytes of a file of somebody else, with size and times from before it was read."""

    data: bytes
    stamp: Stamp | None


@dataclass(frozen=True)
class OutsideChange:
    """Difference between what was known of a project and what its files hold now.

    Parameters
    ----------
    known, theirs : Project
        Before, and as the files are; the same object where nothing changed.
    read : Mapping[Path, ReadFile]
        The files that were read and are part of ``theirs``.
    unreadable : Mapping[Path, str]
        Files that hold no labels, or do not fit the rest, and why; ``theirs`` has what
        was known.
    gone : tuple of Path
        Label files that were there.
    """

    known: Project
    theirs: Project
    read: Mapping[Path, ReadFile] = field(default_factory=dict)
    unreadable: Mapping[Path, str] = field(default_factory=dict)
    gone: tuple[Path, ...] = ()

    def note_as_seen(
        self,
        folder: FolderReader,
        shown: Project | None = None,
        mine: Collection[str] = (),
    ) -> tuple[Path, ...]:
        """Remember that these bytes were read: a save may replace them from now on.

        Files of labels and of videos that ``shown`` has otherwise count as not read, so
        that a save keeps them beside. So is project.json now, where it has something
        else in one of the parts ``mine``; returns where.
        """
        kept = []
        meta = self.read.get(folder.project_file)
        if meta is not None and not all(map(folder.path_of_part, mine)):
            # First: where that fails nothing counts as read.
            kept.append(keep_beside(folder.project_file, meta.data))
        edited = () if shown is None else changed_parts(self.theirs, shown)
        left = set(map(folder.path_of_part, edited))
        for path, found in self.read.items():
            if path not in left:
                folder.files.note(path, digest_of(found.data), found.stamp)
        return tuple(kept)


@dataclass(frozen=True)
class TakenIn:
    """A project with what others changed.

    Parameters
    ----------
    project : Project
    parts : frozenset of str
        Parts that have the values of others now.
    mine : tuple of str
        Parts that both changed, and that stay as they were.
    notes : tuple of str
        Sentences on classes that others took away and that labels still have, and on
        people who got another name.
    apart : tuple of ToldApart
        People who got another name, as two were called the same.
    """

    project: Project
    parts: frozenset[str] = frozenset()
    mine: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    apart: tuple[ToldApart, ...] = ()


def take_in(
    folder: FolderReader, shown: Project, known: Project, theirs: Project
) -> TakenIn:
    """Put what others changed into a project, but where it was edited here too.

    Parameters
    ----------
    folder : FolderReader
    shown : Project
        With edits that no file has yet.
    known, theirs : Project
        What the files held when they were read or written last, and what they hold.
    """
    if theirs is known:
        return TakenIn(shown)
    changes = changed_parts(known, theirs)
    if shown is known:
        made, notes = _with_classes(_with_ids_of(theirs, shown), shown)
        return TakenIn(made, frozenset(changes), notes=notes)
    mine = {
        part
        for part, change in changes.items()
        if part not in ORDERS and not _is_free(shown, part, change)
    }
    # Of a track that both added and that nobody labelled here theirs is the one.
    blank = {v for v in map(track_of_part, mine) if _is_blank(shown, known, theirs, v)}
    mine = {part for part in mine if track_of_part(part) not in blank}
    # A track that was edited here stays whole, though somebody else took it out.
    whole = {v for v in map(track_of_part, mine) if shown.has(v) and not theirs.has(v)}
    whole |= {v.id for v in _added_to_what_goes(shown, known, theirs)}
    whole |= {
        track.id
        for video_id in map(video_of_part, mine)
        if shown.has_video(video_id) and not theirs.has_video(video_id)
        for track in shown.tracks_of(video_id)
    }
    videos = {shown.track(track_id).video_id for track_id in whole}
    gone = {video_id for video_id in videos if not theirs.has_video(video_id)}
    mine |= {
        part
        for part in changes
        if track_of_part(part) in whole or video_of_part(part) in gone
    }
    values = {
        part: change.new
        for part, change in changes.items()
        if part not in mine and not _is_there(shown, part, change)
    }
    made = _with_ids_of(with_parts(shown, values, folder), theirs)
    # With its tier, classes and person, which may be gone.
    made = with_tracks_again(made, shown, [shown.track(v) for v in sorted(whole)])
    back = _labelled_by_others(made, known, theirs)
    mine -= {part for part in mine if track_of_part(part) in {v.id for v in back}}
    made = with_tracks_again(made, theirs, back)
    apart = told_apart(made, shown, theirs)
    made = _with_bodies(made, shown, theirs, apart)
    parts = {p for p, v in values.items() if _differs(p, value_of(shown, p), v)}
    made, notes = _with_classes(made, shown)
    notes = (*notes, *said_again(theirs, back), *told_apart_in_words(made, apart))
    return TakenIn(made, frozenset(parts), tuple(sorted(mine)), notes, apart)


def _with_bodies(
    made: Project, shown: Project, theirs: Project, apart: Iterable[ToldApart]
) -> Project:
    """Let two people who were called the same keep the figure that each had."""
    for video_id, before, now in apart:
        video = made.video(video_id)
        if shown.has_video(video_id) and not video.damage:
            mine = shown.video(video_id).bodies.get(before, ())
            other = theirs.video(video_id).bodies.get(before, ())
            if not other:  # what they say of the video was not read
                same = (v.id for v in made.tracks_of(video_id) if v.person == now)
                was = next(filter(None, map(shown.find, same)), None)
                other = () if was is None else was.picks
            made = made.with_video(video.with_body(before, mine).with_body(now, other))
    return made


def _added_to_what_goes(shown: Project, known: Project, theirs: Project) -> list[Track]:
    """List tracks with labels that were added here to what somebody else took out."""
    tiers = {t.id for t in known.tiers} - {t.id for t in theirs.tiers}
    films = {i for i in known.video_ids if not theirs.has_video(i)}
    if not tiers and not films:
        return []
    return [
        item
        for item in changed_tracks(known, shown)
        if not known.has(item.id)
        and (item.tier in tiers or item.video_id in films)
        and not same_files(item, blank_track(item))
    ]


def _labelled_by_others(made: Project, known: Project, theirs: Project) -> list[Track]:
    """List tracks that others labelled, and that were taken out here."""
    return [
        item
        for item in changed_tracks(known, theirs)
        if not made.has(item.id)
        and not same_files(item, known.find(item.id) or blank_track(item))
    ]


def _with_ids_of(made: Project, other: Project) -> Project:
    """Let no class that is added get an id that another state has given."""
    next_id = other.label_map.next_id
    return with_next_id(made, next_id) if next_id > made.label_map.next_id else made


def _with_classes(made: Project, shown: Project) -> tuple[Project, tuple[str, ...]]:
    """Keep the classes that labels have; say which others took away."""
    if made.label_map is shown.label_map:
        return made, ()
    lanes = lanes_of_annotators(made.tracks)
    made, back = with_used_classes(made, lanes, shown.label_map)
    return made, tuple(
        f"The class '{name}', which somebody else deleted, stays: labels use it."
        for name in back
    )


def _is_blank(
    shown: Project, known: Project, theirs: Project, video_id: TrackId
) -> bool:
    """Tell whether two people added a track and nothing is labelled here in it."""
    item = shown.find(video_id)
    if item is None or known.has(video_id) or not theirs.has(video_id):
        return False
    blank = blank_track(item)
    return item.lanes == blank.lanes and same_work(item, blank)


def _is_free(shown: Project, part: str, change: PartChange) -> bool:
    """Tell whether a part has no edit of ours: it is as it was, or as it is to be."""
    now = value_of(shown, part)
    return same_value(now, change.old) or same_value(now, change.new)


def _is_there(shown: Project, part: str, change: PartChange) -> bool:
    """Tell whether a part has the value of others already: our own object stays."""
    now = value_of(shown, part)
    return now is not change.old and same_value(now, change.new)


def _differs(part: str, a: Any, b: Any) -> bool:
    """Tell whether a part got another value; no lane is read for it."""
    return a is not b if lane_of_part(part) is not None else bool(a != b)


def words_of(part: str) -> str:
    """Name a part of a project in a sentence."""
    if lane_of_part(part) is not None or work_of_part(part):
        return f"the labels of {track_of_part(part)}"
    video_id = video_of_part(part) or track_of_part(part)
    if video_id:
        notes = about_of_part(part)
        return f"notes of {video_id}" if notes else f"the video {video_id}"
    if tier_of_part(part) is not None:
        return "a tier"
    return "a class" if class_of_part(part) is not None else part.replace("_", " ")


# -- reading ------------------------------------------------------------------------


def changed_paths(folder: FolderReader) -> tuple[list[Path], list[Path]]:
    """Find the seen files whose size or times are others, and those that are gone.

    Nothing is read.
    """
    found: list[Path] = []
    gone: list[Path] = []
    seen = folder.files.stamps(str(folder.root))
    if stamp_of(folder.project_file) != seen.get(folder.project_file.name):
        found.append(folder.project_file)
    for at in (folder.about_path(VideoId("")).parent, *label_folders(folder)):
        there, seen = dict(_stamps(at)), folder.files.stamps(str(at))
        gone += [
            at / name for name in sorted(folder.files.names(str(at)) - there.keys())
        ]
        found += [at / n for n, stamp in there.items() if seen.get(n) != stamp]
    return found, gone


def label_folders(folder: FolderReader) -> list[Path]:
    """List the folders of label files: one's own, and one per annotator."""
    others = folder.root / "annotators"
    found = [folder.labels_path("").parent]
    try:
        with os.scandir(others) as entries:
            found += sorted(Path(entry.path) for entry in entries if entry.is_dir())
    except OSError:
        pass
    return found


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    # Ten thousand files: nothing is made of them but what is compared.
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(".json") and not name.startswith("."):
                    with contextlib.suppress(OSError):
                        there = entry.stat()
                        times = there.st_mtime_ns, there.st_ctime_ns
                        yield name, (there.st_size, *times)
    except FileNotFoundError:
        return


def read_outside(
    folder: FolderReader,
    known: Project,
    paths: Iterable[Path],
    gone: Sequence[Path] = (),
) -> OutsideChange:
    """Read those of the files whose bytes are not as last seen.

    Nothing is noted as seen: that is for who takes the change in.

    Raises
    ------
    ProjectError
        Where ``project.json`` is of another project or of a newer skelseg.
    """
    return _Reading(folder, known, gone).result(paths)


class _Reading:
    def __init__(
        self, folder: FolderReader, known: Project, gone: Sequence[Path]
    ) -> None:
        self.folder, self.known, self.gone = folder, known, tuple(gone)
        self.read: dict[Path, ReadFile] = {}
        self.unreadable: dict[Path, str] = {}
        self.lanes: dict[tuple[TrackId, str], Segmentation] = {}
        # What label files that were read say of their track besides labels, and what
        # files of videos say.
        self.work: dict[TrackId, Mapping[str, Any]] = {}
        self.said: dict[VideoId, Mapping[str, Any]] = {}
        self.skeleton = known.skeleton

    def result(self, paths: Iterable[Path]) -> OutsideChange:
        raw: Mapping[str, Any] | None = None
        for path in paths:
            stamp, data = stamp_of(path), bytes_of(path)
            if data is None:
                continue
            if self.folder.files.is_ours(path, data):
                self.folder.files.note(path, digest_of(data), stamp)
                continue
            if path == self.folder.project_file:
                raw = self._meta(path, data, stamp)
            elif path == self.folder.about_path(VideoId(path.stem)):
                self._about(path, data, stamp)
            else:
                self._lane(path, data, stamp)
        theirs = self._with_lanes() if raw is None else self._project(raw)
        return OutsideChange(self.known, theirs, self.read, self.unreadable, self.gone)

    def _meta(
        self, path: Path, data: bytes, stamp: Stamp | None
    ) -> Mapping[str, Any] | None:
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError) as error:
            self.unreadable[path] = str(error)
            return None
        if not isinstance(raw, dict):
            self.unreadable[path] = "it is not a project"
            return None
        if raw.get("uuid") != self.known.uuid:
            raise ProjectError(
                "{} holds another project now; put the old one back, or save this "
                "one elsewhere.",
                path,
            )
        self.read[path] = ReadFile(data, stamp)
        self.skeleton = str(raw.get("skeleton", ""))
        return raw

    def _about(self, path: Path, data: bytes, stamp: Stamp | None) -> None:
        if not self.known.has_video(path.stem):
            return
        video = self.known.video(path.stem)
        try:
            said = said_of_file(json.loads(data), str(path))
            with_said(video, said, self.skeleton, str(path))
        except (ValueError, RecursionError, SkelsegError) as error:
            # Of a damaged one there is nothing that this could replace.
            if not video.damage:
                self.unreadable[path] = str(error)
            return
        self.said[video.id] = said
        self.read[path] = ReadFile(data, stamp)

    def _lane(self, path: Path, data: bytes, stamp: Stamp | None) -> None:
        place = self._place(path)
        if place is None:
            return
        video_id, name = place
        item = self.known.track(video_id)
        try:
            raw = json.loads(data)
            lane = labels_from_json(raw, str(path))
            work = work_of_labels(raw) if name == ANNOTATION else {}
            with_work_of_labels(item, work, str(path))
            if lane.n_frames != item.n_frames:
                raise ValueError(f"it covers {lane.n_frames:,} frames")
        except (ValueError, RecursionError, SkelsegError) as error:
            # Of a lane that is missing there is nothing that this could replace.
            if name not in item.missing:
                self.unreadable[path] = str(error)
            return
        self.lanes[place] = lane
        self.read[path] = ReadFile(data, stamp)
        if name == ANNOTATION:
            self.work[video_id] = work

    def _place(self, path: Path) -> tuple[TrackId, str] | None:
        """Return track and lane of a label file; None where it is of no video."""
        item = self.known.find(path.stem)
        if item is None:
            return None
        if path == self.folder.labels_path(item.id):
            return item.id, ANNOTATION
        for name in item.annotators:
            if path.parent.name == safe_name(name):
                return item.id, annotator_lane(name)
        return None

    def _with_lanes(self) -> Project:
        """Put the lanes that were read into the project that was known."""
        moves, there = self.known.label_map.moves, set(self.known.label_map.ids)
        items: dict[str, Track] = {}
        for (video_id, name), lane in self.lanes.items():
            now = remap_classes(lane, moves)
            self._keep_former(video_id, name, lane, moves.keys())
            item = items.get(video_id) or self.known.track(video_id)
            if not set(now.class_counts) <= {*there, None}:
                self._leave(self.folder.person_path(video_id, name))
                continue
            if name in item.missing or _is_other(item.lanes.get(name), now):
                items[video_id] = item = item.with_found(name, now)
            if name == ANNOTATION:
                where = str(self.folder.labels_path(video_id))
                made = with_work_of_labels(item, self.work[video_id], where)
                made = made.with_marks_moved(moves)
                if not same_work(made, item):
                    items[video_id] = made
        made_of = self.known.with_tracks(*items.values()) if items else self.known
        for of_video in self.said:
            video = self.known.video(of_video)
            now_said = self.said_of(video, self.skeleton)
            if not now_said.is_same_said(video):
                made_of = made_of.with_video(now_said)
        return made_of

    def said_of(self, video: Video, skeleton: str) -> Video:
        """Give a video what its file says, as it was read or is known."""
        if video.id in self.said:
            where = str(self.folder.about_path(video.id))
            return with_said(video, self.said[video.id], skeleton, where)
        if not self.known.has_video(video.id):
            return self.folder.said_of(video, skeleton)
        there = self.known.video(video.id)
        return replace(video.with_said_of(there), damage=there.damage)

    def _keep_former(
        self, video_id: str, name: str, lane: Segmentation, moves: Collection[int]
    ) -> None:
        """Keep a label file beside when it is written that names deleted classes."""
        if not lane.class_counts.keys().isdisjoint(moves):
            self.folder.files.keep(self.folder.person_path(video_id, name))

    def _leave(self, path: Path) -> None:
        """Leave a file whose classes are not those of the project out."""
        self.unreadable[path] = "it uses classes that the project does not have"
        self.read.pop(path, None)

    def _project(self, raw: Mapping[str, Any]) -> Project:
        """Build their project: unchanged lanes are those that were known."""
        where = str(self.folder.project_file)
        try:
            theirs = repaired(project_from_json(raw, self, where))
        except (ProjectError, FormatError):
            self._check_schema(raw)
            self.unreadable[self.folder.project_file] = "it is damaged"
            self.read.pop(self.folder.project_file, None)
            return self._with_lanes()
        self.folder.leave_damaged(theirs)
        there = {*theirs.label_map.ids, None}
        former = theirs.label_map.moves.keys()
        for (video_id, name), lane in (
            self._unmoved_lanes(former) | self.lanes
        ).items():
            self._keep_former(video_id, name, lane, former)
        for video_id, name in self.lanes:
            item = theirs.find(video_id)
            if item is None or name not in item.lanes:
                continue  # taken out of the project, its file stays
            if not set(item.lanes[name].class_counts) <= there:
                self._leave(self.folder.person_path(video_id, name))
                old = self.known.track(video_id)
                now = remap_classes(old.lanes[name], theirs.label_map.moves)
                item = item.with_lane(name, now)
                theirs = theirs.with_tracks(
                    with_work_of(item, old) if name == ANNOTATION else item
                )
        return with_known(theirs, self.known)

    def _unmoved_lanes(
        self, former: Collection[int]
    ) -> dict[tuple[str, str], Segmentation]:
        """Return the lanes that were known, where classes went that labels have.

        Who took these away rewrote the label files that had them, as far as known.
        """
        if set(former) <= self.known.label_map.moves.keys():
            return {}
        return {
            (item.id, name): lane
            for item in self.known.tracks
            for name, lane in known_lanes(item).items()
        }

    def _check_schema(self, raw: Mapping[str, Any]) -> None:
        """Raise again where a newer skelseg wrote the project: it stays as it is."""
        project_from_json({**raw, "videos": []}, self, str(self.folder.root))

    def lanes_of(self, track: Mapping[str, Any], n_frames: int) -> ReadLabels:
        """Read the label files of a track that are not known."""
        item = self.known.find(str(track["id"]))
        if item is None or n_frames != item.n_frames:
            return self.folder.lanes_of(track, n_frames)
        annotators = [annotator_lane(str(n)) for n in track.get("annotators", ())]
        lanes: Mapping[str, Segmentation] = {
            name: lane
            for name in (ANNOTATION, *annotators)
            if (lane := self.lanes.get((item.id, name), item.lanes.get(name)))
        }
        missing = {name for name in item.missing if (item.id, name) not in self.lanes}
        damaged = item.damaged
        if set(lanes) < {ANNOTATION, *annotators}:
            # A file that is known is not read here: what it says by now would be taken
            # for seen, and is not taken in.
            read = self.folder.lanes_of(track, n_frames, lanes)
            lanes, damaged = read.lanes, {**damaged, **read.damaged}
            missing |= read.missing - item.lanes.keys()
        work = self.work.get(item.id, work_to_json(item))
        return ReadLabels(lanes, frozenset(missing), work, damaged)


def _is_other(old: Segmentation | None, new: Segmentation) -> bool:
    """Tell whether a file says something else than what was known of it.

    Where nobody has read that yet it may be gone: then it counts as other.
    """
    unread = isinstance(old, UnreadLane) and not old.is_read
    return unread or old != new


def with_known(project: Project, known: Project) -> Project:
    """Give equal parts of a project the objects that ``known`` has for them."""
    label_map = project.label_map
    same = label_map == known.label_map and label_map.next_id == known.label_map.next_id
    videos = {v.id: _known_video(v, known) for v in project.videos}
    linked = (
        v if v.video is videos[v.video_id] else replace(v, video=videos[v.video_id])
        for v in project.tracks
    )
    return replace(
        project,
        label_map=known.label_map if same else label_map,
        tracks=tuple(
            item if (old := known.find(item.id)) is None else _itself(item, old)
            for item in linked
        ),
    )


def _known_video(video: Video, known: Project) -> Video:
    there = known.video(video.id) if known.has_video(video.id) else video
    return there if there == video else video


def _itself(item: Track, old: Track) -> Track:
    """Return ``old`` where nothing differs; no lane is read for that."""
    if item.lanes.keys() != old.lanes.keys():
        return item
    if any(lane is not old.lanes[name] for name, lane in item.lanes.items()):
        return item
    return old if replace(item, lanes=old.lanes) == old else item
