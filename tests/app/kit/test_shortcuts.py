"""Keys are changed by keys; who has one already is said at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.kit.keymap import A_CLASS, Keymap, portable
from app.timeline.kinds.annotation import hint as hint_of
from app.views.keys.key_editor import KeyEditor
from app.views.keys.key_sheet import KeySheet
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened

_Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
DEFAULTS = {
    "a": ("A",),
    "b": ("B", "Ctrl+B"),
    "c": (),
    "gone": ("Delete",),
    "absorb": ("Delete",),
}
LEFT = Qt.MouseButton.LeftButton


# -- the keymap ---------------------------------------------------------------------


def test_a_key_has_one_owner_whoever_came_with_it() -> None:
    start = Keymap(DEFAULTS)
    assert start.owners("ctrl+b") == ("b",)
    assert start.owners("Ctrl+B", besides="b") == ()
    assert start.owners("3") == start.owners("Shift+3") == (A_CLASS,)
    assert start.owners("#") == (A_CLASS,)  # what Shift and 3 write
    taken = start.with_keys("a", ("A", "Ctrl+B"))
    assert taken.keys("a") == ("A", "Ctrl+B")
    assert taken.keys("b") == ("B",)
    assert taken.conflicts() == []
    again = taken.with_keys("c", ("Ctrl+B",))
    assert (again.keys("a"), again.keys("b")) == (("A",), ("B",))
    assert again.reset("b").keys("b") == ("B", "Ctrl+B")
    assert again.reset("b").keys("c") == ()


def test_only_differences_are_kept() -> None:
    start = Keymap(DEFAULTS)
    changed = start.with_keys("a", ("Q",))
    assert changed.changes == {"a": ("Q",)}
    assert changed.with_keys("a", ("A",)) == start
    assert changed.reset("a") == start


def test_two_that_come_with_one_key_may_share_it() -> None:
    keymap = Keymap(DEFAULTS).with_keys("absorb", ("Delete", "Ctrl+D"))
    assert keymap.keys("gone") == ("Del",)
    assert keymap.conflicts() == []


def test_what_was_stored_is_taken_with_care() -> None:
    stored = {"a": ("3", "Ctrl+Q", "no key"), "b": ("Ctrl+Q",), "old": ("B",)}
    keymap = Keymap.of(DEFAULTS, stored)
    assert keymap.keys("b") == ("Ctrl+Q",)
    assert keymap.keys("a") == ()
    assert keymap.conflicts() == []


KEYS = st.sampled_from(["A", "B", "Ctrl+B", "Del", "Q", "Ctrl+Q", "Shift+Q"])
STEPS = st.lists(
    st.tuples(st.sampled_from(list(DEFAULTS)), st.lists(KEYS, max_size=3)), max_size=8
)


@given(STEPS)
def test_no_way_of_giving_keys_makes_a_conflict(
    steps: list[tuple[str, list[str]]],
) -> None:
    keymap = Keymap(DEFAULTS)
    for action, keys in steps:
        keymap = keymap.with_keys(action, tuple(keys))
        assert set(keymap.keys(action)) == set(keys)
        assert keymap.conflicts() == []
        assert Keymap.of(DEFAULTS, keymap.changes) == keymap
    for action in DEFAULTS:
        keymap = keymap.reset(action)
    assert keymap.changes == {}


# -- the dialog ---------------------------------------------------------------------


def open_editor(
    qtbot: QtBot, project_window: ProjectWindow, action: str = ""
) -> KeyEditor:
    project_window.commands["shortcuts"].trigger()
    (editor,) = project_window.window.findChildren(KeyEditor)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is editor)
    if action:
        editor.choose(action)
        assert editor.chosen == action
    return editor


def record(editor: KeyEditor, key: str) -> None:
    """Return on the row, then the new key."""
    editor.table.setFocus()
    QTest.keyClick(editor.table, _Key.Key_Return)
    assert QApplication.focusWidget() is editor.field
    combination = QKeySequence(key)[0]
    QTest.keyClick(editor.field, combination.key(), combination.keyboardModifiers())


def test_a_new_key_calls_the_command_and_is_remembered(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as project_window:
        editor = open_editor(qtbot, project_window, "split")
        record(editor, "Ctrl+B")
        assert editor.keymap.keys("split") == ("S", "Ctrl+B")
        editor.accept()
        assert (
            project_window.commands["split"].toolTip()
            == "Split at playhead (S, Ctrl+B)"
        )
        assert ("Segment", "Split at playhead", "S, Ctrl+B") in (
            project_window.commands.key_texts.rows()
        )
        project_window.player.seek(30)
        qtbot.waitUntil(lambda: project_window.session.frame == 30, timeout=20_000)
        project_window.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is project_window.window)
        project_window.docks.timeline.setFocus()
        QTest.keyClick(project_window.window, _Key.Key_B, CTRL)
        video = project_window.document.project.track("one")
        assert video.annotation.boundaries.tolist() == [30]
    with opened(qtbot, project_folder) as project_window:
        assert project_window.settings.keys == {"split": ("S", "Ctrl+B")}
        assert project_window.commands.keymap.keys("split") == ("S", "Ctrl+B")
        editor = open_editor(qtbot, project_window, "split")
        qtbot.mouseClick(editor.reset, LEFT)
        editor.accept()
        assert project_window.settings.keys == {}


def test_who_has_a_key_is_named_and_keeps_it_or_not(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    editor = open_editor(qtbot, project_window, "split")
    record(editor, "Ctrl+E")
    assert editor.conflict.text() == "Ctrl+E belongs to File: Export."
    assert editor.keymap.keys("split") == ("S",)
    qtbot.mouseClick(editor.leave, LEFT)
    assert editor.conflict.text() == ""
    assert editor.keymap.changes == {}
    record(editor, "Ctrl+E")
    assert QApplication.focusWidget() is editor.take
    QTest.keyClick(editor.take, _Key.Key_Space)
    assert editor.keymap.keys("split") == ("S", "Ctrl+E")
    assert project_window.commands.keymap.keys("export") == ()
    assert project_window.commands["export"].shortcuts() == []
    record(editor, "3")
    assert "labels with a class" in editor.conflict.text()
    assert not editor.take.isVisible()
    assert editor.keymap.keys("split") == ("S", "Ctrl+E")
    chips = [b for b in editor.findChildren(QPushButton) if b.isVisible()]
    remove = next(b for b in chips if b.accessibleName() == "Remove Ctrl+E")
    qtbot.mouseClick(remove, LEFT)
    assert project_window.commands.keymap.keys("export") == ("Ctrl+E",)
    assert editor.keymap.changes == {}
    editor.accept()


def test_a_click_on_the_keys_asks_for_a_new_one(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    editor = open_editor(qtbot, project_window, "merge")
    table = editor.table
    for column, asked in ((1, False), (2, True)):
        where = table.visualRect(table.currentIndex().siblingAtColumn(column))
        qtbot.mouseClick(table.viewport(), LEFT, pos=where.center())
        assert (QApplication.focusWidget() is editor.field) == asked
    QTest.keyClick(editor.field, _Key.Key_J, CTRL | Qt.KeyboardModifier.AltModifier)
    assert editor.keymap.keys("merge") == ("M", "Ctrl+Alt+J")
    editor.accept()


def test_escape_takes_no_key(qtbot: QtBot, project_window: ProjectWindow) -> None:
    editor = open_editor(qtbot, project_window, "merge")
    record(editor, "Esc")
    assert editor.keymap.changes == {}
    assert editor.isVisible()
    assert editor.table.hasFocus()
    editor.accept()


def test_all_is_reset(qtbot: QtBot, project_window: ProjectWindow) -> None:
    editor = open_editor(qtbot, project_window)
    record_on(editor, "merge", "Ctrl+Alt+J")
    assert "Ctrl+Alt+J" in project_window.commands.keymap.keys("merge")
    qtbot.mouseClick(editor.reset_all, LEFT)
    assert project_window.settings.keys == {}
    assert not editor.reset_all.isEnabled()
    editor.accept()


def record_on(editor: KeyEditor, action: str, key: str) -> None:
    editor.choose(action)
    record(editor, key)


def test_rows_are_found_by_name_and_by_key(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    editor = open_editor(qtbot, project_window)
    QTest.keyClicks(editor.filter, "segment split")
    model = editor.table.model()
    found = [model.index(row, 1).data() for row in range(model.rowCount())]
    assert "Split at playhead" in found
    assert "Merge with next" not in found
    editor.filter.clear()
    QTest.keyClicks(editor.filter, "ctrl+t")
    assert model.index(0, 1).data() == "Train"
    for widget in (editor.table, editor.field, editor.filter):
        assert widget.accessibleName()
        assert widget.toolTip() or widget is editor.table
    editor.accept()


# -- what shows the keys --------------------------------------------------------------


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_sheet_stays_open_and_follows(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.docks.timeline.setFocus()
    QTest.keyClick(project_window.window, _Key.Key_Question)
    sheet = project_window.command_ui.sheet
    assert sheet is not None
    assert sheet.isVisible()
    assert not sheet.isModal()
    said = texts(sheet)
    assert {"Split at playhead", "S", "walk", "1", "Classes"} <= said
    labels = sheet.area.widget().findChildren(QLabel)
    in_order = [label.text() for label in labels if label.isVisibleTo(sheet)]
    assert [t for t in in_order if t in {"The work", "Space", "File"}] == [
        *("The work", "Space", "File")
    ]
    assert in_order.count("Space") == 1, "what is the work is not told twice"
    QTest.keyClicks(sheet.field, "playhead")
    assert "Split at playhead" in texts(sheet)
    assert "Merge with next" not in texts(sheet)
    keymap = project_window.commands.keymap
    project_window.commands.set_keymap(keymap.with_keys("split", ("Ctrl+B",)))
    assert "Ctrl+B" in texts(sheet)
    assert "S" not in texts(sheet)
    QTest.keyClicks(sheet.field, "qqq")
    assert texts(sheet) == set()
    assert sheet.nothing.isVisible()
    QTest.keyClick(sheet.field, _Key.Key_Escape)
    assert not sheet.isVisible()


def texts(sheet: KeySheet) -> set[str]:
    area = sheet.area
    labels = area.widget().findChildren(QLabel)
    return {label.text() for label in labels if label.isVisibleTo(sheet)}


def test_all_that_names_keys_follows(project_window: ProjectWindow) -> None:
    keymap = project_window.commands.keymap
    given = {
        "loop": "Ctrl+L",
        "faster": "F8",
        "overlay-labels": "F9",
        "prelabel": "F10",
        "boundary-next": "Ctrl+D",
    }
    for action, key in given.items():
        keymap = keymap.with_keys(action, (key,))
    project_window.commands.set_keymap(keymap)
    transport, panel = project_window.docks.transport, project_window.docks.video.panel
    assert transport.plan.toolTip() == "Loop the range or segment (Ctrl+L)"
    assert transport.speed.toolTip() == "Speed and step of the arrows (Ctrl+Down, F8)"
    assert panel.keys["labels"].text() == "F9"
    assert panel.checks["labels"].shortcut() == QKeySequence("F9")
    data = project_window.docks.timeline.data
    # Without a model nothing promises a pre-label.
    assert "first mark a range with I and O" in hint_of(data)
    assert "pre-label" not in hint_of(data)
    project_window.session.set_model("net")
    assert "pre-label with F10" in hint_of(data)
    assert project_window.docks.loupe.keys == ("Up", "Ctrl+D")
    command = next(
        c for c in project_window.command_ui.palette_rows() if c.id == "loop"
    )
    assert command.keys == "Ctrl+L"


def test_keys_are_written_in_one_way() -> None:
    assert portable("ctrl+shift+p") == "Ctrl+Shift+P"
    assert portable("!") == portable("Shift+1") == portable("Shift+!")
    assert portable("") == ""
