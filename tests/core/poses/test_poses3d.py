from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.formats.poses_npz import (
    load_poses3d,
    load_risk,
    save_poses3d,
    save_risk,
)
from skelseg_core.poses.poses3d import Camera, Poses3D


def made(points: object) -> Poses3D:
    return Poses3D(np.array(points, float), "lcrnet15", "test")


def test_missing_has_one_form() -> None:
    points = np.ones((2, 3, 3))
    points[0, 0, 1] = np.nan
    points[0, 1, 2] = np.inf
    points[1, 2, 0] = 1e300  # beyond float32
    poses = made(points)
    gone = np.array([[True, True, False], [False, False, True]])
    assert np.array_equal(poses.missing, gone)
    assert np.array_equal(np.isnan(poses.keypoints).all(axis=-1), gone)
    assert poses.keypoints.dtype == np.float32
    assert poses.n_frames == 2


@pytest.mark.parametrize(
    ("keypoints", "words"),
    [
        (np.zeros((2, 15)), "shape"),
        (np.zeros((2, 15, 2)), "shape"),
        (np.zeros((1, 2, 15, 3)), "shape"),
        (np.full((2, 15, 3), "a"), "numbers"),
    ],
)
def test_contradictions_are_refused(keypoints: np.ndarray, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        Poses3D(keypoints, "lcrnet15")


def test_a_pinhole_by_hand() -> None:
    # 5 m ahead, 1 m to the right (y is left), 0.5 m up.
    seen = Camera(1000, 1920, 1080).project(made([[[5, -1, 0.5]]]))
    assert seen.keypoints.shape == (1, 1, 1, 2)
    assert seen.keypoints[0, 0, 0].tolist() == [960 + 200, 540 - 100]
    assert (seen.size, seen.skeleton) == ((1920, 1080), "lcrnet15")
    assert seen.scores.tolist() == [[[1]]]
    assert seen.estimator == "test, pinhole 1000 px"


def test_twice_as_far_is_half_as_large() -> None:
    body = np.random.default_rng(0).uniform(-1, 1, (1, 15, 3)) * [0, 1, 1]
    near = Camera().project(made(body + np.array([3, 0, 0]))).keypoints - [960, 540]
    far = Camera().project(made(body + np.array([6, 0, 0]))).keypoints - [960, 540]
    np.testing.assert_allclose(near, 2 * far, atol=1e-3)


def test_what_is_behind_or_unknown_is_missing() -> None:
    points = [[[-5, 0, 0], [0, 1, 1], [1e-40, 1, 1], [np.nan, 0, 0], [4, 40, 0]]]
    seen = Camera().project(made(points))
    # The last lies beside the picture, where it keeps its place.
    assert seen.scores[0, 0].tolist() == [0, 0, 0, 0, 1]
    assert seen.keypoints[0, 0, 4].tolist() == [960 - 10500, 540]


def test_other_axes_and_another_centre() -> None:
    seen = Camera(
        500, 640, 480, depth="+z", right="+x", up="-y", centre=(300, 200)
    ).project(made([[[1, 2, 10]]]))
    assert seen.keypoints[0, 0, 0].tolist() == [350, 300]


@pytest.mark.parametrize(
    "change",
    [
        {"focal_px": 0},
        {"focal_px": np.nan},
        {"focal_px": np.inf},
        {"width": 0},
        {"height": 100_000},
        {"up": "+x"},
        {"up": "up"},
        {"up": "z"},
        {"depth": "*x"},
    ],
)
def test_what_makes_no_camera(change: dict) -> None:
    with pytest.raises(ConfigError, match=r"must be"):
        replace(Camera(), **change)


# -- files --------------------------------------------------------------------------


def test_files_keep_what_they_get(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(7, 15, 3))
    points[3, 4] = np.nan
    poses = made(points)
    path = tmp_path / "07.npz"
    save_poses3d(path, poses)
    read = load_poses3d(path)
    assert np.array_equal(read.keypoints, poses.keypoints, equal_nan=True)
    assert (read.skeleton, read.source) == ("lcrnet15", "test")
    path.write_bytes(path.read_bytes()[:99])
    with pytest.raises(FormatError, match=r"07\.npz"):
        load_poses3d(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoints": None}, "'keypoints' is missing"),
        ({"schema": None}, "not a 3D pose file"),
        ({"schema": np.array("skelseg-poses3d-9")}, "another version"),
        ({"skeleton": np.array(3)}, "'skeleton' is not text"),
        ({"keypoints": np.zeros((3, 2))}, "shape"),
    ],
)
def test_wrong_files(tmp_path: Path, change: dict, words: str) -> None:
    path = tmp_path / "07.npz"
    save_poses3d(path, made(np.zeros((2, 15, 3))))
    arrays = {**load_npz(path), **change}
    save_npz(path, {n: a for n, a in arrays.items() if a is not None})
    with pytest.raises(FormatError, match=words) as caught:
        load_poses3d(path)
    assert str(caught.value).startswith(str(path))


def test_risk_files(tmp_path: Path) -> None:
    path = tmp_path / "07.npz"
    save_risk(path, np.array([np.nan, 2, 11]))
    read = load_risk(path)
    assert read.dtype == np.float32
    assert np.array_equal(read, [np.nan, 2, 11], equal_nan=True)
    schema = np.array("skelseg-risk-1")
    for arrays in (
        {"scores": read},
        {"schema": schema},
        {"schema": schema, "scores": read[None]},
        {"schema": schema, "scores": np.array(["a"])},
    ):
        save_npz(path, arrays)
        with pytest.raises(FormatError, match="import the data set again"):
            load_risk(path)
