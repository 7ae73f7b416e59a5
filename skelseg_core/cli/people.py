"""The command ``skelseg people``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
from skelseg_core.project.tracks import VideoId

if TYPE_CHECKING:
    from skelseg_core.project.project import Project
    from skelseg_core.project.videos_and_tracks import Track


@click.command("people")
@click.argument("folder", type=PATH)
@click.argument("videos", nargs=-1)
@click.option("--set", "named", help="Say who is in VIDEOS, with commas between.")
@click.option("--file", type=PATH, help="CSV file with the columns video and people.")
@click.option("--by-names", is_flag=True, help="Use the names of files and folders.")
@click.option("--add", "added", metavar="NAME", help="Give NAME tracks in VIDEOS.")
@click.option("--name", metavar="NAME", help="Name the person of these tracks.")
@click.option("--remove", metavar="NAME", help="Remove the empty tracks of NAME.")
@json_option
def people_command(
    folder: Path,
    videos: tuple[str, ...],
    named: str | None,
    file: Path | None,
    by_names: bool,
    added: str | None,
    name: str | None,
    remove: str | None,
    as_json: bool,
) -> None:
    """Show who is seen in the videos of FOLDER, or name them.

    Give each person an id of your own, the same in all their videos: figures of a model
    keep people apart by it. Without options the people are printed as CSV, which --file
    reads.

    Of several people who are labelled in one video each has tracks of their own: --add
    makes them. --name gives another name to the first person of VIDEO, or to one that
    'skelseg info' lists: 'anna-1: ben'.
    """
    from skelseg_core.labels.people import people_of_text
    from skelseg_core.project.project_edits import set_people
    from skelseg_core.project.proposed_people import (
        load_people,
        people_csv,
        proposed_people,
    )

    edits = [v for v in (named, file, added, name, remove) if v is not None]
    if len(edits) + by_names > 1:
        raise ProjectError(
            "Use one of --set, --file, --by-names, --add, --name and --remove."
        )
    if edits and file is None and not videos:
        raise ProjectError("Name the videos with {}: 'ben-*' means several.", edits[0])
    ids = video_ids(folder, videos)
    project_folder, before = opened(folder)
    if not edits and not by_names:
        items = [before.first_track(video_id) for video_id in ids]
        if as_json:
            _print_people({v.video_id: v.video.people for v in items})
        else:
            click.echo(people_csv(items), nl=False)
        return
    after = before
    if name is not None:
        after = _named(before, before.chosen(before.matching(videos)), name)
    for video_id in ids if added is not None or remove is not None else ():
        after = _of_tracks(after, video_id, added, remove)
    people: Mapping[VideoId, Sequence[str]] = {}
    if file is not None:
        people = load_people(file, before)
    elif by_names:
        people = proposed_people(before)
    elif named is not None:
        people = dict.fromkeys(ids, people_of_text(named))
    after = set_people(after, {v: p for v, p in people.items() if v in ids})
    changed = {
        new.id: new.people
        for old, new in zip(before.videos, after.videos, strict=True)
        if old is not new
    }
    save_and_tell(project_folder, after, before)
    _tell(changed, as_json)


def _named(project: Project, tracks: Sequence[Track], name: str) -> Project:
    """Name the person of these tracks, of each video that of the first one."""
    from skelseg_core.project.track_edits import name_person

    for track_id in {v.video_id: v.id for v in reversed(tracks)}.values():
        project = name_person(project, track_id, name)
    return project


def _of_tracks(
    project: Project, video: VideoId, added: str | None, gone: str | None
) -> Project:
    """Add or remove a person's tracks of one video."""
    from skelseg_core.project.track_edits import add_person, remove_person

    if added is not None:
        return add_person(project, video, added)
    for track in project.tracks_of(video):
        if track.person and track.person == gone:
            return remove_person(project, track.id)
    raise ProjectError("{} has no tracks in {}.", gone, project.video(video).title)


def _tell(changed: Mapping[VideoId, Sequence[str]], as_json: bool) -> None:
    if as_json:
        _print_people(changed)
        return
    for video, who in changed.items():
        click.echo(f"{video}: {', '.join(who) or 'nobody named'}")
    if not changed:
        click.echo("Nothing changed.")


def _print_people(people: Mapping[VideoId, Sequence[str]]) -> None:
    print_json({video: list(named) for video, named in people.items()})
