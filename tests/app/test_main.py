"""One window after another, in the order in which projects are asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.__main__ import Application
from app.state.document import open_document
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.project.folder import ProjectFolder, create_project


def test_what_is_asked_for_while_a_project_opens_comes_after_it(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for root in (first, second):
        create_project(root, label_map_from_names(["walk"]))
    shown: list[str] = []

    def ask() -> None:
        program.open_or_warn(second)
        shown.append("asked")

    program.welcome()
    QTimer.singleShot(0, program.application, ask)
    program.open(first)
    assert shown == ["asked"]
    window = program.window
    assert window is not None
    assert window.project_window is not None
    assert window.project_window.document.folder.root == first.resolve()

    def is_second() -> bool:
        now = program.window
        return now is not None and now.windowTitle().startswith("b ")

    qtbot.waitUntil(is_second, timeout=20_000)
    QTimer.singleShot(0, program.application, program.welcome)
    program.open(first)
    qtbot.waitUntil(
        lambda: program.window is not None and program.window.start_window is not None,
        timeout=20_000,
    )
    # Each is let go of: its lock is free.
    for root in (first, second):
        open_document(ProjectFolder(root)).close()
