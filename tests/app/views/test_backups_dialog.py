"""The dialog of the backups: what it lists, shows, and restores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from app.services.files.backup_keeper import Compared
from app.timeline.kinds.difference import ChangesLane
from app.views.dialogs.backups import ROWS_AT_ONCE, BackupsDialog
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import rename_class
from skelseg_core.project.copies.restoring import Differences, VideoDifference
from skelseg_core.project.project import set_notes
from tests.app.windows import trigger
from tests.settled import settle


@pytest.fixture
def dialog(qtbot: QtBot, project_window: ProjectWindow) -> Iterator[BackupsDialog]:
    """The dialog after an edit of one video and one of a class."""
    document, keeper = project_window.document, project_window.services.backups
    told: list[bool] = []
    keeper.made.connect(lambda: told.append(True))
    document.edit_lane("Paint", "one", lambda s: paint(s, 10, 40, 1))
    document.apply("Rename class", lambda p: rename_class(p, 1, "grasp"))
    document.apply("Notes", lambda p: set_notes(p, "two", "seen"))
    trigger(project_window, "backups")
    (made,) = project_window.window.findChildren(BackupsDialog)
    # Each backup that is made is looked at anew.
    qtbot.waitUntil(lambda: len(told) == 2 and made.backups.rowCount() == 3)
    qtbot.waitUntil(lambda: not project_window.jobs.running)
    yield made
    if shiboken6.isValid(made):
        made.close()


def cells(dialog: BackupsDialog) -> list[list[str]]:
    table = dialog.details
    return [
        [table.item(row, column).text() for column in range(2)]
        for row in range(table.rowCount())
    ]


def choose(qtbot: QtBot, dialog: BackupsDialog, row: int) -> None:
    dialog.backups.selectRow(row)
    qtbot.waitUntil(lambda: dialog.head.text() != "Comparing…", timeout=10_000)


def test_it_says_what_differs(qtbot: QtBot, dialog: BackupsDialog) -> None:
    reasons = [dialog.backups.item(row, 1).text() for row in range(3)]
    assert reasons == [
        "The project as it was opened",
        "Before: Rename class",
        "Before the first edit of a session",
    ]
    assert dialog.backups.item(1, 2).text() == "classes or notes"
    assert dialog.backups.item(2, 2).text() == "1 video, classes or notes"
    choose(qtbot, dialog, 2)
    assert cells(dialog) == [
        ["one", "30 frames have another label"],
        ["two", "reviews, notes, keypoints or other annotators' labels"],
        ["reach", "class, is called grasp now"],
    ]
    assert dialog.restore.isEnabled()
    dialog.details.selectRow(2)
    assert not dialog.one.isEnabled()
    choose(qtbot, dialog, 0)
    assert len(cells(dialog)) == 3


def test_what_is_selected_stays_where_another_backup_is_made(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    keeper = project_window.services.backups
    for row in (0, 2):
        choose(qtbot, dialog, row)
        selected, rows = dialog.selected, dialog.backups.rowCount()
        project_window.document.edit_lane(
            "Paint", "two", lambda s, n=row: paint(s, n, n + 1, 1)
        )
        keeper.keep("By hand")
        qtbot.waitUntil(lambda n=rows: dialog.backups.rowCount() == n + 1)  # type: ignore[misc]
        assert dialog.selected == selected


def test_thousands_of_videos_that_differ_are_listed_some_at_a_time(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    choose(qtbot, dialog, 2)
    keeper = project_window.services.backups

    def tell(name: str, n: int) -> None:
        found = [VideoDifference(f"{name}{k}", "changed", 7) for k in range(n)]
        then = project_window.document.opened
        said = Compared(dialog.selected, "then", then, Differences(tuple(found)))
        keeper.compared.emit(said)

    tell("v", 2000)
    assert dialog.details.rowCount() == ROWS_AT_ONCE
    qtbot.waitUntil(lambda: dialog.details.rowCount() == 2000, timeout=60_000)
    assert [row[0] for row in cells(dialog)] == [f"v{n}" for n in range(2000)]
    # Another comparison comes while rows are added.
    tell("old", 2000)
    tell("new", 450)
    qtbot.waitUntil(lambda: dialog.details.rowCount() == 450, timeout=10_000)
    settle()
    assert [row[0] for row in cells(dialog)] == [f"new{n}" for n in range(450)]


def test_a_restored_project_differs_no_more(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    choose(qtbot, dialog, 2)
    dialog.restore.click()
    qtbot.waitUntil(lambda: dialog.backups.rowCount() == 4, timeout=10_000)
    qtbot.waitUntil(lambda: "Nothing differs" in dialog.head.text(), timeout=10_000)
    assert project_window.document.project == project_window.document.opened
    assert not dialog.restore.isEnabled()


def test_changes_are_shown_in_the_timeline(
    qtbot: QtBot, dialog: BackupsDialog, project_window: ProjectWindow
) -> None:
    choose(qtbot, dialog, 2)
    dialog.details.selectRow(0)
    dialog.changes.click()
    timeline = project_window.docks.timeline
    assert project_window.session.video_id == "one"
    (lane,) = [i for i in timeline.lanes.seen if isinstance(i, ChangesLane)]
    assert "since the backup of" in lane.header_tip(timeline.data)[0]
    assert timeline.difference_from(0, 1) == 10
