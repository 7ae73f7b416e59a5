"""The lanes of the timeline as a person meets them: shown, moved, resized."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.kit.label_style import class_colors_of, style_of
from app.kit.settings import Settings
from app.state.current_video import CurrentVideo
from app.state.document import Document
from app.state.session import Session
from app.timeline.curves import Curve, round_above
from app.timeline.geometry import TimeWindow
from app.timeline.headers import Headers, lanes_menu
from app.timeline.kinds import lane_of
from app.timeline.kinds.boundaries import Ticks
from app.timeline.lane import TipPoint
from app.timeline.lane_place import LanePlace
from app.timeline.layout import HEADER_PX, LANES_TOP, MINIMAP_TOP
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane, set_lane
from skelseg_core.project.videos_and_tracks import annotator_lane, prediction_lane
from tests.app.timeline.test_tools import N_FRAMES, PREDICTED, FakePlayer, make_document
from tests.app.windows import move_pointer
from tests.settled import settle

HANDS = prediction_lane("hands")
LEFT, NOTHING = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
THEIRS = Segmentation((Segment(0, 280, 0), Segment(280, N_FRAMES, 1)))


def said() -> Prediction:
    """A model that says what `PREDICTED` says, the last class at 60 %."""
    shares = np.full((N_FRAMES, 3), 0.02, np.float32)
    for segment in PREDICTED.segments:
        assert segment.class_id is not None
        best = 0.6 if segment.class_id == 2 else 0.96
        shares[segment.start : segment.stop] = (1 - best) / 2
        shares[segment.start : segment.stop, segment.class_id] = best
    return Prediction(shares, np.arange(3), PREDICTED)


def moving() -> Kinematics:
    """Wrists that are fast, then unseen, then slow; hands that rest at 250."""
    names = ("left_wrist", "right_wrist")
    speeds = np.full((N_FRAMES, 2), 400, np.float32)
    speeds[400:600] = np.nan
    speeds[600:] = 40
    return Kinematics(names, speeds, np.array([250]), np.array([0.8], np.float32))


class Bench:
    """A timeline that is shown with everything that can be known of a video."""

    def __init__(self, document: Document, qtbot: QtBot) -> None:
        self.document, self.session = document, Session()
        document.apply("Anna", lambda p: add_annotator_lane(p, "one", "Anna", THEIRS))
        self.current = CurrentVideo(document, self.session)
        self.widget = TimelineView(self.current, FakePlayer(self.session))
        qtbot.addWidget(self.widget)
        self.session.set_video("one")
        self.current.set_prediction("one", "hands", said())
        self.current.set_motion(None, moving())
        self.widget.resize(HEADER_PX + N_FRAMES + 12, 420)
        self.widget.show()
        assert QTest.qWaitForWindowExposed(self.widget, 20_000)
        found = self.widget.findChild(Headers)
        assert found is not None
        self.headers = found

    @property
    def keys(self) -> list[str]:
        return [row.lane.key for row in self.widget.rows]

    def row(self, key: str) -> int:
        return self.keys.index(key)

    def place(self, key: str) -> tuple[int, int]:
        """Top and bottom of a lane within the widget."""
        row = self.widget.rows[self.row(key)]
        return row.top, row.bottom

    def header(self, key: str, down: int | None = None) -> QPoint:
        """A point of a header, ``down`` px from its top or in its middle."""
        top, bottom = self.place(key)
        y = (top + bottom) // 2 if down is None else top + down
        return QPoint(40, y - LANES_TOP)

    def drag_header(self, begin: QPoint, *steps: QPoint) -> None:
        QTest.mousePress(self.headers, LEFT, NOTHING, begin)
        for step in steps:
            move_pointer(self.headers, step)

    def release(self, point: QPoint) -> None:
        QTest.mouseRelease(self.headers, LEFT, NOTHING, point)

    def picture(self) -> QImage:
        return self.widget.grab().toImage()

    def lit(self, key: str, frame: int) -> int:
        """Pixels of a column of a lane that are not its ground."""
        picture, (top, bottom) = self.picture(), self.place(key)
        x = HEADER_PX + round(self.widget.view.x_of(frame + 0.5))
        ground = QColor.fromRgb(int(style_of(self.widget).shades[0]))
        column = [picture.pixelColor(x, y) for y in range(top, bottom)]
        return sum(abs(c.lightness() - ground.lightness()) > 12 for c in column)


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot) -> Iterator[Bench]:
    document = make_document(tmp_path / "kitchen")
    yield Bench(document, qtbot)
    document.close()


def test_what_is_known_has_a_lane(bench: Bench) -> None:
    assert bench.keys == [
        "annotation",
        "annotator:Anna",
        "prediction:hands",
        "uncertainty:hands",
        "boundaries:motion",
        "motion:wrists",
    ]
    bench.current.set_motion(None, None)
    assert "motion:wrists" not in bench.keys
    bench.document.apply("x", lambda p: set_lane(p, "one", annotator_lane("B"), THEIRS))
    assert bench.keys[:3] == ["annotation", "annotator:Anna", "annotator:B"]


def test_lanes_are_shown_and_hidden_from_the_menu(bench: Bench) -> None:
    menu = lanes_menu(bench.widget.lanes, bench.widget)
    menu.aboutToShow.emit()
    texts = {a.text(): a for a in menu.actions() if a.text()}
    assert "Annotation" not in texts
    ribbon = texts["Class probabilities of hands"]
    assert ribbon.isCheckable()
    assert not ribbon.isChecked()
    ribbon.trigger()
    assert "probability:hands" in bench.keys
    texts["Labels of Anna"].trigger()
    assert "annotator:Anna" not in bench.keys
    inner = next(m for m in menu.findChildren(QMenu) if m.title() != "")
    assert [a.text() for a in inner.actions()] == [
        "Speed of left wrist",
        "Speed of right wrist",
    ]
    inner.actions()[0].trigger()
    assert "motion:left_wrist" in bench.keys
    texts["Reset the lanes"].trigger()
    assert "annotator:Anna" in bench.keys
    assert "motion:left_wrist" not in bench.keys


def test_a_header_is_dragged_to_another_place(bench: Bench) -> None:
    begin, end = bench.header("motion:wrists"), bench.header("annotator:Anna")
    bench.drag_header(begin, begin - QPoint(0, 6), end)
    assert bench.keys[1] == "motion:wrists"
    bench.release(end)
    assert bench.keys[1:3] == ["motion:wrists", "annotator:Anna"]


def test_a_model_takes_its_curves_along_and_the_annotation_stays(bench: Bench) -> None:
    begin, end = bench.header("uncertainty:hands"), bench.header("motion:wrists")
    bench.drag_header(begin, end)
    bench.release(end)
    assert bench.keys[-2:] == ["prediction:hands", "uncertainty:hands"]
    begin = bench.header("annotation")
    bench.drag_header(begin, bench.header("motion:wrists"))
    bench.release(bench.header("motion:wrists"))
    assert bench.keys[0] == "annotation"
    bench.drag_header(bench.header("motion:wrists"), begin)
    bench.release(begin)
    assert bench.keys[0] == "annotation"


def test_the_lower_edge_is_dragged_to_resize(bench: Bench) -> None:
    top, bottom = bench.place("motion:wrists")
    edge = QPoint(40, bottom - 1 - LANES_TOP)
    bench.drag_header(edge, edge + QPoint(0, 31))
    bench.release(edge + QPoint(0, 31))
    assert bench.place("motion:wrists") == (top, bottom + 31)
    far = edge - QPoint(0, 400)
    edge = QPoint(40, bottom + 30 - LANES_TOP)
    bench.drag_header(edge, far)
    bench.release(far)
    top, bottom = bench.place("motion:wrists")
    assert bottom - top == 16
    QTest.mouseDClick(bench.headers, LEFT, NOTHING, QPoint(40, bottom - 1 - LANES_TOP))
    assert "motion:wrists" not in bench.widget.lanes.value.heights


def test_escape_drops_what_is_done_to_a_header(bench: Bench) -> None:
    before = bench.widget.lanes.value
    begin, end = bench.header("motion:wrists"), bench.header("annotator:Anna")
    bench.drag_header(begin, end)
    assert bench.widget.lanes.value != before
    QTest.keyClick(bench.headers, Qt.Key.Key_Escape)
    assert bench.widget.lanes.value == before
    bench.release(end)
    assert bench.widget.lanes.value == before


def test_a_header_whose_button_came_up_unseen_is_let_go(bench: Bench) -> None:
    before = bench.widget.lanes.value
    bench.drag_header(bench.header("motion:wrists"), bench.header("annotator:Anna"))
    at = QPointF(bench.header("prediction:hands"))
    nothing = Qt.MouseButton.NoButton
    there = bench.headers.mapToGlobal(at)
    event = QMouseEvent(QEvent.Type.MouseMove, at, there, nothing, nothing, NOTHING)
    QApplication.sendEvent(bench.headers, event)
    assert bench.widget.lanes.value == before


def test_the_choice_is_remembered(bench: Bench, tmp_path: Path, qtbot: QtBot) -> None:
    settings = Settings(tmp_path / "s.ini")
    bench.widget.lanes.remember_in(settings)
    bench.widget.lanes.toggle("uncertainty")
    bench.widget.lanes.set_shown("filmstrip", True)
    begin, end = bench.header("motion:wrists"), bench.header("annotator:Anna")
    bench.drag_header(begin, end)
    bench.release(end)
    other = TimelineView(bench.current, FakePlayer(bench.session))
    qtbot.addWidget(other)
    other.lanes.remember_in(Settings(tmp_path / "s.ini"))
    assert other.lanes.value == bench.widget.lanes.value
    assert other.lanes.shows("filmstrip")
    assert not other.lanes.shows("uncertainty:hands")


def test_a_speed_is_drawn_where_it_is_known(bench: Bench) -> None:
    fast, gap, slow = (bench.lit("motion:wrists", f) for f in (200, 500, 800))
    assert gap == 0
    assert 0 < slow < fast
    words = lane_of("motion:wrists").subtitle(bench.widget.data)
    assert words == "0 \u2013 400 px/s"


def test_uncertainty_is_high_where_the_model_hesitates(bench: Bench) -> None:
    assert bench.lit("uncertainty:hands", 800) > bench.lit("uncertainty:hands", 100)


def test_probable_classes_shine_in_their_row(bench: Bench) -> None:
    bench.widget.lanes.toggle("probability")
    picture, (top, bottom) = (bench.picture(), bench.place("probability:hands"))
    high = (bottom - top) / 3
    for frame, best in ((100, 0), (400, 1), (800, 2)):
        x = HEADER_PX + round(bench.widget.view.x_of(frame))
        rows = [picture.pixelColor(x, round(top + (n + 0.4) * high)) for n in range(3)]
        brightest = max(range(3), key=lambda n: rows[n].saturation() * rows[n].value())
        assert brightest == best


def test_a_high_ribbon_names_its_classes(bench: Bench) -> None:
    bench.widget.lanes.toggle("probability")
    lane = lane_of("probability:hands")

    def lines(height: int) -> int:
        """Separate lines of text in the header."""
        bench.widget.lanes.set(bench.widget.lanes.value.with_height(lane, height))
        picture, (top, bottom) = (bench.picture(), bench.place(lane.key))
        ground = picture.pixelColor(8, top)
        inked = [
            any(picture.pixelColor(x, y) != ground for x in range(16, 100))
            for y in range(top, bottom)
        ]
        return sum(b and not a for a, b in pairwise([False, *inked]))

    assert lines(90) == 3
    assert lines(30) < 3


def test_motion_changes_are_ticks(bench: Bench) -> None:
    assert bench.lit("boundaries:motion", 250) + bench.lit("boundaries:motion", 249) > 4
    assert bench.lit("boundaries:motion", 300) == 0


def test_what_is_shown_can_be_snapped_to(bench: Bench) -> None:
    widget = bench.widget
    assert widget.snap_candidates().tolist() == [250, 280, 320, 510]
    widget.lanes.set_shown("boundaries:motion", False)
    assert widget.snap_candidates().tolist() == [280, 320, 510]
    widget.lanes.set_shown("annotator", False)
    widget.lanes.set_shown("prediction", False)
    assert widget.snap_candidates().tolist() == []
    widget.lanes.set_shown("prediction", True)
    assert widget.snap_candidates().tolist() == [320, 510]
    edited = replace(said(), segmentation=paint(PREDICTED, 0, 40, 2))
    bench.current.set_prediction("one", "hands", edited)
    assert widget.snap_candidates().tolist() == [40, 320, 510]
    bench.session.set_video("")
    assert widget.snap_candidates().shape == (0,)


def test_tips_say_what_a_lane_shows(bench: Bench) -> None:
    bench.widget.lanes.toggle("probability")

    def tip(key: str, frame: int, down: int = 6) -> str:
        x = HEADER_PX + round(bench.widget.view.x_of(frame))
        return bench.widget.tip_at(QPoint(x, bench.place(key)[0] + down))

    assert "400 px/s at frame 200" in tip("motion:wrists", 200)
    assert "not known at frame 500" in tip("motion:wrists", 500)
    assert "0.40 at frame 800" in tip("uncertainty:hands", 800)
    assert "hands rest at frame 250, strength 0.80" in tip("boundaries:motion", 251)
    assert tip("boundaries:motion", 300) == ""
    assert "annotator Anna" in tip("annotator:Anna", 100)
    ribbon = tip("probability:hands", 800, 2)
    assert "open drawer 0.60" in ribbon
    assert "<b>walk 0.20</b>" in ribbon
    assert "Speed of wrists" in bench.headers.tip_at(bench.header("motion:wrists").y())
    bottom = bench.place("motion:wrists")[1]
    assert "resize" in bench.headers.tip_at(bottom - LANES_TOP)


def test_a_prediction_says_whose_it_is(bench: Bench) -> None:
    """The model's alone, or decoded around what a person had labelled."""

    def show(**known: object) -> tuple[str, str]:
        prediction = replace(said(), **known)  # type: ignore[arg-type]
        bench.current.set_prediction("one", "hands", prediction)
        header = bench.headers.tip_at(bench.header("prediction:hands").y())
        x = HEADER_PX + round(bench.widget.view.x_of(100))
        lane = bench.widget.tip_at(QPoint(x, bench.place("prediction:hands")[0] + 6))
        return header.split("<br>")[1], lane

    fixed = np.arange(N_FRAMES) < 150
    header, lane = show(fixed=fixed)
    assert header == "with my labels"
    assert show(fixed=fixed, unlike=True)[0] == "unlike training"
    tip = bench.headers.tip_at(bench.header("prediction:hands").y())
    assert "unlike the training videos" in tip
    assert "your label, kept by hands" in lane
    assert "confidence" not in lane
    header, lane = show(fixed=np.zeros(N_FRAMES, bool))
    assert header == "without my labels"
    assert "model hands" in lane
    assert "kept by" not in lane
    # Where nothing is labelled nobody asks.
    bare = Segmentation.unlabelled(N_FRAMES)
    bench.document.apply("x", lambda p: set_lane(p, "one", ANNOTATION, bare))
    assert show(fixed=np.zeros(N_FRAMES, bool))[0] == "model"


def test_the_minimap_tells_reviewed_doubtful_and_unlabelled_apart(bench: Bench) -> None:
    lane = Segmentation(
        (
            Segment(0, 250, 0).as_reviewed(),
            Segment(250, 500, 1, "model", confidence=0.95),
            Segment(500, 750, 2, "model", confidence=0.4),
            Segment(750, N_FRAMES),
        )
    )
    bench.document.apply("x", lambda p: set_lane(p, "one", ANNOTATION, lane))
    picture = bench.picture()

    def track(frame: int) -> tuple[tuple[int, ...], ...]:
        """Lightness of the four lines under eight columns."""
        x, y = HEADER_PX + frame, MINIMAP_TOP + 12
        lines = [[picture.pixelColor(x + c, y + n) for c in range(8)] for n in range(4)]
        return tuple(tuple(c.lightness() for c in line) for line in lines)

    looks = [track(frame) for frame in (100, 350, 600, 850)]
    assert len(set(looks)) == 4
    text = bench.widget.tip_at(QPoint(HEADER_PX + 40, MINIMAP_TOP + 4))
    for words in ("doubtful", "unlabelled", "25 %"):
        assert words in text


def test_dragging_paints_what_a_fresh_picture_shows(bench: Bench) -> None:
    start = HEADER_PX + round(bench.widget.view.x_of(500))
    at = QPoint(start, LANES_TOP + 12)
    QTest.mousePress(bench.widget, LEFT, NOTHING, at)
    for step in (-8, -30, -52):
        move_pointer(bench.widget, at + QPoint(step, 0))
        kept = bench.picture()
    bench.widget.paint_anew()
    assert bench.picture() == kept
    QTest.keyClick(bench.widget, Qt.Key.Key_Escape)
    QTest.mouseRelease(bench.widget, LEFT, NOTHING, at)


@pytest.mark.parametrize("zooms", [1, 3, 7, 10])
@pytest.mark.parametrize("steps", [(-7, -1, 5), (40, 3), (-250, 11), (9000, -13)])
def test_panning_paints_what_a_fresh_picture_shows(
    bench: Bench, zooms: int, steps: tuple[int, ...]
) -> None:
    for kind in ("probability", "motion:left_wrist", "filmstrip"):
        bench.widget.lanes.set_shown(kind, True)
    bench.session.set_frame(480)
    for _ in range(zooms):
        bench.widget.zoom_in()
    bench.picture()
    for step in steps:
        bench.widget.set_view(bench.widget.view.panned(step))
        kept = bench.picture()
    bench.widget.paint_anew()
    assert bench.picture() == kept


def test_zooming_paints_what_a_fresh_picture_shows(bench: Bench) -> None:
    for lane in bench.widget.lanes.lanes:
        bench.widget.lanes.set_shown(lane.key, True)
    bench.session.set_frame(480)
    bench.picture()
    for zoom in (bench.widget.zoom_in,) * 12 + (bench.widget.zoom_out,) * 9:
        zoom()
        kept = bench.picture()
        bench.widget.paint_anew()
        assert bench.picture() == kept


def test_an_edit_paints_what_a_fresh_picture_shows(bench: Bench) -> None:
    for lane in bench.widget.lanes.lanes:
        bench.widget.lanes.set_shown(lane.key, True)
    bench.picture()
    stack = bench.document.undo_stack
    for run in (
        lambda: bench.document.edit_lane("x", "one", lambda s: paint(s, 30, 300, 1)),
        lambda: bench.document.edit_lane(
            "x", "one", lambda s: paint(s, 0, N_FRAMES, None)
        ),
        stack.undo,
        stack.undo,
        stack.redo,
        lambda: bench.current.set_unfit("one", "hands", "It does not fit."),
        lambda: bench.current.set_prediction("one", "hands", said()),
    ):
        run()
        kept = bench.picture()
        bench.widget.paint_anew()
        assert bench.picture() == kept


def test_the_screen_shows_what_a_fresh_paint_does(bench: Bench, qtbot: QtBot) -> None:
    for lane in bench.widget.lanes.lanes:
        bench.widget.lanes.set_shown(lane.key, True)
    assert QTest.qWaitForWindowExposed(bench.widget, 20_000)
    stack = bench.document.undo_stack
    for run in (
        lambda: None,
        lambda: bench.document.edit_lane("x", "one", lambda s: paint(s, 30, 300, 1)),
        stack.undo,
        stack.redo,
        lambda: bench.session.set_video("two"),
        lambda: bench.session.set_video("one"),
    ):
        run()
        settle()
        shown = bench.widget.screen().grabWindow(bench.widget.winId()).toImage()
        form = QImage.Format.Format_RGB32
        assert shown.convertToFormat(form) == bench.picture().convertToFormat(form)


def test_narrow_boxes_look_the_same_at_every_paint(bench: Bench) -> None:
    cuts = np.arange(0, N_FRAMES, 20)
    many = Segmentation.from_frames(np.arange(N_FRAMES) // 20 % 3)
    assert len(many) == len(cuts)
    bench.document.apply("x", lambda p: set_lane(p, "one", ANNOTATION, many))
    bench.widget.zoom_in()
    first = bench.picture()
    assert bench.picture() == first
    box = HEADER_PX + round(bench.widget.view.x_of(20))
    mid = sum(bench.place("annotation")) // 2
    labels, style = bench.document.project.label_map, style_of(bench.widget)
    fill = class_colors_of(labels, style).classes[1].fill
    assert first.pixelColor(box + 2, mid).name() == fill.name()


@pytest.mark.parametrize(
    ("value", "above"), [(0.2, 1), (1, 1), (230, 300), (300, 300), (8100, 10000)]
)
def test_scales_end_at_round_numbers(value: float, above: float) -> None:
    assert round_above(value) == above


def test_a_curve_says_mean_and_most_of_a_pixel() -> None:
    values = np.array([0, 0.2, np.nan, np.nan, 1.0, 0.5, 0.5, np.nan], np.float32)
    mean, most = Curve(values).columns(TimeWindow.fitted(8, 4))
    assert mean == pytest.approx([0.1, -1, 0.75, 0.5])
    assert most == pytest.approx([0.2, -1, 1.0, 0.5])


def test_crowded_ticks_fade(bench: Bench) -> None:
    def brightest(count: int) -> int:
        picture = QImage(400, 12, QImage.Format.Format_RGB32)
        picture.fill(0)
        painter = QPainter(picture)
        ticks = Ticks(np.arange(count) * (4000 // count), np.ones(count))
        style = style_of(bench.widget)
        view = TimeWindow.fitted(4000, 400)
        ticks.paint(LanePlace(painter, view, 0, 12, style))
        painter.end()
        return max(picture.pixelColor(x, 11).lightness() for x in range(400))

    assert brightest(1000) < brightest(40) == brightest(10)


def test_classes_of_a_model_that_the_project_lost_have_no_row(bench: Bench) -> None:
    data = bench.widget.data
    lane = lane_of("probability:hands")
    assert lane.line_names(data) == ["walk", "reach", "open drawer"]
    fewer = label_map_from_names(("walk",))
    bench.document.apply("x", lambda p: replace(p, label_map=fewer))
    assert "probability:hands" not in bench.keys, "it is read again"
    bench.current.set_prediction("one", "hands", said())
    assert lane.line_names(data) == ["walk"]
    assert "<b>walk" in lane.tip(TipPoint(10, 0.99, 1), data)
