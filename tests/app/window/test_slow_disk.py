"""The window's thread asks no disk: one that hangs makes nothing stand still."""

from __future__ import annotations

import builtins
import io
import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.state.document import open_document
from app.window.find_project import project_for
from app.window.leaving import OpeningQuestion
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder, create_project
from tests.app.windows import opened
from tests.settled import settle

CALLS = (
    *((os, name) for name in ("stat", "lstat", "open", "listdir", "scandir")),
    *((os, name) for name in ("mkdir", "rename", "replace", "unlink", "access")),
    (builtins, "open"),
    (io, "open"),
)


class Asked:
    """Notes where the window's thread asks for anything in some folders."""

    def __init__(self, *roots: Path) -> None:
        self.roots, self.found = [str(r) for r in roots], list[str]()
        self.on = True

    def watch(self, patch: pytest.MonkeyPatch, where: Any, name: str) -> None:
        call: Callable[..., Any] = getattr(where, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if self.on and threading.current_thread() is threading.main_thread():
                self._note(arguments[0] if arguments else "")
            return call(*arguments, **named)

        patch.setattr(where, name, watched)

    def _note(self, path: object) -> None:
        if not isinstance(path, str | os.PathLike):
            return
        if any(os.fspath(path).startswith(root) for root in self.roots):
            self.found.append("".join(traceback.format_stack(limit=14)[:-2]))


@pytest.fixture
def asked(project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked(project_folder.root, project_folder.root.parent)
    for where, name in CALLS:
        made.watch(monkeypatch, where, name)
    return made


def choose(qtbot: QtBot, window: ProjectWindow, video: str) -> None:
    window.services.session.set_video(video)
    qtbot.waitUntil(lambda: window.player.picture is not None, timeout=20_000)
    settle()


def test_nothing_is_asked_of_the_disk_in_the_thread_of_the_window(
    qtbot: QtBot, project_folder: ProjectFolder, asked: Asked
) -> None:
    with opened(qtbot, project_folder) as window:
        document = window.document
        window.services.models.pose_service.by_itself = True
        for video in ("two", "one", "two"):
            choose(qtbot, window, video)
        document.edit_lane("Paint", "two", lambda s: paint(s, 5, 15, 1))
        with qtbot.waitSignal(document.saved, timeout=10_000):
            document.save()
        document.undo()
        document.redo()
        root = str(project_folder.root)
        document.apply("Roots", lambda p: replace(p, media_roots=(root,)))
        settle()
        window.services.files.missing_labels.show_warning()
        document.save_now()
    assert not asked.found, "\n\n".join(asked.found)


def test_a_project_is_looked_at_and_opened_in_threads(
    qtbot: QtBot, project_folder: ProjectFolder, asked: Asked
) -> None:
    assert project_for(project_folder.root) is not None
    open_document(ProjectFolder(project_folder.root)).close()
    assert not asked.found, "\n\n".join(asked.found)


def test_the_models_are_known_from_the_opening_on(
    project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "app.state.document.read_quickly", lambda _, otherwise: otherwise
    )
    path = project_folder.model_dir("net") / "model.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    document = open_document(ProjectFolder(project_folder.root))
    assert document.model_names() == ("net",)
    document.close()


def test_models_that_cannot_be_listed_keep_no_project_closed(
    project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: ProjectFolder) -> tuple[str, ...]:
        raise FileNotFoundError

    monkeypatch.setattr(ProjectFolder, "model_names", gone)
    document = open_document(ProjectFolder(project_folder.root))
    assert document.model_names() == ()
    document.close()


def test_another_video_is_chosen_while_the_disk_hangs(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(qtbot, project_folder) as window:
        settle()
        answers, stat = threading.Event(), os.stat
        stalled = str(project_folder.root.parent)

        def hanging(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(
                stalled
            ):
                answers.wait(60)
            return stat(path, *arguments, **named)

        monkeypatch.setattr(os, "stat", hanging)
        window.services.session.set_video("two")
        # It came back although nothing was answered.
        assert window.services.session.track_id == "two"
        assert window.player.opening
        answers.set()
        qtbot.waitUntil(lambda: window.player.picture is not None, timeout=20_000)


def test_the_window_is_painted_while_the_video_after_a_removed_one_is_read(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, painted = "app.state.document.run_in_thread", list[str]()

    def paint_meanwhile(work: Callable[[], object], _: float) -> bool:
        work()
        painted.append(project_window.session.track_id)
        project_window.window.grab()
        return True

    monkeypatch.setattr(read, paint_meanwhile)
    assert project_window.session.track_id == "one"
    project_window.services.files.video_files.remove()
    assert painted == [""]
    assert project_window.session.track_id == "two"


def press_leave(reply: str) -> QTimer:
    """Answer the question that comes where a project takes long to open."""
    timer = QTimer(interval=20)

    def look() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, OpeningQuestion):
            timer.stop()
            timer.setProperty("said", f"{box.text()} {box.informativeText()}")
            if reply == "leave":
                QTest.mouseClick(box.leave, Qt.MouseButton.LeftButton)

    timer.timeout.connect(look)
    timer.start()
    return timer


@pytest.mark.parametrize("at", ["first look", "labels"])
def test_who_leaves_a_project_whose_disk_hangs_goes_on_in_the_one_before(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: str,
) -> None:
    create_project(tmp_path / "before", label_map_from_names(["walk"]))
    program.open(tmp_path / "before")
    answers = hang(monkeypatch, project_folder.root, at)
    monkeypatch.setattr("app.window.leaving.OPEN_S", 0.2)
    timer = press_leave("leave")
    program.open_or_warn(project_folder.root)
    assert timer.property("said").startswith(
        f"{project_folder.root} is not open yet. Its disk is slow or does not answer."
    )
    assert program.window is not None
    assert program.window.windowTitle().startswith("before ")
    assert program.window.says(
        f"{project_folder.root} was not opened: its disk is slow or does not answer. "
        "Check the disk or open another project."
    )
    answers.set()
    # What was being opened is let go of: somebody else opens it, and may label.
    document = open_document(ProjectFolder(project_folder.root))
    assert document.edit_lane("Paint", "two", lambda s: paint(s, 5, 15, 1))
    document.close()


def test_a_disk_that_answers_late_opens_the_project(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = hang(monkeypatch, project_folder.root, "labels")
    monkeypatch.setattr("app.window.leaving.OPEN_S", 0.2)
    timer = press_leave("wait")
    late = QTimer(interval=50)

    def answer() -> None:
        if timer.property("said"):
            late.stop()
            answers.set()

    late.timeout.connect(answer)
    late.start()
    program.open(project_folder.root)
    assert program.window is not None
    assert program.window.windowTitle().startswith("kitchen ")


def hang(monkeypatch: pytest.MonkeyPatch, root: Path, at: str) -> threading.Event:
    """Let a disk answer only once the event is set: to the first look, or after it."""
    answers, is_file = threading.Event(), Path.is_file

    def stalled(path: Path) -> bool:
        label_file = path.parent == root / "labels"
        if label_file if at == "labels" else path.is_relative_to(root):
            answers.wait(60)
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", stalled)
    return answers
