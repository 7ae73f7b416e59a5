"""Own keys: what moves within a list, while that list has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_Key = Qt.Key
MOVING = (
    _Key.Key_Up,
    _Key.Key_Down,
    _Key.Key_Home,
    _Key.Key_End,
    _Key.Key_Return,
    _Key.Key_Enter,
    _Key.Key_Tab,
    _Key.Key_Backtab,
)


class OwnKeys(QObject):
    """Leaves these keys to a widget; elsewhere they are commands of the window."""

    def __init__(self, widget: QWidget, keys: tuple[Qt.Key, ...] = MOVING) -> None:
        super().__init__(widget)
        self._keys = keys
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in self._keys and not event.modifiers() & ~_SHIFT:
                event.accept()
                return True
        return False


_SHIFT = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
