"""Notices: carry what is to be told to the person to whoever shows it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Notices(QObject):
    """One place where the services say what they did, and what went wrong."""

    said = Signal(str)
    warned = Signal(str)

    def say(self, text: str) -> None:
        """Tell what was done."""
        self.said.emit(text)

    def warn(self, text: str) -> None:
        """Tell what went wrong, or why nothing was done."""
        self.warned.emit(text)
