"""The statistics of classes, by real keys and clicks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.threads import wait_until
from app.views.frame_field import time_text
from app.views.tables.statistics import StatisticsView
from app.views.tables.statistics_model import (
    CLASS,
    COUNT,
    LONGEST,
    MEAN,
    SHARE,
    SHORTEST,
    TOTAL,
)
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import remove_video, set_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import mixed, opened

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    before = project_folder.load()
    other = paint(Segmentation.unlabelled(N_FRAMES), 85, 90, 1)
    project = set_lane(before, "one", ANNOTATION, mixed())
    project = set_lane(project, "two", ANNOTATION, other)
    project_folder.save(project, before)
    with opened(qtbot, project_folder) as project_window:
        QTest.keyClick(project_window.window, Key.Key_F4)
        assert project_window.docks.statistics.table.hasFocus()
        yield project_window


def view(project_window: ProjectWindow) -> StatisticsView:
    """The view, once what it shows has been counted."""
    wait_until(lambda: not project_window.jobs.running, at_most_s=20)
    return project_window.docks.statistics


def texts(project_window: ProjectWindow, column: int) -> list[str]:
    return texts_of(view(project_window), column)


def texts_of(shown: StatisticsView, column: int) -> list[str]:
    model = shown.model
    return [str(model.index(r, column).data()) for r in range(model.rowCount())]


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifier)


def place(project_window: ProjectWindow, row: int, column: int) -> QPoint:
    """Where a cell is, once it shows."""
    table = view(project_window).table
    index = view(project_window).model.index(row, column)
    table.scrollTo(index)
    return table.visualRect(index).center()


def test_this_video_is_counted_by_its_timestamps(project_window: ProjectWindow) -> None:
    assert texts(project_window, CLASS) == [
        "walk", "reach", "open drawer", "carry", "unlabelled",
    ]  # fmt: skip
    assert texts(project_window, COUNT) == ["2", "1", "1", "0", "1"]
    times = project_window.player.info.times.starts_s
    end = times[-1] + 1 / project_window.document.project.track("one").video.mean_rate
    walked = times[20] + end - times[70]
    assert texts(project_window, TOTAL)[0] == time_text(walked)
    assert texts(project_window, SHARE)[0] == f"{100 * walked / end:.1f} %"
    assert texts(project_window, MEAN)[0] == time_text(walked / 2)
    assert texts(project_window, MEAN)[3] == ""
    assert "from the video file" in view(project_window).rule.text()


def test_the_whole_project_is_counted_on_request(project_window: ProjectWindow) -> None:
    view(project_window).scope.setFocus()
    press(Key.Key_Down)
    assert view(project_window).scope.currentText() == "Whole project"
    assert texts(project_window, COUNT) == ["2", "2", "1", "0", "2"]
    assert "in 1 of 2 videos" in view(project_window).rule.text()
    press(Key.Key_Up)
    assert texts(project_window, COUNT) == ["2", "1", "1", "0", "1"]


def test_an_edit_and_another_video_are_counted_anew(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(1, COUNT)
    )
    project_window.document.edit_lane("Label", "one", lambda s: relabel(s, 2, 3))
    assert texts(project_window, COUNT) == ["2", "1", "1", "1"]
    assert view(project_window).table.currentIndex().row() == 1
    project_window.session.set_video("two")
    assert texts(project_window, COUNT) == ["0", "1", "0", "0", "1"]
    rule = view(project_window).rule
    qtbot.waitUntil(lambda: "from the video file" in rule.text())


def test_a_double_click_goes_to_the_shortest_and_the_longest(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    view(project_window).scope.setCurrentIndex(1)
    viewport = view(project_window).table.viewport()

    def double_click(row: int, column: int) -> None:
        where = place(project_window, row, column)
        QTest.mouseClick(viewport, LEFT, NONE, where)
        QTest.mouseDClick(viewport, LEFT, NONE, where)

    double_click(1, LONGEST)
    assert (project_window.session.track_id, project_window.player.target) == (
        "one",
        20,
    )
    assert project_window.session.boundary == 0
    double_click(1, SHORTEST)
    assert project_window.session.track_id == "two"
    qtbot.waitUntil(lambda: project_window.session.frame == 85, timeout=20_000)
    assert project_window.session.boundary == 0
    double_click(2, COUNT)
    assert project_window.session.track_id == "two"


def test_return_goes_there_too(project_window: ProjectWindow) -> None:
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(0, CLASS)
    )
    press(Key.Key_Return)
    assert project_window.player.target == 0
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(2, LONGEST)
    )
    press(Key.Key_Return)
    assert project_window.player.target == 60
    assert project_window.document.undo_stack.count() == 0, (
        "Return reviews nothing here"
    )
    view(project_window).table.setCurrentIndex(
        view(project_window).model.index(3, LONGEST)
    )
    press(Key.Key_Return)
    assert project_window.player.target == 60, "there is no such segment"


def test_rows_sort_and_are_copied(project_window: ProjectWindow) -> None:
    table = view(project_window).table
    assert table.horizontalHeader().sortIndicatorSection() == -1
    table.sortByColumn(COUNT, Qt.SortOrder.DescendingOrder)
    assert texts(project_window, COUNT) == ["2", "1", "1", "1", "0"]
    table.sortByColumn(CLASS, Qt.SortOrder.AscendingOrder)
    assert texts(project_window, CLASS)[:2] == ["carry", "open drawer"]
    project_window.document.edit_lane("Label", "one", lambda s: relabel(s, 2, 3))
    assert texts(project_window, CLASS) == ["carry", "open drawer", "reach", "walk"]
    table.setFocus()
    press(Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "class",
        *texts(project_window, CLASS),
    ]
    table.selectRow(3)
    table.setFocus()
    press(Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("walk\t2\t")


def test_nothing_labelled_says_what_to_do(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    project_window.document.apply(
        "Nothing",
        lambda p: set_lane(p, "one", ANNOTATION, Segmentation.unlabelled(N_FRAMES)),
    )
    shown = view(project_window)
    assert not shown.table.isVisible()
    assert "will appear here" in shown.empty.text.text()
    # There is no model: none is promised.
    assert shown.empty.button.isHidden()
    for video in ("one", "two"):
        project_window.session.set_video(video)
        project_window.services.files.video_files.remove()
    assert view(project_window).empty.button.text() == "Add videos…"
    shown.add_requested.disconnect()
    with qtbot.waitSignal(shown.add_requested):
        QTest.mouseClick(shown.empty.button, LEFT)


def test_hidden_it_counts_nothing(project_window: ProjectWindow) -> None:
    QTest.keyClick(project_window.window, Key.Key_F4)
    assert not view(project_window).isVisible()
    project_window.document.edit_lane("Label", "one", lambda s: relabel(s, 2, 3))
    assert texts(project_window, COUNT)[-1] == "1"
    QTest.keyClick(project_window.window, Key.Key_F4)
    assert texts(project_window, COUNT) == ["2", "1", "1", "1"]


def test_figures_of_a_moment_ago_lead_nowhere(project_window: ProjectWindow) -> None:
    view(project_window).scope.setCurrentIndex(1)
    shown = view(project_window)
    shown.table.setCurrentIndex(shown.model.index(0, LONGEST))
    project_window.player.seek(7)
    project_window.document.edit_lane(
        "Clear", "one", lambda _: Segmentation.unlabelled(N_FRAMES)
    )
    press(Key.Key_Return)
    project_window.document.apply("Remove", lambda p: remove_video(p, "two"))
    for row in range(shown.model.rowCount()):
        shown.table.setCurrentIndex(shown.model.index(row, LONGEST))
        press(Key.Key_Return)
    assert (project_window.session.track_id, project_window.player.target) == ("one", 7)


def test_only_the_last_of_many_edits_is_shown(project_window: ProjectWindow) -> None:
    shown, told = view(project_window), []
    for signal in (shown.model.dataChanged, shown.model.modelReset):
        signal.connect(lambda *_: told.append(texts_of(shown, LONGEST)))
    for stop in range(5, 30, 5):
        project_window.document.edit_lane(
            "Clear", "one", lambda s, n=stop: paint(s, 0, n, 3)
        )
    assert not told, "counting happens beside the window"
    last = texts(project_window, LONGEST)
    assert told
    assert all(figures == last for figures in told)


def test_no_key_presses_the_button_where_nothing_is_labelled(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    # The table that had the keyboard goes when the counting has ended.
    with opened(qtbot, project_folder) as project_window:
        view = project_window.docks.statistics
        QTest.keyClick(project_window.window, Key.Key_F4)
        qtbot.waitUntil(lambda: view.empty.isVisible(), timeout=20_000)
        assert view.hasFocus()
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Space)
        assert project_window.player.playing
