"""Claim: who labels a video, since when, and whether that process still runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.file_names import printable
from skelseg_core.process_identity import HIDDEN, computer_id, process_start

BEAT_S = 30.0
"""Seconds between two touches of the claims that a session holds."""
SILENT_S = 4 * BEAT_S
"""Seconds without a touch from which on it is said when the last one was."""
SESSIONS: set[str] = set()
"""Sessions of this process that hold or may take claims."""


@dataclass(frozen=True)
class Claim:
    """Say who labels a video, and since when.

    Parameters
    ----------
    video_id, host, person, session : str
        Empty where the file cannot be read; ``host`` is a name to show.
    computer : str
        As `computer_id` gives it.
    pid, started : int, str
        The process and its `process_start`.
    since : str
        Moment of taking by the clock of that computer, in ISO 8601; to be shown.
    silent_s : float
        Seconds since the file was touched, as far as this computer can tell; to be
        shown.
    no_answer : str
        Why the disk does not say who it is; empty where it does.
    """

    video_id: str
    host: str = ""
    computer: str = ""
    pid: int = 0
    started: str = ""
    person: str = ""
    session: str = ""
    since: str = ""
    silent_s: float = 0.0
    no_answer: str = ""

    @property
    def is_dead(self) -> bool:
        """Tell whether its process is known to run no more."""
        if self.computer != computer_id():
            return False
        if self.pid == os.getpid() and self.started == process_start(self.pid):
            return self.session not in SESSIONS
        return process_start(self.pid) not in (self.started, HIDDEN)

    @property
    def since_text(self) -> str:
        """Return when it was taken, in local time: with the date where not today."""
        try:
            then = datetime.fromisoformat(self.since).astimezone()
        except (ValueError, OverflowError, OSError):
            return "?"
        today = then.date() == datetime.now().astimezone().date()
        return then.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")

    def __str__(self) -> str:
        """Write who labels the video, as part of a sentence."""
        if not self.session:
            return "being labelled by a person whose claim cannot be read"
        text = f"being labelled on {self.host} by {self.person} since {self.since_text}"
        if self.silent_s < SILENT_S:
            return text
        n, unit = in_units(self.silent_s)
        return f"{text} (last sign {n} {unit}{'' if n == 1 else 's'} ago)"


class ClaimedError(ProjectError):
    """A video that somebody else labels now."""

    def __init__(self, claim: Claim, title: str = "") -> None:
        super().__init__(
            "{} is {}; wait until it is released, or take it over in the window.",
            title or claim.video_id,
            claim,
        )
        self.claim = claim


class NoClaimError(ProjectError):
    """A folder where no claim can be made; ``read_only`` where nothing can be."""

    def __init__(self, folder: Path, why: object, read_only: bool = False) -> None:
        text = (
            "Others cannot see what you label: {} cannot be written ({}); work alone "
            "on this project until that is fixed."
        )
        if read_only:
            text = (
                "{} cannot be written ({}), so nothing can be labelled here; copy "
                "the project to a folder that you can write."
            )
        super().__init__(text, printable(folder), why)
        self.read_only = read_only


def in_units(seconds: float) -> tuple[int, str]:
    """Round a duration down to whole days, hours or minutes."""
    for unit, size in (("day", 86400), ("hour", 3600)):
        if seconds >= size:
            return int(seconds // size), unit
    return int(seconds // 60), "minute"
