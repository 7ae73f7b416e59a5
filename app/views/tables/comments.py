"""The table of comments: filter by author and by open ones, go there, settle them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.kit.keyboard import hand_on
from app.kit.plural import frames_named
from app.services.labelling.comments import Comments, Remark
from app.views.fields import ChoiceBox, EmptyState
from app.views.tables.table import Index, TableModel, TableView

DONE, FRAMES, TEXT, AUTHOR, TIME, VIDEO = range(6)
WIDTH_PX = 560
"""Width in pixels at which a comment of some words can be read."""
_Role = Qt.ItemDataRole


class CommentsModel(TableModel):
    """The comments that are shown, one per row; signals ``ticked`` (row, done)."""

    texts: ClassVar = (DONE, FRAMES, TEXT, AUTHOR, TIME, VIDEO)
    ticked = Signal(int, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Remark] = []
        self.headers = (
            (self.tr("Done"), self.tr("Nothing is left to do (Ctrl+Space)")),
            (self.tr("Frames"), self.tr("First and last frame that it is on")),
            (self.tr("Comment"), self.tr("What it says; F2 changes it")),
            (self.tr("By"), self.tr("Who wrote it")),
            (self.tr("Date"), self.tr("When it was written")),
            (self.tr("Video"), self.tr("The video that it is on")),
        )

    def show(self, rows: list[Remark]) -> None:
        """Show other comments."""
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        ticks = index.column() == DONE
        return flags | Qt.ItemFlag.ItemIsUserCheckable if ticks else flags

    def data(self, index: Index, role: int = 0) -> object:
        remark, column = self.rows[index.row()], index.column()
        if role == _Role.DisplayRole:
            return self.words(remark)[column]
        if role == _Role.ToolTipRole and column == TEXT:
            return remark.comment.text
        if role == _Role.CheckStateRole and column == DONE:
            done = remark.comment.done
            return Qt.CheckState.Checked if done else Qt.CheckState.Unchecked
        if role == _Role.TextAlignmentRole:
            return self.alignment(column)
        return None

    def setData(self, index: Index, value: object, role: int = 0) -> bool:
        if role != _Role.CheckStateRole:
            return False
        self.ticked.emit(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def words(self, remark: Remark) -> tuple[str, ...]:
        """Return the texts of a row."""
        comment = remark.comment
        return (
            "",
            frames_named(comment.start, comment.stop),
            " ".join(comment.text.split()),
            comment.author,
            comment.time[:10],
            remark.video_id,
        )


class _Table(TableView):
    """A table whose rows Ctrl+Space ticks."""

    ticked = Signal()

    def wants_key(self, event: QKeyEvent) -> bool:
        return _ticks(event) or super().wants_key(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _ticks(event) and not event.isAutoRepeat():
            self.ticked.emit()
        else:
            super().keyPressEvent(event)


def _ticks(event: QKeyEvent) -> bool:
    control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return control and event.key() == Qt.Key.Key_Space


class CommentsView(QWidget):
    """List the comments of the project; it does nothing while hidden.

    ``ask`` asks the person for another text of a comment. Signals ``left`` when the
    keyboard goes back to the timeline.
    """

    left = Signal()

    def __init__(self, service: Comments, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.service = service
        self.ask: Callable[[Remark], None] = lambda _: None
        self.model = CommentsModel(self)
        self.author = ChoiceBox(
            self.tr("Whose comments to show"), [self.tr("Everybody")]
        )
        self.open = QCheckBox(self.tr("Open only"))
        self.table = _Table(self.text, self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Comments"))
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.set_widths(
            ["Done", "1,000 to 1,000", "", "annotator", "2026-12-31 ", "kitchen-12"]
        )
        head = self.table.horizontalHeader()
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        head.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        self.empty = EmptyState()
        self._add_commands()
        self._lay_out()
        self.author.currentIndexChanged.connect(self._show)
        self.open.toggled.connect(self._show)
        self.table.left.connect(self.left)
        self.table.doubleClicked.connect(self.go)
        self.model.ticked.connect(self._on_ticked)
        service.document.changed.connect(self._show)
        self._show()

    def _add_commands(self) -> None:
        table = self.table
        for text, keys, signal, run in (
            (self.tr("Go there"), "Return", table.entered, self.go),
            (self.tr("Done or open"), "Ctrl+Space", table.ticked, self.toggle),
            (self.tr("Change…"), "F2", table.edited, self.change),
            (self.tr("Delete"), "Delete", table.deleted, self.delete),
        ):
            table.add_command(text, keys, run)
            signal.connect(run)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.author, 1)
        head.addWidget(self.open)
        self._pages = QStackedLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._pages, 1)
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        self.setFocusProxy(self.table)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show(self, *_: object) -> None:
        if not self.isVisible():
            return
        found, row = self.service.all, self.table.currentIndex().row()
        self._offer_authors(sorted({r.comment.author for r in found} - {""}))
        author = self.author.currentText() if self.author.currentIndex() > 0 else ""
        rows = [
            r
            for r in found
            if author in ("", r.comment.author)
            and not (self.open.isChecked() and r.comment.done)
        ]
        self.model.show(rows)
        films = self.service.document.project.video_ids
        self.table.setColumnHidden(VIDEO, len(films) < 2)
        if rows and not self.table.currentIndex().isValid():
            self.table.selectRow(min(max(row, 0), len(rows) - 1))
        self._pages.setCurrentWidget(self.table if rows else self.empty)
        hand_on(self, self.table if rows else None)
        text = self.tr("Comments on frames will appear here, one per row.")
        self.empty.say(self.tr("No comment matches.") if found else text, "")

    def _offer_authors(self, names: list[str]) -> None:
        box = self.author
        if [box.itemText(n) for n in range(1, box.count())] == names:
            return
        chosen = box.currentText()
        box.blockSignals(True)
        while box.count() > 1:
            box.removeItem(1)
        box.addItems(names)
        box.setCurrentIndex(max(0, box.findText(chosen)))
        box.blockSignals(False)

    @property
    def chosen(self) -> Remark | None:
        """The comment of the selected row, or None."""
        row = self.table.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    def text(self) -> str:
        """Return the selected row as text with tabs."""
        return "" if self.chosen is None else "\t".join(self.model.words(self.chosen))

    def go(self, *_: object) -> None:
        """Go to the selected comment."""
        if self.chosen is not None:
            self.service.go_to(self.chosen)

    def toggle(self) -> None:
        """Say that the selected comment is done, or open again."""
        if self.chosen is not None:
            self.service.set_done(self.chosen, not self.chosen.comment.done)

    def change(self) -> None:
        """Ask for another text of the selected comment."""
        if self.chosen is not None:
            self.ask(self.chosen)

    def delete(self) -> None:
        """Delete the selected comment."""
        if self.chosen is not None:
            self.service.remove(self.chosen)

    def _on_ticked(self, row: int, done: bool) -> None:
        self.service.set_done(self.model.rows[row], done)
