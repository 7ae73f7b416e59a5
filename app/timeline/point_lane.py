"""Base class of lanes that show points, as diamonds."""

from __future__ import annotations

from bisect import bisect_left
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from app.kit.language import tr
from app.kit.plural import plural
from app.timeline.lane import TipPoint
from app.timeline.lane_place import LanePlace
from app.timeline.segment_lane import SegmentLane, paint_hint
from skelseg_core.labels.points import nearest

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

_HALF_PX = 7.0
"""Half the width of a diamond in pixels, where the lane is high enough."""
_NAME_PX = 4.0


class PointLane(SegmentLane):
    """Show the points of `shown`, the lane of a track of points."""

    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint a diamond in the middle of each marked frame; hollow if open."""
        painter, view, style = place.painter, place.view, place.style
        painter.fillRect(place.area, style.well)
        points, ids = video.marks(self.shown), video.classes_in(self.shown).ids
        if not points and self.editable:
            paint_hint(place, tr("No points yet: press a class key at a frame"))
        colors = video.class_colors(style, self.shown).classes
        half = min(_HALF_PX, place.height / 2 - 2)
        reach = (half + 1) * view.frames_per_px
        low = bisect_left(points, view.first - reach, key=attrgetter("frame"))
        high = bisect_left(points, view.last + reach, key=attrgetter("frame"))
        middle = place.top + place.height / 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.small)
        for n in reversed(range(low, high)):
            point = points[n]
            color = colors[ids.index(point.class_id)]
            x = view.x_of(point.frame + 0.5)
            corners = (
                *(QPointF(x - half, middle), QPointF(x, middle - half)),
                *(QPointF(x + half, middle), QPointF(x, middle + half)),
            )
            room = (
                view.x_of(points[n + 1].frame + 0.5) if n + 1 < high else np.inf
            ) - x
            if room - 2 * half - 2 * _NAME_PX >= color.name_px:
                painter.setPen(style.text)
                base = middle + painter.fontMetrics().ascent() / 2 - 1
                painter.drawText(QPointF(x + half + _NAME_PX, base), color.name)
            painter.setPen(QPen(color.edge or color.solid, 1.5))
            painter.setBrush(color.solid if point.reviewed else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(QPolygonF(corners))
        painter.restore()

    def snap_frames(self, video: VideoData) -> np.ndarray:
        return np.array([m.frame for m in video.marks(self.shown)], np.int64)

    def subtitle(self, video: VideoData) -> str:
        return plural("{n} point(s)", len(video.marks(self.shown)))

    def tip(self, at: TipPoint, video: VideoData) -> str:
        point = nearest(video.marks(self.shown), at.frame)
        if point is None or abs(point.frame - at.frame) > max(at.reach, 1):
            return ""
        name = video.classes_in(self.shown).name_of(point.class_id)
        by = {
            "human": tr("by a person"),
            "model": tr("by a model"),
            "import": tr("from a file"),
        }[point.source]
        frame = tr("frame {}").format(f"{point.frame:,}")
        return f"<b>{escape(name)}</b><br>{frame} \u00b7 {by}"
