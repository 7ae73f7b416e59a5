"""Errors that a user can cause: one sentence on what is wrong, where, and what to do.

The text of a `SkelsegError` is shown to people as it is; any other exception is a bug.
"""

from __future__ import annotations

import errno
import re
from pathlib import PurePath

MOST_CHARACTERS = 1000
"""Longest value that is shown in a sentence; of a longer one the middle is left out."""
_STOP_ALL = {errno.ENOSPC, errno.EROFS, errno.EPIPE, getattr(errno, "EDQUOT", 0)}
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class SkelsegError(Exception):
    """A mistake or a misfortune that a user can mend; its text is shown as it is.

    Parameters
    ----------
    text : str
        The sentence, with ``{}`` in the places of the values.
    *values : object
        What stands in these places.

    Attributes
    ----------
    id : str
        The sentence without its values, by which a translation is looked up.
    values : tuple of object
    """

    def __init__(self, text: str, *values: object) -> None:
        shown = [_shown(value) for value in values]
        super().__init__(text.format(*shown) if shown else text)
        self.id, self.values = text, values


def _shown(value: object) -> object:
    """Bound what a sentence shows of a value; drop line breaks and what is no UTF-8."""
    if not isinstance(value, str | PurePath):
        return value  # it may be formatted as a number
    text = str(value)
    if isinstance(value, PurePath) and text.startswith(("https:", "s3:", "ssh:")):
        text = value.as_posix().replace(":/", "://", 1)  # paths know no "//"
    if len(text) > MOST_CHARACTERS:
        text = f"{text[: MOST_CHARACTERS // 2]}…{text[-MOST_CHARACTERS // 2 :]}"
    text = _LINE_BREAKS.sub(" ", text)
    # An array of another program may hold what is no character at all.
    return text.encode("utf-8", "replace").decode("utf-8", "replace")


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


class LostConnection(VideoError):
    """A video whose computer does not answer any more; another try may help."""


class ProjectError(SkelsegError):
    """A project folder that cannot be opened, written or changed as asked."""


class ModelError(SkelsegError):
    """A model that is missing, damaged or does not fit the project."""


def unreachable(error: OSError) -> str:
    """Write a sentence for a path that the system refuses (too long, not permitted)."""
    what, reason = error.filename or "A file", error.strerror or error
    return f"{what} cannot be reached ({reason}); check its path and permissions."


def stops_all(error: BaseException) -> bool:
    """Tell whether every other video would meet this error as well: a full disk."""
    if isinstance(error, ConfigError):
        return True
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in _STOP_ALL
