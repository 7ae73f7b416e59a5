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
    """Keep ``bar`` over the foot of the widget that ``ground`` returns.

    That is a descendant of ``window``, which may be any widget around it.
    """

    def __init__(
        self, bar: QWidget, ground: Callable[[], QWidget], window: QWidget
    ) -> None:
        super().__init__(bar)
        self._bar, self._ground, self._window = bar, ground, window
        self._watched: QWidget | None = None
        shown = not bar.isHidden()
        bar.setParent(window)
        bar.setVisible(shown)
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            self.place()
        return False

    def place(self, *_: object) -> None:
        """Put the bar where the ground is now."""
        ground = self._ground()
        if ground is not self._watched:
            if self._watched is not None:
                self._watched.removeEventFilter(self)
            self._watched = ground
            ground.installEventFilter(self)
        if self._bar.isHidden():
            return
        room = QRect(ground.mapTo(self._window, QPoint(0, 0)), ground.size())
        width = max(1, min(room.width() - 2 * GAP_PX, WIDEST_PX))
        height = max(self._bar.heightForWidth(width), self._bar.minimumHeight())
        left, top = room.left() + GAP_PX, room.bottom() + 1 - GAP_PX - height
        place = QRect(left, max(top, 0), width, height)
        if place != self._bar.geometry():
            self._bar.setGeometry(place)
        self._bar.raise_()
