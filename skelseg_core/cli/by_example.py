"""Command ``skelseg fill``: label the rest of a video like what is labelled in it."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import (
    PATH,
    opened,
    run_task,
    save_and_tell,
    threads_option,
    track_ids,
)
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import counted


@click.command("fill")
@click.argument("folder", type=PATH)
@click.argument("video")
@click.option(
    "--from",
    "start",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="First frame that may get a label.",
)
@threads_option
def fill_command(folder: Path, video: TrackId, start: int, threads: int) -> None:
    """Label the rest of VIDEO in FOLDER like what a person labelled in it.

    No model is needed: label one repetition of the work, and this labels the
    others. What a person labelled or reviewed stays.
    """
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.holds.claims import claimed
    from skelseg_core.project.project_edits import edit_lane
    from skelseg_core.review.by_example import take_over
    from skelseg_core.tasks.by_example import fill, labels_of

    video = track_ids(folder, [video])[0]
    called = ProjectFolder(folder).outline().titled(video)
    with claimed(folder, [video], lambda _: called) as claims:
        result = run_task(fill(str(folder), video, start, threads))
        labels = labels_of(result)
        project_folder, before = opened(folder)
        after = edit_lane(before, video, lambda a: take_over(a, labels))
        claims.take(video)  # raises if somebody else has the claim now
        save_and_tell(project_folder, after, before, claims.held)
    order = "in the order of" if result["repeats"] else "segment by segment like"
    click.echo(
        f"{called}: {counted(result['n_frames'], 'frame')} {order} what was labelled"
    )
