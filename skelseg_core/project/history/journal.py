"""Journal: every edit is on disk before it is shown.

One file per session, on the local disk (never in the project, which may lie in a
network or cloud folder), one line per edit, ``crc32 {json}``. A record says of each
part of the project that the edit changed what was there and what is there now (see
`parts`), and of a part that it changes for the first time the whole value before. So a
file tells by itself what the project was, whatever has become of the project's own
files: `recovery` merges with these, and undo goes back over a restart.

A lock that ends with the process says which sessions are still at work.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from skelseg_core.errors import ProjectError
from skelseg_core.operating_system import to_disk
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal_file import (
    lock_of,
    place_text,
    this_process,
    write_line,
)
from skelseg_core.project.history.recorded_session import (
    VERSION,
    RecordedSession,
    read_session,
)
from skelseg_core.project.json import compact_json
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.part_changes import (
    PartChange,
    change_to_json,
    lane_of_part,
    value_to_json,
)

if TYPE_CHECKING:
    from filelock import FileLock

SYNC_S = 1.0
"""Seconds between two times that records are brought to the disk itself: a power cut
costs no more. Each time takes milliseconds, on a busy disk tenths of a second."""
LATE_SEGMENTS = 1000
"""Segments from which on the value of a lane before its first edit is written in a
thread: ten thousand take 40 ms."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedRecord:
    """A record ready to be appended to the journal.

    Parameters
    ----------
    body : bytes
        JSON without its beginning and end.
    told : Mapping[str, object]
        Parts in the record, and by what their value after it is known again.
    late : Mapping[str, PartChange]
        Lanes whose value before is left to a thread.
    """

    body: bytes
    told: Mapping[str, object]
    late: Mapping[str, PartChange]


class OlderSession(Protocol):
    """A session whose edits were brought back into this one."""

    def finish(self) -> None:
        """Note that its edits are in the project's own files."""

    def let_go(self) -> None:
        """Leave it to the next session to bring them back again."""


class Journal:
    """The record of the edits of one session.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made with the first record.
    folder : ProjectFolder
        The project's; the file says where it lay.
    uuid : str
        Identity of the project.
    """

    def __init__(self, path: Path, folder: ProjectFolder, uuid: str = "") -> None:
        self.path, self._folder, self._uuid = path, folder, uuid
        # Asked of the disk now, at the opening: at the first edit it may not answer.
        self._place = place_text(folder.root)
        self._handle: int | None = None
        self._hold: FileLock | None = None
        self._written = self._saved = 0
        # Parts whose value the file tells, and by what that value is known again.
        self._told: dict[str, object] = {}
        # A large record is written in a thread, and a save may end meanwhile.
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._late: list[Future[None]] = []
        self._sync_due = False
        self._synced_at = -math.inf
        self._closing = threading.Event()
        self._older: list[OlderSession] = []

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self._folder.root

    def record(
        self,
        text: str,
        changes: Mapping[str, PartChange],
        said: Mapping[str, Any] = _NOTHING,
    ) -> str:
        """Append changes of parts; return the record's id.

        ``said`` is kept with it: what the change is in the history of undo.

        Raises
        ------
        ProjectError
            Where it cannot be written; the file then ends in the last good record.
        """
        return self.append(self.prepared(text, changes, said, at_once=False))

    def prepared(
        self,
        text: str,
        changes: Mapping[str, PartChange],
        said: Mapping[str, Any] = _NOTHING,
        at_once: bool = True,
    ) -> PreparedRecord:
        """Make the record of a change, for `append`; of a large one in a thread.

        Without ``at_once`` the value of a large lane before its first change is left to
        a thread.
        """
        self._begin_anew_where_gone()
        changes = {p: c for p, c in changes.items() if not _is_in_its_file(c)}
        first: dict[str, Any] = {}
        late: dict[str, PartChange] = {}
        for part, change in changes.items():
            if change.old is None or self._tells(part, change):
                continue
            is_lane = lane_of_part(part) is not None
            large = is_lane and len(change.old.segments) > LATE_SEGMENTS
            if large and not at_once and part not in self._told:
                late[part] = change
            else:
                first[part] = value_to_json(change.old)
        values: dict[str, Any] = {"text": text, "t": round(time.time(), 3), **said}
        if first:
            values["from"] = first
        values["parts"] = {p: change_to_json(p, c) for p, c in changes.items()}
        told = {part: _known_by(part, change.new) for part, change in changes.items()}
        return PreparedRecord(compact_json(values)[1:].encode(), told, late)

    def _tells(self, part: str, change: PartChange) -> bool:
        """Tell whether the file says what the part was before the change."""
        if part not in self._told:
            return False
        told, was = self._told[part], _known_by(part, change.old)
        return told is was or (isinstance(was, int) and told == was)

    def append(self, record: PreparedRecord) -> str:
        """Append a record that `prepared` made of the project as it still is.

        Raises
        ------
        ProjectError
            As `record`.
        """
        with self._lock:
            number = self._written + 1
            self._append(b'{"v":%d,"n":%d,%s' % (VERSION, number, record.body))
            self._written = number
            self._told.update(record.told)
        if record.late:
            self._late.append(self._pool().submit(self.write_late, record.late))
        return f"{self.path.stem}:{number}"

    def write_late(self, late: Mapping[str, PartChange]) -> None:
        """Append what changed parts were before, for records that leave it out."""
        values = {part: value_to_json(change.old) for part, change in late.items()}
        body = compact_json({"v": VERSION, "base": values}).encode()
        with self._lock, contextlib.suppress(ProjectError):
            self._append(body)

    def begin_save(self) -> int:
        """Return the number of records that a save will include."""
        # Once a file is written anew, only the journal has what was in it before.
        for writing in self._late:
            writing.result()
        self._late.clear()
        return self._written

    def end_save(self, mark: int) -> None:
        """Note that the first ``mark`` records are in the project's own files."""
        if self._closing.is_set():
            return  # a save that hung until now: the next session finds it out
        with self._lock:
            if mark > self._saved:
                self._note({"saved": mark})
                self._saved = mark
        for session in self._older:
            session.finish()
        self._older.clear()

    def keep_until_saved(self, session: OlderSession) -> None:
        """Hold an earlier session whose edits are in the project and not saved yet."""
        self._older.append(session)

    def _note(self, values: Mapping[str, Any]) -> None:
        """Append what is no edit; where that fails, recovery finds it out itself."""
        try:
            self._append(compact_json(values).encode())
        except ProjectError as error:
            _log.warning("%s was not noted: %s", values, error)

    def close(self) -> None:
        """Close the file; what is not saved is found by the next session."""
        for session in self._older:
            session.let_go()
        self._older.clear()
        self._closing.set()
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None
        with self._lock:
            if self._handle is not None:
                if self._saved == self._written:
                    self._note({"saved": self._saved, "closed": True})
                self._sync()
                os.close(self._handle)
                self._handle = None
            if self._hold is not None:
                self._hold.release()
                self._hold = None

    def read(self) -> RecordedSession:
        """Read the file.

        Raises
        ------
        ProjectError
            Where it cannot be read.
        """
        return read_session(self.path)

    def entries(self) -> list[dict[str, Any]]:
        """Read the records not known to be saved, oldest first."""
        return list(self.read().unsaved)

    # -- the file -------------------------------------------------------------------

    def _append(self, body: bytes) -> None:
        """Write one line; the file grows by a whole line or not at all."""
        try:
            handle = self._open()
            write_line(handle, body)
        except (OSError, NotImplementedError) as error:
            raise ProjectError(
                "This edit could not be recorded ({}) and was not made; check the "
                "free space and the permissions of {}.",
                getattr(error, "strerror", None) or error,
                self.path.parent,
            ) from error
        if not self._sync_due and not self._closing.is_set():
            self._sync_due = True
            self._pool().submit(self._sync_later)

    def _open(self) -> int:
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._hold = lock_of(self.path)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            handle = os.open(self.path, flags, 0o600)
            try:
                if os.fstat(handle).st_size == 0:
                    write_line(handle, compact_json(self._header()).encode())
            except OSError:
                os.close(handle)
                self._hold.release()
                raise
            self._handle = handle
        return self._handle

    def _begin_anew_where_gone(self) -> None:
        """Make a new file where somebody deleted this one, which then says all."""
        if self._handle is None or os.path.exists(self.path):
            return
        _log.warning("the journal %s was deleted", self.path)
        with self._lock:
            os.close(self._handle)
            self._handle = None
            self._told.clear()
            if self._hold is not None:
                self._hold.release()

    def _header(self) -> dict[str, Any]:
        bare = self._hold is not None and not self._hold.is_locked
        return {
            "v": VERSION,
            "uuid": self._uuid,
            "folder": self._place,
            "began": round(time.time(), 3),
            **({"process": this_process()} if bare else {}),
        }

    # -- the disk -------------------------------------------------------------------

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(2, thread_name_prefix="journal")
        return self._threads

    def _sync_later(self) -> None:
        left = self._synced_at + SYNC_S - time.monotonic()
        if left > 0:
            self._closing.wait(left)
        if self._closing.is_set():
            return  # `close` does it
        self._sync_due = False
        self._sync()
        self._synced_at = time.monotonic()

    def _sync(self) -> None:
        """Bring to the disk what was written, so that a power cut does not cost it."""
        handle = self._handle
        if handle is None:
            return
        try:
            to_disk(handle, data_only=True)
        except OSError as error:
            _log.warning("the journal may not be on the disk: %s", error)


def _known_by(part: str, value: Any) -> object:
    """Return by what the value of a part is known again: the lane itself, or a hash."""
    return value if lane_of_part(part) is not None else hash(compact_json(value))


def _is_in_its_file(change: PartChange) -> bool:
    """Tell whether a video came or went with a lane whose file says all of it."""
    lane = change.new if change.old is None else change.old
    return None in (change.old, change.new) and (
        isinstance(lane, UnreadLane) and not lane.is_read
    )
