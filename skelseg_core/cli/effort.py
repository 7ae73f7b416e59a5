"""The command ``skelseg effort``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import (
    PATH,
    NameOf,
    model_option,
    only_option,
    opened,
    run_task,
    video_ids,
)

if TYPE_CHECKING:
    from skelseg_core.review.effort import Costs
    from skelseg_core.tasks.effort import EffortRow


def _policies() -> list[str]:
    from skelseg_core.review.effort import POLICIES

    return list(POLICIES)


@click.command("effort")
@click.argument("folder", type=PATH)
@model_option
@click.option(
    "--truth",
    default="annotation",
    show_default=True,
    help="A lane of FOLDER, or a folder of label files, or another project.",
)
@only_option
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=NameOf(_policies),
    help="Way to label; may be repeated. All if none is given; live always is.",
)
@click.option(
    "--collar",
    "collars",
    multiple=True,
    type=click.IntRange(0, 10_000),
    help="Frames by which a boundary may be off; may be repeated. 0, 2, 5.",
)
@click.option("--key", "key_s", default=0.28, show_default=True, help="Seconds.")
@click.option("--drag", "drag_s", default=1.1, show_default=True, help="Seconds.")
@click.option("--look", "look_s", default=1.2, show_default=True, help="Seconds.")
@click.option("--strip", "strip_s", default=0.5, show_default=True, help="Seconds.")
@click.option(
    "--speed",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0.1, 100),
    help="Of a pass through the video.",
)
@click.option("--out", type=PATH, help="Folder for curves.png and effort.html.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def effort_command(
    folder: Path,
    model: str,
    truth: str,
    videos: tuple[str, ...],
    policies: tuple[str, ...],
    collars: tuple[int, ...],
    key_s: float,
    drag_s: float,
    look_s: float,
    strip_s: float,
    speed: float,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure what labelling the videos of FOLDER takes a simulated person.

    The person knows the truth and works by the very edits of the window, until the
    labels have the true order and every boundary is within the collar. An event is a
    key or a drag. Seconds are an estimate: two keys, a look and the gesture for each
    error, a look for each proposal, and a pass through the video (on the wall, a
    strip a segment); nobody was watched.

    Left out are videos that the model was trained on, or did not pre-label, and those
    whose true labels are not complete.
    """
    from skelseg_core.review.effort import Costs
    from skelseg_core.tasks import effort

    costs = Costs(key_s, drag_s, look_s, strip_s, speed)
    project_folder, project = opened(folder)
    ids = video_ids(folder, videos) if videos else ()
    cases, left_out = effort.cases_of(project_folder, project, model, truth, ids)
    chosen = policies or tuple(_policies())
    within = tuple(dict.fromkeys(collars)) or effort.COLLARS
    rows = run_task(effort.simulated(cases, chosen, within, costs))
    for video, why in left_out.items():
        click.echo(f"Left out: {video}: {why}", err=True)
    if out is not None:
        _write(rows, costs, out)
    if as_json:
        click.echo(json.dumps(effort.as_json(rows, costs, left_out), indent=2))
        return
    n = len(cases)
    click.echo(f"{n} video{'s' * (n != 1)}, mean a video; {_said(costs)}\n")
    click.echo("\n".join(effort.table_of(rows, costs)))
    click.echo("\nMended by hand, a video:\n")
    click.echo("\n".join(effort.kinds_table(rows)))


def _write(rows: list[EffortRow], costs: Costs, out: Path) -> None:
    from skelseg_core.benchmark.report.effort_page import curves_png, page
    from skelseg_core.files import atomic_write
    from skelseg_core.tasks.effort import curves_of, kinds_table, table_of

    out.mkdir(parents=True, exist_ok=True)
    png = curves_png(curves_of(rows))
    atomic_write(out / "curves.png", png)
    text = page([table_of(rows, costs), kinds_table(rows)], png, "Effort of labelling")
    atomic_write(out / "effort.html", text)


def _said(costs: Costs) -> str:
    return (
        f"a key {costs.key_s:g} s, a drag {costs.drag_s:g}, a look {costs.look_s:g}, a "
        f"strip {costs.strip_s:g}, a pass at {costs.speed:g}x"
    )
