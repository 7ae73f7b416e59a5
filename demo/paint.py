"""Small brushes shared by scene and person: polygons of the world, rounded blobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen, QPolygonF

from demo.space import project

Circle = tuple[float, float, float]
Paint = QBrush | QColor | str


@cache
def color(name: str, factor: float = 1.0, alpha: int = 255) -> QColor:
    """A colour, darker (factor < 1) or lighter, perhaps translucent."""
    c = QColor(name)
    if factor < 1:
        # Shadows lean to blue, which keeps flat colours from looking dirty.
        c = QColor(
            int(c.red() * factor),
            int(c.green() * (factor * 0.97 + 0.03 * factor**2)),
            int(min(255, c.blue() * (factor + 0.06 * (1 - factor)))),
        )
    elif factor > 1:
        channels = (c.red(), c.green(), c.blue())
        c = QColor(*(int(255 - (255 - v) / factor) for v in channels))
    c.setAlpha(alpha)
    return c


def fill(painter: QPainter, paint: Paint) -> None:
    """Fill with this, without an outline."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(paint) if isinstance(paint, str) else paint)


def stroke(painter: QPainter, paint: QColor | str, width: float) -> None:
    """Draw lines of this colour with round ends, without filling."""
    pen = QPen(color(paint) if isinstance(paint, str) else paint, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def polygon(points: Iterable[Sequence[float]]) -> QPolygonF:
    """Polygon of pixels."""
    return QPolygonF([QPointF(float(p[0]), float(p[1])) for p in points])


def face(
    painter: QPainter, paint: Paint, corners: Sequence[tuple[float, float, float]]
) -> None:
    """Fill the polygon of these world points."""
    fill(painter, paint)
    painter.drawPolygon(polygon(project(np.array(corners, float))))


def line(
    painter: QPainter,
    paint: QColor | str,
    width: float,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
) -> None:
    """A line between two world points."""
    stroke(painter, paint, width)
    (ax, ay), (bx, by) = project(np.array([a, b], float))
    painter.drawLine(QPointF(ax, ay), QPointF(bx, by))


def panel(
    x: float, y: tuple[float, float], z: tuple[float, float]
) -> list[tuple[float, float, float]]:
    """Corners of a rectangle that looks to the right (x constant)."""
    return [(x, y[0], z[0]), (x, y[0], z[1]), (x, y[1], z[1]), (x, y[1], z[0])]


def front(
    x: tuple[float, float], y: tuple[float, float], z: float
) -> list[tuple[float, float, float]]:
    """Corners of a rectangle that looks at the viewer (z constant)."""
    return [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)]


def top(
    x: tuple[float, float], y: float, z: tuple[float, float]
) -> list[tuple[float, float, float]]:
    """Corners of a rectangle that looks up (y constant)."""
    return [(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])]


_RING = np.stack(
    [
        np.cos(np.linspace(0, 2 * np.pi, 29)[:-1]),
        np.sin(np.linspace(0, 2 * np.pi, 29)[:-1]),
    ],
    axis=1,
)


def blob(circles: Sequence[Circle]) -> QPolygonF:
    """Convex hull of circles (x, y, radius): the shape of limbs and trunks."""
    points = np.concatenate([_RING * r + (x, y) for x, y, r in circles])
    return polygon(hull(points))


def hull(points: np.ndarray) -> np.ndarray:
    """Convex hull of points (N, 2), in order."""
    order = sorted(map(tuple, points.tolist()))
    lower: list[tuple[float, ...]] = []
    upper: list[tuple[float, ...]] = []
    for chain, run in ((lower, order), (upper, order[::-1])):
        for p in run:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
    return np.array(lower[:-1] + upper[:-1])


def _turn(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def disc(
    painter: QPainter, paint: Paint, centre: Sequence[float], radius: float
) -> None:
    """A flat disc that lies in the world, seen slanted."""
    ring = np.array(centre, float) + np.stack(
        [_RING[:, 0] * radius, np.zeros(len(_RING)), _RING[:, 1] * radius], axis=1
    )
    fill(painter, paint)
    painter.drawPolygon(polygon(project(ring)))


def oval(
    painter: QPainter, paint: Paint, x: float, y: float, rx: float, ry: float
) -> None:
    """A filled ellipse in pixels."""
    fill(painter, paint)
    painter.drawEllipse(QPointF(x, y), rx, ry)


def box(painter: QPainter, paint: Paint, rect: Sequence[float], radius: float) -> None:
    """A filled rectangle (x, y, width, height) in pixels with round corners."""
    fill(painter, paint)
    painter.drawRoundedRect(QRectF(*rect), radius, radius)


def fade(a: Paint, b: Paint, start: Sequence[float], stop: Sequence[float]) -> QBrush:
    """A brush that fades from ``a`` to ``b`` between two pixels."""
    gradient = QLinearGradient(QPointF(*start[:2]), QPointF(*stop[:2]))
    gradient.setColorAt(0, color(a) if isinstance(a, str) else QColor(a))
    gradient.setColorAt(1, color(b) if isinstance(b, str) else QColor(b))
    return QBrush(gradient)
