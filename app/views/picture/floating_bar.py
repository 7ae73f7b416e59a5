"""Keep a bar over the foot of another widget, outside of its layout."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

MARGIN_PX, WIDEST_PX = 12, 760
_MOVED = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.LayoutRequest,
)


class Overlaid(QObject):
    """Keep ``bar`` over the foot of ``ground``, as high as its text needs.

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
        width = max(1, min(room.width() - 2 * MARGIN_PX, WIDEST_PX))
        height = self._bar.heightForWidth(width)
        height = height if height > 0 else self._bar.sizeHint().height()
        place = QRect(0, 0, width, height)
        place.moveCenter(room.center())
        place.moveBottom(room.bottom() - MARGIN_PX)
        if place != self._bar.geometry():
            self._bar.setGeometry(place)
        self._bar.raise_()
