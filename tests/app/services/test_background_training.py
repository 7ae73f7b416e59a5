"""Training in the background when a video is done, without a worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.models import background_training
from app.services.services import Services
from skelseg_core.config import to_dict
from skelseg_core.errors import ModelError
from skelseg_core.files import atomic_write
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import to_json
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.project.track_edits import add_tier
from tests.app.made_services import close_services, make_services
from tests.app.predicted import found as wait_for
from tests.models import OF_KEYPOINTS, described
from tests.poses_only import CLASSES, N_FRAMES, item, waving
from tests.projects import put_prediction
from tests.settled import settle

IDS = ("a", "b", "c", "d")


class Worker:
    """Answers as the processes would, and keeps what it was asked for."""

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder = folder
        self.class_id = 0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.accuracy = {"auto-1": 70.0, "auto-2": 80.0, "auto-3": 75.0}
        self.against: dict[str, int] | None = None
        self.hold: set[str] = set()
        self.fails: set[str] = set()
        self.unlike: set[str] = set()

    def names(self, task: str) -> list[str]:
        """What a task was asked for, in order."""
        told = {"train": "name", "measure": "name", "predict": "video_id"}[task]
        return [str(kept[told]) for name, kept in self.asked if name == task]

    def alone(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        self.asked.append((task, arguments))
        yield Progress(task)
        while task in self.hold:
            yield Progress(task, 1, 9)
        if task in self.fails:
            raise ModelError("Nothing can be learnt from this.")
        return getattr(self, task)(**arguments)

    def train(self, root: str, name: str, preset: object, tier: str) -> dict[str, Any]:
        self.class_id = self.folder.load().in_tier(tier).classes.ids[0]
        write_info(self.folder, name, None, self.class_id)
        return {
            "model": name,
            "videos": ["a"],
            "without_body": [],
            "without_labels": [],
        }

    def measure(self, root: str, name: str, previous: str) -> dict[str, Any]:
        held = held_out(self.accuracy[name])
        if self.against is not None and previous:
            held["against"] = {"model": previous, "n_videos": 1, **self.against}
        write_info(self.folder, name, held, self.class_id)
        return {"model": name, "held_out": held}

    def predict(self, root: str, video_id: str, model: str) -> dict[str, Any]:
        ids = self.folder.load().label_map.ids
        lane = Segmentation.from_frames(np.full(N_FRAMES, ids[1]), "model")
        said = np.full((N_FRAMES, len(ids)), 1 / len(ids), np.float32)
        path = self.folder.prediction_path(video_id, model)
        save_prediction(path, Prediction(said, np.array(ids), lane))
        return {"video": video_id, "model": model, "unlike": video_id in self.unlike}


def held_out(accuracy: float, how: str = "videos") -> dict[str, Any]:
    figures = dict.fromkeys(("accuracy", "edit", "f1@10", "f1@25", "f1@50"), accuracy)
    counts = {"n_videos": 2, "n_frames": 160, "folds": 2, "how": how}
    return {**figures, **counts, "by_video": {"a": accuracy}}


def write_info(
    folder: ProjectFolder,
    name: str,
    held: dict[str, Any] | None = None,
    class_id: int = 0,
) -> None:
    """A model folder without weights."""
    classes = {class_id: folder.load().name_of(class_id)}
    path = folder.model_dir(name)
    path.mkdir(parents=True, exist_ok=True)
    info = described(name, classes, held_out=held or {})
    atomic_write(path / "model.json", to_json(info))


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Four recordings, unlabelled; of the last there are no poses."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before = project
    for name in IDS:
        project = add_video(project, item(name, np.full(N_FRAMES, -1)))
        if name != "d":
            save_poses(folder.poses_path(name), waving(), f"poses-{name}")
    folder.save(project, before)
    return folder


@pytest.fixture
def services(qtbot: QtBot, folder: ProjectFolder) -> Iterator[Services]:
    made = make_services(folder)
    yield made
    close_services(made)


@pytest.fixture
def worker(services: Services, monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker(services.document.folder)
    monkeypatch.setattr(services.jobs.worker, "alone", made.alone)
    return made


@pytest.fixture
def said(services: Services) -> list[str]:
    told: list[str] = []
    services.notices.changed.connect(lambda new: new and told.append(new.text))
    return told


def label(services: Services, video_id: str, class_place: int = 0) -> None:
    """Label all of a video, as a person does."""
    class_id = services.document.project.classes_of(video_id).ids[class_place]
    services.document.edit_lane(
        "Paint", video_id, lambda s: paint(s, 0, N_FRAMES, class_id)
    )


def found(services: Services, video_id: str) -> tuple[str, ...]:
    """Models whose pre-labels of a video the window knows."""
    return services.current_video.found.models(video_id)


def rest(qtbot: QtBot, services: Services) -> None:
    settle()
    assert not services.jobs.running
    assert not services.models.background_training.busy
    assert not services.document.unsaved


def test_it_is_asked_once_and_the_answer_starts_it(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    made, notices = services.models.background_training, services.notices
    label(services, "a")
    asked = [n for n in notices.all if n.helps == ("train-background",)]
    assert len(asked) == 1
    assert asked[0].text.startswith("a is done. Train a new model")
    label(services, "b")
    assert [n for n in notices.all if n.helps] == asked
    rest(qtbot, services)
    assert worker.asked == []
    made.toggle()
    assert made.on
    assert not [n for n in notices.all if n.helps]
    rest(qtbot, services)
    assert worker.names("train") == ["auto-1"]
    assert services.settings.trains_in_background is True


def test_without_pytorch_nobody_is_asked_and_nothing_is_switched_on(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_training, "has_torch", lambda: False)
    label(services, "a")
    assert not services.notices.all
    with qtbot.waitSignal(services.models.model_service.torch_needed):
        services.models.background_training.toggle()
    assert not services.models.background_training.on


def test_nobody_is_asked_where_a_model_did_the_work(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    project = services.document.project
    lane = Segmentation.from_frames(
        np.full(N_FRAMES, project.label_map.ids[0]), "model"
    )
    services.document.apply("Accept", lambda p: set_lane(p, "a", "annotation", lane))
    assert services.document.project.track("a").finished
    assert not services.notices.all
    assert services.settings.trains_in_background is None


def test_a_video_that_is_done_trains_measures_and_prelabels(
    qtbot: QtBot, services: Services, worker: Worker, said: list[str]
) -> None:
    worker.unlike = {"c"}
    services.models.background_training.toggle()
    label(services, "a")
    rest(qtbot, services)
    assert worker.asked[0][1]["preset"] == "keypoints"
    assert services.session.model == "auto-1"
    assert services.notices.all[0].helps == ("models",)
    assert said[0] == (
        "auto-1: 70.0 % of the frames right where each of its 2 videos was left "
        "out in turn, 160 frames. "
        "It is used from now on."
    )
    # "d" has no poses: they are not estimated for this.
    assert worker.names("predict") == ["b", "c"]
    assert said[1] == (
        "auto-1 has pre-labelled 2 untouched videos. Unlike its "
        "training videos, so check these pre-labels: c."
    )
    models = {v: found(services, v) for v in services.document.project.track_ids}
    assert models == {"a": (), "b": ("auto-1",), "c": ("auto-1",), "d": ()}
    # The next model is of the same recipe, and is measured by the corrections.
    worker.against = {"made": 31, "fixed": 23, "broken": 2}
    label(services, "b")
    rest(qtbot, services)
    train, measure = worker.asked[4][1], worker.asked[5][1]
    assert train["preset"] == to_dict(OF_KEYPOINTS)
    assert (train["name"], measure["previous"]) == ("auto-2", "auto-1")
    assert said[2] == (
        "auto-2: 80.0 % of the frames right where each of its 2 videos was left "
        "out in turn, 160 frames. "
        "On the videos that both were scored on: 80.0 %, auto-1 70.0 %. Of your last "
        "31 corrections it would have avoided 23, and caused 2 new ones. It is used "
        "from now on."
    )
    assert found(services, "c") == ("auto-1", "auto-2")


def test_a_model_that_is_worse_is_not_chosen(
    qtbot: QtBot, services: Services, worker: Worker, said: list[str]
) -> None:
    services.models.background_training.toggle()
    for video_id in ("a", "b", "c"):
        label(services, video_id)
        rest(qtbot, services)
    assert services.session.model == "auto-2"
    assert said[-1].endswith("It is not used; auto-2 stays.")
    assert "auto-3" not in services.current_video.found.names()
    # Nor is it when the project is opened again, though it is the newest.
    assert services.settings.chosen_model(services.document.project.uuid) == "auto-2"


@pytest.mark.parametrize("disk", ["quick", "slow"])
def test_of_videos_done_meanwhile_only_the_last_waits(
    qtbot: QtBot,
    services: Services,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    disk: str,
) -> None:
    if disk == "slow":
        reads = "app.state.document.read_quickly"
        monkeypatch.setattr(reads, lambda _, otherwise: otherwise)
    services.models.background_training.toggle()
    worker.hold = {"train"}
    label(services, "a")
    qtbot.waitUntil(lambda: len(worker.asked) == 1, timeout=20_000)
    label(services, "b")
    label(services, "c")
    worker.hold.clear()
    rest(qtbot, services)
    assert worker.names("train") == ["auto-1", "auto-2"]
    # The model of the round that waited pre-labels; here nothing is untouched.
    assert worker.names("predict") == []


def test_where_the_round_that_waited_is_worse_the_one_before_prelabels(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    services.models.background_training.toggle()
    worker.accuracy["auto-2"] = 60.0
    worker.hold = {"train"}
    label(services, "a")
    qtbot.waitUntil(lambda: len(worker.asked) == 1, timeout=20_000)
    label(services, "b")
    worker.hold.clear()
    rest(qtbot, services)
    assert services.session.model == "auto-1"
    assert [a["model"] for t, a in worker.asked if t == "predict"] == ["auto-1"]
    assert found(services, "c") == ("auto-1",)


def test_what_undo_makes_done_again_is_not_learnt_twice(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    services.models.background_training.toggle()
    label(services, "a")
    rest(qtbot, services)
    services.document.undo()
    services.document.redo()
    rest(qtbot, services)
    assert worker.names("train") == ["auto-1"]


def test_pre_labels_are_no_step_of_the_history(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    document = services.document
    services.models.background_training.toggle()
    label(services, "a")
    rest(qtbot, services)
    assert document.undo_stack.count() == 1
    document.undo()
    assert document.project.track("a").annotation.n_labelled == 0
    assert found(services, "b") == ("auto-1",)
    document.redo()
    assert document.project.track("a").finished
    assert found(services, "b") == ("auto-1",)
    rest(qtbot, services)


def test_a_failed_training_says_so_once(
    qtbot: QtBot, services: Services, worker: Worker, said: list[str]
) -> None:
    services.models.background_training.toggle()
    worker.fails = {"train"}
    label(services, "a")
    rest(qtbot, services)
    told = "auto-1 was not trained in the background: Nothing can be learnt from this."
    assert said == [told]
    assert worker.names("train") == ["auto-1"]
    worker.fails.clear()
    label(services, "b")
    rest(qtbot, services)
    assert worker.names("train") == ["auto-1", "auto-1"]
    assert services.session.model == "auto-1"


@pytest.mark.parametrize("step", ["train", "measure", "predict"])
def test_switching_off_cancels_every_step(
    qtbot: QtBot, services: Services, worker: Worker, step: str
) -> None:
    made = services.models.background_training
    made.toggle()
    worker.hold = {step}
    label(services, "a")
    qtbot.waitUntil(lambda: [t for t, _ in worker.asked][-1:] == [step], timeout=9_000)
    title = {"train": "Train auto-1", "measure": "Measure auto-1"}

    def held_up() -> bool:  # once the step before has been told that it ended
        told = [j.title for j in services.jobs.running if j.on_leaving]
        return told == [title.get(step, "Pre-label b")]

    qtbot.waitUntil(held_up, timeout=20_000)
    label(services, "b")
    made.toggle()
    rest(qtbot, services)
    assert len(worker.names("train")) == 1
    assert services.current_video.found.names() == set()


def test_a_person_in_review_keeps_the_model(
    qtbot: QtBot, services: Services, worker: Worker, said: list[str]
) -> None:
    services.models.background_training.toggle()
    label(services, "a")
    rest(qtbot, services)
    services.session.set_video("b")
    ids = services.document.project.label_map.ids
    services.document.edit_lane("Paint", "b", lambda s: paint(s, 0, 9, ids[1]))
    label(services, "c", 1)
    rest(qtbot, services)
    assert services.session.model == "auto-1"
    assert said[-1].endswith("It is used from the next video on.")
    assert found(services, "b") == ("auto-1",)
    services.session.set_video("c")
    assert services.session.model == "auto-2"


def test_names_of_models_that_are_gone_are_not_taken_again(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    put_prediction(services.document.folder, "d", "auto-1", lane)
    wait_for(qtbot, services.current_video, "d", "auto-1")
    services.models.background_training.toggle()
    label(services, "a")
    rest(qtbot, services)
    assert worker.names("train") == ["auto-2"]


def test_each_tier_has_a_model_of_its_own(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    document, session, folder = services.document, services.session, worker.folder
    models = services.models.model_service
    assert document.apply("Add tier", lambda p: add_tier(p, "Left hand"))
    write_info(folder, "all", held_out(80.0))
    session.set_video("a")
    models.models_changed.emit()
    settle()
    assert session.model == "all"
    # There is none for the other tier: the line of the model says so.
    session.set_video("a@Left_hand")
    assert session.model == ""
    own = document.project.classes_of("a@Left_hand").ids[0]
    write_info(folder, "left", held_out(80.0), own)
    models.models_changed.emit()
    settle()
    assert session.model == "left"
    session.set_video("b")
    assert session.model == "all"
    # What is done in a track trains its tier, wherever one is meanwhile.
    services.settings.trains_in_background = True
    worker.accuracy = {"auto-1": 90.0}
    label(services, "a@Left_hand")
    rest(qtbot, services)
    assert [a["tier"] for task, a in worker.asked if task == "train"] == ["Left_hand"]
    assert session.model == "all"
    session.set_video("b@Left_hand")
    assert session.model == "auto-1"


def test_a_model_that_waits_is_chosen_in_its_tier(
    qtbot: QtBot, services: Services, worker: Worker
) -> None:
    document, session = services.document, services.session
    assert document.apply("Add tier", lambda p: add_tier(p, "Left hand"))
    services.models.background_training.toggle()
    session.set_video("b")
    label(services, "a")
    rest(qtbot, services)
    ids = document.project.classes.ids
    document.edit_lane("Paint", "b", lambda s: paint(s, 0, 9, ids[1]))
    label(services, "c", 1)
    rest(qtbot, services)
    assert session.model == "auto-1"
    session.set_video("a@Left_hand")
    assert session.model == ""
    session.set_video("b")
    assert session.model == "auto-2"
