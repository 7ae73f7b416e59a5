"""MessageBar: news and errors, in a bar that is never in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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

NEWS_MS = 8000
"""Milliseconds for which news stays in the bar."""
ICON_PX = 14


@dataclass(eq=False)
class Message:
    """One sentence, what helps against it, and what it is about."""

    text: str
    warning: bool
    helps: tuple[QAction, ...] = ()
    topic: str = ""


class MessageBar(QFrame):
    """Shows the newest of its messages and counts the others, which can be read.

    News goes by itself. A warning stays until it is closed, or until what it is about
    went well or failed anew (`about`, `settle`). It may have a button for what helps,
    and one for what else may. ``topic`` is what is spoken of just now. ``left`` is
    signalled where the bar, with the keyboard in it, is gone.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self._messages: list[Message] = []
        self._shown: Message | None = None
        self._watched: tuple[QAction, ...] = ()
        self.topic = ""
        self.hide()

    # -- what is said ---------------------------------------------------------------

    def say(self, text: str) -> None:
        """Show news for a while, before whatever was shown."""
        self._drop(lambda m: not m.warning and m.text == text)
        news = Message(text, False, topic=self.topic)
        self._add(news)
        QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(news))

    def warn(
        self,
        text: str,
        helps: QAction | None = None,
        of: str = "",
        other: QAction | None = None,
    ) -> None:
        """Show what went wrong, and buttons for what helps.

        Where ``of`` is shown, or waits, the text takes its place there.
        """
        if of and self.says(of):
            for message in self._messages:
                if message.warning and message.text == of:
                    message.text = text
            self._show()
            return
        actions = tuple(action for action in (helps, other) if action is not None)
        topic = self.topic
        for known in [m for m in self._messages if m.warning and m.text == text]:
            # It is told from two sides, or again: what either knows of it stays.
            actions, topic = actions or known.helps, topic or known.topic
            self._messages.remove(known)
        self._add(Message(text, True, actions, topic))

    def says(self, text: str) -> bool:
        """Whether a warning is shown, or stands behind another message."""
        return any(m.warning and m.text == text for m in self._messages)

    @property
    def is_warning(self) -> bool:
        """Whether what is shown is a warning."""
        return self._shown is not None and self._shown.warning

    @property
    def number(self) -> int:
        """How many messages there are, with the one that is shown."""
        return len(self._messages)

    # -- what is no longer true -----------------------------------------------------

    @contextmanager
    def about(self, topic: str) -> Iterator[None]:
        """Take what is said in here as all there is to say about a topic.

        What was said about it before, and is not said again, goes.
        """
        before, self.topic = self.topic, topic
        old = [m for m in self._messages if m.topic == topic]
        try:
            yield
        finally:
            self.topic = before
            self._drop(lambda m: m in old)

    def settle(self, topic: str) -> None:
        """Close the warnings about something that went well."""
        self._drop(lambda m: m.warning and m.topic == topic)

    def helped(self, helps: QAction) -> None:
        """Close the warnings that this helped against."""
        self._drop(lambda m: helps in m.helps)

    @property
    def closing(self) -> QToolButton:
        """The button that closes what is said."""
        return self._close

    @command("message", "Close the message", "Shift+Escape")
    def close_message(self) -> None:
        """Close what is shown; the one before it follows, where there is one."""
        self._drop(lambda m: m is self._shown)

    @command("messages-all", "Close all messages", enabled=lambda self: self.number > 1)
    def close_all(self) -> None:
        """Close every message."""
        self._drop(lambda _: True)

    def _on_read(self, news: Message) -> None:
        if news is self._shown and self.underMouse():
            # Nothing goes from under the hand.
            QTimer.singleShot(NEWS_MS, self, lambda: self._on_read(news))
        else:
            self._drop(lambda m: m is news)

    # -- what is shown --------------------------------------------------------------

    def _add(self, message: Message) -> None:
        self._messages.append(message)
        self._shown = message
        self._show()

    def _drop(self, which: Callable[[Message], bool]) -> None:
        before = self._messages
        left = [m for m in before if not which(m)]
        if len(left) == len(before):
            return
        if self._shown not in left:
            # The next older one; where that was the oldest, the newest.
            older = [m for m in before[: self._place] if m in left] or left
            self._shown = older[-1] if older else None
        self._messages = left
        self._show()

    @property
    def _place(self) -> int:
        return self._messages.index(self._shown) if self._shown is not None else 0

    def _turn(self, by: int) -> None:
        place = min(max(self._place + by, 0), len(self._messages) - 1)
        self._shown = self._messages[place]
        self._show()

    def _on_help(self, which: int) -> None:
        helps = self._shown.helps if self._shown is not None else ()
        if which < len(helps):
            helps[which].trigger()

    def _show(self) -> None:
        shown = self._shown
        for action in self._watched:
            action.changed.disconnect(self._show_helps)
        self._watched = shown.helps if shown is not None else ()
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
