"""Pose files of other tools: find the format, read and write the poses.

Each format is described in a file of `formats.poses`. `map_keypoints` selects the
keypoints of the project's skeleton from those of the file, by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import TargetFrames
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.text_files import unreadable


def load_pose_file(
    path: Path,
    format: str = "auto",
    *,
    size: tuple[int, int],
    n_frames: int | None = None,
    skeleton: str = "coco17",
    first_frame: int = 0,
    names: Iterable[str] = (),
    pick: str = "",
) -> PoseSequence:
    """Read the poses of one recording as another tool wrote them.

    Parameters
    ----------
    path : Path
        A file, or the folder of OpenPose.
    format : str
        Name of one of `POSE_FORMATS`, or ``"auto"`` (`detect_format`).
    size : tuple of int
        Width and height in px of the upright picture.
    n_frames : int, optional
        Frames of the video; as many as the file tells of where None.
    skeleton : str
        Name of the skeleton that the poses come back in.
    first_frame : int
        Number that the file gives to the first frame; for files that number them.
    names : iterable of str
        What a file of several videos may call this one.
    pick : str
        What a person says that such a file calls it.

    Returns
    -------
    PoseSequence
        Axis M linked over time; nobody in frames that the file does not tell of.

    Raises
    ------
    FormatError
        Where the file is damaged, of another format, video, picture size or skeleton.
    ConfigError
        Where there is no such format or skeleton, or a video is picked in a file that
        is of one.
    """
    form = detect_format(path) if format == "auto" else format_named(format)
    if pick and not form.several_videos:
        raise ConfigError("A file of {} has one video; leave out --pick.", form.title)
    name = load_skeleton(skeleton).name
    target = TargetFrames(size, n_frames, name, first_frame, tuple(names), pick)
    try:
        poses = form.read(path, target)
    except OSError as error:
        raise unreadable(path, error) from error
    return map_keypoints(poses, skeleton, path)


def file_that_is_read(path: Path, format: str = "auto") -> Path:
    """Find the file that `load_pose_file` reads: of DeepLabCut's ``.h5`` the CSV.

    Raises
    ------
    FormatError
        Where there is none, or it is older than the ``.h5``.
    """
    form = detect_format(path) if format == "auto" else format_named(format)
    return form.file_read(path)


def save_pose_file(
    path: Path, poses: PoseSequence, format: str, media: Path | None = None
) -> Task[None]:
    """Write the poses of one recording for another tool, whole or not at all.

    Parameters
    ----------
    path : Path
        File, or folder where the format is one (``openpose``).
    poses : PoseSequence
    format : str
        Name of one of `POSE_FORMATS` that is written.
    media : Path, optional
        Video of the poses, for formats that name it.

    Raises
    ------
    FormatError
        Where the format has no place for the skeleton.
    ConfigError
        Where there is no such format, or it can only be read.
    ProjectError
        Where the file cannot be written, or the folder holds files already.
    """
    form = format_named(format)
    if form.written_suffix is None:
        written = [f.name for f in POSE_FORMATS if f.written_suffix is not None]
        raise ConfigError(
            "skelseg reads {} but does not write it; choose one of {}.",
            format,
            ", ".join(written),
        )
    step = Said("write {}", path.name)
    yield Progress(step, 0, poses.n_frames)
    yield from form.write(path, poses, media) or ()
    yield Progress(step, poses.n_frames, poses.n_frames)


def map_keypoints(poses: PoseSequence, to: str, where: object = "") -> PoseSequence:
    """Select the keypoints of another skeleton, each by its name.

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


def detect_format(path: Path) -> PoseFormat:
    """Find the format of a file or folder by what is in it.

    Raises
    ------
    FormatError
        Where it cannot tell, or the file cannot be read.
    """
    file = CandidateFile(path)
    for form in POSE_FORMATS:
        if form.fits(file):
            return form
    folders = [form for form in POSE_FORMATS if form.is_folder]
    if file.is_folder and len(folders) == 1:
        return folders[0]  # whatever its files are called
    file.check_text()
    raise FormatError(
        "skelseg cannot recognize the format of {}; choose one of {}.", path, _names()
    )


def format_named(name: str) -> PoseFormat:
    """Return the pose format of a name; raises ConfigError where there is none."""
    for form in POSE_FORMATS:
        if form.name == name:
            return form
    raise ConfigError("There is no pose format '{}'; choose one of {}.", name, _names())


def _names() -> str:
    return ", ".join(form.name for form in POSE_FORMATS)
