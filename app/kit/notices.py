"""Hold what is said to the person, and drop what is no longer true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.kit.language import in_language

Help = QAction | str
"""A command that helps against a warning: the action, or the id of a command."""
EDIT, SAVE, VIDEO, JOB = "edit", "save", "video ", "job "
"""Subjects of notices that are no commands; the id of a video or a title follows."""


@dataclass(eq=False)
class Notice:
    """Hold one sentence, the commands that help against it, and what it is about.

    ``stays`` says that it does not go by itself.
    """

    text: str
    warning: bool
    helps: tuple[Help, ...] = ()
    about: str = ""
    stays: bool = True


class Notices(QObject):
    """Own what is said in one window; the message bar shows it.

    News goes by itself; an offer of a command stays. A warning stays until it is
    closed, or until what it is ``about`` went well (`settle`) or is spoken of anew.
    ``changed`` comes with the new notice, or None where some went; ``said`` and
    ``warned`` with the text alone.
    """

    changed = Signal(object)
    said = Signal(str)
    warned = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices: list[Notice] = []
        self._topic = ""

    @property
    def all(self) -> tuple[Notice, ...]:
        """Return the notices that are not closed, the oldest first."""
        return tuple(self._notices)

    def says(self, text: str) -> bool:
        """Tell whether this warning is shown, or stands behind another notice."""
        text = in_language(text)
        return any(n.warning and n.text == text for n in self._notices)

    # -- what is said ---------------------------------------------------------------

    def say(self, text: str, about: str = "", then: Help | None = None) -> None:
        """Tell what was done; in place of what was said before ``about`` the same.

        ``then`` is a command with which a person may go on.
        """
        if about:
            with self.about(about):
                self.say(text, then=then)
            return
        text = in_language(text)
        same = [n for n in self._notices if not n.warning and n.text == text]
        helps = () if then is None else (then,)
        self._add(Notice(text, False, helps, self._topic, stays=False), same)
        self.said.emit(text)

    def offer(self, text: str, helps: Help, about: str) -> Notice:
        """Offer a command; the notice stays until it is closed or offered anew."""
        with self.about(about):
            notice = Notice(in_language(text), False, (helps,), about)
            self._add(notice, [])
        return notice

    def warn(
        self,
        text: str,
        helps: Help | None = None,
        other: Help | None = None,
        about: str = "",
        of: str = "",
    ) -> None:
        """Tell what went wrong, with buttons for one or two commands that help.

        It comes in place of what was said before ``about`` the same. Where the warning
        ``of`` is there, only its text becomes another.
        """
        if about:
            with self.about(about):
                self.warn(text, helps, other, of=of)
            return
        text = in_language(text)
        self.warned.emit(text)
        if of and self.says(of):
            for notice in self._notices:
                if notice.warning and notice.text == of:
                    notice.text = text
            self.changed.emit(None)
            return
        actions = tuple(action for action in (helps, other) if action is not None)
        topic = self._topic
        same = [n for n in self._notices if n.warning and n.text == text]
        for known in same:
            # Told again, or by two services: keep its commands and its topic.
            actions, topic = actions or known.helps, topic or known.about
        self._add(Notice(text, True, actions, topic), same)

    def refuse(self, text: str) -> None:
        """Tell why an edit was not made; the next edit closes it.

        What a job did, such as the reading of a file, is no older for an edit.
        """
        self.warn(text, about="" if self._topic.startswith(JOB) else EDIT)

    # -- what is no longer true -----------------------------------------------------

    @contextmanager
    def about(self, topic: str) -> Iterator[None]:
        """Replace the notices about a topic by those said within the block.

        Notices about it from before that are not said again are closed.
        """
        before, self._topic = self._topic, topic
        old = [n for n in self._notices if n.about == topic]
        try:
            yield
        finally:
            self._topic = before
            self._drop(lambda n: n in old)

    def settle(self, topic: str) -> None:
        """Close the warnings about a topic that went well."""
        self._drop(lambda n: n.warning and n.about == topic)

    def helped(self, helps: Help) -> None:
        """Close the warnings that this command helped against."""
        self._drop(lambda n: helps in n.helps)

    def close(self, notice: Notice | None) -> None:
        """Close one notice."""
        self._drop(lambda n: n is notice)

    def close_all(self) -> None:
        """Close every notice."""
        self._drop(lambda _: True)

    def _add(self, notice: Notice, in_place_of: list[Notice]) -> None:
        left = [n for n in self._notices if n not in in_place_of]
        self._notices = [*left, notice]
        self.changed.emit(notice)

    def _drop(self, which: Callable[[Notice], bool]) -> None:
        left = [n for n in self._notices if not which(n)]
        if len(left) < len(self._notices):
            self._notices = left
            self.changed.emit(None)
