"""Paint one video's timeline, and know what that needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion

from app.timeline import overview
from app.timeline.boxes import Boxes
from app.timeline.curves import Curve
from app.timeline.feeds import Feeds
from app.timeline.geometry import TimeWindow
from app.timeline.lane_cache import LaneCache, LaneDrawing
from app.timeline.lane_set import Lane, LaneSet, lanes_of
from app.timeline.lanes import LaneData, paint_lane
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
from app.timeline.minimap import percent
from app.timeline.style import Inks, Style, frames_text, inks_of
from app.timeline.subject_lane import SubjectLane
from app.timeline.ticks import Ticks
from app.timeline.waveform import WaveformRow
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.project.value import ANNOTATION, VideoItem

HINT = (
    "Nothing is labelled yet: pre-label with {}, or mark a range with {} and {} and "
    "press a class key"
)
HINT_PREDICTED = (
    "Nothing is labelled yet: take over the prediction with {}, or mark a range with "
    "{} and {} and press a class key"
)
HINT_MISSING = (
    "The label file of this video is gone: put it back and look again, or give its "
    "labels up"
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


class TimelinePainter:
    """Keeps the arrays, colours and rows of a video, and paints them."""

    def __init__(self, feeds: Feeds) -> None:
        self.rows: list[LaneRow] = []
        self.sources = feeds.sources
        self.sheet = LaneCache()
        self.scrolled = 0
        self._filmstrip, self._waveform = feeds.filmstrip, feeds.waveform
        self._hints = "", ""
        self.show_keys(lambda _: "")
        self._data: dict[str, tuple[Segmentation, LabelMap, LaneData]] = {}
        self._inks: tuple[LabelMap, Style, Inks] | None = None
        self._corrected: tuple[object, np.ndarray] | None = None

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Name the keys of the commands, by their ids, that label a first time."""
        marks = [keys(i) or "–" for i in ("in", "out")]
        self._hints = (
            _tr(HINT).format(keys("prelabel") or "–", *marks),
            _tr(HINT_PREDICTED).format(keys("accept") or "–", *marks),
        )

    def hint(self, item: VideoItem) -> str:
        """What there is to do about a video of which nothing is labelled."""
        if ANNOTATION in item.missing:
            return _tr(HINT_MISSING)
        return self._hints[bool(item.models)]

    def forget(self) -> None:
        """Another video."""
        self.rows, self.scrolled = [], 0
        self._data.clear()

    def lanes(self, item: VideoItem | None) -> tuple[Lane, ...]:
        """All lanes that could be shown."""
        if item is None:
            return ()
        self.sources.has_sound = self._waveform.there
        return lanes_of(item, self.sources.present())

    def lay_out(self, lanes: tuple[Lane, ...], choice: LaneSet, height: int) -> int:
        """Place the rows of the lanes wanted; the height they take."""
        if not lanes:
            self.rows = []
            return 0
        self.rows, needed = lay_out(lanes, choice, height)
        return needed

    def row(self, index: int) -> LaneRow:
        """A row where it stands now."""
        row = self.rows[index]
        return replace(row, top=row.top - self.scrolled) if self.scrolled else row

    def annotation_row(self) -> LaneRow | None:
        """Where the annotation stands now, if it is shown."""
        kinds = [row.kind for row in self.rows]
        return self.row(kinds.index("annotation")) if "annotation" in kinds else None

    def row_at(self, y: float) -> LaneRow | None:
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
        view: TimeWindow,
        style: Style,
        size: QSize,
        ratio: float,
        seconds_of: Callable[[int], float],
        drag: Drag | None,
    ) -> QPixmap:
        """Minimap, ruler and lanes, as after the drag."""
        annotation = self.data(item, ANNOTATION, label_map)
        if drag is not None:
            annotation = annotation.moved(drag.index, drag.frame)
            if drag.other is not None:
                annotation = annotation.moved(*drag.other)
        inks = self._inked(label_map, style)

        def paint(
            painter: QPainter, row: LaneRow, view: TimeWindow, boxes: Boxes
        ) -> None:
            where = row.top, row.height
            if row.kind in ("annotator", "prediction"):
                lane = self.data(item, row.lane, label_map)
                paint_lane(painter, lane, view, *where, boxes)
            elif row.kind == "filmstrip":
                place = QRectF(0, row.top, view.width, row.height)
                self._filmstrip.paint(painter, view, place, ratio, style)
            elif row.kind == "probability":
                ribbon = self.sources.ribbon(row.lane)
                ribbon.paint(painter, view, *where, label_map, inks, style)
            else:
                self._painted(row, item).paint(painter, view, *where, style)

        rows = [self.row(i) for i in range(len(self.rows))]
        look = inks, style, size, ratio
        return self.sheet.picture(
            LaneDrawing(
                view, annotation, rows, paint, *look, seconds_of, self.hint(item)
            )
        )

    def _painted(
        self, row: LaneRow, item: VideoItem
    ) -> Curve | Ticks | SubjectLane | WaveformRow:
        """What paints a row that shows no segments."""
        if row.kind == "subject" and self.sources.subject is not None:
            return self.sources.subject
        if row.kind == "waveform":
            return self._waveform
        if row.kind == "boundaries":
            return self.sources.ticks(row.name, item)
        return self.sources.curve(row.of)

    def words(self, row: LaneRow, item: VideoItem, label_map: LabelMap) -> str:
        """The second line of a row's title."""
        if row.lane in item.missing:
            return _tr("labels missing")
        if row.kind == "annotation":
            share = self.data(item, ANNOTATION, label_map).labelled
            return _tr("{} labelled").format(percent(share))
        if row.kind == "annotator":
            return _tr("annotator")
        if row.kind == "prediction":
            return self._whose(row, item)
        if row.kind == "probability":
            return _tr("{} in use").format(len(self.names(row, label_map)))
        if row.kind == "motion":
            return _tr("0 \u2013 {} px/s").format(
                f"{self.sources.curve(row.of).top:,.0f}"
            )
        return self._waveform.text if row.kind == "waveform" else ""

    def _whose(self, row: LaneRow, item: VideoItem) -> str:
        """Whether a prediction is the model's alone, where that is a question."""
        said = self.sources.prediction(row.lane, item)
        if said is not None and said.has_fixed:
            return _tr("around my labels")
        free = said is not None and said.fixed is not None
        if free and item.annotation.n_protected:
            return _tr("without my labels")
        return _tr("model")

    def names(self, row: LaneRow, label_map: LabelMap) -> list[str]:
        """Names of the lines that a row consists of, from the top."""
        if row.kind != "probability":
            return []
        return self.sources.ribbon(row.lane).names(label_map)

    # -- what changes often ---------------------------------------------------------

    def bottom(self, height: int) -> float:
        """Where the playhead ends."""
        return min(height, self.row(-1).bottom + 2)

    def paint_marks(
        self,
        painter: QPainter,
        item: VideoItem,
        view: TimeWindow,
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
        corrected = self.corrected(item)
        if len(corrected):
            top = RULER_TOP + RULER_PX
            overview.paint_corrected(painter, view, corrected, top, style)
        if marks.marked is not None:
            overview.paint_range(painter, view, marks.marked, LANES_TOP, bottom, style)
        area = (MINIMAP_TOP, MINIMAP_PX)
        if marks.marked is not None:
            overview.paint_minimap_range(painter, view, marks.marked, *area, style)
        overview.paint_minimap_mark(painter, view, marks.frame, *area, style)
        overview.paint_playhead(painter, view, marks.frame, RULER_TOP, bottom, style)
        self._paint_handles(painter, item, view, marks, style)
        drag = marks.drag
        if drag is not None:
            row = self.row(0)
            frames = (drag.origin, drag.frame, drag.snapped)
            lane, span = (row.top, row.bottom), (LANES_TOP, bottom)
            overview.paint_drag(painter, view, frames, lane, span, drag.text, style)

    def corrected(self, item: VideoItem) -> np.ndarray:
        """Where the keypoints of a video were corrected: start and stop (N, 2)."""
        if self._corrected is None or self._corrected[0] is not item.corrections:
            spans = sorted({c.span for c in item.corrections})
            made = np.array(spans, np.int64).reshape(-1, 2)
            self._corrected = (item.corrections, made)
        return self._corrected[1]

    def _paint_handles(
        self,
        painter: QPainter,
        item: VideoItem,
        view: TimeWindow,
        marks: Marks,
        style: Style,
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
        self, view: TimeWindow, frame: int, height: int, style: Style
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


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
