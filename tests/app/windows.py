"""A whole window over a project, for tests by real keys and clicks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.services.labelling.on_screen import OnScreen
from app.state.document import Document, open_document
from app.views.messages import MessageBar
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claim import SESSIONS


def activate(qtbot: QtBot, window: QWidget) -> None:
    """Show a window and wait until keys go to it."""
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow(), timeout=20_000)


def all_of(screen: OnScreen) -> Sight:
    """Say that all of the current video was seen."""
    item = screen.item()
    return Sight.whole(item.n_frames if item is not None else 0)


@contextmanager
def opened(
    qtbot: QtBot,
    folder: ProjectFolder,
    settings: Settings | None = None,
    size: tuple[int, int] = (1600, 1000),
    has_picture: bool = True,
) -> Iterator[ProjectWindow]:
    """The window of a project with its first picture; nobody looks for poses."""
    window = MainWindow(settings or Settings())
    window.resize(*size)
    project_window = window.fill(open_document(ProjectFolder(folder.root)))
    project_window.services.models.pose_service.by_itself = False
    activate(qtbot, window)
    project_window.start()
    try:
        if project_window.document.project.tracks and has_picture:
            qtbot.waitUntil(
                lambda: project_window.player.picture is not None, timeout=20_000
            )
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=20_000)
        yield project_window
    finally:
        window.close()
        window.deleteLater()


def warns(bar: MessageBar) -> bool:
    """Tell whether the message bar is there, in the colours of a warning."""
    return not bar.isHidden() and bool(bar.property("warning"))


def action(project_window: ProjectWindow, name: str) -> QAction:
    """The action of the window that has this name."""
    found = project_window.window.findChild(QAction, name)
    assert found is not None
    return found


def trigger(project_window: ProjectWindow, name: str) -> None:
    """Run a command that can be run now."""
    found = action(project_window, name)
    assert found.isEnabled(), f"{name} is not enabled"
    found.trigger()


def kill(document: Document) -> None:
    """Let go of a project as a kill does: nothing is saved or closed in order."""
    document.saver.stop()
    document.journal.close()
    # The process lives on, and its claims would with it.
    SESSIONS.discard(document.claims.session)


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


def move_pointer(
    widget: QWidget,
    point: QPoint,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    buttons: Qt.MouseButton | None = None,
) -> None:
    """Tell a widget of the pointer; by default with the buttons that are down.

    `QTest.mouseMove` moves the one pointer of the process, of which Qt tells the window
    there: perhaps one that an earlier test left, and none where the pointer was before.
    """
    at = QPointF(point)
    shown = QPointF(widget.mapToGlobal(at))
    down = QApplication.mouseButtons() if buttons is None else buttons
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, shown, none, down, keys)
    QApplication.sendEvent(widget, event)
