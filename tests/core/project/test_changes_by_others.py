"""Saving beside others: nothing of theirs is lost, and no state is a mixture."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.changes_by_others import changed_paths, read_outside, take_in
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    rename_class,
    with_next_id,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.holds.project_lock import LOCK
from skelseg_core.project.json import labels_text
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    add_video,
    edit_lane,
    remove_lane,
    remove_video,
    set_blind,
    set_notes,
)
from skelseg_core.project.seen_files import SeenFiles
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.projects import N, item, painted

Made = tuple[ProjectFolder, Project]


def labels_of(root: Path, video: str = "v1") -> Segmentation:
    return ProjectFolder(root).load().track(video).annotation


def conflict_files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.conflict-*"))


def save_other(root: Path, edit: Callable[[Project], Project]) -> Project:
    """Save an edit from another window or the command line."""
    other = ProjectFolder(root)
    before = other.load()
    after = edit(before)
    other.save(after, before)
    return after


def test_labels_of_both_are_there_after_a_save(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: painted(p, 50, 60, 2, "v2"))
    assert folder.save(painted(project, 5, 9, 1), project).notes == ()
    assert labels_of(folder.root).at(5).class_id == 1
    assert labels_of(folder.root, "v2").at(55).class_id == 2
    assert conflict_files(folder.root) == []


def test_what_others_added_survives_an_edit_of_the_classes(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: add_video(p, item("v9")))
    saved = folder.save(rename_class(project, 0, "go"), project)
    found = ProjectFolder(folder.root).load()
    assert found.label_map.names[0] == "go"
    assert found.has("v9")
    assert saved.project == found


def test_labels_that_both_changed_are_mine_and_theirs_are_kept_beside(
    made: Made,
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: painted(p, 5, 20, 2))
    theirs = folder.labels_path("v1").read_bytes()
    mine = painted(project, 10, 30, 1)
    (note,) = folder.save(mine, project).notes
    (kept,) = conflict_files(folder.root)
    assert kept.read_bytes() == theirs
    assert kept.name in note
    assert labels_of(folder.root) == mine.track("v1").annotation
    # Said once: the next save of the same frames keeps nothing.
    assert folder.save(painted(mine, 10, 30, 0), mine).notes == ()


def test_a_value_that_both_changed_is_mine_and_theirs_is_kept_beside(
    made: Made,
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_blind(rename_class(p, 0, "theirs"), True))
    theirs = folder.project_file.read_bytes()
    saved = folder.save(rename_class(project, 0, "mine"), project)
    (kept,) = conflict_files(folder.root)
    assert kept.read_bytes() == theirs
    assert saved.notes == (
        "You and somebody else both changed a class; your version is kept, and "
        f"theirs is saved as {kept.name}.",
    )
    found = ProjectFolder(folder.root).load()
    assert (found.label_map.names[0], found.blind) == ("mine", True)


def test_a_class_that_went_outside_stays_with_my_new_labels_and_is_told(
    made: Made,
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: delete_class(p, 2, 1))
    mine = rename_class(painted(project, 5, 9, 2), 0, "go")
    (note,) = folder.save(mine, project).notes
    assert "'c', which somebody else deleted, stays" in note
    found = ProjectFolder(folder.root).load()
    assert found.track("v1").annotation.at(6).class_id == 2
    assert found.label_map.names == ("go", "b", "c")


def test_a_video_that_i_labelled_stays_though_somebody_took_it_out(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: remove_video(p, "v1"))
    mine = set_blind(painted(project, 5, 9, 2), True)
    (note,) = folder.save(mine, project).notes
    assert "the labels of v1" in note
    found = ProjectFolder(folder.root).load()
    assert found.track("v1").annotation == mine.track("v1").annotation
    assert found.blind


def test_where_labels_have_a_class_that_project_json_lacks_it_comes_back(
    made: Made,
) -> None:
    """Only project.json went back, as by a checkout of that file alone."""
    folder, project = made
    before = folder.project_file.read_bytes()
    new = add_class(project, "new")
    folder.save(painted(new, 5, 9, 3), project)
    folder.project_file.write_bytes(before)
    again = ProjectFolder(folder.root)
    found = again.load()
    assert found.label_map.name_of(3) == "class 3 (name lost)"
    assert "class 3 (name lost)" in again.notes[0]
    # Another class never gets its labels.
    other = add_class(found, "other")
    again.save(other, found)
    there = ProjectFolder(folder.root).load()
    assert there.label_map.names[-2:] == ("class 3 (name lost)", "other")
    assert there.track("v1").annotation.at(6).class_id == 3


def test_where_project_json_goes_back_while_it_is_open_the_class_stays(
    made: Made,
) -> None:
    folder, project = made
    before = folder.project_file.read_bytes()
    new = painted(add_class(project, "new"), 5, 9, 3)
    folder.save(new, project)
    folder.project_file.write_bytes(before)
    change = read_outside(folder, new, changed_paths(folder)[0])
    taken = take_in(folder, new, new, change.theirs)
    assert taken.project.label_map.name_of(3) == "new"
    assert "'new', which somebody else deleted, stays" in taken.notes[0]


def test_no_two_people_add_classes_of_one_id(made: Made) -> None:
    folder, project = made
    other = ProjectFolder(folder.root)
    theirs = other.load()
    assert folder.reserve_ids(range(3, 4)) == 3
    assert other.reserve_ids(range(3, 5)) == 4
    assert other.reserve_ids(range(4, 6)) == 4
    assert add_class(ProjectFolder(folder.root).load(), "x").label_map.ids[-1] == 6
    folder.save(add_class(project, "mine"), project)
    other.save(add_class(with_next_id(theirs, 4), "theirs"), theirs)
    found = {c.id: c.name for c in ProjectFolder(folder.root).load().label_map.classes}
    assert found == {0: "a", 1: "b", 2: "c", 3: "mine", 4: "theirs"}
    assert conflict_files(folder.root) == []


def edits_of(n: int, project: Project) -> Project:
    """One of a few edits, each of other parts."""
    edits: list[Callable[[Project], Project]] = [
        lambda p: painted(p, 5, 9, 1),
        lambda p: painted(p, 5, 9, 1, "v2"),
        lambda p: set_notes(p, "v1", "x"),
        lambda p: rename_class(p, 0, "go"),
        lambda p: add_video(p, item("v9")),
        lambda p: set_blind(p, True),
        lambda p: delete_class(p, 2, 0),
    ]
    return edits[n](project)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=st.sets(st.integers(0, 6)), theirs=st.sets(st.integers(0, 6)))
def test_each_part_is_as_whoever_changed_it_has_it(
    made: Made, mine: set[int], theirs: set[int]
) -> None:
    folder, known = made
    shown = reduce(lambda p, n: edits_of(n, p), sorted(mine - theirs), known)
    others = reduce(lambda p, n: edits_of(n, p), sorted(theirs), known)
    both = reduce(lambda p, n: edits_of(n, p), sorted(mine | theirs), known)
    taken = take_in(folder, shown, known, others)
    assert taken.mine == ()
    assert taken.project == both
    assert take_in(folder, taken.project, others, others).project == both


@pytest.mark.parametrize("is_open", [True, False])
def test_a_label_file_of_a_class_that_was_deleted_is_kept_beside_when_it_is_written(
    made: Made, is_open: bool
) -> None:
    folder, project = made
    after = delete_class(project, 2, None)
    folder.save(after, project)
    path = folder.labels_path("v1")
    other = painted(project, 10, 20, 2).track("v1").annotation
    path.write_text(labels_text(other))  # fetched with git, of an older clone
    there = path.read_bytes()
    if not is_open:
        folder = ProjectFolder(folder.root)
        after = folder.load()
        (note,) = folder.notes
        assert "deleted classes (c): v1.json" in note
        # The second time it is known without reading.
        folder = ProjectFolder(folder.root)
        after = folder.load()
        assert len(folder.notes) == 1
    (said,) = folder.save(painted(after, 40, 50, 1), after).notes
    (kept,) = conflict_files(folder.root)
    assert kept.read_bytes() == there
    assert kept.name in said
    again = ProjectFolder(folder.root)
    found = again.load().track("v1").annotation
    assert (found.at(15).class_id, found.at(45).class_id) == (None, 1)
    assert again.notes == []


def test_a_file_that_is_no_label_file_is_kept_beside(made: Made) -> None:
    folder, project = made
    path = folder.labels_path("v1")
    path.write_text("<<<<<<< HEAD\n" + path.read_text())
    (note,) = folder.save(painted(project, 5, 9, 1), project).notes
    assert "Another program changed v1.json" in note
    assert labels_of(folder.root).at(5).class_id == 1


def test_another_project_or_a_newer_one_is_never_written_over(made: Made) -> None:
    folder, project = made
    text = folder.project_file.read_text()
    for other in (
        text.replace(project.uuid, "0" * 32),
        text.replace('"schema": 1', '"schema": 999'),
    ):
        assert other != text
        folder.project_file.write_text(other)
        with pytest.raises(ProjectError):
            folder.save(set_blind(project, True), project)
        assert folder.project_file.read_text() == other


def test_only_what_changed_is_found(made: Made) -> None:
    folder, _ = made
    project = folder.load()
    assert changed_paths(folder) == ([], [])
    save_other(folder.root, lambda p: painted(p, 5, 9, 1))
    assert changed_paths(folder)[0] == [folder.labels_path("v1")]
    change = read_outside(folder, project, changed_paths(folder)[0])
    assert change.theirs.track("v1").annotation.at(6).class_id == 1
    change.note_as_seen(folder)
    assert changed_paths(folder) == ([], [])
    folder.labels_path("v1").unlink()
    assert changed_paths(folder)[1] == [folder.labels_path("v1")]


def test_labels_of_a_class_that_the_project_lacks_wait_for_it(made: Made) -> None:
    folder, project = made
    lane = paint(project.track("v1").annotation, 5, 9, 77)
    folder.labels_path("v1").write_text(labels_text(lane))
    change = read_outside(folder, project, [folder.labels_path("v1")])
    assert change.theirs is project
    assert list(change.unreadable) == [folder.labels_path("v1")]


# -- the order of writes ------------------------------------------------------------


def add_and_label(project: Project) -> Project:
    new = add_class(project, "new")
    return edit_lane(new, "v1", lambda a: paint(a, 5, 9, new.label_map.ids[-1]))


def back(project: Project) -> tuple[Project, Project]:
    return add_and_label(project), project


def swap(project: Project) -> tuple[Project, Project]:
    """A class and its labels go, as by undo, while another one comes."""
    before = add_and_label(project)
    new = add_class(add_class(project, "other"), "third")
    return before, edit_lane(new, "v1", lambda a: paint(a, 50, 60, 4))


def with_all(project: Project) -> tuple[Project, Project]:
    after = add_and_label(add_video(project, item("v9")))
    after = edit_lane(after, "v9", lambda a: paint(a, 1, 5, after.label_map.ids[-1]))
    lane = paint(Segmentation.unlabelled(N), 1, 5, after.label_map.ids[-1])
    return project, delete_class(add_annotator_lane(after, "v1", "kim", lane), 2, 1)


@pytest.mark.parametrize(
    "edits", [lambda p: (p, add_and_label(p)), back, swap, with_all]
)
def test_a_save_that_is_cut_off_after_any_write_leaves_a_project_that_opens(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    edits: Callable[[Project], tuple[Project, Project]],
) -> None:
    folder, project = made
    before, after = edits(project)
    folder.save(before, project)
    real, written = SeenFiles.write, 0

    def cut_off(after_writes: int) -> Callable[..., list[Path]]:
        def write(files: SeenFiles, path: Path, text: str, *rest: Any) -> list[Path]:
            nonlocal written
            if written == after_writes:
                raise ProjectError("cut off")
            written += 1
            return real(files, path, text, *rest)

        return write

    for n in range(20):
        written = 0
        monkeypatch.setattr(SeenFiles, "write", cut_off(n))
        other = ProjectFolder(folder.root)
        other.load()
        try:
            other.save(after, before)
            done = True
        except ProjectError:
            done = False
        monkeypatch.setattr(SeenFiles, "write", real)
        found = ProjectFolder(folder.root).load()
        there = {*found.label_map.ids, None}
        for video in found.tracks:
            assert not video.missing
            for lane in video.lanes.values():
                assert set(lane.class_counts) <= there
        if done:
            assert found == after
            return
        again = ProjectFolder(folder.root)
        again.save(before, again.load())
    raise AssertionError("the save never came to its end")


def test_lanes_name_their_files(made: Made) -> None:
    folder, project = made
    lane = paint(Segmentation.unlabelled(N), 1, 5, 1)
    mine = add_annotator_lane(project, "v1", "kim", lane)
    folder.save(mine, project)
    save_other(
        folder.root,
        lambda p: edit_lane(p, "v1", lambda a: paint(a, 50, 60, 2), "annotator:kim"),
    )
    change = read_outside(folder, mine, changed_paths(folder)[0])
    lanes = change.theirs.track("v1").lanes
    assert lanes["annotator:kim"].at(55).class_id == 2
    assert lanes[ANNOTATION] is mine.track("v1").lanes[ANNOTATION]


def test_labels_that_nobody_read_give_way_unread(made: Made) -> None:
    ProjectFolder(made[0].root).load()
    folder = ProjectFolder(made[0].root)
    known = folder.load()
    lane = known.track("v1").annotation
    assert isinstance(lane, UnreadLane)
    assert not lane.is_read
    save_other(folder.root, lambda p: painted(p, 50, 60, 2))
    # Another program on this computer opens the project, which renews the index.
    ProjectFolder(folder.root).load()
    change = read_outside(folder, known, changed_paths(folder)[0])
    taken = take_in(folder, set_notes(known, "v1", "x"), known, change.theirs)
    assert taken.project.track("v1").annotation.at(55).class_id == 2
    assert not lane.is_read


def test_a_merge_of_classes_and_its_labels_come_in_together_at_a_save(
    made: Made,
) -> None:
    save_other(made[0].root, lambda p: painted(p, 5, 20, p.label_map.ids[0]))
    ProjectFolder(made[0].root).load()
    folder = ProjectFolder(made[0].root)
    known = folder.load()
    used, into = known.label_map.ids[:2]
    save_other(folder.root, lambda p: delete_class(p, used, into))
    ProjectFolder(folder.root).load()
    after = set_blind(known, True)
    assert folder.save(after, known).notes == ()
    found = ProjectFolder(folder.root).load()
    assert used not in found.label_map.ids
    assert found.blind
    assert used not in found.track("v1").annotation.class_counts
    assert conflict_files(folder.root) == []


def test_an_annotators_lane_that_was_changed_and_taken_out_is_gone(made: Made) -> None:
    folder, before = made
    lane = before.track("v1").annotation
    known = add_annotator_lane(before, "v1", "anna", lane)
    folder.save(known, before)
    name = known.track("v1").annotators[0]
    path = folder.annotator_path("v1", name)
    save_other(folder.root, lambda p: remove_lane(p, "v1", annotator_lane(name)))
    path.write_text(labels_text(paint(lane, 0, 9, 2)), encoding="utf-8")
    change = read_outside(folder, known, [*changed_paths(folder)[0], path])
    assert change.theirs.track("v1").annotators == ()


def test_what_a_failed_save_had_read_is_read_again(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_blind(painted(p, 5, 9, 2, "v2"), True))
    mine = add_class(painted(project, 5, 9, 1), "new")
    write = SeenFiles.write

    def full(files: SeenFiles, path: Path, text: str, *rest: Any) -> list[Path]:
        if path == folder.project_file:
            raise ProjectError("the disk is full")
        return write(files, path, text, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(SeenFiles, "write", full)
        with pytest.raises(ProjectError):
            folder.save(mine, project)
    # As the window does after a save that failed: all of it, as far as known.
    saved = folder.save(mine, None, project)
    assert saved.project.track("v2").annotation.at(6).class_id == 2
    assert saved.project.blind
    assert ProjectFolder(folder.root).load() == saved.project
    assert conflict_files(folder.root) == []


def test_labels_beside_mine_are_kept_though_they_were_looked_at_before(
    made: Made,
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: painted(p, 5, 20, 2))
    theirs = folder.labels_path("v1").read_bytes()
    mine = painted(project, 10, 30, 1)
    change = read_outside(folder, project, changed_paths(folder)[0])
    taken = take_in(folder, mine, project, change.theirs)
    change.note_as_seen(folder, taken.project, taken.mine)
    # What else comes, before mine is saved, reads that file again.
    save_other(folder.root, lambda p: set_blind(p, True))
    folder.save(taken.project, change.theirs)
    (kept,) = conflict_files(folder.root)
    assert kept.read_bytes() == theirs


def test_what_is_written_while_the_disk_takes_its_time_is_kept_beside(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    other = ProjectFolder(folder.root)
    before = other.load()
    theirs = labels_text(painted(before, 5, 20, 2).track("v1").annotation)
    sync = os.fsync

    def slow(handle: int) -> None:
        if folder.labels_path("v1").read_text() != theirs:
            folder.labels_path("v1").write_text(theirs)
        sync(handle)

    monkeypatch.setattr(os, "fsync", slow)
    folder.save(painted(project, 10, 30, 1), project)
    (kept,) = conflict_files(folder.root)
    assert kept.read_text() == theirs


def test_a_save_whose_lock_was_taken_away_while_it_wrote_is_made_again(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    sync, theirs = os.fsync, Claims(folder.root)

    def slow(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        theirs.take_over(LOCK)
        sync(handle)

    before = folder.project_file.read_bytes()
    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(ProjectError):
        folder.save(set_blind(project, True), project)
    assert folder.project_file.read_bytes() == before
    theirs.close()
    assert folder.save(set_blind(project, True), None, project).notes == ()


def test_a_save_that_began_before_takes_no_reserved_id_back(made: Made) -> None:
    folder, project = made
    assert folder.reserve_ids(range(3, 4)) == 3
    # Its snapshot is from before the class was added.
    folder.save(set_blind(project, True), project)
    other = ProjectFolder(folder.root)
    assert other.load().label_map.next_id == 4


def test_no_id_is_given_again_where_project_json_goes_back(made: Made) -> None:
    folder, project = made
    before = folder.project_file.read_bytes()
    new = add_class(project, "new")
    folder.save(new, project)
    folder.project_file.write_bytes(before)
    change = read_outside(folder, new, changed_paths(folder)[0])
    for shown in (new, painted(new, 5, 9, 1)):
        taken = take_in(folder, shown, new, change.theirs).project
        assert "new" not in taken.label_map.names
        # A step that was undone may still label with it.
        assert add_class(taken, "other").label_map.ids[-1] == 4


def test_labels_of_a_class_that_others_deleted_unseen_are_kept_beside(
    made: Made,
) -> None:
    folder, project = made
    other = ProjectFolder(folder.root)
    theirs = other.load()
    mine = painted(project, 5, 9, 2)
    folder.save(mine, project)
    there = folder.labels_path("v1").read_bytes()
    other.save(delete_class(theirs, 2, None), theirs)
    change = read_outside(folder, mine, changed_paths(folder)[0])
    change.note_as_seen(folder)
    now = take_in(folder, mine, mine, change.theirs).project
    folder.save(painted(now, 40, 50, 1), now)
    (kept,) = conflict_files(folder.root)
    assert kept.read_bytes() == there


def test_labels_that_others_have_as_i_have_them_stay_my_own(made: Made) -> None:
    """A save of mine that is not done yet has been read and written by them."""
    folder, project = made
    mine = add_video(project, item("v9"))
    theirs = set_blind(add_video(project, item("v9")), True)
    taken = take_in(folder, mine, project, theirs)
    lane = taken.project.track("v9").annotation
    assert lane is mine.track("v9").annotation
    assert taken.parts == {"blind"}


def test_where_their_version_cannot_be_kept_nothing_counts_as_read(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    save_other(folder.root, lambda p: painted(rename_class(p, 0, "x"), 5, 9, 1))
    change = read_outside(folder, project, changed_paths(folder)[0])

    def full(path: Path, data: bytes) -> Path:
        raise ProjectError("the disk is full")

    monkeypatch.setattr("skelseg_core.project.changes_by_others.keep_beside", full)
    with pytest.raises(ProjectError):
        change.note_as_seen(folder, project, ["class/0"])
    assert len(changed_paths(folder)[0]) == 2
