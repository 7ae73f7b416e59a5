"""What nobody saw is not reviewed: by real keys; seconds are real but where it says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit import key_policy
from app.services.labelling.class_keys import LATE_S, REPEAT_MS, ClassKeys
from app.services.labelling.on_screen import LARGE_PX, OnScreen
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.review.review_item import ReviewItem
from tests.e2e.conftest import Opener
from tests.e2e.reviewer import CTRL, NONE, SHIFT, Key, Person
from tests.videos import write_video

N_FRAMES = 180
CUTS = (0, 30, 66, 102, 140, N_FRAMES)
LONG = 20_000


@pytest.fixture(autouse=True)
def eyes() -> None:
    """See no more than there is."""


@pytest.fixture
def window(tmp_path: Path, opener: Opener) -> ProjectWindow:
    """A video that a model labelled, of which nobody saw anything."""
    folder, project = create_project(
        tmp_path / "kitchen", label_map_from_names(("walk", "reach", "carry"))
    )
    before = project
    item = probe_video(write_video(tmp_path / "one.mp4", N_FRAMES), folder, project)
    labels = np.repeat((0, 1, 2, 0, 1), np.diff(CUTS))
    ids = np.array(project.label_map.ids)
    lane = Segmentation.from_frames(ids[labels], "model", np.full(N_FRAMES, 0.9))
    project = set_lane(add_video(project, item), item.id, ANNOTATION, lane)
    folder.save(project, before)
    made = opener(folder.root)
    made.docks.timeline.setFocus()
    return made


def segments(window: ProjectWindow) -> tuple[Segment, ...]:
    return window.document.project.tracks[0].annotation.segments


def press(window: ProjectWindow, key: Key) -> None:
    QTest.keyClick(window.window.focusWidget() or window.window, key, NONE)


def play(window: ProjectWindow, qtbot: QtBot, rate: float, to: int) -> None:
    window.player.set_rate(rate)
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.frame >= to, timeout=LONG)
    window.player.pause()
    qtbot.waitUntil(lambda: window.session.frame == window.player.target, timeout=LONG)


def play_all(window: ProjectWindow, qtbot: QtBot, rate: float, to: int) -> None:
    """Play until all was on the screen: a busy machine passes frames over."""
    screen = window.services.labelling.segment_editor.on_screen
    for _ in range(10):
        press(window, Key.Key_Home)
        qtbot.waitUntil(lambda: window.session.frame == 0, timeout=LONG)
        play(window, qtbot, rate, to)
        if screen.sight.covers(0, to):
            break
    else:
        raise AssertionError("it was never shown whole")
    press(window, Key.Key_Home)
    qtbot.waitUntil(lambda: window.session.frame == 0, timeout=LONG)


def test_six_returns_review_nothing_that_was_not_on_the_screen(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    press(window, Key.Key_Home)
    qtbot.waitUntil(lambda: window.session.frame == 0, timeout=LONG)
    for _ in range(6):
        press(window, Key.Key_Return)
        QTest.qWait(30)
    QTest.qWait(400)
    press(window, Key.Key_Return)
    assert not any(s.class_reviewed for s in segments(window))
    assert "R plays them" in window.docks.messages.text.text()


def test_what_was_played_is_reviewed_once_a_return(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    play_all(window, qtbot, 2.0, 104)
    for n in (1, 2, 3):
        qtbot.waitUntil(
            lambda: window.services.labelling.segment_editor.on_screen.settled,
            timeout=LONG,
        )
        press(window, Key.Key_Return)
        press(window, Key.Key_Return)  # its place has not been on the screen yet
        assert [s.class_reviewed for s in segments(window)] == [
            *[True] * n,
            *[False] * (5 - n),
        ]
    qtbot.waitUntil(
        lambda: window.services.labelling.segment_editor.on_screen.settled, timeout=LONG
    )
    press(window, Key.Key_Return)
    assert not segments(window)[3].class_reviewed, "no more than its start was played"


def test_a_glance_at_high_speed_is_none(window: ProjectWindow, qtbot: QtBot) -> None:
    play(window, qtbot, 8.0, N_FRAMES - 2)
    press(window, Key.Key_Home)
    QTest.qWait(500)
    press(window, Key.Key_Return)
    assert not any(s.class_reviewed for s in segments(window))


def test_the_review_shows_all_of_a_segment_unasked(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    labels = np.concatenate(
        [np.full(s.stop - s.start, s.class_id) for s in segments(window)]
    )
    person = Person(window, qtbot, labels, 2)
    QTest.keyClick(window.docks.timeline, Key.Key_R, CTRL)
    person.wait(lambda: person.room.state == "at")
    strip, place = window.docks.strip, person.room.place
    assert place is not None
    assert (strip.frames[0], strip.frames[-1]) == (place.start, place.stop - 1)
    panel = window.docks.review.unseen
    assert "all of it" in panel.text()
    person.wait(lambda: "all of it" not in panel.text())
    press(window, Key.Key_Return)
    done = [s for s in segments(window) if s.class_reviewed]
    assert [(s.start, s.stop) for s in done] == [(place.start, place.stop)]
    person.wait(lambda: "all of it" in panel.text())
    person.wait(lambda: "all of it" not in panel.text())
    # What a merge adds has to be seen, and the panel says when it was.
    lane = segments(window)
    press(window, Key.Key_Backspace)
    assert segments(window) != lane
    assert "all of it" in panel.text()
    person.wait(lambda: "all of it" not in panel.text())
    # A picture of it leads there.
    QTest.mouseClick(
        strip, Qt.MouseButton.LeftButton, NONE, strip.cells()[-1].center().toPoint()
    )
    assert window.player.target == strip.frames[-1]


def ends(window: ProjectWindow) -> list[int]:
    """Boundaries that somebody reviewed."""
    return [s.start for s in segments(window) if s.start and s.start_reviewed]


def hold(window: ProjectWindow, key: Key, times: int = 12) -> None:
    """Keep a key down, on a display that sends a release before each press."""
    handle = window.window.windowHandle()
    for _ in range(times):
        QTest.keyClick(handle, key, NONE)


def test_a_held_return_agrees_once_on_any_display(
    window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_all(window, qtbot, 2.0, N_FRAMES - 2)
    screen = window.services.labelling.segment_editor.on_screen
    qtbot.waitUntil(lambda: screen.settled, timeout=LONG)
    # However slow the machine is: no press of these is one of its own.
    monkeypatch.setattr(key_policy, "REPEAT_MS", 600_000)
    monkeypatch.setattr(OnScreen, "settled", True)
    hold(window, Key.Key_Return)
    assert [s.class_reviewed for s in segments(window)] == [True, *[False] * 4]
    # Arrows go on while they are held.
    at = window.player.target
    hold(window, Key.Key_Right, 5)
    assert window.player.target == at + 5


def test_the_digit_of_the_class_that_it_has_agrees_by_the_law_of_return(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    window.player.seek(CUTS[1] + 10)
    qtbot.waitUntil(lambda: window.session.frame == CUTS[1] + 10, timeout=LONG)
    press(window, Key.Key_2)
    assert not any(s.class_reviewed for s in segments(window))
    message = window.docks.messages.text
    assert f"Frames {CUTS[1]} to {CUTS[2] - 1} were not all" in message.text()
    # What it says helps.
    press(window, Key.Key_R)
    sight = window.services.labelling.segment_editor.on_screen
    qtbot.waitUntil(lambda: sight.sight.covers(CUTS[1], CUTS[2]), timeout=LONG)
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: not window.player.playing, timeout=LONG)
    press(window, Key.Key_2)
    assert [s.class_reviewed for s in segments(window)] == [False, True, *[False] * 3]
    assert segments(window)[1].source == "model", "who said it stays"
    # Another class is what a person names: it joins the next segment here.
    press(window, Key.Key_3)
    assert segments(window)[1].runs[0].source == "human"


def test_ends_of_several_are_reviewed_where_they_stood(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    window.docks.toggle_loupe()
    play_all(window, qtbot, 2.0, 120)
    for _ in range(3):
        QTest.keyClick(window.docks.timeline, Key.Key_Down, SHIFT)
    screen = window.services.labelling.segment_editor.on_screen
    qtbot.waitUntil(lambda: screen.settled, timeout=LONG)
    press(window, Key.Key_Return)
    assert [s.class_reviewed for s in segments(window)][:3] == [True] * 3
    assert not ends(window)
    assert "ends to look at: Down goes there" in window.docks.messages.text.text()
    window.docks.toggle_loupe()
    press(window, Key.Key_Home)
    for cut in CUTS[1:3]:
        press(window, Key.Key_Down)
        qtbot.waitUntil(lambda c=cut: screen.sight.shows(c), timeout=LONG)
    for _ in range(2):
        QTest.keyClick(window.docks.timeline, Key.Key_Up, SHIFT)
    qtbot.waitUntil(lambda: screen.settled, timeout=LONG)
    press(window, Key.Key_Return)
    assert ends(window) == list(CUTS[1:3])


def at_the_second(window: ProjectWindow, person: Person) -> ReviewItem:
    """Go to the second item of the review, whose pictures are there."""
    room = person.room
    QTest.keyClick(window.docks.timeline, Key.Key_R, CTRL)
    person.wait(lambda: room.state == "at" and room.ready)
    press(window, Key.Key_N)
    person.wait(lambda: room.ready)
    assert room.place is not None
    return room.place


def test_both_ends_are_reviewed_in_one_visit(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    room, docks = window.services.review.review_room, window.docks
    screen, person = room.on_screen, Person(window, qtbot, np.zeros(N_FRAMES, int), 2)
    place = at_the_second(window, person)
    assert 0 < place.start < place.stop < N_FRAMES
    for loupe, end in ((docks.loupe, place.start), (docks.end_loupe, place.stop)):
        assert {end - 1, end} <= set(loupe.shown())
    person.wait(lambda: all(room.seen))
    press(window, Key.Key_Return)
    assert ends(window) == [place.start, place.stop]
    assert room.place is not place, "it goes on"
    assert screen.sight.shows(place.stop)


def test_a_click_at_the_end_sets_the_end(window: ProjectWindow, qtbot: QtBot) -> None:
    room, docks = window.services.review.review_room, window.docks
    person = Person(window, qtbot, np.zeros(N_FRAMES, int), 2)
    place = at_the_second(window, person)
    for loupe, wanted in (
        (docks.end_loupe, (place.start, place.stop + 2)),
        (docks.loupe, (place.start - 1, place.stop + 2)),
    ):
        frame = wanted[1] if loupe is docks.end_loupe else wanted[0]
        cell = loupe.cells()[loupe.shown().index(frame)]
        QTest.mouseClick(
            loupe, Qt.MouseButton.LeftButton, NONE, cell.center().toPoint()
        )
        person.wait(lambda: window.session.frame == window.player.target)
        now = room.segment
        assert now is not None
        assert (now.start, now.stop) == wanted
        assert window.services.labelling.segment_editor.boundary.frame == frame


def test_a_click_with_shift_at_the_end_goes_on(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    room, loupe = window.services.review.review_room, window.docks.end_loupe
    person = Person(window, qtbot, np.zeros(N_FRAMES, int), 2)
    place = at_the_second(window, person)
    person.wait(lambda: all(room.seen) and room.on_screen.settled)
    # The picture is at that end, which moves past it.
    press(window, Key.Key_Down)
    person.wait(lambda: window.session.frame == place.stop)
    person.wait(lambda: all(room.seen) and room.on_screen.settled)
    cell = loupe.cells()[loupe.shown().index(place.stop - 2)]
    at = cell.center().toPoint()
    QTest.mouseClick(loupe, Qt.MouseButton.LeftButton, SHIFT, at)
    assert ends(window) == [place.start, place.stop - 2]
    assert room.place is not None
    assert room.place.start == place.stop - 2, "it goes on"


def test_a_click_with_shift_on_the_whole_moves_the_selected_end(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    room, strip = window.services.review.review_room, window.docks.strip
    person = Person(window, qtbot, np.zeros(N_FRAMES, int), 2)
    place = at_the_second(window, person)
    frame = strip.frames[-2]
    at = strip.cells()[-2].center().toPoint()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, SHIFT, at)
    now = room.segment
    assert now is not None
    assert (now.start, now.stop) == (frame, place.stop)
    assert window.player.target == frame


def test_the_room_says_which_end_did_not_stand(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    room = window.services.review.review_room
    screen = room.on_screen
    person = Person(window, qtbot, np.zeros(N_FRAMES, int), 2)
    # As if it was played: on a busy machine playing passes frames over, or shows two of
    # them for so long that an end stands.
    screen.shows("played", range(N_FRAMES), large=False)
    person.wait(lambda: screen.sight.covers(0, N_FRAMES))
    screen.shows("played", ())
    QTest.keyClick(window.docks.timeline, Key.Key_R, CTRL)
    person.wait(lambda: room.state == "at")
    # Without the loupe one frame stands, in the picture.
    window.docks.set_loupe(False)
    person.wait(lambda: room.ready and screen.settled)
    at = room.place
    assert at is not None
    for key in (Key.Key_Return, Key.Key_Return):
        person.wait(lambda: room.ready and screen.settled)
        press(window, key)
        if room.place is not at:
            QTest.keyClick(window.docks.timeline, Key.Key_N, SHIFT)
    person.wait(lambda: room.ready and screen.settled)
    assert ends(window) == []
    message = window.docks.messages.text.text()
    assert f"Frames {at.stop - 1} to {at.stop} did not stand" in message
    assert "loupe (Q)" in message
    press(window, Key.Key_Q)
    person.wait(lambda: all(room.seen))
    press(window, Key.Key_Return)
    assert ends(window) == [at.stop]


def ben_2(tmp_path: Path, opener: Opener) -> ProjectWindow:
    """A clip of the demo whose labels are a model's; nobody saw anything of it."""
    before = write_demo(tmp_path / "demo")
    with (tmp_path / "demo" / "truth" / "ben-2.csv").open() as file:
        labels = [int(row["class_id"]) for row in csv.DictReader(file)]
    lane = Segmentation.from_frames(labels, "model", np.full(len(labels), 0.9))
    folder = ProjectFolder(tmp_path / "demo")
    folder.save(set_lane(before, "ben-2", ANNOTATION, lane), before)
    made = opener(folder.root)
    made.services.models.pose_service.by_itself = False
    made.window.resize(1366, 768)
    made.session.set_video("ben-2")
    made.docks.timeline.setFocus()
    return made


def test_who_played_a_video_once_has_judged_no_end(
    tmp_path: Path, opener: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ben_2(tmp_path, opener)
    player, wall = window.player, window.services.review.review_wall
    qtbot.waitUntil(lambda: player.picture is not None, timeout=LONG)
    item = window.services.current_video.item
    assert item is not None
    # It plays at 16 times; the clock is one by which it plays at its own speed.
    rate, stood_s = item.video.even_times.rate, [0.0]
    clock = staticmethod(lambda: window.session.frame / rate + stood_s[0])
    monkeypatch.setattr(OnScreen, "clock", clock)
    player.set_rate(16.0)
    press(window, Key.Key_Space)
    with qtbot.waitSignal(player.ended, timeout=LONG):
        pass
    lane = window.document.project.track("ben-2").annotation
    last = lane.boundaries.tolist()[-1]
    QTest.keyClick(window.docks.timeline, Key.Key_Z, NONE)
    qtbot.waitUntil(window.docks.wall.strips.is_whole, timeout=LONG)
    picture = window.docks.wall.strips.picture_rects(0)[0]
    assert picture.height() < LARGE_PX, "the wall's pictures are no look at ends"
    while wall.seconds_left:
        wall.look(range(len(wall.shown)), 0.25)
    QTest.keyClick(window.docks.wall.strips, Key.Key_Return, NONE)
    after = window.document.project.track("ben-2").annotation
    assert sum(s.class_reviewed for s in after.segments) > len(lane) / 2
    assert not [s.start for s in after.segments if s.start_reviewed and s.start < last]


def test_a_class_key_after_the_film_ended_labels_nothing(
    window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr(ClassKeys, "clock", staticmethod(lambda: now_s[0]))
    player, before = window.player, segments(window)
    player.seek(N_FRAMES - 10)
    qtbot.waitUntil(lambda: window.session.frame == N_FRAMES - 10, timeout=LONG)
    with qtbot.waitSignal(player.ended, timeout=LONG):
        press(window, Key.Key_Space)
    now_s[0] += LATE_S / 2
    press(window, Key.Key_1)
    assert segments(window) == before
    assert "The video is over" in window.docks.messages.text.text()
    qtbot.wait(3 * REPEAT_MS)  # sooner, it would be a key that stays down
    # As it says, the key labels the segment a moment later.
    now_s[0] += LATE_S
    press(window, Key.Key_1)
    assert [s.class_id for s in segments(window)][3:] == [before[3].class_id]


@pytest.mark.parametrize("act", [Key.Key_Left, Key.Key_O, Key.Key_Up])
def test_who_did_something_since_the_film_ended_labels_at_once(
    window: ProjectWindow, qtbot: QtBot, act: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassKeys, "clock", staticmethod(lambda: 100.0))
    player, before = window.player, segments(window)
    player.seek(N_FRAMES - 10)
    qtbot.waitUntil(lambda: window.session.frame == N_FRAMES - 10, timeout=LONG)
    press(window, Key.Key_I)
    with qtbot.waitSignal(player.ended, timeout=LONG):
        press(window, Key.Key_Space)
    press(window, act)
    press(window, Key.Key_3)
    assert segments(window) != before


def test_who_paused_by_hand_labels_at_once(
    window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassKeys, "clock", staticmethod(lambda: 100.0))
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.frame >= 5, timeout=LONG)
    press(window, Key.Key_Space)
    press(window, Key.Key_3)
    assert segments(window)[0].source == "human"
