"""Errors that a user can cause: one sentence on what is wrong, where, and what to do.

The text of a `SkelsegError` is shown to people as it is; any other exception is a bug.
"""

from __future__ import annotations

import errno

from skelseg_core.said import Said

_STOP_ALL = {errno.ENOSPC, errno.EROFS, errno.EPIPE, getattr(errno, "EDQUOT", 0)}


class SkelsegError(Exception):
    """A mistake or a misfortune that a user can mend; its text is shown as it is.

    Parameters
    ----------
    text : str
        The sentence, with ``{}`` in the places of the values; or a `Said` as it is.
    *values : object
        What stands in these places.

    Attributes
    ----------
    id : str
        The sentence without its values, by which a translation is looked up.
    values : tuple of object
    """

    def __init__(self, text: str, *values: object) -> None:
        said = text if isinstance(text, Said) and not values else Said(text, *values)
        super().__init__(said)
        self.id, self.values = said.id, said.values


class ConfigError(SkelsegError):
    """A setting that is unknown, missing or out of range."""


class EditError(SkelsegError):
    """An edit that would break a segmentation or a project; nothing was changed."""


class FormatError(SkelsegError):
    """A file that is not what it should be (damaged, truncated, another format)."""


class OtherKeypoints(FormatError):
    """A pose file whose keypoints are named, and are not those that are needed.

    Attributes
    ----------
    names : tuple of str
        Keypoints as the file names them.
    """

    names: tuple[str, ...] = ()


class VideoError(SkelsegError):
    """A video that cannot be read."""


class MissingVideo(VideoError):
    """A video whose file is not where it was, or cannot be reached."""


class ProjectError(SkelsegError):
    """A project folder that cannot be opened, written or changed as asked."""


class BrokenProject(ProjectError):
    """A folder whose ``project.json`` is gone or damaged: a backup may have it."""


class ModelError(SkelsegError):
    """A model that is missing, damaged or does not fit the project."""


class PluginError(SkelsegError):
    """Something of another package that cannot be imported, or that fails."""


def unreachable(error: OSError) -> str:
    """Write a sentence for a path that the system refuses (too long, not permitted)."""
    what, reason = error.filename or Said("A file"), error.strerror or error
    return Said(
        "{} cannot be reached ({}); check its path and permissions.", what, reason
    )


def stops_all(error: BaseException) -> bool:
    """Tell whether every other video would meet this error as well: a full disk."""
    if isinstance(error, ConfigError):
        return True
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in _STOP_ALL
