"""Data augmentation of keypoints and their features: warp in time, turn, scale, hide.

Poses are turned, scaled, shaken, hidden in part and mirrored; time is stretched for
all that belongs to the video, labels included. Labels of what people do survive all of
this, except mirroring where a scene is not symmetric: that is for the user to know.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelseg_core.config import AugmentConfig, Preset
from skelseg_core.errors import ModelError
from skelseg_core.learning.data import POSE, Sample
from skelseg_core.poses.keypoint_features import torso_length
from skelseg_core.poses.sequence import Box
from skelseg_core.poses.subject_input import (
    SubjectInput,
    derived_features,
    is_derived,
    limbs_of,
    mirror_order,
    mirrored_points,
    read_pose,
)

HIDDEN_FRAMES = (5, 60)
"""Shortest and longest time for which a limb is hidden."""

WARP_FRAMES = 100
"""Frames, about, between the changes of a smooth warp."""


def augmented(sample: Sample, preset: Preset, rng: np.random.Generator) -> Sample:
    """Vary a sample as ``preset.train.augment`` says.

    Features of photographs can only be stretched in time; what is made of keypoints
    is made anew from varied keypoints.
    """
    config = preset.train.augment
    frames = warped_frames(len(sample), config, rng)
    nearest = np.round(frames).astype(np.int64)
    features = {m: values[nearest] for m, values in sample.features.items()}
    risk = None if sample.risk is None else sample.risk[nearest]
    subject = sample.subject
    if subject is None:
        varied = replace(
            sample, features=features, labels=sample.labels[nearest], risk=risk
        )
        return with_pose(varied) if preset.model.read_pose else varied
    # The subject is known before and after the part of the video that is labelled.
    first, rest = sample.start, len(subject) - sample.start - len(sample)
    ends = sample.start + len(sample) + np.arange(rest)
    whole = np.concatenate([np.arange(first), sample.start + frames, ends])
    subject = varied_subject(subject, whole, config, rng)
    part = slice(first, first + len(frames))
    for modality in sample.features:
        if is_derived(modality, preset):
            features[modality] = derived_features(subject, modality, preset)[part]
    if preset.model.read_pose:
        features[POSE] = read_pose(subject)[part]
    return Sample(sample.name, features, sample.labels[nearest], risk=risk)


def warped_frames(
    n_frames: int, config: AugmentConfig, rng: np.random.Generator
) -> np.ndarray:
    """Draw a smooth warp of time: frame positions, ascending float, 0 to T - 1."""
    if config.stretch == config.warp == 0 or n_frames < 2:
        return np.arange(n_frames, dtype=np.float64)
    speed = np.full(n_frames, rng.uniform(-config.stretch, config.stretch))
    knots = rng.uniform(-config.warp, config.warp, 2 + n_frames // WARP_FRAMES)
    places = np.linspace(0, n_frames - 1, len(knots))
    speed = np.exp(speed + np.interp(np.arange(n_frames), places, knots))
    path = np.concatenate([[0.0], np.cumsum(speed)])  # time at which a frame begins
    n_new = max(2, round(float(path[-1])))
    times = np.linspace(0, path[-2], n_new)
    return np.asarray(np.interp(times, path[:-1], np.arange(n_frames)))


def varied_subject(
    subject: SubjectInput,
    frames: np.ndarray,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> SubjectInput:
    """Move a subject in time, and turn, scale, shake, partly hide and mirror it.

    Parameters
    ----------
    subject : SubjectInput
    frames : ndarray, shape (T',)
        Moments in frames of ``subject``, between them too.
    """
    angle = np.deg2rad(rng.uniform(-config.rotation_deg, config.rotation_deg))
    scales = np.exp(rng.uniform(-config.scale, config.scale, 3))
    hidden = _hidden(subject, len(frames), config, rng)
    mirrored = rng.random() < config.flip
    points = _between(subject.keypoints, frames)
    points = _placed(points, angle, scales, config, subject, rng)
    solid = None
    if subject.keypoints3d is not None:
        solid = _between(subject.keypoints3d, frames)
        solid = _placed(solid, angle, scales, config, subject, rng)
        solid = np.where(hidden[..., None], np.nan, solid)
    scores = subject.poses.scores[np.round(frames).astype(np.int64), 0]
    scores = np.where(hidden, np.float32(0), scores)
    if mirrored:
        order = mirror_order(subject.skeleton)
        # Within the box: heatmaps of it are mirrored, and lose nothing.
        middle = (subject.box[0] + subject.box[2]) / 2
        points, scores = mirrored_points(points, 0, middle)[:, order], scores[:, order]
        solid = None if solid is None else mirrored_points(solid, 1, 0.0)[:, order]
    moved = subject.moved(points, scores, solid)
    if config.shift:
        moved = replace(moved, box=_shifted(subject.box, config.shift, rng))
    return moved


def _shifted(box: Box, share: float, rng: np.random.Generator) -> Box:
    x0, y0, x1, y1 = box
    size = np.array([x1 - x0, y1 - y0])
    middle = np.array([x0 + x1, y0 + y1]) / 2 + rng.uniform(-share, share, 2) * size
    half = size / 2 * np.exp(rng.uniform(-share, share, 2))
    (a, b), (c, d) = middle - half, middle + half
    return (float(a), float(b), float(c), float(d))


def with_pose(sample: Sample) -> Sample:
    """Add to a sample the unvaried pose that an encoder must predict in training.

    Raises
    ------
    ModelError
        Where the sample has no subject.
    """
    if sample.subject is None:
        raise ModelError(
            "{} has no poses, so no encoder can learn to read them; set read_pose to "
            "false.",
            sample.name,
        )
    part = slice(sample.start, sample.start + len(sample))
    pose = read_pose(sample.subject)[part]
    return replace(sample, features={**sample.features, POSE: pose})


def _between(points: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Interpolate keypoints (T, K, D) at moments; missing where a neighbour is."""
    low = np.floor(frames).astype(np.int64)
    high = np.minimum(low + 1, len(points) - 1)
    share = (frames - low)[:, None, None]
    mixed = points[low] + share * (points[high] - points[low])
    return np.asarray(np.where(share == 0, points[low], mixed))


def _placed(
    points: np.ndarray,
    angle: float,
    scales: np.ndarray,
    config: AugmentConfig,
    subject: SubjectInput,
    rng: np.random.Generator,
) -> np.ndarray:
    """Turn keypoints in the picture (in 3D about the upright axis), scale and shake."""
    if not np.isfinite(points).any():
        return points
    middle = np.nanmean(points, axis=(0, 1))
    shifted = points - middle
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = shifted[..., 0].copy(), shifted[..., 1].copy()
    shifted[..., 0], shifted[..., 1] = cos * x - sin * y, sin * x + cos * y
    shifted = shifted * scales[: points.shape[-1]]
    if config.noise:
        size = torso_length(points, subject.skeleton)
        shifted = shifted + rng.normal(0, config.noise * size, points.shape)
    return np.asarray(shifted + middle)


def _hidden(
    subject: SubjectInput,
    n_frames: int,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw which keypoints are hidden when, (T, K) bool."""
    hidden = np.zeros((n_frames, len(subject.skeleton)), bool)
    limbs = limbs_of(subject.skeleton)
    if limbs and rng.random() < config.hide:
        limb = limbs[int(rng.integers(len(limbs)))]
        length = int(rng.integers(HIDDEN_FRAMES[0], HIDDEN_FRAMES[1] + 1))
        start = int(rng.integers(max(1, n_frames - length)))
        hidden[start : start + length, list(limb)] = True
    # Nothing is drawn where it is not wanted: recipes without it vary as before.
    if limbs and config.lose and rng.random() < config.lose:
        hidden[:, list(limbs[int(rng.integers(len(limbs)))])] = True
    return hidden
