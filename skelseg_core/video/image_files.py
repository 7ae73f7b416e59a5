"""Images as one recording: which files belong to it, and in which order.

A recording may be a folder of images, a file name pattern (``frames/img_%05d.png``), or
one image of a numbered run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.errors import MissingVideo, VideoError

SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("png", "jpg", "jpeg", "bmp", "tif", "tiff"),
        *("webp", "jp2", "avif", "ppm", "pgm", "pbm"),
    )
)
_NUMBER = re.compile("([0-9]+)")
_LAST = re.compile("(.*?)([0-9]+)([^0-9]*)", re.DOTALL)
_PLACE = re.compile("%(0[1-9][0-9]?)?d")


@dataclass(frozen=True)
class ImageFile:
    """An image of a recording: its path and size in bytes."""

    path: Path
    size: int


def is_images(path: Path) -> bool:
    """Tell whether a path means images: a folder, a pattern, or one of a run."""
    if os.path.isdir(path):
        return True
    if not os.path.exists(path):
        return _is_pattern(path.name)
    return pattern_of(path) is not None


def holds_images(path: Path) -> bool:
    """Tell whether at least one of the images of a path exists."""
    try:
        if not os.path.isdir(path):
            return is_images(path) and bool(find_images(path))
        with os.scandir(path) as entries:
            return any(_is_image(entry.name) for entry in entries)
    except (VideoError, OSError):
        return False


def find_images(path: Path) -> list[ImageFile]:
    """Find the images of a folder, a pattern or a run, in natural order of names.

    Raises
    ------
    VideoError
        If there are none, or the names in a folder follow more than one scheme.
    """
    if os.path.isdir(path):
        found = _listed(path, _is_image)
        if not found:
            raise VideoError(
                "{} is a folder; choose a video file or a folder of images.", path
            )
        _check_alike(path, [f.path.name for f in found])
        return found
    pattern = path if _is_pattern(path.name) else pattern_of(path)
    found = _matching(pattern) if pattern is not None else []
    if not found:
        raise VideoError(
            "{} matches no image; check the folder and the number of digits.", path
        )
    return found


def pattern_of(image: Path) -> Path | None:
    """Find the pattern of an image and its numbered siblings; None if it has none."""
    parts = _split(image)
    if parts is None or not image.is_file():
        return None
    head, number, tail = parts
    plain = image.with_name(f"{head}%d{tail}")
    widths = {len(f.path.name) - len(head) - len(tail) for f in _matching(plain)}
    if len(number) > 1 and (len(widths) == 1 or number.startswith("0")):
        plain = image.with_name(f"{head}%0{len(number)}d{tail}")
    return plain if len(_matching(plain)) > 1 else None


def as_runs(paths: Iterable[Path]) -> list[Path]:
    """Replace images of one run by their pattern, once; other paths stay."""
    made: dict[object, Path] = {}
    for path in paths:
        parts = _split(path)
        key = (path.parent, parts[0], parts[2]) if parts is not None else path
        if key not in made:
            made[key] = (pattern_of(path) or path) if parts is not None else path
    return list(made.values())


def missing(names: Sequence[str]) -> tuple[int, str, int] | None:
    """Find gaps in the numbering: how many, the first missing name, the frame before.

    Only if all names differ just in their last number, and the numbers otherwise rise
    in equal steps.
    """
    split = [_split(Path(name)) for name in names]
    parts = [p for p in split if p is not None]
    if len(parts) < max(3, len(names)) or len({(p[0], p[2]) for p in parts}) > 1:
        return None
    numbers = [int(p[1]) for p in parts]
    steps = np.diff(np.array(numbers, object))
    step = min(steps)
    if step < 1 or any(s % step for s in steps):
        return None
    gaps = [n for n, s in enumerate(steps) if s > step]
    if not gaps or 2 * len(gaps) > len(steps):
        return None
    lost = sum(int(steps[n] // step) - 1 for n in gaps)
    head, number, tail = parts[gaps[0]]
    name = f"{head}{str(int(number) + step).zfill(len(number))}{tail}"
    return lost, name, gaps[0]


def _is_image(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _is_pattern(name: str) -> bool:
    return len(_PLACE.findall(name)) == 1 and Path(name).suffix.lower() in SUFFIXES


def _split(path: Path) -> tuple[str, str, str] | None:
    """Split an image's name at its last number: prefix, number, suffix."""
    if path.suffix.lower() not in SUFFIXES:
        return None
    found = _LAST.fullmatch(path.stem)
    return (found[1], found[2], found[3] + path.suffix) if found else None


def _matching(pattern: Path) -> list[ImageFile]:
    place = _PLACE.search(pattern.name)
    assert place is not None
    head, tail = pattern.name[: place.start()], pattern.name[place.end() :]
    digits = f"{{{int(place[1])},}}" if place[1] else "+"
    fits = re.compile(f"{re.escape(head)}[0-9]{digits}{re.escape(tail)}")
    return _listed(pattern.parent, lambda name: fits.fullmatch(name) is not None)


def _listed(folder: Path, fits: Callable[[str], bool]) -> list[ImageFile]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if fits(entry.name) and entry.is_file():
                    found.append(ImageFile(folder / entry.name, entry.stat().st_size))
    except OSError as error:
        raise MissingVideo(
            "{} is missing or cannot be reached; put it back, or connect its drive.",
            folder,
        ) from error
    return sorted(found, key=lambda f: natural_key(f.path.name))


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Make a key that sorts names by the numbers in them: img_2 before img_10."""
    parts = _NUMBER.split(name)
    return [int(p) if n % 2 else p for n, p in enumerate(parts)], name


def _check_alike(folder: Path, names: Sequence[str]) -> None:
    """Refuse a folder that mixes a numbered run with anything else."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(_NUMBER.sub("#", name), []).append(name)
    runs = [k for k, members in kinds.items() if len(members) > 1 and "#" in k]
    if runs and len(kinds) > 1:
        first, second = (members[0] for members in list(kinds.values())[:2])
        raise VideoError(
            "{} has images of more than one kind ({}, {}); choose one image of a "
            "numbered run, or its pattern, such as img_%04d.png.",
            folder,
            first,
            second,
        )
