"""History that Save as takes along: the steps of a project, in the copy's journals.

The copy is a project of its own, with journals of its own. It gets the sessions of the
project that it was made of, as sessions that were saved: they can be undone there,
after a restart too, and the project that stays keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from skelseg_core.errors import ProjectError
from skelseg_core.project.earlier_steps import EarlierStep
from skelseg_core.project.journal_file import write_session
from skelseg_core.project.part_changes import entry_of_part
from skelseg_core.project.recorded_session import RecordedSession, read_session
from skelseg_core.project.save_as import SavedAs

_SAID = ("v", "n", "text", "t", "grows", "aside", "undone", "redone")
"""Keys of a record of the journal that are carried along beside changes of parts."""


def carry_history(files: Iterable[Path], made: SavedAs, to: Path) -> tuple[Path, ...]:
    """Write the sessions of a project for its copy; asks nothing of the old folder.

    Parameters
    ----------
    files : iterable of Path
        Of the sessions; one that is not there is left out.
    made : SavedAs
    to : Path
        Folder of the copy's journals.

    Returns
    -------
    tuple of Path
        The files that were written.

    Raises
    ------
    ProjectError
        Where one cannot be read or written.
    """
    there = [path for path in files if path.exists()]
    try:
        to.mkdir(parents=True, exist_ok=True)
        for path in there:
            write_session(to / path.name, _lines(read_session(path), made))
    except OSError as error:
        raise ProjectError(
            "The history of earlier sessions could not be taken along ({}): after a "
            "restart only the steps from now on can be undone.",
            error.strerror or error,
        ) from error
    return tuple(to / path.name for path in there)


def _lines(session: RecordedSession, made: SavedAs) -> Iterator[Mapping[str, Any]]:
    last = 0
    for record in session.records:
        parts = record["parts"]
        moved = {p: _moved(p, change, made.move_path) for p, change in parts.items()}
        yield {k: record[k] for k in _SAID if k in record} | {"parts": moved}
        last = record["n"]
    yield {"saved": last, "closed": True}


def moved_step(step: EarlierStep, move: Callable[[str], str]) -> EarlierStep:
    """Give a step the paths of videos as they are from another folder."""
    changes = ((part, _moved(part, change, move)) for part, change in step.changes)
    return replace(step, changes=tuple(changes))


def _moved(
    part: str, change: Mapping[str, Any], move: Callable[[str], str]
) -> Mapping[str, Any]:
    if entry_of_part(part) is None:
        return change
    if "fields" not in change:
        return {k: _moved_entry(v, move) for k, v in change.items()}
    fields = change["fields"]
    if "path" not in fields:
        return change
    path = {k: move(v) for k, v in fields["path"].items()}
    return {"fields": {**fields, "path": path}}


def _moved_entry(entry: Any, move: Callable[[str], str]) -> Any:
    return {**entry, "path": move(entry["path"])} if isinstance(entry, dict) else entry
