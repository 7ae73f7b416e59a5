"""Heatmaps: keypoints drawn as Gaussians on a small grid (eq. 1 and 2 of the paper).

* joint: ``score * exp(-d^2 / (2 sigma^2))``, d the distance to the keypoint;
* limb: ``min(score_a, score_b) * exp(-d^2 / (2 sigma^2))``, d the distance to the
  line from a to b (squared, as in PYSKL; eq. 2 as printed lacks the square);
* combined: both, summed over keypoints and edges, neither clipped nor normalised.

Several people in one frame are combined by maximum. A pixel's coordinate is its middle:
pixel (3, 5) is the point x = 5, y = 3. Keypoints are scaled to the grid before drawing;
scaling a drawing would lose limbs to aliasing.

Everything is cut off at 3 sigma, where it falls from ``0.011 * score`` to 0 (see
`heatmap_kernel` for the pixels). Joints equal PYSKL's generator to the last pixel, with
two differences:

* PYSKL draws a limb in the whole box around it, 3 sigma wider than the limb; here only
  within 3 sigma of the limb itself.
* A NaN keypoint raises there; here it is missing and draws nothing.

As in PYSKL, scores below 1e-3 draw nothing, and an edge shorter than 1 px is a joint at
its first keypoint, with that keypoint's score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.config import HeatmapConfig
from skelseg_core.poses.heatmap_kernel import HeatmapCanvas
from skelseg_core.poses.sequence import Box, PoseSequence, to_grid
from skelseg_core.poses.skeleton import Skeleton

MIN_DRAWN_SCORE = 1e-3
"""Keypoints with a lower score draw nothing, as in PYSKL."""
FARTHEST_PX = 1e5
"""Keypoints farther from the grid draw nothing: float32 has no fractions there."""
_CHUNK_PX = 64 * 56 * 56  # of maps that fit the second-level cache

Edges = Sequence[tuple[int, int]]


def draw_heatmaps(
    keypoints: np.ndarray,
    scores: np.ndarray,
    edges: Edges,
    size: tuple[int, int] = (56, 56),
    sigma_px: float = 0.6,
    joints: bool = True,
) -> np.ndarray:
    """Draw heatmaps of keypoints and edges, summed.

    Draws some frames at a time, so memory is little more than the result.

    Parameters
    ----------
    keypoints : ndarray, shape (T, M, K, 2)
        x and y in px of the grid; NaN if missing.
    scores : ndarray, shape (T, M, K)
        Peak of a keypoint; an edge peaks at the lower score of its ends.
    edges : sequence of (int, int)
        Pairs of keypoint indices.
    size : tuple of int
        Height and width of the grid.
    sigma_px : float
        Spread in px of the grid.
    joints : bool
        Whether to draw keypoints, or only edges.

    Returns
    -------
    ndarray of float32, shape (T, H, W)
        Not normalised; about 3 to 5 where body parts meet.
    """
    points, values = _checked(keypoints, scores, sigma_px)
    n_joints = points.shape[2] if joints else 0
    alone = points.shape[1] == 1
    # Only several people need a map per joint and limb, for the maximum over people.
    kind = _Layout.one if alone else _Layout.separate
    layout = kind(n_joints, edges)
    out = np.empty((len(points), *size), np.float32)
    for chunk, maps in _drawn_chunks(points, values, layout, size, sigma_px):
        if alone:
            out[chunk] = maps[:, 0]
        else:
            maps.sum(axis=1, out=out[chunk])
    return out


def heatmaps_in(
    poses: PoseSequence,
    skeleton: Skeleton,
    config: HeatmapConfig,
    box: Box | np.ndarray,
) -> np.ndarray:
    """Draw heatmaps of all people in ``poses`` over a part of the picture.

    Parameters
    ----------
    poses : PoseSequence
        Usually only the subject.
    skeleton : Skeleton
        Its edges are the limbs.
    config : HeatmapConfig
        Kind, grid, spread and lowest score of keypoints.
    box : tuple of float, or ndarray, shape (T, 4)
        x0, y0, x1, y1 in px of the picture; one for all frames, or one each.

    Returns
    -------
    ndarray of float32, shape (T, size, size)
    """
    drawing = drawing_in(poses, skeleton, config, box)
    return draw_heatmaps(
        drawing.keypoints,
        drawing.scores,
        drawing.edges,
        (config.size, config.size),
        config.sigma_px,
        joints=config.kind != "limb",
    )


@dataclass(frozen=True, eq=False)
class HeatmapDrawing:
    """Complete input of a heatmap drawing; equal inputs give equal heatmaps.

    Parameters
    ----------
    keypoints, scores : ndarray of float32, shapes (T, M, K, 2) and (T, M, K)
        In px of the grid; zeros if not drawn.
    edges : tuple of (int, int)
        Keypoint pairs of the limbs; empty for joints only.
    """

    keypoints: np.ndarray
    scores: np.ndarray
    edges: tuple[tuple[int, int], ...]


def drawing_in(
    poses: PoseSequence,
    skeleton: Skeleton,
    config: HeatmapConfig,
    box: Box | np.ndarray,
) -> HeatmapDrawing:
    """Prepare the input of `heatmaps_in` from the same arguments."""
    scores = np.where(poses.scores >= config.min_score, poses.scores, 0)
    points = to_grid(poses, box, config.size)
    edges = () if config.kind == "joint" else skeleton.edges
    return HeatmapDrawing(*_checked(points, scores, config.sigma_px), edges)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Layout of maps: the map index of every joint and limb of a frame.

    Parameters
    ----------
    per_frame : int
        Maps of a frame.
    combine : numpy.ufunc
        Combines two values of a pixel.
    ends : ndarray of int, shape (L, 2)
        Keypoints of every limb.
    joint, limb : ndarray of int, shapes (J,), (L,)
        The map of each; the first J keypoints are drawn.
    """

    per_frame: int
    combine: np.ufunc
    ends: np.ndarray
    joint: np.ndarray
    limb: np.ndarray

    @classmethod
    def one(cls, n_joints: int, edges: Edges) -> _Layout:
        """Put everything on one map, summed."""
        ends = np.array(edges, np.intp).reshape(-1, 2)
        joint, limb = np.zeros(n_joints, np.intp), np.zeros(len(ends), np.intp)
        return cls(1, np.add, ends, joint, limb)

    @classmethod
    def separate(cls, n_joints: int, edges: Edges) -> _Layout:
        """Put each on a separate map, people combined by maximum."""
        ends = np.array(edges, np.intp).reshape(-1, 2)
        every = np.arange(n_joints + len(ends))
        joint, limb = every[:n_joints], every[n_joints:]
        return cls(len(every), np.maximum, ends, joint, limb)


def _drawn_chunks(
    points: np.ndarray,
    values: np.ndarray,
    layout: _Layout,
    size: tuple[int, int],
    sigma_px: float,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Draw chunks of frames: slice, and maps (n, per_frame, H, W) that are reused."""
    px = max(1, layout.per_frame * size[0] * size[1] * max(1, sigma_px**2))
    n_frames = min(len(points), max(1, int(_CHUNK_PX / px)))
    canvas = HeatmapCanvas(n_frames * layout.per_frame, size, sigma_px, layout.combine)
    maps = canvas.maps.reshape(n_frames, layout.per_frame, *size)
    for start in range(0, len(points), max(1, n_frames)):
        chunk = slice(start, min(start + n_frames, len(points)))
        canvas.clear()
        for person in range(points.shape[1]):
            _draw_person(canvas, points[chunk, person], values[chunk, person], layout)
        yield chunk, maps[: chunk.stop - start]


def _draw_person(
    canvas: HeatmapCanvas, points: np.ndarray, values: np.ndarray, layout: _Layout
) -> None:
    """Draw joints and limbs of one person in some frames, (n, K, 2) and (n, K)."""
    first, second = layout.ends.T
    lower = np.minimum(values[:, first], values[:, second])
    x, y = points[..., 0], points[..., 1]
    dx, dy = x[:, second] - x[:, first], y[:, second] - y[:, first]
    long = dx * dx + dy * dy >= 1
    frame, joint = np.nonzero(values[:, : len(layout.joint)])
    frame_2, limb = np.nonzero((lower > 0) & ~long)  # drawn as their first joint
    maps = np.concatenate([layout.joint[joint], layout.limb[limb]])
    frames = np.concatenate([frame, frame_2])
    joints = np.concatenate([joint, first[limb]])
    keypoint = frames * values.shape[1] + joints
    flat = points.reshape(-1, 2)
    canvas.blobs(
        maps + frames * layout.per_frame, flat[keypoint], values.reshape(-1)[keypoint]
    )
    frame, limb = np.nonzero((lower > 0) & long)
    start = frame * values.shape[1]
    canvas.lines(
        layout.limb[limb] + frame * layout.per_frame,
        flat[start + first[limb]],
        flat[start + second[limb]],
        lower[frame, limb],
    )


def _checked(
    keypoints: np.ndarray, scores: np.ndarray, sigma_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Convert to float32; undrawn keypoints get score 0 and finite coordinates."""
    points = np.asarray(keypoints, np.float32)
    values = np.asarray(scores, np.float32)
    if points.ndim != 4 or points.shape[-1] != 2 or values.shape != points.shape[:-1]:
        raise ValueError(
            f"keypoints {points.shape} and scores {values.shape} must be "
            "(T, M, K, 2) and (T, M, K)"
        )
    if not sigma_px > 0:
        raise ValueError(f"sigma_px is {sigma_px}; it must be greater than 0")
    # NaN compares false. Beyond FARTHEST_PX float32 has no fractions of a pixel.
    drawn = (np.abs(points) <= FARTHEST_PX).all(axis=-1) & (values >= MIN_DRAWN_SCORE)
    drawn &= np.isfinite(values)
    return np.where(drawn[..., None], points, 0), np.where(drawn, values, 0)
