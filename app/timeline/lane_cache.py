"""Keep the picture of minimap, ruler and lanes; paint anew what changed of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap

from app.timeline import overview
from app.timeline.boxes import ACCEPTED, Boxes
from app.timeline.geometry import TimeWindow
from app.timeline.lane_set import Kind
from app.timeline.lanes import LaneData, paint_hint, paint_lane
from app.timeline.layout import (
    HEADER_PX,
    LANES_TOP,
    MINIMAP_PX,
    MINIMAP_TOP,
    RULER_PX,
    RULER_TOP,
    LaneRow,
)
from app.timeline.minimap import paint_minimap
from app.timeline.style import Inks, Style

_MINIMAP = MINIMAP_TOP, MINIMAP_PX
_NO_WORDS: tuple[Kind, ...] = (
    "probability",
    "uncertainty",
    "boundaries",
    "motion",
    "waveform",
)
"""Kinds of which every column is the same wherever it stands: they can be shifted."""


@dataclass(frozen=True, eq=False)
class LaneDrawing:
    """What is to be seen: the annotation, and how every other row is painted.

    ``hint`` is what an annotation with nothing in it says.
    """

    view: TimeWindow
    annotation: LaneData
    rows: list[LaneRow]
    paint: Callable[[QPainter, LaneRow, TimeWindow, Boxes], object]
    inks: Inks
    style: Style
    size: QSize
    ratio: float
    seconds_of: Callable[[int], float]
    hint: str


class LaneCache:
    """Keeps the picture, and paints what the drawing before did not show already.

    While a boundary is dragged that is the annotation; while the view is panned, curves
    and ribbons are shifted and only their ends are painted. Whoever changes anything
    but annotation and view calls `forget`.
    """

    def __init__(self) -> None:
        self._pixmap: QPixmap | None = None
        self._painted: LaneDrawing | None = None
        self._minimap: QPixmap | None = None
        self._mapped: tuple[object, ...] = ()
        self._boxes: Boxes | None = None

    def forget(self) -> None:
        """Paint everything anew."""
        self._painted = None

    def picture(self, drawing: LaneDrawing) -> QPixmap:
        """The picture as it is now."""
        size, ratio = drawing.size * drawing.ratio, drawing.ratio
        kept, before = self._pixmap, self._painted
        if kept is None or kept.size() != size or kept.devicePixelRatio() != ratio:
            kept = self._pixmap = QPixmap(size)
            kept.setDevicePixelRatio(ratio)
            before = None
        self._painted = drawing
        shift = None if before is None else _shift(before, drawing)
        if shift:
            for row in drawing.rows:
                if row.kind in _NO_WORDS:
                    kept.scroll(shift, 0, _device(row, drawing))
        painter = QPainter(kept)
        width, height = drawing.size.width(), drawing.size.height()
        # A row paints all of itself; between the same rows nothing has changed.
        stays = before is not None and _same_places(before, drawing)
        anew = RULER_TOP if shift == 0 else LANES_TOP if stays else height
        painter.fillRect(QRectF(0, 0, width, anew), drawing.style.surface)
        painter.translate(HEADER_PX, 0)
        painter.setClipRect(QRectF(0, 0, drawing.view.width, height))
        view, style = drawing.view, drawing.style
        painter.drawPixmap(0, MINIMAP_TOP, self._map(drawing))
        overview.paint_viewport(painter, view, *_MINIMAP, style)
        if shift != 0:
            seconds_of = drawing.seconds_of
            overview.paint_ruler(painter, view, RULER_TOP, RULER_PX, seconds_of, style)
        self._paint_rows(painter, drawing, shift)
        painter.end()
        return kept

    def _map(self, drawing: LaneDrawing) -> QPixmap:
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

    def _paint_rows(
        self, painter: QPainter, drawing: LaneDrawing, shift: int | None
    ) -> None:
        view, height = drawing.view, drawing.size.height()
        area = QRectF(0, LANES_TOP - 2, view.width, height - LANES_TOP + 2)
        painter.setClipRect(area)
        boxes = self._boxes
        if boxes is None or not boxes.fit(drawing.inks, drawing.style, drawing.ratio):
            boxes = Boxes(drawing.inks, drawing.style, drawing.ratio)
            self._boxes = boxes
        ends: list[LaneRow] = []
        for row in drawing.rows:
            if row.bottom < LANES_TOP or row.top >= height:
                continue
            if row.kind == "annotation":
                _paint_annotation(painter, drawing, row, boxes)
            elif shift and row.kind in _NO_WORDS:
                ends.append(row)
            elif shift != 0:
                drawing.paint(painter, row, view, boxes)
        if shift and ends:
            end, seen = _end(view, shift, drawing.ratio)
            painter.setClipRect(end.intersected(area))
            painter.translate(seen.x, 0)
            for row in ends:
                drawing.paint(painter, row, seen.view, boxes)


def _paint_annotation(
    painter: QPainter, drawing: LaneDrawing, row: LaneRow, boxes: Boxes
) -> None:
    data, view = drawing.annotation, drawing.view
    paint_lane(painter, data, view, row.top, row.height, boxes, ACCEPTED)
    if data.labelled == 0:
        place = QRectF(0, row.top, view.width, row.height)
        paint_hint(painter, drawing.hint, place, drawing.style)


def _shift(before: LaneDrawing, now: LaneDrawing) -> int | None:
    """Device pixels by which one drawing is the other moved to the right.

    None where it is another, or they do not lie on the same pixels.
    """
    if before.inks is not now.inks or not _same_places(before, now):
        return None
    if replace(before.view, first=now.view.first) != now.view:
        return None
    moved = (before.view.first - now.view.first) / now.view.frames_per_px * now.ratio
    whole = round(moved)
    if abs(moved - whole) > 1e-6 or abs(whole) > now.view.width * now.ratio / 2:
        return None
    return whole


def _same_places(before: LaneDrawing, now: LaneDrawing) -> bool:
    """Whether every row covers the pixels that it covered, on the same ground."""
    same = before.style is now.style and before.rows == now.rows
    return same and float(now.ratio).is_integer()


def _device(row: LaneRow, drawing: LaneDrawing) -> QRect:
    """Where a row lies in device pixels."""
    ratio = round(drawing.ratio)
    return QRect(
        HEADER_PX * ratio,
        row.top * ratio,
        drawing.view.width * ratio,
        row.height * ratio,
    )


@dataclass(frozen=True)
class _Part:
    """A part of a view, and the pixel at which it begins."""

    view: TimeWindow
    x: int


def _end(view: TimeWindow, shift: int, ratio: float) -> tuple[QRectF, _Part]:
    """What has to be painted after a shift, and the part of the view to paint it from.

    A curve goes halfway to its neighbours, so that the column at which it ended has to
    be painted again, and takes one more to know where it goes.
    """
    bare = math.ceil(abs(shift) / ratio) + 1
    wide = min(bare + 2, view.width)
    x = 0 if shift > 0 else view.width - wide
    first = view.first + x * view.frames_per_px
    end = QRectF(0 if shift > 0 else view.width - bare, 0, bare, 2**15)
    return end, _Part(replace(view, first=first, width=wide), x)
