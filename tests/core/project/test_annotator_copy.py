from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.progress import run
from skelseg_core.project.copies.annotator_copy import copy_for_annotator
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_annotator_lane, edit_lane, set_notes
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.projects import annotator_plan, make_project


def labelled(root: Path) -> tuple[ProjectFolder, Project]:
    folder, before = make_project(root)
    project = edit_lane(before, "v1", lambda s: paint(s, 0, 30, 1))
    project = set_notes(project, "v1", "anna thinks that this is b")
    lane = project.track("v1").annotation
    project = add_annotator_lane(project, "v1", "dan", lane)
    folder.save(project, before)
    return folder, project


def test_a_copy_has_the_videos_and_nothing_that_anybody_said(tmp_path: Path) -> None:
    folder, project = labelled(tmp_path / "p")
    poses = folder.poses_path("v1")
    poses.parent.mkdir(parents=True, exist_ok=True)
    poses.write_bytes(b"poses")
    made = run(copy_for_annotator(folder, project, tmp_path / "bens" / "p", "ben"))
    copy = ProjectFolder(made.root).load()
    assert copy.track_ids == project.track_ids
    assert copy.label_map == project.label_map
    assert copy.uuid != project.uuid
    item = copy.track("v1")
    assert item.annotation.n_labelled == 0
    assert (item.video.notes, item.annotators, item.annotator) == ("", (), "ben")
    assert made.poses_path("v1").read_bytes() == b"poses"
    for video in project.track_ids:
        paths = [
            f.video_path(p.track(video).video)
            for f, p in ((folder, project), (made, copy))
        ]
        assert paths[0].resolve() == paths[1].resolve()
    said = "".join(p.read_text() for p in made.root.rglob("*.json"))
    assert "anna" not in said
    assert "dan" not in said


def test_what_is_labelled_there_comes_back_as_a_lane(tmp_path: Path) -> None:
    folder, project = labelled(tmp_path / "p")
    made = run(copy_for_annotator(folder, project, tmp_path / "q"))
    copy = made.load()
    made.save(edit_lane(copy, "v1", lambda s: paint(s, 5, 40, 2)), copy)
    after = annotator_plan(made.root, project, "ben").apply(project)
    lane = after.track("v1").lanes[annotator_lane("ben")]
    assert (lane.to_frames()[5:40] == 2).all()
    assert after.track("v1").annotation == project.track("v1").annotation


def test_the_command_line_brings_them_back_under_the_name_of_the_copy(
    tmp_path: Path,
) -> None:
    folder, _ = labelled(tmp_path / "p")
    there = tmp_path / "q"

    def call(*arguments: object) -> str:
        result = CliRunner().invoke(cli, [str(a) for a in arguments])
        assert result.exit_code == 0, result.output
        return result.output

    call("copy", folder.root, there, "--annotator", "eve")
    made = ProjectFolder(there)
    copy = made.load()
    made.save(edit_lane(copy, "v1", lambda s: paint(s, 5, 40, 2)), copy)
    said = call("import-annotator", there, "--project", folder.root, "--dry-run")
    assert "into the lane of eve, named v1 in the file; 35 of 60 frames" in said
    assert (
        annotator_lane("eve") not in ProjectFolder(folder.root).load().track("v1").lanes
    )
    call("import-annotator", there, "--project", folder.root)
    lanes = ProjectFolder(folder.root).load().track("v1").lanes
    assert (lanes[annotator_lane("eve")].to_frames()[5:40] == 2).all()
    wrong = CliRunner().invoke(
        cli, ["import-annotator", str(folder.root), "--project", str(there)]
    )
    assert wrong.exit_code == 2
    assert "need an annotator's name" in wrong.output


def test_a_folder_with_a_project_is_refused(tmp_path: Path) -> None:
    folder, project = labelled(tmp_path / "p")
    with pytest.raises(ProjectError, match="already holds a project"):
        run(copy_for_annotator(folder, project, folder.root))
    result = CliRunner().invoke(cli, ["copy", str(folder.root), str(tmp_path / "c")])
    assert result.exit_code == 0, result.output
    assert "2 videos without labels" in result.output
    result = CliRunner().invoke(cli, ["copy", str(folder.root), str(tmp_path / "c")])
    assert result.exit_code == 2
