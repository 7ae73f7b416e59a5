"""Comparing: brings what other annotators say beside one's own labels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.operations import Operations
from skelseg_core.annotators import read_annotator
from skelseg_core.files import portable_name
from skelseg_core.project import (
    Project,
    add_annotator_lane,
    annotator_lane,
    remove_lane,
)
from skelseg_core.segmentation import Segmentation


class Comparing(QObject):
    """Owns no data; signals ``said``."""

    said = Signal(str)

    def __init__(self, operations: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ops = operations

    def import_labels(self, path: Path, name: str) -> None:
        """Read the labels of an annotator, in a thread, into lanes of that name."""
        document, item = self._ops.document, self._ops.item
        if item is None:
            return
        name = portable_name(name)

        def show(found: dict[str, Segmentation]) -> None:
            def edit(project: Project) -> Project:
                for video_id, lane in found.items():
                    if project.has(video_id):
                        project = add_annotator_lane(project, video_id, name, lane)
                return project

            if document.apply(self.tr("Import labels of {}").format(name), edit):
                text = self.tr("Labels of {} lie beside yours in {} of {} videos.")
                count, total = len(found), len(document.project.videos)
                self.said.emit(text.format(name, f"{count:,}", f"{total:,}"))

        task = read_annotator(path, document.project, item.id)
        self._ops.jobs.start(self.tr("Labels of {}").format(name), task, show)

    def remove(self, name: str) -> None:
        """Take an annotator's labels of the current video out of the project."""
        item = self._ops.item
        if item is not None:
            lane = annotator_lane(name)
            self._ops.document.apply(
                self.tr("Remove labels of {}").format(name),
                lambda p: remove_lane(p, item.id, lane),
            )
