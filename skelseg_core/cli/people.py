"""The command ``skelseg people``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from skelseg_core.cli.terminal import (
    PATH,
    json_option,
    opened,
    print_json,
    save_and_tell,
    video_ids,
)
from skelseg_core.errors import ProjectError


@click.command("people")
@click.argument("folder", type=PATH)
@click.argument("videos", nargs=-1)
@click.option("--set", "named", help="Say who is in VIDEOS, with commas between.")
@click.option("--file", type=PATH, help="CSV file with the columns video and people.")
@click.option("--by-names", is_flag=True, help="Use the names of files and folders.")
@json_option
def people_command(
    folder: Path,
    videos: tuple[str, ...],
    named: str | None,
    file: Path | None,
    by_names: bool,
    as_json: bool,
) -> None:
    """Show who is seen in the videos of FOLDER, or name them.

    Give each person an id of your own, the same in all their videos: figures of a model
    keep people apart by it. Without options the people are printed as CSV, which --file
    reads.
    """
    from skelseg_core.labels.people import people_of_text
    from skelseg_core.project.people import load_people, people_csv, proposed_people
    from skelseg_core.project.project import set_people

    if (named is not None) + (file is not None) + by_names > 1:
        raise ProjectError("Use one of --set, --file and --by-names.")
    if named is not None and not videos:
        raise ProjectError("Name the videos with {}: 'ben-*' means several.", named)
    ids = video_ids(folder, videos)
    project_folder, before = opened(folder)
    if named is None and file is None and not by_names:
        items = [before.video(video) for video in ids]
        if as_json:
            _print_people({v.id: v.people for v in items})
        else:
            click.echo(people_csv(items), nl=False)
        return
    people: Mapping[str, Sequence[str]]
    if file is not None:
        people = load_people(file, before)
    elif named is not None:
        people = dict.fromkeys(ids, people_of_text(named))
    else:
        people = proposed_people(before)
    after = set_people(before, {v: p for v, p in people.items() if v in ids})
    changed = {
        new.id: new.people
        for old, new in zip(before.videos, after.videos, strict=True)
        if old is not new
    }
    save_and_tell(project_folder, after, before)
    if as_json:
        _print_people(changed)
        return
    for video, who in changed.items():
        click.echo(f"{video}: {', '.join(who) or 'nobody named'}")
    if not changed:
        click.echo("Nothing changed.")


def _print_people(people: Mapping[str, Sequence[str]]) -> None:
    print_json({video: list(named) for video, named in people.items()})
