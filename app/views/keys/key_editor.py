"""The dialog for changing keys; it warns at once about keys in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.commands import Command
from app.kit.icons import icon
from app.kit.keymap import A_CLASS, Keymap, portable, shown
from app.kit.labels import Label, plain_tip
from app.views.keys.key_table import ALL, ID, KeyField, KeyModel, KeyTable


class KeyEditor(QDialog):
    """Show the keys of all commands and change them; changes take effect at once.

    Parameters
    ----------
    parent : QWidget
    commands : sequence of Command
    keymap : Keymap
        The keys in effect.
    apply : callable
        Called with every changed keymap.
    """

    def __init__(
        self,
        parent: QWidget,
        commands: Sequence[Command],
        keymap: Keymap,
        apply: Callable[[Keymap], object],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change keyboard shortcuts"))
        self._commands: Mapping[str, Command] = {c.id: c for c in commands}
        self._apply = apply
        self._wanted = ""
        self._model = KeyModel(commands, self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterRole(ALL)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Find a command or a key"))
        self.filter.setAccessibleName(self.tr("Find a command or a key"))
        self.filter.setToolTip(self.tr("Part of a name or a key such as Ctrl"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter)
        self.table = KeyTable(self._shown)
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.asked.connect(self._on_asked)
        self._make_details()
        self._make_foot()
        self._lay_out()
        self.show_keymap(keymap)
        self.table.selectRow(0)
        self.resize(720, 560)

    # -- building -------------------------------------------------------------------

    def _make_details(self) -> None:
        self.name = Label()
        self.name.setStyleSheet("font-weight: 600;")
        self._keys = QHBoxLayout()
        self._keys.setSpacing(4)
        self.field = KeyField()
        self.field.setFixedWidth(160)
        self.field.setAccessibleName(self.tr("New key"))
        self.field.setToolTip(self.tr("Press the new key here. Esc cancels"))
        self.field.keySequenceChanged.connect(self._on_pressed)
        self.field.left.connect(self.table.setFocus)
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.setToolTip(self.tr("Give this command its original keys"))
        self.reset.clicked.connect(self._on_reset)
        self.conflict = Label()
        self.conflict.setWordWrap(True)
        self.take = QPushButton(self.tr("Use it here"))
        self.take.setToolTip(self.tr("The other command loses this key"))
        self.take.clicked.connect(self._on_take)
        self.leave = QPushButton(self.tr("Cancel"))
        self.leave.setToolTip(self.tr("Change nothing"))
        self.leave.clicked.connect(self._on_leave)

    def _make_foot(self) -> None:
        self.reset_all = QPushButton(self.tr("Reset all"))
        self.reset_all.setToolTip(self.tr("Give every command its original keys"))
        self.reset_all.clicked.connect(self._on_reset_all)
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.clicked.connect(self.accept)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        for button in (self.reset_all, self.close_button, self.take, self.leave):
            button.setAutoDefault(False)
        self.reset.setAutoDefault(False)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        details, trouble, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (details, trouble, foot):
            row.setSpacing(8)
        details.addWidget(self.name, 1)
        details.addLayout(self._keys)
        details.addWidget(self.field)
        details.addWidget(self.reset)
        trouble.addWidget(self.conflict, 1)
        trouble.addWidget(self.take)
        trouble.addWidget(self.leave)
        foot.addStretch(1)
        foot.addWidget(self.reset_all)
        foot.addWidget(self.close_button)
        for row in (details, trouble, foot):
            layout.addLayout(row)
        layout.insertSpacing(2, 8)

    # -- keys in effect -------------------------------------------------------------

    @property
    def keymap(self) -> Keymap:
        """The keys in effect."""
        return self._model.keymap

    def show_keymap(self, keymap: Keymap) -> None:
        """Show a keymap."""
        self._model.show(keymap)
        self.reset_all.setEnabled(bool(keymap.changes))
        self._show_details()

    def _set(self, keymap: Keymap) -> None:
        self.show_keymap(keymap)
        self._apply(keymap)

    @property
    def chosen(self) -> str:
        """Id of the command of the chosen row, or ``""``."""
        index = self.table.currentIndex()
        return str(index.data(ID)) if index.isValid() else ""

    def choose(self, action: str) -> None:
        """Choose the row of a command."""
        for row in range(self._shown.rowCount()):
            if self._shown.index(row, 0).data(ID) == action:
                self.table.selectRow(row)
                self.table.scrollTo(self._shown.index(row, 0))

    def _show_details(self) -> None:
        action = self.chosen
        self._say_conflict("")
        while (item := self._keys.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        there = action in self._commands
        self.name.setText(self._commands[action].name if there else "")
        for button in (self.field, self.reset):
            button.setEnabled(there)
        self.reset.setEnabled(there and action in self.keymap.changes)
        for key in self.keymap.keys(action):
            chip = self._chip(key)
            self._keys.addWidget(chip)
            chip.show()

    def _chip(self, key: str) -> QPushButton:
        chip = QPushButton(shown(key))
        chip.setIcon(icon("close"))
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        chip.setAutoDefault(False)
        sentence = self.tr("Remove {key}").format(key=shown(key))
        chip.setToolTip(plain_tip(sentence))
        chip.setAccessibleName(sentence)
        chip.clicked.connect(lambda: self._on_remove(key))
        return chip

    def _say_conflict(self, text: str, can_take: bool = False) -> None:
        self._wanted = self._wanted if text else ""
        self.conflict.setStyleSheet(f"color: {theme.current().warn};")
        self.conflict.setText(text)
        # The line keeps its height while empty, so that nothing jumps.
        height = QFontMetrics(self.conflict.font()).height() * 2 + 4
        self.conflict.setMinimumHeight(height)
        self.take.setVisible(bool(text) and can_take)
        self.leave.setVisible(bool(text))

    # -- slots ----------------------------------------------------------------------

    def _on_filter(self, text: str) -> None:
        words = (f"(?=.*{re.escape(word)})" for word in text.lower().split())
        self._shown.setFilterRegularExpression("".join(words))

    def _on_row(self, now: QModelIndex, before: QModelIndex) -> None:
        self.field.clear()
        self._show_details()

    def _on_asked(self, *_: object) -> None:
        self.field.clear()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_pressed(self, pressed: QKeySequence) -> None:
        key, action = portable(pressed.toString()), self.chosen
        if not key or not action:
            return
        owners = self.keymap.owners(key, besides=action)
        if not owners:
            self._give(key)
            return
        self._wanted = key
        if owners == (A_CLASS,):
            sentence = self.tr("{key} labels with a class. Choose another key.")
            self._say_conflict(sentence.format(key=shown(key)))
            return
        other = self._commands[owners[0]]
        sentence = self.tr("{key} belongs to {menu}: {command}.")
        self._say_conflict(
            sentence.format(key=shown(key), menu=other.top_menu, command=other.name),
            True,
        )
        self.take.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give(self, key: str) -> None:
        action = self.chosen
        self._set(self.keymap.with_keys(action, (*self.keymap.keys(action), key)))
        self.field.clear()
        self.table.setFocus()

    def _on_take(self) -> None:
        self._give(self._wanted)

    def _on_leave(self) -> None:
        self.field.clear()
        self._say_conflict("")
        self.table.setFocus()

    def _on_remove(self, key: str) -> None:
        action = self.chosen
        kept = tuple(k for k in self.keymap.keys(action) if k != key)
        self._set(self.keymap.with_keys(action, kept))
        self.table.setFocus()

    def _on_reset(self) -> None:
        self._set(self.keymap.reset(self.chosen))

    def _on_reset_all(self) -> None:
        self._set(Keymap(self.keymap.defaults))
