"""The status bar's text on saving: saved since when, saving, or not saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QToolButton, QWidget

from app.kit import theme
from app.state.document import Document


class SavedView(QToolButton):
    """Show if all edits are saved; a click opens the folder of the project."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._failed, self._key = False, ""
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.show_folder)
        document.changed.connect(self._on_changed)
        document.saving.connect(lambda: self._say(self.tr("Saving…")))
        document.saved.connect(self._on_saved)
        document.save_failed.connect(self._on_failed)
        self._say(self.tr("Saved"))

    def show_folder(self) -> None:
        """Open the folder of the project in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._document.folder.root)))

    def _on_changed(self, _: object) -> None:
        # A failure stays shown until a save succeeds.
        if not self._failed:
            self._say(self.tr("Saving…"))

    def _on_saved(self, at: str) -> None:
        self._failed = False
        if self._document.unsaved:
            self._say(self.tr("Saving…"))
        else:
            self._say(self.tr("Saved {}").format(at))

    def _on_failed(self) -> None:
        self._failed = True
        again = self.tr("Not saved: {} tries again").format(self._key)
        self._say(again if self._key else self.tr("Not saved"), "error")

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
            "Every edit is in the journal at once, and in the project's files a second "
            "later.\nClick to show the folder: {}"
        )
        self.setToolTip(kept.format(self._document.folder.root))
