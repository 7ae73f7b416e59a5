"""The drawing of a person: rounded limbs, clothes, a head that turns."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

from demo.figure import Figure
from demo.paint import blob, color, disc, fade, fill, hull, polygon, stroke
from demo.space import project

FAR = 0.8


def draw_shadow(painter: QPainter, figure: Figure) -> None:
    """Soft shadows on the floor, under the body and under each foot."""
    x, _, z = figure.pose.pelvis[figure.t]
    for radius, alpha in ((34, 22), (25, 26)):
        disc(painter, color("#1a1020", 1, alpha), (x + 5, 0, z), radius)
    for ankle in figure.pose.ankles[figure.t]:
        disc(painter, color("#1a1020", 1, 45), (ankle[0] + 2, 0, ankle[2]), 11)


def draw_legs(painter: QPainter, figure: Figure) -> None:
    """Both legs and the shoes, the far one first; a skirt over them."""
    far = figure.far
    for side in (far, 1 - far):
        _leg(painter, figure, side, FAR if side == far else 1.0)
    if figure.subject.skirt:
        pose, t, u = figure.pose, figure.t, figure.unit
        circles = [(*figure.xy(p), 5.2 * u) for p in pose.hips[t]]
        for hip, knee in zip(pose.hips[t], pose.knees[t], strict=True):
            circles.append((*figure.xy(hip + 0.78 * (knee - hip)), 5.6 * u))
        _cloth(painter, figure.subject.trousers, blob(circles))


def _leg(painter: QPainter, figure: Figure, side: int, tone: float) -> None:
    pose, t, u = figure.pose, figure.t, figure.unit
    subject = figure.subject
    hip = figure.xy(pose.hips[t, side])
    knee = figure.xy(pose.knees[t, side])
    ankle = figure.xy(pose.ankles[t, side])
    bare = subject.skirt
    cloth = color(subject.skin if bare else subject.trousers, tone)
    wide = 0.82 if bare else 1.0
    _shoe(painter, figure, side, tone)
    fill(painter, cloth)
    painter.drawPolygon(blob([(*knee, 3.6 * u * wide), (*ankle, 2.5 * u * wide)]))
    fill(painter, cloth)
    painter.drawPolygon(blob([(*hip, 5.2 * u), (*knee, 3.7 * u * wide)]))


def _shoe(painter: QPainter, figure: Figure, side: int, tone: float) -> None:
    pose, t, u = figure.pose, figure.t, figure.unit
    toes, pitch = pose.toes[t, side], float(pose.pitch[t, side])
    forward = toes * np.cos(pitch) + np.array([0.0, -np.sin(pitch), 0.0])
    down = np.array([0.0, -np.cos(pitch), 0.0]) - toes * np.sin(pitch)
    ankle = pose.ankles[t, side]
    sole = ankle + down * 2.0 * u
    circles = [
        (*figure.xy(ankle + 0.2 * u * down), 2.3 * u),
        (*figure.xy(sole - forward * 2.2 * u), 2.0 * u),
        (*figure.xy(sole + forward * 6.6 * u + down * 0.5 * u), 1.55 * u),
    ]
    fill(painter, color(figure.subject.shoes, tone))
    painter.drawPolygon(blob(circles))


def draw_far_arm(painter: QPainter, figure: Figure) -> None:
    """The arm behind the trunk, where there is one."""
    if figure.profile:
        _arm(painter, figure, figure.far, FAR)


def draw_near_arms(painter: QPainter, figure: Figure) -> None:
    """What is in front of the trunk: one arm, or both of somebody who faces us."""
    far = figure.far
    if not figure.profile:
        _arm(painter, figure, far, 0.93)
    _arm(painter, figure, 1 - far, 1.0)


def _arm(painter: QPainter, figure: Figure, side: int, tone: float) -> None:
    pose, t, u, subject = figure.pose, figure.t, figure.unit, figure.subject
    shoulder = figure.xy(pose.shoulders[t, side])
    elbow = figure.xy(pose.elbows[t, side])
    wrist = figure.xy(pose.wrists[t, side])
    palm = figure.xy(pose.palms[t, side])
    skin, shirt = color(subject.skin, tone), color(subject.shirt, tone * 0.96)
    fill(painter, skin)
    painter.drawPolygon(blob([(*wrist, 1.9 * u), (*palm, 2.5 * u)]))
    lower = shirt if subject.long_sleeves else skin
    fill(painter, lower)
    painter.drawPolygon(blob([(*elbow, 2.75 * u), (*wrist, 2.1 * u)]))
    fill(painter, lower)
    painter.drawPolygon(blob([(*shoulder, 3.2 * u), (*elbow, 2.8 * u)]))
    end = elbow if subject.long_sleeves else _between(shoulder, elbow, 0.62)
    fill(painter, shirt)
    painter.drawPolygon(blob([(*shoulder, 4.0 * u), (*end, 3.3 * u)]))


def _between(
    a: tuple[float, float], b: tuple[float, float], share: float
) -> tuple[float, float]:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _cloth(painter: QPainter, tone: str, shape: QPolygonF) -> None:
    area = shape.boundingRect()
    brush = fade(
        color(tone, 1.12), color(tone, 0.85), (area.left(), 0), (area.right(), 0)
    )
    fill(painter, brush)
    painter.drawPolygon(shape)


def draw_trunk(painter: QPainter, figure: Figure) -> None:
    """Hips, shirt, neck, and the apron of who wears one."""
    pose, t, u, subject = figure.pose, figure.t, figure.unit, figure.subject
    build = subject.body.build
    hips = [(*figure.xy(p), 5.2 * u * build) for p in pose.hips[t]]
    fill(painter, color(subject.trousers, 0.97))
    painter.drawPolygon(blob(hips))
    neck, pelvis = pose.neck[t], pose.pelvis[t]
    throat = figure.xy(neck + 0.75 * (pose.head[t] - neck))
    fill(painter, color(subject.skin, 0.86))
    painter.drawPolygon(blob([(*figure.xy(neck), 3.0 * u), (*throat, 2.7 * u)]))
    waist = pelvis + 0.42 * (neck - pelvis)
    shoulders = [(*figure.xy(p), 3.7 * u) for p in pose.shoulders[t]]
    chest = figure.xy(pelvis + 0.74 * (neck - pelvis))
    middle = figure.xy(waist)
    low = [(x, y - 2.2 * u, 5.0 * u * build) for x, y, _ in hips]
    shapes = (
        [*shoulders, (*chest, 6.2 * u * build), (*middle, 5.4 * u * build)],
        [(*chest, 6.0 * u * build), (*middle, 5.6 * u * build), *low],
    )
    both = QPainterPath()
    for shape in shapes:
        part = QPainterPath()
        part.addPolygon(blob(shape))
        part.closeSubpath()
        both = both.united(part)
    area = both.boundingRect()
    shirt = fade(
        color(subject.shirt, 1.1),
        color(subject.shirt, 0.84),
        (area.left(), area.top()),
        (area.right(), area.bottom()),
    )
    fill(painter, shirt)
    painter.drawPath(both)
    if subject.apron:
        _apron(painter, figure)


def _apron(painter: QPainter, figure: Figure) -> None:
    pose, t, u = figure.pose, figure.t, figure.unit
    forward, left = _axes(figure)
    trunk = pose.neck[t] - pose.pelvis[t]
    knees = pose.knees[t].mean(axis=0)
    points = []
    for height, width, depth in ((0.72, 4.6, 5.4), (0.4, 6.4, 5.4), (0.0, 8.0, 5.2)):
        centre = pose.pelvis[t] + height * trunk + forward * depth * u
        points += [centre + left * width * u, centre - left * width * u]
    hem = pose.pelvis[t] + 0.62 * (knees - pose.pelvis[t]) + forward * 4.6 * u
    points += [hem + left * 7.4 * u, hem - left * 7.4 * u]
    # Seen from the side an apron still wraps around the front of the body.
    wrap = [points[2] - forward * 4 * u, points[4] - forward * 5 * u, points[6]]
    outline = hull(project(np.array(points + wrap)))
    _cloth(painter, figure.subject.apron, polygon(outline))
    tie = [figure.xy(points[2] - forward * 9 * u), figure.xy(points[3])]
    stroke(painter, color(figure.subject.apron, 0.82), 1.6)
    painter.drawLine(QPointF(*tie[0]), QPointF(*tie[1]))


def _axes(figure: Figure) -> tuple[np.ndarray, np.ndarray]:
    yaw = float(figure.pose.yaw[figure.t])
    forward = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    return forward, np.array([np.sin(yaw), 0.0, np.cos(yaw)])
