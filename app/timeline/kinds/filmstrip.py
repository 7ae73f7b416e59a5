"""The filmstrip lane: pictures of the video along the timeline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPen

from app.kit.commands import Command
from app.kit.language import tr
from app.playback.decoder import Source
from app.playback.thumbnails import ThumbnailReader, ThumbnailSpec
from app.timeline.geometry import TimeWindow
from app.timeline.lane import MEASURES, Lane
from app.timeline.lane_place import LanePlace
from app.timeline.video_data import LaneReader

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.timeline.video_data import VideoData


class Filmstrip(LaneReader):
    """Read and paint one picture for each slot of a fixed number of frames."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Frames are read in order or from keyframes, so that none needs to be kept.
        self.frames = ThumbnailReader(self, cache_bytes=1)
        self.frames.ready.connect(self.changed)
        self._aspect = 1.0
        self._wanted: tuple[TimeWindow, int, float] | None = None

    def start(self, path: Path, info: VideoInfo) -> None:
        # The index of frames is in the cache by now, so that opening takes no time.
        self.open(path, info.width / max(1, info.height))

    def forget(self) -> None:
        self.open(None)

    def open(self, source: Source | None, aspect: float = 1.0) -> None:
        """Open another video, ``aspect`` times as wide as high."""
        self._aspect, self._wanted = aspect, None
        self.frames.open(source)

    def close(self) -> None:
        self.frames.close()

    def slots(self, view: TimeWindow, height: float) -> range:
        """Return the first frames of the visible slots.

        A slot is a power of two frames long, so that zooming and panning reuse most
        pictures, and at least as wide as a picture.
        """
        width = max(1.0, height * self._aspect)
        step = 2 ** max(0, math.ceil(math.log2(width * view.frames_per_px)))
        first = max(0, int(view.first) // step)
        return range(first * step, math.ceil(view.last), step)

    def paint(self, place: LanePlace) -> None:
        """Paint the pictures that were read, and request the others."""
        painter, view, row = place.painter, place.view, place.area
        slots = self.slots(view, place.height)
        size = round(place.height * place.ratio)
        look = ThumbnailSpec(None, round(size * self._aspect), size, slots.step)
        asked = (view, size, self._aspect)
        if asked != self._wanted:
            self._wanted = asked
            self.frames.want(slots, look)
        painter.fillRect(row, place.style.well)
        for frame in slots:
            left = view.x_of(frame)
            slot = QRectF(
                left, row.top(), view.x_of(frame + slots.step) - left, row.height()
            )
            image = self.frames.image(frame)
            if image is not None:
                _tile(painter, image, slot)
            painter.setPen(QPen(place.style.line, 1))
            painter.drawLine(slot.topLeft(), QPointF(left, slot.bottom() - 1))


def _tile(painter: QPainter, image: QImage, slot: QRectF) -> None:
    """Fill a slot with repetitions of one picture, the last one cut."""
    scale = slot.height() / max(1, image.height())
    x, width = slot.left(), max(1.0, image.width() * scale)
    while x < slot.right():
        shown = min(width, slot.right() - x)
        part = QRectF(0, 0, shown / scale, image.height())
        painter.drawImage(QRectF(x, slot.top(), shown, slot.height()), image, part)
        x += width


class FilmstripLane(Lane):
    """The filmstrip, for videos that have pictures."""

    kind = "filmstrip"
    usual_px, least_px = 56, 32
    menu_part = MEASURES
    shown_at_first = False
    reader = Filmstrip
    commands = (Command("filmstrip", "Filmstrip", ("Shift+F",), args=(kind,)),)

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls()] if video.item.video.has_file else []

    @property
    def title(self) -> str:
        return tr("Pictures")

    def paint(self, place: LanePlace, video: VideoData) -> None:
        video.reader(Filmstrip).paint(place)
