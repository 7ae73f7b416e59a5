"""Tell what training needs: PyTorch, how large it is, and the lines that install it."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.kit.labels import Label
from app.views.fields import CopiedLine
from skelseg_core.module_commands import in_bundle
from skelseg_core.torch_tools.needed import ADDRESS, install_line


class TorchNeeded(QDialog):
    """Say what PyTorch is for; each line can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Training needs PyTorch"))
        self.lines: list[QLineEdit] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(20, 20, 20, 16)
        self._layout.setSpacing(12)
        if in_bundle():
            self._say(
                self.tr(
                    "PyTorch trains networks, and this folder of programs cannot have "
                    "it. Poses, review, export, and pre-labels of most trained models "
                    "do without it. To train, install skelseg by pip or uv, with its "
                    "extra train. It opens the same projects."
                )
            )
        else:
            self._offer_lines()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self._layout.addWidget(buttons)
        self.resize(800, self.sizeHint().height())

    def _offer_lines(self) -> None:
        self._say(
            self.tr(
                "PyTorch trains networks, and it is not installed. Poses, review, "
                "export, and pre-labels of most trained models do without it. Run one "
                "of these lines in a terminal, then train again."
            )
        )
        # What plain pip brings differs by system; there is no CUDA on a Mac.
        linux, mac = sys.platform.startswith("linux"), sys.platform == "darwin"
        self._offer(
            self.tr("For any computer: 0.2 GB to download, 0.8 GB on disk"),
            install_line(elsewhere=linux),
        )
        if not mac:
            self._offer(
                self.tr("For a card of NVIDIA's: 3 GB to download, 5 GB on disk"),
                install_line(elsewhere=not linux),
            )
            text = self.tr("{} is in the line that PyTorch's page Start Locally gives.")
            self._say(text.format(ADDRESS))

    def _say(self, text: str) -> None:
        label = Label(text)
        label.setWordWrap(True)
        self._layout.addWidget(label)

    def _offer(self, title: str, line: str) -> None:
        copied = CopiedLine(title)
        copied.set_line(line)
        self._say(title)
        self._layout.addWidget(copied)
        self.lines.append(copied.field)
