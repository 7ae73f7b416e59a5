"""Paint the timeline of one video: minimap, ruler, lanes, and the marks over them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion

from app.kit.label_style import Style, frames_text
from app.kit.painting import painting
from app.timeline import ruler
from app.timeline.geometry import TimeWindow
from app.timeline.lane import Lane
from app.timeline.lane_place import LanePlace
from app.timeline.lane_set import LaneSet
from app.timeline.layout import (
    HEADER_PX,
    LANES_TOP,
    MINIMAP_PX,
    MINIMAP_TOP,
    RULER_PX,
    RULER_TOP,
    LaneRow,
    lay_out,
)
from app.timeline.minimap import minimap_pixels, paint_minimap
from app.timeline.video_data import VideoData
from skelseg_core.project.videos_and_tracks import Track

_CLOCK = QRect(12, RULER_TOP, HEADER_PX - 24, RULER_PX)


@dataclass(frozen=True)
class Drag:
    """A dragged boundary: its index, origin, present frame, and frame snapped to.

    ``other`` is the index and frame of a boundary dragged along: the end of a segment.
    """

    index: int
    origin: int
    frame: int
    snapped: int | None
    other: tuple[int, int] | None = None

    @property
    def moves(self) -> tuple[tuple[int, int], ...]:
        """Indices of the dragged boundaries, and the frames to which they are moved."""
        own = (self.index, self.frame)
        return (own,) if self.other is None else (own, self.other)

    @property
    def text(self) -> str:
        """Frame of the boundary and how far it went."""
        moved = self.frame - self.origin
        sign = "+" if moved > 0 else "\u2212" if moved < 0 else ""
        return f"{self.frame:,}  ({sign}{frames_text(abs(moved))})"


@dataclass(frozen=True)
class Marks:
    """The marks over the lanes, which change often."""

    frame: int
    time: str
    marked: tuple[int, int] | None = None
    hovered: int | None = None
    selected: int | None = None
    drag: Drag | None = None


class TimelinePainter:
    """Lay out the lanes of a video, and paint them into a picture.

    The playhead moves over the picture, and a drag repaints what it moves of it.
    """

    def __init__(self, video: VideoData) -> None:
        self._laid: list[LaneRow] = []
        self.rows: list[LaneRow] = []
        """The rows at their present positions."""
        self._video, self._picture, self._stale = video, QPixmap(), True
        self._shown = TimeWindow.fitted(1, 1)
        self._corrected: tuple[object, np.ndarray] | None = None

    def forget(self) -> None:
        """Paint all of the picture anew; call when anything that it shows changes."""
        self._stale = True

    def lay_out(self, lanes: tuple[Lane, ...], choice: LaneSet, height: int) -> int:
        """Lay out the wanted lanes; return the height they take."""
        self._laid, needed = lay_out(lanes, choice, height) if lanes else ([], 0)
        self.scroll_to(0)
        return needed

    def scroll_to(self, px: int) -> None:
        """Scroll the rows down by some pixels."""
        self.rows = [replace(row, top=row.top - px) for row in self._laid]
        self.forget()

    def annotation_row(self) -> LaneRow | None:
        """Return the row of the annotation, if it is shown."""
        return next((r for r in self.rows if r.lane.editable), None)

    def row_at(self, y: float) -> LaneRow | None:
        """Return the row under a pixel of the widget."""
        if y < LANES_TOP:
            return None
        return next((r for r in self.rows if r.top <= y < r.bottom), None)

    # -- the picture ---------------------------------------------------------------

    def picture(
        self,
        view: TimeWindow,
        style: Style,
        size: QSize,
        ratio: float,
        drag: Drag | None,
    ) -> QPixmap:
        """Return minimap, ruler and lanes, the annotation as after the drag."""
        picture, video = self._picture, self._video
        if picture.size() != size * ratio or picture.devicePixelRatio() != ratio:
            picture = self._picture = QPixmap(size * ratio)
            picture.setDevicePixelRatio(ratio)
            self._stale = True
        dragged, video.dragged = video.dragged, drag.moves if drag is not None else ()
        moved, self._shown = self._shown.pixels_to(view), view
        # Between whole pixels of the screen nothing can be scrolled.
        if moved is None or (moved and (abs(moved) >= view.width or ratio % 1)):
            self._stale = True
        if not (self._stale or moved) and dragged == video.dragged:
            return picture
        rows = [r for r in self.rows if r.bottom > LANES_TOP and r.top < size.height()]
        by, scrolled = 0 if self._stale else moved or 0, []
        if by:
            scrolled = [row for row in rows if row.lane.scrolls]
            _scroll(picture, view, scrolled, by)
        with painting(picture) as painter:
            if self._stale:
                painter.fillRect(QRectF(QPointF(), size.toSizeF()), style.surface)
            painter.translate(HEADER_PX, 0)
            painter.setClipRect(QRectF(0, 0, view.width, size.height()))
            self._paint_minimap(painter, view, style)
            if self._stale or by:
                place = LanePlace(painter, view, RULER_TOP, RULER_PX, style)
                area = QRectF(0, RULER_TOP, view.width, LANES_TOP - RULER_TOP)
                painter.fillRect(area, style.surface)
                ruler.paint_ruler(place, video.seconds_of)
            painter.setClipRect(QRectF(0, LANES_TOP - 2, view.width, size.height()))
            for row in rows:
                anew = self._stale or by or row.lane.editable
                if anew and row not in scrolled:
                    place = LanePlace(painter, view, row.top, row.height, style)
                    row.lane.paint(place, video)
            # Of what was scrolled, the columns that came in; a curve is smooth to its
            # neighbours, so one column beside them, by one more that is not drawn.
            left, right = (view.width - by, view.width) if by > 0 else (0, -by)
            area = QRectF(left - 1, LANES_TOP - 2, right - left + 2, size.height())
            painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
            left, right = max(0, left - 2), min(view.width, right + 2)
            painter.translate(left, 0)
            part = view.part(left, right)
            for row in scrolled:
                place = LanePlace(painter, part, row.top, row.height, style)
                row.lane.paint(place, video)
        self._stale = False
        return picture

    def _paint_minimap(self, painter: QPainter, view: TimeWindow, style: Style) -> None:
        video, place = (
            self._video,
            LanePlace(painter, view, MINIMAP_TOP, MINIMAP_PX, style),
        )
        data, class_colors = video.dragged_annotation(), video.class_colors(style)
        ratio = place.ratio
        device = view.fit().scaled(ratio)
        pixels = video.derived(
            "minimap",
            (data, class_colors, device, ratio),
            lambda: minimap_pixels(data, device, ratio, class_colors, style),
        )
        painter.fillRect(QRectF(0, 0, view.width, RULER_TOP), style.surface)
        paint_minimap(place, pixels)
        ruler.paint_viewport(place)

    @property
    def shown(self) -> QPixmap:
        """The lanes as they were painted last."""
        return QPixmap(self._picture)

    # -- marks over the picture ------------------------------------------------------

    def bottom(self, height: int) -> float:
        """Return the lower end of the playhead."""
        return min(height, self.rows[-1].bottom + 2)

    def paint_marks(
        self,
        painter: QPainter,
        item: Track,
        view: TimeWindow,
        height: int,
        marks: Marks,
        style: Style,
    ) -> None:
        """Paint time, range, handles, playhead and a drag."""
        painter.setFont(style.font)
        painter.setPen(style.text)
        painter.drawText(_CLOCK, Qt.AlignmentFlag.AlignVCenter, marks.time)
        painter.translate(HEADER_PX, 0)
        painter.setClipRect(QRectF(-10, 0, view.width + 20, height))
        bottom = self.bottom(height)

        def place(top: float, stop: float) -> LanePlace:
            return LanePlace(painter, view, top, stop - top, style)

        minimap = place(MINIMAP_TOP, MINIMAP_TOP + MINIMAP_PX)
        corrected = self.corrected(item)
        if len(corrected):
            ruler.paint_corrected(place(RULER_TOP + RULER_PX, LANES_TOP), corrected)
        if marks.marked is not None:
            ruler.paint_range(place(LANES_TOP, bottom), marks.marked)
            ruler.paint_minimap_range(minimap, marks.marked)
        ruler.paint_minimap_mark(minimap, marks.frame)
        ruler.paint_playhead(place(RULER_TOP, bottom), marks.frame)
        drag, row = marks.drag, self.annotation_row()
        if row is not None:
            annotation = place(row.top, row.bottom)
            _paint_handles(annotation, item.annotation.boundaries, marks)
            if drag is not None:
                frames = (drag.origin, drag.frame, drag.snapped)
                ruler.paint_drag(annotation, frames, (LANES_TOP, bottom), drag.text)

    def corrected(self, item: Track) -> np.ndarray:
        """Return start and stop (N, 2) of the frames whose keypoints were corrected."""
        if self._corrected is None or self._corrected[0] is not item.video.corrections:
            spans = sorted({c.span for c in item.video.corrections})
            made = np.array(spans, np.int64).reshape(-1, 2)
            self._corrected = (item.video.corrections, made)
        return self._corrected[1]

    def playhead_region(
        self, view: TimeWindow, frame: int, height: int, style: Style
    ) -> QRegion:
        """Return the only pixels that change when the playhead comes or goes."""
        left = round(view.x_of(frame)) + HEADER_PX - 6
        width = 14 + int(1 / view.frames_per_px)
        region = QRegion(QRect(left, RULER_TOP, width, height - RULER_TOP))
        label = ruler.playhead_label(view, frame, style)
        for area in (label, *ruler.labels_under(view, label, style)):
            box = area.translated(HEADER_PX, RULER_TOP).toAlignedRect()
            region = region.united(box.adjusted(-2, -2, 2, 6))
        region = region.united(_CLOCK)
        mark = HEADER_PX + round(frame * view.width / view.n_frames)
        return region.united(QRect(mark - 3, MINIMAP_TOP - 3, 7, MINIMAP_PX + 6))


def _scroll(picture: QPixmap, view: TimeWindow, rows: list[LaneRow], by: int) -> None:
    """Move what was painted of some rows ``by`` pixels to the left."""
    ratio = picture.devicePixelRatio()
    for row in rows:
        area = QRect(HEADER_PX, row.top, view.width, row.height)
        area.setTop(max(row.top, LANES_TOP - 2))
        lengths = area.x(), area.y(), area.width(), area.height()
        area = QRect(*(round(ratio * px) for px in lengths))
        picture.scroll(-round(by * ratio), 0, area)


def _paint_handles(place: LanePlace, boundaries: np.ndarray, marks: Marks) -> None:
    for index in {marks.hovered, marks.selected}:
        if index is None or index >= len(boundaries):
            continue
        frame = int(boundaries[index])
        if marks.drag is not None and marks.drag.index == index:
            frame = marks.drag.frame
        ruler.paint_handle(place, frame, index == marks.selected)
