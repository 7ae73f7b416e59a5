"""Backups: copies of a project's small text files, kept on this computer.

A backup is one archive (zip) of ``project.json`` and what people labelled, as the files
were. Predictions, poses and models can be made again and are not in it, nor are videos.
They lie in the user's state folder, never in the project: whatever happens to its
folder or disk, they are still there.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError, ProjectError, SkelsegError, unreachable
from skelseg_core.file_names import free_path, printable, safe_name
from skelseg_core.files import atomic_write
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import with_used_classes
from skelseg_core.project.copies.conflict_files import is_conflict
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    ReadLabels,
    labels_from_json,
    project_from_json,
    said_of_file,
    with_said,
    work_of_labels,
)
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.seen_files import SeenFiles, bytes_of, digest_of
from skelseg_core.project.videos_and_tracks import Video, annotator_lane
from skelseg_core.user_folders import state_folder

PROJECT_FILE = "project.json"
SCHEMA = 1
KEPT = timedelta(days=31)
LEAST = 10
"""Backups that are kept however old they are."""
MAX_BYTES = 1 << 30
"""Bytes on the disk that the backups of one project may take: packed, a project of
100 videos with 5,000 segments each has some 5 MB. The oldest go first."""
_PACKING = 3
"""Level of packing: twice as fast as the usual one, and a tenth larger."""
_TIME, _TIME_LENGTH = "%Y%m%d-%H%M%S", 15
"""Name of a backup: when it was made, in UTC."""
_LONGEST_UUID, _LONGEST_REASON = 64, 500
_NAME = re.compile(r"(labels|about|annotators/[^/\\.][^/\\]*)/[^/\\.][^/\\]*\.json")

Contents = Mapping[str, tuple[int, int]]
"""Length and check sum of the content, by the name of each file: ``labels/v1.json``."""


@dataclass(frozen=True)
class Backup:
    """A state of a project that was kept.

    Parameters
    ----------
    path : Path
        The archive.
    made : datetime
        When it was made, in UTC.
    reason : str
        What it was made before or for, as shown to people.
    root : str
        Where the project's folder was.
    contents : Contents
    """

    path: Path
    made: datetime
    reason: str
    root: str
    contents: Contents

    @property
    def id(self) -> str:
        """Name of the backup: its time, in UTC."""
        return self.path.stem

    @property
    def video_ids(self) -> tuple[str, ...]:
        """Ids of the videos whose labels are in it."""
        names = (n for n in self.contents if n.startswith("labels/"))
        return tuple(sorted(Path(name).stem for name in names))

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises
        ------
        FormatError
            Where it is gone or damaged.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(name)
        except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise FormatError(
                "{} of the backup {} cannot be read; choose another backup.",
                name,
                self.id,
            ) from error


class Backups:
    """Make and read the backups of one project.

    Parameters
    ----------
    folder : ProjectFolder
    uuid : str
        Identity of the project.
    """

    def __init__(self, folder: ProjectFolder, uuid: str) -> None:
        # An identity comes from a file of anybody's: it must not lead elsewhere.
        known = len(uuid) <= _LONGEST_UUID and safe_name(uuid) == uuid
        name = uuid if known else digest_of(uuid.encode("utf-8", "replace"))
        self._folder, self.root = folder, state_folder() / "backups" / name

    def all(self) -> list[Backup]:
        """List the backups, the newest first; what cannot be read is left out."""
        return _backups_in(self.root)

    def damaged(self) -> list[Path]:
        """List the archives that `all` leaves out."""
        return sorted(set(self.root.glob("*.zip")) - {b.path for b in self.all()})

    def make(self, reason: str, now: datetime | None = None) -> Backup | None:
        """Keep the files as they are; None where the newest backup is of this state.

        Parameters
        ----------
        reason : str
            What it is made before or for.
        now : datetime, optional
            In UTC; the present by default.

        Raises
        ------
        ProjectError
            Where the backup cannot be written.
        """
        with as_sentence("{} was not backed up", self._folder.root):
            return self._make(reason, now or datetime.now(timezone.utc))

    def make_daily(self, reason: str, now: datetime | None = None) -> Backup | None:
        """Keep the files as they are, where no backup was made today."""
        moment = now or datetime.now(timezone.utc)
        # A look at names alone: each save asks.
        if any(day_of(made) == day_of(moment) for made, _ in self._times()[:1]):
            return None
        return self.make(reason, moment)

    def _times(self) -> list[tuple[datetime, Path]]:
        """Find the backups by the times in their names, the newest first."""
        found = []
        paths = self.root.glob("*.zip")
        for path in sorted(paths, key=lambda path: path.stem, reverse=True):
            with contextlib.suppress(ValueError):
                made = datetime.strptime(path.stem[:_TIME_LENGTH], _TIME)
                found.append((made.replace(tzinfo=timezone.utc), path))
        return found

    def _make(self, reason: str, now: datetime) -> Backup | None:
        packed, root = io.BytesIO(), self._folder.root
        with zipfile.ZipFile(
            packed, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKING
        ) as archive:
            for name, data in _files_of(root):
                archive.writestr(name, data)
            contents = _contents(archive)
            where = printable(os.path.abspath(root))
            said = {"schema": SCHEMA, "made": now.isoformat(), "root": where}
            said["reason"] = reason[:_LONGEST_REASON]
            archive.comment = json.dumps(said).encode()
        newest = next((_backup_in(path) for _, path in self._times()), None)
        is_new = newest is None or newest.contents != contents
        if PROJECT_FILE not in contents or not is_new:
            return None
        path = free_path(self.root / f"{now.strftime(_TIME)}.zip")
        atomic_write(path, packed.getvalue())
        self._thin(now)
        return Backup(path, now, reason, where, contents)

    def _thin(self, now: datetime) -> None:
        """Remove backups that are old or too large together, never the newest."""
        size = 0
        for n, (made, path) in enumerate(self._times()):
            with contextlib.suppress(OSError):
                size += path.stat().st_size
                is_old = n >= LEAST and now - made > KEPT
                if n and (is_old or size > MAX_BYTES):
                    path.unlink()

    def then(self, backup: Backup) -> Task[Project]:
        """Read the project as it was.

        Labels that are not in the backup, or damaged, are missing.

        Raises
        ------
        ProjectError, FormatError
            Where the backup is damaged.
        """
        where = f"The backup of {backup.made:%Y-%m-%d %H:%M} UTC"
        yield Progress("reading the backup")
        try:
            with zipfile.ZipFile(backup.path) as archive:
                raw = json.loads(archive.read(PROJECT_FILE))
                read = _LaneReader(archive, self._folder, where)
                then = project_from_json(raw, read, where)
        except (
            *(OSError, KeyError, ValueError, RecursionError),
            *(zipfile.BadZipFile, zlib.error),
        ) as error:
            raise FormatError("{} is damaged; choose another one.", where) from error
        lanes = (lane for v in then.tracks for lane in v.lanes.values())
        return with_used_classes(then, lanes)[0]


@dataclass(frozen=True)
class _LaneReader:
    """Read lanes of an archive."""

    archive: zipfile.ZipFile
    folder: ProjectFolder
    where: str

    def said_of(self, video: Video, skeleton: str) -> Video:
        """Give a video what its file said, if there was one."""
        name = self.folder.key_of(self.folder.about_path(video.id))
        try:
            said = said_of_file(json.loads(self.archive.read(name)), name)
            return with_said(video, said, skeleton, name)
        except KeyError:
            return video
        except (
            *(ValueError, RecursionError, SkelsegError),
            *(zipfile.BadZipFile, zlib.error),
        ) as error:
            return replace(video, damage=str(error))

    def lanes_of(self, track: Mapping[str, Any], n_frames: int) -> ReadLabels:
        """Read the lanes of a track; tell which are missing."""
        found, missing, work = {}, set(), dict[str, Any]()
        annotators = [annotator_lane(str(n)) for n in track.get("annotators", ())]
        for name in (ANNOTATION, *annotators):
            lane, said = self._lane(str(track["id"]), name)
            if lane is None:
                lane = Segmentation.unlabelled(n_frames)
                missing.add(name)
            found[name] = lane
            work = said if name == ANNOTATION else work
        return ReadLabels(found, frozenset(missing), work)

    def _lane(
        self, video_id: str, name: str
    ) -> tuple[Segmentation | None, dict[str, Any]]:
        """Read a lane, and what its file says besides."""
        path = self.folder.person_path(video_id, name)
        try:
            raw = json.loads(self.archive.read(self.folder.key_of(path)))
            return labels_from_json(raw, self.where), work_of_labels(raw)
        except (
            *(KeyError, ValueError, RecursionError, SkelsegError),
            *(zipfile.BadZipFile, zlib.error),
        ):
            return None, {}


def deletes_classes(before: Project, after: Project) -> bool:
    """Tell whether an edit deletes or merges classes: labels go, or get another one."""
    return bool(set(before.label_map.ids) - set(after.label_map.ids))


def backups_of(root: Path) -> list[Backup]:
    """List the backups of the project that was in a folder, the newest first.

    For a folder whose ``project.json`` is gone, so that nobody knows its identity.
    """
    where = printable(os.path.abspath(root))
    stores = state_folder().glob("backups/*")
    found = [b for store in stores for b in _backups_in(store) if b.root == where]
    return sorted(found, key=lambda b: (b.made, b.id), reverse=True)


def write_lost(root: Path, backup: Backup) -> list[str]:
    """Write ``project.json`` of a backup, and the files that a folder lacks.

    Others stay as they are; what was in place of ``project.json`` is kept beside.

    Returns
    -------
    list of str
        Names of the files that were written.

    Raises
    ------
    ProjectError, FormatError
        Where one cannot be written or read; ``project.json`` comes last.
    """
    names = [n for n in sorted(backup.contents) if not os.path.lexists(root / n)]
    names = [n for n in names if n != PROJECT_FILE]
    for name in names:
        if not _NAME.fullmatch(name):
            raise FormatError("The backup {} is damaged; choose another.", backup.id)
        atomic_write(root / name, backup.read(name))
    text = backup.read(PROJECT_FILE).decode()
    SeenFiles().write(root / PROJECT_FILE, text)
    return [*names, PROJECT_FILE]


def _files_of(root: Path) -> Iterator[tuple[str, bytes]]:
    """Read the files of a project that a backup holds; ``project.json`` comes last.

    Links are not followed, and what cannot be read is left out.
    """
    folders = [root / "labels", root / "about", *_entries(root / "annotators")]
    for folder in folders:
        for path in _entries(folder):
            name = path.relative_to(root).as_posix()
            if _NAME.fullmatch(name) and not is_conflict(path):
                yield from _file(name, path)
    yield from _file(PROJECT_FILE, root / PROJECT_FILE)


def _entries(folder: Path) -> list[Path]:
    """List what lies in a folder, by name; nothing where it is a link or not there."""
    if folder.is_symlink():
        return []
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ProjectError(unreachable(error)) from error


def _file(name: str, path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_symlink() or not path.is_file() or printable(name) != name:
        return
    data = bytes_of(path)
    if data is not None:
        yield name, data


def _contents(archive: zipfile.ZipFile) -> Contents:
    return {i.filename: (i.file_size, i.CRC) for i in archive.infolist()}


def _backups_in(folder: Path) -> list[Backup]:
    found = filter(None, map(_backup_in, folder.glob("*.zip")))
    return sorted(found, key=lambda b: (b.made, b.id), reverse=True)


def _backup_in(path: Path) -> Backup | None:
    """Read what is in a backup; None where it is damaged or of a newer version."""
    try:
        with zipfile.ZipFile(path) as archive:
            said, contents = json.loads(archive.comment), _contents(archive)
        if int(said["schema"]) > SCHEMA:
            return None
        made = datetime.fromisoformat(str(said["made"])).astimezone(timezone.utc)
        return Backup(path, made, str(said["reason"]), str(said["root"]), contents)
    except (
        *(OSError, zipfile.BadZipFile, RecursionError),
        *(KeyError, OverflowError, TypeError, ValueError),
    ):
        return None


def day_of(moment: datetime) -> str:
    """Return the day of a time as on the calendar of this computer."""
    return f"{moment.astimezone():%Y-%m-%d}"
