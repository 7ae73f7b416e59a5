"""Changes that somebody else made to the files of an open project, and their merge.

The files of a project may change while it is open: another window, the command line, a
colleague on a network folder, a checkout. What they hold is read beside what was known
and merged with it, so that a save takes nothing away that was not read.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import safe_name
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    labels_from_json,
    labels_text,
    project_from_json,
    project_text,
    project_to_json,
)
from skelseg_core.project.lane_index import Stamp, UnreadLane, stamp_of
from skelseg_core.project.merge import ProjectMerge, merge_projects, with_known
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_lane,
    changed_videos,
)
from skelseg_core.project.seen_files import bytes_of, digest_of, keep_beside

SETTLE_S = 0.3
"""Seconds after which files are read again that did not fit together: whoever changes
many files, such as a checkout, is not done yet."""


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

    def note_as_seen(self, folder: ProjectFolder) -> None:
        """Remember that these bytes were read: a save may replace them from now on."""
        for path, found in self.read.items():
            folder.files.note(path, digest_of(found.data), found.stamp)


@dataclass(frozen=True)
class MergedChange:
    """Project that a save begins with: everybody's edits together.

    Parameters
    ----------
    project : Project
        To be written.
    theirs : Project
        What the files hold.
    kept : tuple of Path
        Conflict files of label files, with theirs.
    notes : tuple of str
        Sentences on what else was kept beside.
    ids : Mapping[int, int]
        Ids that new classes got, since others have theirs, by those that they had.
    """

    project: Project
    theirs: Project
    kept: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    ids: Mapping[int, int] = field(default_factory=dict)


def merge_outside(
    folder: ProjectFolder,
    known: Project,
    project: Project,
    everything: bool = False,
    also: Iterable[Path] = (),
) -> MergedChange:
    """Read what others wrote into the files that a save replaces, and merge it.

    Where both changed the same frames, the lane has those of ``project``, and theirs
    are kept beside as a conflict file.

    Parameters
    ----------
    folder : ProjectFolder
    known : Project
        What was read or written last.
    project : Project
        What is to be written.
    everything : bool
        Whether all label files are written, not those alone that differ.
    also : iterable of Path
        Files to read that are not written.

    Raises
    ------
    ProjectError
        Where a conflict file cannot be written, or another project lies there.
    """
    paths = set(_written_paths(folder, project, None if everything else known))
    paths |= {*also, folder.project_file}
    seen = folder.files.stamps(str(folder.root)).get(folder.project_file.name)
    deleted = not set(known.label_map.ids) <= set(project.label_map.ids)
    if deleted or stamp_of(folder.project_file) != seen:
        # New classes and the labels that have them belong together, and a class goes
        # only where nobody has labelled with it meanwhile.
        paths |= set(changed_paths(folder)[0])
    while True:
        change = read_settled(folder, known, paths)
        merged = merge_projects(known, project, change.theirs)
        # Classes that they took away change labels that I did not.
        more = {*_written_paths(folder, merged.project, change.theirs)} - paths
        if not more:
            break
        paths |= more
    kept = keep_conflicts(folder, merged, change)
    notes = keep_both_changed(folder, merged, change.theirs)
    change.note_as_seen(folder)
    return MergedChange(merged.project, change.theirs, kept, notes, merged.ids)


def merge_again(
    folder: ProjectFolder, merged: MergedChange, everything: bool, also: Iterable[Path]
) -> MergedChange:
    """Merge what others wrote since a merge, into what that one gave."""
    again = merge_outside(folder, merged.theirs, merged.project, everything, also)
    first = {old: again.ids.get(new, new) for old, new in merged.ids.items()}
    return replace(
        again,
        kept=(*merged.kept, *again.kept),
        notes=(*merged.notes, *again.notes),
        ids={
            **{k: v for k, v in again.ids.items() if k not in merged.ids.values()},
            **first,
        },
    )


def _written_paths(
    folder: ProjectFolder, project: Project, known: Project | None
) -> Iterator[Path]:
    for item in project.videos if known is None else changed_videos(known, project):
        before = None if known is None else known.find(item.id)
        paths = [
            folder.person_path(item.id, name)
            for name, lane in item.lanes.items()
            if before is None or before.lanes.get(name) is not lane
        ]
        # Files of a video that somebody else labels now are not written.
        if paths and folder.may_write(item.id):
            yield from paths


def keep_conflicts(
    folder: ProjectFolder, merged: ProjectMerge, change: OutsideChange
) -> tuple[Path, ...]:
    """Keep label files of which a merge left something out; return where."""
    kept = []
    for conflict in merged.conflicts:
        path = folder.person_path(conflict.video_id, conflict.lane)
        found = change.read.get(path)
        if found is not None:
            kept.append(keep_beside(path, found.data))
    return tuple(kept)


def keep_their_lanes(folder: ProjectFolder, merged: ProjectMerge) -> tuple[Path, ...]:
    """Keep their lanes of conflicts beside the label files; return where."""
    return tuple(
        keep_beside(
            folder.person_path(c.video_id, c.lane),
            labels_text(c.video_id, c.theirs).encode(),
        )
        for c in merged.conflicts
    )


def keep_both_changed(
    folder: ProjectFolder, merged: ProjectMerge, theirs: Project
) -> tuple[str, ...]:
    """Keep their ``project.json`` where a merge left something out; say so.

    Also says which classes are there although one side deleted them.
    """
    if not merged.both_changed:
        return merged.notes
    data = project_text(project_to_json(theirs)).encode()
    kept = keep_beside(folder.project_file, data)
    return (
        f"You and somebody else both changed {', '.join(merged.both_changed)}; it is "
        f"as you have it, and their version is kept as {kept.name}.",
        *merged.notes,
    )


# -- reading ------------------------------------------------------------------------


def read_settled(
    folder: ProjectFolder, known: Project, paths: Iterable[Path]
) -> OutsideChange:
    """Read changed files; once more where they do not fit together yet."""
    paths = list(paths)
    change = read_outside(folder, known, paths)
    if change.unreadable:
        time.sleep(SETTLE_S)
        change = read_outside(folder, known, paths)
    return change


def changed_paths(folder: ProjectFolder) -> tuple[list[Path], list[Path]]:
    """Find the seen files whose size or times are others, and those that are gone.

    Nothing is read.
    """
    found: list[Path] = []
    gone: list[Path] = []
    seen = folder.files.stamps(str(folder.root))
    if stamp_of(folder.project_file) != seen.get(folder.project_file.name):
        found.append(folder.project_file)
    for at in label_folders(folder):
        there, seen = dict(_stamps(at)), folder.files.stamps(str(at))
        gone += [
            at / name for name in sorted(folder.files.names(str(at)) - there.keys())
        ]
        found += [at / n for n, stamp in there.items() if seen.get(n) != stamp]
    return found, gone


def label_folders(folder: ProjectFolder) -> list[Path]:
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
    folder: ProjectFolder,
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
        self, folder: ProjectFolder, known: Project, gone: Sequence[Path]
    ) -> None:
        self.folder, self.known, self.gone = folder, known, tuple(gone)
        self.read: dict[Path, ReadFile] = {}
        self.unreadable: dict[Path, str] = {}
        self.lanes: dict[tuple[str, str], Segmentation] = {}

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
            self.unreadable[path] = "it is no project"
            return None
        if raw.get("uuid") != self.known.uuid:
            raise ProjectError(
                "{} is of another project now; put the old one back, or save this one "
                "elsewhere.",
                path,
            )
        self.read[path] = ReadFile(data, stamp)
        return raw

    def _lane(self, path: Path, data: bytes, stamp: Stamp | None) -> None:
        place = self._place(path)
        if place is None:
            return
        item = self.known.find(place[0])
        try:
            lane = labels_from_json(json.loads(data), str(path))
        except (ValueError, RecursionError, FormatError) as error:
            self.unreadable[path] = str(error)
            return
        if item is not None and lane.n_frames != item.n_frames:
            self.unreadable[path] = f"it covers {lane.n_frames:,} frames"
            return
        self.lanes[place] = lane
        self.read[path] = ReadFile(data, stamp)

    def _place(self, path: Path) -> tuple[str, str] | None:
        """Return video and lane of a label file; None where it is of no video."""
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
        items: dict[str, VideoItem] = {}
        for (video_id, name), lane in self.lanes.items():
            now = remap_classes(lane, moves)
            self._keep_former(video_id, name, lane, moves.keys())
            item = items.get(video_id) or self.known.video(video_id)
            if not set(now.class_counts) <= {*there, None}:
                self._leave(self.folder.person_path(video_id, name))
            elif name in item.missing or _is_other(item.lanes.get(name), now):
                items[video_id] = item.with_found(name, now)
        return self.known.with_videos(*items.values()) if items else self.known

    def _keep_former(
        self, video_id: str, name: str, lane: Segmentation, moves: Collection[int]
    ) -> None:
        """Keep a label file beside when it is written that names deleted classes."""
        if not lane.class_counts.keys().isdisjoint(moves):
            self.folder.files.keep(self.folder.person_path(video_id, name))

    def _leave(self, path: Path) -> None:
        """Leave a file whose classes are not those of the project out."""
        self.unreadable[path] = "it names classes that the project does not have"
        self.read.pop(path, None)

    def _project(self, raw: Mapping[str, Any]) -> Project:
        """Build their project: unchanged lanes are those that were known."""
        where = str(self.folder.project_file)
        try:
            theirs = project_from_json(raw, self._lanes_of, where)
        except ProjectError:
            self._check_schema(raw)
            self.unreadable[self.folder.project_file] = "it is damaged"
            self.read.pop(self.folder.project_file, None)
            return self._with_lanes()
        there = {*theirs.label_map.ids, None}
        for (video_id, name), lane in self.lanes.items():
            self._keep_former(video_id, name, lane, theirs.label_map.moves.keys())
            item = theirs.find(video_id)
            if item is None or name not in item.lanes:
                continue  # taken out of the project, its file stays
            if not set(item.lanes[name].class_counts) <= there:
                self._leave(self.folder.person_path(video_id, name))
                old = self.known.video(video_id).lanes[name]
                now = remap_classes(old, theirs.label_map.moves)
                theirs = theirs.with_videos(item.with_lane(name, now))
        return with_known(theirs, self.known)

    def _check_schema(self, raw: Mapping[str, Any]) -> None:
        """Raise again where a newer skelseg wrote the project: it stays as it is."""
        project_from_json({**raw, "videos": []}, self._lanes_of, str(self.folder.root))

    def _lanes_of(
        self, video: Mapping[str, Any]
    ) -> tuple[Mapping[str, Segmentation], frozenset[str]]:
        item = self.known.find(str(video["id"]))
        if item is None or int(video["n_frames"]) != item.n_frames:
            return self.folder.lanes_of(video)
        people = [annotator_lane(str(n)) for n in video.get("annotators", ())]
        lanes: Mapping[str, Segmentation] = {
            name: lane
            for name in (ANNOTATION, *people)
            if (lane := self.lanes.get((item.id, name), item.lanes.get(name)))
        }
        missing = {name for name in item.missing if (item.id, name) not in self.lanes}
        if set(lanes) < {ANNOTATION, *people}:
            # A file that is known is not read here: what it says by now would be taken
            # for seen, and is not taken in.
            lanes, gone = self.folder.lanes_of(video, lanes)
            missing |= gone - item.lanes.keys()
        return lanes, frozenset(missing)


def _is_other(old: Segmentation | None, new: Segmentation) -> bool:
    """Tell whether a file says something else than what was known of it.

    Where nobody has read that yet it may be gone: then it counts as other.
    """
    unread = isinstance(old, UnreadLane) and not old.is_read
    return unread or old != new
