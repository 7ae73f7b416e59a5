"""The drawing of a head that turns: hair, face, features placed on a ball."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QPainter, QPainterPath

from demo.body import EAR, EYE, NOSE, VIEW
from demo.cast import Subject
from demo.figure import Figure
from demo.paint import blob, color, fade, fill, oval, stroke


class Head:
    """Places points of a head, given in radii forward, to the left and up."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.r = figure.subject.body.head
        self.centre = figure.pose.head[figure.t]
        self.axes = figure.pose.face[figure.t]

    def at(self, f: float, side: float, u: float) -> tuple[float, float]:
        """Pixel of a point of the head."""
        offset = np.array([f, side, u]) @ self.axes * self.r
        return self.figure.xy(self.centre + offset)

    def facing(self, f: float, side: float, u: float) -> float:
        """Cosine between the surface at this point and the view, 1 towards us."""
        normal = np.array([f, side, u]) @ self.axes
        return float(normal @ VIEW / np.linalg.norm(normal))


def draw_head(painter: QPainter, figure: Figure) -> None:
    """Hair, face and features of a head that may turn."""
    head, subject = Head(figure), figure.subject
    r = head.r
    x, y = head.at(0, 0, 0)
    _hair_back(painter, head, subject)
    face_x, face_y = head.at(0.26, 0, -0.1)
    skin = color(subject.skin)
    shape = QRectF(face_x - 0.86 * r, face_y - 0.95 * r, 1.72 * r, 1.9 * r)
    fill(painter, fade(color(subject.skin, 1.1), skin, (x - r, y - r), (x + r, y + r)))
    painter.drawEllipse(shape)
    outline = QPainterPath()
    outline.addEllipse(shape)
    if subject.beard:
        _beard(painter, head, subject, outline)
    painter.save()
    painter.setClipPath(outline)
    _features(painter, head, subject)
    painter.restore()
    _nose(painter, head, subject)
    if subject.glasses:
        _glasses(painter, head)
    _fringe(painter, head, subject, outline)
    for side in (1.0, -1.0):
        if head.facing(EAR[0], side * EAR[1], EAR[2]) > 0.0:
            ex, ey = head.at(EAR[0], side * EAR[1], EAR[2])
            oval(painter, color(subject.skin, 0.92), ex, ey, 0.19 * r, 0.26 * r)
            oval(painter, color(subject.skin, 0.8), ex, ey, 0.09 * r, 0.14 * r)


def _hair_back(painter: QPainter, head: Head, subject: Subject) -> None:
    r, tone = head.r, subject.hair
    x, y = head.at(-0.14, 0, 0.1)
    if subject.style == "bun":
        bx, by = head.at(-1.0, 0, 0.62)
        oval(painter, color(tone, 0.9), bx, by, 0.46 * r, 0.46 * r)
    if subject.style == "bob":
        low = [head.at(-0.35, s, -0.75) for s in (0.6, -0.6)]
        shape = blob([(x, y, 1.08 * r), *((*p, 0.42 * r) for p in low)])
        fill(painter, color(tone, 0.92))
        painter.drawPolygon(shape)
    if subject.style == "curly":
        for a in np.linspace(0, 2 * np.pi, 12)[:-1]:
            cx, cy = head.at(-0.3, 0.85 * np.cos(a), 0.25 + 0.85 * np.sin(a))
            oval(painter, color(tone, 0.95), cx, cy, 0.48 * r, 0.48 * r)
    oval(painter, color(tone), x, y, 1.04 * r, 1.06 * r)


def _fringe(
    painter: QPainter, head: Head, subject: Subject, outline: QPainterPath
) -> None:
    """Hair over the forehead: the part of a tilted cap that lies on the face."""
    r = head.r
    rise = {"bun": 0.98, "bob": 0.82, "curly": 0.95, "short": 0.98}[subject.style]
    x, y = head.at(-0.06, 0, rise)
    cap = QPainterPath()
    cap.addEllipse(QPointF(x, y), 1.12 * r, 0.62 * r)
    fill(painter, color(subject.hair, 1.06))
    painter.drawPath(cap.intersected(outline))


def _beard(
    painter: QPainter, head: Head, subject: Subject, outline: QPainterPath
) -> None:
    r = head.r
    x, y = head.at(0.42, 0, -1.0)
    chin = QPainterPath()
    chin.addEllipse(QPointF(x, y), 0.92 * r, 0.56 * r)
    fill(painter, color(subject.hair, 1.05))
    painter.drawPath(chin.intersected(outline))


def _features(painter: QPainter, head: Head, subject: Subject) -> None:
    r = head.r
    for side in (1.0, -1.0):
        if head.facing(0.75, side * 0.5, -0.3) > 0.1:
            cx, cy = head.at(0.78, side * 0.5, -0.3)
            oval(painter, color("#e8836b", 1, 70), cx, cy, 0.2 * r, 0.14 * r)
    for side in (1.0, -1.0):
        if head.facing(EYE[0], side * EYE[1], EYE[2]) > 0.05:
            _eye(painter, head, subject, side)
    stroke(painter, color("#a8483f"), 0.11 * r)
    points = [
        head.at(0.86, s, u) for s, u in ((0.27, -0.42), (0.0, -0.64), (-0.27, -0.42))
    ]
    smile = QPainterPath(QPointF(*points[0]))
    smile.quadTo(QPointF(*points[1]), QPointF(*points[2]))
    if head.facing(0.86, 0, -0.5) > -0.2:
        painter.drawPath(smile)


def _eye(painter: QPainter, head: Head, subject: Subject, side: float) -> None:
    r = head.r
    x, y = head.at(EYE[0], side * EYE[1], EYE[2])
    oval(painter, "#ffffff", x, y, 0.17 * r, 0.2 * r)
    oval(painter, "#2a1d1a", x, y + 0.02 * r, 0.12 * r, 0.16 * r)
    oval(
        painter,
        QBrush(color("#ffffff")),
        x - 0.04 * r,
        y - 0.05 * r,
        0.04 * r,
        0.05 * r,
    )
    stroke(painter, color(subject.hair, 0.9), 0.1 * r)
    inner = head.at(EYE[0], side * (EYE[1] - 0.18), EYE[2] + 0.38)
    outer = head.at(EYE[0] - 0.1, side * (EYE[1] + 0.2), EYE[2] + 0.36)
    painter.drawLine(QPointF(*inner), QPointF(*outer))


def _nose(painter: QPainter, head: Head, subject: Subject) -> None:
    r = head.r
    if head.facing(*NOSE) > -0.55:
        nx, ny = head.at(NOSE[0], NOSE[1], NOSE[2])
        oval(painter, color(subject.skin, 0.9), nx, ny, 0.17 * r, 0.17 * r)
        oval(painter, color(subject.skin, 1.05), nx, ny - 0.05 * r, 0.12 * r, 0.12 * r)


def _glasses(painter: QPainter, head: Head) -> None:
    r = head.r
    stroke(painter, color("#2b2d42"), 0.1 * r)
    for side in (1.0, -1.0):
        if head.facing(EYE[0], side * EYE[1], EYE[2]) <= 0.05:
            continue
        x, y = head.at(EYE[0], side * EYE[1], EYE[2])
        painter.drawEllipse(QPointF(x, y), 0.27 * r, 0.27 * r)
        bridge = head.at(EYE[0] + 0.12, 0, EYE[2])
        temple = head.at(EAR[0] + 0.2, side * EAR[1], EYE[2])
        painter.drawLine(QPointF(x, y), QPointF(*bridge))
        if head.facing(0.5, side * 0.9, 0.1) > 0.1:
            painter.drawLine(QPointF(x, y), QPointF(*temple))
