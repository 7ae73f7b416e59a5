"""Paint people over the picture: the subject and the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.placement import Placement
from app.views.picture.words_paint import TAG_PX, paint_tag, tag_px
from skelseg_core.poses.skeleton import SIDE_COLORS, Skeleton

COLOURS = SIDE_COLORS
OTHERS = "#b4b8bc"
# Opaque and with flat ends: either one makes thick lines eight times as fast.
HALO = QColor("#222426")
SURE = 0.6
"""Least score at which keypoints are drawn in full colour."""


def paint_others(
    painter: QPainter,
    overlay: FrameOverlay,
    skeleton: Skeleton,
    place: Placement,
    chosen: Sequence[int],
    hovered: int = -1,
) -> None:
    """Paint people thin: grey or in their colour, the one under the pointer white."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for person in chosen:
        points = _points(place.to_widget(overlay.keypoints[person]))
        lines = _lines(points, overlay.seen[person].tolist(), skeleton)
        _, own = overlay.names.get(person, ("", OTHERS))
        colour = QColor("#ffffff" if person == hovered else own)
        for ink, width in ((HALO, 3.0), (colour, 2.0 if person == hovered else 1.25)):
            painter.setPen(_pen(ink, width))
            painter.drawLines(lines)


def paint_subject(
    painter: QPainter,
    overlay: FrameOverlay,
    skeleton: Skeleton,
    place: Placement,
    thin: bool = False,
) -> None:
    """Paint the subject: left, right and centre in their colours, doubtful ones faded.

    One of several people who are labelled has one colour. Over a heatmap ``thin``, so
    that the skeleton does not hide it.
    """
    person = overlay.subject
    if not 0 <= person < len(overlay.keypoints) or not overlay.seen[person].any():
        return
    _, own = overlay.names.get(person, ("", ""))
    colours = dict.fromkeys(COLOURS, own) if own else COLOURS
    certain = _certainty(overlay.scores[person], overlay.min_score)
    alphas = np.where(overlay.seen[person], certain, 0.0).tolist()
    at = place.to_widget(overlay.keypoints[person])
    height = float(np.ptp(at[overlay.seen[person], 1]))
    width = 1.0 if thin else min(max(height / 90.0, 1.75), 3.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_edges(painter, _points(at), alphas, skeleton, width, not thin, colours)
    painter.setPen(_pen(HALO, 1.0))
    for k, alpha in enumerate(alphas):
        if alpha:
            painter.setBrush(_faded(colours[skeleton.side(k)], alpha))
            painter.drawEllipse(QPointF(*at[k]), width + 0.75, width + 0.75)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_names(
    painter: QPainter, overlay: FrameOverlay, place: Placement, chosen: Sequence[int]
) -> None:
    """Paint the names of people over their heads, and none over another."""
    heads: list[tuple[float, float, int]] = []
    for person in chosen:
        if person in overlay.names and overlay.seen[person].any():
            at = place.to_widget(overlay.keypoints[person][overlay.seen[person]])
            x, y = at[at[:, 1].argmin()].tolist()
            heads.append((y, x, person))
    taken: list[QRectF] = []
    # From the lowest head on, so that the name of a higher one goes up.
    for y, x, person in sorted(heads, reverse=True):
        name, colour = overlay.names[person]
        width, top = tag_px(painter, name), max(0.0, y - 14 - TAG_PX)
        tag = QRectF(x - width / 2, top, width, TAG_PX)
        step = (TAG_PX + 2) * (-1 if top > len(taken) * (TAG_PX + 2) else 1)
        while any(tag.intersects(other) for other in taken):
            tag.translate(0, step)
        paint_tag(painter, name, tag.bottomLeft(), QColor(colour))
        taken.append(tag)


def _paint_edges(
    painter: QPainter,
    points: list[QPointF],
    alphas: list[float],
    skeleton: Skeleton,
    width: float,
    halo: bool,
    colours: Mapping[str, str],
) -> None:
    if halo:
        painter.setPen(_pen(HALO, width + 2.0))
        painter.drawLines(_lines(points, [a > 0 for a in alphas], skeleton))
    for a, b in skeleton.edges:
        alpha = min(alphas[a], alphas[b])
        if alpha:
            side, other = skeleton.side(a), skeleton.side(b)
            colour = colours[side if side == other else "centre"]
            painter.setPen(_pen(_faded(colour, alpha), width))
            painter.drawLine(points[a], points[b])


def _points(at: np.ndarray) -> list[QPointF]:
    return [QPointF(x, y) for x, y in at.tolist()]


def _lines(
    points: list[QPointF], shown: list[bool], skeleton: Skeleton
) -> list[QLineF]:
    edges = skeleton.edges
    return [QLineF(points[a], points[b]) for a, b in edges if shown[a] and shown[b]]


def _certainty(scores: np.ndarray, min_score: float) -> np.ndarray:
    span = max(SURE - min_score, 1e-6)
    return np.asarray(np.clip(0.35 + 0.65 * (scores - min_score) / span, 0.35, 1.0))


def _faded(of: str, alpha: float) -> QColor:
    colour = QColor(of)
    colour.setAlphaF(alpha)
    return colour


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
