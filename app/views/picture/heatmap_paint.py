"""Paint heatmaps over the picture where they were cropped, as cells."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.views.picture.frame_overlay import Heatmap
from app.views.picture.placement import Placement

# Inferno (matplotlib, CC0) at even steps; it is close to linear between them.
INFERNO = (
    (0, 0, 4), (10, 7, 35), (32, 12, 73), (60, 9, 100), (86, 15, 109), (112, 25, 110),
    (137, 34, 106), (162, 43, 97), (187, 54, 84), (208, 69, 68), (227, 89, 50),
    (241, 113, 30), (249, 140, 9), (252, 170, 15), (249, 201, 50), (242, 232, 101),
    (252, 255, 164),
)  # fmt: skip
OPACITY = 0.7
FULL_OPACITY_SHARE = 0.35
"""Share of the scale from which a cell of the heatmap has full opacity."""


def paint_heatmap(
    painter: QPainter, heatmap: Heatmap, place: Placement, room: QRectF
) -> None:
    """Paint the cells and their outline; nothing outside of ``room``."""
    box = place.box_to_widget(heatmap.box)
    painter.save()
    painter.setClipRect(room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.setOpacity(OPACITY)
    painter.drawImage(box, _cells(heatmap)[0])
    painter.setOpacity(1.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(255, 255, 255, 110), 1.0))
    painter.drawRect(box)
    painter.restore()


@lru_cache(maxsize=2)
def _cells(heatmap: Heatmap) -> tuple[QImage, np.ndarray]:
    # The square root makes limbs visible beside joints, which are several times as
    # high.
    share = np.sqrt(np.clip(heatmap.values / heatmap.top, 0.0, 1.0))
    cells = _palette()[np.rint(share * 255).astype(np.uint8)]
    height, width = cells.shape[:2]
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(cells.data, width, height, 4 * width, kind), cells


@lru_cache(maxsize=1)
def _palette() -> np.ndarray:
    """Return premultiplied BGRA (256, 4): transparent at zero, soon opaque."""
    share = np.linspace(0.0, 1.0, 256)
    stops = np.linspace(0.0, 1.0, len(INFERNO))
    bgr = [np.interp(share, stops, np.array(INFERNO)[:, c]) for c in (2, 1, 0)]
    alpha = np.minimum(share / FULL_OPACITY_SHARE, 1.0)
    bgra = np.stack([*(c * alpha for c in bgr), 255.0 * alpha], axis=-1)
    return np.asarray(np.rint(bgra), np.uint8)
