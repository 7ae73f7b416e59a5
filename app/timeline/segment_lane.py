"""Base class of lanes that show segments: annotation, predictions, annotators."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt

from app.kit.label_style import clock, frames_text
from app.kit.language import tr
from app.kit.plural import frames_named
from app.timeline.lane import Lane, TipPoint
from app.timeline.lane_place import LanePlace
from app.timeline.segments import paint_segments
from skelseg_core.labels.segmentation import Segment

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData


class SegmentLane(Lane):
    """Show the segments of `shown`, a lane of the project or of another track."""

    usual_px, least_px = 28, 16

    @property
    def shown(self) -> str:
        """The lane whose segments are shown."""
        return self.source

    def paint(self, place: LanePlace, video: VideoData) -> None:
        paint_segments(
            place,
            video.segments(self.shown),
            video.class_colors(place.style, self.shown),
        )

    def snap_frames(self, video: VideoData) -> np.ndarray:
        return np.asarray(video.segmentation(self.shown).boundaries, np.int64)

    def tip(self, at: TipPoint, video: VideoData) -> str:
        if self.source in video.item.missing:
            return tr("The label file of this lane is missing.")
        segment = video.segmentation(self.shown).at(at.frame)
        return self.segment_tip(at.frame, video, self.origin(segment))

    def segment_tip(self, frame: int, video: VideoData, origin: str) -> str:
        """Return class, frames and seconds of the segment, and its origin."""
        segment = video.segmentation(self.shown).at(frame)
        seconds = video.seconds_of(segment.stop) - video.seconds_of(segment.start)
        name = video.classes_in(self.shown).name_of(segment.class_id)
        lines = [
            f"<b>{escape(name or unnamed(segment))}</b>",
            f"{frames_named(segment.start, segment.stop)} \u00b7 "
            f"{frames_text(len(segment))} \u00b7 {clock(seconds)}",
        ]
        if not segment.unlabelled:
            lines.append(escape(origin))
        return f"<p style='white-space:pre'>{'<br>'.join(lines)}</p>"

    def origin(self, segment: Segment) -> str:
        """Say who labelled the segment, or which frames, and with which confidence."""
        return ", ".join(self._origin_of(run, segment) for run in segment.runs)

    def _origin_of(self, run: Segment, segment: Segment) -> str:
        text = self.origin_words(run)
        if run.confidence is not None:
            confidence = tr("confidence {}").format(f"{run.confidence:.2f}")
            text += f" \u00b7 {confidence}"
        if run is segment:
            return text
        return f"{text} ({frames_named(run.start, run.stop)})"

    def origin_words(self, segment: Segment) -> str:
        """Say who labelled the segment, or left it undecided."""
        if segment.undecided:
            return tr("by a person; models skip it")
        words = {
            "human": tr("by a person"),
            "model": tr("by a model"),
            "import": tr("from a file"),
        }
        return words.get(segment.source or "", "")


def unnamed(segment: Segment) -> str:
    """Return the word for a segment without a class."""
    if segment.absent:
        return tr("absent")
    return tr("undecided") if segment.undecided else tr("unlabelled")


def paint_hint(place: LanePlace, text: str) -> None:
    """Paint one line of text in the middle of an empty lane, where there is room."""
    painter, style = place.painter, place.style
    painter.setFont(style.font)
    words = painter.fontMetrics().boundingRect(text).adjusted(-12, -4, 12, 4)
    box = QRectF(words)
    box.moveCenter(place.area.center())
    low = place.height < painter.fontMetrics().ascent()
    if box.width() > place.view.width or low:
        return
    box = box.intersected(QRectF(place.area))
    painter.fillRect(box, style.well)
    painter.setPen(style.dim)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
