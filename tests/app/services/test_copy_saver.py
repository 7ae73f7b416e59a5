"""A copy has unsaved edits, and the window stays where it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.project import faults
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened


def label(window: ProjectWindow, start: int, stop: int, class_id: int) -> bool:
    return window.document.edit_lane(
        f"Paint {start}", "one", lambda s: paint(s, start, stop, class_id)
    )


def save_copy(qtbot: QtBot, window: ProjectWindow, target: Path) -> None:
    window.services.files.copy_saver.save_copy(target, True)
    qtbot.waitUntil(target.exists, timeout=20_000)


def failing_saves(monkeypatch: pytest.MonkeyPatch, window: ProjectWindow) -> None:
    def broken(*_: object) -> list[str]:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(window.document.folder, "save", broken)


def test_a_copy_of_what_cannot_be_saved_has_all_edits(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window, document = project_window, project_window.document
    root, before = document.folder.root, document.project
    failing_saves(monkeypatch, window)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        label(window, 0, 10, 1)
        label(window, 20, 30, 2)
        document.save()
    assert window.docks.saved.text().startswith("NOT SAVED (Stale file handle)")
    assert [n.helps for n in window.services.notices.all if n.warning] == [
        ("save", "save-copy")
    ]
    target = tmp_path / "elsewhere" / "mine"
    save_copy(qtbot, window, target)
    copy = ProjectFolder(target).load()
    assert copy.track("one").lanes == document.project.track("one").lanes
    qtbot.waitUntil(
        lambda: (
            f"A copy of the project is in {target}."
            in " ".join(n.text for n in window.services.notices.all)
        ),
        timeout=20_000,
    )
    # The window stays where it is, and so do its edits.
    assert document.folder.root == root
    assert document.unsaved
    document.undo()
    document.undo()
    assert document.project.track("one").lanes == before.track("one").lanes
    monkeypatch.undo()
    document.redo()
    document.save_now()
    assert ProjectFolder(root).load() == document.project


def test_what_waits_for_a_save_that_fails_is_told(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, started = project_window, list[int]()
    failing_saves(monkeypatch, window)
    label(window, 0, 10, 1)
    with qtbot.waitSignal(window.document.save_failed, timeout=10_000):
        window.services.after_save.run(lambda: started.append(1))
    assert started == []
    warned = [n.text for n in window.services.notices.all if n.warning]
    assert any(text.startswith("Not started:") for text in warned)
    monkeypatch.undo()
    with qtbot.waitSignal(window.document.saved, timeout=10_000):
        window.document.save()


def test_a_folder_with_files_is_refused_and_all_goes_on_as_before(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    old, target = project_window.document.folder.root, tmp_path / "full"
    atomic_write(target / "mine.txt", "mine")
    with qtbot.waitSignal(project_window.services.jobs.failed, timeout=20_000) as told:
        project_window.services.files.copy_saver.save_copy(target, False)
    assert "already has files" in told.args[0]
    assert project_window.document.folder.root == old


def test_strays_are_gone_after_the_opening(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    stray = project_folder.root / "labels" / ".skelseg-00000000-1-abcd1234.tmp"
    atomic_write(stray, "half")
    os.utime(stray, (0, 0))
    with opened(qtbot, project_folder):
        qtbot.waitUntil(lambda: not stray.exists(), timeout=10_000)


def test_a_project_that_can_only_be_read_is_looked_at_and_copied(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(path: Path) -> None:
        if path.is_relative_to(project_folder.root):
            error = PermissionError(errno.EACCES, "Permission denied")
            raise faults.ProjectError("no") from error

    monkeypatch.setattr(faults, "check_writable", refused)
    with opened(qtbot, project_folder) as window:
        document, notices = window.document, window.services.notices
        assert window.docks.saved.text() == "Read only"
        (notice,) = (n for n in notices.all if n.warning)
        assert "can only be read (Permission denied)" in notice.text
        assert notice.helps == ("save-copy",)
        before = document.project
        assert not label(window, 5, 15, 1)
        assert document.project is before
        assert "can only be read" in notices.all[-1].text
        save_copy(qtbot, window, tmp_path / "mine")
        assert not list((project_folder.root / ".claims").glob("*.json"))
    copy = ProjectFolder(tmp_path / "mine").load()
    assert copy.track("one").lanes == before.track("one").lanes
