"""Label files that are gone: said, not edited, looked for again or given up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.files.backup_keeper import time_words
from app.state.document import open_document
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, set_notes
from tests.app.windows import opened, warns


@pytest.fixture
def labelled(project_folder: ProjectFolder) -> Project:
    """Both videos have a label each."""
    before = project = project_folder.load()
    for video in ("one", "two"):
        project = edit_lane(project, video, lambda s: paint(s, 10, 20, 1))
    project_folder.save(project, before)
    return project


@pytest.fixture
def file(project_folder: ProjectFolder, labelled: Project, tmp_path: Path) -> Path:
    """Where the label file of the first video is now."""
    path = project_folder.labels_path("one")
    return path.rename(tmp_path / "one.json")


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder, file: Path
) -> Iterator[ProjectWindow]:
    """The window of the project whose label file is gone."""
    with opened(qtbot, project_folder) as made:
        yield made


def test_it_is_said_and_cannot_be_edited(
    project_window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    bar, videos = project_window.docks.messages, project_window.docks.videos.model
    assert warns(bar)
    assert bar.text.text().startswith("The label file of one is missing. Put it back")
    assert bar.help.text() == "Look again for missing labels"
    assert bar.other.text() == "Discard the missing labels"
    assert bar.other.isEnabled()
    assert (
        videos.progress(project_window.document.project.track("one"))
        == "labels missing"
    )
    assert (
        videos.progress(project_window.document.project.track("two"))
        != "labels missing"
    )
    bar.close_message()
    edit = lambda s: paint(s, 0, 5, 2)  # noqa: E731
    assert not project_window.document.edit_lane("Paint", "one", edit)
    assert "discard its labels" in bar.text.text()
    assert project_window.document.edit_lane("Paint", "two", edit)
    project_window.session.set_video("two")
    assert not project_window.commands["labels-give-up"].isEnabled()
    project_window.document.save_now()
    assert not project_folder.labels_path("one").exists()


def test_it_is_back(
    qtbot: QtBot,
    project_window: ProjectWindow,
    project_folder: ProjectFolder,
    labelled: Project,
    file: Path,
) -> None:
    bar, path = project_window.docks.messages, project_folder.labels_path("one")
    QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=10_000)
    started: list[str] = []
    project_window.jobs.started.connect(lambda job: started.append(job.title))
    for _ in range(4):
        QApplication.sendEvent(
            project_window.window, QEvent(QEvent.Type.WindowActivate)
        )
    assert started.count("Look again for labels") == 1, "one at a time"
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=10_000)
    QApplication.sendEvent(project_window.window, QEvent(QEvent.Type.WindowActivate))
    assert started.count("Look again for labels") == 2, "and again later"
    still = "The label files of one are still missing."
    qtbot.waitUntil(lambda: bar.text.text() == still, timeout=10_000)
    assert bar.number == 1
    data = file.read_bytes()
    file.rename(path)
    QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: not project_window.services.files.missing_labels.videos, timeout=10_000
    )
    assert not warns(bar)
    assert bar.text.text() == "All label files are back."
    found = project_window.document.project.track("one")
    assert found.annotation == labelled.track("one").annotation
    project_window.document.save_now()
    project_window.document.undo_stack.undo()
    project_window.document.save_now()
    assert path.read_bytes() == data
    assert [p.name for p in path.parent.iterdir() if "conflict" in p.name] == []


def test_it_is_given_up(
    project_window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    bar, path = project_window.docks.messages, project_folder.labels_path("one")
    project_window.session.set_video("one")
    QTest.mouseClick(bar.other, Qt.MouseButton.LeftButton)
    assert not warns(bar)
    assert bar.text.text() == "one is unlabelled now. You can undo this."
    project_window.document.save_now()
    assert not ProjectFolder(project_folder.root).load().track("one").missing
    project_window.document.undo_stack.undo()
    project_window.document.save_now()
    assert not path.exists()
    assert ProjectFolder(project_folder.root).load().track("one").missing


def test_labels_that_are_taken_away_while_it_is_open(
    qtbot: QtBot, project_folder: ProjectFolder, labelled: Project
) -> None:
    for edited in (False, True):
        document = open_document(ProjectFolder(project_folder.root))
        told: list[str] = []
        document.noted.connect(told.append)
        shutil.rmtree(project_folder.root / "labels")
        if edited:
            document.edit_lane("Paint", "two", lambda s: paint(s, 30, 40, 2))
        document.close()
        assert len(told) == 1
        assert told[0].startswith("Missing label files (one.json")
        after = ProjectFolder(project_folder.root).load()
        assert after.track("one").annotation == labelled.track("one").annotation
        assert not after.track("two").missing


def test_a_damaged_one_is_said_and_restored_by_one_click(
    qtbot: QtBot, project_folder: ProjectFolder, labelled: Project
) -> None:
    backup = Backups(project_folder, labelled.uuid).make("test")
    assert backup is not None
    path = project_folder.labels_path("one")
    newer = edit_lane(labelled, "two", lambda s: paint(s, 30, 40, 2))
    project_folder.save(newer, labelled)
    path.write_text("<<<<<<< HEAD\n" + path.read_text())
    damaged = path.read_bytes()
    with opened(qtbot, ProjectFolder(project_folder.root)) as made:
        document, bar = made.document, made.docks.messages
        missing = made.services.files.missing_labels
        assert warns(bar)
        said = "The label file of one is damaged ("
        assert bar.text.text().startswith(said)
        assert "one.json, line 1, column 1" in bar.text.text()
        assert bar.help.text() == "Restore from backup"
        videos = made.docks.videos.model
        assert videos.progress(document.project.track("one")) == "labels damaged"
        edit = lambda s: paint(s, 0, 5, 2)  # noqa: E731
        assert not document.edit_lane("Paint", "one", edit)
        assert document.edit_lane("Paint", "two", edit)
        document.save_now()
        made.commands["labels-look-again"].trigger()
        qtbot.waitUntil(lambda: not made.jobs.running, timeout=10_000)
        assert bar.text.text().startswith(said)
        assert path.read_bytes() == damaged
        two = document.project.track("two")
        QTest.mouseClick(bar.help, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not missing.videos, timeout=10_000)
        assert not warns(bar)
        said = f"Restored: one from the backup of {time_words(backup.made)}."
        assert bar.text.text().startswith(said)
        document.save_now()
    after = ProjectFolder(project_folder.root).load()
    assert after.track("one") == labelled.track("one")
    assert after.track("two") == two, "what is whole stays as it is"
    (beside,) = path.parent.glob("one.conflict-*.json")
    assert beside.read_bytes() == damaged


def test_a_whole_one_that_is_put_back_is_shown_at_once(
    qtbot: QtBot, project_folder: ProjectFolder, labelled: Project
) -> None:
    path = project_folder.labels_path("one")
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    with opened(qtbot, ProjectFolder(project_folder.root)) as made:
        missing = made.services.files.missing_labels
        assert missing.videos == ("one",)
        path.write_bytes(whole)
        made.services.folder_watch.look()
        qtbot.waitUntil(lambda: not missing.videos, timeout=10_000)
        found = made.document.project.track("one")
        assert found.annotation == labelled.track("one").annotation
        made.document.edit_lane("Paint", "one", lambda s: paint(s, 0, 5, 2))
        made.document.save_now()
    assert [p.name for p in path.parent.iterdir() if "conflict" in p.name] == []


def test_damaged_notes_are_given_up_and_notes_kept_beside_are_shown(
    qtbot: QtBot, project_folder: ProjectFolder, labelled: Project
) -> None:
    project_folder.save(set_notes(labelled, "two", "theirs"), labelled)
    path = project_folder.about_path("one")
    path.write_text("{")
    beside = path.with_name("two.conflict-1.json")
    beside.write_bytes(project_folder.about_path("two").read_bytes())
    with opened(qtbot, ProjectFolder(project_folder.root)) as made:
        document, bar = made.document, made.docks.messages
        made.session.set_video("one")
        assert made.commands["labels-give-up"].isEnabled()
        made.commands["labels-give-up"].trigger()
        document.save_now()
        assert not made.commands["labels-give-up"].isEnabled()
        assert document.edit_lane("Paint", "one", lambda s: paint(s, 0, 5, 2))
        made.services.folder_watch.look()
        qtbot.waitUntil(lambda: not beside.exists(), timeout=10_000)
        assert "two was changed here and elsewhere at once" in bar.text.text()
    after = ProjectFolder(project_folder.root).load()
    assert not after.video("one").damage
    assert after.track("one").annotation.n_labelled == 15
    assert after.video("two").notes == "theirs"
    assert (project_folder.root / "set-aside/about" / beside.name).is_file()
    assert [p.read_text() for p in path.parent.glob("one.conflict-*")] == ["{"]
