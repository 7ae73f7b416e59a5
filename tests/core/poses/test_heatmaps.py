from __future__ import annotations

import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skelseg_core.config import HeatmapConfig
from skelseg_core.poses.heatmaps import draw_heatmaps, heatmaps_in
from skelseg_core.poses.sequence import (
    PoseSequence,
    crop_box,
    select_subject,
    subject_poses,
)
from skelseg_core.poses.skeletons import load_skeleton
from tests.published import REFERENCE
from tests.soak import examples

SKELETON = load_skeleton("coco17")
EDGES = ((0, 1), (1, 2), (0, 3))
CUT_OFF = np.exp(-4.5)  # height of a Gaussian at 3 sigma, where drawing stops


def made(seed: int, n_frames: int = 3, people: int = 2, k: int = 4) -> tuple:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-3, 30, (n_frames, people, k, 2)).astype(np.float32)
    scores = rng.uniform(0, 1, (n_frames, people, k)).astype(np.float32)
    points[rng.random(scores.shape) < 0.2] = np.nan
    return points, scores


def joint_heatmaps(points: Any, scores: Any, *grid: Any, **more: Any) -> np.ndarray:
    """One heatmap per keypoint, (T, K, H, W)."""
    points, scores = np.asarray(points), np.asarray(scores)
    return np.stack(
        [
            draw_heatmaps(points[:, :, [k]], scores[..., [k]], (), *grid, **more)
            for k in range(points.shape[2])
        ],
        axis=1,
    )


def limb_heatmaps(points: Any, scores: Any, edges: Any, *grid: Any) -> np.ndarray:
    """One heatmap per edge, (T, L, H, W)."""
    drawn = [
        draw_heatmaps(points, scores, [edge], *grid or ((56, 56),), joints=False)
        for edge in edges
    ]
    return np.stack(drawn, axis=1)


def subject_heatmaps(
    poses: PoseSequence, subject: np.ndarray, config: HeatmapConfig
) -> np.ndarray:
    """Heatmaps over where the subject is during the whole video."""
    alone = subject_poses(poses, subject)
    box = crop_box(alone, config.padding, config.min_score)
    return heatmaps_in(alone, SKELETON, config, box)


seeds = st.integers(0, 10_000)
quick = settings(max_examples=examples(25), deadline=None)


def eq_1(x: float, y: float, score: float, size: tuple[int, int]) -> np.ndarray:
    ys, xs = np.mgrid[: size[0], : size[1]]
    return score * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 0.6**2))


@quick
@given(st.floats(-2, 12), st.floats(-2, 10), st.floats(0.01, 1))
def test_joint_is_eq_1(x: float, y: float, score: float) -> None:
    drawn = joint_heatmaps([[[[x, y]]]], [[[score]]], size=(8, 11))
    assert drawn.dtype == np.float32
    assert drawn.shape == (1, 1, 8, 11)
    expected = eq_1(x, y, score, (8, 11))
    ys, xs = np.mgrid[:8, :11]
    for at, line in ((np.float32(x), xs), (np.float32(y), ys)):
        first, last = int(at - np.float32(1.8)), int(at + np.float32(1.8))
        expected = np.where((line >= first) & (line <= last), expected, 0)
    np.testing.assert_allclose(drawn[0, 0], expected, atol=1e-6)


def eq_2(a: np.ndarray, b: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Distance of every pixel to the line from a to b."""
    ys, xs = np.mgrid[: size[0], : size[1]]
    p = np.stack([xs, ys], axis=-1)
    share = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return np.linalg.norm(p - a - share[..., None] * (b - a), axis=-1)


coordinates = st.floats(-4, 40, width=32)


@settings(max_examples=examples(150), deadline=None)
@given(
    *[coordinates] * 4, st.floats(0.125, 1, width=32), st.sampled_from([0.3, 0.6, 1.7])
)
def test_limb_is_eq_2_with_the_distance_squared_up_to_3_sigma(
    x0: float, y0: float, x1: float, y1: float, score: float, sigma: float
) -> None:
    a, b = np.array([x0, y0]), np.array([x1, y1])
    assume(((b - a) ** 2).sum() > 1.001)
    ends, size = [[[[x0, y0], [x1, y1]]]], (30, 37)
    drawn = limb_heatmaps(ends, [[[score, 1]]], [(0, 1)], size, sigma)[0, 0]
    distance = eq_2(a, b, size)
    expected = score * np.exp(-(distance**2) / (2 * sigma**2))
    within = distance < 3 * sigma - 1e-5
    np.testing.assert_allclose(drawn[within], expected[within], atol=1e-6)
    assert not drawn[distance > 3 * sigma + 1e-5].any()


def test_limbs_longer_than_the_grid_and_beyond_it() -> None:
    far = [[[[-9e4, 5], [9e4, 5]]], [[[5, -9e4], [5, 20]]], [[[90, 90], [99, 60]]]]
    drawn = limb_heatmaps(far, np.ones((3, 1, 2)), [(0, 1)], (28, 24))[:, 0]
    across = np.exp(-(np.arange(-1, 2) ** 2) / (2 * 0.6**2))
    np.testing.assert_allclose(drawn[0, 4:7], across[:, None].repeat(24, 1), atol=1e-6)
    np.testing.assert_allclose(
        drawn[1, :21, 4:7], across[None].repeat(21, 0), atol=1e-6
    )
    assert not drawn[0, 7:].any()
    assert not drawn[1, 22:].any()
    assert not drawn[2].any()


def test_edge_shorter_than_a_pixel_is_its_first_joint() -> None:
    points, scores = [[[[5.2, 5.1], [5.9, 5.5]]]], [[[0.4, 0.8]]]
    first = joint_heatmaps(points, scores, (12, 12))[0, 0]
    assert np.array_equal(
        limb_heatmaps(points, scores, [(0, 1)], (12, 12))[0, 0], first
    )
    second = joint_heatmaps(points, scores, (12, 12))[0, 1]
    back = limb_heatmaps(points, scores, [(1, 0)], (12, 12))[0, 0]
    assert np.array_equal(back, second)


def test_edge_of_a_pixel_is_a_limb() -> None:
    points = np.array([[[[4, 4], [5, 4]]]], np.float32)
    drawn = limb_heatmaps(points, np.ones((1, 1, 2)), ((0, 1),), (10, 10))[0, 0]
    assert drawn[4, 4] == drawn[4, 5] == 1
    points[..., 1, 0] = np.nextafter(np.float32(5), np.float32(4))
    drawn = limb_heatmaps(points, np.ones((1, 1, 2)), ((0, 1),), (10, 10))[0, 0]
    assert drawn[4, 4] == 1
    assert drawn[4, 5] == pytest.approx(np.exp(-1 / (2 * 0.6**2)))


def test_a_score_equal_to_the_least_is_drawn() -> None:
    config = HeatmapConfig(kind="joint", min_score=0.25)
    keypoints = np.full((1, 1, len(SKELETON), 2), 50.0)
    for score, drawn in ((0.25, True), (0.2499, False)):
        scores = np.full((1, 1, len(SKELETON)), score)
        poses = PoseSequence(keypoints, scores, "coco17", (100, 100), "made")
        heatmap = subject_heatmaps(poses, np.zeros(1, int), config)
        assert heatmap.any() == drawn


@quick
@given(seeds)
def test_combined_is_the_sum_of_joints_and_limbs(seed: int) -> None:
    points, scores = made(seed)
    both = joint_heatmaps(points, scores, (28, 24)).sum(axis=1)
    both += limb_heatmaps(points, scores, EDGES, (28, 24)).sum(axis=1)
    drawn = draw_heatmaps(points, scores, EDGES, (28, 24))
    np.testing.assert_allclose(drawn, both, atol=1e-5)


@quick
@given(seeds)
def test_people_are_combined_by_maximum(seed: int) -> None:
    points, scores = made(seed)
    for draw, rest in ((joint_heatmaps, ()), (limb_heatmaps, (EDGES,))):
        alone = [draw(points[:, [m]], scores[:, [m]], *rest) for m in range(2)]
        assert np.array_equal(draw(points, scores, *rest), np.maximum(*alone))
        assert np.array_equal(
            draw(points[:, ::-1], scores[:, ::-1], *rest), draw(points, scores, *rest)
        )


@quick
@given(seeds, st.integers(0, 5), st.integers(0, 5))
def test_moved_keypoints_move_the_picture(seed: int, dx: int, dy: int) -> None:
    points, scores = made(seed)
    moved = points + np.array([dx, dy], np.float32)
    for draw, rest in ((joint_heatmaps, ()), (limb_heatmaps, (EDGES,))):
        here = draw(points, scores, *rest, (30, 30))
        there = draw(moved, scores, *rest, (36, 36))[:, :, dy : dy + 30, dx : dx + 30]
        # Rounding decides whether a pixel that is 3 sigma away is still drawn.
        off = np.abs(there - here)
        assert off.max() < CUT_OFF
        assert off[np.maximum(here, there) > CUT_OFF].max(initial=0) < 5e-5


@quick
@given(seeds)
def test_missing_draws_nothing(seed: int) -> None:
    points, scores = made(seed)
    gone = scores * 0.00099
    assert not draw_heatmaps(points, gone, EDGES).any()
    assert not draw_heatmaps(points * np.nan, scores, EDGES).any()
    assert not draw_heatmaps(points * 0 + np.inf, scores, EDGES).any()
    assert not draw_heatmaps(points, scores * np.nan, EDGES).any()
    half = scores.copy()
    half[:, :, 0] = 0
    assert not limb_heatmaps(points, half, EDGES)[:, [0, 2]].any()


@quick
@given(seeds)
def test_frames_do_not_touch_each_other(seed: int) -> None:
    points, scores = made(seed, n_frames=40)
    drawn = draw_heatmaps(points, scores, EDGES, (20, 20))
    for t in (0, 15, 16, 39):
        one = draw_heatmaps(points[[t]], scores[[t]], EDGES, (20, 20))
        assert np.array_equal(one[0], drawn[t])


def test_no_frames_and_nobody() -> None:
    assert draw_heatmaps(np.zeros((0, 1, 4, 2)), np.zeros((0, 1, 4)), EDGES).shape == (
        0,
        56,
        56,
    )
    assert not draw_heatmaps(np.zeros((2, 0, 4, 2)), np.zeros((2, 0, 4)), EDGES).any()


def test_combined_needs_little_more_than_its_result() -> None:
    points, scores = made(1, n_frames=300, people=1, k=17)
    tracemalloc.start()
    try:
        drawn = draw_heatmaps(points, scores, SKELETON.edges)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < drawn.nbytes + (3 << 20)


def test_wrong_shapes_and_sigma_are_refused() -> None:
    points, scores = made(0)
    with pytest.raises(ValueError, match=r"\(T, M, K, 2\)"):
        joint_heatmaps(points[0], scores[0])
    with pytest.raises(ValueError, match="sigma_px"):
        joint_heatmaps(points, scores, sigma_px=0)


def reference_cases() -> tuple[dict, list, list]:
    folder = REFERENCE
    about = json.loads((folder / "pose_targets_about.json").read_text())
    with np.load(folder / "pose_targets.npz") as data:
        arrays = {name: data[name] for name in data.files}
    names = sorted({n.split("__")[0] for n in arrays if n.endswith("__hw")})
    return arrays, names, [tuple(e) for e in about["skeletons_default"]]


def test_agrees_with_pyskl() -> None:
    """Joints everywhere; limbs where they are drawn, for theirs run on in their box.

    PYSKL draws limbs in float32, which leaves it 3e-6 off.
    """
    arrays, names, edges = reference_cases()
    assert tuple(edges) == tuple(SKELETON.edges) or set(edges) == set(SKELETON.edges)
    for name in names:
        points, scores = arrays[f"{name}__kps"][None], arrays[f"{name}__score"][None]
        size = tuple(int(v) for v in arrays[f"{name}__hw"])
        joint = joint_heatmaps(points, scores, size)[0]
        limb = limb_heatmaps(points, scores, edges, size)[0]
        if f"{name}__joint" not in arrays:
            np.testing.assert_allclose(
                joint.sum(axis=0), arrays[f"{name}__joint_sum"], atol=1e-6
            )
            highest = arrays[f"{name}__limb_channel_max"]
            np.testing.assert_allclose(limb.max(axis=(1, 2)), highest, atol=5e-6)
            continue
        np.testing.assert_allclose(joint, arrays[f"{name}__joint"], atol=1e-6)
        theirs = arrays[f"{name}__limb"]
        seen = limb > 0
        np.testing.assert_allclose(limb[seen], theirs[seen], atol=5e-6)
        assert theirs[~seen].max() <= CUT_OFF + 1e-6


def test_agrees_with_pyskl_on_a_cropped_clip() -> None:
    arrays, _, _ = reference_cases()
    for name in ("compact_pad0.25_hw1", "compact_pad0.25_nopad"):
        points = arrays[f"{name}__kps56"][0][:, None]
        ours = joint_heatmaps(points, arrays[f"{name}__score"][0][:, None])
        # The reference is kept as float16, which rounds by 2.5e-4 below 1.
        np.testing.assert_allclose(ours, arrays[f"{name}__joint56"], atol=2.5e-4)


def walking() -> PoseSequence:
    rng = np.random.default_rng(5)
    body = rng.uniform([0, 0], [60, 160], (17, 2))
    steps = np.linspace(0, 200, 20)[:, None] * np.array([1.0, 0.1])
    keypoints = np.stack(
        [body + 40 + steps[:, None], body * 0.3 + 20 + 0 * steps[:, None]], axis=1
    )
    scores = rng.uniform(0.1, 1, (20, 2, 17))
    keypoints[7, 0], scores[7, 0] = np.nan, 0
    return PoseSequence(keypoints, scores, "coco17", (400, 300), "test")


def test_frames_where_nobody_is_are_empty() -> None:
    poses = walking()
    drawn = subject_heatmaps(poses, select_subject(poses), HeatmapConfig(size=40))
    assert drawn.shape == (20, 40, 40)
    assert drawn.dtype == np.float32
    assert not drawn[7].any()
    assert drawn[8].any()


def test_kinds_add_up() -> None:
    poses = walking()
    subject = select_subject(poses)
    joint, limb, both = (
        subject_heatmaps(poses, subject, HeatmapConfig(kind=kind))
        for kind in ("joint", "limb", "combined")
    )
    np.testing.assert_allclose(joint + limb, both, atol=1e-5)


def test_heatmap_lies_on_the_body_where_its_box_is() -> None:
    poses, config = walking(), HeatmapConfig(kind="joint", size=50, min_score=0)
    subject = np.zeros(20, np.int64)
    drawn = subject_heatmaps(poses, subject, config)
    x0, y0, x1, y1 = crop_box(subject_poses(poses, subject), config.padding, 0)
    row, column = np.unravel_index(drawn[3].argmax(), (50, 50))
    at = (x0 + (column + 0.5) * (x1 - x0) / 50, y0 + (row + 0.5) * (y1 - y0) / 50)
    steps = (poses.keypoints[3, 0] - at) / ((x1 - x0) / 50, (y1 - y0) / 50)
    assert np.abs(steps).max(axis=1).min() <= 0.5 + 1e-3


def test_low_scores_are_missing() -> None:
    poses = walking()
    config = HeatmapConfig(min_score=0.999)
    assert not subject_heatmaps(poses, np.zeros(20, np.int64), config).any()


def test_other_people_are_not_drawn() -> None:
    poses, config = walking(), HeatmapConfig()
    subject = np.zeros(20, np.int64)
    alone = PoseSequence(
        poses.keypoints[:, :1], poses.scores[:, :1], "coco17", poses.size, "test"
    )
    both = subject_heatmaps(poses, subject, config)
    assert np.array_equal(both, subject_heatmaps(alone, subject, config))
