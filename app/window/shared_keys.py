"""SharedKeys: a key that two commands have goes to the one that is meant."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QWidget

from app.kit.commands import Commands
from app.kit.keymap import portable


class SharedKeys(QObject):
    """Decides, before a key becomes a command, for ``first`` or for ``second``.

    ``first_is_meant`` is asked where both are possible. In the menus both stay what
    they are.
    """

    def __init__(
        self,
        window: QWidget,
        commands: Commands,
        first: str,
        second: str,
        first_is_meant: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._commands, self._pair = commands, (first, second)
        self._first_is_meant = first_is_meant
        # A dock that was taken out is a window of its own.
        for place in (window, *window.findChildren(QDockWidget)):
            place.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Disable the command that is not meant until the key has been handled."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._is_shared(event):
            first, second = self._pair
            self._commands.refresh()
            if self._commands[first].isEnabled() and self._commands[second].isEnabled():
                self._commands.mute(second if self._first_is_meant() else first)
                QTimer.singleShot(0, self, self._commands.refresh)
        return False

    def _is_shared(self, event: QKeyEvent) -> bool:
        # A command has the key of the number pad, too; no text names it apart.
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = portable(QKeySequence(event.key() | held.value).toString())
        keymap = self._commands.keymap
        return all(key in keymap.keys(command) for command in self._pair)
