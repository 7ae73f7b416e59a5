"""Heatmaps: keypoints drawn as Gaussians on a small grid (eq. 1 and 2 of the paper).

* joint: ``score * exp(-d^2 / (2 sigma^2))``, d the distance to the keypoint;
* limb: ``min(score_a, score_b) * exp(-d^2 / (2 sigma^2))``, d the distance to the
  line from a to b (squared, as in PYSKL; eq. 2 as printed lacks the square);
* combined: both, summed over keypoints and edges, neither clipped nor normalised.

Several people in one frame are combined by maximum. A pixel's coordinate is that of
its middle: pixel (3, 5) is the point x = 5, y = 3. Keypoints are scaled to the grid
first and drawn then; the other way round aliasing eats the limbs.

PYSKL's generator draws the same with two differences:

* It stops at 3 sigma, where it jumps from ``0.011 * score`` to 0; here the Gaussian
  runs on, so values differ by at most that much, and only further than 3 sigma away.
* A keypoint that is no number raises there; here it is missing and draws nothing.

As in PYSKL, scores below 1e-3 draw nothing, and an edge shorter than 1 px is a joint
at its first keypoint, with that keypoint's score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.config import HeatmapConfig
from skelseg_core.poses import Box, PoseSequence, crop_box, subject_poses, to_grid
from skelseg_core.skeleton import Skeleton

MIN_DRAWN_SCORE = 1e-3
FARTHEST_PX = 1e5
_CHUNK = 16  # frames whose temporaries stay in the second-level cache

Edges = Sequence[tuple[int, int]]


def joint_heatmaps(
    keypoints: np.ndarray,
    scores: np.ndarray,
    size: tuple[int, int] = (56, 56),
    sigma_px: float = 0.6,
) -> np.ndarray:
    """One heatmap per keypoint (eq. 1).

    Parameters
    ----------
    keypoints : ndarray, shape (T, M, K, 2)
        x and y in px of the grid; NaN where missing.
    scores : ndarray, shape (T, M, K)
        A keypoint is drawn as high as its score.
    size : tuple of int
        Height and width of the grid.
    sigma_px : float
        Spread in px of the grid.

    Returns
    -------
    ndarray of float32, shape (T, K, H, W)
    """
    points, values = _checked(keypoints, scores, sigma_px)
    out = np.zeros((len(points), points.shape[2], *size), np.float32)
    for chunk in _chunks(len(points)):
        for k in range(points.shape[2]):
            out[chunk, k] = _joint(points[chunk], values[chunk], k, size, sigma_px)
    return out


def limb_heatmaps(
    keypoints: np.ndarray,
    scores: np.ndarray,
    edges: Edges,
    size: tuple[int, int] = (56, 56),
    sigma_px: float = 0.6,
) -> np.ndarray:
    """One heatmap per edge (eq. 2).

    Parameters
    ----------
    keypoints : ndarray, shape (T, M, K, 2)
        x and y in px of the grid; NaN where missing.
    scores : ndarray, shape (T, M, K)
        An edge is drawn as high as the lower score of its two keypoints.
    edges : sequence of (int, int)
        Pairs of keypoint indices.
    size : tuple of int
        Height and width of the grid.
    sigma_px : float
        Spread in px of the grid.

    Returns
    -------
    ndarray of float32, shape (T, L, H, W)
    """
    points, values = _checked(keypoints, scores, sigma_px)
    out = np.zeros((len(points), len(edges), *size), np.float32)
    for chunk in _chunks(len(points)):
        for n, edge in enumerate(edges):
            out[chunk, n] = _limb(points[chunk], values[chunk], edge, size, sigma_px)
    return out


def combined_heatmaps(
    keypoints: np.ndarray,
    scores: np.ndarray,
    edges: Edges,
    size: tuple[int, int] = (56, 56),
    sigma_px: float = 0.6,
) -> np.ndarray:
    """Joint and limb heatmaps summed over keypoints and edges.

    Needs little more memory than its result: the single heatmaps are added up one by
    one, some frames at a time. Arguments as of `limb_heatmaps`.

    Returns
    -------
    ndarray of float32, shape (T, H, W)
        Not normalised; about 3 to 5 where a body's parts meet.
    """
    return _summed(keypoints, scores, edges, size, sigma_px, joints=True)


@dataclass(frozen=True, eq=False)
class HeatmapStack:
    """What the heatmap branch sees of one video.

    Parameters
    ----------
    frames : ndarray of float32, shape (T, size, size)
        One picture a frame; zeros where the subject is missing.
    box : tuple of float
        x0, y0, x1, y1 in px of the video that every picture covers exactly.
    """

    frames: np.ndarray
    box: Box


def subject_box(poses: PoseSequence, subject: np.ndarray, config: HeatmapConfig) -> Box:
    """The part of the picture that the heatmaps of this subject cover, in px."""
    return crop_box(subject_poses(poses, subject), config.padding, config.min_score)


def subject_heatmaps(
    poses: PoseSequence,
    subject: np.ndarray,
    skeleton: Skeleton,
    config: HeatmapConfig,
) -> HeatmapStack:
    """Heatmaps of the subject, cropped to where he is during the whole video.

    The box (the smallest that holds his keypoints, padded) is stretched over the
    square grid, width and height each on its own, as in the paper.

    Parameters
    ----------
    poses : PoseSequence
    subject : ndarray of int, shape (T,)
        Individual per frame, -1 for nobody.
    skeleton : Skeleton
        Whose edges make the limbs.
    config : HeatmapConfig
        Kind, grid, spread, padding and the score under which keypoints are missing.
    """
    box = subject_box(poses, subject, config)
    return HeatmapStack(_drawn(poses, subject, skeleton, config, box), box)


def subject_heatmap(
    poses: PoseSequence,
    subject: np.ndarray,
    skeleton: Skeleton,
    config: HeatmapConfig,
    frame: int,
    box: Box | None = None,
) -> np.ndarray:
    """One frame of `subject_heatmaps`, equal to it bit by bit.

    Parameters
    ----------
    frame : int
        Which.
    box : tuple of float, optional
        As `subject_box` returns it; whoever draws many frames keeps it.

    Returns
    -------
    ndarray of float32, shape (size, size)
    """
    place = subject_box(poses, subject, config) if box is None else box
    one = slice(frame, frame + 1)
    now = PoseSequence(
        poses.keypoints[one],
        poses.scores[one],
        poses.skeleton,
        poses.size,
        poses.estimator,
    )
    drawn = _drawn(now, np.asarray(subject)[one], skeleton, config, place)
    return np.asarray(drawn[0])


def _drawn(
    poses: PoseSequence,
    subject: np.ndarray,
    skeleton: Skeleton,
    config: HeatmapConfig,
    box: Box,
) -> np.ndarray:
    alone = subject_poses(poses, subject)
    scores = np.where(alone.scores >= config.min_score, alone.scores, 0)
    return _summed(
        to_grid(alone, box, config.size),
        scores,
        () if config.kind == "joint" else skeleton.edges,
        (config.size, config.size),
        config.sigma_px,
        joints=config.kind != "limb",
    )


def _summed(
    keypoints: np.ndarray,
    scores: np.ndarray,
    edges: Edges,
    size: tuple[int, int],
    sigma_px: float,
    joints: bool,
) -> np.ndarray:
    points, values = _checked(keypoints, scores, sigma_px)
    out = np.zeros((len(points), *size), np.float32)
    for chunk in _chunks(len(points)):
        some = (points[chunk], values[chunk])
        for k in range(points.shape[2] if joints else 0):
            out[chunk] += _joint(*some, k, size, sigma_px)
        for edge in edges:
            out[chunk] += _limb(*some, edge, size, sigma_px)
    return out


def _checked(
    keypoints: np.ndarray, scores: np.ndarray, sigma_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Float32 arrays in which what is not drawn has score 0 and finite coordinates."""
    points = np.asarray(keypoints, np.float32)
    values = np.asarray(scores, np.float32)
    if points.ndim != 4 or points.shape[-1] != 2 or values.shape != points.shape[:-1]:
        raise ValueError(
            f"keypoints {points.shape} and scores {values.shape} must be "
            "(T, M, K, 2) and (T, M, K)"
        )
    if not sigma_px > 0:
        raise ValueError(f"sigma_px is {sigma_px}; it must be greater than 0")
    # NaN compares false. Beyond FARTHEST_PX float32 has no fractions of a pixel left.
    drawn = (np.abs(points) <= FARTHEST_PX).all(axis=-1) & (values >= MIN_DRAWN_SCORE)
    drawn &= np.isfinite(values)
    return np.where(drawn[..., None], points, 0), np.where(drawn, values, 0)


def _chunks(n_frames: int) -> Iterator[slice]:
    for start in range(0, n_frames, _CHUNK):
        yield slice(start, start + _CHUNK)


def _joint(
    points: np.ndarray,
    values: np.ndarray,
    k: int,
    size: tuple[int, int],
    sigma_px: float,
) -> np.ndarray:
    """Heatmap of keypoint ``k`` in some frames, (n, H, W)."""
    out = np.zeros((len(points), *size), np.float32)
    for person in range(points.shape[1]):
        _raise_blobs(out, points[:, person, k], values[:, person, k], sigma_px)
    return out


def _raise_blobs(
    out: np.ndarray, points: np.ndarray, values: np.ndarray, sigma_px: float
) -> None:
    """Maximum of ``out`` (n, H, W) and a Gaussian per frame at (n, 2), in place."""
    at = np.flatnonzero(values > 0)
    if not at.size:
        return
    height, width = out.shape[1:]
    scale = np.float32(-0.5 / sigma_px**2)
    gx = np.exp(scale * (_axis(width) - points[at, 0, None]) ** 2)
    gy = np.exp(scale * (_axis(height) - points[at, 1, None]) ** 2)
    gy *= values[at, None]
    out[at] = np.maximum(out[at], gy[:, :, None] * gx[:, None, :])


def _limb(
    points: np.ndarray,
    values: np.ndarray,
    edge: tuple[int, int],
    size: tuple[int, int],
    sigma_px: float,
) -> np.ndarray:
    """Heatmap of one edge in some frames, (n, H, W)."""
    out = np.zeros((len(points), *size), np.float32)
    first, second = edge
    for person in range(points.shape[1]):
        a, b = points[:, person, first], points[:, person, second]
        value = values[:, person, first]
        lower = np.minimum(value, values[:, person, second])
        short = ((b - a) ** 2).sum(axis=-1) < 1
        _raise_blobs(out, a, np.where(short & (lower > 0), value, 0), sigma_px)
        at = np.flatnonzero(~short & (lower > 0))
        if at.size:
            line = _lines(a[at], b[at], size, sigma_px)
            line *= lower[at, None, None]
            out[at] = np.maximum(out[at], line)
    return out


def _lines(
    a: np.ndarray, b: np.ndarray, size: tuple[int, int], sigma_px: float
) -> np.ndarray:
    """Gaussian of the distance to the line from a to b, both (n, 2): (n, H, W).

    In coordinates along and across the line (both sums of a row and a column, hence
    cheap), the distance is the part across and what overshoots the ends.
    """
    height, width = size
    length = np.hypot(*(b - a).T)[:, None]
    ux, uy = ((b - a) / length).T[:, :, None]
    x, y = _axis(width) - a[:, :1], _axis(height) - a[:, 1:]
    length = length[:, :, None]
    along = (x * ux)[:, None, :] + (y * uy)[:, :, None]
    along -= np.clip(along, 0, length)
    across = (y * ux)[:, :, None] - (x * uy)[:, None, :]
    np.square(along, out=along)
    np.square(across, out=across)
    along += across
    along *= np.float32(-0.5 / sigma_px**2)
    return np.asarray(np.exp(along, out=along))


def _axis(length: int) -> np.ndarray:
    return np.arange(length, dtype=np.float32)
