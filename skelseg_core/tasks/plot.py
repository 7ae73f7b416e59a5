"""Plot labels: an ethogram of lanes and videos, or a diagram of their transitions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.choices import takes
from skelseg_core.errors import ConfigError, FormatError, ProjectError, VideoError
from skelseg_core.files import atomic_write, behind_links, matching_names
from skelseg_core.formats.dataset import counted
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.predicted_lanes import exported_lane
from skelseg_core.project.project import ANNOTATION, Project, VideoItem
from skelseg_core.tasks.burned_lanes import lane_title
from skelseg_core.tasks.ethogram import EthogramRow, ethogram, ethogram_height_in
from skelseg_core.tasks.label_figure import MAX_HEIGHT_IN, SUFFIXES, is_sealed, sealed
from skelseg_core.tasks.picture_choices import PlotChoices
from skelseg_core.tasks.transition_diagram import transition_diagram
from skelseg_core.video.lettering import missing_letters, missing_text
from skelseg_core.video.times import FrameTimes

MAX_BYTES = 1 << 28
"""Largest picture that is looked into, whether it is one of ours."""


@takes(PlotChoices)
def plot(root: str, out: str, choices: PlotChoices) -> Task[dict[str, Any]]:
    """Draw labels of a project into a picture.

    Parameters
    ----------
    root : str
        Folder of the project.
    out : str
        File to write; its suffix says the kind: ``.svg``, ``.pdf`` or ``.png``.
    choices : PlotChoices

    Returns
    -------
    dict
        ``said``, ``file``, ``n_videos``, ``n_rows``, and ``notes``: sentences on what
        was left out, or is not exact.

    Raises
    ------
    ProjectError, ConfigError
        Where no video has one of the lanes, the kind of picture is unknown, or there
        are too many rows.
    """
    path = Path(out)
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            "{} does not end with {}; its ending says which picture is written.",
            path,
            ", ".join(SUFFIXES),
        )
    _check_own(path)
    folder = ProjectFolder(Path(root))
    wanted = matching_names(choices.videos, folder.video_ids())
    project = folder.load_only(wanted) if wanted else folder.load()
    items = [project.video(v) for v in wanted] or list(project.videos)
    lanes = list(dict.fromkeys(choices.lanes or [ANNOTATION]))
    rows, notes = yield from _rows(folder, project, items, lanes)
    label_map = project.label_map
    yield Progress("drawing")
    if choices.transitions:
        counts = [_counted(name, rows, label_map) for name in _titles(rows)]
        data = transition_diagram(counts, label_map, path.suffix)
    else:
        _check_height(rows, label_map)
        data = ethogram(rows, label_map, path.suffix)
    texts = [*label_map.names, *(t for r in rows for t in (r.video, r.lane))]
    if path.suffix.lower() != ".svg":
        notes += missing_text(missing_letters(texts))
    atomic_write(path, sealed(data, path.suffix))
    n_videos, n_rows = len({row.video for row in rows}), len(rows)
    said = f"{counted(n_rows, 'row')} of {counted(n_videos, 'video')}"
    return {
        "said": f"Drew {said} into {out}.",
        "file": out,
        "n_videos": n_videos,
        "n_rows": n_rows,
        "notes": notes,
    }


def _check_own(path: Path) -> None:
    """Refuse to replace a file that was not drawn here, or was changed since."""
    target = behind_links(path)
    if not target.exists():
        return
    small = target.is_file() and target.stat().st_size <= MAX_BYTES
    if not small or not is_sealed(target.read_bytes(), path.suffix):
        raise ProjectError(
            "{} is there and is no picture that skelseg drew, or was changed since; "
            "choose another name, or move it away.",
            path,
        )


def _rows(
    folder: ProjectFolder,
    project: Project,
    items: Sequence[VideoItem],
    lanes: Sequence[str],
) -> Task[tuple[list[EthogramRow], list[str]]]:
    rows, guessed = [], []
    there = {lane: 0 for lane in lanes}
    for n, item in enumerate(items):
        yield Progress("reading times", n, len(items))
        shown = [x for x in lanes if x in item.lanes and x not in item.missing]
        if not shown:
            continue
        times, exact = _times(folder, project, item)
        guessed += [] if exact else [item.id]
        for lane in shown:
            there[lane] += 1
            title = lane_title(lane)
            found = _lane(folder, project, item, lane)
            rows.append(EthogramRow(item.id, title, found, times))
    gone = [lane for lane, n in there.items() if not n]
    if gone:
        known = dict.fromkeys(name for i in items for name in i.lanes)
        raise ProjectError(
            "No video has a lane '{}' to draw, only {}.",
            gone[0],
            ", ".join(known) or "none",
        )
    notes = []
    if guessed:
        names = ", ".join(guessed)
        notes.append(f"By the mean rate, because the video cannot be read: {names}.")
    return rows, notes


def _lane(
    folder: ProjectFolder, project: Project, item: VideoItem, lane: str
) -> Segmentation:
    """Return a lane; of a prediction, what a person had fixed is the person's."""
    try:
        return exported_lane(folder, project, item, lane)[0]
    except (ProjectError, FormatError):
        return item.lanes[lane]


def _times(
    folder: ProjectFolder, project: Project, item: VideoItem
) -> tuple[FrameTimes, bool]:
    try:
        with open_recording(folder, item, project.media_roots) as reader:
            return reader.times, True
    except VideoError:
        return item.even_times, False


def _check_height(rows: Sequence[EthogramRow], label_map: LabelMap) -> None:
    if ethogram_height_in(rows, label_map) > MAX_HEIGHT_IN:
        raise ConfigError(
            "A picture with {:,} rows would be too high; choose fewer videos "
            "(--video) or lanes.",
            len(rows),
        )


def _titles(rows: Sequence[EthogramRow]) -> list[str]:
    return list(dict.fromkeys(row.lane for row in rows))


def _counted(
    title: str, rows: Sequence[EthogramRow], label_map: LabelMap
) -> tuple[str, np.ndarray, np.ndarray]:
    """Count the changes in all videos of a lane, and the time of each class."""
    n = len(label_map)
    changes, seconds = np.zeros((n, n)), np.zeros(n)
    for row in rows:
        if row.lane != title:
            continue
        lane = row.segmentation
        indices = label_map.to_indices(lane.class_ids)
        starts = np.append(lane.starts, lane.n_frames)
        long_s = np.diff(row.times.edges_s(starts))
        known = indices >= 0
        np.add.at(seconds, indices[known], long_s[known])
        a, b = indices[:-1], indices[1:]
        # What follows an unlabelled stretch follows nothing.
        both = (a >= 0) & (b >= 0) & (a != b)
        np.add.at(changes, (a[both], b[both]), 1)
    return title, changes, seconds
