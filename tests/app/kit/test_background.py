"""While a project is opened or closed the window goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.__main__ import Application
from app.kit import background as turns
from app.kit.settings import Settings
from app.state.document import open_document
from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import (
    label_map_from_names,
)
from skelseg_core.labels.edits import (
    paint,
)
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.value import Project

SLOW_S = 0.2


@contextmanager
def ticking() -> Iterator[list[None]]:
    """A list that grows whenever the event loop turns."""
    seen: list[None] = []
    timer = QTimer()
    timer.timeout.connect(lambda: seen.append(None))
    timer.start(1)
    try:
        yield seen
    finally:
        timer.stop()


def make(root: Path) -> Path:
    create_project(root, label_map_from_names(["walk"]))
    return root


def slowly(work: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def late(*arguments: object) -> list[str]:
        time.sleep(SLOW_S)
        return work(*arguments)

    return late


def test_what_is_done_aside_gives_its_result_or_its_error(qtbot: QtBot) -> None:
    def work() -> threading.Thread:
        time.sleep(SLOW_S)
        return threading.current_thread()

    def fail() -> None:
        raise ProjectError("no project")

    with ticking() as seen:
        assert turns.aside(work) is not threading.main_thread()
    assert len(seen) > 5
    with pytest.raises(ProjectError, match="no project"):
        turns.aside(fail)


def test_a_thread_that_hangs_is_not_waited_for_forever(qtbot: QtBot) -> None:
    go_on = threading.Event()
    hanging = threading.Thread(target=go_on.wait)
    hanging.start()
    with ticking() as seen:
        turns.join(hanging, SLOW_S)
    assert len(seen) > 5
    assert hanging.is_alive()
    go_on.set()
    turns.join(hanging)
    assert not hanging.is_alive()


def test_saving_to_a_slow_disk_does_not_stop_the_window(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = open_document(project_folder)
    assert document.edit_lane("label", "one", lambda s: paint(s, 0, 9, 0))
    monkeypatch.setattr(document.folder, "save", slowly(document.folder.save))
    with ticking() as seen:
        document.close()
    assert len(seen) > 5
    again = open_document(ProjectFolder(project_folder.root))
    assert again.project.video("one").annotation.n_labelled
    again.close()


def test_an_edit_that_comes_while_closing_saves_is_not_lost(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = open_document(project_folder)
    document.edit_lane("label", "one", lambda s: paint(s, 0, 9, 0))
    monkeypatch.setattr(document.folder, "save", slowly(document.folder.save))

    def late() -> None:
        document.edit_lane("late", "one", lambda s: paint(s, 20, 29, 0))

    QTimer.singleShot(0, document, late)
    document.close()
    assert document.unsaved
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered
    assert again.project.video("one").annotation.n_labelled == 18
    again.close()


def test_opening_from_a_slow_disk_does_not_stop_the_window(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ProjectFolder.load

    def load(folder: ProjectFolder) -> Project:
        time.sleep(SLOW_S)
        return real(folder)

    monkeypatch.setattr(ProjectFolder, "load", load)
    with ticking() as seen:
        document = open_document(project_folder)
    assert len(seen) > 5
    document.close()


def test_what_is_asked_for_while_a_project_opens_comes_after_it(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "b")
    shown: list[str] = []

    def ask() -> None:
        program.open_or_tell(second)
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


def test_settings_are_written_in_a_thread_and_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    one, other = Settings(file), Settings(file)
    for lag in range(100, 140):
        one.reaction_lag_ms = lag
    other.muted = True
    one.lanes = "[]"
    found = Settings(file)
    assert found.reaction_lag_ms == 139
    assert found.muted
    assert found.lanes == "[]"
