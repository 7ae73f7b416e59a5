"""KeySheet: all keys at a glance, in a window that may stay open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme

Row = tuple[str, str, str]
COLUMN = 296


class KeySheet(QWidget):
    """Shows menu, text and keys of all that has a key; typing leaves some of them."""

    def __init__(
        self,
        parent: QWidget,
        rows: Callable[[], Sequence[Row]],
        change: Callable[[], object],
    ) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self._rows = rows
        self.setWindowTitle(self.tr("Keys"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find a command or a key"))
        self.field.setAccessibleName(self.tr("Find a command or a key"))
        self.field.setToolTip(self.tr("A part of a name, or a key such as Ctrl"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.refresh)
        button = QPushButton(self.tr("Change keys…"))
        button.setToolTip(self.tr("Choose other keys, or those of another program"))
        button.clicked.connect(change)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.field, 1)
        head.addWidget(button)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setAccessibleName(self.tr("Keys"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        self._columns = 0
        room = self.screen().availableSize()
        self.resize(
            min(3 * COLUMN + 80, room.width() - 80), min(720, room.height() - 120)
        )

    def open(self) -> None:
        """Show all keys as they are now."""
        self.field.clear()
        self.show()
        self.refresh()
        self.raise_()
        self.activateWindow()
        self.field.setFocus()

    def refresh(self) -> None:
        """Show the keys anew, without those that do not fit what was typed."""
        wanted = self.field.text().lower().split()
        rows = [
            row
            for row in self._rows()
            if all(w in " ".join(row).lower() for w in wanted)
        ]
        self._columns = self._room()
        self._area.setWidget(_sheet(rows, self._columns, self.tr("No key fits.")))

    def _room(self) -> int:
        return max(1, self._area.viewport().width() // COLUMN)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible() and self._room() != self._columns:
            self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


def _sheet(rows: Sequence[Row], n_columns: int, nothing: str) -> QWidget:
    """The rows by menu in columns of about one height; no menu is divided."""
    sheet, colours = QWidget(), theme.current()
    sheet.setStyleSheet(
        f"QLabel[part='menu'] {{ font-weight: 600; color: {colours.dim}; }}"
        f"QLabel[part='key'] {{ background: {colours.raised}; border: 1px solid"
        f" {colours.line}; border-radius: 4px; padding: 0px 6px; }}"
    )
    layout = QHBoxLayout(sheet)
    layout.setContentsMargins(0, 0, 12, 0)
    layout.setSpacing(32)
    if not rows:
        layout.addWidget(QLabel(nothing), 0, Qt.AlignmentFlag.AlignTop)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    for column in _columns(groups, n_columns):
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(0, 1)
        for menu in column:
            _add_group(grid, menu, groups[menu])
        grid.setRowStretch(grid.rowCount(), 1)
        layout.addLayout(grid, 1)
    return sheet


def _columns(groups: dict[str, list[Row]], n: int) -> list[list[str]]:
    """The menus in their order, divided where the columns come out most equal."""
    heights = {menu: len(rows) + 2 for menu, rows in groups.items()}
    limit = max([*heights.values(), -(-sum(heights.values()) // n)], default=0)
    while True:
        columns: list[list[str]] = [[]]
        filled = 0
        for menu, height in heights.items():
            if filled and filled + height > limit:
                columns.append([])
                filled = 0
            columns[-1].append(menu)
            filled += height
        if len(columns) <= n:
            return columns
        limit += 1


def _add_group(grid: QGridLayout, menu: str, rows: Sequence[Row]) -> None:
    title = QLabel(menu)
    title.setProperty("part", "menu")
    grid.addWidget(title, grid.rowCount(), 0, 1, 2)
    for _, text, keys in rows:
        row = grid.rowCount()
        name = QLabel(text)
        name.setWordWrap(True)
        grid.addWidget(name, row, 0)
        caps = QHBoxLayout()
        caps.setSpacing(4)
        caps.addStretch()
        for key in keys.split(", "):
            cap = QLabel(key)
            cap.setProperty("part", "key")
            caps.addWidget(cap)
        grid.addLayout(caps, row, 1)
    grid.setRowMinimumHeight(grid.rowCount(), 12)
