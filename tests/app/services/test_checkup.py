"""The check of the open project: what it lists, where it leads, what a fix does."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.views.dialogs.checkup import CheckupDialog
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.copies.stray_files import SET_ASIDE
from tests.app.windows import trigger


def opened_dialog(qtbot: QtBot, project_window: ProjectWindow) -> CheckupDialog:
    """The dialog, its check ended."""
    trigger(project_window, "checkup")
    checkup = project_window.services.checkup
    qtbot.waitUntil(lambda: checkup.is_done and checkup.job is None, timeout=20_000)
    (dialog,) = project_window.window.findChildren(CheckupDialog)
    return dialog


def select(dialog: CheckupDialog, check: str) -> None:
    """Select the first finding of a check."""
    for row in range(dialog.table.rowCount()):
        dialog.table.selectRow(row)
        if dialog.selected is not None and dialog.selected.check == check:
            return
    raise AssertionError(check)


def test_it_lists_what_is_in_the_window_and_leads_there(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document, session = project_window.document, project_window.session
    a, b = document.project.label_map.ids[:2]

    def edit(lane: Segmentation) -> Segmentation:
        return paint(paint(lane, 0, 40, a), 20, 22, b)

    assert document.edit_lane("Label", session.video_id, edit)
    dialog = opened_dialog(qtbot, project_window)
    select(dialog, "flicker")
    assert dialog.go.isEnabled()
    assert not dialog.fix.isEnabled()
    dialog.go.click()
    qtbot.waitUntil(lambda: session.frame == 20)
    dialog.reject()


def test_a_fix_of_files_moves_them_aside_and_the_finding_goes(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    root = project_window.document.folder.root
    stray = root / "labels" / "stray.json"
    stray.write_text("{}")
    dialog = opened_dialog(qtbot, project_window)
    select(dialog, "orphan")
    assert "stray.json" in dialog.fix.text()
    n = dialog.table.rowCount()
    dialog.fix.click()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == n - 1)
    assert not stray.exists()
    assert (root / SET_ASIDE / "labels" / "stray.json").read_text() == "{}"
    assert dialog.told.text().endswith("done.")
    dialog.reject()


def test_a_check_that_runs_is_stopped_by_closing(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    trigger(project_window, "checkup")
    (dialog,) = project_window.window.findChildren(CheckupDialog)
    dialog.reject()
    qtbot.waitUntil(lambda: project_window.services.checkup.job is None)
