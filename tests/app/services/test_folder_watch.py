"""What others write into the folder of the open project comes in by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import add_class, rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_text
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    set_blind,
    set_locked,
    set_notes,
)
from skelseg_core.project.videos_and_tracks import prediction_lane
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
    return window.document.project.track(video).annotation.at(frame).class_id


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
        window.docks.messages.text.text()
        == "Others changed two. You see it as it is now."
    )


def test_what_others_did_to_a_video_of_mine_ends_its_undo(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    """A checkout under the open window."""
    document = window.document
    document.apply("mine", label("one", 5, 20, 1))
    document.apply("rename", lambda p: rename_class(p, 1, "mine"))
    document.save_now()
    folder = ProjectFolder(project_folder.root)
    there = folder.load()
    folder.save(label("one", 50, 60, 2)(there), there)
    qtbot.waitUntil(lambda: class_at(window, "one", 55) == 2)
    assert class_at(window, "one", 6) == 1
    assert document.undo_stack.count() == 1
    document.undo()
    assert document.project.label_map.names[1] != "mine"
    document.save_now()
    assert ProjectFolder(project_folder.root).load() == document.project
    assert list(project_folder.root.rglob("*.conflict-*")) == []


def test_what_comes_beside_unsaved_edits_is_kept_beside(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document
    monkeypatch.setattr(document.saver, "soon", lambda: None)
    document.apply("mine", label("one", 5, 20, 1))
    elsewhere(project_folder, lambda p: label("one", 50, 60, 2)(label("two", 5, 9)(p)))
    qtbot.waitUntil(lambda: class_at(window, "two", 6) == 0)
    assert class_at(window, "one", 6) == 1
    assert class_at(window, "one", 55) is None
    assert document.unsaved
    theirs = project_folder.labels_path("one").read_bytes()
    document.save_now()
    (kept,) = project_folder.root.rglob("*.conflict-*")
    assert kept.read_bytes() == theirs
    assert ProjectFolder(project_folder.root).load() == document.project


def test_what_comes_beside_unsaved_edits_is_kept_however_often_it_is_looked_at(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document
    monkeypatch.setattr(document.saver, "soon", lambda: None)
    document.apply("mine", label("one", 5, 20, 1))
    elsewhere(project_folder, label("one", 50, 60, 2))
    theirs = project_folder.labels_path("one").read_bytes()
    watch = window.services.folder_watch
    for _ in range(3):
        with qtbot.waitSignal(watch.looked):
            watch.look()
    document.save_now()
    (kept,) = project_folder.root.rglob("*.conflict-*")
    assert kept.read_bytes() == theirs


def test_a_save_that_meets_changes_of_others_shows_them(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = window.document
    monkeypatch.setattr(window.services.folder_watch, "look", lambda: None)
    elsewhere(project_folder, lambda p: set_notes(label("two", 50, 60)(p), "two", "x"))
    elsewhere(project_folder, lambda p: set_blind(p, True))
    document.apply("mine", lambda p: rename_class(p, 1, "mine"))
    document.apply("mine", label("one", 5, 20, 1))
    document.save_now()
    qtbot.waitUntil(lambda: not document.unsaved)
    assert class_at(window, "two", 55) == 0
    assert document.project.track("two").video.notes == "x"
    assert ProjectFolder(project_folder.root).load() == document.project
    document.go_to(0)
    assert class_at(window, "two", 55) == 0
    assert document.project.track("two").video.notes == "x"


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


def test_a_file_with_marks_of_git_is_said_and_not_taken(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    path = project_folder.labels_path("one")
    atomic_write(path, "<<<<<<< HEAD\n" + path.read_text())
    qtbot.waitUntil(
        lambda: "Another program changed one.json" in window.docks.messages.text.text(),
        timeout=40_000,
    )
    assert path.read_text().startswith("<<<<<<< HEAD")


def test_a_prediction_that_the_command_line_makes_anew_is_shown(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    item = document.project.track("two")
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


def test_a_video_that_nobody_read_comes_in_after_another_program_opened_it(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project_folder.load()  # from then on the index knows the lanes
    with opened(qtbot, project_folder) as window:
        lane = window.document.project.track("two").annotation
        assert isinstance(lane, UnreadLane)
        assert not lane.is_read
        elsewhere(project_folder, label("two", 5, 20, 1))
        # That renews the index on this computer, which this window reads from.
        ProjectFolder(project_folder.root).load()
        qtbot.waitUntil(lambda: class_at(window, "two", 6) == 1, timeout=20_000)
        said = window.docks.messages.text.text()
        assert said == "Others changed two. You see it as it is now."


def test_a_class_that_both_renamed_is_told_and_theirs_is_kept(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document = window.document
    known = document.saver.on_disk
    first = known.label_map.ids[0]
    assert document.apply("Rename", lambda p: rename_class(p, first, "mine"))
    with qtbot.waitSignal(document.noted) as told:
        elsewhere(project_folder, lambda p: rename_class(p, first, "theirs"))
    assert "both changed" in told.args[0]
    (kept,) = project_folder.root.glob("project.conflict-*.json")
    assert '"theirs"' in kept.read_text(encoding="utf-8")
    assert document.project.label_map.names[0] == "mine"


# -- what is kept beside --------------------------------------------------------------


@pytest.fixture
def labelled_twice(
    qtbot: QtBot,
    window: ProjectWindow,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> ProjectWindow:
    """The window after another program labelled the same frames of two."""
    monkeypatch.setattr(window.document.saver, "soon", lambda: None)
    window.document.apply("mine", label("two", 10, 30, 1))
    elsewhere(project_folder, label("two", 5, 20, 2))
    window.document.save_now()
    window.services.folder_watch.look()
    qtbot.waitUntil(lambda: bool(others(window, "two")), timeout=20_000)
    return window


def others(window: ProjectWindow, video: str) -> tuple[str, ...]:
    return window.document.project.track(video).annotators


def set_aside(qtbot: QtBot, root: Path, n: int = 1) -> list[str]:
    """Wait until files are set aside, and none lies beside its lane any more."""
    found: list[str] = []

    def is_done() -> bool:
        found[:] = sorted(p.name for p in (root / "set-aside").rglob("*.json"))
        return len(found) == n and not list((root / "labels").glob("*conflict*"))

    qtbot.waitUntil(is_done, timeout=20_000)
    return found


def test_another_version_is_a_lane_in_one_step_and_its_file_is_set_aside(
    qtbot: QtBot, labelled_twice: ProjectWindow
) -> None:
    window = labelled_twice
    document = window.document
    item = document.project.track("two")
    assert item.annotators == ("other",)
    theirs = item.lanes["annotator:other"]
    assert [theirs.at(n).class_id for n in (7, 15, 25)] == [2, 2, None]
    assert [class_at(window, "two", n) for n in (7, 15, 25)] == [None, 1, 1]
    (name,) = set_aside(qtbot, document.folder.root)
    assert name.startswith("two.conflict-")
    said = window.docks.messages.text.text()
    assert said.startswith("two was changed here and elsewhere at once.")
    assert "set-aside" in said
    assert document.undo_stack.count() == 2
    document.undo()
    assert others(window, "two") == ()
    assert class_at(window, "two", 15) == 1
    with qtbot.waitSignal(window.services.folder_watch.looked):
        window.services.folder_watch.look()
    assert others(window, "two") == ()


def test_a_version_that_a_lane_has_already_is_set_aside_alone(
    qtbot: QtBot, labelled_twice: ProjectWindow
) -> None:
    """As after a kill between the step and the file."""
    document = labelled_twice.document
    root = document.folder.root
    (name,) = set_aside(qtbot, root)
    again = root / "labels" / name.replace("conflict-", "conflict-9")
    (root / "set-aside" / "labels" / name).rename(again)
    labelled_twice.services.folder_watch.look()
    assert set_aside(qtbot, root) == [again.name]
    assert others(labelled_twice, "two") == ("other",)


@pytest.mark.parametrize(
    "name",
    [
        "one (Kim's conflicted copy 2026-03-01).json",
        "one.sync-conflict-20260301-101010-ABCDEFG.json",
        "one_conflict-20260301-101010.json",
    ],
)
def test_files_of_sync_clients_are_found_at_opening(
    qtbot: QtBot, project_folder: ProjectFolder, name: str
) -> None:
    project = project_folder.load()
    elsewhere(
        project_folder,
        lambda p: add_annotator_lane(p, "two", "Other", p.track("two").annotation),
    )
    lane = paint(project.track("one").annotation, 5, 9, 1)
    (project_folder.root / "labels" / name).write_text(labels_text(lane))
    with opened(qtbot, project_folder) as made:
        qtbot.waitUntil(lambda: bool(others(made, "one")), timeout=20_000)
        # Some disks would take "other" for the folder of "Other".
        assert made.document.project.track("one").lanes["annotator:other-2"] == lane
        assert set_aside(qtbot, project_folder.root) == [name]


def test_a_version_stays_beside_what_is_locked_until_it_is_not(
    qtbot: QtBot, window: ProjectWindow, project_folder: ProjectFolder
) -> None:
    document, watch = window.document, window.services.folder_watch
    document.apply("lock", lambda p: set_locked(p, "one", "final"))
    lane = paint(document.project.track("one").annotation, 5, 9, 1)
    path = project_folder.root / "labels" / "one.conflict-1.json"
    path.write_text(labels_text(lane))
    with qtbot.waitSignal(watch.looked):
        watch.look()
    assert path.exists()
    assert others(window, "one") == ()
    document.apply("unlock", lambda p: set_locked(p, "one", ""))
    watch.look()
    assert set_aside(qtbot, project_folder.root) == [path.name]
    assert others(window, "one") == ("other",)
