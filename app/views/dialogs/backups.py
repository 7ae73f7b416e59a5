"""The backups of the project: when and why they were made, restoring one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QTableWidgetItem, QWidget

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.services.files.backup_keeper import BackupKeeper, time_words
from app.views.dialogs.list_parts import (
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import resize_columns
from skelseg_core.project.copies.backups import Backup

_SIZE = (760, 460)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""
_WHEN_PX = 140


class BackupsDialog(QDialog):
    """List the backups, the newest first; restore the project or one video.

    Parameters
    ----------
    keeper : BackupKeeper
    video_id : str
        The video that is shown, which is offered first; empty where none is.
    parent : QWidget, optional
    """

    def __init__(
        self, keeper: BackupKeeper, video_id: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Backups"))
        self._keeper, self._video_id = keeper, video_id
        self._listed: list[Backup] = []
        self.backups = row_table(
            self.tr("Backups"), (self.tr("Time"), self.tr("Why")), 1
        )
        self.what = QComboBox()
        self.restore = push_button(self.tr("Restore"), self._on_restore)
        self._lay_out()
        keeper.listed.connect(self._on_listed)
        keeper.saved.connect(keeper.look)
        self.backups.itemSelectionChanged.connect(self._on_selected)
        keeper.look()

    def _lay_out(self) -> None:
        about = Label(
            self.tr(
                "Backups on this computer hold classes, labels and notes, but no "
                "videos, pre-labels or models."
            )
        )
        about.setWordWrap(True)
        theme.set_tone(about, "dim")
        header = self.backups.horizontalHeader()
        resize_columns(header, ((0, _WHEN_PX),))
        self.what.setAccessibleName(self.tr("What to restore"))
        self.what.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.restore.setProperty("primary", True)
        self.restore.setToolTip(self.tr("Restore it. You can undo this"))
        row = QHBoxLayout()
        row.addWidget(self.what, 1)
        row.addLayout(button_row(self, (self.restore,)), 1)
        body = dialog_column(self)
        body.addWidget(about)
        body.addWidget(self.backups, 1)
        body.addLayout(row)
        self.resize(*_SIZE)
        self._on_selected()

    @property
    def selected(self) -> Backup | None:
        """The selected backup, if there is any."""
        row = self.backups.currentRow()
        return self._listed[row] if 0 <= row < len(self._listed) else None

    def _on_listed(self, listed: list[Backup]) -> None:
        before = self.selected
        self._listed = listed
        self.backups.blockSignals(True)
        self.backups.setRowCount(len(listed))
        for row, one in enumerate(listed):
            self._fill(row, (time_words(one.made), one.reason))
        ids = [one.id for one in listed]
        known = before is not None and before.id in ids
        # What somebody looks for is most often the newest one.
        self.backups.selectRow(ids.index(before.id) if known and before else 0)
        self.backups.blockSignals(False)
        self._on_selected()

    def _fill(self, row: int, texts: tuple[str, ...]) -> None:
        for column, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            cell.setToolTip(plain_tip(text))
            self.backups.setItem(row, column, cell)

    def _on_selected(self) -> None:
        """Offer the project, and the videos of the backup, the shown one first."""
        one, before = self.selected, self.what.currentData()
        self.what.clear()
        if one is not None:
            self.what.addItem(self.tr("The whole project"), "")
            shown = self._video_id
            for video_id in sorted(one.video_ids, key=lambda v: (v != shown, v)):
                self.what.addItem(self.tr("Only {}").format(video_id), video_id)
        self.what.setCurrentIndex(max(0, self.what.findData(before)))
        self.what.setEnabled(one is not None)
        self.restore.setEnabled(one is not None)

    def _on_restore(self) -> None:
        if self.selected is not None:
            self._keeper.restore(self.selected, self.what.currentData())


def show_backups(parent: QWidget, keeper: BackupKeeper, video_id: str) -> BackupsDialog:
    """Open the list of the backups."""
    dialog = BackupsDialog(keeper, video_id, parent)
    dialog.open()
    dialog.backups.setFocus()
    return dialog
