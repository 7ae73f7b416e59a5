"""Permission: which hosts may be asked for the videos of which project.

A project may come from a stranger, and a request tells its host who looks and when. So
nothing is asked of a host before the person at this computer allowed it for this
project; that is kept in the state folder, by the project's uuid, and never in the
project. `let_project` opens or closes single addresses for this process by what is
kept, and `remote_file` opens no other.
"""

from __future__ import annotations

import json
from pathlib import Path

from skelseg_core.array_files import content_key
from skelseg_core.errors import FormatError, SkelsegError, VideoError
from skelseg_core.files import atomic_write
from skelseg_core.text_files import read_json
from skelseg_core.user_folders import state_folder
from skelseg_core.video.media_path import media_path
from skelseg_core.video.remote.address import Address, address_of

_open: set[str] = set()
"""Whole addresses that this process may read."""


class HostNotAllowed(VideoError):
    """A host that nobody allowed to be asked; ``place`` is what there is to allow."""

    place = ""


def allowed_places(uuid: str) -> tuple[str, ...]:
    """List what may be asked for a project, such as ``https://host``."""
    try:
        kept = read_json(_file(uuid))
    except FormatError:
        return ()
    places = kept.get("places") if isinstance(kept, dict) else None
    return tuple(str(p) for p in places) if isinstance(places, list) else ()


def allow(uuid: str, place: str) -> None:
    """Keep that a host may be asked for a project.

    Raises
    ------
    ProjectError
        Where the state folder cannot be written.
    """
    _keep(uuid, {*allowed_places(uuid), place})


def forbid(uuid: str, place: str) -> None:
    """Keep that a host may be asked no more for a project.

    Raises
    ------
    ProjectError
        Where the state folder cannot be written.
    """
    _keep(uuid, {*allowed_places(uuid)} - {place})


def let_project(uuid: str, path: Path) -> bool:
    """Open or close the address of a project's video for this process; tell which."""
    try:
        address = address_of(media_path(path).file)
    except SkelsegError:
        return False  # who opens it is told
    allowed = bool(uuid) and address.place in allowed_places(uuid)
    (_open.add if allowed else _open.discard)(address.whole)
    return allowed


def check_let(address: Address) -> None:
    """Refuse an address that this process may not read.

    Raises
    ------
    HostNotAllowed
    """
    if address.whole not in _open:
        error = HostNotAllowed(
            "{} is on another computer, and nothing was sent to it yet; allow that "
            "for this project if you trust it ('skelseg allow PROJECT {}').",
            address.whole,
            address.place,
        )
        error.place = address.place
        raise error


def _keep(uuid: str, places: set[str]) -> None:
    atomic_write(_file(uuid), json.dumps({"places": sorted(places)}) + "\n")


def _file(uuid: str) -> Path:
    # A stranger's uuid may be anything, so it is no name of a file.
    return state_folder() / "allowed_hosts" / f"{content_key(uuid)}.json"
