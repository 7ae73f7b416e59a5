"""A whole window on a made project, for tests through real events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.state.document import open_document
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder


@contextmanager
def opened(
    qtbot: QtBot, folder: ProjectFolder, settings: Path
) -> Iterator[ProjectWindow]:
    """The project window that is shown, active and has its first picture."""
    window = MainWindow(Settings(settings))
    window.resize(1366, 740)
    window.show()
    project_window = window.fill(open_document(folder))
    project_window.start()
    window.activateWindow()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=20_000)
    try:
        yield project_window
    finally:
        window.close()
        window.deleteLater()
