from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint, split
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.json import SCHEMA, labels_text
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane, pick_subject, set_notes
from tests.projects import N, item, painted


def test_saved_and_loaded_is_the_same(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    project = painted(project, 5, 20, 1)
    project = edit_lane(project, "v1", lambda s: split(s, 10))
    project = pick_subject(project, "v1", SubjectPick(3, 10.5, 20.0))
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project


def test_label_file_has_one_segment_per_line(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    folder.save(painted(project, 5, 20, 1), project)
    lines = folder.labels_path("v1").read_text().splitlines()
    assert lines[0].startswith('{"schema": 1')
    assert lines[2] == (
        '{"start": 5, "stop": 20, "class": 1, "source": "human", "reviewed": true},'
    )
    assert json.loads(folder.labels_path("v1").read_text())["n_frames"] == N


def test_save_writes_only_what_changed(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    times = {p: p.stat().st_mtime_ns for p in folder.root.rglob("*.json")}
    folder.save(painted(project, 0, 5, 0), project)
    changed = {p for p, t in times.items() if p.stat().st_mtime_ns != t}
    assert changed == {folder.labels_path("v1")}


def test_unseen_bytes_are_kept(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    path = folder.labels_path("v1")
    lane = paint(project.track("v1").annotation, 2, 7, 1)
    theirs = labels_text(lane) + "\n"
    path.write_text(theirs)
    notes = folder.save(painted(project, 0, 5, 0), project).notes
    kept = list(path.parent.glob("v1.conflict-*.json"))
    assert len(notes) == 1
    assert kept
    assert kept[0].read_text() == theirs


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_project_file_is_named(
    made: tuple[ProjectFolder, Project], text: str
) -> None:
    folder, _ = made
    folder.project_file.write_text(text)
    with pytest.raises((ProjectError, FormatError), match=r"project\.json"):
        ProjectFolder(folder.root).load()


def test_a_label_file_of_another_length_is_damaged(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    folder.save(replace(project, tracks=(item("v1", 9), project.tracks[1])))
    folder.project_file.write_text(
        folder.project_file.read_text().replace('"n_frames": 9', '"n_frames": 60')
    )
    made_of = ProjectFolder(folder.root).load().track("v1")
    assert "v1.json covers 9 frames" in made_of.damaged[ANNOTATION]
    assert made_of.annotation.n_frames == 60


def test_notes_are_saved(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    raw = json.loads(folder.project_file.read_text())
    assert all("notes" not in video for video in raw["videos"])
    noted = set_notes(project, "v2", "blurred\nask Ümit, 手")
    folder.save(noted, project)
    raw = json.loads(folder.project_file.read_text())
    assert raw["schema"] == SCHEMA
    assert ProjectFolder(folder.root).load() == noted


def test_no_project_and_not_twice(
    tmp_path: Path, made: tuple[ProjectFolder, Project]
) -> None:
    with pytest.raises(ProjectError, match=r"not a skelseg project"):
        ProjectFolder(tmp_path).load()
    with pytest.raises(ProjectError, match="already"):
        create_project(made[0].root, label_map_from_names("ab"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes anywhere")
def test_unwritable_folder_says_so(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    (folder.root / "labels").chmod(0o500)
    with pytest.raises(ProjectError, match="could not be written"):
        folder.save(painted(project, 0, 5, 0), project)
