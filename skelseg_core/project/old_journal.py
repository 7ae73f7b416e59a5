"""Journals of earlier skelsegs (versions 1 to 4): read and replayed, never written.

One file per project and place, emptied at each save. A record holds what changed as
absolute values or as splices on earlier records of the same journal, so replay always
ends in the last recorded state. From version 2 on a record also names the digests of
the files it builds on (``base``), so that `old_recovery` recognises what somebody else
wrote into these files since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import project_from_json, segment_from_json
from skelseg_core.project.project import ANNOTATION, Project, annotator_lane
from skelseg_core.project.recorded_session import parsed_line

VERSION = 4
"""2: records say on which files they build; those before it do not. 3: segments say
what a person vouches for. 4: some say how (``vouched_by``); other records are of 3."""


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


def read_old(path: Path) -> RecordedEdit:
    """Read the file up to the first torn or damaged line.

    Raises
    ------
    ProjectError
        Where it cannot be read.
    """
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ProjectError(
            "The journal {} cannot be read: {}.", path, error.strerror
        ) from error
    found: list[dict[str, Any]] = []
    base: dict[str, str] = {}
    saved, at = 0, 0
    for line in data.splitlines(keepends=True):
        entry = parsed_line(line[:-1]) if line.endswith(b"\n") else None
        if entry is None:
            break
        at += len(line)
        if "saved" in entry:
            saved = int(entry["saved"])
        else:
            found.append(entry)
        base.update(entry.get("base", {}))
    tail = data[at:]
    if not tail:
        return RecordedEdit(found[saved:], base)
    torn = b"\n" not in tail
    return RecordedEdit(found[saved:], base, "torn" if torn else "damaged")


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


def replay_old(
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
