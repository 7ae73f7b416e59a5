"""The command ``skelseg stats``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    json_option,
    opened,
    print_json,
    run_task,
    track_ids,
)
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.tasks.statistics import StatisticsChoices


@click.command("stats", ChoicesCommand, choices="tasks.statistics.StatisticsChoices")
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="CSV file to write; printed by default.")
@json_option
def stats_command(
    folder: Path, out: Path | None, choices: StatisticsChoices, as_json: bool
) -> None:
    """Count how often and how long each class was done in FOLDER.

    One row per video and class, also where it does not occur: segments, frames, total
    time, share of the whole time, mean, median, shortest and longest segment, segments
    per minute, and the time until the first one. Times are in seconds, by the
    timestamps of each video.
    """
    from skelseg_core.files import atomic_write
    from skelseg_core.tasks.statistics import project_statistics

    if out is not None:
        _check_free(out)
    ids = track_ids(folder, choices.videos, lambda p: p.in_tier(choices.tier))
    choices = replace(choices, videos=ids)
    project_folder, project = opened(folder)
    table, notes = run_task(project_statistics(project_folder, project, choices))
    for note in notes:
        click.echo(note, err=True)
    if out is not None:
        atomic_write(out, table.csv())
        click.echo(f"Wrote {counted(len(table.rows), 'row')} to {out}.", err=as_json)
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
            f"{out} exists and is not a table of statistics; choose another name."
        )
