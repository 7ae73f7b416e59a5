"""What moves in the kitchen: cabinet, drawer, table and the things that are set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from demo.cast import Clip, Look
from demo.paint import (
    box,
    color,
    disc,
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
    CABINET_X,
    CABINET_Y,
    CABINET_Z,
    COUNTER_X,
    DOOR_ANGLE,
    DRAWER_TRAVEL,
    DRAWER_Y,
    DRAWER_Z,
    WALL_X,
    project,
)

SHELF_Y = 186.0


def draw_cabinet_inside(painter: QPainter, tone: str) -> None:
    """The wall cabinet without its door: far side, floor, shelf."""
    (y0, y1), (z0, z1) = CABINET_Y, CABINET_Z
    across = (WALL_X, CABINET_X)
    shadow = [(WALL_X, y0 - 20, z0 + 4), (WALL_X, y0 - 20, z1 + 6)]
    shadow += [(WALL_X, y1, z1 + 14), (WALL_X, y1, z0)]
    face(painter, color("#000000", 1, 30), shadow)
    face(painter, color(tone, 0.5), panel(WALL_X + 1, (y0, y1), (z0, z1)))
    face(painter, color(tone, 0.62), front(across, (y0, y1), z1))
    face(painter, color(tone, 0.8), top(across, y0 + 2, (z0, z1)))


def draw_shelf(painter: QPainter, tone: str) -> None:
    """The board between the two levels of the wall cabinet."""
    across = (WALL_X, CABINET_X)
    face(painter, color(tone, 0.82), top(across, SHELF_Y, CABINET_Z))
    face(painter, color(tone, 1.1), panel(CABINET_X, (SHELF_Y - 3, SHELF_Y), CABINET_Z))


def draw_cabinet_shell(painter: QPainter, tone: str) -> None:
    """The glass side that looks at us, the top and the frame of the wall cabinet."""
    (y0, y1), (z0, z1) = CABINET_Y, CABINET_Z
    across = (WALL_X, CABINET_X)
    face(painter, color("#dff1f5", 1, 46), front(across, (y0, y1), z0))
    shine = [(6, y0 + 8, z0), (18, y0 + 8, z0), (36, y1 - 8, z0), (24, y1 - 8, z0)]
    face(painter, color("#ffffff", 1, 40), shine)
    face(painter, color(tone, 1.16), top(across, y1, (z0, z1)))
    rim = color(tone, 0.98)
    for y in ((y0 - 3, y0 + 4), (y1 - 5, y1)):
        face(painter, rim, front(across, y, z0))
        face(painter, color(tone, 0.86), panel(CABINET_X, y, (z0, z1)))
    for x in ((WALL_X, WALL_X + 5), (CABINET_X - 5, CABINET_X)):
        face(painter, rim, front(x, (y0, y1), z0))
    face(painter, color(tone, 0.86), panel(CABINET_X, (y0, y1), (z1 - 3, z1)))


def draw_door(painter: QPainter, tone: str, opened: float) -> None:
    """The door of the wall cabinet, hinged at its far edge."""
    angle, hinge = DOOR_ANGLE * opened, CABINET_Z[1] - 1.0
    dx, dz = np.sin(angle), -np.cos(angle)
    (y0, y1), width = CABINET_Y, CABINET_Z[1] - CABINET_Z[0] - 2.0
    light = 0.86 + 0.14 * float(np.sin(angle))

    def leaf(
        margin: float, low: float, high: float
    ) -> list[tuple[float, float, float]]:
        a, b = margin, width - margin
        at = [(CABINET_X + 1 + dx * r, hinge + dz * r) for r in (a, b)]
        return [
            (at[0][0], low, at[0][1]),
            (at[1][0], low, at[1][1]),
            (at[1][0], high, at[1][1]),
            (at[0][0], high, at[0][1]),
        ]

    face(painter, color(tone, light * 0.98), leaf(0, y0, y1))
    face(painter, color(tone, light * 0.86), leaf(8, y0 + 9, y1 - 9))
    face(painter, color(tone, light * 0.93), leaf(9.5, y0 + 9, y1 - 11))
    x, z = CABINET_X + 2 + dx * (width - 5), hinge + dz * (width - 5)
    line(painter, "#fff4dc", 3.0, (x, y0 + 10, z), (x, y0 + 22, z))


def draw_drawer_inside(painter: QPainter, tone: str, opened: float) -> None:
    """The open top of the drawer; things in it are drawn next."""
    if opened < 0.01:
        return
    reach = COUNTER_X + DRAWER_TRAVEL * opened
    y0, y1 = DRAWER_Y
    shadow = top((COUNTER_X, reach + 6), 0, DRAWER_Z)
    face(painter, color("#000000", 1, 40), shadow)
    face(painter, color("#6b4a32"), top((COUNTER_X, reach), y1 - 2, DRAWER_Z))
    face(
        painter,
        color("#8a6342"),
        front((COUNTER_X, reach), (y0 + 3, y1 - 2), DRAWER_Z[1]),
    )
    for z in (72.5, 95.0):
        line(painter, "#a67c55", 1.4, (COUNTER_X, y1 - 4, z), (reach, y1 - 4, z))
    face(painter, color(tone, 0.55, 120), top((COUNTER_X, COUNTER_X + 6), y1, DRAWER_Z))


def draw_drawer_front(painter: QPainter, tone: str, opened: float) -> None:
    """Side and front of the drawer, with the handle."""
    reach = COUNTER_X + 1 + DRAWER_TRAVEL * opened
    y0, y1 = DRAWER_Y
    if opened > 0.01:
        face(
            painter, "#c79a68", front((COUNTER_X, reach), (y0 + 2, y1 - 2), DRAWER_Z[0])
        )
        rims = ((DRAWER_Z[0], DRAWER_Z[0] + 2), (DRAWER_Z[1] - 2, DRAWER_Z[1]))
        for z in rims:
            face(painter, "#dcb583", top((COUNTER_X, reach), y1 - 1, z))
        face(painter, "#dcb583", top((reach - 3, reach), y1, DRAWER_Z))
    face(painter, color(tone, 0.96), panel(reach, (y0, y1), DRAWER_Z))
    line(painter, "#fff4dc", 3.0, (reach + 3, 90, 74), (reach + 3, 90, 94))


def draw_table(painter: QPainter, clip: Clip) -> None:
    """The table, with or without a cloth."""
    table, tone = clip.table, clip.look.cloth
    x0, x1, (z0, z1) = table.x, table.x + table.length, table.z
    wood = "#9a6a42"
    for x, z in (
        (x0 + 8, z1 - 6),
        (x1 - 14, z1 - 6),
        (x0 + 8, z0 + 4),
        (x1 - 14, z0 + 4),
    ):
        shade = 0.75 if z > 20 else 1.0
        face(painter, color(wood, shade), front((x, x + 8), (0, table.y - 4), z))
    low = table.y - max(table.cloth, 9.0)
    face(painter, color(tone, 0.8), panel(x1, (low, table.y), (z0, z1)))
    face(painter, color(tone, 0.9), front((x0, x1), (low, table.y), z0))
    face(painter, color(tone, 1.04), top((x0, x1), table.y, (z0, z1)))
    if table.cloth:
        for x in np.arange(x0 + 17, x1 - 8, 26.0):
            fold = [(x, low, z0), (x + 7, low, z0), (x + 3, table.y - 3, z0)]
            face(painter, color(tone, 0.83), fold)
        line(painter, clip.look.napkin, 2.0, (x0, low + 5, z0), (x1, low + 5, z0))
    else:
        for z in (18.0, 38.0):
            line(
                painter, color(tone, 0.93), 1.0, (x0 + 4, table.y, z), (x1, table.y, z)
            )
    line(painter, color(tone, 1.3), 1.2, (x0, table.y, z0), (x1, table.y, z0))


def draw_lamp(painter: QPainter, clip: Clip) -> None:
    """The lamp that hangs over the table."""
    x, y = lamp_place(clip)
    stroke(painter, "#3a3a3a", 1.6)
    painter.drawLine(QPointF(x, 0), QPointF(x, y - 18))
    bulb = "#fff3c0" if clip.look.evening else "#fffaf0"
    oval(painter, bulb, x, y, 9, 5)
    shade = [(x - 8, y - 20), (x + 8, y - 20), (x + 27, y), (x - 27, y)]
    fill(
        painter,
        fade(clip.look.napkin, color(clip.look.napkin, 0.75), (x - 27, 0), (x + 27, 0)),
    )
    painter.drawPolygon(polygon(shade))


def lamp_place(clip: Clip) -> tuple[float, float]:
    """Pixel of the lamp."""
    return clip.table.x + clip.table.length / 2 + 14, 50.0


def draw_item(
    painter: QPainter, kind: str, place: Sequence[float], raised: float, look: Look
) -> None:
    """A cup, plate or cutlery whose foot is at ``place``; raised 1 is in the hand."""
    if kind == "plate":
        draw_plate(painter, place, look)
    elif kind == "cup":
        x, y = project(np.array(place, float))
        _cup(painter, float(x), float(y), look.cup)
    else:
        _cutlery(painter, np.array(place, float), raised, look.napkin)


def draw_plate(painter: QPainter, place: Sequence[float], look: Look) -> None:
    """A plate with a coloured rim, lying flat."""
    x, y, z = place
    disc(painter, color("#000000", 1, 40), (x + 1.5, y, z - 1), 20.5)
    disc(painter, "#c9d3d8", (x, y + 1, z), 19)
    disc(painter, "#ffffff", (x, y + 3, z), 20)
    disc(painter, color(look.cup, 1.2), (x, y + 3.2, z), 17.5)
    disc(painter, "#f7fbfc", (x, y + 3.2, z), 14.5)
    disc(painter, "#e3ebef", (x, y + 3.2, z), 10.5)


def _cup(painter: QPainter, x: float, y: float, tone: str) -> None:
    oval(painter, color("#000000", 1, 40), x + 1, y, 8.5, 3)
    stroke(painter, color(tone, 0.85), 2.6)
    painter.drawEllipse(QPointF(x + 8.5, y - 9), 4.2, 4.6)
    fill(painter, fade(color(tone, 1.2), color(tone, 0.8), (x - 8, 0), (x + 8, 0)))
    painter.drawPolygon(
        polygon([(x - 8.5, y - 17), (x + 8.5, y - 17), (x + 6.8, y), (x - 6.8, y)])
    )
    oval(painter, color(tone, 0.8), x, y, 6.8, 2.4)
    fill(painter, "#ffffff")
    painter.drawRect(QRectF(x - 7.9, y - 11, 15.8, 2.6))
    oval(painter, color(tone, 0.55), x, y - 17, 8.5, 3)
    stroke(painter, color(tone, 1.4), 1.2)
    painter.drawEllipse(QPointF(x, y - 17), 8.5, 3)


def _cutlery(painter: QPainter, place: np.ndarray, raised: float, tone: str) -> None:
    along = np.array([0.0, 0.0, 1.0]) * (1 - raised) + np.array([0.15, 1.0, 0]) * raised
    along /= np.linalg.norm(along)
    base = project(place + np.array([0.0, 2.0, 0.0]))
    tip = project(place + np.array([0.0, 2.0, 0.0]) + along) - base
    tip /= np.linalg.norm(tip)
    side = np.array([-tip[1], tip[0]])

    def at(a: float, b: float) -> QPointF:
        return QPointF(*(base + tip * a + side * b))

    for b in (-3.4, 0.0, 3.4):
        stroke(painter, "#8f9aa3", 2.6)
        painter.drawLine(at(4, b), at(17, b))
        stroke(painter, "#eef3f6", 1.5)
        painter.drawLine(at(4, b), at(17, b))
    stroke(painter, "#eef3f6", 3.6)
    painter.drawLine(at(15, 3.4), at(18, 3.4))
    fill(
        painter, fade(color(tone, 1.15), color(tone, 0.85), *_ends(at(0, -6), at(0, 6)))
    )
    painter.drawPolygon([at(-13, -4.5), at(-13, 4.5), at(8, 6.5), at(8, -6.5)])
    stroke(painter, "#ffffff", 1.8)
    painter.drawLine(at(-2, -5.2), at(-2, 5.2))


def _ends(a: QPointF, b: QPointF) -> tuple[tuple[float, float], tuple[float, float]]:
    return (a.x(), a.y()), (b.x(), b.y())


def draw_stack(painter: QPainter, n: int, look: Look) -> None:
    """The plates that are still in the cabinet."""
    for i in range(n):
        x, y = 22.0, CABINET_Y[0] + 3 + 3.4 * i
        disc(painter, "#c2ccd2", (x, y, 84), 19)
        disc(painter, "#ffffff", (x, y + 2, 84), 19)
    if n:
        disc(
            painter, color(look.cup, 1.2), (22.0, CABINET_Y[0] + 2.2 + 3.4 * n, 84), 15
        )
        disc(painter, "#f7fbfc", (22.0, CABINET_Y[0] + 2.2 + 3.4 * n, 84), 12)


def draw_vase(painter: QPainter, clip: Clip) -> None:
    """Flowers on the table."""
    table = clip.table
    x, y = project(np.array([table.x + 98, table.y, 50.0]))
    for dx, dy, tone in (
        (-8, -33, "#f4a6b8"),
        (1, -39, "#ffd166"),
        (9, -32, "#ef767a"),
    ):
        stroke(painter, "#4c9a5f", 1.8)
        painter.drawLine(QPointF(x, y - 14), QPointF(x + dx, y + dy))
        oval(painter, tone, x + dx, y + dy, 5, 5)
        oval(painter, "#fff6d6", x + dx, y + dy, 1.8, 1.8)
    box(
        painter,
        fade("#8fc1d4", "#5e93a8", (x - 6, 0), (x + 6, 0)),
        (x - 6, y - 18, 12, 19),
        4,
    )
