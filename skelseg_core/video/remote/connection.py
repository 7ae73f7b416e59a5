"""Connection: what every way to another computer offers, and how it fails."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Protocol

from skelseg_core.errors import VideoError

TIMEOUT_S = 10.0
"""Seconds without a byte after which a connection counts as lost."""


class Broken(OSError):
    """Raised where a connection fails in a way that another try may mend."""


class Connection(Protocol):
    """A way to one object; `BROKEN` or `Broken` are raised where it is interrupted."""

    def state(self) -> tuple[int, str]:
        """Return its size in bytes, and a tag that changes with its content."""

    def read(self, start: int, stop: int) -> bytes:
        """Read exactly these bytes, of the object whose `state` was returned.

        Raises
        ------
        VideoError
            Where it was changed since.
        """

    def close(self) -> None:
        """Let go of what is open; the next call connects anew."""


def changed(address: object) -> VideoError:
    """Make the error of an object that is no longer the one that was opened."""
    return VideoError("{} was changed while it was open; open it again.", address)


def extra(module: str, address: object) -> ModuleType:
    """Import a package of the extra ``remote``.

    Raises
    ------
    VideoError
        Where it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise VideoError(
            "{} needs the package {}; install it with "
            "'pip install \"skelseg[remote]\"'.",
            address,
            module.partition(".")[0],
        ) from error
