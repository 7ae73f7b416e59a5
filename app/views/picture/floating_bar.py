"""Keep a bar at the foot of another widget, outside of its layout."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

WIDEST_PX, GAP_PX = 900, 8
_MOVED = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.LayoutRequest,
)


class Overlaid(QObject):
    """Keep ``bar`` over the foot of a widget, in another widget around that one.

    ``places`` returns the two. The outer one has the bar, so that nothing beside it is
    ever above.
    """

    def __init__(
        self, bar: QWidget, places: Callable[[], tuple[QWidget, QWidget]]
    ) -> None:
        super().__init__(bar)
        self._bar, self._places = bar, places
        self._watched: QWidget | None = None
        bar.installEventFilter(self)
        self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            self.place()
        return False

    def place(self, *_: object) -> None:
        """Put the bar where the places are now."""
        around, ground = self._places()
        if ground is not self._watched:
            if self._watched is not None:
                self._watched.removeEventFilter(self)
            self._watched = ground
            ground.installEventFilter(self)
        if around is not self._bar.parentWidget():
            shown = not self._bar.isHidden()
            self._bar.setParent(around)
            self._bar.setVisible(shown)
        if self._bar.isHidden():
            return
        room = QRect(ground.mapTo(around, QPoint(0, 0)), ground.size())
        width = max(1, min(room.width() - 2 * GAP_PX, WIDEST_PX))
        height = self._bar.heightForWidth(width)
        top = max(0, room.bottom() + 1 - GAP_PX - height)
        place = QRect(room.left() + GAP_PX, top, width, height)
        if place != self._bar.geometry():
            self._bar.setGeometry(place)
        self._bar.raise_()
