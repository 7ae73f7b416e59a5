from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.kit.project_picture import load_project_picture, save_project_picture
from app.views.start.start_page import cross_of
from app.window.main_window import MainWindow
from app.window.start_window import StartWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import split
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.user_folders import demo_folder
from tests.app.windows import activate, opened, warns
from tests.videos import write_video


def window_of(program: Application) -> MainWindow:
    assert program.window is not None
    return program.window


def start_window_of(qtbot: QtBot, program: Application) -> StartWindow:
    start_window = window_of(program).start_window
    assert start_window is not None
    qtbot.waitUntil(lambda: not start_window.jobs.running, timeout=10_000)
    return start_window


def names(start_window: StartWindow) -> list[str]:
    return [r.root.name for r in start_window.start.model.rows]


def settle(qtbot: QtBot, program: Application) -> None:
    project_window = window_of(program).project_window
    assert project_window is not None
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=60_000)


def make(root: Path) -> Path:
    create_project(root, label_map_from_names(["walk"]))
    return root


def test_the_last_project_comes_first_without_arguments(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        program.settings.add_recent(make(tmp_path / name))
    program.begin([])
    project_window = window_of(program).project_window
    assert project_window is not None
    assert project_window.document.project.name == "b"


def test_projects_that_are_gone_are_listed_and_can_be_forgotten(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    for name in ("there", "a", "b"):
        program.settings.add_recent(make(tmp_path / name))
    for name in ("a", "b"):
        shutil.rmtree(tmp_path / name)
    program.begin([])
    start_window = start_window_of(qtbot, program)
    rows = start_window.start.model.rows
    assert [(r.root.name, r.there) for r in rows] == [
        ("b", False),
        ("a", False),
        ("there", True),
    ]
    # Nobody asked for the one before it: the last is said to be gone.
    assert f"The last project b is not in {tmp_path} any more" in (
        start_window.messages.text.text()
    )
    assert start_window.start.model.state(rows[0]) == "not found"
    asked: list[object] = []
    start_window.open_requested.connect(asked.append)
    port, index = start_window.start.list.viewport(), start_window.start.model.index(0)
    where = start_window.start.list.visualRect(index).center()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=where)
    assert asked == []
    cards, whole = start_window.start.open, start_window.start.height()
    top = cards.mapTo(start_window.start, QPoint()).y()
    assert 0.1 * whole < top < 0.35 * whole, "at a third, not at the top"
    QTest.keyClick(start_window.start.list, Qt.Key.Key_Delete)
    assert names(start_window) == ["a", "there"]
    assert [p.name for p in program.settings.recent] == ["a", "there"]
    cross = cross_of(
        start_window.start.list.visualRect(start_window.start.model.index(0))
    ).center()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=cross)
    assert cards.mapTo(start_window.start, QPoint()).y() == top, "it does not jump"
    assert names(start_window) == ["there"]
    assert [p.name for p in program.settings.recent] == ["there"]


def test_a_project_that_cannot_be_opened_is_said_on_the_start_page(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    root = make(tmp_path / "a")
    (root / "project.json").write_text("{ damaged")
    program.settings.add_recent(root)
    program.begin([])
    start_window = start_window_of(qtbot, program)
    assert warns(start_window.messages)
    assert "project.json" in start_window.messages.text.text()
    assert names(start_window) == ["a"]


def test_escape_in_the_question_for_a_new_project_leads_to_the_start_page(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "new.mp4", 3)

    def leave() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(20, leave)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    QTimer.singleShot(0, leave)
    program.begin([str(video)])
    assert start_window_of(qtbot, program).start.isVisible()
    assert not (tmp_path / "new-project").exists()


def test_close_project_leads_to_the_start_page_and_back(
    qtbot: QtBot, program: Application, project_folder: ProjectFolder
) -> None:
    picture = QImage(1600, 900, QImage.Format.Format_RGB32)
    picture.fill(QColor("#336699"))
    program.open(project_folder.root)
    project_window = window_of(program).project_window
    assert project_window is not None
    project_window.services.models.pose_service.by_itself = False
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    settle(qtbot, program)
    first = window_of(program)
    activate(qtbot, first)
    QTest.keyClick(first, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window_of(program) is not first, timeout=10_000)
    assert not project_window.document.claims.held
    save_project_picture(project_folder.root, picture)
    start_window = start_window_of(qtbot, program)
    start_window.load_recent()
    start_window = start_window_of(qtbot, program)
    (row,) = start_window.start.model.rows
    assert row.picture is not None
    assert row.picture.width() == 192
    assert start_window.start.model.state(row).startswith("today ")
    port, index = start_window.start.list.viewport(), start_window.start.model.index(0)
    where = start_window.start.list.visualRect(index).center()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=where)
    again = window_of(program).project_window
    assert again is not None
    again.services.models.pose_service.by_itself = False
    assert again.document.folder.root == project_folder.root
    settle(qtbot, program)


def test_closing_before_the_first_picture_keeps_the_one_of_before(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    picture = QImage(64, 36, QImage.Format.Format_RGB32)
    picture.fill(QColor("#336699"))
    save_project_picture(project_folder.root, picture)
    with opened(qtbot, project_folder, has_picture=False) as project_window:
        project_window.player.picture = None
    assert load_project_picture(project_folder.root) is not None


def test_the_demo_is_made_by_a_click(
    qtbot: QtBot, program: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The demo itself is written in tests/e2e; here any project does.
    monkeypatch.setattr("skelseg_core.project.demo_project.write_demo", make)
    program.welcome()
    start_window = start_window_of(qtbot, program)
    QTest.mouseClick(start_window.start.demo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: window_of(program).project_window is not None, timeout=20_000
    )
    project_window = window_of(program).project_window
    assert project_window is not None
    assert project_window.document.folder.root == demo_folder().resolve()


def test_who_starts_for_the_first_time_is_led_through_the_demo(
    qtbot: QtBot, program: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.project.demo_project.write_demo", make)
    program.begin([])
    project_window = window_of(program).project_window
    assert project_window is not None
    help_and_tour = project_window.help_and_tour
    qtbot.waitUntil(lambda: help_and_tour.tour is not None, timeout=5_000)
    assert help_and_tour.tour is not None
    assert help_and_tour.tour.isVisible()
    activate(qtbot, window_of(program))
    QTest.keyClick(help_and_tour.tour, Qt.Key.Key_Escape)
    assert program.settings.tour_seen
    assert program.settings.recent == [demo_folder().resolve()]


def test_keys_work_on_the_start_page(
    qtbot: QtBot, program: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = make(tmp_path / "a")
    monkeypatch.setattr("app.window.program_commands.ask_project", lambda _: root)
    program.welcome()
    start_window = start_window_of(qtbot, program)
    activate(qtbot, window_of(program))
    assert window_of(program).focusWidget() is start_window.start.open
    QTest.keyClick(
        window_of(program), Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier
    )
    qtbot.waitUntil(
        lambda: window_of(program).project_window is not None, timeout=20_000
    )


def test_a_project_without_videos_says_what_to_do(
    qtbot: QtBot, program: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "app.views.dialogs.dialogs.Dialogs.add_videos", lambda _: asked.append("v")
    )
    program.open(make(tmp_path / "a"))
    project_window = window_of(program).project_window
    assert project_window is not None
    docks = project_window.docks
    qtbot.waitUntil(docks.empty.isVisible, timeout=5_000)
    assert not docks.video.isVisible()
    QTest.mouseClick(docks.empty.videos, Qt.MouseButton.LeftButton)
    assert asked == ["v"]


def test_the_empty_place_goes_with_the_first_video(
    qtbot: QtBot, program: Application, project_folder: ProjectFolder
) -> None:
    program.open(project_folder.root)
    project_window = window_of(program).project_window
    assert project_window is not None
    project_window.services.models.pose_service.by_itself = False
    docks = project_window.docks
    qtbot.waitUntil(docks.video.isVisible, timeout=5_000)
    assert not docks.empty.isVisible()
    project_window.services.files.video_files.remove()
    project_window.services.files.video_files.remove()
    assert docks.empty.isVisible()
    assert not docks.video.isVisible()
    project_window.document.undo_stack.undo()
    assert docks.video.isVisible()
    settle(qtbot, program)


def test_another_project_takes_the_place_of_the_window(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    program.open(make(tmp_path / "a"))
    first = window_of(program)
    first.setGeometry(1, 70, 960, 650)
    program.open(make(tmp_path / "b"))
    assert window_of(program) is not first
    assert window_of(program).geometry().y() == 70
    assert window_of(program).height() == 650
    window_of(program).setGeometry(1, 90, 960, 640)
    program.welcome()
    assert window_of(program).geometry().y() == 90
    assert window_of(program).height() == 640


def test_nothing_is_left_of_a_project_that_was_closed(
    qtbot: QtBot, program: Application, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    def look_at() -> list[weakref.ref[object]]:
        program.open(project_folder.root)
        project_window = window_of(program).project_window
        assert project_window is not None
        project_window.services.models.pose_service.by_itself = False
        qtbot.waitUntil(
            lambda: project_window.player.picture is not None, timeout=20_000
        )
        for cut in (5, 6, 7):
            project_window.document.edit_lane(
                "Cut", "one", lambda s, f=cut: split(s, f), "cut"
            )
        assert project_window.document.undo_stack.count() == 1
        parts = (
            project_window,
            project_window.document,
            project_window.docks,
            project_window.player,
            project_window.window,
        )
        return [weakref.ref(part) for part in parts]

    left = look_at()
    # In a pause of the keys all of it is put aside from what is looked through.
    gc.freeze()
    program.open(make(tmp_path / "b"))

    def gone() -> bool:
        gc.collect()
        return [ref() for ref in left] == [None] * len(left)

    qtbot.waitUntil(gone, timeout=20_000)


def test_a_cache_that_may_not_be_written_keeps_no_project_open(
    program: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "a")
    program.open(root)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "unlink", denied)
    program.welcome()
    monkeypatch.undo()
    # Its lock is free, and what was edited would be saved.
    program.open(root)
    assert window_of(program).project_window is not None
