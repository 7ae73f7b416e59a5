"""Labels as CSV files for others, and back.

Intervals are half-open: a segment is the frames ``start_frame .. stop_frame - 1``, and
``stop_s`` is the time at which the frame ``stop_frame`` is (or would be) shown. Files
are UTF-8 with LF and a header; pandas reads them without arguments. Unlabelled is an
empty ``label``, an empty ``class_id`` and an empty ``source``. ``reviewed`` is true
where a person vouches for the class of a segment and for both its ends. Where a
person vouches for the class alone, a model's label is written as a person's.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from skelseg_core import __version__
from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write, read_csv_rows, rows_of_video
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    Segment,
    Segmentation,
    Source,
)
from skelseg_core.video.times import FrameTimes

FRAMEWISE_HEADER = (
    "frame", "time_s", "class_id", "label", "segment", "source", "confidence",
    "reviewed",
)  # fmt: skip
SEGMENT_HEADER = (
    "segment", "start_frame", "stop_frame", "start_s", "stop_s", "class_id", "label",
    "source", "reviewed", "confidence",
)  # fmt: skip
MANIFEST_SCHEMA = 1


def framewise_csv(
    segmentation: Segmentation, label_map: LabelMap, times: FrameTimes
) -> str:
    """Text of a framewise CSV: one row per frame.

    Parameters
    ----------
    segmentation : Segmentation
        Of T frames.
    label_map : LabelMap
        Names of its classes.
    times : FrameTimes
        When each frame is shown.

    Raises
    ------
    FormatError
        Where times and labels do not cover the same frames, or a class has no name.
    """
    _check_frames(segmentation, times)
    starts_s = times.starts_s.tolist()
    rows: list[Sequence[str]] = []
    for n, segment in enumerate(map(_told, segmentation.segments)):
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
    """Text of a segment CSV: one row per segment, stop exclusive.

    The last segment stops when its last frame ends, as `FrameTimes` says.

    Parameters
    ----------
    segmentation, label_map, times
        As for `framewise_csv`.

    Raises
    ------
    FormatError
        As for `framewise_csv`.
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
        for n, s in enumerate(map(_told, segmentation.segments))
    ]
    return _table(SEGMENT_HEADER, rows)


def manifest(
    label_map: LabelMap, videos: Sequence[Mapping[str, object]]
) -> dict[str, Any]:
    """What stands beside exported labels, as plain values for JSON.

    Parameters
    ----------
    label_map : LabelMap
        The classes, in the order of the channels.
    videos : sequence of mapping
        Per video: id, file, fingerprint, n_frames, width, height, mean_rate, lane; of
        a prediction also model_key and trained_on (whether the model was).
    """
    return {
        "schema": MANIFEST_SCHEMA,
        "tool": "skelseg",
        "tool_version": __version__,
        "intervals": "half-open",
        "label_map": [
            {"id": c.id, "name": c.name, "key": c.key, "color": c.color}
            for c in label_map.classes
        ],
        "videos": [dict(video) for video in videos],
    }


def save_framewise_csv(
    path: Path,
    segmentation: Segmentation,
    label_map: LabelMap,
    times: FrameTimes,
) -> None:
    """Write a framewise CSV; see `framewise_csv`."""
    atomic_write(path, framewise_csv(segmentation, label_map, times))


def save_segment_csv(
    path: Path,
    segmentation: Segmentation,
    label_map: LabelMap,
    times: FrameTimes,
) -> None:
    """Write a segment CSV; see `segment_csv`."""
    atomic_write(path, segment_csv(segmentation, label_map, times))


def save_manifest(
    path: Path, label_map: LabelMap, videos: Sequence[Mapping[str, object]]
) -> None:
    """Write ``manifest.json``; see `manifest`."""
    value = manifest(label_map, videos)
    atomic_write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class FramewiseTable:
    """A framewise CSV as it stands; one entry per frame.

    Parameters
    ----------
    labels : tuple of str
        Class names; empty is unlabelled.
    segments : tuple of int
        Index of the segment.
    sources : tuple of str
        "human", "model" or "import".
    confidences : tuple of (float or None)
        Of the segment.
    reviewed : tuple of bool
        Whether a person vouches for the class and both ends of the segment.
    """

    labels: tuple[str, ...]
    segments: tuple[int, ...]
    sources: tuple[Source, ...]
    confidences: tuple[float | None, ...]
    reviewed: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.labels)


def load_framewise_csv(path: Path, video: Collection[str] = ()) -> FramewiseTable:
    """Read a framewise CSV.

    The columns ``frame`` and ``label`` are needed. Without ``segment``, segments are
    runs of equal labels; without ``source``, labels count as imported; without
    ``reviewed``, a person's labels count as reviewed and no others.

    Parameters
    ----------
    path : Path
    video : collection of str
        What the video is called in the column ``video``, where the file has one: its
        rows are read. Where empty, the file must be of one video.

    Raises
    ------
    FormatError
        Where the header or a line is not as it should be, or none is of the video;
        says which line.
    """
    labels: list[str] = []
    segments: list[int] = []
    sources: list[Source] = []
    confidences: list[float | None] = []
    reviewed: list[bool] = []
    for where, row in rows_of_video(_rows(path), path, video):
        if row["frame"].strip() != str(len(labels)):
            raise FormatError(
                f"{where}: frame is '{row['frame']}' where {len(labels)} should stand; "
                "rows are missing, doubled or out of order."
            )
        label = row["label"].strip()
        segments.append(_segment_index(row, label, labels, segments, where))
        sources.append(_source(row, where))
        confidences.append(_confidence(row, where))
        seen = row.get("reviewed", _truth(sources[-1] == "human")).strip().lower()
        reviewed.append(seen == "true" and bool(label))
        labels.append(label)
    if not labels:
        raise FormatError(f"{path} has a header but no frame; export it again.")
    return FramewiseTable(
        tuple(labels),
        tuple(segments),
        tuple(sources),
        tuple(confidences),
        tuple(reviewed),
    )


def load_segmentation_csv(path: Path, label_map: LabelMap) -> Segmentation:
    """Read a framewise CSV as a segmentation; touching repeats survive.

    Classes are found by name.

    Raises
    ------
    FormatError
        As for `load_framewise_csv`, and where a label is no class of ``label_map``.
    """
    table = load_framewise_csv(path)
    changes = np.flatnonzero(np.diff(table.segments)) + 1
    starts = [0, *changes.tolist()]
    stops = [*changes.tolist(), len(table)]
    parts = []
    for start, stop in zip(starts, stops, strict=True):
        label = table.labels[start]
        found = label_map.named(label)
        if label and found is None:
            raise FormatError(
                f"{path}, line {start + 2}: '{label}' is no class here; the classes "
                f"are {', '.join(label_map.names)}."
            )
        confidence = table.confidences[start]
        if found is None:
            parts.append(Segment(start, stop, confidence=confidence))
            continue
        made = Segment(
            start, stop, found.id, table.sources[start], confidence=confidence
        )
        parts.append(made.as_reviewed() if table.reviewed[start] else made)
    return Segmentation(tuple(parts))


def is_segment_csv(path: Path) -> bool:
    """Whether the file begins as a segment CSV (which holds no framewise labels)."""
    begin = ",".join(SEGMENT_HEADER[:3]).encode()
    try:
        with path.open("rb") as stream:
            head = stream.read(len(begin) + 3)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}.") from error
    return head.removeprefix(b"\xef\xbb\xbf").startswith(begin)


def _check_frames(segmentation: Segmentation, times: FrameTimes) -> None:
    if times.n_frames != segmentation.n_frames:
        raise FormatError(
            f"The labels cover {segmentation.n_frames} frames and the video has "
            f"{times.n_frames}; export with the video that was labelled."
        )


def _class_cells(segment: Segment, label_map: LabelMap) -> tuple[str, str]:
    if segment.class_id is None:
        return "", ""
    name = label_map.name_of(segment.class_id)
    if not name:
        raise FormatError(
            f"Frame {segment.start} has the class id {segment.class_id}, which the "
            "project does not name; relabel the segment or add the class."
        )
    return str(segment.class_id), name


def _told(segment: Segment) -> Segment:
    """A segment as the columns can say it without losing a person's word.

    They have none for a class that a person vouches for while an end is still open:
    "model" and "false" would be read back as what a model may overwrite, and a
    confidence as what nobody reviewed. As a person's it stays protected and true.
    """
    if segment.class_vouched and not segment.reviewed and segment.source != "import":
        return segment.as_persons()
    return segment


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _said_by(segment: Segment) -> str:
    """Who gave a label; of unlabelled frames nobody said anything."""
    return segment.source or ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    names = ",".join(FRAMEWISE_HEADER)
    said = f"no framewise CSV; the header must be {names}."
    return read_csv_rows(path, ("frame", "label"), said)


def _segment_index(
    row: Mapping[str, str],
    label: str,
    labels: Sequence[str],
    segments: Sequence[int],
    where: str,
) -> int:
    last = segments[-1] if segments else -1
    same = bool(labels) and labels[-1] == label
    if "segment" not in row:
        return last if same else last + 1
    text = row["segment"].strip()
    if text == str(last + 1) or (same and text == str(last)):
        return int(text)
    if text == str(last):
        raise FormatError(
            f"{where}: segment {last} has two labels, '{labels[-1]}' and '{label}'; "
            "give each label a segment of its own."
        )
    raise FormatError(
        f"{where}: segment is '{text}' where {max(last, 0)} or {last + 1} should stand."
    )


def _source(row: Mapping[str, str], where: str) -> Source:
    text = row.get("source", "").strip() or "import"
    if text not in get_args(Source):
        raise FormatError(
            f"{where}: source is '{text}'; it must be {', '.join(get_args(Source))}."
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
            f"{where}: confidence is '{text}'; it must lie between 0 and 1."
        )
    return value
