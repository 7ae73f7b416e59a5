"""Widgets for docks: a search field, a combo box, and the message of an empty dock.

Letters are commands of the window; these widgets take the keys they need.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.kit.labels import Label

_EDGE_PX = 12


class FindField(QLineEdit):
    """Search while typing; Escape clears and then leaves, Down goes to the list."""

    left = Signal()
    down = Signal()

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = placeholder
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        taken = self.fontMetrics().horizontalAdvance(self._wanted) + 2 * _EDGE_PX
        fits = taken <= self.width()
        self.setPlaceholderText(self._wanted if fits else self.tr("Find"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        elif event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)


class ChoiceBox(QComboBox):
    """A combo box with few items that is usable by keyboard."""

    def __init__(
        self, name: str, texts: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.addItems(list(texts))
        self.setAccessibleName(name)
        self.setToolTip(name)
        # In a narrow dock it shrinks, because the search field needs the room more.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(64)


class EmptyState(QWidget):
    """A sentence about what an empty dock will show, and a button to add that."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = Label()
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.clicked.connect(self.clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addStretch()
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()

    def say(self, text: str, action: str) -> None:
        """Set the sentence and the text of the button; without one it is hidden."""
        self.text.setText(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
