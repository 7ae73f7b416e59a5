"""Media paths: a video file, one stream of it, or images at a rate.

``clip.mkv#2`` is the second video stream of a file, ``frames#25fps`` a folder of images
and ``frames/img_%05d.png#29.97fps`` numbered images shown at a rate. The part after
``#`` always stays in the path, so that everything that opens the video gets the same
pictures and times.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import VideoError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.video.image_files import (
    as_runs,
    holds_images,
    is_images,
    natural_key,
    pattern_of,
)

RATE = 25.0
"""Images per second if the path names no rate."""
LOWEST_RATE, HIGHEST_RATE = 0.001, 1000.0
_ADDRESS = re.compile("[A-Za-z][A-Za-z0-9+.-]+:/")
_STREAM = re.compile("(.+)#([1-9][0-9]?)")
_RATE = re.compile("(.+)#([0-9]{1,6}(?:[.][0-9]{1,6})?)fps")


@dataclass(frozen=True)
class MediaPath:
    """File, folder or pattern of a recording, with its stream or rate after ``#``."""

    file: Path
    stream: int | None = None
    rate: float | None = None

    @property
    def tail(self) -> str:
        """The part of the path from ``#`` on."""
        if self.stream is not None:
            return f"#{self.stream}"
        return "" if self.rate is None else f"#{self.rate:.10g}fps"

    @property
    def path(self) -> Path:
        """The whole path, ``#`` included."""
        return (
            self.file.with_name(self.file.name + self.tail) if self.tail else self.file
        )


def media_path(path: Path) -> MediaPath:
    """Split a path; a file whose own name contains ``#`` stays whole."""
    name = path.name
    if "#" not in name or os.path.exists(path):
        return MediaPath(path)
    stream, rate = _STREAM.fullmatch(name), _RATE.fullmatch(name)
    if stream is not None:
        return MediaPath(path.with_name(stream[1]), stream=int(stream[2]))
    if rate is not None:
        return MediaPath(path.with_name(rate[1]), rate=float(rate[2]))
    return MediaPath(path)


def media_exists(path: Path) -> bool:
    """Tell whether there is something to open."""
    file = media_path(path).file
    return os.path.exists(file) or holds_images(file)


def media_state(path: Path) -> tuple[int, int] | None:
    """Return size and modification time of the file or folder, None if gone."""
    file = media_path(path).file
    try:
        state = (file if os.path.exists(file) else file.parent).stat()
    except (OSError, ValueError):
        return None
    if not os.path.exists(file) and not is_images(file):
        return None
    return state.st_size, state.st_mtime_ns


def in_folders(paths: Iterable[Path]) -> list[Path]:
    """Replace each folder of videos by its videos, in natural order; other paths stay.

    A folder of images is one recording.

    Raises
    ------
    VideoError
        If a folder holds both, which is ambiguous.
    """
    found: list[Path] = []
    for path in paths:
        inside = path.iterdir() if path.is_dir() else ()
        videos = [p for p in inside if p.suffix.lower() in VIDEO_SUFFIXES]
        videos.sort(key=lambda video: natural_key(video.name))
        if videos and holds_images(path):
            raise VideoError(
                "{} has images and videos, such as {}; name the videos, or put the "
                "images into their own folder.",
                path,
                videos[0].name,
            )
        found += videos or [path]
    return found


def to_be_added(paths: Iterable[Path], rate: float | None = None) -> list[Path]:
    """Convert paths to the form stored in a project.

    Images of one run become one recording, and images get a rate: ``rate`` if given,
    else the path's, else `RATE`.

    Raises
    ------
    VideoError
        If the rate is impossible or given for a video file, which has its own times, or
        if a path is an address.
    """
    return [_with_rate(path, rate) for path in as_runs(paths)]


def _with_rate(path: Path, rate: float | None) -> Path:
    if _ADDRESS.match(path.as_posix()) and not os.path.exists(path):
        raise VideoError(
            "{} is an address; mount its folder on this computer and add it there.",
            path.as_posix().replace(":/", "://", 1),
        )
    media = media_path(path)
    if not holds_images(media.file):
        if rate is not None and media_exists(path):
            raise VideoError(
                "{} is not a sequence of images, its frames have their own times; "
                "leave out --rate.",
                media.file,
            )
        return path
    wanted = next(r for r in (rate, media.rate, RATE) if r is not None)
    if not LOWEST_RATE <= wanted <= HIGHEST_RATE:
        raise VideoError(
            "{} cannot have {:g} images per second; give a rate from {:g} to {:g}.",
            media.file,
            wanted,
            LOWEST_RATE,
            HIGHEST_RATE,
        )
    file = media.file
    if os.path.isfile(file):
        file = pattern_of(file) or file
    return MediaPath(file, rate=wanted).path


def media_title(path: Path) -> str:
    """Name a recording by its file, or by the folder of its images."""
    media = media_path(path)
    if media.stream is not None:
        return f"{media.file.stem}-stream{media.stream}"
    if os.path.isdir(media.file):
        return media.file.name or "images"
    if not is_images(media.file):
        return media.file.stem
    head = media.file.name.partition("%")[0].strip("-_. ")
    return f"{media.file.absolute().parent.name}-{head}".strip("-")
