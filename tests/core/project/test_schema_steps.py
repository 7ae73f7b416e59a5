"""Files of every version open, are backed up before they change, and newer ones stay.

``tests/core/golden/project_N`` was written by the last skelseg whose newest schema of
``project.json`` was N; its name says which.
"""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import FormatError, ModelError, ProjectError
from skelseg_core.labels.conventions import Convention
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.learning.model_info import load_info
from skelseg_core.poses.corrections import Point
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.backup_files import BackupFiles
from skelseg_core.project.backups import Backups
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import project_from_json, project_to_json
from skelseg_core.project.project import annotator_lane, prediction_lane, set_notes
from skelseg_core.schema_steps import LABELS, MODEL, PROJECT, Schema
from tests.projects import make_project, painted

GOLDEN = Path(__file__).parent.parent / "golden"
SAID = {
    "project_1": (1, 1),
    "project_2": (2, 1),
    "project_3": (3, 1),
    "project_4": (4, 2),
    "project_4_undecided": (4, 3),
    "project_5": (5, 2),
}
"""Schemas of ``project.json`` and of the label files, by folder."""


@pytest.fixture(params=SAID)
def name(request: pytest.FixtureRequest) -> str:
    """A folder of golden files."""
    return str(request.param)


@pytest.fixture
def folder(name: str, tmp_path: Path) -> ProjectFolder:
    """A copy of them."""
    return ProjectFolder(Path(shutil.copytree(GOLDEN / name, tmp_path / "p")))


def _expected(name: str) -> tuple[Segmentation, Segmentation]:
    """What people said in the two videos."""
    accepted = Segment(20, 40, 1, "model", confidence=0.5)
    nothing = (Segment(0, 60),)
    if SAID[name][1] >= 2 and name != "project_4_undecided":
        accepted = Segment(
            *(20, 40, 1, "model"),
            class_vouched=True,
            start_vouched=True,
            confidence=0.5,
        )
    if name == "project_4_undecided":
        nothing = (Segment(0, 30, undecided=True), Segment(30, 60))
        accepted = Segment(
            *(20, 40, 1, "model"),
            class_vouched=True,
            vouched_by="wall",
            start_vouched=True,
            confidence=0.5,
        )
    first = Segment(0, 20, 0).as_reviewed()
    return Segmentation((first, accepted, Segment(40, 60))), Segmentation(nothing)


def test_every_version_says_what_was_said(name: str, folder: ProjectFolder) -> None:
    raw = json.loads(folder.project_file.read_text())
    labels = [json.loads(p.read_text()) for p in folder.root.glob("labels/*.json")]
    assert (raw["schema"], max(v["schema"] for v in labels)) == SAID[name]
    project = folder.load()
    assert not folder.read_only
    assert not folder.notes
    a, b = project.videos
    assert (a.annotation, b.annotation) == _expected(name)
    assert a.picks == (SubjectPick(3, 10.0, 20.5),)
    schema = SAID[name][0]
    assert b.corrections == ((Point(7, 0, 5, 11.0, 12.5),) if schema >= 2 else ())
    later = schema >= 3
    assert project.label_map.names == (
        ("walk", "reach") if later else ("walk", "reach", "stand")
    )
    assert project.label_map.moves == ({2: 0} if later else {})
    assert b.notes == ("dark" if later else "")
    assert b.annotators == (("anna",) if later else ())
    if later:
        lane = b.lanes[annotator_lane("anna")]
        assert lane == Segmentation((Segment(0, 10, 1), Segment(10, 60)))
    rule = (Convention(1, least_s=0.5, left=0),)
    assert project.conventions == (rule if schema == 5 else ())


def test_a_prediction_of_the_first_version_is_read(tmp_path: Path) -> None:
    root = Path(shutil.copytree(GOLDEN / "project_1", tmp_path / "p"))
    lane = ProjectFolder(root).load().video("a").lanes[prediction_lane("net")]
    assert [(s.start, s.class_id, s.confidence) for s in lane.segments] == [
        (0, 0, 0.75),
        (30, 1, 0.5),
    ]


@pytest.mark.parametrize("name", ["project_1", "project_3"])
def test_a_model_of_before_is_read(name: str) -> None:
    info = load_info(GOLDEN / name / "models" / "old")
    assert info.label_map.names == ("walk", "reach")
    assert (info.fingerprints, info.temperature, info.unlabelled) == ((), 1.0, ())


def test_files_of_before_are_kept_when_they_become_newer(
    name: str, folder: ProjectFolder
) -> None:
    before = {
        p.relative_to(folder.root).as_posix(): p.read_bytes()
        for pattern in ("*.json", "labels/*", "annotators/*/*")
        for p in folder.root.glob(pattern)
    }
    project = folder.load()
    folder.save(set_notes(project, "a", "seen"), project)
    raw = json.loads(folder.project_file.read_text())
    assert raw["schema"] == (5 if SAID[name][0] == 5 else 4)
    store = BackupFiles(project.uuid)
    kept = store.all()
    assert len(kept) == (1 if SAID[name][0] < 4 else 0)
    for backup in kept:
        assert {n: store.read(d) for n, d in backup.files.items()} == before
        then = run(Backups(folder, project.uuid).then(backup, project))
        assert then.label_map == project.label_map
        assert then.video("a").annotation == project.video("a").annotation
    again = ProjectFolder(folder.root)
    assert again.load() == set_notes(project, "a", "seen")
    assert not again.read_only


@pytest.mark.parametrize("in_the_way", ["", ".lock"])
def test_that_files_of_before_are_not_kept_is_told(
    name: str, folder: ProjectFolder, in_the_way: str
) -> None:
    project = folder.load()
    there = BackupFiles(project.uuid).root
    if in_the_way:
        (there / in_the_way).mkdir(parents=True)
    else:
        there.parent.mkdir(parents=True)
        there.write_text("in the way")
    notes = folder.save(set_notes(project, "a", "seen"), project)
    told = [note for note in notes if "without a backup" in note]
    assert len(told) == (1 if SAID[name][0] < 4 else 0)
    assert all(str(there) in note for note in told)
    assert ProjectFolder(folder.root).load().video("a").notes == "seen"
    assert folder.told() == []


@pytest.mark.parametrize("schema", [PROJECT, LABELS, MODEL])
def test_a_step_changes_nothing_that_it_is_given(schema: Schema) -> None:
    raws: list[Any] = [
        {"schema": n + 1, "classes": [], "videos": [], "segments": [
            {"start": 0, "class": None, "source": "human", "reviewed": True}]}
        for n in range(schema.newest)
    ]  # fmt: skip
    for raw in raws:
        kept = copy.deepcopy(raw)
        assert schema.lifted(raw)["schema"] == schema.newest
        assert raw == kept


@pytest.mark.parametrize("wrong", [0, -1, "4", None, 1.5, True])
def test_a_schema_that_is_none_is_damage(wrong: object, tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    raw = {**project_to_json(project), "schema": wrong}
    folder.project_file.write_text(json.dumps(raw))
    with pytest.raises(ProjectError, match="is damaged"):
        ProjectFolder(folder.root).load()


@pytest.mark.parametrize("file", ["project.json", "labels/v1.json"])
def test_what_a_newer_skelseg_wrote_is_looked_at_and_never_written(
    file: str, tmp_path: Path
) -> None:
    made, project = make_project(tmp_path / "p")
    made.save(painted(project, 3, 9, 1), project)
    path = made.root / file
    raw = {**json.loads(path.read_text()), "schema": 99, "unknown": [1]}
    path.write_text(json.dumps(raw))
    for _ in range(2):  # the second time the index knows the files
        folder = ProjectFolder(made.root)
        found = folder.load()
        assert found.video("v1").annotation.n_labelled == 6
        assert f"{path.name} was written by a newer skelseg" in folder.read_only
        with pytest.raises(ProjectError, match="update skelseg"):
            folder.save(painted(found, 0, 60, 0), found)
        if file == "project.json":
            with pytest.raises(ProjectError, match="update skelseg"):
                folder.add_predictions(["v1"], "net")
        assert json.loads(path.read_text()) == raw


def test_what_is_not_understood_of_a_newer_one_does_not_pass_for_damage(
    tmp_path: Path,
) -> None:
    folder, _ = make_project(tmp_path / "p")
    path = folder.labels_path("v1")
    raw = json.loads(path.read_text())
    raw |= {"schema": 99, "segments": {"packed": "x"}}
    path.write_text(json.dumps(raw))
    with pytest.raises(FormatError, match=r"newer skelseg.*update skelseg to open"):
        ProjectFolder(folder.root).load()
    with pytest.raises(ProjectError, match="newer skelseg"):
        project_from_json({"schema": 99}, lambda _: ({}, frozenset()), "it")


def test_a_newer_model_is_refused(tmp_path: Path) -> None:
    made = Path(shutil.copytree(GOLDEN / "project_3" / "models", tmp_path / "m"))
    path = made / "old" / "model.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(ModelError, match="newer skelseg"):
        load_info(made / "old")
