from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from app.state.undo_steps import StepBefore
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.project.changes_by_others import changed_paths, read_outside
from skelseg_core.project.class_edits import add_class, delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import (
    add_video,
    edit_lane,
    remove_video,
    set_notes,
)
from tests.app.windows import kill
from tests.projects import changed


def label(document: Document, start: int, stop: int, class_id: int) -> bool:
    return document.edit_lane("Paint", "one", lambda s: paint(s, start, stop, class_id))


def opened(qtbot: QtBot, root: Path) -> Document:
    """The project, with the steps of earlier sessions."""
    document = open_document(ProjectFolder(root))
    with qtbot.waitSignal(document.stepped, timeout=20_000):
        pass
    return document


def test_two_hundred_steps_are_undone_across_three_restarts(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    states = [project_folder.load()]
    for session in range(4):
        document = opened(qtbot, project_folder.root)
        assert document.undo_stack.count() == 50 * session
        assert document.project == states[-1]
        for n in range(50):
            start = (n * 7 + session) % 80
            assert label(document, start, start + 9, (n + session) % 3)
            states.append(document.project)
        document.close()
    document = opened(qtbot, project_folder.root)
    assert document.undo_stack.index() == document.undo_stack.count() == 200
    for state in states[-2::-1]:
        document.undo()
        assert document.project == state
    for state in states[1:]:
        document.redo()
        assert document.project == state
    document.go_to(0)
    assert document.project == states[0]
    document.close()
    # What was undone can be made again, also after one more restart.
    document = opened(qtbot, project_folder.root)
    assert (document.undo_stack.index(), document.undo_stack.count()) == (0, 200)
    document.go_to(200)
    assert document.project == states[-1]
    assert label(document, 0, 90, 1)
    document.undo()
    assert document.project == states[-1]
    document.close()


def test_classes_notes_and_removed_videos_are_undone_in_the_next_session(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = opened(qtbot, project_folder.root)
    states = [document.project]
    for edit in (
        lambda p: add_class(p, "dance"),
        lambda p: set_notes(p, "two", "from the side"),
        lambda p: edit_lane(p, "two", lambda s: paint(s, 3, 9, 1)),
        lambda p: remove_video(p, "two"),
    ):
        assert document.apply("Edit", edit)
        states.append(document.project)
    document.close()
    document = opened(qtbot, project_folder.root)
    for state in states[-2::-1]:
        document.undo()
        assert document.project == state
    document.go_to(4)
    assert document.project == states[-1]
    document.close()


@pytest.mark.parametrize("ends", [Document.close, kill])
def test_steps_that_grew_in_two_tracks_at_once_are_two(
    qtbot: QtBot, project_folder: ProjectFolder, ends: Callable[[Document], None]
) -> None:
    document = opened(qtbot, project_folder.root)
    states = [document.project]
    for stop in (5, 9, 14):
        for name, class_id in (("one", 2), ("two", 1)):
            edit = partial(paint, start=0, stop=stop, class_id=class_id)
            assert document.edit_lane(f"Grow {name}", name, edit, name)
    last = document.project
    states.append(edit_lane(last, "two", lambda _: states[0].track("two").annotation))
    states.append(last)
    for _ in range(2):
        assert document.undo_stack.count() == 2
        for state in states[1::-1]:
            document.undo()
            assert document.project == state
        for state in states[1:]:
            document.redo()
            assert document.project == state
        ends(document)
        document = opened(qtbot, project_folder.root)
    # Between them nothing of the same track may have come.
    label(document, 0, 5, 0)
    document.edit_lane("Grow one", "one", lambda s: paint(s, 0, 20, 2), "one")
    assert document.undo_stack.count() == 4
    document.close()


def test_a_step_that_grew_is_one_and_undone_ones_are_followed(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = opened(qtbot, project_folder.root)
    start = document.project
    for stop in (5, 9, 14):
        document.edit_lane("Grow", "one", lambda s, n=stop: paint(s, 0, n, 2), "grow")
    grown = document.project
    label(document, 40, 50, 1)
    label(document, 60, 70, 1)
    document.go_to(1)
    label(document, 20, 30, 0)
    kill(document)
    document = opened(qtbot, project_folder.root)
    assert document.undo_stack.count() == 2
    document.undo()
    assert document.project == grown
    document.undo()
    assert document.project == start
    document.close()


def test_steps_that_touch_what_others_changed_are_not_offered(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = opened(qtbot, project_folder.root)
    label(document, 0, 20, 1)
    document.edit_lane("Other", "two", lambda s: paint(s, 0, 20, 1))
    label(document, 40, 60, 2)
    document.close()
    folder = ProjectFolder(project_folder.root)
    there = folder.load()
    folder.save(edit_lane(there, "one", lambda s: paint(s, 45, 50, 0)), there)
    document = opened(qtbot, project_folder.root)
    assert document.history.left_out == 2
    assert document.undo_stack.count() == 1
    lane = document.project.track("one").annotation
    document.undo()
    assert document.project.track("two").annotation.n_labelled == 0
    assert document.project.track("one").annotation == lane
    document.close()


def test_one_video_changed_outside_leaves_the_others_to_undo(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = opened(qtbot, project_folder.root)
    start = document.project
    for item in start.tracks:
        named = changed(item, id=f"{item.id}-again")
        document.apply("Add", lambda p, new=named: add_video(p, new))
    document.close()
    folder = ProjectFolder(project_folder.root)
    there = folder.load()
    folder.save(set_notes(there, "two-again", "by night"), there)
    document = opened(qtbot, project_folder.root)
    # Both steps changed the list of videos, too: that fits whatever else is in it.
    assert document.history.left_out == 1
    document.undo()
    assert document.project.track_ids == (*start.track_ids, "two-again")
    document.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_class_that_a_colleague_deleted_and_undo_brings_back_is_told(
    qtbot: QtBot, project_folder: ProjectFolder, restarted: bool
) -> None:
    document = opened(qtbot, project_folder.root)
    label(document, 0, 20, 2)
    name = document.project.label_map.name_of(2)
    label(document, 0, 20, 1)
    document.save_now()
    if restarted:
        document.close()
    folder = ProjectFolder(project_folder.root)
    there = folder.load()
    deleted = delete_class(there, 2, None)
    folder.save(deleted, there)
    if restarted:
        document = opened(qtbot, project_folder.root)
    else:
        paths = changed_paths(document.folder)[0]
        change = read_outside(document.folder, document.saver.on_disk, paths)
        document.saver.on_disk = change.theirs
        document.taking_in.take_in(change.known, change.theirs, change)
    assert document.project.label_map.get(2) is None
    told: list[str] = []
    document.noted.connect(told.append)
    document.undo()
    assert document.project.label_map.name_of(2) == name
    assert document.project.track("one").annotation.at(5).class_id == 2
    assert told == [f"The class '{name}' is back, because labels use it."]
    document.close()
    assert ProjectFolder(project_folder.root).load().label_map.name_of(2) == name


def test_an_edit_before_the_steps_are_read_comes_after_them(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = opened(qtbot, project_folder.root)
    label(document, 0, 20, 1)
    document.close()
    document = open_document(ProjectFolder(project_folder.root))
    before = document.project
    assert label(document, 40, 60, 2)
    document.save_now()
    assert document.step == 1
    qtbot.waitUntil(lambda: document.undo_stack.count() == 2, timeout=20_000)
    assert document.step == 1
    assert document.undo_stack.index() == document.history.saved_step == 2
    assert [type(document.undo_stack.command(n)) is StepBefore for n in (0, 1)] == [
        True,
        False,
    ]
    document.undo()
    assert (document.project == before, document.step) == (True, 0)
    document.undo()
    assert document.project.track("one").annotation.n_labelled == 0
    assert document.step == -1
    document.close()


def test_steps_that_are_read_while_an_undo_is_recorded_wait_for_it(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = opened(qtbot, project_folder.root)
    label(document, 0, 20, 1)
    document.close()
    document = open_document(ProjectFolder(project_folder.root))
    before = document.project
    assert label(document, 40, 60, 2)
    after = document.project
    prepared = document.journal.prepared

    def slow(*arguments: object) -> object:
        time.sleep(0.5)
        return prepared(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("app.state.document.LARGE_SEGMENTS", -1)
    monkeypatch.setattr(document.journal, "prepared", slow)
    document.undo()
    monkeypatch.undo()
    qtbot.waitUntil(lambda: document.undo_stack.count() == 2, timeout=20_000)
    assert document.project == before
    assert (document.undo_stack.index(), document.step) == (1, 0)
    document.redo()
    assert document.project == after
    document.close()


@pytest.mark.parametrize("direct", [False, True])
def test_an_undo_that_cannot_be_recorded_is_refused(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    direct: bool,
) -> None:
    document = open_document(ProjectFolder(project_folder.root))
    label(document, 0, 20, 1)
    shown = document.project

    def full(*_: object) -> str:
        raise ProjectError("This edit could not be recorded (full) and was not made")

    monkeypatch.setattr(document.journal, "record", full)
    with qtbot.waitSignal(document.problem) as told:
        document.undo_stack.undo() if direct else document.undo()
    assert "was not made" in told.args[0]
    assert document.project is shown
    assert document.undo_stack.index() == 1
    monkeypatch.undo()
    document.undo()
    assert document.project is not shown
    assert document.undo_stack.index() == 0
    document.close()


def test_edits_of_a_folder_that_was_copied_are_named_and_stay_there(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    root = project_folder.root
    first = open_document(ProjectFolder(root))
    label(first, 0, 20, 1)
    kill(first)
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    document = opened(qtbot, copy)
    assert document.recovered == 0
    (note,) = document.notes
    assert note.startswith(f"Unsaved edits (1) were made in {root.resolve()}")
    assert str(first.journal.path) in note
    document.close()
    there = open_document(ProjectFolder(root))
    assert (there.recovered, there.notes) == (1, [])
    assert there.project.track("one").annotation.n_labelled == 20
    there.close()
