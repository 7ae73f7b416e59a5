"""Change the skeleton of a project, as long as no poses hold it to the one it has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.estimators import is_estimate
from skelseg_core.formats.poses_npz import poses_made_by
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project


def set_skeleton(project: Project, skeleton: str) -> Project:
    """Give a project another skeleton.

    Raises
    ------
    EditError
        Where keypoints were corrected: they are of the skeleton that it has.
    """
    held = next((item.id for item in project.tracks if item.video.corrections), "")
    if held:
        raise EditError(
            "Keypoints of {} were corrected by hand in its present skeleton; remove "
            "the corrections before you change the skeleton.",
            held,
        )
    if skeleton == project.skeleton:
        return project
    return replace(project, skeleton=load_skeleton(skeleton).name)


def may_change_skeleton(folder: ProjectFolder, project: Project) -> bool:
    """Tell whether a project has no poses yet that another skeleton would part from it.

    People that were looked for here are no hindrance: they can be looked for again.
    """
    if any(item.video.corrections for item in project.tracks):
        return False
    paths = (folder.poses_path(item.video_id) for item in project.tracks)
    return not any(path.exists() and _is_imported(path) for path in paths)


def is_stale_estimate(path: Path, skeleton: str) -> bool:
    """Tell whether poses were estimated here, before the project got this skeleton."""
    found, maker = poses_made_by(path)
    return found != skeleton and is_estimate(maker)


def _is_imported(path: Path) -> bool:
    try:
        return not is_estimate(poses_made_by(path)[1])
    except SkelsegError:
        return True  # whoever opens the video is told what is wrong with it
