"""Kinds of the files that were dropped, by the formats of all programs.

The window imports it when the first files are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.labels.any_table import TABLE_SUFFIXES
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_files import CLASS_SUFFIXES, is_class_list
from skelseg_core.project.imports.label_files import label_format
from skelseg_core.project.imports.pose_files import detect_format
from skelseg_core.tasks.importing import dataset_layout
from skelseg_core.video.image_files import SUFFIXES, holds_images


@dataclass(frozen=True)
class Dropped:
    """Dropped paths, sorted by kind."""

    projects: tuple[Path, ...] = ()
    videos: tuple[Path, ...] = ()
    labels: tuple[Path, ...] = ()
    poses: tuple[Path, ...] = ()
    classes: tuple[Path, ...] = ()
    datasets: tuple[Path, ...] = ()
    unknown: tuple[Path, ...] = ()


def look_at(paths: Sequence[Path]) -> Task[Dropped]:
    """Sort files and folders by kind; folders are searched one level deep."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        yield Progress("reading what was dropped")
        for kind, file in _kinds(path):
            found.setdefault(kind, []).append(file)
    return Dropped(**{kind: tuple(files) for kind, files in found.items()})


def _kinds(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        whole = _folder_kind(path)
        if whole:
            yield whole, path
            return
        kinds = [(_file_kind(p), p) for p in _files(path) if p.is_file()]
        known = [(kind, p) for kind, p in kinds if kind not in ("unknown", "projects")]
        yield from known or [("unknown", path)]
    elif path.name == "project.json":
        yield "projects", path.parent
    else:
        kind = _file_kind(path)
        # A person is asked for the columns of a table.
        table = kind == "unknown" and path.suffix.lower() in TABLE_SUFFIXES
        yield ("labels" if table else kind), path


def _folder_kind(path: Path) -> str:
    if (path / "project.json").is_file():
        return "projects"
    if holds_images(path):
        return "videos"
    # Before the kinds of its parts: the mapping.txt of a data set is a list of classes,
    # too.
    if dataset_layout(path):
        return "datasets"
    folder = CandidateFile(path)
    return "poses" if any(form.fits(folder) for form in POSE_FORMATS) else ""


def _files(folder: Path) -> list[Path]:
    names = CandidateFile(folder).names
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _file_kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES or suffix in SUFFIXES:
        return "videos"
    try:
        if suffix in CLASS_SUFFIXES and is_class_list(path):
            return "classes"
        if suffix in LABEL_FORMATS.suffixes and label_format(path):
            return "labels"
        if suffix in POSE_FORMATS.suffixes:
            detect_format(path)
            return "poses"
    except SkelsegError:
        return "unknown"
    return "unknown"
