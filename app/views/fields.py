"""Small widgets: a search field, a combo box, a line to copy, an empty dock.

Letters are commands of the window; these widgets take the keys they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QScrollArea,
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

    def __init__(self, placeholder: str) -> None:
        super().__init__()
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


class ScrolledDown(QScrollArea):
    """Scroll a widget up and down; never narrower than it and the scroll bar."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(widget)
        self._inside = widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        wide = self._inside.minimumSizeHint().width() + bar
        return QSize(wide, super().minimumSizeHint().height())


def resize_columns(header: QHeaderView, widths: Iterable[tuple[int, int]]) -> None:
    """Give columns these pixels, or more where their titles need more."""
    for column, width in widths:
        header.resizeSection(column, max(width, header.sectionSizeHint(column)))


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


class CopiedLine(QWidget):
    """A line for a terminal, and a button that copies it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self.copy = QLineEdit(), QPushButton(self.tr("Copy"))
        self.field.setReadOnly(True)
        self.field.setAccessibleName(title)
        fixed = QFontDatabase.SystemFont.FixedFont
        self.field.setFont(QFontDatabase.systemFont(fixed))
        self.copy.setAccessibleName(f"{self.copy.text()}: {title}")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.field.text())
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field, 1)
        row.addWidget(self.copy)

    def set_line(self, line: str) -> None:
        """Show this line from its beginning."""
        self.field.setText(line)
        self.field.setCursorPosition(0)


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
