"""Draw keypoints of a real frame with the edges between them; edges are clicked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.kit import theme
from app.kit.painting import painting
from skelseg_core.poses.skeleton import SIDE_COLORS
from skelseg_core.poses.skeleton_draft import SkeletonDraft

MARGIN_PX = 56.0
"""Room around the keypoints for their names."""
REACH_PX = 16.0
"""Greatest distance between the pointer and a keypoint that it takes."""
RADIUS_PX = 5.5
MOST_NAMES = 60
"""Keypoints beyond which only the chosen ones are named: more would be unreadable."""
STEPS = 24
"""Points of an edge by which it is known whether it runs through a name."""
GROUND = QColor("#101113")
HALO = QColor("#222426")
WORDS = QColor("#e4e6e8")
LEFT_OUT = QColor("#787e86")
DIM = QColor("#9aa0a8")
MARK = QColor("#4d9bf5")
"""Colours as over the picture of a video: dark in every scheme."""
_ARROWS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
}
_JOINS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SkeletonCanvas(QWidget):
    """The keypoints of one frame, and the edges, centre and length of a draft.

    Signals an edge ``toggled``, the keypoint ``chosen`` by pointer or keys, and
    ``picked`` when the first end of an edge is another one, -1 for none.
    """

    toggled = Signal(int, int)
    chosen = Signal(int)
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = SkeletonDraft(())
        self._places = np.zeros((0, 2))
        self.current = self.first = -1
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(_tr("Edges between the keypoints"))
        self.setAccessibleDescription(
            _tr("Arrows go from one keypoint to the next, Space joins two of them")
        )

    def sizeHint(self) -> QSize:
        return QSize(440, 360)

    def show_draft(self, draft: SkeletonDraft, places: np.ndarray) -> None:
        """Show a draft over the places (K, 2) of one frame, NaN where missing."""
        self._draft, self._places = draft, places
        if self.first not in draft.kept:
            self._pick(-1)
        self.update()

    def set_current(self, keypoint: int) -> None:
        """Mark a keypoint; no signal."""
        self.current = keypoint
        self.update()

    def point_of(self, keypoint: int) -> QPointF:
        """Return the place of a keypoint in the widget."""
        return QPointF(*self._at()[keypoint].tolist())

    # -- places ---------------------------------------------------------------------

    @property
    def _missing(self) -> np.ndarray:
        return np.asarray(~np.isfinite(self._places).all(axis=-1))

    def _at(self) -> np.ndarray:
        """Place the keypoints (K, 2) in the widget; missing ones stand at the foot."""
        at, lost = np.array(self._places, float), self._missing
        kept = [k for k in self._draft.kept if not lost[k]]
        seen = at[kept] if kept else at[~lost]
        if len(seen):
            low, high = seen.min(axis=0), seen.max(axis=0)
            room = np.array([self.width(), self.height()]) - 2 * MARGIN_PX
            scale = float((room / np.maximum(high - low, 1e-6)).min())
            middle = np.array([self.width(), self.height()]) / 2
            at[~lost] = (at[~lost] - (low + high) / 2) * scale + middle
        n = int(lost.sum())
        share = (np.arange(n) + 0.5) / max(n, 1)
        foot = np.full(n, self.height() - MARGIN_PX / 4)
        at[lost] = np.stack([share * self.width(), foot], axis=-1)
        return at

    def keypoint_at(self, place: QPointF) -> int:
        """Return the keypoint at a point of the widget, or -1."""
        kept = list(self._draft.kept)
        if not kept:
            return -1
        away = np.hypot(*(self._at()[kept] - (place.x(), place.y())).T)
        return kept[int(away.argmin())] if away.min() <= REACH_PX else -1

    # -- pointer and keys -----------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hovered = self.keypoint_at(event.position())
        if hovered == self._hovered:
            return
        self._hovered = hovered
        self.setCursor(
            Qt.CursorShape.PointingHandCursor
            if self._hovered >= 0
            else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._use(self.keypoint_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            self._go(_ARROWS[key])
        elif key in _JOINS and self.current >= 0:
            self._use(self.current)
        elif key == Qt.Key.Key_Escape and self.first >= 0:
            self._pick(-1)
        else:
            super().keyPressEvent(event)

    def _use(self, keypoint: int) -> None:
        """Take a keypoint as an end of an edge; the second end makes or removes it."""
        if keypoint < 0:
            self._pick(-1)
            return
        self.current = keypoint
        self.chosen.emit(keypoint)
        first = self.first
        if first < 0:
            self._pick(keypoint)
            return
        self._pick(-1)
        if first != keypoint:
            self.toggled.emit(first, keypoint)

    def _pick(self, keypoint: int) -> None:
        if self.first != keypoint:
            self.first = keypoint
            self.picked.emit(keypoint)
        self.update()

    def _go(self, step: int) -> None:
        """Go through the keypoints in the order of the list, round and round."""
        kept = list(self._draft.kept)
        if not kept:
            return
        there = self.current in kept
        at = kept.index(self.current) + step if there else 0
        self.current = kept[at % len(kept)]
        self.chosen.emit(self.current)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.current < 0 and self._draft.kept:
            self.current = self._draft.kept[0]
            self.chosen.emit(self.current)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        at = self._at()
        points = [QPointF(x, y) for x, y in at.tolist()]
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_ground(painter)
            self._paint_length(painter, at)
            self._paint_edges(painter, points)
            self._paint_centre(painter, at)
            for keypoint, point in enumerate(points):
                self._paint_point(painter, keypoint, point)
            self._paint_names(painter, points)
            self._paint_legend(painter)

    def _along_edges(self, points: Sequence[QPointF]) -> np.ndarray:
        """Return points (n, 2) along all edges, which names keep clear of."""
        ends = np.array([p.toTuple() for p in points]).reshape(-1, 2)
        pairs = ends[np.array(self._draft.edges, int).reshape(-1, 2)]
        share = np.linspace(0, 1, STEPS)[:, None, None]
        along = pairs[:, 0] * (1 - share) + pairs[:, 1] * share
        return np.asarray(along.reshape(-1, 2))

    def _paint_legend(self, painter: QPainter) -> None:
        """Say in the corner what the marks are that are no keypoints."""
        x, y = 14.0, 18.0
        tall = QFontMetricsF(painter.font()).height()
        painter.setPen(QPen(MARK, 1.5))
        painter.drawEllipse(QPointF(x + 6, y), 5, 5)
        painter.setPen(QPen(MARK, 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, y + tall + 4), QPointF(x + 14, y + tall + 4))
        painter.setPen(DIM)
        for row, text in enumerate((_tr("centre"), _tr("length"))):
            top = y + row * (tall + 4) - tall / 2
            room = QRectF(x + 22, top, self.width() / 2, tall)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_ground(self, painter: QPainter) -> None:
        colours, wide = theme.current(), 1.0
        edge = QColor(colours.accent if self.hasFocus() else colours.line)
        painter.setPen(QPen(edge, wide))
        painter.setBrush(GROUND)
        inner = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inner, 4, 4)

    def _paint_edges(self, painter: QPainter, points: Sequence[QPointF]) -> None:
        kept = set(self._draft.kept)
        edges = [edge for edge in self._draft.edges if kept >= set(edge)]
        for ink, wide in ((HALO, 5.0), (None, 2.5)):
            for a, b in edges:
                side, other = self._draft.side(a), self._draft.side(b)
                colour = ink or _side(side if side == other else "centre")
                painter.setPen(QPen(colour, wide))
                painter.drawLine(points[a], points[b])
        if self.first >= 0 and self._hovered >= 0 and self._hovered != self.first:
            painter.setPen(QPen(MARK, 2.0, Qt.PenStyle.DotLine))
            painter.drawLine(points[self.first], points[self._hovered])

    def _paint_length(self, painter: QPainter, at: np.ndarray) -> None:
        """Paint a bracket beside the body, as long as its length."""
        groups = [list(group) for group in self._draft.length]
        if not all(groups) or any(self._missing[group].any() for group in groups):
            return
        ends = [at[group].mean(axis=0) for group in groups]
        painter.setPen(QPen(MARK, 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(*ends[0], *ends[1]))
        painter.setPen(QPen(MARK, 1.5))
        along = ends[-1] - ends[0]
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
        for end in ends:
            painter.drawLine(QLineF(*(end - 8 * across), *(end + 8 * across)))

    def _paint_centre(self, painter: QPainter, at: np.ndarray) -> None:
        kept = [k for k in self._draft.centre if k in self._draft.kept]
        if not kept or self._missing[kept].any():
            return
        middle = QPointF(*at[kept].mean(axis=0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(MARK, 1.5))
        painter.drawEllipse(middle, 11, 11)
        for dx, dy in ((14, 0), (0, 14)):
            arm, gap = QPointF(dx, dy), QPointF(dx, dy) * (8 / 14)
            painter.drawLine(middle + gap, middle + arm)
            painter.drawLine(middle - gap, middle - arm)

    def _paint_point(self, painter: QPainter, keypoint: int, at: QPointF) -> None:
        if keypoint in self._draft.left_out:
            if not MARGIN_PX < at.y() < self.height() - 8:
                return  # it may lie far from the body
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(LEFT_OUT, 1.5))
            painter.drawEllipse(at, 3.5, 3.5)
            return
        colour = _side(self._draft.side(keypoint))
        lost = bool(self._missing[keypoint])
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DotLine) if lost else HALO)
        painter.setBrush(Qt.BrushStyle.NoBrush if lost else colour)
        larger = 1.5 if keypoint in (self._hovered, self.first) else 0.0
        painter.drawEllipse(at, RADIUS_PX + larger, RADIUS_PX + larger)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if keypoint == self.first:
            painter.setPen(QPen(MARK, 2.5))
            painter.drawEllipse(at, 10, 10)
        elif keypoint == self.current:
            painter.setPen(QPen(WORDS, 1.5))
            painter.drawEllipse(at, 9, 9)

    def _paint_names(self, painter: QPainter, points: Sequence[QPointF]) -> None:
        """Write names beside points where there is room; the chosen one always."""
        font = QFont(painter.font())
        font.setPixelSize(12)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        taken = [QRectF(p.x() - 7, p.y() - 7, 14, 14) for p in points]
        middle = _mean([points[k] for k in self._draft.kept])
        lines = self._along_edges(points)
        room = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        chosen = [self._hovered, self.first, self.current]
        kept = self._draft.kept if len(self._draft.kept) <= MOST_NAMES else ()
        order = dict.fromkeys([*(k for k in chosen if k >= 0), *kept])
        for keypoint in order:
            text = self._draft.names[keypoint]
            wide = min(metrics.horizontalAdvance(text), 160.0)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, wide + 1)
            places = _beside(points[keypoint], wide, metrics.height(), middle)
            places.sort(key=lambda p: _crosses(p, lines))
            free = (
                p
                for p in places
                if room.contains(p)
                and not any(
                    p.intersects(t) for n, t in enumerate(taken) if n != keypoint
                )
            )
            place = next(free, None)
            if place is None and keypoint in chosen:
                place = places[0]
                place.moveRight(min(place.right(), room.right()))
                painter.fillRect(place.adjusted(-3, 0, 3, 0), HALO)
            if place is not None:
                taken.append(place)
                painter.setPen(WORDS)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def _beside(at: QPointF, wide: float, tall: float, inside: QPointF) -> list[QRectF]:
    """List the places of a name around a point, the one farthest from inside first."""
    x, y, gap = at.x(), at.y(), 12.0
    places = [
        QRectF(x + gap, y - tall / 2, wide, tall),
        QRectF(x - gap - wide, y - tall / 2, wide, tall),
        QRectF(x - wide / 2, y - gap - tall, wide, tall),
        QRectF(x - wide / 2, y + gap, wide, tall),
        QRectF(x + gap / 2, y - gap - tall, wide, tall),
        QRectF(x + gap / 2, y + gap, wide, tall),
        QRectF(x - gap / 2 - wide, y - gap - tall, wide, tall),
        QRectF(x - gap / 2 - wide, y + gap, wide, tall),
    ]

    def outward(place: QRectF) -> float:
        out, away = at - inside, place.center() - at
        length = max(math.hypot(away.x(), away.y()), 1e-6)
        return float(out.x() * away.x() + out.y() * away.y()) / length

    return sorted(places, key=outward, reverse=True)


def _crosses(place: QRectF, lines: np.ndarray) -> bool:
    """Tell whether points (n, 2) of a line lie in a rectangle."""
    low = (place.left(), place.top())
    high = (place.right(), place.bottom())
    return bool(((lines > low) & (lines < high)).all(axis=-1).any())


def _mean(points: Sequence[QPointF]) -> QPointF:
    n = max(len(points), 1)
    return QPointF(sum(p.x() for p in points) / n, sum(p.y() for p in points) / n)


def _side(side: str) -> QColor:
    return QColor(SIDE_COLORS[side])


def _tr(text: str) -> str:
    return QCoreApplication.translate("SkeletonDialog", text)
