from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import (
    AugmentConfig,
    FeatureConfig,
    HeatmapConfig,
    ModelConfig,
    Preset,
    TrainConfig,
)
from skelseg_core.errors import ModelError
from skelseg_core.learning.augment import (
    HIDDEN_FRAMES,
    augmented,
    varied_subject,
    warped_frames,
    with_pose,
)
from skelseg_core.learning.data import POSE, Sample, labelled_parts
from skelseg_core.poses.keypoint_features import torso_length
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import (
    SubjectInput,
    derived_features,
    heatmap_cells,
    limbs_of,
    read_pose,
)
from tests.bodies import SIZE, made
from tests.soak import examples

COCO = load_skeleton("coco17")
KEYPOINTS = ModelConfig(("keypoints",))
SOLID = ModelConfig(("keypoints3d",))
TRAINED = ModelConfig(("heatmap",), heatmap_encoder="trained")
STRONG = AugmentConfig(20, 0.2, 0.05, 0.3, 0.3, 1.0, 0.5, 0.1)


def preset(augment: AugmentConfig, model: ModelConfig = KEYPOINTS) -> Preset:
    return Preset(model=model, train=TrainConfig(augment=augment))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sample(
    body: SubjectInput, settings: Preset, start: int = 0, stop: int = 60
) -> Sample:
    """What stands between two frames of a body; ``rgb`` counts the frames."""
    features: dict[str, Any] = {
        m: derived_features(body, m, settings)[start:stop]
        for m in settings.model.modalities
    }
    features["rgb"] = np.arange(start, stop, dtype=np.float32)[:, None]
    labels = np.arange(start, stop) // 7 % 5 - 1
    return Sample("v", features, labels, body, start, labels * 2.0)


def timed(body: SubjectInput, config: AugmentConfig, seed: int = 0) -> SubjectInput:
    """Varied, every frame at its time."""
    return varied_subject(
        body, np.arange(len(body), dtype=np.float64), config, rng(seed)
    )


# -- time ---------------------------------------------------------------------------

warps = st.floats(0, 1)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 500), warps, warps, st.integers(0, 99))
def test_warped_time_runs_from_the_first_frame_to_the_last(
    n_frames: int, stretch: float, warp: float, seed: int
) -> None:
    config = AugmentConfig(stretch=stretch, warp=warp)
    frames = warped_frames(n_frames, config, rng(seed))
    assert frames[0] == 0
    assert frames[-1] == n_frames - 1
    assert (np.diff(frames) > 0).all()
    most = np.exp(stretch + warp)
    if n_frames > 1:
        assert max(2, n_frames / most - 1) <= len(frames) <= n_frames * most + 1
    if len(frames) > 20:
        # Nowhere faster or slower than it may be, but for the ends' rounding.
        assert np.diff(frames).max() <= most * 1.2
        assert np.diff(frames).min() >= 1 / most / 1.2


def test_a_stretched_video_is_longer_or_shorter() -> None:
    lengths = [
        len(warped_frames(300, AugmentConfig(stretch=0.5), rng(i))) for i in range(40)
    ]
    assert min(lengths) < 220
    assert max(lengths) > 400
    even = warped_frames(300, AugmentConfig(stretch=0.5), rng(1))
    np.testing.assert_allclose(np.diff(even), np.diff(even)[0])
    uneven = np.diff(warped_frames(300, AugmentConfig(warp=0.5), rng(1)))
    assert uneven.max() > 1.2 * uneven.min()


def ramp(n_frames: int = 120) -> SubjectInput:
    """Somebody still, but for a wrist that is one px further in every frame."""
    keypoints = np.zeros((n_frames, 1, 17, 2))
    keypoints[:, 0, [11, 12], 1] = 50
    keypoints[:, 0, 9, 0] = np.arange(n_frames)
    scores = np.full((n_frames, 1, 17), 0.9)
    poses = PoseSequence(keypoints, scores, "coco17", SIZE, "test")
    return SubjectInput(poses, COCO, (0.0, 0.0, 640.0, 480.0))


@settings(max_examples=examples(40), deadline=None)
@given(warps, warps, st.integers(0, 60), st.integers(1, 60), st.integers(0, 99))
def test_labels_follow_the_features(
    stretch: float, warp: float, start: int, length: int, seed: int
) -> None:
    settings = preset(AugmentConfig(stretch=stretch, warp=warp))
    before = sample(ramp(), settings, start, start + length)
    after = augmented(before, settings, rng(seed))
    # The wrist, body-centred in torsos, tells which moment a row shows.
    wrist = after.features["keypoints"][:, 2 * 17 + 2 * 9]
    moments = wrist.astype(np.float64) * 50 / 1.5
    assert moments[0] == pytest.approx(start, abs=1e-3)
    assert moments[-1] == pytest.approx(start + length - 1, abs=1e-3)
    shown = after.features["rgb"][:, 0]
    assert np.abs(shown - moments).max() <= 0.501
    np.testing.assert_array_equal(after.labels, shown.astype(int) // 7 % 5 - 1)
    np.testing.assert_array_equal(after.risk, after.labels * 2.0)
    np.testing.assert_array_equal(
        before.features["rgb"][:, 0], np.arange(length) + start
    )


def test_parts_of_a_video_keep_their_place_in_it() -> None:
    settings = preset(AugmentConfig(stretch=0.5, warp=0.5))
    whole = sample(ramp(), settings, 0, 120)
    labels = np.full(120, -1)
    labels[20:45], labels[90:110] = 1, 2
    parts = labelled_parts(replace(whole, labels=labels))
    assert [part.start for part in parts] == [20, 90]
    for part in parts:
        after = augmented(part, settings, rng(3))
        moments = after.features["keypoints"][:, 2 * 17 + 2 * 9] * 50 / 1.5
        assert moments[0] == pytest.approx(part.start, abs=1e-3)
        assert moments[-1] == pytest.approx(part.start + len(part) - 1, abs=1e-3)
        assert set(after.labels) == set(part.labels)


@pytest.mark.parametrize("model", [KEYPOINTS, SOLID, TRAINED])
def test_what_is_not_varied_stays_as_it_is(model: ModelConfig) -> None:
    settings = preset(AugmentConfig(), model)
    body = made(settings, 60, missing=0.1, solid=True)
    before = sample(body, settings, 12, 40)
    after = augmented(before, settings, rng())
    for modality, values in before.features.items():
        np.testing.assert_allclose(after.features[modality], values, atol=1e-4)
    np.testing.assert_array_equal(after.labels, before.labels)


def test_between_two_frames_a_keypoint_is_between_or_missing() -> None:
    body = made(preset(AugmentConfig()), 9)
    keypoints = body.keypoints.copy()
    keypoints[4, 3] = np.nan
    body = body.moved(keypoints, np.full((9, 17), 0.9))
    moments = np.array([0, 0.25, 3, 3.2, 4, 4.9, 5, 8])
    found = varied_subject(body, moments, AugmentConfig(), rng()).keypoints
    here = 0.75 * keypoints[0] + 0.25 * keypoints[1]
    np.testing.assert_allclose(found[1], here, rtol=1e-5)
    gone = np.isnan(found[:, 3, 0])
    assert gone.tolist() == [False, False, False, True, True, True, False, False]
    assert not np.isnan(np.delete(found, 3, axis=1)).any()
    np.testing.assert_allclose(found[[0, 2, 6, 7]], keypoints[[0, 3, 5, 8]], rtol=1e-5)


# -- place --------------------------------------------------------------------------


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)


def test_turning_keeps_every_distance_and_what_is_upright() -> None:
    body = made(preset(AugmentConfig()), 20, solid=True)
    turned = timed(body, AugmentConfig(rotation_deg=90))
    assert np.abs(turned.keypoints - body.keypoints).max() > 5
    np.testing.assert_allclose(
        distances(turned.keypoints), distances(body.keypoints), atol=1e-3
    )
    assert turned.keypoints3d is not None
    assert body.keypoints3d is not None
    np.testing.assert_allclose(
        distances(turned.keypoints3d), distances(body.keypoints3d), atol=1e-4
    )
    np.testing.assert_allclose(
        turned.keypoints3d[..., 2], body.keypoints3d[..., 2], atol=1e-5
    )
    middle = body.keypoints.mean(axis=(0, 1))
    np.testing.assert_allclose(turned.keypoints.mean(axis=(0, 1)), middle, atol=1e-2)


def test_scaling_is_one_factor_a_side() -> None:
    body = made(preset(AugmentConfig()), 20, solid=True)
    scaled = timed(body, AugmentConfig(scale=0.3))
    pairs = ((body.keypoints, scaled.keypoints), (body.keypoints3d, scaled.keypoints3d))
    for before, after in pairs:
        assert before is not None
        assert after is not None
        factors = np.diff(after, axis=0) / np.diff(before, axis=0)
        found = np.median(factors, axis=(0, 1))
        assert len(set(found.round(4))) == before.shape[-1]
        assert (np.abs(np.log(found)) <= 0.3).all()
        np.testing.assert_allclose(
            np.diff(after, axis=0), found * np.diff(before, axis=0), atol=1e-3
        )


def test_noise_is_measured_in_torsos() -> None:
    body = made(preset(AugmentConfig()), 200, solid=True)
    shaken = timed(body, AugmentConfig(noise=0.05))
    pairs = ((body.keypoints, shaken.keypoints), (body.keypoints3d, shaken.keypoints3d))
    for before, after in pairs:
        assert before is not None
        assert after is not None
        spread = (after - before).std()
        assert spread == pytest.approx(0.05 * torso_length(before, COCO), rel=0.05)


@pytest.mark.parametrize("n_frames", [3, 30, 200])
def test_one_limb_is_hidden_for_a_while(n_frames: int) -> None:
    body = made(preset(AugmentConfig()), n_frames, solid=True)
    limbs = {frozenset(limb) for limb in limbs_of(COCO)}
    seen = set()
    for seed in range(30):
        hiding = timed(body, AugmentConfig(hide=1), seed)
        gone = np.isnan(hiding.keypoints[..., 0])
        seen.add(limb := frozenset(np.flatnonzero(gone.any(axis=0)).tolist()))
        assert limb in limbs
        frames = np.flatnonzero(gone.any(axis=1))
        assert (np.diff(frames) == 1).all()
        assert min(HIDDEN_FRAMES[0], n_frames) <= len(frames) <= HIDDEN_FRAMES[1]
        assert gone.sum() == 2 * len(frames)
        assert hiding.keypoints3d is not None
        np.testing.assert_array_equal(np.isnan(hiding.keypoints3d[..., 1]), gone)
        np.testing.assert_array_equal(hiding.poses.scores[:, 0] == 0, gone)
    assert len(seen) > 4


def test_one_limb_is_never_seen_in_a_share_of_videos() -> None:
    body = made(preset(AugmentConfig()), 40, solid=True)
    limbs = {frozenset(limb) for limb in limbs_of(COCO)}
    seen = []
    for seed in range(60):
        losing = timed(body, AugmentConfig(lose=0.5), seed)
        gone = np.isnan(losing.keypoints[..., 0])
        np.testing.assert_array_equal(gone.any(axis=0), gone.all(axis=0))
        seen.append(frozenset(np.flatnonzero(gone[0]).tolist()))
        assert losing.keypoints3d is not None
        np.testing.assert_array_equal(np.isnan(losing.keypoints3d[..., 1]), gone)
        np.testing.assert_array_equal(losing.poses.scores[:, 0] == 0, gone)
    assert set(seen) <= limbs | {frozenset()}
    assert 15 < sum(map(bool, seen)) < 45
    assert len(set(seen)) > 4


def test_a_mirrored_body_changes_its_sides() -> None:
    body = made(preset(AugmentConfig()), 20, missing=0.2, solid=True)
    mirrored = timed(body, AugmentConfig(flip=1))
    left, right = (
        COCO.keypoints.index("left_wrist"),
        COCO.keypoints.index("right_wrist"),
    )
    middle = body.box[0] + body.box[2]
    for a, b in ((left, right), (right, left), (0, 0)):
        np.testing.assert_allclose(
            mirrored.keypoints[:, a, 0], middle - body.keypoints[:, b, 0], atol=1e-3
        )
        np.testing.assert_array_equal(
            mirrored.keypoints[:, a, 1], body.keypoints[:, b, 1]
        )
        np.testing.assert_array_equal(
            mirrored.poses.scores[:, 0, a], body.poses.scores[:, 0, b]
        )
        assert mirrored.keypoints3d is not None
        assert body.keypoints3d is not None
        # Left and right of 3D poses is their second number.
        np.testing.assert_array_equal(
            mirrored.keypoints3d[:, a] * [1, -1, 1], body.keypoints3d[:, b]
        )
    again = timed(mirrored, AugmentConfig(flip=1))
    np.testing.assert_allclose(again.keypoints, body.keypoints, atol=1e-3)


def test_heatmaps_of_a_mirrored_body_are_mirrored() -> None:
    body = made(preset(AugmentConfig()), 12, seed=3)
    # Mostly on one side: what is mirrored must not leave the picture.
    keypoints = body.keypoints.copy()
    keypoints[9:, :, 0] += 300
    body = body.moved(keypoints, np.full((12, 17), 0.9))
    body = replace(body, box=(100.0, 100.0, 700.0, 450.0))
    config = HeatmapConfig()
    pictures = heatmap_cells(body, config).reshape(12, 28, 28)
    mirrored = heatmap_cells(timed(body, AugmentConfig(flip=1)), config)
    assert pictures[:, :, :14].sum() > 2 * pictures[:, :, 14:].sum() > 0
    np.testing.assert_allclose(
        mirrored.reshape(12, 28, 28), pictures[:, :, ::-1], atol=0.02
    )


def test_shifting_moves_the_picture_and_not_the_body() -> None:
    body = made(preset(AugmentConfig()), 5)
    for seed in range(20):
        shifted = timed(body, AugmentConfig(shift=0.2), seed)
        np.testing.assert_allclose(shifted.keypoints, body.keypoints, rtol=1e-5)
        before, after = np.array(body.box), np.array(shifted.box)
        size, found = before[2:] - before[:2], after[2:] - after[:2]
        assert (np.abs(np.log(found / size)) <= 0.2).all()
        step = (after[2:] + after[:2] - before[2:] - before[:2]) / 2
        assert (np.abs(step) <= 0.2 * size).all()
        assert (np.abs(step) > 0).all()


# -- all together -------------------------------------------------------------------


@settings(max_examples=examples(25), deadline=None)
@given(
    st.sampled_from([KEYPOINTS, SOLID, TRAINED]),
    st.sampled_from(["body", "coordinates", "graph"]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(1, 25),
    st.integers(0, 20),
    st.integers(0, 99),
)
def test_whatever_is_missing_features_are_numbers(
    model: ModelConfig, view: Any, missing: float, length: int, start: int, seed: int
) -> None:
    settings = replace(
        preset(STRONG, model), features=FeatureConfig(keypoints=view, max_gap=2)
    )
    body = made(settings, start + length + 3, seed, missing=missing, solid=True)
    before = sample(body, settings, start, start + length)
    after = augmented(before, settings, rng(seed))
    for modality, values in before.features.items():
        found = after.features[modality]
        assert found.shape == (len(after.labels), values.shape[1])
        assert np.isfinite(found).all()


def test_everything_follows_from_the_generator() -> None:
    settings = preset(STRONG)
    before = sample(made(settings), settings, 5, 55)
    first, again = (augmented(before, settings, rng(4)) for _ in range(2))
    other = augmented(before, settings, rng(5))
    np.testing.assert_array_equal(
        first.features["keypoints"], again.features["keypoints"]
    )
    assert len(other) != len(first) or not np.array_equal(
        other.features["keypoints"], first.features["keypoints"]
    )


def test_without_a_body_only_time_is_varied() -> None:
    settings = preset(STRONG, ModelConfig(("rgb",)))
    values = np.arange(60, dtype=np.float32)[:, None]
    after = augmented(Sample("v", {"rgb": values}, np.arange(60)), settings, rng(2))
    assert len(after) != 60
    np.testing.assert_array_equal(after.features["rgb"][:, 0], after.labels)


def test_the_pose_to_be_read_is_that_of_the_frames() -> None:
    reading = replace(TRAINED, read_pose=True)
    body = made(preset(AugmentConfig(), reading), 60)
    before = sample(body, preset(AugmentConfig(), reading), 10, 50)
    pose = with_pose(before).features[POSE]
    np.testing.assert_array_equal(pose, read_pose(body)[10:50])
    same = augmented(before, preset(AugmentConfig(), reading), rng())
    np.testing.assert_allclose(same.features[POSE], pose, atol=1e-4)
    varied = augmented(before, preset(STRONG, reading), rng())
    assert len(varied.features[POSE]) == len(varied.labels)
    alone = replace(before, subject=None)
    with pytest.raises(ModelError, match="v has no poses"):
        with_pose(alone)
    with pytest.raises(ModelError, match="v has no poses"):
        augmented(alone, preset(STRONG, reading), rng())
