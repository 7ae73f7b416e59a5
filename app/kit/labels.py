"""Labels that show text as it is: a video called ``<h1>`` is no heading."""

from __future__ import annotations

import html
import unicodedata

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

MOST_CHARACTERS = 2000
"""Longest text of a tooltip; the rest of a longer one is left out."""


class Label(QLabel):
    """Show plain text. Qt's own label takes for HTML what looks like it.

    Where a label has to show HTML, `setTextFormat` says so, and the names of a user's
    things in it are escaped.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def isolated(name: str) -> str:
    """Wrap a name that is written from right to left, so that figures stay in order."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in name):
        return f"\u2068{name}\u2069"
    return name


def plain_tip(text: str) -> str:
    """Make a text that a tooltip of Qt shows as it is, even where it looks like HTML.

    So do the dialogs of Qt that ask for one value. Lines stay lines.
    """
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    if not QtGui.Qt.mightBeRichText(text):
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"
