"""ProjectFolder: loads and saves a project, a folder of JSON files; adds videos to it.

It is made of small text files that a person can read, copy and put in git:
``project.json`` and one ``labels/<video>.json`` per video with one segment per line;
other annotators' are ``annotators/<name>/<video>.json``.
Videos stay where they are. Predictions, poses and models are files beside the labels,
which ``project.json`` does not list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skelseg_core.errors import ProjectError, VideoError
from skelseg_core.files import portable_name, same_name, short_name
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.folder_writing import FolderWriter, listed
from skelseg_core.project.project import ANNOTATION, Project, VideoItem, new_project
from skelseg_core.project.save_lock import save_lock
from skelseg_core.project.seen_files import ChangedMeanwhile
from skelseg_core.video.media_path import media_path, media_title
from skelseg_core.video.remote.address import is_remote
from skelseg_core.video.remote.permission import let_project

if TYPE_CHECKING:
    from skelseg_core.project.outside import MergedChange

MOST_MERGES = 3
"""Times that a save reads what others write while it writes; then theirs is kept."""


@dataclass
class ProjectFolder(FolderWriter):
    """A project on disk: paths of its files, loading and saving.

    Bytes that this object has not read are never overwritten: a label file that
    somebody else changed meanwhile is kept beside ours under another name.
    """

    def save(
        self,
        project: Project,
        previous: Project | None = None,
        known: Project | None = None,
        on_merged: Callable[[MergedChange], None] | None = None,
    ) -> list[str]:
        """Write what differs from ``previous`` (all, where None).

        What somebody else wrote meanwhile is merged with it.

        Parameters
        ----------
        project, previous : Project
        known : Project, optional
            What was read or written last, where ``previous`` is None.
        on_merged : callable, optional
            Is told what is written and of conflicts, before anything is.

        Returns
        -------
        list of str
            A sentence where a version of somebody else is kept under another name, and
            one where label files that were gone are written again.

        Raises
        ------
        ProjectError
            Where the folder cannot be written, or is no longer where it was.
        """
        self.uuid = project.uuid
        with save_lock(project.uuid):
            return self._save(project, previous, known or previous, on_merged)

    def _save(
        self,
        project: Project,
        previous: Project | None,
        known: Project | None,
        on_merged: Callable[[MergedChange], None] | None = None,
    ) -> list[str]:
        from skelseg_core.project.outside import merge_again, merge_outside

        if known is None:
            kept = self.write(project)
            return [*self.write_lost(project), *_kept_notes(kept)]
        self._check_there()
        ours, taken = self.without_taken(project, known)
        merged = merge_outside(self, known, ours, previous is None, taken)
        for n_left in reversed(range(MOST_MERGES)):
            if on_merged is not None:
                on_merged(merged)
            before = None if previous is None else merged.theirs
            try:
                kept = self._write(merged.project, before, merged.theirs, n_left == 0)
                break
            except ChangedMeanwhile:
                # Written on another computer, whose saves no lock here holds up.
                merged = merge_again(self, merged, previous is None, taken)
        if on_merged is None:
            kept = [*merged.kept, *kept]
        lost = self.write_lost(merged.project)
        return [*merged.notes, *lost, *_kept_notes(kept)]


def _kept_notes(kept: Sequence[Path]) -> list[str]:
    """Say in one sentence where other versions of files were kept, if there are any."""
    if not kept:
        return []
    if len(kept) == 1:
        name = f"{kept[0].name.partition('.conflict-')[0]}{kept[0].suffix}"
        return [
            f"{name} was changed by another program; that version was kept as "
            f"{kept[0].name}."
        ]
    return [
        f"{len(kept)} files were changed by another program; those versions were "
        f"kept as {listed([p.name for p in kept])}."
    ]


def check_free(root: Path) -> ProjectFolder:
    """Return the folder for a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or ``root`` is a file.
    """
    folder = ProjectFolder(root)
    check_text(str(root))
    if folder.project_file.exists():
        raise ProjectError(
            "{} holds a project already; open it or choose another folder.", root
        )
    if root.exists() and not root.is_dir():
        raise ProjectError("{} is a file; choose a folder for the project.", root)
    return folder


def create_project(
    root: Path, label_map: LabelMap, skeleton: str = "coco17"
) -> tuple[ProjectFolder, Project]:
    """Make a new project in ``root``, which must not hold one.

    Raises
    ------
    ProjectError
        Where there is a project already, or the folder cannot be written.
    """
    folder = check_free(root)
    project = new_project(root.resolve().name, label_map, skeleton)
    folder.save(project)
    return folder, project


def probe_video(path: Path, folder: ProjectFolder, project: Project) -> VideoItem:
    """Open a video and make the project's entry for it, unlabelled.

    Images say in ``path`` at which rate they are shown (see `media_path`). Of another
    computer it is opened where a person allowed its host for this project.

    Raises
    ------
    VideoError, ProjectError
        Where it is no video that can be read, or is in the project already.
    """
    from skelseg_core.video.reader import VideoReader

    stored = folder.stored_path(path)
    for item in project.videos:
        if _without_rate(item.path) == _without_rate(stored):
            raise ProjectError(
                "{} is in project {} already, as video {}.", path, project.name, item.id
            )
    if is_remote(path):
        let_project(project.uuid, path)
    with VideoReader(path) as reader:
        return VideoItem(
            id=_free_id(portable_name(media_title(path)), project, folder),
            path=stored,
            fingerprint=reader.fingerprint,
            n_frames=len(reader),
            width=reader.width,
            height=reader.height,
            mean_rate=round(reader.mean_rate, 4),
            lanes={ANNOTATION: Segmentation.unlabelled(len(reader))},
        )


def _without_rate(stored: str) -> str:
    media = media_path(Path(stored))
    return stored if media.rate is None else stored.removesuffix(media.tail)


def check_same_video(item: VideoItem, path: Path, fingerprint: str) -> None:
    """Refuse a file that is not the one that ``item`` was made of.

    Raises
    ------
    VideoError
        Where the fingerprints differ: frame n would be another picture.
    """
    if fingerprint != item.fingerprint:
        raise VideoError(
            "{} is not the file that was labelled as {}, it was replaced or changed; "
            "put the old file back, or add this one under another name.",
            path,
            item.id,
        )


def _free_id(wanted: str, project: Project, folder: ProjectFolder) -> str:
    n = 2
    wanted = candidate = short_name(wanted)
    # Labels of a removed video stay on disk; a new video must not overwrite them.
    taken = {v.id for v in project.videos}
    taken |= {path.stem for path in folder.labels_path("").parent.glob("*.json")}
    while same_name(candidate, taken) is not None:
        candidate, n = f"{wanted}-{n}", n + 1
    return candidate
