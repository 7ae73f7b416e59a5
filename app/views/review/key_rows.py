"""Key rows: the keys that hold now, with a word each; a click does the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.kit import theme
from app.kit.labels import plain_tip
from app.kit.painting import painting

ROW_PX, CHIP_PX, GAP_PX, FONT_PX = 24, 18, 8, 11
COLUMN_PX = 92
"""Least width in pixels of a column; there are two at most."""
MOST_PX = 160
"""Width in pixels of a column up to which the panel becomes wider for long words."""


@dataclass(frozen=True)
class KeyRow:
    """A key, a word for what it does, and a sentence about it.

    ``command`` is the id of the command that a click runs; empty for none.
    """

    key: str
    word: str
    tip: str = ""
    command: str = ""
    enabled: bool = True


class KeyRows(QWidget):
    """Paint rows of keys in one or two columns; signals the one that is clicked."""

    clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[KeyRow, ...] = ()
        self._column = COLUMN_PX
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Keys of the review"))

    @property
    def rows(self) -> tuple[KeyRow, ...]:
        """The rows, in the order in which they are read."""
        return self._rows

    def show_rows(self, rows: Sequence[KeyRow]) -> None:
        """Show these rows."""
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        told = (f"{r.key}: {r.tip or r.word}" for r in self._rows)
        self.setAccessibleDescription("\n".join(told))
        self.updateGeometry()
        self.update()

    def make_room(self, rows: Iterable[KeyRow]) -> None:
        """Ask for two columns that are wide enough for these rows."""
        font = QFont(self.font())
        font.setPixelSize(FONT_PX)
        wide = max(
            CHIP_PX
            + QFontMetricsF(font).horizontalAdvance(row.key)
            + self.fontMetrics().horizontalAdvance(row.word)
            + GAP_PX
            for row in rows
        )
        column = min(max(COLUMN_PX, math.ceil(wide)), MOST_PX)
        if column != self._column:
            self._column = column
            self.updateGeometry()

    @property
    def _columns(self) -> int:
        return 2 if self.width() >= 2 * COLUMN_PX else 1

    @property
    def _lines(self) -> int:
        return -(-len(self._rows) // self._columns)

    def sizeHint(self) -> QSize:
        return QSize(2 * COLUMN_PX, self._lines * ROW_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * self._column, self._lines * ROW_PX)

    def place_of(self, number: int) -> QRectF:
        """Return the rectangle of a row."""
        column, line = divmod(number, max(1, self._lines))
        width = self.width() / self._columns
        alone = column == 0 and number + self._lines >= len(self._rows)
        room = self.width() if alone else width
        return QRectF(column * width, line * ROW_PX, room, ROW_PX)

    def _row_at(self, at: QPointF) -> KeyRow | None:
        for number, row in enumerate(self._rows):
            if self.place_of(number).contains(at):
                return row
        return None

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for number, row in enumerate(self._rows):
                self._paint_row(painter, row, self.place_of(number))

    def _paint_row(self, painter: QPainter, row: KeyRow, place: QRectF) -> None:
        colours, font = theme.current(), QFont(self.font())
        lit = row.enabled and self.isEnabled()
        font.setPixelSize(FONT_PX)
        painter.setFont(font)
        wide = QFontMetricsF(font).horizontalAdvance(row.key) + 10
        chip = QRectF(0, 0, max(wide, CHIP_PX), CHIP_PX)
        chip.moveTopLeft(place.topLeft() + QPointF(0, (ROW_PX - CHIP_PX) / 2))
        painter.setPen(QPen(QColor(colours.edge if lit else colours.line), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(chip.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        shade = QColor(colours.text if lit else theme.faded(colours))
        painter.setPen(shade)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, row.key)
        painter.setFont(self.font())
        left = chip.right() + 6
        gap = GAP_PX if place.right() < self.width() - 1 else 0
        room = QRectF(left, place.top(), place.right() - left - gap, ROW_PX)
        word = QFontMetricsF(self.font()).elidedText(
            row.word, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, word)

    # -- mouse ----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row, shape = self._row_at(event.position()), Qt.CursorShape
        can = row is not None and row.enabled and bool(row.command)
        self.setCursor(shape.PointingHandCursor if can else shape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position())
        if row is None or not row.command or not row.enabled:
            event.ignore()
        else:
            self.clicked.emit(row.command)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._row_at(QPointF(event.pos()))
            tip = plain_tip(row.tip) if row else ""
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)
