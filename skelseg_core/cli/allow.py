"""Command ``skelseg allow``: which hosts may be asked for the videos of a project."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, json_option, opened, print_json


@click.command("allow")
@click.argument("folder", type=PATH)
@click.argument("hosts", nargs=-1)
@click.option("--forget", is_flag=True, help="Stop allowing these hosts.")
@json_option
def allow_command(
    folder: Path, hosts: tuple[str, ...], forget: bool, as_json: bool
) -> None:
    """Allow HOSTS to be asked for videos of the project in FOLDER; without, list them.

    A host is https://HOST, s3://BUCKET or ssh://HOST; who runs it learns who looks
    at which video, and when. Allowed hosts are kept on this computer, not in the
    project: somebody else's project sends nothing before you allow it.
    """
    from skelseg_core.errors import SkelsegError
    from skelseg_core.video.remote.address import address_of, is_remote
    from skelseg_core.video.remote.permission import allow, allowed_places, forbid

    _, project = opened(folder)
    # A host alone is an address without the path that all others have.
    for place in [address_of(f"{host.rstrip('/')}/-").place for host in hosts]:
        (forbid if forget else allow)(project.uuid, place)
    allowed = allowed_places(project.uuid)
    wanted: dict[str, int] = dict.fromkeys(allowed, 0)
    for item in project.videos:
        if is_remote(item.path):
            try:
                place = address_of(item.path).place
            except SkelsegError as error:
                click.echo(f"{item.id}: {error}", err=True)
                continue
            wanted[place] = wanted.get(place, 0) + 1
    if as_json:
        print_json({"allowed": list(allowed), "videos": wanted})
        return
    for place, n_videos in sorted(wanted.items()):
        said = "allowed" if place in allowed else "not allowed, nothing is sent to it"
        click.echo(f"{place}: {said}; {n_videos} video{'s' * (n_videos != 1)}")
    if not wanted:
        click.echo("No host is allowed, and no video is on another computer.")
