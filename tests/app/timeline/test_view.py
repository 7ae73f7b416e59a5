"""The timeline as a person meets it: pixels, mouse, wheel and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit.label_style import class_colors_of, luminance, style_of, text_on
from app.kit.settings import Settings
from app.state.current_video import CurrentVideo
from app.state.document import Document
from app.state.session import Session
from app.timeline import segment_box
from app.timeline.geometry import TimeWindow, frame_in_minimap
from app.timeline.key_line import KEYS_PX, KNOWN, KeyLine
from app.timeline.lane_place import LanePlace
from app.timeline.layout import HEADER_PX, LANES_TOP, MINIMAP_TOP, RULER_PX, RULER_TOP
from app.timeline.painter import Drag
from app.timeline.ruler import paint_ruler
from app.timeline.segments import LaneData, paint_segments
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import PALETTE
from skelseg_core.labels.edits import accept, paint, split
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.corrections import PlacedKeypoint, SideSwap
from skelseg_core.project.class_edits import recolor_class
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import remove_video, set_lane
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.timeline.test_tools import (
    ANNOTATED,
    N_FRAMES,
    PREDICTED,
    FakePlayer,
    make_document,
)
from tests.app.windows import move_pointer
from tests.projects import changed
from tests.settled import settle

HANDS = prediction_lane("hands")
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
    return Prediction(shares, np.arange(2), PREDICTED)


class Keys:
    """The keys of classes without a keyboard."""

    def __init__(self) -> None:
        self.held: int | None = None
        self.taken_back = 0

    def take_back(self) -> None:
        self.taken_back += 1


class Bench:
    """A timeline that is shown, and where things are on it."""

    def __init__(self, document: Document, qtbot: QtBot) -> None:
        self.document, self.session = document, Session()
        self.player = FakePlayer(self.session)
        self.keys = Keys()
        self.current = CurrentVideo(document, self.session)
        self.widget = TimelineView(self.current, self.player, self.keys)
        qtbot.addWidget(self.widget)
        self.session.set_video("one")
        self.current.set_prediction("one", "hands", surer_and_surer(N_FRAMES))
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

    def move(
        self,
        point: QPoint,
        keys: Qt.KeyboardModifier = NOTHING,
        buttons: Qt.MouseButton | None = None,
    ) -> None:
        move_pointer(self.widget, point, keys, buttons)

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
        return self.document.project.track("one").annotation


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot) -> Iterator[Bench]:
    document = make_document(tmp_path / "kitchen")
    yield Bench(document, qtbot)
    document.close()


def test_a_new_prediction_does_not_drop_the_drag(bench: Bench) -> None:
    bench.press(bench.at(500))
    bench.move(bench.at(450))
    new = Segmentation.unlabelled(N_FRAMES)
    bench.document.apply("Pre-label", lambda p: set_lane(p, "one", HANDS, new))
    bench.release(bench.at(450))
    assert bench.annotation.boundaries[1] == 450


def test_a_click_in_a_segment_or_the_ruler_seeks(bench: Bench) -> None:
    bench.press(bench.at(400))
    bench.release(bench.at(400))
    assert bench.session.frame == 400
    ruler = QPoint(HEADER_PX + 650, RULER_TOP + 5)
    bench.press(ruler)
    bench.move(ruler + QPoint(20, 0))
    bench.release(ruler + QPoint(20, 0))
    assert bench.session.frame == 670


def test_shift_drag_marks_a_range_and_the_right_button_nothing(bench: Bench) -> None:
    bench.press(bench.at(600), keys=Qt.KeyboardModifier.ShiftModifier)
    bench.move(bench.at(700))
    bench.release(bench.at(700))
    assert bench.session.marked_range(N_FRAMES) == (600, 700)
    bench.picture()
    bench.press(bench.at(100), RIGHT)
    bench.release(bench.at(100), RIGHT)
    assert bench.player.sought == []


def test_the_pointer_says_what_can_be_dragged(bench: Bench) -> None:
    bench.move(bench.at(500) + QPoint(4, 0))
    assert bench.widget.cursor().shape() == Qt.CursorShape.SplitHCursor
    bench.picture()
    bench.move(bench.at(500) + QPoint(40, 0))
    assert bench.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    bench.move(bench.at(510, row=1))
    assert bench.widget.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_wheel_zooms_at_the_pointer_with_control_and_pans_without(bench: Bench) -> None:
    bench.wheel(400, 120 * 4, Qt.KeyboardModifier.ControlModifier)
    view = bench.widget.view
    assert view.frames_per_px < 0.5
    assert view.x_of(400) == pytest.approx(400)
    bench.wheel(400, -120)
    assert bench.widget.view.first > view.first
    bench.wheel(400, 120)
    assert bench.widget.view.first == pytest.approx(view.first)


@pytest.mark.parametrize("frame", [0, N_FRAMES - 1])
def test_zoom_keys_keep_the_playhead_at_either_end(bench: Bench, frame: int) -> None:
    bench.player.seek(frame)
    for _ in range(12):
        bench.widget.zoom_in()
        assert bench.widget.view.holds(frame)
    for _ in range(12):
        bench.widget.zoom_out()
        assert bench.widget.view.holds(frame)


def test_the_page_turns_with_the_playhead(bench: Bench) -> None:
    bench.widget.set_view(
        TimeWindow(N_FRAMES, 0, 0.1, bench.widget.view.width).clamped()
    )
    bench.player.seek(99)
    assert bench.widget.view.first == 0
    bench.player.seek(100)
    assert bench.widget.view.holds(100)
    assert bench.widget.view.first == pytest.approx(90)
    bench.widget.ensure_visible(600)
    assert bench.widget.view.holds(600)


def test_the_minimap_scrubs(bench: Bench) -> None:
    spots = [QPoint(HEADER_PX + x, MINIMAP_TOP + 4) for x in (300, 600)]
    bench.press(spots[0])
    bench.move(spots[1])
    bench.release(spots[1])
    width = bench.widget.view.width
    frames = [int(x * N_FRAMES / width) for x in (300, 600)]
    assert bench.player.sought == frames
    assert bench.widget.view.is_fit


def test_the_frame_in_the_minimap_and_the_middle_button_pan(bench: Bench) -> None:
    bench.widget.set_view(bench.widget.view.zoomed(4, 500))
    left, right = (round(x) for x in frame_in_minimap(bench.widget.view))
    first, top = bench.widget.view.first, MINIMAP_TOP + 4
    # A hand says what can be dragged; beside the frame the minimap scrubs.
    bench.move(QPoint(HEADER_PX + left + 5, top))
    assert bench.widget.cursor().shape() == Qt.CursorShape.OpenHandCursor
    bench.move(QPoint(HEADER_PX + right + 5, top))
    assert bench.widget.cursor().shape() == Qt.CursorShape.ArrowCursor
    bench.press(QPoint(HEADER_PX + left + 5, top))
    assert bench.widget.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    bench.move(QPoint(HEADER_PX + left + 105, top))
    bench.release(QPoint(HEADER_PX + left + 105, top))
    by = 100 * N_FRAMES / bench.widget.view.width
    assert bench.widget.view.first == pytest.approx(first + by)
    first = bench.widget.view.first
    bench.press(bench.at(900), MIDDLE)
    bench.move(QPoint(HEADER_PX + 700, 80))
    bench.release(QPoint(HEADER_PX + 700, 80), MIDDLE)
    assert bench.widget.view.first > first
    assert bench.player.sought == []
    # A click in the frame is no drag: it shows what lies there.
    view = bench.widget.view
    x = round(frame_in_minimap(view)[0]) + 20
    bench.press(QPoint(HEADER_PX + x, top))
    bench.release(QPoint(HEADER_PX + x, top))
    assert bench.player.sought == [int(x * N_FRAMES / view.width)]
    assert bench.widget.view == view


def test_what_is_short_is_seen_in_an_hour(bench: Bench) -> None:
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
    item = changed(
        bench.document.project.track("one"), n_frames=hour, lanes={ANNOTATION: lane}
    )
    bench.document.apply("An hour", lambda p: replace(p, tracks=(item,)))
    picture = bench.picture()
    class_colors = class_colors_of(
        bench.document.project.label_map, style_of(bench.widget)
    )
    for y in (bench.at(0).y(), MINIMAP_TOP + 4):
        for segment in lane.segments:
            if len(segment) == 50:
                x = HEADER_PX + int(bench.widget.view.x_of(segment.start + 25))
                colours = [
                    picture.pixelColor(x + i, y) for i in (-3, -2, -1, 0, 1, 2, 3)
                ]
                made = class_colors.classes[segment.class_id]
                wanted = made.solid if y == MINIMAP_TOP + 4 else made.fill
                assert any(near(c, wanted) for c in colours), (y, segment)


def test_corrected_frames_are_marked_under_the_ruler(bench: Bench) -> None:
    def line() -> list[QColor]:
        picture, y = bench.picture(), RULER_TOP + RULER_PX + 1
        return [picture.pixelColor(HEADER_PX + x, y) for x in range(N_FRAMES)]

    before = line()
    corrections = (PlacedKeypoint(300, 0, 9), SideSwap(500, 540, 0))
    item = changed(bench.document.project.track("one"), corrections=corrections)
    bench.document.apply("Correct", lambda p: replace(p, tracks=(item,)))
    marked = [x for x, (a, b) in enumerate(zip(before, line(), strict=True)) if a != b]
    assert marked == [*range(300, 303), *range(500, 539)]
    tips = [
        bench.widget.tip_at(QPoint(HEADER_PX + x, RULER_TOP + 20)) for x in (301, 520)
    ]
    assert tips[0] == "Keypoints corrected: frames 300"
    assert tips[1] == "Keypoints corrected: frames 500 to 539"
    assert bench.widget.tip_at(QPoint(HEADER_PX + 400, RULER_TOP + 20)) == ""
    # Magnified where none is.
    bench.widget.set_view(bench.widget.view.zoomed(8, 0))
    assert bench.widget.view.last < 300
    assert style_of(bench.widget).text not in line()


def near(a: QColor, b: QColor, by: int = 3) -> bool:
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    return all(abs(x - y) <= by for x, y in pairs)


def test_every_segment_carries_its_class_colour(bench: Bench) -> None:
    picture = bench.picture()
    names = bench.document.project.label_map
    class_colors = class_colors_of(
        bench.document.project.label_map, style_of(bench.widget)
    )
    for segment in ANNOTATED.segments[:3]:
        place = bench.at((segment.start + segment.stop) / 2)
        class_color = class_colors.classes[segment.class_id]
        shown = picture.pixelColor(place)
        assert near(class_color.solid, QColor(names.get(segment.class_id).color))
        if segment.source == "model" and not segment.reviewed:
            assert shown.hue() == pytest.approx(class_color.solid.hue(), abs=12)
            assert not near(shown, class_color.fill)
        else:
            assert near(shown, class_color.fill)
            foot = QPoint(place.x(), bench.widget.rows[0].bottom - 2)
            assert near(picture.pixelColor(foot), class_color.solid)
    for segment in PREDICTED.segments:
        place = bench.at((segment.start + segment.stop) / 2, row=1)
        hue = QColor(names.get(segment.class_id).color).hue()
        assert picture.pixelColor(place).hue() == pytest.approx(hue, abs=12)
    gap = picture.pixelColor(bench.at(900) + QPoint(0, 6))
    assert gap.saturation() < 40


def test_neighbours_are_parted_by_a_line(bench: Bench) -> None:
    bench.document.edit_lane(
        "Paint", "one", lambda s: split(paint(s, 200, 500, 0), 300)
    )
    picture = bench.picture()
    # Above the middle, where the words stand.
    place = bench.at(300) - QPoint(0, 14)
    left, right = (picture.pixelColor(place + QPoint(x, 0)) for x in (-6, 6))
    between = picture.pixelColor(place - QPoint(1, 0))
    assert near(left, right)
    assert not near(left, between)
    # Narrow ones are parted as well.
    many = Segmentation.from_frames(np.arange(N_FRAMES) * 0)
    for cut in range(6, N_FRAMES, 6):
        many = split(many, cut)
    bench.document.edit_lane("Split", "one", lambda _: many)
    picture, row = bench.picture(), bench.widget.rows[0]
    inks = [
        picture.pixelColor(x, row.top + 4).name()
        for x in range(bench.at(0).x(), bench.at(600).x())
    ]
    assert inks.count(style_of(bench.widget).well.name()) > 90, "a line before each"


def test_an_action_of_two_origins_is_one_box_that_shows_both(bench: Bench) -> None:
    mine = paint(Segmentation.unlabelled(N_FRAMES), 0, 300, 0)
    said = Segmentation.from_frames(np.repeat([0, 1], [600, N_FRAMES - 600]), "model")
    bench.document.edit_lane("Accept", "one", lambda _: accept(mine, said))
    picture = bench.picture()

    def inks(start: int, stop: int) -> int:
        y = bench.at(start).y() + 12  # below the words
        xs = range(bench.at(start).x(), bench.at(stop).x())
        return len({picture.pixelColor(x, y).name() for x in xs})

    assert inks(100, 280) == 1, "a person's is solid"
    assert inks(320, 500) > 1, "a model's is hatched"
    assert near(*(picture.pixelColor(bench.at(299 + x, 0)) for x in (-2, 0)))
    tip = bench.widget.tip_at(bench.at(310))
    assert "by a person (0 to 299), by a model (300 to 599)" in tip


def test_uncertainty_falls_where_the_model_is_sure(bench: Bench) -> None:
    picture = bench.picture()
    row = bench.widget.rows[2]

    def lit(frame: int) -> int:
        x = bench.at(frame).x()
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
    bench: Bench, qtbot: QtBot
) -> None:
    assert QTest.qWaitForWindowExposed(bench.widget, 20_000)
    settle()
    before = bench.picture()
    repaints = Repaints(bench.widget)
    bench.player.seek(600)
    settle()
    region = repaints.region
    after = bench.picture()
    changed = np.argwhere(pixels(before) != pixels(after))
    assert len(changed)
    assert all(region.contains(QPoint(int(x), int(y))) for y, x in changed)
    lanes = bench.widget.rect().adjusted(HEADER_PX, LANES_TOP, 0, 0)
    painted = sum(r.width() * r.height() for r in region.intersected(lanes))
    assert painted < 0.1 * lanes.width() * lanes.height()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32).copy()
    return flat.reshape(image.height(), image.width())


def test_no_number_of_the_ruler_is_cut_at_its_end(bench: Bench) -> None:
    style, width = style_of(bench.widget), 400
    for n_frames in range(90, 190, 7):
        image = QImage(width + 80, 30, QImage.Format.Format_RGB32)
        image.fill(style.surface)
        painter = QPainter(image)
        view = TimeWindow.fitted(n_frames, width)
        paint_ruler(LanePlace(painter, view, 0, 26, style), lambda f: f / 10)
        painter.end()
        beyond = image.copy(width + 1, 0, 79, 30)
        empty = beyond.copy()
        empty.fill(style.surface)
        assert beyond == empty, n_frames


def test_ten_thousand_segments_are_painted(bench: Bench) -> None:
    segments = tuple(
        Segment(
            f, f + 1, None if f % 7 == 0 else f % 3, "model", class_reviewed=f % 5 == 1
        )
        for f in range(N_FRAMES)
    )
    many = tuple(
        replace(s, start=s.start * 10 + k, stop=s.start * 10 + k + 1)
        for s in segments
        for k in range(10)
    )
    item = changed(
        bench.document.project.track("one"),
        n_frames=10 * N_FRAMES,
        lanes={ANNOTATION: Segmentation(many), HANDS: Segmentation(many)},
    )
    bench.document.apply("Swap", lambda p: replace(p, tracks=(item,)))
    assert bench.widget.view.n_frames == 10 * N_FRAMES
    bench.picture()
    for _ in range(12):
        bench.widget.zoom_in()
        bench.picture()
    bench.press(bench.at(5))
    bench.move(bench.at(7))
    bench.picture()


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_kept_picture_of_a_box_is_the_box(
    bench: Bench, ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    cuts = [0, *np.cumsum(rng.integers(7, 90, 60)).tolist()]
    cuts = [*(c for c in cuts if c < N_FRAMES), N_FRAMES]
    many = Segmentation(
        tuple(
            Segment(a, b, n % 2, "model", class_reviewed=n % 3 > 0)
            for n, (a, b) in enumerate(pairwise(cuts))
        )
    )
    data = LaneData.of(many, bench.document.project.label_map)
    style = style_of(bench.widget)
    colors = class_colors_of(bench.document.project.label_map, style)
    view = TimeWindow.fitted(N_FRAMES, N_FRAMES)
    painted = []
    for kept_px in (100.0, 0.0):
        monkeypatch.setattr(segment_box, "KEPT_PX", kept_px)
        image = QImage(QSize(N_FRAMES, 50) * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(style.well)
        painter = QPainter(image)
        paint_segments(LanePlace(painter, view, 0, 40, style), data, colors)
        painter.end()
        painted.append(pixels(image).view(np.uint8).astype(int))
    # Letters may be a quarter of a pixel further, and corners differ by a shade.
    assert (np.abs(painted[0] - painted[1]) > 6).mean() < 0.001


def test_tooltips_say_what_it_is(bench: Bench) -> None:
    tip = bench.widget.tip_at
    assert (
        "<b>reach</b><br>300 to 499 \u00b7 200 frames \u00b7 0:08.000"
        "<br>by a model \u00b7 confidence 0.70"
    ) in tip(bench.at(400))
    assert "reviewed" in tip(bench.at(600))
    assert "<b>unlabelled</b>" in tip(bench.at(900))
    assert "model hands" in tip(bench.at(400, row=1))
    assert (
        tip(bench.at(500, row=2)) == "<b>Uncertainty of hands</b><br>0.25 at frame 500"
    )
    assert tip(QPoint(10, bench.at(0, row=1).y())) == ""
    assert tip(QPoint(HEADER_PX + 5, RULER_TOP + 3)) == ""


def test_it_follows_the_project(bench: Bench) -> None:
    bench.picture()
    first = bench.document.project.label_map.ids[0]
    bench.document.apply("Colour", lambda p: recolor_class(p, first, "#ff0000"))
    foot = QPoint(bench.at(150).x(), bench.widget.rows[0].bottom - 2)
    assert near(bench.picture().pixelColor(foot), QColor("#ff0000"))
    bench.document.apply("Remove", lambda p: remove_video(p, "one"))
    bench.picture()
    bench.press(QPoint(HEADER_PX + 100, 80))
    assert bench.player.sought == []
    bench.document.undo_stack.undo()
    foot = QPoint(bench.at(150).x(), bench.widget.rows[0].bottom - 2)
    assert near(bench.picture().pixelColor(foot), QColor("#ff0000"))


def test_without_a_video_it_says_what_will_be_here(bench: Bench) -> None:
    bench.session.set_video("")
    picture = bench.picture()
    grounds = {picture.pixelColor(x, 120).rgb() for x in range(picture.width())}
    assert len(grounds) > 1
    bench.widget.zoom_in()
    bench.wheel(10, 120)


def test_a_prediction_that_does_not_fit_says_why_in_the_place_of_its_lane(
    bench: Bench,
) -> None:
    before = bench.picture()
    why = "The prediction of hands for one is of other poses & is not shown."
    bench.current.set_unfit("one", "hands", why)
    keys = [row.lane.key for row in bench.widget.rows]
    assert keys == ["annotation", "prediction:hands"]
    assert "other poses &amp; is not shown" in bench.widget.tip_at(bench.at(100, 1))
    said = bench.picture()
    assert said != before
    bench.current.set_unfit("one", "hands", f"{why} Pre-label one again.")
    assert bench.picture() != said, "the sentence stands in the lane"


def test_lanes_that_do_not_fit_are_scrolled_to(bench: Bench) -> None:
    bench.widget.resize(600, 130)
    before = bench.at(0).y()
    bench.widget.wheelEvent(
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
    assert bench.at(0).y() < before
    bench.picture()


@pytest.mark.parametrize("colour", [*PALETTE, "#767676", "#7f7f7f", "#ff0000"])
def test_text_on_every_class_colour_can_be_read(colour: str) -> None:
    fill, text = QColor(colour), text_on(QColor(colour))
    low, high = sorted((luminance(fill) + 0.05, luminance(text) + 0.05))
    assert high / low >= 4.5


def test_a_drag_says_where_it_is_and_how_far_it_went() -> None:
    assert Drag(0, 1240, 1204, None).text == "1,204  (\u221236 frames)"
    assert Drag(0, 10, 11, 11).text == "11  (+1 frame)"


def test_it_has_a_name_for_screen_readers(bench: Bench) -> None:
    assert bench.widget.accessibleName() == "Timeline"


def test_an_edit_fades_and_a_place_is_moved_to_unless_nothing_may_move(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = bench.widget
    settle()
    lanes = QRegion(HEADER_PX, LANES_TOP, 60, 30).boundingRect()

    def looks() -> QImage:
        return widget.grab(lanes).toImage()

    def edit(class_id: int) -> None:
        bench.document.edit_lane(
            "Label", "one", lambda lane: paint(lane, 0, N_FRAMES, class_id)
        )

    edit(0)
    before = looks()
    edit(1)
    after = looks()
    assert before != after
    monkeypatch.setattr("app.timeline.motion.DURATION_MS", 120)
    edit(0)
    assert looks() == after
    qtbot.waitUntil(lambda: looks() == before)
    whole = widget.view
    widget.set_view(whole.zoomed(4, 0))
    near = looks()
    widget.zoom_fit()
    assert widget.view == whole
    assert looks() == near
    qtbot.waitUntil(lambda: looks() == before)


def test_a_key_is_named_below_the_lanes_until_it_was_used_ten_times(
    bench: Bench, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "settings.ini")
    widget = bench.widget
    line = widget.key_line = KeyLine(settings)
    widget.show_keys({"play": "Space", "in": "I", "out": "O"}.get)
    names = [("Space", "play"), ("1–9", "label"), ("I O", "range")]
    assert line.texts(widget.data.key_of) == names
    widget.resize(widget.width(), 400)
    foot = QRect(HEADER_PX, 400 - KEYS_PX, 300, KEYS_PX)
    named = widget.grab(foot).toImage()
    for _ in range(KNOWN):
        for command in ("play", "class", "in", "elsewhere"):
            widget.use_key(command)
    assert line.texts(widget.data.key_of) == names[2:]
    assert widget.grab(foot).toImage() != named
    for _ in range(KNOWN):
        widget.use_key("out")
    assert not KeyLine(settings).texts(widget.data.key_of)
