"""Paint heatmaps over the picture where they were cropped, as cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.kit.language import tr
from app.views.picture.placement import Placement
from app.views.picture.words_paint import EDGE_PX, paint_tag

if TYPE_CHECKING:
    from skelseg_core.features.seen_heatmaps import SeenHeatmap

# Inferno (matplotlib, CC0) at even steps; it is close to linear between them.
INFERNO = (
    (0, 0, 4), (10, 7, 35), (32, 12, 73), (60, 9, 100), (86, 15, 109), (112, 25, 110),
    (137, 34, 106), (162, 43, 97), (187, 54, 84), (208, 69, 68), (227, 89, 50),
    (241, 113, 30), (249, 140, 9), (252, 170, 15), (249, 201, 50), (242, 232, 101),
    (252, 255, 164),
)  # fmt: skip
VEIL = 0.6
"""Opacity of a cell that is zero: the film stays visible, and a small body glows."""
FULL_FROM = 0.25
"""Share of the scale from which a cell hides the film, all but for a tenth."""
MOST = 0.9
"""Opacity of such a cell."""
LINE = QColor(255, 255, 255, 170)
CORNER_PX = 120.0
"""Largest side of a heatmap in the corner."""
CORNER_SHARE = 0.4
"""Largest share of the height of the room for a heatmap in the corner."""


def paint_heatmaps(
    painter: QPainter, heatmaps: Sequence[SeenHeatmap], place: Placement, room: QRectF
) -> None:
    """Paint the last heatmap over its part of the picture, others in the corner.

    Of two the last is the body, which hides the scene just where that is not dark.
    """
    painter.save()
    painter.setClipRect(room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(LINE, 1.0))
    for heatmap in heatmaps[-1:]:
        box = place.box_to_widget(heatmap.box)
        painter.drawImage(box, _cells(heatmap, VEIL)[0])
        painter.drawRect(box)
    for heatmap in heatmaps[:-1]:
        box = _in_corner(heatmap, room)
        painter.drawImage(box, _cells(heatmap, MOST)[0])
        painter.drawRect(box)
        paint_tag(painter, tr("Scene"), box.topLeft())
    painter.restore()


def _in_corner(heatmap: SeenHeatmap, room: QRectF) -> QRectF:
    """Place a heatmap in the lower left corner, its cells of whole pixels."""
    height, width = heatmap.light.shape
    most = min(CORNER_PX, CORNER_SHARE * room.height())
    cell = max(1, int(most / max(height, width)))
    size = cell * width, cell * height
    return QRectF(room.left() + EDGE_PX, room.bottom() - EDGE_PX - size[1], *size)


@lru_cache(maxsize=4)
def _cells(heatmap: SeenHeatmap, veil: float) -> tuple[QImage, np.ndarray]:
    shades = np.rint(np.clip(heatmap.light, 0.0, 1.0) * 255).astype(np.uint8)
    cells = _palette(veil)[shades]
    height, width = cells.shape[:2]
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(cells.data, width, height, 4 * width, kind), cells


@lru_cache(maxsize=2)
def _palette(veil: float) -> np.ndarray:
    """Return premultiplied BGRA (256, 4): a dark veil at zero, soon bright."""
    share = np.linspace(0.0, 1.0, 256)
    stops = np.linspace(0.0, 1.0, len(INFERNO))
    bgr = [np.interp(share, stops, np.array(INFERNO)[:, c]) for c in (2, 1, 0)]
    alpha = np.interp(share, (0.0, FULL_FROM), (veil, MOST))
    bgra = np.stack([*(c * alpha for c in bgr), 255.0 * alpha], axis=-1)
    return np.asarray(np.rint(bgra), np.uint8)
