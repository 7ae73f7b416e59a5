"""Claims in the window: read-only videos, taking over, and being taken over."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services.files.video_claims import VideoClaims
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, remove_video
from tests.app.windows import action, opened, trigger


@contextmanager
def somebody(root: Path, *videos: str) -> Iterator[Claims]:
    """Another session, which holds these videos."""
    claims = Claims(root, "Anna")
    try:
        for video_id in videos:
            claims.take(video_id)
        yield claims
    finally:
        claims.close()


def service(window: ProjectWindow) -> VideoClaims:
    return window.services.files.video_claims


def label(window: ProjectWindow, video_id: str, start: int = 10) -> bool:
    """Paint a range of a video."""
    return window.document.edit_lane(
        "Paint walk", video_id, lambda a: paint(a, start, start + 20, 0)
    )


def lane(window: ProjectWindow, video_id: str) -> Segmentation:
    return window.document.project.track(video_id).annotation


def texts(window: ProjectWindow) -> str:
    return "\n".join(n.text for n in window.services.notices.all)


def saved(qtbot: QtBot, window: ProjectWindow) -> None:
    with qtbot.waitSignal(window.document.saved, timeout=20_000):
        window.document.save()


def see(qtbot: QtBot, window: ProjectWindow, *videos: str) -> None:
    """Wait until the window knows that others label these videos."""
    service(window).look()
    qtbot.waitUntil(lambda: set(service(window).others) == set(videos), timeout=20_000)


def test_the_first_edit_claims_the_video(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    claims, root = project_window.document.claims, project_window.document.folder.root
    assert not (root / ".claims" / "one.json").exists()
    assert label(project_window, "one")
    qtbot.waitUntil(lambda: claims.held == {"one"}, timeout=20_000)
    with somebody(root) as other:
        assert set(other.others()) == {"one"}
    saved(qtbot, project_window)
    assert claims.held == {"one"}


def test_a_closed_window_holds_nothing(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        label(window, "one")
        claims = window.document.claims
        qtbot.waitUntil(lambda: claims.held == {"one"}, timeout=20_000)
    assert not list((project_folder.root / ".claims").glob("*.json"))
    assert ProjectFolder(project_folder.root).load().track("one").annotation.n_labelled


def test_a_video_of_somebody_else_is_read_only(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    label(project_window, "one")
    with somebody(document.folder.root, "two") as other:
        see(qtbot, project_window, "two")
        assert "Being labelled" not in texts(project_window)
        project_window.session.set_video("two")
        assert "by Anna since" in texts(project_window)
        assert action(project_window, "claim-take-over").isEnabled()
        before = document.project
        refused = (
            lambda p: edit_lane(p, "two", lambda a: paint(a, 0, 9, 1)),
            lambda p: remove_video(p, "two"),
        )
        for edit in refused:
            with qtbot.waitSignal(document.problem) as said:
                assert not document.apply("Edit", edit)
            assert "by Anna since" in said.args[0]
            assert document.project is before
        bar = project_window.docks.messages
        assert bar.text.text() == said.args[0]
        assert bar.help.text() == "Take over this video"
        assert bar.number == 1
        project_window.session.set_video("one")
        assert "Being labelled" not in texts(project_window)
        with qtbot.waitSignal(document.problem) as said:
            assert not document.apply("Edit", refused[0])
        assert said.args[0].startswith("two is being labelled on")
        assert label(project_window, "one", 40)  # mine is still mine
        other.release("two")
        see(qtbot, project_window)
        assert "Being labelled" not in texts(project_window)
        assert not action(project_window, "claim-take-over").isEnabled()
        assert label(project_window, "two")


def test_a_step_of_a_video_that_somebody_else_labels_is_not_undone(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    label(project_window, "two")
    saved(qtbot, project_window)
    document.claims.release("two")
    with somebody(document.folder.root, "two"):
        see(qtbot, project_window, "two")
        with qtbot.waitSignal(document.problem, timeout=20_000) as said:
            document.undo()
        assert "two is being labelled on" in said.args[0]
        assert document.undo_stack.index() == 1
        assert lane(project_window, "two").n_labelled == 20


def test_taking_over_goes_on_with_what_the_other_saved(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    folder = ProjectFolder(document.folder.root)
    with somebody(folder.root, "two") as other:
        project_window.session.set_video("two")
        see(qtbot, project_window, "two")
        theirs = folder.load()
        folder.save(painted(theirs, "two", 60), theirs)
        trigger(project_window, "claim-take-over")
        qtbot.waitUntil(
            lambda: "You label two now" in texts(project_window), timeout=20_000
        )
        assert not other.keeps("two")
        assert label(project_window, "two", 0)
        saved(qtbot, project_window)
        assert lane(project_window, "two").n_labelled == 40
    assert not list(folder.root.glob("labels/*conflict*"))
    assert folder.load().track("two").annotation.n_labelled == 40


def painted(project: Project, video_id: str, start: int) -> Project:
    return edit_lane(project, video_id, lambda a: paint(a, start, start + 20, 2))


def test_a_window_that_is_taken_over_keeps_its_unsaved_edits_beside(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    folder = ProjectFolder(document.folder.root)
    label(project_window, "two")
    qtbot.waitUntil(lambda: document.claims.held == {"two"}, timeout=20_000)
    saved(qtbot, project_window)
    with somebody(folder.root) as other:
        other.take_over("two")
        theirs = folder.load()
        folder.save(painted(theirs, "two", 60), theirs)
        their_bytes = folder.labels_path("two").read_bytes()
        label(project_window, "two", 30)  # before anybody noticed
        label(project_window, "one")
        saved(qtbot, project_window)
        qtbot.waitUntil(
            lambda: "two is now labelled by Anna" in texts(project_window),
            timeout=20_000,
        )
        assert folder.labels_path("two").read_bytes() == their_bytes
        (kept,) = folder.root.glob("labels/two.conflict-*.json")
        assert kept.name in texts(project_window)
        mine = labels_from_json(json.loads(kept.read_text()), "mine")
        assert mine.n_labelled == 40
        there = folder.load().track("two").annotation
        qtbot.waitUntil(lambda: lane(project_window, "two") == there)
        assert not label(project_window, "two")
        document.undo()  # of "one"
        saved(qtbot, project_window)
        assert folder.labels_path("two").read_bytes() == their_bytes
    assert not folder.load().track("one").annotation.n_labelled


def test_a_window_that_is_taken_over_says_so_without_unsaved_edits(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    label(project_window, "two")
    qtbot.waitUntil(lambda: document.claims.held == {"two"}, timeout=20_000)
    saved(qtbot, project_window)
    with somebody(document.folder.root) as other:
        other.take_over("two")
        service(project_window).look()
        qtbot.waitUntil(
            lambda: "All your edits there were saved." in texts(project_window),
            timeout=20_000,
        )
        assert not list(document.folder.root.glob("labels/*conflict*"))


def test_two_first_edits_at_once(qtbot: QtBot, project_window: ProjectWindow) -> None:
    document = project_window.document
    with somebody(document.folder.root, "two"):
        assert label(project_window, "two")  # not seen yet
        qtbot.waitUntil(
            lambda: "is now labelled by Anna" in texts(project_window), timeout=20_000
        )
        assert len(list(document.folder.root.glob("labels/two.conflict-*.json"))) == 1
        assert not lane(project_window, "two").n_labelled


def test_a_disk_that_takes_no_claim(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = errno.ENOSPC
    real = os.open

    def fails(path: object, flags: int, *more: int, **other: int) -> int:
        if ".claims" in str(path):
            raise OSError(number, os.strerror(number))
        return real(path, flags, *more, **other)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fails)
        assert label(project_window, "one")
        qtbot.waitUntil(
            lambda: "Others cannot see" in texts(project_window), timeout=20_000
        )
        assert label(project_window, "one", 40)  # the journal has it
        number = errno.EROFS
        assert label(project_window, "two")
        qtbot.waitUntil(
            lambda: "so nothing can be labelled" in texts(project_window),
            timeout=20_000,
        )
        assert not label(project_window, "two", 40)
    number = 0
    service(project_window).look()
    held = project_window.document.claims
    qtbot.waitUntil(lambda: "one" in held.held, timeout=20_000)
    qtbot.waitUntil(
        lambda: "Others cannot see" not in texts(project_window), timeout=20_000
    )


def test_a_video_that_was_left_is_released(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.files.video_claims.LEFT_S", -1)
    claims = project_window.document.claims
    label(project_window, "two")
    label(project_window, "one")
    qtbot.waitUntil(lambda: claims.held == {"one", "two"}, timeout=20_000)
    service(project_window).look()
    assert claims.held == {"one", "two"}  # not saved yet
    saved(qtbot, project_window)
    qtbot.waitUntil(lambda: not service(project_window).looking, timeout=20_000)
    service(project_window).look()
    qtbot.waitUntil(lambda: not claims.held, timeout=20_000)
    assert label(project_window, "two", 40)
    qtbot.waitUntil(lambda: claims.held == {"two"}, timeout=20_000)


def test_a_video_that_is_given_up_is_saved_and_free_until_the_next_edit(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document, root = project_window.document, project_window.document.folder.root
    assert not action(project_window, "claim-give-up").isEnabled()
    label(project_window, "one")
    qtbot.waitUntil(lambda: document.claims.held == {"one"}, timeout=20_000)
    assert document.unsaved
    trigger(project_window, "claim-give-up")
    qtbot.waitUntil(lambda: not document.claims.held, timeout=20_000)
    assert not document.unsaved
    assert ProjectFolder(root).load().track("one").annotation.n_labelled
    assert "Others can label one now" in texts(project_window)
    assert not action(project_window, "claim-give-up").isEnabled()
    with somebody(root, "one"):
        see(qtbot, project_window, "one")
        assert not label(project_window, "one", 40)
    see(qtbot, project_window)
    assert label(project_window, "one", 40)
    qtbot.waitUntil(lambda: document.claims.held == {"one"}, timeout=20_000)


def test_an_edit_after_giving_up_keeps_the_video(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    document = project_window.document
    label(project_window, "one")
    qtbot.waitUntil(lambda: document.claims.held == {"one"}, timeout=20_000)
    trigger(project_window, "claim-give-up")
    label(project_window, "one", 40)
    saved(qtbot, project_window)
    qtbot.waitUntil(lambda: not service(project_window).looking, timeout=20_000)
    service(project_window).look()
    qtbot.waitUntil(lambda: not service(project_window).looking, timeout=20_000)
    assert document.claims.held == {"one"}
