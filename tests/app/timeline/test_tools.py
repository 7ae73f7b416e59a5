"""Gestures: one undo step on release, nothing at all on cancel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.playback.playback_plan import whole
from app.state.document import Document, open_document
from app.state.session import Session
from app.timeline.geometry import TimeWindow
from app.timeline.gestures import (
    BoundaryDrag,
    Gesture,
    MinimapPan,
    MinimapScrub,
    Pan,
    RangeSelect,
    Scrub,
)
from app.timeline.segments import LaneData
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import move_boundary
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track

N_FRAMES = 1000
ANNOTATED = Segmentation(
    (
        Segment(0, 300, 0).as_reviewed(),
        Segment(300, 500, 1, "model", confidence=0.7),
        Segment(500, 800, 2, "import").as_reviewed(),
        Segment(800, N_FRAMES, None),
    )
)
PREDICTED = Segmentation(
    (
        Segment(0, 320, 0, "model", confidence=0.9),
        Segment(320, 510, 1, "model", confidence=0.8),
        Segment(510, N_FRAMES, 2, "model", confidence=0.6),
    )
)


class FakePlayer(QObject):
    """Shows at once what is asked for, and remembers it."""

    opened = Signal(object)
    first_picture_shown = Signal()
    asked_for = Signal(int)
    state_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.info, self.target = session, None, 0
        self.picture = None
        self.playing, self.plan = False, whole(N_FRAMES)
        self.sought: list[int] = []

    def seek(self, frame: int, keyframe_ok: bool = False) -> None:
        self.target = frame
        self.sought.append(frame)
        self.asked_for.emit(frame)
        self.session.set_frame(frame)

    def pause(self) -> None: ...


class FakeHost:
    """The widget without the widget: one pixel per frame."""

    def __init__(self, document: Document) -> None:
        self.document, self.session = document, Session()
        self.session.set_video("one")
        self.player = FakePlayer(self.session)
        self.view = TimeWindow.fitted(N_FRAMES, N_FRAMES)

    def set_view(self, view: TimeWindow) -> None:
        self.view = view

    def snap_candidates(self) -> np.ndarray:
        return np.unique(PREDICTED.boundaries)

    def item(self) -> Track:
        return self.document.project.track("one")


def make_document(folder: Path) -> Document:
    opened, project = create_project(
        folder, label_map_from_names(("walk", "reach", "open drawer"))
    )
    lanes = {ANNOTATION: ANNOTATED}
    item = Track.of_film("one", "one.mp4", "f", N_FRAMES, 640, 360, 25.0, lanes)
    opened.save(add_video(project, item), project)
    document = open_document(opened)
    document.apply("Lanes", lambda p: replace(p, tracks=(item,)))
    document.undo_stack.clear()
    return document


@pytest.fixture
def host(tmp_path: Path, qtbot: QtBot) -> Iterator[FakeHost]:
    document = make_document(tmp_path / "kitchen")
    yield FakeHost(document)
    document.close()


def drag(gesture: Gesture, *xs: float, free: bool = False) -> None:
    gesture.begin(xs[0])
    for x in xs[1:]:
        gesture.move(x, free)


def test_a_drag_moves_both_neighbours_in_one_step(host: FakeHost) -> None:
    gesture = BoundaryDrag(host, 0)
    drag(gesture, 300, 290, 270, 250)
    assert host.item().annotation is ANNOTATED or host.item().annotation == ANNOTATED
    assert host.player.sought == [300, 290, 270, 250]
    assert host.session.dragged == 250
    gesture.commit()
    first, second = host.item().annotation.segments[:2]
    assert (first.stop, second.start) == (250, 250)
    assert first.stop_reviewed, "the person reviewed the boundary"
    assert (second.source, second.reviewed) == ("model", False), "and for that alone"
    assert host.document.undo_stack.count() == 1
    host.document.undo_stack.undo()
    assert host.item().annotation == ANNOTATED


def test_escape_leaves_everything_as_it_was(host: FakeHost) -> None:
    host.player.seek(42)
    host.session.set_boundary(2)
    before = host.document.project
    gesture = BoundaryDrag(host, 1)
    drag(gesture, 500, 450, 430)
    gesture.cancel()
    assert host.document.project is before
    assert host.document.undo_stack.count() == 0
    assert host.session.frame == 42
    assert host.session.boundary == 2


def test_a_click_selects_the_boundary_and_changes_nothing(host: FakeHost) -> None:
    gesture = BoundaryDrag(host, 1)
    drag(gesture, 502, 503)
    gesture.commit()
    assert host.session.boundary == 1
    assert host.session.frame == 500
    assert host.document.undo_stack.count() == 0


def test_a_drag_that_comes_home_leaves_no_step(host: FakeHost) -> None:
    gesture = BoundaryDrag(host, 1)
    drag(gesture, 500, 450, 500)
    gesture.commit()
    assert host.document.undo_stack.count() == 0


def test_no_neighbour_becomes_empty(host: FakeHost) -> None:
    for x, expected in ((-50, 301), (5000, 799)):
        gesture = BoundaryDrag(host, 1)
        drag(gesture, 500, x)
        assert gesture.frame == expected
        gesture.cancel()


def test_it_snaps_to_predictions_and_playhead_unless_free(host: FakeHost) -> None:
    host.player.seek(350)
    for x, expected, free in (
        (316, 320, False),
        (354, 350, False),
        (335, 335, False),
        (316, 316, True),
    ):
        gesture = BoundaryDrag(host, 0)
        drag(gesture, 300, x, free=free)
        assert gesture.frame == expected
        assert (gesture.snapped is not None) == (not free and x != 335)
        gesture.cancel()


def test_what_is_dragged_is_not_what_it_snaps_to(host: FakeHost) -> None:
    # The playhead follows the boundary: it must not hold it back.
    gesture = BoundaryDrag(host, 0)
    drag(gesture, 300, 290, 289, 288)
    assert gesture.frame == 288


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("off", [-30, 0, 12])
def test_the_ghost_is_what_the_edit_will_make(index: int, off: int) -> None:
    labels = label_map_from_names(("walk", "reach", "open drawer"))
    frame = ANNOTATED.segments[index].stop + off
    ghost = LaneData.of(ANNOTATED, labels).moved([(index, frame)])
    made = LaneData.of(move_boundary(ANNOTATED, index, frame), labels)
    for name in ("starts", "classes", "model", "ticked"):
        np.testing.assert_array_equal(getattr(ghost, name), getattr(made, name))


def test_scrubbing_shows_each_frame_once_and_goes_back(host: FakeHost) -> None:
    host.player.seek(7)
    host.player.sought.clear()
    gesture = Scrub(host)
    drag(gesture, 100, 100.4, 200, 5000, -50)
    assert host.player.sought == [100, 200, N_FRAMES - 1, 0]
    gesture.cancel()
    assert host.session.frame == 7


def test_a_range_is_painted_in_either_direction(host: FakeHost) -> None:
    for xs in ((600, 700), (700, 600)):
        gesture = RangeSelect(host)
        drag(gesture, *xs)
        gesture.commit()
        assert (host.session.range_in, host.session.range_out) == (600, 700)
    assert host.document.undo_stack.count() == 0


def test_a_range_snaps_to_segments_and_escape_restores_it(host: FakeHost) -> None:
    host.session.set_range(1, 2)
    gesture = RangeSelect(host)
    drag(gesture, 297, 506)
    assert (host.session.range_in, host.session.range_out) == (300, 510)
    gesture.cancel()
    assert (host.session.range_in, host.session.range_out) == (1, 2)


def test_a_shift_click_marks_nothing(host: FakeHost) -> None:
    drag(RangeSelect(host), 600, 601)
    assert host.session.range_in is None


def test_panning_follows_the_pointer_and_can_be_cancelled(host: FakeHost) -> None:
    host.view = host.view.zoomed(4, 500)
    start = host.view
    gesture = Pan(host)
    drag(gesture, 100, 60)
    assert host.view.first == pytest.approx(start.first + 10)
    gesture.cancel()
    assert host.view == start


def test_the_minimap_scrubs_and_its_frame_pans(host: FakeHost) -> None:
    drag(MinimapScrub(host), 400, 450)
    assert host.player.sought == [400, 450]
    host.view = host.view.zoomed(4, 500)
    start = host.view
    gesture = MinimapScrub(host)
    drag(gesture, 900)
    assert host.player.target == 900
    assert (host.view.first, host.view.last) == (750, 1000)
    gesture.cancel()
    assert (host.view, host.player.target) == (start, 450)
    host.player.sought.clear()
    drag(MinimapPan(host), start.first + 20, start.first + 30)
    assert host.view.first == pytest.approx(start.first + 10)
