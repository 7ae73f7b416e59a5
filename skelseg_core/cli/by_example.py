"""Command ``skelseg fill``: label a video, or several, like what is labelled."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import (
    PATH,
    opened,
    run_task,
    save_and_tell,
    threads_option,
    track_ids,
)
from skelseg_core.errors import EditError
from skelseg_core.project.tracks import TrackId, check_segments
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.project.holds.claims import Claims


@click.command("fill")
@click.argument("folder", type=PATH)
@click.argument("videos", nargs=-1, required=True)
@click.option(
    "--from",
    "start",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="First frame of one video that may get a label.",
)
@threads_option
def fill_command(
    folder: Path, videos: tuple[str, ...], start: int, threads: int
) -> None:
    """Label the rest of one of VIDEOS in FOLDER like what a person labelled in it.

    No model is needed: label one repetition of the work, and this labels the
    others. What a person labelled or reviewed stays. Videos without labels are
    labelled like all others of FOLDER that have labels.
    """
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.holds.claims import claimed
    from skelseg_core.review.by_example import is_blank

    wanted = track_ids(folder, videos)
    titled = ProjectFolder(folder).outline().titled
    with claimed(folder, wanted, titled) as claims:
        _, project = opened(folder)
        blank = [v for v in wanted if is_blank(project.track(v).annotation)]
        if len(wanted) == 1 and not blank:
            _fill_rest(folder, wanted[0], start, threads, claims)
            return
        if labelled := [titled(v) for v in wanted if v not in blank]:
            raise EditError(
                "{} has labels already; fill in the rest of one video at a time.",
                labelled[0],
            )
        _fill_others(folder, wanted, threads, claims)


def _fill_rest(
    folder: Path, video: TrackId, start: int, threads: int, claims: Claims
) -> None:
    from skelseg_core.project.project_edits import edit_lane
    from skelseg_core.review.by_example import take_over
    from skelseg_core.tasks.by_example import fill, labels_of

    result = run_task(fill(str(folder), video, start, threads))
    labels = labels_of(result)
    project_folder, before = opened(folder)
    after = edit_lane(before, video, lambda a: take_over(a, labels))
    claims.take(video)  # raises if somebody else has the claim now
    save_and_tell(project_folder, after, before, claims.held)
    order = "in the order of" if result["repeats"] else "segment by segment like"
    frames = counted(result["n_frames"], "frame")
    click.echo(f"{before.titled(video)}: {frames} {order} what was labelled")


def _fill_others(
    folder: Path, videos: list[TrackId], threads: int, claims: Claims
) -> None:
    from skelseg_core.project.project_edits import edit_lane
    from skelseg_core.review.by_example import is_example, take_over
    from skelseg_core.tasks.by_example import fill_others, labels_of

    _, project = opened(folder)
    tier = project.track(videos[0]).tier
    check_segments(project.tier(tier))
    examples = [
        item.id
        for item in project.tracks
        if item.tier == tier and not item.missing and is_example(item.annotation)
    ]
    if not examples:
        raise EditError(
            "There is no example yet: label one video with at least two classes."
        )
    result = run_task(fill_others(str(folder), examples, videos, threads))
    project_folder, before = opened(folder)
    after = before
    for found in result["filled"]:
        labels = labels_of(found)
        after = edit_lane(after, found["video"], partial(take_over, labels=labels))
        claims.take(found["video"])
    save_and_tell(project_folder, after, before, claims.held)
    for found in result["filled"]:
        n = labels_of(found).n_labelled
        click.echo(f"{before.titled(found['video'])}: {counted(n, 'frame')}")
    for video in result["unlike"]:
        click.echo(f"{before.titled(video)}: nothing similar to what was labelled")
    for video, why in result["failed"]:
        click.echo(f"{before.titled(video)}: {why}")
