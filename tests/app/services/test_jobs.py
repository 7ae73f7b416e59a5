from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.labels import isolated
from app.services.jobs import Job, Jobs, left_of_all
from app.services.time_left import TimeLeft, time_left
from app.views.jobs.status_bar_jobs import jobs_text
from skelseg_core.engine.worker_process import Worker
from skelseg_core.errors import SkelsegError
from skelseg_core.features.video_features import COST_S
from skelseg_core.progress import Progress, Task, run
from tests.core.engine.test_supervisor import MODULE


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


def test_a_result_waits_while_an_edit_is_on_its_way(qtbot: QtBot) -> None:
    ready, seen, asked = [False], list[int](), list[int]()
    owner = QObject()
    jobs = Jobs(Worker(1), owner, ready=lambda: asked.append(1) or ready[0])
    job = jobs.start("count", count(5), seen.append)
    qtbot.waitUntil(lambda: len(asked) > 3 and job.state == "done", timeout=20_000)
    assert jobs.running
    assert seen == []
    ready[0] = True
    qtbot.waitUntil(lambda: not jobs.running, timeout=20_000)
    assert seen == [5]
    jobs.close()


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
        assert "not a skelseg project" in caught.args[0]
    assert jobs.worker.process is not None
    assert jobs.worker.process.poll() is None


def test_a_worker_that_dies_costs_only_the_job(qtbot: QtBot, jobs: Jobs) -> None:
    task = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    next(task)
    assert jobs.worker.process is not None
    jobs.worker.process.kill()
    with pytest.raises(SkelsegError, match="ended unexpectedly"):
        for _ in task:
            pass
    again = jobs.worker.task("predict", root="nowhere", video_id="v", model="m")
    with pytest.raises(SkelsegError, match="not a skelseg project"):
        for _ in again:
            pass


def told(reports: Iterable[tuple[float, Progress]]) -> list[tuple[float, float | None]]:
    """When what was said of the time left, of progress at times of a made clock."""
    now = 0.0
    left, said = TimeLeft(lambda: now), []
    for at, progress in reports:
        now = at
        said.append((now, left.update(progress)))
    return said


def steps_of(total_s: float, start: float, share: tuple[float, float]) -> Any:
    """A step that goes evenly from one share of the whole to another."""
    low, high = share
    for n in range(101):
        whole = low + (high - low) * n / 100
        yield start + total_s * n / 100, Progress("a step", n, 100, {}, whole)


def test_time_left_is_of_the_whole_and_said_once_it_is_known() -> None:
    # The network is fetched for 25 s; then clips are read, then it is trained: of two
    # minutes. Reading goes three times as fast as the shares of the two suppose.
    reports = [(0.0, Progress("starting")), (20.0, Progress("looking", whole=0.0))]
    reports += [*steps_of(20, 25.0, (0.0, 0.4)), *steps_of(90, 45.0, (0.4, 1.0))]
    said = [(at, left) for at, left in told(reports) if left is not None]
    assert said[0][0] < 32, "it is known soon"
    for at, left in said:
        assert left < 2 * (135 - at) + 3, "never the hour that the first unit took"
        assert at < 60 or left == pytest.approx(135 - at, rel=0.5, abs=2)
    assert told(reports)[-1][1] == 0


def test_time_left_of_a_prelabel_is_right_within_a_third_after_ten_seconds() -> None:
    # Of a film of 1,394 frames on one core: every frame was looked at for 31.4 s, then
    # pictures of both hands took 35.3 s.
    n = 1394
    costs = [COST_S["poses"] * n / 1000, 2 * COST_S["rgb"] * n / 1000, n / 1000]
    poses = costs[0] / sum(costs)
    reports = [*steps_of(31.4, 0.3, (0.0, poses))]
    reports += steps_of(35.3, 31.8, (poses, 1 - costs[2] / sum(costs)))
    after = [(at, left) for at, left in told(reports) if 10 <= at <= 63]
    assert len(after) > 100
    for at, left in after:
        assert left == pytest.approx(67.3 - at, rel=1 / 3), at


def test_another_step_of_a_job_that_does_not_count_over_all_begins_anew() -> None:
    reports = [(float(n), Progress("a", n, 100)) for n in range(10)]
    reports += [(10.0 + n, Progress("b", n, 5)) for n in range(2)]
    *before, of_b, later = [left for _, left in told(reports)]
    assert before[:3] == [None] * 3
    assert before[-1] == pytest.approx(91.0)
    assert of_b is None
    assert later is None


def test_time_left_of_several_alike_counts_their_frames(qtbot: QtBot) -> None:
    jobs = [Job(f"Poses of {n}", count(1), "poses", 1000 * n) for n in (1, 2, 3)]
    assert left_of_all(jobs) is None
    jobs[0].progress, jobs[0].seconds_left = Progress("poses", 500, 1000), 30.0
    assert left_of_all(jobs) == pytest.approx(30 + 2 * 60 + 3 * 60)
    assert jobs_text(jobs) == "Poses: 50 %, 0:30 left   (2 more, 5:30 left in all)"
    jobs[0].progress = Progress("poses of \u05e9\u05dc\u05d5\u05dd", 500, 1000)
    named = "Poses of \u2068\u05e9\u05dc\u05d5\u05dd\u2069: 50 %, 0:30 left"
    said = isolated(jobs_text(jobs[:1]))
    assert said == named, "figures beside a Hebrew name stay in order"
    trained = Job("Train m", count(1))
    trained.progress = Progress("pictures of v", 1, 2, {}, 0.126)
    trained.seconds_left = 65.0
    assert jobs_text([trained]) == "Train m (pictures of v): 12 %, 1:05 left"


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
    job.runner.join(timeout=60)
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

    monkeypatch.setattr("skelseg_core.engine.worker_process.subprocess.Popen", popen)
    worker = Worker(1, MODULE)
    task = worker.task("fail", sentence="nowhere")
    next(task)
    with pytest.raises(SkelsegError, match="nowhere"):
        run(worker.alone("fail", sentence="nowhere"))
    kept, ended = started
    assert ended.poll() is not None
    assert worker.process is kept
    task.close()
    worker.kill()


def test_time_left_is_read_at_a_glance() -> None:
    said = [time_left(s) for s in (None, 41, 7199, 7200, 9000, 2 * 86400, 1e6)]
    assert said == ["", "0:41", "119:59", "2 h", "2 h", "2 d", "12 d"]
