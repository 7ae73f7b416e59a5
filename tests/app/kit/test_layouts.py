"""Docks stand where a layout wants them, are remembered, and come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QMainWindow
from pytestqt.qtbot import QtBot

from app.kit.layouts import LAYOUTS, Layouts
from app.kit.settings import Settings
from app.views.dock_title import DockTitle
from app.window.command_ui import LAYOUT_MENU
from app.window.main_window import FRAME, USUAL, MainWindow
from app.window.project_window import Desk
from skelseg_core.project.folder import ProjectFolder
from tests.app.whole_window import opened

_Area = Qt.DockWidgetArea
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def desk(qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path) -> Iterator[Desk]:
    with opened(qtbot, project_folder, tmp_path / "settings.ini") as made:
        yield made


def shown(desk: Desk) -> set[str]:
    return {name for name, dock in desk.panels.docks.items() if not dock.isHidden()}


@pytest.mark.parametrize("layout_id", LAYOUTS)
def test_a_layout_shows_what_it_names(qtbot: QtBot, desk: Desk, layout_id: str) -> None:
    desk.actions_table[f"layout-{layout_id}"].trigger()
    assert shown(desk) == set(LAYOUTS[layout_id].shown)
    bottom = desk.window.dockWidgetArea(desk.panels.docks["Timeline"])
    assert bottom == _Area.BottomDockWidgetArea
    assert desk.panels.video.height() > 200


def test_picture_and_timeline_gain_what_the_others_leave(
    qtbot: QtBot, desk: Desk
) -> None:
    before = desk.panels.video.width()
    desk.actions_table["layout-wide"].trigger()
    qtbot.waitUntil(lambda: desk.panels.video.width() >= desk.window.width() - 8)
    assert desk.panels.video.width() > before


def test_the_picture_gives_the_loupe_its_room_and_gets_it_back(
    qtbot: QtBot, desk: Desk
) -> None:
    panels = desk.panels
    desk.window.resize(1200, 900)
    panels.set_loupe(True)
    qtbot.waitUntil(panels.loupe.isVisible)
    qtbot.wait(100)
    lanes, picture = panels.timeline.height(), panels.video.height()
    panels.set_loupe(False)
    qtbot.waitUntil(lambda: panels.video.height() > picture + 60)
    assert panels.timeline.height() == lanes
    panels.set_loupe(True)
    qtbot.waitUntil(lambda: panels.video.height() == picture)
    assert panels.timeline.height() == lanes
    # Lanes that lack room have it first.
    panels.timeline.lanes.toggle("filmstrip")
    bottom = panels.docks["Timeline"]
    desk.window.resizeDocks([bottom], [120], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: panels.timeline.height() < 140)
    needed, lanes = panels.timeline.full_height, panels.timeline.height()
    assert needed > lanes
    loupe, picture = panels.docks["Loupe"].height(), panels.video.height()
    panels.set_loupe(False)
    wanted = min(needed, lanes + loupe)
    qtbot.waitUntil(lambda: panels.timeline.height() == wanted)
    panels.set_loupe(True)
    qtbot.waitUntil(lambda: panels.timeline.height() == lanes)
    assert panels.video.height() == picture


def sizes(desk: Desk) -> list[tuple[int, int]]:
    """Of the picture, the column at its right, loupe and timeline."""
    panels = desk.panels
    docks = [panels.docks[name] for name in ("Classes", "Model", "Loupe", "Timeline")]
    widgets = [panels.video, *docks]
    return [(widget.width(), widget.height()) for widget in widgets]


def test_panels_forms_and_messages_give_back_what_they_take(
    qtbot: QtBot, desk: Desk
) -> None:
    panels, table = desk.panels, desk.actions_table
    desk.window.resize(1440, 850)
    qtbot.wait(100)
    before = sizes(desk)
    for text in ("Done.", "A long story. " * 40):
        panels.messages.warn(text)
        qtbot.waitUntil(panels.messages.isVisible)
        qtbot.wait(20)
        bar, picture = panels.messages, panels.video.parentWidget()
        assert picture is not None
        assert picture.geometry().contains(bar.geometry())
        assert (bar.height() < 60) == (text == "Done.")
        assert sizes(desk) == before
        panels.messages.close_message()
        panels.messages.close_message()
    for name in ("segments", "statistics", "jobs", "history", "curves"):
        table[f"dock-{name}"].trigger()
        dock = panels.more_docks[name]
        qtbot.waitUntil(dock.isVisible)
        qtbot.wait(20)
        # The picture keeps its room; only the timeline is narrower meanwhile.
        assert sizes(desk)[:-1] == before[:-1]
        assert dock.width() + panels.timeline.width() >= before[-1][0] - 12
        table[f"dock-{name}"].trigger()
        qtbot.waitUntil(lambda: sizes(desk) == before)
    panels.model.show_training()
    qtbot.waitUntil(lambda: panels.docks["Model"].height() > before[2][1])
    assert sizes(desk)[0] == before[0]
    panels.model.close_training()
    qtbot.waitUntil(lambda: sizes(desk) == before)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_dock_that_a_layout_names_has_the_right_side(
    qtbot: QtBot, desk: Desk
) -> None:
    docks = desk.panels.docks
    for name in ("Segments", "Jobs"):
        desk.window.addDockWidget(_Area.LeftDockWidgetArea, docks[name])
    desk.actions_table["layout-review"].trigger()
    assert shown(desk) == {"Videos", "Segments", "Timeline", "Loupe"}
    segments = docks["Segments"]
    assert desk.window.dockWidgetArea(segments) == _Area.BottomDockWidgetArea
    qtbot.waitUntil(lambda: abs(segments.width() - 680) < 8)
    timeline = docks["Timeline"]
    assert segments.x() > timeline.x()
    assert segments.y() == timeline.y() > docks["Loupe"].y()
    desk.actions_table["layout-default"].trigger()
    assert segments.isHidden()
    docks["Jobs"].show()
    segments.show()
    assert docks["Jobs"] in desk.window.tabifiedDockWidgets(segments)


def test_ones_own_layout_is_saved_chosen_reset_and_deleted(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    docks, table = desk.panels.docks, desk.actions_table
    assert not table["layout-delete"].isEnabled()
    desk.window.addDockWidget(_Area.LeftDockWidgetArea, docks["Classes"])
    docks["Model"].hide()
    own = shown(desk)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" R & D ", True))
    table["layout-save"].trigger()
    assert desk.shell.layouts.own == ["R & D"]
    table["layout-default"].trigger()
    assert shown(desk) != own
    menu = table.menus[LAYOUT_MENU]
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    (chosen,) = (a for a in menu.actions() if a.text() == "R && D")
    chosen.trigger()
    assert shown(desk) == own
    left = desk.window.dockWidgetArea(docks["Classes"])
    assert left == _Area.LeftDockWidgetArea
    docks["Classes"].hide()
    table["layout-reset"].trigger()
    assert shown(desk) == own
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("R & D", True))
    table.refresh()
    table["layout-delete"].trigger()
    assert desk.shell.layouts.own == []
    table["layout-reset"].trigger()
    assert shown(desk) == set(LAYOUTS["default"].shown)
    # In what an older skelseg saved, a table that is not shown has its place of then.
    right = _Area.RightDockWidgetArea
    for name in ("Segments", "Jobs"):
        desk.window.addDockWidget(right, docks[name])
    docks["Jobs"].show()
    docks["Segments"].hide()
    assert desk.shell.layouts.stand(desk.window.saveState())
    assert desk.window.dockWidgetArea(docks["Jobs"]) == right
    table["dock-segments"].trigger()
    bottom = _Area.BottomDockWidgetArea
    assert desk.window.dockWidgetArea(docks["Segments"]) == bottom
    assert docks["Segments"].isVisible()


def test_docks_are_remembered(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.ini"
    with opened(qtbot, project_folder, settings) as desk:
        desk.actions_table["dock-model"].trigger()
        desk.actions_table["toolbar"].trigger()
        left = shown(desk)
        assert "Model" not in left
    with opened(qtbot, project_folder, settings) as desk:
        qtbot.waitUntil(lambda: shown(desk) == left)
        assert not desk.actions_table["dock-model"].isChecked()
        assert desk.shell.toolbar is not None
        assert desk.shell.toolbar.isHidden()
        # The first key of the session is no text for a search.
        assert QApplication.focusWidget() is desk.panels.timeline


def test_a_key_hides_the_panels_and_brings_back_those_that_were_there(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.panels.docks["Model"].hide()
    before = shown(desk)
    desk.panels.timeline.setFocus()
    QTest.keyClick(desk.window, Qt.Key.Key_F12)
    assert shown(desk) == {"Timeline", "Loupe"}
    QTest.keyClick(desk.window, Qt.Key.Key_F12)
    assert shown(desk) == before


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_dock_is_taken_out_put_back_and_closed_by_its_title(
    qtbot: QtBot, desk: Desk
) -> None:
    dock = desk.panels.docks["Classes"]
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    for button in (title.floating, title.closing):
        assert button.toolTip() == button.accessibleName() != ""
    before = title.floating.toolTip()
    qtbot.mouseClick(title.floating, LEFT)
    assert dock.isFloating()
    assert title.floating.toolTip() != before
    # A panel of its own window still leaves its keys to the program.
    desk.player.seek(30)
    qtbot.waitUntil(lambda: desk.session.frame == 30, timeout=20_000)
    dock.activateWindow()
    QTest.keyClick(dock, Qt.Key.Key_S)
    assert desk.document.project.video("one").annotation.boundaries.tolist() == [30]
    qtbot.mouseClick(title.floating, LEFT)
    assert not dock.isFloating()
    qtbot.mouseClick(title.closing, LEFT)
    assert dock.isHidden()
    desk.actions_table.refresh()
    assert not desk.actions_table["dock-classes"].isChecked()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_floating_dock_is_put_back(qtbot: QtBot, desk: Desk) -> None:
    dock = desk.panels.docks["Classes"]
    dock.setFloating(True)
    desk.actions_table["layout-label"].trigger()
    assert not dock.isFloating()
    assert shown(desk) == {"Classes", "Timeline"}


def test_a_window_of_the_first_start_lies_inside_the_screen_with_its_frame(
    qtbot: QtBot, tmp_path: Path
) -> None:
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    # It is too small for the usual size: the window manager makes it fill the screen.
    assert room.width() < USUAL.width()
    assert window.width() + FRAME.width() <= room.width()
    assert window.height() + FRAME.height() <= room.height()
    window.place()
    assert window.isMaximized()
    window._settings.set_layout("geometry", window.saveGeometry())
    again = MainWindow(window._settings)
    qtbot.addWidget(again)
    again.setWindowState(Qt.WindowState.WindowNoState)
    again.place()
    assert not again.isMaximized(), "what a person chose stays"


def test_settings_that_somebody_broke_do_no_harm(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "settings.ini"
    file.write_text(
        "[General]\nown_layouts=[1\nkeys=7\nrecent_commands={}\ntoolbar=maybe\n"
    )
    settings = Settings(file)
    assert settings.own_layouts == {}
    assert settings.keys == {}
    assert settings.recent_commands == []
    window = QMainWindow()
    qtbot.addWidget(window)
    Layouts(window, {}, settings).restore("not there")
