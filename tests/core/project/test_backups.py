"""Backups: made, removed when they are old, read again, restored."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.cli.main import cli
from skelseg_core.errors import EditError, FormatError, ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class, delete_class, rename_class
from skelseg_core.project.copies import backups
from skelseg_core.project.copies.backups import (
    KEPT,
    LEAST,
    Backup,
    Backups,
    deletes_classes,
)
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    remove_video,
    set_notes,
)
from tests.projects import make_project, painted
from tests.soak import examples

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


def kept(folder: ProjectFolder, project: Project, minutes: int = 0) -> Backup | None:
    """The backup of a project after it was saved; None where that is kept already."""
    folder.save(project)
    return made_of(folder, project, minutes)


def made_of(
    folder: ProjectFolder, project: Project, minutes: float = 0
) -> Backup | None:
    """The backup of the files as they are."""
    moment = NOON + timedelta(minutes=minutes)
    return Backups(folder, project.uuid).make("test", moment)


def then(folder: ProjectFolder, backup: Backup, now: Project) -> Project:
    return run(Backups(folder, now.uuid).then(backup))


def labels(project: Project, video: str = "v1") -> list[int]:
    return [int(i) for i in project.track(video).annotation.to_frames()]


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = add_annotator_lane(
        set_notes(painted(project, 5, 20, 1), "v1", "seen"),
        "v2",
        "anna",
        paint(project.track("v2").annotation, 0, 9, 2),
    )
    backup = kept(folder, old)
    assert backup is not None
    assert set(backup.contents) == {
        "project.json",
        "about/v1.json",
        "labels/v1.json",
        "labels/v2.json",
        "annotators/anna/v2.json",
    }
    wiped = painted(old, 0, 60, 0)
    assert then(folder, backup, wiped) == old
    assert restored(wiped, then(folder, backup, wiped)) == old


def test_nothing_is_kept_twice(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    assert kept(folder, project) is not None
    assert kept(folder, project, 1) is None
    assert kept(folder, painted(project, 3, 9, 1), 2) is not None
    found = Backups(folder, project.uuid).all()
    assert [b.made.minute for b in found] == [2, 0]


def test_a_day_has_one_that_is_made_by_itself(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    store = Backups(folder, project.uuid)
    assert store.make_daily("daily", NOON) is not None
    folder.save(painted(project, 3, 9, 1))
    assert store.make_daily("daily", NOON + timedelta(minutes=10)) is None
    assert store.make_daily("daily", NOON + timedelta(days=1)) is not None


def test_old_ones_go_but_for_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = make_project(tmp_path / "p")
    days = 24 * 60
    for n in range(LEAST + 5):
        kept(folder, replace(project, name=f"n{n}"), n * days)
    store = Backups(folder, project.uuid)
    assert len(store.all()) == LEAST + 5
    kept(folder, replace(project, name="later"), KEPT.days * days + 2 * days)
    # Those of the first two days are older, and the third is as old as any may be.
    assert len(store.all()) == LEAST + 5 - 2 + 1
    kept(folder, replace(project, name="much later"), 10 * KEPT.days * days)
    assert len(store.all()) == LEAST
    monkeypatch.setattr(backups, "MAX_BYTES", 1)
    kept(folder, project, 11 * KEPT.days * days)
    assert len(store.all()) == 1


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    outside = tmp_path / "outside"
    (outside / "anna").mkdir(parents=True)
    for path in (outside / "secret.json", outside / "anna" / "v1.json"):
        path.write_text('{"secret": 1}')
    (folder.root / "annotators").symlink_to(outside)
    folder.labels_path("v2").unlink()
    folder.labels_path("v2").symlink_to(outside / "secret.json")
    backup = made_of(folder, project)
    assert backup is not None
    assert set(backup.contents) == {"project.json", "labels/v1.json"}


def test_what_others_wrote_and_is_kept_beside_is_in_no_backup(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    folder.labels_path("v1.conflict-20260301-101010").write_text("{}")
    backup = made_of(folder, project)
    assert backup is not None
    assert backup.video_ids == ("v1", "v2")


def test_a_damaged_label_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = add_class(painted(project, 3, 9, 1, "v2"), "d")
    folder.save(old)
    folder.labels_path("v1").write_text("{")
    backup = made_of(folder, old)
    assert backup is not None
    now = painted(add_class(painted(old, 3, 9, 2, "v2"), "e"), 0, 60, 4)
    past = then(folder, backup, now)
    assert past.track("v1").missing == {ANNOTATION}
    back = restored(now, past)
    assert back.track("v1") == now.track("v1")
    assert back.track("v2") == old.track("v2")
    # What stays as it is keeps its classes.
    assert back.label_map.name_of(4) == "e"
    with pytest.raises(EditError, match="labels of v1"):
        restored_video(now, past, "v1")


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_a_damaged_label_file_is_mended_by_the_commands(tmp_path: Path) -> None:
    root, out = tmp_path / "p", tmp_path / "out"
    folder, project = make_project(root)
    old = painted(painted(project, 3, 9, 1), 3, 9, 2, "v2")
    backup = kept(folder, old)
    assert backup is not None
    path = folder.labels_path("v1")
    damaged = path.read_bytes()[:70]
    path.write_bytes(damaged)
    said = command("info", root)
    assert said.exit_code == 0
    assert f"The label file of v1 is damaged ({path}, line " in said.stderr
    assert "restore v1 from a backup" in said.stderr
    assert command("export", root, "--out", out, "--video", "v2").exit_code == 0
    assert any(out.rglob("v2*"))
    assert path.read_bytes() == damaged
    listed = command("backups", root)
    assert backup.id in listed.stdout
    done = command("backups", root, "--restore", backup.id, "--video", "v1")
    assert done.exit_code == 0
    assert ProjectFolder(root).load().track("v1") == old.track("v1")
    (beside,) = path.parent.glob("v1.conflict-*.json")
    assert beside.read_bytes() == damaged
    assert command("info", root).stderr == ""


def test_a_damaged_backup_is_told(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    backup = kept(folder, project)
    assert backup is not None
    data = backup.path.read_bytes()
    backup.path.write_bytes(data[:40] + b"\0" * (len(data) // 2) + data[-200:])
    with pytest.raises(FormatError, match="choose another"):
        then(folder, backup, project)
    backup.path.write_bytes(data[:-90])
    assert Backups(folder, project.uuid).all() == []


def test_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = make_project(tmp_path / "p")
    root = Backups(folder, project.uuid).root
    root.parent.mkdir(parents=True)
    root.write_text("in the way")
    with pytest.raises(ProjectError, match="could not be written"):
        made_of(folder, project)


def test_an_identity_leads_nowhere_else(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    for uuid in ("../../x", "/etc/x", "a\0b", "u" * 400):
        root = Backups(folder, uuid).root
        assert root.parent.name == "backups"
        assert len(root.name) == 64


def test_labels_whose_file_is_gone_come_back_with_their_video(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 3, 9, 1)
    backup = kept(folder, old)
    assert backup is not None
    folder.labels_path("v1").unlink()
    now = ProjectFolder(folder.root).load()
    assert now.track("v1").missing == {ANNOTATION}
    past = then(ProjectFolder(folder.root), backup, now)
    assert restored_video(now, past, "v1").track("v1") == old.track("v1")
    assert restored(now, past).track("v1") == old.track("v1")


def test_which_edits_delete_classes(tmp_path: Path) -> None:
    _, project = make_project(tmp_path / "p")
    assert deletes_classes(project, delete_class(project, 1, None))
    assert deletes_classes(project, delete_class(project, 1, 2))
    assert not deletes_classes(project, add_class(project, "new"))
    assert not deletes_classes(project, painted(project, 0, 60, 1))


def test_one_video_comes_back_in_the_classes_of_today(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = edit_lane(painted(project, 0, 20, 1), "v1", lambda s: paint(s, 30, 40, 2))
    backup = kept(folder, old)
    assert backup is not None
    now = rename_class(delete_class(old, 2, 0), 1, "beta")
    now = painted(edit_lane(now, "v2", lambda s: paint(s, 0, 5, 0)), 0, 60, 0)
    back = restored_video(now, then(folder, backup, now), "v1")
    assert labels(back) == [1] * 20 + [-1] * 10 + [0] * 10 + [-1] * 20
    assert back.track("v2") == now.track("v2")
    assert back.label_map == now.label_map


def test_a_class_that_is_gone_comes_back_with_its_video(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 0, 20, 2)
    backup = kept(folder, old)
    assert backup is not None
    now = delete_class(old, 2, None)
    back = restored_video(now, then(folder, backup, now), "v1")
    new = back.label_map.named("c")
    assert new is not None
    assert labels(back)[:20] == [new.id] * 20


def test_ids_of_classes_that_came_since_are_not_given_again(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    backup = kept(folder, project)
    assert backup is not None
    now = add_class(project, "drill")
    back = restored(now, then(folder, backup, now))
    assert back.label_map.names == ("a", "b", "c")
    assert add_class(back, "wipe").label_map.ids[-1] == 4


def test_a_video_that_was_removed_comes_back(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    old = painted(project, 0, 20, 2)
    backup = kept(folder, old)
    assert backup is not None
    now = remove_video(old, "v1")
    back = restored_video(now, then(folder, backup, now), "v1")
    assert back.track("v1") == old.track("v1")


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
    lane = project.track("v1").annotation.to_frames().tolist()
    return [project.label_map.name_of(i if i >= 0 else None) for i in lane]


@settings(max_examples=examples(60), deadline=None)
@given(EDITS, EDITS)
def test_whatever_was_edited_the_past_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[Any, ...]],
    second: list[tuple[Any, ...]],
) -> None:
    folder, project = make_project(tmp_path_factory.mktemp("p") / "p")
    old = edited(project, first)
    backup = kept(folder, old)
    assert backup is not None
    now = edited(old, second)
    past = then(folder, backup, now)
    assert past == old
    back = restored(now, past)
    assert names(back) == names(old)
    assert replace(back, label_map=old.label_map) == old
    folder.save(back, old)
    assert ProjectFolder(folder.root).load() == back
    one = restored_video(now, past, "v1")
    assert one.track("v1").video.notes == old.track("v1").video.notes
    assert np.array_equal(
        one.track("v1").annotation.to_frames() >= 0,
        old.track("v1").annotation.to_frames() >= 0,
    )
    folder.save(one, back)
    assert ProjectFolder(folder.root).load() == one
