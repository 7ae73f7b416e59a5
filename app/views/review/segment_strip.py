"""Show all of the segment that is reviewed as a row of pictures, unasked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.kit import theme
from app.kit.painting import painting
from app.playback.player import Player
from app.services.review.review_room import ReviewRoom
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.reviewing import MOST_APART_S
from skelseg_core.labels.segmentation import Segment
from skelseg_core.video.times import FrameTimes

HEIGHT_PX, LEAST_PX, GAP_PX, PAD_PX = 76, 36, 2, 4


class SegmentStrip(QWidget):
    """Show a picture of the place in review for every half second of it.

    It is there while the review is open. Signals ``painted`` with the frames whose
    pictures are there. A click on one goes to that frame.
    """

    painted = Signal(list)

    def __init__(
        self, room: ReviewRoom, player: Player, pictures: StripPictures
    ) -> None:
        super().__init__()
        self._room, self._player, self._pictures = room, player, pictures
        self._frames: tuple[int, ...] = ()
        self.setFixedHeight(HEIGHT_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Pictures of the segment in review"))
        self.setToolTip(self.tr("The whole segment. Click a picture to go there"))
        pictures.ready.connect(self._on_ready)
        room.changed.connect(self._refresh)
        player.first_picture_shown.connect(self._refresh)
        self.hide()

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames that are shown, or will be."""
        return self._frames

    @property
    def is_drawn(self) -> bool:
        """True where all its pictures of the place are there, or it is hidden."""
        segment, ends = self._room.segment, (*self._frames[:1], *self._frames[-1:])
        if segment is None or not self.isVisible():
            return True
        here = ends == (segment.start, segment.stop - 1)
        return here and self._pictures.is_whole(self._frames)

    def close_video(self) -> None:
        """Close the video's file."""
        self._pictures.close()

    def cells(self) -> list[QRectF]:
        """Return the rectangles of the pictures, from left to right."""
        n, height = len(self._frames), HEIGHT_PX - 2.0 * PAD_PX
        room = self.width() - 2 * PAD_PX - (n - 1) * GAP_PX
        wide = min(height * self._pictures.shape, room / max(1, n))
        x = [PAD_PX + i * (wide + GAP_PX) for i in range(n)]
        return [QRectF(left, PAD_PX, wide, height) for left in x]

    def _refresh(self) -> None:
        self.setVisible(self._room.on)
        segment, item = self._room.segment, self._room.current.item
        if not self.isVisible() or segment is None or item is None:
            self._frames = ()
        else:
            wide = (HEIGHT_PX - 2 * PAD_PX) * self._pictures.shape
            most, usual = self._fits(LEAST_PX), self._fits(wide)
            self._frames = frames_of(segment, item.video.even_times, usual, most)
            if cells := self.cells():
                ratio = self.devicePixelRatioF()
                size = QSize(round(cells[0].width()), round(cells[0].height())) * ratio
                self._pictures.want([self._frames], size)
        self.update()

    def _fits(self, wide_px: float) -> int:
        """Count the pictures of a width for which there is room."""
        return max(1, int((self.width() - 2 * PAD_PX) / (wide_px + GAP_PX)))

    def _on_ready(self, frame: int) -> None:
        if frame in self._frames:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.painted.emit([])
        super().hideEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for frame, cell in zip(self._frames, self.cells(), strict=True):
            if cell.contains(event.position()):
                self._player.seek(frame)

    def paintEvent(self, event: QPaintEvent) -> None:
        there = []
        with painting(self) as painter:
            colours = theme.current()
            painter.fillRect(self.rect(), QColor(colours.panel))
            if not self._frames:
                painter.setPen(QColor(colours.dim))
                words = self.tr("The whole segment in review appears here")
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            for i, cell in enumerate(self.cells()):
                painter.fillRect(cell, QColor(colours.surround))
                image = self._pictures.image(self._frames, i)
                if image is not None:
                    there.append(self._frames[i])
                    scale = max(
                        cell.width() / image.width(), cell.height() / image.height()
                    )
                    part = QRectF(0, 0, cell.width() / scale, cell.height() / scale)
                    part.moveCenter(QRectF(image.rect()).center())
                    painter.drawImage(cell, image, part)
        self.painted.emit(there)


def frames_of(
    segment: Segment, times: FrameTimes, usual: int, most: int
) -> tuple[int, ...]:
    """Choose frames from the first to the last of a segment, evenly.

    They are ``usual`` many, or more where half a second would lie between two; where
    there is room for ``most`` only, they lie further apart.
    """
    last = len(segment) - 1
    step = max(1, times.frame_at(MOST_APART_S))
    n = min(max(-(-last // step) + 1, min(usual, len(segment))), most)
    return tuple(
        segment.start + (round(i * last / (n - 1)) if n > 1 else 0) for i in range(n)
    )
