"""Made-up people, for tests of what follows from keypoints."""

from __future__ import annotations

import numpy as np

from skelseg_core.config import Preset
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import SubjectInput, make_subject_input

SIZE = (640, 480)


def moving(
    skeleton: Skeleton, n_frames: int, seed: int = 0, n_dims: int = 2
) -> np.ndarray:
    """Keypoints (T, K, D) of somebody who walks and waves; a torso of about 50."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-40, 40, (len(skeleton), n_dims))
    for k, name in enumerate(skeleton.keypoints):
        side = {"left": 10.0, "right": -10.0}.get(skeleton.side(k), 0.0)
        if name.endswith(("hip", "shoulder")):
            places[k] = 0
            places[k, 0], places[k, 1] = side, 50 if name.endswith("hip") else 0
    phases = rng.uniform(0, 7, places.shape)
    rates = rng.uniform(0.1, 0.4, places.shape)
    times = np.arange(n_frames)[:, None, None]
    waving = 4 * np.sin(rates * times + phases)
    walking = 90 * np.sin(0.05 * times + np.arange(n_dims))
    return np.asarray(places + waving + walking + 240)


def made(
    preset: Preset,
    n_frames: int = 60,
    seed: int = 0,
    skeleton: str = "coco17",
    missing: float = 0.0,
    solid: bool = False,
) -> SubjectInput:
    """The body of somebody who moves, with a share of the keypoints missing."""
    bones = load_skeleton(skeleton)
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random((n_frames, 1, len(bones))) < missing, 0.0, 0.9)
    keypoints = moving(bones, n_frames, seed)[:, None]
    poses = PoseSequence(keypoints, scores, skeleton, SIZE, "test")
    keypoints3d = None
    if solid:
        keypoints3d = np.float32(moving(bones, n_frames, seed + 1, 3) / 100)
    subject = np.zeros(n_frames, np.int64)
    return make_subject_input(poses, subject, bones, preset, keypoints3d)
