"""The log of effort in the window: what counts, where it is shown, how it goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit.threads import wait_until
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.review.effort_log import EffortLog, Work
from skelseg_core.tasks import problem_report
from tests.app.windows import opened


def edited(project_window: ProjectWindow, stop: int) -> None:
    document, video = project_window.document, project_window.session.video_id
    assert document.edit_lane("Paint", video, lambda s: paint(s, 0, stop, 1))


def work(project_window: ProjectWindow) -> Work:
    log = project_window.services.effort.log
    return log.of(project_window.session.video_id)


def test_edits_and_undo_steps_count_and_are_shown(
    project_window: ProjectWindow,
) -> None:
    edited(project_window, 20)
    project_window.document.undo_stack.undo()
    edited(project_window, 30)
    assert work(project_window).events == 3
    QTest.keyClick(project_window.window, Qt.Key.Key_F4)
    view = project_window.docks.statistics
    wait_until(lambda: bool(view.effort.text()), at_most_s=20)
    assert "3 edits, 3.0 a segment" in view.effort.text()
    assert "of work for" in view.effort.text()


def test_places_count_once_while_one_is_there(project_window: ProjectWindow) -> None:
    edited(project_window, 20)
    edited(project_window, 30)
    before = work(project_window).places
    boundary = project_window.services.segment_editor.boundary
    boundary.go_to(0)
    boundary.go_to(0)
    assert work(project_window).places == before + 1


def test_switched_off_nothing_counts(project_window: ProjectWindow) -> None:
    effort = project_window.services.effort
    effort.toggle()
    edited(project_window, 20)
    assert work(project_window) == Work()
    effort.toggle()
    edited(project_window, 30)
    assert work(project_window).events == 1


def test_it_is_kept_outside_of_the_project_until_it_is_deleted(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as project_window:
        edited(project_window, 20)
        video, path = project_window.session.video_id, _path(project_window)
    assert EffortLog(path).of(video).events == 1
    assert not path.is_relative_to(project_folder.root)
    assert "effort" not in Path(problem_report.__file__).read_text()
    with opened(qtbot, project_folder) as project_window:
        assert work(project_window).events == 1
        project_window.services.effort.delete()
        assert not path.exists()
        assert work(project_window) == Work()
    assert not path.exists()


def _path(project_window: ProjectWindow) -> Path:
    return project_window.services.effort.log.path
