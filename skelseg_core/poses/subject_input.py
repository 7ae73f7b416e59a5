"""Inputs from the subject's keypoints: heatmaps and keypoint features.

Features of photographs are extracted once. Inputs from keypoints are cheap, so training
recomputes them from varied keypoints at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skelseg_core.config import HeatmapConfig, Preset
from skelseg_core.errors import FormatError, ModelError
from skelseg_core.poses.heatmaps import HeatmapDrawing, drawing_in, heatmaps_in
from skelseg_core.poses.keypoint_features import keypoint_features
from skelseg_core.poses.sequence import (
    Box,
    PoseSequence,
    crop_box,
    fill_gaps,
    follow_boxes,
    subject_poses,
)
from skelseg_core.poses.skeleton import Skeleton

POOL = 2
"""Side in grid pixels of the squares pooled for a trained encoder."""

CHUNK = 1024
"""Frames drawn at once, which limits memory."""

GAIN = 1.5
"""Factor that brings pooled heatmaps to about 1 on a body."""


@dataclass(frozen=True, eq=False)
class SubjectInput:
    """Keypoints of the subject in one video, and the box around them.

    Parameters
    ----------
    poses : PoseSequence, M = 1
        In px of the picture.
    skeleton : Skeleton
        Skeleton of the poses.
    box : tuple of float
        Part of the picture that heatmaps cover, in px.
    keypoints3d : ndarray, shape (T, K, 3), optional
        In m; NaN if missing.
    """

    poses: PoseSequence
    skeleton: Skeleton
    box: Box
    keypoints3d: np.ndarray | None = None

    def __len__(self) -> int:
        return self.poses.n_frames

    @property
    def keypoints(self) -> np.ndarray:
        """Keypoints (T, K, 2) in px; NaN if missing."""
        return np.asarray(self.poses.keypoints[:, 0])

    def heatmaps(
        self, config: HeatmapConfig, frames: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Draw the heatmaps for a network trained on photographs, chunk by chunk.

        Parameters
        ----------
        config : HeatmapConfig
        frames : ndarray of int, shape (n,), optional
            Frames to draw; all by default.

        Yields
        ------
        ndarray of float32, shape (n, size, size)
        """
        (box,) = self.heatmap_boxes(config)
        chosen = np.arange(len(self)) if frames is None else frames
        for start in range(0, len(chosen), CHUNK):
            yield _drawn(self, config, box, chosen[start : start + CHUNK])

    def drawn(self, config: HeatmapConfig) -> HeatmapDrawing:
        """Describe the input of the heatmaps, except the settings."""
        (box,) = self.heatmap_boxes(config)
        return drawing_in(self.poses, self.skeleton, config, box)

    @cached_property
    def squares(self) -> np.ndarray:
        """Squares that follow the subject, (T, 4) in px (`follow_boxes`)."""
        return follow_boxes(self.poses)

    def heatmap_boxes(self, config: HeatmapConfig) -> tuple[Box | np.ndarray, ...]:
        """List the area of each heatmap: one box, or one per frame (T, 4).

        Two areas if ``config.view`` is both, the whole video first.
        """
        if config.view == "video":
            return (self.box,)
        return (self.squares,) if config.view == "subject" else (self.box, self.squares)

    def moved(
        self,
        keypoints: np.ndarray,
        scores: np.ndarray,
        keypoints3d: np.ndarray | None = None,
    ) -> SubjectInput:
        """Replace the person's keypoints: (T', K, 2), (T', K) and (T', K, 3)."""
        poses = replace(
            self.poses, keypoints=keypoints[:, None], scores=scores[:, None]
        )
        return replace(self, poses=poses, keypoints3d=keypoints3d)


def make_subject_input(
    poses: PoseSequence,
    subject: np.ndarray,
    skeleton: Skeleton,
    preset: Preset,
    keypoints3d: np.ndarray | None = None,
) -> SubjectInput:
    """Select and prepare the keypoints of the subject as a preset asks.

    Keypoints below ``preset.heatmap.min_score`` are missing;
    ``preset.features.max_gap`` bridges short gaps.

    Parameters
    ----------
    subject : ndarray of int, shape (T,)
        As from `poses.select_subject`.
    keypoints3d : ndarray, shape (T, K, 3), optional
        In m.
    """
    alone = subject_poses(poses, subject)
    low = alone.scores < preset.heatmap.min_score
    alone = replace(alone, scores=np.where(low, np.float32(0), alone.scores))
    if preset.features.max_gap:
        alone = fill_gaps(alone, preset.features.max_gap)
    box = crop_box(alone, preset.heatmap.padding, preset.heatmap.min_score)
    return SubjectInput(alone, skeleton, box, keypoints3d)


def mirrored_subject(body: SubjectInput) -> SubjectInput:
    """Mirror a person: left and right swap."""
    # Mirrored within the box, so heatmaps of it lose nothing.
    order, middle = mirror_order(body.skeleton), (body.box[0] + body.box[2]) / 2
    points = mirrored_points(body.keypoints, 0, middle)[:, order]
    solid = body.keypoints3d
    solid = None if solid is None else mirrored_points(solid, 1, 0.0)[:, order]
    return body.moved(points, body.poses.scores[:, 0, order], solid)


def mirror_order(skeleton: Skeleton) -> list[int]:
    """List the opposite keypoint of each keypoint."""
    order = list(range(len(skeleton)))
    for a, b in skeleton.flip_pairs:
        order[a], order[b] = b, a
    return order


def mirrored_points(points: np.ndarray, axis: int, middle: float) -> np.ndarray:
    """Mirror keypoints about a position on the lateral axis."""
    out: np.ndarray = points.copy()
    out[..., axis] = 2 * middle - out[..., axis]
    return out


def is_derived(modality: str, preset: Preset) -> bool:
    """Tell whether a modality is computed from keypoints alone, cheaply."""
    if modality == "heatmap":
        return preset.model.heatmap_encoder == "trained"
    return modality in ("keypoints", "keypoints3d")


def derived_features(body: SubjectInput, modality: str, preset: Preset) -> np.ndarray:
    """Compute the features of a modality from keypoints, (T, D).

    Raises
    ------
    FormatError
        If 3D poses are needed and missing.
    """
    if modality == "heatmap":
        return heatmap_cells(body, preset.heatmap)
    view = preset.features.keypoints
    if modality == "keypoints":
        return keypoint_features(body.keypoints, body.skeleton, view)
    if body.keypoints3d is None:
        raise FormatError(
            "There are no 3D poses of this video; import a data set that has them, or "
            "use the modality keypoints."
        )
    return keypoint_features(body.keypoints3d, body.skeleton, view)


def read_pose(body: SubjectInput) -> np.ndarray:
    """Compute the target of a heatmap encoder, (T, P): the posture."""
    return keypoint_features(body.keypoints, body.skeleton, "posture")


def heatmap_cells(
    body: SubjectInput, config: HeatmapConfig, frames: np.ndarray | None = None
) -> np.ndarray:
    """Draw heatmaps for a trained encoder: means over 2x2 pixels of the grid.

    Parameters
    ----------
    body : SubjectInput
    config : HeatmapConfig
    frames : ndarray of int, shape (T,), optional
        Frames to draw; all by default.

    Returns
    -------
    ndarray of float32, shape (T, n (size / 2)^2)
        Both pictures in a row if ``config.view`` is both.
    """
    half = config.size // POOL
    chosen = np.arange(len(body)) if frames is None else frames
    rows = []
    for box in body.heatmap_boxes(config):
        cells = np.empty((len(chosen), half**2), np.float32)
        for start in range(0, len(chosen), CHUNK):
            part = slice(start, start + CHUNK)
            drawn = _drawn(body, config, box, chosen[part])
            drawn = drawn[:, : half * POOL, : half * POOL]
            # Slice by slice: NumPy's mean over two axes takes ten times as long.
            pooled = np.zeros((len(drawn), half, half), np.float32)
            for y, x in np.ndindex(POOL, POOL):
                pooled += drawn[:, y::POOL, x::POOL]
            cells[part] = GAIN / POOL**2 * pooled.reshape(len(pooled), -1)
        rows.append(cells)
    return np.concatenate(rows, axis=1)


def _drawn(
    body: SubjectInput, config: HeatmapConfig, box: Box | np.ndarray, frames: np.ndarray
) -> np.ndarray:
    """Draw heatmaps of some frames; one box, or one per frame."""
    poses = replace(
        body.poses,
        keypoints=body.poses.keypoints[frames],
        scores=body.poses.scores[frames],
    )
    here = box[frames] if isinstance(box, np.ndarray) else box
    return heatmaps_in(poses, body.skeleton, config, here)


def limbs_of(skeleton: Skeleton) -> list[tuple[int, int]]:
    """List the edges of arms and legs: with an elbow, wrist, knee or ankle."""
    names = skeleton.keypoints
    ends = ("elbow", "wrist", "knee", "ankle")
    return [
        (a, b)
        for a, b in skeleton.edges
        if names[a].endswith(ends) or names[b].endswith(ends)
    ]


LOST_SHARES = {
    "": 0.0,
    "another limb in 25 % of the frames": 0.25,
    "another limb in 50 % of the frames": 0.5,
    "another limb in every frame": 1.0,
}
"""The paper's losses: share of frames without one limb, drawn frame by frame."""

_CHANGES = {
    **{loss: (share, 1) for loss, share in LOST_SHARES.items() if loss},
    "another limb every 30 frames": (1.0, 30),
}
"""Losses with changing limbs: share of frames, and frames per limb."""

_PARTS = {
    frozenset(("shoulder", "elbow")): "upper arm",
    frozenset(("elbow", "wrist")): "forearm",
    frozenset(("hip", "knee")): "thigh",
    frozenset(("knee", "ankle")): "lower leg",
}


def losses_of(skeleton: Skeleton) -> tuple[str, ...]:
    """List the losses of `lost_keypoints`.

    Another limb in a share of the frames, in every frame and every 30 frames; and each
    limb always missing. Empty for a skeleton without arms and legs.
    """
    limbs = _limbs_by_name(skeleton)
    return (*_CHANGES, *(f"{limb} never seen" for limb in limbs)) if limbs else ()


def _limbs_by_name(skeleton: Skeleton) -> dict[str, tuple[int, int]]:
    named = {}
    for a, b in limbs_of(skeleton):
        (side, _, first), (other, _, second) = (
            skeleton.keypoints[end].partition("_") for end in (a, b)
        )
        part = _PARTS.get(frozenset((first, second))) if side == other else None
        ends = f"{skeleton.keypoints[a]} to {skeleton.keypoints[b]}".replace("_", " ")
        named[f"{side} {part}" if part else ends] = (a, b)
    return named


def lost_keypoints(
    skeleton: Skeleton, n_frames: int, loss: str, rng: np.random.Generator
) -> np.ndarray:
    """Choose the keypoints that a test of missing limbs removes.

    Parameters
    ----------
    skeleton : Skeleton
    n_frames : int
    loss : str
        One of `losses_of`.
    rng : Generator
        Draws changing limbs uniformly.

    Returns
    -------
    ndarray of bool, shape (T, K)

    Raises
    ------
    ModelError
        For a loss that the skeleton does not have.
    """
    if loss not in losses_of(skeleton):
        raise ModelError(
            "There is no loss '{}' of the skeleton {}; choose one of {}.",
            loss,
            skeleton.name,
            ", ".join(losses_of(skeleton)) or "none",
        )
    lost = np.zeros((n_frames, len(skeleton)), bool)
    limbs = _limbs_by_name(skeleton)
    if loss not in _CHANGES:
        lost[:, list(limbs[loss.removesuffix(" never seen")])] = True
        return lost
    share, hold = _CHANGES[loss]
    pairs = np.array(list(limbs.values()), np.int64)
    drawn = pairs[rng.integers(len(pairs), size=n_frames)]
    # The frames of a smaller share are a subset of those of a larger one.
    frames = np.flatnonzero(rng.random(n_frames) < share)
    lost[frames[:, None], drawn[frames // hold]] = True
    return lost
