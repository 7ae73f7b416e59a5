"""Import label, pose and class files into the project."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.kit.language import in_language
from app.kit.plural import plural
from app.kit.threads import read_quickly, run_in_thread
from app.services.files.label_importer import LabelImporter
from app.services.files.video_files import VideoFiles
from app.services.models.pose_service import PoseService
from app.services.task_runner import TaskRunner
from skelseg_core.errors import SkelsegError
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.project.class_edits import add_classes, names_added
from skelseg_core.project.class_files import load_classes
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId

LOOK_S = 2.0
"""Seconds that is waited for a disk to tell whether there are poses already."""
Ask = Callable[[Path, Project], VideoId | None]
Confirm = Callable[[str], bool]


class FileImporter(QObject):
    """Import label, pose and class files into the project.

    ``ask`` returns the video of a file whose name does not tell it; ``confirm`` asks
    whether poses may be replaced, which undo cannot restore. ``skeleton_asked`` says
    that pose files have other keypoints than the project, which may still get another
    skeleton: `take_skeleton` or `leave_skeleton` follows.
    """

    skeleton_asked = Signal(object)  # NamedKeypoints

    def __init__(
        self,
        tasks: TaskRunner,
        files: VideoFiles,
        poses: PoseService,
        labels: LabelImporter,
        ask: Ask,
        confirm: Confirm,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._tasks = tasks.document, tasks
        self._files, self._poses, self._labels = files, poses, labels
        self._ask, self._confirm, self._notices = ask, confirm, tasks.notices
        # Pose files, each with its video, that wait for a skeleton.
        self._waiting: list[tuple[VideoId, Path]] = []

    def video_for(self, path: Path) -> VideoId:
        """Find the video of a file by its name and place; empty where there is none."""
        document = self._document
        return video_named_like(path, document.project, document.folder.root)

    # -- classes --------------------------------------------------------------------

    def classes(self, path: Path) -> None:
        """Add the classes of a file that the project does not have."""
        try:
            found = load_classes(path)
        except SkelsegError as error:
            self._notices.warn(in_language(error))
            return
        before = self._document.project
        if self._document.apply(
            self.tr("Read classes"), lambda p: add_classes(p, found)
        ):
            new = names_added(before, self._document.project)
            self._notices.say(self.tr("New classes: {}.").format(", ".join(new)))
        else:
            text = self.tr("The project already has every class of {}.")
            self._notices.say(text.format(path.name))

    # -- poses ----------------------------------------------------------------------

    def poses(self, paths: Sequence[Path]) -> None:
        """Import pose files of other tools, each for the video named like it."""
        pairs, folder = self._paired(paths), self._document.folder
        found: list[list[VideoId]] = []

        def look() -> None:
            # Where it fails nobody knows, and poses would be replaced unasked.
            with contextlib.suppress(OSError):
                found.append([v for v, _ in pairs if folder.poses_path(v).is_file()])

        if not run_in_thread(look, LOOK_S) or not found:
            text = self.tr(
                "The disk of {} does not answer, so no poses were imported. Try again "
                "later."
            )
            self._notices.warn(text.format(folder.root))
            return
        there = found[0]
        text = self.tr("{} already has poses. Replace them? This cannot be undone.")
        if there and not self._confirm(text.format(", ".join(there))):
            return
        for video_id, path in pairs:
            if self._document.project.has_video(video_id):
                self._import_poses(video_id, path)

    def _paired(self, paths: Sequence[Path]) -> list[tuple[VideoId, Path]]:
        pairs, project, ask = list[tuple[VideoId, Path]](), self._document.project, True
        for path in paths:
            video: VideoId | None = self.video_for(path)
            if not video and project.tracks:
                # A person who cancels the question is not asked about the other files.
                video = self._ask(path, project) if ask else None
                ask = bool(video) and ask
            elif not video:
                self._notices.warn(
                    self.tr("No video matches {}. Add it first.").format(path.name)
                )
            if video:
                pairs.append((video, path))
        return pairs

    def _import_poses(self, video_id: VideoId, path: Path) -> None:
        self._poses.cancel_estimate(video_id)
        worker, root = self._tasks.jobs.worker, str(self._document.folder.root)
        track = self._document.project.first_track(video_id)
        task = worker.task("import_poses", root=root, video_id=track.id, file=str(path))
        n = track.n_frames

        def show(result: dict[str, Any]) -> None:
            if "keypoints" in result:
                self._on_other_keypoints(video_id, path, result)
                return
            text = plural(
                "{video}: poses from {file}, with a person in {found} of {n} frame(s).",
                n,
                video=video_id,
                found=f"{result['with_person']:,}",
                file=path.name,
            )
            report = self._notices.say if result["with_person"] else self._notices.warn
            report(" ".join([text, *map(in_language, result["notes"])]))
            self._poses.refresh(video_id)

        title = self.tr("Import poses of {}").format(video_id)

        leaving = self.tr("The poses did not change. Import them again.")
        self._tasks.after_save.run(lambda: self._tasks.run(title, task, show, leaving))

    def _on_other_keypoints(
        self, video_id: VideoId, path: Path, result: Mapping[str, Any]
    ) -> None:
        """Ask what body the keypoints of a file are of, once for all files."""
        if result["skeleton"] != self._document.project.skeleton:
            self._import_poses(video_id, path)  # it was answered meanwhile
            return
        from skelseg_core.project.imports.named_keypoints import NamedKeypoints

        self._waiting.append((video_id, path))
        if len(self._waiting) == 1:
            self.skeleton_asked.emit(NamedKeypoints.from_plain(result["keypoints"]))

    def take_skeleton(self, skeleton: Skeleton) -> None:
        """Give the project this skeleton, and import the poses that waited for it."""
        from skelseg_core.project.skeleton_change import set_skeleton

        waiting, self._waiting = self._waiting, []
        if self._document.apply(
            self.tr("Skeleton {}").format(skeleton.title),
            lambda project: set_skeleton(project, skeleton.name),
        ):
            for video_id, path in waiting:
                self._import_poses(video_id, path)

    def leave_skeleton(self) -> None:
        """Import none of the poses that wait for a skeleton."""
        self._waiting.clear()

    # -- several at once ------------------------------------------------------------

    def take(
        self,
        videos: Sequence[Path] = (),
        labels: Sequence[Path] = (),
        poses: Sequence[Path] = (),
        classes: Sequence[Path] = (),
    ) -> None:
        """Import files of several kinds: videos first, because the others name them."""
        for path in classes:
            self.classes(path)

        def rest() -> None:
            if labels:
                self._labels.begin(labels)
            if poses:
                self.poses(poses)

        if videos:
            self._files.add(videos, rest)
        else:
            rest()


def video_named_like(path: Path, project: Project, root: Path | None = None) -> VideoId:
    """Find the video that a file is named like; empty where there is none."""
    from skelseg_core.project.imports.videos_of_files import VideoNames

    beside = read_quickly(lambda: os.path.realpath(path.parent), str(path.parent))
    track = project.find(VideoNames(project, root).of_file(path, beside))
    return VideoId("") if track is None else track.video_id
