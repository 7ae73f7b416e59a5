"""Docks stand where a layout wants them, are remembered, and come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QInputDialog, QMainWindow
from pytestqt.qtbot import QtBot

from app.kit.layouts import LAYOUTS, Layouts
from app.kit.settings import Settings
from app.views.dock_title import DockTitle
from app.window.command_ui import LAYOUT_MENU
from app.window.main_window import FRAME, USUAL, MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened
from tests.settled import settle

_Area = Qt.DockWidgetArea
LEFT = Qt.MouseButton.LeftButton


def shown(project_window: ProjectWindow) -> set[str]:
    return {
        name for name, dock in project_window.docks.docks.items() if not dock.isHidden()
    }


@pytest.mark.parametrize("layout_id", LAYOUTS)
def test_a_layout_shows_what_it_names(
    qtbot: QtBot, project_window: ProjectWindow, layout_id: str
) -> None:
    project_window.commands[f"layout-{layout_id}"].trigger()
    assert shown(project_window) == set(LAYOUTS[layout_id].shown)
    bottom = project_window.window.dockWidgetArea(
        project_window.docks.docks["Timeline"]
    )
    assert bottom == _Area.BottomDockWidgetArea
    assert project_window.docks.video.height() > 200


def test_picture_and_timeline_gain_what_the_others_leave(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    before = project_window.docks.video.width()
    project_window.commands["layout-wide"].trigger()
    qtbot.waitUntil(
        lambda: project_window.docks.video.width() >= project_window.window.width() - 8
    )
    assert project_window.docks.video.width() > before


def test_the_picture_gives_the_loupe_its_room_and_gets_it_back(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks = project_window.docks
    project_window.window.resize(1200, 900)
    docks.set_loupe(True)
    qtbot.waitUntil(docks.loupe.isVisible)
    settle()
    lanes, picture = docks.timeline.height(), docks.video.height()
    docks.set_loupe(False)
    qtbot.waitUntil(lambda: docks.video.height() > picture + 60)
    assert docks.timeline.height() == lanes
    docks.set_loupe(True)
    qtbot.waitUntil(lambda: docks.video.height() == picture)
    assert docks.timeline.height() == lanes
    # Lanes that lack room have it first.
    docks.timeline.lanes.toggle("filmstrip")
    bottom = docks.docks["Timeline"]
    project_window.window.resizeDocks([bottom], [120], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: docks.timeline.height() < 140)
    needed, lanes = docks.timeline.full_height, docks.timeline.height()
    assert needed > lanes
    loupe, picture = docks.docks["Loupe"].height(), docks.video.height()
    docks.set_loupe(False)
    wanted = min(needed, lanes + loupe)
    qtbot.waitUntil(lambda: docks.timeline.height() == wanted)
    docks.set_loupe(True)
    qtbot.waitUntil(lambda: docks.timeline.height() == lanes)
    assert docks.video.height() == picture


def sizes(project_window: ProjectWindow) -> list[tuple[int, int]]:
    """Of the picture, the column at its right, loupe and timeline."""
    docks = project_window.docks
    four = [docks.docks[name] for name in ("Classes", "Model", "Loupe", "Timeline")]
    widgets = [docks.video, *four]
    return [(widget.width(), widget.height()) for widget in widgets]


def test_panels_forms_and_messages_give_back_what_they_take(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, table = project_window.docks, project_window.commands
    project_window.window.resize(1440, 850)
    settle()
    before = sizes(project_window)
    for text in ("Done.", "A long story. " * 40):
        docks.messages.notices.warn(text)
        qtbot.waitUntil(docks.messages.isVisible)
        settle()
        bar, picture = docks.messages, docks.video.parentWidget()
        assert picture is not None
        assert picture.geometry().contains(bar.geometry())
        assert (bar.height() < 60) == (text == "Done.")
        assert sizes(project_window) == before
        docks.messages.close_message()
        docks.messages.close_message()
    for name, title in (
        ("segments", "Segments"),
        ("statistics", "Class statistics"),
        ("jobs", "Jobs"),
        ("history", "History"),
        ("curves", "Training"),
    ):
        table[f"dock-{name}"].trigger()
        dock = project_window.window.findChild(QDockWidget, title)
        assert dock is not None
        qtbot.waitUntil(dock.isVisible)
        settle()
        # The picture keeps its room; only the timeline is narrower meanwhile.
        assert sizes(project_window)[:-1] == before[:-1]
        assert dock.width() + docks.timeline.width() >= before[-1][0] - 12
        table[f"dock-{name}"].trigger()
        qtbot.waitUntil(lambda: sizes(project_window) == before)
    docks.model.show_training()
    qtbot.waitUntil(lambda: docks.docks["Model"].height() > before[2][1])
    assert sizes(project_window)[0] == before[0]
    docks.model.close_training()
    qtbot.waitUntil(lambda: sizes(project_window) == before)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_dock_that_a_layout_names_has_the_right_side(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks = project_window.docks.docks
    for name in ("Segments", "Jobs"):
        project_window.window.addDockWidget(_Area.LeftDockWidgetArea, docks[name])
    project_window.commands["layout-review"].trigger()
    assert shown(project_window) == {"Videos", "Segments", "Timeline", "Loupe"}
    segments = docks["Segments"]
    assert project_window.window.dockWidgetArea(segments) == _Area.BottomDockWidgetArea
    qtbot.waitUntil(lambda: abs(segments.width() - 680) < 8)
    timeline = docks["Timeline"]
    assert segments.x() > timeline.x()
    assert segments.y() == timeline.y() > docks["Loupe"].y()
    project_window.commands["layout-default"].trigger()
    assert segments.isHidden()
    docks["Jobs"].show()
    segments.show()
    assert docks["Jobs"] in project_window.window.tabifiedDockWidgets(segments)


def test_ones_own_layout_is_saved_chosen_reset_and_deleted(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    docks, table = project_window.docks.docks, project_window.commands
    assert not table["layout-delete"].isEnabled()
    project_window.window.addDockWidget(_Area.LeftDockWidgetArea, docks["Classes"])
    docks["Model"].hide()
    own = shown(project_window)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" R & D ", True))
    table["layout-save"].trigger()
    assert project_window.command_ui.layouts.own == ["R & D"]
    table["layout-default"].trigger()
    assert shown(project_window) != own
    menu = table.menus[LAYOUT_MENU]
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    (chosen,) = (a for a in menu.actions() if a.text() == "R && D")
    chosen.trigger()
    assert shown(project_window) == own
    left = project_window.window.dockWidgetArea(docks["Classes"])
    assert left == _Area.LeftDockWidgetArea
    docks["Classes"].hide()
    table["layout-reset"].trigger()
    assert shown(project_window) == own
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("R & D", True))
    table.refresh()
    table["layout-delete"].trigger()
    assert project_window.command_ui.layouts.own == []
    table["layout-reset"].trigger()
    assert shown(project_window) == set(LAYOUTS["default"].shown)


def test_docks_are_remembered(qtbot: QtBot, project_folder: ProjectFolder) -> None:
    with opened(qtbot, project_folder) as project_window:
        project_window.commands["dock-model"].trigger()
        left = shown(project_window)
        assert "Model" not in left
    with opened(qtbot, project_folder) as project_window:
        qtbot.waitUntil(lambda: shown(project_window) == left)
        assert not project_window.commands["dock-model"].isChecked()
        # The first key of the session is no text for a search.
        assert QApplication.focusWidget() is project_window.docks.timeline


def test_a_key_hides_the_panels_and_brings_back_those_that_were_there(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.docks.docks["Model"].hide()
    before = shown(project_window)
    project_window.docks.timeline.setFocus()
    QTest.keyClick(project_window.window, Qt.Key.Key_F12)
    assert shown(project_window) == {"Timeline", "Loupe"}
    QTest.keyClick(project_window.window, Qt.Key.Key_F12)
    assert shown(project_window) == before


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_dock_is_taken_out_put_back_and_closed_by_its_title(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    dock = project_window.docks.docks["Classes"]
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    for button in (title.floating, title.closing):
        assert button.toolTip() == button.accessibleName() != ""
    before = title.floating.toolTip()
    qtbot.mouseClick(title.floating, LEFT)
    assert dock.isFloating()
    assert title.floating.toolTip() != before
    # A panel of its own window still leaves its keys to the program.
    project_window.player.seek(30)
    qtbot.waitUntil(lambda: project_window.session.frame == 30, timeout=20_000)
    dock.activateWindow()
    QTest.keyClick(dock, Qt.Key.Key_S)
    assert project_window.document.project.video(
        "one"
    ).annotation.boundaries.tolist() == [30]
    qtbot.mouseClick(title.floating, LEFT)
    assert not dock.isFloating()
    qtbot.mouseClick(title.closing, LEFT)
    assert dock.isHidden()
    project_window.commands.refresh()
    assert not project_window.commands["dock-classes"].isChecked()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_floating_dock_is_put_back(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    dock = project_window.docks.docks["Classes"]
    dock.setFloating(True)
    project_window.commands["layout-label"].trigger()
    assert not dock.isFloating()
    assert shown(project_window) == {"Classes", "Timeline"}


def test_a_window_of_the_first_start_lies_inside_the_screen_with_its_frame(
    qtbot: QtBot, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "settings.ini")
    window = MainWindow(settings)
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    # It is too small for the usual size: the window manager makes it fill the screen.
    assert room.width() < USUAL.width()
    assert window.width() + FRAME.width() <= room.width()
    assert window.height() + FRAME.height() <= room.height()
    window.show_opening("kitchen", None)
    assert window.isMaximized()
    settings.set_layout("geometry", window.saveGeometry())
    again = MainWindow(settings)
    qtbot.addWidget(again)
    again.setWindowState(Qt.WindowState.WindowNoState)
    again.show_opening("kitchen", None)
    assert not again.isMaximized(), "what a person chose stays"


def test_settings_that_somebody_broke_do_no_harm(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("[General]\nown_layouts=[1\nkeys=7\nrecent_commands={}\n")
    settings = Settings(file)
    assert settings.own_layouts == {}
    assert settings.keys == {}
    assert settings.recent_commands == []
    window = QMainWindow()
    qtbot.addWidget(window)
    Layouts(window, {}, settings).restore("not there")
