"""Who finds the poses: listed, chosen for a project, and remembered there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import skelseg_core
from skelseg_core.features.estimated_poses import estimate_of
from skelseg_core.features.video_work import work_on
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video, correct, set_pose_estimator
from skelseg_core.project.tracks import TrackId, VideoId
from tests.commands import done, run
from tests.standing_estimator import MADE_BY, NAME, standing_installed
from tests.videos import write_video

A, B = VideoId("a"), VideoId("b")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProjectFolder]:
    """A project of the videos a and b, on a computer with one more estimator."""
    made, project = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    before = project
    for name in (A, B):
        video = write_video(tmp_path / f"{name}.mp4", 6)
        project = add_video(project, probe_video(video, made, project))
    made.save(project, before)
    with standing_installed(tmp_path / "packages", monkeypatch):
        yield ProjectFolder(made.root)


def maker(folder: ProjectFolder, video: VideoId) -> str:
    return load_poses(folder.poses_path(video)).estimator


def test_estimators_are_listed_with_what_they_need(
    folder: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no weights"))
    text = done("estimators")
    assert "Keypoint R-CNN, needs weights" in text
    assert "MoveNet, included" in text
    assert "Standing, installed" in text
    assert "Says that somebody stands." in text
    found = json.loads(done("estimators", "--json"))
    rows = {row["name"]: row for row in found["estimators"]}
    assert list(rows) == ["movenet", "movenet-exact", "keypoint-rcnn", "yolo", NAME]
    assert "226 MB" in rows["keypoint-rcnn"]["download"]
    assert rows["movenet"]["needs"] == ""


def test_one_that_is_not_installed_says_the_line_that_installs_it(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SKELSEG_YOLO_PYTHON", raising=False)
    text = done("estimators")
    there = text[text.index("YOLO (ultralytics)") :]
    assert there.startswith("YOLO (ultralytics), not installed")
    assert "Install it by: " in there
    assert '"skelseg[yolo]"' in there


def test_the_choice_holds_for_the_next_videos_of_the_project(
    folder: ProjectFolder,
) -> None:
    said = done("poses", folder.root, "--video", A, "--estimator", NAME, "--jobs", 1)
    assert said.startswith(f"a: a person in 6 of 6 frames, by {MADE_BY}")
    assert maker(folder, A) == MADE_BY
    assert ProjectFolder(folder.root).load().pose_estimator == NAME
    # Whoever needs the poses of another video gets them from the same one: a
    # pre-label, a run, the window.
    finish(estimate_of(work_on(str(folder.root), TrackId("b"), 1)))
    assert maker(folder, B) == MADE_BY
    folder.poses_path(B).unlink()
    done("run", folder.root, "poses", "--jobs", 1)
    assert maker(folder, B) == MADE_BY
    # Those that are there stay, whoever is chosen then.
    skelseg_core.estimate_poses(folder.root, estimator="movenet")
    assert ProjectFolder(folder.root).load().pose_estimator == ""
    assert {maker(folder, A), maker(folder, B)} == {MADE_BY}
    every = run("poses", folder.root, "--estimator", NAME, "--every", 2)
    assert "--every is for movenet" in every.output


def test_corrected_poses_are_not_replaced_by_those_of_another(
    folder: ProjectFolder,
) -> None:
    done("poses", folder.root, "--estimator", NAME, "--jobs", 1)
    project = ProjectFolder(folder.root).load()
    put = PlacedKeypoint(3, 0, 9, 12.0, 34.0)
    folder.load()
    folder.save(correct(project, A, put), project)
    before = folder.poses_path(A).read_bytes()
    refused = run("poses", folder.root, "--estimator", "movenet", "--again")
    assert refused.exit_code != 0
    assert "a were corrected by hand" in refused.output
    assert folder.poses_path(A).read_bytes() == before
    after = ProjectFolder(folder.root).load()
    assert after.video(A).corrections == (put,)


def test_weights_are_remembered_with_their_estimator(folder: ProjectFolder) -> None:
    weights = folder.root / "net.pt"
    weights.write_bytes(b"")
    refused = run("poses", folder.root, "--estimator", "yolo", "--weights", weights)
    assert refused.exit_code != 0
    project = ProjectFolder(folder.root).load()
    assert (project.pose_estimator, project.pose_weights) == ("yolo", str(weights))
    done("poses", folder.root, "--estimator", NAME, "--jobs", 1)
    project = ProjectFolder(folder.root).load()
    assert (project.pose_estimator, project.pose_weights) == (NAME, "")
    assert np.isfinite(load_poses(folder.poses_path(A)).keypoints).any()


def test_a_weights_file_that_a_strangers_project_names_is_not_opened(
    folder: ProjectFolder,
) -> None:
    """YOLO runs code that its weights hold, and the project would choose the file."""
    before = folder.load()
    weights = folder.root / "net.pt"
    weights.write_bytes(b"")
    folder.save(set_pose_estimator(before, "yolo", str(weights)), before)
    refused = run("poses", folder.root, "--jobs", 1)
    assert refused.exit_code != 0
    assert "which nobody chose on this computer" in " ".join(refused.output.split())
    # Whoever names it trusts it, from then on.
    run("poses", folder.root, "--estimator", "yolo", "--weights", weights)
    again = run("poses", folder.root, "--jobs", 1)
    assert "which nobody chose" not in " ".join(again.output.split())


def test_what_the_exact_networks_found_is_kept_by_a_run_of_any_setting(
    folder: ProjectFolder,
) -> None:
    exact = ("--estimator", "movenet-exact", "--every", 2, "--jobs", 1)
    done("poses", folder.root, *exact)
    before = folder.poses_path(A).read_bytes()
    name = "MoveNet multipose + thunder, skelseg 2, every 2 frames"
    assert load_poses(folder.poses_path(A)).estimator == name
    done("run", folder.root, "poses", "--jobs", 1)
    done("poses", folder.root, "--estimator", "movenet", "--jobs", 1)
    done("run", folder.root, "poses", "--jobs", 1)
    assert folder.poses_path(A).read_bytes() == before
    done("poses", folder.root, "--again", "--jobs", 1)
    assert "in int8" in load_poses(folder.poses_path(A)).estimator
