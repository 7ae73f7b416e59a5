"""Save as: a project written whole into a new folder, whatever became of the old one.

Labels come from memory, or from what this computer kept of their files, so that they
can be saved elsewhere when the disk of the project is gone, hangs or can only be read.
Predictions, poses and models are copied as far as their files can be read. Videos stay
where they are. The new project has an identity of its own: two folders are never taken
for one.
"""

from __future__ import annotations

import logging
import os
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.files import atomic_write, leads_out, new_folder
from skelseg_core.progress import Progress, Task
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_writing import listed
from skelseg_core.project.json import project_text, work_text
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.project import ANNOTATION, Project, VideoItem
from skelseg_core.project.seen_files import bytes_of, digest_of
from skelseg_core.text_files import read_json

LABELS = ("labels", "annotators")
"""Folders of label files."""
COPIED = ("predictions", "poses", "poses3d", "risk", *LABELS, "set-aside")
"""Folders of a project that go along. Of labels what is not written: those of videos
that were removed, for undo, and those of others that were kept from conflicts."""
MODELS = "models"
PATIENCE_S = 5.0
"""Seconds that a file of the old folder is waited for; its disk is given up then."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SavedAs:
    """Hold a project that was saved into a new folder.

    Parameters
    ----------
    folder : ProjectFolder
        Has seen what was written.
    saved : Project
        What was saved, as it is called in the old folder.
    move : callable
        Turns any project of the old folder into that of the new one: its identity,
        name and the paths of its videos.
    move_path : callable
        Turns the path of a video as the old folder has it into that of the new one.
    left_out : tuple of str
        Files and folders of the old one that could not be read or are links out of
        it, by their names.
    """

    folder: ProjectFolder
    saved: Project
    move: Callable[[Project], Project]
    move_path: Callable[[str], str]
    left_out: tuple[str, ...] = ()

    def note(self) -> str:
        """Write a sentence about what was left out; empty where that is nothing."""
        if not self.left_out:
            return ""
        return (
            "A part of the old folder could not be read, or is a link out of it, and "
            f"was left out: {listed(self.left_out)}. Copy it by hand, or make it again."
        )


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

    def read_lane(self, item: VideoItem, name: str) -> None:
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
                item.id,
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


def save_as(
    folder: ProjectFolder, project: Project, target: Path, models: bool = True
) -> Task[SavedAs]:
    """Save a project into a new or empty folder, all of it or nothing.

    What a newer skelseg wrote is copied as it is, but for the paths of the videos and
    the project's name and identity.

    Parameters
    ----------
    folder : ProjectFolder
        Where the project was until now; its disk may be gone.
    project : Project
        As it is shown, unsaved edits included.
    target : Path
    models : bool
        Copy the trained models, too.

    Raises
    ------
    ProjectError
        Where ``target`` holds anything already or cannot be written, or where labels
        cannot be read; ``target`` is as it was.
    """
    target = Path(os.path.abspath(target))
    if target.is_relative_to(folder.root):
        raise ProjectError(
            "{} is in the folder of the project; choose one beside it.", target
        )
    old, move = _OldFolder(folder), _move(folder, project, target)
    move_path = partial(_path, folder=folder, target=target)
    with as_sentence("{} could not be saved", target), new_folder(target) as made:
        if folder.read_only:
            _write_newer(old, made, move(project), move_path)
            media = {Path(os.path.normpath(v.path)) for v in project.videos if v.path}
            yield from _copy(old, made, _folders(old, models), media)
        else:
            yield from _read_lanes(old, project)
            ProjectFolder(made).write(move(project))
            yield from _copy(old, made, (*COPIED, MODELS) if models else COPIED)
        digests = _digests(made)
    there = ProjectFolder(target, read_only=folder.read_only)
    for name, digest in digests.items():
        there.files.note(target / name, digest)
    if not folder.read_only:
        for item in project.videos:
            if ANNOTATION not in item.missing:
                there.note_work(item.id, work_text(item))
    return SavedAs(there, project, move, move_path, tuple(old.left_out))


def _move(
    folder: ProjectFolder, project: Project, target: Path
) -> Callable[[Project], Project]:
    """Make the function that turns projects of a folder into those of ``target``."""
    identity = uuid.uuid4().hex
    name = target.name if project.name == folder.root.name else project.name

    def move(project: Project) -> Project:
        videos = tuple(
            replace(v, path=path)
            if (path := _path(v.path, folder, target)) != v.path
            else v
            for v in project.videos
        )
        own = name if project.name == folder.root.name else project.name
        return replace(project, uuid=identity, name=own, videos=videos)

    return move


def _path(path: str, folder: ProjectFolder, target: Path) -> str:
    """Write the path of a video as it is from the new folder, asking no disk."""
    if not path:
        return path
    video = Path(os.path.normpath(folder.root / path))
    if video.is_relative_to(target.parent) and not video.is_relative_to(folder.root):
        return Path(os.path.relpath(video, target)).as_posix()
    return video.as_posix()


def _write_newer(
    old: _OldFolder, made: Path, moved: Project, move_path: Callable[[str], str]
) -> None:
    """Write project.json of a newer skelseg for another folder, all else as it is."""
    raw = old.read(lambda: read_json(old.folder.project_file))
    if not isinstance(raw, dict):
        raise ProjectError(
            "{} cannot be read; nothing was saved.", old.folder.project_file
        )
    videos = raw.get("videos")
    for entry in videos if isinstance(videos, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            entry["path"] = move_path(entry["path"])
    raw |= {"uuid": moved.uuid, "name": moved.name}
    atomic_write(made / old.folder.project_file.name, project_text(raw))


def _folders(old: _OldFolder, models: bool) -> tuple[str, ...]:
    """List the folders of a project of which nobody knows what they are for."""
    root = old.folder.root
    found = old.read(lambda: [p.name for p in root.iterdir() if p.is_dir()])
    names = sorted(name for name in found or () if not name.startswith("."))
    return tuple(name for name in names if models or name != MODELS)


def _read_lanes(old: _OldFolder, project: Project) -> Task[None]:
    for n, item in enumerate(project.videos):
        yield Progress("labels", n, len(project.videos))
        for name in item.lanes.keys() - item.missing:
            old.read_lane(item, name)


def _copy(
    old: _OldFolder, made: Path, folders: tuple[str, ...], media: Collection[Path] = ()
) -> Task[None]:
    """Copy what is not written yet; videos stay where they are."""
    paths = [p for p in old.files(folders) if not {p, *p.parents} & set(media)]
    paths = [path for path in paths if not (made / path).exists()]
    for n, path in enumerate(paths):
        yield Progress("files of the project", n, len(paths))
        data = old.read((old.folder.root / path).read_bytes)
        if data is None:
            old.left_out.append(path.as_posix())
        else:
            atomic_write(made / path, data, sync=False)


def _digests(made: Path) -> Mapping[str, str]:
    """Compute the digests of the files that saving writes, by paths from the root."""
    files = [made / "project.json"]
    files += [p for name in LABELS for p in (made / name).rglob("*")]
    return {
        path.relative_to(made).as_posix(): digest_of(data)
        for path in files
        if path.suffix == ".json" and (data := bytes_of(path)) is not None
    }
