"""Schemas of files: what the program writes opens, what a newer one wrote is only seen.

`tests/core/golden/today` is a project as the program writes it: who changes what a file
says changes it there, too.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import SCHEMA, project_from_json, project_to_json
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_blind, set_notes
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.projects import make_project, painted

GOLDEN = Path(__file__).parent.parent / "golden" / "today"


def test_a_project_of_today_opens_and_is_saved(tmp_path: Path) -> None:
    folder = ProjectFolder(Path(shutil.copytree(GOLDEN, tmp_path / "p")))
    project = folder.load()
    assert not folder.read_only
    assert not folder.notes
    a, b = project.tracks
    accepted = Segment(
        *(20, 40, 1, "model"),
        class_reviewed=True,
        reviewed_by="wall",
        start_reviewed=True,
        confidence=0.5,
    )
    first = Segment(0, 20, 0).as_reviewed()
    assert a.annotation == Segmentation((first, accepted, Segment(40, 60)))
    nothing = (Segment(0, 30, undecided=True), Segment(30, 60))
    assert b.annotation == Segmentation(nothing)
    assert a.picks == (SubjectPick(3, 10.0, 20.5),)
    assert b.video.corrections == (PlacedKeypoint(7, 0, 5, 11.0, 12.5),)
    assert project.label_map.names == ("walk", "reach")
    assert project.label_map.moves == {2: 0}
    assert (b.video.notes, b.annotators) == ("dark", ("anna",))
    assert (b.video.people, a.annotator, a.done) == (("ben",), "eva", True)
    lane = b.lanes[annotator_lane("anna")]
    assert lane == Segmentation((Segment(0, 10, 1), Segment(10, 60)))
    run(save_copy(folder, project, tmp_path / "copy"))
    for name in ("labels/a", "labels/b", "annotators/anna/b", "about/a", "about/b"):
        written = (tmp_path / "copy" / f"{name}.json").read_text()
        assert written == (GOLDEN / f"{name}.json").read_text()
    labels = folder.labels_path("a").read_bytes()
    noted = set_notes(set_blind(project, True), "b", "seen")
    folder.save(noted, project)
    said = json.loads(folder.project_file.read_text())
    assert said["schema"] == SCHEMA
    golden = json.loads((GOLDEN / "project.json").read_text())
    assert said == {**golden, "blind": True}
    assert folder.labels_path("a").read_bytes() == labels
    assert ProjectFolder(folder.root).load() == noted


@pytest.mark.parametrize("wrong", [0, -1, "4", None, 1.5, True])
def test_a_schema_that_is_none_is_damage(wrong: object, tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    raw = {**project_to_json(project), "schema": wrong}
    folder.project_file.write_text(json.dumps(raw))
    with pytest.raises(ProjectError, match="is damaged"):
        ProjectFolder(folder.root).load()


def test_what_a_newer_skelseg_wrote_is_looked_at_and_never_written(
    tmp_path: Path,
) -> None:
    made, project = make_project(tmp_path / "p")
    made.save(set_notes(painted(project, 3, 9, 1), "v1", "seen"), project)
    # A newer one writes files of labels and of videos of its own, too.
    for path in (made.labels_path("v1"), made.about_path("v1"), made.project_file):
        raw = {**json.loads(path.read_text()), "schema": 99, "unknown": [1]}
        path.write_text(json.dumps(raw))
    for _ in range(2):  # the second time the index knows the files
        folder = ProjectFolder(made.root)
        found = folder.load()
        assert found.track("v1").annotation.n_labelled == 6
        assert found.video("v1").notes == "seen"
        assert f"{path.name} was written by a newer skelseg" in folder.read_only
        with pytest.raises(ProjectError, match="update skelseg"):
            folder.save(painted(found, 0, 60, 0), found)
        assert json.loads(path.read_text()) == raw


def test_what_is_not_understood_of_a_newer_one_does_not_pass_for_damage(
    tmp_path: Path,
) -> None:
    folder, _ = make_project(tmp_path / "p")
    path = folder.labels_path("v1")
    raw = json.loads(path.read_text())
    raw |= {"schema": 99, "segments": {"packed": "x"}}
    path.write_text(json.dumps(raw))
    item = ProjectFolder(folder.root).load().track("v1")
    assert item.missing == {ANNOTATION}
    assert "newer skelseg (schema 99); update skelseg" in item.why_missing(ANNOTATION)
    with pytest.raises(ProjectError, match="newer skelseg"):
        project_from_json({"schema": 99}, folder, "it")


def test_a_newer_file_of_a_video_alone_is_not_written_over(tmp_path: Path) -> None:
    made, project = make_project(tmp_path / "p")
    made.save(set_notes(project, "v1", "seen"), project)
    path = made.about_path("v1")
    raw = {**json.loads(path.read_text()), "schema": 99}
    path.write_text(json.dumps(raw))
    folder = ProjectFolder(made.root)
    found = folder.load()
    assert "newer skelseg (schema 99)" in found.video("v1").damage
    folder.save(painted(found, 3, 9, 1))
    assert json.loads(path.read_text()) == raw
