"""Moved videos: find files that lie elsewhere now, by name and by fingerprint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Video
from skelseg_core.said import Said
from skelseg_core.video.media_path import MediaPath, media_exists, media_path


@dataclass(frozen=True)
class VideoSearch:
    """Result of a search: the videos found, and their new paths in the project.

    Parameters
    ----------
    found : Mapping[str, Path]
        Absolute path of each video that was found, by its id.
    missing : tuple of str
        Ids of the videos that were not found.
    roots : tuple of str
        Folders to become media roots: of the videos that kept their names.
    paths : Mapping[str, str]
        Stored paths of the videos that no media root leads to, by id.
    """

    found: Mapping[VideoId, Path]
    missing: tuple[str, ...]
    roots: tuple[str, ...] = ()
    paths: Mapping[VideoId, str] = field(default_factory=dict)


@dataclass
class _Looking:
    """State of a search: the videos still missing, and where the others were found."""

    wanted: list[Video]
    found: dict[VideoId, Path] = field(default_factory=dict)
    _fingerprints: dict[Path, str] = field(default_factory=dict)

    def try_out(self, path: Path, item: Video) -> Task[None]:
        """Open a file that was not opened yet and compare it to a missing video."""
        from skelseg_core.video.reader import open_index

        if path not in self._fingerprints:
            self._fingerprints[path] = ""
            try:
                index = yield from open_index(path)
                self._fingerprints[path] = index.fingerprint
            except SkelsegError:
                return  # no video, or a damaged one: not the labelled video
        if item.fingerprint == self._fingerprints[path]:
            self.found[item.id] = path
            self.wanted.remove(item)


def missing_videos(folder: ProjectFolder, project: Project) -> Task[list[Video]]:
    """List the videos of a project whose file is not where it was.

    A video is missing, too, if another file was found in its place.
    """
    from skelseg_core.video.index import load_index

    def missing(item: Video) -> bool:
        path = folder.video_path(item, project.media_roots)
        if not media_exists(path):
            return True
        index = load_index(path)
        return index is not None and index.fingerprint != item.fingerprint

    found = []
    films = project.videos
    for n, item in enumerate(films):
        yield Progress("looking for missing videos", n, len(films))
        if item.has_file and missing(item):
            found.append(item)
    return found


def find_videos(
    folder: ProjectFolder, project: Project, place: Path
) -> Task[VideoSearch]:
    """Look for the missing videos of a project in a folder and all below it.

    Files with the name of a missing video are opened first, then all files with its
    suffix, because the file may have been renamed. Only a file of the same fingerprint
    is the video that was labelled.

    Raises
    ------
    ProjectError, VideoError
        Where ``place`` is no folder, or a path that was found cannot be written into
        a project.
    """
    if not place.is_dir():
        raise ProjectError(
            "{} is not a folder; choose the folder with the videos.", place
        )
    looking = _Looking((yield from missing_videos(folder, project)))
    kinds = {_kind(item) for item in looking.wanted} - {""}
    others: list[Path] = []
    for n, (here, below, names) in enumerate(os.walk(place.absolute()), 1):
        below[:] = sorted(n for n in below if not n.startswith("."))
        yield Progress(Said("folder {:,}: {}", n, Path(here).name or here))
        files = (Path(here) / name for name in sorted(names))
        others += [f for f in files if f.suffix.lower() in kinds]
        for item in list(looking.wanted):
            path = Path(here) / Path(item.path).name
            if media_exists(path):
                yield from looking.try_out(path, item)
        if not looking.wanted:
            break
    for n, file in enumerate(others):
        for item in [w for w in looking.wanted if _kind(w) == file.suffix.lower()]:
            yield Progress("comparing with other videos", n, len(others))
            stream = media_path(Path(item.path)).stream
            yield from looking.try_out(MediaPath(file, stream).path, item)
    missing = tuple(item.id for item in looking.wanted)
    return VideoSearch(looking.found, missing, *_said(folder, project, looking.found))


def _kind(item: Video) -> str:
    """Return a file's suffix; empty for images, which are found by folder alone."""
    media = media_path(Path(item.path))
    return media.file.suffix.lower() if media.rate is None else ""


def _said(
    folder: ProjectFolder, project: Project, found: Mapping[VideoId, Path]
) -> tuple[tuple[str, ...], Mapping[VideoId, str]]:
    """Find the media roots and paths by which the videos are found where they are."""
    names = {item.id: Path(item.path).name for item in project.videos}
    same = (path for i, path in found.items() if path.name == names[i])
    roots = tuple(dict.fromkeys(path.parent.as_posix() for path in same))
    for root in roots:
        check_text(root)
    both = (*project.media_roots, *roots)
    paths = {
        video_id: folder.stored_path(path)
        for video_id, path in found.items()
        if folder.video_path(project.video(video_id), both) != path
    }
    return roots, paths


def relocated(project: Project, search: VideoSearch) -> Project:
    """Point a project to its videos where they were found.

    The folder of a video that kept its name becomes a media root, and its stored path
    stays as others who share the project know it. A video that has another name, or the
    name of one in another root, gets a new path.
    """
    roots = tuple(dict.fromkeys((*project.media_roots, *search.roots)))
    for video_id, path in search.paths.items():
        video = project.video(video_id)
        project = project.with_video(video.with_film(path=path))
    return replace(project, media_roots=roots)
