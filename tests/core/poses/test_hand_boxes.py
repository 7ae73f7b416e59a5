from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.poses.hand_boxes import BEYOND, SIDE, hand_boxes
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton

COCO = load_skeleton("coco17")
N = 9
PLACES = {
    "left_shoulder": (210, 100), "right_shoulder": (190, 100),
    "left_hip": (210, 200), "right_hip": (190, 200),
    "left_elbow": (230, 150), "left_wrist": (230, 180),
    "right_elbow": (170, 150), "right_wrist": (140, 150),
}  # fmt: skip


def poses(**hidden: slice) -> PoseSequence:
    """Somebody whose left hand goes down by a pixel a frame; a torso of 100 px."""
    keypoints = np.zeros((N, 1, len(COCO), 2), np.float32)
    scores = np.zeros((N, 1, len(COCO)), np.float32)
    for name, place in PLACES.items():
        k = COCO.keypoints.index(name)
        keypoints[:, 0, k], scores[:, 0, k] = place, 0.9
        if name.startswith(("left_elbow", "left_wrist")):
            keypoints[:, 0, k, 1] += np.arange(N)
        if name in hidden:
            scores[hidden[name], 0, k] = 0
            keypoints[hidden[name], 0, k] = 0
    return PoseSequence(keypoints, scores, "coco17", (640, 360))


def middles(found: PoseSequence) -> np.ndarray:
    squares = hand_boxes(found, COCO)
    assert squares.shape == (N, 2, 4)
    return np.asarray((squares[..., :2] + squares[..., 2:]) / 2)


def test_a_square_lies_where_each_forearm_points_to() -> None:
    squares = hand_boxes(poses(), COCO)
    np.testing.assert_allclose(squares[..., 2:] - squares[..., :2], SIDE * 100)
    found = middles(poses())
    np.testing.assert_allclose(found[:, 0, 0], 230)
    np.testing.assert_allclose(found[:, 0, 1], 180 + BEYOND * 30 + np.arange(N))
    np.testing.assert_allclose(found[:, 1], [[140 - BEYOND * 30, 150]] * N)


def test_a_hand_that_is_missing_is_held() -> None:
    whole = middles(poses())
    np.testing.assert_allclose(middles(poses(left_wrist=slice(3, 6))), whole)
    np.testing.assert_allclose(middles(poses(left_elbow=slice(0, N - 1))), whole)
    late = middles(poses(left_wrist=slice(0, 4)))
    np.testing.assert_allclose(late[:4, 0], [whole[4, 0]] * 4)
    never = middles(poses(left_wrist=slice(0, N)))
    assert np.ptp(never[:, 0], axis=0).max() == 0
    assert 140 < never[0, 0, 0] < 230
    np.testing.assert_allclose(never[:, 1], whole[:, 1])


def test_without_anybody_it_is_the_picture() -> None:
    found = poses()
    nobody = replace(found, scores=np.zeros_like(found.scores))
    np.testing.assert_array_equal(
        hand_boxes(nobody, COCO), np.tile([0, 0, 640, 360], (N, 2, 1))
    )


def test_a_skeleton_without_hands_is_refused() -> None:
    names = tuple(f"k{n}" for n in range(len(COCO)))
    mouse = replace(COCO, keypoints=names, centre=(11, 12), scale=((5, 6), (11, 12)))
    with pytest.raises(FormatError, match="no keypoint left_elbow, so hands cannot"):
        hand_boxes(poses(), mouse)
