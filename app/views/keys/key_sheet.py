"""The key sheet: a window that lists all keys by menu, with a search field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.painting import painting

Row = tuple[str, str, str]
COLUMN_PX, COLUMN_GAP_PX = 296, 32


class KeySheet(QWidget):
    """List menu, text and keys of everything that has a key; filter while typing."""

    def __init__(
        self,
        parent: QWidget,
        rows: Callable[[], Sequence[Row]],
        change: Callable[[], object],
    ) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self._rows = rows
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find a command or a key"))
        self.field.setAccessibleName(self.tr("Find a command or a key"))
        self.field.setToolTip(self.tr("Part of a name or a key such as Ctrl"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._on_text)
        button = QPushButton(self.tr("Change…"))
        button.setToolTip(self.tr("Choose other keys or those of another program"))
        button.clicked.connect(change)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.field, 1)
        head.addWidget(button)
        self.nothing = Label(self.tr("No command or key matches."))
        self.nothing.hide()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setAccessibleName(self.tr("Keyboard shortcuts"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self.nothing)
        layout.addWidget(self.area, 1)
        self._columns = 0
        self._sheet: _Sheet | None = None
        room = self.screen().availableSize()
        self.resize(
            min(3 * COLUMN_PX + 80, room.width() - 80), min(800, room.height() - 80)
        )

    def open(self) -> None:
        """Show the sheet with the present keys."""
        self.field.clear()
        self.show()
        self.refresh()
        self.raise_()
        self.activateWindow()
        self.field.setFocus()

    def refresh(self) -> None:
        """Update the sheet to the present keys."""
        self._columns = self._room()
        self._sheet = _Sheet(self._rows(), self._columns)
        self.area.setWidget(self._sheet)
        self._on_text(self.field.text())

    def _on_text(self, text: str) -> None:
        if self._sheet is not None:
            found = self._sheet.look_for(text.lower().split())
            self.nothing.setVisible(not found)

    def _room(self) -> int:
        return max(1, self.area.viewport().width() // COLUMN_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._sheet is not None and self._room() != self._columns:
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


class _Sheet(QWidget):
    """The rows by menu in columns of about one height; a menu stays in one column.

    The rows of the first menu go across all columns.
    """

    def __init__(self, rows: Sequence[Row], n_columns: int) -> None:
        super().__init__()
        self._groups: list[tuple[QWidget, list[tuple[QWidget, str]]]] = []
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(row[0], []).append(row)
        whole, layout = QVBoxLayout(self), QHBoxLayout()
        whole.setContentsMargins(0, 0, 12, 0)
        whole.setSpacing(20)
        first = next(iter(groups))
        whole.addWidget(self._group(first, groups.pop(first), n_columns))
        whole.addLayout(layout, 1)
        layout.setSpacing(COLUMN_GAP_PX)
        for column in _columns(groups, n_columns):
            stack = QVBoxLayout()
            stack.setSpacing(12)
            for menu in column:
                stack.addWidget(self._group(menu, groups[menu]))
            stack.addStretch(1)
            layout.addLayout(stack, 1)

    def _group(self, menu: str, rows: Sequence[Row], n_columns: int = 1) -> QWidget:
        group = QWidget()
        lines = QGridLayout(group)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setHorizontalSpacing(COLUMN_GAP_PX)
        lines.setVerticalSpacing(4)
        title = Label(menu)
        bold = title.font()
        bold.setWeight(QFont.Weight.DemiBold)
        title.setFont(bold)
        title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        lines.addWidget(title, 0, 0)
        made, high = [], -(-len(rows) // n_columns)
        for n, row in enumerate(rows):
            line = _line(*row[1:])
            lines.addWidget(line, 1 + n % high, n // high)
            lines.setColumnStretch(n // high, 1)
            made.append((line, " ".join(row).lower()))
        self._groups.append((group, made))
        return group

    def look_for(self, words: Sequence[str]) -> bool:
        """Show the rows that contain every word; return True if there are any."""
        some = False
        for group, lines in self._groups:
            shown = [all(word in text for word in words) for _, text in lines]
            for (line, _), there in zip(lines, shown, strict=True):
                line.setVisible(there)
            group.setVisible(any(shown))
            some = some or any(shown)
        return some


class _Cap(Label):
    """A key cap; painted, because a hundred style sheets take 15 ms."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.setContentsMargins(7, 1, 7, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            colours = theme.current()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(colours.line))
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4
            )
            super().paintEvent(event)


def _line(text: str, keys: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    name = Label(text)
    name.setWordWrap(True)
    row.addWidget(name, 1)
    for key in keys.split(", "):
        row.addWidget(_Cap(key), 0, Qt.AlignmentFlag.AlignTop)
    return line


def _columns(groups: dict[str, list[Row]], n: int) -> list[list[str]]:
    """Divide the menus, in order, into columns of about equal height."""
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
