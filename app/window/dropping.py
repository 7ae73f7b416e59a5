"""Drag and drop: find out what dropped files are, show what can be done, and do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow

from app.kit.language import tr
from app.kit.plural import plural
from app.services.files.file_importer import FileImporter
from app.services.jobs import Jobs
from app.views.start.drop_zone import DropZone
from skelseg_core.project.project import Project

if TYPE_CHECKING:
    from app.window.dropped_files import Dropped

New = Callable[[Sequence[Path], Sequence[Path]], object]
"""Makes a project of videos and of poses."""


@dataclass(frozen=True)
class DropChoice:
    """One thing that can be done with a drop, and its text."""

    words: str
    run: Callable[[], object]


class Dropping(QObject):
    """Show over the window what a drop would do, and do it.

    ``choices`` returns what can be done with a drop: nothing, one thing, or two.
    """

    unusable = Signal(object)  # the paths with which nothing can be done

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

    def take(self, paths: list[Path]) -> None:
        """Do the first thing that can be done with these paths."""
        self._on_entered(paths)
        self._chosen = 0

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
        from app.window.dropped_files import look_at

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
        else:
            self.unusable.emit(self._paths)


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
