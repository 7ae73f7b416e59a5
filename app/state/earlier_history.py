"""Hold what is known of earlier sessions: their steps."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kit.threads import begin
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.earlier_steps import EarlierSteps, earlier_steps
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recovered_edits import RecoveredEdits
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

    def put_below(self, found: EarlierSteps) -> None: ...


class EarlierHistory(QObject):
    """Read the history of earlier sessions.

    ``left_out`` is the number of steps that are not offered because somebody else
    changed what they had made, ``files`` are those of the sessions.
    """

    _read = Signal(object)

    def __init__(self, document: Owner, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self.left_out = 0
        self.files: tuple[Path, ...] = ()
        self.videos: tuple[str, ...] = ()
        self._wanted = True
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    def begin(self, found: RecoveredEdits) -> None:
        """Note what recovery found, and read in a thread what can be undone."""
        self.videos = found.videos
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
