"""What is seen while the window opens: the window, and nothing else."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.e2e.conftest import Opener
from tests.settled import settle


class Shown(QObject):
    """Notes every window that shows, however shortly."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Show
            and isinstance(watched, QWidget)
            and watched.isWindow()
        ):
            self.names.append(type(watched).__name__)
        return False


def test_nothing_but_the_window_shows(
    demo_root: Path, opener: Opener, qtbot: QtBot, qapp: QApplication
) -> None:
    # A widget that is made visible before it has a place is a window for a moment.
    shown = Shown()
    qapp.installEventFilter(shown)
    try:
        opener(demo_root)
        settle()
    finally:
        qapp.removeEventFilter(shown)
    assert shown.names == [MainWindow.__name__]


def test_the_first_key_is_a_command(
    demo_root: Path, opener: Opener, qtbot: QtBot
) -> None:
    # The first start lays out the docks, and that takes the focus from the timeline.
    project_window = opener(demo_root)
    project_window.window.activateWindow()
    project_window.docks.timeline.setFocus()
    qtbot.waitUntil(project_window.docks.timeline.hasFocus)
    project_window.docks.pages.label()
    assert project_window.window.focusWidget() is project_window.docks.timeline
