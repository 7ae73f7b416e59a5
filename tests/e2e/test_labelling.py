"""Labelling in the real window: by keys, by the menu at the pointer, while playing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from app.services.labelling.class_keys import REPEAT_MS
from app.services.labelling.live_labelling import HOLD_S
from app.timeline.layout import HEADER_PX
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.predicted import show_prediction
from tests.app.windows import move_pointer
from tests.e2e.conftest import Opener
from tests.poses_only import make_poses_project

Key, Mouse = Qt.Key, Qt.MouseButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
LANE = prediction_lane("hands")
PREDICTED = Segmentation.from_frames([0] * 30 + [1] * 20 + [2] * 30, "model")


# A popup asks of the screen what one that is not there cannot do.
popup = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing|propagate)")


@pytest.fixture
def project_window(qtbot: QtBot, opener: Opener, tmp_path: Path) -> ProjectWindow:
    """A recording of poses, 80 frames in 10 s, walk up to frame 40, then reach."""
    made = opener(make_poses_project(tmp_path / "p").root)
    made.settings.reaction_lag_ms = 0
    made.session.set_video("old")
    qtbot.waitUntil(lambda: made.player.info is not None, timeout=20_000)
    qtbot.waitUntil(lambda: made.player.picture is not None, timeout=20_000)
    assert QTest.qWaitForWindowExposed(made.window, 20_000)
    made.window.activateWindow()
    made.docks.timeline.setFocus()
    qtbot.waitUntil(lambda: not made.jobs.running, timeout=20_000)
    return made


def annotation(project_window: ProjectWindow) -> Segmentation:
    return project_window.document.project.track("old").annotation


def begin_with(project_window: ProjectWindow, value: Segmentation) -> None:
    """Put an annotation in place of what a person made; live keys leave that alone."""
    project_window.document.edit_lane("Begin", "old", lambda _: value)
    project_window.document.undo_stack.clear()


def by_model(project_window: ProjectWindow) -> None:
    walk, reach = ids(project_window)[:2]
    begin_with(
        project_window, Segmentation.from_frames([walk] * 40 + [reach] * 40, "model")
    )


def ids(project_window: ProjectWindow) -> list[int]:
    return [c.id for c in project_window.document.project.label_map.classes]


def seek(qtbot: QtBot, project_window: ProjectWindow, frame: int) -> None:
    project_window.player.seek(frame)
    qtbot.waitUntil(lambda: project_window.session.frame == frame, timeout=20_000)


def play_to(qtbot: QtBot, project_window: ProjectWindow, frame: int) -> None:
    if not project_window.player.playing:
        QTest.keyClick(project_window.window, Key.Key_Space)
    qtbot.waitUntil(lambda: project_window.session.frame >= frame, timeout=20_000)


def key(
    project_window: ProjectWindow, key: Qt.Key | str, keys: Qt.KeyboardModifier = NONE
) -> None:
    QTest.keyClick(project_window.window, key, keys)


def steps(project_window: ProjectWindow) -> int:
    return project_window.document.undo_stack.index()


def at(project_window: ProjectWindow, frame: float, row: int = 0) -> QPoint:
    timeline = project_window.docks.timeline
    place = timeline.rows[row]
    x = HEADER_PX + timeline.view.x_of(frame)
    return QPoint(round(x), place.top + place.height // 2)


# -- while playing ---------------------------------------------------------------------


def test_a_held_key_labels_while_it_is_down(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    by_model(project_window)
    before = annotation(project_window)
    seek(qtbot, project_window, 5)
    play_to(qtbot, project_window, 7)
    QTest.keyPress(project_window.window, "3")
    begin = project_window.session.frame
    again = QKeyEvent(QEvent.Type.KeyRelease, Key.Key_3, NONE, "3", True)
    QApplication.sendEvent(project_window.window, again)
    assert project_window.services.labelling.live_labelling.running
    assert project_window.docks.badge.isVisible()
    assert "carry" in project_window.docks.badge.text
    assert "(E ends)" in project_window.docks.badge.text
    qtbot.wait(round(1000 * HOLD_S) + 300)
    assert project_window.session.growing.start == begin
    # Some screens repeat a key as if it came up and went down again.
    QTest.keyRelease(project_window.window, "3")
    QTest.keyPress(project_window.window, "3")
    qtbot.wait(3 * REPEAT_MS)
    assert project_window.session.growing.start == begin
    QTest.keyRelease(project_window.window, "3")
    end = project_window.session.frame
    qtbot.waitUntil(
        lambda: not project_window.services.labelling.live_labelling.running
    )
    assert not project_window.docks.badge.isVisible()
    project_window.player.pause()
    assert annotation(project_window) == paint(
        before, begin, max(end, begin + 1), ids(project_window)[2]
    )
    assert end > begin
    assert steps(project_window) == 1
    key(project_window, Key.Key_Z, CTRL)
    assert annotation(project_window) == before


def test_a_held_key_with_shift_is_let_go_even_after_shift(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    by_model(project_window)
    many = label_map_from_names([f"class {n}" for n in range(1, 14)])
    project_window.document.apply("Classes", lambda p: replace(p, label_map=many))
    play_to(qtbot, project_window, 3)
    QTest.keyPress(project_window.window, Key.Key_3, SHIFT)
    begin = project_window.session.frame
    assert project_window.services.labelling.live_labelling.running
    qtbot.wait(round(1000 * HOLD_S) + 300)
    QTest.keyRelease(project_window.window, Key.Key_3)
    qtbot.waitUntil(
        lambda: not project_window.services.labelling.live_labelling.running
    )
    assert annotation(project_window).at(begin).class_id == ids(project_window)[12]


def test_a_digit_that_came_up_unseen_holds_no_other(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    many = label_map_from_names([f"class {n}" for n in range(1, 14)])
    project_window.document.apply("Classes", lambda p: replace(p, label_map=many))
    QTest.keyPress(project_window.window, Key.Key_3, SHIFT)
    QApplication.sendEvent(project_window.window, QEvent(QEvent.Type.WindowDeactivate))
    qtbot.waitUntil(lambda: project_window.services.review.class_keys.held is None)
    key(project_window, "3")
    qtbot.waitUntil(lambda: project_window.services.review.class_keys.held is None)


def test_a_dock_that_was_taken_out_lets_go_of_the_keys(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    dock = project_window.docks.docks["Classes"]
    dock.setFloating(True)
    assert QTest.qWaitForWindowExposed(dock, 20_000)
    dock.activateWindow()
    qtbot.waitUntil(dock.isActiveWindow)
    project_window.docks.classes.list.setFocus()
    QTest.keyPress(project_window.docks.classes.list, "3")
    assert project_window.services.review.class_keys.held == ids(project_window)[2]
    QTest.keyRelease(project_window.docks.classes.list, "3")
    qtbot.waitUntil(lambda: project_window.services.review.class_keys.held is None)


def test_closing_the_window_keeps_what_grew(
    project_window: ProjectWindow, opener: Opener, qtbot: QtBot
) -> None:
    by_model(project_window)
    root = project_window.document.folder.root
    play_to(qtbot, project_window, 3)
    key(project_window, "3")
    begin = project_window.session.frame
    play_to(qtbot, project_window, begin + 3)
    assert project_window.services.labelling.live_labelling.running
    opener.close(project_window.window)
    again = annotation(opener(root)).at(begin + 2)
    assert (again.start, again.class_id) == (begin, ids(project_window)[2])


def test_a_click_on_a_class_is_a_tap_on_its_key(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    by_model(project_window)
    play_to(qtbot, project_window, 3)
    project_window.docks.classes.class_chosen.emit(ids(project_window)[2])
    assert project_window.services.labelling.live_labelling.running
    play_to(qtbot, project_window, project_window.session.frame + 3)
    assert project_window.services.labelling.live_labelling.running
    project_window.docks.classes.class_chosen.emit(ids(project_window)[2])
    assert not project_window.services.labelling.live_labelling.running


def test_the_lag_is_asked_for_and_kept(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    by_model(project_window)
    project_window.window.findChild(QAction, "reaction-lag").trigger()
    dialog = project_window.window.findChild(QInputDialog)
    assert dialog.isVisible()
    assert dialog.intValue() == 0
    dialog.setIntValue(250)
    dialog.accept()
    assert project_window.settings.reaction_lag_ms == 250
    project_window.window.activateWindow()
    project_window.docks.timeline.setFocus()
    qtbot.waitUntil(project_window.docks.timeline.hasFocus)
    play_to(qtbot, project_window, 10)
    key(project_window, "3")
    begin = project_window.session.frame
    key(project_window, Key.Key_E)
    assert annotation(project_window).at(begin - 2).start == begin - 2
    assert annotation(project_window).at(begin - 2).class_id == ids(project_window)[2]


# -- keys where somebody types ---------------------------------------------------------


# -- keys alone ------------------------------------------------------------------------


def test_a_key_held_during_a_drag_paints(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    before, timeline = annotation(project_window), project_window.docks.timeline
    QTest.mousePress(timeline, Mouse.LeftButton, SHIFT, at(project_window, 10))
    move_pointer(timeline, at(project_window, 15))
    move_pointer(timeline, at(project_window, 30))
    key(project_window, "3")
    assert annotation(project_window) == before
    QTest.mouseRelease(timeline, Mouse.LeftButton, NONE, at(project_window, 30))
    assert annotation(project_window) == paint(before, 10, 30, ids(project_window)[2])
    key(project_window, Key.Key_Z, CTRL)
    QTest.keyPress(project_window.window, "3")
    assert annotation(project_window).at(0).class_id == ids(project_window)[2], (
        "at once, as ever"
    )
    QTest.mousePress(timeline, Mouse.LeftButton, NONE, at(project_window, 10))
    move_pointer(timeline, at(project_window, 15))
    move_pointer(timeline, at(project_window, 30))
    assert annotation(project_window) == before, "it was meant for the drag"
    QTest.mouseRelease(timeline, Mouse.LeftButton, NONE, at(project_window, 30))
    QTest.keyRelease(project_window.window, "3")
    assert annotation(project_window) == paint(before, 10, 30, ids(project_window)[2])
    assert steps(project_window) == 1


def test_a_key_comes_up_whatever_shift_makes_of_it(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    # Where digits need Shift, Shift is often let go first.
    def event(kind: QEvent.Type, name: Qt.Key, place: int) -> QKeyEvent:
        return QKeyEvent(kind, name, NONE, place, 0, 0)

    Kind = QEvent.Type
    QApplication.sendEvent(
        project_window.window, event(Kind.ShortcutOverride, Key.Key_3, 12)
    )
    project_window.services.review.class_keys.press("3")
    assert project_window.services.review.class_keys.held == ids(project_window)[2]
    QApplication.sendEvent(
        project_window.window, event(Kind.KeyRelease, Key.Key_Shift, 50)
    )
    assert project_window.services.review.class_keys.held == ids(project_window)[2]
    QApplication.sendEvent(
        project_window.window, event(Kind.KeyRelease, Key.Key_QuoteDbl, 12)
    )
    qtbot.waitUntil(lambda: project_window.services.review.class_keys.held is None)


# -- the menu at the pointer -----------------------------------------------------------


def menu_at(project_window: ProjectWindow, frame: float, row: int = 0) -> QMenu:
    timeline, pos = project_window.docks.timeline, at(project_window, frame, row)
    where = timeline.mapToGlobal(pos)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(timeline, QContextMenuEvent(reason, pos, where))
    return opened(project_window)


def opened(project_window: ProjectWindow) -> QMenu:
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def pick(menu: QMenu, text: str) -> None:
    """Trigger an entry by how it begins, with the keyboard as a person would."""
    action = next(a for a in menu.actions() if a.text().startswith(text))
    assert action.isEnabled(), text
    menu.setActiveAction(action)
    QTest.keyClick(menu, Key.Key_Return)


def words(menu: QMenu) -> list[str]:
    return [a.text().split("\t")[0] for a in menu.actions() if a.text()]


@popup
def test_the_menu_acts_where_the_pointer_is(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    before = annotation(project_window)
    menu = menu_at(project_window, 50.5)
    assert words(menu)[0] == "reach  ·  40 frames"
    assert not menu.actions()[0].isEnabled()
    pick(menu, "Split here, at frame 50")
    assert annotation(project_window).boundaries.tolist() == [40, 50]
    pick(menu_at(project_window, 45), "Delete into neighbour")
    assert annotation(project_window).boundaries.tolist() == [50]
    pick(menu_at(project_window, 20), "Merge with next")
    assert len(annotation(project_window)) == 1
    assert "Merge with next" in words(menu_at(project_window, 20))
    opened(project_window).close()
    for _ in range(3):
        key(project_window, Key.Key_Z, CTRL)
    assert annotation(project_window) == before
    assert project_window.session.frame == 0
    label = next(
        a for a in menu_at(project_window, 60).actions() if a.text() == "Label as"
    )
    carry = next(a for a in label.menu().actions() if a.text().startswith("carry"))
    assert "\t" not in carry.text(), "a key acts at the playhead, not here"
    carry.trigger()
    opened(project_window).close()
    assert annotation(project_window).at(60).class_id == ids(project_window)[2]
    assert annotation(project_window).at(0).class_id == ids(project_window)[0]


@popup
def test_a_menu_lets_go_of_the_keys(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    QTest.keyPress(project_window.window, "3")
    menu_at(project_window, 60).close()
    qtbot.waitUntil(lambda: project_window.services.review.class_keys.held is None)


@popup
def test_the_menu_acts_on_all_that_is_selected(project_window: ProjectWindow) -> None:
    project_window.services.labelling.segment_editor.split(20)
    project_window.session.set_chosen([(0, 20), (20, 40)])
    assert "Mark all selected as reviewed" in words(menu_at(project_window, 10))
    pick(opened(project_window), "Merge all selected")
    assert annotation(project_window).boundaries.tolist() == [40]
    project_window.session.set_chosen([(0, 40)])
    menu_at(project_window, 60).close()
    assert project_window.session.chosen == (), "the pointer was on another one"


@popup
def test_the_menu_of_a_prediction_copies_it(project_window: ProjectWindow) -> None:
    show_prediction(project_window, "old", PREDICTED, "hands")
    menu = menu_at(project_window, 35, row=1)
    assert words(menu)[:2] == ["reach  ·  20 frames", "Copy to the annotation"]
    pick(menu, "Copy to the annotation")
    assert annotation(project_window).at(35).start == 30
    assert project_window.session.frame == 0


@popup
def test_the_menu_key_opens_it_at_the_playhead(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    seek(qtbot, project_window, 60)
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(2, 2), QPoint(2, 2))
    QApplication.sendEvent(project_window.docks.timeline, event)
    assert words(opened(project_window))[0] == "reach  ·  40 frames"
    opened(project_window).close()


@popup
def test_a_segment_is_played_from_the_menu(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    pick(menu_at(project_window, 60), "Loop this segment")
    assert project_window.services.review.review_playback.plan == "loop"
    qtbot.waitUntil(lambda: project_window.session.frame >= 40, timeout=20_000)
    assert project_window.player.playing
    pick(menu_at(project_window, 60), "Play around its start")
    assert project_window.services.review.review_playback.plan == "around"
    assert project_window.player.playing
    first = menu_at(project_window, 10).actions()[-1]
    assert (first.text().split("\t")[0], first.isEnabled()) == (
        "Play around its start",
        False,
    )
    opened(project_window).close()
    project_window.player.pause()
