from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skelseg_core.array_files import load_npz
from skelseg_core.cli.main import cli
from skelseg_core.formats.pose_parts.detections import TargetFrames
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.formats.poses.slp import Slp
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.pose_files import load_pose_file, save_pose_file
from skelseg_core.project.imports.videos_of_files import names_of
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import correct
from tests.projects import N

SIZE = (64, 48)
# What is written through a package that may lack is tried in tests/judges.
WRITTEN = [
    f.name for f in POSE_FORMATS if f.written_suffix is not None and f.name != "slp"
]

Made = tuple[ProjectFolder, Project]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    if result.exit_code == 2:
        lines = result.output.strip().splitlines()
        assert len(lines) == 1, result.output
        assert lines[0].startswith("Error: ")
    return result


def poses(n_frames: int = N, n_keypoints: int = 17) -> PoseSequence:
    rng = np.random.default_rng(1)
    body = rng.uniform(5, 40, (n_keypoints, 2))
    keypoints = body + rng.uniform(0, 1, (n_frames, 1, n_keypoints, 2))
    scores = np.full(keypoints.shape[:-1], 0.5)
    scores[3] = 0
    skeleton = {17: "coco17", 18: "coco18"}[n_keypoints]
    return PoseSequence(keypoints, scores, skeleton, SIZE, "test")


def test_import(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    finish(save_pose_file(tmp_path / "o", poses(n_keypoints=18), "openpose"))
    result = run("import-poses", folder.root, "v1", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert "v1: a person in 59 of 60 frames" in result.output
    path = folder.poses_path("v1")
    assert load_poses(path, "coco17").estimator == "openpose"
    assert str(load_npz(path)["fingerprint"]) == "f"


def test_poses_that_are_there_are_kept(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    save_poses(folder.poses_path("v1"), poses())
    before = folder.poses_path("v1").read_bytes()
    finish(save_pose_file(tmp_path / "p.csv", poses(), "csv"))
    result = run("import-poses", folder.root, "v1", tmp_path / "p.csv")
    assert result.exit_code == 2
    assert "--again" in result.output
    assert folder.poses_path("v1").read_bytes() == before
    result = run("import-poses", folder.root, "v1", tmp_path / "p.csv", "--again")
    assert result.exit_code == 0, result.output
    assert load_poses(folder.poses_path("v1")).estimator == "csv"


def corrected(made: Made) -> ProjectFolder:
    """v1 with a wrist that was put somewhere."""
    folder, project = made
    save_poses(folder.poses_path("v1"), poses(n_keypoints=17))
    after = correct(project, "v1", PlacedKeypoint(7, 0, 9, 12.0, 34.0))
    folder.save(after, project)
    return folder


def test_poses_are_exported_as_corrected(made: Made, tmp_path: Path) -> None:
    folder = corrected(made)
    result = run("export-poses", folder.root, "--format", "csv", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    written = tmp_path / "v1.poses.csv"
    out = load_pose_file(written, "csv", size=SIZE, n_frames=N)
    assert out.keypoints[7, 0, 9].tolist() == [12, 34]
    estimate = load_poses(folder.poses_path("v1"))
    assert estimate.keypoints[7, 0, 9].tolist() != [12, 34]


def test_poses_under_corrections_are_not_replaced(made: Made, tmp_path: Path) -> None:
    folder = corrected(made)
    before = folder.poses_path("v1").read_bytes()
    finish(save_pose_file(tmp_path / "p.csv", poses(), "csv"))
    result = run("import-poses", folder.root, "v1", tmp_path / "p.csv", "--again")
    assert result.exit_code == 2
    assert "were corrected by hand" in result.output
    assert folder.poses_path("v1").read_bytes() == before


def test_frames_counted_from_one(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    finish(save_pose_file(tmp_path / "p.json", poses(), "coco"))
    value = json.loads((tmp_path / "p.json").read_text())
    for image in value["images"]:
        image["file_name"] = f"frame_{image['id'] + 1:06d}.png"
    (tmp_path / "p.json").write_text(json.dumps(value))
    arguments = ("import-poses", folder.root, "v1", tmp_path / "p.json")
    result = run(*arguments)
    assert "--first-frame 1" in result.output
    assert result.exit_code == 2
    result = run(*arguments, "--format", "coco", "--first-frame", 1)
    assert result.exit_code == 0, result.output
    there = load_poses(folder.poses_path("v1")).scores.any(axis=(1, 2))
    assert np.flatnonzero(~there).tolist() == [3]


def test_export_all_formats(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    save_poses(folder.poses_path("v2"), poses())
    for kind in WRITTEN:
        result = run(
            "export-poses", folder.root, "--format", kind, "--out", tmp_path / kind
        )
        if kind == "mediapipe":
            assert result.exit_code == 2
            assert "mediapipe33" in result.output
            continue
        assert result.exit_code == 0, result.output
        assert "poses of 1 of 2 videos" in result.output
        found = (tmp_path / kind).iterdir()
        (written,) = (p for p in found if p.name != "manifest.json")
        again = load_pose_file(written, kind, size=SIZE, n_frames=N)
        np.testing.assert_allclose(again.keypoints, poses().keypoints, atol=0.01)


def test_a_project_of_sleap_is_not_written_without_sleap_io(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sleap_io", None)
    folder, _ = made
    save_poses(folder.poses_path("v1"), poses())
    out = tmp_path / "out"
    result = run("export-poses", folder.root, "--format", "slp", "--out", out)
    assert result.exit_code == 2
    words = "Error: v1.slp can only be read and written with the package sleap-io; "
    assert result.output.startswith(f"{words}install 'skelseg[slp]', or use CSV")
    assert not out.exists()


def test_a_file_of_several_videos_is_asked_for_one(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TargetFrames] = []

    def look_on(form: Slp, path: Path, target: TargetFrames) -> PoseSequence:
        asked.append(target)
        return poses()

    monkeypatch.setattr(Slp, "read", look_on)
    folder, project = made
    path = tmp_path / "all.slp"
    path.touch()
    assert run("import-poses", folder.root, "v1", path).exit_code == 0
    base = ("import-poses", folder.root, "v2", path)
    assert run(*base, "--pick", "films/b.mp4").exit_code == 0
    assert [(set(t.names), t.pick) for t in asked] == [
        (names_of(project.track("v1")), ""),
        (names_of(project.track("v2")), "films/b.mp4"),
    ]


def test_export_of_what_is_not_there(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    out = tmp_path / "out"
    base = ("export-poses", folder.root, "--format", "coco", "--out", out)
    assert "v1 has no poses" in run(*base).output
    save_poses(folder.poses_path("v2"), poses())
    result = run(*base, "--video", "v1")
    assert result.exit_code == 2
    assert "v1 has no poses" in result.output
    assert not out.exists()
    out.write_text("")
    assert "is a file" in run(*base).output


def test_poses_are_exported_over_no_file_of_others(made: Made, tmp_path: Path) -> None:
    folder, _ = made
    save_poses(folder.poses_path("v1"), poses())
    for kind, name in (("openpose", "v1/mine.json"), ("csv", "v1.poses.csv")):
        out = tmp_path / kind
        base = ("export-poses", folder.root, "--format", kind, "--out", out)
        mine = out / name
        mine.parent.mkdir(parents=True)
        mine.write_text("mine")
        result = run(*base)
        assert result.exit_code == 2
        assert f"{mine} was not exported by skelseg" in result.output
        assert [p for p in out.rglob("*") if p.is_file()] == [mine]
        mine.unlink()
        assert run(*base).exit_code == 0
        assert run(*base).exit_code == 0


def test_frames_that_are_gone_leave_the_folder_of_openpose(
    made: Made, tmp_path: Path
) -> None:
    folder, _ = made
    base = ("export-poses", folder.root, "--format", "openpose", "--out", tmp_path)
    save_poses(folder.poses_path("v1"), poses())
    run(*base)
    old = sorted((tmp_path / "v1").iterdir())
    gone = old[0].rename(old[0].with_name("v1_000000000999_keypoints.json"))
    listed = json.loads((tmp_path / "manifest.json").read_text())
    assert f"v1/{old[0].name}" in listed["files"]
    # Under another name it is no file that skelseg wrote.
    result = run(*base)
    assert result.exit_code == 2
    gone.rename(old[0])
    assert run(*base).exit_code == 0
    assert sorted((tmp_path / "v1").iterdir()) == old
