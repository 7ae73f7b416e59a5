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
    QDialog,
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
    QDialog,
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
_LEAVES = (*_TABS, _Key.Key_Escape)
_KEPT: tuple[tuple[type[QWidget], tuple[Qt.Key, ...]], ...] = (
    (QAbstractItemView, (*_MOVES, *_ENTERS, *_LEAVES, _Key.Key_F2)),
    (QAbstractButton, (*_ENTERS, *_LEAVES, _Key.Key_Space)),
    (QAbstractSlider, (*_MOVES, *_LEAVES)),
    (QTabBar, (*_MOVES, *_LEAVES)),
)


def keeps(widget: QWidget, key: int, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a key belongs to the control that has the focus, and to no command.

    Where one types, that is every key without Ctrl, Alt or Meta except the function
    keys; a list keeps what moves in it, a button Space and Return, all of them Tab and
    Escape.
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
        watched = now is not None and isinstance(now, kinds) and not _pops_up(now)
        self._watch(now if watched else None)

    def _watch(self, widget: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = widget
        if widget is not None:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept the question whether a key is anybody's before a command gets it.

        Return presses a button.
        """
        if not (isinstance(event, QKeyEvent) and isinstance(watched, QWidget)):
            return False
        if not keeps(watched, event.key(), event.modifiers()):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        button = watched if isinstance(watched, QAbstractButton) else None
        enter = event.type() == QEvent.Type.KeyPress and event.key() in _ENTERS
        if button is None or not enter or isinstance(button.window(), QDialog):
            return False
        # In dialogs Qt knows that Return presses the button; here it has to be told.
        if not event.isAutoRepeat():
            button.click()
        return True


def _pops_up(widget: QWidget) -> bool:
    """Whether a widget stands in a list of choices or the like, over the window.

    No command gets a key then. Qt chooses in the list of a combo box as soon as it is
    asked whose Return is; that must reach it.
    """
    return widget.window().windowType() == Qt.WindowType.Popup
