"""The command ``skelseg assist``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.completion import complete_videos
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    model_option,
    opened,
    run_task,
    threads_option,
)

if TYPE_CHECKING:
    from skelseg_core.project.claims import Claims
    from skelseg_core.tasks.assist import AssistedVideo


@click.command("assist")
@click.argument("folder", type=PATH)
@click.argument("video", shell_complete=complete_videos)
@model_option
@click.option(
    "--json-lines",
    is_flag=True,
    required=True,
    help="Read commands and write answers, one JSON object a line.",
)
@threads_option
def assist_command(
    folder: Path, video: str, model: str, json_lines: bool, threads: int
) -> None:
    r"""Correct the labels of VIDEO in FOLDER without a window, for scripts and studies.

    What a person labelled stands; the rest is as the model says. First and after every
    command one line is printed: {"lane": [[start, stop, class], ...], "proposal": null
    or {"lane": ..., "text": ...}, "item": null or {"start", "stop", "why"}, "error":
    null or "..."}. A class is an id of the project, null is unlabelled.

    \b
    {"do": "relabel", "frame": 40, "class": 3}   the segment at a frame
    {"do": "move", "frame": 52, "to": 49}        the boundary that begins at 52
    {"do": "paint", "start": 10, "stop": 20, "class": 3}
    {"do": "accept", "start": 0, "stop": 52}     looked at, and right now
    {"do": "take"}                               the proposal
    {"do": "next"}                               the next place worth a look: item
    {"do": "undo"}
    {"do": "quit"}                               saves

    What cannot be done changes nothing and says why in "error". Nothing is written
    before "quit"; where the lines end without it, nothing is. Where it cannot be saved
    the exit code is 2. Meanwhile nobody else can label the video, unless somebody takes
    it over in a window; then nothing of theirs is written over at "quit".
    """
    from skelseg_core.files import same_name
    from skelseg_core.project.claims import claimed
    from skelseg_core.tasks.assist import open_assisted

    project_folder, project = opened(folder)
    video = same_name(video, project.ids) or video
    model = same_name(model, project_folder.model_names()) or model
    project.video(video)  # raises where there is none
    with claimed(folder, [video]) as claims:
        task = open_assisted(project_folder, project, video, model, threads)
        _converse(run_task(task), claims)


def _converse(found: AssistedVideo, claims: Claims) -> None:
    """Read commands and print answers until the lines end."""
    from skelseg_core.project.claim import ClaimedError
    from skelseg_core.review.assist_lines import MAX_LINE, AssistLines

    def save() -> None:
        try:
            claims.take(found.item.id)
        except ClaimedError:
            for path in found.keep_beside():
                click.echo(f"What you did is kept as {path}.", err=True)
            raise
        for note in found.save():
            click.echo(note, err=True)

    lines = AssistLines(found.session, save)
    _print(lines.answer())
    while not lines.ended:
        line = sys.stdin.buffer.readline(MAX_LINE + 1)
        if not line:
            return
        lines.do(line)
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = sys.stdin.buffer.readline(MAX_LINE + 1)
        _print(lines.answer())
    if lines.error is not None:
        raise Mistake(lines.error)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
