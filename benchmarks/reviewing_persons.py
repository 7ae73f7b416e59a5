"""Played persons of `reviewing_real`: one labels from nothing, one reviews.

Both know the truth, and use keys alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.services.services import Services
from app.window.project_window import ProjectWindow
from benchmarks.labelling import KEY_S, LOOK_S, truth_of
from benchmarks.labelling_real import NAMES, RealKeyboard
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.place_edits import second_boundary
from skelseg_core.review.walk import index_of

SETTLE_S = 1.0
"""Seconds in which the program shows what it was asked for; part of no figure."""
KEYS = NAMES | {"Backspace": "BackSpace", "Escape": "Escape", "Return": "Return"}


class FromNothing(RealKeyboard):
    """Labels from nothing, and leaves boundaries that are near enough."""

    collar = 0

    def put_right(self, index: int, frame: int) -> None:
        time.sleep(LOOK_S)
        if index == 0:
            self.press("Home")
        self.press("Down")
        for key in steps(self.boundary(index), frame, self.collar):
            self.press(key)


def steps(at: int, to: int, collar: int) -> list[str]:
    """List the keys that move a boundary until it is near enough."""
    side, off = ("Right", to - at) if to > at else ("Left", at - to)
    pressed = []
    while off > collar:
        far = off >= 10 - collar
        pressed.append(f"Alt+Shift+{side}" if far else f"Alt+{side}")
        off = abs(off - (10 if far else 1))
    return pressed


class Reviewer(RealKeyboard):
    """Reviews a pre-label: in the room, and on the wall."""

    def __init__(
        self, project_window: ProjectWindow, truth: Segmentation, collar: int
    ) -> None:
        super().__init__(project_window, truth_of(truth))
        self.wanted, self.collar = truth, collar
        self.places = self.strips = 0
        self.waited_s = 0.0
        self.log: list[str] = []

    @property
    def services(self) -> Services:
        return self.project_window.services

    def press(self, key: str) -> None:
        """On the screen, and in the window that nobody sees, where the keyboard is."""
        self.screen.do("key", on_screen(key))
        self._beside(lambda: self._press_here(key), KEY_S)
        self.keys += 1
        self.log.append(key)

    def _press_here(self, key: str) -> None:
        where = QApplication.focusWidget() or self.project_window.window
        QTest.keySequence(where, QKeySequence(key))
        QTest.qWait(15)

    def settle(self, there: Callable[[], bool]) -> None:
        """Wait until something is shown here, and as long again on the screen."""
        start = time.monotonic()
        while not there():
            if time.monotonic() - start > 60:
                raise SystemExit(f"the window did not get so far; pressed {self.log}")
            QTest.qWait(50)
        QTest.qWait(round(1000 * (SETTLE_S + time.monotonic() - start)))
        self.waited_s += time.monotonic() - start

    # -- the room -------------------------------------------------------------------

    def review(self, share: float) -> None:
        """Work a share of the queue in the room, and the rest on the wall."""
        room = self.services.review_room
        self.press("Ctrl+R")
        self.settle(lambda: room.state == "at")
        assert room.walk is not None
        many = math.ceil(room.walk.total * share)
        for _ in range(many):
            self.settle(lambda: room.state == "ended" or self._place_is_shown())
            if room.state == "ended":
                break
            self.log.append(f"[{room.place.why if room.place else ''}]")
            self.places += 1
            time.sleep(LOOK_S)
            self._mend_place()
            self.press("Return")
        self._wall()

    def _place_is_shown(self) -> bool:
        player, loupe = self.project_window.player, self.project_window.docks.loupe
        if self.services.review_room.state != "at":
            return False
        there = (loupe.frames.image(f) is not None for f in loupe.shown())
        return self.project_window.session.frame == player.target and all(there)

    def _mend_place(self) -> None:
        room = self.services.review_room
        segment, place, lane = room.segment, room.place, room.lane
        assert segment is not None
        assert place is not None
        assert lane is not None
        true, ghost = self._true(segment.start, segment.stop), place.ghost
        if ghost is not None and self._is_true(ghost):
            self.press("G")
            return
        if segment.class_id != true.class_id:
            self._give_class(segment.start, segment.stop)
            if room.segment is None or room.segment.start != segment.start:
                return
        # The place begins at its boundary; its end is the beginning of another place.
        if segment.start == 0 or abs(segment.start - true.start) <= self.collar:
            return
        cut_ = index_of(place, lane) - 1
        second = room.evidence and second_boundary(lane, cut_, room.evidence)
        if second is not None and abs(second - true.start) <= self.collar:
            self.press("B")
            return
        for key in steps(segment.start, true.start, self.collar):
            self.press(key)

    def _give_class(self, start: int, stop: int) -> None:
        """Press the key of the true class; delete where the neighbours have it."""
        true = self._true(start, stop)
        if true.start < start and true.stop > stop:
            self.press("Backspace")
        else:
            keys = self.project_window.document.project.label_map.keys
            self.press(keys[true.class_id or 0])

    def _true(self, start: int, stop: int) -> Any:
        """Return the true segment that shares most frames with these."""
        common = [min(s.stop, stop) - max(s.start, start) for s in self.wanted.segments]
        return self.wanted.segments[int(np.argmax(common))]

    def _is_true(self, ghost: Any) -> bool:
        near = (
            (s.start, s.stop)
            for s in self.wanted.segments
            if s.class_id == ghost.class_id
        )
        return any(
            max(abs(a - ghost.start), abs(b - ghost.stop)) <= self.collar
            for a, b in near
        )

    # -- the wall -------------------------------------------------------------------

    def _wall(self) -> None:
        wall, view = self.services.review_wall, self.project_window.docks.wall
        self.press("Z")
        self.settle(lambda: view.isVisible() and view.strips.is_whole())
        while wall.open_strips:
            self.strips += len(wall.open_strips)
            self._mend_page()
            start = time.monotonic()
            self.settle(lambda: view.strips.is_whole() and not wall.seconds_left)
            self.waited_s -= time.monotonic() - start
            self.press("Return")
            QTest.qWait(500)
        self.press("Escape")

    def _mend_page(self) -> None:
        wall = self.services.review_wall
        for at in range(len(wall.shown)):
            strip = wall.shown[at]
            if strip is None:
                continue
            segment = strip.segment
            true = self._true(segment.start, segment.stop)
            moves = steps(segment.start, true.start, self.collar)
            wrong = segment.class_id != true.class_id
            if not moves and not wrong:
                continue
            while wall.cursor != at:
                self.press("Right" if at > wall.cursor else "Left")
            if wrong:
                self._give_class(segment.start, segment.stop)
            for key in moves:
                self.press(key)


def on_screen(key: str) -> str:
    """Name a key as xdotool does."""
    *held, last = key.split("+")
    last = last.lower() if len(last) == 1 else KEYS.get(last, last)
    return "+".join([*(h.lower() for h in held), last])
