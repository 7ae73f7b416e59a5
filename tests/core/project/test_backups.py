"""Backups: made, thinned, read again, compared, restored."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError, ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class, delete_class, rename_class
from skelseg_core.project.copies import backup_files
from skelseg_core.project.copies.backup_files import Backup, BackupFiles, thinned
from skelseg_core.project.copies.backups import REPORTED_EVERY, Backups
from skelseg_core.project.copies.restoring import (
    ClassDifference,
    VideoDifference,
    changes_much,
    differences,
    restored,
    restored_missing,
    restored_video,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    add_annotator_lane,
    edit_lane,
    remove_video,
    set_notes,
)
from tests.projects import N, make_project, painted

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


def made(folder: ProjectFolder, project: Project, minutes: int = 0) -> Backup | None:
    backups = Backups(folder, project.uuid)
    return run(backups.make(project, "test", NOON + timedelta(minutes=minutes)))


def then(folder: ProjectFolder, backup: Backup, now: Project) -> Project:
    return run(Backups(folder, now.uuid).then(backup, now))


def labels(project: Project, video: str = "v1") -> list[int]:
    return [int(i) for i in project.video(video).annotation.to_frames()]


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = add_annotator_lane(
        set_notes(painted(project, 5, 20, 1), "v1", "seen"),
        "v2",
        "anna",
        paint(project.video("v2").annotation, 0, 9, 2),
    )
    backup = made(folder, old)
    assert backup is not None
    assert set(backup.files) == {
        "project.json",
        "labels/v1.json",
        "labels/v2.json",
        "annotators/anna/v2.json",
    }
    wiped = painted(old, 0, 60, 0)
    assert then(folder, backup, wiped) == old
    assert restored(wiped, then(folder, backup, wiped)) == old


def test_only_what_changed_is_stored_again(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    made(folder, project)
    store = BackupFiles(project.uuid)
    n_files = len(list(store.root.rglob("*.gz")))
    assert made(folder, project, 1) is None
    made(folder, painted(project, 3, 9, 1), 2)
    assert len(list(store.root.rglob("*.gz"))) == n_files + 1
    assert [b.made.minute for b in store.all()] == [2, 0]


def test_lanes_that_were_not_read_are_not_read_for_a_backup(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    folder.save(painted(project, 3, 9, 1), project)
    ProjectFolder(folder.root).load()
    again = ProjectFolder(folder.root)
    loaded = again.load()
    backup = made(again, loaded)
    assert backup is not None
    assert not loaded.video("v1").annotation.is_read  # type: ignore[attr-defined]
    assert labels(then(again, backup, project)) == labels(painted(project, 3, 9, 1))


def test_thousands_of_videos_are_compared_with_few_reports(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    one = project.video("v1")
    many = tuple(replace(one, id=f"v{n}") for n in range(2 * REPORTED_EVERY))
    project = replace(project, videos=many)
    assert made(folder, project) is not None
    task = Backups(folder, project.uuid).listed(project)
    told, listed = [], None
    try:
        while True:
            told.append(next(task).done)
    except StopIteration as end:
        listed = end.value
    assert told == [0, REPORTED_EVERY]
    assert [(found.n_videos, found.other) for found in listed] == [(0, False)]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no /proc here")
def test_a_list_of_contents_is_written_once_the_disk_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was written is waited for: another disk may hang."""
    synced: set[str] = set()
    fsync, seen = os.fsync, list[int]()

    def noted(handle: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    def listed(path: Path, data: str, sync: bool = True) -> None:
        if path.suffix == ".json":
            contents = {str(p) for p in path.parent.glob("files/*/*.gz")}
            seen.append(len(contents))
            late = contents - synced
            assert len(late) <= 20, "these were synced under their temporary names"
        write(path, data, sync)

    write = backup_files.atomic_write
    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "sync", lambda: pytest.fail("waits for every disk"))
    monkeypatch.setattr(backup_files, "atomic_write", listed)
    folder, project = make_project(tmp_path / "p")
    videos = [
        replace(
            project.videos[0],
            id=f"v{n}",
            lanes={ANNOTATION: paint(Segmentation.unlabelled(N), n, n + 5, 1)},
        )
        for n in range(40)
    ]
    made(folder, replace(project, videos=tuple(videos)))
    assert seen == [41]


def test_an_unreadable_file_takes_no_place_in_a_backup(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    folder.save(painted(project, 3, 9, 1), project)
    ProjectFolder(folder.root).load()
    again = ProjectFolder(folder.root)
    loaded = again.load()
    first = made(again, loaded)
    assert first is not None
    for content in BackupFiles(project.uuid).root.rglob("*.gz"):
        if content.name.startswith(first.files["labels/v1.json"]):
            content.unlink()
    folder.labels_path("v1").write_text("{")
    second = made(again, set_notes(loaded, "v2", "new"), 1)
    assert second is not None
    assert second.files["labels/v1.json"] == first.files["labels/v1.json"]


def test_a_damaged_content_is_told(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    backup = made(folder, project)
    assert backup is not None
    store = BackupFiles(project.uuid)
    for content in store.root.rglob("*.gz"):
        content.write_bytes(content.read_bytes()[:-9])
    with pytest.raises(FormatError, match="choose another backup"):
        store.read(backup.files["project.json"])


def test_an_identity_leads_nowhere_else(tmp_path: Path) -> None:
    for uuid in ("../../x", "/etc/x", "a\0b", "u" * 400):
        root = BackupFiles(uuid).root
        assert root.parent.name == "backups"
        assert len(root.name) == 64


def test_labels_whose_file_is_gone_come_from_a_backup(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 3, 9, 1)
    folder.save(old, project)
    backup = made(folder, old)
    assert backup is not None
    folder.labels_path("v1").unlink()
    now = ProjectFolder(folder.root).load()
    assert now.video("v1").missing == {ANNOTATION}
    filled = restored_missing(now, then(ProjectFolder(folder.root), backup, now))
    assert filled.video("v1") == old.video("v1")


def test_one_video_comes_back_in_the_classes_of_today(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = edit_lane(painted(project, 0, 20, 1), "v1", lambda s: paint(s, 30, 40, 2))
    backup = made(folder, old)
    assert backup is not None
    now = rename_class(delete_class(old, 2, 0), 1, "beta")
    now = painted(edit_lane(now, "v2", lambda s: paint(s, 0, 5, 0)), 0, 60, 0)
    back = restored_video(now, then(folder, backup, now), "v1")
    assert labels(back) == [1] * 20 + [-1] * 10 + [0] * 10 + [-1] * 20
    assert back.video("v2") == now.video("v2")
    assert back.label_map == now.label_map


def test_a_class_that_is_gone_comes_back_with_its_video(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 0, 20, 2)
    backup = made(folder, old)
    assert backup is not None
    now = delete_class(old, 2, None)
    back = restored_video(now, then(folder, backup, now), "v1")
    new = back.label_map.named("c")
    assert new is not None
    assert labels(back)[:20] == [new.id] * 20


def test_ids_of_classes_that_came_since_are_not_given_again(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    backup = made(folder, project)
    assert backup is not None
    now = add_class(project, "drill")
    back = restored(now, then(folder, backup, now))
    assert back.label_map.names == ("a", "b", "c")
    assert add_class(back, "wipe").label_map.ids[-1] == 4


def test_a_video_that_was_removed_comes_back(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 0, 20, 2)
    backup = made(folder, old)
    assert backup is not None
    now = remove_video(old, "v1")
    back = restored_video(now, then(folder, backup, now), "v1")
    assert back.video("v1") == old.video("v1")


def test_what_differs_is_told(tmp_path: Path) -> None:
    _, old = make_project(tmp_path / "p")
    now = add_class(rename_class(painted(old, 5, 20, 1), 0, "alpha"), "new")
    now = set_notes(remove_video(now, "v2"), "v1", "seen")
    found = differences(now, old)
    assert found.videos == (
        VideoDifference("v1", "changed", 15, other=True),
        VideoDifference("v2", "removed", 0),
    )
    assert found.classes == (
        ClassDifference("renamed", "a", "alpha"),
        ClassDifference("added", "", "new"),
    )
    assert not differences(now, now)


def test_merged_classes_are_no_difference_of_labels(tmp_path: Path) -> None:
    _, project = make_project(tmp_path / "p")
    old = painted(project, 5, 20, 1)
    found = differences(delete_class(old, 1, 0), old)
    assert [v.n_frames for v in found.videos] == [0]
    assert found.classes == (ClassDifference("merged", "b", "a"),)


def test_which_edits_change_much(tmp_path: Path) -> None:
    _, project = make_project(tmp_path / "p")
    assert not changes_much(project, painted(project, 0, 29, 1))
    assert changes_much(project, painted(project, 0, 30, 1))
    assert changes_much(project, delete_class(project, 1, None))
    assert not changes_much(project, add_class(project, "new"))
    assert changes_much(project, remove_video(project, "v1"))
    both = edit_lane(painted(project, 0, 2, 1), "v2", lambda s: paint(s, 0, 2, 1))
    assert changes_much(project, both)


@given(st.lists(st.integers(0, 60 * 24 * 800), unique=True, max_size=60))
def test_thinning_keeps_the_first_of_each_span(minutes: list[int]) -> None:
    backups = [
        Backup(str(m), NOON - timedelta(minutes=m), "", "", {}) for m in sorted(minutes)
    ]
    kept = thinned(backups, NOON)
    assert kept[:1] == backups[:1]
    assert [b for b in backups if NOON - b.made < timedelta(hours=1)] == kept[
        : sum(m < 60 for m in minutes)
    ]
    assert thinned(kept, NOON) == kept
    hours = {b.made.replace(minute=0) for b in backups if b.made > NOON - DAY}
    assert {b.made.replace(minute=0) for b in kept if b.made > NOON - DAY} == hours
    assert len(kept) <= 60 + 25 + 32 + 25


DAY = timedelta(days=1)


EDITS = st.lists(
    st.one_of(
        st.tuples(
            st.just("paint"), st.integers(0, 40), st.integers(1, 20), st.integers(0, 9)
        ),
        st.tuples(st.just("add"), st.sampled_from("defgh")),
        st.tuples(st.just("rename"), st.integers(0, 9), st.sampled_from("xyz")),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(st.just("merge"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("note"), st.sampled_from("pq")),
        st.tuples(st.just("remove")),
    ),
    max_size=8,
)


def edited(project: Project, edits: list[tuple[Any, ...]]) -> Project:
    """The project after those of the edits that can be made."""
    for what, *rest in edits:
        classes = project.label_map.ids
        pick = [classes[n % len(classes)] for n in rest if isinstance(n, int)]
        with contextlib.suppress(EditError, ProjectError):
            match what:
                case "paint":
                    start, n = rest[:2]
                    project = painted(project, start, start + n, pick[2])
                case "add":
                    project = add_class(project, *rest)
                case "rename":
                    project = rename_class(project, pick[0], rest[1])
                case "delete":
                    project = delete_class(project, pick[0], None)
                case "merge":
                    project = delete_class(project, pick[0], pick[1])
                case "note":
                    project = set_notes(project, "v2", *rest)
                case "remove":
                    project = remove_video(project, "v2")
    return project


def names(project: Project) -> list[str]:
    lane = project.video("v1").annotation.to_frames().tolist()
    return [project.label_map.name_of(i if i >= 0 else None) for i in lane]


@settings(max_examples=60, deadline=None)
@given(EDITS, EDITS)
def test_whatever_was_edited_the_past_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[Any, ...]],
    second: list[tuple[Any, ...]],
) -> None:
    folder, project = make_project(tmp_path_factory.mktemp("p") / "p")
    old = edited(project, first)
    backup = made(folder, old)
    assert backup is not None
    now = edited(old, second)
    past = then(folder, backup, now)
    assert past == old
    back = restored(now, past)
    assert not differences(back, old)
    assert names(back) == names(old)
    folder.save(back, project)
    assert ProjectFolder(folder.root).load() == back
    one = restored_video(now, past, "v1")
    found = differences(one, old).of("v1")
    assert found is None or found.n_frames == 0
    folder.save(one, back)
    assert ProjectFolder(folder.root).load() == one


def test_backups_that_are_too_large_go_the_oldest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = make_project(tmp_path / "p")
    made(folder, project)
    monkeypatch.setattr("skelseg_core.project.copies.backup_files.MAX_BYTES", 1)
    made(folder, replace(project, name="other"), 1)
    store = BackupFiles(project.uuid)
    assert [b.name for b in store.all()] == ["other"]
    assert len(list(store.root.rglob("*.gz"))) == 3
