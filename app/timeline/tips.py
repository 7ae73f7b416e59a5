"""Tips: what the tooltip of the timeline says."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QCoreApplication

from app.timeline.rows import Row
from app.timeline.style import clock, frames_text
from skelseg_core.segmentation import Segment


def confidence_tip(value: float, frame: int) -> str:
    """Of one frame of a confidence ribbon."""
    return _tr("Confidence {} at frame {}").format(f"{value:.2f}", f"{frame:,}")


def segment_tip(
    segment: Segment, name: str, row: Row, seconds_of: Callable[[int], float]
) -> str:
    """Class, frames, seconds, source and confidence."""
    seconds = seconds_of(segment.stop) - seconds_of(segment.start)
    lines = [
        f"<b>{escape(name or _tr('unlabelled'))}</b>",
        f"{segment.start:,} \u2013 {segment.stop - 1:,} \u00b7 "
        f"{frames_text(len(segment))} \u00b7 {clock(seconds)}",
    ]
    if segment.class_id is not None:
        lines.append(escape(_origin(segment, row)))
    return f"<p style='white-space:pre'>{'<br>'.join(lines)}</p>"


def _origin(segment: Segment, row: Row) -> str:
    words = {
        "human": _tr("by a person"),
        "model": _tr("by a model"),
        "import": _tr("from a file"),
    }
    text = words[segment.source]
    if row.kind == "prediction":
        text = _tr("model {}").format(row.title)
    if segment.confidence is not None:
        text += " \u00b7 " + _tr("confidence {}").format(f"{segment.confidence:.2f}")
    if segment.reviewed and segment.source != "human":
        text += " \u00b7 " + _tr("reviewed")
    return text


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
