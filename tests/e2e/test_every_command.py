"""Every command of the table: its key reaches it, and it does what it does in peace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from tests.e2e.conftest import Opener
from tests.e2e.test_monkey import LEFT_ALONE, root

__all__ = ["root"]  # the project of the monkey: videos, poses, a prediction


def close_what_asks(project_window: ProjectWindow) -> QTimer:
    """Answer every dialog and menu by leaving it."""

    def close() -> None:
        for asking in (
            QApplication.activePopupWidget(),
            QApplication.activeModalWidget(),
        ):
            if asking is not None:
                asking.close()

    timer = QTimer(project_window)
    timer.setInterval(15)
    timer.timeout.connect(close)
    timer.start()
    return timer


def test_every_key_calls_its_command_and_no_other(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    project_window = opener(root)
    called: list[str] = []
    for entry in project_window.commands.all:
        action = project_window.commands[entry.id]
        action.triggered.disconnect()
        action.triggered.connect(lambda *_, name=entry.id: called.append(name))
    project_window.window.activateWindow()
    project_window.docks.timeline.setFocus()
    told = 0
    for entry in project_window.commands.all:
        for key in project_window.commands.keymap.keys(entry.id):
            # Two may share a key, of which one at most is possible at a time.
            for other in project_window.commands.all:
                project_window.commands[other.id].setEnabled(other.id == entry.id)
            called.clear()
            QTest.keySequence(project_window.docks.timeline, QKeySequence(key))
            assert called == [entry.id], key
            told += 1
    assert told > 90


def test_every_command_can_be_called_in_the_real_window(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    project_window = opener(root)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    first, tried = project_window.document.project, []
    timer = close_what_asks(project_window)
    for entry in project_window.commands.all:
        if entry.id in LEFT_ALONE:
            continue
        if not project_window.session.track_id:
            project_window.session.set_video(
                project_window.document.project.tracks[0].id
            )
        project_window.player.pause()
        project_window.player.seek(100)
        project_window.session.set_boundary(1)
        project_window.commands.refresh()
        action = project_window.commands[entry.id]
        if action.isEnabled():
            action.trigger()
            tried.append(entry.id)
        QApplication.processEvents()
        for item in project_window.document.project.tracks:
            starts = item.annotation.starts.tolist()
            assert starts == sorted(set(starts)), entry.id
        if project_window.document.project is not first:
            project_window.document.undo_stack.setIndex(0)
            assert project_window.document.project == first, entry.id
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=60_000)
    timer.stop()
    assert QApplication.activeModalWidget() is None
    assert len(tried) > 100, sorted(
        {e.id for e in project_window.commands.all} - {*tried}
    )
