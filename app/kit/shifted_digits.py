"""Catch Shift and a digit on any keyboard layout.

``Shift+1`` types ``!`` on one keyboard and ``+`` on another, and such a sign may be the
key of a command. So this is no shortcut: it gets keys that no shortcut and no widget
took, and knows the digit by the place of its key.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDockWidget, QWidget

_ROW = "1234567890"
"""Digits of the row of keys, from left to right."""
_MAC = (18, 19, 20, 21, 23, 22, 26, 28, 25, 29)
_WINDOWS, _X = range(2, 12), range(10, 20)
"""Key codes of that row."""


class ShiftedDigits(QObject):
    """Call ``press`` with ``"Shift+3"`` and the like for keys that reach a window.

    ``release`` is called when the digit is let go of, even after Shift.
    """

    def __init__(
        self,
        window: QWidget,
        press: Callable[[str], object],
        release: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(window)
        self._press, self._release = press, release
        self._down: set[str] = set()
        for place in (window, *window.findChildren(QDockWidget)):
            place.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self._down.clear()  # their releases go to another window
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.KeyRelease:
            return self._came_up(event)
        if event.type() != QEvent.Type.KeyPress:
            return False
        digit = digit_of(event)
        if not digit or isinstance(QApplication.focusWidget(), QAbstractSpinBox):
            return False
        if not event.isAutoRepeat():
            self._down.add(digit)
            self._press(f"Shift+{digit}")
        return True

    def _came_up(self, event: QKeyEvent) -> bool:
        digit = _place(event)
        if digit not in self._down or event.isAutoRepeat():
            return False
        self._down.remove(digit)
        if self._release is not None:
            self._release(f"Shift+{digit}")
        return True


def digit_of(event: QKeyEvent) -> str:
    """Return the digit whose key is pressed with Shift alone, or the empty text."""
    if event.modifiers() != Qt.KeyboardModifier.ShiftModifier:
        return ""
    return _place(event)


def _place(event: QKeyEvent) -> str:
    row: Sequence[int]
    if sys.platform == "darwin":
        row, code = _MAC, event.nativeVirtualKey()
    else:
        row = _WINDOWS if sys.platform == "win32" else _X
        code = event.nativeScanCode()
    if code in row:
        return _ROW[row.index(code)]
    number = event.key() - Qt.Key.Key_0
    return str(number) if 0 <= number <= 9 else ""
