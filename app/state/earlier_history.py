"""Hold what is known of earlier sessions: their steps, and edits of other folders."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance

from app.kit.language import in_language
from app.kit.threads import begin, run_in_thread_and_wait
from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.earlier_steps import EarlierSteps, earlier_steps
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recovered_edits import EditsElsewhere, RecoveredEdits
from skelseg_core.project.history.recovery import bring_in
from skelseg_core.project.history.session_journals import note_given
from skelseg_core.project.project import Project

AGAIN_MS = 50
"""Milliseconds until it is tried again to show the history, while an edit is made."""


class Owner(Protocol):
    """A document, as far as its history needs it."""

    folder: ProjectFolder
    journal: Journal

    @property
    def project(self) -> Project: ...

    @property
    def is_busy(self) -> bool: ...

    @property
    def problem(self) -> SignalInstance: ...

    @property
    def noted(self) -> SignalInstance: ...

    def apply(self, text: str, edit: Callable[[Project], Project]) -> bool: ...

    def put_below(self, found: EarlierSteps) -> None: ...


class EarlierHistory(QObject):
    """Read the history of earlier sessions; bring in edits of another folder.

    ``left_out`` is the number of steps that are not offered because somebody else
    changed what they had made, ``files`` are those of the sessions. ``elsewhere`` are
    edits that were not saved and belong to another folder of this project.
    """

    _read = Signal(object)

    def __init__(self, document: Owner, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self.left_out = 0
        self.files: tuple[Path, ...] = ()
        self.videos: tuple[str, ...] = ()
        self.elsewhere: tuple[EditsElsewhere, ...] = ()
        self._wanted = True
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    def begin(self, found: RecoveredEdits) -> None:
        """Note what recovery found, and read in a thread what can be undone."""
        self.videos, self.elsewhere = found.videos, found.elsewhere
        document = self._document
        folder, project, journal = document.folder, document.project, document.journal

        def read() -> None:
            steps = earlier_steps(folder, project, journal)
            # The window may be gone meanwhile.
            with suppress(RuntimeError):
                self._read.emit(steps)

        begin(read, "history")

    def _on_read(self, found: EarlierSteps) -> None:
        if self._wanted and self._document.is_busy:
            # The stack must not change under a step that is on its way.
            QTimer.singleShot(AGAIN_MS, self, lambda: self._on_read(found))
        elif self._wanted:
            self.left_out, self.files = found.n_changed, found.files
            self._document.put_below(found)

    def stop(self) -> None:
        """Show nothing that is read from now on."""
        self._wanted = False

    def bring_in(self, edits: EditsElsewhere) -> None:
        """Make the edits of another folder of this project here, as one step."""
        document = self._document
        folder, project = document.folder, document.project

        def edit(now: Project) -> Project:
            if now is not project:
                raise EditError("The project was edited meanwhile. Try again.")
            return merged

        try:
            merged, notes = run_in_thread_and_wait(
                lambda: bring_in(folder, project, edits.path)
            )
        except SkelsegError as error:
            document.problem.emit(in_language(error))
            return
        text = self.tr("Add edits of {}").format(edits.folder.name)
        if document.apply(text, edit):
            self.leave_there(edits)
            for note in notes:
                document.noted.emit(note)

    def leave_there(self, edits: EditsElsewhere) -> None:
        """Ask no more whether these edits are to be brought in."""
        note_given(edits.path, self._document.folder)
