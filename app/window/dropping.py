"""Drag and drop: find out what dropped files are, show what can be done, and do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.language import tr
from app.kit.plural import plural
from app.services.files.file_importer import FileImporter
from app.services.jobs import Jobs
from app.views.start.drop_zone import DropZone
from skelseg_core.errors import SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.formats.labels import LABEL_SUFFIXES
from skelseg_core.formats.labels.any_table import TABLE_SUFFIXES
from skelseg_core.formats.poses import POSE_FORMATS, POSE_SUFFIXES
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_files import CLASS_SUFFIXES, is_class_list
from skelseg_core.project.imports.label_files import label_format
from skelseg_core.project.imports.pose_files import detect_format
from skelseg_core.project.project import Project
from skelseg_core.video.image_files import SUFFIXES, holds_images

New = Callable[[Sequence[Path], Sequence[Path]], object]
"""Makes a project of videos and of poses."""


@dataclass(frozen=True)
class Dropped:
    """Dropped paths, sorted by kind."""

    projects: tuple[Path, ...] = ()
    videos: tuple[Path, ...] = ()
    labels: tuple[Path, ...] = ()
    poses: tuple[Path, ...] = ()
    classes: tuple[Path, ...] = ()
    datasets: tuple[Path, ...] = ()
    unknown: tuple[Path, ...] = ()


@dataclass(frozen=True)
class DropChoice:
    """One thing that can be done with a drop, and its text."""

    words: str
    run: Callable[[], object]


def look_at(paths: Sequence[Path]) -> Task[Dropped]:
    """Sort files and folders by kind; folders are searched one level deep."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        yield Progress("reading what was dropped")
        for kind, file in _kinds(path):
            found.setdefault(kind, []).append(file)
    return Dropped(**{kind: tuple(files) for kind, files in found.items()})


def _kinds(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        whole = _folder_kind(path)
        if whole:
            yield whole, path
            return
        kinds = [(_file_kind(p), p) for p in _files(path) if p.is_file()]
        known = [(kind, p) for kind, p in kinds if kind not in ("unknown", "projects")]
        yield from known or [("unknown", path)]
    elif path.name == "project.json":
        yield "projects", path.parent
    else:
        kind = _file_kind(path)
        # A person is asked for the columns of a table.
        table = kind == "unknown" and path.suffix.lower() in TABLE_SUFFIXES
        yield ("labels" if table else kind), path


def _folder_kind(path: Path) -> str:
    if (path / "project.json").is_file():
        return "projects"
    if holds_images(path):
        return "videos"
    # Before the kinds of its parts: the mapping.txt of a data set is a list of classes,
    # too.
    from skelseg_core.tasks.importing import dataset_layout

    if dataset_layout(path):
        return "datasets"
    folder = CandidateFile(path)
    return "poses" if any(form.fits(folder) for form in POSE_FORMATS) else ""


def _files(folder: Path) -> list[Path]:
    names = CandidateFile(folder).names
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _file_kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES or suffix in SUFFIXES:
        return "videos"
    try:
        if suffix in CLASS_SUFFIXES and is_class_list(path):
            return "classes"
        if suffix in LABEL_SUFFIXES and label_format(path):
            return "labels"
        if suffix in POSE_SUFFIXES:
            detect_format(path)
            return "poses"
    except SkelsegError:
        return "unknown"
    return "unknown"


class Dropping(QObject):
    """Show over the window what a drop would do, and do it.

    ``choices`` returns what can be done with a drop: nothing, one thing, or two.
    """

    def __init__(
        self,
        window: QMainWindow,
        jobs: Jobs,
        choices: Callable[[Dropped], list[DropChoice]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._choices = jobs, choices
        self.zone = DropZone(window)
        self._paths: list[Path] = []
        self._known: list[DropChoice] | None = None
        self._chosen: int | None = None
        self.zone.entered.connect(self._on_entered)
        self.zone.dropped.connect(self._on_dropped)

    def _on_entered(self, paths: list[Path]) -> None:
        self._paths, self._known, self._chosen = paths, None, None

        def show(found: Dropped) -> None:
            if paths is not self._paths:
                return
            self._known = self._choices(found)
            self.zone.set_choices([c.words for c in self._known])
            if self._chosen is not None:
                self._act(self._chosen)

        # In a thread: reading a folder on a network may take long.
        self._jobs.start(self.tr("What is dropped"), look_at(paths), show)

    def _on_dropped(self, choice: int) -> None:
        if self._known is None:
            self._chosen = choice
        else:
            self._act(choice)

    def _act(self, choice: int) -> None:
        known, self._known = self._known or [], None
        if known:
            known[min(choice, len(known) - 1)].run()


def project_choices(
    found: Dropped,
    project: Project,
    importer: FileImporter,
    open_: Callable[[Path], object],
    new: New,
    import_: Callable[[Path], object],
) -> list[DropChoice]:
    """List what can be done with a drop while a project is open."""
    if found.projects:
        return [_opening(found.projects[0], open_)]
    if found.datasets:
        return [_importing(found.datasets[0], import_)]
    name = project.name
    words = []
    if found.videos:
        words.append(plural("Add {n} video(s) to {to}", len(found.videos), to=name))
    for files, text in (
        (found.labels, "Read {n} label file(s) ({video})"),
        (found.poses, "Import {n} pose file(s) ({video})"),
        (found.classes, "Read {n} class list(s) ({file})"),
    ):
        if files:
            video = importer.video_for(files[0]) or files[0].name
            places = {"video": video, "file": files[0].name}
            words.append(plural(text, len(files), **places))
    if not words:
        return []
    take = DropChoice(
        "\n".join(words),
        lambda: importer.take(found.videos, found.labels, found.poses, found.classes),
    )
    if not found.videos or len(words) > 1:
        return [take]
    return [take, _beginning(found, new)]


def start_choices(
    found: Dropped,
    open_: Callable[[Path], object],
    new: New,
    import_: Callable[[Path], object],
    of_labels: Callable[[Sequence[Path], Sequence[Path]], object],
) -> list[DropChoice]:
    """List what can be done with a drop on the start page."""
    if found.projects:
        return [_opening(found.projects[0], open_)]
    if found.datasets:
        return [_importing(found.datasets[0], import_)]
    if found.labels:
        text = "New project from {n} label file(s)…"
        words = plural(text, len(found.labels), file=found.labels[0].name)
        return [DropChoice(words, lambda: of_labels(found.labels, found.videos))]
    return [_beginning(found, new)] if found.videos or found.poses else []


def _opening(root: Path, open_: Callable[[Path], object]) -> DropChoice:
    return DropChoice(tr("Open {}").format(root.name), lambda: open_(root))


def _importing(src: Path, import_: Callable[[Path], object]) -> DropChoice:
    words = tr("New project from the data set {}…").format(src.name)
    return DropChoice(words, lambda: import_(src))


def _beginning(found: Dropped, new: New) -> DropChoice:
    words = []
    if found.videos:
        words.append(plural("New project with {n} video(s)…", len(found.videos)))
    if found.poses:
        text = "and {n} pose file(s)" if words else "New project with {n} pose file(s)…"
        words.append(plural(text, len(found.poses), file=found.poses[0].name))
    return DropChoice("\n".join(words), lambda: new(found.videos, found.poses))
