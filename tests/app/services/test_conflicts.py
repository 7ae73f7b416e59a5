"""Labels of others that could not be merged: told, and decided on one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.views.dialogs.conflicts import ConflictsDialog
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_text
from skelseg_core.project.project import edit_lane
from tests.app.windows import opened, trigger


@pytest.fixture
def window(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ProjectWindow]:
    """The window after both labelled the same frames of two."""
    with opened(qtbot, project_folder) as made:
        made.services.folder_watch.close()
        folder = ProjectFolder(project_folder.root)
        before = folder.load()
        theirs = edit_lane(before, "two", lambda a: paint(a, 5, 20, 2))
        folder.save(theirs, before)
        made.document.apply(
            "mine", lambda p: edit_lane(p, "two", lambda a: paint(a, 10, 30, 1))
        )
        made.document.save_now()
        qtbot.waitUntil(lambda: bool(made.services.conflicts.files), timeout=20_000)
        yield made


def kept(window: ProjectWindow) -> list[Path]:
    return sorted(window.document.folder.root.rglob("*.conflict-*"))


def classes_at(window: ProjectWindow, *frames: int) -> list[int | None]:
    lane = window.document.project.video("two").annotation
    return [lane.at(n).class_id for n in frames]


def dialog_of(qtbot: QtBot, window: ProjectWindow) -> ConflictsDialog:
    trigger(window, "conflicts")
    found = window.window.findChild(ConflictsDialog)
    assert found is not None
    qtbot.waitUntil(lambda: found.table.rowCount() == 1)
    return found


def test_the_bar_names_the_video_and_leads_to_the_dialog(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    bar = window.docks.messages
    assert bar.text.text().startswith("two was labelled here and elsewhere at once")
    # Whose the other version is depends: after a take-over it is one's own.
    assert "You see one version. The other is kept." in bar.text.text()
    assert bar.help.text() == "Resolve conflicts…"
    assert classes_at(window, 7, 15, 25) == [None, 1, 1]
    dialog = dialog_of(qtbot, window)
    assert [dialog.table.item(0, n).text() for n in (0, 2)] == ["two", "25"]
    assert window.session.video_id == "two"
    dialog.reject()


def test_mine_stay_and_theirs_are_put_aside(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    dialog, steps = dialog_of(qtbot, window), window.document.undo_stack.count()
    dialog.mine.click()
    qtbot.waitUntil(lambda: not window.services.conflicts.files, timeout=20_000)
    assert window.document.undo_stack.count() == steps
    assert classes_at(window, 7, 15, 25) == [None, 1, 1]
    assert [p.parent.name for p in kept(window)] == ["set-aside"]
    notices = window.services.notices
    qtbot.waitUntil(lambda: not any("at once" in n.text for n in notices.all))


def test_theirs_are_one_step_that_undo_takes_back(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    dialog = dialog_of(qtbot, window)
    dialog.theirs.click()
    qtbot.waitUntil(lambda: not window.services.conflicts.files, timeout=20_000)
    assert classes_at(window, 7, 15, 25) == [2, 2, None]
    store = Backups(window.document.folder, window.document.project.uuid)
    reason = "Before: Take the other labels of "
    qtbot.waitUntil(
        lambda: any(b.reason.startswith(reason) for b in store.all()), timeout=20_000
    )
    window.document.undo()
    assert classes_at(window, 7, 15, 25) == [None, 1, 1]


def test_both_are_two_lanes(qtbot: QtBot, window: ProjectWindow) -> None:
    dialog = dialog_of(qtbot, window)
    dialog.both.click()
    qtbot.waitUntil(lambda: not window.services.conflicts.files, timeout=20_000)
    item = window.document.project.video("two")
    assert item.annotators == ("other",)
    assert item.lanes["annotator:other"].at(7).class_id == 2
    assert classes_at(window, 7, 15, 25) == [None, 1, 1]


@pytest.mark.parametrize(
    "name",
    [
        "one (Kim's conflicted copy 2026-03-01).json",
        "one.sync-conflict-20260301-101010-ABCDEFG.json",
        "one_conflict-20260301-101010.json",
    ],
)
def test_files_of_sync_clients_are_found_at_opening(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.services.folder_watch.FolderWatch.look", lambda _: None)
    folder = ProjectFolder(project_folder.root)
    lane = paint(folder.load().video("one").annotation, 5, 9, 1)
    (project_folder.root / "labels" / name).write_text(labels_text("one", lane))
    with opened(qtbot, project_folder) as made:
        qtbot.waitUntil(lambda: bool(made.services.conflicts.files), timeout=20_000)
        (found,) = made.services.conflicts.files
        assert (found.video_id, found.labels) == ("one", lane)


def test_a_file_of_a_sync_client_is_found_when_it_comes(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as made:
        folder = ProjectFolder(project_folder.root)
        lane = paint(folder.load().video("one").annotation, 5, 9, 1)
        path = folder.labels_path("one").with_name(
            "one (Kim's conflicted copy 2026-03-01).json"
        )
        path.write_text(labels_text("one", lane), encoding="utf-8")
        qtbot.waitUntil(lambda: bool(made.services.conflicts.files), timeout=20_000)
        assert made.services.conflicts.files[0].labels == lane


def test_a_decision_that_was_refused_can_be_made_again(
    qtbot: QtBot, window: ProjectWindow
) -> None:
    dialog = dialog_of(qtbot, window)
    window.document.read_only = "Nothing can be changed here."
    qtbot.mouseClick(dialog.theirs, Qt.MouseButton.LeftButton)
    assert dialog.theirs.isEnabled()
    assert len(kept(window)) == 1
    window.document.read_only = ""
    qtbot.mouseClick(dialog.theirs, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: classes_at(window, 7, 15) == [2, 2], timeout=20_000)
