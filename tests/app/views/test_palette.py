"""Every command, class and video is found by typing a part of its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.kit.search import rank
from app.window.menus import NEEDS
from app.window.project_window import ProjectWindow
from tests.settled import settle

_Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def open_palette(project_window: ProjectWindow) -> None:
    QTest.keyClick(project_window.window, _Key.Key_K, CTRL)
    assert project_window.command_ui.palette.isVisible()
    assert QApplication.focusWidget() is project_window.command_ui.palette.field


def type_in(project_window: ProjectWindow, text: str) -> None:
    QTest.keyClicks(project_window.command_ui.palette.field, text)


def key(project_window: ProjectWindow, which: Qt.Key) -> None:
    QTest.keyClick(project_window.command_ui.palette.field, which)


def listed(project_window: ProjectWindow) -> list[str]:
    return [c.id for c in project_window.command_ui.palette.list.model().commands]


NAMES = [
    ("Segment", "Split at playhead"),
    ("Playback", "Play slower"),
    ("Playback", "Go to frame or time…"),
    ("View", "Whole picture"),
    ("Label", "split wood"),
    ("Label", "open drawer"),
    ("View", "Whole film"),
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("split", "Split at playhead"),
        ("splti", "Split at playhead"),
        ("frame", "Go to frame or time…"),
        ("whole pic", "Whole picture"),
        ("label split", "split wood"),
        ("drwaer", "open drawer"),
        ("movie", "Whole film"),
        ("segment", "Split at playhead"),
        ("SLOW", "Play slower"),
    ],
)
def test_what_fits_best_comes_first(query: str, best: str) -> None:
    assert NAMES[rank(query, NAMES)[0]][1] == best


def test_what_was_used_goes_before_what_fits_as_well_but_not_better() -> None:
    assert rank("", NAMES, recent=[3, 1])[:3] == [3, 1, 0]
    assert rank("split", NAMES, recent=[4])[:2] == [4, 0]
    assert rank("slower", NAMES, recent=[0, 4])[0] == 1
    assert rank("zzz", NAMES) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("hotkey", "hotk", "shortcuts"), {"keys", "shortcuts"}),
        (("kappa",), {"agreement"}),
        (("camera", "yolo", "step by"), set()),
    ],
)
def test_what_people_call_a_command_finds_it_and_nothing_by_chance(
    project_window: ProjectWindow, words: tuple[str, ...], found: set[str]
) -> None:
    open_palette(project_window)
    palette = project_window.command_ui.palette
    for word in words:
        palette.field.setText(word)
        assert set(listed(project_window)) == found
        assert palette.nothing.isVisible() is not bool(found)


@given(st.lists(st.sampled_from("abc dé"), min_size=1).map("".join).filter(str.strip))
def test_a_name_fits_itself_best(text: str) -> None:
    text = " ".join(text.split())
    others = [("", text + "x"), ("", "x" + text), ("", text)]
    assert rank(text, others)[0] == 2


def test_a_command_is_found_and_called_by_keys_alone(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.docks.timeline.setFocus()
    frame = project_window.player.target
    open_palette(project_window)
    type_in(project_window, "Forward 1 second")
    assert listed(project_window)[0] == "second-on"
    key(project_window, _Key.Key_Return)
    assert not project_window.command_ui.palette.isVisible()
    assert project_window.player.target > frame + 10
    assert project_window.docks.timeline.hasFocus()
    # What was called last is offered first.
    open_palette(project_window)
    assert listed(project_window)[0] == "second-on"
    type_in(project_window, "next")
    assert "next" in listed(project_window)
    key(project_window, _Key.Key_Escape)
    assert not project_window.command_ui.palette.isVisible()
    QTest.keyClick(project_window.window, _Key.Key_P, CTRL | SHIFT)
    assert project_window.command_ui.palette.isVisible()
    QTest.keyClick(project_window.command_ui.palette.field, _Key.Key_K, CTRL)
    assert not project_window.command_ui.palette.isVisible()


def test_classes_and_videos_are_found_as_well(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    open_palette(project_window)
    type_in(project_window, "label open")
    assert listed(project_window)[0] == "class 2"
    key(project_window, _Key.Key_Return)
    assert project_window.document.project.track("one").annotation.at(0).class_id == 2
    open_palette(project_window)
    type_in(project_window, "video two")
    key(project_window, _Key.Key_Return)
    assert project_window.session.track_id == "two"


def test_what_is_not_possible_is_at_the_end_and_does_nothing(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    open_palette(project_window)
    palette = project_window.command_ui.palette
    enabled = [not c.why_not for c in palette.list.model().commands]
    assert enabled == sorted(enabled, reverse=True)
    assert not all(enabled)
    type_in(project_window, "undo")
    assert listed(project_window)[0] == "undo"
    key(project_window, _Key.Key_Return)
    assert palette.isVisible()
    assert palette.nothing.text() == "“Undo”: Nothing was done yet."
    assert palette.nothing.isVisible()
    key(project_window, _Key.Key_Down)
    assert not palette.nothing.isVisible()
    key(project_window, _Key.Key_Escape)


def test_what_is_not_possible_looks_so_where_it_is_chosen(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    open_palette(project_window)
    palette = project_window.command_ui.palette
    filled = []
    for word in ("save a copy", "undo"):
        palette.field.setText(word)
        picture = palette.list.grab().toImage()
        at = palette.list.visualRect(palette.list.currentIndex())
        # Between the name and the keys: the ground of the row.
        inside = picture.pixelColor(at.center().x(), at.top() + 5)
        filled.append(inside == palette.list.palette().highlight().color())
    assert filled == [True, False]


def test_every_need_is_of_a_command_or_a_topic(project_window: ProjectWindow) -> None:
    known = {c.id for c in project_window.commands.all}
    assert NEEDS.keys() <= known | {c.menu for c in project_window.commands.all}


def test_a_reader_is_told_what_a_line_is(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    open_palette(project_window)
    type_in(project_window, "split at")
    palette = project_window.command_ui.palette
    index = palette.list.model().index(0, 0)
    said = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Segment, Split at playhead, S"
    for widget in (palette, palette.field, palette.list):
        assert widget.accessibleName()
    key(project_window, _Key.Key_Escape)


def test_the_focus_comes_back_from_an_editor_that_is_gone(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    classes = project_window.docks.classes
    classes.list.setFocus()
    classes.list.setCurrentIndex(classes.list.model().index(0, 0))
    classes.rename()
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    project_window.command_ui.toggle_palette()
    # The editor ends as the focus leaves it, and is deleted.
    settle()
    key(project_window, _Key.Key_Escape)
    assert not project_window.command_ui.palette.isVisible()
    assert QApplication.focusWidget() is classes.list
