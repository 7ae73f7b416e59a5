"""KeyGuard: the one place that leaves a key to the control that has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

_Key = Qt.Key
_TYPED = (
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
)
_MOVES = (
    _Key.Key_Left,
    _Key.Key_Right,
    _Key.Key_Up,
    _Key.Key_Down,
    _Key.Key_Home,
    _Key.Key_End,
    _Key.Key_PageUp,
    _Key.Key_PageDown,
)
_TABS = (_Key.Key_Tab, _Key.Key_Backtab)
_ENTERS = (_Key.Key_Return, _Key.Key_Enter)
_KEPT: tuple[tuple[type[QWidget], tuple[Qt.Key, ...]], ...] = (
    (QAbstractItemView, (*_MOVES, *_ENTERS, *_TABS, _Key.Key_F2)),
    (QAbstractButton, (*_TABS, _Key.Key_Space)),
    (QAbstractSlider, (*_MOVES, *_TABS)),
    (QTabBar, (*_MOVES, *_TABS)),
)


def keeps(widget: QWidget, key: int, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a key belongs to the control that has the focus, and to no command.

    Where one types, that is every key without Ctrl, Alt or Meta except the function
    keys; a list keeps what moves in it, a button Space, all of them Tab.
    """
    held = Qt.KeyboardModifier
    if modifiers & (held.ControlModifier | held.AltModifier | held.MetaModifier):
        return False
    if isinstance(widget, _TYPED):
        return not _Key.Key_F1 <= key <= _Key.Key_F35
    return any(key in keys for kind, keys in _KEPT if isinstance(widget, kind))


class KeyGuard(QObject):
    """Watches whatever control has the focus."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._application = application
        self._watched: QWidget | None = None
        application.focusChanged.connect(self._on_focus)
        self._on_focus(None, application.focusWidget())

    def close(self) -> None:
        """Watch no longer."""
        self._application.focusChanged.disconnect(self._on_focus)
        self._watch(None)

    def _on_focus(self, old: QWidget | None, now: QWidget | None) -> None:
        # Pictures and timelines, which are painted often, are not watched.
        kinds = (*_TYPED, *(kind for kind, _ in _KEPT))
        self._watch(now if isinstance(now, kinds) else None)

    def _watch(self, widget: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = widget
        if widget is not None:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept the question whether a key is anybody's before a command gets it."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
            and keeps(watched, event.key(), event.modifiers())
        ):
            event.accept()
            return True
        return False
