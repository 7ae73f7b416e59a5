"""Show which version this is, what it is made of, and under which licences."""

from __future__ import annotations

import platform

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from app.kit.labels import Label
from app.views.dialogs.named_texts import NamedTexts
from skelseg_core import __version__
from skelseg_core.tasks.made_of import made_of


class AboutDialog(QDialog):
    """Name the version, and list the parts with their licences and texts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About and licences"))
        text = self.tr(
            "skelseg {} (Python {}, Qt {}) is free under Apache-2.0. These are its "
            "parts, with their licences."
        )
        about = Label(text.format(__version__, platform.python_version(), qVersion()))
        about.setWordWrap(True)
        self.parts = NamedTexts()
        self.parts.names.setAccessibleName(self.tr("Parts"))
        self.parts.text.setAccessibleName(self.tr("Licence"))
        self.parts.fill(made_of())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addWidget(self.parts, 1)
        layout.addWidget(buttons)
        self.resize(960, 600)


def show_about(parent: QWidget) -> None:
    """Show the dialog."""
    dialog = AboutDialog(parent)
    dialog.exec()
    dialog.deleteLater()
