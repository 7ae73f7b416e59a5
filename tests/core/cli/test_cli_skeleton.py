"""A skeleton is proposed for a pose file, and becomes the one of a project."""

from __future__ import annotations

from pathlib import Path

from skelseg_core.poses.skeleton_file import read_skeleton, skeleton_text
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from tests.commands import done, mistake
from tests.mouse import MOUSE, PARTS, deeplabcut_csv, mouse_and_labels


def test_from_a_pose_file_to_a_project(tmp_path: Path) -> None:
    poses, out = tmp_path / "vDLC.csv", tmp_path / "mouse.yaml"
    points, _ = mouse_and_labels(0)
    poses.write_text(deeplabcut_csv(points[:20]), encoding="utf-8")
    printed = done("skeleton", poses, "--name", "mouse")
    assert f"Wrote {out} with 4" in done(
        "skeleton", poses, "--name", "mouse", "--out", out
    )
    assert out.read_text(encoding="utf-8") == printed
    assert "already exists" in mistake("skeleton", poses, "--out", out)
    (tmp_path / "classes.txt").write_text("run\n")
    classes = ("--classes", tmp_path / "classes.txt")
    done("init", tmp_path / "p", *classes, "--skeleton", out)
    made = load_skeleton(ProjectFolder(tmp_path / "p").load().skeleton)
    assert (made.title, made.keypoints) == ("mouse", PARTS)
    assert made.edges == ((0, 1), (0, 2), (1, 3), (2, 3))


def test_people_need_no_file(tmp_path: Path) -> None:
    poses = tmp_path / "v.csv"
    points, _ = mouse_and_labels(0)
    parts = load_skeleton("coco17").keypoints
    poses.write_text(deeplabcut_csv(points[:2, [0] * len(parts)], parts))
    assert "fits the skeleton coco17" in done("skeleton", poses)
    assert "cannot be read" in mistake("skeleton", tmp_path / "nowhere.csv")


def test_a_skeleton_file_says_what_the_skeleton_says(tmp_path: Path) -> None:
    path = tmp_path / "mouse.yaml"
    path.write_text(MOUSE.replace("snout", "'no'").replace("tailbase", "'1'"))
    mouse = read_skeleton(path)
    again = tmp_path / "again.yaml"
    again.write_text(skeleton_text(mouse), encoding="utf-8")
    assert read_skeleton(again) == mouse
