"""Commands of the tasks that write a file, such as ``skelseg plot``."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from skelseg_core.choices import WrittenTask
from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import PATH, json_option, print_json, run_task


def written_command(task: WrittenTask) -> click.Command:
    """Make the command of a task."""

    def write(
        folder: Path, out: Path, as_json: bool, choices: Any, **of_video: str
    ) -> None:
        run = task.load()
        made = run_task(run(str(folder), *of_video.values(), str(out), **vars(choices)))
        said = made.pop("said")
        for note in made["notes"]:
            click.echo(note, err=True)
        if as_json:
            print_json(made)
        else:
            click.echo(said)

    kinds = ", ".join(ending[1:].upper() for ending in task.endings)
    what = f"{' or '.join(kinds.rsplit(', ', 1))} file to write."
    write = click.option("--out", required=True, type=PATH, help=what)(
        json_option(write)
    )
    if task.of_video:
        write = click.argument("video")(write)
    write = click.argument("folder", type=PATH)(write)
    return click.command(
        task.name, ChoicesCommand, choices=task.choices, help=cleandoc(task.about)
    )(write)
