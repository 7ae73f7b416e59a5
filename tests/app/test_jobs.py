from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.jobs import Jobs, TimeLeft, Worker
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress, Task, run


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    owner = QObject()
    made = Jobs(Worker(1), owner)
    yield made
    made.close()


def count(n: int) -> Task[int]:
    for i in range(n):
        yield Progress("counting", i, n)
    return n


def test_a_job_gives_its_result_on_the_gui_thread(qtbot: QtBot, jobs: Jobs) -> None:
    seen = []
    jobs.start(
        "count", count(5), lambda r: seen.append((r, threading.current_thread()))
    )
    qtbot.waitUntil(lambda: bool(seen) and not jobs.running, timeout=20_000)
    assert seen == [(5, threading.main_thread())]


def test_a_failing_job_says_its_sentence(qtbot: QtBot, jobs: Jobs) -> None:
    def failing() -> Task[int]:
        yield Progress("trying")
        raise SkelsegError("That did not work.")

    with qtbot.waitSignal(jobs.failed) as caught:
        jobs.start("fail", failing())
    assert caught.args == ["That did not work."]


def test_cancel_closes_the_generator(qtbot: QtBot, jobs: Jobs) -> None:
    closed = threading.Event()

    def endless() -> Task[None]:
        try:
            while True:
                yield Progress("going on")
        finally:
            closed.set()

    job = jobs.start("endless", endless())
    with qtbot.waitSignal(job.cancelled):
        job.cancel()
    assert closed.is_set()


def test_the_worker_relays_errors_and_stays(qtbot: QtBot, jobs: Jobs) -> None:
    for _ in range(2):
        task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
        with qtbot.waitSignal(jobs.failed, timeout=60_000) as caught:
            jobs.start("predict", task)
        assert "no skelseg project" in caught.args[0]
    assert jobs.worker._process is not None
    assert jobs.worker._process.poll() is None


def test_a_worker_that_dies_costs_only_the_job(qtbot: QtBot, jobs: Jobs) -> None:
    task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    next(task)
    assert jobs.worker._process is not None
    jobs.worker._process.kill()
    with pytest.raises(SkelsegError, match="ended unexpectedly"):
        for _ in task:
            pass
    again = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    with pytest.raises(SkelsegError, match="no skelseg project"):
        for _ in again:
            pass


def test_time_left_follows_the_pace_of_the_step() -> None:
    now = 0.0
    left = TimeLeft(lambda: now)
    assert left.update(Progress("a", 0, 100)) is None
    now = 10.0
    assert left.update(Progress("a", 20, 100)) == pytest.approx(40.0)
    assert left.update(Progress("b", 0, 5)) is None


def test_what_is_asked_for_while_the_program_closes_does_not_begin(
    qtbot: QtBot,
) -> None:
    owner = QObject()
    jobs = Jobs(Worker(1), owner)
    begun: list[str] = []

    def task(name: str) -> Task[None]:
        begun.append(name)
        yield Progress(name)

    def asking() -> Task[None]:
        try:
            while True:
                yield Progress("going on")
        finally:
            # As a save does that ends while the jobs are waited for.
            begun.append("asking")

    first = jobs.start("asking", asking())
    first.cancelled.connect(lambda: jobs.start("late", task("late")))
    jobs.close()
    late = jobs.start("later", task("later"))
    QApplication.processEvents()
    assert begun == ["asking"]
    assert not late.running
    assert late.state == "cancelled"
    assert not jobs.running


def test_what_is_done_while_the_program_closes_changes_nothing(qtbot: QtBot) -> None:
    owner, taken = QObject(), []
    jobs = Jobs(Worker(1), owner)
    job = jobs.start("Count", count(3), taken.append)
    job.runner.join(timeout=10)
    # It is done, and the window has not heard of it yet.
    jobs.close()
    QApplication.processEvents()
    assert job.state == "done"
    assert taken == []


def test_a_task_alone_waits_for_no_other_and_ends_its_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **more: Any) -> subprocess.Popen[str]:
        started.append(real(*arguments, **more))
        return started[-1]

    monkeypatch.setattr("app.jobs.subprocess.Popen", popen)
    worker = Worker(1)
    with worker._busy, pytest.raises(SkelsegError, match="nowhere"):
        run(worker.alone("measure", root="nowhere", name="m"))
    (process,) = started
    assert process.poll() is not None
    assert worker._process is None
