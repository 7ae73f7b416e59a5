"""MessageBar: news and errors, in a bar that is never in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.kit.commands import command
from app.kit.icons import icon
from app.kit.notices import Notice, Notices

NEWS_MS = 8000
"""Milliseconds for which news stays in the bar."""
ICON_PX = 14


class MessageBar(QFrame):
    """Shows the newest of the notices and counts the others, which can be read.

    A warning may have a button for what helps, and one for what else may. ``left`` is
    signalled where the bar, with the keyboard in it, is gone.
    """

    left = Signal()

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notices = notices
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.help, self.other = QPushButton(), QPushButton()
        for button in (self.help, self.other):
            button.setToolTip(self.tr("What helps against it"))
            button.setAccessibleName(button.toolTip())
        self.help.clicked.connect(lambda: self._on_help(0))
        self.other.clicked.connect(lambda: self._on_help(1))
        self.older = _tool("chevron-left", self.tr("Older message"))
        self.older.clicked.connect(lambda: self._turn(-1))
        self.count = QLabel()
        self.count.setProperty("tone", "dim")
        self.newer = _tool("chevron-right", self.tr("Newer message"))
        self.newer.clicked.connect(lambda: self._turn(1))
        self._close = _tool("close", self.tr("Close message"))
        self._close.clicked.connect(self.close_message)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.addWidget(self.text, 1)
        for widget in (self.help, self.other, self.older, self.count, self.newer):
            layout.addWidget(widget)
        layout.addWidget(self._close)
        for child in self.findChildren(QAbstractButton):
            # A click leaves the keyboard where the work is; Tab reaches them.
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
        """Find the actions of the commands that help, by their ids."""
        self._command = command
        self._show()

    @property
    def is_warning(self) -> bool:
        """Whether what is shown is a warning."""
        return self._shown is not None and self._shown.warning

    @property
    def number(self) -> int:
        """How many messages there are, with the one that is shown."""
        return len(self._messages)

    @property
    def closing(self) -> QToolButton:
        """The button that closes what is said."""
        return self._close

    @command("message", "Close the message", "Shift+Escape")
    def close_message(self) -> None:
        """Close what is shown; the one before it follows, where there is one."""
        self.notices.close(self._shown)

    @command("messages-all", "Close all messages", enabled=lambda self: self.number > 1)
    def close_all(self) -> None:
        """Close every message."""
        self.notices.close_all()

    def _on_read(self, news: Notice) -> None:
        if news is self._shown and self.underMouse():
            # Nothing goes from under the hand.
            QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(news))
        else:
            self.notices.close(news)

    # -- what is shown --------------------------------------------------------------

    def _on_changed(self, new: Notice | None) -> None:
        before, self._messages = self._messages, self.notices.all
        if new is not None:
            self._shown = new
            if not new.warning:
                QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(new))
        elif self._shown not in self._messages:
            # The next older one; where that was the oldest, the newest.
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
        """The actions that help against what is shown."""
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
        # The sheet of the scheme colours it, so that it follows another scheme.
        self.setProperty("warning", shown.warning)
        self.style().unpolish(self)
        self.style().polish(self)
        self.text.setText(shown.text)
        # The newest is the first of them: it is what is seen.
        place, number = self.number - self._place, self.number
        self.count.setText(self.tr("{} of {}").format(f"{place:,}", f"{number:,}"))
        for widget in (self.older, self.count, self.newer):
            widget.setVisible(number > 1)
        self.older.setEnabled(place < number)
        self.newer.setEnabled(place > 1)
        self.show()

    def _show_helps(self) -> None:
        for n, button in enumerate((self.help, self.other)):
            action = self._watched[n] if n < len(self._watched) else None
            button.setVisible(action is not None)
            if action is not None:
                button.setText(action.text())
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
