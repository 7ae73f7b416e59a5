from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import FeatureConfig, HeatmapConfig, ModelConfig, Preset
from skelseg_core.errors import FormatError, ModelError
from skelseg_core.poses import subject_input as body_module
from skelseg_core.poses.heatmaps import heatmaps_in
from skelseg_core.poses.keypoint_features import keypoint_features, n_numbers
from skelseg_core.poses.sequence import PoseSequence, crop_box, follow_boxes
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from skelseg_core.poses.subject_input import (
    GAIN,
    LOST_SHARES,
    derived_features,
    heatmap_cells,
    is_derived,
    limbs_of,
    losses_of,
    lost_keypoints,
    make_subject_input,
    read_pose,
)
from tests.bodies import SIZE, made, moving
from tests.soak import examples

COCO = load_skeleton("coco17")
PLAIN = Preset()
TRAINED = Preset(model=ModelConfig(("heatmap",), heatmap_encoder="trained"))
BOTH = replace(TRAINED, heatmap=HeatmapConfig(view="both"))


def crowd(scores: np.ndarray) -> PoseSequence:
    """Two people; the second walks 100 px to the right of the first."""
    keypoints = np.stack(
        [moving(COCO, len(scores)), moving(COCO, len(scores)) + 100], 1
    )
    return PoseSequence(keypoints, scores, "coco17", SIZE, "test")


def test_the_subject_alone_counts() -> None:
    poses = crowd(np.full((20, 2, 17), 0.9))
    subject = np.array([0] * 8 + [-1] * 2 + [1] * 10)
    found = make_subject_input(poses, subject, COCO, PLAIN)
    assert len(found) == 20
    np.testing.assert_array_equal(found.keypoints[:8], poses.keypoints[:8, 0])
    assert np.isnan(found.keypoints[8:10]).all()
    np.testing.assert_array_equal(found.keypoints[10:], poses.keypoints[10:, 1])
    assert found.box == crop_box(found.poses, 0.1, 0.2)


def test_unsure_keypoints_are_missing_and_short_gaps_bridged() -> None:
    scores = np.full((20, 2, 17), 0.9)
    scores[4:7, 0, 3] = 0.19
    scores[10:16, 0, 3] = 0
    scores[18, 0, 3] = 0.2
    poses, subject = crowd(scores), np.zeros(20, np.int64)
    plain = make_subject_input(poses, subject, COCO, PLAIN).keypoints[:, 3, 0]
    assert np.flatnonzero(np.isnan(plain)).tolist() == [4, 5, 6, *range(10, 16)]
    bridged = replace(PLAIN, features=FeatureConfig(max_gap=3))
    filled = make_subject_input(poses, subject, COCO, bridged).keypoints[:, 3]
    assert np.flatnonzero(np.isnan(filled[:, 0])).tolist() == list(range(10, 16))
    np.testing.assert_allclose(filled[5], (filled[3] + filled[7]) / 2, rtol=1e-5)


def test_what_is_derived() -> None:
    derived = [m for m in ("heatmap", "rgb", "keypoints", "keypoints3d")
               if is_derived(m, PLAIN)]  # fmt: skip
    assert derived == ["keypoints", "keypoints3d"]
    assert is_derived("heatmap", TRAINED)
    assert not is_derived("rgb", TRAINED)


@pytest.mark.parametrize("view", ["body", "coordinates", "graph"])
def test_features_of_keypoints_in_the_plane_and_in_space(view: str) -> None:
    preset = Preset(features=FeatureConfig(keypoints=view))  # type: ignore[arg-type]
    body = made(preset, 15, solid=True)
    assert body.keypoints3d is not None
    for modality, points in (
        ("keypoints", body.keypoints),
        ("keypoints3d", body.keypoints3d),
    ):
        np.testing.assert_array_equal(
            derived_features(body, modality, preset),
            keypoint_features(points, COCO, preset.features.keypoints),
        )
    with pytest.raises(FormatError, match="no 3D poses"):
        derived_features(replace(body, keypoints3d=None), "keypoints3d", preset)


def test_cells_are_means_of_the_heatmap() -> None:
    body = made(TRAINED, 6, missing=0.2)
    cells = heatmap_cells(body, TRAINED.heatmap)
    drawn = heatmaps_in(body.poses, COCO, TRAINED.heatmap, body.box)
    assert cells.shape == (6, 28 * 28)
    assert cells.dtype == np.float32
    for y, x in ((0, 0), (13, 9), (27, 27), (14, 14)):
        mean = drawn[:, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean(axis=(1, 2))
        np.testing.assert_allclose(cells[:, 28 * y + x], GAIN * mean, rtol=1e-5)
    assert cells.max() > 0.5
    np.testing.assert_array_equal(cells, derived_features(body, "heatmap", TRAINED))


def test_two_views_stand_one_after_the_other() -> None:
    body = made(BOTH, 5)
    both = heatmap_cells(body, BOTH.heatmap)
    video = heatmap_cells(body, replace(BOTH.heatmap, view="video"))
    subject = heatmap_cells(body, replace(BOTH.heatmap, view="subject"))
    np.testing.assert_array_equal(both, np.concatenate([video, subject], axis=1))
    drawn = heatmaps_in(body.poses, COCO, BOTH.heatmap, follow_boxes(body.poses))
    assert GAIN * drawn.sum() / 4 == pytest.approx(subject.sum(), rel=1e-4)


@pytest.mark.parametrize("view", ["video", "subject"])
def test_drawing_in_parts_is_drawing_at_once(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = HeatmapConfig(view=view, size=21)  # type: ignore[arg-type]
    body = made(TRAINED, 17, missing=0.1)
    cells = heatmap_cells(body, config)
    (whole,) = body.heatmaps(config)
    box = body.box if view == "video" else follow_boxes(body.poses)
    np.testing.assert_array_equal(whole, heatmaps_in(body.poses, COCO, config, box))
    assert cells.shape == (17, 100)  # the odd row and column are left out
    monkeypatch.setattr(body_module, "CHUNK", 5)
    np.testing.assert_array_equal(heatmap_cells(body, config), cells)
    parts = list(body.heatmaps(config))
    assert [len(part) for part in parts] == [5, 5, 5, 2]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_frame_without_anybody_is_dark() -> None:
    body = made(BOTH, 9)
    scores = body.poses.scores[:, 0].copy()
    scores[4] = 0
    gone = body.moved(body.keypoints, scores)
    cells = heatmap_cells(gone, BOTH.heatmap)
    assert not cells[4].any()
    assert np.delete(cells, 4, axis=0).any(axis=1).all()
    np.testing.assert_array_equal(
        np.delete(cells, 4, axis=0)[:, :784],
        np.delete(heatmap_cells(body, BOTH.heatmap), 4, axis=0)[:, :784],
    )


def test_somebody_moved_is_seen_through_the_same_box() -> None:
    body = made(PLAIN, 9, solid=True)
    scores = np.full((4, 17), 0.5, np.float32)
    there = body.moved(body.keypoints[:4] + 30, scores)
    assert (len(there), there.box, there.keypoints3d) == (4, body.box, None)
    np.testing.assert_array_equal(there.keypoints, body.keypoints[:4] + 30)


def test_the_posture_that_an_encoder_reads() -> None:
    body = made(PLAIN, 9, missing=0.3)
    pose = read_pose(body)
    assert pose.shape == (9, n_numbers(COCO, 2, "posture"))
    assert np.isfinite(pose).all()


@pytest.mark.parametrize("name", skeleton_names())
def test_limbs_are_of_arms_and_legs(name: str) -> None:
    skeleton = load_skeleton(name)
    limbs = limbs_of(skeleton)
    pairs = {
        frozenset((skeleton.keypoints[a], skeleton.keypoints[b])) for a, b in limbs
    }
    for side in ("left", "right"):
        for a, b in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("hip", "knee"),
            ("knee", "ankle"),
        ):
            assert frozenset((f"{side}_{a}", f"{side}_{b}")) in pairs
    assert not any({"nose", "neck", "head"} & pair for pair in pairs)
    if name in ("coco17", "lcrnet15"):
        assert len(limbs) == 8


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(skeleton_names()), st.integers(0, 70), st.integers(0, 9))
def test_a_frame_loses_one_limb(name: str, n_frames: int, seed: int) -> None:
    skeleton = load_skeleton(name)
    limbs = {frozenset(limb) for limb in limbs_of(skeleton)}
    names = losses_of(skeleton)
    assert len(set(names)) == len(names) == 4 + len(limbs_of(skeleton))
    for loss in names:
        lost = lost_keypoints(skeleton, n_frames, loss, np.random.default_rng(seed))
        assert lost.shape == (n_frames, len(skeleton))
        gone = [frozenset(np.flatnonzero(frame).tolist()) for frame in lost]
        assert set(gone) - {frozenset()} <= limbs
        # Only where a share of the frames is disturbed, some lack none.
        assert "%" in loss or frozenset() not in gone
        if loss.endswith("never seen"):
            assert len(set(gone)) <= 1


def test_a_limb_that_is_lost_stays_lost_for_as_long_as_said() -> None:
    for loss, hold in (
        ("another limb in every frame", 1),
        ("another limb every 30 frames", 30),
    ):
        lost = lost_keypoints(COCO, 8000, loss, np.random.default_rng(0))
        changes = np.flatnonzero((lost[1:] != lost[:-1]).any(axis=1)) + 1
        assert (changes % hold == 0).all()
        assert len(changes) == pytest.approx(8000 / hold * 7 / 8, rel=0.1)
        for a, b in limbs_of(COCO):
            share = (lost[:, a] & lost[:, b]).mean()
            assert share == pytest.approx(1 / 8, abs=0.06 if hold > 1 else 0.01)


def test_a_share_of_the_frames_lacks_a_limb_and_larger_ones_hold_smaller() -> None:
    lost = [
        lost_keypoints(COCO, 8000, loss, np.random.default_rng(0))
        for loss in list(LOST_SHARES)[1:]
    ]
    shares = [found.any(axis=1).mean() for found in lost]
    assert shares == pytest.approx([0.25, 0.5, 1.0], abs=0.02)
    assert not (lost[0] & ~lost[1]).any()
    assert not (lost[1] & ~lost[2]).any()


def test_limbs_that_are_never_seen_have_names() -> None:
    for side in ("left", "right"):
        for limb, ends in (
            ("upper arm", ("shoulder", "elbow")),
            ("forearm", ("elbow", "wrist")),
            ("thigh", ("hip", "knee")),
            ("lower leg", ("knee", "ankle")),
        ):
            loss = f"{side} {limb} never seen"
            lost = lost_keypoints(COCO, 3, loss, np.random.default_rng(0))
            gone = {COCO.keypoints[i] for i in np.flatnonzero(lost.all(axis=0))}
            assert gone == {f"{side}_{end}" for end in ends}
            assert lost.sum() == 6
    with pytest.raises(ModelError, match=r"no loss 'tail never seen' .* left forearm"):
        lost_keypoints(COCO, 3, "tail never seen", np.random.default_rng(0))


def test_who_has_no_limbs_loses_none() -> None:
    dots = Skeleton("dots", ("nose", "neck"), ((0, 1),), ())
    assert limbs_of(dots) == []
    assert losses_of(dots) == ()
