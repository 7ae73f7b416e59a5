"""A copy of a project is saved whatever became of the disk of the project."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.copies import save_copy as module
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.lane_index import LaneIndex
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_annotator_lane, set_notes
from tests.projects import N, changed, make_project, painted


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Two videos, of v1 the labels of two people; files of other kinds beside."""
    folder, project = make_project(tmp_path / "old" / "kitchen")
    before, project = project, painted(project, 5, 20, 0)
    project = add_annotator_lane(project, "v1", "Ada", Segmentation.unlabelled(N))
    folder.save(project, before)
    for name in (
        "poses/v1.npz",
        "models/m1/model.json",
        "predictions/v1/m1.npz",
        "labels/gone.json",
        "labels/v1.conflict-1.json",
        "about/gone.json",
        "about/v1.conflict-1.json",
        "set-aside/v1.json",
    ):
        atomic_write(folder.root / name, name)
    atomic_write(folder.root / ".poses" / "v1" / "half", "a hidden file")
    opened_before = ProjectFolder(folder.root)
    opened_before.load()  # what its files say is kept in the index now
    opened = ProjectFolder(folder.root)
    return opened


def files(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def reopened(root: Path) -> Project:
    return ProjectFolder(root).load()


def copied(project: Project, copy: Project) -> Project:
    """The project, called as its copy is, with videos where the copy finds them."""
    videos = tuple(
        changed(v, path=there.video.path)
        for v, there in zip(project.tracks, copy.tracks, strict=True)
    )
    return replace(project, uuid=copy.uuid, name=copy.name, tracks=videos)


def test_all_of_it_goes_along_with_edits_that_were_not_saved(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = painted(folder.load(), 30, 40, 1)
    target = tmp_path / "new" / "place"
    left_out = finish(save_copy(folder, project, target))
    there = {name for name in files(folder.root) if not name.startswith(".")}
    assert files(target) == there
    assert left_out == ()
    again = reopened(target)
    assert again.uuid != project.uuid
    assert again == copied(project, again)


def test_what_is_said_of_videos_goes_along_as_it_is_shown(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    before = folder.load()
    noted = set_notes(set_notes(before, "v1", "dark"), "v2", "bright")
    folder.save(noted, before)
    shown = set_notes(noted, "v1", "")
    folder.about_path("v2").write_text("{")
    damaged = ProjectFolder(folder.root).load().video("v2")
    shown = shown.with_video(damaged)
    finish(save_copy(folder, shown, tmp_path / "new"))
    again = reopened(tmp_path / "new")
    assert again.video("v1").notes == ""
    assert again.video("v2").damage
    assert ProjectFolder(tmp_path / "new").about_path("v2").read_text() == "{"


def test_models_stay_where_nobody_asks_for_them(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    target = tmp_path / "new"
    finish(save_copy(folder, folder.load(), target, models=False))
    assert not (target / "models").exists()
    assert (target / "poses" / "v1.npz").is_file()


def test_videos_stay_where_they_are_and_are_found(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = folder.load()
    before = {v.id: folder.video_path(v.video) for v in project.tracks}
    for target in (tmp_path / "far" / "new", folder.root.with_name("near")):
        finish(save_copy(folder, project, target))
        there = ProjectFolder(target)
        after = {v.id: there.video_path(v.video) for v in there.load().tracks}
        assert after == before


def test_the_old_disk_may_be_gone(folder: ProjectFolder, tmp_path: Path) -> None:
    project = folder.load()
    folder.root.parent.rename(tmp_path / "away")
    target = tmp_path / "new"
    edited = painted(project, 30, 40, 1)
    finish(save_copy(folder, edited, target))
    again = reopened(target)
    assert again == copied(edited, again)


def test_the_old_disk_may_hang(
    folder: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = folder.load()
    edited = painted(project, 30, 40, 1)
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    read, answers = Path.read_bytes, threading.Event()

    def stalled(path: Path) -> bytes:
        if path.is_relative_to(folder.root):
            answers.wait(30)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", stalled)
    target = tmp_path / "new"
    left_out = finish(save_copy(folder, edited, target))
    answers.set()
    assert "models" in " ".join(left_out)
    monkeypatch.undo()
    assert reopened(target).track("v1").lanes == edited.track("v1").lanes


def test_labels_that_nobody_can_read_are_not_saved_as_unlabelled(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = folder.load()
    folder.root.parent.rename(tmp_path / "away")
    LaneIndex(folder.root).path.unlink()
    target = tmp_path / "new"
    with pytest.raises(ProjectError, match="nothing was saved"):
        finish(save_copy(folder, project, target))
    assert not target.exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_what_lies_in_the_new_folder_stays(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    target = tmp_path / "new"
    atomic_write(target / "mine.txt", "mine")
    with pytest.raises(ProjectError, match="already has files"):
        finish(save_copy(folder, folder.load(), target))
    assert files(target) == {"mine.txt"}
    with pytest.raises(ProjectError, match="in the folder of the project"):
        finish(save_copy(folder, folder.load(), folder.root / "inside"))


def test_a_project_of_a_newer_skelseg_is_copied_by_hand(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    path = folder.project_file
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    newer = ProjectFolder(folder.root)
    project = newer.load()
    with pytest.raises(ProjectError, match="copy its folder by hand"):
        finish(save_copy(newer, project, tmp_path / "new"))
    assert not (tmp_path / "new").exists()
