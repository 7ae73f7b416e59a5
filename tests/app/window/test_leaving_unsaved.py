"""Closing never hangs: it says what is kept where, and leaving loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.document import open_document
from app.window import leaving
from app.window.leaving import UnsavedQuestion, save_first
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened

TIMERS: list[QTimer] = []
SAVE_FIRST = save_first  # the fixture of all tests takes it away


@pytest.fixture(autouse=True)
def asked(nobody_is_asked: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(leaving, "save_first", SAVE_FIRST)
    monkeypatch.setattr(leaving, "SAVE_S", 0.2)
    yield
    for timer in TIMERS:
        timer.stop()  # of a question that was not asked
    TIMERS.clear()


@pytest.fixture
def answers() -> Iterator[threading.Event]:
    """A disk answers again once this is set."""
    made = threading.Event()
    yield made
    made.set()


def hang(
    monkeypatch: pytest.MonkeyPatch, window: ProjectWindow, answers: threading.Event
) -> None:
    save: Callable[..., list[str]] = window.document.folder.save

    def stalled(*arguments: object) -> list[str]:
        answers.wait(60)
        return save(*arguments)

    monkeypatch.setattr(window.document.folder, "save", stalled)


def label(window: ProjectWindow) -> None:
    window.document.edit_lane("Paint", "one", lambda s: paint(s, 5, 15, 1))


def answer(kind: type, reply: Callable[[object], object]) -> list[str]:
    """Answer the next dialog of a kind; return the list that gets what it said."""
    said: list[str] = []
    timer = QTimer(interval=20)
    TIMERS.append(timer)

    def look() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, kind):
            timer.stop()
            if isinstance(box, UnsavedQuestion):
                said.extend((box.text(), box.informativeText()))
            reply(box)

    timer.timeout.connect(look)
    timer.start()
    return said


def press(button: str) -> Callable[[object], object]:
    return lambda box: QTest.mouseClick(getattr(box, button), Qt.MouseButton.LeftButton)


def test_leaving_while_the_disk_hangs_loses_nothing(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    answers: threading.Event,
) -> None:
    with opened(qtbot, project_folder) as window:
        hang(monkeypatch, window, answers)
        label(window)
        said = answer(UnsavedQuestion, press("leave"))
        journals = window.document.journal.path.parent
        assert window.window.close()
    assert "Its disk does not answer" in said[0]
    assert str(journals) in said[1]
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered == 1
    again.close()


def test_it_stays_where_the_person_stays(
    qtbot: QtBot,
    project_window: ProjectWindow,
    monkeypatch: pytest.MonkeyPatch,
    answers: threading.Event,
) -> None:
    hang(monkeypatch, project_window, answers)
    label(project_window)
    answer(UnsavedQuestion, lambda box: QTest.keyClick(box, Qt.Key.Key_Escape))
    assert not project_window.window.close()
    assert project_window.window.isVisible()
    answers.set()
    qtbot.waitUntil(lambda: not project_window.document.unsaved, timeout=20_000)


def test_it_closes_by_itself_when_the_disk_answers(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    answers: threading.Event,
) -> None:
    with opened(qtbot, project_folder) as window:
        hang(monkeypatch, window, answers)
        label(window)
        said = answer(UnsavedQuestion, lambda _: answers.set())
        assert window.window.close()
        assert said
    now = ProjectFolder(project_folder.root).load()
    assert now.track("one").annotation.n_labelled == 10


def test_a_project_that_is_saved_closes_without_a_word(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        label(window)
        said = answer(UnsavedQuestion, press("stay"))
        assert window.window.close()
        assert not said
    now = ProjectFolder(project_folder.root).load()
    assert now.track("one").annotation.n_labelled == 10
