"""A video that was moved: the bar says so, a click finds it, undo takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.state.document import open_document
from app.views.messages import MessageBar
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import activate, warns
from tests.settled import settle
from tests.videos import read_code, write_video


@pytest.fixture
def disk(project_folder: ProjectFolder, tmp_path: Path) -> Path:
    """Where the first video was moved to."""
    place = tmp_path / "disk" / "2026"
    place.mkdir(parents=True)
    (tmp_path / "one.mp4").rename(place / "one.mp4")
    return tmp_path / "disk"


@pytest.fixture
def window(
    qtbot: QtBot, project_folder: ProjectFolder, disk: Path, tmp_path: Path
) -> MainWindow:
    made = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(made)
    made.resize(1200, 700)
    project_window = made.fill(open_document(project_folder))
    project_window.services.models.pose_service.by_itself = False
    activate(qtbot, made)
    project_window.start()
    return made


def answer(monkeypatch: pytest.MonkeyPatch, place: Path | str) -> None:
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(place)
    )


def lost(qtbot: QtBot, project_window: ProjectWindow) -> MessageBar:
    bar = project_window.docks.messages
    qtbot.waitUntil(lambda: warns(bar), timeout=20_000)
    assert "one.mp4 is missing" in bar.text.text()
    return bar


def test_a_click_in_the_bar_finds_it(
    qtbot: QtBot, window: MainWindow, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = window.project_window
    assert project_window is not None
    bar = lost(qtbot, project_window)
    assert bar.help.isVisible()
    assert bar.help.text() == "Find moved videos…"
    answer(monkeypatch, disk)
    QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    assert read_code(project_window.player.picture.pixels) == 0  # type: ignore[union-attr]
    assert not warns(bar)
    assert bar.text.text() == "1 video was found."
    assert not bar.help.isVisible()
    stack = project_window.document.undo_stack
    assert stack.undoText() == "Find moved videos"
    stack.undo()
    lost(qtbot, project_window)
    stack.redo()
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)


def test_the_video_that_is_looked_at_stays_where_it_is(
    qtbot: QtBot, window: MainWindow, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = window.project_window
    assert project_window is not None
    bar = lost(qtbot, project_window)
    project_window.session.set_video("two")
    player, docks = project_window.player, project_window.docks
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.seek(17)
    qtbot.waitUntil(lambda: project_window.session.frame == 17, timeout=20_000)
    answer(monkeypatch, disk)
    QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not warns(docks.messages), timeout=20_000)
    assert player.picture is not None
    assert project_window.session.frame == player.target == 17
    project_window.session.set_video("one")
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)


def test_where_it_is_not_the_bar_says_so(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = window.project_window
    assert project_window is not None
    bar = lost(qtbot, project_window)
    (tmp_path / "empty").mkdir()
    answer(monkeypatch, tmp_path / "empty")
    said: list[str] = []
    project_window.services.notices.warned.connect(said.append)
    project_window.commands["find-moved"].trigger()
    settle()
    assert bar.text.text() == said[0]
    assert bar.count.text() == "1 of 2"
    assert said[0].endswith("empty: one.")
    assert project_window.document.undo_stack.count() == 0


def test_leaving_the_question_looks_nowhere(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = window.project_window
    assert project_window is not None
    lost(qtbot, project_window)
    answer(monkeypatch, "")
    before = [job.title for job in project_window.jobs.running]
    project_window.commands["find-moved"].trigger()
    assert [job.title for job in project_window.jobs.running] == before


def test_nothing_is_offered_against_a_file_that_is_no_video(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    (tmp_path / "one.mp4").write_bytes(b"")
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    project_window = window.fill(open_document(project_folder))
    project_window.services.models.pose_service.by_itself = False
    activate(qtbot, window)
    project_window.start()
    bar = project_window.docks.messages
    qtbot.waitUntil(lambda: warns(bar), timeout=20_000)
    assert "is empty" in bar.text.text()
    assert not bar.help.isVisible()
    window.close()


def test_the_file_that_was_labelled_is_found_where_another_took_its_place(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = window.project_window
    assert project_window is not None
    lost(qtbot, project_window).close_message()
    (tmp_path / "two.mp4").rename(tmp_path / "disk" / "labelled.mp4")
    write_video(tmp_path / "two.mp4", 31)
    project_window.session.set_video("two")
    bar = project_window.docks.messages
    qtbot.waitUntil(lambda: warns(bar), timeout=20_000)
    assert "was replaced or changed since it was labelled as two" in bar.text.text()
    answer(monkeypatch, tmp_path / "disk")
    info = project_window.player.info
    QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not warns(bar), timeout=20_000)
    item = project_window.document.project.track("two")
    qtbot.waitUntil(
        lambda: (
            project_window.player.info is not None
            and project_window.player.info is not info
        ),
        timeout=20_000,
    )
    assert project_window.player.info.fingerprint == item.video.fingerprint  # type: ignore[union-attr]
