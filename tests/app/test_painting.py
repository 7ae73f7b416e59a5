"""What goes wrong in a paint event leaves no painter behind; none comes too early."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QProgressBar, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import app
from app.kit.painting import painting, show_progress
from app.window.project_window import ProjectWindow


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


def test_a_lane_that_cannot_be_painted_leaves_the_next_picture_alone(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = project_window.docks.timeline

    def torn(*_: object) -> None:
        raise ValueError("torn")

    with qtbot.captureExceptions() as kept:
        with monkeypatch.context() as broken:
            broken.setattr(type(timeline.rows[0].lane), "paint", torn)
            timeline.paint_anew()
            qtbot.waitUntil(lambda: bool(kept), timeout=20_000)
        seen = len(kept)
        timeline.paint_anew()
        timeline.grab()
    assert len(kept) == seen
    assert all("torn" in str(error) for _, error, _ in kept)


class Counted(QWidget):
    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1


def test_progress_paints_nothing_amid_what_is_told(qtbot: QtBot) -> None:
    window, other, bar = QWidget(), Counted(), QProgressBar()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(other, 1)
    layout.addWidget(bar)
    window.resize(200, 100)
    window.show()
    qtbot.waitUntil(lambda: other.painted > 0, timeout=20_000)
    QApplication.processEvents()
    before = other.painted
    other.update()
    show_progress(bar, 3, 10)
    assert other.painted == before
    assert (bar.value(), bar.maximum()) == (3, 10)
    qtbot.waitUntil(lambda: other.painted > before, timeout=20_000)


def test_every_widget_is_painted_so() -> None:
    root = Path(app.__file__).parent
    bare = re.compile(r"QPainter\(self")
    assert [str(p) for p in root.rglob("*.py") if bare.search(p.read_text())] == []


def test_no_bar_paints_by_itself() -> None:
    root = Path(app.__file__).parent
    bars = [p for p in root.rglob("*.py") if "QProgressBar()" in p.read_text()]
    alone = re.compile(r"bar\.set(Value|Maximum|Range)\(")
    assert bars
    assert [str(p) for p in bars if alone.search(p.read_text())] == []
