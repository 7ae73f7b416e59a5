"""Backups: keep states of a project on this computer, and read them again.

A backup holds ``project.json`` and what people labelled. Predictions, poses and models
can be made again and are not in it, nor are videos.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skelseg_core.errors import FormatError, ProjectError, SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task, run
from skelseg_core.project.copies.backup_files import (
    PROJECT_FILE,
    Backup,
    BackupFiles,
    made_now,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import (
    labels_from_json,
    labels_text,
    project_from_json,
    project_text,
    project_to_json,
)
from skelseg_core.project.project import ANNOTATION, Project, VideoItem, annotator_lane
from skelseg_core.project.seen_files import bytes_of, digest_of

REPORTED_EVERY = 50
"""Videos from one report of progress to the next: each takes a fraction of a
millisecond, and the window would paint nothing but reports of thousands."""


@dataclass(frozen=True)
class ListedBackup:
    """A backup, and how many videos differ from now; ``other`` for all the rest."""

    backup: Backup
    n_videos: int
    other: bool


class Backups:
    """Make and read backups of one project; one thread at a time uses it.

    Parameters
    ----------
    folder : ProjectFolder
        Knows which lanes were not read since the project was opened: their files are
        kept as they are.
    uuid : str
        Identity of the project.
    """

    def __init__(self, folder: ProjectFolder, uuid: str) -> None:
        self._folder, self.files = folder, BackupFiles(uuid)
        # Digests of lanes that were written as text before, so that a project of which
        # one lane changed is not written as a whole again.
        self._known: dict[str, tuple[Segmentation, str]] = {}

    def all(self) -> list[Backup]:
        """List the backups, the newest first."""
        return self.files.all()

    def make(
        self, project: Project, reason: str, now: datetime | None = None
    ) -> Task[Backup | None]:
        """Keep a state of the project; None where the newest backup is of this state.

        A file that is damaged or cannot be read does not take the place of what the
        backup before has of it.

        Parameters
        ----------
        project : Project
        reason : str
            What it is made before or for.
        now : datetime, optional
            In UTC; the present by default.

        Raises
        ------
        ProjectError
            Where the backup cannot be written.
        """
        moment = now or made_now()
        with self.files.held():
            last = next(iter(self.all()), None)
            files: dict[str, str] = {}
            for n, item in enumerate(project.videos):
                yield Progress("backup", n, len(project.videos))
                for key, lane in self._lanes(item):
                    digest = self._kept(key, lane)
                    if not digest and last is not None:
                        digest = last.files.get(key, "")
                    if digest:
                        files[key] = digest
            files[PROJECT_FILE] = self.files.keep(_project_data(project))
            if last is not None and last.files == files:
                return None
            root = self._folder.root
            made = self.files.add(reason, project.name, files, moment, root)
            self.files.thin(moment)
        return made

    def _lanes(self, item: VideoItem) -> Iterator[tuple[str, Segmentation]]:
        """List the known lanes of people with the names of their files."""
        for name, lane in item.lanes.items():
            if name not in item.missing:
                path = self._folder.person_path(item.id, name)
                yield self._folder.key_of(path), lane

    def _kept(self, key: str, lane: Segmentation) -> str:
        """Store a lane and return its digest; empty where its file is unreadable."""
        digest = self._digest(key, lane)
        if digest and self.files.has(digest):
            return digest
        data = self._data(key, lane)
        return self.files.keep(data) if data is not None else ""

    def _digest(self, key: str, lane: Segmentation) -> str:
        """Return the digest of a lane where it is known without writing it."""
        unread = self._folder.unread_digest(self._folder.root / key, lane)
        if unread:
            return unread
        known = self._known.get(key)
        return known[1] if known is not None and known[0] is lane else ""

    def _data(self, key: str, lane: Segmentation) -> bytes | None:
        """Return a lane as the bytes of its file; None where that is unreadable."""
        path = self._folder.root / key
        unread = self._folder.unread_digest(path, lane)
        if unread:
            data = bytes_of(path)
            if data is not None and digest_of(data) == unread:
                return data  # these very bytes were understood before
        try:
            data = labels_text(path.stem, lane).encode()
        except SkelsegError:
            return None
        self._known[key] = (lane, digest_of(data))
        return data

    def digests(self, project: Project) -> Task[dict[str, str]]:
        """Find the digests of what a backup of this state would hold."""
        found: dict[str, str] = {}
        for n, item in enumerate(project.videos):
            if n % REPORTED_EVERY == 0:
                yield Progress("comparing", n, len(project.videos))
            for key, lane in self._lanes(item):
                digest = self._digest(key, lane)
                if not digest:
                    data = self._data(key, lane)
                    digest = "" if data is None else digest_of(data)
                found[key] = digest
        found[PROJECT_FILE] = digest_of(_project_data(project))
        return found

    def listed(self, now: Project) -> Task[list[ListedBackup]]:
        """List the backups, the newest first, with what differs from ``now``.

        What differs is found by digests alone: no backup is read.
        """
        present = yield from self.digests(now)
        return [_listed(backup, present) for backup in self.all()]

    def holding(self, now: Project) -> Backup | None:
        """Find the newest backup of a label file that is missing; None where none is.

        Of several missing files it holds as many as any backup does.
        """
        wanted = {
            self._folder.key_of(self._folder.person_path(item.id, lane))
            for item in now.videos
            for lane in item.missing
        }
        best = max(self.all(), key=lambda b: len(wanted & b.files.keys()), default=None)
        return best if best is not None and wanted & best.files.keys() else None

    def then(self, backup: Backup, now: Project) -> Task[Project]:
        """Read the project as it was.

        Lanes that are as in ``now`` are the same objects, and are not read.

        Raises
        ------
        ProjectError, FormatError
            Where a file of the backup is gone or damaged.
        """
        present = yield from self.digests(now)
        where = f"The backup of {backup.made:%Y-%m-%d %H:%M} UTC"
        raw = self._json(backup.files.get(PROJECT_FILE, ""), where)
        if not isinstance(raw, dict):
            raise ProjectError("{} is damaged; choose another one.", where)

        def lanes(
            video: Mapping[str, Any],
        ) -> tuple[Mapping[str, Segmentation], frozenset[str]]:
            video_id, found = str(video["id"]), {}
            item, missing = now.find(video_id), set()
            people = [annotator_lane(str(n)) for n in video.get("annotators", ())]
            for name in (ANNOTATION, *people):
                key = self._folder.key_of(self._folder.person_path(video_id, name))
                digest = backup.files.get(key, "")
                if not digest:
                    found[name] = Segmentation.unlabelled(int(video["n_frames"]))
                    missing.add(name)
                elif item is not None and present.get(key) == digest:
                    found[name] = item.lanes[name]
                else:
                    found[name] = labels_from_json(self._json(digest, where), where)
            return found, frozenset(missing)

        yield Progress("reading the backup")
        return project_from_json(raw, lanes, where)

    def _json(self, digest: str, where: str) -> Any:
        try:
            return json.loads(self.files.read(digest))
        except (ValueError, RecursionError) as error:
            raise FormatError("{} is damaged; choose another one.", where) from error


def keep_before(folder: ProjectFolder, project: Project, reason: str) -> None:
    """Make a backup of a project that a command is about to change.

    Raises
    ------
    ProjectError
        Where it cannot be written.
    """
    run(Backups(folder, project.uuid).make(project, reason))


def _listed(backup: Backup, present: Mapping[str, str]) -> ListedBackup:
    keys = backup.files.keys() | present.keys()
    other = {k for k in keys if backup.files.get(k) != present.get(k)}
    videos = {key.rpartition("/")[2] for key in other - {PROJECT_FILE}}
    return ListedBackup(backup, len(videos), PROJECT_FILE in other)


def _project_data(project: Project) -> bytes:
    return project_text(project_to_json(project)).encode()
