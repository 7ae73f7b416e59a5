"""What others write into the folder of the open project comes in by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_class, rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.journal import Journal
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.merge import StateMerge, with_class_ids
from skelseg_core.project.project import Project, edit_lane, prediction_lane, set_notes
from tests.app.windows import opened
from tests.settled import settle


@pytest.fixture
def window(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ProjectWindow]:
    with opened(qtbot, project_folder) as made:
        yield made


def elsewhere(root: ProjectFolder, edit: Callable[[Project], Project]) -> None:
    """Make an edit as another program does."""
    folder = ProjectFolder(root.root)
    before = folder.load()
    folder.save(edit(before), before)


def label(
    video: str, start: int, stop: int, class_id: int = 0
) -> Callable[[Project], Project]:
    return lambda p: edit_lane(p, video, lambda a: paint(a, start, stop, class_id))


def class_at(window: ProjectWindow, video: str, frame: int) -> int | None:
    return window.document.project.video(video).annotation.at(frame).class_id


def test_labels_of_another_program_come_in_and_are_no_step(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    elsewhere(project_folder, label("two", 5, 20, 1))
    qtbot.waitUntil(lambda: class_at(window, "two", 6) == 1, timeout=20_000)
    settle()
    assert document.undo_stack.count() == 0
    assert not document.unsaved
    assert document.journal.entries() == []
    assert (
        window.docks.messages.text.text() == "What others changed of two is here now."
    )


def test_what_both_did_to_one_video_is_there_and_undo_takes_only_mine(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    document.apply("mine", label("one", 5, 20, 1))
    document.save_now()
    elsewhere(project_folder, label("one", 50, 60, 2))
    qtbot.waitUntil(lambda: class_at(window, "one", 55) == 2, timeout=20_000)
    assert class_at(window, "one", 6) == 1
    document.undo()
    assert class_at(window, "one", 6) is None
    assert class_at(window, "one", 55) == 2
    document.redo()
    document.save_now()
    found = ProjectFolder(project_folder.root).load().video("one").annotation
    assert (found.at(6).class_id, found.at(55).class_id) == (1, 2)
    assert list(project_folder.root.rglob("*.conflict-*")) == []


def test_what_comes_beside_unsaved_edits_is_in_the_journal(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document
    monkeypatch.setattr(document.saver, "soon", lambda: None)
    document.apply("mine", label("one", 5, 20, 1))
    elsewhere(project_folder, label("one", 50, 60, 2))
    qtbot.waitUntil(lambda: class_at(window, "one", 55) == 2, timeout=20_000)
    assert class_at(window, "one", 6) == 1
    assert document.unsaved
    assert Journal(document.journal.path, document.folder).entries()


def test_a_save_that_meets_changes_of_others_shows_them(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document
    monkeypatch.setattr(window.services.folder_watch, "look", lambda: None)
    elsewhere(project_folder, lambda p: set_notes(label("one", 50, 60)(p), "two", "x"))
    document.apply("mine", lambda p: rename_class(p, 1, "mine"))
    document.apply("mine", label("one", 5, 20, 1))
    document.save_now()
    qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)
    assert class_at(window, "one", 55) == 0
    assert document.project.video("two").notes == "x"
    assert ProjectFolder(project_folder.root).load() == document.project
    document.go_to(0)
    assert class_at(window, "one", 55) == 0
    assert document.project.video("two").notes == "x"


def test_what_could_not_be_shown_is_merged_by_the_next_save(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document

    def broken(*_: object) -> None:
        raise ProjectError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("app.state.document.keep_their_lanes", broken)
        with qtbot.waitSignal(document.problem, timeout=20_000):
            elsewhere(project_folder, label("one", 50, 60, 2))
        window.services.folder_watch.close()
    assert class_at(window, "one", 55) is None
    document.apply("mine", label("one", 5, 20, 1))
    document.save_now()
    found = ProjectFolder(project_folder.root).load().video("one").annotation
    assert (found.at(6).class_id, found.at(55).class_id) == (1, 2)
    assert class_at(window, "one", 55) == 2


def test_labels_and_their_new_class_come_in_together(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    new = len(window.document.project.label_map)

    def edit(p: Project) -> Project:
        return label("one", 5, 9, add_class(p, "new").label_map.ids[-1])(
            add_class(p, "new")
        )

    elsewhere(project_folder, edit)
    qtbot.waitUntil(
        lambda: len(window.document.project.label_map) == new + 1, timeout=20_000
    )
    qtbot.waitUntil(lambda: class_at(window, "one", 6) is not None, timeout=20_000)


def test_a_label_file_that_is_deleted_is_written_again_and_said(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    document.apply("mine", label("one", 5, 20, 1))
    document.save_now()
    path = project_folder.labels_path("one")
    said: list[str] = []
    document.noted.connect(said.append)
    path.unlink()
    qtbot.waitUntil(path.is_file, timeout=30_000)
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "one.json" in said[0]
    assert class_at(window, "one", 6) == 1


def test_where_all_is_saved_what_comes_in_leaves_nothing_to_bring_back(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    assert document.edit_lane("Mine", "one", lambda a: paint(a, 3, 6, 1))
    document.undo()
    assert not document.unsaved
    assert len(document.journal.entries()) == 2
    elsewhere(project_folder, lambda p: add_class(p, "theirs"))
    qtbot.waitUntil(lambda: "theirs" in document.project.label_map.names)
    settle()
    # Else a recovery would take what they did for mine, and a class that I delete
    # from now on for one that they added.
    assert document.journal.entries() == []


def test_a_file_with_marks_of_git_is_said_and_not_taken(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    path = project_folder.labels_path("one")
    atomic_write(path, "<<<<<<< HEAD\n" + path.read_text())
    qtbot.waitUntil(
        lambda: "one.json was changed by another" in window.docks.messages.text.text(),
        timeout=40_000,
    )
    assert path.read_text().startswith("<<<<<<< HEAD")


def test_a_prediction_that_the_command_line_makes_anew_is_shown(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    item = document.project.video("two")
    ids = np.array(document.project.label_map.ids)
    path = project_folder.prediction_path("two", "m")

    def predict(class_id: int) -> None:
        lane = Segmentation.from_frames(np.full(item.n_frames, class_id))
        shares = np.full((item.n_frames, len(ids)), 1 / len(ids), np.float32)
        save_prediction(path, Prediction(shares, ids, lane))

    def shown() -> int | None:
        lane = window.services.current_video.lane(prediction_lane("m"))
        return None if lane is None else lane.at(0).class_id

    window.session.set_video("two")
    predict(0)
    window.services.folder_watch.look()
    qtbot.waitUntil(lambda: shown() == 0, timeout=20_000)
    assert document.edit_lane("Mine", "two", lambda a: paint(a, 3, 6, 1))
    predict(1)
    window.services.folder_watch.look()
    qtbot.waitUntil(lambda: shown() == 1, timeout=20_000)
    document.undo()
    assert shown() == 1
    assert class_at(window, "two", 4) != 1


@pytest.mark.parametrize(
    ("saves", "theirs"), [(False, "two"), (True, "one")], ids=["watch", "save"]
)
def test_a_long_history_is_merged_before_edits_have_to_wait(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    saves: bool,
    theirs: str,
) -> None:
    document, held = window.document, list[bool]()
    for n in range(20):
        document.edit_lane("Mine", "one", lambda a, n=n: paint(a, n, n + 2, n % 3))  # type: ignore[misc]
    document.save_now()

    def noted(state: Project, ids: Mapping[int, int]) -> Project:
        held.append(document.is_busy)
        return with_class_ids(state, ids)

    # It is asked once for each state.
    monkeypatch.setattr("skelseg_core.project.merge.with_class_ids", noted)
    if saves:  # which takes in what others wrote before the watch does
        window.services.folder_watch.close()
    elsewhere(project_folder, label(theirs, 60, 80, 1))
    if saves:
        document.edit_lane("Mine", "one", lambda a: paint(a, 40, 42, 1))
        document.save()
    qtbot.waitUntil(lambda: class_at(window, theirs, 61) == 1, timeout=20_000)
    # The states of before were merged before keys had to wait.
    assert held.count(True) == 0
    assert held.count(False) >= 20
    document.go_to(3)
    assert class_at(window, theirs, 61) == 1
    assert class_at(window, "one", 19) is None


def test_a_video_that_nobody_read_comes_in_after_another_program_opened_it(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project_folder.load()  # from then on the index knows the lanes
    with opened(qtbot, project_folder) as window:
        lane = window.document.project.video("two").annotation
        assert isinstance(lane, UnreadLane)
        assert not lane.is_read
        elsewhere(project_folder, label("two", 5, 20, 1))
        # That renews the index on this computer, which this window reads from.
        ProjectFolder(project_folder.root).load()
        qtbot.waitUntil(lambda: class_at(window, "two", 6) == 1, timeout=20_000)
        said = window.docks.messages.text.text()
        assert said == "What others changed of two is here now."


def test_a_class_that_both_renamed_is_told_and_theirs_is_kept(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    known = document.saver.on_disk
    first = known.label_map.ids[0]
    assert document.apply("Rename", lambda p: rename_class(p, first, "mine"))
    with qtbot.waitSignal(document.noted) as told:
        document.take_outside(StateMerge(known, rename_class(known, first, "theirs")))
    assert "the name of class 'mine' (theirs: 'theirs')" in told.args[0]
    (kept,) = project_folder.root.glob("project.conflict-*.json")
    assert '"theirs"' in kept.read_text(encoding="utf-8")
    assert document.project.label_map.names[0] == "mine"
