"""3D pose files of skelseg: one ``.npz`` per recording, without pickles.

``keypoints`` (T, K, 3) float32, NaN where missing; and the texts ``skeleton``,
``source`` and ``schema``. They are kept as they came: nothing is rounded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import load_npz, save_npz
from skelseg_core.poses.poses3d import Poses3D

SCHEMA = "skelseg-poses3d-1"


def save_poses3d(path: Path, poses: Poses3D) -> None:
    """Write the 3D poses of one recording, atomically.

    Parameters
    ----------
    path : Path
        Where, usually ``poses3d/<video>.npz``.
    poses : Poses3D
    """
    save_npz(
        path,
        {
            "keypoints": poses.keypoints,
            "skeleton": np.array(poses.skeleton),
            "source": np.array(poses.source),
            "schema": np.array(SCHEMA),
        },
    )


def load_poses3d(path: Path) -> Poses3D:
    """Read the 3D poses of one recording.

    Raises
    ------
    FormatError
        Where the file is missing, damaged, incomplete or of another version.
    """
    arrays = load_npz(path)
    texts = {
        name: _text(path, arrays, name) for name in ("schema", "skeleton", "source")
    }
    if texts["schema"] != SCHEMA:
        raise FormatError(
            f"{path} is a 3D pose file of another version ({texts['schema']}); update "
            f"skelseg or {_AGAIN}"
        )
    if "keypoints" not in arrays:
        raise FormatError(f"{path}: 'keypoints' is missing; {_AGAIN}")
    try:
        return Poses3D(arrays["keypoints"], texts["skeleton"], texts["source"])
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


_AGAIN = "import the data set again."


def _text(path: Path, arrays: dict[str, np.ndarray], name: str) -> str:
    value = arrays.get(name)
    if value is None or value.shape != () or value.dtype.kind != "U":
        raise FormatError(
            f"{path} is no 3D pose file of skelseg ('{name}' is missing); {_AGAIN}"
        )
    return str(value)
