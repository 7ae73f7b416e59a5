"""The room that never changes during a clip: walls, window, counter, decoration."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF, QRadialGradient

from demo.cast import Clip
from demo.paint import (
    box,
    color,
    face,
    fade,
    fill,
    front,
    line,
    oval,
    panel,
    polygon,
    stroke,
    top,
)
from demo.space import (
    COUNTER_X,
    COUNTER_Y,
    COUNTER_Z,
    HEIGHT,
    ROOM_Z,
    WALL_X,
    WIDTH,
    project,
)


def room_image(clip: Clip) -> QImage:
    """Picture of the empty kitchen."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    look = clip.look
    _walls(painter, look.wall)
    _window(painter, look.evening)
    _decoration(painter, clip)
    _floor(painter, look.floor, look.evening)
    _rug(painter, clip)
    _counter(painter, look.cabinet)
    painter.end()
    return image


def _walls(painter: QPainter, wall: str) -> None:
    fill(painter, fade(color(wall, 1.12), color(wall, 0.95), (0, 0), (0, 280)))
    painter.drawRect(QRectF(0, 0, WIDTH, HEIGHT))
    side = [
        (WALL_X, 0, 0),
        (WALL_X, 0, ROOM_Z),
        (WALL_X, 300, ROOM_Z),
        (WALL_X, 420, 0),
    ]
    face(painter, fade(color(wall, 0.86), color(wall, 0.93), (0, 0), (80, 0)), side)
    for row in range(4):
        for column in range(9):
            z, y = 30 + column * 18.0, 106 + row * 11.0
            tone = 1.35 if (row + column) % 3 else 1.15
            face(painter, color(wall, tone), panel(WALL_X, (y, y + 10), (z, z + 16.5)))
    corner = project(np.array([[WALL_X, 0, ROOM_Z], [WALL_X, 300, ROOM_Z]], float))
    stroke(painter, color(wall, 0.8), 1.2)
    painter.drawLine(QPointF(*corner[0]), QPointF(*corner[1]))


def _window(painter: QPainter, evening: bool) -> None:
    x, y, w, h = 196.0, 50.0, 122.0, 112.0
    box(painter, "#ffffff", (x - 6, y - 6, w + 12, h + 12), 3)
    sky = ("#1d2b53", "#54457f") if evening else ("#9ed2f0", "#e6f4f7")
    fill(painter, fade(*sky, (0, y), (0, y + h)))
    painter.drawRect(QRectF(x, y, w, h))
    painter.save()
    painter.setClipRect(QRectF(x, y, w, h))
    shade = 0.35 if evening else 1.0
    oval(painter, "#f4ecc2" if evening else "#fff3c4", x + 92, y + 24, 9, 9)
    if not evening:
        for cx, cy, r in ((30, 26, 9), (42, 22, 12), (55, 27, 9)):
            oval(painter, "#ffffff", x + cx, y + cy, r * 1.3, r * 0.8)
    oval(painter, color("#a7cf8d", shade), x + 20, y + 112, 80, 42)
    oval(painter, color("#82b877", shade), x + 112, y + 118, 74, 40)
    oval(painter, color("#4f8f5b", shade), x + 88, y + 70, 12, 16)
    box(painter, color("#6b4a36", shade), (x + 86, y + 82, 4, 14), 1)
    painter.restore()
    fill(painter, "#ffffff")
    painter.drawRect(QRectF(x + w / 2 - 2, y, 4, h))
    painter.drawRect(QRectF(x, y + h * 0.42, w, 3.5))
    box(painter, "#fdfdfb", (x - 12, y + h + 4, w + 24, 7), 2)
    box(painter, color("#000000", 1, 28), (x - 12, y + h + 11, w + 24, 3), 1)
    _curtains(painter, x, y, w, h)
    for dx, tone in ((16, "#d1603d"), (30, "#3f7d58")):
        box(painter, tone, (x + dx, y + h - 8, 10, 12), 2)
        oval(painter, "#4c9a5f", x + dx + 5, y + h - 12, 8, 7)


def _curtains(painter: QPainter, x: float, y: float, w: float, h: float) -> None:
    stroke(painter, "#8a6a4f", 3)
    painter.drawLine(QPointF(x - 22, y - 12), QPointF(x + w + 22, y - 12))
    for start, sign in ((x - 18, 1), (x + w + 18, -1)):
        for fold in range(4):
            a = start + sign * fold * 7.5
            tone = color("#e9b7a4", 0.94 + 0.06 * (fold % 2), 245)
            shape = [(a, y - 10), (a + sign * 9, y - 10)]
            shape += [
                (a + sign * (8 - fold * 1.5), y + h + 2),
                (a - sign * 1, y + h + 2),
            ]
            fill(painter, tone)
            painter.drawPolygon(polygon(shape))


def _decoration(painter: QPainter, clip: Clip) -> None:
    rng = np.random.default_rng(clip.seed)
    accent = clip.look.cabinet
    frame = 352 + float(rng.uniform(-8, 8))
    for dx, dy, w, h, tone in (
        (0.0, 74.0, 34.0, 44.0, "#f4a261"),
        (44.0, 90.0, 28.0, 28.0, "#7fb7be"),
    ):
        box(painter, color("#000000", 1, 25), (frame + dx + 2, dy + 3, w, h), 1)
        box(painter, "#6d4c3d", (frame + dx, dy, w, h), 1)
        box(painter, "#fffaf0", (frame + dx + 3, dy + 3, w - 6, h - 6), 0)
        oval(painter, tone, frame + dx + w / 2, dy + h * 0.55, w * 0.26, h * 0.24)
    _clock(painter, 588 + float(rng.uniform(-10, 10)), 42)
    shelf = 520.0
    for level, y in enumerate((96.0, 142.0)):
        box(painter, color("#000000", 1, 22), (shelf, y + 5, 100, 4), 1)
        box(painter, "#a9754a", (shelf, y, 100, 5), 1)
        at = shelf + 6
        while at < shelf + 84:
            w, h = float(rng.uniform(6, 14)), float(rng.uniform(15, 27))
            tone = str(rng.choice(["#e76f51", "#2a9d8f", "#e9c46a", "#f1ede2", accent]))
            if level:
                box(painter, color(tone, 0.96), (at, y - h * 0.7, w, h * 0.7), 3)
                box(painter, "#8a5a3c", (at, y - h * 0.7 - 3, w, 4), 1.5)
            else:
                box(painter, color(tone, 0.96), (at, y - h, w, h), 1)
            at += w + (5 if level else 1.5)
    _plant(painter)


def _clock(painter: QPainter, x: float, y: float) -> None:
    oval(painter, color("#000000", 1, 30), x + 1.5, y + 2, 17, 17)
    oval(painter, "#39424e", x, y, 17, 17)
    oval(painter, "#fffdf7", x, y, 14, 14)
    stroke(painter, "#39424e", 1.8)
    painter.drawLine(QPointF(x, y), QPointF(x - 4, y - 7))
    painter.drawLine(QPointF(x, y), QPointF(x + 9, y - 3))


def _plant(painter: QPainter) -> None:
    x, y = 616.0, 286.0
    for angle in np.linspace(-1.25, 0.9, 7):
        dx, dy = 52 * np.sin(angle), 64 * np.cos(angle)
        leaf = [(x, y - 26), (x + dx * 0.35 - 9, y - 26 - dy * 0.7)]
        leaf += [(x + dx, y - 26 - dy), (x + dx * 0.6 + 7, y - 26 - dy * 0.5)]
        tone = "#3f7d58" if int(angle * 10) % 2 else "#5a9d6b"
        fill(painter, tone)
        painter.drawPolygon(polygon(leaf))
    pot = [(x - 16, y - 30), (x + 16, y - 30), (x + 12, y + 2), (x - 12, y + 2)]
    fill(painter, fade("#dd8a5e", "#b8613d", (x - 16, 0), (x + 16, 0)))
    painter.drawPolygon(polygon(pot))


def _floor(painter: QPainter, floor: str, evening: bool) -> None:
    corners = [(WALL_X, 0, -60), (760, 0, -60), (760, 0, ROOM_Z), (WALL_X, 0, ROOM_Z)]
    face(
        painter,
        fade(color(floor, 0.93), color(floor, 1.1), (0, 280), (0, 360)),
        corners,
    )
    edges = np.linspace(-40, ROOM_Z, 11)
    for i, z in enumerate(edges):
        line(painter, color(floor, 0.84), 1.0, (WALL_X, 0, z), (760, 0, z))
        for x in np.arange(20 + 67 * (i % 3), 760, 170.0):
            line(painter, color(floor, 0.84), 1.0, (x, 0, z), (x, 0, z + 24))
    for y0, y1, tone in ((0.0, 11.0, 1.0), (10.0, 11.5, 0.9)):
        strip = [(WALL_X, y0), (760.0, y0), (760.0, y1), (WALL_X, y1)]
        face(painter, color("#fbf7ef", tone), [(x, y, ROOM_Z) for x, y in strip])
    if not evening:
        for x in (215.0, 262.0):
            patch = [(x, 0, 150), (x + 40, 0, 150), (x + 10, 0, 20), (x - 36, 0, 20)]
            face(painter, color("#fff6d8", 1, 58), patch)


def _rug(painter: QPainter, clip: Clip) -> None:
    x = clip.table.x
    for grow, tone in ((0, 0.9), (7, 1.25), (12, 0.95)):
        area = top(
            (x - 34 + grow, x + clip.table.length + 26 - grow),
            0,
            (-16 + grow * 0.7, 112 - grow * 0.7),
        )
        face(painter, color(clip.look.cabinet, tone), area)


def _counter(painter: QPainter, tone: str) -> None:
    z0, z1 = COUNTER_Z
    x, y = COUNTER_X, COUNTER_Y
    shadow = top((x - 4, x + 22), 0, (z0 - 2, z1 - 4))
    face(painter, color("#000000", 1, 34), shadow)
    face(painter, color(tone, 0.98), front((WALL_X, x), (0, y), z0))
    face(painter, color(tone, 0.9), front((WALL_X + 9, x - 9), (12, y - 14), z0))
    face(painter, color(tone, 1.02), front((WALL_X + 10.5, x - 9), (12, y - 15.5), z0))
    face(painter, color(tone, 0.84), panel(x, (0, y), (z0, z1)))
    face(painter, color("#2f2a28", 1, 150), panel(x, (0, 7), (z0, z1)))
    for low, high in ((10.0, 41.0), (44.0, 75.0)):
        face(painter, color(tone, 0.93), panel(x + 0.5, (low, high), (50, 118)))
        line(painter, "#e8e2d6", 2.4, (x + 3, high - 8, 76), (x + 3, high - 8, 92))
    _oven(painter, x)
    face(painter, "#efe7da", panel(x + 4, (y - 4, y + 2), (z0 - 2, z1)))
    face(painter, "#f6f0e6", front((WALL_X, x + 4), (y - 4, y + 2), z0 - 2))
    face(painter, "#fffaf1", top((WALL_X, x + 4), y + 2, (z0 - 2, z1)))
    face(painter, "#4a4a50", top((6, x - 8), y + 2.2, (130, 182)))
    _pot(painter)


def _oven(painter: QPainter, x: float) -> None:
    face(painter, "#3d4148", panel(x + 0.6, (8, 96), (124, 186)))
    face(painter, "#23262b", panel(x + 0.8, (16, 64), (130, 180)))
    face(painter, color("#ffb35c", 1, 90), panel(x + 1, (22, 50), (135, 175)))
    line(painter, "#d9d9d9", 2.6, (x + 4, 70, 131), (x + 4, 70, 179))
    for z in (134, 147, 160, 173):
        px, py = project(np.array([x + 2, 85, z], float))
        oval(painter, "#dcdcdc", px, py, 2.1, 3)


def _pot(painter: QPainter) -> None:
    x, y = project(np.array([32.0, COUNTER_Y + 3, 158.0]))
    body = QPolygonF(
        polygon([(x - 17, y - 20), (x + 17, y - 20), (x + 16, y), (x - 16, y)])
    )
    fill(painter, fade("#e76f51", "#b5482f", (x - 17, 0), (x + 17, 0)))
    painter.drawPolygon(body)
    oval(painter, "#b5482f", x, y, 16, 5)
    oval(painter, "#f08a6c", x, y - 20, 17, 5.5)
    oval(painter, "#3b2a24", x, y - 25, 3, 2.5)


def glow(image: QImage, x: float, y: float, radius: float, strength: int) -> None:
    """Lamp light: a soft warm disc added to the picture."""
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
    gradient = QRadialGradient(QPointF(x, y), radius)
    gradient.setColorAt(0, QColor(strength, int(strength * 0.8), int(strength * 0.45)))
    gradient.setColorAt(1, QColor(0, 0, 0))
    fill(painter, QColor(0, 0, 0))
    painter.setBrush(gradient)
    painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.end()
