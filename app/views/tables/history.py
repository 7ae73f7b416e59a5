"""The history: every step that can be undone or redone; a click goes there."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.painting import left_to_right
from app.kit.plural import plural
from app.state.document import Document
from app.state.undo_steps import StepBefore

_Index = QModelIndex | QPersistentModelIndex
_STATE = int(Qt.ItemDataRole.UserRole)
ROW_PX = 28
CAPTION_PX = 24
"""Height of the day above the first step of it."""


class _Model(QAbstractListModel):
    """The steps of the undo stack, after a first row for the opened project."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self.stack = document, document.undo_stack
        self._n = 0

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._n + 1

    def data(self, index: _Index, role: int = 0) -> object:
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            if row == 0 and self._document.history.n_below:
                return self.tr("Before these steps")
            if row == 0:
                return self.tr("Opened {}").format(self._document.project.name)
            return self.stack.text(row - 1)
        if role == _STATE:
            return self.state(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (self.caption(row), str(self.data(index)), *self.state(row))
            words = tuple(filter(None, words))
            return ", ".join(words)
        return None

    def state(self, row: int) -> tuple[str, ...]:
        """Return the notes beside a step: now, saved, undone."""
        now, notes = self.stack.index(), []
        if row == now:
            notes.append(self.tr("now"))
        if row and row == self._document.history.n_below:
            notes.append(self.tr("opened"))
        if row == self._document.history.saved_step:
            notes.append(self.tr("saved"))
        if row > now:
            notes.append(self.tr("undone"))
        return tuple(notes)

    def caption(self, row: int) -> str:
        """Return the day of an earlier step, where it is the first of that day."""
        if row == 0 or not self._document.history.n_below:
            return ""
        day = self._day(row)
        return day if row == 1 or day != self._day(row - 1) else ""

    def _day(self, row: int) -> str:
        step = self.stack.command(row - 1)
        if not isinstance(step, StepBefore):
            return self.tr("This session")
        made = QDateTime.fromSecsSinceEpoch(int(step.step.at_s)).date()
        return QLocale().toString(made, QLocale.FormatType.LongFormat)

    def refresh(self) -> None:
        """Update the rows from the undo stack."""
        n = self.stack.count()
        if n != self._n:
            self.beginResetModel()
            self._n = n
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0), self.index(n))


class _Delegate(QStyledItemDelegate):
    """Paint a step, bold for the present state, dim if undone."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = index.model()
        assert isinstance(model, _Model)
        caption = CAPTION_PX if model.caption(index.row()) else 0
        return QSize(120, ROW_PX + caption)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        rect = QRect(option.rect)
        palette: QPalette = option.palette
        role, state = QPalette.ColorRole, option.state
        model = index.model()
        assert isinstance(model, _Model)
        row, now = index.row(), model.stack.index()
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        caption = model.caption(row)
        if caption:
            painter.setPen(palette.color(role.PlaceholderText))
            above = QRect(rect.left() + 14, rect.top(), rect.width() - 28, CAPTION_PX)
            bottom = Qt.AlignmentFlag.AlignBottom
            painter.drawText(above, bottom | Qt.AlignmentFlag.AlignLeft, caption)
            rect.setTop(rect.top() + CAPTION_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = state & QStyle.StateFlag.State_Selected
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(theme.current().raised))
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 4, 4)
        if row == now:
            painter.setBrush(palette.color(role.Highlight))
            painter.drawRoundedRect(
                rect.left() + 4, rect.top() + 6, 3, ROW_PX - 12, 1, 1
            )
        dim = palette.color(role.PlaceholderText)
        notes = " · ".join(model.state(row))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(dim)
        right = rect.adjusted(0, 0, -14, 0)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, notes)
        width = right.width() - 28 - painter.fontMetrics().horizontalAdvance(notes)
        if row == now:
            bold = QFont(painter.font())
            bold.setWeight(QFont.Weight.DemiBold)
            painter.setFont(bold)
        painter.setPen(dim if row > now else palette.color(role.Text))
        text = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, width
        )
        painter.drawText(rect.adjusted(14, 0, 0, 0), middle, text)
        painter.restore()


class HistoryView(QWidget):
    """List the steps; a click or Return goes to one."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.model = _Model(document, self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list))
        left_to_right(self.list)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("History"))
        self.list.setToolTip(
            self.tr("Click a step to go back to it. You can redo later steps")
        )
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        self.setFocusProxy(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.left_out = Label()
        self.left_out.setWordWrap(True)
        self.left_out.setContentsMargins(14, 4, 14, 6)
        self.left_out.hide()
        layout.addWidget(self.left_out)
        stack = document.undo_stack
        stack.indexChanged.connect(self._refresh)
        document.saved.connect(self._refresh)
        # While it is deleted, the stack still signals that it is cleared.
        document.closing.connect(self._let_go)
        self._refresh()

    def _let_go(self) -> None:
        stack = self._document.undo_stack
        stack.indexChanged.disconnect(self._refresh)
        self._document.saved.disconnect(self._refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        # While hidden, do not lay out thousands of steps at every edit.
        if not self.isVisible():
            return
        self.model.refresh()
        n = self._document.history.left_out
        self.left_out.setVisible(n > 0)
        self.left_out.setText(
            plural(
                "{n} older step(s) can no longer be undone. The project was changed "
                "outside this window.",
                n,
            )
        )
        now = self.model.index(self._document.undo_stack.index())
        self.list.setCurrentIndex(now)
        self.list.scrollTo(now)

    def _on_chosen(self, index: QModelIndex) -> None:
        self._document.go_to(index.row())
