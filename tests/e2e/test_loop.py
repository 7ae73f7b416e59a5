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

from app.main_window import MainWindow
from app.timeline.rows import HEADER_PX
from skelseg_core.project import ProjectFolder, prediction_lane
from skelseg_core.segmentation import Segmentation

from .conftest import Opener

LONG = 180_000


def trigger(window: MainWindow, action: str) -> None:
    found = window.findChild(QAction, action)
    assert found is not None
    assert found.isEnabled(), f"{action} is not enabled"
    found.trigger()


def seek(qtbot: QtBot, window: MainWindow, frame: int) -> None:
    window.player.seek(frame)
    qtbot.waitUntil(lambda: window.session.frame == frame, timeout=20_000)


def annotation(window: MainWindow) -> Segmentation:
    return window.document.project.video(window.session.video_id).annotation


def prelabel(qtbot: QtBot, window: MainWindow) -> str:
    video = window.session.video_id
    lane = prediction_lane(window.operations.model)
    trigger(window, "prelabel")
    qtbot.waitUntil(
        lambda: lane in window.document.project.video(video).lanes, timeout=LONG
    )
    return lane


def test_the_whole_loop(
    qtbot: QtBot, opener: Opener, demo_root: Path, tmp_path: Path
) -> None:
    window = opener(demo_root)
    video = window.session.video_id
    assert (annotation(window).to_frames() < 0).all(), "starts on an unlabelled clip"

    lane = prelabel(qtbot, window)
    predicted = window.document.project.video(video).lanes[lane]
    trigger(window, "accept")
    np.testing.assert_array_equal(annotation(window).to_frames(), predicted.to_frames())

    # Drag the second boundary by the mouse.
    accepted = annotation(window)
    boundary = int(accepted.boundaries[1])
    drag(qtbot, window, boundary, boundary + 12)
    moved = annotation(window)
    assert boundary not in moved.boundaries
    assert moved.segments[1].stop == moved.segments[2].start != boundary
    assert len(moved) == len(accepted)

    # Relabel by a digit key.
    frame = moved.segments[2].start + 1
    seek(qtbot, window, frame)
    other = next(
        c
        for c in window.document.project.label_map.classes
        if c.key and c.id != moved.at(frame).class_id
    )
    QTest.keyClick(window, other.key)
    relabelled = annotation(window)
    assert relabelled.at(frame).class_id == other.id
    assert relabelled.at(frame).protected

    trigger(window, "undo")
    assert annotation(window) == moved
    trigger(window, "undo")
    assert annotation(window) == accepted
    trigger(window, "redo")
    trigger(window, "redo")
    assert annotation(window) == relabelled

    with qtbot.waitSignal(window.document.saved, timeout=20_000):
        trigger(window, "save")
    opener.close(window)

    again = opener(demo_root)
    again.session.set_video(video)
    assert annotation(again) == relabelled
    out = tmp_path / "out"
    job = again.operations.export(out)
    with qtbot.waitSignal(job.done, timeout=LONG):
        pass
    assert_csv_is_lane(out / f"{video}.csv", again, video)


def on_timeline(window: MainWindow, frame: int) -> QPoint:
    timeline = window.panels.timeline
    place = timeline._canvas.row(0)
    x = HEADER_PX + timeline.view.x_of(frame)
    return QPoint(round(x), place.top + place.height // 2)


def drag(qtbot: QtBot, window: MainWindow, start: int, stop: int) -> None:
    target = window.panels.timeline
    seek(qtbot, window, 0)
    target.zoom_fit()
    a, b = on_timeline(window, start), on_timeline(window, stop)
    left, nothing = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(target, a)
    QTest.mousePress(target, left, nothing, a)
    for x in range(a.x(), b.x() + 1, 2):
        QTest.mouseMove(target, QPoint(x, a.y()))
    QTest.mouseMove(target, b)
    QTest.mouseRelease(target, left, nothing, b)


def assert_csv_is_lane(path: Path, window: MainWindow, video: str) -> None:
    item = window.document.project.video(video)
    labels = window.document.project.label_map
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
    window = opener(demo_root)
    seek(qtbot, window, 10)
    QTest.keyClick(window, "i")
    seek(qtbot, window, 29)
    QTest.keyClick(window, "o")
    QTest.keyClick(window, "2")
    painted = annotation(window)
    second = window.document.project.label_map.classes[1].id
    assert [(s.start, s.stop, s.class_id) for s in painted.segments[:2]] == [
        (0, 10, None),
        (10, 30, second),
    ]
    seek(qtbot, window, 20)
    QTest.keyClick(window, "s")
    assert annotation(window).boundaries.tolist()[:2] == [10, 20]
    seek(qtbot, window, 12)
    QTest.keyClick(window, "m")
    np.testing.assert_array_equal(annotation(window).to_frames(), painted.to_frames())
    for _ in range(3):
        trigger(window, "undo")
    assert (annotation(window).to_frames() < 0).all()


def test_a_model_never_overwrites_a_person(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    window = opener(demo_root)
    video = window.session.video_id
    seek(qtbot, window, 40)
    window.session.set_range(40, 70)
    QTest.keyClick(window, "1")
    mine = annotation(window).to_frames()[40:70].copy()
    prelabel(qtbot, window)
    trigger(window, "accept")
    after = window.document.project.video(video).annotation
    np.testing.assert_array_equal(after.to_frames()[40:70], mine)
    assert after.at(50).source == "human"


@pytest.mark.parametrize("moment", ["starting", "heatmap features", "picture features"])
def test_cancel_at_every_step(
    qtbot: QtBot, opener: Opener, demo_root: Path, moment: str
) -> None:
    window = opener(demo_root)
    before = window.document.project
    trigger(window, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(window)), timeout=LONG)
    job = _heavy(window)[0]
    qtbot.waitUntil(lambda: moment in job.progress.step.lower(), timeout=LONG)
    with qtbot.waitSignal(job.cancelled, timeout=LONG):
        job.cancel()
    qtbot.waitUntil(lambda: not _heavy(window), timeout=LONG)
    assert window.document.project == before
    video = window.session.video_id
    model = window.operations.model
    assert not window.document.folder.prediction_path(video, model).exists()


def _heavy(window: MainWindow) -> list:  # type: ignore[type-arg]
    return [j for j in window.jobs.running if j.title.startswith("Pre-label")]


def test_closing_in_the_middle_of_a_run_loses_nothing(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    window = opener(demo_root)
    video = window.session.video_id
    window.session.set_range(5, 25)
    QTest.keyClick(window, "3")
    mine = annotation(window)
    trigger(window, "prelabel")
    qtbot.waitUntil(lambda: bool(_heavy(window)), timeout=LONG)
    opener.close(window)
    project = ProjectFolder(demo_root).load()
    assert project.video(video).annotation == mine
