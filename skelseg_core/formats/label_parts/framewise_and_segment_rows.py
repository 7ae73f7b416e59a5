"""Text of framewise CSV and segment CSV, of one video or of all in one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from skelseg_core.formats.label_file import LabelledVideo, check_frames, class_name
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment
from skelseg_core.video.times import FrameTimes

FRAMEWISE_HEADER = (
    "frame", "time_s", "class_id", "label", "segment", "source", "confidence",
    "reviewed",
)  # fmt: skip
SEGMENT_HEADER = (
    "segment", "start_frame", "stop_frame", "start_s", "stop_s", "class_id", "label",
    "source", "reviewed", "confidence",
)  # fmt: skip
TRACK_COLUMNS = ("tier", "person")
"""Columns before the others, where a project has several tiers or people."""
KIND = "kind"
"""Column behind those, where there are points or comments."""
SEGMENT, POINT, COMMENT = "segment", "point", "comment"
"""Values of that column."""
SINGLE = "labels"
"""Name, without suffix, of the file of all videos."""
UNDECIDED = "undecided"
"""Value of the column ``source`` where a person said that nobody can tell the label."""
ABSENT = "absent"
"""Value of the column ``source`` where a person said that the subject is not there."""
AGREED = "agreed"
"""Value of the column ``source`` where a person agreed with the class that a model said
and not with both ends of the segment."""


_Lines = list[Sequence[str]]
Pieces = Sequence[tuple[Segment, tuple[str, str]]]
"""Segments, points or comments, each with its id and name of a class, or its text."""
_Rows = Callable[[Pieces, FrameTimes], _Lines]


def frame_rows(pieces: Pieces, times: FrameTimes) -> _Lines:
    """Make the rows of a framewise CSV, below its header."""
    starts_s = times.starts_s.tolist()
    rows: _Lines = []
    for n, (segment, cells) in enumerate(pieces):
        for run in segment.runs:
            rest = (
                *cells,
                str(n),
                _said_by(run, segment.reviewed),
                _sure(run, segment.reviewed),
                truth(segment.reviewed),
            )
            rows += [
                (str(frame), f"{starts_s[frame]:.6f}", *rest)
                for frame in range(run.start, run.stop)
            ]
    return rows


def segment_rows(pieces: Pieces, times: FrameTimes) -> _Lines:
    """Make the rows of a segment CSV, below its header.

    ``stop_frame`` is exclusive. The last segment stops when its last frame ends, as
    `FrameTimes` says.
    """
    ends = np.array([(s.start, s.stop) for s, _ in pieces], int)
    edges_s = times.edges_s(ends.ravel()).reshape(-1, 2).tolist()
    return [
        (
            str(n),
            str(s.start),
            str(s.stop),
            f"{start_s:.6f}",
            f"{stop_s:.6f}",
            *cells,
            _said_by_runs(s),
            truth(s.reviewed),
            _sure(s, s.reviewed),
        )
        for n, ((s, cells), (start_s, stop_s)) in enumerate(
            zip(pieces, edges_s, strict=True)
        )
    ]


def table(
    header: Sequence[str],
    rows: _Rows,
    videos: Sequence[LabelledVideo],
    single: bool = False,
) -> str:
    """Format the rows of tracks, one after another's, with their points and comments.

    Parameters
    ----------
    header : sequence of str
        Columns of a table of one track of segments.
    rows : callable
        Makes the rows of such a table.
    videos : sequence of LabelledVideo
    single : bool
        Whether columns say the video, subject and annotator of each row.
    """
    several = any(v.tier for v in videos)
    more = any(v.marks or v.comments for v in videos)
    names = (
        *("video",) * single,
        *(TRACK_COLUMNS if several else ()),
        *("subject", "annotator") * single,
        *(KIND,) * more,
    )
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((*names, *header))
    for v in videos:
        check_frames(v.segmentation, v.times)
        for kind, on_video, pieces in _pieces(v):
            tier, person = ("", "") if on_video else (v.tier, v.person)
            said = {"video": v.video_id, "tier": tier, "person": person, KIND: kind}
            said |= {"subject": v.subject, "annotator": v.annotator}
            about = [said[name] for name in names]
            writer.writerows((*about, *row) for row in rows(pieces, v.times))
    return buffer.getvalue()


def _pieces(video: LabelledVideo) -> Iterator[tuple[str, bool, Pieces]]:
    """List what a track holds by kind, and whether that is on the whole video."""
    names, segments = video.label_map, video.segmentation.segments
    if not video.points:
        yield SEGMENT, False, [(s, _class_cells(s, names)) for s in segments]
    marks = [
        Segment(
            *(m.frame, m.frame + 1, m.class_id, m.source),
            class_reviewed=m.reviewed,
            start_reviewed=m.reviewed,
            stop_reviewed=m.reviewed,
            confidence=m.confidence,
        )
        for m in video.marks
    ]
    if marks:
        yield POINT, False, [(s, _class_cells(s, names)) for s in marks]
    for whole in (False, True):
        said = [c for c in video.comments if c.of_video == whole]
        if said:
            texts = [(Segment(c.start, c.stop), ("", c.text)) for c in said]
            yield COMMENT, whole, texts


def _class_cells(segment: Segment, label_map: LabelMap) -> tuple[str, str]:
    if segment.class_id is None:
        return "", ""
    name = class_name(label_map, segment.class_id, segment.start)
    return str(segment.class_id), name


def truth(value: bool) -> str:
    """Write a truth value as R and pandas read it."""
    return "true" if value else "false"


def _said_by(run: Segment, reviewed: bool) -> str:
    """Write the source of a label; empty for unlabelled frames."""
    if run.undecided:
        return ABSENT if run.absent else UNDECIDED
    if run.source == "model" and run.class_reviewed and not reviewed:
        return AGREED
    return run.source or ""


def _said_by_runs(segment: Segment) -> str:
    """Write the source of a segment, or of each of its runs with its frames."""
    told = [_said_by(run, segment.reviewed) for run in segment.runs]
    if len(told) == 1:
        return told[0]
    return ", ".join(
        f"{said} {len(run)}" for said, run in zip(told, segment.runs, strict=True)
    )


def _sure(run: Segment, reviewed: bool) -> str:
    """Write a confidence; beside a person's label it would say that nobody saw it."""
    if run.source == "human" and run.class_reviewed and not reviewed:
        return ""
    return "" if run.confidence is None else f"{run.confidence:.6g}"
