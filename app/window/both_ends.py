"""Show the item in review between its ends: start, the whole, end, in one row."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.services.labelling.on_screen import OnScreen
from app.services.review.review_room import ReviewRoom
from app.views.picture.loupe import LoupeView
from app.views.review.segment_strip import SegmentStrip

FRAMES = (12, 10, 8, 6)
"""Frames that are shown around an end: as many as leave room for the whole."""
CROPPED, UNCROPPED = 0.62, 1.1
"""Width of a picture there, divided by its height: of a person, and of a scene."""
LEAST_WHOLE = 0.2
"""Share of the width that the whole has at least."""


class BothEnds(QWidget):
    """Hold the loupe; in the review it shows the start, and another one the end."""

    def __init__(
        self,
        room: ReviewRoom,
        screen: OnScreen,
        start: LoupeView,
        whole: SegmentStrip,
        end: LoupeView,
    ) -> None:
        super().__init__()
        self._room, self._start, self._whole, self._end = room, start, whole, end
        for view in (start, whole, end):
            view.setParent(self)
        whole.hide()
        end.hide()
        end.setAccessibleName(self.tr("Loupe at the end"))
        self.setMinimumSize(start.minimumSize())
        for view in (start, end):
            view.setMinimumSize(1, 1)
        whole.painted.connect(lambda f: screen.shows("whole", f, large=False))
        start.painted.connect(lambda f: screen.shows("start", f, start.is_large))
        end.painted.connect(lambda f: screen.shows("end", f, end.is_large))
        room.changed.connect(self._show)

    def sizeHint(self) -> QSize:
        return self._start.sizeHint()

    @property
    def is_drawn(self) -> bool:
        """True where all pictures of the item are there, or it is hidden."""
        drawn = self._start.is_drawn and self._end.is_drawn
        return drawn and self._whole.is_drawn

    def set_dragged(self, frame: int | None) -> None:
        """Follow the selected boundary while it is dragged; None at the end."""
        self._start.set_dragged(frame)
        self._end.set_dragged(frame)

    def _show(self) -> None:
        """Show both ends of the item one is at, or the loupe alone."""
        ends, high = self._room.ends, self.height()
        if ends is None:
            self._start.show_end(None)
            self._start.setGeometry(self.rect())
        else:
            self._start.resize(self._start.width(), high)
            self._whole.resize(self._whole.width(), high)
            n, wide = self._n_frames()
            rest = self.width() - 2 * wide
            self._start.setGeometry(0, 0, wide, high)
            self._whole.setGeometry(wide, 0, rest, high)
            self._end.setGeometry(wide + rest, 0, wide, high)
            for view, frame in zip((self._start, self._end), ends, strict=True):
                view.show_end(frame, n)
        self._end.setVisible(ends is not None)
        self._whole.setVisible(ends is not None)
        self._whole.refresh()

    def _n_frames(self) -> tuple[int, int]:
        """Return how many frames are shown around an end, and how wide that is."""
        room = self.width() - max(self._whole.needed_px, self.width() * LEAST_WHOLE)
        share = CROPPED if self._start.box() is not None else UNCROPPED
        for n in FRAMES:
            wide = n * self._start.cell_height * share
            if 2 * wide <= room:
                break
        return n, round(min(wide, max(room / 2, self.width() / 3)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show()
