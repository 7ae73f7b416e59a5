"""The loupe: frames around a boundary side by side; a click moves the boundary."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.kit import theme
from app.kit.labels import plain_tip
from app.kit.painting import painting
from app.playback.player import Player
from app.playback.thumbnails import Box, ThumbnailReader, ThumbnailSpec
from app.services.labelling.current_boundary import boundary_at
from app.services.labelling.on_screen import LARGE_PX
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session
from app.views.picture.overlays import PoseOverlay
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import paint_subject
from skelseg_core.labels.edits import move_boundary
from skelseg_core.project.videos_and_tracks import Track

N_FRAMES = 13
"""Pictures, always: the same spot is the same distance from the boundary."""
NEAR = 8
"""Frames before and after the middle whose keypoints the crop holds."""
PAST_ALPHA = 120
"""Opacity of the veil over pictures that stand still while the video plays, 0..255."""
GAP_PX, MIDDLE_PX = 2, 10
STRIPE_PX = 4
TAB_PX = 16
"""Height of the tab over a picture with the number of its frame."""
REST_MS = 80
"""Milliseconds the playhead must rest before the frames around it are read."""
Crop = Literal["subject", "hands", "picture"]


@dataclass(frozen=True)
class _Around:
    """Size of the crop around some keypoints.

    ``margin`` is a share of the larger side of the box around the keypoints, ``least``
    and ``grid`` of the picture's height: the crop grows and moves in steps of the grid,
    so that most pictures can be reused when the boundary moves by a frame.
    """

    margin: float
    least: float
    grid: float


_AROUND: dict[Crop, _Around] = {
    "subject": _Around(0.15, 0.25, 1 / 8),
    "hands": _Around(0.6, 0.12, 1 / 32),
}
EMPTY = "Frames around the playhead or a boundary appear here. Add a video"
MOVE_HINT = (
    "Frame {}: click to begin “{}” here. With Shift, also mark it as reviewed and go on"
)
STAY_HINT = "Frame {}: “{}” begins here. Click if this is right"
GO_HINT = "Frame {}: click to go there. {} and {} choose a boundary"
FAR_HINT = "Frame {}: the boundary cannot pass its neighbours"


@dataclass(frozen=True)
class LoupeBoundary:
    """A boundary: its index, the first frame after it, and the frames it can move to.

    Where none is selected it stands for the playhead, with ``index`` -1.
    """

    index: int
    frame: int
    low: int
    high: int
    before: int | None
    after: int | None

    @property
    def is_boundary(self) -> bool:
        """True if a click moves a boundary."""
        return self.index >= 0


class LoupeView(QWidget):
    """Show thirteen frames around the selected boundary or the playhead.

    Around the playhead they stay while it moves among them, and dimmed while it plays.
    Pictures are cropped to the subject, where poses are known.

    Signals ``went_on`` after Shift+click moved the boundary, so that the segment after
    it is marked as reviewed, and ``painted`` with all frames whose pictures are there.
    """

    went_on = Signal()
    painted = Signal(list)

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._player = document, session, player
        self.frames = ThumbnailReader(self)
        self._source: PoseOverlay | None = None
        self._crop: Crop = "subject"
        self._boxed: tuple[tuple[int, Crop, QSize], Box | None] | None = None
        self._dragged: int | None = None
        self._hovered = -1
        self._around = self._here = 0
        self._at: int | None = None
        # The end of an item in review that it shows, and how many frames.
        self._end: int | None = None
        self._n_frames = N_FRAMES
        self._wanted: tuple[range, Box | None] | None = None
        self._composed: dict[int, tuple[tuple[object, ...], QPixmap]] = {}
        self.keys = ("Up", "Down")
        self.rest_timer = QTimer(self)
        self.rest_timer.setSingleShot(True)
        self.rest_timer.setInterval(REST_MS)
        self.rest_timer.timeout.connect(self._on_rest)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Loupe"))
        document.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selection)
        session.place_changed.connect(self._refresh)
        session.video_changed.connect(self._on_video_changed)
        session.frame_changed.connect(self._on_frame)
        player.state_changed.connect(self._on_frame)
        player.state_changed.connect(self.update)
        player.first_picture_shown.connect(self._on_first_picture)
        self.frames.ready.connect(self._on_ready)

    def sizeHint(self) -> QSize:
        return QSize(900, 132)

    # -- for other parts of the window ---------------------------------------------

    @property
    def crop(self) -> Crop:
        """The wanted crop of the pictures."""
        return self._crop

    @property
    def is_large(self) -> bool:
        """True where the end of a segment can be judged by its pictures."""
        return self.cell_height >= LARGE_PX and not self._player.playing

    @property
    def is_drawn(self) -> bool:
        """True where all its pictures are there, or it is hidden."""
        there = (self.frames.image(frame) is not None for frame in self.shown())
        return not self.isVisible() or all(there)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys that choose a boundary; ``keys`` finds them by id."""
        before, after = keys("boundary-previous"), keys("boundary-next")
        self.keys = (before or "–", after or "–")

    def set_crop(self, crop: Crop) -> None:
        """Crop the pictures to the subject or the hands, or show all of them."""
        if crop != self._crop:
            self._crop = crop
            self._refresh()

    def set_overlay_source(self, source: PoseOverlay | None) -> None:
        """Draw the subject of this source; None removes it."""
        self._source, self._boxed = source, None
        self._composed.clear()
        self._refresh()

    def set_dragged(self, frame: int | None) -> None:
        """Follow the selected boundary while it is dragged; None at the end."""
        if frame != self._dragged:
            self._dragged = frame
            self._refresh()

    def show_end(self, frame: int | None, n_frames: int = N_FRAMES) -> None:
        """Show this end of an item, whichever boundary is selected; None: that one."""
        if (frame, n_frames) != (self._end, self._n_frames):
            self._end, self._n_frames = frame, n_frames
            self._refresh()

    def close_video(self) -> None:
        """Close the video's file."""
        self.rest_timer.stop()
        self.frames.close()

    # -- what is shown --------------------------------------------------------------

    def _item(self) -> Track | None:
        return self._document.project.find(self._session.track_id)

    def cut(self) -> LoupeBoundary | None:
        """Return the selected boundary, or the playhead where none is selected.

        At an end of an item in review, that one.
        """
        item, chosen = self._item(), self._session.boundary
        if item is None:
            return None
        index = chosen
        if self._end is not None:
            index = boundary_at(item.annotation, self._end)
        if index is None or index >= len(item.annotation) - 1:
            around = self._around if self._end is None else self._end
            return LoupeBoundary(
                -1, min(around, item.n_frames - 1), 0, item.n_frames, None, None
            )
        left, right = item.annotation.segments[index : index + 2]
        drags = self._dragged is not None and index == chosen
        frame = self._dragged if drags and self._dragged is not None else left.stop
        return LoupeBoundary(
            index, frame, left.start + 1, right.stop - 1, left.class_id, right.class_id
        )

    def shown(self) -> range:
        """Return the shown frames; the boundary is in the middle where possible."""
        item, cut = self._item(), self.cut()
        if item is None or cut is None:
            return range(0)
        n = min(self._n_frames, item.n_frames)
        middle, place = cut.frame, self._session.place if self._end is None else None
        for start, stop in (place.whole, place.span) if place is not None else ():
            if start <= cut.frame <= stop and stop - start + 2 <= n:
                middle = (start + stop + 1) // 2  # all of it, with both its ends
                break
        first = max(0, min(middle - n // 2, item.n_frames - n))
        return range(first, min(first + n, item.n_frames))

    @property
    def _shape(self) -> float:
        """Width of a cell divided by its height, for crops."""
        n = self._n_frames
        width = (self.width() - MIDDLE_PX - GAP_PX * (n + 1)) / n
        return min(max(width / self.cell_height, 0.55), 1.5)

    @property
    def cell_height(self) -> float:
        """Height of a picture."""
        return max(8.0, self.height() - STRIPE_PX - 3.0 * GAP_PX)

    def box(self) -> Box | None:
        """Return the crop for all frames, or None for the whole picture."""
        cut = self.cut()
        if self._crop == "picture" or self._source is None or cut is None:
            return None
        key = cut.frame, self._crop, self.size()
        if self._boxed is None or self._boxed[0] != key:
            self._boxed = key, self._part(cut.frame)
        return self._boxed[1]

    def _part(self, middle: int) -> Box | None:
        near = range(middle - NEAR, middle + NEAR)
        points = np.concatenate([self._points(frame) for frame in near])
        item, rule = self._item(), _AROUND[self._crop]
        if item is None or not len(points):
            return None
        low, high = points.min(axis=0), points.max(axis=0)
        step = max(1.0, rule.grid * item.video.height)
        shape = self._shape
        # Of a narrow picture the height has room for more than the width.
        wide, tall = (high - low).tolist()
        side = max(wide, tall * min(1.0, shape)) * (1 + rule.margin) + step / 2
        side = math.ceil(max(side, rule.least * item.video.height) / step) * step
        if side >= max(item.video.width, item.video.height):
            return None
        x, y = (np.rint((low + high) / step) * step / 2).tolist()
        across, down = side * max(1.0, shape), side / min(1.0, shape)
        x, y = _within(x, across, item.video.width), _within(y, down, item.video.height)
        return x - across / 2, y - down / 2, x + across / 2, y + down / 2

    def _points(self, frame: int) -> np.ndarray:
        """Return the visible keypoints of the subject in a frame, (N, 2) px."""
        source = self._source
        overlay = source.at(frame) if source is not None else None
        if source is None or overlay is None or overlay.subject < 0:
            return np.empty((0, 2))
        wanted = overlay.seen[overlay.subject].copy()
        if self._crop == "hands":
            names = source.skeleton.keypoints
            wanted &= [name.endswith("wrist") for name in names]
        points: np.ndarray = overlay.keypoints[overlay.subject][wanted]
        return points

    def _on_frame(self, *_: object) -> None:
        # Only a number changes; frames are read once the playhead rests.
        shown, frame = self.shown(), self._session.frame
        before, self._here = self._here, frame
        cells = self.cells()
        for there in {before, frame}.intersection(shown):
            cell = cells[there - shown.start].toAlignedRect()
            self.update(cell.left(), 0, cell.width(), GAP_PX + TAB_PX)
        if self.isVisible() and self._player.info is not None:
            self.rest_timer.start()

    def _on_ready(self, frame: int) -> None:
        shown = self.shown()
        if frame in shown:
            self.update(self.cells()[frame - shown.start].toAlignedRect())

    def _on_selection(self) -> None:
        left, self._at = self._at, self._session.boundary
        if left is not None and self._at is None:
            self._around = self._player.target
        self._refresh()

    def _on_rest(self) -> None:
        cut, shown, frame = self.cut(), self.shown(), self._session.frame
        inner = range(shown.start + 1, shown.stop - 1)
        moved = cut is not None and not cut.is_boundary and frame not in inner
        if moved and self._end is None and not self._player.playing:
            self._around = frame
            self._refresh()

    def _on_changed(self, change: Change) -> None:
        if not change.touches(self._session.track_id):
            return
        if self._wanted == (self.shown(), self.box()):
            self.update()  # the pictures are there, or wanted
        else:
            self._refresh()

    def _refresh(self, *_: object) -> None:
        frames = self.shown()
        if frames and self.isVisible():
            self._wanted = frames, self.box()
            # Read the frames next to the boundary first.
            middle = frames[len(frames) // 2] - 0.5
            order = sorted(frames, key=lambda n: abs(n - middle))
            self.frames.want(order, self._look())
        self.update()

    def _look(self) -> ThumbnailSpec:
        ratio = self.devicePixelRatioF()
        cell = self.cells()[0]
        return ThumbnailSpec(
            self.box(),
            round(cell.width() * ratio),
            round(cell.height() * ratio),
            exact=True,
        )

    def _on_video_changed(self, _: str) -> None:
        self._dragged, self._boxed = None, None
        self._composed.clear()
        if not self._session.same_film:
            self._source, self._around = None, 0
            self._wanted = None
            self.frames.open(None)
        self.update()

    def _on_first_picture(self) -> None:
        if self._player.info is None:
            return
        # The index of frames is in the cache by now, so that opening takes no time.
        item = self._item()
        source = self._player.path or item
        if not (self._session.same_film and self._source is not None):
            self.frames.open(source)
        self._refresh()

    # -- painting -------------------------------------------------------------------

    def cells(self) -> list[QRectF]:
        """Return the rectangles of the pictures, one for every shown frame."""
        n = max(1, len(self.shown()))
        cut, first = self.cut(), self.shown().start if self.shown() else 0
        split = cut.frame - first if cut is not None and cut.is_boundary else n
        room = self.width() - MIDDLE_PX - GAP_PX * (n + 1)
        width = max(8.0, room / n)
        height = self.cell_height
        cells = []
        for place in range(n):
            x = GAP_PX + place * (width + GAP_PX) + (MIDDLE_PX if place >= split else 0)
            cells.append(QRectF(x, GAP_PX, width, height))
        return cells

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            colours = theme.current()
            painter.fillRect(self.rect(), QColor(colours.panel))
            cut = self.cut()
            if cut is None:
                painter.setPen(QColor(colours.dim))
                room = QRectF(self.rect()).adjusted(12, 0, -12, 0)
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(room, int(flags), self.tr(EMPTY))
            else:
                self._paint_cells(painter, event.rect(), cut)
                self._paint_middle(painter, cut)
                if self._player.playing:
                    veil = QColor(colours.panel)
                    veil.setAlpha(PAST_ALPHA)
                    painter.fillRect(event.rect(), veil)

    def hideEvent(self, event: QHideEvent) -> None:
        self.painted.emit([])
        super().hideEvent(event)

    def _paint_cells(self, painter: QPainter, part: QRect, cut: LoupeBoundary) -> None:
        """Paint what lies in a part of the widget."""
        shown, pictures = self.shown(), part.bottom() >= GAP_PX + TAB_PX
        images = {f: self.frames.image(f) for f in shown} if pictures else {}
        for frame, cell in zip(shown, self.cells(), strict=True):
            if cell.right() < part.left() or cell.left() > part.right():
                continue
            if pictures:
                self._paint_cell(painter, frame, cell, cut, images[frame])
            self._paint_number(painter, frame, cell)
        if pictures:
            self.painted.emit([f for f, image in images.items() if image is not None])

    def _paint_cell(
        self,
        painter: QPainter,
        frame: int,
        cell: QRectF,
        cut: LoupeBoundary,
        image: QImage | None,
    ) -> None:
        """Paint one frame."""
        colours = theme.current()
        painter.fillRect(cell, QColor(colours.surround))
        if image is not None:
            self._paint_picture(painter, frame, cell, image)
        reachable = cut.low <= frame <= cut.high
        if not reachable:
            veil = QColor(colours.panel)
            veil.setAlpha(150)
            painter.fillRect(cell, veil)
        side = self._class_at(frame, cut)
        stripe = QRectF(cell.left(), cell.bottom() + GAP_PX, cell.width(), STRIPE_PX)
        painter.fillRect(stripe, self._colour(side))
        moves = frame != cut.frame or not cut.is_boundary
        if frame == self._hovered and reachable and moves:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRect(cell.adjusted(1, 1, -1, -1))

    def _class_at(self, frame: int, cut: LoupeBoundary) -> int | None:
        item, beside = self._item(), cut.low - 1 <= frame <= cut.high
        if item is None or (cut.is_boundary and beside):
            return cut.after if frame >= cut.frame else cut.before
        return item.annotation.at(frame).class_id

    def _paint_picture(
        self, painter: QPainter, frame: int, cell: QRectF, image: QImage
    ) -> None:
        ratio, skeleton = self.devicePixelRatioF(), self._session.overlays.skeleton
        size, ground = (cell.size() * ratio).toSize(), theme.current().surround
        key = image.cacheKey(), size.width(), size.height(), ratio, skeleton, ground
        kept = self._composed.get(frame)
        if kept is None or kept[0] != key:
            made = QPixmap(size)
            made.setDevicePixelRatio(ratio)
            self._compose(made, frame, QRectF(QPointF(0, 0), cell.size()), image)
            kept = self._composed[frame] = (key, made)
            while len(self._composed) > 2 * N_FRAMES:
                del self._composed[next(iter(self._composed))]
        painter.drawPixmap(cell.topLeft(), kept[1])

    def _compose(self, made: QPixmap, frame: int, cell: QRectF, image: QImage) -> None:
        """Paint the picture and the subject; the slowest part, so it is kept."""
        made.fill(QColor(theme.current().surround))
        item, box = self._item(), self.box()
        if item is None:
            return
        painter = QPainter(made)
        whole = box or (0.0, 0.0, float(item.video.width), float(item.video.height))
        place = Placement.around(whole, item.video.width, item.video.height, cell)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place.box_to_widget(whole), image)
        source = self._source
        overlay = source.at(frame) if source is not None else None
        if (
            source is not None
            and overlay is not None
            and self._session.overlays.skeleton
        ):
            paint_subject(painter, overlay, source.skeleton, place, thin=True)
        painter.end()

    def _paint_number(self, painter: QPainter, frame: int, cell: QRectF) -> None:
        """Paint the number of a frame as a tab, as wide when it is bold."""
        colours, here = theme.current(), frame == self._session.frame
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setBold(True)
        text = f"{frame:,}"
        wide = min(QFontMetricsF(font).horizontalAdvance(text) + 8, cell.width())
        font.setBold(here)
        painter.setFont(font)
        room = QRectF(cell.left(), cell.top(), wide, TAB_PX)
        painter.fillRect(room, QColor(colours.panel))
        painter.setPen(QColor(colours.accent if here else colours.dim))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_middle(self, painter: QPainter, cut: LoupeBoundary) -> None:
        """Paint the boundary itself, between two frames."""
        cells, frames = self.cells(), self.shown()
        place = cut.frame - frames.start
        if not cut.is_boundary or not 0 <= place < len(cells):
            return
        x = cells[place].left() - (MIDDLE_PX + GAP_PX) / 2
        colours = theme.current()
        at = cut.index == self._session.boundary
        painter.setPen(QPen(QColor(colours.accent if at else colours.edge), 2))
        painter.drawLine(QPointF(x, 3), QPointF(x, self.height() - 3))

    def _colour(self, class_id: int | None) -> QColor:
        found = self._document.project.class_of(class_id)
        return QColor(theme.current().line if found is None else found.color)

    # -- mouse ----------------------------------------------------------------------

    def frame_at(self, at: QPointF) -> int | None:
        """Return the frame whose picture is at a point, or None."""
        if self.cut() is None:
            return None
        for frame, cell in zip(self.shown(), self.cells(), strict=True):
            if cell.left() <= at.x() < cell.right():
                return frame
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        frame = self.frame_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or frame is None:
            event.ignore()
            return
        # Labelling during playback is written at the pause; look for the boundary after
        # that.
        self._player.pause()
        cut = self.cut()
        reached = cut is not None and cut.low <= frame <= cut.high
        on = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        stays = cut is not None and frame == cut.frame
        if cut is not None and cut.is_boundary and reached and not (on and stays):
            index = cut.index
            self._document.edit_lane(
                self.tr("Confirm boundary") if stays else self.tr("Move boundary"),
                self._session.track_id,
                lambda s: move_boundary(s, index, frame),
            )
            self._session.set_boundary(index)
        elif cut is not None and not cut.is_boundary:
            self._session.set_boundary(self._boundary_at(frame))
        before = self._player.target
        if on and cut is not None and cut.is_boundary and reached:
            # Agreed with is what was on the screen up to now.
            self.went_on.emit()
        if self._player.target == before:
            self._player.seek(frame)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ignore the second press: the first one made the edit."""
        event.accept()

    def _boundary_at(self, frame: int) -> int | None:
        item = self._item()
        return None if item is None else boundary_at(item.annotation, frame)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.frame_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, frame: int | None) -> None:
        self._hovered = -1 if frame is None else frame
        shape = Qt.CursorShape
        self.setCursor(shape.ArrowCursor if frame is None else shape.PointingHandCursor)
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = plain_tip(self.tip_at(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def tip_at(self, at: QPointF) -> str:
        """Return the tooltip at a point of the widget."""
        frame, cut = self.frame_at(at), self.cut()
        if frame is None or cut is None:
            return ""
        if not cut.is_boundary:
            return self.tr(GO_HINT).format(f"{frame:,}", *self.keys)
        if not cut.low <= frame <= cut.high:
            return self.tr(FAR_HINT).format(f"{frame:,}")
        name = self._document.project.name_of(cut.after)
        hint = STAY_HINT if frame == cut.frame else MOVE_HINT
        return self.tr(hint).format(f"{frame:,}", name or self.tr("unlabelled"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        self._on_rest()  # while hidden it did not follow
        self._refresh()


def _within(middle: float, side: float, size: int) -> float:
    """Move the middle of a crop so that it lies inside the picture, where it fits."""
    if side >= size:
        return size / 2
    return min(max(middle, side / 2), size - side / 2)
