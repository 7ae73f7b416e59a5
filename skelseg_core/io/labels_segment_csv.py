"""Segment CSV, back: one row per segment, as `labels_csv.save_segment_csv` writes it.

Intervals are half-open: a segment is the frames ``start_frame .. stop_frame - 1``.
Frames that no row covers are unlabelled, and so is a row with an empty ``label``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import read_text
from skelseg_core.segmentation import LabelMap, Segment, Segmentation

_NEEDED = ("start_frame", "stop_frame", "label")


def load_segment_csv(path: Path, label_map: LabelMap, n_frames: int) -> Segmentation:
    """Read a segment CSV of a video of ``n_frames`` frames; classes go by name.

    Raises
    ------
    FormatError
        Where a column is missing, a row overlaps the one before or leaves the video,
        or a label is no class of ``label_map``; says which line.
    """
    parts: list[Segment] = []
    at = 0
    for where, row in _rows(path):
        start, stop = (_frame(row[name], where) for name in _NEEDED[:2])
        if not at <= start < stop <= n_frames:
            raise FormatError(
                f"{where}: the segment {start}..{stop} does not lie between frame {at} "
                f"and the end of the video at {n_frames}; order the rows by time and "
                "choose the labels of this video."
            )
        if start > at:
            parts.append(Segment(at, start))
        label = row["label"].strip()
        found = label_map.named(label)
        if label and found is None:
            raise FormatError(
                f"{where}: '{label}' is no class here; the classes are "
                f"{', '.join(label_map.names)}."
            )
        parts.append(_segment(start, stop, found.id if found else None, row))
        at = stop
    if at < n_frames:
        parts.append(Segment(at, n_frames))
    return Segmentation(tuple(parts))


def _segment(
    start: int, stop: int, class_id: int | None, row: dict[str, str]
) -> Segment:
    segment = Segment(start, stop, class_id, "import")
    source = row.get("source", "").strip()
    if class_id is None or source not in ("human", "model"):
        return segment
    reviewed = row.get("reviewed", "").strip().lower() == "true"
    return replace(
        segment, source="human" if source == "human" else "model", reviewed=reviewed
    )


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not set(_NEEDED) <= set(header):
            raise FormatError(
                f"{path}, line 1: no segment CSV; the header must name "
                f"{', '.join(_NEEDED)}."
            )
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            if cells and len(cells) != len(header):
                raise FormatError(
                    f"{where}: {len(cells)} values where the header names "
                    f"{len(header)}; the file is damaged, export it again."
                )
            if cells:
                yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise FormatError(
            f"{path}, line {reader.line_num}: {error}; the file is damaged, export it "
            "again."
        ) from error


def _frame(text: str, where: str) -> int:
    if not text.strip().isdecimal():
        raise FormatError(
            f"{where}: '{text}' is no frame; frames are whole numbers from 0."
        )
    return int(text)
