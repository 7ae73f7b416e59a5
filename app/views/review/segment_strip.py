"""Show all of the segment that is reviewed as a row of pictures, unasked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from app.kit import theme
from app.kit.painting import painting
from app.playback.player import Player
from app.services.review.review_room import ReviewRoom
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.reviewing import MOST_APART_S
from skelseg_core.labels.segmentation import Segment
from skelseg_core.video.times import FrameTimes

TOP_PX, FOOT_PX, GAP_PX, PAD_PX = 2, 8, 2, 4
"""Rooms above, below, between and at the sides of the pictures, as in the loupe."""
TAB_PX = 16
"""Height of the tabs over the pictures with the first and the last frame."""
LEAST, USUAL = 0.6, 1.0
"""Width of a picture divided by its height, at least and where there is room."""
MOST_ROWS = 2


class SegmentStrip(QWidget):
    """Show a picture of the item in review for every half second of it, in two rows.

    It lies between its ends while the review is at an item. Signals ``painted`` with
    the frames whose pictures are there. A click on one goes to that frame,
    and with Shift the selected end does.
    """

    painted = Signal(list)

    def __init__(
        self, room: ReviewRoom, player: Player, pictures: StripPictures
    ) -> None:
        super().__init__()
        self._room, self._player, self._pictures = room, player, pictures
        self._frames: tuple[int, ...] = ()
        self._rows = 1
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Pictures of the segment in review"))
        self.setToolTip(
            self.tr(
                "The whole segment. Click a picture to go there. "
                "With Shift, the end that is selected moves there"
            )
        )
        pictures.ready.connect(self._on_ready)
        room.changed.connect(self.refresh)
        player.first_picture_shown.connect(self.refresh)

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
        item = self._room.current.item
        return here and self._pictures.is_whole(item, self._frames)

    @property
    def needed_px(self) -> int:
        """Width at which half a second of video at most lies between two pictures."""
        segment, item = self._room.segment, self._room.current.item
        if segment is None or item is None:
            return 0
        n = _n_needed(segment, item.video.even_times)
        widths = [self._wide(rows, LEAST) * -(-n // rows) for rows in self._all_rows]
        return round(min(widths)) + 2 * PAD_PX

    @property
    def _all_rows(self) -> range:
        return range(1, MOST_ROWS + 1)

    def _high(self, rows: int) -> float:
        """Return the height of a picture in so many rows."""
        room = self.height() - TOP_PX - FOOT_PX - (rows - 1) * GAP_PX
        return max(8.0, room / rows)

    def _wide(self, rows: int, share: float) -> float:
        """Return the width that a picture takes, with the gap after it."""
        return self._high(rows) * self._pictures.shape * share + GAP_PX

    def cells(self) -> list[QRectF]:
        """Return the rectangles of the pictures, from left to right."""
        n, rows, high = len(self._frames), self._rows, self._high(self._rows)
        columns = max(1, -(-n // rows))
        room = self.width() - 2 * PAD_PX - (columns - 1) * GAP_PX
        wide = min(high * self._pictures.shape, room / columns)
        left = (self.width() - columns * (wide + GAP_PX) + GAP_PX) / 2
        return [
            QRectF(
                left + i % columns * (wide + GAP_PX),
                TOP_PX + i // columns * (high + GAP_PX),
                wide,
                high,
            )
            for i in range(n)
        ]

    def refresh(self) -> None:
        """Choose the frames of the item, and read their pictures."""
        segment, item = self._room.segment, self._room.current.item
        if not self.isVisible() or segment is None or item is None:
            self._frames = ()
        else:
            times = item.video.even_times
            needed = _n_needed(segment, times)
            rows = (r for r in self._all_rows if self._fits(r, LEAST) >= needed)
            self._rows = next(rows, MOST_ROWS)
            most, usual = (self._fits(self._rows, s) for s in (LEAST, USUAL))
            self._frames = frames_of(segment, times, usual, most)
            if cells := self.cells():
                ratio = self.devicePixelRatioF()
                size = QSize(round(cells[0].width()), round(cells[0].height())) * ratio
                self._pictures.want([(item, self._frames)], size)
        self.update()

    def _fits(self, rows: int, share: float) -> int:
        """Count the pictures of a width for which there is room."""
        across = (self.width() - 2 * PAD_PX) / self._wide(rows, share)
        return max(1, rows * int(across))

    def _on_ready(self, frame: int) -> None:
        if frame in self._frames:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.painted.emit([])
        super().hideEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for frame, cell in zip(self._frames, self.cells(), strict=True):
            if cell.contains(event.position()):
                if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                    self._room.set_end(frame)
                else:
                    self._player.seek(frame)

    def paintEvent(self, event: QPaintEvent) -> None:
        there = []
        with painting(self) as painter:
            colours = theme.current()
            painter.fillRect(self.rect(), QColor(colours.panel))
            for i, cell in enumerate(self.cells()):
                painter.fillRect(cell, QColor(colours.surround))
                image = self._image(i)
                if image is not None:
                    there.append(self._frames[i])
                    scale = max(
                        cell.width() / image.width(), cell.height() / image.height()
                    )
                    part = QRectF(0, 0, cell.width() / scale, cell.height() / scale)
                    part.moveCenter(QRectF(image.rect()).center())
                    painter.drawImage(cell, image, part)
            self._paint_words(painter)
        self.painted.emit(there)

    def _image(self, place: int) -> QImage | None:
        item = self._room.current.item
        if item is None:
            return None
        return self._pictures.image(item, self._frames, place)

    def _paint_words(self, painter: QPainter) -> None:
        """Write over the pictures where the segment starts and ends."""
        segment = self._room.segment
        if segment is None:
            return
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        colours, width = theme.current(), self.width()
        starts, ends = self.tr("← starts at {}"), self.tr("ends at {} →")
        for word, frame in (starts, segment.start), (ends, segment.stop - 1):
            text = word.format(f"{frame:,}")
            wide = painter.fontMetrics().horizontalAdvance(text) + 8
            left = PAD_PX if word == starts else width - PAD_PX - wide
            tab = QRectF(left, TOP_PX, wide, TAB_PX)
            painter.fillRect(tab, QColor(colours.panel))
            painter.setPen(QColor(colours.dim))
            painter.drawText(tab, Qt.AlignmentFlag.AlignCenter, text)


def frames_of(
    segment: Segment, times: FrameTimes, usual: int, most: int
) -> tuple[int, ...]:
    """Choose frames from the first to the last of a segment, evenly.

    They are ``usual`` many, or more where half a second would lie between two; where
    there is room for ``most`` only, they lie further apart.
    """
    last = len(segment) - 1
    n = min(max(_n_needed(segment, times), min(usual, len(segment))), most)
    return tuple(
        segment.start + (round(i * last / (n - 1)) if n > 1 else 0) for i in range(n)
    )


def _n_needed(segment: Segment, times: FrameTimes) -> int:
    """Count the pictures of which two are half a second apart at most."""
    step = max(1, times.frame_at(MOST_APART_S))
    return -(-(len(segment) - 1) // step) + 1
