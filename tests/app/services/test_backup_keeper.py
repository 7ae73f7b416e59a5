"""Backups in the window: made by themselves, compared, restored in one step."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services.files.backup_keeper import BackupKeeper, Compared
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.copies.backup_files import Backup, BackupFiles
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import set_notes
from tests.app.windows import opened, trigger


def store_of(window: ProjectWindow) -> BackupFiles:
    return BackupFiles(window.document.project.uuid)


def paint_one(window: ProjectWindow, stop: int, label: int) -> None:
    edit = lambda s: paint(s, 0, stop, label)  # noqa: E731
    assert window.document.edit_lane(f"Paint {stop}", "one", edit)


def wait_for(qtbot: QtBot, window: ProjectWindow, n: int) -> list[Backup]:
    qtbot.waitUntil(lambda: len(store_of(window).all()) == n, timeout=10_000)
    return store_of(window).all()


def compare(
    qtbot: QtBot, keeper: BackupKeeper, backup: Backup | None, words: str = ""
) -> Compared:
    with qtbot.waitSignal(keeper.compared, timeout=10_000) as got:
        keeper.compare(backup)
    made = got.args[0]
    assert isinstance(made, Compared)
    return made


def test_they_are_made_of_the_state_before(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    paint_one(project_window, 5, 1)
    (first,) = wait_for(qtbot, project_window, 1)
    assert first.reason == "Before the first edit of a session"
    paint_one(project_window, 9, 1)
    document.apply("Merge walk", lambda p: delete_class(p, 0, 2))
    second = wait_for(qtbot, project_window, 2)[0]
    assert second.reason == "Before: Merge walk"
    keeper = project_window.services.backups
    compared = compare(qtbot, keeper, second)
    assert [c.kind for c in compared.differences.classes] == ["merged"]
    assert compared.then.video("one").annotation.n_labelled == 9
    assert compare(qtbot, keeper, None).differences.of("one") is not None


def test_an_hour_of_edits_makes_another(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint_one(project_window, 5, 1)
    wait_for(qtbot, project_window, 1)
    monkeypatch.setattr("app.services.files.backup_keeper.EVERY", timedelta(0))
    paint_one(project_window, 6, 1)
    assert wait_for(qtbot, project_window, 2)[0].reason == "By the hour"


def test_what_was_painted_over_is_there_in_the_next_session(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        paint_one(window, 30, 1)
    with opened(qtbot, project_folder) as window:
        paint_one(window, 90, 2)
    with opened(qtbot, project_folder) as window:
        newest = wait_for(qtbot, window, 2)[0]
        keeper, document = window.services.backups, window.document
        compared = compare(qtbot, keeper, newest)
        found = compared.differences.of("one")
        assert found is not None
        assert found.n_frames == 90
        wiped, step = document.project, document.undo_stack.index()
        with qtbot.waitSignal(keeper.restored, timeout=10_000):
            keeper.restore(compared)
        assert document.undo_stack.index() == step + 1
        assert document.project.video("one").annotation.n_labelled == 30
        reasons = [b.reason for b in store_of(window).all()]
        assert reasons[0].startswith("Before: Restore the backup of")
        document.undo()
        assert document.project == wiped


def test_one_video_is_restored(qtbot: QtBot, project_window: ProjectWindow) -> None:
    document, keeper = project_window.document, project_window.services.backups
    paint_one(project_window, 90, 2)
    (first,) = wait_for(qtbot, project_window, 1)
    document.apply("Note", lambda p: set_notes(p, "two", "stays"))
    compared = compare(qtbot, keeper, first)
    with qtbot.waitSignal(keeper.restored, timeout=10_000):
        keeper.restore_video(compared, "one")
    assert document.project.video("one").annotation.n_labelled == 0
    assert document.project.video("two").notes == "stays"


def test_missing_labels_come_from_a_backup(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        paint_one(window, 30, 1)
        window.services.backups.keep("test")
        wait_for(qtbot, window, 2)
    project_folder.labels_path("one").unlink()
    with opened(qtbot, project_folder) as window:
        bar = window.docks.messages
        qtbot.waitUntil(
            lambda: bar.help.text() == "Restore missing labels from a backup",
            timeout=10_000,
        )
        assert "They are in the backup of" in bar.text.text()
        with qtbot.waitSignal(window.services.backups.restored, timeout=10_000):
            trigger(window, "labels-restore")
        item = window.document.project.video("one")
        assert not item.missing
        assert item.annotation.n_labelled == 30
    assert project_folder.labels_path("one").exists()


@pytest.mark.parametrize("in_the_way", ["", ".lock"])
def test_a_disk_that_takes_no_backup_is_told(
    qtbot: QtBot, project_window: ProjectWindow, in_the_way: str
) -> None:
    folder = store_of(project_window).root
    if in_the_way:
        (folder / in_the_way).mkdir(parents=True)
    else:
        folder.parent.mkdir(parents=True)
        Path(folder).write_text("in the way")
    paint_one(project_window, 5, 1)
    bar = project_window.docks.messages
    qtbot.waitUntil(lambda: "No backup was made" in bar.text.text(), timeout=10_000)
    assert project_window.document.undo_stack.index() == 1


def test_whoever_leaves_a_disk_that_hangs_waits_for_no_backup(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Event()
    keep = BackupFiles.keep

    def stalled(store: BackupFiles, data: bytes) -> str:
        asked.set()
        answers.wait(60)
        return keep(store, data)

    monkeypatch.setattr(BackupFiles, "keep", stalled)
    paint_one(project_window, 5, 1)
    assert asked.wait(20)
    project_window.document.left_unsaved = True
    began = time.monotonic()
    project_window.services.backups.close()
    assert time.monotonic() - began < 5
    answers.set()
