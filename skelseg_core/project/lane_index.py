"""LaneIndex: what lists show of all label files and videos, without reading the files.

A project may have ten thousand label files, and most are not looked at in a session.
The counts and marks that lists and totals show, and what people said of each video, are
kept in a small SQLite database in the user's cache folder, one row per version of a
file with its size and time of change. The database is never needed: where it is absent,
damaged or of other bytes, the files are read and it is made again. `UnreadLane` is a
lane whose counts are known and whose file is not read yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.user_folders import cache_folder

VERSION = 5
"""Version of the rows; a database of another version is made again."""
_WAIT_S = 1.0
"""Seconds to wait for another program that writes the same index."""
KEPT_S = 7 * 86400
"""Seconds for which earlier versions of a file are kept: a window that was open before
another program changed the file may still need what it said."""
SETTLED_NS = 2_000_000_000
"""Nanoseconds since its last change after which a file is taken into the index."""
_PRUNE = (
    "DELETE FROM lanes WHERE at_s < ? "
    "AND rowid NOT IN (SELECT max(rowid) FROM lanes GROUP BY path)"
)
_log = logging.getLogger(__name__)


Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class IndexedFile:
    """Row of the index: what one file says, with its size, time and digest.

    Parameters
    ----------
    stamp : tuple of int
        Size in bytes, and times of change of its content and of its entry on the disk
        in nanoseconds, when it was read. Unpacking and copying set the first back.
    digest : str
        SHA-256 of its bytes.
    numbers : str
        JSON of the lane's ``[n_frames, n_labelled, n_reviewed, n_undecided, {class:
        [segments, frames]}]``; the class ``""`` is unlabelled. Empty for the file of a
        video.
    work : str
        JSON of what a label file says of its track besides labels, empty where nothing,
        or of what the file of a video says.
    data : bytes
        The bytes of the file, where they are to be kept; empty where the row was read.
    """

    stamp: Stamp
    digest: str
    numbers: str
    work: str = ""
    data: bytes = b""


def stamp_of(path: Path) -> Stamp | None:
    """Return size and times of change of a file; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_settled(stamp: Stamp | None) -> bool:
    """Tell whether the times of a file would tell of a change from now on.

    Disks count in steps of up to two seconds: what is written twice in one of them may
    have the same size and times.
    """
    return stamp is not None and max(stamp[1:]) < time.time_ns() - SETTLED_NS


class UnreadLane(Segmentation):
    """A lane whose file is read when somebody first asks for its segments."""

    def __init__(self, read: Callable[[], Segmentation], numbers: str) -> None:
        n_frames, n_labelled, n_reviewed, n_undecided, classes = msgspec.json.decode(
            numbers
        )
        found = {int(k) if k else None: v for k, v in classes.items()}
        frames = Counter({k: int(n) for k, (_, n) in found.items()})
        if frames.total() != n_frames or frames[None] != n_frames - n_labelled:
            raise ValueError("the numbers of a lane do not fit together")
        vars(self).update(
            _read=read,
            n_frames=n_frames,
            n_labelled=n_labelled,
            n_reviewed=int(n_reviewed),
            n_undecided=int(n_undecided),
            class_counts=Counter({k: int(n) for k, (n, _) in found.items()}),
            class_frames=frames,
        )

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, read from the file at the first call.

        Raises
        ------
        ProjectError, FormatError
            Where the file changed or went since the project was opened, and the index
            has not kept its bytes.
        """
        read: Callable[[], Segmentation] = vars(self)["_read"]
        return read().segments

    def fill(self, lane: Segmentation) -> None:
        """Take the segments of another lane: the file is not read any more."""
        vars(self)["segments"] = lane.segments

    def __reduce__(self) -> tuple[object, ...]:
        return Segmentation, (self.segments,)

    @property
    def is_read(self) -> bool:
        """True once the segments were asked for."""
        return "segments" in vars(self)


def numbers_of(lane: Segmentation) -> str:
    """Write the counts of a lane as the index keeps them."""
    classes = {
        "" if class_id is None else str(class_id): [n, lane.class_frames[class_id]]
        for class_id, n in lane.class_counts.items()
    }
    counts = lane.n_frames, lane.n_labelled, lane.n_reviewed, lane.n_undecided
    return json.dumps([*counts, classes])


class LaneIndex:
    """Database of one project's lanes; empty where it cannot be read or written."""

    def __init__(self, root: Path) -> None:
        place = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        self.path = cache_folder() / "lanes" / f"{place}.sqlite"

    def read(self) -> Mapping[str, IndexedFile]:
        """Read all rows, by path of the file."""
        try:
            with self._opened() as database:
                rows = database.execute(
                    "SELECT path, size, mtime_ns, ctime_ns, digest, numbers, work "
                    "FROM lanes ORDER BY rowid"
                )
                # Of several versions of a file the one that was written last.
                return {
                    path: IndexedFile((size, mtime_ns, ctime_ns), *said)
                    for path, size, mtime_ns, ctime_ns, *said in rows
                }
        except (sqlite3.Error, OSError, ValueError) as error:
            self._begin_anew(error)
            return {}

    def data_of(self, path: str, digest: str) -> bytes | None:
        """Return the bytes that a file had under this digest; None if not kept."""
        try:
            with self._opened() as database:
                row = database.execute(
                    "SELECT data FROM lanes WHERE path = ? AND digest = ?",
                    (path, digest),
                ).fetchone()
                return None if row is None else zlib.decompress(row[0])
        except (sqlite3.Error, OSError, ValueError, TypeError, zlib.error) as error:
            self._begin_anew(error)
            return None

    def write(self, files: Mapping[str, IndexedFile], gone: Iterable[str]) -> None:
        """Add or replace the rows of ``files``, and drop those of ``gone``."""
        now = int(time.time())
        rows = (
            (p, *f.stamp, f.digest, f.numbers, f.work, zlib.compress(f.data, 1), now)
            for p, f in files.items()
        )
        try:
            with self._opened() as database, database:
                database.executemany("DELETE FROM lanes WHERE path = ?", zip(gone))
                database.executemany(
                    "INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
                database.execute(_PRUNE, (now - KEPT_S,))
        except (sqlite3.Error, OSError, ValueError) as error:
            self._begin_anew(error)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(
            sqlite3.connect(self.path, timeout=_WAIT_S)
        ) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                with database:
                    database.execute("DROP TABLE IF EXISTS lanes")
                    database.execute(
                        "CREATE TABLE lanes (path TEXT, size INTEGER, "
                        "mtime_ns INTEGER, ctime_ns INTEGER, digest TEXT, "
                        "numbers TEXT, work TEXT, data BLOB, at_s INTEGER, "
                        "PRIMARY KEY (path, digest))"
                    )
                    database.execute(f"PRAGMA user_version = {VERSION}")
            yield database

    def _begin_anew(self, error: Any) -> None:
        """Remove a database that cannot be used; the next opening makes another."""
        _log.info("the index %s is made again: %s", self.path, error)
        if not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                self.path.unlink()
