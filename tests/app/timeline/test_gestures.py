"""Gestures on whole segments and several of them, through mouse and key events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.services.labelling.segment_editor import SegmentEditor
from app.timeline.geometry import TimeWindow
from app.timeline.layout import HEADER_PX, MINIMAP_PX, MINIMAP_TOP
from app.timeline.snapping import hit_boundary
from skelseg_core.labels.bulk_edits import move_segment
from skelseg_core.labels.edits import move_boundary, paint, relabel
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.timeline.test_tools import ANNOTATED, N_FRAMES, PREDICTED, make_document
from tests.app.timeline.test_view import LEFT, MIDDLE, NOTHING, RIGHT, Bench

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
HANDS = prediction_lane("hands")
SPANS = [(s.start, s.stop) for s in ANNOTATED.segments]


class Hand(Bench):
    """A timeline with the verbs of editing beside it."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.segment_editor = SegmentEditor(
            self.document, self.session, self.player, Notices()
        )

    def drag(
        self, *frames: float, keys: Qt.KeyboardModifier = NOTHING, row: int = 0
    ) -> None:
        """Press at a frame and move, without letting go."""
        self.press(self.at(frames[0], row), keys=keys)
        for frame in frames[1:]:
            self.move(self.at(frame, row))
            self.picture()

    def undo_all_in(self, steps: int) -> None:
        assert self.document.undo_stack.count() == steps
        for _ in range(steps):
            self.document.undo_stack.undo()
        assert self.annotation == ANNOTATED


@pytest.fixture
def hand(tmp_path: Path, qtbot: QtBot) -> Iterator[Hand]:
    document = make_document(tmp_path / "kitchen")
    yield Hand(document, qtbot)
    document.close()


def escape(hand: Hand) -> None:
    QTest.keyClick(hand.widget, Qt.Key.Key_Escape)


# -- boundaries ------------------------------------------------------------------------


@given(st.data(), st.floats(0.025, 400.0))
def test_a_boundary_is_grabbed_eight_pixels_wide_at_any_zoom(
    data: st.DataObject, frames_per_px: float
) -> None:
    cuts = np.array(
        sorted(data.draw(st.sets(st.integers(1, 99_999), min_size=1, max_size=60)))
    )
    view = TimeWindow(100_000, 0, frames_per_px, 1000).clamped()
    index = data.draw(st.integers(0, len(cuts) - 1))
    x = view.x_of(int(cuts[index])) + data.draw(st.floats(-4, 4))
    hit = hit_boundary(cuts, view, x)
    assert hit is not None
    away = np.abs(np.array([view.x_of(int(c)) for c in cuts]) - x)
    assert away[hit] == pytest.approx(away.min(), abs=1e-6)
    # The middle of a wide segment is never a boundary's.
    for left, right in pairwise(cuts.tolist()):
        width = (right - left) / view.frames_per_px
        if width > 24:
            middle = view.x_of((left + right) / 2)
            assert hit_boundary(cuts, view, middle) is None


def test_a_boundary_at_the_edge_of_what_shows_is_grabbed_on_both_sides(
    hand: Hand,
) -> None:
    hand.widget.set_view(TimeWindow(N_FRAMES, 300, 0.5, hand.widget.view.width))
    for off in (-4, 0, 4):
        hand.move(hand.at(300) + QPoint(40, 0))
        hand.move(hand.at(300) + QPoint(off, 0))
        assert hand.widget.cursor().shape() == Qt.CursorShape.SplitHCursor


def test_a_boundary_snaps_to_what_the_view_knows_besides(hand: Hand) -> None:
    hand.widget.snap_candidates = lambda: np.array([451])
    hand.drag(500, 480, 455)
    assert hand.widget.pointer.drag().snapped == 451
    hand.release(hand.at(455))
    assert hand.annotation.boundaries[1] == 451


# -- whole segments --------------------------------------------------------------------


@pytest.mark.parametrize(("to", "start"), [(380, 280), (430, 330), (900, 599), (1, 1)])
def test_a_segment_is_dragged_against_its_neighbours(
    hand: Hand, to: int, start: int
) -> None:
    hand.drag(400, 405 if to > 400 else 395, to, keys=CTRL)
    assert hand.annotation == ANNOTATED
    assert hand.session.frame == start
    assert hand.session.boundary == 0
    hand.release(hand.at(to))
    assert hand.annotation == move_segment(ANNOTATED, 1, start - 300)
    assert hand.annotation.segments[1].start == start
    hand.undo_all_in(1)


def test_the_ghost_of_a_segment_is_what_the_edit_will_make(hand: Hand) -> None:
    hand.drag(400, 390, 333, keys=CTRL)
    shown = hand.picture()
    hand.release(hand.at(333))
    hand.session.set_boundary(None)
    made = hand.picture()
    middle = hand.at(0).y() + 15
    for frame in (100, 215, 250, 400, 450, 700):
        x = hand.at(frame).x()
        assert shown.pixelColor(x, middle) == made.pixelColor(x, middle)


def test_either_end_of_a_segment_snaps_and_alt_frees_it(hand: Hand) -> None:
    # The prediction has boundaries at 320 and 510.
    for to, start, keys in ((417, 320, NOTHING), (408, 310, NOTHING), (417, 317, ALT)):
        hand.press(hand.at(400), keys=CTRL)
        hand.move(hand.at(405))
        QTest.qWait(0)
        hand.widget.pointer.gesture.move(to, bool(keys & ALT))
        assert hand.widget.pointer.drag().frame == start
        assert (hand.widget.pointer.drag().snapped is None) == (keys == ALT)
        escape(hand)
    assert hand.annotation == ANNOTATED


def test_escape_puts_a_dragged_segment_back(hand: Hand) -> None:
    hand.player.seek(42)
    hand.session.set_boundary(2)
    before = hand.document.project
    hand.drag(400, 390, 350, keys=CTRL)
    escape(hand)
    hand.release(hand.at(350))
    assert hand.document.project is before
    assert hand.document.undo_stack.count() == 0
    assert (hand.session.frame, hand.session.boundary) == (42, 2)
    assert hand.session.chosen == ()


def test_the_first_segment_stays_where_it_is(hand: Hand) -> None:
    hand.drag(100, 150, 180, keys=CTRL)
    hand.release(hand.at(180))
    assert hand.annotation == ANNOTATED
    assert hand.player.sought == []


def test_the_pointer_says_that_a_segment_can_be_dragged(hand: Hand) -> None:
    hand.move(hand.at(400))

    def shape() -> Qt.CursorShape:
        return hand.widget.cursor().shape()

    assert shape() == Qt.CursorShape.ArrowCursor
    hand.move(hand.at(420), CTRL)
    assert shape() == Qt.CursorShape.SizeHorCursor
    hand.move(hand.at(430), NOTHING)
    assert shape() == Qt.CursorShape.ArrowCursor
    hand.move(hand.at(500), NOTHING)
    assert shape() == Qt.CursorShape.SplitHCursor
    hand.move(hand.at(501), CTRL)
    assert shape() == Qt.CursorShape.SizeHorCursor


# -- several segments ------------------------------------------------------------------


def test_control_clicks_select_and_deselect(hand: Hand) -> None:
    for frame, expected in ((400, [1]), (700, [1, 2]), (420, [2])):
        hand.drag(frame, keys=CTRL)
        hand.release(hand.at(frame))
        assert hand.segment_editor.targets.chosen() == expected
    hand.picture()
    hand.drag(150)
    assert hand.session.chosen == ()
    escape(hand)
    assert hand.segment_editor.targets.chosen() == [2]
    assert hand.document.undo_stack.count() == 0


@pytest.mark.parametrize(("keys", "row"), [(CTRL | SHIFT, 0), (CTRL, 1)])
def test_a_rubber_band_selects_what_it_touches(
    hand: Hand, keys: Qt.KeyboardModifier, row: int
) -> None:
    hand.session.set_range(3, 4)
    hand.drag(650, 500, 350, keys=keys, row=row)
    assert hand.session.chosen == tuple(SPANS[1:3])
    assert hand.session.range_in is None
    hand.move(hand.at(450, row))
    assert hand.session.chosen == tuple(SPANS[1:3])
    hand.move(hand.at(520, row))
    assert hand.session.chosen == (SPANS[2],)
    escape(hand)
    assert hand.session.chosen == ()
    assert (hand.session.range_in, hand.session.range_out) == (3, 4)
    hand.drag(350, 900, keys=keys, row=row)
    hand.release(hand.at(900, row))
    assert hand.session.chosen == tuple(SPANS[1:])
    assert hand.player.sought == []


def test_the_selected_are_deleted_merged_and_reviewed_in_one_step(hand: Hand) -> None:
    hand.session.set_chosen(SPANS[1:3])
    hand.segment_editor.delete_into_neighbour()
    assert [(s.start, s.stop) for s in hand.annotation.segments] == [(0, 800), SPANS[3]]
    hand.undo_all_in(1)
    hand.session.set_chosen(SPANS[1:3])
    hand.segment_editor.merge()
    assert hand.annotation.segments[1].class_id == 1
    assert len(hand.annotation) == 3
    hand.undo_all_in(1)
    hand.session.set_chosen(SPANS)
    assert hand.segment_editor.review()
    assert all(s.reviewed for s in hand.annotation.segments[:3])
    hand.undo_all_in(1)
    assert not hand.segment_editor.review(), "nothing is selected any more"

    # One alone is merged with the next, and what is reviewed already is said to be.
    hand.session.set_chosen(SPANS[1:2])
    hand.segment_editor.merge(400)
    assert list(hand.annotation.boundaries) == [300, 800]
    hand.undo_all_in(1)
    said: list[str] = []
    hand.segment_editor.notices.said.connect(said.append)
    hand.session.set_chosen(SPANS[:1])
    hand.segment_editor.review_and_go_on(None)
    assert said == ["The selection is already reviewed or has no label."]
    hand.segment_editor.clear_choice()

    # What was refused keeps the range.
    def lost(project: Project) -> Project:
        video = replace(project.track("one"), missing=frozenset({ANNOTATION}))
        return replace(project, tracks=(video,))

    hand.document.apply("Lose", lost)
    hand.session.set_range(400, 450)
    hand.segment_editor.apply_class(0)
    hand.segment_editor.copy_lane(HANDS, PREDICTED)
    assert hand.annotation == ANNOTATED
    assert (hand.session.range_in, hand.session.range_out) == (400, 450)


def test_what_is_marked_or_selected_out_of_sight_is_shown_before_it_is_edited(
    hand: Hand,
) -> None:
    targets, view, asked = hand.segment_editor.targets, hand.widget, list[str]()
    targets.look_at(view, {"choose-none": "Escape"}.__getitem__)
    targets.asked.connect(asked.append)
    targets.answered.connect(asked.clear)

    def look_at(frame: int) -> None:
        view.set_view(replace(view.view, first=frame, frames_per_px=0.1).clamped())

    row = QRect(HEADER_PX, MINIMAP_TOP, view.view.width, MINIMAP_PX)
    bare = hand.picture().copy(row)
    hand.session.set_range(578, 584)
    assert hand.picture().copy(row) != bare, "the minimap shows it"
    assert hand.segment_editor.acting() == "1–0 paint 578 to 583"
    look_at(100)
    hand.segment_editor.apply_class(0)
    assert hand.annotation == ANNOTATED, "the first press asks"
    assert asked == [
        "The marked frames 578 to 583 were out of sight. Press the key again to change "
        "them, or Escape to clear the range."
    ]
    assert view.sees(578, 584)
    hand.segment_editor.apply_class(0)
    assert hand.annotation == paint(ANNOTATED, 578, 584, 0)
    assert asked == [], "the question goes when it was answered"
    assert hand.segment_editor.acting() == ""
    hand.undo_all_in(1)
    view.zoom_fit()
    hand.session.set_range(580, 584)
    hand.segment_editor.copy_lane(HANDS, PREDICTED)
    hand.session.set_range(100, 106)
    hand.segment_editor.apply_class(0)
    assert hand.session.range_in is None, (
        "it was used, whether or not it was that class"
    )
    hand.undo_all_in(1)

    hand.session.set_chosen(SPANS[2:])
    assert hand.segment_editor.acting() == "1–0 label 2 segments"
    look_at(100)
    hand.segment_editor.delete_into_neighbour()
    look_at(100)
    hand.segment_editor.delete_into_neighbour()
    assert hand.annotation == ANNOTATED, "asked again where it went out of sight again"
    assert asked[-1] == (
        "The 2 selected segments were out of sight. Press the key again to change "
        "them, or Escape to deselect."
    )
    # Where there is no timeline to be shown on, the question has to do.
    view.hide()
    hand.session.set_chosen(SPANS[2:3])
    hand.segment_editor.delete_into_neighbour()
    assert hand.annotation == ANNOTATED
    hand.session.set_chosen(SPANS[1:2])
    hand.segment_editor.delete_into_neighbour()
    assert hand.annotation == ANNOTATED, "another one is another question"
    hand.segment_editor.delete_into_neighbour()
    assert len(hand.annotation) == 3
    hand.player.playing = True
    hand.session.set_range(578, 584)
    assert hand.segment_editor.acting() == "", "labels what is seen, wherever marks are"


def test_what_is_gone_is_not_selected(hand: Hand) -> None:
    hand.session.set_chosen(SPANS[:3])
    hand.document.edit_lane("Paint", "one", lambda s: paint(s, 350, 400, 0))
    assert hand.session.chosen == (SPANS[0], SPANS[2])
    hand.session.set_range(5, 6)
    assert hand.session.chosen == ()


def test_segments_are_selected_with_keys_alone(hand: Hand) -> None:
    hand.player.seek(350)
    for expected in ([1], [1, 2], [1, 2, 3], [1, 2, 3]):
        hand.segment_editor.choose_on(1)
        assert hand.segment_editor.targets.chosen() == expected
    hand.segment_editor.clear_choice()
    hand.segment_editor.choose_on(-1)
    hand.segment_editor.choose_on(-1)
    assert hand.segment_editor.targets.chosen() == [2, 3]
    assert hand.player.target == 500
    hand.document.edit_lane("Label", "one", lambda s: relabel(s, 0, 2))
    hand.segment_editor.choose_class()
    assert hand.segment_editor.targets.chosen() == [0, 2]


# -- painting with an armed class ------------------------------------------------------


def test_a_class_key_during_the_drag_paints_on_release(hand: Hand) -> None:
    hand.session.set_range(1, 2)
    assert not hand.widget.pointer.arm(1)
    hand.drag(600, 650, 700, keys=SHIFT)
    assert hand.widget.pointer.arm(1)
    hand.picture()
    hand.release(hand.at(700))
    assert hand.annotation == paint(ANNOTATED, 600, 700, 1)
    assert (hand.session.range_in, hand.session.range_out) == (1, 2)
    hand.undo_all_in(1)


def test_a_held_class_key_turns_a_drag_into_painting(hand: Hand) -> None:
    keys = hand.keys
    keys.held = 0
    hand.drag(600, 650, 700)
    assert keys.taken_back == 1
    hand.release(hand.at(700))
    assert hand.annotation == paint(ANNOTATED, 600, 700, 0)
    hand.undo_all_in(1)


def test_a_class_key_that_came_up_before_the_drag_leaves_it_scrubbing(
    hand: Hand,
) -> None:
    keys = hand.keys
    keys.held = 0
    hand.press(hand.at(600))
    keys.held = None
    hand.move(hand.at(650))
    hand.release(hand.at(650))
    assert (hand.annotation, keys.taken_back) == (ANNOTATED, 0)
    assert hand.session.frame == 650


# -- anything at all -------------------------------------------------------------------


class Monkey:
    """Does anything at all with mouse and verbs, the same for the same seed."""

    def __init__(self, hand: Hand, seed: int) -> None:
        self.hand, self.rng, self.keys = hand, np.random.default_rng(seed), hand.keys

    def one_of(self, *choices: object) -> object:
        return choices[self.rng.integers(len(choices))]

    def place(self) -> QPoint:
        width = self.hand.widget.width()
        return QPoint(int(self.rng.integers(width)), int(self.rng.integers(240)))

    def press(self) -> None:
        self.keys.held = self.one_of(None, None, None, 0, 1, 2)
        keys = self.one_of(NOTHING, NOTHING, CTRL, SHIFT, CTRL | SHIFT, ALT)
        self.hand.press(self.place(), keys=keys)

    def edit(self) -> None:
        hand, editing = self.hand, self.hand.segment_editor
        frames = int(self.rng.integers(-20, 20))
        hand.player.seek(int(self.rng.integers(N_FRAMES)))
        self.one_of(
            lambda: editing.apply_class(self.one_of(None, 0, 1, 2)),
            editing.split,
            editing.merge,
            editing.delete_into_neighbour,
            editing.review,
            lambda: editing.nudge(frames),
            lambda: editing.nudge_segment(frames),
            lambda: editing.choose_on(1),
            lambda: editing.copy_lane(HANDS, PREDICTED),
            hand.document.undo_stack.undo,
            hand.document.undo_stack.redo,
        )()

    def act(self) -> None:
        hand = self.hand
        self.one_of(
            *[self.press] * 3,
            *[lambda: hand.move(self.place())] * 4,
            *[lambda: hand.release(self.place())] * 3,
            lambda: escape(hand),
            lambda: hand.widget.pointer.arm(self.one_of(0, 1, 2)),
            *[self.edit] * 4,
            hand.picture,
        )()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_hand_does_undo_leads_back_to_the_start(
    hand: Hand, seed: int
) -> None:
    start, monkey, changes = hand.document.project, Monkey(hand, seed), []
    hand.document.changed.connect(changes.append)
    for _ in range(300):
        monkey.act()
        assert hand.annotation.n_frames == N_FRAMES
        assert len(hand.segment_editor.targets.chosen()) == len(hand.session.chosen)
    escape(hand)
    assert len(changes) > 10
    while hand.document.undo_stack.canUndo():
        hand.document.undo_stack.undo()
    assert hand.document.project == start


# -- keys ------------------------------------------------------------------------------


def test_nudges_in_a_row_are_one_step_and_others_part_them(hand: Hand) -> None:
    hand.session.set_boundary(0)
    for frames in (1, 1, 10, -1):
        hand.segment_editor.nudge(frames)
    assert hand.annotation == move_boundary(ANNOTATED, 0, 311)
    assert hand.session.frame == 311
    assert hand.document.undo_stack.count() == 1
    hand.segment_editor.split(100)
    hand.session.set_boundary(1)
    hand.segment_editor.nudge(1)
    hand.session.set_boundary(2)
    hand.session.set_boundary(1)
    hand.segment_editor.nudge(1)
    hand.undo_all_in(4)


def test_a_segment_is_nudged_and_the_playhead_goes_along(hand: Hand) -> None:
    hand.player.seek(499)
    for frames in (10, 10, -1):
        hand.segment_editor.nudge_segment(frames)
    assert hand.annotation == move_segment(ANNOTATED, 1, 19)
    assert hand.player.target == 518
    hand.undo_all_in(1)


def test_a_lane_is_copied_over_what_a_person_said(hand: Hand) -> None:
    hand.player.seek(100)
    hand.segment_editor.copy_lane(HANDS, PREDICTED)
    first = hand.annotation.segments[0]
    assert (first.start, first.stop, first.source) == (0, 320, "model")
    assert not first.reviewed
    hand.undo_all_in(1)
    hand.session.set_range(250, 600)
    hand.segment_editor.copy_lane(HANDS, PREDICTED)
    frames = hand.annotation.to_frames()
    np.testing.assert_array_equal(frames[250:600], PREDICTED.to_frames()[250:600])
    assert (frames[600:800] == 2).all()
    assert hand.session.range_in is None
    hand.undo_all_in(1)


# -- what happens elsewhere meanwhile --------------------------------------------------


def test_a_selected_boundary_stays_the_same_boundary(hand: Hand) -> None:
    hand.session.set_boundary(1)
    hand.segment_editor.split(100)
    hand.segment_editor.nudge(5)
    assert list(hand.annotation.boundaries) == [100, 300, 505, 800]
    hand.document.undo_stack.undo()
    hand.document.undo_stack.undo()
    assert hand.annotation == ANNOTATED
    assert hand.session.boundary == 1
    hand.document.edit_lane("Paint", "one", lambda s: paint(s, 450, 600, 0))
    assert hand.session.boundary is None, "it is gone"
    hand.document.undo_stack.undo()

    # As many as before, and yet another: what was painted ends where one was.
    hand.player.seek(500)
    hand.session.set_boundary(1)
    hand.drag(400, 600, 800, keys=SHIFT)
    hand.release(hand.at(800))
    assert hand.session.boundary == 1
    hand.segment_editor.apply_class(3)
    assert list(hand.annotation.boundaries) == [300, 400, 800]
    assert hand.session.boundary is None, "its index belongs to another"
    hand.document.undo_stack.undo()
    hand.document.edit_lane("Paint", "one", lambda s: paint(s, 500, 800, 3))
    hand.session.set_boundary(1)
    hand.session.set_range(400, 800)
    hand.segment_editor.apply_class(3)
    assert list(hand.annotation.boundaries) == [300, 400, 800]
    assert hand.session.boundary is None, "it would be away from the playhead"
    hand.document.undo_stack.undo()
    hand.document.undo_stack.undo()
    # One segment moved by its length: its start is where its end was, or the reverse.
    parts = Segment(0, 450, 0), Segment(450, 550, 1), Segment(550, N_FRAMES, 2)
    hand.document.edit_lane("Begin", "one", lambda _: Segmentation(parts))
    hand.session.set_boundary(0)
    hand.segment_editor.nudge_segment(-100)
    assert list(hand.annotation.boundaries) == [350, 450]
    assert hand.session.boundary == 0
    hand.document.undo_stack.undo()
    assert hand.session.boundary == 0
    # Another prediction moves boundaries, and none of them is the one there was.
    for walked in (500, 600):
        lane = Segmentation.from_frames(
            [0] * walked + [1] * (N_FRAMES - walked), "model"
        )
        hand.document.edit_lane("Accept", "one", lambda _, to=lane: to)
        if walked == 500:
            hand.session.set_boundary(0)
    assert hand.session.boundary is None


def test_another_video_is_not_touched_by_a_drag_that_was_under_way(hand: Hand) -> None:
    other = replace(hand.document.project.track("one"), id="two")
    hand.document.apply("Add", lambda p: add_video(p, other))
    for begin in (
        lambda: hand.drag(600, 650, 700, keys=SHIFT),
        lambda: hand.drag(300, 320),
        lambda: hand.drag(600, 650),
        lambda: hand.drag(400, 420, keys=CTRL),
    ):
        hand.session.set_video("one")
        hand.session.set_range(10, 20)
        hand.session.set_boundary(1)
        begin()
        hand.player.sought.clear()
        hand.session.set_video("two")
        assert hand.widget.pointer.gesture is None
        assert hand.player.sought == []
        assert (hand.session.range_in, hand.session.range_out) == (None, None)
        assert hand.session.boundary is None
        assert hand.session.chosen == ()
        hand.release(hand.at(0))
    assert hand.document.undo_stack.count() == 1


def test_what_grows_elsewhere_stops_no_scrubbing_and_no_panning(hand: Hand) -> None:
    hand.widget.set_view(TimeWindow(N_FRAMES, 100, 0.5, hand.widget.view.width))
    hand.press(hand.at(300), MIDDLE)
    hand.move(hand.at(300) + QPoint(40, 0))
    shown = hand.widget.view
    hand.document.edit_lane("Paint", "one", lambda s: paint(s, 850, 900, 0))
    assert hand.widget.view == shown
    hand.move(hand.at(300) + QPoint(20, 0))
    assert hand.widget.view != shown
    hand.release(hand.at(300), MIDDLE)
    hand.widget.zoom_fit()
    hand.press(hand.at(600))
    hand.document.edit_lane("Paint", "one", lambda s: paint(s, 900, 950, 0))
    assert hand.player.target == 600
    hand.move(hand.at(650))
    assert hand.player.target == 650
    hand.release(hand.at(650))


def test_a_button_that_came_up_unseen_ends_the_drag(hand: Hand) -> None:
    hand.drag(300, 320)
    hand.move(hand.at(340), buttons=Qt.MouseButton.NoButton)
    assert hand.widget.pointer.gesture is None
    assert hand.annotation == ANNOTATED
    hand.drag(300, 310)
    hand.release(hand.at(310))
    assert hand.annotation == move_boundary(ANNOTATED, 0, 310)


def test_a_boundary_is_grabbed_that_is_there_once_it_stands_still(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause() -> None:
        # As a segment that grows is written where playing ends.
        hand.document.edit_lane("Grown", "one", lambda s: paint(s, 50, 100, 2))

    monkeypatch.setattr(hand.player, "pause", pause)
    hand.drag(500, 520)
    hand.release(hand.at(520))
    assert list(hand.annotation.boundaries) == [50, 100, 300, 520, 800]


def test_another_button_does_not_end_a_drag(hand: Hand) -> None:
    hand.drag(300, 320)
    QTest.mousePress(hand.widget, RIGHT, NOTHING, hand.at(320))
    held = QMouseEvent(
        QEvent.Type.MouseButtonRelease,
        QPointF(hand.at(320)),
        hand.widget.mapToGlobal(QPointF(hand.at(320))),
        RIGHT,
        LEFT,
        NOTHING,
    )
    QApplication.sendEvent(hand.widget, held)
    assert hand.annotation == ANNOTATED
    escape(hand)
    assert hand.widget.pointer.gesture is None
    assert hand.annotation == ANNOTATED
    # What is pressed stays pressed for the tests that follow.
    for button in (RIGHT, LEFT):
        QTest.mouseRelease(hand.widget, button, NOTHING, hand.at(320))


def test_a_file_with_more_frames_than_the_labels_is_labelled_at_its_end(
    hand: Hand,
) -> None:
    hand.player.target = hand.session.frame = N_FRAMES + 3
    hand.segment_editor.choose_class()
    assert hand.session.chosen == (SPANS[3],)
    hand.segment_editor.choose_on(1)
    hand.player.target = hand.session.frame = N_FRAMES + 3
    hand.segment_editor.nudge_segment(1)
    hand.segment_editor.copy_lane(HANDS, PREDICTED)
    assert hand.annotation.at(N_FRAMES - 1).class_id == 2
