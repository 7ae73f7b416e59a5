"""Take in what others wrote into the files of an open project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.kit.language import in_language
from app.kit.threads import run_in_thread_and_wait
from app.state.change import Change
from skelseg_core.errors import SkelsegError
from skelseg_core.project.changes_by_others import OutsideChange, TakenIn, take_in
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project

SOON_MS = 50
"""Milliseconds until labels of others are shown where an edit is being recorded."""
T = TypeVar("T")


class Alone:
    """Run work in a thread that writes; no edit and no save comes between."""

    busy = False

    def run(self, work: Callable[[], T]) -> T:
        """Wait for the thread, and return what it made."""
        self.busy = True
        try:
            return run_in_thread_and_wait(work)
        finally:
            self.busy = False


class TakingIn(QObject):
    """Take in what others wrote, one change after the other.

    Signals ``taken`` with the `TakenIn`, the `Change` to show, and the paths where ours
    is kept beside theirs; ``failed`` with a sentence and, where the files were looked
    at, what they were known to hold.
    """

    taken = Signal(object, object, object)
    failed = Signal(str, object)

    def __init__(
        self,
        folder: ProjectFolder,
        project: Callable[[], Project],
        alone: Alone,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._folder, self._project, self._alone = folder, project, alone
        self._waiting: list[tuple[Project, Project, OutsideChange | None]] = []

    @property
    def busy(self) -> bool:
        """True while what others wrote is not shown yet."""
        return bool(self._waiting)

    def take_in(
        self, known: Project, theirs: Project, seen: OutsideChange | None = None
    ) -> None:
        """Show what others wrote; no step leads back.

        Parts of which an edit is in no file yet stay as they are, and what others wrote
        there is kept beside.

        Parameters
        ----------
        known, theirs : Project
            What the project's files were known to hold, and what they hold.
        seen : OutsideChange, optional
            Where they were read, which is noted as seen.
        """
        self._waiting.append((known, theirs, seen))
        self._take_next()

    def _take_next(self) -> None:
        if not self._waiting:
            return
        if self._alone.busy:
            QTimer.singleShot(SOON_MS, self, self._take_next)
            return
        known, theirs, seen = self._waiting[0]
        folder, shown = self._folder, self._project()
        try:
            # No save is under way that could end meanwhile, and none begins.
            found = self._alone.run(
                lambda: _taken_in(folder, shown, known, theirs, seen)
            )
        except SkelsegError as error:
            del self._waiting[0]
            self.failed.emit(in_language(error), None if seen is None else known)
        else:
            del self._waiting[0]
            self.taken.emit(*found)
        self._take_next()


def _taken_in(
    folder: ProjectFolder,
    shown: Project,
    known: Project,
    theirs: Project,
    seen: OutsideChange | None,
) -> tuple[TakenIn, Change, tuple[Path, ...]]:
    """Take in what others changed; their project.json is kept where ours is to stay."""
    taken = take_in(folder, shown, known, theirs)
    _ = taken.project.totals
    change = Change(shown, taken.project, changed_parts(shown, taken.project))
    if seen is None:
        # A save has read these files: what was edited meanwhile would replace them.
        for path in filter(None, map(folder.path_of_part, taken.mine)):
            folder.files.forget(path)
        return taken, change, ()
    return taken, change, seen.note_as_seen(folder, taken.project, taken.mine)
