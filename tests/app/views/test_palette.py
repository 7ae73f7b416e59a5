"""Every command, class and video is found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.kit.fuzzy import fit, rank
from app.window.project_window import Desk
from skelseg_core.project.folder import ProjectFolder
from tests.app.whole_window import opened

_Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def desk(qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path) -> Iterator[Desk]:
    with opened(qtbot, project_folder, tmp_path / "settings.ini") as made:
        yield made


def open_palette(desk: Desk) -> None:
    QTest.keyClick(desk.window, _Key.Key_K, CTRL)
    assert desk.shell.palette.isVisible()
    assert QApplication.focusWidget() is desk.shell.palette.field


def type_in(desk: Desk, text: str) -> None:
    QTest.keyClicks(desk.shell.palette.field, text)


def key(desk: Desk, which: Qt.Key) -> None:
    QTest.keyClick(desk.shell.palette.field, which)


def listed(desk: Desk) -> list[str]:
    return [c.id for c in desk.shell.palette.list.model().commands]


NAMES = [
    ("Segment", "Split at playhead"),
    ("Playback", "Slower"),
    ("Playback", "Go to frame or time…"),
    ("View", "Whole picture"),
    ("Label", "split wood"),
    ("Label", "open drawer"),
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("split", "Split at playhead"),
        ("gtf", "Go to frame or time…"),
        ("frame", "Go to frame or time…"),
        ("whole pic", "Whole picture"),
        ("label split", "split wood"),
        ("drw", "open drawer"),
        ("segment", "Split at playhead"),
        ("SLOW", "Slower"),
    ],
)
def test_what_fits_best_comes_first(query: str, best: str) -> None:
    assert NAMES[rank(query, NAMES)[0]][1] == best


def test_what_was_used_goes_before_what_fits_as_well_but_not_better() -> None:
    assert rank("", NAMES, recent=[3, 1])[:3] == [3, 1, 0]
    assert rank("split", NAMES, recent=[4])[:2] == [4, 0]
    assert rank("slower", NAMES, recent=[0, 4])[0] == 1
    assert rank("zzz", NAMES) == []


@given(st.text(min_size=1, max_size=20), st.text(max_size=30))
def test_a_fit_is_a_share(query: str, text: str) -> None:
    assert 0 <= fit(query, text) <= 1


@given(st.lists(st.sampled_from("abc dé"), min_size=1).map("".join))
def test_a_name_fits_itself_best(text: str) -> None:
    text = " ".join(text.split())
    others = [("", text + "x"), ("", "x" + text), ("", text)]
    assert rank(text, others)[0] == (2 if text else 0)


def test_a_command_is_found_and_called_by_keys_alone(qtbot: QtBot, desk: Desk) -> None:
    desk.panels.timeline.setFocus()
    frame = desk.player.target
    open_palette(desk)
    type_in(desk, "1 second on")
    assert listed(desk)[0] == "second-on"
    key(desk, _Key.Key_Return)
    assert not desk.shell.palette.isVisible()
    assert desk.player.target > frame + 10
    assert desk.panels.timeline.hasFocus()
    # What was called last is offered first.
    open_palette(desk)
    assert listed(desk)[0] == "second-on"
    type_in(desk, "next")
    assert "next" in listed(desk)
    key(desk, _Key.Key_Escape)
    assert not desk.shell.palette.isVisible()
    QTest.keyClick(desk.window, _Key.Key_P, CTRL | SHIFT)
    assert desk.shell.palette.isVisible()
    QTest.keyClick(desk.shell.palette.field, _Key.Key_K, CTRL)
    assert not desk.shell.palette.isVisible()


def test_classes_and_videos_are_found_as_well(qtbot: QtBot, desk: Desk) -> None:
    open_palette(desk)
    type_in(desk, "label open")
    assert listed(desk)[0] == "class 2"
    key(desk, _Key.Key_Return)
    assert desk.document.project.video("one").annotation.at(0).class_id == 2
    open_palette(desk)
    type_in(desk, "video two")
    key(desk, _Key.Key_Return)
    assert desk.session.video_id == "two"


def test_what_is_not_possible_is_at_the_end_and_does_nothing(
    qtbot: QtBot, desk: Desk
) -> None:
    open_palette(desk)
    enabled = [c.enabled for c in desk.shell.palette.list.model().commands]
    assert enabled == sorted(enabled, reverse=True)
    assert not all(enabled)
    type_in(desk, "undo")
    assert listed(desk)[0] == "undo"
    key(desk, _Key.Key_Return)
    assert desk.shell.palette.isVisible()
    key(desk, _Key.Key_Escape)


def test_up_and_down_go_round(qtbot: QtBot, desk: Desk) -> None:
    open_palette(desk)
    palette = desk.shell.palette
    last = palette.list.model().rowCount() - 1
    key(desk, _Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    key(desk, _Key.Key_Up)
    key(desk, _Key.Key_Up)
    assert palette.list.currentIndex().row() == last
    key(desk, _Key.Key_Down)
    assert palette.list.currentIndex().row() == 0
    type_in(desk, "qqqq")
    assert palette.nothing.isVisible()
    key(desk, _Key.Key_Down)
    key(desk, _Key.Key_Return)
    assert palette.isVisible()
    key(desk, _Key.Key_Escape)


def test_a_click_calls_and_a_click_elsewhere_closes(qtbot: QtBot, desk: Desk) -> None:
    open_palette(desk)
    type_in(desk, "split at")
    view = desk.shell.palette.list
    frame = desk.player.target
    assert frame == 0
    desk.player.seek(20)
    qtbot.waitUntil(lambda: desk.session.frame == 20, timeout=20_000)
    where = view.visualRect(view.model().index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert desk.document.project.video("one").annotation.boundaries.tolist() == [20]
    open_palette(desk)
    desk.panels.timeline.setFocus()
    assert not desk.shell.palette.isVisible()


def test_a_reader_is_told_what_a_line_is(qtbot: QtBot, desk: Desk) -> None:
    open_palette(desk)
    type_in(desk, "split at")
    palette = desk.shell.palette
    index = palette.list.model().index(0, 0)
    said = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Segment, Split at playhead, S"
    for widget in (palette, palette.field, palette.list):
        assert widget.accessibleName()
    key(desk, _Key.Key_Escape)


def test_the_focus_comes_back_from_an_editor_that_is_gone(
    qtbot: QtBot, desk: Desk
) -> None:
    classes = desk.panels.classes
    classes.list.setFocus()
    classes.list.setCurrentIndex(classes.list.model().index(0, 0))
    classes.rename()
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    desk.shell.toggle_palette()
    # The editor ends as the focus leaves it, and is deleted.
    qtbot.wait(20)
    key(desk, _Key.Key_Escape)
    assert not desk.shell.palette.isVisible()
    assert QApplication.focusWidget() is classes.list


def test_the_focus_comes_back_after_another_window(qtbot: QtBot, desk: Desk) -> None:
    desk.panels.timeline.setFocus()
    open_palette(desk)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    assert not desk.shell.palette.isVisible()
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    assert QApplication.focusWidget() is desk.panels.timeline
