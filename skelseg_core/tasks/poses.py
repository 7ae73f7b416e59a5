"""Poses of a video: estimate them, or import them from a file of another tool."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.choices import choice, takes
from skelseg_core.errors import OtherKeypoints, SkelsegError
from skelseg_core.estimators.chosen_weights import remember_weights
from skelseg_core.estimators.registry import BUNDLED, estimator_names
from skelseg_core.features.estimated_poses import load_chosen, poses_of
from skelseg_core.features.video_work import FeatureWork, work_on
from skelseg_core.files import atomic_write, check_writable
from skelseg_core.progress import Progress, Task, uncounted
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import set_pose_estimator
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import Said

LOOKS = 30
"""Frames in which somebody is looked for before poses are estimated unasked."""
_STRIDE = 13
"""Looks from one to the next; shares no divisor with their number."""


@dataclass(frozen=True)
class EstimateChoices:
    """Choices of an estimator, and of what becomes of poses that are there."""

    again: bool = choice(False, "Replace existing poses.")
    estimator: str | None = choice(
        None,
        "Who finds the poses, from now on in this project; movenet where none was "
        "chosen. 'skelseg estimators' lists them.",
        names=estimator_names,
    )
    weights: str = choice("", "Weights file of the estimator, for those that take one.")
    allow_download: bool = choice(
        False, "Allow the download of the estimator's published weights.", "--download"
    )

    def set_in(self, project: Project) -> Project:
        """Let a project have its poses estimated as chosen; as before where not."""
        name = self.estimator or project.pose_estimator
        weights = self.weights
        remember_weights(weights)
        if not weights and name == project.pose_estimator:
            weights = project.pose_weights
        return set_pose_estimator(project, "" if name == BUNDLED else name, weights)


@takes(EstimateChoices)
def estimate_poses(
    root: str,
    video_id: TrackId,
    threads: int = 0,
    *,
    choices: EstimateChoices,
    proxy_bytes: int = 0,
    look_first: bool = False,
) -> Task[dict[str, Any]]:
    """Estimate the poses of one video into the project, unless they are there.

    Parameters
    ----------
    root, video_id : str
        Project folder and video.
    threads : int
        Processor threads; 0 means all.
    choices : EstimateChoices
    proxy_bytes : int
        Room in bytes for all proxies: one of this video is written on the way, where
        it pays. 0 writes none.
    look_first : bool
        Do nothing where nobody is seen in some frames; ``nobody`` is their number.
    """
    work = replace(work_on(root, video_id, threads), proxy_bytes=proxy_bytes)
    if look_first and (yield from _shows_nobody(work)):
        return {"nobody": LOOKS}
    work = replace(work, project=choices.set_in(work.project))
    again, place = choices.again, work.folder.poses_path(work.item.video_id)
    if again or not place.is_file():
        check_writable(place)
    kept = not again and work.folder.poses_path(work.item.video_id).is_file()
    load = load_chosen(work, choices.allow_download)
    poses = yield from poses_of(work, again, load)
    found = int(np.isfinite(poses.keypoints[..., 0]).any(axis=(1, 2)).sum())
    return {
        "video": video_id,
        "n_frames": poses.n_frames,
        "with_person": found,
        "estimator": poses.estimator,
        "by": work.project.pose_estimator or BUNDLED,
        "kept": kept,
    }


def _shows_nobody(work: FeatureWork) -> Task[bool]:
    """Look for people in frames all over a video; note it where there is nobody."""
    from skelseg_core.estimators.movenet import MoveNet

    item, folder = work.item, work.folder
    begun = (folder.poses_path(item.video_id), folder.pose_blocks_dir(item.video_id))
    if any(place.exists() for place in begun):
        return False
    yield from uncounted(work.check_video())
    network, step = MoveNet(work.threads), Said("people in {}", item.video.title)
    with work.open_video() as reader:
        # Spread over the video in any order, until one shows a person.
        for n in range(LOOKS):
            yield Progress(step, n, LOOKS)
            place = n * _STRIDE % LOOKS * len(reader) // LOOKS
            if network.sees_somebody(reader[place]):
                return False
    with suppress(SkelsegError):  # a disk that is full or read-only
        atomic_write(folder.nobody_path(item.video_id), item.video.fingerprint)
    return True


def import_poses(root: str, video_id: TrackId, file: str) -> Task[dict[str, Any]]:
    """Read the poses of one video from a file of another tool, in place of any.

    Where the file names other keypoints than the project's skeleton, and the project
    may still get another one, nothing is written: ``keypoints`` are those of the file
    (`NamedKeypoints.to_plain`), for a person to say what body they are of, and
    ``skeleton`` is the one that they do not fit.
    """
    from skelseg_core.project.imports.named_keypoints import read_named_keypoints
    from skelseg_core.project.imports.pose_import import import_notes, import_pose_file
    from skelseg_core.project.skeleton_change import may_change_skeleton

    folder, path = ProjectFolder(Path(root)), Path(file)
    project = folder.load()
    yield Progress(Said("reading {}", path.name))
    try:
        poses = import_pose_file(folder, project, video_id, path, again=True)
    except OtherKeypoints as error:
        if not may_change_skeleton(folder, project):
            raise
        item = project.track(video_id)
        size, n = (item.video.width, item.video.height), item.n_frames
        found = read_named_keypoints(path, error.names, size=size, n_frames=n)
        return {"keypoints": found.to_plain(), "skeleton": project.skeleton}
    n_found = int((poses.scores > 0).any(axis=(1, 2)).sum())
    return {
        "video": video_id,
        "n_frames": poses.n_frames,
        "with_person": n_found,
        "notes": import_notes(path, poses),
    }
