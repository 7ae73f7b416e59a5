"""Animals: poses of other tools come in, and networks learn from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.config import load_preset, to_dict
from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.models.checkpoint import load_model, skeleton_of
from skelseg_core.poses.skeleton_file import read_skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.pose_import import import_pose_file
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.model_tiers import check_fit
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train
from tests.mouse import (
    CLASSES,
    MOUSE,
    N_FRAMES,
    PARTS,
    RATE,
    SIZE,
    deeplabcut_csv,
    make_mouse_project,
    mouse_and_labels,
)
from tests.poses_only import SMALL


def test_from_a_skeleton_file_to_poses_of_deeplabcut(tmp_path: Path) -> None:
    (tmp_path / "mouse.yaml").write_text(MOUSE)
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    made = CliRunner().invoke(
        cli,
        ["init", str(tmp_path / "p"), "--classes", str(tmp_path / "classes.txt"),
         "--skeleton", str(tmp_path / "mouse.yaml")],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    (tmp_path / "mouse.yaml").unlink()
    folder = ProjectFolder(tmp_path / "p")
    before = folder.load()
    lanes = {ANNOTATION: Segmentation.unlabelled(N_FRAMES)}
    item = Track.of_film("v", "", "poses-v", N_FRAMES, *SIZE, RATE, lanes)
    folder.save(add_video(before, item), before)
    points, _ = mouse_and_labels(0)
    # Two more body parts, and in another order than the skeleton's.
    order = [3, 0, 2, 1, 0, 0]
    parts = ["TailBase", "snout", "right_ear", "Left ear", "tail1", "tail2"]
    (tmp_path / "vDLC.csv").write_text(deeplabcut_csv(points[:, order], parts))
    done = CliRunner().invoke(
        cli, ["import-poses", str(tmp_path / "p"), "v", str(tmp_path / "vDLC.csv")]
    )
    assert done.exit_code == 0, done.output
    found = load_poses(folder.poses_path("v"), before.skeleton)
    assert load_skeleton(found.skeleton).keypoints == PARTS
    assert found.keypoints.shape == (N_FRAMES, 1, 4, 2)
    # Files of poses keep 1/64 px.
    np.testing.assert_allclose(found.keypoints[:, 0], points, atol=1 / 128 + 1e-4)
    np.testing.assert_allclose(found.scores, 0.9, atol=1 / 1024)


def test_an_analysis_file_of_sleap(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    folder = make_mouse_project(tmp_path / "made", 1)
    points, _ = mouse_and_labels(5)
    path = tmp_path / "v.analysis.h5"
    with h5py.File(path, "w") as file:
        # Tracks, x and y, nodes, frames; the nodes in another order.
        file["tracks"] = points[None, :, ::-1].transpose(0, 3, 2, 1)
        file["node_names"] = np.array([n.encode() for n in reversed(PARTS)])
        file["track_occupancy"] = np.ones((N_FRAMES, 1))
    import_pose_file(folder, folder.load(), "new", path, again=True)
    found = load_poses(folder.poses_path("new"), folder.load().skeleton)
    np.testing.assert_allclose(found.keypoints[:, 0], points, atol=1 / 128 + 1e-4)


def test_a_file_without_a_keypoint_says_which(tmp_path: Path) -> None:
    folder = make_mouse_project(tmp_path / "made", 1)
    points, _ = mouse_and_labels(0)
    path = tmp_path / "v.csv"
    path.write_text(deeplabcut_csv(points, ["snout", "leftear", "rightear", "tail"]))
    with pytest.raises(SkelsegError) as told:
        import_pose_file(folder, folder.load(), "new", path, again=True)
    assert "the project uses mouse with 4: tailbase is not in" in str(told.value)
    assert "{" not in str(told.value)


def trained(folder: ProjectFolder, preset: dict[str, Any]) -> np.ndarray:
    """Train on what is labelled and pre-label ``new``; labels (T,) as class ids."""
    run(train(str(folder.root), "m", preset, threads=1, unlabelled=False))
    run(predict(str(folder.root), "new", "m", threads=1))
    path = folder.prediction_path("new", "m")
    return load_prediction(path).segmentation.to_frames()


def test_keypoints_learn_what_a_mouse_does(tmp_path: Path) -> None:
    folder = make_mouse_project(tmp_path / "made")
    recipe = load_preset("from-above")
    # A quarter of the steps is enough for four classes.
    short = replace(recipe.train, epochs=10, min_steps=120)
    labels = trained(folder, to_dict(replace(recipe, train=short)))
    ids = np.array(folder.load().label_map.ids)
    _, truth = mouse_and_labels(3)
    right = labels == ids[truth]
    assert right.mean() > 0.8
    _, info = load_model(folder.model_dir("m"))
    body = skeleton_of(info)
    assert body is not None
    assert body.keypoints == PARTS


def test_a_model_of_heatmaps_is_of_this_mouse_alone(tmp_path: Path) -> None:
    folder = make_mouse_project(tmp_path / "made", 1)
    found = trained(folder, dict(SMALL))
    assert set(found.tolist()) <= set(folder.load().label_map.ids)
    _, info = load_model(folder.model_dir("m"))
    (tmp_path / "mouse.yaml").write_text(MOUSE.replace("tailbase", "tail"))
    other = read_skeleton(tmp_path / "mouse.yaml")
    labels = folder.load().label_map
    _, project = create_project(tmp_path / "q", labels, other.name)
    with pytest.raises(ModelError, match="mouse keypoints, the project uses mouse"):
        check_fit(info, project)
