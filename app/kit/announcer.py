"""Say to a screen reader what was done or refused, each thing once."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.kit.notices import Notice, Notices


class Announcer(QObject):
    """Say each notice, and each step of the history, when its key is dealt with.

    Screen readers hear nothing of a painted label, nor of a text that appears.
    """

    def __init__(self, window: QWidget, notices: Notices) -> None:
        super().__init__(window)
        self._window = window
        self._steps: list[str] = []
        self._notices: list[Notice] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._say)
        notices.changed.connect(self._on_notice)

    def tell_step(self, text: str) -> None:
        """Say a step of the history, unless a notice has its words."""
        if QAccessible.isActive():
            self._steps.append(text)
            self._soon.start()

    def _on_notice(self, new: Notice | None) -> None:
        if new is not None and QAccessible.isActive():
            self._notices.append(new)
            self._soon.start()

    def _say(self) -> None:
        told, steps = [n.text for n in self._notices], self._steps
        urgent = any(n.warning for n in self._notices)
        self._notices, self._steps = [], []
        fresh = [s for s in steps if not any(s in text for text in told)]
        event = QAccessibleAnnouncementEvent(self._window, "\n".join([*fresh, *told]))
        if urgent:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
