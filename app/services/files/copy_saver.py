"""Save a copy of the project, and say where saving the project fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.notices import SAVE, Notices
from app.kit.threads import begin
from app.services.after_save import AfterSave
from app.services.jobs import Job, Jobs
from app.state.document import Document
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.copies.stray_files import remove_strays
from skelseg_core.said import listed

READ_ONLY = "read only"
HELPS = ("save", "save-copy")
"""Commands that help where a project is not saved."""


class CopySaver(QObject):
    """Save copies of the project; tell once what keeps it from being saved."""

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

    def save_copy(self, target: Path, models: bool) -> Job:
        """Save a copy of the project in a new or empty folder, in a thread."""
        document = self._document
        task = save_copy(document.folder, document.project, target, models)

        def tell(left_out: tuple[str, ...]) -> None:
            text = self.tr("A copy of the project is in {}. You continue in {}.")
            self._notices.say(text.format(target, document.folder.root))
            if left_out:
                lacks = self.tr(
                    "The copy lacks what could not be read, or is a link out of the "
                    "folder: {}. Copy it by hand, or make it again."
                )
                self._notices.warn(lacks.format(listed(left_out)))

        return self._jobs.start(self.tr("Save a copy"), task, tell)

    def remove_strays(self) -> None:
        """Remove what writes that were cut off have left, in a thread."""
        if not self._document.read_only:
            begin(partial(remove_strays, self._document.folder.root), "strays")

    def show_read_only(self) -> None:
        """Say that the project can only be read, where that is so."""
        if self._document.read_only:
            # What a newer skelseg wrote cannot be written anew.
            helps = "" if self._document.folder.read_only else "save-copy"
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
