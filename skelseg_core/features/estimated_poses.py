"""Estimated poses of one video of a project: load them, or find them in its frames."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.array_files import content_key
from skelseg_core.errors import ProjectError
from skelseg_core.estimators.chosen_weights import check_weights
from skelseg_core.estimators.movenet import MoveNet, bundled_key
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.estimators.registry import BUNDLED, load_estimator
from skelseg_core.features.extraction import ahead
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.files import check_there
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.progress import Progress, Task, uncounted
from skelseg_core.project.project import Project
from skelseg_core.project.video_poses import (
    as_corrected,
    check_replaceable,
    load_estimate,
)
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said
from skelseg_core.video.times import FrameTimes

LOOKS_PER_S = 11.9
"""Frames in a second that are looked at for poses, at least; 12, but for rounding."""

if TYPE_CHECKING:
    from skelseg_core.estimators.base import PoseEstimator
    from skelseg_core.video.reader import VideoReader


def pose_every(project: Project, item: Track) -> int:
    """Return every how many frames of a video one is looked at for poses."""
    return project.pose_every or max(1, int(item.video.mean_rate / LOOKS_PER_S))


def looked_at(project: Project, item: Track, times: FrameTimes) -> np.ndarray:
    """Choose the frames of a video that are looked at for poses.

    Every `pose_every`-th and the last one. Where the rate varies, all of a stretch that
    is so slow that these would be fewer than `LOOKS_PER_S`, unless the project says
    which to look at.

    Returns
    -------
    ndarray, bool (n_frames,)
    """
    every = pose_every(project, item)
    wanted: np.ndarray = np.arange(times.n_frames) % every == 0
    wanted[-1:] = True
    if not project.pose_every:
        starts_s, some = times.starts_s, np.flatnonzero(wanted)
        for first, last in pairwise(some):
            # Times may be rounded to milliseconds or more.
            if starts_s[last] - starts_s[first] > 1.25 / LOOKS_PER_S:
                wanted[first:last] = True
    return wanted


def pose_key(project: Project, item: Track, exact: bool = False) -> str:
    """Return the key of the poses that the bundled estimator finds in a video."""
    key = bundled_key(pose_every(project, item), exact)
    return content_key("poses", item.video.fingerprint, key)


def load_chosen(
    work: FeatureWork, allow_download: bool = False
) -> Callable[[], PoseEstimator] | None:
    """Return what loads the estimator that a project chose; None for the bundled.

    Parameters
    ----------
    work : FeatureWork
    allow_download : bool
        Whether published weights may be downloaded; only where the user asked.
    """
    name, weights = work.project.pose_estimator, work.project.pose_weights
    if name in ("", BUNDLED) and not weights:
        return None
    name = name or BUNDLED
    check_weights(weights)
    return functools.partial(
        load_estimator, name, work.threads, weights, allow_download
    )


def poses_of(
    work: FeatureWork,
    again: bool = False,
    load: Callable[[], PoseEstimator] | None = None,
) -> Task[PoseSequence]:
    """Load or estimate the poses of a video, with corrections.

    Parameters are those of `estimate_of`.
    """
    estimate = yield from estimate_of(work, again, load)
    return as_corrected(estimate, work.item)


def estimate_of(
    work: FeatureWork,
    again: bool = False,
    load: Callable[[], PoseEstimator] | None = None,
) -> Task[PoseSequence]:
    """Load or estimate the poses of a video, without corrections.

    Parameters
    ----------
    work : Work
    again : bool
        Whether poses that are there are replaced.
    load : callable, optional
        Gives the estimator once it is needed; by default the one that the project
        chose.
    """
    load = load or load_chosen(work)
    yield from uncounted(work.check_video())
    path = work.folder.poses_path(work.item.video_id)
    if path.is_file() and not again:
        return load_estimate(path, work.item, work.project.skeleton)
    if path.is_file():
        check_replaceable(work.item)
    yield Progress(Said("estimator of the poses of {}", work.item.video.title))
    estimator, key = load() if load else MoveNet(work.threads), ""
    is_bundled = isinstance(estimator, MoveNet)
    if isinstance(estimator, MoveNet):
        estimator.every = pose_every(work.project, work.item)
        key = pose_key(work.project, work.item, estimator.exact)
    if estimator.skeleton != work.project.skeleton:
        raise ProjectError(
            "The estimator finds {} keypoints, the project uses {}; import poses of "
            "that skeleton instead.",
            skeleton_title(estimator.skeleton),
            skeleton_title(work.project.skeleton),
        )
    with work.open_video() as reader:
        size = (reader.width, reader.height)
        place = work.folder.pose_blocks_dir(work.item.video_id)
        blocks = PoseBlocks(place, work.item.video.fingerprint, len(reader), size)
        # Closed with this task at any point, so that its process ends as well.
        with (
            contextlib.closing(_left(reader, blocks, work, is_bundled)) as frames,
            contextlib.closing(
                estimator.estimate(frames, len(reader), size, blocks)
            ) as task,
        ):
            poses = yield from _renamed(
                task, Said("poses of {}", work.item.video.title), blocks
            )
    check_there(work.folder.root)
    save_poses(path, poses, work.item.video.fingerprint, key)
    blocks.remove()
    return poses


def _left(
    reader: VideoReader, blocks: PoseBlocks, work: FeatureWork, only_some: bool
) -> Generator[tuple[int, np.ndarray], None, None]:
    """Read the frames to look at that no block holds, all of them or only some.

    The first is known when it is asked for. Where there are several threads, one
    decodes ahead of those that estimate.
    """
    from skelseg_core.video.proxy_writing import is_missing, with_proxy

    wanted = np.ones(len(reader), bool)
    if only_some:
        wanted = looked_at(work.project, work.item, reader.index.frame_times)
    if work.proxy_bytes and not blocks.n_done and is_missing(reader.index):
        frames = with_proxy(reader.frames(), reader, work.proxy_bytes)
    else:
        frames = reader.frames(blocks.n_done, wanted=wanted)
    with contextlib.closing(frames):
        source = ahead(frames) if work.threads > 1 else frames
        with contextlib.closing(source):
            yield from ((n, rgb) for n, rgb in source if wanted[n])


def _renamed(
    task: Task[PoseSequence], step: str, blocks: PoseBlocks
) -> Task[PoseSequence]:
    while True:
        try:
            progress = next(task)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        on = Said("{}, from frame {:,} on", step, blocks.first)
        yield replace(progress, step=on if blocks.first else step)
