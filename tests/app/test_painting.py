"""What goes wrong in a paint event leaves no painter behind."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import app
from app.kit.painting import painting


class Torn(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.drawLine(0, 0, 9, 9)
            raise ValueError("torn")


def test_an_exception_ends_the_painter(qtbot: QtBot) -> None:
    widget = Torn()
    qtbot.addWidget(widget)
    # While they are kept, as by a report, so is the frame with its painter; a painter
    # that is still at work then is a warning of Qt, which fails the test.
    with qtbot.captureExceptions() as kept:
        widget.show()
        qtbot.waitUntil(lambda: bool(kept), timeout=20_000)
        seen = len(kept)
        widget.update()
        qtbot.waitUntil(lambda: len(kept) > seen, timeout=20_000)
    assert {str(error) for _, error, _ in kept} == {"torn"}


def test_every_widget_is_painted_so() -> None:
    root = Path(app.__file__).parent
    bare = re.compile(r"QPainter\(self")
    assert [str(p) for p in root.rglob("*.py") if bare.search(p.read_text())] == []
