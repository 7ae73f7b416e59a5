"""Import label, pose and class files into the project."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.after_save import AfterSave
from app.services.jobs import Jobs
from app.services.pose_service import PoseService
from app.services.video_files import VideoFiles
from app.state.document import Document
from skelseg_core.errors import SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.labels import LABEL_SUFFIXES
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.formats.read_labels import ReadLabels
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import add_classes
from skelseg_core.project.class_files import load_classes
from skelseg_core.project.label_files import load_labels, with_labels
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.video.media_path import media_path, media_title

_TOOLS = "|".join(form.name for form in POSE_FORMATS)
_TAIL = re.compile(
    rf"(\.|DLC|[-_ .]*(keypoints?|poses?|labels?|segments|{_TOOLS})([-_ .]|$))",
    re.IGNORECASE,
)
Ask = Callable[[Path, Project], str | None]
Confirm = Callable[[str], bool]


class FileImporter(QObject):
    """Import label, pose and class files into the project.

    ``ask`` returns the video of a file whose name does not tell it; ``confirm`` asks
    whether poses may be replaced, which undo cannot restore.
    """

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        after_save: AfterSave,
        files: VideoFiles,
        poses: PoseService,
        ask: Ask,
        confirm: Confirm,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._after_save = document, jobs, after_save
        self._files, self._poses = files, poses
        self._ask, self._confirm, self._notices = ask, confirm, notices

    def video_for(self, path: Path) -> str:
        """Find the video of a file by its name and place; empty where there is none."""
        document = self._document
        return video_of(path, document.project, document.folder.root)

    # -- labels ---------------------------------------------------------------------

    def labels(self, paths: Sequence[Path]) -> None:
        """Import label files into the annotations of the videos named like the files.

        A video that the project has not, but the folder of the label file has, is added
        first.
        """
        beside = [v for p in paths if not self.video_for(p) and (v := video_beside(p))]
        if beside:
            self._files.add(beside, lambda: self._read_labels(paths))
        else:
            self._read_labels(paths)

    def _read_labels(self, paths: Sequence[Path]) -> None:
        pairs = self._paired(paths)
        if pairs:
            self._jobs.start(
                self.tr("Import labels"),
                read_labels(pairs, self._document.project),
                self._take_labels,
            )

    def _paired(self, paths: Sequence[Path]) -> list[tuple[str, Path]]:
        pairs, project, ask = [], self._document.project, True
        for path in paths:
            video = self.video_for(path)
            if not video and project.videos:
                # A person who cancels the question is not asked about the other files.
                video = self._ask(path, project) or "" if ask else ""
                ask = bool(video) and ask
            elif not video:
                self._notices.warn(
                    self.tr("There is no video to label by {}; add it first.").format(
                        path.name
                    )
                )
            if video:
                pairs.append((video, path))
        return pairs

    def _take_labels(self, found: list[tuple[str, ReadLabels | str]]) -> None:
        done = []
        for video_id, labels in found:
            if isinstance(labels, str):
                self._notices.warn(labels)
            elif (text := self._apply(video_id, labels)) is not None:
                done.append(text)
        if len(done) == 1:
            self._notices.say(done[0])
        elif done:
            text = "Labels of {n} video(s) were read; Undo takes each back."
            self._notices.say(plural(text, len(done)))

    def _apply(self, video_id: str, labels: ReadLabels) -> str | None:
        """Import labels as one step of undo; return a sentence, None without change."""
        before = self._document.project
        if not before.has(video_id):
            return None
        old = before.video(video_id).annotation.segments
        was = sum(s.class_id is not None for s in old)
        if not self._document.apply(
            self.tr("Import labels of {}").format(video_id),
            lambda p: with_labels(p, video_id, labels),
        ):
            return None
        after = self._document.project
        now = sum(
            s.class_id is not None for s in after.video(video_id).annotation.segments
        )
        text = plural(
            "{video}: {n} segment(s) from {file}.",
            now,
            video=video_id,
            file=labels.path.name,
        )
        if was:
            text += " " + self.tr(
                "They are in place of {was} that were there; Undo brings those back."
            ).format(was=f"{was:,}")
        new = after.label_map.names[len(before.label_map) :]
        if new:
            text += " " + self.tr("New classes: {}.").format(", ".join(new))
        return text

    # -- classes --------------------------------------------------------------------

    def classes(self, path: Path) -> None:
        """Add the classes of a file that the project does not have."""
        try:
            found = load_classes(path)
        except SkelsegError as error:
            self._notices.warn(str(error))
            return
        n = len(self._document.project.label_map)
        if self._document.apply(
            self.tr("Read classes"), lambda p: add_classes(p, found)
        ):
            new = self._document.project.label_map.names[n:]
            self._notices.say(self.tr("New classes: {}.").format(", ".join(new)))
        else:
            text = self.tr("Every class of {} is in the project already.")
            self._notices.say(text.format(path.name))

    # -- poses ----------------------------------------------------------------------

    def poses(self, paths: Sequence[Path]) -> None:
        """Import pose files of other tools, each for the video named like it."""
        pairs, folder = self._paired(paths), self._document.folder
        there = [v for v, _ in pairs if folder.poses_path(v).is_file()]
        text = self.tr(
            "There are poses of {} already. Replace them? Undo cannot bring them back."
        )
        if there and not self._confirm(text.format(", ".join(there))):
            return
        for video_id, path in pairs:
            self._import_poses(video_id, path)

    def _import_poses(self, video_id: str, path: Path) -> None:
        self._poses.cancel_estimate(video_id)
        worker, root = self._jobs.worker, str(self._document.folder.root)
        task = worker.task("import_poses", root=root, video_id=video_id, file=str(path))
        n = self._document.project.video(video_id).n_frames

        def show(result: dict[str, Any]) -> None:
            text = plural(
                "{video}: a person in {found} of {n} frame(s) of {file}.",
                n,
                video=video_id,
                found=f"{result['with_person']:,}",
                file=path.name,
            )
            notices = self._notices
            report = notices.say if result["with_person"] else notices.warn
            report(" ".join([text, *result["notes"]]))
            self._poses.refresh(video_id)

        title = self.tr("Import poses of {}").format(video_id)

        def start() -> None:
            job = self._jobs.start(title, task, show)
            job.on_leaving = self.tr("The poses stay as they were; import them again.")

        self._after_save.run(start)

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
                self.labels(labels)
            if poses:
                self.poses(poses)

        if videos:
            self._files.add(videos, rest)
        else:
            rest()


def read_labels(
    pairs: Sequence[tuple[str, Path]], project: Project
) -> Task[list[tuple[str, ReadLabels | str]]]:
    """Read labels for each video, or the sentence that says why that failed."""
    found: list[tuple[str, ReadLabels | str]] = []
    for n, (video_id, path) in enumerate(pairs):
        yield Progress(f"reading {path.name}", n, len(pairs))
        try:
            found.append((video_id, load_labels(path, project.find(video_id))))
        except SkelsegError as error:
            found.append((video_id, str(error)))
    return found


def video_of(path: Path, project: Project, root: Path | None = None) -> str:
    """Find the video that a file is named like; empty where there is none.

    Where several videos match, the one counts whose id is the name, or whose file lies
    in the folder of this file (with the project in ``root``); none where these differ.
    """
    fits = [(len(_title_in(path.name, v)), v) for v in project.videos]
    longest = max((n for n, _ in fits), default=0)
    found = [v for n, v in fits if n == longest > 0]
    if len(found) > 1:
        by_id = {v.id for v in found if v.id == path.name[:longest]}
        by_place = {v.id for v in found if root and _lie_together(path, v, root)}
        ids = by_id & by_place or by_id | by_place
        found = [v for v in found if v.id in ids]
    return found[0].id if len(found) == 1 else ""


def _title_in(name: str, item: VideoItem) -> str:
    """Find the title of a video at the beginning of a file name, or return ""."""
    titles = {item.id, media_title(Path(item.path))} if item.path else {item.id}
    begin = [
        title
        for title in titles
        if name.startswith(title)
        and (len(name) == len(title) or _TAIL.match(name, len(title)) is not None)
    ]
    return max(begin, key=len, default="")


def _lie_together(path: Path, item: VideoItem, root: Path) -> bool:
    video = os.path.normpath(root / media_path(Path(item.path)).file)
    return bool(item.path) and os.path.realpath(path.parent) == os.path.dirname(video)


def video_beside(path: Path) -> Path | None:
    """Find a video file in the same folder that the file is named like."""
    stem = path.stem if path.suffix.lower() in LABEL_SUFFIXES else path.name
    stem = stem.removesuffix(".segments")
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return None
    return next(
        (p for p in beside if p.stem == stem and p.suffix.lower() in VIDEO_SUFFIXES),
        None,
    )
