"""Practice in the window: it asks, it tells, and the project stays what it is."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.views.review import practice
from app.views.review.practice import PracticeDialog
from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segment, Segmentation
from tests.app.windows import trigger

Key = Qt.Key


def reviewed(n: int = 18, frames: int = 5) -> Segmentation:
    """Segments of three classes in turn, all of them reviewed."""
    return Segmentation(
        tuple(
            Segment(frames * i, frames * i + frames, i % 3).as_reviewed()
            for i in range(n)
        )
    )


def asked(project_window: ProjectWindow) -> PracticeDialog | None:
    return next(iter(project_window.window.findChildren(PracticeDialog)), None)


@pytest.fixture
def dialog(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> PracticeDialog:
    """The dialog at its first place; it takes keys as fast as they come."""
    monkeypatch.setattr(practice, "DOUBLE_MS", 0)
    video_id = project_window.session.video_id
    project_window.document.edit_lane("all", video_id, lambda _: reviewed())
    trigger(project_window, "practice")
    qtbot.waitUntil(lambda: asked(project_window) is not None)
    made = asked(project_window)
    assert made is not None
    qtbot.waitUntil(lambda: made.pictures.is_whole)
    return made


def test_every_place_is_asked_and_the_project_stays_as_it_was(
    qtbot: QtBot, project_window: ProjectWindow, dialog: PracticeDialog
) -> None:
    before, step = (
        project_window.document.project,
        project_window.document.undo_stack.index(),
    )
    places = dialog.practice.places
    errors = [p for p in places if p.planted is not None]
    assert errors
    for n, place in enumerate(places):
        qtbot.waitUntil(lambda: dialog.pictures.is_whole)
        assert dialog.place is place
        assert dialog.head.text() == f"{n + 1} of {len(places)}"
        # The first error is overlooked.
        is_wrong = place in errors[1:]
        qtbot.keyClick(dialog, Key.Key_Space if is_wrong else Key.Key_Return)
    text = dialog.said.text()
    assert f"You saw {len(errors) - 1} of {len(errors)} planted" in text
    assert "called 0 not right" in text
    assert text.count("Missed:") == 1
    assert project_window.document.project is before
    assert project_window.document.undo_stack.index() == step
    qtbot.keyClick(dialog, Key.Key_Escape)
    qtbot.waitUntil(lambda: asked(project_window) is None)
    assert project_window.document.project is before


def test_nothing_is_answered_before_the_pictures_are_there(
    qtbot: QtBot, dialog: PracticeDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(dialog.pictures), "is_whole", property(lambda _: False))
        qtbot.keyClick(dialog, Key.Key_Return)
    assert not dialog.answers
    qtbot.keyClick(dialog, Key.Key_Return)
    assert len(dialog.answers) == 1
    dialog.reject()


def test_it_ends_early_with_what_was_seen_so_far(
    qtbot: QtBot, dialog: PracticeDialog
) -> None:
    qtbot.keyClick(dialog, Key.Key_X)
    qtbot.keyClick(dialog, Key.Key_Escape)
    assert len(dialog.answers) == 1
    assert dialog.place is None
    assert "You saw" in dialog.said.text()
    dialog.reject()


def test_where_nothing_was_said_it_just_closes(
    qtbot: QtBot, dialog: PracticeDialog, project_window: ProjectWindow
) -> None:
    qtbot.keyClick(dialog, Key.Key_Escape)
    qtbot.waitUntil(lambda: asked(project_window) is None)


def test_no_thread_is_left_where_the_window_closes_meanwhile(
    qtbot: QtBot, dialog: PracticeDialog, project_window: ProjectWindow
) -> None:
    reading = [t for t in threading.enumerate() if t.name == "small pictures"]
    assert reading
    project_window.window.close()
    qtbot.waitUntil(lambda: not any(t.is_alive() for t in reading), timeout=5000)


def test_a_video_that_is_hardly_reviewed_is_refused(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    trigger(project_window, "practice")
    notices = project_window.services.notices
    qtbot.waitUntil(lambda: bool(notices.all))
    assert "needs 12 reviewed segments" in notices.all[-1].text
    assert asked(project_window) is None


def test_a_double_press_answers_one_place(
    qtbot: QtBot, dialog: PracticeDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Slower than any computer is, so that only the press counts here.
    monkeypatch.setattr(practice, "DOUBLE_MS", 60_000)
    qtbot.keyClick(dialog, Key.Key_Return)
    assert not dialog.answers, "the place has just come"
    monkeypatch.setattr(practice, "DOUBLE_MS", 0)
    qtbot.waitUntil(lambda: dialog.pictures.is_whole)
    qtbot.keyClick(dialog, Key.Key_Return)
    assert len(dialog.answers) == 1
    monkeypatch.setattr(practice, "DOUBLE_MS", 60_000)
    qtbot.waitUntil(lambda: dialog.pictures.is_whole)
    qtbot.keyClick(dialog, Key.Key_Return)
    assert len(dialog.answers) == 1
    dialog.reject()
