"""Checkups of projects in which something is wrong, one thing at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.doctor.checkup import apply_fixes, examine_project
from skelseg_core.doctor.finding import Finding
from skelseg_core.errors import ProjectError
from skelseg_core.files import temporary_prefix
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.copies.stray_files import OLD_S, SET_ASIDE
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video, set_people
from skelseg_core.project.track_edits import add_person, add_tier
from tests.projects import changed
from tests.videos import write_video

N = 60


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project of one real video ``v``, unlabelled, of classes a, b and c."""
    folder, project = create_project(tmp_path / "p", label_map_from_names("abc"))
    write_video(tmp_path / "p" / "v.mp4", N)
    video = probe_video(tmp_path / "p" / "v.mp4", folder, project)
    folder.save(add_video(project, video))
    return folder


def found(folder: ProjectFolder, check: str) -> list[str]:
    """Texts of the findings of one check."""
    findings = run(examine_project(folder.root))
    return [f.text for f in findings if f.check == check]


def checks(findings: list[Finding]) -> set[str]:
    return {f.check for f in findings}


def test_nothing_is_wrong_with_a_new_project(folder: ProjectFolder) -> None:
    assert checks(run(examine_project(folder.root))) == set()


def test_it_changes_nothing(folder: ProjectFolder) -> None:
    (folder.root / "labels" / "gone.json").write_text("{}")
    (folder.root / "poses").mkdir()
    folder.poses_path("v").write_bytes(b"nothing")
    before = {p: p.read_bytes() for p in folder.root.rglob("*") if p.is_file()}
    run(examine_project(folder.root))
    assert {p: p.read_bytes() for p in folder.root.rglob("*") if p.is_file()} == before


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        run(examine_project(tmp_path))


def test_a_project_that_cannot_be_read_is_a_finding(folder: ProjectFolder) -> None:
    folder.project_file.write_text("{")
    findings = run(examine_project(folder.root))
    assert [f.check for f in findings if f.severity == "error"] == ["project"]
    assert "project.json" in findings[0].text


def test_a_damaged_label_file_is_a_finding_with_what_to_do(
    folder: ProjectFolder,
) -> None:
    folder.labels_path("v").write_text("{")
    (text,) = found(folder, "damaged labels")
    assert "labels/v.json, line 1, column 2" in text
    assert "restore v from a backup" in text


def test_another_video_in_its_place(folder: ProjectFolder) -> None:
    write_video(folder.root / "v.mp4", N - 7)
    (text,) = found(folder, "frames")
    assert "53 frames" in text
    assert "60" in text


def test_a_video_of_as_many_frames_that_is_another(folder: ProjectFolder) -> None:
    write_video(folder.root / "v.mp4", N, rate=13)
    (text,) = found(folder, "frames")
    assert "not the file that was added" in text


def test_a_video_that_is_missing(folder: ProjectFolder) -> None:
    (folder.root / "v.mp4").unlink()
    findings = run(examine_project(folder.root))
    assert [f.fix for f in findings if f.check == "missing video"] == [None]


def test_labels_that_are_gone(folder: ProjectFolder) -> None:
    folder.labels_path("v").unlink()
    (text,) = found(folder, "missing labels")
    assert "put it back" in text


def test_poses_of_another_length_are_set_aside(folder: ProjectFolder) -> None:
    keypoints = np.zeros((N - 1, 1, 17, 2), np.float32)
    poses = PoseSequence(keypoints, np.ones((N - 1, 1, 17)), "coco17", (160, 96), "t")
    save_poses(folder.poses_path("v"), poses, "f")
    data = folder.poses_path("v").read_bytes()
    (text,) = found(folder, "poses")
    assert "59 frames" in text
    run(apply_fixes(run(examine_project(folder.root))))
    assert found(folder, "poses") == []
    assert (folder.root / SET_ASIDE / "poses" / "v.npz").read_bytes() == data


def test_corrected_poses_are_not_moved(folder: ProjectFolder) -> None:
    from skelseg_core.poses.corrections import PlacedKeypoint

    before = folder.load()
    corrected = changed(
        before.tracks[0], corrections=(PlacedKeypoint(3, 0, 1, 5.0, 5.0),)
    )
    folder.save(before.with_tracks(corrected), before)
    (folder.root / "poses").mkdir()
    folder.poses_path("v").write_bytes(b"nothing")
    findings = run(examine_project(folder.root))
    assert [f.fix for f in findings if f.check == "poses"] == [None]


def test_a_damaged_prediction(folder: ProjectFolder) -> None:
    path = folder.prediction_path("v", "m")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing")
    (text,) = found(folder, "prediction")
    assert str(path) in text


def test_files_of_no_video_conflicts_and_what_was_cut_off(
    folder: ProjectFolder,
) -> None:
    (folder.root / "labels" / "other.json").write_text("{}")
    (folder.root / "labels" / "v.conflict-20260101-000000.json").write_text("{}")
    old = folder.root / "labels" / f"{temporary_prefix()}abcdefgh.tmp"
    old.write_text("half")
    os.utime(old, (0, 0))
    new = folder.root / "labels" / f"{temporary_prefix()}defghijk.tmp"
    new.write_text("half")
    os.utime(new, (new.stat().st_mtime - OLD_S + 600,) * 2)
    assert len(found(folder, "orphan")) == 1
    assert len(found(folder, "conflict")) == 1
    assert ["abcdefgh." in text for text in found(folder, "leftover")] == [True]
    run(apply_fixes(run(examine_project(folder.root))))
    assert checks(run(examine_project(folder.root))) == {"conflict"}
    assert new.exists()
    assert not old.exists()
    assert (folder.root / SET_ASIDE / "labels" / "other.json").exists()


def test_links(folder: ProjectFolder, tmp_path: Path) -> None:
    away = tmp_path / "away.json"
    path = folder.labels_path("v")
    path.rename(away)
    path.symlink_to(away)
    (text,) = found(folder, "link")
    assert str(away) in text
    assert "out of the project" in text
    away.unlink()
    path.unlink()
    path.symlink_to("../.git/annex/objects/ab/SHA256E-s3--ab.json")
    (text,) = found(folder, "link")
    assert "git annex get labels/v.json" in text


def test_what_is_odd_of_a_video_is_said_once(folder: ProjectFolder) -> None:
    project = folder.load()
    write_video(folder.root / "v.mp4", N + 5)
    made = add_person(
        add_tier(set_people(project, {"v": ["anna"]}), "Left hand"), "v", "ben"
    )
    folder.save(made, project)
    (error,) = found(folder, "frames")
    assert "has 65 frames" in error
    folder.poses_path("v").parent.mkdir()
    folder.poses_path("v").write_bytes(b"no poses")
    assert len(found(folder, "poses")) == 1
    (folder.root / "v.mp4").unlink()
    assert len(found(folder, "missing video")) == 1


def test_the_command(folder: ProjectFolder) -> None:
    runner = CliRunner()
    result = runner.invoke(cli, ["doctor", str(folder.root)])
    assert result.exit_code == 0, result.output
    assert "0 errors" in result.output
    (folder.root / "labels" / "other.json").write_text("{}")
    folder.labels_path("v").unlink()
    result = runner.invoke(cli, ["doctor", str(folder.root), "--json"])
    assert result.exit_code == 1
    said = json.loads(result.stdout)["findings"]
    assert {f["check"] for f in said} >= {"missing labels", "orphan"}
    result = runner.invoke(cli, ["doctor", str(folder.root), "--fix"])
    assert "Move other.json away: done." in result.output
    result = runner.invoke(cli, ["doctor", str(folder.root / "v.mp4")])
    assert result.exit_code == 0
    result = runner.invoke(cli, ["doctor", str(folder.root / "nothing")])
    assert result.exit_code == 2
