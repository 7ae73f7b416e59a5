from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit.label_style import PEOPLE
from app.kit.notices import Notices
from app.playback.player import Player
from app.services.models.file_readers import heatmap_input
from app.state.current_video import Figure
from app.state.session import GrowingSegment, Session
from app.views.picture.overlays import PoseOverlay
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import COLOURS
from app.views.picture.transport import FrameLabel, TransportBar, lane_labels
from app.views.picture.video import VideoView
from skelseg_core.config import HeatmapConfig, Preset
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.project.poses_only_video import BlankVideo
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.times import FrameTimes
from tests.settled import settle

W, H = 400, 300
CROSS = Skeleton("cross", ("left_a", "right_a", "mid"), ((0, 2), (1, 2)), ((0, 1),))


class Grey(BlankVideo):
    """A reader of grey pictures."""

    width, height, mean_rate, damage = W, H, 25.0, None
    fingerprint, has_pictures = "made", True

    def __init__(self, path: Path, tick: object) -> None:
        if path.name == "bad.mp4":
            raise ValueError("boom")
        self.times = FrameTimes.even(2000, 25)

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
    everybody = two_people(), np.zeros(10, int), CROSS
    recipe = Preset(HeatmapConfig(padding=0.1))
    return PoseOverlay(*everybody, heatmap=heatmap_input(*everybody, recipe))


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[SimpleNamespace]:
    session = Session()
    player = Player(session, open_reader=Grey)
    view = VideoView(session, player)
    view.resize(840, 600)
    bar = TransportBar(player, Notices())
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


def test_people_who_are_labelled_have_one_colour_each_and_their_names_above(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot, 3)
    there = [Figure("anna", PEOPLE[0], np.zeros(10, int))]
    there.append(Figure("ben", PEOPLE[1], np.full(10, -1)))
    everybody = two_people(), np.zeros(10, int), CROSS
    source = PoseOverlay(*everybody, people=there)
    rig.view.set_overlay_source(source)
    for x, y in ((60, 80), (140, 80), (100, 160)):
        assert near(colour_at(rig.view, x, y), QColor(PEOPLE[0]))
    place = rig.view.placement
    left, top = place.to_widget(np.array([60, 80])).tolist()
    above = QPoint(round(left) - 12, round(top) - 30)
    assert rig.view.grab().toImage().pixelColor(above) == QColor(PEOPLE[0])
    # Of two at one place both names can be read.
    twins = two_people()
    twins.keypoints[:, 1] = twins.keypoints[:, 0]
    both = [there[0], Figure("ben", PEOPLE[1], np.ones(10, int))]
    rig.view.set_overlay_source(
        PoseOverlay(twins, np.zeros(10, int), CROSS, people=both)
    )
    image = rig.view.grab().toImage()
    column = {
        image.pixelColor(above.x(), y).name()
        for y in range(above.y() - 40, above.y() + 10)
    }
    assert {PEOPLE[0], PEOPLE[1]} <= column
    # Nobody knows where ben is: no figure has that name, and the other stays grey.
    assert source.at(3).names == {0: ("anna", PEOPLE[0])}
    rig.view.set_overlay_source(overlay_of_two())
    assert rig.view.grab().toImage().pixelColor(above) == QColor(90, 90, 90)


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


def test_the_heatmap_lies_on_the_body(rig: SimpleNamespace, qtbot: QtBot) -> None:
    show(rig, qtbot, 2)
    rig.view.set_overlay_source(overlay_of_two())
    rig.session.set_overlays(heatmap=True, skeleton=False)
    hot = colour_at(rig.view, 60, 80)
    assert hot.red() > 150 > hot.blue()
    # Beside the body the film is dark, and outside of the crop as it is.
    assert 20 < colour_at(rig.view, 62, 150).lightness() < 50
    assert near(colour_at(rig.view, 200, 150), QColor(90, 90, 90))


def test_a_click_on_a_person_says_who(rig: SimpleNamespace, qtbot: QtBot) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    button, place = Qt.MouseButton.LeftButton, rig.view.placement
    with qtbot.waitSignal(rig.view.person_clicked) as clicked:
        at = QPointF(*place.to_widget(np.array([300.0, 140.0]))).toPoint()
        qtbot.mouseClick(rig.view, button, pos=at)
    assert clicked.args == [1]
    with qtbot.assertNotEmitted(rig.view.person_clicked):
        qtbot.mouseClick(rig.view, button, pos=QPoint(3, 3))
        rig.view.set_overlay_source(None)
        qtbot.mouseClick(rig.view, button, pos=at)


def move(
    widget: QWidget,
    to: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    kind: QEvent.Type = QEvent.Type.MouseMove,
) -> None:
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    which = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, to, to, which, held, keys))


def drag(widget: QWidget, begin: QPointF, by: QPointF, button: Qt.MouseButton) -> None:
    move(widget, begin, button, QEvent.Type.MouseButtonPress)
    for share in (0.1, 0.6, 1.0):
        move(widget, begin + by * share, button)
    move(widget, begin + by, button, QEvent.Type.MouseButtonRelease)


def wheel(view: VideoView, at: QPointF, notches: int) -> None:
    turn = QPoint(0, 120 * (1 if notches > 0 else -1))
    none, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    for _ in range(abs(notches)):
        event = QWheelEvent(at, at, QPoint(), turn, none, keys, phase, False)
        QApplication.sendEvent(view, event)


def test_a_person_under_the_pointer_may_be_picked(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    place = rig.view.placement
    for x, hand in ((300.0, True), (100.0, False), (200.0, False)):
        move(rig.view, QPointF(*place.to_widget(np.array([x, 130.0]))))
        shape = rig.view.cursor().shape()
        assert (shape == Qt.CursorShape.PointingHandCursor) is hand


# -- zoom ---------------------------------------------------------------------------


def test_the_wheel_magnifies_what_is_under_the_pointer(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    at, fit = QPointF(300, 200), rig.view.placement
    there = fit.to_picture(at.x(), at.y())
    assert rig.view.zoom_text() == ""
    for notches in (1, 4, -2):
        wheel(rig.view, at, notches)
        assert rig.view.placement.to_picture(at.x(), at.y()) == pytest.approx(there)
    assert rig.view.placement.scale == pytest.approx(2.0 * 1.25**3)
    assert rig.view.zoom_text() == "391 %"
    wheel(rig.view, at, 40)
    assert rig.view.placement.scale == pytest.approx(32.0)
    wheel(rig.view, at, -40)
    assert rig.view.placement == fit
    assert rig.view.zoom_text() == ""


def test_zoomed_overlays_and_clicks_stay_exact(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    left = rig.view.placement.to_widget(np.array([300.0, 150.0]))
    wheel(rig.view, QPointF(*left), 6)
    assert near(colour_at(rig.view, 300, 150), QColor(90, 90, 90))
    assert colour_at(rig.view, 280, 150) != QColor(90, 90, 90)  # on an edge
    at = rig.view.placement.to_widget(np.array([315.0, 120.0]))
    with qtbot.waitSignal(rig.view.person_clicked) as clicked:
        qtbot.mouseClick(
            rig.view, Qt.MouseButton.LeftButton, pos=QPointF(*at).toPoint()
        )
    assert clicked.args == [1]


@pytest.mark.parametrize("name", ["LeftButton", "MiddleButton"])
def test_a_drag_moves_the_picture_and_clicks_nobody(
    rig: SimpleNamespace, qtbot: QtBot, name: str
) -> None:
    show(rig, qtbot)
    rig.view.set_overlay_source(overlay_of_two())
    button = Qt.MouseButton[name]
    person = QPointF(*rig.view.placement.to_widget(np.array([300.0, 140.0])))
    with qtbot.assertNotEmitted(rig.view.person_clicked):
        fit = rig.view.placement
        drag(rig.view, person, QPointF(80, 40), button)
        assert rig.view.placement == fit  # there is nothing to move
        wheel(rig.view, person, 8)
        before = rig.view.placement
        drag(rig.view, person, QPointF(-80, 40), button)
        after = rig.view.placement
        moved = after.x - before.x, after.y - before.y
        assert moved == pytest.approx((-80, 40))
        drag(rig.view, person, QPointF(9000, 9000), button)
        assert rig.view.placement.rect.topLeft() == QPointF(0, 0)
        # What was pulled beyond the edge is not owed on the way back.
        drag(rig.view, person, QPointF(-50, 0), button)
        assert rig.view.placement.x == pytest.approx(-50)


def test_the_zoom_outlives_frames_and_ends_with_the_video(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    rig.session.set_video("one")
    show(rig, qtbot)
    wheel(rig.view, QPointF(100, 100), 5)
    place = rig.view.placement
    rig.player.seek(7)
    qtbot.waitUntil(lambda: rig.session.frame == 7, timeout=20_000)
    assert rig.view.placement == place
    rig.session.set_video("two")
    assert rig.view.zoom is None


def test_one_to_one_whole_again_and_by_double_click(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    rig.view.resize(320, 180)
    show(rig, qtbot)
    fit = rig.view.placement
    assert fit.scale == 0.6
    rig.view.zoom_actual()
    assert rig.view.placement.scale == 1.0
    assert rig.view.zoom_text() == "100 %"
    assert rig.view.placement.to_picture(160, 90) == pytest.approx((200, 150))
    rig.view.zoom_fit()
    assert rig.view.placement == fit
    rig.view.zoom_actual()
    qtbot.mouseDClick(rig.view, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert rig.view.placement == fit
    rig.view.resize(800, 600)
    rig.view.zoom_actual()  # the whole picture is larger than that
    assert rig.view.placement.scale == 2.0


# -- light --------------------------------------------------------------------------


def test_a_brightened_picture_is_shown_and_said(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    before = rig.player.picture.pixels.copy()
    assert colour_at(rig.view, 200, 150) == QColor(90, 90, 90)
    rig.session.set_gamma(2.0)
    lit = round(255 * (90 / 255) ** 0.5)
    assert colour_at(rig.view, 200, 150) == QColor(lit, lit, lit)
    # In the corner stands that it is so.
    corner = rig.view.grab().toImage().copy(680, 560, 140, 40)
    inks = {corner.pixel(x, y) for x in range(140) for y in range(40)}
    assert len(inks) > 5
    np.testing.assert_array_equal(rig.player.picture.pixels, before)
    rig.session.set_gamma(1.0)
    assert colour_at(rig.view, 200, 150) == QColor(90, 90, 90)


# -- words --------------------------------------------------------------------------


def test_the_class_stands_on_the_picture_in_its_colour(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    show(rig, qtbot)
    rig.view.set_label_source(lambda n: FrameLabel("reach", "#56b4e9", "walk (m 0.8)"))
    corner = rig.view.placement.rect.topLeft()
    inside = (corner + QPointF(15, 26)).toPoint()
    assert rig.view.grab().toImage().pixelColor(inside) == QColor(90, 90, 90)
    rig.session.set_overlays(labels=True)
    assert rig.view.grab().toImage().pixelColor(inside) == QColor("#56b4e9")
    rig.session.set_overlays(labels=False)
    assert rig.view.grab().toImage().pixelColor(inside) == QColor(90, 90, 90)


def test_what_is_said_of_a_frame_paints_it_anew_only_where_it_stands_there(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    rig.view.show()
    assert QTest.qWaitForWindowExposed(rig.view, 20_000)
    show(rig, qtbot)
    painted = Painted(rig.view)
    assert painted.since(lambda: rig.view.update()) == 1
    reach, walk = FrameLabel("reach", "#56b4e9"), FrameLabel("walk", "#009e73")
    assert painted.since(lambda: rig.view.set_label_source(lambda n: reach)) == 0
    assert painted.since(lambda: rig.session.set_overlays(labels=True)) == 1
    same = painted.since(lambda: rig.view.set_label_source(lambda n: reach))
    assert same == 0, "it says the same"
    assert painted.since(lambda: rig.view.set_label_source(lambda n: walk)) == 1


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget, self._times = widget, 0
        widget.installEventFilter(self)

    def since(self, change: Callable[[], object]) -> int:
        """Paintings by a change, and not by what was told before it."""
        self._paint_what_is_put_off()
        self._times = 0
        change()
        self._paint_what_is_put_off()
        return self._times

    def _paint_what_is_put_off(self) -> None:
        # Qt paints some milliseconds after `update`, unless it is asked to do so now.
        settle()
        QApplication.sendEvent(self._widget, QEvent(QEvent.Type.UpdateRequest))

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        self._times += event.type() == QEvent.Type.Paint
        return False


@pytest.mark.qt_log_ignore("does not support")  # popups, offscreen
def test_the_button_comes_with_the_pointer_and_opens_the_panel(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    rig.view.show()
    assert QTest.qWaitForWindowExposed(rig.view, 20_000)
    button, panel = rig.view.button, rig.view.panel
    rig.view.leaveEvent(QEvent(QEvent.Type.Leave))
    assert not button.isVisible()
    inside = QPointF(10, 10)
    QApplication.sendEvent(rig.view, QEnterEvent(inside, inside, inside))
    assert button.isVisible()
    assert rig.view.rect().contains(button.geometry())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()


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
    rig.player.set_rate(1.0)
    for _ in range(2):
        bar.speed.choices[2.0].trigger()
        assert bar.speed.text() == "2.0×"
        assert bar.speed.choices[2.0].isChecked(), "also where it was chosen already"
    rig.player.set_rate(1.0)
    rig.player.shuttle(-1)
    assert bar.speed.text() == "−1.0×"
    rig.player.pause()
    assert bar.speed.text() == "1.0×"
    rig.player.close()
    assert bar.frame.text() == ""
    assert not bar.buttons["play"].isEnabled()


def test_labels_of_annotation_and_model() -> None:
    label_map = label_map_from_names(["walk", "reach"])
    walk, reach = label_map.ids
    empty = Segmentation.unlabelled(10)
    lanes = {"annotation": paint(empty, 0, 5, walk)}
    said = paint(empty, 0, 10, reach)
    item = Track.of_film("01", "01.mp4", "", 10, W, H, 25.0, lanes)
    probabilities = np.tile(np.float32([0.18, 0.82]), (10, 1))
    guess = Prediction(probabilities, np.array([walk, reach]), said)
    plain = lane_labels(item, label_map)
    assert plain(0) == FrameLabel("walk", label_map.get(walk).color)
    assert plain(7) == FrameLabel("")
    assert plain(10) is None
    # What grows with the playhead is written a few times a second only.
    grows = lane_labels(item, label_map, growing=lambda: GrowingSegment(reach, 6, 8))
    assert [grows(n).name for n in (4, 5, 6, 8, 9)] == [
        "walk",
        "",
        "reach",
        "reach",
        "",
    ]
    both = lane_labels(item, label_map, "hands", guess)
    assert both(0).predicted == "reach (hands 0.82)"
    assert lane_labels(item, label_map, "hands")(7).predicted == "", "not read yet"
    # What the model had to keep is no guess of its own.
    kept = replace(guess, fixed=np.arange(10) < 5)
    both = lane_labels(item, label_map, "hands", kept)
    assert [both(n).predicted for n in (4, 5)] == [
        "reach (yours)",
        "reach (hands 0.82)",
    ]
