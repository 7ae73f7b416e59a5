"""Handles: the subject's keypoints as points that can be dragged.

A missing keypoint has a handle, too, a ghost, where it was seen last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.kit.language import tr
from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import COLOURS, HALO
from app.views.picture.words_paint import paint_tag
from skelseg_core.poses.corrections import ESTIMATED, PLACED
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import Skeleton

REACH_PX = 11.0
"""Greatest distance in screen pixels between the pointer and a handle it takes."""
TIE_SHARE = 0.2
"""Share of the reach within which handles count as lying on one another."""
SEARCH_FRAMES = 250
"""Frames on either side in which a missing keypoint is looked for."""
RING = "#f2f2f2"


@dataclass(frozen=True, eq=False)
class Handles:
    """Handles of one person in one frame: points (K, 2) px, ghost (K), marks (K)."""

    frame: int
    person: int
    points: np.ndarray
    ghost: np.ndarray
    marks: np.ndarray

    def at(
        self, x: float, y: float, reach_px: float, preferred: int | None = None
    ) -> int | None:
        """Return the keypoint nearest to a point (px), a seen one before a ghost.

        Where several lie on one another, ``preferred`` is taken.
        """
        away = np.hypot(*(self.points - (x, y)).T)
        if preferred is not None:
            away[preferred] -= TIE_SHARE * reach_px
        for chosen in (~self.ghost, self.ghost):
            near = np.where(chosen, away, np.inf)
            if near.min() <= reach_px:
                return int(near.argmin())
        return None


def handles_of(
    now: FrameOverlay, marks: np.ndarray, person: int, frame: int, poses: PoseSequence
) -> Handles:
    """Make a person's handles in a frame; find missing keypoints in ``poses``."""
    points = now.keypoints[person].astype(float)
    lost = ~np.isfinite(points).all(axis=-1)
    if lost.any():
        points[lost] = _last_seen(poses, person, frame)[lost]
    nowhere = ~np.isfinite(points).all(axis=-1)
    if nowhere.any():
        points[nowhere] = _beside(points, poses.size)[nowhere]
    return Handles(frame, person, points, ~now.seen[person], marks[person])


def _last_seen(poses: PoseSequence, person: int, frame: int) -> np.ndarray:
    """Return keypoints (K, 2) of the nearest frame, preferring one before."""
    start = max(0, frame - SEARCH_FRAMES)
    points = poses.keypoints[start : frame + SEARCH_FRAMES + 1, person]
    away = np.arange(start, start + len(points)) - frame
    cost = np.where(away > 0, 2.0 * away + 1, -2.0 * away)[:, None]
    cost = np.where(np.isfinite(points).all(axis=-1), cost, np.inf)
    best = cost.argmin(axis=0)
    return np.asarray(points[best, np.arange(points.shape[1])])


def _beside(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a column (K, 2) beside the person, or in the middle of the picture."""
    there = points[np.isfinite(points).all(axis=-1)]
    width, height = size
    x, top, bottom = width / 2, height / 4, height * 3 / 4
    if len(there):
        x = min(float(there[:, 0].max()) + 0.04 * width, 0.98 * width)
        middle = float(there[:, 1].mean())
        top, bottom = max(0.0, middle - height / 4), min(height, middle + height / 4)
    share = (np.arange(len(points)) + 0.5) / len(points)
    return np.stack([np.full(len(points), x), top + share * (bottom - top)], axis=-1)


def paint_handles(
    painter: QPainter,
    handles: Handles,
    skeleton: Skeleton,
    place: Placement,
    chosen: int | None,
    hovered: int | None,
    held: int | None = None,
) -> None:
    """Paint every handle: ghosts hollow, corrected keypoints with a ring.

    The dragged one is hollow, too, because what lies under it is the target.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    at = [QPointF(x, y) for x, y in place.to_widget(handles.points).tolist()]
    for k in (*np.flatnonzero(handles.ghost), *np.flatnonzero(~handles.ghost)):
        colour = QColor(COLOURS[skeleton.side(int(k))])
        radius = 6.5 if k in (chosen, hovered) else 4.5
        if k == held:
            _circle(painter, at[k], 9.0, colour)
            _circle(painter, at[k], 0.5, colour)
            continue
        if handles.ghost[k]:
            _circle(painter, at[k], radius, colour, Qt.PenStyle.DotLine)
        else:
            painter.setPen(QPen(HALO, 1.5))
            painter.setBrush(colour)
            painter.drawEllipse(at[k], radius, radius)
        if handles.marks[k] != ESTIMATED and not handles.ghost[k]:
            width = 2.0 if handles.marks[k] == PLACED else 1.0
            _circle(painter, at[k], radius + 4, QColor(RING), width=width)
        if k == chosen:
            _circle(painter, at[k], 2.0, HALO, width=2.0)
    if hovered is not None:
        name = skeleton.keypoints[hovered].replace("_", " ")
        if handles.ghost[hovered]:
            name = tr("{}, missing").format(name)
        paint_tag(painter, name, at[hovered] + QPointF(14, -8))


def _circle(
    painter: QPainter,
    at: QPointF,
    radius: float,
    colour: QColor,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    width: float = 1.75,
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(HALO, width + 2.0))
    painter.drawEllipse(at, radius, radius)
    painter.setPen(QPen(colour, width, style))
    painter.drawEllipse(at, radius, radius)
