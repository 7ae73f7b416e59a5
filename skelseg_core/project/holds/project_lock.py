"""Project lock: one writer of ``project.json`` at a time, on whatever computer.

It is held for the length of read, change and write, so it lies beside the project, as
the claims on videos do. Nobody holds it for seconds: one that stays is of a computer
that went off.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.file_names import printable
from skelseg_core.project.holds.claim import ClaimedError, NoClaimError
from skelseg_core.project.holds.claims import Claims

LOCK = ".project"
"""Its name among the claims: no video has it."""
STALE_S = 10.0
"""Seconds after which a lock that one session has held all the time is taken away."""
UNREADABLE_S = 1.0
"""The same for a lock that says of nobody: it is made and filled at once."""
_LOOK_S = 0.02


@contextlib.contextmanager
def project_lock(root: Path) -> Iterator[Callable[[], bool]]:
    """Keep everybody else from writing ``project.json`` while the block runs.

    Yields a function that tells whether the lock is still held. Where the folder takes
    no locks the block runs without: then it cannot be written either.

    Raises
    ------
    ProjectError
        Where the lock is a folder.
    """
    claims = Claims(root)
    try:
        try:
            _take(claims)
        except NoClaimError:
            yield lambda: True
        else:
            yield lambda: _is_ours(claims)
    finally:
        claims.close()


def _take(claims: Claims) -> None:
    session, since = "", time.monotonic()
    while True:
        try:
            claims.take(LOCK)
            return
        except ClaimedError as error:
            now, path = time.monotonic(), claims.path(LOCK)
            if os.path.isdir(path):
                raise ProjectError(
                    "Nothing can be saved as long as {} is a folder; remove it.",
                    printable(path),
                ) from error
            if error.claim.session != session:
                session, since = error.claim.session, now
            if now - since > (STALE_S if session else UNREADABLE_S):
                claims.take_over(LOCK)
                return
            time.sleep(_LOOK_S)


def _is_ours(claims: Claims) -> bool:
    found = claims.read(LOCK)
    # A disk that does not say so fails the write, too.
    return found is not None and (
        found.session == claims.session or bool(found.no_answer)
    )
