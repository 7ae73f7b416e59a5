"""Labelling in the real window: by keys, by the menu at the pointer, while playing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QInputDialog,
    QKeySequenceEdit,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSpinBox,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.services.class_keys import REPEAT_MS
from app.services.live_labelling import HOLD_S
from app.timeline.layout import HEADER_PX
from app.window.project_window import Desk
from skelseg_core.labels.segmentation import Segmentation, label_map_from_names, paint
from skelseg_core.project.value import prediction_lane, set_lane
from tests.e2e.conftest import Opener
from tests.poses_only import N_FRAMES, make_poses_project

Key, Mouse = Qt.Key, Qt.MouseButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
LANE = prediction_lane("fusion")
PREDICTED = Segmentation.from_frames([0] * 30 + [1] * 20 + [2] * 30, "model")


# A popup asks of the screen what one that is not there cannot do.
popup = pytest.mark.qt_log_ignore(r"does not support (raise|grabbing|propagate)")


@pytest.fixture
def desk(qtbot: QtBot, opener: Opener, tmp_path: Path) -> Desk:
    """A recording of poses, 80 frames in 10 s, walk up to frame 40, then reach."""
    made = opener(make_poses_project(tmp_path / "p").root)
    made.settings.reaction_lag_ms = 0
    made.session.set_video("old")
    qtbot.waitUntil(lambda: made.player.info is not None, timeout=20_000)
    qtbot.waitUntil(lambda: made.player.picture is not None, timeout=20_000)
    qtbot.waitExposed(made.window)
    made.window.activateWindow()
    made.panels.timeline.setFocus()
    qtbot.waitUntil(lambda: not made.jobs.running, timeout=20_000)
    return made


def annotation(desk: Desk) -> Segmentation:
    return desk.document.project.video("old").annotation


def begin_with(desk: Desk, value: Segmentation) -> None:
    """Put an annotation in place of what a person made; live keys leave that alone."""
    desk.document.edit_lane("Begin", "old", lambda _: value)
    desk.document.undo_stack.clear()


def by_model(desk: Desk) -> None:
    walk, reach = ids(desk)[:2]
    begin_with(desk, Segmentation.from_frames([walk] * 40 + [reach] * 40, "model"))


def ids(desk: Desk) -> list[int]:
    return [c.id for c in desk.document.project.label_map.classes]


def seek(qtbot: QtBot, desk: Desk, frame: int) -> None:
    desk.player.seek(frame)
    qtbot.waitUntil(lambda: desk.session.frame == frame, timeout=20_000)


def play_to(qtbot: QtBot, desk: Desk, frame: int) -> None:
    if not desk.player.playing:
        QTest.keyClick(desk.window, Key.Key_Space)
    qtbot.waitUntil(lambda: desk.session.frame >= frame, timeout=20_000)


def key(desk: Desk, key: Qt.Key | str, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(desk.window, key, keys)


def steps(desk: Desk) -> int:
    return desk.document.undo_stack.index()


def at(desk: Desk, frame: float, row: int = 0) -> QPoint:
    timeline = desk.panels.timeline
    place = timeline._canvas.row(row)
    x = HEADER_PX + timeline.view.x_of(frame)
    return QPoint(round(x), place.top + place.height // 2)


# -- while playing ---------------------------------------------------------------------


def test_a_held_key_labels_while_it_is_down(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    before = annotation(desk)
    seek(qtbot, desk, 5)
    play_to(qtbot, desk, 7)
    QTest.keyPress(desk.window, "3")
    begin = desk.session.frame
    again = QKeyEvent(QEvent.Type.KeyRelease, Key.Key_3, NONE, "3", True)
    QApplication.sendEvent(desk.window, again)
    assert desk.live.running
    assert desk.panels.badge.isVisible()
    assert "carry" in desk.panels.badge.text
    assert "(E ends)" in desk.panels.badge.text
    qtbot.wait(round(1000 * HOLD_S) + 300)
    assert desk.session.growing.start == begin
    # Some screens repeat a key as if it came up and went down again.
    QTest.keyRelease(desk.window, "3")
    QTest.keyPress(desk.window, "3")
    qtbot.wait(3 * REPEAT_MS)
    assert desk.session.growing.start == begin
    QTest.keyRelease(desk.window, "3")
    end = desk.session.frame
    qtbot.waitUntil(lambda: not desk.live.running)
    assert not desk.panels.badge.isVisible()
    desk.player.pause()
    assert annotation(desk) == paint(before, begin, max(end, begin + 1), ids(desk)[2])
    assert end > begin
    assert steps(desk) == 1
    key(desk, Key.Key_Z, CTRL)
    assert annotation(desk) == before


def test_a_held_key_with_shift_is_let_go_even_after_shift(
    desk: Desk, qtbot: QtBot
) -> None:
    by_model(desk)
    many = label_map_from_names([f"class {n}" for n in range(1, 14)])
    desk.document.apply("Classes", lambda p: replace(p, label_map=many))
    play_to(qtbot, desk, 3)
    QTest.keyPress(desk.window, Key.Key_3, SHIFT)
    begin = desk.session.frame
    assert desk.live.running
    qtbot.wait(round(1000 * HOLD_S) + 300)
    QTest.keyRelease(desk.window, Key.Key_3)
    qtbot.waitUntil(lambda: not desk.live.running)
    assert annotation(desk).at(begin).class_id == ids(desk)[12]


def test_a_digit_that_came_up_unseen_holds_no_other(desk: Desk, qtbot: QtBot) -> None:
    many = label_map_from_names([f"class {n}" for n in range(1, 14)])
    desk.document.apply("Classes", lambda p: replace(p, label_map=many))
    QTest.keyPress(desk.window, Key.Key_3, SHIFT)
    QApplication.sendEvent(desk.window, QEvent(QEvent.Type.WindowDeactivate))
    qtbot.waitUntil(lambda: desk.class_keys.held is None)
    key(desk, "3")
    qtbot.waitUntil(lambda: desk.class_keys.held is None)


def test_a_dock_that_was_taken_out_lets_go_of_the_keys(
    desk: Desk, qtbot: QtBot
) -> None:
    dock = desk.panels.docks["Classes"]
    dock.setFloating(True)
    qtbot.waitExposed(dock)
    dock.activateWindow()
    qtbot.waitUntil(dock.isActiveWindow)
    desk.panels.classes.list.setFocus()
    QTest.keyPress(desk.panels.classes.list, "3")
    assert desk.class_keys.held == ids(desk)[2]
    QTest.keyRelease(desk.panels.classes.list, "3")
    qtbot.waitUntil(lambda: desk.class_keys.held is None)


def test_a_click_goes_there_while_a_segment_grows(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    play_to(qtbot, desk, 3)
    key(desk, "2")
    begin = desk.session.frame
    play_to(qtbot, desk, begin + 2)
    QTest.mouseClick(desk.panels.timeline, Mouse.LeftButton, NONE, at(desk, 60.5))
    assert not desk.live.running
    assert desk.player.target == 60
    qtbot.waitUntil(lambda: desk.session.frame >= 60, timeout=20_000)


def test_a_tapped_key_labels_until_e(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    before = annotation(desk)
    play_to(qtbot, desk, 3)
    key(desk, "2")
    begin = desk.session.frame
    assert desk.live.running
    play_to(qtbot, desk, begin + 5)
    key(desk, Key.Key_E)
    end = desk.session.frame
    assert not desk.live.running
    assert annotation(desk) == paint(before, begin, end, ids(desk)[1])
    assert steps(desk) == 1
    assert desk.player.playing


def test_a_pause_ends_it_and_then_keys_label_as_ever(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    play_to(qtbot, desk, 3)
    key(desk, "2")
    begin = desk.session.frame
    play_to(qtbot, desk, begin + 4)
    key(desk, Key.Key_Space)
    shown = desk.session.frame
    assert annotation(desk).at(shown).class_id == ids(desk)[1]
    assert annotation(desk).at(shown).stop == shown + 1
    seek(qtbot, desk, 60)
    key(desk, "3")
    assert annotation(desk).at(60).class_id == ids(desk)[2]
    assert annotation(desk).at(60).start == 40
    assert not desk.live.running
    assert steps(desk) == 2


def test_a_step_by_key_and_another_video_end_it(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    play_to(qtbot, desk, 3)
    key(desk, "2")
    play_to(qtbot, desk, desk.session.frame + 3)
    key(desk, Key.Key_Right)
    assert not desk.live.running
    labelled = annotation(desk)
    assert ids(desk)[1] in labelled.to_frames()[:40]
    play_to(qtbot, desk, desk.session.frame + 2)
    key(desk, "3")
    desk.session.set_video("new")
    assert not desk.live.running
    assert ids(desk)[2] in annotation(desk).to_frames()
    new = desk.document.project.video("new").annotation
    assert (new.to_frames() == -1).all()


def test_at_the_end_of_the_video_all_that_was_seen_is_labelled(
    desk: Desk, qtbot: QtBot
) -> None:
    by_model(desk)
    seek(qtbot, desk, 72)
    play_to(qtbot, desk, 74)
    key(desk, "3")
    begin = desk.session.frame
    qtbot.waitUntil(lambda: not desk.player.playing, timeout=20_000)
    last = annotation(desk).segments[-1]
    assert (last.start, last.stop, last.class_id) == (begin, N_FRAMES, ids(desk)[2])


def test_closing_the_window_keeps_what_grew(
    desk: Desk, opener: Opener, qtbot: QtBot
) -> None:
    by_model(desk)
    root = desk.document.folder.root
    play_to(qtbot, desk, 3)
    key(desk, "3")
    begin = desk.session.frame
    play_to(qtbot, desk, begin + 3)
    assert desk.live.running
    opener.close(desk.window)
    again = annotation(opener(root)).at(begin + 2)
    assert (again.start, again.class_id) == (begin, ids(desk)[2])


def test_a_click_on_a_class_is_a_tap_on_its_key(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    play_to(qtbot, desk, 3)
    desk.panels.classes.class_chosen.emit(ids(desk)[2])
    assert desk.live.running
    play_to(qtbot, desk, desk.session.frame + 3)
    assert desk.live.running
    desk.panels.classes.class_chosen.emit(ids(desk)[2])
    assert not desk.live.running


def test_taps_are_seen_taken_back_and_divide(desk: Desk, qtbot: QtBot) -> None:
    begin_with(desk, Segmentation.unlabelled(N_FRAMES))
    before = annotation(desk)
    key(desk, Key.Key_T, SHIFT)
    assert desk.panels.badge.isVisible()
    assert desk.panels.badge.text == (
        "● Tap mode: 0 taps (Backspace removes the last, Shift+T ends)"
    )
    play_to(qtbot, desk, 4)
    taps = []
    for name in ("3", "2", "1"):
        key(desk, name)
        taps.append(desk.session.frame)
        play_to(qtbot, desk, desk.session.frame + 4)
    assert [frame for frame, _ in desk.session.taps] == taps
    assert "3 taps" in desk.panels.badge.text
    desk.panels.timeline.grab()
    key(desk, Key.Key_Backspace)
    assert [frame for frame, _ in desk.session.taps] == taps[:2]
    key(desk, Key.Key_Space)
    key(desk, Key.Key_T, SHIFT)
    assert not desk.panels.badge.isVisible()
    segments = annotation(desk).segments
    cut = (taps[0] + taps[1] + 1) // 2
    assert segments[0].stop in (1, 2), "from the first frame that was played"
    assert segments[1].class_id == ids(desk)[2]
    assert (segments[1].stop, segments[2].class_id) == (cut, ids(desk)[1])
    assert segments[2].stop == desk.session.frame + 1
    assert steps(desk) == 4, "three taps, and one taken back"
    for _ in range(4):
        key(desk, Key.Key_Z, CTRL)
    assert annotation(desk) == before


def test_the_lag_is_asked_for_and_kept(desk: Desk, qtbot: QtBot) -> None:
    by_model(desk)
    desk.window.findChild(QAction, "reaction-lag").trigger()
    dialog = desk.window.findChild(QInputDialog)
    assert dialog.isVisible()
    assert dialog.intValue() == 0
    dialog.setIntValue(250)
    dialog.accept()
    assert desk.settings.reaction_lag_ms == 250
    desk.window.activateWindow()
    desk.panels.timeline.setFocus()
    qtbot.waitUntil(desk.panels.timeline.hasFocus)
    play_to(qtbot, desk, 10)
    key(desk, "3")
    begin = desk.session.frame
    key(desk, Key.Key_E)
    assert annotation(desk).at(begin - 2).start == begin - 2
    assert annotation(desk).at(begin - 2).class_id == ids(desk)[2]


# -- keys where somebody types ---------------------------------------------------------


def editable() -> QComboBox:
    made = QComboBox()
    made.setEditable(True)
    return made


@pytest.mark.parametrize(
    "make",
    [
        QLineEdit,
        QPlainTextEdit,
        QTextEdit,
        QSpinBox,
        QDoubleSpinBox,
        QKeySequenceEdit,
        editable,
    ],
)
def test_no_bare_key_fires_while_somebody_types(
    desk: Desk, qtbot: QtBot, make: Callable[[], QWidget]
) -> None:
    field = make()
    field.setParent(desk.panels.timeline)
    field.show()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    before, session = desk.document.project, desk.session
    session.set_chosen([(0, 40)])
    state = (session.frame, session.overlays, session.range_in, session.tapping)
    bare = [
        k
        for entry in desk.actions_table.entries
        for k in entry.keys
        if len(k) == 1 and k.isascii()
    ]
    for name in [*bare, *"1234567890", *(k.lower() for k in bare)]:
        QTest.keyClick(field, name)
    upper = [
        k[-1].lower()
        for entry in desk.actions_table.entries
        for k in entry.keys
        if k.startswith("Shift+") and len(k) == 7
    ]
    assert {"c", "t", "a"} <= set(upper)
    for name in upper:
        QTest.keyClick(field, name, SHIFT)
    for special in (
        Key.Key_Delete,
        Key.Key_Backspace,
        Key.Key_Space,
        Key.Key_Return,
        Key.Key_Up,
        Key.Key_Down,
        Key.Key_Right,
        Key.Key_End,
        Key.Key_Escape,
    ):
        QTest.keyClick(field, special)
    assert desk.document.project is before
    assert session.chosen == ((0, 40),)
    assert not desk.player.playing
    assert desk.player.target == 0
    assert desk.panels.timeline.view.is_fit
    after = (session.frame, session.overlays, session.range_in, session.tapping)
    assert after == state
    field.setParent(None)
    field.deleteLater()


# -- keys alone ------------------------------------------------------------------------


def test_a_boundary_and_a_segment_are_moved_by_keys(desk: Desk, qtbot: QtBot) -> None:
    key(desk, Key.Key_Down)
    qtbot.waitUntil(lambda: desk.session.frame == 40, timeout=20_000)
    key(desk, Key.Key_Right, ALT)
    key(desk, Key.Key_Right, ALT | SHIFT)
    assert annotation(desk).boundaries.tolist() == [51]
    assert steps(desk) == 1
    key(desk, Key.Key_Left, ALT | SHIFT)
    seek(qtbot, desk, 20)
    key(desk, Key.Key_S)
    key(desk, ".")
    key(desk, ".")
    key(desk, ",")
    key(desk, ">")
    assert annotation(desk).boundaries.tolist() == [31, 52]
    assert steps(desk) == 3


def test_segments_are_selected_labelled_and_deleted_by_keys(
    desk: Desk, qtbot: QtBot
) -> None:
    key(desk, Key.Key_Down, SHIFT)
    key(desk, Key.Key_Down, SHIFT)
    assert len(desk.session.chosen) == 2
    key(desk, "3")
    assert {s.class_id for s in annotation(desk).segments} == {ids(desk)[2]}
    assert steps(desk) == 1
    key(desk, Key.Key_A, SHIFT)
    assert len(desk.session.chosen) == 2
    key(desk, Key.Key_Escape)
    assert desk.session.chosen == ()
    key(desk, Key.Key_Up, SHIFT)
    key(desk, Key.Key_Delete)
    assert len(annotation(desk)) == 1
    assert steps(desk) == 2


def test_a_lane_is_copied_by_key_and_needs_one(desk: Desk, qtbot: QtBot) -> None:
    assert not desk.window.findChild(QAction, "copy-lane").isEnabled()
    desk.document.apply("Lane", lambda p: set_lane(p, "old", LANE, PREDICTED))
    seek(qtbot, desk, 35)
    key(desk, Key.Key_C, SHIFT)
    assert annotation(desk).at(35).start == 30
    assert annotation(desk).at(35).class_id == ids(desk)[1]
    assert annotation(desk).at(35).source == "human"


def test_a_key_held_during_a_drag_paints(desk: Desk, qtbot: QtBot) -> None:
    before, timeline = annotation(desk), desk.panels.timeline
    QTest.mousePress(timeline, Mouse.LeftButton, SHIFT, at(desk, 10))
    QTest.mouseMove(timeline, at(desk, 15))
    QTest.mouseMove(timeline, at(desk, 30))
    key(desk, "3")
    assert annotation(desk) == before
    QTest.mouseRelease(timeline, Mouse.LeftButton, NONE, at(desk, 30))
    assert annotation(desk) == paint(before, 10, 30, ids(desk)[2])
    key(desk, Key.Key_Z, CTRL)
    QTest.keyPress(desk.window, "3")
    assert annotation(desk).at(0).class_id == ids(desk)[2], "at once, as ever"
    QTest.mousePress(timeline, Mouse.LeftButton, NONE, at(desk, 10))
    QTest.mouseMove(timeline, at(desk, 15))
    QTest.mouseMove(timeline, at(desk, 30))
    assert annotation(desk) == before, "it was meant for the drag"
    QTest.mouseRelease(timeline, Mouse.LeftButton, NONE, at(desk, 30))
    QTest.keyRelease(desk.window, "3")
    assert annotation(desk) == paint(before, 10, 30, ids(desk)[2])
    assert steps(desk) == 1


def test_a_key_comes_up_whatever_shift_makes_of_it(desk: Desk, qtbot: QtBot) -> None:
    # Where digits need Shift, Shift is often let go first.
    def event(kind: QEvent.Type, name: Qt.Key, place: int) -> QKeyEvent:
        return QKeyEvent(kind, name, NONE, place, 0, 0)

    Kind = QEvent.Type
    QApplication.sendEvent(desk.window, event(Kind.ShortcutOverride, Key.Key_3, 12))
    desk.class_keys.press("3")
    assert desk.class_keys.held == ids(desk)[2]
    QApplication.sendEvent(desk.window, event(Kind.KeyRelease, Key.Key_Shift, 50))
    assert desk.class_keys.held == ids(desk)[2]
    QApplication.sendEvent(desk.window, event(Kind.KeyRelease, Key.Key_QuoteDbl, 12))
    qtbot.waitUntil(lambda: desk.class_keys.held is None)


# -- the menu at the pointer -----------------------------------------------------------


def menu_at(desk: Desk, frame: float, row: int = 0) -> QMenu:
    timeline, pos = desk.panels.timeline, at(desk, frame, row)
    where = timeline.mapToGlobal(pos)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(timeline, QContextMenuEvent(reason, pos, where))
    return opened(desk)


def opened(desk: Desk) -> QMenu:
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
def test_the_menu_acts_where_the_pointer_is(desk: Desk, qtbot: QtBot) -> None:
    before = annotation(desk)
    menu = menu_at(desk, 50.5)
    assert words(menu)[0] == "reach  ·  40 frames"
    assert not menu.actions()[0].isEnabled()
    pick(menu, "Split here, at frame 50")
    assert annotation(desk).boundaries.tolist() == [40, 50]
    pick(menu_at(desk, 45), "Delete into neighbour")
    assert annotation(desk).boundaries.tolist() == [50]
    pick(menu_at(desk, 20), "Merge with next")
    assert len(annotation(desk)) == 1
    assert "Merge with next" in words(menu_at(desk, 20))
    opened(desk).close()
    for _ in range(3):
        key(desk, Key.Key_Z, CTRL)
    assert annotation(desk) == before
    assert desk.session.frame == 0
    label = next(a for a in menu_at(desk, 60).actions() if a.text() == "Label as")
    carry = next(a for a in label.menu().actions() if a.text().startswith("carry"))
    assert carry.text().endswith("\t3")
    carry.trigger()
    opened(desk).close()
    assert annotation(desk).at(60).class_id == ids(desk)[2]
    assert annotation(desk).at(0).class_id == ids(desk)[0]


@popup
def test_a_menu_lets_go_of_the_keys(desk: Desk, qtbot: QtBot) -> None:
    QTest.keyPress(desk.window, "3")
    menu_at(desk, 60).close()
    qtbot.waitUntil(lambda: desk.class_keys.held is None)


@popup
def test_the_menu_acts_on_all_that_is_selected(desk: Desk) -> None:
    desk.editing.split(20)
    desk.session.set_chosen([(0, 20), (20, 40)])
    assert "Accept all selected" in words(menu_at(desk, 10))
    pick(opened(desk), "Merge all selected")
    assert annotation(desk).boundaries.tolist() == [40]
    desk.session.set_chosen([(0, 40)])
    menu_at(desk, 60).close()
    assert desk.session.chosen == (), "the pointer was on another one"


@popup
def test_the_menu_of_a_prediction_copies_it(desk: Desk) -> None:
    desk.document.apply("Lane", lambda p: set_lane(p, "old", LANE, PREDICTED))
    menu = menu_at(desk, 35, row=1)
    assert words(menu)[:2] == ["reach  ·  20 frames", "Copy to the annotation"]
    pick(menu, "Copy to the annotation")
    assert annotation(desk).at(35).start == 30
    assert desk.session.frame == 0


@popup
def test_the_menu_key_opens_it_at_the_playhead(desk: Desk, qtbot: QtBot) -> None:
    seek(qtbot, desk, 60)
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(2, 2), QPoint(2, 2))
    QApplication.sendEvent(desk.panels.timeline, event)
    assert words(opened(desk))[0] == "reach  ·  40 frames"
    opened(desk).close()


@popup
def test_a_segment_is_played_from_the_menu(desk: Desk, qtbot: QtBot) -> None:
    pick(menu_at(desk, 60), "Play this segment in a loop")
    assert desk.watching.plan == "loop"
    qtbot.waitUntil(lambda: desk.session.frame >= 40, timeout=20_000)
    assert desk.player.playing
    pick(menu_at(desk, 60), "Play around its start")
    assert desk.watching.plan == "around"
    assert desk.player.playing
    first = menu_at(desk, 10).actions()[-1]
    assert (first.text().split("\t")[0], first.isEnabled()) == (
        "Play around its start",
        False,
    )
    opened(desk).close()
    desk.player.pause()
