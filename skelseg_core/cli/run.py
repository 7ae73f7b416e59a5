"""Command ``skelseg run``: stages of many videos at once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.run_display import RunDisplay
from skelseg_core.cli.terminal import (
    PATH,
    SomeFailed,
    device_option,
    every_option,
    jobs_option,
    look_at_every,
    run_task,
)
from skelseg_core.progress import run
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.engine.queued_task import TaskEvent
    from skelseg_core.project.project import Project
    from skelseg_core.tasks.runs.run_plan import RunChoices, RunPlan, RunResult

_MOST_FAILURES = 50
"""Failures that are listed at the end; the log has all."""


@click.command("run", ChoicesCommand, choices="tasks.runs.run_plan.RunChoices")
@click.argument("folder", type=PATH)
@click.argument("stages", nargs=-1, metavar="[STAGE]...")
@jobs_option
@every_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print a line of JSON for each event, and one at the end.",
)
@device_option
def run_command(
    folder: Path,
    stages: tuple[str, ...],
    choices: RunChoices,
    jobs: int,
    every: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Work on all videos of FOLDER, except what is done already.

    Stages are poses and predict; without any, both are run, the second by --model or
    the only model of the project. A video that fails does not stop the others; at the
    end all failures are listed, and the exit code is 1. There is one run of a project
    at a time.
    """
    if every is not None:
        if dry_run:
            raise click.UsageError(
                "--every changes the project, which --dry-run must not; leave one out"
            )
        look_at_every(folder, every)
    choices = replace(choices, stages=stages, n_workers=jobs)
    _run_and_tell(folder, choices, as_json, dry_run)


def _run_and_tell(
    folder: Path, choices: RunChoices, as_json: bool, dry_run: bool
) -> None:
    """Plan a run, do it, and print what became of it.

    Raises
    ------
    SomeFailed
        Where a task failed.
    """
    from skelseg_core.logs import start_logging
    from skelseg_core.tasks.runs.run_plan import begin_plan, plan_run, run_plan

    start_logging()
    if dry_run:
        _tell_plan(run_task(plan_run(str(folder), choices)), as_json)
        return
    plan = begin_plan(str(folder), choices)

    def tell(event: TaskEvent) -> None:
        if as_json:
            click.echo(_line_of(plan.project, event))

    task = run_plan(plan, choices.n_workers, tell)
    result = run(task) if as_json else RunDisplay().drive(task)
    _tell_end(plan, result, as_json)
    if result.failed:
        n = len({e.task.video for e in result.failed})
        raise SomeFailed(f"{counted(n, 'video')} failed.")


def _line_of(project: Project, event: TaskEvent) -> str:
    task = event.task
    values: dict[str, Any] = {
        "task": task.name,
        "stage": task.stage,
        "video": task.video,
        "state": event.state,
    }
    if task.stage == "predict":
        values |= project.said_of(TrackId(task.arguments["video_id"]))
    if event.sentence:
        values["sentence"] = event.sentence
    return json.dumps(values, ensure_ascii=False)


def _tell_plan(plan: RunPlan, as_json: bool) -> None:
    to_do = Counter(task.stage for task in plan.tasks)
    if as_json:
        stages = {
            stage: {"to_do": to_do[stage], "done": plan.n_done.get(stage, 0)}
            for stage in plan.stages
        }
        values = {"model": plan.model, "stages": stages, **_left(plan)}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    for stage in plan.stages:
        done = plan.n_done.get(stage, 0)
        click.echo(f"{stage:<12} {to_do[stage]:>7,} to do {done:>7,} done")
    if plan.left:
        click.echo(plan.left)


def _left(plan: RunPlan) -> dict[str, str]:
    return {"left": plan.left} if plan.left else {}


def _tell_end(plan: RunPlan, result: RunResult, as_json: bool) -> None:
    ends = (e for e in result.ends.values() if e.state == "done")
    done = Counter(stage for stage, _ in {(e.task.stage, e.task.video) for e in ends})
    if as_json:
        values = {
            "done": dict(done),
            "failed": {e.task.name: e.sentence for e in result.failed},
            "seconds": round(result.seconds, 3),
            "log": None if result.log is None else str(result.log),
            **_left(plan),
        }
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    if not result.ends:
        click.echo(f"Everything {'else ' if plan.left else ''}is done already.")
    for stage in plan.stages:
        if done[stage]:
            n = done[stage]
            click.echo(f"{stage}: {counted(n, 'video')} done")
    if plan.left:
        click.echo(plan.left)
    order = {task.name: n for n, task in enumerate(plan.tasks)}
    failed = sorted(result.failed, key=lambda event: order[event.task.name])
    width = max((len(e.task.name) for e in failed), default=0)
    for event in failed[:_MOST_FAILURES]:
        click.echo(f"{event.task.name:<{width}}  {event.sentence}", err=True)
    if len(failed) > _MOST_FAILURES:
        click.echo(f"and {len(failed) - _MOST_FAILURES:,} more", err=True)
    if result.log is not None:
        click.echo(f"Log: {result.log}", err=True)
