"""The whole loop in the real window, as a user would go through it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.timeline.layout import HEADER_PX
from app.window.project_window import Desk
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.value import prediction_lane
from tests.e2e.conftest import Opener

LONG = 180_000


def trigger(desk: Desk, action: str) -> None:
    found = desk.window.findChild(QAction, action)
    assert found is not None
    assert found.isEnabled(), f"{action} is not enabled"
    found.trigger()


def seek(qtbot: QtBot, desk: Desk, frame: int) -> None:
    desk.player.seek(frame)
    qtbot.waitUntil(lambda: desk.session.frame == frame, timeout=20_000)


def annotation(desk: Desk) -> Segmentation:
    return desk.document.project.video(desk.session.video_id).annotation


def prelabel(qtbot: QtBot, desk: Desk) -> str:
    video = desk.session.video_id
    lane = prediction_lane(desk.operations.model)
    trigger(desk, "prelabel")
    qtbot.waitUntil(
        lambda: lane in desk.document.project.video(video).lanes, timeout=LONG
    )
    return lane


def test_the_whole_loop(
    qtbot: QtBot, opener: Opener, demo_root: Path, tmp_path: Path
) -> None:
    desk = opener(demo_root)
    video = desk.session.video_id
    assert (annotation(desk).to_frames() < 0).all(), "starts on an unlabelled clip"

    lane = prelabel(qtbot, desk)
    predicted = desk.document.project.video(video).lanes[lane]
    trigger(desk, "accept")
    np.testing.assert_array_equal(annotation(desk).to_frames(), predicted.to_frames())

    # Drag the second boundary by the mouse.
    accepted = annotation(desk)
    boundary = int(accepted.boundaries[1])
    drag(qtbot, desk, boundary, boundary + 12)
    moved = annotation(desk)
    assert boundary not in moved.boundaries
    assert moved.segments[1].stop == moved.segments[2].start != boundary
    assert len(moved) == len(accepted)

    # Relabel by a digit key.
    frame = moved.segments[2].start + 1
    seek(qtbot, desk, frame)
    other = next(
        c
        for c in desk.document.project.label_map.classes
        if c.key and c.id != moved.at(frame).class_id
    )
    QTest.keyClick(desk.window, other.key)
    relabelled = annotation(desk)
    assert relabelled.at(frame).class_id == other.id
    assert relabelled.at(frame).protected

    trigger(desk, "undo")
    assert annotation(desk) == moved
    trigger(desk, "undo")
    assert annotation(desk) == accepted
    trigger(desk, "redo")
    trigger(desk, "redo")
    assert annotation(desk) == relabelled

    with qtbot.waitSignal(desk.document.saved, timeout=20_000):
        trigger(desk, "save")
    opener.close(desk.window)

    again = opener(demo_root)
    again.session.set_video(video)
    assert annotation(again) == relabelled
    out = tmp_path / "out"
    job = again.operations.export(out)
    qtbot.waitUntil(lambda: not job.running, timeout=LONG)
    assert job.state == "done"
    assert_csv_is_lane(out / f"{video}.csv", again, video)


def on_timeline(desk: Desk, frame: int) -> QPoint:
    timeline = desk.panels.timeline
    place = timeline._canvas.row(0)
    x = HEADER_PX + timeline.view.x_of(frame)
    return QPoint(round(x), place.top + place.height // 2)


def drag(qtbot: QtBot, desk: Desk, start: int, stop: int) -> None:
    target = desk.panels.timeline
    seek(qtbot, desk, 0)
    target.zoom_fit()
    a, b = on_timeline(desk, start), on_timeline(desk, stop)
    left, nothing = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(target, a)
    QTest.mousePress(target, left, nothing, a)
    for x in range(a.x(), b.x() + 1, 2):
        QTest.mouseMove(target, QPoint(x, a.y()))
    QTest.mouseMove(target, b)
    QTest.mouseRelease(target, left, nothing, b)


def assert_csv_is_lane(path: Path, desk: Desk, video: str) -> None:
    item = desk.document.project.video(video)
    labels = desk.document.project.label_map
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(r["frame"]) for r in rows] == list(range(item.n_frames))
    wanted = [
        labels.name_of(None if c < 0 else int(c)) for c in item.annotation.to_frames()
    ]
    assert [r["label"] for r in rows] == wanted
    segments = [item.annotation.index_at(n) for n in range(item.n_frames)]
    assert [int(r["segment"]) for r in rows] == segments


def test_paint_split_merge_by_keys(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    seek(qtbot, desk, 10)
    QTest.keyClick(desk.window, "i")
    seek(qtbot, desk, 29)
    QTest.keyClick(desk.window, "o")
    QTest.keyClick(desk.window, "2")
    painted = annotation(desk)
    second = desk.document.project.label_map.classes[1].id
    assert [(s.start, s.stop, s.class_id) for s in painted.segments[:2]] == [
        (0, 10, None),
        (10, 30, second),
    ]
    seek(qtbot, desk, 20)
    QTest.keyClick(desk.window, "s")
    assert annotation(desk).boundaries.tolist()[:2] == [10, 20]
    seek(qtbot, desk, 12)
    QTest.keyClick(desk.window, "m")
    np.testing.assert_array_equal(annotation(desk).to_frames(), painted.to_frames())
    for _ in range(3):
        trigger(desk, "undo")
    assert (annotation(desk).to_frames() < 0).all()


def test_a_text_field_keeps_its_keys(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    before, overlays = annotation(desk), desk.session.overlays
    trigger(desk, "train")
    name = desk.panels.model.training.name
    qtbot.waitUntil(name.hasFocus)
    name.clear()
    QTest.keyClicks(name, "ship 1")
    QTest.keyClick(name, Qt.Key.Key_Backspace)
    QTest.keyClick(name, Qt.Key.Key_Home)
    assert name.text() == "ship "
    QTest.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: any(j.title == "Train ship" for j in desk.jobs.running), timeout=LONG
    )
    assert annotation(desk) == before
    assert desk.session.overlays == overlays
    desk.panels.timeline.setFocus()
    QTest.keyClick(desk.window, "h")
    assert desk.session.overlays.heatmap


def test_a_model_never_overwrites_a_person(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    video = desk.session.video_id
    seek(qtbot, desk, 40)
    desk.session.set_range(40, 70)
    QTest.keyClick(desk.window, "1")
    mine = annotation(desk).to_frames()[40:70].copy()
    prelabel(qtbot, desk)
    trigger(desk, "accept")
    after = desk.document.project.video(video).annotation
    np.testing.assert_array_equal(after.to_frames()[40:70], mine)
    assert after.at(50).source == "human"


def test_pre_label_without_my_labels(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    """The lane is the model's own then, and says so; the labels stay what they are."""
    desk = opener(demo_root)
    video = desk.session.video_id
    desk.session.set_range(40, 70)
    QTest.keyClick(desk.window, "1")
    mine = annotation(desk)
    lane = prelabel(qtbot, desk)
    canvas = desk.panels.timeline._canvas

    def words() -> str:
        project = desk.document.project
        rows = [r for r in canvas.rows if r.kind == "prediction"]
        if not rows:
            return ""
        return canvas.words(rows[0], project.video(video), project.label_map)

    qtbot.waitUntil(lambda: words() == "around my labels", timeout=LONG)
    around = desk.document.project.video(video).lanes[lane]
    np.testing.assert_array_equal(around.to_frames()[40:70], mine.to_frames()[40:70])
    trigger(desk, "prelabel-free")
    qtbot.waitUntil(lambda: words() == "without my labels", timeout=LONG)
    free = desk.document.project.video(video).lanes[lane]
    assert (free.to_frames()[40:70] != mine.to_frames()[40:70]).any()
    path = desk.document.folder.prediction_path(video, desk.operations.model)
    stored = load_prediction(path)
    assert stored.fixed is not None
    assert not stored.fixed.any()
    assert stored.segmentation == free
    assert annotation(desk) == mine


@pytest.mark.parametrize("moment", ["starting", "heatmap features", "picture features"])
def test_cancel_at_every_step(
    qtbot: QtBot, opener: Opener, demo_root: Path, moment: str
) -> None:
    desk = opener(demo_root)
    before = desk.document.project
    trigger(desk, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(desk)), timeout=LONG)
    job = _heavy(desk)[0]
    qtbot.waitUntil(lambda: moment in job.progress.step.lower(), timeout=LONG)
    with qtbot.waitSignal(job.cancelled, timeout=LONG):
        job.cancel()
    qtbot.waitUntil(lambda: not _heavy(desk), timeout=LONG)
    assert desk.document.project == before
    video = desk.session.video_id
    model = desk.operations.model
    assert not desk.document.folder.prediction_path(video, model).exists()


def _heavy(desk: Desk) -> list:  # type: ignore[type-arg]
    return [j for j in desk.jobs.running if j.title.startswith("Pre-label")]


def test_closing_in_the_middle_of_a_run_loses_nothing(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    video = desk.session.video_id
    desk.session.set_range(5, 25)
    QTest.keyClick(desk.window, "3")
    mine = annotation(desk)
    trigger(desk, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(desk)), timeout=LONG)
    opener.close(desk.window)
    project = ProjectFolder(demo_root).load()
    assert project.video(video).annotation == mine
