"""What is asked in a window of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.dialogs.dialogs import NewProjectDialog


def test_return_creates_and_does_not_cancel(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = NewProjectDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.folder.setText(str(tmp_path / "kitchen"))
    dialog.classes.setPlainText("walk\nreach")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.root is not None, timeout=20_000)
    assert (tmp_path / "kitchen" / "project.json").is_file()
