from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import FormatError
from skelseg_core.poses.keypoint_features import (
    View,
    body_centre,
    keypoint_features,
    middle_of,
    n_numbers,
    torso_length,
)
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_file import read_skeleton
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from tests.bodies import moving
from tests.mouse import MOUSE
from tests.soak import examples

COCO = load_skeleton("coco17")
VIEWS: tuple[View, ...] = ("body", "posture", "coordinates", "graph")
ALONE = Skeleton("dots", ("nose", "left_hand"), ((0, 1),), ())


def parts_of(rows: np.ndarray, skeleton: Skeleton, n_dims: int) -> dict[str, Any]:
    """The body view by its parts."""
    n = len(skeleton)
    sizes = {
        "coordinates": n * n_dims,
        "centred": n * n_dims,
        "hips": n_dims,
        "size": 1,
        "directions": len(skeleton.edges) * n_dims,
        "motion": n * n_dims,
        "hips' motion": n_dims,
    }
    assert rows.shape[1] == sum(sizes.values())
    places = np.cumsum([0, *sizes.values()])
    return {
        name: rows[:, a:b]
        for name, a, b in zip(sizes, places[:-1], places[1:], strict=True)
    }


@pytest.mark.parametrize("name", skeleton_names())
@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_every_view_of_every_skeleton_has_its_length(
    name: str, n_dims: int, n_frames: int
) -> None:
    skeleton = load_skeleton(name)
    points = moving(skeleton, n_frames, 1, n_dims)
    for view in VIEWS:
        rows = keypoint_features(points, skeleton, view)
        assert rows.shape == (n_frames, n_numbers(skeleton, n_dims, view))
        assert rows.dtype == np.float32
        assert np.isfinite(rows).all()


@settings(max_examples=examples(30), deadline=None)
@given(
    st.integers(1, 12),
    st.sampled_from([0.05, 0.5, 0.95]),
    st.sampled_from([2, 3]),
    st.integers(0, 99),
)
def test_what_is_missing_is_zero_and_never_nan(
    n_frames: int, share: float, n_dims: int, seed: int
) -> None:
    points = moving(COCO, n_frames, seed, n_dims)
    missing = np.random.default_rng(seed).random(points.shape[:2]) < share
    points[missing] = np.nan
    found = {view: keypoint_features(points, COCO, view) for view in VIEWS}
    assert all(np.isfinite(rows).all() for rows in found.values())
    by_keypoint = {
        "coordinates": found["coordinates"],
        "graph": found["graph"],
        "centred": parts_of(found["body"], COCO, n_dims)["centred"],
    }
    for name, rows in by_keypoint.items():
        assert not rows.reshape(n_frames, len(COCO), -1)[missing].any(), name


def test_nobody_is_all_zero() -> None:
    for view in VIEWS:
        assert not keypoint_features(np.full((5, 17, 2), np.nan), COCO, view).any()


@settings(max_examples=examples(30), deadline=None)
@given(
    st.sampled_from(VIEWS),
    st.sampled_from([2, 3]),
    st.lists(st.floats(-500, 500), min_size=3, max_size=3),
    st.floats(0.2, 20),
)
def test_where_and_how_large_the_picture_is_means_nothing(
    view: View, n_dims: int, step: list[float], scale: float
) -> None:
    points = moving(COCO, 30, 2, n_dims)
    points[3:9, 4] = np.nan
    other = points * scale + np.array(step[:n_dims])
    np.testing.assert_allclose(
        keypoint_features(other, COCO, view),
        keypoint_features(points, COCO, view),
        atol=1e-4,
    )


def test_only_the_scene_parts_tell_where_somebody_is() -> None:
    points = moving(COCO, 40)
    drift = np.random.default_rng(5).normal(0, 3, (40, 1, 2)).cumsum(axis=0)
    here = parts_of(keypoint_features(points, COCO, "body"), COCO, 2)
    there = parts_of(keypoint_features(points + drift, COCO, "body"), COCO, 2)
    for name in ("centred", "size", "directions", "motion"):
        np.testing.assert_allclose(there[name], here[name], atol=1e-4, err_msg=name)
    for name in ("coordinates", "hips", "hips' motion"):
        assert np.abs(there[name] - here[name]).max() > 0.1, name


def test_the_size_tells_who_comes_nearer() -> None:
    points = moving(COCO, 21)
    points[:] = points[0]
    points[7] *= 1.2
    found = parts_of(keypoint_features(points, COCO, "body"), COCO, 2)
    assert found["size"][7, 0] == pytest.approx(4 * np.log(1.2), abs=1e-4)
    assert not np.delete(found["size"], 7).any()
    # A torso of no length is small, not infinitely small.
    points[3] = 0
    assert keypoint_features(points, COCO, "body").min() >= -100


def test_the_parts_are_what_they_are_said_to_be() -> None:
    points = moving(COCO, 12)
    found = parts_of(keypoint_features(points, COCO, "body"), COCO, 2)
    hips = points[:, [11, 12]].mean(axis=1)
    shoulders = points[:, [5, 6]].mean(axis=1)
    torso = np.median(np.linalg.norm(hips - shoulders, axis=1))
    centred = (points - hips[:, None]) / torso
    np.testing.assert_allclose(
        found["centred"], 1.5 * centred.reshape(12, -1), atol=1e-4
    )
    np.testing.assert_allclose(
        found["hips"], (hips - np.median(hips, axis=0)) / torso, atol=1e-4
    )
    np.testing.assert_allclose(found["coordinates"].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found["coordinates"].std(axis=0), 1, atol=1e-5)
    lengths = np.linalg.norm(found["directions"].reshape(12, -1, 2), axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)
    elbow = points[:, 9] - points[:, 7]  # left elbow to left wrist
    edge = COCO.edges.index((7, 9))
    cosine = (found["directions"].reshape(12, -1, 2)[:, edge] * elbow).sum(axis=-1)
    np.testing.assert_allclose(cosine, np.linalg.norm(elbow, axis=-1), rtol=1e-5)
    for frame in range(12):
        after, before = min(frame + 2, 11), max(frame - 2, 0)
        step = 4 * (centred[after] - centred[before]) / 2
        np.testing.assert_allclose(found["motion"][frame], step.ravel(), atol=1e-4)
        moved = 4 * (hips[after] - hips[before]) / 2 / torso
        np.testing.assert_allclose(found["hips' motion"][frame], moved, atol=1e-4)


def test_the_posture_is_the_body_without_its_motion() -> None:
    points = moving(COCO, 12)
    body = keypoint_features(points, COCO, "body")
    posture = keypoint_features(points, COCO, "posture")
    np.testing.assert_array_equal(posture, body[:, : posture.shape[1]])
    assert body.shape[1] - posture.shape[1] == 2 * 18


@pytest.mark.parametrize("n_dims", [2, 3])
def test_the_graph_view_is_laid_out_keypoint_by_keypoint(n_dims: int) -> None:
    points = moving(COCO, 9, 3, n_dims)
    rows = keypoint_features(points, COCO, "graph").reshape(9, 17, 2, n_dims)
    torso = torso_length(points, COCO)
    np.testing.assert_allclose(
        rows[:, :, 0],
        (points - middle_of(points, COCO, "hip")[:, None]) / torso,
        atol=1e-4,
    )
    np.testing.assert_allclose(
        rows[1:, :, 1], np.diff(points, axis=0) / torso, atol=1e-4
    )
    assert not rows[0, :, 1].any()


def test_a_keypoint_that_lies_still_is_no_noise() -> None:
    points = np.full((50, 17, 2), 1234.567)
    points[:, 3] = np.random.default_rng(0).normal(size=(50, 2))
    rows = keypoint_features(points, COCO, "coordinates").reshape(50, 17, 2)
    assert np.abs(np.delete(rows, 3, axis=1)).max() < 1e-3
    assert rows[:, 3].std() == pytest.approx(1, abs=0.01)


def test_one_hip_stands_for_both() -> None:
    points = moving(COCO, 8)
    points[2, 11] = np.nan
    points[3, [11, 12]] = np.nan
    hips = middle_of(points, COCO, "hip")
    np.testing.assert_array_equal(hips[2], points[2, 12])
    assert np.isnan(hips[3]).all()
    np.testing.assert_allclose(hips[4], points[4, [11, 12]].mean(axis=0))


def test_the_torso_is_the_median_of_those_seen() -> None:
    points = np.full((5, 17, 2), np.nan)
    assert torso_length(points, COCO) == 1
    points[:3, [5, 6, 11, 12]] = 7.0  # hips and shoulders on one spot
    assert torso_length(points, COCO) == 1
    points[3:, [5, 6]], points[3:, [11, 12]] = 0.0, [30.0, 40.0]
    assert torso_length(points, COCO) == 50


def test_a_skeleton_without_hips_can_only_be_coordinates() -> None:
    points = np.random.default_rng(0).normal(size=(6, 2, 2))
    assert keypoint_features(points, ALONE, "coordinates").shape == (6, 4)
    for view in ("body", "posture", "graph"):
        with pytest.raises(FormatError, match="dots has no hips"):
            keypoint_features(points, ALONE, view)


def test_a_body_is_measured_as_its_skeleton_says(tmp_path: Path) -> None:
    (tmp_path / "mouse.yaml").write_text(MOUSE)
    mouse = read_skeleton(tmp_path / "mouse.yaml")
    # Snout, ears, tail base: the ears' middle is 24 px before the tail base.
    points = np.array([[(140, 50), (124, 40), (124, 60), (100, 50)]] * 6, float)
    points += np.arange(6)[:, None, None] * (12, 0)
    assert torso_length(points, mouse) == 24
    np.testing.assert_array_equal(body_centre(points, mouse), points[:, 3])
    placed = keypoint_features(points, mouse, "graph").reshape(6, 4, 4)
    np.testing.assert_allclose(placed[3, 0], [40 / 24, 0, 0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(placed[3, 1], [1, -10 / 24, 0.5, 0], rtol=1e-6)
    moved = keypoint_features(points * 3, mouse, "body")
    np.testing.assert_allclose(
        keypoint_features(points, mouse, "body"), moved, atol=1e-5
    )
