"""The timeline as a person meets it: pixels, mouse, wheel and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.document import Document
from app.state.session import Session
from app.timeline.canvas import Drag
from app.timeline.geometry import View, frame_in_minimap
from app.timeline.layout import HEADER_PX, MINIMAP_TOP, RULER_PX, RULER_TOP
from app.timeline.overview import paint_ruler
from app.timeline.style import luminance, style_of, text_on
from app.timeline.view import TimelineView
from skelseg_core.labels.segmentation import (
    PALETTE,
    Segment,
    Segmentation,
    paint,
)
from skelseg_core.poses.corrections import Point, SideSwap
from skelseg_core.project.class_edits import recolor_class
from skelseg_core.project.value import (
    ANNOTATION,
    prediction_lane,
    remove_video,
    set_lane,
)
from tests.app.timeline.test_tools import (
    ANNOTATED,
    N_FRAMES,
    FakePlayer,
    make_document,
)

FUSION = prediction_lane("fusion")
LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
NOTHING = Qt.KeyboardModifier.NoModifier


class Desk:
    """A timeline that is shown, and where things are on it."""

    def __init__(self, document: Document, qtbot: QtBot) -> None:
        self.document, self.session = document, Session()
        self.player = FakePlayer(self.session)
        self.widget = TimelineView(document, self.session, self.player)
        qtbot.addWidget(self.widget)
        self.session.set_video("one")
        self.widget.feeds.set_confidence(FUSION, np.linspace(0, 1, N_FRAMES))
        self.widget.resize(HEADER_PX + N_FRAMES + 12, 240)
        self.widget.show()

    def at(self, frame: float, row: int = 0) -> QPoint:
        """Pixel at which a frame begins in the middle of a row."""
        place = self.widget._canvas.row(row)
        x = HEADER_PX + self.widget.view.x_of(frame)
        return QPoint(round(x), place.top + place.height // 2)

    def press(
        self,
        point: QPoint,
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = NOTHING,
    ) -> None:
        QTest.mousePress(self.widget, button, keys, point)

    def move(self, point: QPoint) -> None:
        QTest.mouseMove(self.widget, point)

    def release(self, point: QPoint, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseRelease(self.widget, button, NOTHING, point)

    def wheel(self, x: int, turn: int, keys: Qt.KeyboardModifier = NOTHING) -> None:
        at = QPointF(HEADER_PX + x, 80)
        event = QWheelEvent(
            at,
            self.widget.mapToGlobal(at),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        self.widget.wheelEvent(event)

    def picture(self) -> QImage:
        return self.widget.grab().toImage()

    @property
    def annotation(self) -> Segmentation:
        return self.document.project.video("one").annotation


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    document = make_document(tmp_path / "kitchen")
    yield Desk(document, qtbot)
    document.close()


def test_a_boundary_is_dragged_with_the_mouse(desk: Desk) -> None:
    start = desk.at(300)
    desk.press(start + QPoint(2, 0))
    for off in (-10, -30, -58):
        desk.move(start + QPoint(off, 0))
        desk.picture()
    assert desk.session.frame == 240
    assert desk.annotation.boundaries[0] == 300
    desk.release(start + QPoint(-58, 0))
    assert desk.annotation.boundaries[0] == 240
    assert desk.session.boundary == 0
    assert desk.document.undo_stack.count() == 1
    desk.document.undo_stack.undo()
    assert desk.annotation == ANNOTATED


def test_escape_drops_the_drag(desk: Desk) -> None:
    desk.press(desk.at(500))
    desk.move(desk.at(450))
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, NOTHING)
    override.ignore()
    desk.widget.event(override)
    assert override.isAccepted()
    QTest.keyClick(desk.widget, Qt.Key.Key_Escape)
    desk.release(desk.at(450))
    assert desk.annotation == ANNOTATED
    assert desk.session.frame == 0
    assert desk.document.undo_stack.count() == 0


def test_an_edit_from_elsewhere_drops_the_drag(desk: Desk) -> None:
    desk.press(desk.at(500))
    desk.move(desk.at(450))
    desk.document.edit_lane("Paint", "one", lambda s: paint(s, 0, 900, 0))
    desk.release(desk.at(450))
    assert desk.annotation == paint(ANNOTATED, 0, 900, 0)


def test_a_new_prediction_does_not_drop_the_drag(desk: Desk) -> None:
    desk.press(desk.at(500))
    desk.move(desk.at(450))
    new = Segmentation.unlabelled(N_FRAMES)
    desk.document.apply("Pre-label", lambda p: set_lane(p, "one", FUSION, new))
    desk.release(desk.at(450))
    assert desk.annotation.boundaries[1] == 450


def test_a_click_in_a_segment_or_the_ruler_seeks(desk: Desk) -> None:
    desk.press(desk.at(400))
    desk.release(desk.at(400))
    assert desk.session.frame == 400
    ruler = QPoint(HEADER_PX + 650, RULER_TOP + 5)
    desk.press(ruler)
    desk.move(ruler + QPoint(20, 0))
    desk.release(ruler + QPoint(20, 0))
    assert desk.session.frame == 670


def test_shift_drag_marks_a_range_and_the_right_button_nothing(desk: Desk) -> None:
    desk.press(desk.at(600), keys=Qt.KeyboardModifier.ShiftModifier)
    desk.move(desk.at(700))
    desk.release(desk.at(700))
    assert desk.session.marked_range(N_FRAMES) == (600, 700)
    desk.picture()
    desk.press(desk.at(100), RIGHT)
    desk.release(desk.at(100), RIGHT)
    assert desk.player.sought == []


def test_the_pointer_says_what_can_be_dragged(desk: Desk) -> None:
    desk.move(desk.at(500) + QPoint(4, 0))
    assert desk.widget.cursor().shape() == Qt.CursorShape.SplitHCursor
    desk.picture()
    desk.move(desk.at(500) + QPoint(40, 0))
    assert desk.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    desk.move(desk.at(510, row=1))
    assert desk.widget.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_wheel_zooms_at_the_pointer_with_control_and_pans_without(desk: Desk) -> None:
    desk.wheel(400, 120 * 4, Qt.KeyboardModifier.ControlModifier)
    view = desk.widget.view
    assert view.frames_per_px < 0.5
    assert view.x_of(400) == pytest.approx(400)
    desk.wheel(400, -120)
    assert desk.widget.view.first > view.first
    desk.wheel(400, 120)
    assert desk.widget.view.first == pytest.approx(view.first)


def test_zoom_keys_keep_the_playhead(desk: Desk) -> None:
    desk.player.seek(700)
    x = desk.widget.view.x_of(700)
    desk.widget.zoom_in()
    desk.widget.zoom_in()
    assert desk.widget.view.x_of(700) == pytest.approx(x)
    desk.widget.zoom_out()
    desk.widget.zoom_fit()
    assert desk.widget.view.is_fit


@pytest.mark.parametrize("frame", [0, N_FRAMES - 1])
def test_zoom_keys_keep_the_playhead_at_either_end(desk: Desk, frame: int) -> None:
    desk.player.seek(frame)
    for _ in range(12):
        desk.widget.zoom_in()
        assert desk.widget.view.holds(frame)
    for _ in range(12):
        desk.widget.zoom_out()
        assert desk.widget.view.holds(frame)


def test_the_page_turns_with_the_playhead(desk: Desk) -> None:
    desk.widget.set_view(View(N_FRAMES, 0, 0.1, desk.widget.view.width).clamped())
    desk.player.seek(99)
    assert desk.widget.view.first == 0
    desk.player.seek(100)
    assert desk.widget.view.holds(100)
    assert desk.widget.view.first == pytest.approx(90)
    desk.widget.ensure_visible(600)
    assert desk.widget.view.holds(600)


def test_the_minimap_scrubs(desk: Desk) -> None:
    spots = [QPoint(HEADER_PX + x, MINIMAP_TOP + 4) for x in (300, 600)]
    desk.press(spots[0])
    desk.move(spots[1])
    desk.release(spots[1])
    width = desk.widget.view.width
    frames = [int(x * N_FRAMES / width) for x in (300, 600)]
    assert desk.player.sought == frames
    assert desk.widget.view.is_fit


def test_the_frame_in_the_minimap_and_the_middle_button_pan(desk: Desk) -> None:
    desk.widget.set_view(desk.widget.view.zoomed(4, 500))
    left, right = (round(x) for x in frame_in_minimap(desk.widget.view))
    first, top = desk.widget.view.first, MINIMAP_TOP + 4
    # A hand says what can be dragged; beside the frame the minimap scrubs.
    desk.move(QPoint(HEADER_PX + left + 5, top))
    assert desk.widget.cursor().shape() == Qt.CursorShape.OpenHandCursor
    desk.move(QPoint(HEADER_PX + right + 5, top))
    assert desk.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    desk.press(QPoint(HEADER_PX + left + 5, top))
    assert desk.widget.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    desk.move(QPoint(HEADER_PX + left + 105, top))
    desk.release(QPoint(HEADER_PX + left + 105, top))
    by = 100 * N_FRAMES / desk.widget.view.width
    assert desk.widget.view.first == pytest.approx(first + by)
    first = desk.widget.view.first
    desk.press(desk.at(900), MIDDLE)
    desk.move(QPoint(HEADER_PX + 700, 80))
    desk.release(QPoint(HEADER_PX + 700, 80), MIDDLE)
    assert desk.widget.view.first > first
    assert desk.player.sought == []
    # A click in the frame is no drag: it shows what lies there.
    view = desk.widget.view
    x = round(frame_in_minimap(view)[0]) + 20
    desk.press(QPoint(HEADER_PX + x, top))
    desk.release(QPoint(HEADER_PX + x, top))
    assert desk.player.sought == [int(x * N_FRAMES / view.width)]
    assert desk.widget.view == view


def test_what_is_short_is_seen_in_an_hour(desk: Desk) -> None:
    hour, starts = 90_000, np.arange(1_000, 90_000, 4_001)
    # Two seconds each, in nothing and in something, and some side by side.
    segments, at = [], 0
    for n, start in enumerate(starts.tolist()):
        around = 2 if n % 2 else None
        segments.append(Segment(at, start, around))
        segments.append(Segment(start, start + 50, 0))
        at = start + 50
        if n % 3 == 0:
            segments.append(Segment(at, at + 50, 1))
            at += 50
    lane = Segmentation((*segments, Segment(at, hour)))
    item = replace(
        desk.document.project.video("one"),
        n_frames=hour,
        lanes={ANNOTATION: lane},
    )
    desk.document.apply("An hour", lambda p: replace(p, videos=(item,)))
    picture = desk.picture()
    inks = desk.widget._canvas._inks[2]
    for y in (desk.at(0).y(), MINIMAP_TOP + 4):
        for segment in lane.segments:
            if len(segment) == 50:
                x = HEADER_PX + int(desk.widget.view.x_of(segment.start + 25))
                colours = [
                    picture.pixelColor(x + i, y) for i in (-3, -2, -1, 0, 1, 2, 3)
                ]
                wanted = inks.classes[segment.class_id].solid
                assert any(near(c, wanted) for c in colours), (y, segment)


def test_corrected_frames_are_marked_under_the_ruler(desk: Desk) -> None:
    def line() -> list[QColor]:
        picture, y = desk.picture(), RULER_TOP + RULER_PX + 1
        return [picture.pixelColor(HEADER_PX + x, y) for x in range(N_FRAMES)]

    before = line()
    corrections = (Point(300, 0, 9), SideSwap(500, 540, 0))
    item = replace(desk.document.project.video("one"), corrections=corrections)
    desk.document.apply("Correct", lambda p: replace(p, videos=(item,)))
    marked = [x for x, (a, b) in enumerate(zip(before, line(), strict=True)) if a != b]
    assert marked == [*range(300, 303), *range(500, 539)]
    tips = [
        desk.widget.tip_at(QPoint(HEADER_PX + x, RULER_TOP + 20)) for x in (301, 520)
    ]
    assert tips[0] == "Keypoints corrected in frame 300"
    assert tips[1] == "Keypoints corrected from frame 500 to 539"
    assert desk.widget.tip_at(QPoint(HEADER_PX + 400, RULER_TOP + 20)) == ""
    # Magnified where none is.
    desk.widget.set_view(desk.widget.view.zoomed(8, 0))
    assert desk.widget.view.last < 300
    assert desk.widget._styled().text not in line()


def near(a: QColor, b: QColor, by: int = 3) -> bool:
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    return all(abs(x - y) <= by for x, y in pairs)


def test_every_segment_carries_its_class_colour(desk: Desk) -> None:
    picture = desk.picture()
    names = desk.document.project.label_map
    inks = desk.widget._canvas._inks[2]
    for segment in ANNOTATED.segments[:3]:
        place = desk.at((segment.start + segment.stop) / 2)
        ink = inks.classes[segment.class_id]
        shown = picture.pixelColor(place)
        assert near(ink.solid, QColor(names.get(segment.class_id).color))
        if segment.source == "model" and not segment.reviewed:
            assert shown.hue() == pytest.approx(ink.solid.hue(), abs=12)
            assert not near(shown, ink.solid)
        else:
            assert near(shown, ink.solid)
    for segment in desk.document.project.video("one").lanes[FUSION].segments:
        place = desk.at((segment.start + segment.stop) / 2, row=1)
        hue = QColor(names.get(segment.class_id).color).hue()
        assert picture.pixelColor(place).hue() == pytest.approx(hue, abs=12)
    gap = picture.pixelColor(desk.at(900) + QPoint(0, 6))
    assert gap.saturation() < 40


def test_neighbours_are_parted_by_a_line(desk: Desk) -> None:
    desk.document.edit_lane("Paint", "one", lambda s: paint(s, 300, 500, 0, "import"))
    picture = desk.picture()
    # Above the middle, where the words stand.
    place = desk.at(300) - QPoint(0, 14)
    left, right = (picture.pixelColor(place + QPoint(x, 0)) for x in (-6, 6))
    between = picture.pixelColor(place - QPoint(1, 0))
    assert near(left, right)
    assert not near(left, between)


def test_uncertainty_falls_where_the_model_is_sure(desk: Desk) -> None:
    picture = desk.picture()
    row = desk.widget._canvas.row(2)

    def lit(frame: int) -> int:
        x = desk.at(frame).x()
        ground = picture.pixelColor(x, row.top)
        column = (picture.pixelColor(x, y) for y in range(row.top, row.bottom))
        return sum(not near(c, ground) for c in column)

    assert lit(100) > lit(500) > lit(850)


def test_only_the_playhead_is_repainted_when_it_moves(desk: Desk) -> None:
    desk.picture()
    lanes = desk.widget._lanes
    before = desk.picture()
    desk.player.seek(600)
    assert desk.widget._lanes is lanes
    after = desk.picture()
    widget = desk.widget
    old, new = (
        widget._canvas.playhead_region(
            widget.view, frame, widget.height(), widget._styled()
        )
        for frame in (0, 600)
    )
    changed = np.argwhere(pixels(before) != pixels(after))
    assert len(changed)
    region = old.united(new)
    assert all(region.contains(QPoint(int(x), int(y))) for y, x in changed)


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32).copy()
    return flat.reshape(image.height(), image.width())


def test_no_number_of_the_ruler_is_cut_at_its_end(desk: Desk) -> None:
    style, width = style_of(desk.widget), 400
    for n_frames in range(90, 190, 7):
        image = QImage(width + 80, 30, QImage.Format.Format_RGB32)
        image.fill(style.surface)
        painter = QPainter(image)
        view = View.fitted(n_frames, width)
        paint_ruler(painter, view, 0, 26, lambda frame: frame / 10, style)
        painter.end()
        beyond = image.copy(width + 1, 0, 79, 30)
        empty = beyond.copy()
        empty.fill(style.surface)
        assert beyond == empty, n_frames


def test_ten_thousand_segments_are_painted(desk: Desk) -> None:
    segments = tuple(
        Segment(
            f,
            f + 1,
            None if f % 7 == 0 else f % 3,
            "model",
            class_vouched=f % 5 == 1,
        )
        for f in range(N_FRAMES)
    )
    many = tuple(
        replace(s, start=s.start * 10 + k, stop=s.start * 10 + k + 1)
        for s in segments
        for k in range(10)
    )
    item = replace(
        desk.document.project.video("one"),
        n_frames=10 * N_FRAMES,
        lanes={ANNOTATION: Segmentation(many), FUSION: Segmentation(many)},
    )
    desk.document.apply("Swap", lambda p: replace(p, videos=(item,)))
    assert desk.widget.view.n_frames == 10 * N_FRAMES
    desk.picture()
    for _ in range(12):
        desk.widget.zoom_in()
        desk.picture()
    desk.press(desk.at(5))
    desk.move(desk.at(7))
    desk.picture()


def test_tooltips_say_what_it_is(desk: Desk) -> None:
    tip = desk.widget.tip_at
    assert (
        "<b>reach</b><br>300 \u2013 499 \u00b7 200 frames \u00b7 0:08.000"
        "<br>by a model \u00b7 confidence 0.70"
    ) in tip(desk.at(400))
    assert "reviewed" in tip(desk.at(600))
    assert "<b>unlabelled</b>" in tip(desk.at(900))
    assert "model fusion" in tip(desk.at(400, row=1))
    assert (
        tip(desk.at(500, row=2)) == "<b>Uncertainty of fusion</b><br>0.50 at frame 500"
    )
    assert tip(QPoint(10, desk.at(0, row=1).y())) == ""
    assert tip(QPoint(HEADER_PX + 5, RULER_TOP + 3)) == ""


def test_it_follows_the_project(desk: Desk) -> None:
    desk.picture()
    first = desk.document.project.label_map.ids[0]
    desk.document.apply("Colour", lambda p: recolor_class(p, first, "#ff0000"))
    assert near(desk.picture().pixelColor(desk.at(150)), QColor("#ff0000"))
    desk.document.apply("Remove", lambda p: remove_video(p, "one"))
    desk.picture()
    desk.press(QPoint(HEADER_PX + 100, 80))
    assert desk.player.sought == []
    desk.document.undo_stack.undo()
    assert near(desk.picture().pixelColor(desk.at(150)), QColor("#ff0000"))


def test_without_a_video_it_says_what_will_be_here(desk: Desk) -> None:
    desk.session.set_video("")
    picture = desk.picture()
    grounds = {picture.pixelColor(x, 120).rgb() for x in range(picture.width())}
    assert len(grounds) > 1
    desk.widget.zoom_in()
    desk.wheel(10, 120)


def test_confidence_of_another_length_is_not_shown(desk: Desk) -> None:
    desk.widget.feeds.set_confidence(FUSION, np.ones(3))
    assert [r.kind for r in desk.widget._canvas.rows] == ["annotation", "prediction"]


def test_lanes_that_do_not_fit_are_scrolled_to(desk: Desk) -> None:
    desk.widget.resize(600, 130)
    before = desk.at(0).y()
    desk.widget.wheelEvent(
        QWheelEvent(
            QPointF(20, 80),
            QPointF(20, 80),
            QPoint(),
            QPoint(0, -480),
            Qt.MouseButton.NoButton,
            NOTHING,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
    )
    assert desk.at(0).y() < before
    desk.picture()


@pytest.mark.parametrize("colour", PALETTE)
def test_text_on_every_class_colour_can_be_read(colour: str) -> None:
    fill, text = QColor(colour), text_on(QColor(colour))
    low, high = sorted((luminance(fill) + 0.05, luminance(text) + 0.05))
    assert high / low >= 4.5


def test_a_drag_says_where_it_is_and_how_far_it_went() -> None:
    assert Drag(0, 1240, 1204, None).text == "1,204  (\u221236 frames)"
    assert Drag(0, 10, 11, 11).text == "11  (+1 frame)"


def test_it_has_a_name_for_screen_readers(desk: Desk) -> None:
    assert desk.widget.accessibleName() == "Timeline"
