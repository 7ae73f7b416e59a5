"""Tasks that read files for the window; `Jobs` runs them in a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.kit.label_style import person_color
from app.kit.language import in_language
from app.state.current_video import Figure, HeatmapInput, ShownPoses
from skelseg_core.errors import EditError, FormatError, ProjectError, SkelsegError
from skelseg_core.estimators import FOUND_SKELETON
from skelseg_core.files import advice
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.poses_only_video import STAGE
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import add_video, set_people
from skelseg_core.project.proposed_people import proposed_people
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said
from skelseg_core.video.media_path import to_be_added
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.config import Preset
    from skelseg_core.poses.kinematics import Kinematics
    from skelseg_core.poses.sequence import PoseSequence

THUMB = QSize(256, 144)
"""Largest size in pixels of a video's thumbnail."""
MORE = 1.1
"""Times as many blocks of poses as were read, after which they are read again."""
EXAMPLE = "heatmap"
"""Recipe whose heatmaps are shown where the chosen model sees none."""
FIGURE = "#c4c8cc"
"""Colour of the skeleton in the thumbnail of a video that is poses only."""
FILLED = 0.8
"""Share of that thumbnail which the skeleton fills in its longer direction."""


def model_dir(folder: ProjectFolder, model: str) -> Path | None:
    """Return where a model of the project should be; None without a model."""
    return folder.model_dir(model) if model else None


def read_poses(
    path: Path,
    item: Track,
    skeleton: str,
    model: Path | None,
    estimate: PoseSequence | None = None,
    is_known: bool = True,
    people: Sequence[Track] = (),
    mirrored: bool = False,
) -> Task[ShownPoses | None]:
    """Read the poses of a video with their subject, as a model's recipe sees them.

    Heatmaps are those of the recipe `EXAMPLE` unless ``model`` sees some. None where
    there are no poses yet. A given ``estimate`` is not read again. Unless
    ``is_known``, nobody is the subject. ``people`` are a track of each person who is
    labelled, to be told apart where they are several. With ``mirrored`` heatmaps are
    those of a mirrored tier.
    """
    from skelseg_core.config import Preset, load_preset
    from skelseg_core.learning.model_info import load_info
    from skelseg_core.poses.sequence import select_bodies
    from skelseg_core.project.skeleton_change import is_stale_estimate
    from skelseg_core.project.video_poses import load_estimate, with_subject

    yield Progress(Said("reading poses of {}", item.id))
    if estimate is None and (not path.is_file() or is_stale_estimate(path, skeleton)):
        return None
    if estimate is None:
        estimate = load_estimate(path, item, skeleton)
    poses, subject = with_subject(estimate, item, is_known)
    drawn = load_skeleton(skeleton)
    known = model is not None and (model / "model.json").is_file()
    recipe = load_info(model).preset if model is not None and known else Preset()
    instead = "" if known and "heatmap" in recipe.model.modalities else EXAMPLE
    seen = load_preset(instead) if instead else recipe
    name = model.name if model is not None and known else ""
    heatmap = heatmap_input(poses, subject, drawn, seen, mirrored)
    bodies = select_bodies(estimate, item.video.bodies, poses)
    figures = [
        bodies.get(track.person) for track in (people if len(people) > 1 else ())
    ]
    several = int((poses.scores > 0).any(axis=(0, 2)).sum()) > 1
    corrections = item.video.corrections
    return ShownPoses(
        estimate,
        corrections,
        poses,
        subject,
        drawn,
        recipe.heatmap.min_score,
        replace(heatmap, model=name, instead=instead, mirrored=mirrored),
        several,
        item.picks,
        tuple(
            Figure(track.person, person_color(n), found)
            for n, (track, found) in enumerate(zip(people, figures, strict=False))
            if found is not None
        ),
    )


def read_poses_so_far(
    folder: Path, n_known: int, item: Track, skeleton: str, is_known: bool
) -> Task[tuple[int, ShownPoses] | None]:
    """Read the poses of a video that are found so far, and count their blocks.

    None if there are hardly more than ``n_known`` blocks: reading all of a long video
    again for each would take longer and longer.
    """
    from skelseg_core.estimators.pose_blocks import newest_blocks, poses_so_far

    yield Progress(Said("reading poses of {}", item.id))
    blocks = newest_blocks(folder)
    if len(blocks) <= n_known * MORE:
        return None
    video = replace(item.video, corrections=())  # they fit the whole estimate alone
    size = (video.width, video.height)
    try:
        found = poses_so_far(blocks, video.n_frames, size, skeleton)
    except (FormatError, ValueError):  # removed, as the whole is there by now
        return None
    shown = yield from read_poses(
        folder, replace(item, video=video), skeleton, None, found, is_known
    )
    return None if shown is None else (len(blocks), shown)


def heatmap_input(
    poses: PoseSequence,
    subject: np.ndarray,
    skeleton: Skeleton,
    recipe: Preset,
    mirrored: bool = False,
) -> HeatmapInput:
    """Prepare the subject as networks of a recipe get it; slow if long."""
    from skelseg_core.poses.subject_input import make_subject_input, mirrored_subject

    body = make_subject_input(poses, subject, skeleton, recipe)
    body = mirrored_subject(body) if mirrored else body
    body.heatmap_boxes(recipe.heatmap)  # computed here in the thread, and kept
    return HeatmapInput(body, recipe)


def read_motion(shown: ShownPoses, times: FrameTimes) -> Task[Kinematics]:
    """Compute the speeds of the subject of these poses."""
    from skelseg_core.poses.kinematics import Kinematics
    from skelseg_core.poses.sequence import subject_poses

    yield Progress("speeds")
    alone = subject_poses(shown.poses, shown.subject)
    names = shown.skeleton.keypoints
    return Kinematics.of(alone, times, names, shown.subject)


def read_prediction(
    folder: ProjectFolder, project: Project, item: Track, model: str
) -> Task[Prediction | str]:
    """Read a prediction, in the project's current classes and ready to be drawn.

    Where it cannot be shown, return the sentence that says why.
    """
    yield Progress(Said("reading {}", model))
    try:
        prediction = fitting_prediction(folder, project, item, model)
    except SkelsegError as error:
        return in_language(error)
    _ = prediction.curves  # computed here in the thread, not at the first paint
    return prediction


def remove_file(path: Path) -> Task[None]:
    """Remove a file that can be made again, if it is there."""
    yield Progress(Said("removing {}", path.name))
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError("{} cannot be removed: {}", path, advice(error)) from error


def read_thumbs(
    folder: ProjectFolder, project: Project, show: Callable[[str, QImage], object]
) -> Task[None]:
    """Make a thumbnail of every video; ``show`` is called in the task's thread."""
    films = project.videos
    for n, item in enumerate(films):
        yield Progress("pictures of the videos", n, len(films))
        try:
            if item.has_file:
                small = _picture(folder.video_path(item, project.media_roots))
            else:
                first = project.first_track(item.id)
                small = _figure(folder.poses_path(item.id), first, project.skeleton)
        except SkelsegError:
            continue  # the player reports the error when the video is opened
        show(item.id, small)


def _picture(path: Path) -> QImage:
    from skelseg_core.video.reader import VideoReader

    # One frame is wanted: do not keep those decoded on the way to it.
    with VideoReader(path, cache_bytes=1) as reader:
        frame = len(reader) // 3
        pixels = reader.preview(frame)
        if pixels is None:
            pixels = reader.bgra(frame)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, QImage.Format.Format_RGB32)
    small = image.scaled(
        THUMB,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return small.copy()


def _figure(path: Path, item: Track, skeleton_name: str) -> QImage:
    """Draw the subject's skeleton a third of the way through a poses-only video."""
    from skelseg_core.project.video_poses import load_subject_poses

    points = load_subject_poses(path, item, skeleton_name).keypoints[:, 0]
    there = np.flatnonzero(np.isfinite(points).all(axis=2).any(axis=1))
    image = QImage(THUMB, QImage.Format.Format_RGB32)
    blue, green, red = STAGE
    image.fill(QColor(red, green, blue))
    if len(there):
        later = there[there >= len(points) // 3]
        frame = int(later[0] if len(later) else there[-1])
        _draw_figure(image, points[frame], load_skeleton(skeleton_name))
    return image


def _draw_figure(image: QImage, points: np.ndarray, skeleton: Skeleton) -> None:
    size = np.array([image.width(), image.height()])
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    scale = FILLED * float((size / np.maximum(high - low, 1.0)).min())
    placed = (points - (low + high) / 2) * scale + size / 2
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(FIGURE), 7.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for a, b in skeleton.edges:
        if np.isfinite(placed[[a, b]]).all():
            painter.drawLine(QLineF(*placed[a], *placed[b]))
    painter.end()


def probe_videos(
    paths: Sequence[Path], folder: ProjectFolder, project: Project
) -> Task[list[Track | str]]:
    """Make the project's entry of every video, or the sentence that says why not."""
    found: list[Track | str] = []
    paths = to_be_added(paths)
    for n, path in enumerate(paths):
        yield Progress("looking at the videos", n, len(paths))
        try:
            item = yield from _probe(path, folder, project)
            project = add_video(project, item)
            found.append(item)
        except SkelsegError as error:
            found.append(in_language(error))
    return found


def make_project(
    root: Path,
    label_map: LabelMap,
    videos: Sequence[Path],
    skeleton: str = FOUND_SKELETON,
    poses: Sequence[Path] = (),
    by_names: bool = False,
) -> Task[Path]:
    """Make a new project of some videos and their poses, and return its folder.

    With ``by_names`` people are named as the names of the videos propose. A file that
    cannot be read leaves no folder behind.
    """
    from skelseg_core.formats.poses_npz import save_poses
    from skelseg_core.project.imports.pose_import import read_pose_file

    folder = ProjectFolder(root)
    project = new_project(root.name, label_map, skeleton)
    for video in to_be_added(videos):
        item = yield from _probe(video, folder, project)
        project = add_video(project, item)
    if by_names:
        project = set_people(project, proposed_people(project))
    found = {}
    for path in poses:
        yield Progress(Said("reading {}", path.name))
        item = _posed(path, poses, project, root)
        found[item.id] = read_pose_file(item, skeleton, path)
    folder, empty = create_project(root, label_map, skeleton)
    for item in project.tracks:
        if item.id in found:
            save_poses(
                folder.poses_path(item.video_id), found[item.id], item.video.fingerprint
            )
    folder.save(replace(empty, tracks=project.tracks), empty)
    return root


def _posed(path: Path, poses: Sequence[Path], project: Project, root: Path) -> Track:
    """Find the video that a pose file is of: named like it, or the only one."""
    if len(poses) == len(project.tracks) == 1:
        return project.tracks[0]
    from skelseg_core.project.imports.videos_of_files import VideoNames

    video_id = VideoNames(project, root).of_file(path, os.path.realpath(path.parent))
    if not video_id:
        raise EditError(
            "The name of {} matches no video. Add its video too, or import the poses "
            "in the open project.",
            path.name,
        )
    return project.track(video_id)


def _probe(path: Path, folder: ProjectFolder, project: Project) -> Task[Track]:
    from skelseg_core.video.reader import open_index

    # Indexing the frames of a long file takes time, and may be cancelled.
    yield from open_index(path)
    return probe_video(path, folder, project)
