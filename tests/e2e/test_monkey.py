"""A monkey at the real window: whatever is pressed, the project stays a project.

``make soak`` is the long run; SKELSEG_MONKEY in the environment says how long, and
SKELSEG_MONKEY_SEED which.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.playback.player import FramePicture
from app.services.labelling.on_screen import OnScreen
from app.window.project_window import ProjectWindow
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, edit_lane
from tests.e2e.conftest import Opener
from tests.oracle import Oracle
from tests.soak import times
from tests.videos import read_code, write_video

EVENTS = times("SKELSEG_MONKEY", 300, 10_000)
SEED = times("SKELSEG_MONKEY_SEED", 5, 5)
N_FRAMES = 240
CLASSES = ("walk", "reach", "open drawer", "carry", "wipe")
# These compute and edit later, in a process of their own, or end the window.
LEFT_ALONE = {
    "prelabel",
    "prelabel-free",
    "train",
    "measure",
    "fill-example",
    "order",
    "train-background",
    "poses",
    "quit",
    "new",
    "open",
    "close-project",
}
BUTTONS = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture(autouse=True)
def eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """See what is there, as fast as the monkey acts."""
    clock = staticmethod(lambda: 30 * time.monotonic())
    monkeypatch.setattr(OnScreen, "clock", clock)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two videos that carry their frame numbers, poses, labels and a prediction."""
    label_map = label_map_from_names(CLASSES)
    folder, project = create_project(tmp_path / "kitchen", label_map)
    before = project
    dice = np.random.default_rng(SEED)
    for name in ("one", "two"):
        path = write_video(tmp_path / f"{name}.mp4", N_FRAMES)
        item = probe_video(path, folder, project)
        project = add_video(project, item)
        points = dice.uniform(10, 80, (N_FRAMES, 2, 17, 2)).astype(np.float32)
        scores = np.ones(points.shape[:3], np.float32)
        poses = PoseSequence(points, scores, "coco17", (160, 96))
        save_poses(folder.poses_path(item.id), poses, item.video.fingerprint)
        _predicted(folder, project, item.id, dice)
        for start in range(0, N_FRAMES - 40, 60):
            label = int(dice.choice(label_map.ids))
            project = edit_lane(project, item.id, _painting(start, start + 30, label))
    folder.save(project, before)
    return folder.root


def _painting(
    start: int, stop: int, label: int
) -> Callable[[Segmentation], Segmentation]:
    return lambda s: paint(s, start, stop, label)


def _predicted(
    folder: ProjectFolder, project: Project, video: str, dice: np.random.Generator
) -> None:
    ids = np.array(project.label_map.ids)
    frames = np.repeat(dice.choice(ids, N_FRAMES // 20), 20)
    said = Segmentation.from_frames(frames, "model", np.full(N_FRAMES, 0.9))
    sure = dice.dirichlet(np.ones(len(ids)), N_FRAMES).astype(np.float32)
    prediction = Prediction(sure, ids, said)
    save_prediction(folder.prediction_path(video, "hands"), prediction)


class Monkey:
    """Presses keys, buttons and wheels by dice, and looks at what comes of it."""

    def __init__(self, project_window: ProjectWindow, qtbot: QtBot) -> None:
        self.project_window, self.qtbot = project_window, qtbot
        self.oracle = Oracle(project_window)
        self.dice = random.Random(SEED)
        self.first = project_window.document.project
        self.wrong: list[str] = []
        self.log: list[str] = []
        self.pictures = self.edits = 0
        self.keys = list(self._keys())
        # Dialogs and menus stop everything until they are answered: by Escape.
        self._closer = QTimer(project_window)
        self._closer.setInterval(15)
        self._closer.timeout.connect(self._close_what_asks)
        self._closer.start()
        project_window.player.picture_changed.connect(self.look)
        project_window.document.changed.connect(self._count)

    def _keys(self) -> Iterator[str]:
        for action in self.project_window.window.findChildren(QAction):
            if action.objectName() not in LEFT_ALONE:
                yield from (s.toString() for s in action.shortcuts())
        yield from "1234567890" * 3
        yield from ("Esc", "Return", "Tab", "Left", "Right", "Up", "Down")

    def _close_what_asks(self) -> None:
        asking = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if asking is not None:
            asking.close()

    def _count(self, _: object) -> None:
        self.edits += 1

    def look(self, picture: FramePicture) -> None:
        self.pictures += 1
        if picture.frame != self.project_window.session.frame:
            self.wrong.append(
                f"frame {picture.frame} said "
                f"{self.project_window.session.frame}, {self.tail}"
            )
        elif read_code(picture.pixels) != picture.frame:
            self.wrong.append(f"frame {picture.frame} shows another, {self.tail}")

    @property
    def tail(self) -> str:
        return " | ".join(self.log[-12:])

    def act(self) -> None:
        """One event, and a look at the project."""
        self.oracle.begin()
        lost = QApplication.activeWindow() is not self.project_window.window
        if lost and self.dice.random() < 0.7:
            # A window manager does this when a dialog closes; offscreen has none.
            self.project_window.window.activateWindow()
            self.project_window.docks.timeline.setFocus()
        name = self.dice.choices(
            ("key", "click", "drag", "wheel", "pick", "type"), (50, 12, 14, 8, 6, 2)
        )[0]
        getattr(self, f"do_{name}")()
        if self.dice.random() < 0.2:
            QTest.qWait(self.dice.choice([1, 5, 20]))
        else:
            QApplication.processEvents()
        self.check()

    def check(self) -> None:
        """Every annotation is a partition into known classes."""
        project = self.project_window.document.project
        known = {None, *project.label_map.ids}
        for item in project.tracks:
            for lane in item.lanes.values():
                at = 0
                for segment in lane.segments:
                    assert segment.start == at < segment.stop, self.tail
                    assert segment.class_id in known, self.tail
                    at = segment.stop
                assert at == item.n_frames, self.tail
        assert not self.wrong, self.wrong
        assert not self.oracle.wrong, (self.oracle.wrong, self.tail)

    def target(self) -> QWidget:
        """Mostly the timeline and the picture, sometimes anything that shows."""
        docks = self.project_window.docks
        roll = self.dice.random()
        if roll < 0.6:
            return docks.timeline
        if roll < 0.8:
            return docks.video
        shown = [
            w for w in self.project_window.window.findChildren(QWidget) if w.isVisible()
        ]
        return self.dice.choice(shown)

    def point(self, widget: QWidget) -> QPoint:
        return QPoint(
            self.dice.randrange(max(1, widget.width())),
            self.dice.randrange(max(1, widget.height())),
        )

    def do_key(self) -> None:
        key = self.dice.choice(self.keys)
        self.log.append(key)
        # As from a keyboard: to whatever has the focus.
        QTest.keySequence(
            QApplication.focusWidget() or self.project_window.window, QKeySequence(key)
        )

    def do_click(self) -> None:
        widget = self.target()
        self.oracle.begin(widget)
        at = self.point(widget)
        button, modifier = self.dice.choice(BUTTONS), self.dice.choice(MODIFIERS)
        self.log.append(f"{button.name} {type(widget).__name__} {at.x()},{at.y()}")
        QTest.mouseClick(widget, button, modifier, at)

    def do_drag(self) -> None:
        widget = self.target()
        self.oracle.begin(widget)
        at = self.point(widget)
        button, modifier = self.dice.choice(BUTTONS), self.dice.choice(MODIFIERS)
        self.log.append(f"drag {modifier.name} {type(widget).__name__}")
        QTest.mousePress(widget, button, modifier, at)
        for _ in range(self.dice.randint(1, 6)):
            QTest.mouseMove(widget, self.point(widget))
            QApplication.processEvents()
            if self.dice.random() < 0.05:
                self.do_key()
            if not isValid(widget):
                return  # a cap of the list of keys, which another page made anew
        QTest.mouseRelease(widget, button, modifier, self.point(widget))

    def do_wheel(self) -> None:
        widget = self.target()
        at = QPointF(self.point(widget))
        self.log.append(f"wheel {type(widget).__name__}")
        event = QWheelEvent(
            at,
            widget.mapToGlobal(at),
            QPoint(),
            QPoint(0, self.dice.choice([-240, -120, 120, 240])),
            Qt.MouseButton.NoButton,
            self.dice.choice(MODIFIERS),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def do_pick(self) -> None:
        found = self.project_window.window.findChildren(QAbstractItemView)
        lists = [
            v for v in found if v.isVisible() and v.model() and v.model().rowCount()
        ]
        if not lists:
            return
        view = self.dice.choice(lists)
        self.oracle.begin(view)
        row = self.dice.randrange(view.model().rowCount())
        place = view.visualRect(view.model().index(row, 0)).center()
        self.log.append(f"pick {type(view).__name__} {row}")
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def do_type(self) -> None:
        fields = [
            f
            for f in self.project_window.window.findChildren(QLineEdit)
            if f.isVisible()
        ]
        if fields:
            field = self.dice.choice(fields)
            field.setFocus()
            self.log.append(f"type {field.accessibleName()}")
            before = self.project_window.document.project.tracks
            QTest.keyClicks(field, self.dice.choice(["s", "walk", "12", "m"]))
            assert self.project_window.document.project.tracks == before, self.tail

    def settle(self) -> None:
        """Let the player come to rest: the frame shown is the frame asked."""
        self.project_window.player.pause()
        player = self.project_window.player
        if not self.project_window.session.track_id:
            return
        self.qtbot.waitUntil(lambda: player.info is not None, timeout=20_000)

        def rests() -> None:
            shown = player.picture.frame if player.picture is not None else None
            asked, said = player.target, self.project_window.session.frame
            assert shown == asked == said, (shown, asked, said, player.info, self.tail)

        self.qtbot.waitUntil(rests, timeout=20_000)

    def stop(self) -> None:
        self._closer.stop()


def test_a_monkey_spoils_nothing(root: Path, opener: Opener, qtbot: QtBot) -> None:
    project_window = opener(root)
    files = _files_of_others(root)
    monkey = Monkey(project_window, qtbot)
    for number in range(EVENTS):
        monkey.act()
        if number % 100 == 99:
            monkey.settle()
    monkey.stop()
    monkey.settle()
    assert monkey.pictures > EVENTS / 20
    stack, last = project_window.document.undo_stack, project_window.document.project
    assert monkey.edits > EVENTS / 20
    steps = stack.index()
    monkey.oracle.called.add("undo")
    while stack.canUndo():
        stack.undo()
        monkey.check()
    assert project_window.document.project == monkey.first
    stack.setIndex(steps)
    assert project_window.document.project == last
    assert _files_of_others(root) == files


def _files_of_others(root: Path) -> dict[str, bytes]:
    """Videos and estimated poses, which no edit writes."""
    found = (*root.parent.glob("*.mp4"), *root.glob("poses/*"))
    return {path.name: path.read_bytes() for path in found}
