"""Keep a bar over another widget at its foot, outside of its layout."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

NARROW_PX, WIDEST_PX = 420, 900
_MOVED = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.LayoutRequest,
)


class Overlaid(QObject):
    """Keep ``bar`` over ``ground``, its foot at the same height, as high as its text.

    Both are descendants of ``window``, which may be any widget around them.
    """

    def __init__(self, bar: QWidget, ground: QWidget, window: QWidget) -> None:
        super().__init__(bar)
        self._bar, self._ground, self._window = bar, ground, window
        shown = not bar.isHidden()
        bar.setParent(window)
        bar.setVisible(shown)
        bar.installEventFilter(self)
        ground.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED and not self._bar.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        corner = self._ground.mapTo(self._window, QPoint(0, 0))
        room = QRect(corner, self._ground.size())
        if room.width() < NARROW_PX:
            # Too narrow for words: it may lie over all of the line.
            room.setRight(self._window.width() - 1)
        width = max(1, min(room.width(), WIDEST_PX))
        height = max(self._bar.heightForWidth(width), room.height())
        place = QRect(room.left(), room.bottom() + 1 - height, width, height)
        if place != self._bar.geometry():
            self._bar.setGeometry(place)
        self._bar.raise_()
