"""The check of the open project: what it lists, where it leads, what a fix does."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.services.jobs import Job
from app.services.task_runner import Then
from app.views.dialogs.checkup import CheckupDialog
from app.window.project_window import ProjectWindow
from skelseg_core.progress import Task
from skelseg_core.project.copies.stray_files import SET_ASIDE
from tests.app.windows import trigger


def opened_dialog(project_window: ProjectWindow) -> CheckupDialog:
    trigger(project_window, "checkup")
    (dialog,) = project_window.window.findChildren(CheckupDialog)
    return dialog


def texts(dialog: CheckupDialog) -> list[str]:
    return [dialog.list.item(row).text() for row in range(dialog.list.count())]


def test_it_lists_what_is_wrong_and_leads_to_the_video(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    folder, session = project_window.document.folder, project_window.session
    session.set_video("one")
    video = project_window.document.project.track("two")
    folder.video_path(video.video, ()).unlink()
    dialog = opened_dialog(project_window)
    qtbot.waitUntil(lambda: not dialog.job.running)
    (row,) = (n for n, text in enumerate(texts(dialog)) if "video of two" in text)
    dialog.list.itemActivated.emit(dialog.list.item(row))
    assert session.track_id == "two"
    dialog.reject()


def test_a_fix_of_files_moves_them_aside_and_the_finding_goes(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    root = project_window.document.folder.root
    stray = root / "labels" / "stray.json"
    stray.write_text("{}")
    dialog = opened_dialog(project_window)
    qtbot.waitUntil(dialog.fix.isEnabled)
    assert any("stray.json" in text for text in texts(dialog))
    dialog.fix.click()
    qtbot.waitUntil(lambda: dialog.summary.text().startswith("Move stray.json"))
    assert not any("stray.json" in text for text in texts(dialog))
    assert not stray.exists()
    assert (root / SET_ASIDE / "labels" / "stray.json").read_text() == "{}"
    assert not dialog.fix.isEnabled()
    dialog.reject()


def test_a_check_that_runs_is_stopped_by_closing(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    dialog = opened_dialog(project_window)
    job = dialog.job
    dialog.reject()
    qtbot.waitUntil(lambda: not job.running)


def test_a_check_that_ends_while_its_dialog_closes_is_told_to_nobody(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Then] = []
    tasks = project_window.services.tasks
    run = tasks.run

    def keep(title: str, task: Task[Any], then: Then) -> Job:
        told.append(then)
        return run(title, task)

    monkeypatch.setattr(tasks, "run", keep)
    dialog = opened_dialog(project_window)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
    told[0]([])
