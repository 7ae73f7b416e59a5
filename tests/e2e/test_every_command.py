"""Every command of the table: its key reaches it, and it does what it does in peace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.project_window import Desk
from tests.e2e.conftest import Opener
from tests.e2e.test_monkey import LEFT_ALONE, root

__all__ = ["root"]  # the project of the monkey: videos, poses, a prediction


def close_what_asks(desk: Desk) -> QTimer:
    """Answer every dialog and menu by leaving it."""

    def close() -> None:
        for asking in (
            QApplication.activePopupWidget(),
            QApplication.activeModalWidget(),
        ):
            if asking is not None:
                asking.close()

    timer = QTimer(desk)
    timer.setInterval(15)
    timer.timeout.connect(close)
    timer.start()
    return timer


def test_every_key_calls_its_command_and_no_other(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    desk = opener(root)
    called: list[str] = []
    for entry in desk.actions_table.entries:
        action = desk.actions_table[entry.id]
        action.triggered.disconnect()
        action.triggered.connect(lambda *_, name=entry.id: called.append(name))
    desk.window.activateWindow()
    desk.panels.timeline.setFocus()
    told = 0
    for entry in desk.actions_table.entries:
        for key in desk.actions_table.keymap.keys(entry.id):
            # Two may share a key, of which one at most is possible at a time.
            for other in desk.actions_table.entries:
                desk.actions_table[other.id].setEnabled(other.id == entry.id)
            called.clear()
            QTest.keySequence(desk.panels.timeline, QKeySequence(key))
            assert called == [entry.id], key
            told += 1
    assert told > 90


def test_every_command_can_be_called_in_the_real_window(
    root: Path, opener: Opener, qtbot: QtBot
) -> None:
    desk = opener(root)
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)
    first, tried = desk.document.project, []
    timer = close_what_asks(desk)
    for entry in desk.actions_table.entries:
        if entry.id in LEFT_ALONE:
            continue
        if not desk.session.video_id:
            desk.session.set_video(desk.document.project.videos[0].id)
        desk.player.pause()
        desk.player.seek(100)
        desk.session.set_boundary(1)
        desk.actions_table.refresh()
        action = desk.actions_table[entry.id]
        if action.isEnabled():
            action.trigger()
            tried.append(entry.id)
        QApplication.processEvents()
        for item in desk.document.project.videos:
            starts = item.annotation.starts.tolist()
            assert starts == sorted(set(starts)), entry.id
        if desk.document.project is not first:
            desk.document.undo_stack.setIndex(0)
            assert desk.document.project == first, entry.id
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=60_000)
    timer.stop()
    assert QApplication.activeModalWidget() is None
    assert len(tried) > 100, sorted(
        {e.id for e in desk.actions_table.entries} - {*tried}
    )
