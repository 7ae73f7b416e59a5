"""Decide whether a key is typed, navigates in a control or is a command.

Qt asks with a `ShortcutOverride` before a key becomes a command of the window. The
policy answers for every control: by its kind (`_KEPT`, `_TYPED`), and by what a widget
has declared with `declare_keys`.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from app.kit.commands import Commands
from app.kit.keymap import portable

Wants = Callable[[QKeyEvent], bool]
_DECLARED = "wants_key"
"""Property of a widget that holds what it declared."""
_Held = Qt.KeyboardModifier
_HELD = _Held.ControlModifier | _Held.AltModifier | _Held.MetaModifier
"""Modifiers with which a key types nothing."""
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
"""Widgets that keep every key that types."""
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
_CONTROL = Qt.KeyboardModifier.ControlModifier
_OF_EMACS = (
    QKeySequence.StandardKey.MoveToEndOfLine,
    QKeySequence.StandardKey.DeleteEndOfLine,
)
"""Keys that a text field of an X11 desktop takes; here they are commands."""
_LEAVES = (*_TABS, _Key.Key_Escape)
_KEPT: tuple[tuple[type[QWidget], tuple[Qt.Key, ...]], ...] = (
    (QAbstractItemView, (*_MOVES, *_ENTERS, *_LEAVES, _Key.Key_F2)),
    (QAbstractButton, (*_ENTERS, *_LEAVES, _Key.Key_Space)),
    (QAbstractSlider, (*_MOVES, *_LEAVES)),
    (QTabBar, (*_MOVES, *_LEAVES)),
)
_NAVIGATED = tuple(kind for kind, _ in _KEPT)
REPEAT_MS = 40
"""Milliseconds from a release to a press that are a held key, not two presses.

Some displays send both events while a key stays down, at one time.
"""


def declare_keys(widget: QWidget, wants: Wants) -> None:
    """Declare which keys a widget needs beyond those of its kind.

    ``wants`` is asked while the widget, or a child of it, has the keyboard; a key that
    it wants is no command.
    """
    widget.setProperty(_DECLARED, wants)


def plain(event: QKeyEvent, *keys: Qt.Key) -> bool:
    """Tell whether one of these keys was pressed, without Ctrl, Alt or Meta."""
    return event.key() in keys and not event.modifiers() & _HELD


def keeps(widget: QWidget, event: QKeyEvent) -> bool:
    """Tell whether a key belongs to the control with the keyboard, and to no command.

    Where one types, that is every key without Ctrl, Alt or Meta except the function
    keys; a list keeps what moves in it, a button Space and Return, all of them Tab and
    Escape; and each what it declared.
    """
    asked: QWidget | None = widget
    while asked is not None:
        wants = asked.property(_DECLARED)
        if callable(wants) and wants(event):
            return True
        asked = None if asked.isWindow() else asked.parentWidget()
    if isinstance(widget, _TYPED):
        function = _Key.Key_F1 <= event.key() <= _Key.Key_F35
        return not function and not event.modifiers() & _HELD
    return any(plain(event, *keys) for kind, keys in _KEPT if isinstance(widget, kind))


class KeyPolicy(QObject):
    """Decide for the widget that has the keyboard who gets a key."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._application = application
        self._watched: QWidget | None = None
        self._commands: Commands | None = None
        # The key that was released last, and when; the one that is swallowed next.
        self._released: tuple[QKeyCombination | None, int] = (None, 0)
        self._held: QKeyCombination | None = None
        application.focusChanged.connect(self._on_focus)
        self._on_focus(None, application.focusWidget())

    def close(self) -> None:
        """Stop watching the keyboard; call when the window closes."""
        self._application.focusChanged.disconnect(self._on_focus)
        self._watch(None)

    def keep_reserved(self, commands: Commands) -> None:
        """Take the keys that commands reserve from lists and buttons, too.

        Lists give way with the arrows then. A held key runs a command that is reserved,
        or that edits, once, also where the display sends releases between.
        """
        self._commands = commands

    def _on_focus(self, old: QWidget | None, now: QWidget | None) -> None:
        asked = now or self._application.activeWindow()
        self._watch(None if asked is None or _pops_up(asked) else asked)

    def _watch(self, widget: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = widget
        if widget is not None:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept a key for the control before a command gets it; Return presses."""
        if not (isinstance(event, QKeyEvent) and isinstance(watched, QWidget)):
            return False
        if event.type() == QEvent.Type.KeyPress:
            return self._on_press(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            return self._on_override(watched, event)
        if event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
            self._released = event.keyCombination(), event.timestamp()
        return False

    def _on_override(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Accept a key that no command shall get; True where all is decided."""
        if any(map(event.matches, _OF_EMACS)) and event.modifiers() == _CONTROL:
            event.ignore()
            return True
        reserved = self._reserved(watched, event)
        if self._is_held(event) and (reserved or self._runs_once(watched, event)):
            self._held = event.keyCombination()
            event.accept()
            return True
        moves = reserved is not None and plain(event, *_MOVES)
        gives_way = (reserved or moves) and isinstance(watched, _NAVIGATED)
        if keeps(watched, event) and not gives_way:
            event.accept()
            return True
        return False

    def _on_press(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Swallow a key that counted once, say that one is held, press a button."""
        held, self._held = self._held, None
        if held is not None and held == event.keyCombination():
            return True
        if self._is_held(event) and not event.isAutoRepeat():
            QApplication.sendEvent(watched, _as_repeat(event))
            return True
        button = watched if isinstance(watched, QAbstractButton) else None
        if button is None or not plain(event, *_ENTERS):
            return False
        if isinstance(button.window(), QDialog):
            return False
        # In dialogs Qt knows that Return presses the button; here it has to be told.
        if not event.isAutoRepeat():
            button.click()
        return True

    def _reserved(self, widget: QWidget, event: QKeyEvent) -> bool | None:
        """Tell whether a key is reserved; None where no key is, or where one types."""
        commands, top = self._commands, widget.window()
        if commands is None or isinstance(widget, _TYPED):
            return None
        if top is not commands.parent() and not isinstance(top, QDockWidget):
            return None
        keys = commands.reserved
        return _portable(event) in keys if keys else None

    def _is_held(self, event: QKeyEvent) -> bool:
        """Tell whether nobody let the key go, also where the display says so.

        The times are the display's: how long the window worked between is no matter.
        An event that a program makes may have none.
        """
        key, at_ms = self._released
        near = at_ms and event.timestamp() - at_ms < REPEAT_MS
        return event.isAutoRepeat() or bool(near and key == event.keyCombination())

    def _runs_once(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Tell whether a command gets the key that a held key runs once."""
        commands = self._commands
        if commands is None or keeps(widget, event):
            return False
        return _portable(event) in commands.run_once


def _as_repeat(event: QKeyEvent) -> QKeyEvent:
    """Return the press of a key as one of a key that stays down."""
    return QKeyEvent(
        event.type(),
        event.key(),
        event.modifiers(),
        event.nativeScanCode(),
        event.nativeVirtualKey(),
        event.nativeModifiers(),
        event.text(),
        True,
        event.count(),
    )


def _portable(event: QKeyEvent) -> str:
    """Return the key of an event as a keymap has it.

    Keys of the number pad have the same text as those of the main block.
    """
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return portable(QKeySequence(event.key() | held.value).toString())


def _pops_up(widget: QWidget) -> bool:
    """Tell whether a widget stands in a popup, such as the list of a combo box.

    No command gets a key then. Qt chooses in the list of a combo box as soon as it is
    asked whose Return is; that must reach it.
    """
    return widget.window().windowType() == Qt.WindowType.Popup
