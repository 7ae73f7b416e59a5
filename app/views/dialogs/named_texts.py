"""List of named texts, with the chosen one beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QWidget,
)

_TEXT = int(Qt.ItemDataRole.UserRole)


class NamedTexts(QSplitter):
    """A list of texts, and the one that is chosen in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = QListWidget()
        self.names.setSpacing(3)
        self.names.currentItemChanged.connect(self._on_chosen)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setChildrenCollapsible(False)
        self.addWidget(self.names)
        self.addWidget(self.text)
        self.setStretchFactor(1, 1)
        self.setSizes([240, 560])

    def fill(self, texts: Iterable[tuple[str, Callable[[], str]]]) -> None:
        """List texts by name, to be read when they are chosen; the row stays chosen."""
        row = max(0, self.names.currentRow())
        self.names.clear()
        for name, text in texts:
            item = QListWidgetItem(name)
            item.setData(_TEXT, text)
            self.names.addItem(item)
        self.names.setCurrentRow(min(row, self.names.count() - 1))

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.text.setPlainText(item.data(_TEXT)())
