from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.document import open_document
from app.jobs import Job, Jobs, Worker
from app.modelling import Modelling
from app.operations import Operations
from app.player import Player
from app.session import Session
from app.views.model import Curves, ModelView
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project_folder import ProjectFolder


def test_curves_show_every_figure_once_by_step(qtbot: QtBot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.show()
    curves.start()
    for n in range(1, 4):
        values = {"loss": 1 / n, "accuracy": 20.0 * n}
        curves.add(Progress("training heatmap branch", n, 9, values))
        curves.add(Progress("training heatmap branch", n, 9, values))
    curves.add(Progress("training fusion", 0, 9))
    curves.add(Progress("training fusion", 1, 9, {"loss": 0.5, "accuracy": 70.0}))
    qtbot.waitUntil(lambda: len(curves._lines) == 4, timeout=30_000)
    assert curves.points["loss", "training heatmap branch"] == (
        [1, 2, 3],
        [1.0, 0.5, 1 / 3],
    )
    xs, ys = curves._lines["accuracy", "training fusion"].getData()
    assert (list(xs), list(ys)) == ([1], [70.0])
    curves.start()
    assert curves.points == {}


class Trainings(Worker):
    """Stands in for the worker process; ends a training when it is told to."""

    def __init__(self, fails: bool = False, at_once: bool = False) -> None:
        super().__init__()
        self.fails = fails
        self.end = threading.Event()
        if at_once:
            self.end.set()

    def task(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        step = Progress("training fusion", 1, 9, {"loss": 0.5})
        while not self.end.wait(0.01):
            yield step
        if self.fails:
            raise SkelsegError("There is no preset like that.")
        return {"model": arguments["name"], "videos": ["one"]}


@pytest.fixture
def view(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ModelView]:
    session = Session()
    jobs = Jobs(Worker())
    operations = Operations(
        open_document(project_folder), session, Player(session), jobs
    )
    made = ModelView(Modelling(operations))
    qtbot.addWidget(made)
    made.show()
    yield made
    operations.player.close()
    jobs.close()
    operations.document.close()


def begin(view: ModelView, worker: Worker) -> Jobs:
    jobs = view._modelling.jobs
    jobs.worker = worker
    view._modelling.train("m", "fusion")
    return jobs


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_the_next_training_can_be_asked_for_after_one_ended(
    qtbot: QtBot, view: ModelView, fails: bool, at_once: bool
) -> None:
    worker = Trainings(fails, at_once)
    jobs = begin(view, worker)
    assert not view.train.isEnabled()
    if not at_once:
        qtbot.waitUntil(lambda: bool(view.curves.points), timeout=10_000)
        assert view.curves.points["loss", "training fusion"] == ([1], [0.5])
        assert not view.train.isEnabled()
    worker.end.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)
    assert view.train.isEnabled()


def test_the_next_training_can_be_asked_for_after_a_cancel(
    qtbot: QtBot, view: ModelView
) -> None:
    jobs = begin(view, Trainings())
    jobs.running[0].cancel()
    qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)
    assert view.train.isEnabled()


def test_a_job_that_is_no_training_leaves_the_button_alone(
    qtbot: QtBot, view: ModelView
) -> None:
    worker = Trainings()
    jobs = begin(view, worker)
    other = jobs.start("other", Trainings(at_once=True).task("predict", name="m"))
    qtbot.waitUntil(lambda: not other.running, timeout=10_000)
    qtbot.waitUntil(lambda: len(jobs.running) == 1, timeout=10_000)
    assert not view.train.isEnabled()
    second: list[Job] = []
    jobs.started.connect(second.append)
    view._modelling.train("n", "fusion")
    second[0].cancel()
    qtbot.waitUntil(lambda: len(jobs.running) == 1, timeout=10_000)
    assert not view.train.isEnabled(), "the first training still runs"
    worker.end.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)
    assert view.train.isEnabled()
