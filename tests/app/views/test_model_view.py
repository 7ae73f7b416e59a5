from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.services.jobs import Jobs
from app.services.models import model_service
from app.services.models.model_library import ModelLibrary
from app.services.models.model_service import ModelService
from app.services.services import Services
from app.views.jobs.model_line import ModelLine
from app.views.jobs.model_panel import Curves, ModelView
from app.views.jobs.torch_needed import TorchNeeded
from skelseg_core.config import load_preset
from skelseg_core.engine.worker_process import Worker
from skelseg_core.errors import ConfigError, SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.learning.doubtful_labels import Doubt
from skelseg_core.learning.model_info import ModelInfo, to_json
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_blind, set_done
from skelseg_core.torch_tools import needed
from tests.app.made_services import close_services, make_services
from tests.poses_only import make_poses_project
from tests.settled import settle


def test_curves_show_every_figure_once_by_step(qtbot: QtBot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.show()
    curves.start()
    for n in range(1, 4):
        values = {"loss": 1 / n, "val_accuracy": 20.0 * n}
        curves.add(Progress("training heatmap branch", n, 9, values))
        curves.add(Progress("training heatmap branch", n, 9, values))
    curves.add(Progress("training fusion", 0, 9))
    curves.add(Progress("training fusion", 1, 9, {"loss": 0.5, "val_accuracy": 70.0}))
    qtbot.waitUntil(lambda: len(curves.lines) == 4, timeout=30_000)
    assert curves.points["loss", "training heatmap branch"] == (
        [1, 2, 3],
        [1.0, 0.5, 1 / 3],
    )
    xs, ys = curves.lines["val_accuracy", "training fusion"].getData()
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
        return {
            "model": arguments["name"],
            "videos": ["one"],
            "n_videos": 1,
            "without_body": [],
            "without_labels": [],
        }

    def alone(self, task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        yield Progress("accuracy")
        nothing = {"how": "not measured", "why": "Too little is labelled."}
        return {"model": arguments["name"], "held_out": nothing}


@pytest.fixture
def view(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ModelView]:
    services = make_services(project_folder)
    made = ModelView(
        services.models.model_library, services.review.next_video, lambda place: place
    )
    qtbot.addWidget(made)
    made.show()
    yield made
    close_services(services)


def test_copying_rests_until_there_is_something_new_to_copy(
    qtbot: QtBot, view: ModelView
) -> None:
    modelling = view.model_service
    document, said = modelling.document, Segmentation((Segment(0, 90, 1, "model"),))
    shares = np.full((90, 4), 0.25, np.float32)

    def predicted(lane: Segmentation) -> None:
        found = Prediction(shares, np.arange(4), lane)
        modelling.current.set_prediction("one", "m", found)

    modelling.session.set_video("one")
    assert not modelling.can_copy
    predicted(said)
    assert modelling.can_copy
    modelling.copy_prediction()
    assert document.project.track("one").annotation.segments[0].class_id == 1
    assert not modelling.can_copy
    document.undo_stack.undo()
    assert modelling.can_copy
    modelling.copy_prediction()
    other = Segmentation((Segment(0, 90, 2, "model"),))
    predicted(other)
    assert modelling.can_copy


def press(form: QWidget, text: str) -> None:
    next(b for b in form.findChildren(QPushButton) if b.text() == text).click()


def begin(view: ModelView, worker: Worker) -> Jobs:
    jobs = view.model_service.jobs
    jobs.worker = worker
    view.model_service.train("m", "hands")
    return jobs


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_the_next_training_can_be_asked_for_after_one_ended(
    qtbot: QtBot, view: ModelView, fails: bool, at_once: bool
) -> None:
    worker = Trainings(fails, at_once)
    jobs = begin(view, worker)
    assert not view.training.start.isEnabled()
    assert view.training.isHidden(), "the curves have its room"
    if not at_once:
        qtbot.waitUntil(lambda: bool(view.curves.points), timeout=10_000)
        assert view.curves.points["loss", "training fusion"] == ([1], [0.5])
        assert not view.training.start.isEnabled()
    worker.end.set()
    qtbot.waitUntil(lambda: not jobs.running, timeout=10_000)
    assert view.training.start.isEnabled()
    assert not view.training.isHidden()


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_training_without_pytorch_says_how_to_get_it(
    system: str, view: ModelView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_service, "has_torch", lambda: False)
    monkeypatch.setattr(sys, "platform", system)
    view.training.prepare()
    press(view, "Start training")
    assert not view.model_service.training
    (dialog,) = view.findChildren(TorchNeeded)
    lines = [field.text() for field in dialog.lines]
    plain = f"{sys.executable} -m pip install torch torchvision"
    other = f"{plain} --index-url ADDRESS"
    assert (
        lines
        == {"linux": [other, plain], "win32": [plain, other], "darwin": [plain]}[system]
    )
    press(dialog, "Copy")
    assert QGuiApplication.clipboard().text() == lines[0]
    dialog.close()


def test_a_bundle_says_that_it_cannot_train(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    dialog = TorchNeeded()
    qtbot.addWidget(dialog)
    (said,) = dialog.findChildren(QLabel)
    assert "with its extra train" in said.text()
    assert not dialog.lines
    monkeypatch.setattr(needed, "has_torch", lambda: False)
    with pytest.raises(
        ConfigError, match=r"^Training needs PyTorch, which this folder"
    ):
        needed.check_torch("Training")


# -- what a model is worth ----------------------------------------------------------


HELD = {
    "accuracy": 71.9, "edit": 70.0, "f1@10": 81.0, "f1@25": 80.0, "f1@50": 72.9,
    "n_videos": 4, "n_frames": 8120, "folds": 4, "how": "videos",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_poses_project(tmp_path / "p")


@pytest.fixture
def services(qtbot: QtBot, folder: ProjectFolder) -> Iterator[Services]:
    write_model(folder)
    made = make_services(folder)
    yield made
    close_services(made)


@pytest.fixture
def modelling(services: Services) -> ModelService:
    return services.models.model_service


def write_model(folder: ProjectFolder, **known: Any) -> None:
    """A model of which the window reads what it says of itself."""
    info = ModelInfo(
        "m",
        load_preset("keypoints"),
        {"keypoints": 60},
        folder.load().label_map.classes,
        "lcrnet15",
        metrics={"train_accuracy": 99.9},
        videos=("old",),
        n_videos=1,
        created="2026-07-01T08:00:00+00:00",
    )
    path = folder.model_dir("m")
    path.mkdir(parents=True, exist_ok=True)
    text = to_json(replace(info, weights_sha256="a" * 64, **known))
    atomic_write(path / "model.json", text)


def shown(qtbot: QtBot, services: Services) -> ModelView:
    modelling, next_video = services.models.model_service, services.review.next_video
    view = ModelView(ModelLibrary(modelling), next_video, lambda place: place)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: modelling.info is not None, timeout=20_000)
    return view


def test_the_figure_is_of_what_was_not_seen_and_says_of_how_much(
    qtbot: QtBot, services: Services, modelling: ModelService, folder: ProjectFolder
) -> None:
    write_model(folder, held_out=HELD)
    view = shown(qtbot, services)
    assert view.accuracy.text().startswith(
        "71.9 % of the frames right where each of its 4 videos was left out in turn, "
        "8,120 frames.<br>Trained 2"
    )
    assert view.figures.text() == "Edit 70.0 · F1@10 81.0 · F1@25 80.0 · F1@50 72.9"
    assert not [w for w in view.findChildren(QLabel) if "99.9" in w.text()]


def test_one_line_says_which_model_and_what_it_is_worth(
    qtbot: QtBot, modelling: ModelService, folder: ProjectFolder
) -> None:
    write_model(folder, held_out=HELD)
    line = ModelLine(modelling)
    qtbot.addWidget(line)
    line.resize(400, 60)
    line.show()
    modelling.read_info()
    qtbot.waitUntil(lambda: line.text.text() == "m, 72 % held out", timeout=20_000)
    assert not line.prelabel.isHidden()
    assert not line.prelabel.isEnabled(), "no video is shown"
    modelling.session.set_model("")
    assert line.text.text() == "No model yet"
    assert line.prelabel.isHidden()


def test_what_was_not_measured_says_so_and_can_be(
    qtbot: QtBot,
    services: Services,
    modelling: ModelService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = shown(qtbot, services)
    assert view.accuracy.text().startswith("Accuracy not measured.")
    asked: list[tuple[str, str]] = []
    goes_on = threading.Event()

    def alone(task: str, **arguments: Any) -> Task[dict[str, Any]]:
        asked.append((task, arguments["name"]))
        yield Progress("accuracy of m", 340, 1000)
        while not goes_on.is_set():
            yield Progress("accuracy of m", 340, 1000)
        return {"model": "m", "held_out": HELD}

    said: list[str] = []
    modelling.notices.said.connect(said.append)
    monkeypatch.setattr(modelling.jobs.worker, "alone", alone)
    view.accuracy.linkActivated.emit("measure")
    said_of = view.models.list.topLevelItem
    qtbot.waitUntil(lambda: said_of(0).text(1) == "34 % measured", timeout=20_000)
    assert view.accuracy.text().startswith(
        "Measuring it: its videos are left out in turn."
    )
    modelling.measure()  # once is enough
    goes_on.set()
    qtbot.waitUntil(lambda: not modelling.jobs.running, timeout=20_000)
    assert asked == [("measure", "m")]
    assert said == [
        "m: 71.9 % of the frames right where each of its 4 videos was left "
        "out in turn, 8,120 frames."
    ]
    assert modelling.measuring("m") is None


def test_a_cancelled_measurement_leaves_the_model_not_measured(
    qtbot: QtBot,
    services: Services,
    modelling: ModelService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = shown(qtbot, services)

    def alone(*_: object, **__: object) -> Task[dict[str, Any]]:
        while True:
            time.sleep(0.01)
            yield Progress("accuracy of m", 500, 1000)

    monkeypatch.setattr(modelling.jobs.worker, "alone", alone)
    modelling.measure()
    qtbot.waitUntil(lambda: "Measuring" in view.accuracy.text(), timeout=20_000)
    job = modelling.measuring("m")
    assert job is not None
    job.cancel()
    qtbot.waitUntil(lambda: not modelling.jobs.running, timeout=20_000)
    assert view.accuracy.text().startswith("Accuracy not measured.")


def test_a_trained_model_is_there_at_once_and_measured_after(
    qtbot: QtBot, modelling: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    monkeypatch.setattr(modelling, "measure", measured.append)
    said: list[str] = []
    modelling.notices.said.connect(said.append)
    modelling.jobs.worker = Trainings(at_once=True)
    modelling.train("m", "hands")
    qtbot.waitUntil(lambda: bool(measured), timeout=10_000)
    assert modelling.session.model == "m"
    assert measured == ["m"]
    (text,) = said
    assert text.startswith("Model m is ready, trained on 1 video. You can pre-label")
    assert "%" not in text


def test_where_pictures_did_not_help_the_skeleton_alone_is_offered(
    qtbot: QtBot, modelling: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[str, str]] = []
    monkeypatch.setattr(modelling, "train", lambda *a: trained.append(a))
    by_video = {"a": 70.0, "b": 71.0}
    skeleton = {"recipe": "keypoints", **HELD, "by_video": {"a": 69.0, "b": 70.0}}

    def alone(task: str, /, **arguments: Any) -> Task[dict[str, Any]]:
        yield Progress("accuracy")
        held = {**HELD, "by_video": by_video, "skeleton": skeleton}
        return {"model": "m", "held_out": held}

    monkeypatch.setattr(modelling.jobs.worker, "alone", alone)

    def measured() -> Notice:
        modelling.measure("m")
        settle()
        return modelling.notices.all[-1]

    assert not measured().helps
    skeleton["by_video"] = {"a": 69.0, "b": 79.0}
    assert "No difference by pictures is seen" in measured().text
    assert not modelling.notices.all[-1].helps
    skeleton["by_video"] = {"a": 71.0, "b": 72.0}
    notice = measured()
    assert "Pictures did not help: keypoints without them has" in notice.text
    (offered,) = notice.helps
    assert isinstance(offered, QAction)
    offered.trigger()
    assert trained == [("m-keypoints", "keypoints")]
    # Measured again it is offered once, and not at all where it is there.
    measured()
    assert sum(bool(n.helps) for n in modelling.notices.all) == 1
    monkeypatch.setattr(modelling.document, "model_names", lambda: ("m", "m-keypoints"))
    assert not measured().helps


def test_labels_in_doubt_are_gone_through_and_changed_ones_are_none(
    qtbot: QtBot, services: Services, modelling: ModelService, folder: ProjectFolder
) -> None:
    ids = folder.load().label_map.ids
    doubtful = (
        Doubt("old", 10, 20, ids[0], ids[2], 0.93),
        Doubt("old", 50, 60, ids[1], ids[0], 0.8),
        Doubt("gone", 0, 10, ids[0], ids[1], 0.8),
        Doubt("old", 60, 900, ids[1], ids[0], 0.8),
    )
    write_model(folder, held_out=HELD, doubtful=doubtful)
    view = shown(qtbot, services)
    session, document = modelling.session, modelling.document
    session.video_changed.connect(
        lambda v: modelling.player.open(document.project.track(v))
    )
    assert view.next.doubts.text() == "2 doubtful labels"
    said: list[str] = []
    modelling.notices.said.connect(said.append)
    view.next.doubts.click()
    assert (session.track_id, session.range_in, session.range_out) == ("old", 10, 20)
    qtbot.waitUntil(lambda: session.frame == 10, timeout=20_000)
    assert said[-1].startswith("1 of 2: labelled walk. A model that had not seen")
    assert "says carry (93 %)" in said[-1]
    modelling.next_doubt()
    assert session.range_in == 50
    modelling.next_doubt()
    assert session.range_in == 10
    document.edit_lane("no", "old", lambda s: paint(s, 5, 25, ids[2]))
    view.next.hide()
    view.next.show()
    assert view.next.doubts.text() == "1 doubtful label"
    # A doubt tells what a model says, which a blind project hides until one is done.
    document.apply("Blind", lambda p: set_blind(p, True))
    assert not modelling.doubts()
    document.apply("Done", lambda p: set_done(p, "old"))
    assert len(modelling.doubts()) == 1


def test_every_recipe_says_what_it_sees_and_how_long_it_takes(
    qtbot: QtBot, services: Services, modelling: ModelService
) -> None:
    view = shown(qtbot, services)
    view.show_training()
    form = view.training
    for recipe in modelling.recipes():
        form.preset.setCurrentText(recipe.name)
        sees, better = form.preset.currentData()
        assert re.search(r", (under a minute|about \d+ (min|h))$", sees)
        assert better
        assert form.about.text() == f"{sees[0].upper()}{sees[1:]}. " + (
            f"{better[0].upper()}{better[1:]}."
        )
    assert "can use it once it is trained" in form.about.toolTip()


def test_the_chosen_recipe_is_seen_in_the_list_and_headings_are_passed_over(
    qtbot: QtBot, services: Services, modelling: ModelService
) -> None:
    view = shown(qtbot, services)
    view.show_training()
    preset = view.training.preset
    preset.setCurrentText("keypoints")
    preset.showPopup()
    rows = preset.view()
    qtbot.waitUntil(rows.isVisible)
    one, other = (preset.findText(n) for n in ("keypoints", "from-above"))
    place = rows.visualRect(preset.model().index(one, 0))
    chosen = rows.viewport().grab(place).toImage()
    rows.setCurrentIndex(preset.model().index(other, 0))
    assert rows.viewport().grab(place).toImage() != chosen
    preset.hidePopup()
    QTest.keyClick(preset, Qt.Key.Key_Up)
    assert preset.currentText() == "heatmap-paper"
    QTest.keyClick(preset, Qt.Key.Key_Up)
    assert preset.currentText() == "heatmap-paper"
    QTest.keyClick(preset, Qt.Key.Key_Down)
    assert preset.currentText() == "keypoints"


def test_the_form_says_how_many_frames_nobody_reviewed_and_opens_the_room(
    view: ModelView,
) -> None:
    service, asked = view.model_service, list[str]()
    line = view.training.unreviewed
    line.linkActivated.connect(asked.append)
    view.show_training()
    assert line.isHidden(), "there is no such frame"
    said = Segmentation((Segment(0, 90, 1, "model"),))
    service.document.edit_lane("Copy", "one", lambda _: said)
    view.show_training()
    assert line.text().startswith("90 frames copied from a pre-label and reviewed by")
    line.linkActivated.emit("review")
    assert asked == ["review"]


def test_what_was_taken_for_another_class_leads_to_its_places(
    qtbot: QtBot, services: Services, modelling: ModelService, folder: ProjectFolder
) -> None:
    confused = [
        {
            "label": "walk",
            "said": "carry",
            "n_frames": 30,
            "places": [
                {"track": "old", "start": 40, "stop": 60},
                {"track": "old", "start": 5, "stop": 15},
            ],
        },
        {
            "label": "carry",
            "said": "walk",
            "n_frames": 1,
            "places": [{"track": "gone", "start": 0, "stop": 1}],
        },
    ]
    by_class = {"walk": 70.0, "carry": 99.0}
    write_model(folder, held_out={**HELD, "by_class": by_class, "confused": confused})
    view, session = shown(qtbot, services), modelling.session
    assert view.by_class.rows == [("walk", 0.7, "70 %"), ("carry", 0.99, "99 %")]
    assert view.confused.rows[0] == ("walk → carry", 1.0, "30 frames")
    left: list[object] = []
    view.left.connect(lambda: left.append(None))
    for start, stop in ((40, 60), (5, 15), (40, 60)):
        view.confused.went.emit(0)
        where = (session.track_id, session.range_in, session.range_out)
        assert where == ("old", start, stop)
    assert len(left) == 3
    said: list[str] = []
    modelling.notices.said.connect(said.append)
    view.confused.went.emit(1)
    assert said == ["That video is not here any more."]
