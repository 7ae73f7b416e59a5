"""Boxes: how one segment looks, painted whole or put together from parts."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from app.timeline.style import BADGE_PX, HATCH_PX, Ink, Inks, Style, with_alpha

WIDEST_PX, MOST_BYTES = 480, 64 * 2**20
"""Boxes up to this wide are put together from parts, which take so much memory."""
Look = tuple[int, int, bool]
"""Class or -1, who says it, whether a person ticked it."""
PERSON, MODEL, ACCEPTED = 0, 1, 2
"""Who says it: a person, a model, or a model whose word was accepted unseen."""
_Words = tuple[str, float]
"""What stands in a box, and how far from its left edge."""
_PAD, _RADIUS, _FOOT_PX = 7.0, 3.0, 5.0
_WIDTH_BITS = 12
_TICK_PX, _TICKED_PX = 12.0, 14.0
"""Room that the tick takes, and what a box needs to have one."""
_END_PX, _BARE_END_PX, _TICKED_END_PX = 5, 6, 17
"""The right end of a box with its corners and the gap, unlabelled, and with a tick."""


class Boxes:
    """Boxes of any width from few pictures: hundreds of them show at a time.

    Two boxes of one look and with the same words are the same up to their right ends.
    Good for one set of inks, one style and one scale of the screen.
    """

    def __init__(self, inks: Inks, style: Style, ratio: float) -> None:
        self.inks, self.style, self.ratio = inks, style, ratio
        self.widest = round(WIDEST_PX * ratio)
        self._bytes = 0
        self._made: dict[int, dict[int, np.ndarray]] = {}
        self._lefts: dict[tuple[int, Look, _Words], np.ndarray] = {}
        self._ends: dict[tuple[int, Look, bool, int], np.ndarray] = {}

    def fit(self, inks: Inks, style: Style, ratio: float) -> bool:
        """Whether they may be used still."""
        mine = self.inks, self.style
        return mine[0] is inks and mine[1] is style and self.ratio == ratio

    def put(
        self,
        sheet: np.ndarray,
        lefts: np.ndarray,
        widths: np.ndarray,
        looks: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> None:
        """Put boxes into 0xAARRGGBB device pixels (H, W), as high as they are.

        Parameters
        ----------
        sheet : ndarray of uint32, shape (H, W)
        lefts, widths : ndarray of int, shape (N,), device px
            From 7 logical px to `widest`, within the sheet.
        looks : three ndarrays, shape (N,)
            What a `Look` says, for each box; ticks as 0 and 1.
        """
        if self._bytes > MOST_BYTES:
            for kept in (self._made, self._lefts, self._ends):
                kept.clear()
            self._bytes = 0
        height = len(sheet)
        made = self._made.setdefault(height, {})
        # One whole number per box is found twice as fast as a tuple of four.
        keys = ((looks[0] + 1) * 8 + looks[1] * 2 + looks[2]) << _WIDTH_BITS | widths
        rights = (lefts + widths).tolist()
        for key, left, right in zip(keys.tolist(), lefts.tolist(), rights, strict=True):
            box = made.get(key)
            if box is None:
                kind = key >> _WIDTH_BITS
                look = kind // 8 - 1, kind >> 1 & 3, bool(kind & 1)
                box = made[key] = self._join(height, look, right - left)
                self._bytes += box.nbytes
            sheet[:, left:right] = box

    def _join(self, height: int, look: Look, width: int) -> np.ndarray:
        """A box from its left part and its end, where they do not touch."""
        ratio = self.ratio
        ink = self._ink(look)
        words = ("", 0.0) if ink is None else words_in(ink, look, width / ratio - 1)
        end_px = math.ceil(_end_px(look) * ratio)
        # Of an end only its corners and the gap have to be there.
        body = max(width - end_px, math.ceil(_RADIUS * ratio))
        whole = look[2] or (ink is not None and ink.edge is not None)
        tight = words[0] in ("badge", "short") and words[1] < _END_PX - 1
        if tight or (whole and width < end_px + math.ceil((_RADIUS + 1) * ratio)):
            return self._paint(height, look, width, words)
        left = self._lefts.get((height, look, words))
        if left is None:
            most = self.widest
            if ink is not None and words[0] not in ("name", "both"):
                # From there on its name fits.
                most = min(most, math.ceil((ink.name_px + 30) * ratio))
            left = self._paint(height, look, most, words)
            self._lefts[height, look, words] = left
        # Lines of a hatch or texture go on into the end.
        period, textured = round(HATCH_PX * ratio), words[0] == "texture"
        phase = width % period if look[1] or textured else 0
        end = self._ends.get((height, look, textured, phase))
        if end is None:
            short = 4 * period + phase
            kind = ("texture" if textured else "", 0.0)
            end = self._paint(height, look, short, kind)[:, short - end_px :]
            self._ends[height, look, textured, phase] = end
        return np.concatenate([left[:, :body], end[:, body - width :]], axis=1)

    def _ink(self, look: Look) -> Ink | None:
        return self.inks.classes[look[0]] if look[0] >= 0 else None

    def _paint(self, height: int, look: Look, width: int, words: _Words) -> np.ndarray:
        made = QImage(QSize(width, height), QImage.Format.Format_RGB32)
        made.setDevicePixelRatio(self.ratio)
        made.fill(self.style.well)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(0, 0, width / self.ratio - 1, height / self.ratio)
        _paint_ground(painter, place, look, self.inks, self.style)
        ink = self._ink(look)
        if ink is not None:
            _paint_words(painter, place, 0.0, words, ink, look, self.style)
            if look[2] and place.width() >= _TICKED_PX:
                _paint_tick(painter, place.right(), place.top(), _colour(ink, look))
        painter.end()
        self._bytes += made.sizeInBytes()
        pixels = np.frombuffer(made.constBits(), np.uint32)
        return pixels.reshape(height, width).copy()


def paint_box(
    painter: QPainter, place: QRectF, look: Look, width: int, inks: Inks, style: Style
) -> None:
    """Paint a box of any width, its words where they show between 0 and ``width``."""
    _paint_ground(painter, place, look, inks, style)
    if look[0] < 0:
        return
    ink = inks.classes[look[0]]
    left, right = max(place.left(), 0.0), min(place.right(), float(width))
    words = words_in(ink, look, right - left)
    _paint_words(painter, place, left, words, ink, look, style)
    if look[2] and right - left >= _TICKED_PX:
        _paint_tick(painter, right, place.top(), _colour(ink, look))


def _end_px(look: Look) -> int:
    return _TICKED_END_PX if look[2] else _BARE_END_PX if look[0] < 0 else _END_PX


def words_in(ink: Ink, look: Look, room: float) -> _Words:
    """Key badge and name, name, badge or initials, or texture: the first that fits."""
    if look[2] and room >= _TICKED_PX:
        room -= _TICK_PX
    badge = ink.badge_px
    if badge and _PAD + badge + 5 + ink.name_px + _PAD <= room:
        return "both", _PAD - 2
    if _PAD + ink.name_px + _PAD <= room:
        return "name", _PAD
    if ink.short and ink.short_px + 4 <= room:
        return "short", max(2.0, min(_PAD, (room - ink.short_px) / 2))
    if badge and badge + 4 <= room:
        return "badge", max(2.0, min(_PAD - 2, (room - badge) / 2))
    if room >= 4 and ink.texture != Qt.BrushStyle.NoBrush:
        return "texture", 0.0
    return "", 0.0


def _colour(ink: Ink, look: Look) -> QColor:
    return ink.on_light if look[1] else ink.on_solid


def _paint_ground(
    painter: QPainter, place: QRectF, look: Look, inks: Inks, style: Style
) -> None:
    if look[0] < 0:
        _paint_unlabelled(painter, place, style)
        return
    ink = inks.classes[look[0]]
    painter.setPen(ink.edge or QPen(Qt.PenStyle.NoPen))
    if ink.edge is not None:
        place = place.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setBrush(ink.hatch if look[1] else ink.solid)
    painter.setBrushOrigin(place.topLeft())
    painter.drawRoundedRect(place, _RADIUS, _RADIUS)
    if look[1] == ACCEPTED:
        # It stands in the annotation now, as the foot of what a person says does.
        foot = place.adjusted(0, place.height() - _FOOT_PX, 0, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.solid)
        painter.drawRoundedRect(foot, 1.5, 1.5)


def _paint_unlabelled(painter: QPainter, place: QRectF, style: Style) -> None:
    if place.width() < 12:
        return
    pen = QPen(style.line, 1.0, c=Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([4, 6])
    painter.setPen(pen)
    y = round(place.center().y()) + 0.5
    painter.drawLine(QLineF(place.left() + 6, y, place.right() - 5, y))


def _paint_words(
    painter: QPainter,
    place: QRectF,
    left: float,
    words: _Words,
    ink: Ink,
    look: Look,
    style: Style,
) -> None:
    (kind, offset), colour = words, _colour(ink, look)
    if kind in ("both", "badge"):
        _paint_badge(painter, left + offset, place.center().y(), ink, colour, style)
    if kind == "short":
        painter.setFont(style.small)
        painter.setPen(colour)
        area = QRectF(left + offset, place.top(), ink.short_px + 2, place.height())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(area, flags, ink.short)
    if kind in ("both", "name"):
        after = ink.badge_px + 5 if kind == "both" else 0.0
        _paint_name(painter, left + offset + after, place, ink, colour, style)
    if kind == "texture":
        painter.fillRect(place, QBrush(with_alpha(colour, 0.28), ink.texture))


def _paint_name(
    painter: QPainter,
    left: float,
    place: QRectF,
    ink: Ink,
    colour: QColor,
    style: Style,
) -> None:
    painter.setFont(style.font)
    painter.setPen(colour)
    area = QRectF(left, place.top(), ink.name_px + 2, place.height())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    painter.drawText(area, flags, ink.name)


def _paint_badge(
    painter: QPainter, left: float, middle: float, ink: Ink, colour: QColor, s: Style
) -> None:
    area = QRectF(left, round(middle - BADGE_PX / 2), ink.badge_px, BADGE_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_alpha(colour, 0.16))
    painter.drawRoundedRect(area, 3, 3)
    painter.setFont(s.small)
    painter.setPen(colour)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, ink.key)


def _paint_tick(painter: QPainter, right: float, top: float, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.6, c=Qt.PenCapStyle.RoundCap))
    x, y = right - 10, top + 7
    painter.drawPolyline(
        [QPointF(x - 3, y), QPointF(x - 0.5, y + 2.5), QPointF(x + 4, y - 3)]
    )
