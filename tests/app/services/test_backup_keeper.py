"""Backups in the window: made by themselves, listed, restored in one step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.views.dialogs.import_labels import ImportLabelsDialog
from app.window.project_window import ProjectWindow
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.copies import backups
from skelseg_core.project.copies.backups import Backup, Backups
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_notes
from tests.app.conftest import N_FRAMES
from tests.app.windows import opened


def store_of(window: ProjectWindow) -> Backups:
    document = window.document
    return Backups(document.folder, document.project.uuid)


def paint_one(window: ProjectWindow, stop: int, label: int) -> None:
    edit = lambda s: paint(s, 0, stop, label)  # noqa: E731
    assert window.document.edit_lane(f"Paint {stop}", "one", edit)


def save(window: ProjectWindow) -> list[Backup]:
    """The backups after the next save."""
    window.document.saver.finish()
    return store_of(window).all()


def restore(
    qtbot: QtBot, window: ProjectWindow, backup: Backup, video_id: str = ""
) -> None:
    step = window.document.undo_stack.index()
    window.services.files.backups.restore(backup, video_id)
    qtbot.waitUntil(
        lambda: window.document.undo_stack.index() == step + 1, timeout=10_000
    )
    qtbot.waitUntil(lambda: not window.jobs.running, timeout=10_000)


def test_they_are_made_of_the_state_before(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    paint_one(project_window, 5, 1)
    (first,) = save(project_window)
    assert first.reason == "Before the first edit of a day"
    paint_one(project_window, 9, 1)
    assert len(save(project_window)) == 1
    document.apply("Merge walk", lambda p: delete_class(p, 1, 2))
    second = save(project_window)[0]
    assert second.reason == "Before classes were deleted or merged"
    restore(qtbot, project_window, second)
    frames = document.project.track("one").annotation.to_frames()
    assert list(frames[:10]) == [1] * 9 + [-1]
    restore(qtbot, project_window, first, "one")
    assert document.project.track("one").annotation.n_labelled == 0


def test_what_was_painted_over_is_there_in_the_next_session(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = iter(range(100))
    monkeypatch.setattr(backups, "day_of", lambda _: str(next(days)))
    with opened(qtbot, project_folder) as window:
        paint_one(window, 30, 1)
    with opened(qtbot, project_folder) as window:
        paint_one(window, 90, 2)
    with opened(qtbot, project_folder) as window:
        newest = store_of(window).all()[0]
        document = window.document
        wiped = document.project
        restore(qtbot, window, newest)
        assert document.project.track("one").annotation.n_labelled == 30
        reason = save(window)[0].reason
        assert reason.startswith("Before: Restore the project from the backup of")
        document.undo()
        assert document.project == wiped


def test_one_video_is_restored(qtbot: QtBot, project_window: ProjectWindow) -> None:
    document = project_window.document
    paint_one(project_window, 90, 2)
    (first,) = save(project_window)
    document.apply("Note", lambda p: set_notes(p, "two", "stays"))
    restore(qtbot, project_window, first, "one")
    assert document.project.track("one").annotation.n_labelled == 0
    assert document.project.track("two").video.notes == "stays"


def test_an_import_makes_one(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    paint_one(project_window, 9, 1)
    assert len(save(project_window)) == 1
    file = tmp_path / "two.csv"
    file.write_text("frame,label\n" + "".join(f"{n},walk\n" for n in range(N_FRAMES)))
    importer = project_window.services.files.label_importer
    with qtbot.waitSignal(importer.asked, timeout=10_000):
        importer.begin([file])
    with qtbot.waitSignal(importer.imported, timeout=10_000):
        project_window.window.findChild(ImportLabelsDialog).ok.click()
    newest, _ = save(project_window)
    assert newest.reason == "Before: Import labels of two"
    restore(qtbot, project_window, newest)
    project = project_window.document.project
    assert project.track("one").annotation.n_labelled == 9
    assert project.track("two").annotation.n_labelled == 0


def test_where_nothing_differs_there_is_no_step(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    store_of(project_window).make("test")
    (first,) = store_of(project_window).all()
    project_window.services.files.backups.restore(first)
    notices = project_window.services.notices
    qtbot.waitUntil(
        lambda: any("Nothing was ch" in n.text for n in notices.all), timeout=10_000
    )
    assert project_window.document.undo_stack.index() == 0


def test_missing_labels_come_back_with_their_video(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        paint_one(window, 30, 1)
        save(window)
        store_of(window).make("test")
    project_folder.labels_path("one").unlink()
    with opened(qtbot, project_folder) as window:
        assert "File > Backups…" in window.services.files.missing_labels.sentence()
        restore(qtbot, window, store_of(window).all()[0], "one")
        item = window.document.project.track("one")
        assert not item.missing
        assert item.annotation.n_labelled == 30
        assert not window.services.files.missing_labels.sentence()
    assert project_folder.labels_path("one").exists()


def test_a_disk_that_takes_no_backup_is_told_and_stops_no_edit(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    folder = store_of(project_window).root
    folder.parent.mkdir(parents=True)
    Path(folder).write_text("in the way")
    paint_one(project_window, 5, 1)
    project_window.document.saver.finish()
    bar = project_window.docks.messages
    qtbot.waitUntil(lambda: "No backup was made" in bar.text.text(), timeout=10_000)
    again = ProjectFolder(project_window.document.folder.root).load()
    assert again.track("one").annotation.n_labelled == 5


def test_whoever_leaves_a_disk_that_hangs_waits_for_no_backup(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Event()
    write: Callable[..., None] = backups.atomic_write

    def stalled(*arguments: object) -> None:
        asked.set()
        answers.wait(60)
        write(*arguments)

    monkeypatch.setattr(backups, "atomic_write", stalled)
    paint_one(project_window, 5, 1)
    saver = project_window.document.saver
    saver.save()
    assert asked.wait(20)
    began = time.monotonic()
    with pytest.raises(ProjectError, match="does not answer"):
        saver.finish(0.5)
    assert time.monotonic() - began < 30, "it waited for the disk"
    answers.set()
    saver.finish()
    assert saver.is_saved(project_window.document.project)
