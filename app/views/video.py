"""Video view: the picture, as large as it can be, with what is known of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.player import Picture, Player
from app.session import Session
from app.views.overlays import (
    FrameOverlay,
    OverlaySource,
    Placement,
    paint_heatmap,
    paint_people,
    person_at,
)
from app.views.transport import TransportBar
from skelseg_core.progress import Progress

__all__ = ["TransportBar", "VideoView"]

EMPTY = "Drop a video here, or choose File > New"
NO_POSES = "No poses yet: choose Model > Estimate poses"
NO_SUBJECT = "The subject is not in this frame"
NO_POSES_AND_NO_VIDEO = "No poses: import them"
POSES_ONLY = "Poses only, no video"
POSES_HIDDEN = "Poses only, and the skeleton is hidden: K shows it"
NOBODY = "Poses only, and nobody is in this frame"
FLASH_MS = 300
REACH_PX = 10.0
PIXELS_FROM = 4.0
"""From this scale on the pixels of the video are shown as squares."""


class VideoView(QWidget):
    """Paints the picture of the player, as large as it can be, with its overlays."""

    person_clicked = Signal(float, float)

    def __init__(
        self, session: Session, player: Player, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._player = session, player
        self._source: OverlaySource | None = None
        self._error = ""
        self._hovered = -1
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Video")
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(FLASH_MS)
        self._patience.timeout.connect(self.update)
        player.picture_changed.connect(self._on_picture_changed)
        player.state_changed.connect(self._on_state_changed)
        player.failed.connect(self._on_failed)
        session.overlays_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def set_overlay_source(self, source: OverlaySource | None) -> None:
        """Draw what this source knows of the frames; None: nothing is known."""
        self._source = source
        self._hovered = -1
        self.update()

    @property
    def placement(self) -> Placement | None:
        """Where the picture lies in the widget, or None where there is none.

        Without pictures nothing but people is to be seen, so they fill the widget.
        """
        picture = self._player.picture
        if picture is None:
            return None
        size = picture.image.width(), picture.image.height()
        extent = None
        if self._source is not None and not self._has_pictures:
            extent = self._source.extent
        if extent is not None:
            return Placement.around(extent, *size, QRectF(self.rect()))
        return Placement.fit(*size, QRectF(self.rect()))

    # -- what happens ---------------------------------------------------------------

    def _on_picture_changed(self, _: Picture) -> None:
        self._error = ""
        self.update()

    def _on_state_changed(self) -> None:
        if self._player.opening:
            self._error = ""
            if self._player.reading is None:
                self._patience.start()
        else:
            self._patience.stop()
        if self._player.picture is None:
            self.update()

    def _on_failed(self, text: str) -> None:
        if self._player.picture is None:
            self._error = text
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._person_under(event.position()))

    def leaveEvent(self, event: object) -> None:
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place, point = self.placement, event.position()
        if event.button() != Qt.MouseButton.LeftButton or place is None:
            event.ignore()
        elif self._person_under(point) >= 0:
            self.person_clicked.emit(*place.to_picture(point.x(), point.y()))

    def _hover(self, person: int) -> None:
        overlay = self._overlay()
        if overlay is not None and person == overlay.subject:
            person = -1
        if person != self._hovered:
            self._hovered = person
            shape = Qt.CursorShape
            self.setCursor(
                shape.PointingHandCursor if person >= 0 else shape.ArrowCursor
            )
            self.setToolTip("Click to make this person the subject" * (person >= 0))
            self.update()

    def _person_under(self, point: QPointF) -> int:
        place, overlay = self.placement, self._overlay()
        if place is None or overlay is None or self._source is None:
            return -1
        x, y = place.to_picture(point.x(), point.y())
        reach = REACH_PX / place.scale
        return person_at(overlay, self._source.min_score, x, y, reach)

    def _overlay(self, with_heatmap: bool = False) -> FrameOverlay | None:
        picture = self._player.picture
        if self._source is None or picture is None:
            return None
        return self._source.at(picture.frame, with_heatmap)

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().surround))
        picture, place = self._player.picture, self.placement
        if picture is None or place is None:
            self._paint_words(painter)
        else:
            self._paint_picture(painter, picture, place)
        painter.end()

    def _paint_picture(
        self, painter: QPainter, picture: Picture, place: Placement
    ) -> None:
        if self._has_pictures:
            scale = place.scale * self.devicePixelRatioF()
            smooth = scale < PIXELS_FROM and scale != 1.0
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(place.rect, picture.image)
            self._paint_overlays(painter, place, place.rect)
            return
        room = QRectF(self.rect())
        painter.fillRect(room, picture.image.pixelColor(0, 0))
        self._paint_overlays(painter, place, room)
        # Over a heatmap there is no empty stage to explain.
        if not self._session.overlays.heatmap:
            _paint_caption(painter, self._caption(), room)

    def _paint_overlays(
        self, painter: QPainter, place: Placement, room: QRectF
    ) -> None:
        wanted, source = self._session.overlays, self._source
        overlay = self._overlay(wanted.heatmap)
        if wanted.heatmap:
            if overlay is None:
                text = NO_POSES if self._has_pictures else NO_POSES_AND_NO_VIDEO
                _paint_note(painter, text, room)
            elif overlay.heatmap is None:
                _paint_note(painter, NO_SUBJECT, room)
            else:
                opacity = wanted.heatmap_opacity
                paint_heatmap(painter, overlay.heatmap, place, opacity, room)
        if overlay is None or source is None or not wanted.skeleton:
            return
        people = (overlay, source.skeleton, source.min_score, place)
        paint_people(painter, *people, wanted.others, self._hovered)

    @property
    def _has_pictures(self) -> bool:
        info = self._player.info
        return info is None or info.has_pictures

    def _caption(self) -> str:
        """Why there is no more to see on an empty stage."""
        overlay = self._overlay()
        if not self._session.overlays.skeleton:
            return POSES_HIDDEN
        if overlay is not None and not np.isfinite(overlay.keypoints).any():
            return NOBODY
        return POSES_ONLY

    def _paint_words(self, painter: QPainter) -> None:
        colours, player = theme.current(), self._player
        text, colour = EMPTY, colours.dim
        if self._error:
            text, colour = self._error, colours.text
        elif player.opening and player.path is not None:
            waited = not self._patience.isActive()
            text = _opening_text(player.path.name, player.reading) if waited else ""
        font = QFont(self.font())
        font.setPixelSize(15)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        room = QRectF(self.rect()).adjusted(48, 24, -48, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room, int(flags), text)


def _opening_text(name: str, reading: Progress | None) -> str:
    share = reading.fraction if reading is not None else None
    if reading is None:
        return f"Opening {name}"
    text = f"Seen for the first time: {reading.step}"
    return text if share is None else f"{text}, {share:.0%}"


def _paint_caption(painter: QPainter, text: str, picture: QRectF) -> None:
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    # The stage is dark in both schemes, as pictures are.
    painter.setPen(QColor(theme.DARK.dim))
    room = picture.adjusted(12, 8, -12, -8)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    painter.drawText(room, int(flags), text)


def _paint_note(painter: QPainter, text: str, picture: QRectF) -> None:
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    width = QFontMetrics(font).horizontalAdvance(text) + 20
    note = QRectF(picture.right() - width - 12, picture.top() + 12, width, 24)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(note, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor("#e4e6e8"))
    painter.drawText(note, Qt.AlignmentFlag.AlignCenter, text)
