"""The wall in the window: what it shows, what its keys do, when it may review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.review.review_wall import LONGEST_TICK_S, ReviewWall
from app.views.review.strip_paint import StripPainter
from app.views.review.strip_view import StripView
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import move_boundary, paint, relabel, split
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project_edits import set_locked
from skelseg_core.project.tracks import TrackId
from skelseg_core.review.wall import OfClass, OfItems, OfTransition
from tests.app.windows import trigger
from tests.seen import review

Key, Held = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def wall(qtbot: QtBot, project_window: ProjectWindow) -> ReviewWall:
    """The wall of nine segments of a model, open, its pictures read."""
    edges = np.linspace(0, 90, 10).astype(int).tolist()
    made = [Segment(a, b, n % 3, "model") for n, (a, b) in enumerate(pairwise(edges))]
    change(project_window, lambda _: Segmentation(tuple(made)))
    trigger(project_window, "wall")
    view = project_window.docks.wall
    qtbot.waitUntil(lambda: len(view.strips.loaded()) == 9, timeout=20_000)
    return project_window.services.review.review_wall


def change(
    project_window: ProjectWindow, edit: Callable[[Segmentation], Segmentation]
) -> None:
    video_id = project_window.session.track_id
    assert project_window.document.edit_lane("elsewhere", video_id, edit)


def with_other_classes(now: Segmentation) -> Segmentation:
    """Let a model say another class everywhere."""
    return Segmentation(
        tuple(replace(s, class_id=(s.class_id or 0) + 1) for s in now.segments)
    )


def lane(project_window: ProjectWindow) -> Segmentation:
    item = project_window.services.current_video.item
    assert item is not None
    return item.annotation


def strips(project_window: ProjectWindow) -> StripView:
    return project_window.docks.wall.strips


def press(
    project_window: ProjectWindow, key: Key | str, held: Held = Held.NoModifier
) -> None:
    where = QApplication.focusWidget()
    assert where is strips(project_window), where
    QTest.keyClick(where, key, held)


def look(wall: ReviewWall, seconds: float) -> None:
    """Time passes in which all strips of the page are on the screen."""
    for _ in range(round(seconds / LONGEST_TICK_S)):
        wall.look(range(len(wall.shown)), LONGEST_TICK_S)


def test_a_page_is_reviewed_for_by_one_key_after_half_a_second_a_strip(
    qtbot: QtBot, project_window: ProjectWindow, wall: ReviewWall
) -> None:
    before, view = lane(project_window), project_window.docks.wall
    press(project_window, Key.Key_Return)
    assert lane(project_window) is before, "nobody has seen them yet"
    assert 0 < wall.seconds_left <= 4.5
    assert not view.review_button.isEnabled()
    qtbot.waitUntil(view.review_button.isEnabled, timeout=8000)
    press(project_window, Key.Key_Return)
    after = lane(project_window)
    assert all(s.reviewed and s.reviewed_by == "wall" for s in after.segments)
    assert after.to_frames().tolist() == before.to_frames().tolist()
    assert not wall.shown, "nothing is left"
    trigger(project_window, "undo")
    assert lane(project_window) == before
    assert wall.n_strips == 9


def test_what_cannot_be_seen_is_not_looked_at(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch,
    wall: ReviewWall,
) -> None:  # fmt: skip
    view = project_window.docks.wall
    monkeypatch.setattr(view.strips, "loaded", lambda: [0, 1])
    before_s = wall.seconds_left
    qtbot.wait(1500)
    left_s = wall.seconds_left
    assert left_s >= before_s - 1.0, "only two of nine had pictures"
    monkeypatch.undo()
    monkeypatch.setattr(view, "isActiveWindow", lambda: False)
    qtbot.wait(500)
    assert wall.seconds_left == left_s, "another window is in front"
    look(wall, 5)
    monkeypatch.setattr(view.strips, "is_whole", lambda: False)
    before = lane(project_window)
    press(project_window, Key.Key_Return)
    assert lane(project_window) is before, "pictures are missing again"


def test_a_computer_that_slept_has_not_looked(wall: ReviewWall) -> None:
    left_s = wall.seconds_left
    wall.look(range(9), 3600)
    assert wall.seconds_left >= left_s - LONGEST_TICK_S - 1e-6


def test_what_is_marked_is_left_out_and_can_be_shown_alone(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    press(project_window, Key.Key_Right)
    press(project_window, Key.Key_Space)
    look(wall, 5)
    press(project_window, Key.Key_Return)
    seen = [s.reviewed for s in lane(project_window).segments]
    assert seen == [True, False] + [True] * 7
    (place,) = wall.wrong_items
    assert (place.start, place.stop, place.risk) == (10, 20, 1.0)
    assert "wrong" in place.why
    found = [c for c, _ in wall.choices() if isinstance(c, OfItems)]
    assert found == [OfItems((place,))]
    wall.choose(found[0])
    assert [s.segment.start for s in wall.shown if s] == [10]
    # What is mended is no longer wrong.
    press(project_window, "4")
    assert lane(project_window).segments[1].class_id == 3
    assert wall.wrong_items == ()


def test_a_class_key_means_the_selected_strips_and_they_stay_where_they_are(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    wall.choose(OfClass(1))
    assert [s.segment.start for s in wall.shown if s] == [10, 40, 70]
    look(wall, 2)
    assert wall.seconds_left == 0
    press(project_window, Key.Key_Right)
    press(project_window, Key.Key_Right, Held.ShiftModifier)
    press(project_window, "4")
    classes = lane(project_window).class_ids.tolist()
    assert classes == [0, 1, 2, 0, 3, 2, 0, 3, 2]
    assert [s.segment.class_id for s in wall.shown if s] == [1, 3, 3]
    assert wall.seconds_left == 1.0, "what changed has to be looked at again"
    assert project_window.session.chosen == ((40, 50), (70, 80))
    press(project_window, "1")
    assert lane(project_window).at(45).class_id == 0
    trigger(project_window, "undo")
    trigger(project_window, "undo")
    assert [s.segment.class_id for s in wall.shown if s] == [1, 1, 1]


def test_no_key_acts_on_what_the_wall_hides(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    before, frame = lane(project_window), project_window.session.frame
    shown = [not d.isHidden() for d in project_window.docks.docks.values()]
    keys: list[Key | str] = [*"SMIO[],.ERDWANKJLPHVC/", Key.Key_F3, Key.Key_Insert]
    for key in keys:
        press(project_window, key)
        QApplication.processEvents()
        assert lane(project_window) is before, key
        assert not project_window.player.playing, key
        assert project_window.session.frame == frame, key
        now = [not d.isHidden() for d in project_window.docks.docks.values()]
        assert now == shown, key
        assert QApplication.focusWidget() is strips(project_window), key
        assert wall.is_open, key


def test_without_a_strip_a_class_key_labels_nothing(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    change(project_window, lambda s: relabel(s, 0, None))
    assert wall.current() is None, "the first strip is gone"
    before = lane(project_window)
    press(project_window, "4")
    press(project_window, "4", Held.ShiftModifier)
    assert lane(project_window) is before


def test_a_strip_is_left_undecided(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    press(project_window, Key.Key_Right)
    press(project_window, "U")
    assert [s.undecided for s in lane(project_window).segments][:3] == [
        False,
        True,
        False,
    ]
    assert wall.shown[1] is None
    before = lane(project_window)
    press(project_window, "U")
    assert lane(project_window) is before, "no strip is selected now"


def test_what_the_timeline_hides_is_in_sight_on_the_wall(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch, wall: ReviewWall
) -> None:
    monkeypatch.setattr(project_window.docks.timeline, "sees", lambda *_: False)
    press(project_window, "4")
    assert lane(project_window).segments[0].class_id == 3, "nothing to ask about"
    assert wall.is_open


def test_merging_away_and_its_undo_on_the_wall(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    press(project_window, Key.Key_Right)
    press(project_window, Key.Key_Backspace)
    assert lane(project_window).boundaries.tolist()[:2] == [20, 30]
    # Of two strips of one segment one is left.
    assert [s is None for s in wall.shown] == [False, True] + [False] * 7
    trigger(project_window, "undo")
    assert [s is None for s in wall.shown] == [False] * 9


def test_keys_that_are_held_act_once(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    look(wall, 5)
    before = lane(project_window)
    for key in (Key.Key_Return, Key.Key_Space, Key.Key_Backspace):
        held = QKeyEvent(
            QKeyEvent.Type.KeyPress, key, Held.NoModifier, "", autorep=True
        )
        QApplication.sendEvent(strips(project_window), held)
    assert lane(project_window) is before
    assert not wall.wrong_items


def test_a_boundary_is_moved_by_keys_and_clicks(
    qtbot: QtBot, project_window: ProjectWindow, wall: ReviewWall
) -> None:
    wall.choose(OfTransition(0, 1))
    assert [s.boundary for s in wall.shown if s] == [10, 40, 70]
    press(project_window, Key.Key_Right)
    count = project_window.document.undo_stack.index()
    press(project_window, Key.Key_Right, Held.AltModifier)
    press(project_window, Key.Key_Right, Held.AltModifier)
    assert lane(project_window).boundaries.tolist()[3] == 42
    assert project_window.document.undo_stack.index() == count + 1
    assert [s.boundary for s in wall.shown if s] == [10, 42, 70]
    view = strips(project_window)
    # The first click selects, for nothing moves that one has not chosen.
    at = QPointF(view.picture_rects(2)[1].center()).toPoint()
    QTest.mouseClick(view, LEFT, Held.NoModifier, at)
    assert lane(project_window).boundaries.tolist()[6] == 70
    QTest.mouseClick(view, LEFT, Held.NoModifier, at)
    assert lane(project_window).boundaries.tolist()[6] < 70
    look(wall, 3)
    qtbot.waitUntil(view.is_whole, timeout=20_000)
    press(project_window, Key.Key_Return)
    reviewed = [s.start_reviewed for s in lane(project_window).segments]
    assert reviewed == [False, True, False, False, True, False, False, True, False]
    assert not any(s.class_reviewed for s in lane(project_window).segments)


def test_edits_from_elsewhere_are_followed(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    look(wall, 5)
    change(project_window, lambda s: move_boundary(s, 1, 17))
    assert wall.seconds_left == 1.0, "two segments look otherwise now"
    change(project_window, lambda s: split(s, 64))
    assert [s.segment.stop for s in wall.shown if s][6] == 70
    trigger(project_window, "undo")
    trigger(project_window, "undo")
    assert wall.seconds_left == 0


def test_another_video_has_a_wall_of_its_own(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    look(wall, 5)
    press(project_window, Key.Key_Space)
    project_window.session.set_video("two")
    assert wall.shown == []
    assert wall.wrong_items == ()
    before = lane(project_window)
    project_window.docks.wall.mark_reviewed()
    assert lane(project_window) is before
    project_window.session.set_video("one")
    assert len(wall.wrong_items) == 1
    assert wall.seconds_left == 4.0, "a mark stays, the time does not"


def test_a_strip_is_seen_in_the_picture_and_the_wall_is_where_it_was(
    qtbot: QtBot, project_window: ProjectWindow, wall: ReviewWall
) -> None:
    press(project_window, Key.Key_Right)
    press(project_window, Key.Key_Right)
    press(project_window, "G")
    assert project_window.docks.wall.isHidden()
    assert project_window.player.target == 20
    assert project_window.session.boundary == 1
    qtbot.waitUntil(lambda: project_window.session.frame == 20, timeout=20_000)
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Z)
    assert project_window.docks.wall.isVisible()
    assert wall.cursor == 2
    press(project_window, Key.Key_Escape)
    assert project_window.docks.wall.isHidden()
    assert project_window.session.chosen == ()
    assert QApplication.focusWidget() is project_window.docks.timeline


def test_it_covers_the_window_and_has_the_keyboard(
    qtbot: QtBot, project_window: ProjectWindow, wall: ReviewWall
) -> None:
    view, window = project_window.docks.wall, project_window.window
    assert view.y() == project_window.docks.top.bottom
    assert view.geometry().bottom() == window.rect().bottom()
    window.resize(1500, 800)
    qtbot.waitUntil(lambda: view.width() == window.width(), timeout=5000)
    project_window.docks.take_keyboard()
    assert QApplication.focusWidget() is view.strips
    assert wall.per_page >= 9


def test_it_says_why_it_is_empty(project_window: ProjectWindow) -> None:
    trigger(project_window, "wall")
    view = project_window.docks.wall
    assert not view.strips.isVisible()
    assert view.empty.text.text().startswith("Nothing is labelled in this video yet")
    # There is no model: none is promised.
    assert view.empty.button.isHidden()
    change(project_window, lambda s: relabel(s, 0, 1))
    assert view.strips.isVisible()
    wall = project_window.services.review.review_wall
    wall.choose(OfClass(3))
    assert view.empty.text.text() == "Nothing is left to review here."
    change(project_window, lambda s: paint(s, 0, 5, None))
    assert view.empty.text.text().startswith("All labels here are reviewed.")
    view.leave()


def test_the_review_begins_with_what_was_marked_on_the_wall(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    assert wall.wrong_items == ()
    wall.go(2)
    wall.toggle_wrong()
    assert [p.start for p in wall.wrong_items] == [20]
    # Who looks at it by itself and agrees has answered.
    change(project_window, lambda s: review(s, 2))
    assert wall.wrong_items == ()


def test_tab_goes_round_the_wall(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    view, visited = project_window.docks.wall, []
    look(wall, 5)
    for _ in range(7):
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        visited.append(QApplication.focusWidget())
    assert visited[0] is view.videos
    assert visited[1] is view.choice
    assert view.strips in visited
    assert all(view.isAncestorOf(widget) for widget in visited)
    assert wall.is_open


@pytest.mark.parametrize("command", ["dock-statistics", "room", "find-video"])
def test_the_wall_makes_way_for_what_a_command_shows(
    project_window: ProjectWindow, wall: ReviewWall, command: str
) -> None:
    wall.go(4)
    trigger(project_window, command)
    assert not wall.is_open
    focused = QApplication.focusWidget()
    assert focused is not None
    assert not project_window.docks.wall.isAncestorOf(focused)
    trigger(project_window, "wall")
    assert wall.cursor == 4


def test_what_a_floating_panel_covers_is_not_looked_at(
    qtbot: QtBot, project_window: ProjectWindow, wall: ReviewWall
) -> None:
    view, dock = project_window.docks.wall, project_window.docks.docks["Classes"]
    dock.setFloating(True)
    place = view.strips.rect_of(1).toRect()
    dock.move(view.strips.mapToGlobal(place.topLeft()))
    dock.resize(place.size())
    project_window.window.activateWindow()
    qtbot.waitUntil(lambda: "covered" in view.review_button.text(), timeout=8000)
    # A panel has a least size: it may lie over more than one.
    corner = view.strips.mapFromGlobal(dock.frameGeometry().topLeft())
    over = QRectF(QRect(corner, dock.size()))
    covered = [n for n in range(9) if view.strips.rect_of(n).intersects(over)]
    assert 1 in covered
    # Other labels have to be looked at anew: all begins under the panel.
    change(project_window, with_other_classes)
    left_s = len(covered) / 2
    qtbot.waitUntil(lambda: round(wall.seconds_left, 6) == left_s, timeout=8000)
    qtbot.wait(400)
    assert round(wall.seconds_left, 6) == left_s
    assert not view.review_button.isEnabled()
    dock.hide()
    qtbot.waitUntil(view.review_button.isEnabled, timeout=8000)


def test_an_empty_wall_keeps_the_keyboard_from_its_fields(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    view = project_window.docks.wall
    choice = view.choice.currentIndex()
    look(wall, 5)
    press(project_window, Key.Key_Return)
    assert not wall.shown
    assert QApplication.focusWidget() is view
    for key in (Key.Key_PageDown, Key.Key_Return, Key.Key_Space, Key.Key_2, Key.Key_S):
        before = lane(project_window)
        QTest.keyClick(QApplication.focusWidget(), key)
        assert lane(project_window) is before
    assert view.choice.currentIndex() == choice
    assert not view.with_seen.isChecked()
    trigger(project_window, "undo")
    assert QApplication.focusWidget() is strips(project_window)
    trigger(project_window, "redo")
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    assert view.isHidden()


def test_what_is_undecided_is_no_pre_label_that_nobody_copied(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    view, id_ = project_window.docks.wall, project_window.session.track_id
    said = lane(project_window)
    shares = np.full((said.n_frames, 4), 0.25, np.float32)
    found = Prediction(shares, np.arange(4), said)
    project_window.services.current_video.set_prediction(id_, "m", found)
    press(project_window, Key.Key_Right)
    press(project_window, "U")
    look(wall, 5)
    press(project_window, Key.Key_Return)
    assert "Nothing is left" in view.empty.text.text()
    view.empty.button.click()
    assert view.with_seen.isChecked()
    view.with_seen.setChecked(False)
    change(project_window, lambda s: relabel(s, 0, None))
    assert "Copy the prediction" in view.empty.text.text()
    view.empty.button.click()
    assert not view.with_seen.isChecked()
    assert lane(project_window).segments[0].class_id == 0


def test_what_can_be_on_the_wall_is_listed_when_somebody_reaches_for_it(
    project_window: ProjectWindow, wall: ReviewWall
) -> None:
    choice = project_window.docks.wall.choice
    assert (choice.count(), choice.currentText()) == (1, "All segments   9")
    choice.showPopup()
    listed = [choice.itemText(n) for n in range(choice.count())]
    choice.hidePopup()
    names = "walk", "reach", "open drawer"
    assert listed[:4] == ["All segments   9", *(f"{name}   3" for name in names)]
    assert "walk → reach   3" in listed
    choice.setFocus()
    QTest.keyClick(choice, Key.Key_Down)
    assert wall.choice == OfClass(0)
    # After an edit it says how many there are now, and waits with the rest.
    change(project_window, lambda s: relabel(s, 0, 1))
    assert (choice.count(), choice.currentText()) == (1, "walk   2")
    choice.setFocus()
    QTest.keyClick(choice, Key.Key_Up)
    assert wall.choice == OfClass(2), "they were listed again, most of them first"


def test_an_edit_lays_the_strips_out_once(
    project_window: ProjectWindow, wall: ReviewWall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, read = [], StripPainter.read

    def counted(*of: Any) -> None:
        asked.append(of)
        read(*of)

    monkeypatch.setattr(StripPainter, "read", counted)
    change(project_window, lambda s: relabel(s, 0, 1))
    assert len(asked) == 1


def two_videos(project_window: ProjectWindow) -> dict[TrackId, Segmentation]:
    """Let a model label two videos, and show both on the wall."""
    document, made = project_window.document, {}
    for n, track in enumerate(document.project.tracks):
        cuts = (0, 20 + 10 * n, 50, track.n_frames)
        lane = Segmentation(
            tuple(Segment(a, b, i, "model") for i, (a, b) in enumerate(pairwise(cuts)))
        )
        assert document.edit_lane("model", track.id, lambda _, lane=lane: lane)
        made[track.id] = document.project.track(track.id).annotation
    project_window.docks.wall.show_wall(tuple(made))
    return made


def lanes(project_window: ProjectWindow) -> list[Segmentation]:
    return [track.annotation for track in project_window.document.project.tracks]


def test_videos_are_reviewed_on_one_wall_in_one_step(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    made, view = two_videos(project_window), project_window.docks.wall
    wall = project_window.services.review.review_wall
    assert {s.track for s in wall.strips} == set(made)
    assert wall.n_strips == 6
    assert view.videos.currentText() == "All videos"
    assert project_window.docks.page_bar.buttons["review"].isChecked()
    qtbot.waitUntil(lambda: len(view.strips.loaded()) == 6, timeout=20_000)
    before = project_window.document.step
    look(wall, 5)
    press(project_window, Key.Key_Return)
    for now in lanes(project_window):
        assert all(s.class_reviewed and s.reviewed_by == "wall" for s in now.segments)
    assert project_window.document.step == before + 1
    trigger(project_window, "undo")
    assert lanes(project_window) == list(made.values())
    view.leave()
    assert not project_window.docks.page_bar.buttons["review"].isChecked()


def test_a_key_on_the_wall_means_the_video_of_the_strip(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    made, view = two_videos(project_window), project_window.docks.wall
    wall = project_window.services.review.review_wall
    here = project_window.session.track_id
    other = next(track for track in made if track != here)
    place = [s.track for s in wall.shown if s].index(other)
    qtbot.waitUntil(lambda: len(view.strips.loaded()) == 6, timeout=20_000)
    wall.go(place)
    wall.go(0, extend=True)
    assert all(
        s and s.track == here for s in map(wall.shown.__getitem__, wall.selected)
    )
    wall.go(place)
    assert project_window.session.track_id == here, "looking opens no other video"
    press(project_window, Key.Key_Space)
    press(project_window, Key.Key_4)
    first, second = lanes(project_window)
    assert first == made[here]
    assert second.segments[0].class_id == 3
    assert view.isVisible()
    assert wall.n_strips == 6
    wall.go(place + 1)
    press(project_window, Key.Key_Right, Held.AltModifier)
    assert lanes(project_window)[1].segments[0].stop == made[other].segments[0].stop + 1


def test_what_cannot_be_edited_is_left_out_and_named(
    project_window: ProjectWindow,
) -> None:
    document = project_window.document
    here, other = document.project.track_ids
    change(project_window, lambda s: relabel(s, 0, 1))
    one = document.project.track(here).annotation
    document.edit_lane("Label", other, lambda _: one)
    assert document.apply("lock", lambda p: set_locked(p, other, "Ann"))
    wall = project_window.services.review.review_wall
    project_window.docks.wall.show_wall((here, other))
    wall.set_with_seen(True)
    assert {s.track for s in wall.strips} == {here}
    assert wall.left_out == {"two": "locked"}
    assert project_window.docks.messages.text.text() == "Left out: two (locked)."
