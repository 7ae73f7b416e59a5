"""The command palette: find a command, class or video by part of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.kit import theme
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label
from app.kit.painting import left_to_right
from app.kit.search import rank

_Index = QModelIndex | QPersistentModelIndex
_COMMAND = int(Qt.ItemDataRole.UserRole)
WIDTH_PX, ROW_PX, MAX_ROWS = 560, 28, 12


@dataclass(frozen=True)
class PaletteRow:
    """One line of the palette; ``path`` is its menu or list elsewhere.

    ``why_not`` says why it does nothing now; empty where it does.
    """

    id: str
    path: str
    text: str
    keys: str
    run: Callable[[], object]
    why_not: str = ""


class _Model(QAbstractListModel):
    """The commands that match the typed text."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.commands: Sequence[PaletteRow] = ()

    def show(self, commands: Sequence[PaletteRow]) -> None:
        self.beginResetModel()
        self.commands = commands
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.commands)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        command = self.commands[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.text
        if role == _COMMAND:
            return command
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (command.path, command.text, command.keys, command.why_not)
            return ", ".join(p for p in parts if p)
        return None


class _Delegate(QStyledItemDelegate):
    """Paint the path of a command dim, its name, and at the right its keys."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(WIDTH_PX, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        command: PaletteRow = index.data(_COMMAND)
        colours, metrics = theme.current(), option.fontMetrics
        rect: QRect = option.rect.adjusted(12, 0, -12, 0)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ready = not command.why_not
        if chosen:
            accent = option.palette.color(QPalette.ColorRole.Highlight)
            painter.setPen(Qt.PenStyle.NoPen if ready else accent)
            painter.setBrush(accent if ready else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(option.rect.adjusted(4, 1, -4, -1), 4, 4)
        on = colours.on_accent if chosen and ready else ""
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(on or colours.dim)
        painter.drawText(rect, middle | Qt.AlignmentFlag.AlignRight, command.keys)
        right = rect.right() - metrics.horizontalAdvance(command.keys) - 16
        path = f"{command.path}   " if command.path else ""
        painter.drawText(rect, middle, path)
        left = rect.left() + metrics.horizontalAdvance(path)
        painter.setPen(on or (colours.text if ready else colours.dim))
        text = metrics.elidedText(
            command.text, Qt.TextElideMode.ElideRight, right - left
        )
        where = QRect(left, rect.top(), right - left, rect.height())
        painter.drawText(where, middle, text)
        painter.restore()


class CommandPalette(QFrame):
    """Find and run a command; lies over the top of the window."""

    called = Signal(str)  # id of a command that was chosen

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: list[PaletteRow] = []
        self._recent: list[int] = []
        self._before: list[QWidget] = []
        self.setAccessibleName(self.tr("Command palette"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find a command, class or video"))
        self.field.setAccessibleName(self.tr("Find a command, class or video"))
        self.field.setToolTip(self.tr("Part of a name, then Up, Down and Return"))
        self.field.textChanged.connect(self._on_text)
        self.field.installEventFilter(self)
        self._model = _Model(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self.list))
        left_to_right(self.list)
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_clicked)
        # Says that nothing is found, or why what was chosen does nothing.
        self.nothing = Label()
        self.nothing.setContentsMargins(12, 4, 12, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.field, self.nothing, self.list):
            layout.addWidget(widget)
        self.hide()

    def open(self, commands: Sequence[PaletteRow], recent: Sequence[str]) -> None:
        """Open the palette for these commands; ids in ``recent`` come first."""
        # Disabled commands come last.
        self._commands = sorted(commands, key=lambda c: bool(c.why_not))
        places = {c.id: i for i, c in enumerate(self._commands)}
        self._recent = [places[i] for i in recent if i in places]
        self._before = _with_parents(QApplication.focusWidget())
        colours = theme.current()
        sheet = (
            f"CommandPalette {{ background: {colours.panel}; border: 1px solid"
            f" {colours.line}; border-radius: 8px; }}"
            f" CommandPalette > QLabel {{ color: {colours.dim}; }}"
        )
        # Setting the same style sheet again takes as long as a frame.
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)
        self.field.clear()
        self._on_text("")
        self._window.installEventFilter(self)
        self.show()
        self.raise_()
        give_keyboard(self.field, Qt.FocusReason.PopupFocusReason)

    def leave(self) -> None:
        """Close the palette, and give the focus back."""
        if self.isHidden():
            return
        self._window.removeEventFilter(self)
        focus = QApplication.focusWidget()
        # Without an active window no widget has the focus; give it back as well.
        inside = focus is None or self.isAncestorOf(focus)
        before, self._before = self._before, []
        last = next(filter(_takes_focus, before), None)
        if inside and last is not None:
            if focus is not None:
                give_keyboard(last, Qt.FocusReason.PopupFocusReason)
            else:
                last.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()

    def _on_text(self, text: str) -> None:
        commands = self._commands
        # Menus write dots after what asks for more; whoever types them means the name.
        wanted = text.rstrip(".… ")
        found = rank(wanted, [(c.path, c.text) for c in commands], self._recent)
        found.sort(key=lambda i: bool(commands[i].why_not))
        self._model.show([commands[i] for i in found])
        self._select(0)
        self.list.setVisible(bool(found))
        self._say("" if found else self.tr("No command matches."))

    def _say(self, text: str) -> None:
        self.nothing.setText(text)
        self.nothing.setVisible(bool(text))
        self._place()

    def _place(self) -> None:
        room = self._window.rect()
        rows = max(
            1, min(self._model.rowCount(), MAX_ROWS, (room.height() - 160) // ROW_PX)
        )
        self.list.setFixedHeight(rows * ROW_PX)
        self.setFixedWidth(min(WIDTH_PX, room.width() - 32))
        self.adjustSize()
        self.move((room.width() - self.width()) // 2, 40)

    def _select(self, row: int) -> None:
        index = self._model.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def _step(self, rows: int) -> None:
        self._say("")
        count, row = self._model.rowCount(), self.list.currentIndex().row()
        if count:
            step = rows if abs(rows) > 1 else 0
            self._select(
                max(0, min(row + rows, count - 1)) if step else (row + rows) % count
            )

    def _on_clicked(self, index: QModelIndex) -> None:
        self._call(index)

    def _call(self, index: QModelIndex) -> None:
        command = index.data(_COMMAND) if index.isValid() else None
        if not isinstance(command, PaletteRow):
            return
        if command.why_not:
            self._say(f"“{command.text}”: {command.why_not}")
            return
        self.leave()
        self.called.emit(command.id)
        command.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle keys that move in the list; close when the focus leaves."""
        if watched is self._window:
            if event.type() == QEvent.Type.Resize:
                self._place()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event.key())
        elif event.type() == QEvent.Type.FocusOut:
            self.leave()
        return False

    def _on_key(self, key: int) -> bool:
        keys = Qt.Key
        steps = {
            keys.Key_Down: 1,
            keys.Key_Up: -1,
            keys.Key_PageDown: MAX_ROWS - 1,
            keys.Key_PageUp: 1 - MAX_ROWS,
            keys.Key_Tab: 1,
            keys.Key_Backtab: -1,
        }
        if key in steps:
            self._step(steps[Qt.Key(key)])
        elif key in (keys.Key_Return, keys.Key_Enter):
            self._call(self.list.currentIndex())
        elif key == keys.Key_Escape:
            self.leave()
        else:
            return False
        return True


def _with_parents(widget: QWidget | None) -> list[QWidget]:
    """Return a widget and its parents: an editor in a list takes its focus along."""
    found = []
    while widget is not None:
        found.append(widget)
        widget = widget.parentWidget()
    return found


def _takes_focus(widget: QWidget) -> bool:
    if not isValid(widget) or not widget.isVisible():
        return False
    return widget.focusPolicy() != Qt.FocusPolicy.NoFocus
