"""Two programs on one project folder: what both wrote is there."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.project import save_lock as module
from skelseg_core.project.class_edits import add_class, delete_class
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import add_video, edit_lane, set_notes
from tests.projects import item

N_ROUNDS = 12
WRITER = f"""
import sys
from pathlib import Path
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import edit_lane, set_notes
root, video = Path(sys.argv[1]), sys.argv[2]
folder = ProjectFolder(root)
known = folder.load()
print("ready", flush=True)
sys.stdin.readline()
for n in range({N_ROUNDS}):
    project = edit_lane(known, video, lambda a: paint(a, 10 * n, 10 * n + 5, 0))
    project = set_notes(project, video, f"round {{n}}")
    told = []
    notes = folder.save(project, known, on_merged=told.append)
    assert not notes, notes
    known = told[-1].project
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, before = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    project = before
    for name in ("a", "b", "c"):
        project = add_video(project, item(name, 10 * N_ROUNDS))
    folder.save(project, before)
    return folder.root


def test_processes_that_save_at_once_lose_nothing(root: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), video],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(module.__file__).parents[2],
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
    for video in project.videos:
        assert video.notes == f"round {N_ROUNDS - 1}"
        assert video.annotation.n_labelled == 5 * N_ROUNDS
    assert not list(root.rglob("*.conflict-*"))


def test_a_save_waits_for_one_that_is_under_way(root: Path) -> None:
    folder = ProjectFolder(root)
    known = folder.load()
    project = edit_lane(known, "a", lambda a: paint(a, 0, 5, 0))
    with module.save_lock(known.uuid):
        saving = threading.Thread(target=folder.save, args=(project, known))
        saving.start()
        saving.join(0.2)
        assert saving.is_alive()
    saving.join(30)
    assert ProjectFolder(root).load().video("a").annotation.n_labelled == 5


def test_a_save_that_hangs_elsewhere_is_not_waited_for_for_ever(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.05)
    folder = ProjectFolder(root)
    known = folder.load()
    with module.save_lock(known.uuid):
        folder.save(set_notes(known, "a", "mine"), known)
    assert ProjectFolder(root).load().video("a").notes == "mine"


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
    assert found.video("b").annotation == theirs.video("b").annotation
    assert found.video("a").annotation.at(0).class_id == 1
    assert list(root.rglob("*.conflict-*")) == []
