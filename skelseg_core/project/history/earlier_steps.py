"""Earlier steps: what can be undone of the sessions before, by their journals.

A record says what was there before, so a step is taken back on any project that still
has what the step made. Where somebody else changed that since, the step is left out,
and so are those before it that made something of the same part.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recorded_session import (
    VERSION,
    RecordedSession,
    read_session,
)
from skelseg_core.project.history.session_journals import (
    closed_sessions,
    is_other_folder,
)
from skelseg_core.project.part_changes import ORDERS, DoesNotFit, changed, taken_back
from skelseg_core.project.parts import value_of
from skelseg_core.project.project import Project

MOST_STEPS = 500
"""Steps of earlier sessions that can be undone: more than a person goes back."""
MOST_BYTES = 8_000_000
"""Bytes of journals that are read for them, beside those of the last session: a second
in a thread of its own."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EarlierStep:
    """A step of a session before.

    Parameters
    ----------
    id : str
        Of its record in a journal.
    text : str
        As in the history.
    at_s : float
        When it was made, in seconds since 1970.
    changes : tuple of (str, Mapping)
        Parts that it changed and how, in order.
    """

    id: str
    text: str
    at_s: float
    changes: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class EarlierSteps:
    """Steps of the sessions before, oldest first.

    Parameters
    ----------
    done : tuple of EarlierStep
        Can be undone, from the last one on.
    undone : tuple of EarlierStep
        Can be made again, from the first one on.
    n_changed : int
        Steps that are left out because somebody else changed what they had made.
    files : tuple of Path
        Of the sessions.
    """

    done: tuple[EarlierStep, ...] = ()
    undone: tuple[EarlierStep, ...] = ()
    n_changed: int = 0
    files: tuple[Path, ...] = ()


@dataclass
class _History:
    """The undo stack, as the sessions before left it."""

    steps: list[EarlierStep] = field(default_factory=list)
    index: int = 0

    def add(self, record: Mapping[str, Any], step_id: str) -> None:
        """Follow one record."""
        changes = tuple(record["parts"].items())
        if "undone" in record:
            self.index = self._place(str(record["undone"]), self.index)
        elif "redone" in record:
            self.index = self._place(str(record["redone"]), self.index - 1) + 1
        elif record.get("grows") and self.index:
            n = self._place(str(record["grows"]), self.index - 1)
            step = self.steps[n]
            self.steps[n] = replace(step, changes=(*step.changes, *changes))
            del self.steps[self.index :]
        else:
            text, at_s = str(record["text"]), float(record.get("t", 0))
            self.steps[self.index :] = [EarlierStep(step_id, text, at_s, changes)]
            self.index += 1

    def _place(self, step_id: str, otherwise: int) -> int:
        """Find a step by its id."""
        for n in range(len(self.steps) - 1, -1, -1):
            if self.steps[n].id == step_id:
                return n
        return otherwise


def earlier_steps(
    folder: ProjectFolder, project: Project, journal: Journal
) -> EarlierSteps:
    """Collect the steps of earlier sessions that can be taken back or made again.

    Parameters
    ----------
    folder : ProjectFolder
    project : Project
        As it was opened.
    journal : Journal
        Of the session that begins.
    """
    history = _History()
    try:
        sessions = _sessions(folder, project, journal)
        for session in sessions:
            for record in session.records:
                history.add(record, f"{session.path.stem}:{record['n']}")
        files = tuple(session.path for session in sessions)
        return replace(_possible(project, history), files=files)
    except Exception:
        # A journal may be damaged in more ways than can be named, or go meanwhile.
        _log.warning("the history of earlier sessions was not read", exc_info=True)
        return EarlierSteps()


def _sessions(
    folder: ProjectFolder, project: Project, journal: Journal
) -> list[RecordedSession]:
    """Read the sessions that were closed, the newest ones as far as there is room."""
    found: list[RecordedSession] = []
    size = n_records = 0
    elsewhere: dict[Path | None, bool] = {}
    for path in reversed(closed_sessions(journal)):
        size += path.stat().st_size
        # The last session is read however large: a restored backup may be in it.
        if (size > MOST_BYTES and found) or n_records > 2 * MOST_STEPS:
            break
        session = read_session(path)
        if any(record["v"] != VERSION for record in session.records):
            break
        place = session.place
        if place not in elsewhere:
            elsewhere[place] = is_other_folder(place, folder, project.uuid)
        if not elsewhere[place]:
            found.append(session)
            n_records += len(session.records)
    return found[::-1]


def _possible(project: Project, history: _History) -> EarlierSteps:
    """Leave out the steps that touch what somebody else has changed."""
    done: list[EarlierStep] = []
    values: dict[str, Any] = {}
    others: set[str] = set()
    steps = history.steps[: history.index][-MOST_STEPS:]
    for step in reversed(steps):
        parts = {part for part, _ in step.changes if part not in ORDERS}
        try:
            if parts & others:
                raise DoesNotFit("{} has changed.", step.text)
            _follow(project, values, _backwards(step))
        except DoesNotFit:
            others |= parts
        else:
            done.append(step)
    undone: list[EarlierStep] = []
    values = {}
    for step in history.steps[history.index :][:MOST_STEPS]:
        try:
            _follow(project, values, step.changes)
        except DoesNotFit:
            break
        undone.append(step)
    return EarlierSteps(tuple(done[::-1]), tuple(undone), len(steps) - len(done))


def _backwards(step: EarlierStep) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return [(part, taken_back(change)) for part, change in reversed(step.changes)]


def _follow(
    project: Project,
    values: dict[str, Any],
    changes: Iterable[tuple[str, Mapping[str, Any]]],
) -> None:
    """Make changes of the values of parts, all of them or none."""
    new: dict[str, Any] = {}
    for part, change in changes:
        if part not in new:
            new[part] = values[part] if part in values else value_of(project, part)
        new[part] = changed(part, new[part], change)
    values.update(new)


def followed_back(
    project: Project, values: dict[str, Any], step: EarlierStep, back: bool
) -> None:
    """Take a step of an earlier session back in the values of parts, or make it again.

    Raises
    ------
    DoesNotFit
        Where somebody changed meanwhile what it had made.
    """
    _follow(project, values, _backwards(step) if back else step.changes)
