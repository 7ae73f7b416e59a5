"""Label files of skelseg: framewise CSV and segment CSV.

Intervals are half-open: a segment is the frames ``start_frame .. stop_frame - 1``, and
``stop_s`` is the time at which the frame ``stop_frame`` is (or would be) shown. Files
are UTF-8 with LF and a header; pandas reads them without arguments. Unlabelled is an
empty ``label``, an empty ``class_id`` and an empty ``source``. ``reviewed`` is true
where a person vouches for the class of a segment and for both its ends. Where a
person vouches for the class alone, a model's label is written as a person's. A column
``video``, which skelseg does not write, says which video a row is of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import read_csv_rows, rows_of_video
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat
from skelseg_core.formats.read_labels import NamedSegment, ReadLabels
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.video.times import FrameTimes


class FramewiseCsv(LabelFormat):
    """CSV file of labels with one row per frame."""

    name = "framewise-csv"
    title = "framewise CSV"
    about = "One row per frame, from 0, with the index of its segment."
    cannot_hold = "which end of a segment a person vouches for, where not for both."
    suffixes = (".csv",)
    written_suffix = ".csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header."""
        return {"frame", "label"} <= set(file.header)

    def read(self, path: Path, video_names: Collection[str] = ()) -> ReadLabels:
        """Read a file that has the columns ``frame`` and ``label`` at least.

        Without ``segment``, segments are runs of equal labels; without ``source``,
        labels count as imported; without ``reviewed``, a person's labels count as
        reviewed and no others.
        """
        return _read_framewise(path, video_names)

    def write(
        self, segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
    ) -> str:
        """Format one row per frame."""
        return framewise_csv(segmentation, label_map, times)


class SegmentCsv(LabelFormat):
    """CSV file of labels with one row per segment."""

    name = "segment-csv"
    title = "segment CSV"
    about = (
        "One row per segment, the frames from start_frame up to, not with, stop_frame."
    )
    cannot_hold = FramewiseCsv.cannot_hold
    suffixes = (".csv",)
    written_suffix = ".segments.csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header."""
        return set(_NEEDED) <= set(file.header)

    def read(self, path: Path, video_names: Collection[str] = ()) -> ReadLabels:
        """Read rows in the order of time; frames that none covers are unlabelled."""
        return _read_segments(path, video_names)

    def write(
        self, segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
    ) -> str:
        """Format one row per segment."""
        return segment_csv(segmentation, label_map, times)


FRAMEWISE_HEADER = (
    "frame", "time_s", "class_id", "label", "segment", "source", "confidence",
    "reviewed",
)  # fmt: skip
SEGMENT_HEADER = (
    "segment", "start_frame", "stop_frame", "start_s", "stop_s", "class_id", "label",
    "source", "reviewed", "confidence",
)  # fmt: skip
_NEEDED = ("start_frame", "stop_frame", "label")


def framewise_csv(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> str:
    """Format a framewise CSV, one row per frame; see `LabelFormat.write`."""
    _check_frames(segmentation, times)
    starts_s = times.starts_s.tolist()
    rows: list[Sequence[str]] = []
    for n, segment in enumerate(map(_sayable, segmentation.segments)):
        class_id, label = _class_cells(segment, label_map)
        rest = (
            class_id,
            label,
            str(n),
            _said_by(segment),
            _number(segment.confidence),
            _truth(segment.reviewed),
        )
        rows += [
            (str(frame), f"{starts_s[frame]:.6f}", *rest)
            for frame in range(segment.start, segment.stop)
        ]
    return _table(FRAMEWISE_HEADER, rows)


def segment_csv(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> str:
    """Format a segment CSV, one row per segment; see `LabelFormat.write`.

    ``stop_frame`` is exclusive. The last segment stops when its last frame ends, as
    `FrameTimes` says.
    """
    _check_frames(segmentation, times)
    edges_s = times.edges_s(np.append(segmentation.starts, times.n_frames)).tolist()
    rows = [
        (
            str(n),
            str(s.start),
            str(s.stop),
            f"{edges_s[n]:.6f}",
            f"{edges_s[n + 1]:.6f}",
            *_class_cells(s, label_map),
            _said_by(s),
            _truth(s.reviewed),
            _number(s.confidence),
        )
        for n, s in enumerate(map(_sayable, segmentation.segments))
    ]
    return _table(SEGMENT_HEADER, rows)


def _read_framewise(path: Path, video_names: Collection[str]) -> ReadLabels:
    names = ",".join(FRAMEWISE_HEADER)
    said = f"no framewise CSV; the header must be {names}."
    rows = read_csv_rows(path, ("frame", "label"), said)
    begun: list[NamedSegment] = []
    n, says_who = 0, False
    for where, row in rows_of_video(rows, path, video_names):
        if row["frame"].strip() != str(n):
            raise FormatError(
                "{}: frame is '{}' where {} should stand; rows are missing, doubled "
                "or out of order.",
                where,
                row["frame"],
                n,
            )
        label, source = row["label"].strip(), _source(row, where)
        begins, confidence = _begins(row, label, begun, where), _confidence(row, where)
        if begins:
            seen = row.get("reviewed", _truth(source == "human")).strip().lower()
            reviewed = seen == "true" and bool(label)
            begun.append(NamedSegment(n, n + 1, label, source, reviewed, confidence))
        n, says_who = n + 1, "source" in row
    if not begun:
        raise FormatError("{} has a header but no frame; export it again.", path)
    stops = [*(s.start for s in begun[1:]), n]
    made = (replace(s, stop=stop) for s, stop in zip(begun, stops, strict=True))
    return ReadLabels(path, tuple(made), says_who=says_who)


def _begins(
    row: Mapping[str, str], label: str, begun: Sequence[NamedSegment], where: str
) -> bool:
    """Tell whether a row is the first one of a segment."""
    last = len(begun) - 1
    same = bool(begun) and begun[-1].name == label
    if "segment" not in row:
        return not same
    text = row["segment"].strip()
    if text == str(last + 1) or (same and text == str(last)):
        return text != str(last)
    if begun and text == str(last):
        raise FormatError(
            "{}: segment {} has two labels, '{}' and '{}'; give each label a segment "
            "of its own.",
            where,
            last,
            begun[-1].name,
            label,
        )
    raise FormatError(
        "{}: segment is '{}' where {} or {} should stand.",
        where,
        text,
        max(last, 0),
        last + 1,
    )


def _read_segments(path: Path, video_names: Collection[str]) -> ReadLabels:
    said = f"no segment CSV; the header must name {', '.join(_NEEDED)}."
    rows = read_csv_rows(path, _NEEDED, said)
    made: list[NamedSegment] = []
    at, says_who = 0, False
    for where, row in rows_of_video(rows, path, video_names):
        start, stop = (_frame(row, name, where) for name in _NEEDED[:2])
        if start >= stop:
            raise FormatError(
                "{}: the segment goes from frame {} to {}; stop must lie after start.",
                where,
                start,
                stop,
            )
        if start < at:
            raise FormatError(
                "{}: the segment starts at frame {}, and the one before stops at {}; "
                "segments must not overlap.",
                where,
                start,
                at,
            )
        if start > at:
            made.append(NamedSegment(at, start, ""))
        source, confidence = _source(row, where), _confidence(row, where)
        reviewed = row.get("reviewed", "").strip().lower() == "true"
        label = row["label"].strip()
        made.append(NamedSegment(start, stop, label, source, reviewed, confidence))
        at, says_who = stop, "source" in row
    if not made:
        raise FormatError("{} has a header but no segment; export it again.", path)
    return ReadLabels(path, tuple(made), open_ended=True, says_who=says_who)


def _frame(row: Mapping[str, str], name: str, where: str) -> int:
    text = row[name].strip()
    if not text.isdecimal() or not text.isascii() or len(text) > 12:
        raise FormatError(
            "{}: {} is '{}'; it must be a frame number.", where, name, text
        )
    return int(text)


def _check_frames(segmentation: Segmentation, times: FrameTimes) -> None:
    if times.n_frames != segmentation.n_frames:
        raise FormatError(
            "The labels cover {} frames and the video has {}; export with the video "
            "that was labelled.",
            segmentation.n_frames,
            times.n_frames,
        )


def _class_cells(segment: Segment, label_map: LabelMap) -> tuple[str, str]:
    if segment.class_id is None:
        return "", ""
    name = label_map.name_of(segment.class_id)
    if not name:
        raise FormatError(
            "Frame {} has the class id {}, which the project does not name; relabel "
            "the segment or add the class.",
            segment.start,
            segment.class_id,
        )
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


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _said_by(segment: Segment) -> str:
    """Write the source of a label; empty for unlabelled frames."""
    return segment.source or ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _source(row: Mapping[str, str], where: str) -> Source:
    text = row.get("source", "").strip() or "import"
    if text not in get_args(Source):
        raise FormatError(
            "{}: source is '{}'; it must be {}.",
            where,
            text,
            ", ".join(get_args(Source)),
        )
    return cast(Source, text)


def _confidence(row: Mapping[str, str], where: str) -> float | None:
    text = row.get("confidence", "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1.000001:
        raise FormatError(
            "{}: confidence is '{}'; it must lie between 0 and 1.", where, text
        )
    return value
