"""Repairing: damaged or missing files of a project, from the newest whole backups.

Only what cannot be read comes back: everything else stays as it is now.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.progress import Task, run
from skelseg_core.project.copies.backups import (
    PROJECT_FILE,
    Backup,
    Backups,
    backups_of,
)
from skelseg_core.project.copies.restoring import with_missing_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.seen_files import bytes_of
from skelseg_core.project.tracks import TrackId

_UUID = re.compile(rb'"uuid":\s*"([^"]{1,64})"')

RestoredFrom = dict[str, tuple[Backup, ...]]
"""Backups that the labels of videos came from, by the ids of their tracks."""


def labels_repaired(
    now: Project, backups: Backups, only: Iterable[str] = ()
) -> Task[tuple[Project, RestoredFrom]]:
    """Restore damaged and missing labels from the newest backups that have them whole.

    Parameters
    ----------
    now : Project
    backups : Backups
    only : iterable of str
        Ids of the tracks that are repaired; all without.

    Returns
    -------
    Project
    RestoredFrom
        Where labels came from.

    Raises
    ------
    EditError
        Where no backup has any of them.
    """
    made, found = now, RestoredFrom()
    wanted = set(map(TrackId, only)) or {item.id for item in now.tracks if item.missing}
    for backup in backups.all():
        wanted = {v for v in wanted if made.has(v) and made.track(v).missing}
        if not wanted:
            break
        with contextlib.suppress(SkelsegError):
            then = yield from backups.then(backup)
            for video_id in wanted:
                after = with_missing_of(made, then, video_id)
                if after is not made:
                    made = after
                    found[video_id] = (*found.get(video_id, ()), backup)
    if not found:
        raise EditError(
            "This computer has no backup with the labels that are missing; put the "
            "files back, or discard the labels."
        )
    return made, found


def backups_of_broken(root: Path) -> list[Backup]:
    """List the backups for a folder whose ``project.json`` is gone or damaged."""
    named = _UUID.search(bytes_of(root / PROJECT_FILE) or b"")
    if named is not None:
        uuid = named[1].decode("utf-8", "replace")
        found = Backups(ProjectFolder(root), uuid).all()
        if found:
            return found
    return backups_of(root)


def newest_whole(root: Path) -> Backup | None:
    """Find the newest of these backups that can be read; None where none can."""
    for backup in backups_of_broken(root):
        with contextlib.suppress(SkelsegError):
            run(Backups(ProjectFolder(root), "").then(backup))
            return backup
    return None
