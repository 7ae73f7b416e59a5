"""Poses3D: keypoints of one person in metres, and a camera that projects them to 2D."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.poses.sequence import PoseSequence

MAX_SIDE_PX = 8192
"""Largest width or height of a picture."""

_COLUMNS = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True, eq=False)
class Poses3D:
    """3D keypoints of the subject in all frames of one recording.

    A keypoint with a coordinate that is not finite is missing: all three are NaN.

    Parameters
    ----------
    keypoints : ndarray of float32, shape (T, K, 3)
        In metres, NaN if missing; `Camera` names the direction of each column.
    skeleton : str
        Skeleton of axis K; empty if unknown. Then the unit is the data set's own and
        projection is impossible.
    source : str
        Origin, such as ``"LCR-Net"``.

    Raises
    ------
    FormatError
        If the array has another shape or is not numeric.
    """

    keypoints: np.ndarray
    skeleton: str
    source: str = ""

    def __post_init__(self) -> None:
        keypoints = np.asarray(self.keypoints)
        if keypoints.ndim != 3 or keypoints.shape[-1] != 3:
            raise FormatError(
                "3D keypoints have the shape {}; it must be (frames, keypoints, 3).",
                keypoints.shape,
            )
        if keypoints.dtype.kind not in "fiu":
            raise FormatError("3D keypoints are {}; give numbers.", keypoints.dtype)
        with np.errstate(over="ignore"):  # too far for float32: missing
            keypoints = keypoints.astype(np.float32, copy=False)
        known = np.isfinite(keypoints).all(axis=-1, keepdims=True)
        if not known.all():
            keypoints = np.where(known, keypoints, np.float32(np.nan))
        object.__setattr__(self, "keypoints", keypoints)

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.keypoints.shape[0])

    @property
    def missing(self) -> np.ndarray:
        """Mask of the missing keypoints, bool, shape (T, K)."""
        return np.asarray(np.isnan(self.keypoints[..., 0]))


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in the origin that looks along one axis of 3D poses.

    An axis is a sign and a column: ``"+x"``, ``"-y"``. The default is LCR-Net's frame
    as in UW-IOM: x is the depth and z is up. Then y grows to the *left* of the picture
    (the frame is right-handed: the left hip of every subject is to the left of the
    direction of their knees).

    Parameters
    ----------
    focal_px : float
        Focal length in px of the picture.
    width, height : int
        Size of the picture in px.
    depth, right, up : str
        Axes of viewing direction, and of right and up in the picture.
    centre : tuple of float, optional
        Principal point in px; the middle by default.

    Raises
    ------
    ConfigError
        If a value is not valid.
    """

    focal_px: float = 1050.0
    width: int = 1920
    height: int = 1080
    depth: str = "+x"
    right: str = "-y"
    up: str = "+z"
    centre: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.focal_px) and self.focal_px > 0):
            raise ConfigError(
                "The focal length is {} px; it must be above 0.", self.focal_px
            )
        for name, side in (("width", self.width), ("height", self.height)):
            if not 1 <= side <= MAX_SIDE_PX:
                raise ConfigError(
                    "The {} of the picture is {} px; it must be 1..{}.",
                    name,
                    side,
                    MAX_SIDE_PX,
                )
        axes = (self.depth, self.right, self.up)
        good = all(len(a) == 2 and a[0] in "+-" and a[1] in _COLUMNS for a in axes)
        if not good or len({a[1] for a in axes}) < 3:
            raise ConfigError(
                "The camera's axes are {} (depth, right, up); they must be three "
                "different ones such as +x, -y, +z.",
                ", ".join(axes),
            )

    def project(self, poses: Poses3D) -> PoseSequence:
        """Project poses into the picture of this camera.

        Points behind the camera, or in its plane, are missing. Points outside the
        picture keep their coordinates.

        Returns
        -------
        PoseSequence
            One individual, with score 1 for present keypoints.
        """
        depth, right, up = (
            _along(poses.keypoints, axis) for axis in (self.depth, self.right, self.up)
        )
        x0, y0 = self.centre or (self.width / 2, self.height / 2)
        ahead = np.where(depth > 0, depth, np.nan)
        with np.errstate(over="ignore"):
            x = x0 + self.focal_px * right / ahead
            y = y0 - self.focal_px * up / ahead
        points = np.stack([x, y], axis=-1)[:, None]
        scores = np.asarray(np.isfinite(points).all(axis=-1), np.float32)
        size = (self.width, self.height)
        made = f"{poses.source or '3D poses'}, pinhole {self.focal_px:g} px"
        return PoseSequence(points, scores, poses.skeleton, size, made)


def _along(keypoints: np.ndarray, axis: str) -> np.ndarray:
    values: np.ndarray = keypoints[..., _COLUMNS[axis[1]]].astype(np.float64)
    return values if axis[0] == "+" else -values
