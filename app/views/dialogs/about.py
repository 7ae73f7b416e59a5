"""Show which version this is, what it is made of, and under which licences."""

from __future__ import annotations

import platform
from collections.abc import Callable

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import Label
from app.kit.licences import parts_and_licences
from app.kit.problem_details import copy_details
from skelseg_core import __version__

_TEXT = int(Qt.ItemDataRole.UserRole)


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
        self.names = QListWidget()
        self.names.setSpacing(3)
        self.names.setAccessibleName(self.tr("Parts"))
        self.names.currentItemChanged.connect(self._on_chosen)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Licence"))
        parts = QSplitter()
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.names)
        parts.addWidget(self.text)
        parts.setStretchFactor(1, 1)
        parts.setSizes([240, 560])
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.copy = buttons.addButton(self.tr("Copy details"), role)
        self.copy.clicked.connect(lambda: copy_details())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addWidget(parts, 1)
        layout.addWidget(buttons)
        self.resize(960, 600)
        for name, read in parts_and_licences():
            self._add(name, read)
        self.names.setCurrentRow(0)

    def _add(self, name: str, read: Callable[[], str]) -> None:
        """List a part; its licence is read once it is chosen."""
        item = QListWidgetItem(name)
        item.setData(_TEXT, read)
        self.names.addItem(item)

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.text.setPlainText(item.data(_TEXT)())


def show_about(parent: QWidget) -> None:
    """Show the dialog."""
    dialog = AboutDialog(parent)
    dialog.exec()
    dialog.deleteLater()
