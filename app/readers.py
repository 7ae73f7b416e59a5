"""Readers: tasks that read files for the window in a thread of `jobs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from skelseg_core.errors import SkelsegError
from skelseg_core.prediction import Prediction, load_prediction
from skelseg_core.progress import Progress, Task
from skelseg_core.project import Project, VideoItem, add_video, new_project
from skelseg_core.project_folder import ProjectFolder, create_project, probe_video
from skelseg_core.segmentation import LabelMap
from skelseg_core.skeleton import Skeleton, load_skeleton

if TYPE_CHECKING:
    import numpy as np

    from skelseg_core.config import HeatmapConfig
    from skelseg_core.poses import PoseSequence

THUMB = QSize(256, 144)


@dataclass(frozen=True, eq=False)
class ShownPoses:
    """What the picture needs to draw the people and what the network is given."""

    poses: PoseSequence
    subject: np.ndarray
    skeleton: Skeleton
    heatmap: HeatmapConfig
    box: tuple[float, float, float, float]


def read_poses(
    path: Path, item: VideoItem, skeleton: str, model: Path | None
) -> Task[ShownPoses]:
    """Poses of a video with their subject, as the model in this folder sees them."""
    from skelseg_core.config import HeatmapConfig
    from skelseg_core.heatmaps import subject_box
    from skelseg_core.io.poses_npz import load_poses
    from skelseg_core.model_info import load_info
    from skelseg_core.poses import select_subject

    yield Progress(f"reading poses of {item.id}")
    poses = load_poses(path, skeleton=skeleton)
    subject = select_subject(poses, item.picks)
    # The heatmap that is shown is the one that the chosen model is given.
    heatmap = HeatmapConfig()
    if model is not None:
        heatmap = load_info(model).recipe.heatmap
    box = subject_box(poses, subject, heatmap)
    return ShownPoses(poses, subject, load_skeleton(skeleton), heatmap, box)


def read_prediction(path: Path) -> Task[Prediction]:
    """The prediction in this file."""
    yield Progress(f"reading {path.stem}")
    return load_prediction(path)


def read_thumbs(
    paths: Mapping[str, Path], show: Callable[[str, QImage], object]
) -> Task[None]:
    """Give ``show`` a small picture of every video, in the thread of the task."""
    from skelseg_core.video import VideoReader

    for n, (video_id, path) in enumerate(paths.items()):
        yield Progress("pictures of the videos", n, len(paths))
        try:
            with VideoReader(path) as reader:
                pixels = reader.bgra(len(reader) // 3)
        except SkelsegError:
            continue  # the player says it when the video is looked at
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, QImage.Format.Format_RGB32)
        small = image.scaled(
            THUMB,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        show(video_id, small.copy())


def probe_videos(
    paths: Sequence[Path], folder: ProjectFolder, project: Project
) -> Task[list[VideoItem | str]]:
    """The project's entry for every video, or the sentence that says why not."""
    found: list[VideoItem | str] = []
    for n, path in enumerate(paths):
        yield Progress("looking at the videos", n, len(paths))
        try:
            item = yield from _probe(path, folder, project)
            project = add_video(project, item)
            found.append(item)
        except SkelsegError as error:
            found.append(str(error))
    return found


def make_project(root: Path, label_map: LabelMap, videos: Sequence[Path]) -> Task[Path]:
    """A new project of these videos; its folder. A bad video leaves no folder."""
    folder = ProjectFolder(root)
    project = new_project(root.name, label_map)
    for video in videos:
        item = yield from _probe(video, folder, project)
        project = add_video(project, item)
    folder, empty = create_project(root, label_map)
    folder.save(replace(empty, videos=project.videos), empty)
    return root


def _probe(path: Path, folder: ProjectFolder, project: Project) -> Task[VideoItem]:
    from skelseg_core.video import open_index

    # The table of frames of a long file takes its time, and may be cancelled.
    yield from open_index(path)
    return probe_video(path, folder, project)
