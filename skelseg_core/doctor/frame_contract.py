"""Frame contract: one number of frames for video, labels, poses, features, predictions.

The frame that is shown is the frame that is labelled is the frame a network was given.
That holds as long as every file about a video has as many frames as the video, and the
video is the very file that was added.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skelseg_core.doctor.finding import Finding, moved_away
from skelseg_core.errors import SkelsegError
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.video_poses import load_estimate
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said, counted
from skelseg_core.video.index import VideoIndex
from skelseg_core.video.media_path import media_exists
from skelseg_core.video.reader import open_index

LONG_FRAME = 3.0
"""Times the usual duration from which on a frame stands for a hole in the film."""


def frames_of_videos(folder: ProjectFolder, project: Project) -> Task[list[Finding]]:
    """Compare every video file with what the project and its files say of it."""
    found: list[Finding] = []
    films = project.videos
    for n, film in enumerate(films):
        yield Progress(Said("frames of {}", film.title), n, len(films))
        for item in project.tracks_of(film.id):
            found += _labels_gone(project, item)
        found += yield from _film(folder, project, project.first_track(film.id))
        for item in project.tracks_of(film.id):
            found += _predictions(folder, project, item)
    return found


def _film(folder: ProjectFolder, project: Project, item: Track) -> Task[list[Finding]]:
    """Compare what all tracks of a video share: its file and its poses."""
    found: list[Finding] = []
    path = folder.video_path(item.video, project.media_roots)
    if item.video.has_file and not media_exists(path):
        text = Said(
            "The video of {} is not at {}; put it back, or look for it in its new "
            "folder.",
            item.video.title,
            path,
        )
        found.append(Finding("missing video", "error", text, item.id))
    elif item.video.has_file:
        found += yield from _video(item, path)
    found += _poses(folder, project, item)
    return found


def _labels_gone(project: Project, item: Track) -> Iterator[Finding]:
    for name in sorted(item.missing):
        kind = "damaged labels" if name in item.damaged else "missing labels"
        why, track = item.why_missing(name), project.said_of(item.id)
        yield Finding(kind, "error", why, item.id, track=track)


def _video(item: Track, path: Path) -> Task[list[Finding]]:
    try:
        index = yield from open_index(path)
    except SkelsegError as error:
        return [Finding("video", "error", str(error), item.id)]
    return _of(item, path, index)


def _of(item: Track, path: Path, index: VideoIndex) -> list[Finding]:
    return [*_is_the_same(item, path, index), *of_index(index, item.id)]


def _is_the_same(item: Track, path: Path, index: VideoIndex) -> Iterator[Finding]:
    if index.n_frames != item.n_frames:
        yield Finding(
            "frames",
            "error",
            Said(
                "{} has {:,} frames, the labels of {} have {:,}: it is not "
                "the file that was labelled; find that one.",
                path,
                index.n_frames,
                item.video.title,
                item.n_frames,
            ),
            item.id,
        )
    elif index.fingerprint != item.video.fingerprint:
        yield Finding(
            "frames",
            "error",
            Said(
                "{} is not the file that was added as {}: size or times of "
                "its frames differ; find that one, or check that the labels "
                "fit.",
                path,
                item.video.title,
            ),
            item.id,
        )


def of_index(index: VideoIndex, video_id: str = "") -> Iterator[Finding]:
    """Find what is odd in the table of frames of a video."""
    whose = video_id or Said("The video")
    if index.damage:
        yield Finding("damage", "warning", index.damage, video_id)
    if index.n_videos > 1:
        yield Finding(
            "streams",
            "note",
            Said(
                "{} is video stream {} of {} of its file.",
                whose,
                index.video,
                index.n_videos,
            ),
            video_id,
        )
    durations = np.diff(index.times)
    if not len(durations):
        return
    usual = float(np.median(durations))
    for n in np.flatnonzero(durations == 0)[:1]:
        count = int((durations == 0).sum())
        yield Finding(
            "times",
            "warning",
            Said(
                "{} of {} with the time of the frame before, first at {}: use frame "
                "numbers, times cannot tell them apart.",
                counted(count, "frame"),
                whose,
                n + 1,
            ),
            video_id,
        )
    holes = np.flatnonzero((usual > 0) & (durations > LONG_FRAME * usual))
    if len(holes):
        seconds = float(durations[holes].max()) * float(index.time_base)
        n = int(holes[0])
        yield Finding(
            "times",
            "note",
            Said(
                "{} of {} shown more than {:.0f} times as long as usual, first at {}, "
                "at most {:.2f} s: frames are missing, or the rate varies.",
                counted(len(holes), "frame"),
                whose,
                LONG_FRAME,
                n,
                seconds,
            ),
            video_id,
        )


def _poses(folder: ProjectFolder, project: Project, item: Track) -> Iterator[Finding]:
    path = folder.poses_path(item.video_id)
    if not path.exists():
        return
    try:
        load_estimate(path, item, project.skeleton)
    except SkelsegError as error:
        fix = None
        if not item.video.corrections:
            fix = moved_away(folder, path)
        yield Finding("poses", "error", str(error), item.id, fix=fix)


def _predictions(
    folder: ProjectFolder, project: Project, item: Track
) -> Iterator[Finding]:
    for path in sorted((folder.root / "predictions" / item.id).glob("*.npz")):
        try:
            fitting_prediction(folder, project, item, path.stem)
        except SkelsegError as error:
            yield Finding(
                "prediction",
                "warning",
                str(error),
                item.id,
                fix=moved_away(folder, path),
                track=project.said_of(item.id),
            )
