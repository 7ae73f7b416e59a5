"""Overlays: what is painted over the picture, and where it comes from.

The painting functions take a painter and keep nothing. Positions are in pixels of the
picture; a `Placement` says where the picture lies in the widget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from skelseg_core.skeleton import Skeleton

if TYPE_CHECKING:
    from skelseg_core.config import HeatmapConfig
    from skelseg_core.poses import PoseSequence

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the picture."""
COLOURS = {"left": "#35c2ff", "right": "#ff9d3c", "centre": "#f2f2f2"}
OTHERS = "#c4c8cc"
HALO = QColor(0, 0, 0, 110)
SURE = 0.6
"""Keypoints with this score or a higher one are drawn in full colour."""

# Inferno (matplotlib, CC0) at even steps; between them it is close to linear.
INFERNO = (
    (0, 0, 4), (10, 7, 35), (32, 12, 73), (60, 9, 100), (86, 15, 109), (112, 25, 110),
    (137, 34, 106), (162, 43, 97), (187, 54, 84), (208, 69, 68), (227, 89, 50),
    (241, 113, 30), (249, 140, 9), (252, 170, 15), (249, 201, 50), (242, 232, 101),
    (252, 255, 164),
)  # fmt: skip
MARGIN = 0.15
"""Around the place where people are, as a share of it."""
LEAST = 0.1
"""A stage is never closer than that: half of what is shown, as a share of the frame."""
SOLID = 0.35
"""From this share of the scale on, a cell of the heatmap is as opaque as it gets."""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Values (H, W) as the network is given them, where they lie, and their scale."""

    values: np.ndarray
    box: Box
    top: float


@dataclass(frozen=True, eq=False)
class FrameOverlay:
    """People of one frame: keypoints (M, K, 2) px, scores (M, K), the subject."""

    keypoints: np.ndarray
    scores: np.ndarray
    subject: int = -1
    heatmap: Heatmap | None = None


class OverlaySource(Protocol):
    """Whoever knows the people in the frames of the video that is shown."""

    skeleton: Skeleton
    min_score: float

    @property
    def extent(self) -> Box | None:
        """Where anybody is at any time, or None where nobody ever is."""

    def at(self, frame: int, with_heatmap: bool = False) -> FrameOverlay | None:
        """What is known of a frame, or None."""


class PoseOverlay:
    """An overlay source over estimated poses; one heatmap at a time, when asked.

    ``box`` as of `subject_box`; without it the first heatmap of a long video is slow.
    """

    def __init__(
        self,
        poses: PoseSequence,
        subject: np.ndarray,
        skeleton: Skeleton,
        config: HeatmapConfig,
        box: Box | None = None,
    ) -> None:
        self.skeleton, self.min_score = skeleton, config.min_score
        self._poses, self._subject, self._config = poses, subject, config
        self._heatmap: tuple[int, Heatmap] | None = None
        self._box = box
        self._top = 1.0

    @cached_property
    def extent(self) -> Box | None:
        """Where anybody is at any time, with a margin; px of the picture."""
        points = self._poses.keypoints.reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return None
        size = np.array(self._poses.size, float)
        low = np.clip(points.min(axis=0), 0.0, size)
        high = np.clip(points.max(axis=0), 0.0, size)
        half = np.maximum((0.5 + MARGIN) * (high - low), LEAST * size)
        left, top = ((low + high) / 2 - half).tolist()
        right, bottom = ((low + high) / 2 + half).tolist()
        return left, top, right, bottom

    def at(self, frame: int, with_heatmap: bool = False) -> FrameOverlay | None:
        """The people of a frame, and the heatmap of the subject where asked."""
        if not 0 <= frame < self._poses.n_frames:
            return None
        return FrameOverlay(
            self._poses.keypoints[frame],
            self._poses.scores[frame],
            int(self._subject[frame]),
            self._heatmap_at(frame) if with_heatmap else None,
        )

    def _heatmap_at(self, frame: int) -> Heatmap | None:
        if self._subject[frame] < 0:
            return None
        if self._heatmap is None or self._heatmap[0] != frame:
            self._heatmap = (frame, self._drawn(frame))
        return self._heatmap[1]

    def _drawn(self, frame: int) -> Heatmap:
        # Core's own functions, the ones that make what a network sees.
        from skelseg_core.heatmaps import subject_box, subject_heatmap

        whole = (self._poses, self._subject)
        if self._box is None:
            self._box = subject_box(*whole, self._config)
        values = subject_heatmap(*whole, self.skeleton, self._config, frame, self._box)
        # The scale only grows, or colours would change their meaning while playing.
        self._top = max(self._top, math.ceil(float(values.max()) * 2) / 2)
        return Heatmap(values, self._box, self._top)


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in a widget: scale, and its top left corner."""

    scale: float
    x: float
    y: float
    width: int
    height: int

    @classmethod
    def fit(cls, width: int, height: int, into: QRectF) -> Placement:
        """As large as it can be, in the middle, its sides in proportion."""
        scale = min(into.width() / max(width, 1), into.height() / max(height, 1))
        x = into.x() + (into.width() - width * scale) / 2
        y = into.y() + (into.height() - height * scale) / 2
        return cls(scale, x, y, width, height)

    @property
    def rect(self) -> QRectF:
        """The picture in the widget."""
        return QRectF(self.x, self.y, self.width * self.scale, self.height * self.scale)

    @classmethod
    def around(cls, box: Box, width: int, height: int, into: QRectF) -> Placement:
        """A box of the picture as large as it can be, in the middle."""
        left, top, right, bottom = box
        scale = min(into.width() / (right - left), into.height() / (bottom - top))
        x = into.center().x() - scale * (left + right) / 2
        y = into.center().y() - scale * (top + bottom) / 2
        return cls(scale, x, y, width, height)

    def to_widget(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the picture in the widget."""
        return np.asarray(points * self.scale + (self.x, self.y))

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A point of the widget in the picture."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def box_to_widget(self, box: Box) -> QRectF:
        """A box of the picture in the widget."""
        corners = self.to_widget(np.array(box, float).reshape(2, 2))
        return QRectF(QPointF(*corners[0]), QPointF(*corners[1]))


# -- painting -----------------------------------------------------------------------


def paint_people(
    painter: QPainter,
    overlay: FrameOverlay,
    skeleton: Skeleton,
    min_score: float,
    place: Placement,
    others: bool = True,
    hovered: int = -1,
) -> None:
    """Paint the other people thin and grey, then the subject in its colours.

    Over a heatmap the subject is thin as well, or it would hide what lies under it.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    points = place.to_widget(overlay.keypoints)
    shown = seen(overlay, min_score)
    for person in range(len(points)):
        if person != overlay.subject and (others or person == hovered):
            _paint_other(
                painter, skeleton, points[person], shown[person], person == hovered
            )
    if 0 <= overlay.subject < len(points):
        person = overlay.subject
        alphas = np.where(
            shown[person], _certainty(overlay.scores[person], min_score), 0.0
        )
        thin = overlay.heatmap is not None
        _paint_subject(painter, skeleton, points[person], alphas, thin)


def seen(overlay: FrameOverlay, min_score: float) -> np.ndarray:
    """Which keypoints (M, K) are there: found, and with a score that counts."""
    found = np.isfinite(overlay.keypoints).all(axis=-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(found & (overlay.scores >= min_score))


def _certainty(scores: np.ndarray, min_score: float) -> np.ndarray:
    span = max(SURE - min_score, 1e-6)
    return np.asarray(np.clip(0.35 + 0.65 * (scores - min_score) / span, 0.35, 1.0))


def _paint_other(
    painter: QPainter,
    skeleton: Skeleton,
    points: np.ndarray,
    shown: np.ndarray,
    hovered: bool,
) -> None:
    lines = [
        QLineF(*points[a], *points[b])
        for a, b in skeleton.edges
        if shown[a] and shown[b]
    ]
    colour = QColor("#ffffff" if hovered else OTHERS)
    colour.setAlphaF(1.0 if hovered else 0.75)
    for ink, width in ((HALO, 3.0), (colour, 2.0 if hovered else 1.25)):
        painter.setPen(_pen(ink, width))
        painter.drawLines(lines)


def _paint_subject(
    painter: QPainter,
    skeleton: Skeleton,
    points: np.ndarray,
    alphas: np.ndarray,
    thin: bool,
) -> None:
    shown = alphas > 0
    if not shown.any():
        return
    height = float(np.ptp(points[shown, 1]))
    width = 1.0 if thin else min(max(height / 90.0, 1.75), 3.5)
    sides = [skeleton.side(k) for k in range(len(skeleton))]
    strokes: list[tuple[QLineF, QColor]] = []
    for a, b in skeleton.edges:
        if shown[a] and shown[b]:
            side = sides[a] if sides[a] == sides[b] else "centre"
            ink = _ink(side, float(min(alphas[a], alphas[b])))
            strokes.append((QLineF(*points[a], *points[b]), ink))
    if not thin:
        painter.setPen(_pen(HALO, width + 2.0))
        painter.drawLines([line for line, _ in strokes])
    for line, ink in strokes:
        painter.setPen(_pen(ink, width))
        painter.drawLine(line)
    painter.setPen(_pen(HALO, 1.0))
    for k in np.flatnonzero(shown):
        painter.setBrush(_ink(sides[k], float(alphas[k])))
        painter.drawEllipse(QPointF(*points[k]), width + 0.75, width + 0.75)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _ink(side: str, alpha: float) -> QColor:
    colour = QColor(COLOURS[side])
    colour.setAlphaF(alpha)
    return colour


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen


def paint_heatmap(
    painter: QPainter,
    heatmap: Heatmap,
    place: Placement,
    opacity: float,
    room: QRectF | None = None,
) -> None:
    """Paint the cells where they were cropped from, their outline, and the scale.

    Nothing is painted outside of ``room``, by default the picture.
    """
    room = place.rect if room is None else room
    # By the root, or limbs would drown beside joints, which are several times as high.
    share = np.sqrt(np.clip(heatmap.values / heatmap.top, 0.0, 1.0))
    cells = _palette(round(opacity, 3))[np.rint(share * 255).astype(np.uint8)]
    height, width = cells.shape[:2]
    image = QImage(
        cells.data,
        width,
        height,
        4 * width,
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    box = place.box_to_widget(heatmap.box)
    painter.save()
    painter.setClipRect(room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(box, image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(255, 255, 255, 110), 1.0))
    painter.drawRect(box)
    painter.restore()
    _paint_scale(painter, heatmap.top, room)


@lru_cache(maxsize=8)
def _palette(opacity: float) -> np.ndarray:
    """Premultiplied BGRA (256, 4): nothing at zero, soon as opaque as asked."""
    share = np.linspace(0.0, 1.0, 256)
    stops = np.linspace(0.0, 1.0, len(INFERNO))
    bgr = [np.interp(share, stops, np.array(INFERNO)[:, c]) for c in (2, 1, 0)]
    alpha = opacity * np.minimum(share / SOLID, 1.0)
    bgra = np.stack([*(c * alpha for c in bgr), 255.0 * alpha], axis=-1)
    return np.asarray(np.rint(bgra), np.uint8)


@lru_cache(maxsize=1)
def _scale_bar() -> tuple[QImage, np.ndarray]:
    cells = np.ascontiguousarray(_palette(1.0)[::-1, None, :])
    cells[..., 3] = 255
    return QImage(cells.data, 1, 256, 4, QImage.Format.Format_RGB32), cells


def _paint_scale(painter: QPainter, top: float, picture: QRectF) -> None:
    size = QRectF(0, 0, 52, 112)
    if picture.width() < 3 * size.width() or picture.height() < 1.5 * size.height():
        return
    size.moveTopRight(picture.topRight() + QPointF(-12, 12))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.drawRoundedRect(size, 4, 4)
    bar = QRectF(size.x() + 8, size.y() + 8, 8, size.height() - 16)
    painter.drawImage(bar, _scale_bar()[0])
    painter.setPen(QColor("#e4e6e8"))
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    ticks = (f"{top:.3g}", bar.top()), (f"{top / 4:.2g}", bar.center().y())
    for text, y in (*ticks, ("0", bar.bottom())):
        line = QRectF(bar.right() + 6, y - 7, 28, 14)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)


# -- reach --------------------------------------------------------------------------


def person_at(
    overlay: FrameOverlay, min_score: float, x: float, y: float, reach_px: float
) -> int:
    """The person whose box (px of the picture, and some reach) holds a point, or -1.

    Where several do, the one whose box has its middle nearest.
    """
    best, nearest = -1, np.inf
    shown = seen(overlay, min_score)
    for person in range(len(shown)):
        points = overlay.keypoints[person][shown[person]]
        if not len(points):
            continue
        low, high = points.min(axis=0) - reach_px, points.max(axis=0) + reach_px
        if (low <= (x, y)).all() and (high >= (x, y)).all():
            distance = float(np.hypot(*((low + high) / 2 - (x, y))))
            if distance < nearest:
                best, nearest = person, distance
    return best
