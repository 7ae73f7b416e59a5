"""One table makes menus, tips and right clicks; keys stay out of where one types."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kit.keymap import CLASS_KEYS, shown
from app.services.review.review_room import ReviewRoom
from app.services.review.settling import Settling
from app.window import command_ui as command_ui
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import KEYS
from skelseg_core.labels.edits import paint
from skelseg_core.review.disagreements import Block

HELD = ("Ctrl+", "Alt+", "Meta+")
BY_MODE = ("absorb", "keypoint-gone")
"""Commands with one key of which the mode disables one."""
BY_ROOM = {
    "room-right": "review",
    "room-next": "",
    "room-previous": "",
    "room-again": "around",
    "room-leave": "choose-none",
    "room-insert": "go-to",
    "room-merge": "unlabel",
    "room-undecided": "undecided",
    "room-second": "",
    "room-leave-out": "",
}
"""Commands of the review, and who else has their key while it is closed."""
BY_DISPUTE = {"settle-first": "", "settle-second": "", "settle-middle": "merge"}
"""The same of the review of what two people disagree about."""


def press(widget: QWidget, key: str) -> None:
    combination = QKeySequence(key)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def bare_keys(project_window: ProjectWindow) -> list[str]:
    keys = [k for e in project_window.commands.all for k in e.keys]
    # The function keys type nothing.
    functions = ("F1", "F3", "F4", "F5", "F6", "F10", "F12")
    return [
        k
        for k in keys
        if not k.startswith(HELD) and k.removeprefix("Shift+") not in functions
    ]


def table(parent: QWidget) -> QTableView:
    view = QTableView(parent)
    view.setModel(QStandardItemModel(3, 3, view))
    return view


def combo(parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setEditable(True)
    return box


FIELDS = {
    "line": QLineEdit,
    "text": QPlainTextEdit,
    "rich text": QTextEdit,
    "keys": QKeySequenceEdit,
    "spin": QSpinBox,
    "double": QDoubleSpinBox,
    "combo": combo,
    "table editor": table,
}


def test_no_command_is_called_where_somebody_types(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    calls: list[str] = []
    for entry in project_window.commands.all:
        action = project_window.commands[entry.id]
        action.triggered.disconnect()
        action.triggered.connect(lambda *_, i=entry.id: calls.append(i))
        action.setEnabled(True)
    project_window.services.notices.warned.connect(calls.append)
    before = project_window.document.project
    keys = [*bare_keys(project_window), *KEYS]
    assert {"S", "Space", "Left", "Return", "?", "1"} <= set(keys)
    for kind, made in FIELDS.items():
        field = made(project_window.window)
        field.setGeometry(100, 100, 300, 100)
        field.show()
        for key in keys:
            typed = focus_in(qtbot, field)
            press(typed, key)
            assert calls == [], f"{key} in a {kind}"
            assert project_window.document.project is before, f"{key} in a {kind}"
        field.hide()
    # The same keys do call their commands when nobody types.
    project_window.docks.timeline.setFocus()
    press(project_window.window, "S")
    press(project_window.window, "I")
    assert calls == ["split", "in"]
    press(project_window.window, "1")
    assert project_window.document.project is not before


def focus_in(qtbot: QtBot, field: QWidget) -> QWidget:
    """Give a field the focus; what is typed goes to the widget returned."""
    if isinstance(field, QTableView):
        QApplication.processEvents()  # Return closes an editor a little later
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        if field.state() != QTableView.State.EditingState:
            field.setFocus()
            field.setCurrentIndex(field.model().index(1, 1))
            field.edit(field.currentIndex())
        editor = field.viewport().findChild(QLineEdit)
        assert editor is not None
        field = editor
    field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field, timeout=5_000)
    return field


def test_a_table_is_walked_and_a_button_pressed_by_keys(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    view = table(project_window.window)
    view.setGeometry(100, 100, 300, 120)
    view.show()
    view.setCurrentIndex(view.model().index(0, 0))
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    frame = project_window.player.target
    press(view, "Down")
    press(view, "Right")
    assert (view.currentIndex().row(), view.currentIndex().column()) == (1, 1)
    assert project_window.player.target == frame
    button = QPushButton("x", project_window.window)
    button.show()
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    button.setFocus()
    press(button, "Space")
    assert pressed
    assert not project_window.player.playing
    press(button, "Right")
    assert project_window.player.target == frame + 1
    view.hide()
    button.hide()


def test_an_edit_asks_each_command_once_whether_it_can_be_called(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    table, document = project_window.commands, project_window.document
    enable = table.enable
    monkeypatch.setattr(
        table, "enable", lambda: asked.append(document.undo_stack.canUndo()) or enable()
    )
    item = document.project.tracks[0].id
    document.edit_lane("Paint", item, lambda s: paint(s, 2, 9, 1))
    assert asked == [True]
    assert table["undo"].isEnabled()
    document.undo_stack.undo()
    assert asked == [True, False]
    assert not table["undo"].isEnabled()
    assert table["redo"].isEnabled()
    document.go_to(1)
    assert asked == [True, False, True]
    assert table["undo"].isEnabled()


def test_a_change_of_video_asks_once_and_follows_what_threads_find(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    table, session = project_window.commands, project_window.session
    enable = table.enable
    monkeypatch.setattr(
        table, "enable", lambda: asked.append(session.track_id) or enable()
    )
    session.set_video("two")
    assert asked == ["two"]
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    qtbot.waitUntil(lambda: table["play"].isEnabled(), timeout=20_000)


def test_ids_and_keys_are_given_once(project_window: ProjectWindow) -> None:
    entries = project_window.commands.all
    ids = [e.id for e in entries]
    assert len(ids) == len(set(ids))
    keymap = project_window.commands.keymap
    assert keymap.conflicts() == []
    assert set(KEYS) <= set(CLASS_KEYS)
    shared = {
        (a.id, b.id)
        for n, a in enumerate(entries)
        for b in entries[n + 1 :]
        if keymap.may_share(a.id, b.id)
    }
    assert {frozenset(pair) for pair in shared} == {
        frozenset(pair)
        for pair in (
            *(BY_MODE, ("room-second", "settle-second")),
            *(p for p in (*BY_ROOM.items(), *BY_DISPUTE.items()) if p[1]),
        )
    }


def test_a_key_takes_away_a_keypoint_or_a_segment_as_the_mode_says(
    project_window: ProjectWindow,
) -> None:
    for correcting in (True, False):
        project_window.session.set_correcting(correcting)
        assert not all(project_window.commands[i].isEnabled() for i in BY_MODE)


def test_a_key_means_the_room_wherever_the_keyboard_is_while_it_is_open(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shift+N after a click on the timeline gave the subject to the other person."""
    docks, room = project_window.docks, project_window.services.review.review_room
    table, ran = project_window.commands, list[str]()
    room.enter()
    with monkeypatch.context() as changed:
        changed.setattr(table, "run", ran.append)
        # As if a place was reviewed: a disabled command gets no key.
        changed.setattr(ReviewRoom, "state", "at")
        changed.setattr(room, "evidence", object())
        changed.setattr(ReviewRoom, "kind", object())
        table.refresh()
        assert not any(table[i].isEnabled() for i in BY_ROOM.values() if i)
        places = (docks.timeline, docks.video, docks.loupe, docks.statistics.table)
        for place in (*places, docks.videos.list, docks.classes.list):
            place.setFocusProxy(None)
            place.setFocus()
            for of_room in BY_ROOM:
                press(place, table.keymap.keys(of_room)[0])
            assert ran == list(BY_ROOM), place
            ran.clear()
        changed.setattr(ReviewRoom, "state", "ended")
        table.refresh()
        for of_room in BY_ROOM:
            press(docks.timeline, table.keymap.keys(of_room)[0])
        assert set(ran) <= set(BY_ROOM), "a key that does nothing does nothing else"
    room.leave()
    assert not any(table[of_room].isEnabled() for of_room in BY_ROOM)


def test_a_key_takes_a_side_where_two_people_disagree_and_only_there(
    project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, docks = project_window.services, project_window.docks
    room, table, ran = services.review.review_room, project_window.commands, list[str]()
    monkeypatch.setattr(table, "run", ran.append)
    room.enter()
    monkeypatch.setattr(ReviewRoom, "state", "at")
    moved = Block(3, 9, "moved", 0, 0, 6)
    monkeypatch.setattr(Settling, "block", property(lambda _: moved))
    table.refresh()
    # At a doubtful place it is none of these.
    assert not any(table[of_dispute].isEnabled() for of_dispute in BY_DISPUTE)
    monkeypatch.setattr(room, "queue", services.review.settling)
    table.refresh()
    for of_dispute in BY_DISPUTE:
        press(docks.timeline, table.keymap.keys(of_dispute)[0])
    assert ran == list(BY_DISPUTE)
    room.leave()
    assert not any(table[of_dispute].isEnabled() for of_dispute in BY_DISPUTE)
    monkeypatch.undo()


def test_every_entry_says_what_it_is_called_and_its_keys(
    project_window: ProjectWindow,
) -> None:
    table = project_window.commands
    assert table["split"].toolTip() == "Split at playhead (S)"
    assert table["remove"].toolTip() == "Remove this video"
    for entry in table.all:
        for key in entry.keys:
            assert shown(key) in table[entry.id].toolTip()
    said = {(menu, text) for menu, text, _ in table.key_texts.rows()}
    assert ("Playback", "Play or pause") in said
    assert len(said) == len([e for e in table.all if e.keys])


def test_a_button_in_the_top_row_opens_the_palette_and_names_its_key(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    button, ui = project_window.docks.top.finder, project_window.command_ui
    assert button.text() == "Ctrl+K"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert ui.palette.isVisible()
    keymap = project_window.commands.keymap.with_keys("palette", ("F8",))
    project_window.commands.set_keymap(keymap)
    assert button.text() == "F8"
