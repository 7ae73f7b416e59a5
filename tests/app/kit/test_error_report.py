from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer, qCritical, qWarning
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.kit import error_report as faults_module
from app.kit.error_report import ErrorReporter, something_wrong
from app.services.models.pose_service import PoseService
from app.views.messages import MessageBar
from skelseg_core.engine.worker_process import Worker, ended_sentence
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import LogFile, log_file
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import warns
from tests.settled import settle


@pytest.fixture
def faults(
    program: Application, project_folder: ProjectFolder
) -> Iterator[ErrorReporter]:
    """The hooks of the program over an open window, and its log."""
    handler = LogFile(log_file())
    logging.getLogger().addHandler(handler)
    logging.getLogger("app").setLevel(logging.INFO)
    made = ErrorReporter(lambda: program.window)
    program.on_ready = made.tell_waiting
    made.install()
    yield made
    made.remove()
    logging.getLogger().removeHandler(handler)
    handler.close()


@pytest.fixture
def bar(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    faults: ErrorReporter,
    monkeypatch: pytest.MonkeyPatch,
) -> MessageBar:
    monkeypatch.setattr(PoseService, "by_itself", False)
    program.open(project_folder.root)
    assert program.window is not None
    assert program.window.project_window is not None
    return program.window.project_window.docks.messages


def fail(text: str = "a bug") -> None:
    raise ZeroDivisionError(text)


def test_an_exception_in_a_slot_is_told_and_can_be_copied(
    qtbot: QtBot, bar: MessageBar
) -> None:
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: warns(bar))
    assert bar.text.text() == something_wrong()
    assert bar.help.isVisibleTo(bar)
    bar.help.click()
    copied = QGuiApplication.clipboard().text()
    assert "ZeroDivisionError: a bug" in copied
    assert "in fail" in copied
    assert "skelseg: 0.1.0" in copied
    assert "Traceback" in log_file().read_text()


def test_a_flood_is_one_bar_with_a_count_and_stays_closed(
    qtbot: QtBot,
    bar: MessageBar,
    faults: ErrorReporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(50):
        QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: "50 times" in bar.text.text())
    bar.close_message()
    assert not warns(bar)
    assert log_file().read_text().count("Traceback") == 4  # 1, 2, 3 and 10
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: faults.times[something_wrong()] == 51)
    assert not warns(bar)
    # Another time is no flood.
    monkeypatch.setattr(faults_module, "FLOOD_S", 0.0)
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: warns(bar))
    assert "52 times" in bar.text.text()


def test_an_exception_in_a_thread_is_told(qtbot: QtBot, bar: MessageBar) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: warns(bar))
    assert bar.text.text() == something_wrong()


def test_a_sentence_that_escaped_is_told_as_it_is(
    qtbot: QtBot, bar: MessageBar
) -> None:
    def refuse() -> None:
        raise SkelsegError("The film is upside down; turn it.")

    QTimer.singleShot(0, refuse)
    qtbot.waitUntil(lambda: warns(bar))
    assert bar.text.text() == "The film is upside down; turn it."


def test_warnings_of_qt_are_in_the_log_and_make_no_bar(
    qtbot: QtBot, bar: MessageBar
) -> None:
    qWarning("a small thing")
    settle()
    assert not warns(bar)
    assert "a small thing" in log_file().read_text()
    qCritical("a large thing")
    qtbot.waitUntil(lambda: warns(bar))


def test_an_exception_in_the_bar_is_no_endless_loop(
    qtbot: QtBot, bar: MessageBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def broken(*_: object, **__: object) -> None:
        told.append(1)
        raise RuntimeError("the bar is broken")

    monkeypatch.setattr(bar.notices, "warn", broken)
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: bool(told))
    settle()
    assert len(told) == 1
    text = log_file().read_text()
    assert "ZeroDivisionError" in text
    assert "the bar is broken" in text


def test_what_came_before_the_window_is_told_in_it(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    faults: ErrorReporter,
) -> None:
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: bool(faults.waiting))
    program.welcome()
    assert program.window is not None
    assert program.window.says(something_wrong())


def test_a_job_that_fails_by_a_bug_is_told_once(
    qtbot: QtBot, program: Application, bar: MessageBar
) -> None:
    def broken() -> Task[None]:
        yield Progress("going")
        fail()

    assert program.window is not None
    assert program.window.project_window is not None
    job = program.window.project_window.jobs.start("Count", broken())
    settle()
    assert job.state == "failed"
    assert bar.text.text() == "Count: something went wrong (a bug)."
    assert bar.help.isVisibleTo(bar)
    bar.close_message()
    assert not warns(bar)
    assert "job Count failed" in log_file().read_text()


def test_without_hooks_nothing_is_taken_from_others(faults: ErrorReporter) -> None:
    faults.remove()
    before = sys.excepthook, threading.excepthook
    faults.install()
    assert sys.excepthook is not before[0]
    faults.remove()
    assert (sys.excepthook, threading.excepthook) == before
    faults.install()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_worker_that_crashes_says_how_and_its_output_is_in_the_log(
    qtbot: QtBot, program: Application, bar: MessageBar
) -> None:
    assert program.window is not None
    assert program.window.project_window is not None
    jobs = program.window.project_window.jobs
    with pytest.raises(SkelsegError, match="not a skelseg project"):
        for _ in jobs.worker.task("predict", root="no", video_id="v", model="m"):
            pass
    process = jobs.worker.process
    assert process is not None
    # It stands still, so that it crashes long before it can answer.
    process.send_signal(signal.SIGSTOP)
    root = str(program.window.project_window.document.folder.root)
    task = jobs.worker.task("estimate_poses", root=root, video_id="one")
    next(task)
    process.send_signal(signal.SIGSEGV)
    process.send_signal(signal.SIGCONT)
    jobs.start("Pre-label", task)
    qtbot.waitUntil(lambda: warns(bar), timeout=20_000)
    assert "crashed (SIGSEGV)" in bar.text.text()
    assert "because memory ran out" not in bar.text.text()
    assert bar.help.isVisibleTo(bar)
    # What it printed at last is there, and in what is copied.
    assert "Fatal Python error: Segmentation fault" in log_file().read_text()
    bar.help.click()
    assert "Segmentation fault" in QGuiApplication.clipboard().text()


def test_what_is_said_of_a_process_that_ended() -> None:
    if sys.platform != "win32":
        assert "perhaps because memory ran out" in ended_sentence(-signal.SIGKILL)
        assert "crashed (SIGABRT)" in ended_sentence(-signal.SIGABRT)
    assert "exit code 3;" in ended_sentence(3)
    assert "exit code 0xc0000005;" in ended_sentence(0xC0000005)
    assert "because memory ran out" not in ended_sentence(None) + ended_sentence(1)


def test_the_traceback_of_a_bug_in_the_worker_is_in_the_log(
    qtbot: QtBot, bar: MessageBar
) -> None:
    worker = Worker(1)
    task = worker.task("no such task")
    with pytest.raises(SkelsegError, match="Something went wrong in the background"):
        for _ in task:
            pass
    worker.close()
    assert "KeyError: 'no such task'" in log_file().read_text()
