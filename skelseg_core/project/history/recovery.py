"""Recovery: the edits of sessions that were cut off, brought back at the next opening.

A journal says every value that the session gave a part of the project, and the files
say what it is now. A part that has one of these values was changed by nobody else: it
gets the last one. Where it has another value somebody else wrote it, which stays, and
what the session made is kept beside it as a file; a sentence says so.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_writing import going_name
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recorded_session import (
    VERSION,
    RecordedSession,
    followed,
    read_session,
)
from skelseg_core.project.history.recovered_edits import RecoveredEdits
from skelseg_core.project.history.session_journals import (
    DeadSession,
    dead_sessions,
    is_other_folder,
    may_come_back,
    prune,
)
from skelseg_core.project.json import (
    SCHEMA,
    label_head,
    labels_from_json,
    labels_text,
    project_text,
    project_to_json,
    said_text,
    track_to_json,
    work_to_json,
)
from skelseg_core.project.part_changes import (
    ORDERS,
    about_of_part,
    class_of_part,
    label_file_of_part,
    lane_of_part,
    lane_part,
    track_of_part,
    track_part,
    video_of_part,
    work_part,
)
from skelseg_core.project.parts import (
    lanes_of_annotators,
    same_value,
    value_of,
    with_parts,
)
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.seen_files import bytes_of, digest_of, keep_beside
from skelseg_core.project.tracks import TrackId, VideoId, video_hold
from skelseg_core.said import counted, listed
from skelseg_core.text_files import read_json

_log = logging.getLogger(__name__)


@dataclass
class _Found:
    """Edits that were found so far, and what is to be said of them."""

    project: Project
    on_disk: Project
    n_edits: int = 0
    videos: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # What the sessions made of files that somebody else has written since.
    beside: list[tuple[Path, bytes]] = field(default_factory=list)
    done: list[DeadSession] = field(default_factory=list)


@dataclass(frozen=True)
class Replay:
    """Edits of one session made in a project as it is now.

    ``mine`` is the project as the session left it, also in the parts ``others``, which
    somebody else changed: here with the values that the session gave them.
    """

    project: Project
    mine: Project
    parts: tuple[str, ...]
    others: Mapping[str, Any]
    n_left_out: int
    notes: tuple[str, ...]


def recover(
    folder: ProjectFolder, project: Project, journal: Journal
) -> RecoveredEdits:
    """Bring back the edits that did not reach the project's files, and save them.

    Whatever is wrong with a journal, the project opens: without its edits, and the
    journal is kept.

    Parameters
    ----------
    folder : ProjectFolder
        That the project was loaded from.
    project : Project
        What its files say.
    journal : Journal
        Of the session that begins; those of sessions that ended lie beside it.
    """
    found = _Found(project, project)
    for session in dead_sessions(journal):
        try:
            _bring_back(folder, found, session)
        except Exception as error:
            # A journal may be damaged in more ways than can be named here.
            _log.warning("%s was not replayed", session.path, exc_info=True)
            n = _n_edits(session.path)
            found.notes.append(_not_brought_back(n, error, session.set_aside()))
    _save(folder, found, journal)
    prune(journal.path.parent)
    return RecoveredEdits(
        found.project,
        found.on_disk,
        found.n_edits,
        tuple(dict.fromkeys(found.notes)),
        tuple(dict.fromkeys(found.videos)),
    )


def _n_edits(path: Path) -> int:
    with contextlib.suppress(Exception):
        return len(read_session(path).unsaved)
    return 0


def _not_brought_back(n: int, error: Exception, kept: Path) -> str:
    """Say that edits could not be brought back, and where they are kept."""
    why = str(error).rstrip(".") if isinstance(error, SkelsegError) else "it is damaged"
    edits = counted(n, "edit") if n else "The edits"
    return (
        f"{edits} of an interrupted session could not be restored ({why}), and can be "
        f"found in {kept}. The project is as its files are."
    )


def _bring_back(folder: ProjectFolder, found: _Found, session: DeadSession) -> None:
    """Bring back the edits of one session into the project as found so far."""
    session.recorded = recorded = read_session(session.path)
    n = len(recorded.unsaved)
    place = recorded.place if n else None
    if place is not None and (
        is_other_folder(place, folder, found.project.uuid) or may_come_back(place)
    ):
        found.notes.append(_ELSEWHERE.format(n, place, session.path))
        session.let_go()
        return
    session.lost = recorded.n_damaged
    if n:
        made = replayed(folder, found.project, recorded)
        # What cannot be written is refused here, where the journal is still there.
        project_text(project_to_json(made.project)).encode()
        for video_id in filter(None, map(about_of_part, made.parts)):
            if made.project.has_video(video_id):
                said_text(made.project.video(video_id)).encode()
        session.lost += made.n_left_out
        found.n_edits += n - made.n_left_out
        found.beside += _beside(folder, made)
        found.notes += made.notes
        found.videos += filter(None, map(track_of_part, made.parts))
        held = filter(None, map(video_of_part, made.parts))
        found.videos += (video_hold(VideoId(video_id)) for video_id in held)
        found.project = made.project
    found.done.append(session)


def replayed(
    folder: ProjectFolder, project: Project, recorded: RecordedSession
) -> Replay:
    """Make what a session made in a project, where nobody else changed it since.

    Raises
    ------
    SkelsegError
        Where its journal does not fit.
    """
    if any(int(r["v"]) != VERSION for r in recorded.records):
        raise ProjectError("another version of skelseg wrote them")
    parts = followed(recorded, lambda part: _value_of(project, part))
    mine: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for part, value in parts.final.items():
        now = _value_of(project, part)
        fits = _is_missing(project, part) or _fits(part, parts.had[part], now)
        (mine if fits else others)[part] = value
    # Labels of a class whose id is that of another by now would be of this one.
    added = (part for part in others if parts.had[part][0] is None)
    taken = {class_of_part(part) for part in added} - {None}
    for part in [part for part in mine if lane_of_part(part) is not None]:
        if mine[part] is not None and not taken.isdisjoint(mine[part].class_counts):
            others[part] = mine.pop(part)
    left_out, said = _without_gone(project, mine)
    n_left_out = min(parts.n_left_out + left_out, len(recorded.unsaved))
    _note_seen(folder, project, parts.had)
    made, back = _made(project, mine, folder)
    whole, _ = _made(project, {**mine, **others}, folder)
    notes = (*said, *(_BACK.format(name) for name in back))
    return Replay(made, whole, tuple(mine), others, n_left_out, notes)


def _value_of(project: Project, part: str) -> Any:
    """Return the value of a part; a damaged file of a video counts as an empty one.

    It may be the write of these very edits that was cut off.
    """
    video_id = about_of_part(part)
    damaged = video_id and project.has_video(video_id)
    return (
        {} if damaged and value_of(project, part) is None else value_of(project, part)
    )


_ELSEWHERE = (
    "Unsaved edits ({:,}) were made in {}, another folder of this project; they come "
    "back when the project is opened there, and are kept in {}."
)
_BACK = "The class '{}' is back, because labels use it."
_NOT_SAID = (
    "The label file of {} is gone: its unsaved marks, decisions and the like were not "
    "restored."
)
_NOTHING_ELSE = (
    "The label file of {} was gone: it was restored with the labels of an "
    "interrupted session, but without its marks, decisions and the like."
)


def _without_gone(project: Project, mine: dict[str, Any]) -> tuple[int, list[str]]:
    """Leave out what was said of videos whose label file is gone, and count and say it.

    Once the file is there again nobody would see it.
    """
    n, notes = 0, []
    for item in project.tracks:
        if ANNOTATION not in item.missing:
            continue
        work, lane = work_part(item.id), lane_part(item.id, ANNOTATION)
        if mine.get(work) is not None and mine.get(lane) is None:
            del mine[work]
            n += 1
            notes.append(_NOT_SAID.format(item.id))
        elif mine.get(lane) is not None and mine.get(work) is None:
            notes.append(_NOTHING_ELSE.format(item.id))
    return n, notes


def _made(
    project: Project, values: Mapping[str, Any], folder: ProjectFolder
) -> tuple[Project, tuple[str, ...]]:
    made = with_parts(project, values, folder)
    return with_used_classes(made, _lanes(made, values), project.label_map)


def _lanes(project: Project, parts: Iterable[str]) -> list[Segmentation]:
    """List the lanes of people that parts touch: of all videos where one is of none."""
    ids = {track_of_part(p) for p in parts if not video_of_part(p)}
    items = project.tracks if "" in ids else map(project.find, ids)
    return lanes_of_annotators(item for item in items if item is not None)


def _note_seen(
    folder: ProjectFolder, project: Project, had: Mapping[str, Sequence[Any]]
) -> None:
    """Take files of lanes for seen that a save wrote and project.json does not name.

    Else a save would keep them beside, as somebody else's.
    """
    for part, values in had.items():
        lane = lane_of_part(part)
        if lane is None or value_of(project, part) is not None:
            continue
        path = folder.person_path(*lane)
        data = bytes_of(path)
        works: list[Mapping[str, Any]] = [{}]
        heads: list[Mapping[str, Any]] = [{}]
        if lane[1] == ANNOTATION:
            works += filter(None, had.get(work_part(lane[0]), ()))
            tracks = filter(None, had.get(track_part(lane[0]), ()))
            heads = [*map(label_head, tracks)] or heads
        lanes = [v for v in values if v is not None]
        for head, work, value in product(heads, works, lanes):
            if data == labels_text(value, {**head, **work}).encode():
                folder.files.note(path, digest_of(data))


def _is_missing(project: Project, part: str) -> bool:
    """Tell whether the label file that says a part is gone."""
    video_id, name = label_file_of_part(part) or ("", "")
    item = project.find(video_id)
    return item is not None and name in item.missing


def _fits(part: str, had: Sequence[Any], now: Any) -> bool:
    """Tell whether nobody else changed a part: it has a value that it had."""
    if part in ORDERS or any(same_value(value, now) for value in had):
        return True
    class_id = class_of_part(part)
    if class_id is None or now is None:
        return False
    # A save that was cut off had renamed it, for another got its name.
    return any(
        value is not None
        and now == {**value, "name": going_name(value["name"], class_id)}
        for value in had
    )


def _beside(folder: ProjectFolder, made: Replay) -> list[tuple[Path, bytes]]:
    """Write what a session made of parts that somebody else changed since."""
    found: dict[Path, bytes] = {}
    for part, value in made.others.items():
        place = label_file_of_part(part)
        video_id = about_of_part(part)
        if video_id:
            if value is not None:
                text = json.dumps({"schema": SCHEMA, "video": video_id, **value})
                found[folder.about_path(video_id)] = text.encode()
        elif place is None:
            found[folder.project_file] = folder.project_text(made.mine).encode()
        elif value is not None:
            path = folder.person_path(*place)
            text = _labels_beside(path, made, *place)
            found[path] = text.encode()
    return [*found.items()]


def _labels_beside(path: Path, made: Replay, video_id: TrackId, name: str) -> str:
    """Write a label file as a session made it, also where the video is taken out."""
    item = made.mine.find(video_id)
    lane = made.others.get(lane_part(video_id, name))
    if lane is None and item is not None:
        lane = item.lanes[name]
    if lane is None:
        lane = labels_from_json(read_json(path), str(path))
    if name != ANNOTATION:
        return labels_text(lane)
    work = made.others.get(work_part(video_id))
    if not work and item is not None:
        work = work_to_json(item)
    head = {} if item is None else label_head(track_to_json(item))
    return labels_text(lane, {**head, **(work or {})})


def _said_beside(kept: list[Path]) -> list[str]:
    if not kept:
        return []
    named = listed([path.name for path in dict.fromkeys(kept)])
    return [
        "Somebody else changed what an interrupted session worked on; their version "
        f"is in the project, and that of the session is kept as {named}."
    ]


def _save(folder: ProjectFolder, found: _Found, journal: Journal) -> None:
    """Write what was brought back, and close the journals that it came from."""
    try:
        kept = [keep_beside(path, data) for path, data in found.beside]
        found.notes += _said_beside(kept)
        if found.project is not found.on_disk:
            saved = folder.save(found.project, found.on_disk)
            found.notes += saved.notes
            found.project = found.on_disk = saved.project
    except ProjectError as error:
        # Nothing is lost: the journals stay until a save of this session succeeds.
        found.notes.append(str(error))
        for session in found.done:
            journal.keep_until_saved(session)
        return
    _finish(found)


def _finish(found: _Found) -> None:
    for session in found.done:
        session.finish()
        if session.lost:
            found.notes.append(
                f"Edits of the interrupted session ({session.lost:,}) are damaged, or "
                "build on damaged ones, and were left out; its journal is kept as "
                f"{session.path}."
            )
