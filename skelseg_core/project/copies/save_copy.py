"""Copy of a project, written whole into a new folder, whatever became of the old one.

Labels come from memory, or from what this computer kept of their files, so that they
can be saved elsewhere when the disk of the project is gone, hangs or can only be read.
Predictions, poses and models are copied as far as their files can be read. Videos stay
where they are. The copy has an identity of its own: two folders are never taken
for one.
"""

from __future__ import annotations

import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.files import atomic_write, leads_out, new_folder
from skelseg_core.progress import Progress, Task
from skelseg_core.project.copies.stray_files import SET_ASIDE
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import Track

COPIED = (
    *("predictions", "prelabels", "poses", "poses3d", "risk"),
    *("labels", "about", "annotators", SET_ASIDE),
)
"""Folders of a project that go along. Of labels what is not written: those of videos
that were removed, for undo, and those of others that were kept from conflicts."""
MODELS = "models"
PATIENCE_S = 5.0
"""Seconds that a file of the old folder is waited for; its disk is given up then."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass
class _OldFolder:
    """Read the old folder, and give it up where it does not answer."""

    folder: ProjectFolder
    left_out: list[str] = field(default_factory=list)
    gone: bool = False

    def read(self, work: Callable[[], T]) -> T | None:
        """Return what ``work`` reads; None where it cannot, or takes too long."""
        if self.gone:
            return None
        found: list[T] = []

        def run() -> None:
            try:
                found.append(work())
            except (OSError, ValueError, SkelsegError) as error:
                _log.info("left out: %s", error)

        thread = threading.Thread(target=run, name="read", daemon=True)
        thread.start()
        thread.join(PATIENCE_S)
        self.gone = thread.is_alive()
        return found[0] if found else None

    def read_lane(self, item: Track, name: str) -> None:
        """Read the segments of a lane that nobody looked at yet."""
        lane = item.lanes[name]
        if not isinstance(lane, UnreadLane) or lane.is_read:
            return
        if self.read(lambda: lane.segments) is not None:
            return
        kept = self.folder.kept_lane(item.id, name)
        if kept is None:
            raise ProjectError(
                "The labels of {} ({}) were not read since the project was opened, "
                "and {} cannot be read now; nothing was saved. Your edits are in the "
                "journal on this computer.",
                item.called,
                name,
                self.folder.root,
            )
        lane.fill(kept)

    def files(self, folders: tuple[str, ...]) -> list[Path]:
        """List what lies in some folders, by paths from the root."""
        found = self.read(lambda: [p for name in folders for p in self._below(name)])
        if found is None:
            self.left_out += folders
        return found or []

    def _below(self, name: str) -> Iterator[Path]:
        """List what lies in a folder; what a link leads to elsewhere is left out.

        Who passes the copy on would pass on a file of their own.
        """
        root = self.folder.root
        for path in sorted([root / name, *(root / name).rglob("*")]):
            inside = path.relative_to(root)
            if any(part.startswith(".") for part in inside.parts):
                continue
            if leads_out(path, root):
                if path.is_symlink():
                    self.left_out.append(inside.as_posix())
            elif path.is_file():
                yield inside


def save_copy(
    folder: ProjectFolder, project: Project, target: Path, models: bool = True
) -> Task[tuple[str, ...]]:
    """Save a copy of a project into a new or empty folder, all of it or nothing.

    Parameters
    ----------
    folder : ProjectFolder
        Where the project is; its disk may be gone.
    project : Project
        As it is shown, unsaved edits included.
    target : Path
    models : bool
        Copy the trained models, too.

    Returns
    -------
    tuple of str
        Files and folders of the project that were left out, by their names: they could
        not be read, or are links out of it.

    Raises
    ------
    ProjectError
        Where ``target`` holds anything already or cannot be written, where labels
        cannot be read, or where a newer skelseg wrote the project; ``target`` is as it
        was.
    """
    target = Path(os.path.abspath(target))
    if target.is_relative_to(folder.root):
        raise ProjectError(
            "{} is in the folder of the project; choose one beside it.", target
        )
    if folder.read_only:
        raise ProjectError(
            "A newer skelseg wrote {}, and this one cannot write it anew; copy its "
            "folder by hand.",
            folder.root,
        )
    old = _OldFolder(folder)
    with as_sentence("{} could not be saved", target), new_folder(target) as made:
        yield from _read_lanes(old, project)
        ProjectFolder(made).write(_moved(folder, project, target))
        # Nobody says anything of these any more, whatever their files say yet.
        blank = (v.id for v in project.videos if v.is_blank and not v.damage)
        without = {folder.about_path(i).relative_to(folder.root) for i in blank}
        yield from _copy(old, made, (*COPIED, MODELS) if models else COPIED, without)
    return tuple(old.left_out)


def _moved(folder: ProjectFolder, project: Project, target: Path) -> Project:
    """Give a project another identity, and paths of videos as they are from there."""
    name = target.name if project.name == folder.root.name else project.name
    for video in project.videos:
        path = _path(video.path, folder, target)
        project = project.with_video(video.with_film(path=path))
    return replace(project, uuid=uuid.uuid4().hex, name=name)


def _path(path: str, folder: ProjectFolder, target: Path) -> str:
    """Write the path of a video as it is from the new folder, asking no disk."""
    if not path:
        return path
    video = Path(os.path.normpath(folder.root / path))
    if video.is_relative_to(target.parent) and not video.is_relative_to(folder.root):
        return Path(os.path.relpath(video, target)).as_posix()
    return video.as_posix()


def _read_lanes(old: _OldFolder, project: Project) -> Task[None]:
    for n, item in enumerate(project.tracks):
        yield Progress("labels", n, len(project.tracks))
        for name in item.lanes.keys() - item.missing:
            old.read_lane(item, name)


def _copy(
    old: _OldFolder, made: Path, folders: tuple[str, ...], without: set[Path]
) -> Task[None]:
    """Copy what is not written yet."""
    found = (path for path in old.files(folders) if path not in without)
    paths = [path for path in found if not (made / path).exists()]
    for n, path in enumerate(paths):
        yield Progress("files of the project", n, len(paths))
        data = old.read((old.folder.root / path).read_bytes)
        if data is None:
            old.left_out.append(path.as_posix())
        else:
            atomic_write(made / path, data, sync=False)
