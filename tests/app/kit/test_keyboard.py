"""Keys arrive: where the keyboard is, where Tab goes, and what Return and Escape do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QTabBar,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow

_Key = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
WITHIN = (QLineEdit, QComboBox, QAbstractSpinBox, QTabBar, QTableView, QHeaderView)


def focus() -> QWidget:
    now = QApplication.focusWidget()
    assert now is not None
    return now


def press(key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(focus(), key, held)


def controls(project_window: ProjectWindow) -> set[QWidget]:
    """Everything in the window that is seen and is pressed, chosen or typed in."""
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)
    return {
        widget
        for widget in project_window.window.findChildren(QWidget)
        if isinstance(widget, kinds)
        and not widget.visibleRegion().isEmpty()
        and widget.isEnabled()
        and widget.window() is project_window.window
        and not isinstance(widget.parentWidget(), WITHIN)
    }


def test_tab_goes_round_the_window_and_past_every_control(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, table = project_window.docks, project_window.commands
    table["loupe"].trigger()
    docks.messages.notices.warn(
        "trouble", table["find-moved"], other=QAction("b", project_window)
    )
    for name in ("statistics", "jobs"):
        table[f"dock-{name}"].trigger()
        docks.take_keyboard()
        seen: list[QWidget] = []
        while not seen or seen[-1] is not docks.timeline:
            press(_Key.Key_Tab)
            assert focus() not in seen, "a round that leaves the timeline out"
            seen.append(focus())
        assert {
            w.accessibleName() or w for w in controls(project_window) - {*seen}
        } == set()
        behind = {
            w for w in {*seen} - controls(project_window) if w.visibleRegion().isEmpty()
        }
        assert {w.accessibleName() or w for w in behind} == set()
    press(_Key.Key_Backtab)
    assert focus() is seen[-2]


def test_a_button_is_pressed_by_return_and_left_by_escape(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, before = project_window.docks, project_window.document.project
    docks.transport.buttons["next"].setFocus()
    press(_Key.Key_Return)
    press(_Key.Key_Return)
    assert project_window.player.target == 2
    # Neither labelled, accepted nor dropped anything.
    project_window.session.set_range(3, 9)
    assert docks.transport.buttons["next"].hasFocus()
    press(_Key.Key_Escape)
    assert docks.timeline.hasFocus()
    assert (project_window.session.range_in, project_window.session.range_out) == (3, 9)
    assert project_window.document.project is before
    project_window.session.set_range(None, None)
    # A click on the picture or into the loupe ends typing.
    for view in (docks.video, docks.loupe):
        docks.videos.search.setFocus()
        qtbot.mouseClick(view, Qt.MouseButton.RightButton)
        assert not docks.videos.search.hasFocus()
    docks.take_keyboard()
    # What is pressed and goes away does not leave the keyboard on its neighbour.
    docks.messages.notices.warn("trouble")
    docks.messages.closing.setFocus()
    press(_Key.Key_Space)
    assert docks.messages.isHidden()
    assert docks.timeline.hasFocus()


def answer(key: Qt.Key) -> None:
    """Press a key in the dialog that is about to open."""

    def run() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or dialog.focusWidget() is None:
            QTimer.singleShot(20, run)
        else:
            QTest.keyClick(dialog.focusWidget(), key)

    QTimer.singleShot(0, run)


def test_after_a_dialog_keys_go_to_the_timeline_or_to_the_list_that_had_them(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, asking = project_window.docks, project_window.commands["notes"]
    for widget in (docks.videos.search, docks.transport.speed, docks.videos.add_button):
        widget.setFocus()
        answer(_Key.Key_Escape)
        asking.trigger()
        project_window.window.activateWindow()
        qtbot.waitUntil(docks.timeline.hasFocus, timeout=5_000)
    docks.videos.list.setFocus()
    answer(_Key.Key_Escape)
    asking.trigger()
    project_window.window.activateWindow()
    qtbot.waitUntil(docks.videos.list.hasFocus, timeout=5_000)


def test_a_recipe_is_chosen_by_keys_and_training_gives_the_keyboard_back(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, str]] = []

    def train(name: str, preset: str) -> None:
        started.append((name, preset))
        project_window.services.notices.helped("train")
        project_window.services.models.model_service.training_started.emit()

    monkeypatch.setattr(project_window.services.models.model_service, "train", train)
    # Pre-labelling without a model says what to do, with the button for it.
    assert project_window.commands["prelabel"].isEnabled()
    press(_Key.Key_P, CTRL)
    messages, form = project_window.docks.messages, project_window.docks.model.training
    assert "No model yet" in messages.text.text()
    assert messages.help.text() == project_window.commands["train"].text()
    qtbot.mouseClick(messages.help, Qt.MouseButton.LeftButton)
    assert focus() is form.name
    press(_Key.Key_Tab)
    assert focus() is form.preset
    first = form.preset.currentText()
    press(_Key.Key_Down, ALT)
    qtbot.waitUntil(form.preset.view().isVisible, timeout=5_000)
    press(_Key.Key_Down)
    press(_Key.Key_Return)
    assert not form.preset.view().isVisible()
    assert form.preset.currentText() != first
    press(_Key.Key_Tab)
    press(_Key.Key_Space)
    assert started == [("model-1", form.preset.currentText())]
    assert project_window.docks.model.hasFocus(), "the form waits"
    assert messages.isHidden()
    press(_Key.Key_Escape)
    assert project_window.docks.pages.page == "label"
    assert project_window.docks.timeline.hasFocus()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_keys_leave_a_panel_that_was_taken_out_for_what_one_types_in(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks = project_window.docks
    dock, table = docks.docks["Class statistics"], docks.statistics.table
    project_window.services.review.class_keys.choose(1)
    before = project_window.document.project
    project_window.commands["dock-statistics"].trigger()
    qtbot.waitUntil(table.isVisible)
    dock.setFloating(True)
    dock.show()

    def into_panel() -> None:
        dock.activateWindow()
        table.setFocus()
        qtbot.waitUntil(table.hasFocus, timeout=5_000)

    def arrives(key: Qt.Key, held: Qt.KeyboardModifier, there: QWidget) -> None:
        into_panel()
        press(key, held)
        qtbot.waitUntil(there.hasFocus, timeout=5_000)

    palette = project_window.command_ui.palette
    arrives(_Key.Key_K, CTRL, palette.field)
    assert project_window.window.isActiveWindow()
    press(_Key.Key_S)
    assert palette.field.text() == "s"
    press(_Key.Key_Escape)
    qtbot.waitUntil(table.hasFocus, timeout=5_000)
    arrives(_Key.Key_Slash, NONE, docks.classes.filter)
    arrives(_Key.Key_G, NONE, docks.transport.frame)
    arrives(_Key.Key_F, CTRL, docks.videos.search)
    arrives(_Key.Key_Escape, NONE, docks.timeline)
    assert project_window.document.project is before
    assert isinstance(table.window(), QDockWidget)
