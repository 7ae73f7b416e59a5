"""Paint and edit the cells of the segment table."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCompleter,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.views.tables.segments_model import CLASS, NUMBER, SEGMENT, SegmentsModel
from app.views.tables.table import SWATCH_PX, swatch
from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap

_Index = QModelIndex | QPersistentModelIndex
_TAKEN = "taken"


def find_class(text: str, label_map: LabelMap, unlabelled: str) -> int | None:
    """Find a class by its name or a part of it; None is unlabelled.

    Raises
    ------
    EditError
        Where no class has such a name.
    """
    wanted = text.strip().casefold()
    named: list[tuple[str, int | None]] = [
        *((c.name.casefold(), c.id) for c in label_map.classes),
        (unlabelled.casefold(), None),
    ]
    tests = (wanted.__eq__, lambda n: n.startswith(wanted), lambda n: wanted in n)
    for fits in tests:
        for name, class_id in named:
            if wanted and fits(name):
                return class_id
    raise EditError("No class is called '{}'. Choose one from the list.", text)


class ClassField(QLineEdit):
    """Type part of a class name, or choose a class; signals ``finished``."""

    finished = Signal()

    def __init__(self, parent: QWidget, label_map: LabelMap, unlabelled: str) -> None:
        super().__init__(parent)
        names = QStandardItemModel(self)
        for action_class in label_map.classes:
            icon = swatch(QColor(action_class.color))
            names.appendRow(QStandardItem(icon, action_class.name))
        names.appendRow(QStandardItem(unlabelled))
        self._completer = completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(12)
        popup = QListView()
        popup.setMinimumWidth(180)
        popup.setIconSize(QSize(SWATCH_PX, SWATCH_PX))
        popup.setAccessibleName(self.tr("Classes"))
        completer.setPopup(popup)
        self.setCompleter(completer)
        self.setAccessibleName(self.tr("Class"))
        # The completer writes its choice into the field after its signal. Return is
        # handled by the delegate, unless the completer's list had the keyboard.
        queued = Qt.ConnectionType.QueuedConnection
        completer.activated.connect(self._on_done, queued)
        self.returnPressed.connect(self._on_done, queued)

    def _on_done(self, *_: object) -> None:
        if not self.property(_TAKEN):
            self.finished.emit()

    def offer(self) -> None:
        """Show all classes until something is typed."""
        if self.hasFocus() and self._completer.widget() is self:
            self._completer.setCompletionPrefix("")
            self._completer.complete()


class SegmentDelegate(QStyledItemDelegate):
    """Edit cells; signal ``typed`` (segment, column, text); mark the playhead's row."""

    typed = Signal(object, int, str)

    def __init__(self, model: SegmentsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.label_map: LabelMap | None = None

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        super().paint(painter, option, index)
        if index.column() == NUMBER and index.data(SEGMENT) == self._model.current:
            rect: QRect = option.rect
            palette: QPalette = option.palette
            bar = QRect(rect.left(), rect.top() + 2, 3, rect.height() - 4)
            painter.fillRect(bar, palette.color(QPalette.ColorRole.Accent))

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> QWidget:
        column = index.column()
        if column == CLASS and self.label_map is not None:
            field = ClassField(parent, self.label_map, self._model.unlabelled)
            field.finished.connect(lambda: self._finish(field))
            QTimer.singleShot(0, field, field.offer)
            editor: QLineEdit = field
        else:
            editor = QLineEdit(parent)
            editor.setAlignment(Qt.AlignmentFlag.AlignRight)
            head = self._model.headerData(column, Qt.Orientation.Horizontal)
            editor.setAccessibleName(str(head))
        editor.setStyleSheet("QLineEdit { padding: 0 4px; border-radius: 0; }")
        # The row may hold another segment by the time that the editor closes.
        editor.setProperty("segment", self._model.segments[index.data(SEGMENT)])
        return editor

    def _finish(self, field: ClassField) -> None:
        self.commitData.emit(field)
        self.closeEditor.emit(field)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(str(index.data(int(Qt.ItemDataRole.EditRole))))
            editor.selectAll()

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: _Index
    ) -> None:
        if isinstance(editor, QLineEdit):
            editor.setProperty(_TAKEN, True)
            segment = editor.property("segment")
            self.typed.emit(segment, index.column(), editor.text())
