"""Statistics of a lane of a project: how often and how long each class was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skelseg_core.errors import ProjectError, VideoError
from skelseg_core.formats.dataset import listed
from skelseg_core.labels.statistics import StatisticsPart
from skelseg_core.labels.statistics_table import (
    GroupBy,
    StatisticsTable,
    statistics_table,
    transition_table,
)
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import ANNOTATION, Project, VideoItem
from skelseg_core.video.times import FrameTimes


@dataclass(frozen=True)
class StatisticsChoices:
    """Choices of what is counted.

    Parameters
    ----------
    lane : str
        ``"annotation"``, ``"prediction:<model>"`` or ``"annotator:<name>"``.
    videos : sequence of str
        Only these; all by default.
    by : {"video", "subject", "class"}
    bin_s : float, optional
        Length of time bins in seconds.
    transitions : bool
        Whether changes from class to class are counted instead.
    """

    lane: str = ANNOTATION
    videos: Sequence[str] = ()
    by: GroupBy = "video"
    bin_s: float | None = None
    transitions: bool = False


def project_statistics(
    folder: ProjectFolder,
    project: Project,
    choices: StatisticsChoices,
    subjects: Mapping[str, str],
) -> Task[tuple[StatisticsTable, tuple[str, ...]]]:
    """Make a table of statistics, and sentences on what a reader of it has to know.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    choices : StatisticsChoices
    subjects : mapping of str to str
        Who is seen in a video, by its id; others have no subject.

    Raises
    ------
    ProjectError
        Where no video has the lane.
    ConfigError
        Where bins are too many, or a subject that is asked for has no name.
    """
    notes = []
    items = [project.video(v) for v in choices.videos] or list(project.videos)
    there = [i for i in items if choices.lane in i.lanes if not _gone(i, choices.lane)]
    if not there:
        known = dict.fromkeys(name for i in items for name in i.lanes)
        raise ProjectError(
            "No video has a lane '{}' to count, only {}.",
            choices.lane,
            listed(list(known)) or "none",
        )
    lacking = [i.id for i in items if i not in there]
    if lacking:
        names = ", ".join(lacking)
        notes.append(f"Left out, without the lane {choices.lane}: {names}.")
    parts, guessed = [], []
    for n, item in enumerate(there):
        yield Progress("reading times", n, len(there))
        times, exact = _times(folder, project, item)
        guessed += [] if exact else [item.id]
        lane = item.lanes[choices.lane]
        parts.append(StatisticsPart(item.id, lane, times, subjects.get(item.id, "")))
    if guessed:
        names = ", ".join(guessed)
        notes.append(f"By the mean rate, because the video cannot be read: {names}.")
    names_ = project.label_map
    if choices.transitions:
        return transition_table(parts, names_, choices.by), tuple(notes)
    table = yield from statistics_table(parts, names_, choices.by, choices.bin_s)
    return table, tuple(notes)


def _gone(item: VideoItem, lane: str) -> bool:
    return lane in item.missing


def _times(
    folder: ProjectFolder, project: Project, item: VideoItem
) -> tuple[FrameTimes, bool]:
    """Return the times of a video's frames, and whether they are its own."""
    try:
        with open_recording(folder, item, project.media_roots) as reader:
            return reader.times, True
    except VideoError:
        return item.even_times, False
