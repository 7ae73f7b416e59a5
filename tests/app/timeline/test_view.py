"""The timeline as a person meets it: pixels, mouse, wheel and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.key_policy import keeps
from app.state.current_video import CurrentVideo
from app.state.document import Document
from app.state.session import Session
from app.timeline.geometry import TimeWindow, frame_in_minimap
from app.timeline.layout import HEADER_PX, LANES_TOP, MINIMAP_TOP, RULER_PX, RULER_TOP
from app.timeline.overview import paint_ruler
from app.timeline.painter import Drag
from app.timeline.style import class_colors_of, luminance, style_of, text_on
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import PALETTE
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import (
    Segment,
    Segmentation,
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


def surer_and_surer(n_frames: int) -> Prediction:
    """A model that knows nothing of the first frame, and is sure of the last."""
    sure = np.linspace(0, 1, n_frames, dtype=np.float32)
    shares = np.stack([(1 + sure) / 2, (1 - sure) / 2], axis=1)
    whole = Segmentation((Segment(0, n_frames, 0),))
    return Prediction(shares, np.arange(2), whole)


class Keys:
    """The keys of classes without a keyboard."""

    def __init__(self) -> None:
        self.held: int | None = None
        self.taken_back = 0

    def take_back(self) -> None:
        self.taken_back += 1


class ProjectWindow:
    """A timeline that is shown, and where things are on it."""

    def __init__(self, document: Document, qtbot: QtBot) -> None:
        self.document, self.session = document, Session()
        self.player = FakePlayer(self.session)
        self.keys = Keys()
        self.current = CurrentVideo(document, self.session)
        self.widget = TimelineView(self.current, self.player, self.keys)
        qtbot.addWidget(self.widget)
        self.session.set_video("one")
        self.current.set_prediction("one", "fusion", surer_and_surer(N_FRAMES))
        self.widget.resize(HEADER_PX + N_FRAMES + 12, 240)
        self.widget.show()

    def at(self, frame: float, row: int = 0) -> QPoint:
        """Pixel at which a frame begins in the middle of a row."""
        place = self.widget.rows[row]
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
def project_window(tmp_path: Path, qtbot: QtBot) -> Iterator[ProjectWindow]:
    document = make_document(tmp_path / "kitchen")
    yield ProjectWindow(document, qtbot)
    document.close()


def test_a_boundary_is_dragged_with_the_mouse(project_window: ProjectWindow) -> None:
    start = project_window.at(300)
    project_window.press(start + QPoint(2, 0))
    for off in (-10, -30, -58):
        project_window.move(start + QPoint(off, 0))
        project_window.picture()
    assert project_window.session.frame == 240
    assert project_window.annotation.boundaries[0] == 300
    project_window.release(start + QPoint(-58, 0))
    assert project_window.annotation.boundaries[0] == 240
    assert project_window.session.boundary == 0
    assert project_window.document.undo_stack.count() == 1
    project_window.document.undo_stack.undo()
    assert project_window.annotation == ANNOTATED


def test_escape_drops_the_drag(project_window: ProjectWindow) -> None:
    project_window.press(project_window.at(500))
    project_window.move(project_window.at(450))
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, NOTHING)
    assert keeps(project_window.widget, override)
    QTest.keyClick(project_window.widget, Qt.Key.Key_Escape)
    project_window.release(project_window.at(450))
    assert project_window.annotation == ANNOTATED
    assert project_window.session.frame == 0
    assert project_window.document.undo_stack.count() == 0


def test_an_edit_from_elsewhere_drops_the_drag(project_window: ProjectWindow) -> None:
    project_window.press(project_window.at(500))
    project_window.move(project_window.at(450))
    project_window.document.edit_lane("Paint", "one", lambda s: paint(s, 0, 900, 0))
    project_window.release(project_window.at(450))
    assert project_window.annotation == paint(ANNOTATED, 0, 900, 0)


def test_a_new_prediction_does_not_drop_the_drag(project_window: ProjectWindow) -> None:
    project_window.press(project_window.at(500))
    project_window.move(project_window.at(450))
    new = Segmentation.unlabelled(N_FRAMES)
    project_window.document.apply(
        "Pre-label", lambda p: set_lane(p, "one", FUSION, new)
    )
    project_window.release(project_window.at(450))
    assert project_window.annotation.boundaries[1] == 450


def test_a_click_in_a_segment_or_the_ruler_seeks(project_window: ProjectWindow) -> None:
    project_window.press(project_window.at(400))
    project_window.release(project_window.at(400))
    assert project_window.session.frame == 400
    ruler = QPoint(HEADER_PX + 650, RULER_TOP + 5)
    project_window.press(ruler)
    project_window.move(ruler + QPoint(20, 0))
    project_window.release(ruler + QPoint(20, 0))
    assert project_window.session.frame == 670


def test_shift_drag_marks_a_range_and_the_right_button_nothing(
    project_window: ProjectWindow,
) -> None:
    project_window.press(project_window.at(600), keys=Qt.KeyboardModifier.ShiftModifier)
    project_window.move(project_window.at(700))
    project_window.release(project_window.at(700))
    assert project_window.session.marked_range(N_FRAMES) == (600, 700)
    project_window.picture()
    project_window.press(project_window.at(100), RIGHT)
    project_window.release(project_window.at(100), RIGHT)
    assert project_window.player.sought == []


def test_the_pointer_says_what_can_be_dragged(project_window: ProjectWindow) -> None:
    project_window.move(project_window.at(500) + QPoint(4, 0))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.SplitHCursor
    project_window.picture()
    project_window.move(project_window.at(500) + QPoint(40, 0))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    project_window.move(project_window.at(510, row=1))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_wheel_zooms_at_the_pointer_with_control_and_pans_without(
    project_window: ProjectWindow,
) -> None:
    project_window.wheel(400, 120 * 4, Qt.KeyboardModifier.ControlModifier)
    view = project_window.widget.view
    assert view.frames_per_px < 0.5
    assert view.x_of(400) == pytest.approx(400)
    project_window.wheel(400, -120)
    assert project_window.widget.view.first > view.first
    project_window.wheel(400, 120)
    assert project_window.widget.view.first == pytest.approx(view.first)


def test_zoom_keys_keep_the_playhead(project_window: ProjectWindow) -> None:
    project_window.player.seek(700)
    x = project_window.widget.view.x_of(700)
    project_window.widget.zoom_in()
    project_window.widget.zoom_in()
    assert project_window.widget.view.x_of(700) == pytest.approx(x)
    project_window.widget.zoom_out()
    project_window.widget.zoom_fit()
    assert project_window.widget.view.is_fit


@pytest.mark.parametrize("frame", [0, N_FRAMES - 1])
def test_zoom_keys_keep_the_playhead_at_either_end(
    project_window: ProjectWindow, frame: int
) -> None:
    project_window.player.seek(frame)
    for _ in range(12):
        project_window.widget.zoom_in()
        assert project_window.widget.view.holds(frame)
    for _ in range(12):
        project_window.widget.zoom_out()
        assert project_window.widget.view.holds(frame)


def test_the_page_turns_with_the_playhead(project_window: ProjectWindow) -> None:
    project_window.widget.set_view(
        TimeWindow(N_FRAMES, 0, 0.1, project_window.widget.view.width).clamped()
    )
    project_window.player.seek(99)
    assert project_window.widget.view.first == 0
    project_window.player.seek(100)
    assert project_window.widget.view.holds(100)
    assert project_window.widget.view.first == pytest.approx(90)
    project_window.widget.ensure_visible(600)
    assert project_window.widget.view.holds(600)


def test_the_minimap_scrubs(project_window: ProjectWindow) -> None:
    spots = [QPoint(HEADER_PX + x, MINIMAP_TOP + 4) for x in (300, 600)]
    project_window.press(spots[0])
    project_window.move(spots[1])
    project_window.release(spots[1])
    width = project_window.widget.view.width
    frames = [int(x * N_FRAMES / width) for x in (300, 600)]
    assert project_window.player.sought == frames
    assert project_window.widget.view.is_fit


def test_the_frame_in_the_minimap_and_the_middle_button_pan(
    project_window: ProjectWindow,
) -> None:
    project_window.widget.set_view(project_window.widget.view.zoomed(4, 500))
    left, right = (round(x) for x in frame_in_minimap(project_window.widget.view))
    first, top = project_window.widget.view.first, MINIMAP_TOP + 4
    # A hand says what can be dragged; beside the frame the minimap scrubs.
    project_window.move(QPoint(HEADER_PX + left + 5, top))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.OpenHandCursor
    project_window.move(QPoint(HEADER_PX + right + 5, top))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    project_window.press(QPoint(HEADER_PX + left + 5, top))
    assert project_window.widget.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    project_window.move(QPoint(HEADER_PX + left + 105, top))
    project_window.release(QPoint(HEADER_PX + left + 105, top))
    by = 100 * N_FRAMES / project_window.widget.view.width
    assert project_window.widget.view.first == pytest.approx(first + by)
    first = project_window.widget.view.first
    project_window.press(project_window.at(900), MIDDLE)
    project_window.move(QPoint(HEADER_PX + 700, 80))
    project_window.release(QPoint(HEADER_PX + 700, 80), MIDDLE)
    assert project_window.widget.view.first > first
    assert project_window.player.sought == []
    # A click in the frame is no drag: it shows what lies there.
    view = project_window.widget.view
    x = round(frame_in_minimap(view)[0]) + 20
    project_window.press(QPoint(HEADER_PX + x, top))
    project_window.release(QPoint(HEADER_PX + x, top))
    assert project_window.player.sought == [int(x * N_FRAMES / view.width)]
    assert project_window.widget.view == view


def test_what_is_short_is_seen_in_an_hour(project_window: ProjectWindow) -> None:
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
        project_window.document.project.video("one"),
        n_frames=hour,
        lanes={ANNOTATION: lane},
    )
    project_window.document.apply("An hour", lambda p: replace(p, videos=(item,)))
    picture = project_window.picture()
    class_colors = class_colors_of(
        project_window.document.project.label_map, style_of(project_window.widget)
    )
    for y in (project_window.at(0).y(), MINIMAP_TOP + 4):
        for segment in lane.segments:
            if len(segment) == 50:
                x = HEADER_PX + int(project_window.widget.view.x_of(segment.start + 25))
                colours = [
                    picture.pixelColor(x + i, y) for i in (-3, -2, -1, 0, 1, 2, 3)
                ]
                wanted = class_colors.classes[segment.class_id].solid
                assert any(near(c, wanted) for c in colours), (y, segment)


def test_corrected_frames_are_marked_under_the_ruler(
    project_window: ProjectWindow,
) -> None:
    def line() -> list[QColor]:
        picture, y = project_window.picture(), RULER_TOP + RULER_PX + 1
        return [picture.pixelColor(HEADER_PX + x, y) for x in range(N_FRAMES)]

    before = line()
    corrections = (Point(300, 0, 9), SideSwap(500, 540, 0))
    item = replace(
        project_window.document.project.video("one"), corrections=corrections
    )
    project_window.document.apply("Correct", lambda p: replace(p, videos=(item,)))
    marked = [x for x, (a, b) in enumerate(zip(before, line(), strict=True)) if a != b]
    assert marked == [*range(300, 303), *range(500, 539)]
    tips = [
        project_window.widget.tip_at(QPoint(HEADER_PX + x, RULER_TOP + 20))
        for x in (301, 520)
    ]
    assert tips[0] == "Keypoints corrected in frame 300"
    assert tips[1] == "Keypoints corrected from frame 500 to 539"
    assert project_window.widget.tip_at(QPoint(HEADER_PX + 400, RULER_TOP + 20)) == ""
    # Magnified where none is.
    project_window.widget.set_view(project_window.widget.view.zoomed(8, 0))
    assert project_window.widget.view.last < 300
    assert style_of(project_window.widget).text not in line()


def near(a: QColor, b: QColor, by: int = 3) -> bool:
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    return all(abs(x - y) <= by for x, y in pairs)


def test_every_segment_carries_its_class_colour(project_window: ProjectWindow) -> None:
    picture = project_window.picture()
    names = project_window.document.project.label_map
    class_colors = class_colors_of(
        project_window.document.project.label_map, style_of(project_window.widget)
    )
    for segment in ANNOTATED.segments[:3]:
        place = project_window.at((segment.start + segment.stop) / 2)
        class_color = class_colors.classes[segment.class_id]
        shown = picture.pixelColor(place)
        assert near(class_color.solid, QColor(names.get(segment.class_id).color))
        if segment.source == "model" and not segment.reviewed:
            assert shown.hue() == pytest.approx(class_color.solid.hue(), abs=12)
            assert not near(shown, class_color.solid)
        else:
            assert near(shown, class_color.solid)
    for segment in project_window.document.project.video("one").lanes[FUSION].segments:
        place = project_window.at((segment.start + segment.stop) / 2, row=1)
        hue = QColor(names.get(segment.class_id).color).hue()
        assert picture.pixelColor(place).hue() == pytest.approx(hue, abs=12)
    gap = picture.pixelColor(project_window.at(900) + QPoint(0, 6))
    assert gap.saturation() < 40


def test_neighbours_are_parted_by_a_line(project_window: ProjectWindow) -> None:
    project_window.document.edit_lane(
        "Paint", "one", lambda s: paint(s, 300, 500, 0, "import")
    )
    picture = project_window.picture()
    # Above the middle, where the words stand.
    place = project_window.at(300) - QPoint(0, 14)
    left, right = (picture.pixelColor(place + QPoint(x, 0)) for x in (-6, 6))
    between = picture.pixelColor(place - QPoint(1, 0))
    assert near(left, right)
    assert not near(left, between)


def test_uncertainty_falls_where_the_model_is_sure(
    project_window: ProjectWindow,
) -> None:
    picture = project_window.picture()
    row = project_window.widget.rows[2]

    def lit(frame: int) -> int:
        x = project_window.at(frame).x()
        ground = picture.pixelColor(x, row.top)
        column = (picture.pixelColor(x, y) for y in range(row.top, row.bottom))
        return sum(not near(c, ground) for c in column)

    assert lit(100) > lit(500) > lit(850)


class Repaints(QObject):
    """What of a widget was painted, while it is watched."""

    def __init__(self, widget: TimelineView) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def test_only_the_playhead_is_repainted_when_it_moves(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    qtbot.waitExposed(project_window.widget)
    QApplication.processEvents()
    before = project_window.picture()
    repaints = Repaints(project_window.widget)
    project_window.player.seek(600)
    QApplication.processEvents()
    region = repaints.region
    after = project_window.picture()
    changed = np.argwhere(pixels(before) != pixels(after))
    assert len(changed)
    assert all(region.contains(QPoint(int(x), int(y))) for y, x in changed)
    lanes = project_window.widget.rect().adjusted(HEADER_PX, LANES_TOP, 0, 0)
    painted = sum(r.width() * r.height() for r in region.intersected(lanes))
    assert painted < 0.1 * lanes.width() * lanes.height()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32).copy()
    return flat.reshape(image.height(), image.width())


def test_no_number_of_the_ruler_is_cut_at_its_end(
    project_window: ProjectWindow,
) -> None:
    style, width = style_of(project_window.widget), 400
    for n_frames in range(90, 190, 7):
        image = QImage(width + 80, 30, QImage.Format.Format_RGB32)
        image.fill(style.surface)
        painter = QPainter(image)
        view = TimeWindow.fitted(n_frames, width)
        paint_ruler(painter, view, 0, 26, lambda frame: frame / 10, style)
        painter.end()
        beyond = image.copy(width + 1, 0, 79, 30)
        empty = beyond.copy()
        empty.fill(style.surface)
        assert beyond == empty, n_frames


def test_ten_thousand_segments_are_painted(project_window: ProjectWindow) -> None:
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
        project_window.document.project.video("one"),
        n_frames=10 * N_FRAMES,
        lanes={ANNOTATION: Segmentation(many), FUSION: Segmentation(many)},
    )
    project_window.document.apply("Swap", lambda p: replace(p, videos=(item,)))
    assert project_window.widget.view.n_frames == 10 * N_FRAMES
    project_window.picture()
    for _ in range(12):
        project_window.widget.zoom_in()
        project_window.picture()
    project_window.press(project_window.at(5))
    project_window.move(project_window.at(7))
    project_window.picture()


def test_tooltips_say_what_it_is(project_window: ProjectWindow) -> None:
    tip = project_window.widget.tip_at
    assert (
        "<b>reach</b><br>300 \u2013 499 \u00b7 200 frames \u00b7 0:08.000"
        "<br>by a model \u00b7 confidence 0.70"
    ) in tip(project_window.at(400))
    assert "reviewed" in tip(project_window.at(600))
    assert "<b>unlabelled</b>" in tip(project_window.at(900))
    assert "model fusion" in tip(project_window.at(400, row=1))
    assert (
        tip(project_window.at(500, row=2))
        == "<b>Uncertainty of fusion</b><br>0.25 at frame 500"
    )
    assert tip(QPoint(10, project_window.at(0, row=1).y())) == ""
    assert tip(QPoint(HEADER_PX + 5, RULER_TOP + 3)) == ""


def test_it_follows_the_project(project_window: ProjectWindow) -> None:
    project_window.picture()
    first = project_window.document.project.label_map.ids[0]
    project_window.document.apply(
        "Colour", lambda p: recolor_class(p, first, "#ff0000")
    )
    assert near(
        project_window.picture().pixelColor(project_window.at(150)), QColor("#ff0000")
    )
    project_window.document.apply("Remove", lambda p: remove_video(p, "one"))
    project_window.picture()
    project_window.press(QPoint(HEADER_PX + 100, 80))
    assert project_window.player.sought == []
    project_window.document.undo_stack.undo()
    assert near(
        project_window.picture().pixelColor(project_window.at(150)), QColor("#ff0000")
    )


def test_without_a_video_it_says_what_will_be_here(
    project_window: ProjectWindow,
) -> None:
    project_window.session.set_video("")
    picture = project_window.picture()
    grounds = {picture.pixelColor(x, 120).rgb() for x in range(picture.width())}
    assert len(grounds) > 1
    project_window.widget.zoom_in()
    project_window.wheel(10, 120)


def test_a_prediction_of_another_length_is_not_shown(
    project_window: ProjectWindow,
) -> None:
    project_window.current.set_prediction("one", "fusion", surer_and_surer(3))
    keys = [row.lane.key for row in project_window.widget.rows]
    assert keys == ["annotation", "prediction:fusion"]


def test_lanes_that_do_not_fit_are_scrolled_to(project_window: ProjectWindow) -> None:
    project_window.widget.resize(600, 130)
    before = project_window.at(0).y()
    project_window.widget.wheelEvent(
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
    assert project_window.at(0).y() < before
    project_window.picture()


@pytest.mark.parametrize("colour", PALETTE)
def test_text_on_every_class_colour_can_be_read(colour: str) -> None:
    fill, text = QColor(colour), text_on(QColor(colour))
    low, high = sorted((luminance(fill) + 0.05, luminance(text) + 0.05))
    assert high / low >= 4.5


def test_a_drag_says_where_it_is_and_how_far_it_went() -> None:
    assert Drag(0, 1240, 1204, None).text == "1,204  (\u221236 frames)"
    assert Drag(0, 10, 11, 11).text == "11  (+1 frame)"


def test_it_has_a_name_for_screen_readers(project_window: ProjectWindow) -> None:
    assert project_window.widget.accessibleName() == "Timeline"
