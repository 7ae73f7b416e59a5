"""Address of a video on another computer: ``https://``, ``s3://`` or ``ssh://``.

It travels through the program as a `Path` like that of any video. A path knows no
``//``, so that of ``https://host/clip.mp4`` is ``https:/host/clip.mp4``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import VideoError

SCHEMES = ("https", "s3", "ssh")
_BEGINS = tuple(f"{scheme}:{sep}" for scheme in SCHEMES for sep in ("/", "\\"))
_ADDRESS = re.compile(
    r"(https|s3|ssh):/+(?:([A-Za-z0-9._+-]+)@)?"
    r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(/[^\0-\x1f\x7f\ud800-\udfff]+)"
)
_PASSWORD = re.compile(r"(?<=//)([^/@:]*):[^/@]*@")
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")


@dataclass(frozen=True)
class Address:
    """Address of a video on another computer, taken apart.

    Parameters
    ----------
    scheme : str
        One of `SCHEMES`.
    host : str
        In lower case; of ``s3`` the bucket.
    port : int, optional
    user : str
        Name to log in with, or "".
    path : str
        From the first ``/`` on, as it was given.
    """

    scheme: str
    host: str
    port: int | None
    user: str
    path: str

    @property
    def place(self) -> str:
        """Host that a person may allow to be asked: ``https://host``, ``s3://bucket``."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def whole(self) -> str:
        """The whole address."""
        who = f"{self.user}@" if self.user else ""
        return self.place.replace("://", f"://{who}", 1) + self.path


def is_remote(path: str | Path) -> bool:
    """Tell whether a path is an address of another computer; asks no disk."""
    return str(path).startswith(_BEGINS)


def address_of(path: str | Path) -> Address:
    """Take an address apart.

    Raises
    ------
    VideoError
        Where it is none, or holds a password.
    """
    text = path.as_posix() if isinstance(path, Path) else path
    found = _ADDRESS.fullmatch(text)
    port = int(found[4]) if found is not None and found[4] else None
    labels = "" if found is None or found[3][0] == "[" else found[3].rstrip(".")
    fits = not labels or all(0 < len(label) < 64 for label in labels.split("."))
    if found is None or not fits or not 0 < (port or 1) < 65536:
        raise VideoError(
            "{} is not an address of a video; use one such as "
            "https://host/folder/clip.mp4, s3://bucket/clip.mp4 or "
            "ssh://user@host/folder/clip.mp4, without a password.",
            _PASSWORD.sub(r"\1:…@", address_text(path)),
        )
    scheme, user, host, _, rest = found.groups()
    if scheme == "https" and user:
        raise VideoError(
            "{} has a user name, which would be saved in the project; use the "
            "address without it.",
            _PASSWORD.sub(r"\1:…@", address_text(path)),
        )
    # Names of hosts know no case; those of buckets have none but the lower.
    return Address(scheme, host.lower(), port, user or "", rest)


def address_text(path: str | Path) -> str:
    """Write a path as people know it: of an address with its ``//``."""
    if not is_remote(path):
        return str(path)
    text = path.as_posix() if isinstance(path, Path) else path
    scheme, _, rest = text.partition(":")
    return f"{scheme}://{rest.lstrip('/')}"


def check_address(path: Path) -> None:
    """Refuse what looks like an address and cannot be one; a local path passes.

    Raises
    ------
    VideoError
    """
    if is_remote(path):
        address_of(path)
    elif _OTHER_SCHEME.match(path.as_posix()) and not os.path.lexists(path):
        raise VideoError(
            "{} is not an address that skelseg can read; use one that begins with "
            "https://, s3:// or ssh://.",
            path.as_posix().replace(":/", "://", 1),
        )
