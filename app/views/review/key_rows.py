"""Keys that hold now in lines, with a word each; a click does the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.kit import theme
from app.kit.labels import plain_tip
from app.kit.painting import painting

ROW_PX, CHIP_PX, GAP_PX, FONT_PX = 22, 18, 10, 11
LEAST_PX = 184
"""Least width in pixels of the lines."""


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
    """Paint keys one after the other in lines; signals the one that is clicked."""

    clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[KeyRow, ...] = ()
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
        self._fit()
        self.update()

    def _fit(self) -> None:
        """Be as high as the lines."""
        places = self._places(max(LEAST_PX, self.width()))
        self.setFixedHeight(math.ceil(places[-1].bottom()) if places else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_PX, 0)

    def _places(self, width: float) -> list[QRectF]:
        """Return the rectangles of the keys in lines of a width."""
        x = y = 0.0
        found = []
        for row in self._rows:
            wide = self._chip_px(row) + 6 + self._word_px(row)
            if x and x + wide > width:
                x, y = 0.0, y + ROW_PX
            found.append(QRectF(x, y, min(wide, width), ROW_PX))
            x += wide + GAP_PX
        return found

    def _chip_px(self, row: KeyRow) -> float:
        font = QFont(self.font())
        font.setPixelSize(FONT_PX)
        return max(QFontMetricsF(font).horizontalAdvance(row.key) + 10, CHIP_PX)

    def _word_px(self, row: KeyRow) -> float:
        return QFontMetricsF(self.font()).horizontalAdvance(row.word) + 1

    def place_of(self, number: int) -> QRectF:
        """Return the rectangle of a key."""
        return self._places(self.width())[number]

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
        chip = QRectF(0, 0, self._chip_px(row), CHIP_PX)
        chip.moveTopLeft(place.topLeft() + QPointF(0, (ROW_PX - CHIP_PX) / 2))
        painter.setPen(QPen(QColor(colours.edge if lit else colours.line), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(chip.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        shade = QColor(colours.text if lit else theme.faded(colours))
        painter.setPen(shade)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, row.key)
        painter.setFont(self.font())
        left = chip.right() + 6
        room = QRectF(left, place.top(), place.right() - left, ROW_PX)
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
