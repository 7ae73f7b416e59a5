"""Sheet: the picture of minimap, ruler and lanes, and what of it is painted anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap

from app.timeline import overview
from app.timeline.geometry import View
from app.timeline.lanes import LaneData, Stamps, paint_hint, paint_lane
from app.timeline.minimap import paint_minimap
from app.timeline.rows import (
    HEADER_PX,
    LANES_TOP,
    MINIMAP_PX,
    MINIMAP_TOP,
    RULER_PX,
    RULER_TOP,
    Row,
)
from app.timeline.style import Inks, Style

_MINIMAP = MINIMAP_TOP, MINIMAP_PX


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is to be seen: the annotation, and how every other row is painted.

    ``hint`` is what an annotation with nothing in it says.
    """

    view: View
    annotation: LaneData
    rows: list[Row]
    paint: Callable[[QPainter, Row, Stamps], object]
    inks: Inks
    style: Style
    size: QSize
    ratio: float
    seconds_of: Callable[[int], float]
    hint: str


class Sheet:
    """Keeps the picture. Of the same drawing only the annotation is painted again.

    That is what changes while a boundary is dragged; whoever changes anything else
    calls `forget`.
    """

    def __init__(self) -> None:
        self._pixmap: QPixmap | None = None
        self._painted: Drawing | None = None
        self._minimap: QPixmap | None = None
        self._mapped: tuple[object, ...] = ()
        self._stamps: Stamps | None = None

    def forget(self) -> None:
        """Paint everything anew."""
        self._painted = None

    def picture(self, drawing: Drawing) -> QPixmap:
        """The picture as it is now."""
        size, ratio = drawing.size * drawing.ratio, drawing.ratio
        kept, before = self._pixmap, self._painted
        if kept is None or kept.size() != size or kept.devicePixelRatio() != ratio:
            kept = self._pixmap = QPixmap(size)
            kept.setDevicePixelRatio(ratio)
            before = None
        same = before is not None and (
            before.view == drawing.view
            and before.style is drawing.style
            and before.inks is drawing.inks
        )
        self._painted = drawing
        painter = QPainter(kept)
        if not same:
            whole = QRectF(0, 0, drawing.size.width(), drawing.size.height())
            painter.fillRect(whole, drawing.style.surface)
        painter.translate(HEADER_PX, 0)
        self._paint_top(painter, drawing, same)
        self._paint_rows(painter, drawing, drawing.rows[:1] if same else drawing.rows)
        painter.end()
        return kept

    def _paint_top(self, painter: QPainter, drawing: Drawing, same: bool) -> None:
        view, style = drawing.view, drawing.style
        above = QRectF(0, 0, view.width, RULER_TOP)
        painter.setClipRect(QRectF(0, 0, view.width, drawing.size.height()))
        if same:
            painter.fillRect(above, style.surface)
        painter.drawPixmap(0, MINIMAP_TOP, self._map(drawing))
        overview.paint_viewport(painter, view, *_MINIMAP, style)
        if not same:
            seconds_of = drawing.seconds_of
            overview.paint_ruler(painter, view, RULER_TOP, RULER_PX, seconds_of, style)

    def _map(self, drawing: Drawing) -> QPixmap:
        """The minimap, which only another annotation, size or style changes."""
        key = (
            drawing.annotation,
            drawing.inks,
            drawing.style,
            drawing.view.width,
            drawing.ratio,
        )
        if self._minimap is None or any(
            a is not b and a != b for a, b in zip(key, self._mapped, strict=True)
        ):
            made = QPixmap(QSize(drawing.view.width, MINIMAP_PX) * drawing.ratio)
            made.setDevicePixelRatio(drawing.ratio)
            made.fill(drawing.style.surface)
            painter = QPainter(made)
            width, inks, style = drawing.view.width, drawing.inks, drawing.style
            paint_minimap(
                painter, drawing.annotation, width, 0, MINIMAP_PX, inks, style
            )
            painter.end()
            self._minimap, self._mapped = made, key
        return self._minimap

    def _paint_rows(self, painter: QPainter, drawing: Drawing, rows: list[Row]) -> None:
        height = drawing.size.height()
        painter.setClipRect(
            QRectF(0, LANES_TOP - 2, drawing.view.width, height - LANES_TOP + 2)
        )
        stamps = self._stamps
        if stamps is None or not stamps.fit(drawing.inks, drawing.style, drawing.ratio):
            stamps = Stamps(drawing.inks, drawing.style, drawing.ratio)
            self._stamps = stamps
        for row in rows:
            if row.bottom < LANES_TOP or row.top >= height:
                continue
            if row.kind == "annotation":
                data, view = drawing.annotation, drawing.view
                paint_lane(painter, data, view, row.top, row.height, stamps)
                if data.labelled == 0:
                    place = QRectF(0, row.top, view.width, row.height)
                    paint_hint(painter, drawing.hint, place, drawing.style)
            else:
                drawing.paint(painter, row, stamps)
