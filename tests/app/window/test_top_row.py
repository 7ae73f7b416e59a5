"""One row at the top has what every page has; the menus open from it by any way."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.window.project_window import ProjectWindow
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened, trigger
from tests.settled import settle

LEFT, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier
NONE, Key = Qt.KeyboardModifier.NoModifier, Qt.Key


def place_of(widget: QWidget) -> QRect:
    """Return where a widget is in its window."""
    return QRect(widget.mapTo(widget.window(), QPoint()), widget.size())


def alt(window: QWidget, between: Qt.Key | None = None) -> None:
    """Press and release Alt, with another key between, or none."""
    handle = window.windowHandle()
    QTest.keyPress(handle, Key.Key_Alt, ALT)
    if between is not None:
        QTest.keyClick(handle, between, ALT)
    QTest.keyRelease(handle, Key.Key_Alt, NONE)


def waiting(go: threading.Event) -> Task[int]:
    while not go.wait(0.01):
        yield Progress("estimating", 63, 100)
    return 0


def test_the_menus_open_by_the_button_by_alt_and_by_f10(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    window, top = project_window.window, project_window.docks.top
    bar, menu = window.menuBar(), top.menu
    assert not bar.isVisible()
    ways = {
        "button": lambda: qtbot.mouseClick(top.menu_button, LEFT),
        "Alt": lambda: alt(window),
        "F10": lambda: QTest.keyClick(project_window.docks.timeline, Key.Key_F10),
        "Alt and a letter": lambda: alt(window, Key.Key_V),
    }
    for way, opens in ways.items():
        opens()
        assert menu.isVisible(), way
        assert [a.text() for a in menu.actions()] == [a.text() for a in bar.actions()]
        chosen = menu.activeAction()
        while popup := QApplication.activePopupWidget():
            popup.close()
        window.activateWindow()
        settle()
    assert chosen is not None
    assert chosen.text() == "&View"


def test_alt_that_is_held_for_something_else_opens_no_menu(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    window, menu = project_window.window, project_window.docks.top.menu
    handle = window.windowHandle()
    alt(window, Key.Key_Left)
    assert not menu.isVisible()
    QTest.keyPress(handle, Key.Key_Alt, ALT)
    QTest.mouseClick(handle, LEFT, ALT, QPoint(300, 300))
    QTest.keyRelease(handle, Key.Key_Alt, NONE)
    settle()
    assert not menu.isVisible(), "a boundary was dragged without snapping"


def test_a_menu_bar_is_shown_for_good_where_one_wants_it(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    for shown in (True, False):
        with opened(qtbot, project_folder) as project_window:
            bar, top = project_window.window.menuBar(), project_window.docks.top
            assert bar.isVisible() is not shown
            trigger(project_window, "menu-bar")
            settle()
            assert bar.isVisible() is shown
            assert top.menu_button.isVisible() is not shown
            assert project_window.commands["menu-bar"].isChecked() is shown
            if shown:
                assert top.y() == bar.height()
                alt(project_window.window)
                assert not top.menu.isVisible()


def test_keys_hold_while_the_menus_are_hidden(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    QTest.keyClick(project_window.docks.timeline, Key.Key_Q)
    assert not project_window.docks.has_loupe


@pytest.mark.parametrize("size", [(800, 480), (1366, 750)])
def test_nothing_in_the_row_is_cut_or_lies_over_another(
    qtbot: QtBot, project_window: ProjectWindow, size: tuple[int, int]
) -> None:
    docks, window = project_window.docks, project_window.window
    go = threading.Event()
    project_window.jobs.start("Poses of a video with a long name", waiting(go))
    window.resize(*size)
    qtbot.waitUntil(docks.jobs.cancel.isVisible)
    try:
        for page in ("train", "export", "review", "label"):
            qtbot.mouseClick(docks.page_bar.buttons[page], LEFT)
            qtbot.wait(50)  # a job is under way
            assert (window.width(), window.height()) == size
            assert docks.top.height() == 36
            buttons = [
                *docks.top.findChildren(QAbstractButton),
                *docks.top.findChildren(type(docks.jobs.text)),
            ]
            shown = [b for b in buttons if b.isVisible()]
            assert docks.next_step in shown
            places = [place_of(b) for b in shown]
            for n, place in enumerate(places):
                assert place_of(docks.top).contains(place)
                assert not any(place.intersects(other) for other in places[:n])
            for button in docks.page_bar.buttons.values():
                assert button.width() >= button.sizeHint().width()
    finally:
        go.set()
        qtbot.waitUntil(lambda: not project_window.jobs.running)


def test_a_message_lies_over_no_step_and_no_button_of_its_page(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, window = project_window.docks, project_window.window
    for size in ((800, 480), (1366, 750)):
        window.resize(*size)
        for page, buttons in (
            ("train", [docks.model.training.start]),
            ("label", [docks.transport.buttons["play"]]),
            ("export", [docks.export.ok] if docks.export.isVisible() else []),
            ("review", []),
        ):
            docks.messages.notices.warn("The disk is full. Make room, then try again.")
            qtbot.mouseClick(docks.page_bar.buttons[page], LEFT)
            settle()
            bar = docks.messages
            assert bar.isVisible()
            assert place_of(window).size() == window.size()
            assert not place_of(bar).intersects(place_of(docks.top))
            assert window.rect().contains(place_of(bar))
            for button in buttons:
                assert not place_of(bar).intersects(place_of(button))
            docks.messages.notices.close_all()


def test_the_picture_has_a_quarter_of_a_small_screen(
    qapp: QApplication, project_window: ProjectWindow
) -> None:
    """And twelve classes are in sight, in a window of what a desktop leaves of it."""
    theme.apply(qapp, "dark")
    docks, window = project_window.docks, project_window.window
    for n in range(12):
        project_window.services.labelling.class_editor.add(f"class {n}")
    window.resize(1366, 744)
    settle()
    film = QSize(16, 9).scaled(docks.video.size(), Qt.AspectRatioMode.KeepAspectRatio)
    # A font that is not the one of the program may take some of it.
    assert film.width() * film.height() > 0.255 * 1366 * 768
    rows = docks.classes.list
    assert rows.viewport().height() >= 12 * rows.sizeHintForRow(0)


def test_the_label_page_is_whole_at_200_percent_of_a_small_screen(
    qapp: QApplication, project_window: ProjectWindow
) -> None:
    """A screen of 1366x768 has 683x384 then, some of them for the desktop."""
    theme.apply(qapp, "dark")
    docks, window = project_window.docks, project_window.window
    docks.pages.set_several(True)
    window.resize(683, 360)
    settle()
    assert window.minimumSizeHint().height() <= 360
    assert docks.timeline.isVisible()
