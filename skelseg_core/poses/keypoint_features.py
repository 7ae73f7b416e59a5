"""Keypoint features: numbers per frame from one person's keypoints, without training.

Views of the same keypoints:

* ``coordinates``: every coordinate at mean 0 and spread 1 over the video; the baseline
  for heatmaps.
* ``body``: the same; the coordinates around the middle of the hips in lengths of the
  torso; position of the hips and length of the torso, relative to the video's median;
  motion of the body-centred coordinates and the hips over +-2 frames; and the direction
  of every limb. Place in the scene, posture and motion of the hands are separate
  numbers, and the last two do not depend on the camera.
* ``graph``: per keypoint its position relative to the middle of the hips and its
  displacement since the previous frame, as in MS-GCN; lengths in torsos. (MS-GCN
  counts from the first keypoint, which is the pelvis in its data and an ankle or the
  nose elsewhere.)
* ``posture``: the part of the body view that needs a single frame, without motion.

Animals have no torso: a user's skeleton names the keypoints at the centre of the body
and the two places that its length is measured between (`Skeleton.centre`, ``scale``).
They replace hips and torso above.

Missing keypoints are 0 in every view. All views work on 2D and 3D keypoints.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.poses.skeleton import Skeleton

View = Literal["body", "posture", "coordinates", "graph"]

# Weights that bring the parts of the body view to about the same size.
_BODY, _SIZE, _MOTION = 1.5, 4.0, 4.0
_LAG = 2
"""Frames to either side for differences."""

_LEAST = 1e-6
"""Smallest length and spread used as a divisor."""


def keypoint_features(
    keypoints: np.ndarray, skeleton: Skeleton, view: View
) -> np.ndarray:
    """Compute one row of numbers per frame.

    Parameters
    ----------
    keypoints : ndarray, shape (T, K, D)
        One person, D is 2 (px) or 3 (m); NaN if missing.
    skeleton : Skeleton
        With hips and shoulders by name, or with centre and scale.
    view : {"body", "posture", "coordinates", "graph"}
        See the module docstring.

    Returns
    -------
    ndarray of float32, shape (T, `n_numbers`)

    Raises
    ------
    FormatError
        If the skeleton has no hips or shoulders.
    """
    points = np.asarray(keypoints, np.float64)
    if view == "coordinates":
        return _rows(_standardised(points))
    hips = body_centre(points, skeleton)
    typical = torso_length(points, skeleton)
    if view == "graph":
        return _rows(_graph(points, hips, typical))
    centred = (points - hips[:, None]) / typical
    parts = [
        _standardised(points),
        _BODY * centred,
        (hips - _median(hips)) / typical,
        _SIZE * _log_size(points, skeleton, typical),
        _directions(points, skeleton),
    ]
    if view == "body":
        moving = np.concatenate([centred, _steps(hips, typical)], axis=1)
        parts.append(_MOTION * _difference(moving))
    return _rows(*parts)


def n_numbers(skeleton: Skeleton, n_dims: int, view: View) -> int:
    """Count the numbers in a row of `keypoint_features`."""
    n = len(skeleton)
    if view == "coordinates":
        return n * n_dims
    if view == "graph":
        return 2 * n * n_dims
    posture = n_dims * (2 * n + 1 + len(skeleton.edges)) + 1
    return posture + (n_dims * (n + 1) if view == "body" else 0)


def torso_length(keypoints: np.ndarray, skeleton: Skeleton) -> float:
    """Measure the typical length of the body; 1 if it is never seen.

    From hips to shoulders, or between the skeleton's ``scale`` groups.

    Parameters
    ----------
    keypoints : ndarray, shape (T, K, D)
    """
    length = _torso(np.asarray(keypoints, np.float64), skeleton)
    seen = length[np.isfinite(length) & (length > _LEAST)]
    return float(np.median(seen)) if len(seen) else 1.0


def body_centre(keypoints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Compute the centre of the body, (T, D): the skeleton's, or that of the hips.

    Raises
    ------
    FormatError
        If the skeleton has neither a centre nor hips.
    """
    if skeleton.centre:
        return _middle(keypoints, skeleton.centre)
    return middle_of(keypoints, skeleton, "hip")


def middle_of(
    keypoints: np.ndarray, skeleton: Skeleton, part: Literal["hip", "shoulder"]
) -> np.ndarray:
    """Compute the middle of both hips or shoulders, (T, D); of one if one is missing.

    Raises
    ------
    FormatError
        If the skeleton has none.
    """
    places = [i for i, name in enumerate(skeleton.keypoints) if name.endswith(part)]
    if not places:
        raise FormatError(
            "The skeleton {} has no {}s, so bodies cannot be measured; use the "
            "keypoints as coordinates.",
            skeleton.title,
            part,
        )
    return _middle(keypoints, places)


def _middle(keypoints: np.ndarray, places: Sequence[int]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # mean of an empty slice is NaN
        return np.asarray(np.nanmean(keypoints[:, list(places)], axis=1))


def _torso(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    if skeleton.scale:
        front, back = (_middle(points, group) for group in skeleton.scale)
        return np.asarray(np.linalg.norm(front - back, axis=-1))
    step = middle_of(points, skeleton, "shoulder") - middle_of(points, skeleton, "hip")
    return np.asarray(np.linalg.norm(step, axis=-1))


def _standardised(points: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # never seen: NaN, later 0
        mean, spread = np.nanmean(points, axis=0), np.nanstd(points, axis=0)
    return np.asarray((points - mean) / np.maximum(spread, _LEAST))


def _median(values: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=0))


def _log_size(points: np.ndarray, skeleton: Skeleton, typical: float) -> np.ndarray:
    length = np.maximum(_torso(points, skeleton), _LEAST * typical)
    return np.asarray(np.clip(np.log(length / typical), -1, 1))[:, None]


def _steps(hips: np.ndarray, typical: float) -> np.ndarray:
    return (hips / typical)[:, None]


def _difference(values: np.ndarray) -> np.ndarray:
    """Compute the central difference over `_LAG` frames; shorter at the ends."""
    last = len(values) - 1
    frames = np.arange(len(values))
    after, before = np.minimum(frames + _LAG, last), np.maximum(frames - _LAG, 0)
    return np.asarray((values[after] - values[before]) / 2)


def _directions(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    first = [a for a, _ in skeleton.edges]
    second = [b for _, b in skeleton.edges]
    step = points[:, second] - points[:, first]
    length = np.linalg.norm(step, axis=-1, keepdims=True)
    return np.asarray(step / np.maximum(length, _LEAST))


def _graph(points: np.ndarray, hips: np.ndarray, typical: float) -> np.ndarray:
    moved = np.diff(points, axis=0, prepend=points[:1]) / typical
    placed = (points - hips[:, None]) / typical
    return np.asarray(np.concatenate([placed, moved], axis=-1))


def _rows(*parts: np.ndarray) -> np.ndarray:
    rows = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    clean = np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(clean, np.float32)
