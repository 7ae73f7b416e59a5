"""Save the project into another folder, and say where saving fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.kit.language import in_language
from app.kit.notices import SAVE, Notices
from app.kit.threads import begin
from app.services.after_save import AfterSave
from app.services.jobs import Job, Jobs
from app.state.document import Document
from skelseg_core.errors import SkelsegError
from skelseg_core.project.copies.save_as import SavedAs, save_as
from skelseg_core.project.copies.stray_files import remove_strays

READ_ONLY = "read only"
HELPS = ("save", "save-as")
"""Commands that help where a project is not saved."""
SOON_MS = 50
"""Milliseconds until it goes on in the new folder, while an edit is being recorded."""


class ProjectSaver(QObject):
    """Save the project elsewhere; tell once what keeps it from being saved."""

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        after_save: AfterSave,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs = document, jobs
        self._after_save, self._notices = after_save, notices
        self._told = ""
        document.save_failed.connect(self._on_failed)
        document.saved.connect(self._on_saved)
        after_save.dropped.connect(self._on_dropped)

    def save_as(self, target: Path, models: bool) -> Job:
        """Copy the project to a new or empty folder and go on there, in a thread."""
        self._after_save.drop()
        document = self._document
        task = save_as(document.folder, document.project, target, models)
        return self._jobs.start(self.tr("Save as"), task, self._go_on)

    def _go_on(self, made: SavedAs) -> None:
        if self._document.is_busy:
            QTimer.singleShot(SOON_MS, self, lambda: self._go_on(made))
            return
        try:
            self._document.go_on_in(made)
        except SkelsegError as error:
            self._notices.warn(in_language(error))
            return
        self._notices.settle(SAVE)
        self._notices.settle(READ_ONLY)
        self.show_read_only()
        text = self.tr("The project is in {} now. The old folder did not change.")
        self._notices.say(text.format(made.folder.root))
        if note := made.note():
            self._notices.warn(note)

    def remove_strays(self) -> None:
        """Remove what writes that were cut off have left, in a thread."""
        if not self._document.read_only:
            begin(partial(remove_strays, self._document.folder.root), "strays")

    def show_read_only(self) -> None:
        """Say that the project can only be read, where that is so."""
        if self._document.read_only:
            # A copy of what a newer skelseg wrote could not be changed either.
            helps = "" if self._document.folder.read_only else "save-as"
            self._notices.warn(self._document.read_only, helps or None, about=READ_ONLY)

    def _on_failed(self, text: str) -> None:
        # It is tried again and again: whoever closed the message has read it.
        if text and text != self._told:
            self._told = text
            self._notices.warn(text, *HELPS, about=SAVE)

    def _on_dropped(self) -> None:
        self._notices.refuse(
            self.tr(
                "Not started: the project is not saved yet. Start it again once it is."
            )
        )

    def _on_saved(self, _: str) -> None:
        self._told = ""
        self._notices.settle(SAVE)
