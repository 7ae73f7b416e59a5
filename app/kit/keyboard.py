"""Move the keyboard focus between widgets, and back to a home after a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDockWidget,
    QMainWindow,
    QWidget,
)


def give_keyboard(
    widget: QWidget, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason
) -> None:
    """Focus a widget, whichever window of the program has the keyboard now.

    A panel that was taken out is a window of its own, and so keeps them otherwise.
    """
    window, active = widget.window(), QApplication.activeWindow()
    # Without an active window of ours people work in another program.
    if active is not None and active is not window:
        window.activateWindow()
    widget.setFocus(reason)


def give_keyboard_in_dock(widget: QWidget) -> None:
    """Focus a widget for a key, and show the dock around it."""
    around: QWidget | None = widget
    while around is not None and not isinstance(around, QDockWidget):
        around = around.parentWidget()
    if around is not None:
        around.show()
        around.raise_()
    give_keyboard(widget, Qt.FocusReason.ShortcutFocusReason)


def hand_on(view: QWidget, to: QWidget | None) -> None:
    """Let a panel hand the focus on to the list in it; None while the list is hidden.

    Tab would come to a standstill at a list that nobody sees.
    """
    view.setFocusProxy(to)  # type: ignore[arg-type]


class KeyboardHome(QObject):
    """Call ``take`` after a dialog, ``leave`` for an Escape that nobody else wanted.

    Else Qt gives the keyboard back to what had it, such as the button that opened the
    dialog, and the next key would open it again. Lists keep it, for one works in them.
    """

    def __init__(
        self,
        application: QApplication,
        window: QMainWindow,
        take: Callable[[], object],
        leave: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._application, self._window = application, window
        self._take, self._leave = take, leave
        self._asked = False
        application.focusChanged.connect(self._on_focus)
        for place in (window, *window.findChildren(QDockWidget)):
            place.installEventFilter(self)

    def close(self) -> None:
        """Stop watching the focus."""
        self._application.focusChanged.disconnect(self._on_focus)

    def _is_ours(self, widget: QWidget) -> bool:
        """Tell whether a widget stands in the window or in a floating panel of it."""
        top = widget.window()
        return top is self._window or (
            isinstance(top, QDockWidget) and top.parentWidget() is self._window
        )

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            return
        if not self._is_ours(now):
            top = now.window()
            self._asked = self._asked or (isinstance(top, QDialog) and top.isModal())
            return
        asked, self._asked = self._asked, False
        if asked and not isinstance(now, QAbstractItemView):
            self._take()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and not event.modifiers()
        ):
            self._leave()
            return True
        return False
