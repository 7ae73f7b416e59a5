"""Statistics of a lane of a project: how often and how long each class was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.choices import choice, lane, tier, videos
from skelseg_core.files import atomic_write
from skelseg_core.labels.people import people_text
from skelseg_core.labels.statistics import StatisticsPart
from skelseg_core.labels.statistics_table import (
    GroupBy,
    StatisticsTable,
    statistics_table,
    transition_table,
)
from skelseg_core.predictions.lanes import with_predicted
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import shown_to_annotator
from skelseg_core.said import Said
from skelseg_core.tasks.timed_lanes import timed_lanes


@dataclass(frozen=True)
class StatisticsChoices:
    """Choices of what is counted."""

    transitions: bool = choice(
        False,
        "Count instead which class follows which.",
        title="Count",
        words=(
            "How often and how long each class was done",
            "Which class follows which",
        ),
    )
    by: GroupBy = choice(
        "video",
        "What each row is about.",
        title="Rows for",
        words=("Each video", "Each subject", "All together"),
    )
    videos: Sequence[str] = videos()
    tier: str = tier()
    lane: str = lane()
    bin_s: float | None = choice(
        None,
        "Count each span of SECONDS separately.",
        "--bin",
        metavar="SECONDS",
        without="transitions",
        title="Separate rows every (s)",
    )


def project_statistics(
    folder: ProjectFolder,
    project: Project,
    choices: StatisticsChoices,
    as_seen: bool = False,
) -> Task[tuple[StatisticsTable, tuple[str, ...]]]:
    """Make a table of statistics, and sentences on what a reader of it has to know.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    choices : StatisticsChoices
    as_seen : bool
        Leave out what a blind project hides from its annotators.

    Raises
    ------
    ProjectError
        Where no video has the lane.
    ConfigError
        Where bins are too many, or a subject that is asked for has no name.
    """
    project = project.segments_in(choices.tier)
    project = with_predicted(folder, project, [choices.lane], choices.videos)
    if as_seen and project.blind:
        seen = (shown_to_annotator(project, item) for item in project.tracks)
        project = project.with_tracks(*seen)
    notes: list[str] = []
    items = project.chosen(choices.videos)
    found, guessed = yield from timed_lanes(folder, project, items, [choices.lane])
    there = [each.item for each in found]
    lacking = [project.titled(i.id) for i in items if i not in there]
    if lacking:
        names = ", ".join(lacking)
        notes.append(Said("Left out, without the lane {}: {}.", choices.lane, names))
    notes += guessed
    parts = [
        StatisticsPart(
            each.item.video_id,
            each.item.lanes[choices.lane],
            each.times,
            each.item.person or people_text(each.item.video.people),
        )
        for each in found
    ]
    names_ = project.classes
    if choices.transitions:
        return transition_table(parts, names_, choices.by), tuple(notes)
    table = yield from statistics_table(parts, names_, choices.by, choices.bin_s)
    return table, tuple(notes)


def save_statistics(
    folder: ProjectFolder, project: Project, choices: StatisticsChoices, out: Path
) -> Task[tuple[int, tuple[str, ...]]]:
    """Write statistics as a CSV file; return the number of rows, and notes.

    What a blind project hides from its annotators is left out.
    """
    table, notes = yield from project_statistics(folder, project, choices, as_seen=True)
    atomic_write(out, table.csv())
    return len(table.rows), notes
