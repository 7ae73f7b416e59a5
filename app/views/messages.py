"""The message bar: news and errors at the foot of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.kit.commands import command
from app.kit.icons import icon
from app.kit.labels import Label
from app.kit.notices import Notice, Notices

NEWS_MS = 8000
"""Milliseconds for which news stays in the bar."""
ICON_PX = 14


class MessageBar(QFrame):
    """Show the newest notice, and count the others, which can be leafed through.

    A warning may have up to two buttons for commands that help, an offer has one.
    ``left`` is signalled when the bar is hidden while it has the keyboard.
    """

    left = Signal()

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notices = notices
        self.text = Label()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.help, self.other = QPushButton(), QPushButton()
        for button in (self.help, self.other):
            button.setToolTip(self.tr("What you can do about it"))
            button.setAccessibleName(button.toolTip())
        self.help.clicked.connect(lambda: self._on_help(0))
        self.other.clicked.connect(lambda: self._on_help(1))
        self.older = _tool("chevron-left", self.tr("Older message"))
        self.older.clicked.connect(lambda: self._turn(-1))
        self.count = Label()
        self.count.setProperty("tone", "dim")
        self.newer = _tool("chevron-right", self.tr("Newer message"))
        self.newer.clicked.connect(lambda: self._turn(1))
        self._close = _tool("close", self.tr("Close message"))
        self._close.clicked.connect(self.close_message)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 4, 2)
        layout.addWidget(self.text, 1)
        for widget in (self.help, self.other, self.older, self.count, self.newer):
            layout.addWidget(widget)
        layout.addWidget(self._close)
        for child in self.findChildren(QAbstractButton):
            # A click does not take the keyboard from the timeline; Tab reaches the
            # buttons.
            child.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._messages: tuple[Notice, ...] = ()
        self._shown: Notice | None = None
        self._watched: tuple[QAction, ...] = ()
        self._command: Callable[[str], QAction] | None = None
        notices.changed.connect(self._on_changed)
        self.hide()
        if notices.all:
            self._on_changed(notices.all[-1])

    def use(self, command: Callable[[str], QAction]) -> None:
        """Set the function that finds the action of a command by its id."""
        self._command = command
        self._show()

    @property
    def number(self) -> int:
        """Number of messages, including the shown one."""
        return len(self._messages)

    @property
    def closing(self) -> QToolButton:
        """The button that closes the message."""
        return self._close

    @command("message", "Close the message", "Shift+Escape")
    def close_message(self) -> None:
        """Close the shown message; the one before it follows, if there is one."""
        self.notices.close(self._shown)

    @command("messages-all", "Close all messages", enabled=lambda self: self.number > 1)
    def close_all(self) -> None:
        """Close every message."""
        self.notices.close_all()

    def _on_read(self, news: Notice) -> None:
        if news is self._shown and self.underMouse():
            # While the pointer is on the bar its message stays.
            QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(news))
        else:
            self.notices.close(news)

    # -- the shown message -----------------------------------------------------------

    def _on_changed(self, new: Notice | None) -> None:
        before, self._messages = self._messages, self.notices.all
        if new is not None:
            self._shown = new
            if not new.stays:
                QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(new))
        elif self._shown not in self._messages:
            # Show the next older message, or if that was the oldest, the newest.
            place = before.index(self._shown) if self._shown in before else 0
            older = [m for m in before[:place] if m in self._messages]
            left = older or self._messages
            self._shown = left[-1] if left else None
        self._show()

    @property
    def _place(self) -> int:
        return self._messages.index(self._shown) if self._shown is not None else 0

    def _turn(self, by: int) -> None:
        place = min(max(self._place + by, 0), len(self._messages) - 1)
        self._shown = self._messages[place]
        self._show()

    def _on_help(self, which: int) -> None:
        if which < len(self._watched):
            self._watched[which].trigger()

    def _actions(self) -> tuple[QAction, ...]:
        """Return the actions of the commands that help with the shown message."""
        helps, command = self._shown.helps if self._shown else (), self._command
        found = [h if isinstance(h, QAction) else command and command(h) for h in helps]
        return tuple(action for action in found if action is not None)

    def _show(self) -> None:
        shown = self._shown
        for action in self._watched:
            action.changed.disconnect(self._show_helps)
        self._watched = self._actions()
        for action in self._watched:
            action.changed.connect(self._show_helps)
        if shown is None:
            focused = QApplication.focusWidget()
            if focused is not None and self.isAncestorOf(focused):
                self.left.emit()
            self.hide()
            return
        self._show_helps()
        # The style sheet of the scheme colours it, so that it follows a change of
        # scheme.
        self.setProperty("warning", shown.warning)
        self.style().unpolish(self)
        self.style().polish(self)
        self.text.setText(shown.text)
        # Count from the newest, which is shown first.
        place, number = self.number - self._place, self.number
        self.count.setText(self.tr("{} of {}").format(f"{place:,}", f"{number:,}"))
        for widget in (self.older, self.count, self.newer):
            widget.setVisible(number > 1)
        self.older.setEnabled(place < number)
        self.newer.setEnabled(place > 1)
        self.show()

    def _button_text(self, action: QAction) -> str:
        """Name the command, and its key where it is offered beside other work."""
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        offered = self._shown is not None and not self._shown.warning
        return f"{action.text()} ({key})" if offered and key else action.text()

    def _show_helps(self) -> None:
        for n, button in enumerate((self.help, self.other)):
            action = self._watched[n] if n < len(self._watched) else None
            button.setVisible(action is not None)
            if action is not None:
                button.setText(self._button_text(action))
                button.setToolTip(action.toolTip())
                button.setAccessibleName(action.text())
                button.setEnabled(action.isEnabled())


def _tool(name: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button
