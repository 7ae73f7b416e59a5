"""Backup files: versions of a project's small text files, kept on this computer.

A backup is a list of file names, each with the digest of its content. A content is
stored once, packed, under its digest, so a backup costs what changed since the last.
They lie in the user's state folder, never in the project: whatever happens to its
folder or disk, they are still there.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import (
    atomic_write,
    free_path,
    locked,
    printable,
    read_json,
    safe_name,
    sync_files,
)
from skelseg_core.project.seen_files import digest_of
from skelseg_core.user_folders import state_folder

PROJECT_FILE = "project.json"
SCHEMA = 1
EVERY = timedelta(hours=1)
"""Backups of the last hour are all kept, of the last day the first of each hour."""
MAX_BYTES = 1 << 30
"""Bytes on the disk that the backups of one project may take: packed, a project of
100 videos with 5,000 segments each has some 5 MB. The oldest go first."""
MAX_MONTHS = 24
"""Months of which the first backup is kept; of this month it is that of each day."""
_WAIT_S = 30.0
"""Seconds to wait for another window that makes a backup of the same project."""
_PACKING = 3
"""Level of gzip: twice as fast as the usual one, and a tenth larger."""
_LONGEST_UUID = 64
_NAME = re.compile(r"(labels|annotators/[^/\\.][^/\\]*)/[^/\\.][^/\\]*\.json")
_EACH = 20
"""New contents of a backup that wait for the disk one by one; of more the rest waits
when all is written, and is quicker so."""


@dataclass(frozen=True)
class Backup:
    """A state of a project that was kept.

    Parameters
    ----------
    id : str
        Name of the backup: its time, in UTC.
    made : datetime
        When it was made, in UTC.
    reason : str
        What it was made before or for, as shown to people.
    name : str
        Name of the project.
    files : Mapping[str, str]
        Digest of the content by the name of each file: ``labels/v1.json``.
    root : str
        Where the project's folder was.
    """

    id: str
    made: datetime
    reason: str
    name: str
    files: Mapping[str, str]
    root: str = ""


class BackupFiles:
    """The backups of one project, by its identity."""

    def __init__(self, uuid: str) -> None:
        # An identity comes from a file of anybody's: it must not lead elsewhere.
        known = len(uuid) <= _LONGEST_UUID and safe_name(uuid) == uuid
        name = uuid if known else digest_of(uuid.encode("utf-8", "replace"))
        self.root = state_folder() / "backups" / name
        # Contents that the disk may not have yet.
        self._unsynced: list[Path] = []
        self._n_new = 0

    def all(self) -> list[Backup]:
        """List the backups, the newest first; what cannot be read is left out."""
        found = (_backup_in(path) for path in self.root.glob("*.json"))
        return sorted(filter(None, found), key=lambda b: (b.made, b.id), reverse=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other windows and commands from adding and thinning meanwhile.

        Raises
        ------
        ProjectError
            Where another one does not end in time, or the folder cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        with contextlib.ExitStack() as stack:
            until = time.monotonic() + _WAIT_S
            while True:
                try:
                    stack.enter_context(locked(self.root / ".lock", "a backup"))
                    break
                except ProjectError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)
                except OSError as error:
                    raise self._refused(error) from error
            self._n_new, self._unsynced = 0, []
            yield

    def _refused(self, error: OSError) -> ProjectError:
        return ProjectError(
            "No backup can be made in {} ({}).", self.root, error.strerror or error
        )

    # -- content ----------------------------------------------------------------------

    def _content(self, digest: str) -> Path:
        return self.root / "files" / digest[:2] / f"{digest}.gz"

    def has(self, digest: str) -> bool:
        """Tell whether a content is stored."""
        # A power cut may have left an empty file of one that waited for the rest.
        with contextlib.suppress(OSError):
            return self._content(digest).stat().st_size > 0
        return False

    def keep(self, data: bytes) -> str:
        """Store a content where it is new; return its digest. Call while `held`.

        Raises
        ------
        ProjectError
            Where it cannot be written.
        """
        digest = digest_of(data)
        if not self.has(digest):
            self._n_new += 1
            packed = gzip.compress(data, _PACKING, mtime=0)
            path, at_once = self._content(digest), self._n_new <= _EACH
            atomic_write(path, packed, at_once)
            if not at_once:
                self._unsynced.append(path)
        return digest

    def read(self, digest: str) -> bytes:
        """Read a content.

        Raises
        ------
        FormatError
            Where it is gone or damaged.
        """
        path = self._content(digest)
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError(
                "A file of the backup cannot be read ({}); choose another backup.", path
            ) from error
        if digest_of(data) != digest:
            raise FormatError("{} is damaged; choose another backup.", path)
        return data

    # -- backups ----------------------------------------------------------------------

    def add(
        self,
        reason: str,
        name: str,
        files: Mapping[str, str],
        now: datetime,
        root: Path | None = None,
    ) -> Backup:
        """Note a backup whose content is stored; call while `held`.

        Raises
        ------
        ProjectError
            Where it cannot be written.
        """
        # A list must not outlive a power cut that its content does not.
        try:
            sync_files(self._unsynced)
        except OSError as error:
            raise self._refused(error) from error
        self._unsynced = []
        path = free_path(self.root / f"{now:%Y%m%d-%H%M%S}.json")
        where = "" if root is None else printable(os.path.abspath(root))
        made = Backup(path.stem, now, reason, name, dict(files), where)
        values = {"schema": SCHEMA, **asdict(made), "made": now.isoformat()}
        atomic_write(path, json.dumps(values, ensure_ascii=False, indent=0) + "\n")
        return made

    def thin(self, now: datetime) -> None:
        """Remove backups that are old or too many, and content of none; while `held`.

        Always kept is the newest one.
        """
        left = self.all()
        kept = _within(thinned(left, now), self._sizes(left))
        for backup in left:
            if backup not in kept:
                _remove(self.root / f"{backup.id}.json")
        used = {digest for backup in kept for digest in backup.files.values()}
        for path in (self.root / "files").glob("*/*.gz"):
            if path.name.removesuffix(".gz") not in used:
                _remove(path)

    def _sizes(self, backups: Iterable[Backup]) -> Mapping[str, int]:
        used = {digest for backup in backups for digest in backup.files.values()}
        sizes = dict.fromkeys(used, 0)
        for digest in used:
            with contextlib.suppress(OSError):
                sizes[digest] = self._content(digest).stat().st_size
        return sizes


def thinned(backups: Sequence[Backup], now: datetime) -> list[Backup]:
    """Choose the backups that are worth keeping.

    All of the last hour, the first of each hour of the last day, of each day of the
    last month, and of each month before: the first holds what was there before the
    work of that hour or day began.

    Parameters
    ----------
    backups : Sequence of Backup
        The newest first.
    now : datetime
        In UTC.
    """
    first: dict[str, Backup] = {}
    for backup in backups:
        first[_bucket(backup, now)] = backup  # the oldest comes last
    first.pop("", None)
    chosen = {backup.id for backup in first.values()} | {b.id for b in backups[:1]}
    return [backup for backup in backups if backup.id in chosen]


def _bucket(backup: Backup, now: datetime) -> str:
    """Name the span of time of which one backup is kept; empty where none is."""
    age = now - backup.made
    if age < EVERY:
        return backup.id
    if age < timedelta(days=1):
        return f"{backup.made:%Y%m%d-%H}"
    if age < timedelta(days=31):
        return f"{backup.made:%Y%m%d}"
    months = 12 * (now.year - backup.made.year) + now.month - backup.made.month
    return f"{backup.made:%Y%m}" if months <= MAX_MONTHS else ""


def _within(backups: Sequence[Backup], sizes: Mapping[str, int]) -> list[Backup]:
    """Choose the newest backups that fit into `MAX_BYTES`, and the newest anyway."""
    kept: list[Backup] = []
    seen: set[str] = set()
    size = 0
    for backup in backups:
        new = set(backup.files.values()) - seen
        size += sum(sizes.get(digest, 0) for digest in new)
        if kept and size > MAX_BYTES:
            break
        seen |= new
        kept.append(backup)
    return kept


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _backup_in(path: Path) -> Backup | None:
    """Read the list of a backup; None where it is damaged or of a newer version."""
    try:
        raw = read_json(path)
        if int(raw["schema"]) > SCHEMA:
            return None
        files = {str(name): _digest(value) for name, value in raw["files"].items()}
        made = datetime.fromisoformat(str(raw["made"])).astimezone(timezone.utc)
        reason, name = str(raw["reason"]), str(raw["name"])
        return Backup(path.stem, made, reason, name, files, str(raw.get("root", "")))
    except (
        FormatError,
        AttributeError,
        KeyError,
        OverflowError,
        TypeError,
        ValueError,
    ):
        return None


def _digest(value: object) -> str:
    """Return a digest of a file of anybody's; raises ValueError where it is none."""
    text = str(value)
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError(f"{text[:80]} is no digest")
    return text


def backups_of(root: Path) -> list[tuple[BackupFiles, Backup]]:
    """List the backups of the project that was in a folder, the newest first.

    For a folder whose ``project.json`` is gone, so that nobody knows its identity.
    """
    where = printable(os.path.abspath(root))
    stores = [BackupFiles(p.name) for p in state_folder().glob("backups/*")]
    found = [(store, b) for store in stores for b in store.all() if b.root == where]
    return sorted(found, key=lambda pair: (pair[1].made, pair[1].id), reverse=True)


def write_lost(root: Path, store: BackupFiles, backup: Backup) -> list[str]:
    """Write those files of a backup that a folder lacks; others stay as they are.

    Returns
    -------
    list of str
        Names of the files that were written.

    Raises
    ------
    ProjectError, FormatError
        Where one cannot be written or read; ``project.json`` comes last.
    """
    names = [n for n in sorted(backup.files) if not os.path.lexists(root / n)]
    names.sort(key=lambda name: name == PROJECT_FILE)
    for name in names:
        if name != PROJECT_FILE and not _NAME.fullmatch(name):
            raise FormatError("The backup {} is damaged; choose another.", backup.id)
        atomic_write(root / name, store.read(backup.files[name]))
    return names


def made_now() -> datetime:
    """Return the present time in UTC, to the second."""
    return datetime.now(timezone.utc).replace(microsecond=0)
