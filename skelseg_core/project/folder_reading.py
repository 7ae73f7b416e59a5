"""FolderReader: reads a project from its folder; labels when they are looked at.

Where the index of the folder knows a label file, its segments are read when they are
asked for.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from skelseg_core.absent_content import absent_content, pointer_sentence
from skelseg_core.errors import BrokenProject, FormatError, ProjectError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.folder_paths import FolderPaths
from skelseg_core.project.json import (
    SCHEMA,
    ReadLabels,
    damage_of,
    labels_from_json,
    newer,
    project_from_json,
    said_of_file,
    track_entries,
    track_from_json,
    with_said,
    with_work_of_labels,
    work_of_labels,
)
from skelseg_core.project.lane_index import (
    IndexedFile,
    LaneIndex,
    Stamp,
    UnreadLane,
    is_settled,
    numbers_of,
    stamp_of,
)
from skelseg_core.project.part_changes import about_of_part, label_file_of_part
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import labels_found
from skelseg_core.project.repairs import repaired, told_apart, told_apart_in_words
from skelseg_core.project.seen_files import OF_ONE_FILE, SeenFiles, bytes_of, digest_of
from skelseg_core.project.videos_and_tracks import (
    Track,
    Video,
    annotator_lane,
    has_work,
    same_work,
)
from skelseg_core.said import Said
from skelseg_core.text_files import read_json, unreadable

_NO_LANES: Mapping[str, Segmentation] = MappingProxyType({})
MOST_NOTES = 3
"""Files of one kind, absent or damaged, that are named one by one at opening."""


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Stop the garbage collector meanwhile: what is read for a project is no garbage.

    The collector would look through all of it again and again, a third of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass
class FolderReader(FolderPaths):
    """Read a project, and remember the bytes that were read.

    ``notes`` has a sentence per thing that was found and is to be said. ``read_only``
    is the sentence why nothing is ever written, where a newer skelseg wrote a file.
    """

    notes: list[str] = field(default_factory=list)
    read_only: str = ""
    files: SeenFiles = field(default_factory=SeenFiles, repr=False)
    # Rows of the index as it was read, and new rows that are to be written into it.
    _indexed: Mapping[str, IndexedFile] = field(default_factory=dict, repr=False)
    _read_now: dict[str, IndexedFile] = field(default_factory=dict, repr=False)
    # Lanes whose files are as the index says and need not be read, by path.
    _unread: dict[str, UnreadLane] = field(default_factory=dict, repr=False)
    # Paths of the files, also those of videos, that were found as the index says.
    _as_indexed: set[str] = field(default_factory=set, repr=False)
    # What the label file of each track says besides labels, as it was read last.
    _work: dict[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    # Made while the disk answers: where it lies depends on the real path.
    _index: LaneIndex | None = field(default=None, repr=False)
    # Names of deleted classes, by their ids, and the label files that have them.
    _former: dict[int, str] = field(default_factory=dict, repr=False)
    _of_former: dict[str, set[str]] = field(default_factory=dict, repr=False)
    # What ``project.json`` said when only some videos were read, and of each video.
    _entries: tuple[Stamp | None, dict[str, Any], dict[str, Any]] | None = field(
        default=None, repr=False
    )
    # Whether only some of the videos were read.
    _partial: bool = field(default=False, repr=False)

    def load(self) -> Project:
        """Read the project.

        Raises
        ------
        BrokenProject
            Where the folder is no project, or its ``project.json`` is damaged.
        ProjectError, FormatError
            Where the disk does not answer, or a newer skelseg wrote it.
        """
        raw = self._raw()
        self._unread.clear()
        self._as_indexed.clear()
        self._work.clear()
        index = self._index = LaneIndex(self.root)
        self._indexed, self._read_now = index.read(), {}
        with _uncollected():
            found = self._with_lost_classes(self._project_of(raw))
            project = repaired(found)
        self.notes += told_apart_in_words(project, told_apart(project, found))
        self._partial = False
        gone = self._indexed.keys() - self._as_indexed
        if gone or self._read_now:
            index.write(self._read_now, gone - self._read_now.keys())
        self._read_now = {}
        return project

    def _with_lost_classes(self, project: Project) -> Project:
        """Make classes again that label files have and ``project.json`` lacks; say so.

        It went back alone, as by a checkout of that file: were their ids given to other
        classes, the labels would be of these.
        """
        lanes = (lane for v in project.tracks for lane in v.lanes.values())
        project, lost = with_used_classes(project, lanes)
        if lost:
            self.notes.append(
                f"Labels use classes that {self.project_file.name} does not have: "
                f"{', '.join(lost)}. They are kept under these names; rename them, or "
                f"restore {self.project_file.name} from a backup."
            )
        return project

    def track_of(
        self,
        entry: Mapping[str, Any],
        video: Video,
        known: Mapping[str, Segmentation],
        project: Project,
    ) -> Track:
        """Make a track of its entry; lanes that are not ``known`` are read.

        Raises
        ------
        KeyError, TypeError, ValueError, EditError
            Where the entry is damaged.
        ProjectError
            Where the disk does not answer.
        """
        files = _WithKnown(self, known)
        item = track_from_json(entry, video, files, project.label_map)
        self._leave_damaged(item)
        return item

    def load_only(
        self,
        video_ids: Collection[str],
        all_lanes: bool = True,
        all_tracks: bool = False,
    ) -> Project:
        """Read the project with only these videos, to look at and not to save.

        Parameters
        ----------
        video_ids : collection of str
        all_lanes : bool
            Read more of them than the annotation: other annotators, too.
        all_tracks : bool
            Read the other tracks of the same videos, too.

        Raises
        ------
        ProjectError, FormatError
            As `load`; where there is no such video, `Project.video` says which are.
        """
        raw, entries = self._known_entries()
        wanted = set(video_ids)
        if all_tracks:
            films = {video["id"] for i in wanted if (video := entries.get(i))}
            wanted |= {name for name, video in entries.items() if video["id"] in films}
        if not entries.keys() >= wanted:
            return self.load()
        self.notes.clear()
        self._partial = True
        chosen = {entries[i]["id"]: entries[i] for i in entries if i in wanted}
        videos = []
        for video in chosen.values():
            own = [e for e in track_entries(video) if e["id"] in wanted]
            if not all_lanes:
                own = [{**entry, "annotators": []} for entry in own]
            videos.append({**video, "tracks": own})
        return self._project_of({**raw, "videos": videos})

    def _known_entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what ``project.json`` says, and the video of each track, by its id."""
        stamp = stamp_of(self.project_file)
        if self._entries is None or stamp is None or self._entries[0] != stamp:
            raw = self._raw()
            self._entries = stamp, raw, _videos_of_tracks(raw)
        _, raw, entries = self._entries
        return raw, entries

    def track_ids(self) -> list[str]:
        """List the ids of the tracks, without reading their labels."""
        return list(_videos_of_tracks(self._raw()))

    def outline(self) -> Project:
        """Read which videos and tracks there are, without their labels.

        Raises
        ------
        ProjectError
            As `load`.
        """
        where = str(self.project_file)
        return project_from_json(self._raw(), _NoFiles(), where, of_newer=True)

    def _raw(self) -> dict[str, Any]:
        """Read the plain values of ``project.json``."""
        if not self.project_file.is_file():
            raise BrokenProject("{} {}", self.root, self._why_none())
        # Before it is read: what somebody writes meanwhile is not taken for seen.
        stamp = stamp_of(self.project_file)
        data = bytes_of(self.project_file) or b""
        try:
            raw = read_json(self.project_file)
        except FormatError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in OF_ONE_FILE:
                raise
            raise BrokenProject(
                "{}; restore it from a backup.", damage_of(error)
            ) from error
        if not isinstance(raw, dict):
            raise BrokenProject(
                "{} is not a skelseg project; restore it from a backup.",
                self.project_file,
            )
        self.files.note(self.project_file, digest_of(data), stamp)
        self.notes.clear()
        self.read_only = ""
        return raw

    def _project_of(self, raw: Mapping[str, Any]) -> Project:
        where = str(self.project_file)
        self._former = _former_classes(raw)
        self._of_former.clear()
        self._note_newer(raw)
        project = project_from_json(raw, self, where, of_newer=True)
        self.leave_damaged(project)
        damaged = [video.why_damaged for video in project.videos if video.damage]
        self.notes += damaged[:MOST_NOTES]
        self._say_former()
        return project

    def leave_damaged(self, project: Project) -> None:
        """Count damaged label files as not read: who writes one keeps it beside."""
        for item in project.tracks:
            self._leave_damaged(item)

    def _leave_damaged(self, item: Track) -> None:
        for name in item.missing & item.damaged.keys():
            self.files.forget(self.person_path(item.id, name))

    def path_of_part(self, part: str) -> Path | None:
        """Return the file that holds a part alone; None for ``project.json``."""
        place = label_file_of_part(part)
        if place is not None:
            return self.person_path(*place)
        video_id = about_of_part(part)
        return self.about_path(video_id) if video_id else None

    def _note_newer(self, raw: Mapping[str, Any]) -> None:
        """Note whether a newer skelseg wrote ``project.json``."""
        said = ""
        with contextlib.suppress(KeyError, ValueError):  # said by who reads on
            said = newer(SCHEMA, raw, self.project_file.name)
        if said:
            self.read_only = (
                f"{said}: you can look at the parts that this version knows, but "
                "change nothing here, because the rest would be lost; update skelseg."
            )

    def _why_none(self) -> str:
        if self.root.is_file():
            return "is a file, not a skelseg project; choose the folder of a project."
        if not self.root.exists():
            if self.root.suffix:
                # Most likely the path of a video.
                return "does not exist; check the path."
            return "is not a skelseg project: there is no such folder; check the path."
        if self.project_file.is_dir():
            return "has a folder in place of project.json; restore it from a backup."
        return (
            "is not a skelseg project (it has no project.json); choose another "
            "folder or make a new project."
        )

    def lanes_of(
        self,
        track: Mapping[str, Any],
        n_frames: int,
        known: Mapping[str, Segmentation] = _NO_LANES,
    ) -> ReadLabels:
        """Read the segments of one track's lanes, and which lanes' files are gone.

        Every track gets a label file when it is added. Where that file is gone (a
        folder copied in part, a broken link) or damaged (a power cut, conflict marks of
        git) the labels are unknown, not unlabelled. The files of lanes that are
        ``known`` are not looked at.
        """
        track_id = str(track["id"])
        annotators = [annotator_lane(str(n)) for n in track.get("annotators", ())]
        lanes: dict[str, Segmentation] = {}
        missing = set()
        damaged: dict[str, str] = {}
        for name in (ANNOTATION, *annotators):
            lane = known.get(name)
            try:
                lane = lane or self._whole_lane(track_id, name, n_frames)
            except FormatError as error:
                damaged[name] = damage_of(error)
            if lane is None:
                lane = Segmentation.unlabelled(n_frames)
                missing.add(name)
                self._note_absent(self.person_path(track_id, name))
            lanes[name] = lane
        work = {} if ANNOTATION in known else self._work.get(track_id, {})
        return ReadLabels(lanes, frozenset(missing), work, damaged)

    def said_of(self, video: Video, skeleton: str) -> Video:
        """Give a video what its file says, or why that is damaged.

        There is no file as long as nobody said anything.

        Raises
        ------
        ProjectError
            Where the disk does not answer.
        """
        path = self.about_path(video.id)
        # Before it is read: what somebody writes meanwhile is not taken for seen.
        stamp = stamp_of(path)
        to_index = not self.read_only and is_settled(stamp)
        row = self._indexed.get(str(path))
        if row is not None and row.stamp == stamp:
            with contextlib.suppress(FormatError, ValueError):  # read the file then
                said = with_said(
                    video, msgspec.json.decode(row.work), skeleton, str(path)
                )
                self._as_indexed.add(str(path))
                self.files.note(path, row.digest, stamp)
                return said
        try:
            if stamp is None and not path.exists():
                return video
            data = bytes_of(path)
            raw = read_json(path, data=data)
            values = said_of_file(raw, str(path), bool(self.read_only))
            said = with_said(video, values, skeleton, str(path))
        except PermissionError as error:
            self.files.forget(path)
            return replace(video, damage=damage_of(unreadable(path, error)))
        except FormatError as error:
            # A disk that does not answer says nothing of one file.
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in OF_ONE_FILE:
                raise ProjectError("{}", error) from error
            self.files.forget(path)
            return replace(video, damage=damage_of(error))
        digest = digest_of(data or b"")
        self.files.note(path, digest, stamp)
        if stamp is not None and to_index:
            row = IndexedFile(stamp, digest, "", json.dumps(values))
            self._read_now[str(path)] = row
        return said

    def _note_absent(self, path: Path) -> None:
        """Say of the first label files that are pointers how their content is got."""
        said = absent_content(path)
        told = sum(note.startswith("The content of ") for note in self.notes)
        if said and told < MOST_NOTES:
            self.notes.append(f"{said} Then read the labels again.")

    def _whole_lane(
        self, video_id: str, name: str, n_frames: int
    ) -> Segmentation | None:
        """Read a lane of a video of so many frames; None where its file is gone.

        Raises
        ------
        FormatError
            Where the file is damaged, not permitted or of a newer skelseg.
        ProjectError
            Where the disk does not answer.
        """
        try:
            lane = self._read_lane(video_id, name)
        except FormatError as error:
            # A disk that does not answer says nothing of one file.
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in OF_ONE_FILE:
                raise ProjectError("{}", error) from error
            raise
        if lane is not None and lane.n_frames != n_frames:
            raise FormatError(
                "{} covers {:,} frames, the video has {:,}; restore it from a copy.",
                self.person_path(video_id, name),
                lane.n_frames,
                n_frames,
            )
        return lane

    def _read_lane(self, video_id: str, name: str) -> Segmentation | None:
        """Read the file of an annotation or annotator's lane; None where it is gone."""
        path = self.person_path(video_id, name)
        stamp = stamp_of(path)
        if name == ANNOTATION:
            self._work.pop(video_id, None)
        known = self._known(path, stamp, self._read_again)
        if known is not None:
            if name == ANNOTATION:
                told = self._indexed[str(path)].work
                self._work[video_id] = msgspec.json.decode(told) if told else {}
            self._note_former(path, known)
            return known
        if not _is_file(path):
            return None
        # Before it is read: what somebody writes meanwhile is not taken for seen.
        to_index = not self.read_only and is_settled(stamp)
        data = bytes_of(path)
        if data is not None and pointer_sentence(path, data[:200]):
            return None
        raw = read_json(path, data=data)
        if data is None:
            # The first read failed and the second did not: the bytes are needed too.
            data = bytes_of(path)
        if data is None:
            raise ProjectError("{} cannot be read now; open the project again.", path)
        lane = labels_from_json(raw, str(path), of_newer=bool(self.read_only))
        digest = digest_of(data)
        self.files.note(path, digest, stamp)
        self._note_former(path, lane)
        work = work_of_labels(raw) if name == ANNOTATION else {}
        if name == ANNOTATION:
            self._work[video_id] = work
        # The index does not say by whom a file is.
        if stamp is not None and to_index:
            told = json.dumps(work) if work else ""
            said = IndexedFile(stamp, digest, numbers_of(lane), told, data)
            self._read_now[str(path)] = said
        return lane

    def _note_former(self, path: Path, lane: Segmentation) -> None:
        """Note a label file that names classes that were deleted.

        They went out of all label files then: somebody else wrote this one, or put an
        older one there.
        """
        used = {i for i in lane.class_counts if i is not None} & self._former.keys()
        if used:
            self.files.keep(path)
            names = {self._former[i] for i in used}
            self._of_former.setdefault(path.name, set()).update(names)

    def _say_former(self) -> None:
        if self._of_former:
            files, named = [*self._of_former], set().union(*self._of_former.values())
            more = ", …" if len(files) > MOST_NOTES else ""
            self.notes.append(
                f"Label files use deleted classes ({', '.join(named)}): "
                f"{', '.join(files[:MOST_NOTES])}{more}. Their labels are shown as "
                "what these classes became; copies of the files are kept when they "
                "are written."
            )

    def _known(
        self, path: Path, stamp: Stamp | None, read: Callable[[Path, str], Segmentation]
    ) -> UnreadLane | None:
        """Return a lane that is not read, as the index knows these bytes; or None."""
        key = str(path)
        found = self._indexed.get(key)
        if found is None or found.stamp != stamp:
            return None
        if key in self._unread and self.files.digest(path) in ("", found.digest):
            return self._unread[key]
        try:
            lane = UnreadLane(partial(read, path, found.digest), found.numbers)
            if found.work and not isinstance(msgspec.json.decode(found.work), dict):
                return None
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            return None
        self._unread[key] = lane
        self._as_indexed.add(key)
        self.files.note(path, found.digest, stamp)
        return lane

    def _read_again(self, path: Path, digest: str) -> Segmentation:
        """Read an `UnreadLane` when its segments are asked for."""
        data = bytes_of(path)
        if data is None or digest_of(data) != digest:
            index, key = self._index or LaneIndex(self.root), str(path)
            if stamp_of(path) == self._indexed[key].stamp:
                # A disk that does not tell when files change: the next opening reads.
                index.write({}, [key])
            data = index.data_of(key, digest)
        if data is None:
            raise ProjectError(
                "Another program changed or removed {} since the project was opened; "
                "close the project and open it again.",
                path,
            )
        return labels_from_json(json.loads(data), str(path))

    def kept_lane(self, video_id: str, name: str) -> Segmentation | None:
        """Return a person's lane as it was when the project was opened, without disk.

        None where this computer has not kept the bytes of its file.
        """
        path = str(self.person_path(video_id, name))
        found = self._indexed.get(path)
        if found is None or self._index is None:
            return None
        data = self._index.data_of(path, found.digest)
        return None if data is None else labels_from_json(json.loads(data), path)

    def find_missing(
        self, project: Project
    ) -> Task[dict[str, dict[str, Segmentation]]]:
        """Find the missing lanes of a project whose file is there again, and whole.

        Returns
        -------
        dict of dict of Segmentation
            By video and lane, for `with_found`.

        Raises
        ------
        FormatError
            Where none was found, and one is damaged that was not there.
        ProjectError
            Where one cannot be read now.
        """
        found: dict[str, dict[str, Segmentation]] = {}
        damage: FormatError | None = None
        items = [item for item in project.tracks if item.missing]
        for n, item in enumerate(items):
            yield Progress(Said("labels of {}", item.called), n, len(items))
            for name in item.missing:
                try:
                    lane = self._whole_lane(item.id, name, item.n_frames)
                    if name == ANNOTATION:
                        self._with_work_said(item, project)
                except FormatError as error:
                    self.files.forget(self.person_path(item.id, name))
                    damage = damage if name in item.damaged else error
                    continue
                if lane is not None:
                    found.setdefault(item.id, {})[name] = lane
        if damage is not None and not found:
            raise damage
        return found

    def with_found(
        self, project: Project, found: Mapping[str, Mapping[str, Segmentation]]
    ) -> Project:
        """Set lanes that `find_missing` found, and what their files say besides.

        What was said of a video since stays; its file is kept beside when it is
        written.
        """
        made = labels_found(project, found)
        for video_id, lanes in found.items():
            item = made.find(video_id)
            if ANNOTATION not in lanes or item is None:
                continue
            theirs = self._with_work_said(item, made)
            if not has_work(item):
                made = made.with_tracks(theirs)
            elif not same_work(theirs, item):
                self.files.keep(self.labels_path(video_id))
        return made

    def _with_work_said(self, item: Track, project: Project) -> Track:
        """Give a track what its label file says besides labels."""
        where = str(self.labels_path(item.id))
        theirs = with_work_of_labels(item, self._work.get(item.id, {}), where)
        return theirs.with_marks_moved(project.moves)


@dataclass
class _WithKnown:
    """Files of a project some lanes of which need not be read."""

    files: FolderReader
    known: Mapping[str, Segmentation]

    def lanes_of(self, track: Mapping[str, Any], n_frames: int) -> ReadLabels:
        return self.files.lanes_of(track, n_frames, self.known)

    def said_of(self, video: Video, skeleton: str) -> Video:
        return self.files.said_of(video, skeleton)


def _is_file(path: Path) -> bool:
    """Tell whether a label file is there.

    Raises
    ------
    FormatError
        Where it is a folder, or lies in one that may not be read.
    OSError
        Where the disk does not answer: unreachable labels are not missing.
    """
    try:
        if path.is_dir():
            raise FormatError("{} is a folder.", path)
        return path.is_file()
    except PermissionError as error:
        raise unreadable(path, error) from error


def _videos_of_tracks(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entry of the video of each track of ``project.json``, by its id."""
    found: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(KeyError, TypeError, AttributeError):  # said by load
        for video in raw["videos"]:
            found.update((str(e["id"]), video) for e in track_entries(video))
    return found


class _NoFiles:
    """Leave videos unlabelled, whatever their files say."""

    def lanes_of(self, track: Mapping[str, Any], n_frames: int) -> ReadLabels:
        lanes = {ANNOTATION: Segmentation.unlabelled(n_frames)}
        return ReadLabels(lanes, frozenset())

    def said_of(self, video: Video, skeleton: str) -> Video:
        return video


def _former_classes(raw: Mapping[str, Any]) -> dict[int, str]:
    """Return the names of the classes that were deleted, by their ids."""
    former = raw.get("former_classes")
    return {
        c["id"]: str(c.get("name"))
        for c in (former if isinstance(former, list) else ())
        if isinstance(c, dict) and isinstance(c.get("id"), int)
    }
