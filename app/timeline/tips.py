"""Tips: what the tooltip of the timeline says."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.timeline.lane_titles import menu_text
from app.timeline.layout import LaneRow
from app.timeline.style import clock, frames_text
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    Segment,
)
from skelseg_core.project.value import VideoItem

if TYPE_CHECKING:
    from app.timeline.canvas import TimelinePainter
    from app.timeline.ribbon import Ribbon
    from app.timeline.ticks import Ticks


def corrected_tip(spans: np.ndarray, frame: float, reach: float) -> str:
    """Of the bars under the ruler: where keypoints were corrected, (N, 2) frames."""
    near = (spans[:, 0] - reach <= frame) & (frame < spans[:, 1] + reach)
    if not near.any():
        return ""
    start, last = int(spans[near, 0].min()), int(spans[near, 1].max()) - 1
    if start == last:
        return _tr("Keypoints corrected in frame {}").format(f"{start:,}")
    text = _tr("Keypoints corrected from frame {} to {}")
    return text.format(f"{start:,}", f"{last:,}")


def row_tip(
    canvas: TimelinePainter,
    row: LaneRow,
    item: VideoItem,
    label_map: LabelMap,
    frame: int,
    share: float,
    reach: float,
    seconds_of: Callable[[int], float],
) -> str:
    """Of a frame of a row, at ``share`` of its height from the top.

    ``reach`` is how many frames away a tick is still meant.
    """
    sources = canvas.sources
    if row.kind in ("annotation", "annotator", "prediction"):
        if row.lane in item.missing:
            return _tr("The label file of this lane is gone.")
        segment = item.lanes[row.lane].at(frame)
        said = sources.prediction(row.lane, item) if row.kind == "prediction" else None
        kept = said is not None and said.is_fixed(frame)
        return segment_tip(
            segment, label_map.name_of(segment.class_id), row, seconds_of, kept
        )
    if row.kind == "subject" and sources.subject is not None:
        return sources.subject.text_at(frame)
    if row.kind == "probability":
        return _ribbon_tip(sources.ribbon(row.lane), label_map, frame, share)
    if row.kind == "boundaries":
        return _tick_tip(sources.ticks(row.name, item), row.name, frame, reach)
    if row.kind in ("uncertainty", "motion"):
        value = float(sources.curve(row.of).values[frame])
        return _curve_tip(menu_text(row.of), row.kind, value, frame)
    return ""


def _curve_tip(title: str, kind: str, value: float, frame: int) -> str:
    if math.isnan(value):
        said = _tr("not known at frame {}").format(f"{frame:,}")
    elif kind == "motion":
        said = _tr("{} px/s at frame {}").format(f"{value:,.0f}", f"{frame:,}")
    else:
        said = _tr("{} at frame {}").format(f"{value:.2f}", f"{frame:,}")
    return f"<b>{escape(title)}</b><br>{said}"


def _tick_tip(ticks: Ticks, name: str, frame: int, reach: float) -> str:
    found = ticks.near(frame, reach)
    if found is None:
        return ""
    words = {
        "model": _tr("A model changes class at frame {}, strength {}"),
        "motion": _tr("The hands rest at frame {}, strength {}"),
    }
    return words[name].format(f"{found[0]:,}", f"{found[1]:.2f}")


def _ribbon_tip(ribbon: Ribbon, label_map: LabelMap, frame: int, share: float) -> str:
    """The class under the pointer, and the most probable ones."""
    values = ribbon.prediction.probabilities[frame]
    ids = [int(i) for i in ribbon.prediction.class_ids]
    under = ribbon.class_at(share, label_map)
    chosen = label_map.classes[under].id if under >= 0 else None
    best = [ids[i] for i in np.argsort(-values, kind="stable")[:3]]
    if chosen is not None and chosen not in best:
        best.append(chosen)
    lines = []
    for class_id in best:
        name = escape(label_map.name_of(class_id))
        text = f"{name} {float(values[ids.index(class_id)]):.2f}"
        lines.append(f"<b>{text}</b>" if class_id == chosen else text)
    head = _tr("Frame {}").format(f"{frame:,}")
    return f"<p style='white-space:pre'>{head}<br>{'<br>'.join(lines)}</p>"


def segment_tip(
    segment: Segment,
    name: str,
    row: LaneRow,
    seconds_of: Callable[[int], float],
    kept: bool = False,
) -> str:
    """Class, frames, seconds, source and confidence.

    ``kept``: a person's label at this frame, which the model had to keep.
    """
    seconds = seconds_of(segment.stop) - seconds_of(segment.start)
    lines = [
        f"<b>{escape(name or _tr('unlabelled'))}</b>",
        f"{segment.start:,} \u2013 {segment.stop - 1:,} \u00b7 "
        f"{frames_text(len(segment))} \u00b7 {clock(seconds)}",
    ]
    if segment.class_id is not None:
        said = _tr("your label, which {} had to keep").format(row.name)
        lines.append(escape(said if kept else _origin(segment, row)))
    return f"<p style='white-space:pre'>{'<br>'.join(lines)}</p>"


def _origin(segment: Segment, row: LaneRow) -> str:
    words = {
        "human": _tr("by a person"),
        "model": _tr("by a model"),
        "import": _tr("from a file"),
    }
    text = words.get(segment.source or "", "")
    if row.kind == "prediction":
        text = _tr("model {}").format(row.name)
    if row.kind == "annotator":
        text = _tr("annotator {}").format(row.name)
    if segment.confidence is not None:
        text += " \u00b7 " + _tr("confidence {}").format(f"{segment.confidence:.2f}")
    if row.kind == "annotation":
        text += " \u00b7 " + (_tr("reviewed") if segment.reviewed else _open(segment))
    return text


def _open(segment: Segment) -> str:
    """What of a segment is still to be reviewed, in words."""
    parts = (
        (segment.class_vouched, _tr("class")),
        (segment.start_vouched, _tr("start")),
        (segment.stop_vouched, _tr("end")),
    )
    left = [word for vouched, word in parts if not vouched]
    return _tr("to review: {}").format(", ".join(left))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
