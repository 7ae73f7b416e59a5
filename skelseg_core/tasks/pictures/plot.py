"""Plot labels: an ethogram of lanes and videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skelseg_core.choices import takes
from skelseg_core.errors import ConfigError
from skelseg_core.files import atomic_write, new_file
from skelseg_core.predictions.lanes import exported_lane, with_predicted
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.said import Said, counted
from skelseg_core.tasks.pictures.burned_lanes import lane_title
from skelseg_core.tasks.pictures.ethogram import EthogramRow, ethogram
from skelseg_core.tasks.pictures.label_figure import SUFFIXES
from skelseg_core.tasks.pictures.picture_choices import PlotChoices
from skelseg_core.tasks.pictures.replaceable_file import check_own, seal
from skelseg_core.tasks.timed_lanes import timed_lanes
from skelseg_core.video.lettering import missing_letters, missing_text


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
            "{} does not end with {}; its ending sets the kind of picture.",
            path,
            ", ".join(SUFFIXES),
        )
    yield from check_own(path, "picture that skelseg drew")
    folder = ProjectFolder(Path(root))
    wanted = folder.outline().matching(choices.videos)
    project = folder.load_only(wanted) if wanted else folder.load()
    project = project.segments_in(choices.tier)
    chosen = list(dict.fromkeys(choices.lanes or [ANNOTATION]))
    project = with_predicted(folder, project, chosen)
    items = project.chosen([i for i in wanted if project.has(i)] or wanted)
    found, notes = yield from timed_lanes(folder, project, items, chosen)
    rows = [
        EthogramRow(
            project.titled(each.item.id),
            lane_title(each.lane),
            # Of a prediction, what a person had fixed is the person's.
            exported_lane(folder, project, each.item, each.lane)[0],
            each.times,
        )
        for each in found
    ]
    label_map = project.classes
    yield Progress("drawing")
    data = ethogram(rows, label_map, path.suffix)
    texts = [*label_map.names, *(t for r in rows for t in (r.video, r.lane))]
    if path.suffix.lower() != ".svg":
        notes += missing_text(missing_letters(texts))
    with new_file(path) as new:
        atomic_write(new, data)
        yield from seal(new, path.suffix)
    n_videos, n_rows = len({each.item.video_id for each in found}), len(rows)
    said = Said("{} of {}", counted(n_rows, "row"), counted(n_videos, "video"))
    return {
        "said": Said("Drew {} into {}.", said, out),
        "file": out,
        "n_videos": n_videos,
        "n_rows": n_rows,
        "notes": notes,
    }
