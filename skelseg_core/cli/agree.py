"""The command ``skelseg agree``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, only_option, opened, run_task, track_ids
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import counted


@click.command("agree")
@click.argument("folder", type=PATH)
@click.argument("more", metavar="[LANE]...", nargs=-1)
@click.option(
    "--lanes",
    multiple=True,
    metavar="LANE...",
    help="annotation, or names of annotators; all by default.",
)
@only_option
@click.option("--tier", default="", help="Name of a tier; by default the first.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV, one figure per row.")
@click.option(
    "--decisions",
    "form",
    flag_value="decisions",
    help="Print a table of the settled places: block, choice, who, when.",
)
@click.option(
    "--disagreements",
    "form",
    flag_value="disagreements",
    help="Print a table of all places where two people disagree, settled or not.",
)
def agree_command(
    folder: Path,
    more: tuple[str, ...],
    lanes: tuple[str, ...],
    videos: tuple[str, ...],
    tier: str,
    form: str | None,
) -> None:
    """Measure how far the people who labelled FOLDER agree.

    One table of all of them together, or of those that LANE names: kappa (Cohen's of
    two, Fleiss' of more), Krippendorff's alpha, F1 and the deviation of boundaries.
    Each has its interval by video, and a sentence that says what it means and when it
    misleads.

    Pre-labels that nobody reviewed are left out. Lanes of models are refused:
    'skelseg evaluate' scores them. An import with --annotator puts a person's labels
    beside the annotation.
    """
    from skelseg_core.labels.agreement import text_and_tables
    from skelseg_core.labels.decisions import decisions_csv
    from skelseg_core.tasks.agreement import (
        compare_annotators,
        find_disagreements,
        shown_lane,
    )

    ids = track_ids(folder, videos, lambda p: p.in_tier(tier))
    _, project = opened(folder)
    project = project.segments_in(tier)
    if form == "decisions":
        made = {project.titled(v.id): v.decisions for v in project.tracks}
        click.echo(decisions_csv(made), nl=False)
        return
    if form == "disagreements":
        places = run_task(find_disagreements(project, (*lanes, *more), ids))
        named = {project.titled(track): found for track, found in places.items()}
        click.echo(decisions_csv(named), nl=False)
        return
    found = run_task(compare_annotators(project, (*lanes, *more), ids))
    names = [shown_lane(lane) for lane in found.agreement.lanes]
    if form == "json":
        told = {
            **text_and_tables.as_json(found.agreement, names),
            "videos": [project.said_of(TrackId(v)) for v in found.agreement.videos],
            "notes": list(found.notes),
        }
        click.echo(json.dumps(told, indent=2))
    elif form == "csv":
        click.echo(text_and_tables.as_csv(found.agreement), nl=False)
    else:
        for line in (*text_and_tables.as_text(found.agreement, names), *found.notes):
            click.echo(line)


@click.command("copy")
@click.argument("folder", type=PATH)
@click.argument("out", type=PATH)
@click.option("--annotator", default="", help="Name of the person who labels the copy.")
def copy_command(folder: Path, out: Path, annotator: str) -> None:
    """Copy FOLDER to OUT for another annotator: its videos, and no labels.

    Classes and poses are copied; labels, predictions, models and notes are
    not. Videos stay where they are. 'skelseg import-annotator OUT --project FOLDER'
    brings the labels back, as the lane of that person.
    """
    from skelseg_core.project.copies.annotator_copy import copy_for_annotator

    project_folder, project = opened(folder)
    run_task(copy_for_annotator(project_folder, project, out, annotator))
    n = counted(len(project.video_ids), "video")
    click.echo(f"Copied {n} without labels to {out}")
