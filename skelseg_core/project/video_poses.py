"""Poses of a project's video: the estimate with a person's corrections applied.

Whoever shows poses, writes them or gives them to a network takes them from here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.poses.corrections import apply_corrections
from skelseg_core.poses.sequence import PoseSequence, select_bodies, subject_poses
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.videos_and_tracks import Track


def load_estimate(path: Path, item: Track, skeleton: str) -> PoseSequence:
    """Load the poses in the file of a video, without corrections.

    Raises
    ------
    FormatError
        Where they are of another skeleton or number of frames.
    """
    poses = load_poses(path, skeleton=skeleton)
    if poses.n_frames != item.n_frames:
        raise FormatError(
            "{} has {} frames, the video {} {}; delete the file to estimate again.",
            path,
            poses.n_frames,
            item.video.title,
            item.n_frames,
        )
    return poses


def as_corrected(estimate: PoseSequence, item: Track) -> PoseSequence:
    """Apply the corrections of a video to its estimate."""
    return apply_corrections(
        estimate, item.video.corrections, load_skeleton(estimate.skeleton)
    )


def load_video_poses(path: Path, item: Track, skeleton: str) -> PoseSequence:
    """Load the poses of a video as they are shown, written and given to networks."""
    return as_corrected(load_estimate(path, item, skeleton), item)


def with_subject(
    estimate: PoseSequence, item: Track, is_known: bool = True
) -> tuple[PoseSequence, np.ndarray]:
    """Return the corrected poses of a video, and its subject in each frame, (T,).

    Nobody is the subject if it is not known which figure the person is
    (`bodies.is_body_known`).
    """
    poses = as_corrected(estimate, item)
    if not is_known:
        return poses, np.full(poses.n_frames, -1, np.int64)
    bodies = {**item.video.bodies, item.person: item.picks}
    return poses, select_bodies(estimate, bodies, poses)[item.person]


def load_subject_poses(path: Path, item: Track, skeleton: str) -> PoseSequence:
    """Load the poses of the subject of a video alone, corrected."""
    return subject_poses(*with_subject(load_estimate(path, item, skeleton), item))


def check_replaceable(item: Track) -> None:
    """Refuse to replace poses that have corrections: these would fit other people.

    Raises
    ------
    ProjectError
    """
    if item.video.corrections:
        raise ProjectError(
            "Keypoints of {} were corrected by hand in its present poses; remove the "
            "corrections in the window (“Remove corrections here”) before you "
            "replace the poses.",
            item.video.title,
        )
