"""Pose files of skelseg: one ``.npz`` per video, without pickles.

``keypoints`` (T, M, K, 2) float32 px of the upright picture, NaN where missing;
``scores`` (T, M, K) float32, 0 where missing; ``size`` (width, height); and the texts
``skeleton``, ``estimator``, ``fingerprint`` (of the video) and ``schema``.

Keypoints are kept to 1/64 px and scores to 1/1024: binary fractions pack well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.files import load_npz, save_npz
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import load_skeleton

SCHEMA = "skelseg-poses-1"


def save_poses(path: Path, poses: PoseSequence, fingerprint: str = "") -> None:
    """Write the poses of one video, atomically.

    Parameters
    ----------
    path : Path
        Where, usually ``poses/<video>.npz``.
    poses : PoseSequence
    fingerprint : str
        Of the video they were made from, so that a changed video is noticed.
    """
    save_npz(
        path,
        {
            "keypoints": np.round(poses.keypoints * 64) / np.float32(64),
            "scores": np.round(poses.scores * 1024) / np.float32(1024),
            "size": np.array(poses.size, np.int64),
            "skeleton": np.array(poses.skeleton),
            "estimator": np.array(poses.estimator),
            "fingerprint": np.array(fingerprint),
            "schema": np.array(SCHEMA),
        },
    )


def load_poses(path: Path, skeleton: str | None = None) -> PoseSequence:
    """Read the poses of one video.

    Parameters
    ----------
    path : Path
    skeleton : str, optional
        Name of the skeleton they must follow.

    Raises
    ------
    FormatError
        Where the file is missing, damaged, incomplete, or of another skeleton.
    """
    arrays = load_npz(path)
    _check_schema(path, arrays)
    name = _text(path, arrays, "skeleton")
    if skeleton is not None and name != skeleton:
        raise FormatError(
            f"{path} holds {name} keypoints where {skeleton} is needed; estimate the "
            "poses again or choose another file."
        )
    size = arrays["size"]
    if size.shape != (2,) or size.dtype.kind not in "iu":
        raise FormatError(f"{path}: 'size' is no width and height; {_AGAIN}")
    try:
        n_keypoints = len(load_skeleton(name))
        poses = PoseSequence(
            arrays["keypoints"],
            arrays["scores"],
            name,
            (int(size[0]), int(size[1])),
            _text(path, arrays, "estimator"),
        )
    except (FormatError, ConfigError) as error:
        raise FormatError(f"{path}: {error}") from error
    if poses.keypoints.shape[2] != n_keypoints:
        raise FormatError(
            f"{path} has {poses.keypoints.shape[2]} keypoints a person, {name} has "
            f"{n_keypoints}; {_AGAIN}"
        )
    return poses


def load_fingerprint(path: Path) -> str:
    """Fingerprint of the video that a pose file was made from; empty if unknown.

    Raises
    ------
    FormatError
        Where the file is missing, damaged or incomplete.
    """
    arrays = load_npz(path)
    _check_schema(path, arrays)
    return _text(path, arrays, "fingerprint")


_AGAIN = "estimate the poses again."
_NAMES = ("keypoints", "scores", "size", "skeleton", "estimator", "fingerprint")


def _check_schema(path: Path, arrays: dict[str, np.ndarray]) -> None:
    missing = [name for name in (*_NAMES, "schema") if name not in arrays]
    if missing:
        raise FormatError(
            f"{path} is no pose file of skelseg ('{missing[0]}' is missing); {_AGAIN}"
        )
    schema = _text(path, arrays, "schema")
    if schema != SCHEMA:
        raise FormatError(
            f"{path} is a pose file of another version ({schema}); update skelseg or "
            f"{_AGAIN}"
        )


def _text(path: Path, arrays: dict[str, np.ndarray], name: str) -> str:
    value = arrays[name]
    if value.shape != () or value.dtype.kind != "U":
        raise FormatError(f"{path}: '{name}' is no text; {_AGAIN}")
    return str(value)
