"""Arrays of a recording in a project, each an ``.npz`` without pickles.

Poses: ``keypoints`` (T, M, K, 2) float32 px of the upright picture, NaN where missing;
``scores`` (T, M, K) float32, 0 where missing; ``size`` (width, height); and the texts
``skeleton``, ``estimator`` and ``fingerprint`` (of the video). Keypoints are kept to
1/64 px and scores to 1/1024: binary fractions pack well.

3D poses: ``keypoints`` (T, K, 3) float32, NaN where missing, as they came; and the
texts ``skeleton`` and ``source``. Risk: ``scores`` (T,) float32, REBA scores, NaN where
unknown. Each has its version as the text ``schema``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.files import load_npz, save_npz
from skelseg_core.poses.poses3d import Poses3D
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import load_skeleton

POSES_SCHEMA = "skelseg-poses-1"
POSES3D_SCHEMA = "skelseg-poses3d-1"
RISK_SCHEMA = "skelseg-risk-1"
_IMPORT_AGAIN = "import the data set again."


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
            "schema": np.array(POSES_SCHEMA),
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


_AGAIN = "estimate the poses again."
_NAMES = ("keypoints", "scores", "size", "skeleton", "estimator", "fingerprint")


def _check_schema(path: Path, arrays: dict[str, np.ndarray]) -> None:
    missing = [name for name in (*_NAMES, "schema") if name not in arrays]
    if missing:
        raise FormatError(
            f"{path} is no pose file of skelseg ('{missing[0]}' is missing); {_AGAIN}"
        )
    schema = _text(path, arrays, "schema")
    if schema != POSES_SCHEMA:
        raise FormatError(
            f"{path} is a pose file of another version ({schema}); update skelseg or "
            f"{_AGAIN}"
        )


def _text(path: Path, arrays: dict[str, np.ndarray], name: str) -> str:
    value = arrays[name]
    if value.shape != () or value.dtype.kind != "U":
        raise FormatError(f"{path}: '{name}' is no text; {_AGAIN}")
    return str(value)


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
            "schema": np.array(POSES3D_SCHEMA),
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
        name: _text3d(path, arrays, name) for name in ("schema", "skeleton", "source")
    }
    if texts["schema"] != POSES3D_SCHEMA:
        raise FormatError(
            f"{path} is a 3D pose file of another version ({texts['schema']}); update "
            f"skelseg or {_IMPORT_AGAIN}"
        )
    if "keypoints" not in arrays:
        raise FormatError(f"{path}: 'keypoints' is missing; {_IMPORT_AGAIN}")
    try:
        return Poses3D(arrays["keypoints"], texts["skeleton"], texts["source"])
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def _text3d(path: Path, arrays: dict[str, np.ndarray], name: str) -> str:
    value = arrays.get(name)
    if value is None or value.shape != () or value.dtype.kind != "U":
        raise FormatError(
            f"{path} is no 3D pose file of skelseg ('{name}' is missing); "
            f"{_IMPORT_AGAIN}"
        )
    return str(value)


def save_risk(path: Path, scores: np.ndarray) -> None:
    """Write the framewise risk of one recording, atomically.

    Parameters
    ----------
    path : Path
        Where, usually ``risk/<video>.npz``.
    scores : ndarray of float, shape (T,)
        REBA scores, NaN where unknown.
    """
    save_npz(
        path,
        {"scores": np.asarray(scores, np.float32), "schema": np.array(RISK_SCHEMA)},
    )


def load_risk(path: Path) -> np.ndarray:
    """Read the framewise risk of one recording: REBA scores (T,), float32.

    Raises
    ------
    FormatError
        Where the file is missing, damaged or of another kind.
    """
    arrays = load_npz(path)
    schema, scores = arrays.get("schema"), arrays.get("scores")
    if schema is None or schema.shape != () or str(schema) != RISK_SCHEMA:
        raise FormatError(f"{path} is no risk file of this skelseg; {_IMPORT_AGAIN}")
    if scores is None or scores.ndim != 1 or scores.dtype.kind not in "fiu":
        raise FormatError(
            f"{path}: 'scores' has not one number per frame; {_IMPORT_AGAIN}"
        )
    return scores.astype(np.float32)
