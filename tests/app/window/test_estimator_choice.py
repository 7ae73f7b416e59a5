"""Who finds the poses is chosen in the window, and remembered in the project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.views.dialogs.estimator_choice import ChosenEstimator, EstimatorDialog
from app.window.project_window import ProjectWindow
from skelseg_core.estimators.registry import RCNN_FILE
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import correct
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.torch_tools.weights import stored_weights
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened, trigger
from tests.standing_estimator import MADE_BY, NAME, standing_installed

ONE, TWO = VideoId("one"), VideoId("two")
Act = Callable[[EstimatorDialog], None]


@pytest.fixture
def window(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ProjectWindow]:
    monkeypatch.delenv("SKELSEG_YOLO_PYTHON", raising=False)
    with (
        standing_installed(tmp_path / "packages", monkeypatch),
        opened(qtbot, project_folder) as made,
    ):
        made.services.session.set_video(TrackId("one"))
        yield made


def in_dialog(act: Act) -> None:
    """Do something in the dialog as soon as it is there."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, EstimatorDialog):
            act(dialog)
        else:
            QTimer.singleShot(20, look)

    QTimer.singleShot(0, look)


def row_of(dialog: EstimatorDialog, title: str) -> int:
    names = dialog.names
    rows = range(names.rowCount())
    return next(n for n in rows if names.item(n, 0).text() == title)


def press(qtbot: QtBot, dialog: EstimatorDialog, title: str) -> None:
    dialog.names.selectRow(row_of(dialog, title))
    assert dialog.ok.isEnabled()
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)


def maker(window: ProjectWindow, video: VideoId) -> str:
    path = window.document.folder.poses_path(video)
    return load_poses(path).estimator if path.is_file() else ""


def test_the_list_says_what_is_here_and_what_the_others_need(qtbot: QtBot) -> None:
    dialog = EstimatorDialog("Poses of one", ChosenEstimator(""))
    qtbot.addWidget(dialog)
    dialog.show()
    here = {
        dialog.names.item(n, 0).text(): dialog.names.item(n, 1).text()
        for n in range(dialog.names.rowCount())
    }
    assert here["MoveNet"] == "included"
    assert here["YOLO (ultralytics)"] == "not installed"
    assert list(here)[-1] == "A file of another program"
    assert dialog.chosen == ChosenEstimator("movenet")
    assert dialog.line.isHidden()
    dialog.names.selectRow(row_of(dialog, "YOLO (ultralytics)"))
    assert not dialog.ok.isEnabled()
    line = dialog.line.field.text()
    assert line.endswith('"skelseg[yolo]"')
    qtbot.mouseClick(dialog.line.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == line
    dialog.names.selectRow(row_of(dialog, "Keypoint R-CNN"))
    assert dialog.download.isVisible()
    assert "226 MB" in dialog.download.text()
    assert not dialog.chosen.allow_download, "nothing is fetched that nobody asked for"
    dialog.download.click()
    dialog.weights.setText("net.pt")
    assert dialog.chosen == ChosenEstimator("keypoint-rcnn", "net.pt", True)
    dialog.names.selectRow(row_of(dialog, "MoveNet"))
    assert dialog.chosen == ChosenEstimator("movenet")


def test_an_estimator_that_takes_weights_waits_for_them(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKELSEG_YOLO_PYTHON", "python-of-yolo")
    dialog = EstimatorDialog("Poses of one", ChosenEstimator("yolo", "old.pt"))
    qtbot.addWidget(dialog)
    assert dialog.kind is not None
    assert dialog.kind.name == "yolo"
    assert dialog.chosen == ChosenEstimator("yolo", "old.pt")
    assert dialog.ok.isEnabled()
    dialog.weights.clear()
    assert not dialog.ok.isEnabled()


def test_one_whose_weights_are_not_here_says_so(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def shown() -> tuple[EstimatorDialog, str]:
        dialog = EstimatorDialog("Poses of one", ChosenEstimator("keypoint-rcnn"))
        qtbot.addWidget(dialog)
        row = row_of(dialog, "Keypoint R-CNN")
        return dialog, dialog.names.item(row, 1).text()

    dialog, state = shown()
    assert state == "needs weights"
    assert not dialog.ok.isEnabled()
    dialog.download.click()
    assert dialog.ok.isEnabled()
    stored = stored_weights(RCNN_FILE)
    stored.parent.mkdir(parents=True)
    stored.touch()
    dialog, state = shown()
    assert state == "installed"
    assert dialog.ok.isEnabled()
    assert dialog.download.isHidden()


def test_the_chosen_one_finds_the_poses_here_and_in_the_next_videos(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    assert maker(window, ONE) == ""
    in_dialog(lambda dialog: press(qtbot, dialog, "Standing"))
    trigger(window, "poses")
    current = window.services.current_video
    qtbot.waitUntil(lambda: current.poses is not None, timeout=60_000)
    assert current.poses is not None
    assert current.poses.estimate.estimator == MADE_BY
    assert window.document.project.pose_estimator == NAME
    # Without a choice, as where the next video is prepared.
    window.services.models.pose_service.estimate(TWO)
    qtbot.waitUntil(lambda: maker(window, TWO) == MADE_BY, timeout=60_000)
    saved = ProjectFolder(window.document.folder.root).load()
    assert saved.pose_estimator == NAME


def test_poses_that_are_being_replaced_are_shown_again_only_if_that_is_given_up(
    qtbot: QtBot, window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = np.full((N_FRAMES, 1, 17, 2), 20.0, np.float32)
    scores = np.ones(body.shape[:-1], np.float32)
    old = PoseSequence(body, scores, "coco17", (64, 48), "old")
    save_poses(window.document.folder.poses_path(ONE), old, "")
    poses, current = window.services.models.pose_service, window.services.current_video
    poses.load()
    qtbot.waitUntil(lambda: current.poses is not None, timeout=20_000)

    def finding(*_: object, **__: object) -> Task[None]:
        while True:
            yield Progress("people", 1, 9)

    monkeypatch.setattr(window.services.jobs.worker, "task", finding)
    poses.estimate(ONE, again=True)
    qtbot.waitUntil(lambda: current.poses is None, timeout=20_000)
    window.services.session.set_model("another")
    qtbot.waitUntil(lambda: not poses.is_reading, timeout=20_000)
    assert current.poses is None
    poses.cancel_estimate(ONE)
    qtbot.waitUntil(lambda: current.poses is not None, timeout=20_000)
    assert current.poses is not None
    assert current.poses.estimate.estimator == "old"


def test_poses_that_are_there_are_replaced_where_that_was_said(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    warned: list[str] = []
    window.services.notices.warned.connect(warned.append)
    poses = window.services.models.pose_service
    poses.estimate(ONE)
    qtbot.waitUntil(lambda: bool(warned), timeout=60_000)
    assert re.match(r"MoveNet .* found nobody in one\.", warned[0])
    assert maker(window, ONE).startswith("MoveNet")
    said: list[str] = []

    def choose(dialog: EstimatorDialog) -> None:
        said.append(dialog.note.text())
        press(qtbot, dialog, "Standing")

    in_dialog(choose)
    trigger(window, "poses")
    assert said[0].startswith("one has poses. They are replaced, and undo cannot")
    qtbot.waitUntil(lambda: maker(window, ONE) == MADE_BY, timeout=60_000)


def test_corrected_poses_are_not_replaced_and_the_dialog_says_why(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    document = window.document
    window.services.models.pose_service.estimate(ONE)
    qtbot.waitUntil(lambda: bool(maker(window, ONE)), timeout=60_000)
    put = PlacedKeypoint(3, 0, 9, 12.0, 34.0)
    document.apply("Move", lambda project: correct(project, ONE, put))
    before = document.folder.poses_path(ONE).read_bytes()
    said: list[str] = []

    def look(dialog: EstimatorDialog) -> None:
        said.append(dialog.note.text())
        for row in range(dialog.names.rowCount() - 1):
            dialog.names.selectRow(row)
            assert not dialog.ok.isEnabled()
        dialog.reject()

    in_dialog(look)
    trigger(window, "poses")
    assert "Keypoints of one were corrected by hand" in said[0]
    assert document.folder.poses_path(ONE).read_bytes() == before
    assert document.project.video(ONE).corrections == (put,)
    assert document.project.pose_estimator == ""


def test_a_file_is_one_more_way(
    qtbot: QtBot, window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(_: object, title: str, *__: object, **___: object) -> tuple[list[str], str]:
        asked.append(title)
        return [], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", ask)
    in_dialog(lambda dialog: press(qtbot, dialog, "A file of another program"))
    trigger(window, "poses")
    assert asked == ["Import poses"]
    assert window.document.project.pose_estimator == ""


def test_the_menu_of_several_videos_asks_once(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    titles: list[str] = []

    def choose(dialog: EstimatorDialog) -> None:
        titles.append(dialog.windowTitle())
        press(qtbot, dialog, "Standing")

    in_dialog(choose)
    window.docks.videos.estimate_requested.emit([ONE, TWO])
    assert titles == ["Poses of 2 videos"]
    both = (ONE, TWO)
    qtbot.waitUntil(
        lambda: {maker(window, v) for v in both} == {MADE_BY}, timeout=120_000
    )
    # The process of the run ends a moment after its last video.
    qtbot.waitUntil(lambda: not window.services.jobs.running, timeout=30_000)
