"""The command ``skelseg evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import PATH, Mistake
from skelseg_core.errors import ProjectError
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.tasks.evaluation import EvaluationChoices


@click.command("evaluate", ChoicesCommand, choices="tasks.evaluation.EvaluationChoices")
@click.argument("project", type=PATH, required=False)
@click.option(
    "--truth", type=PATH, help="True labels: a folder of files or a project; PROJECT."
)
@click.option(
    "--pred", type=PATH, help="Predicted labels: a folder or a project; PROJECT."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate_command(
    project: Path | None,
    truth: Path | None,
    pred: Path | None,
    choices: EvaluationChoices,
    as_json: bool,
) -> None:
    """Score a model's labels: accuracy, edit, F1@10, 25, 50.

    It compares a prediction of PROJECT with its annotation, or the labels in --pred
    with those of the same videos in --truth. Each may be a project or a folder of CSV
    or text files, one per video.

    Some labels are left out, and counted: videos that the model was trained on, with or
    without labels; frames that a person had fixed before the prediction, and for edit
    and F1 the whole video with such frames (see 'skelseg predict --free'); true labels
    that are pre-labels nobody reviewed, and single segments that a person changed among
    them; frames that are undecided or have no true label. Figures of videos whose
    labels began as pre-labels are too high: these videos have a line of their own. If
    no others are left, there is no figure and the exit code is 2. Other videos of
    people that the model was trained on have a line of their own as well, if 'skelseg
    people' says who is in the videos.
    """
    from skelseg_core.tasks.evaluation import evaluate_folders, why_nothing

    true_folder, pred_folder = truth or project, pred or project
    if true_folder is None or pred_folder is None:
        raise ProjectError(
            "Name what to score: a project, or --truth and --pred with folders of "
            "labels."
        )
    scores = evaluate_folders(true_folder, pred_folder, **vars(choices))
    if as_json:
        click.echo(json.dumps(scores, indent=2))
    if why := why_nothing(scores):
        raise Mistake(why)
    if not as_json:
        _print_scores(scores)


def _print_scores(scores: dict[str, Any]) -> None:
    from skelseg_core.labels.metrics import SCORES
    from skelseg_core.tasks.evaluation import LeftOut, named_text

    click.echo(f"{'video':<24}" + "".join(f"{n:>10}" for n in SCORES))
    apart = _apart(scores)
    rows = {named_text(row): row for row in scores.get("per_video", ())}
    rows["all"] = scores
    rows |= {name: figures for name, (figures, _) in apart.items()}
    for video, row in rows.items():
        click.echo(f"{video:<24}" + "".join(_cell(row[n]) for n in SCORES))
    click.echo(f"{_amount(scores)}, convention {scores['convention']}")
    for name, (figures, about) in apart.items():
        click.echo(f"{name}: {_amount(figures)}, {about}")
    if scores["background"]:
        click.echo(f"Edit and F1 without: {', '.join(scores['background'])}")
    for phrase in LeftOut(**scores["left_out"]).in_words():
        click.echo(f"Left out: {phrase}")
    for note in scores["notes"]:
        click.echo(f"Note: {note}")


def _apart(scores: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """List the lines that stand beside the figure: name, figures, what they are."""
    found = {}
    if agreed := scores.get("prelabelled"):
        about = "labels that a person agreed with or corrected; such figures"
        found["began as pre-labels"] = agreed, f"{about} are too high"
    if known := scores.get("known_people"):
        people = ", ".join(known["people"])
        about = f"other videos of people in the training videos ({people})"
        found["known people"] = known, about
    return found


def _amount(scores: dict[str, Any]) -> str:
    amounts = {"n_videos": "video", "n_frames": "frame", "n_segments": "segment"}
    said = [counted(scores[name], word) for name, word in amounts.items()]
    if scores["n_tracks"] > scores["n_videos"]:
        said.insert(1, counted(scores["n_tracks"], "track"))
    return ", ".join(said)


def _cell(figure: float | None) -> str:
    return f"{'–':>10}" if figure is None else f"{figure:>10.2f}"
