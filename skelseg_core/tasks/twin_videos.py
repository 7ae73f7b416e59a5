"""Twin videos: videos of a project that show the same, in another encoding or cut."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from skelseg_core.array_files import npz_checksum
from skelseg_core.errors import SkelsegError
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.poses.same_motion import body_motion, is_same_motion
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track

MOST_COMPARED = 300
"""Videos up to which each is compared with all others; of more the files alone are."""


def twin_among(folder: ProjectFolder, item: Track, others: Sequence[Track]) -> str:
    """Find the first of other videos that shows the same as a video, by its id.

    Empty where none does, as far as the poses of both tell, or there are too many.
    """
    if len(others) > MOST_COMPARED:
        return ""
    motion = _motion_of(folder, item)
    if motion is None:
        return ""
    for other in others:
        of_other = _motion_of(folder, other) if other.id != item.id else None
        if of_other is not None and is_same_motion(motion, of_other):
            return other.id
    return ""


def is_twin_of_any(folder: ProjectFolder, item: Track, ids: Iterable[str]) -> bool:
    """Tell whether a video shows the same as one of these, as far as they are there."""
    others: list[Track] = []
    there = set(folder.track_ids()).intersection(ids)
    for video in there if len(there) <= MOST_COMPARED else ():
        # One that cannot be read does not stop the others.
        with contextlib.suppress(SkelsegError):
            others += folder.load_only([video], all_lanes=False).tracks
    return bool(twin_among(folder, item, others))


def first_twins(
    folder: ProjectFolder, items: Sequence[Track], step: str
) -> Task[dict[TrackId, TrackId]]:
    """Name the first twin of each video, itself where no video before shows the same.

    Of more than `MOST_COMPARED` videos only copies of one file are told.
    """
    many = len(items) > MOST_COMPARED
    found: dict[TrackId, TrackId] = {}
    firsts: list[Track] = []
    by_file: dict[str, TrackId] = {}
    for item in items:
        yield Progress(step, whole=0.0)
        copy_of = by_file.setdefault(item.video.fingerprint or item.id, item.id)
        twin = found.get(copy_of, "")
        for n in range(0 if twin or many else len(firsts)):
            yield Progress(step, whole=0.0)
            if twin := twin_among(folder, item, firsts[n : n + 1]):
                break
        twin = twin or item.id
        found[item.id] = TrackId(twin)
        if twin == item.id:
            firsts.append(item)
    return found


def _motion_of(folder: ProjectFolder, item: Track) -> np.ndarray | None:
    path = folder.poses_path(item.video_id)
    try:
        return _motion(path, npz_checksum(path), item.video.mean_rate)
    except SkelsegError:
        return None


@functools.lru_cache(maxsize=MOST_COMPARED + 1)
def _motion(path: Path, _checksum: str, rate: float) -> np.ndarray:
    return body_motion(load_poses(path), rate)
