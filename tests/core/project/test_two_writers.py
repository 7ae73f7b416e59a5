"""Two programs on one project folder: what both wrote is there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import add_class, delete_class
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.holds import project_lock as module
from skelseg_core.project.project_edits import add_video, edit_lane
from skelseg_core.project.track_edits import add_tier, remove_tier, set_tier
from tests.projects import item, make_project

N_ROUNDS = 12
WRITER = f"""
import sys
from pathlib import Path
from skelseg_core.labels.edits import paint
from skelseg_core.project.class_edits import add_class, ids_added, with_next_id
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane, set_notes
root, video = Path(sys.argv[1]), sys.argv[2]
folder = ProjectFolder(root)
known = folder.load()
print("ready", flush=True)
sys.stdin.readline()
for n in range({N_ROUNDS}):
    project = add_class(known, f"{{video}} {{n}}")
    while (free := folder.reserve_ids(ids_added(known, project))) > (
        known.label_map.next_id
    ):
        known = with_next_id(known, free)
        project = add_class(known, f"{{video}} {{n}}")
    new = project.label_map.named(f"{{video}} {{n}}").id
    project = edit_lane(project, video, lambda a: paint(a, 10 * n, 10 * n + 5, new))
    project = set_notes(project, video, f"round {{n}}")
    saved = folder.save(project, known)
    assert not saved.notes, saved.notes
    known = saved.project
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, before = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    project = before
    for name in ("a", "b", "c"):
        project = add_video(project, item(name, 10 * N_ROUNDS))
    folder.save(project, before)
    return folder.root


def test_computers_that_save_at_once_lose_nothing(root: Path, tmp_path: Path) -> None:
    """Each has a state folder of its own, as on a computer of its own."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), video],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(module.__file__).parents[2],
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / video)},
        )
        for video in ("a", "b", "c")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        _, told = writer.communicate(timeout=120)
        assert writer.returncode == 0, told
    project = ProjectFolder(root).load()
    for video in project.tracks:
        assert video.video.notes == f"round {N_ROUNDS - 1}"
        for n in range(N_ROUNDS):
            label = video.annotation.at(10 * n + 2).class_id
            assert project.label_map.name_of(label) == f"{video.id} {n}"
    assert not list(root.rglob("*.conflict-*"))


def test_a_save_waits_for_one_that_is_under_way(root: Path) -> None:
    folder = ProjectFolder(root)
    known = folder.load()
    with module.project_lock(root):
        saving = threading.Thread(
            target=folder.save, args=(add_class(known, "reach"), known)
        )
        saving.start()
        saving.join(0.2)
        assert saving.is_alive()
    saving.join(30)
    assert "reach" in ProjectFolder(root).load().label_map.names


def test_the_lock_of_a_computer_that_went_off_is_not_waited_for_for_ever(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE_S", 0.05)
    folder = ProjectFolder(root)
    known = folder.load()
    with module.project_lock(root) as is_held:
        folder.save(add_class(known, "reach"), known)
        assert not is_held()
    assert "reach" in ProjectFolder(root).load().label_map.names


@pytest.mark.parametrize("content", ["", "no claim", "[]", "{}", "null"])
def test_a_lock_that_says_of_nobody_is_taken_away(
    root: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(module, "STALE_S", 10**6)
    monkeypatch.setattr(module, "UNREADABLE_S", 0.05)
    folder = ProjectFolder(root)
    known = folder.load()
    lock = root / ".claims" / f"{module.LOCK}.json"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(content)
    folder.save(folder.edited(known, lambda p: add_class(p, "reach")), known)
    assert "reach" in ProjectFolder(root).load().label_map.names
    assert not lock.exists()


def test_a_lock_that_is_a_folder_is_named_and_saves_once_it_is_removed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE_S", 10**6)
    folder = ProjectFolder(root)
    known = folder.load()
    lock = root / ".claims" / f"{module.LOCK}.json"
    lock.mkdir(parents=True)
    with pytest.raises(ProjectError, match="is a folder; remove it") as refused:
        folder.edited(known, lambda p: add_class(p, "reach"))
    assert str(lock) in str(refused.value)
    lock.rmdir()
    folder.save(folder.edited(known, lambda p: add_class(p, "reach")), known)
    assert "reach" in ProjectFolder(root).load().label_map.names


@pytest.mark.parametrize("error", ["EIO", "ESTALE", "EACCES"])
def test_a_disk_that_does_not_say_whether_the_project_is_there_is_told_in_words(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    folder = ProjectFolder(root)
    known = folder.load()
    real, number = os.stat, getattr(errno, error)

    def stat(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        if str(path) == str(folder.project_file):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(os, "stat", stat)
        with pytest.raises(ProjectError):
            folder.save(add_class(known, "reach"), known)
    folder.save(add_class(known, "reach"), known)
    assert "reach" in ProjectFolder(root).load().label_map.names


def test_labels_beside_a_class_that_was_deleted_elsewhere_are_merged(
    root: Path,
) -> None:
    here, there = ProjectFolder(root), ProjectFolder(root)
    known = here.load()
    mine = add_class(known, "reach")
    mine = edit_lane(mine, "b", lambda s: paint(s, 10, 20, 0))
    here.save(mine, known)
    old = there.load()
    theirs = delete_class(old, 0, None)
    theirs = edit_lane(theirs, "b", lambda s: paint(s, 50, 60, 1))
    there.save(theirs, old)
    # The class goes out of b, too, which this session does not save by itself.
    here.save(edit_lane(mine, "a", lambda s: paint(s, 0, 5, 1)), mine)
    found = ProjectFolder(root).load()
    assert found.track("b").annotation == theirs.track("b").annotation
    assert found.track("a").annotation.at(0).class_id == 1
    assert list(root.rglob("*.conflict-*")) == []


@pytest.mark.parametrize("first", ["goes", "named"])
def test_no_tier_names_one_that_another_program_took_out(
    tmp_path: Path, first: str
) -> None:
    folder, made = make_project(tmp_path / "p")
    folder.save(add_tier(add_tier(made, "T"), "U"), made)
    one, other = ProjectFolder(folder.root), ProjectFolder(folder.root)
    known = one.load(), other.load()
    edits = {
        "goes": lambda project: remove_tier(project, "T"),
        "named": lambda project: set_tier(project, "U", inside="T"),
    }
    second = next(name for name in edits if name != first)
    one.save(edits[first](known[0]), known[0])
    other.save(edits[second](known[1]), known[1])
    tiers = {tier.id: tier.inside for tier in ProjectFolder(folder.root).load().tiers}
    assert tiers == {"": None, "U": None}
