"""The commands that train a model, say what it is worth, and list the recipes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import (
    PATH,
    device_option,
    json_option,
    model_option,
    opened,
    print_json,
    run_apart,
    run_task,
    threads_option,
    track_ids,
)
from skelseg_core.learning.recipes import recipes
from skelseg_core.plugins import NETWORKS, names, package_of
from skelseg_core.project.bodies import bodiless_text
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.learning.model_info import ModelInfo
    from skelseg_core.project.project import Project
    from skelseg_core.tasks.train import TrainChoices


@click.command("train", ChoicesCommand, choices="tasks.train.TrainChoices")
@click.argument("folder", type=PATH)
@click.option("--name", required=True, help="Name of the new model.")
@click.option(
    "--resume",
    is_flag=True,
    help="Continue an interrupted training; by default it starts again.",
)
@click.option("--no-measure", is_flag=True, help="Do not measure the model.")
@click.option("--doubtful", is_flag=True, help="List the doubtful labels.")
@json_option
@threads_option
@device_option
def train_command(
    folder: Path,
    name: str,
    choices: TrainChoices,
    resume: bool,
    no_measure: bool,
    doubtful: bool,
    as_json: bool,
    threads: int,
) -> None:
    """Train a model on what is labelled in FOLDER, and measure it.

    The model can be used as soon as it is trained. Then the recipe is trained again
    without a part of the labels, one part after the other, and scored on that part. If
    this is interrupted, 'skelseg measure' continues it.
    """
    from skelseg_core.engine.queued_task import QueuedTask
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.tasks.model_tiers import to_learn

    def learnt(project: Project) -> Project:
        return to_learn(project, choices.tier)

    arguments = {
        "root": str(folder),
        "name": name,
        **vars(choices),
        "videos": track_ids(folder, choices.videos, learnt) if choices.videos else (),
        "threads": threads,
        "resume": resume,
    }
    task = QueuedTask(f"train {name}", "train", arguments, again={"resume": True})
    when_dead = f"{name} is not trained: its process died twice; use --resume."
    result = run_apart(task, threads, when_dead)
    outline = ProjectFolder(folder).outline()
    if not as_json:
        _tell_trained(name, result, resume, outline)
    worth: Mapping[str, Any] | None = None
    try:
        if not no_measure:
            worth = _measure(folder, name, threads, choices.allow_download)
            if not as_json:
                _tell_worth(worth, doubtful)
    except KeyboardInterrupt:
        click.echo(
            f"{name} is trained but not measured; continue with 'skelseg measure "
            f"{folder} --model {name}'.",
            err=True,
        )
        raise
    finally:
        # The model exists, even if measuring it failed.
        if as_json:
            of = {key: list(map(outline.said_of, result[key])) for key in _OF_TRACKS}
            print_json({**result, **of, "measured": worth})


_OF_TRACKS = ("videos", "unlabelled", "unlike", "without_labels")
"""Values that a training returns and that are ids of tracks."""


def _tell_trained(
    name: str, result: Mapping[str, Any], resume: bool, project: Project
) -> None:
    if result["epochs_before"]:
        click.echo(
            f"Continued after {result['epochs_before']} of {result['epochs']} epochs."
        )
    elif resume:
        click.echo("There was no training to continue, so it started again.")
    n, also = result["n_videos"], len(result["unlabelled"])
    more = f", and on {also} without labels" if also else ""
    click.echo(f"Trained {name} on {n} video{'s' * (n != 1)}{more}.")
    if n := result["unreviewed_frames"]:
        click.echo(
            f"{counted(n, 'frame')} of it {'was' if n == 1 else 'were'} copied from a "
            "pre-label and looked at by nobody, around what a person changed."
        )
    if n := result["left_out_frames"]:
        click.echo(
            f"Not trained on {counted(n, 'frame')} copied from a pre-label, where "
            "nobody changed or reviewed anything."
        )
    if result["unlike"]:
        names = ", ".join(map(project.titled, result["unlike"]))
        click.echo(f"Not trained on {names}, which are unlike the labelled videos.")
    if result["without_labels"]:
        names = ", ".join(map(project.titled, result["without_labels"]))
        click.echo(f"Not trained on {names}, whose label files are not readable.")
    if result["without_body"]:
        click.echo(f"Not trained on {bodiless_text(result['without_body'])}")


@click.command("measure")
@click.argument("folder", type=PATH)
@model_option
@click.option("--doubtful", is_flag=True, help="List the doubtful labels.")
@click.option(
    "--download", is_flag=True, help="Allow the download of pretrained weights."
)
@json_option
@threads_option
@device_option
def measure_command(
    folder: Path,
    model: str,
    doubtful: bool,
    download: bool,
    as_json: bool,
    threads: int,
) -> None:
    """Measure the accuracy of a model of FOLDER with its videos left out in turn.

    Its recipe is trained again without a part of the labels, one part after the other,
    and scored on that part. The model itself stays as it is.
    """
    worth = _measure(folder, model, threads, download)
    if as_json:
        print_json(worth)
    else:
        _tell_worth(worth, doubtful)


def _measure(folder: Path, name: str, threads: int, download: bool) -> dict[str, Any]:
    """Measure a model; return its worth as plain values."""
    from skelseg_core.learning.model_info import load_info
    from skelseg_core.tasks.measure_model import measure as task

    run_task(task(str(folder), name, threads, download))
    project_folder, project = opened(folder)
    info = load_info(project_folder.model_dir(name))

    def called(class_id: int) -> str:
        return project.name_of(class_id) or "a former class"

    return {
        "model": name,
        "worth": str(info.worth),
        "for_paper": info.for_paper,
        "held_out": _held_out(info, project) if info.measured else None,
        "doubts": [
            {
                "title": project.titled(doubt.video),
                **project.said_of(doubt.video),
                "start": doubt.start,
                "stop": doubt.stop,
                "label": called(doubt.label),
                "suggested": called(doubt.suggested),
                "probability": doubt.probability,
            }
            for doubt in info.doubtful
            if project.has(doubt.video)
        ],
    }


def _held_out(info: ModelInfo, project: Project) -> dict[str, Any]:
    """Name the tracks whose accuracies a measurement has."""
    beside = info.held_out.get("skeleton", {})
    named = {
        "by_video": _accuracies(info.held_out, project),
        "skeleton": {**beside, "by_video": _accuracies(beside, project)},
    }
    return {**info.held_out, **{k: v for k, v in named.items() if k in info.held_out}}


def _accuracies(held: Mapping[str, Any], project: Project) -> list[dict[str, Any]]:
    each = held.get("by_video", {}).items()
    return [{**project.said_of(v), "accuracy": n} for v, n in each if project.has(v)]


def _tell_worth(worth: Mapping[str, Any], doubtful: bool) -> None:
    click.echo(f"{worth['model']}: {worth['worth']}")
    held, doubts = worth["held_out"], worth["doubts"]
    if held is None:
        return
    n, n_videos = held["n_segments"], held["n_videos"]
    where = f"{n_videos} video{'s' * (n_videos != 1)}"
    click.echo(
        f"  edit {held['edit']:.1f}, F1@10 {held['f1@10']:.1f}, F1@25 "
        f"{held['f1@25']:.1f}, F1@50 {held['f1@50']:.1f}, of {n:,} "
        f"segment{'s' * (n != 1)} in {where}"
    )
    click.echo(f"  For a paper: {worth['for_paper']}")
    if doubts:
        n = len(doubts)
        places = "place" if n == 1 else "places"
        more = "" if doubtful else "; --doubtful lists them"
        click.echo(f"  {n} {places} where the model contradicts the labels{more}")
    for doubt in doubts if doubtful else ():
        click.echo(
            f"  {doubt['title']}, frames {doubt['start']} to {doubt['stop'] - 1}: "
            f"labelled {doubt['label']}, {doubt['suggested']} by the model "
            f"({doubt['probability']:.2f})"
        )


@click.command("presets")
@click.argument("folder", type=PATH, required=False)
def presets_command(folder: Path | None) -> None:
    """List the recipes of training; with FOLDER, how long they take on its labels.

    Times are those of one core, for the training alone.
    """
    n_frames, n_videos, n_all = 10_000, 5, 10_000
    if folder is not None:
        project = opened(folder)[1].in_tier("")  # trained on where none is named
        sizes = [int((v.annotation.to_frames() >= 0).sum()) for v in project.tracks]
        n_frames, n_videos = sum(sizes), sum(1 for n in sizes if n)
        n_all = sum(v.n_frames for v in project.tracks if v.video.has_file)
    group = ""
    for recipe in recipes():
        if recipe.group != group:
            group = recipe.group
            click.echo(f"{group}:")
        seconds = recipe.seconds(n_frames, n_videos, n_all)
        times = [_about(seconds)] if n_frames else []
        needs = ["its pre-labels need PyTorch"] if recipe.needs_torch else []
        text = f"{'; '.join([recipe.sees, *times, recipe.better, *needs])}."
        lines = textwrap.wrap(text, 60)
        click.echo(f"  {recipe.name:<18}{lines[0]}")
        for line in lines[1:]:
            click.echo(" " * 20 + line)
    others = [f"{name} ({package_of(NETWORKS, name)})" for name in names(NETWORKS)]
    if others:
        click.echo(f"Networks of packages, for recipes of yours: {', '.join(others)}.")
    if not n_frames:
        click.echo("Nothing is labelled yet, so training times are unknown.")
    if folder is None:
        click.echo(f"Times are for {n_videos} labelled videos of 2,000 frames each.")


def _about(seconds: float) -> str:
    if seconds < 45:
        return "under a minute"
    if seconds < 5400:
        return f"about {max(1, round(seconds / 60))} min"
    return f"about {seconds / 3600:.0f} h"
