from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.start.tour import TourView, place_beside
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import edit_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    project = project_folder.load()
    half = edit_lane(project, "two", lambda s: paint(s, 0, 40, 0))
    whole = edit_lane(half, "two", lambda s: paint(s, 40, N_FRAMES, 1))
    project_folder.save(whole, project)
    with opened(qtbot, project_folder, size=(1366, 768)) as made:
        yield made


def tour_of(project_window: ProjectWindow) -> TourView:
    project_window.commands["guided-tour"].trigger()
    assert project_window.help_and_tour.tour is not None
    return project_window.help_and_tour.tour


def test_five_steps_by_the_keyboard_and_it_is_remembered(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    seen = []
    for n in range(1, 6):
        assert tour.isVisible()
        assert tour.count.text() == f"Step {n} of 5"
        assert project_window.window.focusWidget() is tour
        assert "{key:" not in tour.text.text()
        inside = QRect(QPoint(), project_window.window.size())
        assert inside.contains(tour.geometry())
        seen.append(tour.title.text())
        assert not project_window.settings.tour_seen
        QTest.keyClick(tour, Qt.Key.Key_Return)
    assert len(set(seen)) == 5
    assert not tour.isVisible()
    assert project_window.settings.tour_seen
    assert project_window.window.focusWidget() is project_window.docks.timeline
    assert project_window.document.undo_stack.count() == 0, (
        "Return accepted nothing meanwhile"
    )


def test_escape_skips_and_the_menu_starts_it_again(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    QTest.keyClick(tour, Qt.Key.Key_Return)
    QTest.keyClick(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()
    assert project_window.settings.tour_seen
    assert tour_of(project_window).count.text() == "Step 1 of 5"


def test_it_works_by_the_mouse_and_goes_back(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    left = Qt.MouseButton.LeftButton
    assert not tour.back.isEnabled()
    QTest.mouseClick(tour.next, left)
    QTest.mouseClick(tour.next, left)
    assert tour.count.text() == "Step 3 of 5"
    QTest.mouseClick(tour.back, left)
    assert tour.count.text() == "Step 2 of 5"
    QTest.mouseClick(tour.skip, left)
    assert not tour.isVisible()


def test_the_keys_it_tells_of_work_meanwhile(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    QTest.keyClick(tour, Qt.Key.Key_Space)
    assert project_window.player.playing
    QTest.keyClick(tour, Qt.Key.Key_Space)
    assert not project_window.player.playing
    assert tour.isVisible()


def test_tab_goes_through_its_buttons(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    QTest.keyClick(tour, Qt.Key.Key_Tab)
    assert project_window.window.focusWidget() is tour.skip
    assert project_window.docks.videos.isVisible(), "Tab did not hide the panels"
    QTest.keyClick(tour.skip, Qt.Key.Key_Return)
    assert not tour.isVisible()


def test_boundaries_are_shown_where_there_are_some(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    assert project_window.session.video_id == "one"
    tour.go_to(2)
    assert project_window.session.video_id == "two"
    tour.go_to(4)
    assert project_window.session.video_id == "one"
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=30_000)


def test_it_comes_by_itself_only_on_the_demo(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window.help_and_tour.start_on_demo()
    assert project_window.help_and_tour.tour is None
    root = project_window.document.folder.root
    monkeypatch.setattr("app.window.help_and_tour.demo_folder", lambda: root)
    project_window.settings.tour_seen = True
    project_window.help_and_tour.start_on_demo()
    assert project_window.help_and_tour.tour is None
    project_window.settings.tour_seen = False
    project_window.help_and_tour.start_on_demo()
    assert project_window.help_and_tour.tour is not None


def test_a_bubble_lies_beside_its_part_and_inside_the_window() -> None:
    room, size = QRect(0, 0, 1366, 768), QSize(340, 200)
    for around in (
        QRect(0, 0, 230, 400),
        QRect(1100, 0, 266, 300),
        QRect(0, 500, 1366, 240),
        QRect(230, 0, 870, 480),
    ):
        box = QRect(place_beside(around, size, room), size)
        assert room.contains(box)
        assert not box.intersects(around)
    # Nothing is free beside the whole window.
    box = QRect(place_beside(room, size, room), size)
    assert room.contains(box)


def test_the_tour_tells_the_keys_that_hold_now(project_window: ProjectWindow) -> None:
    tour, table = tour_of(project_window), project_window.commands
    assert "Ctrl+Alt+7" not in tour.text.text()
    table.set_keymap(table.keymap.with_keys("play", ("Ctrl+Alt+7",)))
    assert "Ctrl+Alt+7" in tour.text.text()
    tour.end()
    table.set_keymap(table.keymap.with_keys("play", ("Ctrl+Alt+8",)))
    assert "Ctrl+Alt+8" in tour_of(project_window).text.text()


def test_the_wall_ends_it_and_has_the_keys(project_window: ProjectWindow) -> None:
    tour = tour_of(project_window)
    project_window.session.set_video("two")
    project_window.commands["wall"].trigger()
    wall = project_window.docks.wall
    assert wall.isVisible()
    assert not tour.isVisible()
    assert project_window.window.focusWidget() in (wall, wall.strips)
    wall.leave()
