"""Journals of one project: a file per session, found by the project's identity.

They lie in a folder of the project's uuid, so they are found wherever the project lies
now: renamed, moved, on another mount. Where the folder that a session worked on is
still there and is another one (a copy), its edits belong there; so they do where its
disk may only be away.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
import uuid as uuids
from pathlib import Path
from typing import TYPE_CHECKING

from skelseg_core.errors import ProjectError
from skelseg_core.file_names import free_path
from skelseg_core.project.faults import answer_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.journal_file import append_note, lock_of, may_run
from skelseg_core.project.history.recorded_session import (
    RecordedSession,
    is_closed,
    read_session,
)
from skelseg_core.text_files import read_json
from skelseg_core.user_folders import state_folder

if TYPE_CHECKING:
    from filelock import FileLock

KEPT_S = 30 * 24 * 3600
"""Seconds for which the file of a session is kept after its end, for undo: a month, in
which somebody comes back from holidays."""
KEPT_BYTES = 50_000_000
"""Bytes that the kept sessions of one project may have together: an edit takes some
500, so this is a hundred thousand of them."""
PATIENCE_S = 2.0
"""Seconds that the disk of another folder is waited for; it counts as away then."""
_PLAIN = re.compile(r"[0-9A-Za-z-]{1,64}")
_log = logging.getLogger(__name__)


def folder_name(uuid: str) -> str:
    """Return the name of the folder of a project's journals.

    The uuid is read from a file that anybody may have written: one that could name
    another folder is replaced by its digest.
    """
    if _PLAIN.fullmatch(uuid):
        return uuid
    return "x" + hashlib.sha256(uuid.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def journals_folder(uuid: str) -> Path:
    """Return the folder of a project's journals, by the project's identity."""
    return state_folder() / "journals" / folder_name(uuid)


def begin_journal(uuid: str, folder: ProjectFolder) -> Journal:
    """Make the journal of a new session; its file is made with the first edit."""
    now = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    name = f"{stamp}{int(now % 1 * 1000):03d}-{os.getpid()}-{uuids.uuid4().hex[:8]}"
    return Journal(journals_folder(uuid) / f"{name}.jsonl", folder, uuid)


class DeadSession:
    """The file of a session that has ended, held so that nobody else recovers it.

    ``recorded`` is what was read of it, ``lost`` how many of its edits are damaged.
    """

    def __init__(self, path: Path, hold: FileLock) -> None:
        self.path, self._hold = path, hold
        self.recorded = RecordedSession(path)
        self.lost = 0

    def let_go(self) -> None:
        """Leave the file to others."""
        self._hold.release()

    def finish(self) -> None:
        """Note that all that was recorded is in the project's own files.

        A file that is damaged is put aside.
        """
        if self.lost:
            self.set_aside()
            return
        records = self.recorded.records
        note = {"saved": records[-1]["n"] if records else 0, "closed": True}
        with contextlib.suppress(OSError):
            append_note(self.path, note, self.recorded.end)
        self.let_go()

    def set_aside(self) -> Path:
        """Rename the file, which cannot be read wholly; return the new path."""
        with contextlib.suppress(OSError):
            kept = free_path(self.path.with_suffix(".unreadable.jsonl"))
            os.replace(self.path, kept)
            self.path = kept
        self.let_go()
        return self.path


def dead_sessions(journal: Journal) -> list[DeadSession]:
    """Take the sessions of the project that ended before all was saved, oldest first.

    Those of other windows that are open are left alone.
    """
    found = []
    for path in session_files(journal.path.parent):
        if path != journal.path and not _is_over(path):
            try:
                hold = lock_of(path)
            except (OSError, NotImplementedError):
                continue
            if hold.is_locked or not _may_run(path):
                found.append(DeadSession(path, hold))
    return found


def _may_run(path: Path) -> bool:
    """Tell whether the session of a file without a lock may be at work."""
    try:
        return may_run(read_session(path).header.get("process"))
    except ProjectError:
        return True


def _is_over(path: Path) -> bool:
    try:
        return is_closed(path)
    except OSError:
        return False


def session_files(folder: Path) -> list[Path]:
    """List the files of the sessions, the oldest first."""
    return sorted(p for p in folder.glob("*.jsonl") if "." not in p.stem)


def closed_sessions(journal: Journal) -> list[Path]:
    """List the files of the sessions before of which all was saved, oldest first."""
    found = session_files(journal.path.parent)
    return [path for path in found if path != journal.path and _is_over(path)]


def is_other_folder(place: Path | None, folder: ProjectFolder, uuid: str) -> bool:
    """Tell whether a session worked on another folder of the project, a copy.

    So it may have where that folder's disk does not answer.
    """
    if place is None:
        return False
    other = ProjectFolder(place).project_file

    def look() -> bool:
        if not other.is_file() or other.samefile(folder.project_file):
            return False
        raw = read_json(other)
        return isinstance(raw, dict) and raw.get("uuid") == uuid

    return answer_of(look, True, PATIENCE_S)


def may_come_back(place: Path) -> bool:
    """Tell whether a folder that is not there may be on a disk that is away.

    Its edits belong there. A folder is gone, most likely renamed, where the one that
    held it is there with something in it; an empty one may be where a disk is mounted.
    """
    return answer_of(
        lambda: not _holds_anything(place if place.exists() else place.parent),
        True,
        PATIENCE_S,
    )


def _holds_anything(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(True for _ in entries)


def prune(folder: Path, now: float | None = None) -> None:
    """Remove the sessions of which nobody wants to undo anything any more."""
    now, size = time.time() if now is None else now, 0
    for path in reversed(session_files(folder)):
        try:
            there = path.stat()
            size += there.st_size
            old = now - there.st_mtime > KEPT_S or size > KEPT_BYTES
            if old and is_closed(path):
                path.unlink()
                path.with_suffix(".lock").unlink(missing_ok=True)
        except OSError as error:
            _log.info("the journal %s was not removed: %s", path, error)
