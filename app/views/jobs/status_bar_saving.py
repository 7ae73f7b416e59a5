"""The top row's text on saving: saved since when, saving, or not saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QToolButton

from app.kit import theme
from app.kit.labels import plain_tip
from app.state.document import Document

REASON_CHARACTERS = 48
"""Longest reason that is shown in the top row; the tooltip has all of it."""


class SavedView(QToolButton):
    """Show if all edits are saved; a click opens the folder of the project.

    That saving fails, and why, stays there until all of it is saved.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._failed, self._key = False, ""
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.show_folder)
        document.changed.connect(self._on_saving)
        document.saving.connect(self._on_saving)
        document.saved.connect(self._on_saved)
        document.save_failed.connect(self._on_failed)
        self._say(self.tr("Saved"))
        self._say_read_only()

    def show_folder(self) -> None:
        """Open the folder of the project in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._document.folder.root)))

    def _on_saving(self) -> None:
        if not self._failed:
            self._say(self.tr("Saving…"))

    def _on_saved(self, at: str) -> None:
        self._failed = False
        if self._document.unsaved:
            self._say(self.tr("Saving…"))
        else:
            self._say(self.tr("Saved {}").format(at))
        self._say_read_only()

    def _say_read_only(self) -> None:
        if self._document.read_only:
            self._say(self.tr("Read only"), "warn")

    def _on_failed(self) -> None:
        self._failed = True
        reason = self._document.saver.reason
        if len(reason) > REASON_CHARACTERS:
            reason = reason[: REASON_CHARACTERS - 1] + "…"
        text = self.tr("NOT SAVED")
        if reason:
            text = self.tr("NOT SAVED ({})").format(reason)
        if self._key and not self._document.saver.running:
            text = self.tr("{}: press {} to try again").format(text, self._key)
        self._say(text, "error")

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the key of the command that saves."""
        self._key = keys("save")
        if self._failed:
            self._on_failed()

    def _say(self, text: str, tone: str = "dim") -> None:
        theme.set_tone(self, tone)
        self.setText(text)
        self.setAccessibleName(text)
        kept = self.tr(
            "Every edit is in the journal at once and in the project's files a second "
            "later.\nClick to show the folder: {}"
        ).format(self._document.folder.root)
        if self._failed:
            trouble = self._document.saver.trouble
            again = self.tr("The program keeps trying to save.")
            kept = f"{trouble}\n{again}\n\n{kept}"
        self.setToolTip(plain_tip(kept))
