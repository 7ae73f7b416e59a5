"""Videos that files of labels or poses are of: by the media named, or the file's name.

Paths in a file of others are compared with those of the project and are never opened:
a video that is not in the project is looked for by its name alone, beside the label
file and in a folder that a person named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.label_file import file_name_in
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.media_path import media_path, media_title

MOST_SEARCHED = 20_000
"""Files of a folder that are looked through for a video, at most."""


@cache
def _tail() -> re.Pattern[str]:
    """Match what follows the name of a video in the name of a file of it."""
    tools = "|".join(re.escape(form.name) for form in POSE_FORMATS)
    words = f"keypoints?|poses?|labels?|segments|{tools}"
    return re.compile(rf"(\.|DLC|[-_ .]*({words})([-_ .]|$))", re.IGNORECASE)


def names_of(item: Track) -> set[str]:
    """List what a video may be called in a file: its id, or its file."""
    known = item.video.path and item.is_named_like_video
    return {*_titles(item), Path(item.video.path).name} if known else {item.id}


def _titles(item: Track) -> set[str]:
    """List names; a further track has its id alone, for the others mean the video."""
    known = item.video.path and item.is_named_like_video
    return {item.id, media_title(Path(item.video.path))} if known else {item.id}


class VideoNames:
    """Names of the videos of a project, to find those that label files are of.

    Parameters
    ----------
    project : Project
    root : Path, optional
        Folder of the project, for paths.
    """

    def __init__(self, project: Project, root: Path | None = None) -> None:
        self._root = root
        self._titled: dict[str, list[Track]] = {}
        self._items: list[Track] = []
        for item in project.tracks:
            self.add(item)

    def add(self, item: Track) -> None:
        """Add a video."""
        self._items.append(item)
        for title in _titles(item):
            self._titled.setdefault(title, []).append(item)
        vars(self).pop("_named", None)

    @cached_property
    def _named(self) -> dict[str, list[Track]]:
        found: dict[str, list[Track]] = {}
        for item in self._items:
            for name in {n.casefold() for n in names_of(item)}:
                found.setdefault(name, []).append(item)
        return found

    def of_media(self, media: str, beside: str) -> tuple[Track, ...]:
        """Find the videos that a file calls ``media``; several where that is unclear.

        A video whose file has another suffix counts where there is no other: programs
        turn one kind of file into another.

        Parameters
        ----------
        media : str
            A path, a file name, an address or an id.
        beside : str
            Folder of the label file, for a path that is relative to it.
        """
        file = file_name_in(media).casefold()
        stem, _, suffix = file.rpartition(".")
        named = self._called(media.casefold(), file)
        if not named and f".{suffix}" in VIDEO_SUFFIXES:
            named = self._called(stem)
        if len(named) < 2:
            return named
        wanted = os.path.normpath(os.path.join(beside, media.replace("\\", "/")))
        at_path = tuple(v for v in named if v.video.path and self._place(v) == wanted)
        by_id = tuple(v for v in named if v.id == media)
        return at_path or by_id or named

    def _called(self, *names: str) -> tuple[Track, ...]:
        found = {v.id: v for name in names for v in self._named.get(name, ())}
        return tuple(found.values())

    def of_file(self, path: Path, beside: str = "") -> TrackId:
        """Find the video that a file is named like; empty where there is none.

        Where several videos match, the one counts whose id is the name, or whose file
        lies in the folder of this file; none where these differ.

        Parameters
        ----------
        path : Path
            The file.
        beside : str
            Real path of its folder.
        """
        title = self._title_in(path.name)
        found = self._titled.get(title, [])
        if len(found) > 1:
            by_id = {v.id for v in found if v.id == title}
            by_place = {v.id for v in found if self._lies_in(beside, v)}
            ids = by_id & by_place or by_id | by_place
            found = [v for v in found if v.id in ids]
        return found[0].id if len(found) == 1 else TrackId("")

    def _title_in(self, name: str) -> str:
        """Find the longest title that a file name begins with; empty without one."""
        for n in range(len(name), 0, -1):
            ends = n == len(name) or _tail().match(name, n) is not None
            if ends and name[:n] in self._titled:
                return name[:n]
        return ""

    def _place(self, item: Track) -> str:
        file = media_path(Path(item.video.path)).file
        return os.path.normpath((self._root or Path()) / file)

    def _lies_in(self, folder: str, item: Track) -> bool:
        if self._root is None or not item.video.path:
            return False
        return folder == os.path.dirname(self._place(item))


# -- videos that are not in the project ---------------------------------------------


class VideoSearch:
    """Search for video files that label files mean: beside them, and in folders.

    Folders are listed once.

    Parameters
    ----------
    places : iterable of Path
        Folders that are looked through with all that is in them.
    """

    def __init__(self, places: Iterable[Path] = ()) -> None:
        self._places = tuple(places)
        self._listed: dict[Path, list[Path]] = {}

    def find(self, media: str, path: Path) -> tuple[Path, ...]:
        """Find the video files of a label file; several where that is unclear.

        Parameters
        ----------
        media : str
            What the file calls the video; empty where it does not say.
        path : Path
            The label file.
        """
        own = {path.stem.removesuffix(".segments"), path.name}
        said = {file_name_in(media)} if media else own
        names = {name.casefold() for name in said}
        for found in (self._beside(path), *map(self._below, self._places)):
            same = [p for p in found if names & {p.name.casefold(), p.stem.casefold()}]
            if same:
                return tuple(same)
        return ()

    def _beside(self, path: Path) -> list[Path]:
        folder = path.parent
        if folder not in self._listed:
            self._listed[folder] = _videos_in(folder)
        return self._listed[folder]

    def _below(self, folder: Path) -> list[Path]:
        key = folder / "**"
        if key not in self._listed:
            self._listed[key] = sorted(filter(_is_video, _walk(folder)))
        return self._listed[key]


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _videos_in(folder: Path) -> list[Path]:
    """List the video files of a folder by name; none where it cannot be read."""
    try:
        return sorted(p for p in folder.iterdir() if _is_video(p))
    except OSError:
        return []


def _walk(folder: Path) -> Iterator[Path]:
    left = MOST_SEARCHED
    for at, _, names in os.walk(folder):
        for name in names[:left]:
            yield Path(at, name)
        left -= len(names)
        if left <= 0:
            return
