"""The review in the real window, by keys: whose they are, and how far one comes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit import key_policy
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video
from tests.app.windows import trigger
from tests.e2e.conftest import Opener
from tests.e2e.reviewer import NONE, SHIFT, Key, Person
from tests.videos import write_video

N_FRAMES, K = 240, 2
CLASSES = ("stand", "walk", "reach", "carry")
TRUTH = ((0, 30), (1, 65), (2, 90), (1, 130), (3, 160), (0, 172), (1, 205), (2, 240))
"""Class of each segment, and the frame after its last."""
SAID = ((0, 30), (1, 58), (2, 90), (1, 130), (3, 172), (1, 186), (0, 190), (1, 205),
        (3, 240))  # fmt: skip
"""What the model says: a boundary is off by seven, stand after carry is missing, there
is one in walk that is none, and the last one has another class."""


def frames(segments: tuple[tuple[int, int], ...]) -> np.ndarray:
    starts = [0, *(stop for _, stop in segments[:-1])]
    lengths = [stop - a for a, (_, stop) in zip(starts, segments, strict=True)]
    return np.repeat([c for c, _ in segments], lengths)


def predicted(folder: ProjectFolder, video: str) -> None:
    """A prediction that is sure where it is right, and less where it is not."""
    said, truth = frames(SAID), frames(TRUTH)
    rows = np.full((N_FRAMES, 4), 0.03, np.float32)
    rows[np.arange(N_FRAMES), said] = 0.91
    wrong = np.flatnonzero(said != truth)
    rows[wrong] = 0.04
    rows[wrong, said[wrong]] = 0.5
    rows[wrong, truth[wrong]] = 0.42
    value = Segmentation.from_frames(said, "model", rows.max(axis=1))
    ids, fixed = np.arange(4), np.zeros(N_FRAMES, bool)
    made = Prediction(rows, ids, value, fixed=fixed, trained_on=False)
    save_prediction(folder.prediction_path(video, "m"), made)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two unlabelled videos, pre-labelled alike."""
    folder, project = create_project(
        tmp_path / "kitchen", label_map_from_names(CLASSES)
    )
    before = project
    for name in ("one", "two"):
        path = write_video(tmp_path / f"{name}.mp4", N_FRAMES)
        item = probe_video(path, folder, project)
        project = add_video(project, item)
        predicted(folder, item.id)
    folder.save(project, before)
    return folder.root


def runs(labels: np.ndarray) -> list[tuple[int, int]]:
    cuts = (np.flatnonzero(np.diff(labels)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(labels)], strict=True))


@pytest.fixture
def person(root: Path, opener: Opener, qtbot: QtBot) -> Person:
    return Person(opener(root), qtbot, frames(TRUTH), K)


def test_the_queue_is_worked_to_the_truth_by_keys(person: Person) -> None:
    room = person.room
    person.enter()
    while room.state == "at":
        person.mend()
        person.say_right()
        assert person.pressed < 400, "it ends"
    lane, truth = person.lane, frames(TRUTH)
    joined = [s for s in runs(lane.to_frames()) if s[1] - s[0] > 0]
    wanted = runs(truth)
    assert len(joined) == len(wanted), (joined, wanted)
    for (a, b), (c, d) in zip(joined, wanted, strict=True):
        assert abs(a - c) <= K
        assert abs(b - d) <= K
        assert lane.at((a + b) // 2).class_id == truth[(c + d) // 2]
    walk = room.walk
    assert walk is not None
    assert walk.counts()[0] >= 3
    strip = person.project_window.docks.review
    assert "looked at" in strip.message.text.text()
    assert "two" in strip.message.button.text()
    person.key(Key.Key_Return)
    person.wait(lambda: room.state == "at")
    assert person.session.track_id == "two"


def test_keys_are_the_rooms_while_it_is_open(person: Person) -> None:
    window, room = person.project_window, person.room
    person.enter()
    document, docks = window.document, window.docks
    walk = room.walk
    assert walk is not None
    person.key(Key.Key_N)
    assert walk.number == 2
    person.key(Key.Key_N, SHIFT)
    assert walk.number == 1
    # A click in the loupe sets the boundary, and the keys stay here.
    person.arrive()
    QTest.mouseClick(
        docks.loupe,
        Qt.MouseButton.LeftButton,
        NONE,
        docks.loupe.cells()[len(docks.loupe.shown()) // 2 + 1].center().toPoint(),
    )
    person.key(Key.Key_N)
    assert walk.number == 2
    # A click on the timeline is how one looks around: Backspace merges the place.
    timeline = docks.timeline
    middle = timeline.rect().center()
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, NONE, middle)
    assert timeline.hasFocus()
    before, place, there = document.project, room.place, person.lane
    person.key(Key.Key_Backspace)
    if document.project is before:
        person.arrive()  # one is led back to the place first
        person.key(Key.Key_Backspace)
    assert place is not None
    gone = there.at((place.start + place.stop) // 2)
    assert person.lane.at(gone.start).class_id not in (None, gone.class_id)
    person.key(Key.Key_N, SHIFT)
    assert walk.number == 1
    before = document.project
    person.key(Key.Key_Escape)
    assert not docks.docks["Review"].isVisible()
    person.key(Key.Key_N)
    assert document.project is before
    assert walk.number == 1


def test_a_place_that_was_reviewed_is_not_said_to_wait_for_it(person: Person) -> None:
    person.enter()
    label = person.project_window.docks.review.why
    while "Nobody reviewed it yet" not in label.text():
        person.say_right()
        assert person.room.state == "at", "each place has another reason"
    while not person.segment.reviewed:
        person.say_right()
        person.key(Key.Key_N, SHIFT)
        person.arrive()
    assert "Nobody reviewed it yet" not in label.text()


def test_the_timeline_is_zoomed_to_the_item_until_the_room_is_left(
    person: Person,
) -> None:
    timeline, room = person.project_window.docks.timeline, person.room
    trigger(person.project_window, "zoom-in")
    before = timeline.view
    person.enter()
    for _ in range(3):
        place, view = room.place, timeline.view
        assert place is not None
        assert view.first < max(place.start, 1), "what is before it is seen"
        assert view.last > min(place.stop, N_FRAMES - 1), "and what is after it"
        shown = view.x_of(place.stop) - view.x_of(place.start)
        assert shown > view.width / 12, "it is large"
        trigger(person.project_window, "zoom-fit")
        person.key(Key.Key_N)
    room.leave()
    view = timeline.view
    assert view.frames_per_px == before.frames_per_px
    assert view.holds(person.session.frame)


def test_a_held_key_reviews_one_place(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.enter()
    walk = person.room.walk
    assert walk is not None
    place = QApplication.focusWidget()
    assert place is not None
    handle = person.project_window.window.windowHandle()
    QTest.keyPress(handle, Key.Key_Return)
    for _ in range(10):
        for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            held = QKeyEvent(kind, Key.Key_Return, NONE, "\r", autorep=True)
            QApplication.sendEvent(place, held)
        QTest.qWait(10)
    # Some displays send a release before every repeated press, however slow they are.
    monkeypatch.setattr(key_policy, "REPEAT_MS", 600_000)
    QTest.keyRelease(handle, Key.Key_Return)
    for _ in range(10):
        QTest.keyClick(handle, Key.Key_Return)
    assert walk.number == 2
    assert sum(look.agreed for look in walk.looks) == 1


def test_a_key_that_a_person_gave_to_another_command_is_that_commands(
    person: Person,
) -> None:
    window = person.project_window
    commands = window.commands
    person.enter()
    walk = person.room.walk
    assert walk is not None
    commands.set_keymap(commands.keymap.with_keys("split", ("N",)))
    person.go_to(person.player.target + 3)
    n = len(person.lane)
    person.key(Key.Key_N)
    assert (walk.number, len(person.lane)) == (1, n + 1)
    rows = {row.command: row.key for row in window.docks.review.keys.rows}
    assert rows["room-next"] == "–", "the strip tells it"
    commands.set_keymap(commands.keymap.with_keys("room-next", ("B",)))
    before = window.session.overlays
    person.key(Key.Key_B)
    assert walk.number == 2
    assert window.session.overlays == before


def test_behind_another_tab_the_keys_of_the_room_hold(person: Person) -> None:
    person.enter()
    docks, walk = person.project_window.docks, person.room.walk
    assert walk is not None
    docks.toggle_dock("Videos")
    docks.docks["Videos"].raise_()
    person.wait(docks.videos.isVisible)
    person.key(Key.Key_N)
    assert walk.number == 2
    person.project_window.commands["wall"].trigger()
    person.wait(docks.wall.isVisible)
    assert person.room.on
    assert not person.room.in_room()
    docks.wall.leave()
    person.wait(person.room.in_room)
