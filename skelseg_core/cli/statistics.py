"""The command ``skelseg stats``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from skelseg_core.cli.completion import complete_lanes
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    json_option,
    only_option,
    opened,
    print_json,
    run_task,
    video_ids,
)


@click.command("stats")
@click.argument("folder", type=PATH)
@click.option(
    "--by",
    type=click.Choice(["video", "subject", "class"]),
    default="video",
    show_default=True,
    help="What has rows of its own.",
)
@click.option(
    "--lane",
    default="annotation",
    show_default=True,
    shell_complete=complete_lanes,
    help="Or prediction:MODEL, annotator:NAME.",
)
@only_option
@click.option(
    "--bin", "bin_s", type=float, help="Count each SECONDS apart.", metavar="SECONDS"
)
@click.option(
    "--transitions", is_flag=True, help="Count which class follows which instead."
)
@click.option("--out", type=PATH, help="CSV file to write; printed where not given.")
@json_option
def stats_command(folder: Path, out: Path | None, **given: Any) -> None:
    """Count how often and how long each class was done in FOLDER.

    One row per video and class, also where it does not occur: segments, frames, total
    time, share of the whole time, mean, median, shortest and longest segment, segments
    per minute, and the time until the first one. Times are in seconds, by the
    timestamps of each video.
    """
    from skelseg_core.files import atomic_write
    from skelseg_core.learning.folds import named_subjects
    from skelseg_core.tasks.statistics import StatisticsChoices, project_statistics

    if out is not None:
        _check_free(out)
    if given["transitions"] and given["bin_s"] is not None:
        raise Mistake("--transitions and --bin exclude one another; choose one.")
    ids = video_ids(folder, given.pop("videos"))
    project_folder, project = opened(folder)
    as_json = given.pop("as_json")
    choices = StatisticsChoices(videos=ids, **given)
    subjects = named_subjects(project_folder)
    table, notes = run_task(
        project_statistics(project_folder, project, choices, subjects)
    )
    for note in notes:
        click.echo(note, err=True)
    if out is not None:
        atomic_write(out, table.csv())
        click.echo(f"Wrote {len(table.rows):,} rows to {out}.", err=as_json)
    if as_json:
        print_json(table.records())
    elif out is None:
        click.echo(table.csv(), nl=False)


def _check_free(out: Path) -> None:
    """Refuse to write over a file that is no table of statistics."""
    from skelseg_core.labels.statistics_table import STATISTICS, TRANSITIONS

    if not out.exists():
        return
    try:
        with out.open(encoding="utf-8") as stream:
            head = tuple(stream.readline(500).strip().split(","))
    except (OSError, UnicodeDecodeError):
        head = ()
    if not any(head[-len(c) :] == c for c in (STATISTICS, TRANSITIONS)):
        raise Mistake(
            f"{out} is there and no table of statistics; choose another name."
        )
