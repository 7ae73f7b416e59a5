from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.player import Player
from app.services.jobs import Jobs, Worker
from app.services.model_service import ModelService
from app.services.operations import Operations
from app.state.document import open_document
from app.state.session import Session
from app.views.messages import MessageBar
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import (
    paint,
)
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.value import Project, prediction_lane, set_lane
from tests.app.conftest import N_FRAMES


def opened(folder: ProjectFolder) -> Operations:
    session = Session()
    made = Operations(open_document(folder), session, Player(session), Jobs(Worker()))
    # Nobody is to be found in bar codes.
    made._asked_for_poses.update(("one", "two"))
    return made


def close(operations: Operations) -> None:
    operations.player.close()
    operations.jobs.close()
    operations.document.close()


@pytest.fixture
def operations(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[Operations]:
    made = opened(project_folder)
    yield made
    close(made)


def label(operations: Operations, stop: int) -> bool:
    return operations.document.edit_lane("Paint", "one", lambda s: paint(s, 0, stop, 1))


def test_a_job_waits_for_the_save(
    qtbot: QtBot, operations: Operations, project_folder: ProjectFolder
) -> None:
    read: list[Project] = []
    folder = ProjectFolder(project_folder.root)
    operations.when_saved(lambda: read.append(folder.load()))
    assert len(read) == 1  # nothing to wait for
    label(operations, 5)
    operations.when_saved(lambda: read.append(folder.load()))
    assert len(read) == 1
    label(operations, 9)  # while the save is under way
    operations.when_saved(lambda: read.append(folder.load()))
    shown = operations.document.project
    qtbot.waitUntil(lambda: len(read) == 3, timeout=10_000)
    assert read[1:] == [shown, shown]


def test_a_failed_save_drops_what_waited(
    qtbot: QtBot, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    told: list[str] = []
    operations.document.save_failed.connect(told.append)

    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    label(operations, 5)
    with monkeypatch.context() as patch:
        patch.setattr(operations.document.folder, "save", full)
        with qtbot.waitSignal(operations.document.save_failed, timeout=10_000):
            operations.when_saved(lambda: started.append(1))
    assert told == ["the disk is full"]
    with qtbot.waitSignal(operations.document.saved, timeout=10_000):
        operations.document.save()
    assert started == []
    operations.when_saved(lambda: started.append(2))
    assert started == [2]


def test_a_job_does_not_begin_while_the_project_closes(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    operations = opened(project_folder)
    started: list[int] = []
    label(operations, 5)
    operations.when_saved(lambda: started.append(1))
    operations.close()
    close(operations)
    qtbot.wait(50)
    assert started == []


def test_a_damaged_prediction_is_told_at_the_opening(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project = project_folder.load()
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    project_folder.save(set_lane(project, "one", prediction_lane("m"), lane))
    path = project_folder.prediction_path("one", "m")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no prediction")
    operations = opened(ProjectFolder(project_folder.root))
    told: list[str] = []
    operations.problem.connect(told.append)
    operations.tell_opening()
    assert told == [f"{path} is damaged and was left out; pre-label one with m again."]
    assert operations.document.project == project
    close(operations)


def test_poses_are_estimated_once_by_themselves(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    operations = opened(project_folder)
    operations._asked_for_poses.clear()
    operations.session.set_video("one")
    path = project_folder.poses_path("one")
    qtbot.waitUntil(path.is_file, timeout=120_000)
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=30_000)
    path.unlink()
    operations.load_poses()
    assert not [j for j in operations.jobs.running if j.title == "Poses of one"]
    close(operations)


def test_what_waits_or_runs_is_not_begun_again(
    qtbot: QtBot, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    jobs, modelling = operations.jobs, ModelService(operations)
    said: list[str] = []
    operations.said.connect(said.append)
    monkeypatch.setattr(jobs.worker, "task", endless)
    operations.model = "m"
    operations.session.set_video("one")

    def ask() -> None:
        modelling.train("n", "fusion")
        modelling.prelabel()

    def begun() -> list[str]:
        titles = ("Train n", "Pre-label one")
        return [j.title for j in jobs.running if j.title in titles]

    # What a failed save drops can be asked for again.
    label(operations, 5)
    with monkeypatch.context() as patch:
        patch.setattr(operations.document.folder, "save", full)
        with qtbot.waitSignal(operations.document.save_failed, timeout=10_000):
            ask()
    assert (begun(), said) == ([], [])
    ask()
    ask()
    qtbot.waitUntil(lambda: len(begun()) > 1, timeout=10_000)
    ask()
    assert begun() == ["Train n", "Pre-label one"]
    twice = ["n is being trained already.", "one is being pre-labelled already."]
    assert said == twice * 2
    # So can what was cancelled, and what has ended.
    for again in (True, False):
        for job in list(jobs.running):
            job.cancel()
        if again:
            ask()
            assert len(begun()) == 4
        else:
            qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)
            ask()
            assert len(begun()) == 2
    assert said == twice * 2
    for job in list(jobs.running):
        job.cancel()
    qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)


def test_an_estimate_is_cancelled_whatever_other_jobs_are_called(
    qtbot: QtBot, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    monkeypatch.setattr(operations.jobs.worker, "task", endless)
    operations.session.set_video("two")
    for video_id in ("one", "two", "one"):
        operations.estimate_poses(video_id)
    one, two = operations.jobs.running
    # A translator may call two kinds of job alike.
    twin = operations.jobs.start(one.title, endless())
    one.title = "Poses"
    operations.cancel_estimate("one")
    qtbot.waitUntil(lambda: one.state == "cancelled", timeout=10_000)
    assert two.running
    assert twin.running
    assert not two.cancelling
    assert not twin.cancelling
    two.cancel()
    twin.cancel()
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=10_000)


def test_a_video_taken_out_keeps_its_labels_on_disk(
    qtbot: QtBot, operations: Operations, project_folder: ProjectFolder
) -> None:
    label(operations, 9)
    document = operations.document
    qtbot.waitUntil(lambda: not document.unsaved, timeout=10_000)
    kept = project_folder.labels_path("one").read_bytes()
    operations.session.set_video("one")
    video = document.folder.video_path(document.project.video("one"))
    operations.remove_video()
    assert [v.id for v in document.project.videos] == ["two"]
    assert operations.session.video_id == "two"
    operations._asked_for_poses.add("one-2")
    operations.add_videos([video])
    qtbot.waitUntil(lambda: document.project.has("one-2"), timeout=20_000)
    qtbot.waitUntil(lambda: not document.unsaved, timeout=10_000)
    assert project_folder.labels_path("one").read_bytes() == kept
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=120_000)


def test_a_prediction_can_be_taken_off_and_brought_back(
    qtbot: QtBot, operations: Operations
) -> None:
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    operations.session.set_video("one")
    operations.document.apply(
        "x", lambda p: set_lane(p, "one", prediction_lane("m"), lane)
    )
    ModelService(operations).remove_prediction()
    assert operations.document.project.video("one").models == ()
    operations.document.undo_stack.undo()
    assert operations.document.project.video("one").models == ("m",)
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=20_000)


def test_a_prediction_is_shown_in_the_classes_of_today(
    qtbot: QtBot, operations: Operations
) -> None:
    document, lane = operations.document, prediction_lane("m")
    labels = np.repeat([0, 1, 2], N_FRAMES // 3)
    said = Prediction(
        np.eye(4, dtype=np.float32)[labels] * 0.6 + 0.1,
        np.arange(4),
        Segmentation.from_frames(labels, "model"),
    )
    save_prediction(document.folder.prediction_path("one", "m"), said)
    operations.session.set_video("one")
    document.apply("x", lambda p: set_lane(p, "one", lane, said.segmentation))
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=20_000)
    with qtbot.waitSignal(operations.prediction_ready, timeout=10_000) as ready:
        document.apply("Merge", lambda p: delete_class(p, 0, 1))
    shown: Prediction = ready.args[2]
    assert shown.class_ids.tolist() == [1, 2, 3]
    np.testing.assert_allclose(shown.probabilities[0], [0.8, 0.1, 0.1], atol=1e-3)
    # A job that began before the merge ends with the classes of before.
    ModelService(operations)._take_over("one", "m", free=False)
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=20_000)
    frames = document.project.video("one").lanes[lane].to_frames()
    assert frames.tolist() == [1] * (2 * N_FRAMES // 3) + [2] * (N_FRAMES // 3)
    with qtbot.waitSignal(operations.prediction_ready, timeout=10_000) as ready:
        document.undo_stack.undo()
    assert ready.args[2].class_ids.tolist() == [0, 1, 2, 3]
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=20_000)
    # What is said of it outlasts the reading of it for the views.
    bar = MessageBar()
    qtbot.addWidget(bar)
    operations.jobs.about = bar.about
    operations.said.connect(bar.say)
    ModelService(operations).remove_prediction()
    ModelService(operations)._take_over("one", "m", free=False)
    qtbot.waitUntil(lambda: not operations.jobs.running, timeout=20_000)
    assert bar.number == 1
    assert bar.text.text().startswith("one is pre-labelled: 3 segments.")
    operations.said.disconnect(bar.say)
