"""Projects for scripts: make one, add videos and poses, count what is labelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skelseg_core.choices import takes
from skelseg_core.cli.terminal import run_task
from skelseg_core.errors import FormatError
from skelseg_core.library.exchange import Folder, save_edit
from skelseg_core.library.opened_project import OpenProject
from skelseg_core.library.sentences_as_warnings import tell
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.tracks import TrackId
from skelseg_core.tasks.poses import EstimateChoices
from skelseg_core.tasks.statistics import StatisticsChoices

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def create_project(
    project: Folder, classes: Iterable[str], skeleton: str = "coco17"
) -> OpenProject:
    """Make a project without videos in a folder.

    Parameters
    ----------
    project : path
        Folder, made where it is missing.
    classes : iterable of str
        Names of the classes.
    skeleton : str
        Name of a skeleton, or a YAML file that describes one.

    Raises
    ------
    SkelsegError
        Where there is a project already, or a name cannot be one of a class.
    """
    from skelseg_core.labels.classes import check_class_name, label_map_from_names
    from skelseg_core.poses.skeleton_file import find_skeleton
    from skelseg_core.project.folder import create_project as create

    names = [classes] if isinstance(classes, str) else list(classes)
    for name in names:
        check_class_name(name)
    create(Path(project), label_map_from_names(names), find_skeleton(skeleton).name)
    return OpenProject(project)


def add_videos(
    project: Folder, videos: Iterable[Folder], rate: float | None = None
) -> list[str]:
    """Add videos to a project; they stay where they are.

    Parameters
    ----------
    project : path
        Folder of the project.
    videos : iterable of path
        Files, or folders of videos or of images.
    rate : float, optional
        Images per second of image sequences.

    Returns
    -------
    list of str
        Ids of the new videos.

    Raises
    ------
    SkelsegError
        Where one cannot be read, or is in the project already. Nothing is added then.
    """
    from skelseg_core.project.folder import notes_on_video, probe_video
    from skelseg_core.project.project_edits import add_video
    from skelseg_core.video.media_path import in_folders, to_be_added

    folder = ProjectFolder(Path(project))
    before = after = folder.load()
    for video in to_be_added(in_folders(map(Path, videos)), rate):
        after = add_video(after, probe_video(video, folder, after))
    saved = save_edit(folder, after, before)
    new = [v for v in after.videos if not before.has(v.id)]
    odd = [(i.id, n) for i in new for n in notes_on_video(folder.video_path(i))]
    tell((*folder.notes, *saved, *(f"{video}: {note}" for video, note in odd)))
    return [item.id for item in new]


@takes(EstimateChoices)
def estimate_poses(
    project: Folder, videos: Sequence[str] = (), *, choices: EstimateChoices
) -> dict[str, int]:
    """Estimate the poses of videos of a project, of those that have none.

    Parameters
    ----------
    project : path
        Folder of the project.
    videos : sequence of str
        Ids or patterns; all by default.

    Returns
    -------
    dict of str to int
        Number of frames with a person, by id of the video.

    Raises
    ------
    SkelsegError
        Where there is no such video, or one cannot be read; those before it have been
        done.
    """
    from skelseg_core.progress import in_turn
    from skelseg_core.tasks.poses import estimate_poses as estimating

    folder = ProjectFolder(Path(project))
    if choices.estimator or choices.weights:
        before = folder.load()
        after = choices.set_in(before)
        tell(save_edit(folder, after, before) if after is not before else ())
    outline = folder.outline()
    tracks = outline.chosen(outline.matching(videos))
    ids = list(dict.fromkeys(item.video_id for item in tracks))
    done = run_task(
        in_turn(ids, lambda v: estimating(str(project), v, **vars(choices)))
    )
    return {video: int(result["with_person"]) for video, result in done.items()}


def import_poses(
    project: Folder,
    video: TrackId,
    source: Folder,
    format: str = "auto",
    *,
    again: bool = False,
) -> PoseSequence:
    """Import the poses of a video from a file of another tool.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    source : path
        A file; of OpenPose a folder.
    format : str
        Name of the format, as ``skelseg formats`` lists it; by default it is found.
    again : bool
        Whether poses that are there are replaced.

    Raises
    ------
    SkelsegError
        Where there are poses already, or the file does not fit. Nothing is written
        then.
    """
    from skelseg_core.project.imports.pose_import import import_notes, import_pose_file

    folder, path = ProjectFolder(Path(project)), Path(source)
    opened = folder.load()
    poses = import_pose_file(folder, opened, video, path, format, again=again)
    tell((*folder.notes, *import_notes(path, poses, format)))
    return poses


def write_poses(
    project: Folder,
    video: TrackId,
    keypoints: np.ndarray,
    scores: np.ndarray,
    *,
    estimator: str = "script",
    again: bool = False,
) -> None:
    """Write the poses of a video into a project.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    keypoints : ndarray, shape (T, M, K, 2)
        In px of the picture, of M people and the K keypoints of the project's skeleton.
    scores : ndarray, shape (T, M, K)
        Confidence 0..1; 0 where a keypoint is missing.
    estimator : str
        Who made them, with version.
    again : bool
        Whether poses that are there are replaced.

    Raises
    ------
    SkelsegError
        Where there are poses already, or the arrays do not fit the video or one
        another. Nothing is written then.
    """
    from skelseg_core.poses.skeleton import skeleton_title
    from skelseg_core.poses.skeletons import load_skeleton
    from skelseg_core.project.imports.pose_import import check_no_poses, keep_poses

    folder = ProjectFolder(Path(project))
    opened = folder.load()
    item = opened.track(video)
    check_no_poses(folder, item, again)
    size = (item.video.width, item.video.height)
    poses = PoseSequence(keypoints, scores, opened.skeleton, size, estimator)
    there = (poses.n_frames, poses.keypoints.shape[2])
    if there != (item.n_frames, len(load_skeleton(opened.skeleton))):
        raise FormatError(
            "Keypoints have the shape {}; video {} has {} frames and the skeleton {}.",
            poses.keypoints.shape,
            item.id,
            item.n_frames,
            skeleton_title(opened.skeleton),
        )
    keep_poses(folder, item, poses)


@takes(StatisticsChoices)
def statistics(project: Folder, choices: StatisticsChoices) -> pd.DataFrame:
    """Count how often and how long each class was done: a table, as ``skelseg stats``.

    Parameters
    ----------
    project : path
        Folder of the project.

    Raises
    ------
    SkelsegError
        Where no video has the lane.
    """
    import pandas

    from skelseg_core.tasks.statistics import project_statistics

    folder = ProjectFolder(Path(project))
    table, notes = run_task(project_statistics(folder, folder.load(), choices))
    tell((*folder.notes, *notes), above=1)
    made: pd.DataFrame
    made = pandas.DataFrame(table.records(), columns=list(table.columns))
    return made
