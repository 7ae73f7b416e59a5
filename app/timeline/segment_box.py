"""Paint one segment: its box, and the text that fits into it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.kit.label_style import BADGE_PX, ClassColor, ClassColors, Style, with_alpha
from app.timeline.lane_place import LanePlace, tr

PERSON, MODEL, ACCEPTED, UNDECIDED = range(4)
"""The origin of a label: a person, a model, or a model's accepted but not reviewed; or
that a person left it undecided."""
_PAD, _RADIUS, _FOOT_PX = 7.0, 3.0, 5.0
_PLAIN_PX = 12.0
"""Width in pixels below which a box has no rounded corners: they would be most of it.
"""
_TICK_PX, _TICKED_PX = 12.0, 14.0
"""Pixels that the review tick takes, and the width of a box from which it has one."""


class Look(NamedTuple):
    """Class index or -1, the origin of the label, and True if it was reviewed."""

    class_index: int
    origin: int
    ticked: bool


class Words(NamedTuple):
    """The kind of text in a box, and its distance from the left edge."""

    kind: str
    offset: float


def paint_box(
    place: LanePlace, box: QRectF, look: Look, class_colors: ClassColors
) -> None:
    """Paint the box of a segment, with its text in the visible part."""
    painter, style = place.painter, place.style
    if look.class_index < 0:
        if look.origin == UNDECIDED:
            _paint_undecided(place, box, class_colors)
        else:
            _paint_unlabelled(painter, box, style)
        return
    class_color = class_colors.classes[look.class_index]
    _paint_ground(painter, box, look, class_color)
    left, right = max(box.left(), 0.0), min(box.right(), float(place.view.width))
    colour = class_color.on_light if look.origin else class_color.on_solid
    kind, offset = words_in(class_color, look.ticked, right - left)
    if kind == "texture":
        painter.fillRect(box, class_color.textures[bool(look.origin)])
    elif kind:
        _paint_words(painter, box, left + offset, kind, class_color, colour, style)
    if look.ticked and right - left >= _TICKED_PX:
        _paint_tick(painter, right, box.top(), colour)


def words_in(class_color: ClassColor, ticked: bool, room: float) -> Words:
    """Choose the first that fits: badge and name, name, badge or initials, texture."""
    if ticked and room >= _TICKED_PX:
        room -= _TICK_PX
    badge = class_color.badge_px
    if badge and _PAD + badge + 5 + class_color.name_px + _PAD <= room:
        return Words("both", _PAD - 2)
    if _PAD + class_color.name_px + _PAD <= room:
        return Words("name", _PAD)
    if class_color.short and class_color.short_px + 4 <= room:
        return Words("short", max(2.0, min(_PAD, (room - class_color.short_px) / 2)))
    if badge and badge + 4 <= room:
        return Words("badge", max(2.0, min(_PAD - 2, (room - badge) / 2)))
    if room >= 4 and class_color.textures:
        return Words("texture", 0.0)
    return Words("", 0.0)


def _paint_ground(
    painter: QPainter, box: QRectF, look: Look, class_color: ClassColor
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrushOrigin(box.topLeft())
    radius = _RADIUS if box.width() >= _PLAIN_PX else 0.0
    if class_color.edge is not None:
        _fill(painter, box, radius, class_color.edge)
        box, radius = box.adjusted(1, 1, -1, -1), max(radius - 1, 0.0)
    _fill(painter, box, radius, class_color.hatch if look.origin else class_color.solid)
    if look.origin == ACCEPTED:
        # The foot marks an accepted label like a person's.
        foot = box.adjusted(0, box.height() - _FOOT_PX, 0, 0)
        _fill(painter, foot, radius / 2, class_color.solid)


def _fill(painter: QPainter, box: QRectF, radius: float, fill: QBrush | QColor) -> None:
    if radius:
        painter.setBrush(fill)
        painter.drawRoundedRect(box, radius, radius)
    else:
        painter.fillRect(box, fill)


def _paint_undecided(place: LanePlace, box: QRectF, class_colors: ClassColors) -> None:
    """Paint a grey hatched band, with its word where there is room."""
    painter, style = place.painter, place.style
    painter.setPen(QPen(style.line, 1))
    painter.setBrush(class_colors.band_hatch)
    painter.setBrushOrigin(box.topLeft())
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    left, right = max(box.left(), 0.0), min(box.right(), float(place.view.width))
    painter.setFont(style.small)
    words = QRectF(painter.fontMetrics().boundingRect(tr("undecided")))
    words.adjust(-4, 0, 4, 0)
    words.moveCenter(QPointF((left + right) / 2, box.center().y()))
    if words.width() + 8 <= right - left:
        painter.fillRect(words, class_colors.band)
        painter.setPen(style.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, tr("undecided"))


def _paint_unlabelled(painter: QPainter, box: QRectF, style: Style) -> None:
    if box.width() < 12:
        return
    pen = QPen(style.line, 1.0, c=Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([4, 6])
    painter.setPen(pen)
    y = box.top() + round(box.height() / 2) + 0.5
    painter.drawLine(QLineF(box.left() + 6, y, box.right() - 5, y))


def _paint_words(
    painter: QPainter,
    box: QRectF,
    left: float,
    kind: str,
    class_color: ClassColor,
    colour: QColor,
    style: Style,
) -> None:
    if kind in ("both", "badge"):
        _paint_badge(painter, left, box, class_color, colour, style)
    if kind not in ("both", "name", "short"):
        return
    after = class_color.badge_px + 5 if kind == "both" else 0.0
    text, wide = (
        (class_color.short, class_color.short_px)
        if kind == "short"
        else (class_color.name, class_color.name_px)
    )
    painter.setFont(style.small if kind == "short" else style.font)
    painter.setPen(colour)
    area = QRectF(left + after, box.top(), wide + 2, box.height())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    painter.drawText(area, flags, text)


def _paint_badge(
    painter: QPainter,
    left: float,
    box: QRectF,
    class_color: ClassColor,
    colour: QColor,
    s: Style,
) -> None:
    top = box.top() + round((box.height() - BADGE_PX) / 2)
    area = QRectF(left, top, class_color.badge_px, BADGE_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_alpha(colour, 0.16))
    painter.drawRoundedRect(area, 3, 3)
    painter.setFont(s.small)
    painter.setPen(colour)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, class_color.key)


def _paint_tick(painter: QPainter, right: float, top: float, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.6, c=Qt.PenCapStyle.RoundCap))
    x, y = right - 10, top + 7
    painter.drawPolyline(
        [QPointF(x - 3, y), QPointF(x - 0.5, y + 2.5), QPointF(x + 4, y - 3)]
    )
