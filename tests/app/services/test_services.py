from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.services.models import pose_service
from app.services.models.pose_service import FINDING
from app.services.services import Services
from app.state.current_video import ShownPoses
from app.views.messages import MessageBar
from skelseg_core.errors import ProjectError
from skelseg_core.estimators import pose_blocks
from skelseg_core.estimators.person_collector import PersonCollector
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import remove_video
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services
from tests.app.predicted import predicting, shown
from tests.settled import settle


@pytest.fixture
def services(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[Services]:
    made = make_services(project_folder)
    yield made
    close_services(made)


def label(services: Services, stop: int) -> bool:
    return services.document.edit_lane("Paint", "one", lambda s: paint(s, 0, stop, 1))


def test_a_job_waits_for_the_save(
    qtbot: QtBot, services: Services, project_folder: ProjectFolder
) -> None:
    read: list[Project] = []
    folder = ProjectFolder(project_folder.root)
    services.after_save.run(lambda: read.append(folder.load()))
    assert len(read) == 1  # nothing to wait for
    label(services, 5)
    services.after_save.run(lambda: read.append(folder.load()))
    assert len(read) == 1
    label(services, 9)  # while the save is under way
    services.after_save.run(lambda: read.append(folder.load()))
    shown = services.document.project
    qtbot.waitUntil(lambda: len(read) == 3, timeout=10_000)
    assert read[1:] == [shown, shown]


def test_a_failed_save_drops_what_waited(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    told: list[str] = []
    services.document.save_failed.connect(told.append)

    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    label(services, 5)
    with monkeypatch.context() as patch:
        patch.setattr(services.document.folder, "save", full)
        with qtbot.waitSignal(services.document.save_failed, timeout=10_000):
            services.after_save.run(lambda: started.append(1))
    assert told == ["the disk is full"]
    with qtbot.waitSignal(services.document.saved, timeout=10_000):
        services.document.save()
    assert started == []
    services.after_save.run(lambda: started.append(2))
    assert started == [2]


def test_a_job_does_not_begin_while_the_project_closes(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    services = make_services(project_folder)
    started: list[int] = []
    label(services, 5)
    services.after_save.run(lambda: started.append(1))
    close_services(services)
    settle()
    assert started == []


def pre_label(lane: Segmentation) -> Prediction:
    shares = np.full((N_FRAMES, 4), 0.25, np.float32)
    return Prediction(shares, np.arange(4), lane)


def test_a_damaged_prediction_is_not_shown_and_that_is_said(
    qtbot: QtBot, services: Services
) -> None:
    path = services.document.folder.prediction_path("one", "m")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no prediction")
    services.session.set_video("one")
    current, lane = services.current_video, prediction_lane("m")
    qtbot.waitUntil(lambda: lane in current.unfit, timeout=20_000)
    assert current.unfit[lane].startswith(f"{path} is damaged")
    assert current.models == ("m",)
    assert (current.shown_model, current.shown_prediction) == ("", None)
    assert current.lane(lane) is None
    # Made anew it is shown.
    labels = np.zeros(N_FRAMES, int)
    said = Segmentation.from_frames(labels, "model")
    shown(qtbot, services, "one", "m", pre_label(said))
    assert current.unfit == {}
    assert current.lane(lane) == said


def test_poses_are_estimated_once_by_themselves(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    services = make_services(project_folder)
    services.models.pose_service.by_itself = True
    titles: list[str] = []
    services.jobs.started.connect(lambda job: titles.append(job.title))
    services.session.set_video("one")
    path = project_folder.poses_path("one")
    settle()
    # Nobody is in it: that is said, and what takes long begins when it is asked for.
    assert not path.exists()
    (notice,) = services.notices.all
    assert notice.text.startswith("Nobody was seen in 30 frames of one")
    again = make_services(project_folder)
    again.models.pose_service.by_itself = True
    again.session.set_video("one")
    settle()
    assert not again.notices.all, "it was asked before"
    close_services(again)
    (anyway,) = notice.helps
    assert isinstance(anyway, QAction)
    anyway.trigger()
    assert not services.notices.all
    settle()
    assert path.is_file()
    path.unlink()
    services.models.pose_service.load()
    settle()
    assert titles.count("Poses of one") == 2
    assert not path.exists()
    close_services(services)


def test_poses_of_a_video_that_was_added_end_with_it(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    document, jobs = services.document, services.jobs
    poses = services.models.pose_service
    monkeypatch.setattr(jobs.worker, "task", endless)
    poses.by_itself = True
    lost = document.project.video("two")
    document.apply("Remove", lambda p: remove_video(p, lost.id))
    document.undo()  # as if it was added
    poses.estimate_new(lost.id)
    title = "Poses of two"
    qtbot.waitUntil(lambda: title in [job.title for job in jobs.running])
    document.redo()
    qtbot.waitUntil(lambda: title not in [job.title for job in jobs.running])
    # What waits for a save is not begun, and a video that comes back is looked at.
    document.undo()
    poses.estimate_new(lost.id)
    document.redo()
    qtbot.waitUntil(lambda: not document.unsaved)
    assert title not in [job.title for job in jobs.running]
    document.undo()
    poses.estimate_new(lost.id)
    qtbot.waitUntil(lambda: title in [job.title for job in jobs.running])


def test_what_waits_or_runs_is_not_begun_again(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    jobs, modelling = services.jobs, services.models.model_service
    said: list[str] = []
    services.notices.said.connect(said.append)
    monkeypatch.setattr(jobs.worker, "task", endless)
    services.session.model = "m"
    services.session.set_video("one")

    def ask() -> None:
        modelling.train("n", "hands")
        modelling.prelabel()

    def begun() -> list[str]:
        titles = ("Train n", "Pre-label one")
        return [j.title for j in jobs.running if j.title in titles]

    # What a failed save drops can be asked for again.
    label(services, 5)
    with monkeypatch.context() as patch:
        patch.setattr(services.document.folder, "save", full)
        with qtbot.waitSignal(services.document.save_failed, timeout=10_000):
            ask()
    assert (begun(), said) == ([], [])
    ask()
    ask()
    qtbot.waitUntil(lambda: len(begun()) > 1, timeout=10_000)
    ask()
    assert begun() == ["Train n", "Pre-label one"]
    twice = ["n is already being trained.", "one is already being pre-labelled."]
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
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    monkeypatch.setattr(services.jobs.worker, "task", endless)
    services.session.set_video("two")
    for video_id in ("one", "two", "one"):
        services.models.pose_service.estimate(video_id)
    one, two = services.jobs.running
    # A translator may call two kinds of job alike.
    twin = services.jobs.start(one.title, endless())
    one.title = "Poses"
    services.models.pose_service.cancel_estimate("one")
    qtbot.waitUntil(lambda: one.state == "cancelled", timeout=10_000)
    assert two.running
    assert twin.running
    assert not two.cancelling
    assert not twin.cancelling
    two.cancel()
    twin.cancel()
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=10_000)


def test_a_video_taken_out_keeps_its_labels_on_disk(
    qtbot: QtBot, services: Services, project_folder: ProjectFolder
) -> None:
    label(services, 9)
    document = services.document
    qtbot.waitUntil(lambda: not document.unsaved, timeout=10_000)
    kept = project_folder.labels_path("one").read_bytes()
    services.session.set_video("one")
    video = document.folder.video_path(document.project.track("one").video)
    services.files.video_files.remove()
    assert [v.id for v in document.project.tracks] == ["two"]
    assert services.session.track_id == "two"
    services.files.video_files.add([video])
    qtbot.waitUntil(lambda: document.project.has("one-2"), timeout=20_000)
    qtbot.waitUntil(lambda: not document.unsaved, timeout=10_000)
    assert project_folder.labels_path("one").read_bytes() == kept
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=120_000)


def test_a_prediction_is_removed_with_its_file_and_undo_knows_nothing_of_it(
    qtbot: QtBot, services: Services
) -> None:
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    services.session.set_video("one")
    shown(qtbot, services, "one", "m", pre_label(lane))
    services.models.model_service.remove_prediction()
    current = services.current_video
    qtbot.waitUntil(lambda: current.models == (), timeout=20_000)
    assert not services.document.folder.prediction_path("one", "m").exists()
    assert current.shown_prediction is None
    assert services.document.undo_stack.count() == 0
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def test_undo_after_a_pre_label_says_which_label_it_takes_and_shows_where(
    qtbot: QtBot, services: Services
) -> None:
    document, session = services.document, services.session
    session.set_video("one")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    document.edit_lane("Label reach", "one", lambda s: paint(s, 20, 30, 1))
    session.set_video("two")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    shown(qtbot, services, "two", "m", pre_label(lane))
    said: list[str] = []
    services.notices.said.connect(said.append)
    document.undo()
    assert said == ["Undone: Label reach (one, frame 20)"]
    assert (session.track_id, services.player.target) == ("one", 20)
    assert services.current_video.found.models("two") == ("m",)
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def test_a_prediction_is_shown_in_the_classes_of_today(
    qtbot: QtBot, services: Services
) -> None:
    document, lane = services.document, prediction_lane("m")
    labels = np.repeat([0, 1, 2], N_FRAMES // 3)
    said = Prediction(
        np.eye(4, dtype=np.float32)[labels] * 0.6 + 0.1,
        np.arange(4),
        Segmentation.from_frames(labels, "model"),
    )
    save_prediction(document.folder.prediction_path("one", "m"), said)
    services.session.set_video("one")
    shown(qtbot, services, "one", "m", said)

    def read_after(act: Callable[[], object]) -> Prediction:
        predictions = services.current_video.predictions
        act()
        assert lane not in predictions, "it names the classes of before"
        qtbot.waitUntil(lambda: lane in predictions, timeout=10_000)
        return predictions[lane]

    now = read_after(lambda: document.apply("Merge", lambda p: delete_class(p, 0, 1)))
    assert now.class_ids.tolist() == [1, 2, 3]
    np.testing.assert_allclose(now.probabilities[0], [0.8, 0.1, 0.1], atol=1e-3)
    frames = now.segmentation.to_frames()
    assert frames.tolist() == [1] * (2 * N_FRAMES // 3) + [2] * (N_FRAMES // 3)
    now = read_after(document.undo)
    assert now.class_ids.tolist() == [0, 1, 2, 3]
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def test_what_is_said_of_a_pre_label_outlasts_the_reading_of_it(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Segmentation.from_frames(np.repeat([0, 1, 2], N_FRAMES // 3), "model")
    services.session.set_video("one")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    services.session.set_model("m")
    monkeypatch.setattr(
        services.jobs.worker, "task", predicting(services, lane, True, "walk")
    )
    services.notices.close_all()
    bar = MessageBar(services.notices)
    qtbot.addWidget(bar)
    services.models.model_service.prelabel()
    current = services.current_video
    qtbot.waitUntil(lambda: current.shown_prediction is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)
    assert bar.number == 1
    assert bar.text.text().startswith("one is pre-labelled: 3 segments.")
    assert "unlike the training videos" in bar.text.text()
    assert "The whole video is “walk”: check it." in bar.text.text()
    assert services.document.undo_stack.count() == 0


def test_no_events_are_run_while_the_last_video_is_taken_out(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.kit.threads.AT_ONCE_S", 60.0)  # the disk answers in time
    services.session.set_video("one")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    between: list[None] = []
    QTimer.singleShot(0, lambda: between.append(None))
    services.files.video_files.remove()
    services.files.video_files.remove()
    assert services.current_video.item is None
    assert services.player.picture is None
    assert not between, "views would be painted that know half of the edit"


def test_poses_are_shown_while_they_are_found(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the frames that are done, and nothing can be corrected in them yet."""

    def finding() -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    monkeypatch.setattr(pose_blocks, "BLOCK_S", 0.0)
    services.session.set_video("one")
    settle()
    found: list[ShownPoses] = []
    service = services.models.pose_service
    service.came.connect(found.append)
    folder = services.document.folder.pose_blocks_dir("one")
    size = (64, 48)
    people = PersonCollector(N_FRAMES, 17)
    people.begin(PoseBlocks(folder, "f", N_FRAMES, size), "anyone")
    body = np.dstack([np.full((1, 17, 2), 20.0), np.ones((1, 17, 1))])
    job = services.jobs.start("Poses of one", finding(), kind=FINDING)
    for n in range(3):
        people.add(n, body)
    service.look_for_more()
    qtbot.waitUntil(lambda: bool(found), timeout=20_000)
    scores = found[0].poses.scores
    assert scores.shape == (N_FRAMES, 1, 17)
    assert (scores[:3].all(), scores[3:].any()) == (True, False)
    assert services.current_video.poses is None
    service.look_for_more()  # nothing came since
    qtbot.waitUntil(lambda: services.jobs.running == [job], timeout=20_000)
    assert len(found) == 1
    people.add(3, body)
    service.look_for_more()
    qtbot.waitUntil(lambda: len(found) == 2, timeout=20_000)
    assert found[1].poses.scores[3].all()
    job.cancel()
    settle()


def test_the_next_video_has_its_poses_before_it_is_opened(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    battery = [True]
    monkeypatch.setattr(pose_service, "on_battery", lambda: battery[-1])
    paths = [project_folder.poses_path(video) for video in ("one", "two")]
    empty = PersonCollector(N_FRAMES, 17).sequence("coco17", (64, 48), "")
    save_poses(paths[0], empty)
    services = make_services(project_folder)
    titles: list[str] = []
    services.jobs.started.connect(lambda job: titles.append(job.title))
    service = services.models.pose_service
    service.by_itself = True
    services.session.set_video("one")
    settle()
    title = "Poses of two, the next video"
    assert title not in titles, "there is no power but the battery"
    battery.append(False)
    place = project_folder.root.parent / "two.mp4"
    place.rename(place.with_suffix(".away"))
    service.load()
    settle()
    assert title not in titles, "it is missing, and that is said when it is opened"
    place.with_suffix(".away").rename(place)
    service.load()
    settle()
    assert titles.count(title) == 1
    assert paths[1].is_file() or project_folder.nobody_path("two").is_file()
    service.load()
    settle()
    assert titles.count(title) == 1
    close_services(services)
