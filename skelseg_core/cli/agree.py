"""The command ``skelseg agree``."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, only_option, opened, run_task, video_ids


@click.command("agree")
@click.argument("folder", type=PATH)
@click.argument("more", metavar="[LANE]...", nargs=-1)
@click.option(
    "--lanes",
    multiple=True,
    metavar="LANE...",
    help="annotation, and names of annotators; all by default.",
)
@only_option
@click.option(
    "--collar",
    default=5,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="Frames on each side of a boundary that some figures leave out.",
)
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option(
    "--csv", "form", flag_value="csv", help="Print a table, one figure a row."
)
@click.option(
    "--decisions",
    "form",
    flag_value="decisions",
    help="Print a table of what was settled: block, choice, who, when.",
)
@click.option(
    "--disagreements",
    "form",
    flag_value="disagreements",
    help="Print the same table of all that two people disagree about, settled or not.",
)
def agree_command(
    folder: Path,
    more: tuple[str, ...],
    lanes: tuple[str, ...],
    videos: tuple[str, ...],
    collar: int,
    form: str | None,
) -> None:
    """Measure how far the people who labelled FOLDER agree.

    Per pair and together, with intervals by video: raw agreement, Cohen's kappa,
    Fleiss' kappa and Krippendorff's alpha by frame, all of them with the frames around
    boundaries and without; Holle and Rein's kappa of matched segments; F1 and edit with
    either as the truth; how far boundaries are apart; the confusion. Each figure comes
    with a sentence on what it means here and when it misleads.

    Pre-labels that nobody reviewed are left out, and lanes of models are refused:
    'skelseg evaluate' scores these. An import with --annotator puts somebody's labels
    beside the annotation.
    """
    from skelseg_core.labels.agreement import tables
    from skelseg_core.labels.decisions import decisions_csv
    from skelseg_core.tasks.agreement import (
        compare_people,
        find_disagreements,
        shown_lane,
    )

    ids = video_ids(folder, videos)
    _, project = opened(folder)
    if form == "decisions":
        made = {item.id: item.decisions for item in project.videos}
        click.echo(decisions_csv(made), nl=False)
        return
    if form == "disagreements":
        told = run_task(find_disagreements(project, (*lanes, *more), ids))
        click.echo(decisions_csv(told), nl=False)
        return
    found = run_task(compare_people(project, (*lanes, *more), ids, collar))
    text = tables.written(f".{form}", found.agreement, found.notes, shown_lane)
    click.echo(text, nl=False)


@click.command("copy")
@click.argument("folder", type=PATH)
@click.argument("out", type=PATH)
@click.option("--annotator", default="", help="Name of who is to label there.")
def copy_command(folder: Path, out: Path, annotator: str) -> None:
    """Copy FOLDER to OUT for another annotator: its videos, and no labels.

    Classes, conventions and poses go along; labels, predictions, models and notes do
    not. Videos stay where they are. 'skelseg import project OUT --project FOLDER'
    brings the labels back, as the lane of that person.
    """
    from skelseg_core.project.copies.annotator_copy import copy_for_annotator

    project_folder, project = opened(folder)
    run_task(copy_for_annotator(project_folder, project, out, annotator))
    n = len(project.videos)
    click.echo(f"Copied {n} video{'s' * (n != 1)} without labels to {out}")
