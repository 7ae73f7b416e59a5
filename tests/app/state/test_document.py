from __future__ import annotations

import gc
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.state.change import Change
from app.state.document import Document, PreparedEdit, open_document
from app.state.session import Session
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.edits import move_boundary, paint, relabel, split
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.class_edits import (
    add_class,
    class_deletion,
    delete_class,
    rename_class,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal, PreparedRecord
from skelseg_core.project.json import labels_from_json, lane_text
from skelseg_core.project.lane_index import LaneIndex
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane
from tests.app.conftest import N_FRAMES
from tests.app.windows import kill
from tests.journals import replayed


@pytest.fixture
def document(qtbot: QtBot, project_folder: ProjectFolder) -> Document:
    opened = open_document(project_folder)
    yield opened  # type: ignore[misc]
    opened.close()


def label(document: Document, start: int, stop: int, class_id: int) -> bool:
    return document.edit_lane("Paint", "one", lambda s: paint(s, start, stop, class_id))


def test_undo_gives_back_the_identical_values(document: Document) -> None:
    states = [document.project]
    for n in range(20):
        assert label(document, n, n + 5, n % 3)
        states.append(document.project)
    lanes = [state.track("one").annotation for state in states]
    for state, lane in zip(states[-2::-1], lanes[-2::-1], strict=True):
        document.undo_stack.undo()
        assert document.project == state
        assert document.project.track("one").annotation is lane
    for state, lane in zip(states[1:], lanes[1:], strict=True):
        document.undo_stack.redo()
        assert document.project == state
        assert document.project.track("one").annotation is lane


def test_a_class_after_an_undone_one_does_not_get_its_id(document: Document) -> None:
    def add(name: str) -> int:
        document.apply("Add", lambda p: add_class(p, name))
        found = document.project.label_map.named(name)
        assert found is not None
        return found.id

    first = add("twist")
    document.undo()
    # Whoever saw the first one may label with it still.
    assert add("turn") != first
    document.undo()
    assert add("twist") > first
    document.save_now()
    # Nor after a restart.
    assert ProjectFolder(document.folder.root).load().label_map.next_id > first + 2


def test_a_refused_edit_leaves_no_step(qtbot: QtBot, document: Document) -> None:
    before = document.project

    def wrong(project: Project) -> Project:
        raise EditError("no")

    with qtbot.waitSignal(document.problem):
        assert not document.apply("Wrong", wrong)
    assert document.project is before
    assert document.undo_stack.count() == 0


def test_an_edit_that_changes_nothing_leaves_no_step(document: Document) -> None:
    assert label(document, 0, 5, 1)
    assert not label(document, 0, 5, 1)
    assert document.undo_stack.count() == 1


def test_repeated_nudges_are_one_step(document: Document) -> None:
    label(document, 0, 40, 1)
    start = document.project
    for frame in (41, 42, 43):
        document.edit_lane(
            "Nudge", "one", lambda s, f=frame: move_boundary(s, 0, f), "nudge"
        )
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    assert document.project == start


def test_change_names_what_it_touches(qtbot: QtBot, document: Document) -> None:
    with qtbot.waitSignal(document.changed) as caught:
        label(document, 0, 5, 1)
    change = caught.args[0]
    assert isinstance(change, Change)
    assert change.touches("one")
    assert not change.touches("two")
    assert not change.classes
    assert not change.videos


def test_who_hears_of_a_step_finds_value_and_history_there(document: Document) -> None:
    told: list[tuple[int, Project]] = []
    stack = document.undo_stack
    document.stepped.connect(lambda: told.append((stack.index(), document.project)))
    values = [document.project]
    for n in range(4):
        label(document, n, n + 5, n % 3)
        values.append(document.project)
    assert told == [(n, values[n]) for n in (1, 2, 3, 4)]
    told.clear()
    stack.undo()
    stack.redo()
    document.go_to(1)
    document.go_to(1)
    document.go_to(3)
    assert told == [(n, values[n]) for n in (3, 4, 1, 3)]
    told.clear()
    for stop in (20, 21):
        document.edit_lane("Grow", "one", lambda s, n=stop: paint(s, 0, n, 2), "grow")
    assert [index for index, _ in told] == [4, 4], "what grows is told, too"


def test_a_closed_one_is_let_go_of_in_silence(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    opened = open_document(project_folder)
    for n in range(3):
        label(opened, n, n + 5, n)
    told: list[None] = []
    opened.stepped.connect(lambda: told.append(None))
    opened.close()
    # As at the end of the stack: its slots are gone before it is.
    opened.undo_stack.clear()
    assert not told


def test_it_saves_by_itself(qtbot: QtBot, document: Document) -> None:
    with qtbot.waitSignal(document.saved, timeout=10_000):
        label(document, 3, 9, 2)
    assert not document.unsaved
    assert ProjectFolder(document.folder.root).load() == document.project


def test_edits_during_a_save_are_saved_next(qtbot: QtBot, document: Document) -> None:
    label(document, 3, 9, 2)
    document.save()
    label(document, 20, 30, 1)
    with qtbot.waitSignals([document.saved, document.saved], timeout=10_000):
        pass
    assert ProjectFolder(document.folder.root).load() == document.project


def test_a_killed_session_comes_back(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    first = open_document(project_folder)
    label(first, 5, 15, 1)
    first.edit_lane("Split", "one", lambda s: split(s, 10))
    label(first, 50, 60, 2)
    first.undo_stack.undo()
    killed = first.project
    kill(first)
    second = open_document(ProjectFolder(project_folder.root))
    assert second.project == killed
    assert second.recovered == 4
    assert ProjectFolder(project_folder.root).load() == killed
    second.close()
    third = open_document(ProjectFolder(project_folder.root))
    assert third.recovered == 0
    third.close()
    first.close()


def test_a_project_that_is_open_opens_again(qtbot: QtBot, document: Document) -> None:
    label(document, 5, 15, 1)
    again = open_document(ProjectFolder(document.folder.root))
    assert again.recovered == 0  # those are the edits of a session that lives
    label(again, 20, 30, 0)
    again.close()
    document.save_now()
    folder = ProjectFolder(document.folder.root)
    assert folder.load().track("one").annotation.at(5).class_id == 1
    # Without claims nobody held the other one up: what it wrote is beside.
    (kept,) = folder.root.rglob("*.conflict-*")
    assert kept.read_text() == lane_text(again.project.track("one"), ANNOTATION)


def test_a_failed_save_is_told_and_kept(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> list[str]:
        raise ProjectError("the disk is full")

    label(document, 5, 15, 1)
    monkeypatch.setattr(document.folder, "save", full)
    told: list[str] = []
    document.save_failed.connect(told.append)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        document.save()
    assert told == ["the disk is full"]
    assert document.unsaved
    assert document.journal.entries()
    monkeypatch.undo()


def test_no_project_is_said_and_nothing_made(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="not a skelseg project"):
        open_document(ProjectFolder(tmp_path))
    assert not list(tmp_path.iterdir())


def test_closing_in_the_middle_of_a_save_writes_what_is_shown(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    document = open_document(project_folder)
    label(document, 5, 15, 1)
    document.save()
    document.undo_stack.undo()
    shown = document.project
    document.close()
    assert ProjectFolder(project_folder.root).load() == shown
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered == 0
    again.close()


def test_a_folder_that_is_gone_is_not_made_anew_with_a_part(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    root, away = project_folder.root, project_folder.root.with_name("away")
    document = open_document(project_folder)
    label(document, 0, 5, 1)
    told: list[str] = []
    document.save_failed.connect(told.append)
    root.rename(away)
    with qtbot.waitSignal(document.save_failed, timeout=10_000):
        document.save()
    assert "is gone" in told[0]
    assert not root.exists()
    with pytest.raises(ProjectError, match="is gone"):
        document.close()
    # Put back, it has everything; another process would see that this one is over.
    away.rename(root)
    kill(document)
    again = open_document(ProjectFolder(root))
    assert again.recovered == 1
    assert again.project.track("one").annotation.at(0).class_id == 1
    again.close()


def deletion(document: Document) -> PreparedEdit:
    task = class_deletion(document.project, 0, 1)
    return finish(document.prepare("Merge", task))


def test_an_edit_that_was_prepared_is_one_step_and_is_recorded(
    qtbot: QtBot, document: Document
) -> None:
    assert label(document, 0, 5, 0)
    before, edit = document.project, deletion(document)
    assert document.project is before
    assert document.apply_prepared(edit)
    assert document.project == delete_class(before, 0, 1)
    assert document.undo_stack.count() == 2
    again = ProjectFolder(document.folder.root)
    assert replayed(again.load(), document.journal, again) == document.project
    document.undo()
    assert document.project == before


def test_an_edit_that_was_prepared_of_another_value_is_not_made(
    document: Document,
) -> None:
    assert label(document, 0, 5, 0)
    edit = deletion(document)
    assert label(document, 10, 15, 0)
    before = document.project
    assert not document.apply_prepared(edit)
    assert document.project is before
    assert document.undo_stack.count() == 2


def test_a_large_step_is_recorded_in_a_thread_and_no_edit_comes_between(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.state.document.LARGE_SEGMENTS", 0)
    assert label(document, 0, 5, 0)
    before = document.project
    made: list[bool] = []
    prepared = Journal.prepared

    def slowly(*arguments: Any) -> PreparedRecord:
        assert threading.current_thread() is not threading.main_thread()
        until = time.monotonic() + 60
        while not made and time.monotonic() < until:
            time.sleep(0.01)
        return prepared(*arguments)

    told: list[str] = []
    document.problem.connect(told.append)
    QTimer.singleShot(0, lambda: made.append(label(document, 10, 15, 0)))
    monkeypatch.setattr(Journal, "prepared", slowly)
    document.undo()
    assert made == [False]
    assert told == ["'Paint' was not done: another edit was running."]
    assert document.undo_stack.index() == 0
    document.redo()
    assert document.project == before


def test_a_small_step_in_a_large_lane_is_recorded_at_once(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = Segmentation.from_frames(np.arange(N_FRAMES) % 2)
    assert document.edit_lane("Label", "one", lambda _: labels)
    assert document.edit_lane("One", "one", lambda lane: relabel(lane, 7, 2))
    monkeypatch.setattr("app.state.document.LARGE_SEGMENTS", 10)
    threads: list[bool] = []
    prepared = Journal.prepared

    def noted(*arguments: Any, **more: Any) -> PreparedRecord:
        threads.append(threading.current_thread() is not threading.main_thread())
        return prepared(*arguments, **more)

    monkeypatch.setattr(Journal, "prepared", noted)
    document.undo()
    document.redo()
    assert threads == [False, False]
    document.undo()
    document.undo()
    assert threads == [False, False, False, True]


def test_an_edit_during_a_save_is_in_the_journal_once_that_has_ended(
    qtbot: QtBot, document: Document
) -> None:
    label(document, 3, 9, 2)
    with qtbot.waitSignal(document.saved, timeout=10_000):
        document.save()
        document.edit_lane("Meanwhile", "one", lambda s: paint(s, 20, 30, 1))
    # Whoever is killed now finds in the journal what the files have not.
    assert document.unsaved
    assert [e["text"] for e in document.journal.entries()] == ["Meanwhile"]


def test_an_edit_that_comes_while_closing_saves_is_not_lost(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = open_document(project_folder)
    document.edit_lane("label", "one", lambda s: paint(s, 0, 9, 0))
    save = document.folder.save

    def slow_save(*values: Any) -> list[str]:
        time.sleep(0.2)
        return save(*values)

    monkeypatch.setattr(document.folder, "save", slow_save)

    def late() -> None:
        document.edit_lane("late", "one", lambda s: paint(s, 20, 29, 0))

    QTimer.singleShot(0, document, late)
    document.close()
    assert document.unsaved
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered
    assert again.project.track("one").annotation.n_labelled == 18
    again.close()


def test_a_video_whose_labels_changed_since_the_opening_is_not_shown(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project_folder.load()
    document = open_document(ProjectFolder(project_folder.root))
    session = Session(can_show=document.can_show)
    session.set_video("one")
    path = project_folder.labels_path("two")
    text = path.read_text()
    path.write_text(text.replace("null", "0", 1))
    LaneIndex(project_folder.root).path.unlink()
    with qtbot.waitSignal(document.problem) as told:
        session.set_video("two")
    assert "two.json since the project was opened" in told.args[0]
    assert session.track_id == "one"
    path.write_text(text)
    session.set_video("two")
    assert session.track_id == "two"
    document.close()


def test_a_closed_document_is_collected_with_all_its_steps(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    for _ in range(3):
        document = open_document(project_folder)
        for n in range(40):
            document.edit_lane("Paint", "one", lambda s, n=n: paint(s, n, n + 2, n % 3))
        document.close()
        assert document.undo_stack.count() == 0
        del document
        gc.collect()  # crashed where the steps were left to it


def rename(document: Document, class_id: int, name: str) -> bool:
    return document.apply("Rename", lambda p: rename_class(p, class_id, name))


def test_what_others_wrote_is_no_step_and_takes_the_steps_that_do_not_fit(
    document: Document,
) -> None:
    label(document, 0, 5, 1)
    rename(document, 0, "go")
    label(document, 5, 9, 1)
    document.save_now()
    told: list[str] = []
    document.noted.connect(told.append)
    known = document.saver.on_disk
    theirs = edit_lane(known, "one", lambda s: paint(s, 30, 40, 2))
    document.saver.on_disk = theirs
    document.taking_in.take_in(known, theirs)
    texts = [document.undo_stack.text(n) for n in range(document.undo_stack.count())]
    assert texts == ["Rename"]
    assert told == ["2 steps cannot be undone: others changed them."]
    document.undo()
    assert document.project.label_map.names[0] != "go"
    assert document.project.track("one").annotation is theirs.track("one").annotation


def test_what_i_changed_and_no_file_has_stays_beside_what_others_wrote(
    document: Document,
) -> None:
    known = document.saver.on_disk
    label(document, 0, 5, 1)
    mine = document.project.track("one").annotation
    theirs = edit_lane(known, "one", lambda s: paint(s, 30, 40, 2))
    theirs = edit_lane(theirs, "two", lambda s: paint(s, 30, 40, 2))
    document.taking_in.take_in(known, theirs)
    assert document.project.track("one").annotation is mine
    assert document.project.track("two").annotation.at(35).class_id == 2
    document.undo()
    assert document.project.track("one").annotation.n_labelled == 0


def test_what_a_save_took_in_of_a_track_that_is_edited_meanwhile_is_kept_beside(
    qtbot: QtBot, document: Document
) -> None:
    other = ProjectFolder(document.folder.root)
    known = other.load()
    theirs = edit_lane(known, "one", lambda s: paint(s, 30, 40, 2))
    other.save(rename_class(theirs, 0, "go"), known)
    document.edit_lane("Paint", "two", lambda s: paint(s, 0, 5, 1))
    document.save()
    label(document, 0, 5, 1)
    qtbot.waitUntil(lambda: not document.unsaved, timeout=10_000)
    now = ProjectFolder(document.folder.root).load()
    assert now.label_map.names[0] == "go"
    assert now.track("one").annotation.n_labelled == 5
    (kept,) = document.folder.labels_path("one").parent.glob("one.conflict-*.json")
    lane = labels_from_json(json.loads(kept.read_text()), kept.name)
    assert lane.n_labelled == 10


def test_a_class_that_somebody_else_added_meanwhile_keeps_its_id(
    document: Document,
) -> None:
    other = ProjectFolder(document.folder.root)
    there = other.load()
    theirs = add_class(there, "theirs")
    assert other.reserve_ids(range(there.label_map.next_id, theirs.label_map.next_id))
    assert document.apply("Add", lambda p: add_class(p, "mine"))
    mine = document.project.label_map.named("mine")
    assert mine is not None
    assert mine.id == theirs.label_map.next_id
    other.save(theirs, there)
    document.save_now()
    assert {"mine", "theirs"} <= {*other.load().label_map.names}


def test_a_class_is_not_added_where_its_id_cannot_be_kept(
    qtbot: QtBot, document: Document
) -> None:
    path = document.folder.project_file
    path.rename(path.with_name("away"))
    with qtbot.waitSignal(document.problem):
        assert not document.apply("Add", lambda p: add_class(p, "mine"))
    path.with_name("away").rename(path)
    assert document.apply("Add", lambda p: add_class(p, "mine"))


def test_undo_of_an_added_class_that_others_labelled_with_keeps_it(
    qtbot: QtBot, document: Document
) -> None:
    document.apply("Add", lambda p: add_class(p, "twist"))
    added = document.project.label_map.ids[-1]
    document.save_now()
    known = document.project
    theirs = edit_lane(known, "two", lambda s: paint(s, 0, 5, added))
    document.saver.on_disk = theirs
    document.taking_in.take_in(known, theirs)
    with qtbot.waitSignal(document.noted) as caught:
        document.undo()
    assert caught.args == ["The class 'twist' is back, because labels use it."]
    assert document.project.label_map.name_of(added) == "twist"
