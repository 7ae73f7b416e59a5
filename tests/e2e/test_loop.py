"""The whole loop in the real window, as a user would go through it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.services.files.exporter import start_export
from app.timeline.kinds.prediction import PredictionLane
from app.timeline.layout import HEADER_PX
from app.window.project_window import ProjectWindow
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.videos_and_tracks import prediction_lane
from skelseg_core.tasks.registry import TASKS
from tests.app.windows import move_pointer, trigger
from tests.e2e.conftest import Opener
from tests.in_process import in_this_process

LONG = 180_000


def seek(qtbot: QtBot, project_window: ProjectWindow, frame: int) -> None:
    project_window.player.seek(frame)
    qtbot.waitUntil(lambda: project_window.session.frame == frame, timeout=20_000)


def annotation(project_window: ProjectWindow) -> Segmentation:
    return project_window.document.project.track(
        project_window.session.track_id
    ).annotation


def at_once(project_window: ProjectWindow) -> None:
    """Let tasks work in this process: `test_the_whole_loop` starts one for them."""
    project_window.jobs.worker = in_this_process(TASKS)()


def prelabel(qtbot: QtBot, project_window: ProjectWindow) -> str:
    current = project_window.services.current_video
    lane = prediction_lane(project_window.services.session.model)
    before = current.predictions.get(lane)
    trigger(project_window, "prelabel")
    qtbot.waitUntil(
        lambda: current.predictions.get(lane) not in (None, before), timeout=LONG
    )
    return lane


def test_the_whole_loop(
    qtbot: QtBot, opener: Opener, demo_root: Path, tmp_path: Path
) -> None:
    project_window = opener(demo_root)
    video = project_window.session.track_id
    assert (annotation(project_window).to_frames() < 0).all(), (
        "starts on an unlabelled clip"
    )

    lane = prelabel(qtbot, project_window)
    predicted = project_window.services.current_video.predictions[lane].segmentation
    trigger(project_window, "copy-prediction")
    np.testing.assert_array_equal(
        annotation(project_window).to_frames(), predicted.to_frames()
    )

    # Drag the second boundary by the mouse.
    accepted = annotation(project_window)
    boundary = int(accepted.boundaries[1])
    drag(qtbot, project_window, boundary, boundary + 12)
    moved = annotation(project_window)
    assert boundary not in moved.boundaries
    assert moved.segments[1].stop == moved.segments[2].start != boundary
    assert len(moved) == len(accepted)

    # Relabel by a digit key.
    frame = moved.segments[2].start + 1
    seek(qtbot, project_window, frame)
    other = next(
        c
        for c in project_window.document.project.label_map.classes
        if c.key and c.id != moved.at(frame).class_id
    )
    QTest.keyClick(project_window.window, other.key)
    relabelled = annotation(project_window)
    assert relabelled.at(frame).class_id == other.id
    assert relabelled.at(frame).protected

    trigger(project_window, "undo")
    assert annotation(project_window) == moved
    trigger(project_window, "undo")
    assert annotation(project_window) == accepted
    trigger(project_window, "redo")
    trigger(project_window, "redo")
    assert annotation(project_window) == relabelled

    with qtbot.waitSignal(project_window.document.saved, timeout=20_000):
        trigger(project_window, "save")
    opener.close(project_window.window)

    again = opener(demo_root)
    again.session.set_video(video)
    assert annotation(again) == relabelled
    out = tmp_path / "out"
    job = start_export(again.services.tasks, out)
    qtbot.waitUntil(lambda: not job.running, timeout=LONG)
    assert job.state == "done"
    assert_csv_is_lane(out / f"{video}.csv", again, video)


def on_timeline(project_window: ProjectWindow, frame: int) -> QPoint:
    timeline = project_window.docks.timeline
    place = timeline.rows[0]
    x = HEADER_PX + timeline.view.x_of(frame)
    return QPoint(round(x), place.top + place.height // 2)


def drag(qtbot: QtBot, project_window: ProjectWindow, start: int, stop: int) -> None:
    target = project_window.docks.timeline
    seek(qtbot, project_window, 0)
    target.zoom_fit()
    a, b = on_timeline(project_window, start), on_timeline(project_window, stop)
    left, nothing = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    move_pointer(target, a)
    QTest.mousePress(target, left, nothing, a)
    for x in range(a.x(), b.x() + 1, 2):
        move_pointer(target, QPoint(x, a.y()))
    move_pointer(target, b)
    QTest.mouseRelease(target, left, nothing, b)


def assert_csv_is_lane(path: Path, project_window: ProjectWindow, video: str) -> None:
    item = project_window.document.project.track(video)
    labels = project_window.document.project.label_map
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(r["frame"]) for r in rows] == list(range(item.n_frames))
    wanted = [
        labels.name_of(None if c < 0 else int(c)) for c in item.annotation.to_frames()
    ]
    assert [r["label"] for r in rows] == wanted
    segments = [item.annotation.index_at(n) for n in range(item.n_frames)]
    assert [int(r["segment"]) for r in rows] == segments


def test_a_model_never_overwrites_a_person(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    project_window = opener(demo_root)
    at_once(project_window)
    video = project_window.session.track_id
    seek(qtbot, project_window, 40)
    project_window.session.set_range(40, 70)
    QTest.keyClick(project_window.window, "1")
    mine = annotation(project_window).to_frames()[40:70].copy()
    prelabel(qtbot, project_window)
    trigger(project_window, "copy-prediction")
    after = project_window.document.project.track(video).annotation
    np.testing.assert_array_equal(after.to_frames()[40:70], mine)
    assert after.at(50).source == "human"


def test_pre_label_without_my_labels(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    """The lane is the model's own then, and says so; the labels stay what they are."""
    project_window = opener(demo_root)
    at_once(project_window)
    video = project_window.session.track_id
    project_window.session.set_range(40, 70)
    QTest.keyClick(project_window.window, "1")
    mine = annotation(project_window)
    lane = prelabel(qtbot, project_window)
    timeline = project_window.docks.timeline

    def words() -> str:
        lanes = [i for i in timeline.lanes.seen if isinstance(i, PredictionLane)]
        return lanes[0].subtitle(timeline.data) if lanes else ""

    qtbot.waitUntil(lambda: words() == "with my labels", timeout=LONG)
    predictions = project_window.services.current_video.predictions
    around = predictions[lane].segmentation
    np.testing.assert_array_equal(around.to_frames()[40:70], mine.to_frames()[40:70])
    trigger(project_window, "prelabel-free")
    qtbot.waitUntil(lambda: words() == "without my labels", timeout=LONG)
    free = predictions[lane].segmentation
    assert (free.to_frames()[40:70] != mine.to_frames()[40:70]).any()
    path = project_window.document.folder.prediction_path(
        video, project_window.services.session.model
    )
    stored = load_prediction(path)
    assert stored.fixed is not None
    assert not stored.fixed.any()
    assert stored.segmentation == free
    assert annotation(project_window) == mine


@pytest.mark.parametrize("moment", ["starting", "picture features"])
def test_cancel_at_every_step(
    qtbot: QtBot, opener: Opener, demo_root: Path, moment: str
) -> None:
    project_window = opener(demo_root)
    project_window.session.set_model("hands")
    if moment != "starting":
        at_once(project_window)
    before = project_window.document.project
    trigger(project_window, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(project_window)), timeout=LONG)
    job = _heavy(project_window)[0]
    qtbot.waitUntil(lambda: moment in job.progress.step.lower(), timeout=LONG)
    with qtbot.waitSignal(job.cancelled, timeout=LONG):
        job.cancel()
    qtbot.waitUntil(lambda: not _heavy(project_window), timeout=LONG)
    assert project_window.document.project == before
    video = project_window.session.track_id
    model = project_window.services.session.model
    assert not project_window.document.folder.prediction_path(video, model).exists()


def _heavy(project_window: ProjectWindow) -> list:  # type: ignore[type-arg]
    return [j for j in project_window.jobs.running if j.title.startswith("Pre-label")]


def test_closing_in_the_middle_of_a_run_loses_nothing(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    project_window = opener(demo_root)
    video = project_window.session.track_id
    project_window.session.set_range(5, 25)
    QTest.keyClick(project_window.window, "3")
    mine = annotation(project_window)
    trigger(project_window, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(project_window)), timeout=LONG)
    opener.close(project_window.window)
    project = ProjectFolder(demo_root).load()
    assert project.track(video).annotation == mine
