"""Saving that fails is said, tried again by itself, and never leaves a mixture."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from tests.settled import settle

FAULTS: tuple[Exception, ...] = (
    *(
        OSError(number, os.strerror(number))
        for number in (
            errno.ENOSPC,
            errno.EIO,
            errno.EROFS,
            errno.EACCES,
            errno.ESTALE,
            errno.EDQUOT,
            errno.EMFILE,
            errno.ENOTCONN,
        )
    ),
    ValueError("embedded null byte"),
    OverflowError("int too large"),
    UnicodeEncodeError("utf-8", "\udc80", 0, 1, "surrogates not allowed"),
    ProjectError("the disk is full"),
)


@pytest.fixture
def document(qtbot: QtBot, project_folder: ProjectFolder) -> Document:
    opened = open_document(project_folder)
    yield opened  # type: ignore[misc]
    opened.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once rather than in seconds."""
    monkeypatch.setattr("app.state.saving_thread.RETRY_S", (0.05, 0.3))
    monkeypatch.setattr("app.state.saving_thread.AUTOSAVE_MS", 20)


def label(document: Document, start: int, stop: int, class_id: int) -> bool:
    return document.edit_lane("Paint", "one", lambda s: paint(s, start, stop, class_id))


def on_disk(document: Document) -> object:
    return ProjectFolder(document.folder.root).load()


def failing(
    document: Document, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int
) -> list[float]:
    """Let the next saves fail; return the list of the seconds when one was tried."""
    save: Callable[..., list[str]] = document.folder.save
    tried: list[float] = []

    def broken(*arguments: object) -> list[str]:
        tried.append(time.monotonic())
        if len(tried) <= times:
            raise error
        return save(*arguments)

    monkeypatch.setattr(document.folder, "save", broken)
    return tried


@pytest.mark.parametrize("error", FAULTS, ids=lambda e: type(e).__name__ + str(e)[:12])
def test_every_fault_is_said_and_saved_by_itself_when_it_ends(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tried = failing(document, monkeypatch, error, times=2)
    told: list[str] = []
    document.save_failed.connect(told.append)
    with qtbot.waitSignal(document.saved, timeout=10_000):
        label(document, 5, 15, 1)
    _, second, third = tried
    assert third - second > 0.25, "the next one waits longer"
    assert len(told) == 2
    reason = getattr(error, "strerror", None) or str(error)
    assert reason in told[0]
    assert not document.unsaved
    assert not document.saver.failing
    assert on_disk(document) == document.project


def test_edits_do_not_hasten_the_next_try_and_the_key_that_saves_does(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.state.saving_thread.RETRY_S", (100, 200))
    tried = failing(document, monkeypatch, OSError(errno.EIO, "no"), times=1)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        label(document, 5, 15, 1)
    label(document, 20, 30, 1)
    settle()
    assert len(tried) == 1
    # The key that saves tries it at once.
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
    assert on_disk(document) == document.project


def test_undo_to_what_was_saved_before_a_failed_save_is_written_again(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    save: Callable[..., list[str]] = document.folder.save

    def half(*arguments: object) -> list[str]:
        save(*arguments)
        raise OSError(errno.EIO, "after the labels")

    label(document, 5, 15, 1)
    monkeypatch.setattr(document.folder, "save", half)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        document.save()
    document.undo()
    assert document.unsaved, "the files hold the edit that was taken back"
    monkeypatch.setattr(document.folder, "save", save)
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
    assert on_disk(document) == document.project


def test_a_save_that_hangs_is_said_and_does_not_keep_from_closing(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.state.saving_thread.SLOW_S", 0.05)
    document = open_document(project_folder)
    answers = threading.Event()
    save: Callable[..., list[str]] = document.folder.save

    def stalled(*arguments: object) -> list[str]:
        answers.wait(30)
        return save(*arguments)

    monkeypatch.setattr(document.folder, "save", stalled)
    told: list[str] = []
    document.save_failed.connect(told.append)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        label(document, 5, 15, 1)
    assert "does not answer" in told[0]
    with pytest.raises(ProjectError, match="does not answer"):
        document.close(at_most_s=0.2)
    # Another process opens it then: the edit is in the journal.
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered == 1
    again.close()
    answers.set()


def test_a_project_that_cannot_be_read_is_said_in_a_sentence(
    project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_file = Path.is_file

    def away(path: Path) -> bool:
        if path.name == "project.json":
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", away)
    with pytest.raises(ProjectError, match=r"could not be opened \(Transport endpoint"):
        open_document(project_folder)
