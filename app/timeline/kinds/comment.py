"""The lane of comments: a flag where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from app.kit.label_style import with_alpha
from app.kit.language import tr
from app.kit.plural import frames_named
from app.timeline.lane import Lane, TipPoint
from app.timeline.lane_place import LanePlace
from skelseg_core.labels.comments import Comment

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

_FLAG_PX = 9.0
_MOST_CHARACTERS = 300
"""Characters of a comment that a tooltip shows."""


class CommentLane(Lane):
    """Comments of the video, where it has any."""

    kind = "comments"
    usual_px, least_px = 20, 14
    minor = True

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls()] if video.item.video.comments else []

    @property
    def title(self) -> str:
        return tr("Comments")

    def subtitle(self, video: VideoData) -> str:
        n_open = sum(not comment.done for comment in video.item.video.comments)
        return tr("{} open").format(f"{n_open:,}")

    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint a pole and a flag at the start, and a band over the frames."""
        painter, view, style = place.painter, place.view, place.style
        painter.save()
        painter.fillRect(place.area, style.well)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top, half = place.top + 1, place.height / 2
        for comment in video.item.video.comments:
            if comment.stop < view.first or comment.start > view.last:
                continue
            color = style.dim if comment.done else style.accent
            x, stop = view.x_of(comment.start), view.x_of(comment.stop)
            painter.setBrush(with_alpha(color, 0.3))
            painter.drawRect(QRectF(x, place.bottom - 4, max(stop - x, 2.0), 3))
            painter.setBrush(color)
            painter.drawRect(QRectF(x, top, 1.5, place.height - 2))
            corners = (x, top), (x + _FLAG_PX, top + half / 2), (x, top + half)
            painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))
        painter.restore()

    def tip(self, at: TipPoint, video: VideoData) -> str:
        reach = 3 * at.reach
        there = [
            c
            for c in video.item.video.comments
            if c.start <= at.frame < max(c.stop, c.start + reach)
        ]
        return "<br><br>".join(map(_words, there[-3:]))

    def snap_frames(self, video: VideoData) -> np.ndarray:
        return np.zeros(0, np.int64)


def _words(comment: Comment) -> str:
    """Say what a comment says, who says it, and of which frames."""
    text = comment.text
    if len(text) > _MOST_CHARACTERS:
        text = text[:_MOST_CHARACTERS] + "…"
    who = [comment.author, frames_named(comment.start, comment.stop)]
    if comment.done:
        who.append(tr("done"))
    said = escape(text).replace("\n", "<br>")
    return f"{said}<br><i>{escape(' · '.join(filter(None, who)))}</i>"
