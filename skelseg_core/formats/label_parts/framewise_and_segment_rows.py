"""Text of framewise CSV and segment CSV, of one video or of all in one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

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
_Rows = Callable[[Segmentation, LabelMap, FrameTimes], _Lines]


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
    for n, segment in enumerate(segmentation.segments):
        class_id, label = _class_cells(segment, label_map)
        for run in segment.runs:
            rest = (
                class_id,
                label,
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
            _said_by_runs(s),
            truth(s.reviewed),
            _sure(s, s.reviewed),
        )
        for n, s in enumerate(segmentation.segments)
    ]


def is_plain(videos: Sequence[LabelledVideo]) -> bool:
    """Tell whether a table needs no columns but those of one track of segments."""
    return not any(v.tier or v.marks or v.comments for v in videos)


def full_table(
    header: Sequence[str],
    rows: _Rows,
    videos: Sequence[LabelledVideo],
    single: bool = False,
) -> str:
    """Format the rows of several tracks, one after another's, with points and comments.

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

    def about(v: LabelledVideo, kind: str, on_video: bool = False) -> list[str]:
        tier, person = ("", "") if on_video else (v.tier, v.person)
        said = (v.video_id, tier, person, v.subject, v.annotator, kind)
        columns = ("video", *TRACK_COLUMNS, "subject", "annotator", KIND)
        return [
            value for name, value in zip(columns, said, strict=True) if name in names
        ]

    def lines() -> Iterator[Sequence[str]]:
        for v in videos:
            check_frames(v.segmentation, v.times)
            for row in () if v.points else rows(v.segmentation, v.label_map, v.times):
                yield (*about(v, SEGMENT), *row)
            for kind, on_video, row in _beside(v, header):
                yield (*about(v, kind, on_video), *row)

    return _table((*names, *header), lines())


def _beside(
    video: LabelledVideo, header: Sequence[str]
) -> Iterator[tuple[str, bool, Sequence[str]]]:
    """Make the rows of points and comments, of one per frame where rows are of frames.

    Each comes with its kind, and whether it is on the whole video.
    """
    found: list[tuple[str, bool, int, int, dict[str, str]]] = []
    for m in video.marks:
        name = class_name(video.label_map, m.class_id, m.frame)
        said = {"class_id": str(m.class_id), "label": name, "source": m.source}
        sure = "" if m.confidence is None else f"{m.confidence:.6g}"
        said |= {"reviewed": truth(m.reviewed), "confidence": sure}
        found.append((POINT, False, m.frame, m.frame + 1, said))
    for c in video.comments:
        found.append((COMMENT, c.of_video, c.start, c.stop, {"label": c.text}))
    for n, (kind, on_video, start, stop, said) in enumerate(found):
        frames = range(start, stop) if "frame" in header else (start,)
        for at in frames:
            end = at + 1 if "frame" in header else stop
            first, last = video.times.edges_s(np.array([at, end])).tolist()
            cells = {
                **{"segment": str(n), "frame": str(at), "time_s": f"{first:.6f}"},
                **{"start_frame": str(at), "stop_frame": str(end)},
                **{"start_s": f"{first:.6f}", "stop_s": f"{last:.6f}"},
                **said,
            }
            yield kind, on_video, [cells.get(column, "") for column in header]


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


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
