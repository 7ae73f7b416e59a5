"""Squares around the hands of one person, located by elbows and wrists."""

from __future__ import annotations

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.poses.keypoint_features import torso_length
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import Skeleton

SIDE = 1.2
"""Side of the square, in lengths of the torso."""
BEYOND = 0.35
"""Distance of a hand beyond its wrist, in lengths of the forearm."""


def hand_boxes(poses: PoseSequence, skeleton: Skeleton) -> np.ndarray:
    """Compute squares of one size around both hands of a single person.

    A hand is beyond the wrist, in the direction of the forearm. Missing wrists and
    forearms are interpolated linearly.

    Parameters
    ----------
    poses : PoseSequence, M = 1
        The subject.
    skeleton : Skeleton
        Of the poses.

    Returns
    -------
    ndarray of float64, shape (T, 2, 4)
        x0, y0, x1, y1 in px, left hand first; around the middle of the person if a
        wrist is never seen, the whole picture if no person is.

    Raises
    ------
    FormatError
        If the skeleton has no wrists and elbows.
    """
    seen = poses.scores[:, 0, :, None] > 0
    points = np.where(seen, poses.keypoints[:, 0], np.nan).astype(np.float64)
    if not np.isfinite(points).any():
        width, height = poses.size
        return np.tile(np.array([0.0, 0.0, width, height]), (len(points), 2, 1))
    half = max(8.0, SIDE * torso_length(points, skeleton) / 2)
    middle = np.nanmean(points, axis=(0, 1))
    hands = []
    for side in ("left", "right"):
        elbow, wrist = (_place(skeleton, f"{side}_{p}") for p in ("elbow", "wrist"))
        wrists = _held(points[:, wrist], middle)
        forearms = _held(points[:, wrist] - points[:, elbow], np.zeros(2))
        hands.append(wrists + BEYOND * forearms)
    middles = np.stack(hands, axis=1)
    return np.concatenate([middles - half, middles + half], axis=2)


def _place(skeleton: Skeleton, name: str) -> int:
    if name not in skeleton.keypoints:
        raise FormatError(
            "The skeleton {} has no keypoint {}, so hands cannot be found; choose a "
            "recipe that needs none, such as keypoints.",
            skeleton.title,
            name,
        )
    return skeleton.keypoints.index(name)


def _held(points: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Interpolate missing points (T, 2) linearly."""
    seen = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(seen):
        return np.tile(otherwise, (len(points), 1))
    frames = np.arange(len(points))
    return np.stack([np.interp(frames, seen, points[seen, a]) for a in (0, 1)], axis=1)
