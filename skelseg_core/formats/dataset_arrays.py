"""Arrays of published data sets: 3D poses, features, videos.

Errors name file and frame. What differs in length is fitted by a rule that a sentence
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npy
from skelseg_core.errors import FormatError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.dataset import Recording, fit
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.poses.poses3d import Poses3D
from skelseg_core.said import counted

NEAR = 0.05
"""Share of their frames by which a video and its labels may differ."""


def load_pose_file(path: Path, skeleton: str, n_keypoints: int, source: str) -> Poses3D:
    """Read 3D poses of an ``.npy`` (T, K, 3).

    Raises
    ------
    FormatError
        Where the file is damaged, has another shape, or not one keypoint that is
        a number.
    """
    array = load_npy(path)
    if array.ndim != 3 or array.shape[1:] != (n_keypoints, 3):
        raise FormatError(
            "{} has the shape {}; it must be (frames, {}, 3) for the skeleton {}.",
            path,
            array.shape,
            n_keypoints,
            skeleton,
        )
    try:
        poses = Poses3D(array, skeleton, source)
    except FormatError as error:
        raise FormatError("{}: {}", path, error) from error
    if poses.missing.all():
        raise FormatError(
            "{}: none of the {} keypoints is a number in any of the {} frames; "
            "restore it from a copy or leave the recording out.",
            path,
            n_keypoints,
            len(array),
        )
    return poses


def missing_note(name: str, poses: Poses3D) -> list[str]:
    """Describe the keypoints that are missing, if any are."""
    missing = poses.missing
    if not missing.any():
        return []
    frames = np.flatnonzero(missing.any(axis=1))
    return [
        f"{name}: no numbers for {missing.sum():,} of {missing.size:,} keypoints, in "
        f"{counted(len(frames), 'frame')} from frame {frames[0]} on; these are missing."
    ]


def load_features(path: Path, layout: str) -> np.ndarray:
    """Read features of an ``.npy``, float32 (T, D).

    Parameters
    ----------
    path : Path
    layout : {"DT", "TD"}
        Which axis of the file is time.

    Raises
    ------
    FormatError
        Where the file is damaged, has another shape, or a value is no finite number;
        says in which frame.
    """
    array = load_npy(path)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiu":
        axes = "(features, frames)" if layout == "DT" else "(frames, features)"
        raise FormatError(
            "{} holds {} of the shape {}; it must hold numbers of the shape {}.",
            path,
            array.dtype,
            array.shape,
            axes,
        )
    values = finite(path, array.T if layout == "DT" else array)
    return np.ascontiguousarray(values)


def finite(path: Path, values: np.ndarray) -> np.ndarray:
    """Convert values (T, ...) to float32; raise FormatError with the frame of a NaN."""
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    good = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not good.all():
        raise FormatError(
            "{}, frame {}: a value is not a finite number; extract these features "
            "again or leave the recording out.",
            path,
            int(np.argmin(good)),
        )
    return values


def cut_note(
    features: str,
    n_features: int,
    labels: str,
    n_labels: int,
    rule: str = "as the published loader does",
) -> list[str]:
    """Describe how features (or poses) and labels differ in length, if they do."""
    if n_features == n_labels:
        return []
    return [
        f"{features} has {n_features:,} frames and {labels} {n_labels:,}; both were "
        f"cut to the first {min(n_features, n_labels):,}, {rule}."
    ]


def find_video(folders: Sequence[Path], stem: str) -> Path | None:
    """Find the video of a name in the first folder that has one."""
    # Cameras write their endings in capitals.
    suffixes = [s for suffix in VIDEO_SUFFIXES for s in (suffix, suffix.upper())]
    paths = (folder / (stem + s) for folder in folders for s in suffixes)
    return next((path for path in paths if path.is_file()), None)


def with_video(recording: Recording, video: Path | None) -> tuple[Recording, list[str]]:
    """Give a recording its video, with a sentence where the two do not agree.

    The first frames belong together. Labels and poses are cut or left open to the
    frames of the video; where they differ by more than `NEAR`, they were sampled at
    another rate and the video is left out.

    Raises
    ------
    VideoError
        Where the video cannot be read.
    """
    from skelseg_core.video.reader import VideoReader

    if video is None:
        return recording, []
    with VideoReader(video) as reader:
        n = len(reader)
    had = recording.n_frames
    said = f"{video.name} has {n:,} frames and its labels {had:,}"
    if abs(n - had) > NEAR * max(n, had):
        return recording, [
            f"{said}; they have different frame rates and the video was left out."
        ]
    fitted = replace(
        recording,
        video=video,
        labels=fit(recording.labels, n, UNLABELLED, "start"),
        poses3d=_fit_poses(recording.poses3d, n),
    )
    what = "rest was left unlabelled" if n > had else "labels after its end were cut"
    return fitted, [] if n == had else [f"{said}; they start together and the {what}."]


def _fit_poses(poses: Poses3D | None, n_frames: int) -> Poses3D | None:
    if poses is None:
        return None
    keypoints = fit(poses.keypoints, n_frames, np.nan, "start")
    return replace(poses, keypoints=keypoints)
