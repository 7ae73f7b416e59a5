"""Runs over many videos in the window: one job, which may go on without it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.services.jobs import Job
from app.services.services import Services
from app.views.jobs.jobs_list import HOW_FAR, WHAT, JobsView
from app.window.leaving import LeavingQuestion, may_leave
from skelseg_core.engine.worker_process import TaskFailed
from skelseg_core.errors import SkelsegError
from skelseg_core.features.video_features import settings_keys
from skelseg_core.features.video_work import work_on
from skelseg_core.files import atomic_write
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import load_info, to_json
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.runs.run_log import RunLog
from skelseg_core.project.runs.run_status import RunStatus, found_runs
from skelseg_core.project.track_edits import add_tier
from skelseg_core.tasks.predict import prediction_key
from skelseg_core.tasks.runs.run_plan import RunChoices, run_stages
from tests.app.made_services import close_services, make_services
from tests.models import OF_KEYPOINTS, described
from tests.poses_only import CLASSES, N_FRAMES, item, waving
from tests.settled import settle

IDS = ("a", "b", "c")


class Made:
    """What the processes of the runs do, in threads of this process."""

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder = folder
        self.processes: list[InThread] = []
        self.broken: set[str] = set()
        self.go_on = threading.Event()
        self.go_on.set()

    def start(self, root: Path, choices: Mapping[str, Any], log: str) -> InThread:
        process = InThread(root, RunChoices(**choices), log)
        self.processes.append(process)
        return process

    def stage(self, root: str, stage: str, video_id: str, **_: object) -> Task[Any]:
        while not self.go_on.wait(0.01):
            yield Progress(stage, 1, 2)
        if video_id in self.broken:
            raise TaskFailed(f"{video_id} is cut off; copy it again.")
        ids = self.folder.load().label_map.ids
        lane = Segmentation.from_frames(np.full(N_FRAMES, ids[1]), "model")
        said = np.full((N_FRAMES, len(ids)), 1 / len(ids), np.float32)
        path = self.folder.prediction_path(video_id, "net")
        info = load_info(self.folder.model_dir("net"))
        key = prediction_key(work_on(root, video_id, 1), info, False)
        save_prediction(path, Prediction(said, np.array(ids), lane, info.key, key=key))
        return {}


class InThread:
    """Stands for the process of a run."""

    def __init__(self, root: Path, choices: RunChoices, log: str) -> None:
        self.choices, self._stop = choices, threading.Event()
        n, log_file = len(choices.videos), RunLog(root, log)
        status = RunStatus(log_file, True, choices.model, choices.stages, n)
        self.task = run_stages(str(root), choices, status)
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self) -> None:
        with suppress(SkelsegError), closing(self.task) as steps:
            for _ in steps:
                if self._stop.is_set():
                    return

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def poll(self) -> int | None:
        return None if self.thread.is_alive() else 0

    def terminate(self) -> None:
        self._stop.set()


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Three recordings with poses and a model without weights."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before = project
    for name in IDS:
        project = add_video(project, item(name, np.full(N_FRAMES, -1)))
        save_poses(folder.poses_path(name), waving(), f"poses-{name}")
    folder.save(project, before)
    info = described("net", feature_keys=settings_keys(OF_KEYPOINTS))
    folder.model_dir("net").mkdir(parents=True)
    atomic_write(folder.model_dir("net") / "model.json", to_json(info))
    return folder


@pytest.fixture
def made(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    made = Made(folder)

    class Worker:
        process = None

        def __init__(self, *_: object) -> None:
            pass

        def task(self, _: str, /, **arguments: Any) -> Task[Any]:
            return made.stage(**arguments)

        def kill(self) -> None:
            pass

    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", Worker)
    monkeypatch.setattr("skelseg_core.tasks.runs.run_process.start_run", made.start)
    yield made
    made.go_on.set()
    for process in made.processes:
        process.thread.join()


@pytest.fixture
def bench(qtbot: QtBot, folder: ProjectFolder, made: Made) -> Iterator[Services]:
    services = make_services(folder)
    services.session.set_video("a")
    yield services
    close_services(services)


def run_of(services: Services) -> Job:
    """The one job that follows a run."""
    (job,) = [j for j in services.jobs.running if j.let_go is not None]
    return job


def lanes(services: Services) -> list[str]:
    """Videos that show a prediction."""
    current = services.current_video
    return [
        v for v in services.document.project.track_ids if "net" in current.models_of(v)
    ]


def is_idle(services: Services) -> bool:
    return not any(j.let_go is not None for j in services.jobs.running)


def test_all_are_prelabelled_in_one_run_and_appear_by_themselves(
    qtbot: QtBot, bench: Services, made: Made
) -> None:
    document, said = bench.document, list[str]()
    document.edit_lane("Mine", "b", lambda lane: paint(lane, 0, 9, 1))
    bench.notices.said.connect(said.append)
    bench.models.video_runs.prelabel_all()
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    assert ProjectFolder(made.folder.root).load().track("b").annotation.n_labelled == 9
    qtbot.waitUntil(lambda: lanes(bench) == list(IDS), timeout=30_000)
    qtbot.waitUntil(lambda: is_idle(bench) and len(said) > 0, timeout=20_000)
    choices = made.processes[0].choices
    assert (choices.stages, choices.videos, choices.spare_cores) == ((), (), 1)
    assert said == ["net has pre-labelled 3 videos. Your labels did not change."]
    # Neither a step of undo nor another place: the person works on.
    assert document.undo_stack.count() == 1
    assert (bench.session.track_id, bench.session.frame) == ("a", 0)
    qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)
    said.clear()
    bench.models.video_runs.prelabel_all()
    qtbot.waitUntil(lambda: len(said) > 0, timeout=20_000)
    assert said == ["Nothing to do: every video already has it."]


def test_selected_videos_are_one_run_and_one_alone_is_none(
    qtbot: QtBot, bench: Services, made: Made
) -> None:
    made.go_on.clear()
    bench.models.several_videos.prelabel(["a", "c"])
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    assert made.processes[0].choices.videos == ("a", "c")
    assert run_of(bench).title == "Pre-label 2 videos"
    # Those of the run are left to it, others are not.
    assert bench.models.pose_service.is_awaited("a")
    assert not bench.models.pose_service.is_awaited("b")
    said: list[str] = []
    bench.notices.said.connect(said.append)
    bench.models.several_videos.estimate(["a", "b"], False)
    assert said == ["A run over the videos is in progress. Wait for it or cancel it."]
    made.go_on.set()
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)
    assert not bench.models.pose_service.is_awaited("a")
    assert not list(made.folder.root.glob(".runs/*.status"))
    bench.models.several_videos.estimate(["a", "b"], False)
    qtbot.waitUntil(lambda: len(made.processes) == 2, timeout=20_000)
    assert made.processes[1].choices.stages == ("poses",)
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)


def test_what_is_done_with_a_video_of_the_list_is_done_with_all_its_tracks(
    qtbot: QtBot, bench: Services, made: Made
) -> None:
    document = bench.document
    assert document.apply("tier", lambda p: add_tier(p, "Left hand"))
    bench.models.several_videos.mark_done(["a"], True)
    assert {v.id: v.done for v in document.project.tracks} == {
        **dict.fromkeys(("a", "a@Left_hand"), True),
        **dict.fromkeys(("b", "b@Left_hand", "c", "c@Left_hand"), False),
    }
    qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)
    bench.models.several_videos.prelabel(["a"])
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    assert made.processes[0].choices.videos == ("a",)
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)


def test_poses_that_were_made_are_read_in_whatever_track_of_their_video(
    qtbot: QtBot, bench: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses, read = bench.models.pose_service, list[str]()
    assert bench.document.apply("tier", lambda p: add_tier(p, "Left hand"))
    bench.session.set_video("a@Left_hand")
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)
    monkeypatch.setattr(poses, "load", lambda: read.append(bench.session.track_id))
    poses.refresh("b")
    poses.refresh("a")
    assert read == ["a@Left_hand"]


def test_a_run_says_its_stages_and_what_failed_is_tried_again(
    qtbot: QtBot, bench: Services, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.jobs.jobs_list.MIN_LISTED_S", 0.0)
    view = JobsView(bench.jobs)
    qtbot.addWidget(view)
    view.show()
    made.broken = {"b"}
    bench.models.video_runs.prelabel_all()

    def texts(column: int) -> list[str]:
        model = view.model
        return [model.index(r, column).data().strip() for r in range(model.rowCount())]

    def row() -> int:
        return next(n for n, text in enumerate(texts(WHAT)) if "Pre-label" in text)

    with qtbot.waitSignal(bench.notices.warned, timeout=30_000) as warned:
        pass
    assert "1 video failed. See Jobs to try again." in warned.args[0]
    # Rows of what goes on beside it come and go.
    settle()
    assert "1 failed" in texts(HOW_FAR)
    view.table.setCurrentIndex(view.model.index(row(), WHAT))
    stage, failure = view.detail.text().splitlines()
    assert stage.startswith("Pre-labels: 2 of 3 done, 1 failed")
    assert failure == "b: b is cut off; copy it again."
    made.broken.clear()
    qtbot.mouseClick(view.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lanes(bench) == list(IDS), timeout=30_000)
    again = made.processes[1].choices
    assert (again.model, again.videos) == ("net", ("b",))
    title = "Pre-label 1 video"
    qtbot.waitUntil(lambda: title in " ".join(texts(WHAT)), timeout=20_000)
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)


def test_poses_that_come_by_a_run_are_not_estimated_beside_it(
    qtbot: QtBot, bench: Services, made: Made
) -> None:
    made.folder.poses_path("b").unlink()
    bench.models.pose_service.by_itself = True
    asked: list[str] = []
    bench.notices.warned.connect(asked.append)
    made.go_on.clear()
    bench.models.video_runs.prelabel_all()
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    with qtbot.waitSignal(bench.current_video.changed):
        bench.session.set_video("b")
    bench.models.pose_service.load()
    qtbot.waitUntil(lambda: not bench.models.pose_service.is_reading, timeout=20_000)
    assert asked == []
    run_of(bench).cancel()
    # Now nothing else sees to them.
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=20_000)
    assert "b has no video to estimate poses from" in asked[0]


def test_a_cancelled_run_ends_its_process(
    qtbot: QtBot, bench: Services, made: Made
) -> None:
    made.go_on.clear()
    bench.models.video_runs.prelabel_all()
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    job = run_of(bench)
    job.cancel()
    qtbot.waitUntil(lambda: not job.running, timeout=20_000)
    assert (job.state, made.processes[0].stopped) == ("cancelled", True)
    made.processes[0].thread.join()
    assert found_runs(made.folder.root) == [], "nobody finds it again"


def let_go_on(qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """Leave and let what runs go on; what was asked."""
    asked: list[str] = []

    def answer(box: LeavingQuestion) -> int:
        asked.append(box.text())
        box.go_on.click()
        return 0

    monkeypatch.setattr(LeavingQuestion, "exec", answer)
    assert may_leave(None, services.jobs)  # type: ignore[arg-type]
    return asked[0]


def test_a_run_goes_on_without_the_window_and_is_found_again(
    qtbot: QtBot, folder: ProjectFolder, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.go_on.clear()
    first = make_services(folder)
    first.session.set_model("net")
    first.models.video_runs.prelabel(["a", "c"])
    qtbot.waitUntil(lambda: len(made.processes) == 1, timeout=20_000)
    text = let_go_on(qtbot, first, monkeypatch)
    assert "Pre-label 2 videos" in text
    assert "It can continue without the window" in text
    close_services(first)
    assert not made.processes[0].stopped

    second = make_services(folder)

    def found() -> bool:
        second.models.video_runs.find()
        return not is_idle(second)

    qtbot.waitUntil(found, timeout=20_000)
    assert run_of(second).title == "Pre-label 2 videos"
    assert may_leave(None, second.jobs), "nobody is asked again"  # type: ignore[arg-type]
    made.go_on.set()
    qtbot.waitUntil(lambda: lanes(second) == ["a", "c"], timeout=30_000)
    qtbot.waitUntil(lambda: is_idle(second), timeout=20_000)
    close_services(second)


def test_what_ended_without_a_window_is_told_once(
    qtbot: QtBot, folder: ProjectFolder, made: Made
) -> None:
    made.broken = {"b"}
    made.start(folder.root, {"model": "net"}, "1.jsonl").thread.join()
    for times in (1, 0):
        services = make_services(folder)
        warned: list[str] = []
        services.notices.warned.connect(warned.append)

        def told(services: Services = services, n: int = times) -> bool:
            services.models.video_runs.find()
            known = found_runs(folder.root)
            return is_idle(services) and not known and len(warned) == n  # noqa: B023

        qtbot.waitUntil(told, timeout=20_000)
        close_services(services)
        assert len(warned) == times


def test_a_run_of_a_terminal_is_shown_and_cancelled(
    qtbot: QtBot, bench: Services, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.go_on.clear()
    process = made.start(made.folder.root, {"model": "net"}, "1.jsonl")
    signals: list[tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        signals.append((pid, number))
        process.terminate()

    # It is found before poses would be estimated beside it, as where a project opens.
    qtbot.waitUntil(lambda: bench.models.pose_service.is_awaited("a"), timeout=20_000)
    assert not is_idle(bench)
    monkeypatch.setattr("skelseg_core.tasks.runs.followed_run.os.kill", kill)
    job = run_of(bench)
    qtbot.waitUntil(lambda: job.progress.total > 0, timeout=20_000)
    job.cancel()
    qtbot.waitUntil(lambda: is_idle(bench), timeout=20_000)
    assert len(signals) == 1
