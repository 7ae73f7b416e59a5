"""A person who knows the truth and reviews by keys alone, for tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from benchmarks.least_events import LeastEvents, Mending
from benchmarks.working_lane import WorkingLane
from skelseg_core.labels.segmentation import Segment, Segmentation

Key, Held = Qt.Key, Qt.KeyboardModifier
NONE, ALT, CTRL, SHIFT = (
    Held.NoModifier,
    Held.AltModifier,
    Held.ControlModifier,
    Held.ShiftModifier,
)
LONG = 20_000
MOST_KEYS = 1500
"""Keys after which a review that should end is taken not to."""


def left(lane: Segmentation, truth: Segmentation, collar: int) -> LeastEvents:
    """What is left to be put right until every boundary is within so many frames."""
    return LeastEvents(WorkingLane.of(lane).shown, WorkingLane.of(truth).shown, collar)


class Person:
    """Somebody who knows the truth and presses keys."""

    def __init__(
        self,
        project_window: ProjectWindow,
        qtbot: QtBot,
        truth: np.ndarray,
        collar: int,
    ) -> None:
        self.project_window, self.qtbot = project_window, qtbot
        self.truth, self.collar = Segmentation.from_frames(truth), collar
        project_window.services.models.pose_service.by_itself = False
        self.room = project_window.services.review.review_room
        self.player, self.session = project_window.player, project_window.session
        self.pressed = 0
        project_window.docks.timeline.setFocus()

    def wait(self, there: Callable[[], bool], timeout: int = LONG) -> None:
        self.qtbot.waitUntil(there, timeout=timeout)

    def key(self, key: Key | str, held: Held = NONE) -> None:
        self.pressed += 1
        assert self.pressed < MOST_KEYS, "it ends"
        where = QApplication.focusWidget() or self.project_window.window
        QTest.keyClick(where, key, held)

    def type(self, text: str) -> None:
        """Type a text where the keyboard is."""
        where = QApplication.focusWidget()
        assert where is not None
        QTest.keyClicks(where, text)

    def enter(self) -> None:
        current = self.project_window.services.current_video
        self.wait(lambda: current.shown_prediction is not None)
        self.key(Key.Key_R, CTRL)
        self.wait(lambda: self.room.state == "at")
        self.arrive()

    def arrive(self) -> None:
        """Look: the pictures of the place are on the screen."""
        docks, player = self.project_window.docks, self.player
        self.wait(lambda: self.session.frame == player.target)
        self.wait(lambda: docks.loupe.is_drawn and docks.end_loupe.is_drawn)
        self.wait(lambda: self.room.state != "at" or self.room.ready)

    @property
    def lane(self) -> Segmentation:
        project = self.project_window.document.project
        return project.track(self.session.track_id).annotation

    @property
    def segment(self) -> Segment:
        assert self.room.segment is not None
        return self.room.segment

    @property
    def wrong(self) -> list[Mending]:
        """What is not yet as it should be."""
        return left(self.lane, self.truth, self.collar).plan()

    # -- mending by keys ------------------------------------------------------------

    def go_to(self, frame: int) -> None:
        """Go to a frame by the arrow keys."""
        while self.player.target != frame:
            off = frame - self.player.target
            held = CTRL if abs(off) >= 10 else NONE
            self.key(Key.Key_Right if off > 0 else Key.Key_Left, held)

    def mend(self) -> None:
        """Make the place what it is in truth, and come back to it."""
        came = self.room.place
        assert came is not None
        while True:
            place = self.room.place
            assert place is not None
            first, stop = min(came.start, place.start), max(came.stop, place.stop)
            ends = range(first, stop + 1)
            here = [m for m in self.wrong if m.start in ends or m.stop in ends[1:-1]]
            if not here:
                break
            before = self.lane
            self.put_right(here[0])
            assert self.lane != before, f"{here[0]} was not put right"
        if not place.start <= self.player.target < place.stop:
            self.go_to(place.start)
            self.arrive()

    def put_right(self, wrong: Mending) -> None:
        """Do by keys what an edit of a plan says."""
        ghost = self.room.place.ghost if self.room.place is not None else None
        if wrong.kind == "boundary":
            self._move(wrong.start, wrong.stop)
        elif wrong.kind != "missing":
            self._label(wrong)
        elif ghost is not None and self._is(ghost, wrong):
            self.key(Key.Key_G)
        else:
            self.go_to(wrong.start)
            self.arrive()
            self.key(Key.Key_I)
            self.go_to(wrong.stop - 1)
            self.arrive()
            self.key(Key.Key_O)
            self._class(wrong)

    def _is(self, ghost: Segment, wrong: Mending) -> bool:
        off = max(abs(ghost.start - wrong.start), abs(ghost.stop - wrong.stop))
        return ghost.class_id == wrong.class_id and off <= self.collar

    def _label(self, wrong: Mending) -> None:
        segment = self.lane.at(wrong.start)
        both = {
            self.lane.at(frame).class_id
            for frame in (segment.start - 1, segment.stop)
            if 0 <= frame < self.lane.n_frames
        }
        if not segment.start <= self.player.target < segment.stop:
            self.go_to(wrong.start)
            self.arrive()
        if self.segment == segment and both == {wrong.class_id}:
            self.key(Key.Key_Backspace)
        else:
            self._class(wrong)

    def _class(self, wrong: Mending) -> None:
        label_map = self.project_window.document.project.label_map
        assert wrong.class_id is not None
        wanted = label_map.get(wrong.class_id)
        assert wanted is not None
        *held, digit = wanted.key.split("+")
        self.key(digit, SHIFT if held else NONE)

    def _move(self, edge: int, wanted: int) -> None:
        edges = self.project_window.services.labelling.segment_editor.boundary
        while edges.frame != edge:
            at = edges.frame if edges.frame is not None else self.player.target
            self.key(Key.Key_Down if edge > at else Key.Key_Up)
        for _ in range(abs(wanted - edge)):
            self.key(Key.Key_Right if wanted > edge else Key.Key_Left, ALT)

    def say_right(self) -> None:
        """Agree with the place, its end seen, too, and look at the next."""
        if not self.room.seen[2]:
            self.go_to(min(self.segment.stop, self.lane.n_frames - 1))
            self.arrive()
        self.key(Key.Key_Return)
        if self.room.state == "at":
            self.arrive()
