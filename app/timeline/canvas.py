"""Canvas: everything of one video's timeline that is painted, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPixmap, QRegion

from app.timeline import overview
from app.timeline.filmstrip import Filmstrip
from app.timeline.geometry import View
from app.timeline.lanes import (
    LaneData,
    Ribbon,
    paint_hint,
    paint_lane,
    paint_minimap,
)
from app.timeline.people import SubjectLane
from app.timeline.rows import (
    HEADER_PX,
    LANES_TOP,
    MINIMAP_PX,
    MINIMAP_TOP,
    RULER_PX,
    RULER_TOP,
    Row,
    lay_out,
)
from app.timeline.style import Inks, Style, frames_text, inks_of
from app.timeline.waveform import WaveformRow
from skelseg_core.project import ANNOTATION, VideoItem
from skelseg_core.segmentation import LabelMap, Segmentation

HINT = (
    "Nothing is labelled yet: pre-label with Ctrl+P, or mark a range with I and O and "
    "press a class key"
)
_CLOCK = QRect(12, RULER_TOP, HEADER_PX - 24, RULER_PX)


@dataclass(frozen=True)
class Drag:
    """A boundary on its way: which, from where, to where, and what it snapped to.

    ``other`` is a boundary that goes along, and to where: the end of a segment.
    """

    index: int
    origin: int
    frame: int
    snapped: int | None
    other: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """Where it is and how far it went."""
        moved = self.frame - self.origin
        sign = "+" if moved > 0 else "\u2212" if moved < 0 else ""
        return f"{self.frame:,}  ({sign}{frames_text(abs(moved))})"


@dataclass(frozen=True)
class Marks:
    """What lies over the lanes and changes often."""

    frame: int
    time: str
    marked: tuple[int, int] | None = None
    hovered: int | None = None
    selected: int | None = None
    drag: Drag | None = None


class Canvas:
    """Keeps the arrays, colours and rows of a video, and paints them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.ribbons: dict[str, Ribbon] = {}
        self.scrolled = 0
        self.filmstrip: Filmstrip | None = None
        self.subject: SubjectLane | None = None
        self.waveform: WaveformRow | None = None
        self._data: dict[str, tuple[Segmentation, LabelMap, LaneData]] = {}
        self._inks: tuple[LabelMap, Style, Inks] | None = None

    def forget(self) -> None:
        """Another video."""
        self.rows, self.scrolled = [], 0
        self.subject = None
        self.ribbons.clear()
        self._data.clear()

    def set_confidence(self, lane: str, values: np.ndarray | None) -> None:
        """Set or drop the confidence (T,) under a lane."""
        self.ribbons.pop(lane, None)
        if values is not None:
            self.ribbons[lane] = Ribbon(np.asarray(values))

    def lay_out(self, item: VideoItem | None, height: int) -> int:
        """Place the rows; the height they take."""
        if item is None:
            self.rows = []
            return 0
        strip, people = self.filmstrip is not None, self.subject is not None
        sound = self.waveform is not None and self.waveform.there
        self.rows, needed = lay_out(item, self.ribbons, height, strip, people, sound)
        return needed

    def row(self, index: int) -> Row:
        """A row where it stands now."""
        row = self.rows[index]
        return replace(row, top=row.top - self.scrolled)

    def annotation_row(self) -> Row | None:
        """Where the annotation stands now, if it is shown."""
        kinds = [row.kind for row in self.rows]
        return self.row(kinds.index("annotation")) if "annotation" in kinds else None

    def row_at(self, y: float) -> Row | None:
        """The row under a pixel of the widget."""
        if y < LANES_TOP:
            return None
        rows = (self.row(i) for i in range(len(self.rows)))
        return next((r for r in rows if r.top <= y < r.bottom), None)

    def shows(self, segmentation: Segmentation, lane: str) -> bool:
        """Whether this value of a lane is the one painted last."""
        kept = self._data.get(lane)
        return kept is not None and kept[0] is segmentation

    def data(self, item: VideoItem, lane: str, label_map: LabelMap) -> LaneData:
        """Arrays of a lane, made once per value."""
        segmentation = item.lanes[lane]
        kept = self._data.get(lane)
        if kept is None or kept[0] is not segmentation or kept[1] is not label_map:
            made = LaneData.of(segmentation, label_map)
            kept = self._data[lane] = (segmentation, label_map, made)
        return kept[2]

    def _inked(self, label_map: LabelMap, style: Style) -> Inks:
        kept = self._inks
        if kept is None or kept[0] is not label_map or kept[1] is not style:
            kept = self._inks = (label_map, style, inks_of(label_map, style))
        return kept[2]

    # -- what changes seldom --------------------------------------------------------

    def pixmap(
        self,
        item: VideoItem,
        label_map: LabelMap,
        view: View,
        style: Style,
        size: QSize,
        ratio: float,
        seconds_of: Callable[[int], float],
        drag: Drag | None,
    ) -> QPixmap:
        """Headers, minimap, ruler and lanes, as after the drag."""
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(style.surface)
        painter = QPainter(pixmap)
        annotation = self.data(item, ANNOTATION, label_map)
        if drag is not None:
            annotation = annotation.moved(drag.index, drag.frame)
            if drag.other is not None:
                annotation = annotation.moved(*drag.other)
        self._paint_headers(painter, annotation, size.height(), style)
        painter.translate(HEADER_PX, 0)
        painter.setClipRect(QRectF(0, 0, view.width, size.height()))
        inks, area = self._inked(label_map, style), (MINIMAP_TOP, MINIMAP_PX)
        paint_minimap(painter, annotation, view.width, *area, inks, style)
        overview.paint_viewport(painter, view, *area, style)
        overview.paint_ruler(painter, view, RULER_TOP, RULER_PX, seconds_of, style)
        painter.setClipRect(QRectF(0, LANES_TOP - 2, view.width, size.height()))
        for i in range(len(self.rows)):
            row = self.row(i)
            if row.kind == "filmstrip" and self.filmstrip is not None:
                place = QRectF(0, row.top, view.width, row.height)
                self.filmstrip.paint(painter, view, place, ratio, style)
            elif row.kind == "subject" and self.subject is not None:
                self.subject.paint(painter, view, row.top, row.height, style)
            elif row.kind == "waveform" and self.waveform is not None:
                self.waveform.paint(painter, view, row.top, row.height, style)
            elif row.kind == "confidence":
                ribbon = self.ribbons[row.lane]
                ribbon.paint(painter, view, row.top, row.height, style)
            else:
                lane = annotation if i == 0 else self.data(item, row.lane, label_map)
                paint_lane(painter, lane, view, row.top, row.height, inks, style)
        if self.rows and annotation.labelled_share() == 0:
            first = self.row(0)
            place = QRectF(0, first.top, view.width, first.height)
            paint_hint(painter, _tr(HINT), place, style)
        painter.end()
        return pixmap

    def _paint_headers(
        self, painter: QPainter, annotation: LaneData, height: int, style: Style
    ) -> None:
        painter.setClipRect(QRectF(0, LANES_TOP - 2, HEADER_PX, height))
        share = _percent(annotation.labelled_share())
        below = {
            "annotation": _tr("{} labelled").format(share),
            "prediction": _tr("model"),
            "confidence": "",
            "subject": "",
            "waveform": self.waveform.text if self.waveform is not None else "",
            "filmstrip": "",
        }
        for i in range(len(self.rows)):
            row = self.row(i)
            _paint_header(painter, row, below[row.kind], style)

    # -- what changes often ---------------------------------------------------------

    def bottom(self, height: int) -> float:
        """Where the playhead ends."""
        return min(height, self.row(-1).bottom + 2)

    def paint_marks(
        self,
        painter: QPainter,
        item: VideoItem,
        view: View,
        height: int,
        marks: Marks,
        style: Style,
    ) -> None:
        """Time, range, handles, playhead and the ghost of a drag."""
        painter.setFont(style.font)
        painter.setPen(style.text)
        painter.drawText(_CLOCK, Qt.AlignmentFlag.AlignVCenter, marks.time)
        painter.translate(HEADER_PX, 0)
        painter.setClipRect(QRectF(-10, 0, view.width + 20, height))
        bottom = self.bottom(height)
        if marks.marked is not None:
            overview.paint_range(painter, view, marks.marked, LANES_TOP, bottom, style)
        self._paint_handles(painter, item, view, marks, style)
        area = (MINIMAP_TOP, MINIMAP_PX)
        overview.paint_minimap_mark(painter, view, marks.frame, *area, style)
        overview.paint_playhead(painter, view, marks.frame, RULER_TOP, bottom, style)
        drag = marks.drag
        if drag is not None:
            row = self.row(0)
            frames = (drag.origin, drag.frame, drag.snapped)
            lane, span = (row.top, row.bottom), (LANES_TOP, bottom)
            overview.paint_drag(painter, view, frames, lane, span, drag.text, style)

    def _paint_handles(
        self, painter: QPainter, item: VideoItem, view: View, marks: Marks, style: Style
    ) -> None:
        row, boundaries = self.row(0), item.annotation.boundaries
        for index in {marks.hovered, marks.selected}:
            if index is None or index >= len(boundaries):
                continue
            frame = int(boundaries[index])
            if marks.drag is not None and marks.drag.index == index:
                frame = marks.drag.frame
            strong = index == marks.selected
            overview.paint_handle(
                painter, view, frame, row.top, row.height, style, strong
            )

    def playhead_region(
        self, view: View, frame: int, height: int, style: Style
    ) -> QRegion:
        """The only pixels that change when the playhead comes or goes."""
        left = round(view.x_of(frame)) + HEADER_PX - 6
        width = 14 + int(1 / view.frames_per_px)
        region = QRegion(QRect(left, RULER_TOP, width, height - RULER_TOP))
        label = overview.playhead_label(view, frame, style)
        for area in (label, *overview.labels_under(view, label, style)):
            box = area.translated(HEADER_PX, RULER_TOP).toAlignedRect()
            region = region.united(box.adjusted(-2, -2, 2, 6))
        region = region.united(_CLOCK)
        mark = HEADER_PX + round(frame * view.width / view.n_frames)
        return region.united(QRect(mark - 3, MINIMAP_TOP - 3, 7, MINIMAP_PX + 6))


def _percent(share: float) -> str:
    """A share without ever claiming by rounding that all, or nothing, is done."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{100 if share >= 1 else min(99, int(share * 100))} %"


def _paint_header(painter: QPainter, row: Row, below: str, style: Style) -> None:
    side = row.kind in ("confidence", "subject")
    font = style.small if side else style.font
    first, second = QFontMetricsF(font), QFontMetricsF(style.small)
    room = HEADER_PX - 24.0
    high = first.height() + (second.height() if below else 0)
    at = row.top + (row.height - high) / 2
    painter.setFont(font)
    painter.setPen(style.dim if side else style.text)
    shown = first.elidedText(row.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(12, at, room, first.height()), 0, shown)
    if below:
        at += first.height()
        painter.setFont(style.small)
        painter.setPen(style.dim)
        painter.drawText(QRectF(12, at, room, second.height()), 0, below)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
