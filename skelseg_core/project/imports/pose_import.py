"""Import the poses of one video from a file of another tool."""

from __future__ import annotations

from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.estimators.pose_blocks import remove_blocks
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.pose_files import file_that_is_read, load_pose_file
from skelseg_core.project.imports.videos_of_files import names_of
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.video_poses import check_replaceable
from skelseg_core.project.videos_and_tracks import Track


def import_pose_file(
    folder: ProjectFolder,
    project: Project,
    video_id: TrackId,
    file: Path,
    kind: str = "auto",
    first_frame: int = 0,
    again: bool = False,
    pick: str = "",
) -> PoseSequence:
    """Read the poses of a video into the project; nothing is written where that fails.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    video_id : str
    file : Path
        A file, or the folder of OpenPose.
    kind : str
        Name of one of `POSE_FORMATS`, or ``"auto"``.
    first_frame : int
        Number that the file gives to the first frame.
    again : bool
        Replace poses that are there.
    pick : str
        What a file of several videos calls this one; by default one of its names here.

    Raises
    ------
    ProjectError
        Where there are poses that are not to be replaced, or corrections over them.
    FormatError, ConfigError
        As for `load_pose_file`.
    """
    item = project.track(video_id)
    check_no_poses(folder, item, again)
    poses = read_pose_file(item, project.skeleton, file, kind, first_frame, pick)
    keep_poses(folder, item, poses)
    return poses


def check_no_poses(folder: ProjectFolder, item: Track, again: bool) -> None:
    """Refuse to replace the poses of a video; ``again`` only those with corrections.

    Raises
    ------
    ProjectError
    """
    if not folder.poses_path(item.video_id).exists():
        return
    if not again:
        raise ProjectError(
            "{} already has poses; use --again to replace them, or export them first.",
            item.id,
        )
    check_replaceable(item)


def keep_poses(folder: ProjectFolder, item: Track, poses: PoseSequence) -> None:
    """Write the poses of a video into the project."""
    save_poses(folder.poses_path(item.video_id), poses, item.video.fingerprint)
    remove_blocks(folder.pose_blocks_dir(item.video_id))  # of an unfinished estimate


def read_pose_file(
    item: Track,
    skeleton: str,
    file: Path,
    kind: str = "auto",
    first_frame: int = 0,
    pick: str = "",
) -> PoseSequence:
    """Read the poses of a video as `import_pose_file` does, and write nothing."""
    return load_pose_file(
        file,
        kind,
        size=(item.video.width, item.video.height),
        n_frames=item.n_frames,
        skeleton=skeleton,
        first_frame=first_frame,
        names=names_of(item),
        pick=pick,
    )


def import_notes(file: Path, poses: PoseSequence, kind: str = "auto") -> list[str]:
    """Describe what is odd in poses that were imported from a file."""
    notes = []
    source = file_that_is_read(file, kind)
    if source != file:
        notes.append(
            f"{source.name} was read, not {file.name}: that file keeps its columns as "
            "a Python pickle, which skelseg never opens."
        )
    if not (poses.scores > 0).any():
        notes.append(
            f"{source.name} has nobody in any frame: no keypoint has a score above 0. "
            "Check that it belongs to this video, and its scores."
        )
    return notes
