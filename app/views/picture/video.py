"""The picture view: the player's picture with overlays, zoom, clicks on people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QEnterEvent,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.kit import theme
from app.kit.commands import Command, command, declare
from app.kit.language import in_language, tr
from app.kit.painting import painting
from app.playback.player import FramePicture, Player
from app.state.session import Session
from app.views.picture.exposure import ExposureFilter, words
from app.views.picture.frame_overlay import FrameOverlay, person_at
from app.views.picture.handle_view import HandleView
from app.views.picture.layers import OverlayScene, paint_layers
from app.views.picture.overlay_panel import OVERLAYS, OverlayButton, OverlayPanel
from app.views.picture.overlays import OverlaySource
from app.views.picture.placement import Box, PictureZoom, Placement
from app.views.picture.transport import FrameLabel, LabelSource, TransportBar
from app.views.picture.words_paint import paint_caption, paint_notes
from skelseg_core.progress import Progress

__all__ = ["TransportBar", "VideoView"]

EMPTY = "Drop a video here or choose File > New project"
NO_POSES = "No poses yet: choose Model > Estimate poses…"
NO_SUBJECT = "The subject is not in this frame"
SEEN = "{} sees this: {}, {} × {}"
SEEN_BOTH = "{} sees the body and the scene: {}, {} × {} each"
MIRRORED = "Mirrored, as this tier is the other side of another"
NO_MODEL = "No model is chosen"
SEES_NONE = "{} sees no heatmap"
EXAMPLE = "The recipe {} would see this"
KINDS = {"joint": "joints", "limb": "limbs", "combined": "joints and limbs"}
NO_POSES_AND_NO_VIDEO = "No poses: import them"
POSES_ONLY = "Poses only, no video"
POSES_HIDDEN = "Poses only, no video. The skeleton is hidden: press P"
NOBODY = "Poses only, no video. Nobody is in this frame"
CORRECTING = "Correcting keypoints: drag moves, click chooses, {} ends"
CHOSEN = "{} chosen: {} missing, {} line"
OPENING_TEXT_AFTER_MS = 300
"""Milliseconds before the picture says that a video is being opened."""
REACH_PX = 10.0
PIXELS_FROM = 4.0
"""Scale from which the pixels of the video are shown as squares."""


class VideoView(HandleView):
    """Paint the player's picture, as large as fits, with its overlays.

    The wheel zooms, a drag moves the picture, a click on a person signals
    ``person_clicked``. While keypoints are corrected, clicks and drags go to their
    handles.
    """

    person_clicked = Signal(int)

    def __init__(
        self, session: Session, player: Player, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, player, parent)
        self._session, self._player = session, player
        self.overlay_source: OverlaySource | None = None
        self._extent: Box | None = None
        self.label_source: LabelSource | None = None
        self._exposure_filter = ExposureFilter()
        self.button, self.panel = OverlayButton(self), OverlayPanel(session, self)
        self.button.clicked.connect(self.show_panel)
        self._error = ""
        self._hovered = -1
        self._keys: Callable[[str], str] = lambda _: ""
        # What a click on a person does, as its tooltip says it.
        self.click_tip: Callable[[], str] = lambda: ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Video"))
        self._opening_timer = QTimer(self)
        self._opening_timer.setSingleShot(True)
        self._opening_timer.setInterval(OPENING_TEXT_AFTER_MS)
        self._opening_timer.timeout.connect(self.update)
        player.picture_changed.connect(self._on_picture_changed)
        player.state_changed.connect(self._on_state_changed)
        player.failed.connect(self._on_failed)
        session.overlays_changed.connect(self.update)
        session.light_changed.connect(self.update)
        session.correcting_changed.connect(lambda: self._hover(-1))
        session.video_changed.connect(self._on_video_changed)
        self.clicked.connect(self._on_clicked)
        self.pointed.connect(self._on_pointed)

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def _on_video_changed(self, _: str) -> None:
        if not self._session.same_film:
            self.zoom_fit()

    def set_overlay_source(self, source: OverlaySource | None) -> None:
        """Draw the overlays of this source; None removes them."""
        self.overlay_source = source
        if source is None:
            self._extent = None
        self.set_handle_source(source)
        self._hovered = -1
        self.update()

    @property
    def pointed_person(self) -> int:
        """The person under the pointer, or -1."""
        inside = self.underMouse()
        at = QPointF(self.mapFromGlobal(QCursor.pos()))
        return self.person_under(at) if inside else -1

    def set_label_source(self, source: LabelSource | None) -> None:
        """Show the labels of this source over the frames."""
        before, self.label_source = self._label(), source
        if self._session.overlays.labels and self._label() != before:
            self.update()

    def _label(self) -> FrameLabel | None:
        picture = self._player.picture
        return (
            self.label_source(picture.frame) if self.label_source and picture else None
        )

    def place_with(self, zoom: PictureZoom | None) -> Placement | None:
        """Return the place of the picture.

        A video without pictures shows only people, so that these fill the widget.
        """
        picture = self._player.picture
        if picture is None:
            return None
        size = picture.size
        if self.overlay_source is not None and not self.has_pictures:
            # While correcting the stage keeps its size: else a dragged keypoint would
            # move it.
            if self._extent is None or not self._session.correcting:
                self._extent = self.overlay_source.extent
            if self._extent is not None:
                return Placement.around(self._extent, *size, self.room, zoom)
        return Placement.fit(*size, self.room, zoom)

    # -- signals ---------------------------------------------------------------------

    def _on_picture_changed(self, _: FramePicture) -> None:
        self._error = ""
        self.update()

    def _on_state_changed(self) -> None:
        if self._player.opening:
            self._error = ""
            if self._player.reading is None:
                self._opening_timer.start()
        else:
            self._opening_timer.stop()
        if self._player.picture is None:
            self.update()

    def _on_failed(self, text: str) -> None:
        if self._player.picture is None:
            self._error = text
            self.update()

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands on buttons; ``keys`` finds them by id."""
        self._keys = keys
        said, key = self.tr("What to draw over the picture"), keys("overlays")
        self.button.setToolTip(f"{said} ({key})" if key else said)
        self.panel.show_keys(keys)

    @declare(
        (
            Command(f"overlay-{name}", text, (key,) * bool(key), (name,))
            for name, text, key in OVERLAYS
        ),
        checked=lambda self, name: getattr(self._session.overlays, name),
    )
    def toggle_overlay(self, name: str) -> None:
        """Show or hide one of `OVERLAYS` over the picture."""
        shown = getattr(self._session.overlays, name)
        self._session.set_overlays(**{name: not shown})

    @command("overlays", "Overlays and light…", "V")
    def show_panel(self) -> None:
        """Open the panel of the overlays under its button."""
        below = QPoint(self.width() - 12, self.button.geometry().bottom() + 4)
        self.panel.open_at(self.mapToGlobal(below))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.button.adjustSize()
        self.button.move(self.width() - self.button.width() - 12, 12)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.button.show()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.button.hide()
        self._hover(-1)
        super().leaveEvent(event)

    def _on_clicked(self, point: QPointF) -> None:
        if self._session.correcting:
            return
        person = self.person_under(point)
        if person >= 0:
            self.person_clicked.emit(person)

    def _on_pointed(self, point: QPointF) -> None:
        if not self._session.correcting:
            self._hover(self.person_under(point))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # On a person the first of the two clicks chose the subject.
        if self.person_under(event.position()) < 0:
            self.zoom_fit()

    def _hover(self, person: int) -> None:
        overlay = self.people()
        if overlay is not None and person == overlay.subject:
            person = -1
        if person != self._hovered:
            self._hovered = person
            self.setToolTip(self.click_tip() if person >= 0 else "")
            shape = Qt.CursorShape
            self.set_resting_cursor(
                shape.PointingHandCursor if person >= 0 else shape.ArrowCursor
            )
            self.update()

    def person_under(self, point: QPointF) -> int:
        """Find the person at a point of the widget; -1 where there is none."""
        place, overlay = self.placement, self.people()
        if place is None or overlay is None:
            return -1
        x, y = place.to_picture(point.x(), point.y())
        return person_at(overlay, x, y, REACH_PX / place.scale)

    def people(self) -> FrameOverlay | None:
        """Give the poses of the frame that is shown."""
        picture, source = self._player.picture, self.overlay_source
        return source.at(picture.frame) if source and picture else None

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().surround))
            picture, place = self._player.picture, self.placement
            if picture is None or place is None:
                self._paint_words(painter)
            elif self.has_pictures:
                self._paint_picture(painter, picture, place)
            else:
                self._paint_stage(painter, picture, place)

    def _paint_picture(
        self, painter: QPainter, picture: FramePicture, place: Placement
    ) -> None:
        scale, gamma = place.scale * self.devicePixelRatioF(), self._session.gamma
        smooth = picture.is_preview or (scale < PIXELS_FROM and scale != 1.0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place.rect, self._exposure_filter.apply(picture, gamma))
        room = place.rect.intersected(self.room)
        scene = self._scene(picture, place, room)
        paint_layers(painter, scene)
        self.paint_handles(painter, place)
        light = words(gamma)
        notes = self.mode_text(), self.zoom_text(), light, *self.heatmap_notes()
        # Beside the film where there is room, which may be small.
        paint_notes(painter, notes, self.room)

    def _paint_stage(
        self, painter: QPainter, picture: FramePicture, place: Placement
    ) -> None:
        painter.fillRect(self.room, picture.image.pixelColor(0, 0))
        scene = self._scene(picture, place, self.room)
        paint_layers(painter, scene)
        self.paint_handles(painter, place)
        notes = self.mode_text(), self.zoom_text(), *self.heatmap_notes()
        paint_notes(painter, notes, self.room)
        # A heatmap needs no explanation of an empty stage.
        if not self._session.overlays.heatmap:
            paint_caption(painter, self.caption(), self.room)

    def _scene(
        self, picture: FramePicture, place: Placement, room: QRectF
    ) -> OverlayScene:
        return OverlayScene(
            picture.frame,
            self._session.overlays,
            place,
            room,
            self.overlay_source,
            self._label(),
            self._hovered,
            self.draft(self.people()),
        )

    def mode_text(self) -> str:
        """Word what is said while keypoints are corrected, and which keys serve."""
        if not self._session.correcting:
            return ""
        chosen, keys = self._session.keypoint, self._keys
        if chosen is None or self.overlay_source is None:
            return self.tr(CORRECTING).format(keys("correct"))
        name = self.overlay_source.skeleton.keypoints[chosen].replace("_", " ")
        line = keys("keypoint-line")
        return self.tr(CHOSEN).format(name, keys("keypoint-gone"), line)

    def heatmap_notes(self) -> list[str]:
        """Word what the wanted heatmaps are, from below, or why there is none."""
        source, picture = self.overlay_source, self._player.picture
        if not self._session.overlays.heatmap or picture is None:
            return []
        if source is None or source.at(picture.frame) is None:
            return [self.tr(NO_POSES if self.has_pictures else NO_POSES_AND_NO_VIDEO)]
        given, heatmaps = source.heatmap, source.heatmaps_at(picture.frame)
        if given is None or not heatmaps:
            return [self.tr(NO_SUBJECT)]
        mirrored = [self.tr(MIRRORED)] if given.mirrored else []
        if given.instead:
            why = self.tr(SEES_NONE).format(given.model)
            whose = self.tr(EXAMPLE).format(given.instead)
            return [*mirrored, whose, why if given.model else self.tr(NO_MODEL)]
        kind = self.tr(KINDS[given.recipe.heatmap.kind])
        text = self.tr(SEEN_BOTH if len(heatmaps) > 1 else SEEN)
        height, width = heatmaps[-1].values.shape
        return [*mirrored, text.format(given.model, kind, width, height)]

    @property
    def has_pictures(self) -> bool:
        """Tell whether the recording has a video, not poses alone."""
        info = self._player.info
        return info is None or info.has_pictures

    def caption(self) -> str:
        """Say why an empty stage shows nothing."""
        overlay = self.people()
        if not self._session.overlays.skeleton:
            return self.tr(POSES_HIDDEN)
        if overlay is not None and not np.isfinite(overlay.keypoints).any():
            return self.tr(NOBODY)
        return self.tr(POSES_ONLY)

    def _paint_words(self, painter: QPainter) -> None:
        colours, player = theme.current(), self._player
        text, colour = self.tr(EMPTY), colours.dim
        if self._error:
            text, colour = self._error, colours.text
        elif player.opening and player.path is not None:
            waited = not self._opening_timer.isActive()
            text = _opening_text(player.path.name, player.reading) if waited else ""
        font = QFont(self.font())
        font.setPixelSize(15)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        room = self.room.adjusted(48, 24, -48, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room, int(flags), text)


def _opening_text(name: str, reading: Progress | None) -> str:
    share = reading.fraction if reading is not None else None
    if reading is None:
        return tr("Opening {}").format(name)
    text = tr("Opening for the first time: {}").format(in_language(reading.step))
    return text if share is None else f"{text}, {100 * share:.0f} %"
