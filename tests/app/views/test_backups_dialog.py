"""The dialog of the backups: what it lists, offers, and restores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from app.views.dialogs.backups import BackupsDialog, show_backups
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import add_class, delete_class
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.project_edits import set_notes
from tests.app.windows import trigger


@pytest.fixture
def dialog(qtbot: QtBot, project_window: ProjectWindow) -> Iterator[BackupsDialog]:
    """The dialog after an edit of one video and one of classes."""
    document = project_window.document
    document.apply("Add class", lambda p: add_class(p, "drill"))
    document.saver.finish()
    document.edit_lane("Paint", "one", lambda s: paint(s, 10, 40, 1))
    document.saver.finish()
    document.apply("Delete class", lambda p: delete_class(p, 3, None))
    document.apply("Notes", lambda p: set_notes(p, "two", "seen"))
    document.saver.finish()
    trigger(project_window, "backups")
    (made,) = project_window.window.findChildren(BackupsDialog)
    qtbot.waitUntil(lambda: made.backups.rowCount() == 2, timeout=10_000)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=10_000)
    yield made
    if shiboken6.isValid(made):
        made.close()


def reasons(dialog: BackupsDialog) -> list[str]:
    table = dialog.backups
    return [table.item(row, 1).text() for row in range(table.rowCount())]


def offered(dialog: BackupsDialog) -> list[str]:
    return [dialog.what.itemText(n) for n in range(dialog.what.count())]


def test_it_says_why_and_offers_all_of_it(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    assert reasons(dialog) == [
        "Before classes were deleted or merged",
        "Before the first edit of a day",
    ]
    assert dialog.restore.isEnabled()
    assert offered(dialog) == ["The whole project", "Only one", "Only two"]
    # The one that is looked at comes first.
    dialog.reject()
    again = show_backups(
        project_window.window, project_window.services.files.backups, "two"
    )
    qtbot.waitUntil(lambda: again.backups.rowCount() == 2, timeout=10_000)
    assert offered(again) == ["The whole project", "Only two", "Only one"]
    again.reject()


def test_what_is_chosen_stays_where_another_backup_is_made(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    document = project_window.document
    dialog.backups.selectRow(1)
    dialog.what.setCurrentIndex(1)
    selected = dialog.selected
    Backups(document.folder, document.project.uuid).make("By hand")
    project_window.services.files.backups.look()
    qtbot.waitUntil(lambda: dialog.backups.rowCount() == 3, timeout=10_000)
    assert dialog.selected == selected
    assert dialog.what.currentData() == "one"


def test_a_project_is_restored(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    dialog.backups.selectRow(1)
    dialog.restore.click()
    qtbot.waitUntil(lambda: dialog.backups.rowCount() == 3, timeout=20_000)
    item = project_window.document.project.track("one")
    assert item.annotation.n_labelled == 0
    assert project_window.document.project.track("two").video.notes == ""


def test_one_video_is_restored(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    dialog.backups.selectRow(1)
    dialog.what.setCurrentIndex(1)
    dialog.restore.click()
    document = project_window.document
    qtbot.waitUntil(
        lambda: document.project.track("one").annotation.n_labelled == 0, timeout=20_000
    )
    assert document.project.track("two").video.notes == "seen"


def test_a_project_without_backups_has_nothing_to_restore(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    trigger(project_window, "backups")
    (made,) = project_window.window.findChildren(BackupsDialog)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=10_000)
    assert made.backups.rowCount() == 0
    assert not made.restore.isEnabled()
    assert not made.what.isEnabled()
    made.close()
