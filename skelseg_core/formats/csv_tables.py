"""Text of framewise CSV and segment CSV, of one video or of all in one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from skelseg_core.formats.label_file import LabelledVideo, check_frames, class_name
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.video.times import FrameTimes

FRAMEWISE_HEADER = (
    "frame", "time_s", "class_id", "label", "segment", "source", "confidence",
    "reviewed",
)  # fmt: skip
SEGMENT_HEADER = (
    "segment", "start_frame", "stop_frame", "start_s", "stop_s", "class_id", "label",
    "source", "reviewed", "confidence",
)  # fmt: skip
SINGLE = "labels"
"""Name, without suffix, of the file of all videos."""
UNDECIDED = "undecided"
"""Value of the column ``source`` where a person said that nobody can tell the label."""


_Lines = list[Sequence[str]]


def framewise_csv(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> str:
    """Format a framewise CSV, one row per frame; see `LabelFormat.write_files`."""
    return _table(FRAMEWISE_HEADER, frame_rows(segmentation, label_map, times))


def frame_rows(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> _Lines:
    """Make the rows of a framewise CSV, below its header."""
    check_frames(segmentation, times)
    starts_s = times.starts_s.tolist()
    rows: _Lines = []
    for n, segment in enumerate(map(_sayable, segmentation.segments)):
        class_id, label = _class_cells(segment, label_map)
        rest = (
            class_id,
            label,
            str(n),
            _said_by(segment),
            _number(segment.confidence),
            truth(segment.reviewed),
        )
        rows += [
            (str(frame), f"{starts_s[frame]:.6f}", *rest)
            for frame in range(segment.start, segment.stop)
        ]
    return rows


def segment_csv(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> str:
    """Format a segment CSV, one row per segment; see `LabelFormat.write_files`.

    ``stop_frame`` is exclusive. The last segment stops when its last frame ends, as
    `FrameTimes` says.
    """
    return _table(SEGMENT_HEADER, segment_rows(segmentation, label_map, times))


def segment_rows(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> _Lines:
    """Make the rows of a segment CSV, below its header."""
    check_frames(segmentation, times)
    edges_s = times.edges_s(np.append(segmentation.starts, times.n_frames)).tolist()
    return [
        (
            str(n),
            str(s.start),
            str(s.stop),
            f"{edges_s[n]:.6f}",
            f"{edges_s[n + 1]:.6f}",
            *_class_cells(s, label_map),
            _said_by(s),
            truth(s.reviewed),
            _number(s.confidence),
        )
        for n, s in enumerate(map(_sayable, segmentation.segments))
    ]


def single_table(
    header: Sequence[str],
    rows: Callable[[Segmentation, LabelMap, FrameTimes], _Lines],
    videos: Sequence[LabelledVideo],
) -> str:
    """Format the rows of all videos: before each its video, subject and annotator."""
    lines = (
        (v.id, v.subject, v.annotator, *row)
        for v in videos
        for row in rows(v.segmentation, v.label_map, v.times)
    )
    return _table(("video", "subject", "annotator", *header), lines)


def _class_cells(segment: Segment, label_map: LabelMap) -> tuple[str, str]:
    if segment.class_id is None:
        return "", ""
    name = class_name(label_map, segment.class_id, segment.start)
    return str(segment.class_id), name


def _sayable(segment: Segment) -> Segment:
    """Change a segment so that the columns can say it and a person's word is kept.

    The columns have no words for a class that a person vouches for while an end is not:
    "model" and "false" would be read back as a label that a model may overwrite, and a
    confidence as a pre-label that nobody reviewed. Written as a person's label, the
    segment stays protected.
    """
    if segment.class_vouched and not segment.reviewed and segment.source != "import":
        return segment.as_persons()
    return segment


def truth(value: bool) -> str:
    """Write a truth value as R and pandas read it."""
    return "true" if value else "false"


def _said_by(segment: Segment) -> str:
    """Write the source of a label; empty for unlabelled frames."""
    return UNDECIDED if segment.undecided else segment.source or ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
