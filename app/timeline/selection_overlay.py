"""Paint selected and growing segments over the annotation lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.kit.label_style import text_on, with_alpha
from app.timeline.geometry import TimeWindow
from app.timeline.gestures import Gesture, RangeSelect, RubberBand
from app.timeline.lane_place import LanePlace
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation

if TYPE_CHECKING:
    from app.state.session import PlaceMark, Session

"""Least width in pixels of a ghost."""
_ALONE_PX = 8.0
"""Width in pixels below which segments share the outline of their neighbours."""


@dataclass(frozen=True)
class SelectionPlace(LanePlace):
    """The rectangle of a lane, and the classes of the project."""

    label_map: LabelMap

    def box(self, start: float, stop: float) -> QRectF:
        """Return the rectangle of frames, cut to the visible part."""
        left = max(self.view.x_of(start), -20.0)
        right = min(self.view.x_of(stop), self.view.width + 20.0)
        return QRectF(left, self.top, right - left, self.height)

    def colour(self, class_id: int) -> QColor:
        """Return the colour of a class."""
        found = self.label_map.get(class_id)
        return QColor(found.color) if found is not None else self.style.accent


@dataclass(frozen=True)
class SelectionOverlay:
    """Selected segments (N, 2), what is made, the place in review, the band.

    ``made`` is its start, stop and class id.
    """

    chosen: np.ndarray
    made: tuple[int, int, int] | None = None
    place: PlaceMark | None = None
    band: tuple[float, float] | None = None

    @classmethod
    def of(
        cls, session: Session, annotation: Segmentation, gesture: Gesture | None
    ) -> SelectionOverlay:
        """Collect what is selected and being made now."""
        made, grows = None, session.growing
        if grows is not None:
            made = (grows.start, grows.stop, grows.class_id)
        if isinstance(gesture, RangeSelect) and gesture.armed is not None:
            marked = session.marked_range(annotation.n_frames)
            made = (*marked, gesture.armed) if marked else None
        band = None
        if isinstance(gesture, RubberBand):
            band = (gesture.start_x, gesture.x)
        return cls(session.spans, made, session.place, band)

    def paint(self, place: SelectionPlace, made_in: SelectionPlace) -> None:
        """Paint the selection between the lanes and the playhead."""
        painter = place.painter
        if self.made is not None:
            _paint_made(made_in, *self.made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_chosen(place)
        if self.place is not None:
            _paint_place(place, self.place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.band is not None:
            left, right = sorted(self.band)
            box = QRectF(left, place.top - 3, right - left, place.height + 6)
            painter.fillRect(box, with_alpha(place.style.accent, 0.14))
            painter.setPen(QPen(place.style.accent, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_chosen(self, place: SelectionPlace) -> None:
        painter, style = place.painter, place.style
        for start, stop in outlines(self.chosen, place.view):
            box = place.box(start, stop).adjusted(0, 0, -1, 0)
            _paint_frame(painter, box, style.surface, style.text)


def _paint_frame(painter: QPainter, box: QRectF, under: QColor, over: QColor) -> None:
    """Paint a frame of two lines, so that one of them is visible on any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(under, 4))
    painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
    painter.setPen(QPen(over, 2))
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)


def outlines(chosen: np.ndarray, view: TimeWindow) -> list[tuple[int, int]]:
    """Return the frames of visible outlines: one per segment, or run of narrow ones.

    Parameters
    ----------
    chosen : ndarray of int, shape (N, 2)
        First frame and the one after the last of each segment, in order.
    view : TimeWindow
        The visible part of the video.
    """
    shows = (chosen[:, 1] > view.first) & (chosen[:, 0] < view.last)
    starts, stops = chosen[shows].T
    narrow = (stops - starts) / view.frames_per_px < _ALONE_PX
    joins = narrow[1:] & narrow[:-1] & (starts[1:] == stops[:-1])
    first, last = np.append(True, ~joins), np.append(~joins, True)
    some = slice(len(starts))
    return list(
        zip(starts[first[some]].tolist(), stops[last[some]].tolist(), strict=True)
    )


def _paint_made(place: SelectionPlace, start: int, stop: int, class_id: int) -> None:
    """Paint a growing or painted segment: solid, named, with a bright edge."""
    painter, colour = place.painter, place.colour(class_id)
    box = place.box(start, stop)
    if box.width() <= 0:
        return
    painter.fillRect(box, colour)
    painter.fillRect(
        QRectF(box.right() - 2, box.top(), 2, box.height()), place.style.text
    )
    name = place.label_map.name_of(class_id)
    if QFontMetricsF(place.style.font).horizontalAdvance(name) + 16 <= box.width():
        painter.setFont(place.style.font)
        painter.setPen(text_on(colour))
        area = box.adjusted(8, 0, -4, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, name)


def _paint_place(place: SelectionPlace, mark: PlaceMark) -> None:
    """Paint a frame around the place in review, and what may be missing as a ghost."""
    painter, style, ghost = place.painter, place.style, mark.ghost
    box = place.box(mark.start, mark.stop).adjusted(0, 0, -1, 0)
    _paint_frame(painter, box, style.surface, style.accent)
    if ghost is None or ghost.class_id is None:
        return
    colour = place.colour(ghost.class_id)
    area = place.box(ghost.start, ghost.stop).adjusted(0.5, 2.5, -0.5, -2.5)
    painter.setPen(QPen(style.text, 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(with_alpha(colour, 0.75))
    painter.drawRoundedRect(area, 3, 3)
    name = place.label_map.name_of(ghost.class_id)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if QFontMetricsF(style.font).horizontalAdvance(name) + 12 <= area.width():
        painter.setFont(style.font)
        painter.setPen(text_on(colour))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)
