"""The table of commands and their keys in the key editor, and its key field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QKeySequenceEdit,
    QTableView,
)

from app.kit.commands import Command
from app.kit.keymap import Keymap, shown_all

_Index = QModelIndex | QPersistentModelIndex
ID = int(Qt.ItemDataRole.UserRole)
ALL = ID + 1


class KeyModel(QAbstractTableModel):
    """Menu, text and keys of every command."""

    def __init__(self, commands: Sequence[Command], parent: QObject) -> None:
        super().__init__(parent)
        self._commands = commands
        self.keymap = Keymap()

    def show(self, keymap: Keymap) -> None:
        self.keymap = keymap
        last = self.index(self.rowCount() - 1, 2)
        self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._commands)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 3

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> object:
        if (
            role == Qt.ItemDataRole.DisplayRole
            and orientation == Qt.Orientation.Horizontal
        ):
            return (self.tr("Menu"), self.tr("Command"), self.tr("Keys"))[section]
        return None

    def data(self, index: _Index, role: int = 0) -> object:
        command = self._commands[index.row()]
        if role == ID:
            return command.id
        if role == ALL:
            keys = shown_all(self.keymap.keys(command.id))
            return f"{command.top_menu} {command.name} {keys}".lower()
        if role == Qt.ItemDataRole.DisplayRole:
            keys = shown_all(self.keymap.keys(command.id))
            return (command.top_menu, command.name, keys)[index.column()]
        if role == Qt.ItemDataRole.FontRole and command.id in self.keymap.changes:
            bold = QFont()
            bold.setWeight(QFont.Weight.DemiBold)
            return bold
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("To change the keys, click them or press Return")
        return None


class KeyTable(QTableView):
    """Signal ``asked`` for a new key of the row, at Return or a click on its keys."""

    asked = Signal()

    def __init__(self, model: QAbstractItemModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(self.tr("Commands and their keys"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(0, 104)
        self.setColumnWidth(2, 216)
        self.doubleClicked.connect(lambda _: self.asked.emit())
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == 2:
            self.asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit()
        else:
            super().keyPressEvent(event)


class KeyField(QKeySequenceEdit):
    """Record one key; Escape cancels."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMaximumSequenceLength(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)
