from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.player import Player
from app.session import Session
from app.views.overlays import (
    COLOURS,
    FrameOverlay,
    Heatmap,
    Placement,
    PoseOverlay,
    paint_heatmap,
    paint_people,
    person_at,
)
from app.views.transport import (
    FrameLabel,
    TransportBar,
    lane_labels,
    time_text,
)
from app.views.video import VideoView
from skelseg_core.config import HeatmapConfig
from skelseg_core.heatmaps import subject_heatmaps
from skelseg_core.poses import PoseSequence
from skelseg_core.prediction import Prediction
from skelseg_core.project import VideoItem
from skelseg_core.segmentation import Segmentation, label_map_from_names, paint
from skelseg_core.skeleton import Skeleton, load_skeleton

W, H = 400, 300
CROSS = Skeleton("cross", ("left_a", "right_a", "mid"), ((0, 2), (1, 2)), ((0, 1),))


class Grey:
    """A reader of grey pictures."""

    width, height, mean_rate, damage = W, H, 25.0, None
    fingerprint = "made"

    def __init__(self, path: Path, tick: object) -> None:
        if path.name == "bad.mp4":
            raise ValueError("boom")
        self.timestamps_s = np.arange(2000) / 25

    def __enter__(self) -> Grey:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __len__(self) -> int:
        return 2000

    def bgra(self, n: int) -> np.ndarray:
        return np.full((H, W, 4), 90, np.uint8)


def two_people(frames: int = 10) -> PoseSequence:
    """A subject of three keypoints in the left half, another in the right half."""
    keypoints = np.zeros((frames, 2, 3, 2), np.float32)
    keypoints[:, 0] = [[60, 80], [140, 80], [100, 160]]
    keypoints[:, 1] = [[260, 100], [340, 100], [300, 200]]
    scores = np.full((frames, 2, 3), 0.9, np.float32)
    return PoseSequence(keypoints, scores, "cross", (W, H))


def overlay_of_two() -> PoseOverlay:
    return PoseOverlay(two_people(), np.zeros(10, int), CROSS, HeatmapConfig())


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[SimpleNamespace]:
    session = Session()
    player = Player(session, open_reader=Grey)
    view = VideoView(session, player)
    view.resize(840, 600)
    bar = TransportBar(session, player)
    bar.resize(840, 36)
    qtbot.addWidget(view)
    qtbot.addWidget(bar)
    yield SimpleNamespace(session=session, player=player, view=view, bar=bar)
    player.close()


def show(rig: SimpleNamespace, qtbot: QtBot, frame: int = 0) -> None:
    rig.player.open(Path("grey.mp4"))
    rig.player.seek(frame)
    qtbot.waitUntil(lambda: rig.player.picture is not None, timeout=20_000)
    qtbot.waitUntil(lambda: rig.session.frame == frame, timeout=20_000)


def colour_at(view: VideoView, x: float, y: float) -> QColor:
    """Colour of the widget at a point of the picture."""
    at = view.placement.to_widget(np.array([x, y]))
    return view.grab().toImage().pixelColor(QPoint(*np.rint(at).astype(int)))


def near(a: QColor, b: QColor) -> bool:
    return all(abs(x - y) < 40 for x, y in zip(a.getRgb(), b.getRgb(), strict=True))


def test_the_picture_is_as_large_as_it_can_be() -> None:
    wide = Placement.fit(400, 300, QRectF(0, 0, 1000, 300))
    assert (wide.scale, wide.x, wide.y) == (1.0, 300.0, 0.0)
    tall = Placement.fit(400, 300, QRectF(0, 0, 200, 1000))
    assert (tall.scale, tall.x, tall.y) == (0.5, 0.0, 425.0)
    for place in (wide, tall):
        for point in ((0.0, 0.0), (12.5, 299.0), (400.0, 300.0)):
            there = place.to_widget(np.array(point))
            assert place.to_picture(*there) == pytest.approx(point)


def test_keypoints_lie_where_the_picture_has_them(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot, 3)
    rig.view.set_overlay_source(overlay_of_two())
    assert near(colour_at(rig.view, 60, 80), QColor(COLOURS["left"]))
    assert near(colour_at(rig.view, 140, 80), QColor(COLOURS["right"]))
    assert near(colour_at(rig.view, 100, 160), QColor(COLOURS["centre"]))
    # In the middle of an edge from left to centre.
    assert not near(colour_at(rig.view, 80, 120), QColor(90, 90, 90))
    assert near(colour_at(rig.view, 60, 160), QColor(90, 90, 90))


def test_overlays_are_switched_off(rig: SimpleNamespace, qtbot: QtBot) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    grey = QColor(90, 90, 90)
    assert not near(colour_at(rig.view, 280, 150), grey)
    rig.session.set_overlays(others=False)
    assert near(colour_at(rig.view, 280, 150), grey)
    assert not near(colour_at(rig.view, 60, 80), grey)
    rig.session.set_overlays(skeleton=False)
    assert near(colour_at(rig.view, 60, 80), grey)


def test_the_heatmap_lies_on_the_body(rig: SimpleNamespace, qtbot: QtBot) -> None:
    show(rig, qtbot, 2)
    rig.view.set_overlay_source(overlay_of_two())
    rig.session.set_overlays(heatmap=True, skeleton=False, heatmap_opacity=1.0)
    hot = colour_at(rig.view, 60, 80)
    assert hot.red() > 150 > hot.blue()
    assert near(colour_at(rig.view, 62, 150), QColor(90, 90, 90))


def test_what_is_shown_is_what_the_network_sees() -> None:
    poses, subject = two_people(), np.array([0] * 5 + [1] * 4 + [-1])
    skeleton, config = CROSS, HeatmapConfig(kind="limb", size=40)
    source = PoseOverlay(poses, subject, skeleton, config)
    stack = subject_heatmaps(poses, subject, skeleton, config)
    for frame in (0, 7, 4):
        heatmap = source.at(frame, with_heatmap=True).heatmap
        np.testing.assert_array_equal(heatmap.values, stack.frames[frame])
        assert heatmap.box == stack.box
    assert source.at(9, with_heatmap=True).heatmap is None
    assert source.at(0).heatmap is None
    assert source.at(10) is None


def test_cells_are_painted_as_cells_in_their_box(qtbot: QtBot) -> None:
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 2.0
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 255))
    painter = QPainter(image)
    place = Placement(2.0, 10.0, 20.0, 90, 90)
    paint_heatmap(painter, Heatmap(values, (20.0, 10.0, 60.0, 50.0), 2.0), place, 1.0)
    painter.end()
    # The cell (row 1, column 2) covers 40..50 x 20..30 of the picture.
    hot = QColor(252, 255, 164)
    for x, y in ((41, 21), (49, 29), (45, 25)):
        assert near(image.pixelColor(2 * x + 10, 2 * y + 20), hot)
    for x, y in ((38, 25), (52, 25), (45, 18), (45, 32)):
        assert image.pixelColor(2 * x + 10, 2 * y + 20) == QColor(0, 0, 255)


def test_what_is_missing_is_absent_and_what_is_doubtful_faded(qtbot: QtBot) -> None:
    keypoints = np.array([[[40.0, 40], [80, 40], [np.nan, np.nan]]])
    image = QImage(120, 80, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 0))
    painter = QPainter(image)
    place = Placement(1.0, 0.0, 0.0, 120, 80)
    overlay = FrameOverlay(keypoints, np.array([[0.1, 0.25, 0.0]]), 0)
    paint_people(painter, overlay, CROSS, 0.2, place)
    painter.end()
    assert image.pixelColor(40, 40) == QColor(0, 0, 0)
    assert image.pixelColor(0, 0) == QColor(0, 0, 0)
    faded = image.pixelColor(80, 40)
    assert 60 < faded.red() < 160


def test_a_click_on_a_person_says_where(rig: SimpleNamespace, qtbot: QtBot) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    button, place = Qt.MouseButton.LeftButton, rig.view.placement
    with qtbot.waitSignal(rig.view.person_clicked) as clicked:
        at = QPointF(*place.to_widget(np.array([300.0, 140.0]))).toPoint()
        qtbot.mouseClick(rig.view, button, pos=at)
    assert clicked.args == pytest.approx([300, 140], abs=1)
    with qtbot.assertNotEmitted(rig.view.person_clicked):
        qtbot.mouseClick(rig.view, button, pos=QPoint(3, 3))
        rig.view.set_overlay_source(None)
        qtbot.mouseClick(rig.view, button, pos=at)


def test_the_nearer_of_two_that_overlap() -> None:
    keypoints = np.array([[[0.0, 0], [100, 100]], [[60.0, 0], [120, 60]]])
    overlay = FrameOverlay(keypoints, np.ones((2, 2)))
    assert person_at(overlay, 0.2, 88, 30, 0) == 1
    assert person_at(overlay, 0.2, 62, 58, 0) == 0
    assert person_at(overlay, 0.2, 200, 200, 10) == -1
    assert person_at(overlay, 0.2, 127, 50, 10) == 1


def test_a_person_under_the_pointer_may_be_picked(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    place = rig.view.placement
    for x, hand in ((300.0, True), (100.0, False), (200.0, False)):
        at = QPointF(*place.to_widget(np.array([x, 130.0])))
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(rig.view, move)
        shape = rig.view.cursor().shape()
        assert (shape == Qt.CursorShape.PointingHandCursor) is hand


def test_empty_failed_and_no_poses_are_said(rig: SimpleNamespace, qtbot: QtBot) -> None:
    def ink() -> int:
        image = rig.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return len(np.unique(np.frombuffer(image.constBits(), np.uint32)))

    assert ink() > 5  # the hint
    with qtbot.waitSignal(rig.player.failed, timeout=20_000):
        rig.player.open(Path("bad.mp4"))
    assert ink() > 5  # the sentence
    show(rig, qtbot)
    assert ink() <= 2
    rig.session.set_overlays(heatmap=True)
    assert ink() > 5  # no poses yet


def test_the_bar_says_what_is_shown(rig: SimpleNamespace, qtbot: QtBot) -> None:
    bar = rig.bar
    assert not bar.buttons["play"].isEnabled()
    bar.set_label_source(lambda n: FrameLabel(f"class {n}", "#ff0000"))
    show(rig, qtbot, 1204)
    assert (bar.frame.text(), bar.time.text()) == ("1,204", "0:48.160")
    assert bar.banner.label == FrameLabel("class 1204", "#ff0000")
    bar.grab()
    rig.session.set_overlays(labels=False)
    assert bar.banner.label is None
    left = Qt.MouseButton.LeftButton
    for name, frame in (("previous", 1203), ("next", 1204), ("last", 1999)):
        qtbot.mouseClick(bar.buttons[name], left)
        qtbot.waitUntil(lambda f=frame: rig.session.frame == f, timeout=20_000)
    qtbot.mouseClick(bar.buttons["first"], left)
    qtbot.mouseClick(bar.buttons["play"], left)
    assert rig.player.playing
    qtbot.mouseClick(bar.buttons["play"], left)
    assert not rig.player.playing
    rig.player.set_rate(1.5)
    assert bar.speed.text() == "1.5×"
    rig.player.close()
    assert bar.frame.text() == ""


def test_labels_of_annotation_and_model() -> None:
    label_map = label_map_from_names(["walk", "reach"])
    walk, reach = label_map.ids
    empty = Segmentation.unlabelled(10)
    lanes = {
        "annotation": paint(empty, 0, 5, walk),
        "prediction:fusion": paint(empty, 0, 10, reach),
    }
    item = VideoItem("01", "01.mp4", "", 10, W, H, 25.0, lanes)
    probabilities = np.tile(np.float32([0.18, 0.82]), (10, 1))
    guess = Prediction(probabilities, np.array([walk, reach]), lanes["annotation"])
    plain = lane_labels(item, label_map)
    assert plain(0) == FrameLabel("walk", label_map.get(walk).color)
    assert plain(7) == FrameLabel("")
    assert plain(10) is None
    both = lane_labels(item, label_map, "fusion", guess)
    assert both(0).predicted == "reach (fusion 0.82)"
    assert lane_labels(item, label_map, "fusion")(7).predicted == "reach (fusion)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.000"), (40.1334, "0:40.133"), (59.9996, "1:00.000"),
     (3723.5, "1:02:03.500")],
)  # fmt: skip
def test_times(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_bundled_skeleton_is_painted(qtbot: QtBot) -> None:
    skeleton = load_skeleton("coco17")
    rng = np.random.default_rng(0)
    people = rng.uniform(0, 100, (3, len(skeleton), 2))
    scores = rng.uniform(0, 1, (3, len(skeleton)))
    image = QImage(100, 100, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    place = Placement(1.0, 0.0, 0.0, 100, 100)
    paint_people(painter, FrameOverlay(people, scores, 1), skeleton, 0.2, place)
    painter.end()
    assert np.frombuffer(image.constBits(), np.uint8).any()
