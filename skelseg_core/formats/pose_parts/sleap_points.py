"""Points of SLEAP's files, and what is said where a package that opens them lacks."""

from __future__ import annotations

from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.pose_parts.pose_text import MAX_COORDINATE


def checked_points(points: np.ndarray, where: str) -> np.ndarray:
    """Return points with NaN where missing; a missing score is 1.

    Parameters
    ----------
    points : ndarray of float64, shape (K, 3)
        x and y in px and score; NaN where a node is missing.
    where : str
        Begins the sentence of the error: file and frame.

    Raises
    ------
    FormatError
        Where a coordinate or score is infinite or far from any picture.
    """
    wild = (np.abs(points) >= MAX_COORDINATE).any(axis=1)
    if wild.any():
        raise FormatError(
            "{}, keypoint {}: x, y, score are not a position in a picture; export the "
            "file again.",
            where,
            int(wild.argmax()),
        )
    points[:, 2] = np.nan_to_num(points[:, 2], nan=1)
    gone = np.isnan(points[:, :2]).any(axis=1) | ~(points[:, 2] > 0)
    return np.where(gone[:, None], np.nan, points)


def plain_text(value: Any) -> str:
    """Read a text of an HDF5 file."""
    return value.decode() if isinstance(value, bytes) else str(value)


def not_installed(where: object, package: str, extra: str) -> FormatError:
    """Make the error where a file cannot be opened without a package."""
    return FormatError(
        "{} can only be read and written with the package {}; install 'skelseg[{}]', "
        "or use CSV instead.",
        where,
        package,
        extra,
    )
