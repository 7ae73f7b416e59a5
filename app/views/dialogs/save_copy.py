"""Ask for the folder of a copy of the project."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.kit.labels import Label
from app.kit.language import tr
from app.views.dialogs.ask_paths import ask_new
from app.views.dialogs.list_parts import accept_or_cancel, dialog_column


class SaveCopyDialog(QDialog):
    """Ask for a new folder, and whether the models go along."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Save a copy"))
        self.setMinimumWidth(560)
        text = Label(
            tr(
                "The project and unsaved edits are copied to a new folder. You "
                "continue here, and the videos stay where they are."
            )
        )
        text.setWordWrap(True)
        # In the person's own folder: the disk of the project may not answer.
        self.folder = QLineEdit(str(Path.home() / name))
        self.folder.setAccessibleName(tr("New folder"))
        choose = QPushButton(tr("Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(Label(tr("New folder")))
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        self.models = QCheckBox(tr("Copy the trained models too"))
        self.models.setChecked(True)
        self.buttons, self.ok = accept_or_cancel(self, tr("Save"))
        self.folder.textChanged.connect(
            lambda text: self.ok.setEnabled(bool(text.strip()))
        )
        layout = dialog_column(self)
        layout.addWidget(text)
        layout.addLayout(row)
        layout.addWidget(self.models)
        layout.addWidget(self.buttons)
        self.ok.setDefault(True)
        self.folder.setFocus()
        self.folder.selectAll()

    @property
    def target(self) -> Path:
        """Return the folder that was named."""
        return Path(os.path.expanduser(self.folder.text().strip()))

    def _choose(self) -> None:
        title = tr("New folder of the project")
        place = ask_new(self, title, self.folder.text())
        if place is not None:
            self.folder.setText(str(place))


def ask_save_copy(window: QWidget, name: str) -> tuple[Path, bool] | None:
    """Ask where to save, and whether with the models; None where cancelled."""
    dialog = SaveCopyDialog(name, window)
    accepted = dialog.exec()
    dialog.deleteLater()
    return (dialog.target, dialog.models.isChecked()) if accepted else None
