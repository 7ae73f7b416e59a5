"""Result of a recovery: what was brought back, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from skelseg_core.project.project import Project


@dataclass(frozen=True)
class RecoveredEdits:
    """Result of opening a project: its value with recovered edits, and notes on them.

    Parameters
    ----------
    project : Project
        With the edits that were brought back.
    on_disk : Project
        As the project's files are: equal to ``project`` where these could be written.
    n_edits : int
        How many edits were brought back.
    notes : tuple of str
        Sentences on what was kept where, and on what could not be brought back.
    videos : tuple of str
        Ids of the videos that the edits changed.
    """

    project: Project
    on_disk: Project
    n_edits: int = 0
    notes: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
