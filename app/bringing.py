"""Bringing: labels, poses and classes of files are brought into the project."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.operations import Operations
from skelseg_core.class_edits import add_classes
from skelseg_core.class_files import load_classes
from skelseg_core.errors import SkelsegError
from skelseg_core.label_files import Labels, load_labels, with_labels
from skelseg_core.media_path import media_title
from skelseg_core.progress import Progress, Task
from skelseg_core.project import Project, VideoItem

VIDEO_SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("mp4", "avi", "mkv", "mov", "m4v", "webm", "mpg", "mpeg"),
        *("ts", "mts", "m2ts", "wmv", "flv", "gif", "ogv", "3gp"),
    )
)
_TAIL = re.compile(
    r"(\.|DLC|[-_ .]*(keypoints?|poses?|labels?|segments|openpose|alphapose|mediapipe)"
    r"([-_ .]|$))",
    re.IGNORECASE,
)
Ask = Callable[[Path, Project], str | None]
Confirm = Callable[[str], bool]


class Bringing(QObject):
    """Owns no data; what comes of files is an edit of the document or a file of poses.

    ``ask`` says which video a file belongs to where its name does not, and ``confirm``
    whether poses may be replaced, which no undo brings back.
    """

    said = Signal(str)
    problem = Signal(str)

    def __init__(
        self,
        operations: Operations,
        ask: Ask,
        confirm: Confirm,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._operations, self._ask, self._confirm = operations, ask, confirm
        self._document = operations.document

    # -- labels ---------------------------------------------------------------------

    def labels(self, paths: Sequence[Path]) -> None:
        """Read label files into the annotations of the videos named like them.

        Where the project has no such video, but the folder of the file has, it is
        added first.
        """
        project = self._document.project
        beside = [
            v for p in paths if not video_of(p, project) and (v := video_beside(p))
        ]
        if beside:
            self._operations.add_videos(beside, lambda: self._read_labels(paths))
        else:
            self._read_labels(paths)

    def _read_labels(self, paths: Sequence[Path]) -> None:
        pairs = self._paired(paths)
        if pairs:
            self._operations.jobs.start(
                self.tr("Import labels"), read_labels(pairs), self._take_labels
            )

    def _paired(self, paths: Sequence[Path]) -> list[tuple[str, Path]]:
        pairs, project = [], self._document.project
        for path in paths:
            video = video_of(path, project)
            if not video and project.videos:
                video = self._ask(path, project) or ""
            elif not video:
                self.problem.emit(
                    self.tr("There is no video to label by {}; add it first.").format(
                        path.name
                    )
                )
            if video:
                pairs.append((video, path))
        return pairs

    def _take_labels(self, found: list[tuple[str, Labels | str]]) -> None:
        done = []
        for video_id, labels in found:
            if isinstance(labels, str):
                self.problem.emit(labels)
            elif (text := self._apply(video_id, labels)) is not None:
                done.append(text)
        if len(done) == 1:
            self.said.emit(done[0])
        elif done:
            text = self.tr("Labels of {} videos were read; Undo takes each back.")
            self.said.emit(text.format(f"{len(done):,}"))

    def _apply(self, video_id: str, labels: Labels) -> str | None:
        """Make one step of it; what is to be said, None where nothing was changed."""
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
        text = self.tr("{video}: {now} segments from {file}.").format(
            video=video_id, now=f"{now:,}", file=labels.path.name
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
        """Add the classes that a file names and the project does not have."""
        try:
            found = load_classes(path)
        except SkelsegError as error:
            self.problem.emit(str(error))
            return
        n = len(self._document.project.label_map)
        if self._document.apply(
            self.tr("Read classes"), lambda p: add_classes(p, found)
        ):
            new = self._document.project.label_map.names[n:]
            self.said.emit(self.tr("New classes: {}.").format(", ".join(new)))
        else:
            text = self.tr("Every class of {} is in the project already.")
            self.said.emit(text.format(path.name))

    # -- poses ----------------------------------------------------------------------

    def poses(self, paths: Sequence[Path]) -> None:
        """Read pose files of other tools, each for the video named like it."""
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
        operations = self._operations
        operations.cancel_estimate(video_id)
        worker, root = operations.jobs.worker, str(self._document.folder.root)
        task = worker.task("import_poses", root=root, video_id=video_id, file=str(path))
        n = self._document.project.video(video_id).n_frames

        def show(result: dict[str, int]) -> None:
            text = self.tr("{video}: a person in {n} of {all} frames of {file}.")
            self.said.emit(
                text.format(
                    video=video_id,
                    n=f"{result['with_person']:,}",
                    all=f"{n:,}",
                    file=path.name,
                )
            )
            if video_id == operations.session.video_id:
                operations.load_poses()

        title = self.tr("Import poses of {}").format(video_id)
        operations.when_saved(lambda: operations.jobs.start(title, task, show))

    # -- several at once ------------------------------------------------------------

    def take(
        self,
        videos: Sequence[Path] = (),
        labels: Sequence[Path] = (),
        poses: Sequence[Path] = (),
        classes: Sequence[Path] = (),
    ) -> None:
        """Bring in files of several kinds: videos first, for the others name them."""
        for path in classes:
            self.classes(path)

        def rest() -> None:
            if labels:
                self.labels(labels)
            if poses:
                self.poses(poses)

        if videos:
            self._operations.add_videos(videos, rest)
        else:
            rest()


def read_labels(
    pairs: Sequence[tuple[str, Path]],
) -> Task[list[tuple[str, Labels | str]]]:
    """Labels for each video, or the sentence that says why not."""
    found: list[tuple[str, Labels | str]] = []
    for n, (video_id, path) in enumerate(pairs):
        yield Progress(f"reading {path.name}", n, len(pairs))
        try:
            found.append((video_id, load_labels(path)))
        except SkelsegError as error:
            found.append((video_id, str(error)))
    return found


def video_of(path: Path, project: Project) -> str:
    """The video that a file is named like, or the empty text."""
    named = [v for v in project.videos if _is_named_like(path.name, v)]
    best = max(named, key=lambda v: len(v.id), default=None)
    return best.id if best is not None else ""


def _is_named_like(name: str, item: VideoItem) -> bool:
    titles = {item.id, media_title(Path(item.path))} if item.path else {item.id}
    return any(
        name.startswith(title)
        and (len(name) == len(title) or _TAIL.match(name, len(title)) is not None)
        for title in titles
    )


def video_beside(path: Path) -> Path | None:
    """A video file in the same folder that the file is named like."""
    stem = path.name.removesuffix(".csv").removesuffix(".txt")
    stem = stem.removesuffix(".segments")
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return None
    return next(
        (p for p in beside if p.stem == stem and p.suffix.lower() in VIDEO_SUFFIXES),
        None,
    )
