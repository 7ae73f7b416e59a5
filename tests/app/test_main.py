"""One window after another, in the order in which projects are asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from app.application import IMPORTED_LATER, Application, set_text_size
from app.kit.labels import Label
from app.state.document import Document, open_document
from app.views.dialogs.dialogs import NewProjectDialog
from app.window.find_project import project_for
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.folder import ProjectFolder, create_project
from tests.app.windows import opened, trigger, warns
from tests.videos import write_video


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


def test_the_window_is_there_with_its_name_before_the_project(
    program: Application, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, fill = [], MainWindow.fill

    def look(window: MainWindow, document: Document) -> ProjectWindow:
        opening = window.centralWidget()
        assert isinstance(opening, Label)
        seen.append((window.isVisible(), window.windowTitle(), opening.text()))
        return fill(window, document)

    monkeypatch.setattr(MainWindow, "fill", look)
    program.begin([str(project_folder.root)])
    assert seen == [(True, "kitchen – skelseg", "Opening kitchen…")]


class Keys(QObject):
    """Notes the keys that reach a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.pressed: list[int] = []
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self.pressed.append(event.key())
        return False


def test_keys_pressed_before_the_window_is_ready_are_dropped(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill, seen = MainWindow.fill, list[Keys]()

    def press(window: MainWindow, document: Document) -> ProjectWindow:
        project_window = fill(window, document)
        timeline = project_window.docks.timeline
        seen.append(Keys(timeline))
        key = Qt.Key.Key_F35  # no command has it
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(timeline, event)
        return project_window

    monkeypatch.setattr(MainWindow, "fill", press)
    program.begin([str(project_folder.root)])
    assert program.window is not None
    project_window = program.window.project_window
    assert project_window is not None
    player = project_window.player
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    qtbot.keyClick(project_window.docks.timeline, Qt.Key.Key_Right)
    assert not seen[0].pressed
    assert player.target == 1


def test_a_project_opens_at_the_video_and_frame_where_it_was_left(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as left:
        left.session.set_video("two")
        qtbot.waitUntil(lambda: left.player.picture is not None, timeout=20_000)
        left.player.seek(70)
        qtbot.waitUntil(lambda: left.session.frame == 70, timeout=20_000)
    with opened(qtbot, project_folder) as again:
        qtbot.waitUntil(lambda: again.session.frame == 70, timeout=20_000)
        assert again.session.track_id == "two"


def test_text_has_the_size_that_was_chosen_from_the_next_start_on(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QT_SCALE_FACTOR", raising=False)
    settings = project_window.settings
    set_text_size(settings)
    assert "QT_SCALE_FACTOR" not in os.environ
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("175 %", True))
    trigger(project_window, "text-size")
    set_text_size(settings)
    assert os.environ["QT_SCALE_FACTOR"] == "1.75"
    monkeypatch.delenv("QT_SCALE_FACTOR")


@pytest.mark.parametrize("form", ["cut", "emptied", "folder", "gone"])
@pytest.mark.parametrize("way", ["asked", "last", "chosen"])
def test_a_project_that_cannot_be_read_comes_back_by_one_click(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    way: str,
    form: str,
) -> None:
    path, project = project_folder.project_file, project_folder.load()
    assert Backups(project_folder, project.uuid).make("test") is not None
    whole = path.read_bytes()
    path.unlink()
    if form == "folder":
        path.mkdir()
    elif form != "gone":
        path.write_bytes(whole[:300] if form == "cut" else b"")
    if way == "last":
        program.settings.add_recent(project_folder.root)
        program.begin([])
    elif way == "asked":
        program.begin([str(project_folder.root)])
    else:
        program.welcome()
        program.open_or_warn(project_folder.root)
    window = program.window
    assert window is not None
    assert window.start_window is not None
    bar = window.start_window.messages
    assert warns(bar)
    assert bar.help.text().startswith("Restore from the backup of ")
    # Until events come, clicks were meant for what was there before.
    came: list[bool] = []
    QTimer.singleShot(0, window, lambda: came.append(True))
    qtbot.waitUntil(lambda: bool(came))
    qtbot.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    assert program.window is not None
    assert program.window.project_window is not None
    assert program.window.project_window.document.project == project
    assert path.read_bytes() == whole
    kept = [p.name for p in path.parent.iterdir() if ".conflict-" in p.name]
    assert len(kept) == (form != "gone")


def test_what_was_mended_meanwhile_is_not_restored_over(
    qtbot: QtBot, program: Application, project_folder: ProjectFolder
) -> None:
    path, project = project_folder.project_file, project_folder.load()
    assert Backups(project_folder, project.uuid).make("test") is not None
    whole = path.read_bytes()
    path.write_bytes(whole[:300])
    program.begin([str(project_folder.root)])
    window = program.window
    assert window is not None
    assert window.start_window is not None
    newer = whole.replace(project.name.encode(), b"Mended", 1)
    assert newer != whole
    path.write_bytes(newer)
    came: list[bool] = []
    QTimer.singleShot(0, window, lambda: came.append(True))
    qtbot.waitUntil(lambda: bool(came))
    qtbot.mouseClick(window.start_window.messages.help, Qt.MouseButton.LeftButton)
    assert program.window is not None
    assert program.window.project_window is not None
    assert program.window.project_window.document.project.name == "Mended"
    assert path.read_bytes() == newer


def test_a_broken_project_without_a_backup_is_said_on_the_start_page(
    program: Application, project_folder: ProjectFolder
) -> None:
    project_folder.project_file.write_text("{")
    program.begin([str(project_folder.root)])
    window = program.window
    assert window is not None
    assert window.start_window is not None
    bar = window.start_window.messages
    assert "project.json, line 1" in bar.text.text()
    assert bar.help.isHidden()
    assert project_folder.project_file.read_text() == "{"


def test_what_the_first_act_would_wait_for_is_imported_meanwhile(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "imported_by_nobody_yet.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("app.application.LATER_MS", 0)
    monkeypatch.setattr("app.application.IMPORTED_LATER", ["imported_by_nobody_yet"])
    program.open(project_folder.root)
    qtbot.waitUntil(lambda: "imported_by_nobody_yet" in sys.modules, timeout=20_000)
    del sys.modules["imported_by_nobody_yet"]


@pytest.mark.parametrize("name", IMPORTED_LATER)
def test_such_modules_are_there(name: str) -> None:
    assert find_spec(name) is not None


@pytest.mark.parametrize("named", ["folder", "files"])
def test_several_videos_or_their_folder_become_one_project(
    named: str,
    qtbot: QtBot,
    program: Application,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "signs"
    folder.mkdir()
    videos = [write_video(folder / f"{name}.mp4", 5) for name in ("again", "bird")]
    asked: list[list[Path]] = []

    def ask(_: object, files: Sequence[Path], poses: Sequence[Path]) -> None:
        asked.append(sorted(files))

    monkeypatch.setattr("app.window.program_commands.ask_new_project", ask)
    program.begin([str(p) for p in ([folder] if named == "folder" else videos)])
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [videos]
    dialog = NewProjectDialog(None, videos)
    qtbot.addWidget(dialog)
    root = folder / "signs-project"
    assert dialog.folder.text() == str(root)
    create_project(root, label_map_from_names(["walk"]))
    assert project_for(folder) == root.resolve()


def test_a_folder_in_which_nothing_can_be_read_says_so(
    qtbot: QtBot, program: Application, tmp_path: Path
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.odt").write_text("x")
    program.begin([str(tmp_path / "notes")])
    window = program.window
    assert window is not None
    assert window.start_window is not None
    bar = window.start_window.messages
    qtbot.waitUntil(lambda: "notes holds no project" in bar.text.text())
