"""Pose files of a project: poses, 3D poses and risk scores as ``.npz``.

Poses: ``keypoints`` (T, M, K, 2) float32 px of the upright picture, NaN where missing;
``scores`` (T, M, K) float32, 0 where missing; ``size`` (width, height); and the texts
``skeleton``, ``estimator`` and ``fingerprint`` (of the video); estimated ones may have
a ``key`` of all that they follow from. Keypoints are kept to
1/64 px and scores to 1/1024: binary fractions pack well.

3D poses: ``keypoints`` (T, K, 3) float32, NaN where missing, as they came; and the
texts ``skeleton`` and ``source``. Risk: ``scores`` (T,) float32, REBA scores, NaN where
unknown. Each has its version as the text ``schema``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.poses.poses3d import Poses3D
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.poses.skeletons import load_skeleton


class _Kind(NamedTuple):
    """Kind of file: its version, its name, advice where it is damaged."""

    schema: str
    title: str
    again: str
    arrays: tuple[str, ...]
    texts: tuple[str, ...] = ()


_POSES = _Kind(
    "skelseg-poses-1",
    "pose file",
    "estimate the poses again.",
    ("keypoints", "scores", "size"),
    ("skeleton", "estimator", "fingerprint"),
)
_POSES3D = _Kind(
    "skelseg-poses3d-1",
    "3D pose file",
    "import the data set again.",
    ("keypoints",),
    ("skeleton", "source"),
)
_RISK = _Kind("skelseg-risk-1", "risk file", _POSES3D.again, ("scores",))


def _load(path: Path, kind: _Kind) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read the arrays and the texts of a file of this kind and version."""
    arrays, texts = load_npz(path), {}
    for name in (*kind.arrays, "schema", *kind.texts):
        if name not in arrays:
            raise FormatError(
                "{} is not a {} of skelseg ('{}' is missing); {}",
                path,
                kind.title,
                name,
                kind.again,
            )
    for name in ("schema", *kind.texts):
        if arrays[name].shape != () or arrays[name].dtype.kind != "U":
            raise FormatError("{}: '{}' is not text; {}", path, name, kind.again)
        texts[name] = str(arrays[name])
    if texts["schema"] != kind.schema:
        raise FormatError(
            "{} is a {} of another version ({}); update skelseg or {}",
            path,
            kind.title,
            texts["schema"],
            kind.again,
        )
    return arrays, texts


def save_poses(
    path: Path, poses: PoseSequence, fingerprint: str = "", key: str = ""
) -> None:
    """Write the poses of one video, atomically.

    Parameters
    ----------
    path : Path
        Where, usually ``poses/<video>.npz``.
    poses : PoseSequence
    fingerprint : str
        Of the video they were made from, so that a changed video is noticed.
    key : str
        Of all that an estimate follows from; empty where they were imported.
    """
    keyed = {"key": np.array(key)} if key else {}
    save_npz(
        path,
        {
            "keypoints": np.round(poses.keypoints * 64) / np.float32(64),
            "scores": np.round(poses.scores * 1024) / np.float32(1024),
            "size": np.array(poses.size, np.int64),
            "skeleton": np.array(poses.skeleton),
            "estimator": np.array(poses.estimator),
            "fingerprint": np.array(fingerprint),
            "schema": np.array(_POSES.schema),
            **keyed,
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
    arrays, texts = _load(path, _POSES)
    name = texts["skeleton"]
    if skeleton is not None and name != skeleton:
        raise FormatError(
            "{} holds {} keypoints instead of {}; estimate the poses again or choose "
            "another file.",
            path,
            skeleton_title(name),
            skeleton_title(skeleton),
        )
    size = arrays["size"]
    if size.shape != (2,) or size.dtype.kind not in "iu":
        raise FormatError(
            "{}: 'size' is not a width and height; {}", path, _POSES.again
        )
    try:
        n_keypoints = len(load_skeleton(name))
        poses = PoseSequence(
            arrays["keypoints"],
            arrays["scores"],
            name,
            (int(size[0]), int(size[1])),
            texts["estimator"],
        )
    except (FormatError, ConfigError) as error:
        raise FormatError("{}: {}", path, error) from error
    if poses.keypoints.shape[2] != n_keypoints:
        raise FormatError(
            "{} has {} keypoints a person, {} has {}; {}",
            path,
            poses.keypoints.shape[2],
            skeleton_title(name),
            n_keypoints,
            _POSES.again,
        )
    return poses


def poses_made_by(path: Path) -> tuple[str, str]:
    """Read of a file of poses only its skeleton and the tool that made them.

    Raises
    ------
    FormatError
        Where the file is missing, damaged or incomplete.
    """
    texts = load_npz(path, only=("skeleton", "estimator"))
    for name in ("skeleton", "estimator"):
        if name not in texts or texts[name].shape != ():
            raise FormatError("{}: '{}' is not text; {}", path, name, _POSES.again)
    return str(texts["skeleton"]), str(texts["estimator"])


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
            "schema": np.array(_POSES3D.schema),
        },
    )


def load_poses3d(path: Path) -> Poses3D:
    """Read the 3D poses of one recording.

    Raises
    ------
    FormatError
        Where the file is missing, damaged, incomplete or of another version.
    """
    arrays, texts = _load(path, _POSES3D)
    try:
        return Poses3D(arrays["keypoints"], texts["skeleton"], texts["source"])
    except FormatError as error:
        raise FormatError("{}: {}", path, error) from error


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
        {"scores": np.asarray(scores, np.float32), "schema": np.array(_RISK.schema)},
    )


def load_risk(path: Path) -> np.ndarray:
    """Read the framewise risk of one recording: REBA scores (T,), float32.

    Raises
    ------
    FormatError
        Where the file is missing, damaged or of another kind.
    """
    scores = _load(path, _RISK)[0]["scores"]
    if scores.ndim != 1 or scores.dtype.kind not in "fiu":
        raise FormatError(
            "{}: 'scores' must have one number per frame; {}", path, _RISK.again
        )
    return scores.astype(np.float32)
