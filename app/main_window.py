"""MainWindow: the frame around a desk; shown before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import QMainWindow

from app.curtain import Curtain

if TYPE_CHECKING:
    from app.desk import Desk
    from app.document import Document
    from app.foyer import Foyer
    from app.settings import Settings


class MainWindow(QMainWindow):
    """The window; it shows a still picture until `fill` puts a desk into it."""

    def __init__(self, settings: Settings, still: QImage | None = None) -> None:
        super().__init__()
        self._settings = settings
        self.desk: Desk | None = None
        self.foyer: Foyer | None = None
        self.setWindowTitle("skelseg")
        room = self.screen().availableSize()
        self.resize(QSize(1440, 900).boundedTo(room))
        geometry = settings.layout("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.setCentralWidget(Curtain(still))

    def fill(self, document: Document) -> Desk:
        """Put the desk of an open project into the window."""
        from app.desk import Desk

        self.desk = Desk(self, document, self._settings)
        self.setWindowTitle(f"{document.project.name} – skelseg")
        return self.desk

    def welcome(self) -> Foyer:
        """Put the start page into the window."""
        from app.foyer import Foyer

        self.foyer = Foyer(self, self._settings)
        return self.foyer

    def warn(self, text: str) -> bool:
        """Say what went wrong in the window's bar; False where it has none yet."""
        inside = self.foyer if self.desk is None else self.desk.panels
        if inside is not None:
            inside.messages.warn(text)
        return inside is not None

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.desk is not None:
            self.desk.close()
            self.desk = None
        if self.foyer is not None:
            self.foyer.close()
            self.foyer = None
        event.accept()
