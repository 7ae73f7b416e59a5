"""Recovery of what an earlier skelseg recorded and did not save.

Its journal does not say what the labels were before. So recovery asks of every file
that the edits change whether it holds what the session knew: what it had read or
written last, or what a save that was under way put there. A file that holds anything
else is somebody else's work, and is kept beside ours under another name; a sentence
says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelseg_core.errors import EditError, ProjectError, SkelsegError
from skelseg_core.files import free_path
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_writing import listed
from skelseg_core.project.json import (
    labels_text,
    project_text,
    project_to_json,
    segment_from_json,
)
from skelseg_core.project.old_journal import (
    VERSION,
    RecordedEdit,
    lane_changes,
    last_lanes,
    read_old,
    replay_old,
)
from skelseg_core.project.project import Project
from skelseg_core.project.recovered_edits import RecoveredEdits
from skelseg_core.project.save_lock import save_lock
from skelseg_core.project.seen_files import keep_beside

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Change:
    """A file that the journal changes, and the values that a save may have written."""

    path: Path
    # Values a save may have written: plain values, or the segments of a lane. They are
    # made on demand: there may be thousands, and they are rarely needed.
    states: Callable[[], Iterable[Any]]
    text: Callable[[], str]
    video_id: str = ""

    def is_foreign(self, data: bytes, base: str | None) -> bool:
        """Tell whether ``data`` is neither what was there before nor ours."""
        if base is not None and hashlib.sha256(data).hexdigest() == base:
            return False
        try:
            value = json.loads(data)
            if self.video_id:
                value = lane_of(segment_from_json(s) for s in value["segments"])
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
            EditError,
        ):
            return True
        if self.video_id:
            return not any(_is_lane(value, state) for state in self.states())
        return all(value != state for state in self.states())


@dataclass
class _Plan:
    """Decision for each file that the journal changes."""

    leave: set[Path] = field(default_factory=set)
    theirs: list[_Change] = field(default_factory=list)
    # What their files held when it was read.
    bytes_there: dict[Path, bytes] = field(default_factory=dict)
    ours_beside: list[_Change] = field(default_factory=list)

    @property
    def theirs_there(self) -> list[tuple[Path, bytes]]:
        """List their files with what these held."""
        return [(c.path, self.bytes_there[c.path]) for c in self.theirs]


@dataclass
class OldSession:
    """The journal of an earlier skelseg whose edits are not saved yet."""

    path: Path
    lost: int = 0

    def finish(self) -> None:
        """Put the journal away: its edits are in the project's own files."""
        set_aside(self.path, ".recovered.jsonl")

    def let_go(self) -> None:
        """Leave the journal to the next opening."""


def recover_old(folder: ProjectFolder, project: Project, path: Path) -> RecoveredEdits:
    """Bring back the edits of an earlier skelseg, save them, and put its journal away.

    Whatever is wrong with the journal, the project opens: as its files say, and the
    journal is kept.

    Parameters
    ----------
    folder : ProjectFolder
        That the project was loaded from.
    project : Project
        What its files say.
    path : Path
        The journal.
    """
    recorded = RecordedEdit([], {})
    try:
        recorded = read_old(path)
        if not recorded.entries:
            return RecoveredEdits(project, project, 0, _torn(path, recorded))
        plan = _planned(folder, project, path, recorded)
        recovered = replay_old(project, recorded.entries, folder, plan.leave)
        project_text(project_to_json(recovered)).encode()
    except Exception as error:
        # A journal may be damaged in more ways than can be named here.
        _log.warning("the journal %s was not replayed", path, exc_info=True)
        note = _not_replayed(path, len(recorded.entries), error)
        return RecoveredEdits(project, project, 0, (note,))
    return _saved(folder, project, recovered, path, recorded, plan)


def _saved(
    folder: ProjectFolder,
    project: Project,
    recovered: Project,
    path: Path,
    recorded: RecordedEdit,
    plan: _Plan,
) -> RecoveredEdits:
    # The writing keeps them, now or at a later save where this one fails.
    folder.to_keep += plan.theirs_there
    try:
        with save_lock(project.uuid):
            # What somebody else labels now is left as it is, and ours is kept beside.
            mine, _ = folder.without_taken(recovered, project)
            beside = [keep_beside(c.path, c.text().encode()) for c in plan.ours_beside]
            kept = folder.write(mine, project)
    except ProjectError as error:
        # Nothing is lost: the journal stays until a save of this session succeeds.
        return RecoveredEdits(recovered, project, len(recorded.entries), (str(error),))
    aside = set_aside(path, ".recovered.jsonl")
    alone = ""
    if folder.project_file in {c.path for c in plan.theirs}:
        alone = _only_theirs(project, recovered)
    notes = _notes(folder, kept, beside, plan, alone)
    if recorded.tail == "damaged":
        notes += (
            "The journal of the session that was cut off is damaged after these "
            f"edits; it is kept as {aside}.",
        )
    return RecoveredEdits(mine, mine, len(recorded.entries), notes)


def _planned(
    folder: ProjectFolder, project: Project, path: Path, recorded: RecordedEdit
) -> _Plan:
    versions = {int(e.get("v", 1)) for e in recorded.entries}
    if max(versions) > VERSION:
        raise ProjectError("a newer skelseg wrote them, update skelseg")
    old, written = min(versions) < 2, path.stat().st_mtime_ns
    plan = _Plan()
    for change in _changes(folder, recorded):
        try:
            data, changed = change.path.read_bytes(), change.path.stat().st_mtime_ns
        except OSError:
            continue
        base = recorded.base.get(folder.key_of(change.path))
        if not change.is_foreign(data, base):
            continue
        if not old:
            plan.theirs.append(change)
            plan.bytes_there[change.path] = data
        elif changed > written:
            # The base of the record is unknown: the file on disk stays.
            plan.ours_beside.append(change)
            plan.leave.add(change.path)
    _add_homeless(folder, project, recorded, plan)
    return plan


def _changes(folder: ProjectFolder, recorded: RecordedEdit) -> Iterator[_Change]:
    """List the files that the records change, and what saves may have made of them."""
    metas = [e["project"] for e in recorded.entries if "project" in e]
    if metas:
        yield _Change(
            folder.project_file, lambda: metas, lambda: project_text(metas[-1])
        )
    for (video_id, name), segments in last_lanes(recorded.entries).items():
        yield _lane_change(folder, recorded, video_id, name, segments)


def _lane_change(
    folder: ProjectFolder,
    recorded: RecordedEdit,
    video_id: str,
    name: str,
    segments: tuple[Segment, ...],
) -> _Change:
    def states() -> Iterator[tuple[Segment, ...]]:
        changes = lane_changes(recorded.entries)
        return (lane for v, n, lane in changes if (v, n) == (video_id, name))

    return _Change(
        folder.person_path(video_id, name),
        states,
        lambda: labels_text(video_id, Segmentation(segments)),
        video_id,
    )


def lane_of(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Convert segments, of whichever schema, to those of a lane."""
    return Segmentation(tuple(segments)).segments


def _is_lane(lane: tuple[Segment, ...], segments: tuple[Segment, ...]) -> bool:
    """Tell whether recorded segments become this lane.

    Making a lane changes nothing but flags and is slow over thousands of records, so
    it is made only where all else is the same.
    """
    if lane == segments:
        return True
    same = len(lane) == len(segments) and all(
        (a.start, a.stop, a.class_id) == (b.start, b.stop, b.class_id)
        for a, b in zip(lane, segments, strict=True)
    )
    return same and lane == lane_of(segments)


def _add_homeless(
    folder: ProjectFolder, project: Project, recorded: RecordedEdit, plan: _Plan
) -> None:
    """Keep the lanes of videos that somebody else took out of the project."""
    metas = [e["project"] for e in recorded.entries if "project" in e]
    if metas and folder.project_file not in plan.leave:
        return  # this session took the videos out itself
    there = {v.id: set(v.person_lanes) for v in project.videos}
    beside = {c.path for c in plan.ours_beside}
    for (video_id, name), lane in last_lanes(recorded.entries).items():
        change = _lane_change(folder, recorded, video_id, name, lane)
        if name not in there.get(video_id, ()) and change.path not in beside:
            plan.theirs = [c for c in plan.theirs if c.path != change.path]
            plan.ours_beside.append(change)
            plan.leave.add(change.path)


def _notes(
    folder: ProjectFolder, kept: list[Path], beside: list[Path], plan: _Plan, alone: str
) -> tuple[str, ...]:
    notes = []
    if kept:
        videos = [c.video_id for c in plan.theirs if c.video_id]
        notes.append(
            "Your edits of the session that was cut off were brought back"
            f"{_of_videos(videos)}, but somebody else had changed the same files "
            f"meanwhile; what they wrote is kept as {_named(folder, kept)}.{alone}"
        )
    if beside:
        videos = [c.video_id for c in plan.ours_beside if c.video_id]
        notes.append(
            f"Edits of a session that was cut off{_of_videos(videos)} were not brought "
            "back into files that somebody else has changed since; yours are kept as "
            f"{_named(folder, beside)}."
        )
    return tuple(notes)


def _named(folder: ProjectFolder, paths: list[Path]) -> str:
    return listed([folder.key_of(p) for p in paths])


def _of_videos(videos: list[str]) -> str:
    return f" ({listed(list(dict.fromkeys(videos)))})" if videos else ""


def _only_theirs(theirs: Project, ours: Project) -> str:
    """Write what is in their project.json alone as a sentence, or the empty text."""
    classes = {c.id: c.name for c in ours.label_map.classes}
    parts = {
        "videos": [v.id for v in theirs.videos if not ours.has(v.id)],
        "classes": [
            c.name for c in theirs.label_map.classes if classes.get(c.id) != c.name
        ],
        "lanes": [
            f"{lane} of {v.id}"
            for v in theirs.videos
            for lane in v.lanes
            if (mine := ours.find(v.id)) is not None and lane not in mine.lanes
        ],
    }
    said = [f"the {what} {listed(names)}" for what, names in parts.items() if names]
    if not said:
        return ""
    return (
        f" Only in their project.json, and no longer in the project, are "
        f"{' and '.join(said)}; add them again."
    )


def _torn(path: Path, recorded: RecordedEdit) -> tuple[str, ...]:
    """Put away a journal that holds nothing that can be brought back."""
    if recorded.tail == "clean":
        with contextlib.suppress(OSError):
            path.unlink()
        return ()
    kept = set_aside(path)
    if recorded.tail == "torn":
        return ()
    return (
        "The journal of a session that was cut off is damaged; it is kept as "
        f"{kept}, and the project is as its files say.",
    )


def set_aside(path: Path, suffix: str = ".unreadable.jsonl") -> Path:
    """Rename a journal; return its path."""
    kept = path.with_suffix(suffix)
    if suffix != ".recovered.jsonl":  # of these only the last is kept
        kept = free_path(kept)
    try:
        os.replace(path, kept)
    except OSError:
        return path
    return kept


def _not_replayed(path: Path, n: int, error: Exception) -> str:
    """Set the journal aside and write a sentence about it."""
    return not_brought_back(n, error, set_aside(path))


def not_brought_back(n: int, error: Exception, kept: Path) -> str:
    """Say that edits could not be brought back, and where they are kept."""
    why = str(error).rstrip(".") if isinstance(error, SkelsegError) else "it is damaged"
    edits = f"{n:,} edits" if n else "The edits"
    return (
        f"{edits} of a session that was cut off could not be brought back ({why}); "
        f"they are kept in {kept}, and the project is as its files say."
    )
