"""Conflicts: labels of others beside one's own, and which of them hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QTableWidgetItem, QWidget

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.services.files.conflicts import Conflicts
from app.state.document import Document
from app.views.dialogs.list_parts import (
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import resize_columns
from skelseg_core.project.copies.conflict_files import ConflictFile
from skelseg_core.project.project import ANNOTATION, annotator_lane

_SIZE = (760, 380)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""
_WHEN_PX, _FRAMES_PX = 150, 150


class ConflictsDialog(QDialog):
    """List the conflicts; keep what is shown, take the other, or keep both."""

    def __init__(
        self,
        conflicts: Conflicts,
        document: Document,
        show_video: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Resolve conflicts"))
        self._conflicts, self._document = conflicts, document
        self._show_video = show_video
        self.table = row_table(
            self.tr("Conflicts"),
            [
                self.tr("Video"),
                self.tr("Other version of"),
                self.tr("Frames that differ"),
            ],
            0,
        )
        self.mine = self._button(self.tr("Keep what is shown"), conflicts.keep_mine)
        self.theirs = self._button(self.tr("Take the other"), conflicts.take_theirs)
        self.both = self._button(self.tr("Keep both as lanes"), conflicts.keep_both)
        self.mine.setToolTip(self.tr("Keep the labels that are shown now"))
        self.theirs.setToolTip(
            self.tr("Use the other labels for the whole video. You can undo this")
        )
        self.both.setToolTip(
            self.tr("Show the other labels in a lane below, to compare")
        )
        self._lay_out()
        conflicts.changed.connect(self._fill)
        self.table.itemSelectionChanged.connect(self._on_selected)
        self._fill()

    def _button(self, text: str, run: Callable[[ConflictFile], None]) -> QPushButton:
        return push_button(text, lambda: self._decide(run))

    def _lay_out(self) -> None:
        about = Label(
            self.tr(
                "These videos were labelled here and elsewhere at once. You see your "
                "version, or the one by the last person with the claim. You can undo "
                "a decision. The other file stays in the project's folder set-aside."
            )
        )
        about.setWordWrap(True)
        theme.set_tone(about, "dim")
        table = self.table
        header = table.horizontalHeader()
        resize_columns(header, ((1, _WHEN_PX), (2, _FRAMES_PX)))
        row = button_row(self, (self.mine, self.theirs, self.both))
        body = dialog_column(self)
        body.addWidget(about)
        body.addWidget(table, 1)
        body.addLayout(row)
        self.resize(*_SIZE)

    def _fill(self) -> None:
        files, project = self._conflicts.files, self._document.project
        if not files:
            self.accept()
            return
        at = max(0, self.table.currentRow())
        self.table.blockSignals(True)
        self.table.setRowCount(len(files))
        for row, conflict in enumerate(files):
            item = project.find(conflict.video_id)
            there = item is not None and conflict.lane in item.lanes
            n = conflict.n_different(project) if there else 0
            name = conflict.video_id
            if conflict.lane != ANNOTATION:
                name += f" · {conflict.lane.removeprefix(annotator_lane(''))}"
            differs = f"{n:,}"
            if item is not None and not conflict.says_the_same_besides(item):
                differs = self.tr("{n} and notes").format(n=differs)
            for column, text in enumerate((name, _when(conflict), differs)):
                cell = QTableWidgetItem(text)
                cell.setToolTip(plain_tip(conflict.path.name))
                self.table.setItem(row, column, cell)
        self.table.selectRow(min(at, len(files) - 1))
        self.table.blockSignals(False)
        self.table.setFocus()
        self._on_selected()

    @property
    def selected(self) -> ConflictFile | None:
        """The selected conflict, or None."""
        row, files = self.table.currentRow(), self._conflicts.files
        return files[row] if 0 <= row < len(files) else None

    def _on_selected(self) -> None:
        found = self.selected
        for button in (self.mine, self.theirs, self.both):
            button.setEnabled(found is not None)
        if found is not None:
            self._show_video(found.video_id)

    def _decide(self, run: Callable[[ConflictFile], None]) -> None:
        found = self.selected
        if found is None:
            return
        # No second click until the list is read again.
        for button in (self.mine, self.theirs, self.both):
            button.setEnabled(False)
        run(found)


def _when(conflict: ConflictFile) -> str:
    return datetime.fromtimestamp(conflict.written_s).strftime("%Y-%m-%d %H:%M")


def show_conflicts(
    parent: QWidget,
    conflicts: Conflicts,
    document: Document,
    show_video: Callable[[str], None],
) -> ConflictsDialog:
    """Open the list of the conflicts."""
    dialog = ConflictsDialog(conflicts, document, show_video, parent)
    dialog.open()
    dialog.table.setFocus()
    return dialog
