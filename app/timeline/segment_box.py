"""Paint one segment: its box, and the text that fits into it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen

from app.kit.label_style import BADGE_PX, ClassColor, ClassColors, Style, with_alpha
from app.kit.language import tr
from app.kit.painting import painting
from app.kit.short_name import within
from app.timeline.lane_place import LanePlace

PERSON, MODEL, UNREVIEWED, UNDECIDED, ABSENT = range(5)
"""The origin of a label: a person, a model, or a model's copied but not reviewed; or
that a person left it undecided, or said that nobody is there."""
_PAD, _RADIUS = 6.0, 3.0
_PLAIN_PX = 12.0
"""Width in pixels below which a box has no rounded corners: they would be most of it.
"""
_CUT_PX = 26.0
"""Least room for a name that is cut: two letters and the dots."""
_TEXTURED_PX = 36.0
"""Width of a box below which it has the texture of its class: no name fits."""
KEPT_PX = 100.0
"""Width of a box up to which its picture is kept: few wider ones fit into the window.
"""
_TICK_PX, _TALL_PX = 11.0, 44.0
"""Width of the review tick, and the height from which it fits above a badge."""


class Look(NamedTuple):
    """Class index or -1, the origin of the label, and True if it was reviewed."""

    class_index: int
    origin: int
    ticked: bool


class Words(NamedTuple):
    """The parts written in a box: badge, tick beside it, name in so many pixels."""

    badge: bool = False
    tick: bool = False
    name_px: float = 0.0


def paint_box(
    place: LanePlace, box: QRectF, look: Look, class_colors: ClassColors
) -> None:
    """Paint the box of a segment, with its text in the visible part."""
    painter, style = place.painter, place.style
    if look.class_index < 0:
        if look.origin in (UNDECIDED, ABSENT):
            absent = look.origin == ABSENT
            text = tr("absent") if absent else tr("undecided")
            _paint_undecided(place, box, class_colors, text)
        else:
            _paint_unlabelled(painter, box, style)
        return
    left, right = max(box.left(), 0.0), min(box.right(), float(place.view.width))
    whole = left == box.left() and right == box.right()
    if whole and box.width() <= KEPT_PX:
        size = round(box.width(), 3), place.height
        image = _picture(look, size, place.ratio, class_colors, style)
        painter.drawImage(box.topLeft(), image)
    else:
        _paint_labelled(painter, box, (left, right), look, class_colors, style)


@lru_cache(maxsize=2048)
def _picture(
    look: Look,
    size: tuple[float, float],
    ratio: float,
    class_colors: ClassColors,
    style: Style,
) -> QImage:
    """Return the picture of a whole box: hundreds that are alike show at a time."""
    width, height = (math.ceil(px * ratio) for px in size)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(style.well)
    box = QRectF(0, 0, *size)
    with painting(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_labelled(painter, box, (0, box.right()), look, class_colors, style)
    return image


def _paint_labelled(
    painter: QPainter,
    box: QRectF,
    edges: tuple[float, float],
    look: Look,
    class_colors: ClassColors,
    style: Style,
) -> None:
    """Paint the box of a label, with its words between the edges."""
    class_color, (left, right) = class_colors.classes[look.class_index], edges
    _paint_ground(painter, box, look, class_color)
    words = words_in(class_color, look.ticked, right - left)
    if class_color.texture is not None and right - left < _TEXTURED_PX:
        painter.fillRect(box, class_color.texture)
    _paint_words(painter, box, edges, words, class_color, style)
    if look.ticked and not words.tick and box.height() >= _TALL_PX:
        _paint_tick(painter, (left + right) / 2, box.top() + 10, style.text)


def words_in(class_color: ClassColor, ticked: bool, room: float) -> Words:
    """Choose the first that fits: badge and name, a cut name, badge, or nothing.

    The tick of a reviewed one stands beside its badge, never for it.
    """
    room -= 2 * _PAD
    badge = class_color.badge_px
    tick = _TICK_PX if ticked else 0.0
    before = sum(px + 5 for px in (badge, tick) if px)
    if before + min(class_color.name_px, _CUT_PX) <= room:
        name = min(class_color.name_px, room - before)
        return Words(bool(badge), ticked, name)
    if badge and tick and badge + tick <= room + 8:
        return Words(True, True)
    if not badge and room >= _CUT_PX:
        return Words(name_px=min(class_color.name_px, room))
    return Words(badge=0 < badge <= room + 8)


def _paint_ground(
    painter: QPainter, box: QRectF, look: Look, class_color: ClassColor
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrushOrigin(box.topLeft())
    radius = _RADIUS if box.width() >= _PLAIN_PX else 0.0
    if class_color.edge is not None:
        _fill(painter, box, radius, class_color.edge)
        box, radius = box.adjusted(1, 1, -1, -1), max(radius - 1, 0.0)
    _fill(painter, box, radius, class_color.hatch if look.origin else class_color.fill)
    if look.origin != MODEL:
        # The foot marks a copied label like a person's.
        foot = box.adjusted(0, box.height() - foot_px(box.height()), 0, 0)
        _fill(painter, foot, radius / 2, class_color.solid)


def foot_px(height: float) -> int:
    """Return the height of the bar in the full colour at the foot of a lane."""
    return max(3, round(height / 10))


def _fill(painter: QPainter, box: QRectF, radius: float, fill: QBrush | QColor) -> None:
    if radius:
        painter.setBrush(fill)
        painter.drawRoundedRect(box, radius, radius)
    else:
        painter.fillRect(box, fill)


def _paint_undecided(
    place: LanePlace, box: QRectF, class_colors: ClassColors, text: str
) -> None:
    """Paint a grey hatched band, with its word where there is room."""
    painter, style = place.painter, place.style
    painter.setPen(QPen(style.line, 1))
    painter.setBrush(class_colors.band_hatch)
    painter.setBrushOrigin(box.topLeft())
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    left, right = max(box.left(), 0.0), min(box.right(), float(place.view.width))
    painter.setFont(style.small)
    words = QRectF(painter.fontMetrics().boundingRect(text))
    words.adjust(-4, 0, 4, 0)
    words.moveCenter(QPointF((left + right) / 2, box.center().y()))
    if words.width() + 8 <= right - left:
        painter.fillRect(words, class_colors.band)
        painter.setPen(style.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)


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
    edges: tuple[float, float],
    words: Words,
    class_color: ClassColor,
    style: Style,
) -> None:
    """Write badge, tick and name, from the left; alone they stand in the middle."""
    x = edges[0] + _PAD
    if not words.name_px:
        wide = class_color.badge_px + (_TICK_PX if words.tick else 0.0)
        x = max(edges[0] + 2, min(x, (edges[0] + edges[1] - wide) / 2))
    if words.badge:
        _paint_badge(painter, x, box, class_color, style)
        x += class_color.badge_px + (5 if words.name_px else 0)
    if words.tick:
        _paint_tick(painter, x + _TICK_PX / 2, box.center().y(), style.text)
        x += _TICK_PX + 5
    if words.name_px:
        painter.setFont(style.font)
        painter.setPen(style.text)
        metrics = QFontMetricsF(style.font)
        name = class_color.short.cut(within(metrics, words.name_px))
        area = QRectF(x, box.top(), words.name_px + 2, box.height())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(area, flags, name)


def _paint_badge(
    painter: QPainter, left: float, box: QRectF, class_color: ClassColor, style: Style
) -> None:
    top = box.top() + round((box.height() - BADGE_PX) / 2)
    area = QRectF(left, top, class_color.badge_px, BADGE_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_alpha(style.well, 0.5))
    painter.drawRoundedRect(area, 3, 3)
    painter.setFont(style.small)
    painter.setPen(style.text)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, class_color.key)


def _paint_tick(painter: QPainter, x: float, y: float, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.6, c=Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(
        [QPointF(x - 3.5, y), QPointF(x - 1, y + 2.5), QPointF(x + 3.5, y - 3)]
    )
