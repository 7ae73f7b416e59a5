"""The one door to pose files of other tools, in and out.

Each format lives in a file of its own in ``io``, whose head says how frames are
numbered, what a missing keypoint looks like and who is who. Here: which format a file
has, and the keypoints of the project out of those of the file, by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.file_kinds import WRITTEN_POSE_FORMATS
from skelseg_core.files import load_npz, read_json
from skelseg_core.formats.poses_alphapose import load_alphapose, save_alphapose
from skelseg_core.formats.poses_coco import load_coco, save_coco
from skelseg_core.formats.poses_csv import load_csv, save_csv
from skelseg_core.formats.poses_dlc import csv_of, load_dlc, save_dlc
from skelseg_core.formats.poses_mediapipe import load_mediapipe, save_mediapipe
from skelseg_core.formats.poses_openpose import load_openpose, save_openpose
from skelseg_core.formats.poses_pyskl import load_pyskl, save_pyskl
from skelseg_core.formats.poses_sleap import load_sleap
from skelseg_core.poses.detections import TargetFrames
from skelseg_core.poses.parse_foreign import MAX_POSE_TEXT, csv_rows
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import keypoint_order, load_skeleton
from skelseg_core.progress import Progress, Task


@dataclass(frozen=True)
class Format:
    """A format of pose files.

    Parameters
    ----------
    load : callable
        Reads one recording.
    save : callable, optional
        Writes one, as a task where that takes long; None where skelseg only reads.
    suffix : str
        Ending of a written file; empty for a folder of files.
    """

    load: Callable[[Path, TargetFrames], PoseSequence]
    save: Callable[[Path, PoseSequence], Task[None] | None] | None = None
    suffix: str = ""


FORMATS = {
    "openpose": Format(load_openpose, save_openpose),
    "coco": Format(load_coco, save_coco, ".poses.json"),
    "alphapose": Format(load_alphapose, save_alphapose, ".poses.json"),
    "dlc": Format(load_dlc, save_dlc, ".poses.csv"),
    "sleap": Format(load_sleap),
    "mediapipe": Format(load_mediapipe, save_mediapipe, ".poses.json"),
    "pyskl": Format(load_pyskl, save_pyskl, ".poses.npz"),
    "csv": Format(load_csv, save_csv, ".poses.csv"),
}
"""Formats by name, as the command line has them."""


def load_pose_file(
    path: Path,
    format: str = "auto",
    *,
    size: tuple[int, int],
    n_frames: int | None = None,
    skeleton: str = "coco17",
    first_frame: int = 0,
) -> PoseSequence:
    """Read the poses of one recording as another tool wrote them.

    Parameters
    ----------
    path : Path
        A file, or the folder of OpenPose.
    format : str
        One of `FORMATS`, or ``"auto"`` (`detect_format`).
    size : tuple of int
        Width and height in px of the upright picture.
    n_frames : int, optional
        Frames of the video; as many as the file tells of where None.
    skeleton : str
        Name of the skeleton that the poses come back in.
    first_frame : int
        Number that the file gives to the first frame; for files that number them.

    Returns
    -------
    PoseSequence
        Axis M linked over time; nobody in frames that the file does not tell of.

    Raises
    ------
    FormatError
        Where the file is damaged, of another format, video, picture size or skeleton.
    ConfigError
        Where there is no such format or skeleton.
    """
    name = detect_format(path) if format == "auto" else format
    target = TargetFrames(size, n_frames, load_skeleton(skeleton).name, first_frame)
    try:
        poses = _format(name).load(path, target)
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}); check its path and permissions."
        ) from error
    return map_keypoints(poses, skeleton, path)


def file_that_is_read(path: Path, format: str = "auto") -> Path:
    """The file that `load_pose_file` reads: of DeepLabCut's ``.h5`` the CSV beside it.

    Raises
    ------
    FormatError
        Where there is none, or it is older than the ``.h5``.
    """
    name = detect_format(path) if format == "auto" else format
    return csv_of(path) if name == "dlc" else path


def save_pose_file(path: Path, poses: PoseSequence, format: str) -> Task[None]:
    """Write the poses of one recording for another tool, whole or not at all.

    Parameters
    ----------
    path : Path
        File, or folder where the format is one (``openpose``).
    poses : PoseSequence
    format : str
        One of `file_kinds.WRITTEN_POSE_FORMATS`.

    Raises
    ------
    FormatError
        Where the format has no place for the skeleton.
    ConfigError
        Where there is no such format, or it can only be read.
    ProjectError
        Where the file cannot be written, or the folder holds files already.
    """
    save = _format(format).save
    if save is None:
        raise ConfigError(
            f"skelseg reads {format} and does not write it; choose one of "
            f"{', '.join(WRITTEN_POSE_FORMATS)}."
        )
    step = f"write {path.name}"
    yield Progress(step, 0, poses.n_frames)
    yield from save(path, poses) or ()
    yield Progress(step, poses.n_frames, poses.n_frames)


def map_keypoints(poses: PoseSequence, to: str, where: object = "") -> PoseSequence:
    """The keypoints of another skeleton, each by its name.

    Parameters
    ----------
    poses : PoseSequence
    to : str
        Name of the other skeleton; all its keypoints must be in that of ``poses``
        (coco17 is in coco18, body25 and mediapipe33).
    where : object
        Begins the sentence of the error: the file.

    Raises
    ------
    FormatError
        Where keypoints are missing; names both skeletons and numbers.
    """
    if poses.skeleton == to:
        return poses
    names = load_skeleton(poses.skeleton).keypoints
    called = where or "This recording"
    order = keypoint_order(names, load_skeleton(to), called, poses.skeleton)
    return replace(
        poses,
        keypoints=poses.keypoints[:, :, order],
        scores=poses.scores[:, :, order],
        skeleton=to,
    )


def detect_format(path: Path) -> str:
    """Which of `FORMATS` a file or folder has, by what is in it.

    Raises
    ------
    FormatError
        Where it cannot tell, or the file cannot be read.
    """
    if path.is_dir():
        return "openpose"
    suffix = path.suffix.lower()
    name = _BY_SUFFIX[suffix](path) if suffix in _BY_SUFFIX else None
    if name is None:
        raise FormatError(
            f"It cannot be told which format {path} has; say which, one of "
            f"{', '.join(FORMATS)}."
        )
    return name


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(
            f"There is no pose format '{name}'; choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def _json_format(path: Path) -> str | None:
    raw = read_json(path, MAX_POSE_TEXT)
    if isinstance(raw, dict):
        if "people" in raw:
            raise FormatError(
                f"{path} is one frame of OpenPose; give the folder that holds all of "
                "them."
            )
        keys = {"annotations": "coco", "frames": "mediapipe"}
        return next((name for key, name in keys.items() if key in raw), None)
    if not isinstance(raw, list) or not raw:
        return None
    if all(isinstance(entry, dict) and "keypoints" in entry for entry in raw):
        # COCO names images by numbers and AlphaPose by files; only it writes idx.
        of_alphapose = any(_is_alphapose(entry) for entry in raw)
        return "alphapose" if of_alphapose else "coco"
    landmarks = json.dumps(next((e for e in raw if e), None))[:200]
    return "mediapipe" if '"x"' in landmarks or landmarks.startswith("[[") else None


def _is_alphapose(entry: dict[str, Any]) -> bool:
    return "idx" in entry or ("box" in entry and isinstance(entry.get("image_id"), str))


def _csv_format(path: Path) -> str | None:
    header = [cell.strip().lower() for cell in csv_rows(path)[0][1]]
    if header[0] in ("scorer", "individuals", "bodyparts"):
        return "dlc"
    if {"x1", "y1", "v1"} <= set(header):
        return "mediapipe"
    has_x = any(cell.endswith(("_x", " x", ".x")) for cell in header)
    return "csv" if has_x else None


def _npz_format(path: Path) -> str | None:
    return "pyskl" if "keypoint" in load_npz(path) else None


def _hdf5_format(path: Path) -> str | None:
    # Names of groups stand as they are near the beginning of an HDF5 file.
    try:
        with path.open("rb") as stream:
            head = stream.read(1 << 20)
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}); check its path and permissions."
        ) from error
    names = {b"df_with_missing": "dlc", b"track_occupancy": "sleap"}
    return next((name for word, name in names.items() if word in head), None)


_BY_SUFFIX: dict[str, Callable[[Path], str | None]] = {
    ".json": _json_format,
    ".csv": _csv_format,
    ".npz": _npz_format,
    ".h5": _hdf5_format,
    ".hdf5": _hdf5_format,
    ".slp": lambda _: "sleap",
    ".pkl": lambda _: "pyskl",
    ".pickle": lambda _: "pyskl",
}
