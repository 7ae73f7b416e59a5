"""Findings of a check: what is wrong, where, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from skelseg_core.project.copies.stray_files import set_aside
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.said import Said

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Fix:
    """A change of files that would end a finding.

    Parameters
    ----------
    text : str
        What it does, as an order: "Move the file to 'set-aside'".
    run : callable
        It deletes nothing that cannot be made again.
    """

    text: str
    run: Callable[[], None]


@dataclass(frozen=True)
class Finding:
    """One thing that may be wrong.

    Parameters
    ----------
    check : str
        Name of the check, the same in every version: ``"frames"``.
    severity : str
        An ``error`` stops work or makes labels wrong, a ``warning`` may be one, a
        ``note`` is worth knowing.
    text : str
        One sentence: what, where, what to do.
    video_id : str
        Video or track that it is about; empty where it is about the project.
    fix : Fix, optional
    track : Mapping of str to str
        Video, tier and person, where it is about a track.
    """

    check: str
    severity: Severity
    text: str
    video_id: str = ""
    fix: Fix | None = None
    track: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, for ``skelseg doctor --json``."""
        return {
            "check": self.check,
            "severity": self.severity,
            "text": self.text,
            **{"video": self.video_id or None, **self.track},
            "fix": None if self.fix is None else self.fix.text,
        }


Check = Callable[[ProjectFolder, Project], Iterator[Finding]]


def moved_away(folder: ProjectFolder, path: Path) -> Fix:
    """Make the fix that sets a file of a project aside."""
    move = partial(set_aside, folder.root, path)
    return Fix(Said("Move {} away", path.name), run=move)
