"""Run hold: one run over the videos of a project at a time, on whatever computer.

It is a claim beside those on videos, so that of a run that was killed nothing stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.process_identity import computer_id
from skelseg_core.project.holds.claim import SILENT_S, ClaimedError, NoClaimError
from skelseg_core.project.holds.claims import Claims

RUN = ".run"
"""Its name among the claims: no video has it."""


@contextlib.contextmanager
def run_hold(root: Path) -> Iterator[None]:
    """Keep other runs from a project while the block runs.

    Where the folder takes no claims the block runs without. One of another computer
    that gave no sign for long counts for nothing: two runs leave whole files all the
    same.

    Raises
    ------
    ProjectError
        Where another run holds the project.
    """
    claims = Claims(root)
    try:
        with contextlib.suppress(NoClaimError):
            _take(claims, root)
            claims.start()
        yield
    finally:
        claims.close()


def _take(claims: Claims, root: Path) -> None:
    try:
        claims.take(RUN)
    except ClaimedError as error:
        other = error.claim
        is_here = other.computer == computer_id()
        if other.session and (is_here or other.silent_s < SILENT_S):
            raise ProjectError(
                "A run over {} by {} is in progress on {} since {}; wait until it has "
                "ended, or end it.",
                root.resolve().name,
                other.person,
                other.host,
                other.since_text,
            ) from error
        claims.take_over(RUN)
