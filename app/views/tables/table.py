"""Base class of the window's tables: keys, copying, sorting, context menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from app.kit.key_policy import declare_keys, plain

_Key = Qt.Key
Index = QModelIndex | QPersistentModelIndex
SWATCH_PX, CELL_PX = 12, 20
_ONCE = {_Key.Key_Return, _Key.Key_Enter, _Key.Key_Delete}


def swatch(colour: QColor) -> QIcon:
    """Return an icon of this colour, also for selected rows."""
    pixmap, icon = QPixmap(SWATCH_PX, SWATCH_PX), QIcon()
    pixmap.fill(colour)
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(pixmap, mode)
    return icon


class TableModel(QAbstractTableModel):
    """A table with titles and tooltips of its columns; numbers stand on the right."""

    texts: ClassVar[tuple[int, ...]]
    """Columns of texts, which stand on the left."""
    headers: tuple[tuple[str, str], ...] = ()

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        """Return the alignment of a column."""
        side = Qt.AlignmentFlag.AlignRight
        if column in self.texts:
            side = Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.headers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headers[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.headers[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(section)
        return None


class _Header(QHeaderView):
    """Draw the sort arrow before the text, where it covers nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        painter.save()
        super().paintSection(painter, rect, index)
        painter.restore()
        if index != self.sortIndicatorSection():
            return
        up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
        x, y, rise = rect.left() + 4.5, rect.center().y() + 0.5, -2.0 if up else 2.0
        corners = ((x - 3, y - rise), (x + 3, y - rise), (x, y + rise))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Accent))
        painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))


class TableView(QTableView):
    """A table to read, sort, copy and edit, by the keyboard alone if wanted.

    Signals ``left`` for Escape, ``entered`` for Return, ``deleted`` for Delete,
    ``edited`` for F2, and ``closed`` when a cell's editor was closed. Letters and
    digits stay commands of the window; Tab goes on to the next control.
    """

    left = Signal()
    entered = Signal()
    deleted = Signal()
    edited = Signal()
    closed = Signal()

    def __init__(self, text: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        declare_keys(self, self.wants_key)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(SWATCH_PX, SWATCH_PX))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setCornerButtonEnabled(False)
        self.setHorizontalHeader(_Header(self))
        rows = self.verticalHeader()
        rows.hide()
        # Other modes would ask for the size of every row.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)

    @property
    def editing(self) -> bool:
        """True while a cell is edited."""
        return bool(self.state() == QAbstractItemView.State.EditingState)

    def set_widths(self, texts: list[str]) -> None:
        """Make each column wide enough for its text, and for its title."""
        metrics, across = self.fontMetrics(), Qt.Orientation.Horizontal
        for column, text in enumerate(texts):
            title = str(self.model().headerData(column, across) or "")
            wide = max(map(metrics.horizontalAdvance, (text, title)))
            self.setColumnWidth(column, wide + CELL_PX)

    @property
    def needed_width(self) -> int:
        """Pixels at which every column and the scroll bar are visible."""
        bar = self.verticalScrollBar().sizeHint().width()
        return self.horizontalHeader().length() + bar + 2

    def add_command(self, text: str, keys: str, run: Callable[[], object]) -> QAction:
        """Add a line to the context menu; `keyPressEvent` handles its ``keys``."""
        action = QAction(f"{text}\t{keys}" if keys else text, self)
        action.triggered.connect(lambda: run())
        self.addAction(action)
        return action

    def add_copy_and_sort(self) -> None:
        """Add the lines for copying and sorting to the context menu."""
        separator = QAction(self)
        separator.setSeparator(True)
        self.addAction(separator)
        self.add_command(self.tr("Copy as text"), "Ctrl+C", self.copy)
        menu, model = QMenu(self.tr("Sort by"), self), self.model()
        horizontal = Qt.Orientation.Horizontal
        for column in range(model.columnCount()):
            name = str(model.headerData(column, horizontal))
            menu.addAction(name).triggered.connect(
                lambda _=False, c=column: self._sort_by(c)
            )
        self.addAction(menu.menuAction())

    def _sort_by(self, column: int) -> None:
        head = self.horizontalHeader()
        again = head.sortIndicatorSection() == column
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        turned = again and head.sortIndicatorOrder() == up
        self.sortByColumn(column, down if turned else up)

    def copy(self) -> None:
        """Copy the selected rows to the clipboard, for a spreadsheet."""
        QGuiApplication.clipboard().setText(self._text())

    def closeEditor(
        self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint
    ) -> None:
        super().closeEditor(editor, hint)
        self.closed.emit()

    def keyboardSearch(self, search: str) -> None:
        """Ignore letters: they are commands of the window."""

    def wants_key(self, event: QKeyEvent) -> bool:
        """Return True if a key is the table's, whatever command has it."""
        copies = event.matches(QKeySequence.StandardKey.Copy)
        return not self.editing and (copies or plain(event, _Key.Key_Delete))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.editing:
            # Keys that a cell's editor did not use must not act on its row.
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.isAutoRepeat() and event.key() in _ONCE:
            event.accept()  # a held key would go on with rows that nobody has looked at
        elif event.key() in (_Key.Key_Return, _Key.Key_Enter):
            self.entered.emit()
        elif event.key() == _Key.Key_Delete:
            self.deleted.emit()
        elif event.key() == _Key.Key_F2:
            self.edited.emit()
        elif event.key() == _Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
