"""ClassesView: the palette of classes with their keys; a click labels."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document import Change, Document
from app.session import Session
from skelseg_core.segmentation import ActionClass

_Index = QModelIndex | QPersistentModelIndex
_CLASS = int(Qt.ItemDataRole.UserRole)
_COUNT = _CLASS + 1
ROW = 28


class _Model(QAbstractListModel):
    """The classes of the project with the number of their segments."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._counts: Counter[int | None] = Counter()
        self.count()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._document.project.label_map)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        action_class = self._document.project.label_map.classes[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return action_class.name
        if role == _CLASS:
            return action_class
        if role == _COUNT:
            return self._counts[action_class.id]
        if role == Qt.ItemDataRole.ToolTipRole:
            key = f"  ({action_class.key})" if action_class.key else ""
            return f"{action_class.name}{key}: {self._counts[action_class.id]} segments"
        return None

    def count(self) -> None:
        """Count the segments of every class anew."""
        self._counts = Counter()
        for item in self._document.project.videos:
            self._counts.update(item.annotation.class_counts)

    def refresh(self, change: Change) -> None:
        if change.label_map:
            self.beginResetModel()
            self.count()
            self.endResetModel()
            return
        self.count()
        last = self.rowCount() - 1
        self.dataChanged.emit(self.index(0), self.index(max(0, last)))


class _Delegate(QStyledItemDelegate):
    """Paints key badge, colour, name and count of a class."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        action_class: ActionClass = index.data(_CLASS)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 4, 4)
        painter.setBrush(QColor(action_class.color))
        painter.drawRoundedRect(rect.left() + 36, rect.center().y() - 6, 12, 12, 3, 3)
        dim = palette.color(QPalette.ColorRole.PlaceholderText)
        if action_class.key:
            badge = QRect(rect.left() + 12, rect.center().y() - 8, 16, 17)
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(dim)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, action_class.key)
        middle = Qt.AlignmentFlag.AlignVCenter
        count = f"{index.data(_COUNT):,}"
        painter.setPen(dim)
        right = rect.adjusted(0, 0, -14, 0)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        width = right.right() - rect.left() - 64
        width -= painter.fontMetrics().horizontalAdvance(count)
        name = painter.fontMetrics().elidedText(
            action_class.name, Qt.TextElideMode.ElideRight, width
        )
        painter.drawText(rect.adjusted(58, 0, 0, 0), middle, name)
        painter.restore()


class ClassesView(QWidget):
    """The palette; signals class_chosen (id) and edit_requested."""

    class_chosen = Signal(object)
    edit_requested = Signal()

    def __init__(
        self, document: Document, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = _Model(document, self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a class")
        self.filter.setClearButtonEnabled(True)
        # Letters are commands until somebody asks to type.
        self.filter.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.filter.textChanged.connect(self._shown.setFilterFixedString)
        self.filter.returnPressed.connect(self._on_return)
        edit = QToolButton()
        edit.setText("Edit…")
        edit.setToolTip("Add, rename and recolour classes")
        edit.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        edit.clicked.connect(self.edit_requested)
        self.list = QListView()
        self.list.setModel(self._shown)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.list.setAccessibleName("Classes")
        self.list.clicked.connect(self._on_clicked)
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 8, 4)
        head.addWidget(self.filter, 1)
        head.addWidget(edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        document.changed.connect(self._model.refresh)

    def _on_clicked(self, index: QModelIndex) -> None:
        self.class_chosen.emit(index.data(_CLASS).id)

    def _on_return(self) -> None:
        if self._shown.rowCount():
            self.class_chosen.emit(self._shown.index(0, 0).data(_CLASS).id)
            self.filter.clear()
            self.filter.clearFocus()
