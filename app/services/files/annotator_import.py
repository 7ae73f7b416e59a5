"""Import the labels of other annotators, as lanes beside one's own labels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.kit.labels import plain_tip
from app.kit.plural import plural
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.file_names import portable_name
from skelseg_core.project.class_edits import names_added
from skelseg_core.project.imports.annotators import (
    AnnotatorLabels,
    add_annotator_labels,
    read_annotator,
)
from skelseg_core.project.project import annotator_lane, remove_lane
from skelseg_core.project.tracks import count_videos

MAX_NAMES = 20


class AnnotatorImport(QObject):
    """Import an annotator's labels from a project; ask first where classes differ.

    The labels that were read are kept until the person has answered.
    """

    imported = Signal(str)  # name of the step

    def __init__(
        self, current: CurrentVideo, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks, self._notices = tasks, tasks.notices
        self._current, self._document = current, current.document
        self._asked: dict[str, QAction] = {}
        self._found: dict[str, AnnotatorLabels] = {}
        self._document.changed.connect(self._on_changed)

    def import_labels(self, path: Path, name: str) -> None:
        """Read the project of an annotator, in a thread, into lanes of that name.

        The person is asked first where classes are missing.
        """
        document = self._document
        name = portable_name(name)

        def show(found: AnnotatorLabels) -> None:
            # A question about labels that were read earlier of this annotator is out of
            # date.
            self._settle(name)
            new = found.unknown(document.project)
            if not new:
                self._take(name, found)
                return
            yes = self._asked[name] = QAction(self.tr("Add and import"), self)
            tip = self.tr(
                "Show the labels of {} in a lane beside yours; you can undo this"
            )
            yes.setToolTip(plain_tip(tip.format(name)))
            yes.triggered.connect(lambda: self._take(name, found))
            self._found[name] = found
            self._notices.warn(self._of_classes(name, [c.name for c in new]), yes)

        task = read_annotator(path, document.project)
        self._tasks.run(self.tr("Labels of {}").format(name), task, show)

    def _on_changed(self, change: Change) -> None:
        """Withdraw questions about missing classes once these classes changed."""
        for name, found in list(self._found.items()) if change.classes else []:
            was = found.unknown(change.before)
            if found.unknown(change.after) != was:
                self._settle(name)
                text = self.tr(
                    "The classes have changed. Import the labels of {} again."
                )
                self._notices.say(text.format(name))

    def _of_classes(self, name: str, classes: list[str]) -> str:
        names = ", ".join(classes[:MAX_NAMES])
        if len(classes) > MAX_NAMES:
            names += ", …"
        return plural(
            "The labels of {name} use {n} class(es) that this project lacks: "
            "{classes}.",
            len(classes),
            name=name,
            classes=names,
        )

    def _take(self, name: str, found: AnnotatorLabels) -> None:
        """Add the missing classes and the lanes, as one step of undo."""
        self._settle(name)
        document = self._document
        before = document.project
        step = self.tr("Import labels of {}").format(name)
        if not document.apply(step, lambda p: add_annotator_labels(p, name, found)):
            return
        project = document.project
        self.imported.emit(step)
        text = plural(
            "The labels of {name} are in a lane beside yours in {found} of {n} "
            "video(s).",
            len(project.video_ids),
            name=name,
            found=f"{count_videos(filter(project.has, found.lanes)):,}",
        )
        if new := names_added(before, project):
            text += " " + self.tr("New classes: {}.").format(", ".join(new))
        self._notices.say(text)

    def _settle(self, name: str) -> None:
        self._found.pop(name, None)
        yes = self._asked.pop(name, None)
        if yes is not None:
            self._notices.helped(yes)

    def remove(self, name: str) -> None:
        """Remove an annotator's labels of the current video from the project."""
        item = self._current.item
        if item is not None:
            lane = annotator_lane(name)
            self._document.apply(
                self.tr("Remove labels of {}").format(name),
                lambda p: remove_lane(p, item.id, lane),
            )
