"""Four pages show what their work needs; panels keep their places and give back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.window.main_window import FRAME, USUAL, MainWindow
from app.window.pages import LEFT as PANELS
from app.window.pages import WITH_FILM
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened, trigger
from tests.settled import settle

LEFT = Qt.MouseButton.LeftButton
CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def shown(project_window: ProjectWindow) -> set[str]:
    return {
        name for name, dock in project_window.docks.docks.items() if not dock.isHidden()
    }


def press(qtbot: QtBot, project_window: ProjectWindow, page: str) -> None:
    """Click the button of a page."""
    qtbot.mouseClick(project_window.docks.page_bar.buttons[page], LEFT)
    settle()


def page(project_window: ProjectWindow) -> str:
    """The page that is shown, which one button alone says."""
    buttons = project_window.docks.page_bar.buttons
    (found,) = (name for name, button in buttons.items() if button.isChecked())
    assert found == project_window.docks.pages.page
    return found


def places(project_window: ProjectWindow) -> list[tuple[int, ...]]:
    docks = project_window.docks
    parts = (docks.docks["Classes"], docks.loupe, docks.timeline, docks.transport)
    boxes = [part.geometry() for part in parts]
    return [(box.width(), box.height()) for box in boxes[:3]] + [
        (boxes[3].y(), boxes[3].height())
    ]


def test_pages_with_the_film_have_a_panel_each_and_the_others_the_whole_window(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, window = project_window.docks, project_window.window
    assert page(project_window) == "label"
    before = places(project_window)
    whole = {"train": docks.model, "export": docks.export}
    for name in ("review", "train", "label", "export", "review", "label"):
        press(qtbot, project_window, name)
        assert page(project_window) == name
        if name in whole:
            assert shown(project_window) == set()
            assert not docks.video.isVisible()
            assert whole[name].width() == window.width()
        else:
            assert shown(project_window) == {PANELS[name], *WITH_FILM}
            assert places(project_window) == before
        assert [n for n, v in whole.items() if v.isVisible()] == [
            n for n in whole if n == name
        ]


def test_keys_that_need_the_film_do_nothing_where_it_is_not_seen(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    """A digit that was pressed on the page Export would label what nobody sees."""
    docks, document = project_window.docks, project_window.document
    notices = project_window.services.notices
    before = document.project
    project_window.player.play()
    press(qtbot, project_window, "export")
    assert not project_window.player.playing, "nothing plays unseen"
    docks.page_bar.buttons["export"].setFocus()
    for key in (Qt.Key.Key_1, Qt.Key.Key_I, Qt.Key.Key_S, Qt.Key.Key_L):
        notices.close_all()
        QTest.keyClick(docks.page_bar.buttons["export"], key)
        assert document.project is before
        assert not project_window.player.playing
        said = [notice.text for notice in notices.all]
        assert said == ["Nothing was changed: the video is on the page Label (F5)."]
    assert page(project_window) == "export"


def test_who_goes_to_a_place_sees_the_film(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    for leads in (
        lambda: project_window.session.set_video("two"),
        lambda: project_window.player.seek(7),
        lambda: trigger(project_window, "loupe"),
        lambda: trigger(project_window, "dock-videos"),
        lambda: trigger(project_window, "docks"),
    ):
        press(qtbot, project_window, "train")
        leads()
        settle()
        assert page(project_window) == "label"
        assert shown(project_window) == {"Videos", *WITH_FILM}


def test_a_page_is_the_same_as_its_command(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    for key, held, name in (
        (Qt.Key.Key_T, CTRL, "train"),
        (Qt.Key.Key_R, CTRL, "review"),
        (Qt.Key.Key_E, CTRL, "export"),
        (Qt.Key.Key_F5, NONE, "label"),
    ):
        QTest.keyClick(project_window.window, key, held)
        assert page(project_window) == name
        assert project_window.services.review.review_room.on == (name == "review")


def test_leaving_the_room_goes_back_to_the_page_before(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    room = project_window.services.review.review_room
    for name in ("label", "train"):
        press(qtbot, project_window, name)
        press(qtbot, project_window, "review")
        assert room.on
        QTest.keyClick(project_window.docks.review, Qt.Key.Key_Escape)
        assert not room.on
        assert page(project_window) == name
    press(qtbot, project_window, "review")
    press(qtbot, project_window, "label")
    assert not room.on


def test_one_video_needs_no_list(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    trigger(project_window, "remove")
    assert len(project_window.document.project.tracks) == 1
    assert "Videos" not in shown(project_window)
    trigger(project_window, "undo")
    assert "Videos" in shown(project_window)


def test_videos_are_pictures_where_the_picture_needs_their_room(
    project_window: ProjectWindow,
) -> None:
    docks, window = project_window.docks, project_window.window
    docks.pages.set_several(True)
    for size, folded in (((1280, 990), True), ((1400, 800), False)):
        window.resize(*size)
        settle()
        assert docks.videos.list.folded == folded
        assert docks.videos.add_button.isHidden() == folded
        assert (docks.docks["Videos"].width() < 0.14 * size[0]) == folded
        docks.videos.grab()


@pytest.mark.parametrize("size", [(1366, 720), (1440, 850), (2560, 1390)])
def test_eight_classes_and_the_start_of_a_training_are_in_sight(
    qtbot: QtBot, project_window: ProjectWindow, size: tuple[int, int]
) -> None:
    docks = project_window.docks
    for n in range(20):
        project_window.services.labelling.class_editor.add(f"class {n}")
    project_window.window.resize(*size)
    settle()
    rows = docks.classes.list
    assert rows.viewport().height() >= 8 * rows.sizeHintForRow(0)
    assert docks.video.height() > 0.33 * size[1]
    trigger(project_window, "train")
    settle()
    start = docks.model.training.start
    assert start.visibleRegion().boundingRect() == start.rect()


def test_a_small_window_has_one_column_of_tabs(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    # 1920 x 1080 at 200 %, with bars of the desktop.
    docks, window = project_window.docks, project_window.window
    window.resize(800, 480)
    for name in ("train", "export"):
        press(qtbot, project_window, name)
        assert (window.width(), window.height()) == (800, 480), "nothing is cut"
    for name, front in (("label", "Classes"), ("review", "Review")):
        press(qtbot, project_window, name)
        assert (window.width(), window.height()) == (800, 480), "nothing is cut"
        left = docks.docks[front]
        assert window.rect().contains(left.geometry()), "it lies in front"
        tabs = {d.objectName() for d in window.tabifiedDockWidgets(left)} | {front}
        assert {"Classes", PANELS[name]} <= tabs
        assert docks.video.height() >= 90
    window.resize(1400, 900)
    settle()
    assert docks.docks["Classes"].x() > docks.video.width()


def test_panels_keep_their_share_of_the_window(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    docks, window = project_window.docks, project_window.window
    window.resize(1400, 900)
    settle()
    timeline = docks.docks["Timeline"]
    edge = QPoint(window.width() // 2, timeline.y() - 2)
    QTest.mousePress(window, LEFT, NONE, edge)
    QTest.mouseMove(window, edge - QPoint(0, 60))
    settle()
    QTest.mouseRelease(window, LEFT, NONE, edge - QPoint(0, 60))
    settle()
    share = timeline.height() / window.height()
    assert share > 0.26
    window.resize(1400, 1100)
    settle()
    assert abs(timeline.height() / window.height() - share) < 0.02
    trigger(project_window, "page-reset")
    settle()
    assert timeline.height() / window.height() < share - 0.03


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


def place_of(widget: QWidget) -> QRect:
    """Return where a widget is in its window."""
    return QRect(widget.mapTo(widget.window(), QPoint()), widget.size())


def sizes(project_window: ProjectWindow) -> list[tuple[int, int]]:
    """Of the picture, the column at its right, loupe and timeline."""
    docks = project_window.docks
    four = [docks.docks[name] for name in ("Classes", "Loupe", "Timeline")]
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
        bar, film = place_of(docks.messages), place_of(docks.video)
        # It lies over the foot of the film, and never over the buttons of the pages.
        assert film.bottom() - 12 < bar.bottom() <= film.bottom()
        assert film.left() <= bar.left() <= bar.right() <= film.right()
        assert bar.top() >= docks.top.bottom
        assert (bar.height() < 60) == (text == "Done.")
        assert sizes(project_window) == before
        docks.messages.close_message()
        docks.messages.close_message()
    for name, title in (("statistics", "Class statistics"), ("jobs", "Jobs")):
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


def test_a_closed_panel_stays_closed(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as project_window:
        trigger(project_window, "dock-classes")
        press(qtbot, project_window, "review")
        assert shown(project_window) == {"Review", "Loupe", "Timeline"}
    with opened(qtbot, project_folder) as project_window:
        qtbot.waitUntil(
            lambda: shown(project_window) == {"Videos", "Loupe", "Timeline"}
        )
        assert not project_window.commands["dock-classes"].isChecked()
        # The first key of the session is no text for a search.
        assert QApplication.focusWidget() is project_window.docks.timeline
        trigger(project_window, "page-reset")
        assert shown(project_window) == {"Videos", *WITH_FILM}


def test_a_key_hides_the_panels_and_brings_back_those_that_were_there(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.docks.docks["Videos"].hide()
    before = shown(project_window)
    project_window.docks.timeline.setFocus()
    QTest.keyClick(project_window.window, Qt.Key.Key_F12)
    assert shown(project_window) == {"Timeline", "Loupe"}
    QTest.keyClick(project_window.window, Qt.Key.Key_F12)
    assert shown(project_window) == before
    QTest.keyClick(project_window.window, Qt.Key.Key_F12)
    press(qtbot, project_window, "review")
    assert shown(project_window) == {"Review", *WITH_FILM}
    press(qtbot, project_window, "label")
    assert {"Videos", *shown(project_window)} == {"Videos", *WITH_FILM}
    assert "Classes" not in project_window.settings.closed


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


def test_settings_that_somebody_broke_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text(
        "[General]\nkeys=7\nrecent_commands={}\n[panels]\nclosed=7\nshares=[1\n"
    )
    settings = Settings(file)
    assert settings.closed == ()
    assert settings.shares == {}
    assert settings.keys == {}
    assert settings.recent_commands == []
