"""Paint text over the picture: the class of the frame, and short notes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app.kit import theme
from app.kit.label_style import text_on
from app.views.picture.transport import FrameLabel

GROUND = QColor(0, 0, 0, 170)
WORDS = QColor("#e4e6e8")
EDGE_PX = 12.0
BANNER_PX = 28.0
TAG_PX = 18.0
BUTTON_ROOM_PX = 136.0
"""Pixels kept free to the right of the banner for the overlays button."""


def paint_banner(painter: QPainter, label: FrameLabel, room: QRectF) -> None:
    """Paint the class in its colour, and a model's guess where it is another."""
    x, widest = room.x() + EDGE_PX, room.width() - EDGE_PX - BUTTON_ROOM_PX
    guess = "" if label.agrees else label.predicted
    parts = [(label.name, QColor(label.colour or GROUND), QFont.Weight.DemiBold)]
    parts.append((guess, GROUND, QFont.Weight.Normal))
    for text, ground, weight in parts:
        left = widest - (x - room.x() - EDGE_PX)
        if not text or left < 48:
            continue
        font = _font(painter, 14)
        font.setWeight(weight)
        x += _paint_pill(painter, font, text, ground, (x, room.y() + EDGE_PX), left) + 4


def _paint_pill(
    painter: QPainter,
    font: QFont,
    text: str,
    ground: QColor,
    corner: tuple[float, float],
    widest: float,
) -> float:
    metrics = QFontMetricsF(font)
    text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, widest - 20)
    pill = QRectF(*corner, metrics.horizontalAdvance(text) + 20, BANNER_PX)
    _paint_ground(painter, pill, ground)
    painter.setFont(font)
    painter.setPen(WORDS if ground is GROUND else text_on(ground))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    return pill.width()


def paint_notes(painter: QPainter, texts: Sequence[str], room: QRectF) -> None:
    """Paint short notes in the lower right corner, the first of them lowest."""
    font = _font(painter, 12)
    painter.setFont(font)
    metrics, widest = QFontMetricsF(font), room.width() - 2 * EDGE_PX
    y = room.bottom() - EDGE_PX
    for full in filter(None, texts):
        text = metrics.elidedText(full, Qt.TextElideMode.ElideRight, widest - 20)
        width = metrics.horizontalAdvance(text) + 20
        note = QRectF(room.right() - width - EDGE_PX, y - 24, width, 24)
        _paint_ground(painter, note, GROUND)
        painter.setPen(WORDS)
        painter.drawText(note, Qt.AlignmentFlag.AlignCenter, text)
        y -= 28


def tag_px(painter: QPainter, text: str) -> float:
    """Return the width of a small name."""
    return QFontMetricsF(_font(painter, 11)).horizontalAdvance(text) + 12


def paint_tag(
    painter: QPainter, text: str, corner: QPointF, ground: QColor = GROUND
) -> None:
    """Paint a small name whose lower left corner is given."""
    painter.setFont(_font(painter, 11))
    tag = QRectF(corner.x(), corner.y() - TAG_PX, tag_px(painter, text), TAG_PX)
    painter.fillRect(tag, ground)
    painter.setPen(WORDS if ground is GROUND else text_on(ground))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)


def paint_caption(painter: QPainter, text: str, room: QRectF) -> None:
    """Paint dim text in the lower left corner of an empty stage."""
    painter.setFont(_font(painter, 12))
    # The stage is dark in every scheme, as pictures are.
    painter.setPen(QColor(theme.DARK.dim))
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    painter.drawText(room.adjusted(EDGE_PX, 8, -EDGE_PX, -8), int(flags), text)


def _paint_ground(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _font(painter: QPainter, px: int) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(px)
    return font
