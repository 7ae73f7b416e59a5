"""Work on one video of a project: its folder, its film and the threads for it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skelseg_core.errors import ModelError, ProjectError
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder, check_same_video
from skelseg_core.project.poses_only_video import BlankVideo, open_recording
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.media_path import media_exists

if TYPE_CHECKING:
    from skelseg_core.video.reader import VideoReader


def cpu_threads(threads: int = 0) -> int:
    """Return ``threads``, or where 0 the number of cores this process may use."""
    if threads > 0:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class FeatureWork:
    """Folder, project, video and threads, shared by the steps for one video.

    With ``proxy_bytes`` of room for proxies, one is written while poses are estimated.
    """

    folder: ProjectFolder
    project: Project
    item: Track
    threads: int
    proxy_bytes: int = 0

    @property
    def mirrored(self) -> bool:
        """True in a project that was reduced to the tier that the track's mirrors."""
        tiers = self.project.tiers
        return len(tiers) == 1 and tiers[0].id != self.item.tier

    def open_video(self) -> VideoReader:
        """Open the video, which must be the one that was added; the caller closes."""
        self.check_pictures()
        reader = open_recording(self.folder, self.item, self.project.media_roots)
        assert not isinstance(reader, BlankVideo)
        return reader

    def check_pictures(self) -> None:
        """Refuse a recording of which there are poses alone."""
        if not self.item.video.has_file:
            raise ModelError(
                "{} has poses and no video; choose a recipe that sees skeletons, such "
                "as heatmap, and import poses instead of estimating them.",
                self.item.video.title,
            )

    @property
    def video_path(self) -> Path:
        """Path of the video file."""
        return self.folder.video_path(self.item.video, self.project.media_roots)

    def check_video(self) -> Task[None]:
        """Refuse a replaced video though everything made of it is still kept.

        One that is missing does no harm before its frames are needed.
        """
        from skelseg_core.video.reader import open_index

        if not self.item.video.has_file:
            if not self.folder.poses_path(self.item.video_id).is_file():
                raise ProjectError(
                    "The poses of {} are gone, and none can be estimated without a "
                    "video; import them.",
                    self.item.video.title,
                )
        elif media_exists(self.video_path):
            index = yield from open_index(self.video_path)
            check_same_video(self.item, self.video_path, index.fingerprint)


class _Folders(threading.local):
    """Projects that a thread worked on: of a large one, the list is parsed once."""

    def __init__(self) -> None:
        self.by_root: dict[str, ProjectFolder] = {}


_FOLDERS = _Folders()


def work_on(root: str, video_id: TrackId, threads: int) -> FeatureWork:
    """Open the work on a video of the project in ``root``; 0 threads are all.

    The other tracks of the video are read as well, and of all of them the annotation
    alone.
    """
    folder = _FOLDERS.by_root.setdefault(root, ProjectFolder(Path(root)))
    project = folder.load_only([video_id], all_lanes=False, all_tracks=True)
    return FeatureWork(folder, project, project.track(video_id), cpu_threads(threads))
