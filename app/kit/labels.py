"""Labels that show text as it is: a video called ``<h1>`` is no heading."""

from __future__ import annotations

import html
import re

from PySide6 import QtGui
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QStyle, QWidget

from app.kit.painting import painting

MOST_CHARACTERS = 2000
"""Longest text of a tooltip; the rest of a longer one is left out."""
_LETTERS = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_WORD = f"[{_LETTERS}\U00010800-\U00010fff\U0001e800-\U0001efff]+"
# Words with nothing between them that other words or figures could stand in.
_RIGHT_TO_LEFT = re.compile(f"{_WORD}(?:[ '_-]+{_WORD})*")


class Label(QLabel):
    """Show plain text. Qt's own label takes for HTML what looks like it.

    Where a label has to show HTML, `setTextFormat` says so, and the names of a user's
    things in it are escaped.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(isolated(text))


class ElidedLabel(Label):
    """Show as much of a line as there is room for; a tooltip has all of it."""

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            ways, room = self.layoutDirection(), self.contentsRect()
            painter.setLayoutDirection(ways)
            flags = int(QStyle.visualAlignment(ways, self.alignment()))
            text = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideRight, room.width()
            )
            role = self.foregroundRole()
            self.style().drawItemText(
                painter, room, flags, self.palette(), self.isEnabled(), text, role
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        cut = self.sizeHint().width() > self.width()
        self.setToolTip(plain_tip(self.text()) if cut else "")


def isolated(text: str) -> str:
    """Isolate the words of a text that are written from right to left.

    Figures beside them, and the words of a sentence, stay in their order then.
    """
    return _RIGHT_TO_LEFT.sub("\u2068\\g<0>\u2069", text)


def plain_tip(text: str) -> str:
    """Make a text that a tooltip of Qt shows as it is, even where it looks like HTML.

    So do the dialogs of Qt that ask for one value. Lines stay lines.
    """
    text = isolated(text)
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    if not QtGui.Qt.mightBeRichText(text):
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"
