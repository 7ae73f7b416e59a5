"""Faults of disks and values, each turned into one sentence for a person."""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.file_names import printable
from skelseg_core.files import advice, check_writable
from skelseg_core.logs import SENTENCE
from skelseg_core.said import Said

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
T = TypeVar("T")
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def as_sentence(text: str, root: Path) -> Iterator[None]:
    """Raise every fault of the block as one sentence; the log gets the fault itself.

    Parameters
    ----------
    text : str
        What became of the work, with ``{}`` for the folder: ``"{} was not saved"``.
    root : Path
        The folder.

    Raises
    ------
    SkelsegError
        As the block raised it, or a ProjectError in place of any other exception.
    """
    try:
        yield
    except SkelsegError:
        raise
    except OSError as error:
        _log.warning("%s: %s", text.format(root), error, exc_info=True)
        done = Said(text, printable(root))
        raise ProjectError(
            "{} ({}); {}.", done, reason_of(error), advice(error)
        ) from error
    except Exception as error:
        # Such as a value that cannot be written: a mistake of ours, told in the log.
        raised = ProjectError(
            "{} ({}); please report it with the log.",
            Said(text, printable(root)),
            reason_of(error),
        )
        what = f"{text.format(root)}: {type(error).__name__}: {error}"
        _log.error("%s", what, exc_info=True, extra={SENTENCE: str(raised)})
        raise raised from error


def answer_of(work: Callable[[], T], otherwise: T, at_most_s: float) -> T:
    """Ask a disk something; ``otherwise`` where it fails or takes too long.

    A thread that hangs on a disk that is away is left to itself.
    """
    found: list[T] = []

    def run() -> None:
        with contextlib.suppress(OSError, ValueError, SkelsegError):
            found.append(work())

    thread = threading.Thread(target=run, name="ask a disk", daemon=True)
    thread.start()
    thread.join(at_most_s)
    return found[0] if found else otherwise


def reason_of(error: BaseException | None) -> str:
    """Name in a few words why something failed; the empty text where nobody knows.

    A sentence that was made of a fault has the reason of the fault.
    """
    if isinstance(error, SkelsegError):
        return reason_of(error.__cause__)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "" if error is None else printable(str(error)) or type(error).__name__


def why_read_only(root: Path) -> str:
    """Write a sentence why a project's folder can only be read; empty where it is not.

    A disk that is full or fails is none that can only be read.
    """
    try:
        check_writable(root / "project.json")
    except ProjectError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in _READ_ONLY:
            return ""
        return Said(
            "{} can only be read ({}): you can look at all of it here; "
            "to edit it, use File > Save a copy and open the copy.",
            printable(root),
            reason_of(cause),
        )
    return ""
