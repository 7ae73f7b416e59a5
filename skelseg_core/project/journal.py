"""Journal: every edit is on disk before it is shown; unsaved ones are replayed.

One line per edit, ``crc32 {json}``, appended to a file on the local disk (never in the
project, which may lie in a network or cloud folder). A record holds what changed as
absolute values or as splices on earlier records of the same journal, so replay needs no
knowledge of how far the last save got: it always ends in the last recorded state. A
record also names the digests of the files it builds on (``base``), so that `recovery`
recognises what somebody else wrote into these files since.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.files import free_path
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    compact_json,
    project_from_json,
    project_line,
    same_but_for_labels,
    segment_from_json,
    segment_to_json,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_lane,
    changed_videos,
)
from skelseg_core.user_folders import state_folder

VERSION = 3
"""2: records say on which files they build; those before it do not. 3: segments say
what a person vouches for."""


@dataclass(frozen=True)
class RecordedEdit:
    """Content of a journal: records, digests of the files they build on, and the tail.

    Parameters
    ----------
    entries : list of dict
        Records that are not known to be saved, oldest first.
    base : Mapping[str, str]
        By name of a file (``labels/v1.json``) the digest that it had when the session
        read or wrote it last; empty where there was none.
    tail : {"clean", "torn", "damaged"}
        What follows the records: nothing, the beginning of a record that was being
        written when the session ended (its edit was not made), or unreadable bytes.
    """

    entries: list[dict[str, Any]]
    base: Mapping[str, str]
    tail: Literal["clean", "torn", "damaged"] = "clean"


@dataclass(frozen=True)
class PreparedRecord:
    """A record ready to be appended to the journal: all of it but ``base``.

    Parameters
    ----------
    body : bytes
        JSON without its end.
    lanes : Mapping[tuple of str, Segmentation]
        Lanes in the record, by video and name.
    files : frozenset of Path
        Files that the record changes.
    """

    body: bytes
    lanes: Mapping[tuple[str, str], Segmentation]
    files: frozenset[Path]


def journal_path(uuid: str, root: Path) -> Path:
    """Return the journal file of a project, by the project's identity and folder."""
    place = zlib.crc32(os.fsencode(root.resolve()))
    name = f"{uuid}-{place:08x}.jsonl"
    return state_folder() / "journals" / name


class Journal:
    """The append-only record of the edits of one project.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made with the first record.
    folder : ProjectFolder
        Knows what the session last read of the project's files and wrote into them.
    """

    def __init__(self, path: Path, folder: ProjectFolder) -> None:
        self.path, self._folder = path, folder
        self._handle: int | None = None
        self._written = 0
        # Lanes that splices may build on: this journal holds their absolute value.
        self._known: dict[tuple[str, str], Segmentation] = {}
        # Files changed by records that the save under way does not include.
        self._since: set[Path] = set()
        # A large record is written in a thread, and a save may end meanwhile.
        self._lock = threading.Lock()

    def record(self, text: str, before: Project, after: Project) -> None:
        """Append the change from ``before`` to ``after``.

        Raises
        ------
        ProjectError
            Where it cannot be written; the file then ends in the last good record.
        """
        self.append(self.prepared(text, before, after, self._known))

    def prepared(
        self,
        text: str,
        before: Project,
        after: Project,
        known: Mapping[tuple[str, str], Segmentation] = MappingProxyType({}),
    ) -> PreparedRecord:
        """Make the record of a change, for `append`; of a large one in a thread.

        ``known`` are the lanes that splices may build on; others are written whole.
        """
        parts = [compact_json({"v": VERSION, "text": text})[:-1]]
        files: set[Path] = set()
        if not same_but_for_labels(before, after):
            parts.append(f'"project":{project_line(after)}')
            files.add(self._folder.project_file)
        own: list[str] = []
        others: list[str] = []
        changed: dict[tuple[str, str], Segmentation] = {}
        for item in changed_videos(before, after):
            theirs = []
            for name, lane in _lanes_changed(before.find(item.id), item):
                said = compact_json(_lane_entry(known.get((item.id, name)), lane))
                changed[item.id, name] = lane
                files.add(self._folder.person_path(item.id, name))
                if name == ANNOTATION:
                    own.append(f"{compact_json(item.id)}:{said}")
                else:
                    theirs.append(f"{compact_json(name)}:{said}")
            if theirs:
                others.append(f"{compact_json(item.id)}:{{{','.join(theirs)}}}")
        if own:
            parts.append(f'"lanes":{{{",".join(own)}}}')
        if others:
            parts.append(f'"others":{{{",".join(others)}}}')
        return PreparedRecord(",".join(parts).encode(), changed, frozenset(files))

    def append(self, record: PreparedRecord) -> None:
        """Append a record that `prepared` made of the project as it still is.

        Raises
        ------
        ProjectError
            As `record`.
        """
        with self._lock:
            base = compact_json(self._base(record.files)).encode()
            self._append(b'%s,"base":%s}' % (record.body, base))
            self._known = {**self._known, **record.lanes}
            self._since |= record.files

    def _base(self, files: AbstractSet[Path]) -> dict[str, str]:
        return {self._folder.key_of(f): self._folder.seen(f) for f in sorted(files)}

    def begin_save(self) -> int:
        """Return the number of records; later ones no longer build on earlier ones."""
        with self._lock:
            self._known = {}
            self._since = set()
            return self._written

    def end_save(self, mark: int) -> None:
        """Note that the first ``mark`` records are in the project's own files.

        The journal is emptied where nothing came after them.
        """
        with self._lock:
            if mark == self._written:
                self._truncate(0)
                self._written = 0
                self._known = {}
            else:
                # Records made during the save name digests that the save has replaced.
                saved = {"saved": mark, "base": self._base(self._since)}
                self._append(compact_json(saved).encode(), count=False)

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def entries(self) -> list[dict[str, Any]]:
        """Read the records not known to be saved, oldest first (see `read`)."""
        return self.read().entries

    def read(self) -> RecordedEdit:
        """Read the file up to the first torn or damaged line.

        Raises
        ------
        ProjectError
            Where it cannot be read.
        """
        try:
            data = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise ProjectError(
                "The journal {} cannot be read: {}.", self.path, error.strerror
            ) from error
        found: list[dict[str, Any]] = []
        base: dict[str, str] = {}
        saved, at = 0, 0
        for line in data.splitlines(keepends=True):
            entry = _parse(line[:-1]) if line.endswith(b"\n") else None
            if entry is None:
                break
            at += len(line)
            if "saved" in entry:
                saved = int(entry["saved"])
            else:
                found.append(entry)
            base.update(entry.get("base", {}))
        self._written = len(found)
        tail = data[at:]
        if not tail:
            return RecordedEdit(found[saved:], base)
        torn = b"\n" not in tail
        return RecordedEdit(found[saved:], base, "torn" if torn else "damaged")

    def set_aside(self, unreadable: bool = False) -> Path | None:
        """Rename the present file and begin a new one.

        Of journals whose edits were recovered only the last is kept; of unreadable
        ones, all.
        """
        self.close()
        if not self.path.exists():
            return None
        if unreadable:
            kept = free_path(self.path.with_suffix(".unreadable.jsonl"))
        else:
            kept = self.path.with_suffix(".recovered.jsonl")
        os.replace(self.path, kept)
        self._written = 0
        self._known = {}
        return kept

    def _append(self, body: bytes, count: bool = True) -> None:
        line = b"%08x %s\n" % (zlib.crc32(body), body)
        try:
            handle = self._open()
            end = os.lseek(handle, 0, os.SEEK_END)
            if os.write(handle, line) != len(line):
                os.ftruncate(handle, end)
                raise OSError(errno.ENOSPC, "the disk is full")
        except OSError as error:
            raise ProjectError(
                "This edit could not be recorded ({}) and was not made; free some "
                "space on the disk.",
                error.strerror or error,
            ) from error
        if count:
            self._written += 1

    def _open(self) -> int:
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._handle = os.open(self.path, flags, 0o600)
        return self._handle

    def _truncate(self, size: int) -> None:
        if self._handle is not None or self.path.exists():
            os.ftruncate(self._open(), size)


def _lanes_changed(
    before: VideoItem | None, after: VideoItem
) -> Iterator[tuple[str, Segmentation]]:
    """Find the people's lanes of a video that are other objects than before."""
    was = {} if before is None else before.lanes
    for name, lane in after.person_lanes.items():
        if was.get(name) is not lane and name not in after.missing:
            yield name, lane


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        value = json.loads(line[9:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _lane_entry(old: Segmentation | None, new: Segmentation) -> dict[str, Any]:
    """Write a lane as a whole, or as the splice that turns ``old`` into ``new``."""
    if old is None:
        return {"all": [segment_to_json(s) for s in new.segments]}
    a, b = old.segments, new.segments
    head = _alike(a, b)
    room = min(len(a), len(b)) - head
    tail = _alike(a[len(a) - room :][::-1], b[len(b) - room :][::-1])
    return {
        "at": head,
        "drop": len(a) - head - tail,
        "put": [segment_to_json(s) for s in b[head : len(b) - tail]],
    }


def _alike(a: tuple[Segment, ...], b: tuple[Segment, ...]) -> int:
    """Count the segments that the two have in common at their start."""
    # Most segments are the same objects, and "is" is ten times as fast as "==".
    pairs = enumerate(zip(a, b, strict=False))
    different = (i for i, (x, y) in pairs if x is not y and x != y)
    return next(different, min(len(a), len(b)))


def _spliced(old: tuple[Segment, ...], entry: Mapping[str, Any]) -> tuple[Segment, ...]:
    if "all" in entry:
        return tuple(segment_from_json(r) for r in entry["all"])
    at, stop = int(entry["at"]), int(entry["at"]) + int(entry["drop"])
    new = tuple(segment_from_json(r) for r in entry["put"])
    return (*old[:at], *new, *old[stop:])


def _changes(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """List video, lane and change of all lanes that an entry changes."""
    for video_id, change in entry.get("lanes", {}).items():
        yield video_id, ANNOTATION, change
    for video_id, changes in entry.get("others", {}).items():
        for name, change in changes.items():
            yield video_id, name, change


def _people(video: Mapping[str, Any]) -> set[str]:
    """List the annotation and annotators' lanes of a video given as plain values."""
    return {ANNOTATION, *(annotator_lane(n) for n in video.get("annotators", ()))}


def lane_changes(
    entries: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, str, tuple[Segment, ...]]]:
    """Follow each change: its video and lane, and the lane's segments after it.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        Where a record is damaged.
    """
    lanes: dict[tuple[str, str], tuple[Segment, ...]] = {}
    for entry in entries:
        for video_id, name, change in _changes(entry):
            segments = _spliced(lanes.get((video_id, name), ()), change)
            lanes[video_id, name] = segments
            yield video_id, name, segments


def last_lanes(
    entries: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], tuple[Segment, ...]]:
    """Collect the final segments of each changed lane, by video and name."""
    return {(video, name): lane for video, name, lane in lane_changes(entries)}


def replay(
    project: Project,
    entries: list[dict[str, Any]],
    folder: ProjectFolder,
    leave: Collection[Path] = (),
) -> Project:
    """Apply the records: the project as it was after the last of ``entries``.

    What they say of the files in ``leave`` is left out.

    Raises
    ------
    ProjectError
        Where the entries do not belong to this project; nothing is lost, the journal
        stays where it is.
    """
    try:
        lanes = {
            lane: segments
            for lane, segments in last_lanes(entries).items()
            if folder.person_path(*lane) not in leave
        }
        meta = [e["project"] for e in entries if "project" in e]
        if folder.project_file in leave:
            meta = []
        wanted = {v.id: set(v.person_lanes) for v in project.videos}
        if meta:
            project = project_from_json(meta[-1], folder.lanes_of, "the journal")
            wanted = {v["id"]: _people(v) for v in meta[-1]["videos"]}
        videos = {v.id: v for v in project.videos}
        for (video_id, name), segments in lanes.items():
            # A lane that was removed afterwards is not brought back.
            if name in wanted.get(video_id, ()):
                lane = Segmentation(segments)
                videos[video_id] = videos[video_id].with_found(name, lane)
        return replace(project, videos=tuple(videos.values()))
    except (KeyError, TypeError, ValueError, EditError) as error:
        raise ProjectError(
            "The journal of unsaved edits does not fit this project ({}); it was kept.",
            error,
        ) from error
