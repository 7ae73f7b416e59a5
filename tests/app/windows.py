"""A whole window over a project, for tests by real keys and clicks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.state.document import Document, open_document
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import (
    Segment,
    Segmentation,
)
from skelseg_core.project.folder import ProjectFolder


def activate(qtbot: QtBot, window: QWidget) -> None:
    """Show a window and wait until keys go to it."""
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow(), timeout=20_000)


@contextmanager
def opened(
    qtbot: QtBot, folder: ProjectFolder, tmp_path: Path
) -> Iterator[ProjectWindow]:
    """A window with a project, its first video open; nobody looks for poses."""
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    window.resize(1600, 1000)
    project_window = window.fill(open_document(folder))
    ids = [v.id for v in project_window.document.project.videos]
    project_window.services.pose_service.by_itself = False
    activate(qtbot, window)
    project_window.start()
    if ids:
        qtbot.waitUntil(
            lambda: project_window.player.picture is not None, timeout=20_000
        )
    yield project_window
    window.close()
    window.deleteLater()


def kill(document: Document) -> None:
    """Let go of a project as a kill does: nothing is saved or closed in order."""
    document.autosave.stop()
    document.lock.unlock()


def mixed() -> Segmentation:
    """90 frames: a person's walk, a model's reach, nothing, a reviewed and a walk."""
    return Segmentation(
        (
            Segment(0, 20, 0).as_reviewed(),
            Segment(20, 45, 1, "model", confidence=0.8125),
            Segment(45, 60),
            Segment(60, 70, 2, "model", confidence=0.25).as_reviewed(),
            Segment(70, 90, 0, "import"),
        )
    )
