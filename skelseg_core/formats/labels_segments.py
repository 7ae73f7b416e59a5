"""Segment CSV files of labels, read back: one row per segment, stop exclusive.

``start_frame`` and ``stop_frame`` are half-open, as `labels_csv` writes them. The
columns ``start_frame``, ``stop_frame`` and ``label`` are needed; frames that no row
covers are unlabelled, and so are those of an empty ``label``. A column ``video`` says
which video a row is of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import read_csv_rows, rows_of_video

NEEDED = ("start_frame", "stop_frame", "label")


@dataclass(frozen=True)
class SegmentRow:
    """One row: frames ``[start, stop)``, the name of their class, who said so."""

    start: int
    stop: int
    label: str
    source: str
    reviewed: bool
    confidence: float | None


def load_segment_csv(path: Path, video: Collection[str] = ()) -> list[SegmentRow]:
    """Read a segment CSV; the rows in their order, which is that of time.

    Parameters
    ----------
    path : Path
    video : collection of str
        What the video is called in the column ``video``, where the file has one: its
        rows are read. Where empty, the file must be of one video.

    Raises
    ------
    FormatError
        Where the header or a row is not as it should be, rows overlap, or none is of
        the video; says which line.
    """
    rows: list[SegmentRow] = []
    for where, cells in rows_of_video(_rows(path), path, video):
        row = _row(cells, where)
        if rows and row.start < rows[-1].stop:
            raise FormatError(
                f"{where}: the segment starts at frame {row.start}, and the one before "
                f"stops at {rows[-1].stop}; segments must not overlap."
            )
        rows.append(row)
    if not rows:
        raise FormatError(f"{path} has a header but no segment; export it again.")
    return rows


def _row(cells: Mapping[str, str], where: str) -> SegmentRow:
    start, stop = (_frame(cells, name, where) for name in NEEDED[:2])
    if start >= stop:
        raise FormatError(
            f"{where}: the segment goes from frame {start} to {stop}; stop must lie "
            "after start."
        )
    source = cells.get("source", "").strip() or "import"
    if source not in ("human", "model", "import"):
        raise FormatError(
            f"{where}: source is '{source}'; it must be human, model or import."
        )
    text = cells.get("confidence", "").strip()
    try:
        confidence = float(text) if text else None
    except ValueError:
        confidence = -1.0
    if confidence is not None and not 0 <= confidence <= 1.000001:
        raise FormatError(
            f"{where}: confidence is '{text}'; it must lie between 0 and 1."
        )
    reviewed = cells.get("reviewed", "").strip().lower() == "true"
    return SegmentRow(start, stop, cells["label"].strip(), source, reviewed, confidence)


def _frame(cells: Mapping[str, str], name: str, where: str) -> int:
    text = cells[name].strip()
    if not text.isdecimal() or not text.isascii() or len(text) > 12:
        raise FormatError(f"{where}: {name} is '{text}'; it must be a frame number.")
    return int(text)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    said = f"no segment CSV; the header must name {', '.join(NEEDED)}."
    return read_csv_rows(path, NEEDED, said)
