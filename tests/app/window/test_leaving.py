"""Nothing is lost by leaving: the question about what still runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.kit.settings import Settings
from app.services.jobs import Jobs
from app.window.leaving import LeavingQuestion, may_leave
from app.window.main_window import MainWindow
from skelseg_core.engine.worker_process import Worker
from skelseg_core.progress import Progress, Task
from tests.projects import make_project

POLL_MS = 20


class Held:
    """A task that goes on until it is let go."""

    def __init__(self) -> None:
        self.go_on, self.done = threading.Event(), 0

    def task(self) -> Task[str]:
        while not self.go_on.wait(0.01):
            yield Progress("poses of v1", self.done, 100)
        return "result"


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.go_on.set()


def start(jobs: Jobs, held: Held, done: Callable[[object], None] | None = None) -> None:
    job = jobs.start("Poses of v1", held.task(), done)
    job.on_leaving = "What is done is kept."


class Asked:
    """Answers the next questions by a key, and remembers what they said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._timer = QTimer(interval=POLL_MS)
        self._timer.timeout.connect(self._look)
        self._answer: Callable[[LeavingQuestion], object] = lambda _: None

    def by(self, answer: Callable[[LeavingQuestion], object]) -> None:
        """Answer the next question so."""
        self._answer = answer
        self._timer.start()

    def _look(self) -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, LeavingQuestion):
            self._timer.stop()
            self.said.append(box.text())
            self._answer(box)


class ByFrame(QCloseEvent):
    """What comes when the window is closed by its frame, or by Alt+F4."""

    def spontaneous(self) -> bool:
        return True


@pytest.fixture
def asked(qtbot: QtBot) -> Asked:
    return Asked()


@pytest.fixture(autouse=True)
def nobody_is_asked() -> None:
    """Here everybody is."""


def test_the_question_says_what_is_lost_and_goes_along(
    qtbot: QtBot, held: Held, asked: Asked
) -> None:
    jobs = Jobs(Worker(1))
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    window.show()
    try:
        assert may_leave(window, jobs), "nothing runs"
        reading = Held()
        jobs.start("reading", reading.task())
        assert may_leave(window, jobs), "nothing is lost with what is only read"
        reading.go_on.set()

        start(jobs, held)
        held.done = 45
        qtbot.waitUntil(lambda: jobs.running[-1].progress.done == 45)
        asked.by(lambda box: qtbot.keyClick(box, Qt.Key.Key_Return))
        assert not may_leave(window, jobs), "Return stays"
        for part in ("<b>Poses of v1: 45 %", "<br>What is done is kept."):
            assert part in asked.said[0]
        asked.by(lambda box: qtbot.keyClick(box, Qt.Key.Key_Escape))
        assert not may_leave(window, jobs), "and so does Escape"

        def finish(box: LeavingQuestion) -> None:
            held.go_on.set()
            qtbot.waitUntil(lambda: "Everything is done" in box.text())
            qtbot.mouseClick(box.leave, Qt.MouseButton.LeftButton)

        asked.by(finish)
        assert may_leave(window, jobs)
    finally:
        jobs.close()


def test_every_way_out_of_a_project_asks(
    qtbot: QtBot,
    qapp: QApplication,
    program: Application,
    held: Held,
    asked: Asked,
    tmp_path: Path,
) -> None:
    first, _ = make_project(tmp_path / "a")
    second, _ = make_project(tmp_path / "b")
    program.open(first.root)
    qapp.processEvents()  # it hears keys from then on
    window = program.window
    assert window is not None
    assert window.project_window is not None
    window.project_window.jobs.close()  # poses of videos that are not there
    jobs = Jobs(Worker(1), window.project_window)
    window.project_window.jobs = window.project_window.services.jobs = jobs
    start(jobs, held)

    def stay(box: LeavingQuestion) -> None:
        qtbot.mouseClick(box.stay, Qt.MouseButton.LeftButton)

    def by_frame() -> object:
        event = ByFrame()
        QApplication.sendEvent(window, event)
        assert not event.isAccepted()
        return event

    table = window.project_window.commands
    ways: list[Callable[[], object]] = [
        by_frame,
        QApplication.closeAllWindows,
        lambda: QApplication.sendEvent(qapp, QEvent(QEvent.Type.Quit)),
        table["quit"].trigger,
        table["close-project"].trigger,
        lambda: program.open_or_warn(second.root),
    ]
    for n, way in enumerate(ways):
        asked.by(stay)
        way()
        qtbot.waitUntil(lambda n=n: len(asked.said) == n + 1)  # type: ignore[misc]
        assert program.window is window
        assert window.isVisible()
    assert jobs.running, "nothing of it was stopped"
    program.open_or_warn(first.root)
    qapp.processEvents()
    assert len(asked.said) == len(ways), "it is open: nobody leaves"

    asked.by(lambda box: qtbot.mouseClick(box.leave, Qt.MouseButton.LeftButton))
    program.open_or_warn(second.root)
    assert len(asked.said) == len(ways) + 1, "asked once"
    now = program.window
    assert now is not None
    assert now is not window
    assert now.project_window is not None
    assert now.project_window.document.folder.root == second.root.resolve()
    assert not jobs.running


def test_what_the_start_page_has_made_is_opened_without_a_question(
    qtbot: QtBot, program: Application, held: Held, asked: Asked, tmp_path: Path
) -> None:
    folder, _ = make_project(tmp_path / "a")
    program.welcome()
    program.application.processEvents()
    window = program.window
    assert window is not None
    assert window.start_window is not None
    start(window.start_window.jobs, held, lambda _: program.open_or_warn(folder.root))
    asked.by(lambda box: qtbot.keyClick(box, Qt.Key.Key_Escape))
    window.start_window.commands["quit"].trigger()
    assert len(asked.said) == 1
    assert window.isVisible()
    held.go_on.set()

    def is_open() -> bool:
        return program.window is not None and program.window.project_window is not None

    qtbot.waitUntil(is_open, timeout=20_000)
    assert len(asked.said) == 1
