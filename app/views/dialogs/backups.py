"""The backups of the project: when and why, what differs from now, restoring."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QDialog, QTableWidgetItem, QWidget

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.kit.plural import plural
from app.services.files.backup_keeper import BackupKeeper, Compared, time_words
from app.views.dialogs.list_parts import (
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from skelseg_core.project.copies.backup_files import Backup
from skelseg_core.project.copies.backups import ListedBackup
from skelseg_core.project.copies.restoring import ClassDifference, VideoDifference

_SIZE = (920, 560)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""
_WHEN_PX, _DIFFERS_PX, _WHAT_PX = 140, 190, 320
ROWS_AT_ONCE = 200
"""Rows of what differs that are added before the window is painted: some 10 ms."""
_VIDEO = Qt.ItemDataRole.UserRole


class BackupsDialog(QDialog):
    """List the backups, the newest first; show what differs, and restore."""

    def __init__(
        self,
        keeper: BackupKeeper,
        show_changes: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Backups"))
        self._keeper, self._show_changes = keeper, show_changes
        self._listed: list[ListedBackup] = []
        self._compared: Compared | None = None
        self.backups = row_table(
            self.tr("Backups"),
            (self.tr("Time"), self.tr("Why"), self.tr("Differs from now")),
            1,
        )
        self.details = row_table(
            self.tr("What differs"), (self.tr("What"), self.tr("How it differs")), 1
        )
        self.head = Label()
        self.restore = push_button(self.tr("Restore project"), self._on_restore)
        self.one = push_button(self.tr("Restore this video"), self._on_restore_one)
        self.changes = push_button(self.tr("Show in the timeline"), self._on_changes)
        self._lay_out()
        keeper.listed.connect(self._on_listed)
        keeper.compared.connect(self._on_compared)
        keeper.restored.connect(self._look)
        keeper.made.connect(self._look)
        self.backups.itemSelectionChanged.connect(self._on_selected)
        self.details.itemSelectionChanged.connect(self._enable)
        self._look()

    def _lay_out(self) -> None:
        about = Label(
            self.tr(
                "States of the project that were kept on this computer: its classes, "
                "labels and notes, without videos, pre-labels and models."
            )
        )
        about.setWordWrap(True)
        self.head.setWordWrap(True)
        theme.set_tone(about, "dim")
        backups = self.backups.horizontalHeader()
        backups.resizeSection(0, _WHEN_PX)
        backups.resizeSection(2, _DIFFERS_PX)
        self.details.horizontalHeader().resizeSection(0, _WHAT_PX)
        self.restore.setProperty("primary", True)
        self.restore.setToolTip(
            self.tr("Make the whole project what it was; Undo takes that back")
        )
        self.one.setToolTip(
            self.tr("Make the selected video what it was, in the classes of today")
        )
        self.changes.setToolTip(
            self.tr("Show the lane of changes since then, and step through them")
        )
        row = button_row(self, (self.restore, self.one, self.changes))
        body = dialog_column(self)
        body.addWidget(about)
        body.addWidget(self.backups, 3)
        body.addWidget(self.head)
        body.addWidget(self.details, 2)
        body.addLayout(row)
        self.resize(*_SIZE)
        self._enable()

    # -- the list ---------------------------------------------------------------------

    def _look(self) -> None:
        self._keeper.look()

    @property
    def selected(self) -> Backup | None:
        """The selected backup; None for the opening of the session."""
        row = self.backups.currentRow()
        return self._listed[row - 1].backup if row > 0 else None

    def _on_listed(self, listed: list[ListedBackup]) -> None:
        before, is_opening = self.selected, self.backups.currentRow() == 0
        self._listed = listed
        self.backups.blockSignals(True)
        self.backups.setRowCount(1 + len(listed))
        opened = time_words(self._keeper.opened_at)
        self._fill(0, (opened, self.tr("The project as it was opened"), ""))
        for row, one in enumerate(listed, 1):
            when = time_words(one.backup.made)
            self._fill(row, (when, one.backup.reason, _differs(one)))
        ids = [one.backup.id for one in listed]
        known = before is not None and before.id in ids
        # What somebody looks for is most often the newest one.
        first = min(1, len(ids))
        row = 1 + ids.index(before.id) if known and before is not None else first
        self.backups.selectRow(0 if is_opening else row)
        self.backups.blockSignals(False)
        self._on_selected()

    def _fill(self, row: int, texts: tuple[str, ...]) -> None:
        for column, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            cell.setToolTip(plain_tip(text))
            self.backups.setItem(row, column, cell)

    def _on_selected(self) -> None:
        self._compared = None
        self.details.setRowCount(0)
        self.head.setText(self.tr("Comparing…"))
        self._enable()
        if self.backups.rowCount():
            self._keeper.compare(self.selected)

    # -- what differs -----------------------------------------------------------------

    def _on_compared(self, compared: Compared) -> None:
        if compared.backup != self.selected:
            return  # another one was selected meanwhile
        self._compared = compared
        found = compared.differences
        rows = [(v.video_id, v.video_id, _video_words(v)) for v in found.videos]
        rows += [("", c.then or c.now, _class_words(c)) for c in found.classes]
        if found.other:
            rows.append(("", self.tr("Project"), self.tr("name or rules differ")))
        self.details.setRowCount(0)
        self._add_details(compared, rows)
        if found.videos:
            self.details.selectRow(0)
        self.head.setText(_head(compared))
        self._enable()

    def _add_details(
        self, compared: Compared, rows: Sequence[tuple[str, str, str]]
    ) -> None:
        """Add rows, some at a time: thousands would make the window stand still."""
        if compared is not self._compared:
            return  # another backup was selected meanwhile
        first = self.details.rowCount()
        self.details.setRowCount(min(len(rows), first + ROWS_AT_ONCE))
        for row in range(first, self.details.rowCount()):
            video, *texts = rows[row]
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text)
                cell.setToolTip(plain_tip(text))
                cell.setData(_VIDEO, video)
                self.details.setItem(row, column, cell)
        if self.details.rowCount() < len(rows):
            QTimer.singleShot(0, self, lambda: self._add_details(compared, rows))

    @property
    def video(self) -> str:
        """Id of the selected video; empty where none is."""
        cell = self.details.item(self.details.currentRow(), 0)
        selected = cell is not None and cell.isSelected()
        return str(cell.data(_VIDEO)) if cell is not None and selected else ""

    def _enable(self) -> None:
        differs = self._compared is not None and bool(self._compared.differences)
        self.restore.setEnabled(differs)
        found = self._compared.differences.of(self.video) if self._compared else None
        there = found is not None and found.kind != "added"
        self.one.setEnabled(there)
        self.changes.setEnabled(there and found is not None and found.kind == "changed")

    # -- what the buttons do ----------------------------------------------------------

    def _on_restore(self) -> None:
        if self._compared is not None:
            self._begin()
            self._keeper.restore(self._compared)

    def _on_restore_one(self) -> None:
        if self._compared is not None:
            self._begin()
            self._keeper.restore_video(self._compared, self.video)

    def _begin(self) -> None:
        """Make a second click impossible until the list is read again."""
        self.head.setText(self.tr("Restoring…"))
        for button in (self.restore, self.one, self.changes):
            button.setEnabled(False)

    def _on_changes(self) -> None:
        if self._compared is not None:
            self._keeper.show_since(self._compared, self.video)
            self._show_changes()
            self.accept()


def _differs(one: ListedBackup) -> str:
    """Say how much differs from now, by the files."""
    videos = plural("{n} video(s)", one.n_videos) if one.n_videos else ""
    rest = _tr("classes or notes") if one.other else ""
    return ", ".join(filter(None, (videos, rest))) or _tr("nothing")


def _head(compared: Compared) -> str:
    if not compared.differences:
        return _tr("Nothing differs between {} and now.").format(compared.words)
    return _tr("What differs between {} and now:").format(compared.words)


def _video_words(video: VideoDifference) -> str:
    """Say what differs in a video."""
    if video.kind == "added":
        return plural("added since, with {n} labelled frame(s)", video.n_frames)
    if video.kind == "removed":
        return plural("removed since; had {n} labelled frame(s)", video.n_frames)
    frames = plural("{n} frame(s) have another label", video.n_frames)
    rest = _tr("reviews, notes, keypoints or other annotators' labels")
    if not video.n_frames:
        return rest
    return f"{frames}; {rest}" if video.other else frames


def _class_words(item: ClassDifference) -> str:
    """Say what became of a class."""
    words = {
        "added": _tr("class, added since"),
        "removed": _tr("class, deleted since"),
        "merged": _tr("class, is {} now"),
        "renamed": _tr("class, is called {} now"),
        "changed": _tr("class, has another colour, key, group or description"),
    }
    return words[item.kind].format(item.now)


def _tr(text: str) -> str:
    return QCoreApplication.translate("BackupsDialog", text)


def show_backups(
    parent: QWidget, keeper: BackupKeeper, show_changes: Callable[[], None]
) -> BackupsDialog:
    """Open the list of the backups."""
    dialog = BackupsDialog(keeper, show_changes, parent)
    dialog.open()
    dialog.backups.setFocus()
    return dialog
