from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.start.tour import TourView
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane
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


def test_six_steps_by_the_keyboard_and_it_is_remembered(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    seen, places = [], set()
    for n in range(1, 7):
        assert tour.isVisible()
        assert tour.count.text() == f"Step {n} of 6"
        assert project_window.window.focusWidget() is tour
        assert "{key:" not in tour.text.text()
        inside = QRect(QPoint(), project_window.window.size())
        assert inside.contains(tour.geometry())
        seen.append(tour.title.text())
        tour.layout().activate()  # type: ignore[union-attr]
        places.add(tour.mapToParent(tour.next.geometry().bottomRight()).toTuple())
        assert not project_window.settings.tour_seen
        QTest.keyClick(tour, Qt.Key.Key_Return)
    assert len(set(seen)) == 6
    assert len(places) == 1, "the button stays under the pointer"
    assert not tour.isVisible()
    assert project_window.settings.tour_seen
    assert project_window.window.focusWidget() is project_window.docks.timeline
    assert project_window.document.undo_stack.count() == 0, (
        "Return copied nothing meanwhile"
    )


def test_each_step_waits_for_its_act(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour, document = tour_of(project_window), project_window.document

    def paint_in(video: str, stop: int) -> None:
        document.edit_lane("Paint", video, lambda s: paint(s, 0, stop, 2))

    qtbot.waitUntil(lambda: project_window.player.info is not None, timeout=20_000)

    def comes_to(step: int) -> None:
        QApplication.processEvents()
        qtbot.waitUntil(lambda: tour.step == step, timeout=20_000)

    QTest.keyClick(tour, Qt.Key.Key_Space)
    comes_to(0)
    QTest.keyClick(tour, Qt.Key.Key_Space)
    comes_to(1)
    assert project_window.session.track_id == "two"
    paint_in("one", 5)
    comes_to(1)  # it speaks of the other video
    paint_in("two", 5)
    comes_to(2)
    paint_in("one", 9)
    comes_to(3)
    # Asked for before the pre-label is there it copies nothing, and the card stays.
    QTest.keyClick(tour, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert tour.isVisible()
    assert tour.step == 3


def test_escape_skips_and_the_menu_starts_it_again(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    QTest.keyClick(tour, Qt.Key.Key_Return)
    QTest.keyClick(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()
    assert project_window.settings.tour_seen
    assert tour_of(project_window).count.text() == "Step 1 of 6"


def test_it_works_by_the_mouse_and_goes_back(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    tour = tour_of(project_window)
    left = Qt.MouseButton.LeftButton
    assert not tour.back.isEnabled()
    QTest.mouseClick(tour.next, left)
    QTest.mouseClick(tour.next, left)
    assert tour.count.text() == "Step 3 of 6"
    QTest.mouseClick(tour.back, left)
    assert tour.count.text() == "Step 2 of 6"
    QTest.mouseClick(tour.skip, left)
    assert not tour.isVisible()


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
    assert project_window.session.track_id == "one"
    tour.go_to(1)
    assert project_window.session.track_id == "two"
    tour.go_to(3)
    assert project_window.session.track_id == "one"
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
