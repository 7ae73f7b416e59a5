"""Recovery: the edits of sessions that were cut off, brought back at the next opening.

The journals are on this computer, the project may be on a disk that others write to. A
journal says what the project was when the session saved it last, and what it was in the
end; the files say what it is now. Where these have something else than the session ever
had, somebody else wrote it, and the two are merged. What both changed is as the session
left it, and the other version is kept beside under another name; a sentence says so.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.labels.edits import remap_classes
from skelseg_core.project.class_merge import brought_back
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_writing import listed
from skelseg_core.project.journal import Journal
from skelseg_core.project.json import labels_text, project_text, project_to_json
from skelseg_core.project.merge import ProjectMerge, merge_projects
from skelseg_core.project.outside import MergedChange
from skelseg_core.project.part_changes import lane_of_part, video_of_part
from skelseg_core.project.parts import value_of, with_parts
from skelseg_core.project.project import Project, set_lane
from skelseg_core.project.recorded_session import (
    VERSION,
    FollowedParts,
    RecordedSession,
    followed,
    read_session,
)
from skelseg_core.project.recovered_edits import EditsElsewhere, RecoveredEdits
from skelseg_core.project.seen_files import keep_beside
from skelseg_core.project.session_journals import (
    DeadSession,
    OtherFolder,
    dead_sessions,
    other_folder,
    prune,
    was_given,
)

_log = logging.getLogger(__name__)


@dataclass
class _Found:
    """Edits that were found so far, and what is to be said of them."""

    project: Project
    on_disk: Project
    n_edits: int = 0
    videos: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elsewhere: list[EditsElsewhere] = field(default_factory=list)
    # Videos that somebody else had changed, and what both had.
    joined: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    # Versions of somebody else that are to be kept beside ours.
    theirs: list[tuple[Path, bytes]] = field(default_factory=list)
    done: list[DeadSession] = field(default_factory=list)


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
        tuple(found.elsewhere),
    )


def bring_in(
    folder: ProjectFolder, project: Project, path: Path
) -> tuple[Project, tuple[str, ...], tuple[str, ...]]:
    """Make the edits of a session of another folder in this project.

    Returns
    -------
    Project
        With these edits; nothing is written.
    tuple of str
        What both had changed and is as in these edits now.
    tuple of str
        Sentences on classes that one had deleted and that stay.

    Raises
    ------
    SkelsegError
        Where the journal cannot be read or does not fit.
    """
    merged, _ = _merged(folder, project, read_session(path))
    frames = [c.video_id for c in merged.conflicts]
    both = (*dict.fromkeys(frames), *merged.both_changed)
    return merged.project, both, merged.notes


def _n_edits(path: Path) -> int:
    with contextlib.suppress(Exception):
        return len(read_session(path).unsaved)
    return 0


def _not_brought_back(n: int, error: Exception, kept: Path) -> str:
    """Say that edits could not be brought back, and where they are kept."""
    why = str(error).rstrip(".") if isinstance(error, SkelsegError) else "it is damaged"
    edits = f"{n:,} edits" if n else "The edits"
    return (
        f"{edits} of a session that was cut off could not be brought back ({why}); "
        f"they are kept in {kept}, and the project is as its files say."
    )


def _bring_back(folder: ProjectFolder, found: _Found, session: DeadSession) -> None:
    """Bring back the edits of one session into the project as found so far."""
    session.recorded = recorded = read_session(session.path)
    n = len(recorded.unsaved)
    place = recorded.place if n else None
    other = other_folder(place, folder, found.project.uuid)
    if place is not None and other is not OtherFolder.NONE:
        is_there = other is OtherFolder.THERE
        if not was_given(recorded, folder):
            found.elsewhere.append(EditsElsewhere(place, session.path, n, is_there))
        session.let_go()
        return
    session.lost = recorded.n_damaged
    if n:
        merged, parts = _merged(folder, found.project, recorded)
        # What cannot be written is refused here, where the journal is still there.
        project_text(project_to_json(merged.project)).encode()
        session.lost += parts.n_left_out
        found.n_edits += n - parts.n_left_out
        _note_merge(folder, found, merged, parts)
        found.videos += [v for v in map(video_of_part, parts.known) if v]
        found.project = merged.project
    found.done.append(session)


def _merged(
    folder: ProjectFolder, project: Project, recorded: RecordedSession
) -> tuple[ProjectMerge, FollowedParts]:
    """Merge what a session made with what the project is now."""
    if max((int(r["v"]) for r in recorded.records), default=VERSION) > VERSION:
        raise ProjectError("a newer skelseg wrote them, update skelseg")
    parts = followed(
        recorded,
        lambda part: value_of(project, part),
        lambda *lane: folder.key_of(folder.person_path(*lane)),
    )
    foreign = {p: v for p, v in parts.known.items() if p not in parts.met}
    base = with_parts(project, foreign, folder)
    mine = with_parts(project, parts.final, folder)
    # Somebody else may have deleted a class that labels of ours have: the merge tells
    # whether it stays, or what they became.
    lanes = [lane for lane in map(lane_of_part, parts.known) if lane is not None]
    used = set(_used_classes(mine, lanes))
    base = _with_classes(base, used | set(_used_classes(base, lanes)))
    mine = _with_classes(mine, used)
    base, mine = _without_later_labels(base, mine, lanes)
    return merge_projects(base, mine, project), parts


def _with_classes(project: Project, used: set[int]) -> Project:
    label_map = brought_back(project.label_map, used)
    same = label_map is project.label_map
    return project if same else replace(project, label_map=label_map)


def _without_later_labels(
    base: Project, mine: Project, lanes: Sequence[tuple[str, str]]
) -> tuple[Project, Project]:
    """Take labels of classes that the session deleted out of lanes that it left alone.

    Where it deleted a class it changed all lanes that had it: what others have it now
    got it since, from somebody else.
    """
    deleted = set(base.label_map.ids) - set(mine.label_map.ids)
    nothing = dict.fromkeys(deleted)
    for item in base.videos if deleted else ():
        for name, lane in item.lanes.items():
            other = mine.find(item.id)
            if (item.id, name) in lanes or not deleted & lane.class_counts.keys():
                continue
            earlier = remap_classes(lane, nothing)
            base = set_lane(base, item.id, name, earlier)
            if other is not None and name in other.lanes:
                mine = set_lane(mine, item.id, name, earlier)
    return base, mine


def _used_classes(project: Project, lanes: Iterable[tuple[str, str]]) -> Iterator[int]:
    for video_id, name in lanes:
        item = project.find(video_id)
        if item is not None and name in item.lanes:
            yield from (i for i in item.lanes[name].class_counts if i is not None)


def _note_merge(
    folder: ProjectFolder, found: _Found, merged: ProjectMerge, parts: FollowedParts
) -> None:
    """Collect whose work was joined with ours, and what is to be kept beside it."""
    # No file may have theirs: another session of ours that was cut off made them.
    theirs = {(c.video_id, c.lane): c.theirs for c in merged.conflicts}
    before = found.project
    for lane in filter(None, map(lane_of_part, parts.pasted)):
        if (item := before.find(lane[0])) is not None and lane[1] in item.lanes:
            theirs.setdefault(lane, item.lanes[lane[1]])
    for (video_id, name), segments in sorted(theirs.items(), key=lambda t: t[0]):
        text = labels_text(video_id, segments)
        found.theirs.append((folder.person_path(video_id, name), text.encode()))
    if merged.both_changed:
        text = project_text(project_to_json(before))
        found.theirs.append((folder.project_file, text.encode()))
    found.notes += merged.notes
    found.both += [*sorted({video for video, _ in theirs}), *merged.both_changed]
    foreign = [p for p in parts.known if p not in parts.met]
    videos = [v for v in dict.fromkeys(map(video_of_part, foreign)) if v]
    for video_id in videos:
        now = merged.project.find(video_id)
        if now is not None and now is not before.find(video_id):
            found.joined.append(video_id)


def _save(folder: ProjectFolder, found: _Found, journal: Journal) -> None:
    """Write what was brought back, and close the journals that it came from."""
    told: list[MergedChange] = []
    try:
        kept = [keep_beside(path, data) for path, data in found.theirs]
        if found.project is not found.on_disk:
            # As every save: merged with what others wrote since, and what somebody
            # else labels now is left as it is and ours kept beside.
            found.notes += folder.save(
                found.project, found.on_disk, on_merged=told.append
            )
    except ProjectError as error:
        # Nothing is lost: the journals stay until a save of this session succeeds, and
        # that keeps beside first what others wrote.
        folder.to_keep += found.theirs
        found.notes.append(str(error))
        for session in found.done:
            journal.keep_until_saved(session)
        return
    for merged in told:
        found.project = merged.project
        kept += merged.kept
        found.both += sorted(
            {path.stem.partition(".conflict-")[0] for path in merged.kept}
        )
    found.on_disk = found.project
    _say(folder, found, list(dict.fromkeys(kept)))
    _finish(found)


def _say(folder: ProjectFolder, found: _Found, kept: list[Path]) -> None:
    both = list(dict.fromkeys(found.both))
    joined = [v for v in dict.fromkeys(found.joined) if v not in both]
    if joined:
        found.notes.append(
            "Your edits of the session that was cut off were joined with what somebody "
            f"else had changed meanwhile in {listed(joined)}."
        )
    if both:
        named = listed([folder.key_of(p) for p in kept])
        found.notes.append(
            "Your edits of the session that was cut off and what somebody else changed "
            f"meanwhile do not fit together ({listed(both)}); yours are in the "
            f"project, what they wrote is kept as {named}."
        )


def _finish(found: _Found) -> None:
    for session in found.done:
        session.finish()
        if session.lost:
            found.notes.append(
                f"Edits of the session that was cut off ({session.lost:,}) are "
                "damaged, or build on damaged ones, and were left out; its journal is "
                f"kept as {session.path}."
            )
