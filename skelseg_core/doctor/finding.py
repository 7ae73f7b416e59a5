"""Findings of a check: what is wrong, where, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from skelseg_core.project.copies.stray_files import set_aside
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.said import Said
from skelseg_core.video.index import load_index
from skelseg_core.video.times import FrameTimes

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Fix:
    """A change that would end a finding: of the project's value, or of files.

    Parameters
    ----------
    text : str
        What it does, as an order: "Move the file to 'set-aside'".
    edit : callable, optional
        Of the project; it is saved, and undone, like any other edit.
    run : callable, optional
        Of files. It deletes nothing that cannot be made again.
    """

    text: str
    edit: Callable[[Project], Project] | None = None
    run: Callable[[], None] | None = None


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
        Video that it is about; empty where it is about the project.
    start, stop : int
        Frames that it is about, half-open; both 0 where it is about no frames.
    fix : Fix, optional
    """

    check: str
    severity: Severity
    text: str
    video_id: str = ""
    start: int = 0
    stop: int = 0
    fix: Fix | None = None

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, for ``skelseg doctor --json``."""
        return {
            "check": self.check,
            "severity": self.severity,
            "text": self.text,
            "video": self.video_id or None,
            "frames": [self.start, self.stop] if self.stop else None,
            "fix": None if self.fix is None else self.fix.text,
        }


@dataclass(frozen=True)
class Case:
    """A project that is examined: its folder, and its value where it can be read."""

    folder: ProjectFolder
    project: Project
    _times: dict[str, FrameTimes] = field(default_factory=dict, repr=False)

    def times(self, item: VideoItem) -> FrameTimes:
        """Return the times of a video's frames; even ones where they are not known.

        The table of frames is that which `frame_contract` has read.
        """
        if item.id not in self._times:
            self._times[item.id] = self._read_times(item) or item.even_times
        return self._times[item.id]

    def _read_times(self, item: VideoItem) -> FrameTimes | None:
        if not item.has_video:
            return None
        index = load_index(self.folder.video_path(item, self.project.media_roots))
        if index is None or index.n_frames != item.n_frames:
            return None
        return index.frame_times


Check = Callable[[Case], Iterator[Finding]]


def moved_away(folder: ProjectFolder, path: Path) -> Fix:
    """Make the fix that sets a file of a project aside."""
    move = partial(set_aside, folder.root, path)
    return Fix(Said("Move {} away", path.name), run=move)
