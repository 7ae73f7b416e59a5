"""Paint icons of one set in the colours of the scheme that is on.

They are Material Design Icons, an SVG file each in ``resources/icons``.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.kit import theme
from skelseg_core.bundled import resource

SIZE = 18
"""Side of an icon in px; the set is drawn on a grid of 24."""


@lru_cache(maxsize=256)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    drawing = resource(f"icons/{name}.svg").read_bytes()
    inked = drawing.replace(b"<path ", f'<path fill="{colour}" '.encode())
    return QSvgRenderer(QByteArray(inked))


def paint(
    painter: QPainter, name: str, rect: QRectF, colour: QColor, size: float = SIZE
) -> None:
    """Paint an icon in the middle of a rectangle, ``size`` px wide and high."""
    box = QRectF(0, 0, size, size)
    box.moveCenter(rect.center())
    _drawing(name, colour.name()).render(painter, box)


class _Engine(QIconEngine):
    """Paint an icon anew each time, so that it follows the colour scheme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Engine(self._name)

    def paint(
        self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        colours = theme.current()
        disabled = mode == QIcon.Mode.Disabled
        # The lines of the schemes of high contrast are too strong for what is disabled.
        faint = theme.faded(colours) if colours.stroke_px > 1 else colours.line
        lit = colours.accent if state == QIcon.State.On else colours.text
        colour = faint if disabled else lit
        side = min(rect.width(), rect.height())
        paint(painter, self._name, QRectF(rect), QColor(colour), side)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made


def program_icon() -> QIcon:
    """Draw what the desktop shows for the window: a figure over three segments."""
    made = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / 32, side / 32)
        _paint_program(painter)
        painter.end()
        made.addPixmap(pixmap)
    return made


def _paint_program(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.DARK.panel))
    painter.drawRoundedRect(QRectF(0, 0, 32, 32), 6, 6)
    for x, width, colour in ((4, 9, "#56b4e9"), (14, 5, "#e69f00"), (20, 8, "#009e73")):
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(x, 24, width, 4), 1, 1)
    pen = QPen(QColor(theme.DARK.text), 2.2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for line in ((16, 9, 16, 15), (9, 8, 16, 10), (16, 10, 23, 6), (16, 15, 11, 21),
                 (16, 15, 21, 21)):  # fmt: skip
        painter.drawLine(QLineF(*line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.DARK.text))
    painter.drawEllipse(QPointF(16, 5), 2.6, 2.6)


def icon(name: str) -> QIcon:
    """Make the icon of a file in ``resources/icons``, such as ``"undo"``.

    The set has more: https://pictogrammers.com/library/mdi.
    """
    return QIcon(_Engine(name))
