"""Keep the picture of minimap, ruler and lanes while only the playhead moves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPixmap


class LaneCache:
    """Paint the picture at the first request, and keep it until `forget`."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._painted = False

    def forget(self) -> None:
        """Drop the picture; call when anything that it shows changes."""
        self._painted = False

    def picture(
        self, size: QSize, ratio: float, paint: Callable[[QPainter], object]
    ) -> QPixmap:
        """Return the picture of this size, with ``ratio`` device pixels per pixel."""
        device, kept = size * ratio, self._pixmap
        if kept.size() != device or kept.devicePixelRatio() != ratio:
            kept = self._pixmap = QPixmap(device)
            kept.setDevicePixelRatio(ratio)
            self._painted = False
        if not self._painted:
            painter = QPainter(kept)
            paint(painter)
            painter.end()
            self._painted = True
        return kept
