"""Each system call of a save fails: before or after, said, saved when it ends.

Each call once with a drawn fault; all faults of all calls, transient and lasting, with
``make soak`` (some minutes).
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from skelseg_core.labels.classes import ActionClass
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from tests.faulty_disk import ERRORS, FaultyDisk, faulty
from tests.soak import SOAK

SEED = 18


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried again by itself while the files are looked at."""
    monkeypatch.setattr("app.state.saving_thread.RETRY_S", (100,))
    monkeypatch.setattr("app.state.saving_thread.AUTOSAVE_MS", 100_000)
    # A lock that a fault left half made is nobody's: nobody else is there.
    monkeypatch.setattr("skelseg_core.project.holds.project_lock.STALE_S", 0.1)
    monkeypatch.setattr("skelseg_core.project.holds.claims._WRITING_S", 0.05)


def edit(document: Document) -> None:
    """Add a class and use it in both videos: three files that refer to one another."""
    document.apply("Class", _with_class)
    for video in ("one", "two"):
        document.edit_lane("Paint", video, lambda s: paint(s, 5, 15, 9))


def _with_class(project: Project) -> Project:
    classes = (*project.label_map.classes, ActionClass(9, "pour"))
    return replace(project, label_map=replace(project.label_map, classes=classes))


def whole(root: Path, before: Project, after: Project) -> None:
    """Each file is as before or after, and labels name classes that are there."""
    now = ProjectFolder(root).load()
    for item in now.tracks:
        old, new = before.track(item.id), after.track(item.id)
        assert item.annotation in (old.annotation, new.annotation)
        used = {s.class_id for s in item.annotation.segments} - {None}
        assert used <= {c.id for c in now.label_map.classes}
    assert now.label_map in (before.label_map, after.label_map)
    assert not list(root.rglob("*.conflict-*"))


def run(
    qtbot: QtBot, root: Path, disk: FaultyDisk, at: int, error: str, lasting: bool
) -> int:
    """Save with one fault; return the number of calls that the save made."""
    document = open_document(ProjectFolder(root))
    before = document.project
    failed: list[str] = []
    document.save_failed.connect(failed.append)
    edit(document)
    after = document.project
    disk.fail(at, error, lasting)
    disk.counting = True
    with qtbot.waitSignal(document.saver.ended, timeout=20_000):
        document.save()
    calls = len(disk.calls)
    disk.counting = False
    whole(root, before, after)
    if failed:
        assert os.strerror(getattr(errno, error)) in failed[0]
    else:
        # What failed made no difference: all of it is written.
        assert ProjectFolder(root).load() == after
    disk.heal()
    if document.unsaved:
        with qtbot.waitSignal(document.saved, timeout=20_000):
            document.save()
    assert ProjectFolder(root).load() == after
    assert not list(root.rglob("*.conflict-*"))
    document.close()
    return calls


def test_each_call_of_a_save_fails_in_turn(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    draw = random.Random(SEED)
    with faulty(tmp_path) as disk:
        root = Path(shutil.copytree(project_folder.root, tmp_path / "count"))
        n = run(qtbot, root, disk, -1, "EIO", False)
        assert n > 20, disk.calls
        for at in range(n):
            faults = [(e, lasting) for e in ERRORS for lasting in (False, True)]
            for error, lasting in faults if SOAK else [draw.choice(faults)]:
                root = tmp_path / f"p{at}{error}{lasting}"
                shutil.copytree(project_folder.root, root)
                run(qtbot, root, disk, at, error, lasting)
                shutil.rmtree(root)
