"""One-hot tables: one row per frame or moment, one column of 0 and 1 per class.

- DeepEthogram, ``<video>_labels.csv``: the number of the frame from 0 in a column
  without a name, then every class, ``background`` among them; -1 everywhere is an
  unlabelled frame. This is what skelseg writes.
- SimBA, ``targets_inserted``: the same column of frames, then coordinates and features,
  and the classes last; what is not in a class is not labelled.
- Tables of others: a column ``frame``, from 0 or 1, then every class.
- BORIS's binary table: a column ``time`` in s, then every behaviour. A row holds from
  its time to that of the next.

Where several columns are 1, intervals overlap. The tiers of a person are written side
by side: of a tier in which a frame has no label, the columns are -1.

Sources: deepethogram ``file_io.py``, SimBA ``labelling_interface.py``, BORIS 8.27.4
``behavior_binary_table.py``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.json_values import MOST_SECONDS
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    check_frames,
    check_number,
    name_in_tier,
    one_line,
    shared_names,
)
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.text_files import check_width, csv_lines

BACKGROUND = "background"
"""Class of DeepEthogram for frames that are in no other."""
SUFFIX = "_labels"
"""Ending that DeepEthogram adds to the name of a video in the names of label files."""
_NUMBERS = {"0": 0, "1": 1, "-1": -1, "0.0": 0, "1.0": 1, "-1.0": -1}
_NAMELESS = ("", "unnamed: 0")
_FRAME = (
    *("frame", "frames", "frame number", "frame index", "frame id"),
    *("frame nr", "frame no", "framenumber", "frame idx", "bild"),
)
"""Names of the column of frames in other tables, which may count from 1."""
_TIME = "time"
_LABEL_NAMES = ("label", "labels", "class", "behavior", "behaviour", "action")
_SNIFFED = 50
"""Lines whose cells are looked at to find the format."""


class OneHotCsv(LabelFormat):
    """One-hot table of DeepEthogram, SimBA or BORIS."""

    name = "one-hot-csv"
    title = "one-hot CSV (DeepEthogram, SimBA, BORIS binary)"
    about = (
        "One row per frame, from 0, and one column per class: 1 for the frame's class, "
        "else 0; -1 in all where it is unlabelled."
    )
    cannot_hold = (
        "comments, repetitions of a class, who gave a label, confidence, review, and "
        "what a person left undecided."
    )
    holds = ("gaps", "points")
    suffixes = (".csv", ".tsv")
    written_suffix = f"{SUFFIX}.csv"
    holds_tracks = True

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its first column, and 0 and 1 in the last."""
        lines = file.lines[: _SNIFFED + 1]
        rows = list(csv.reader(lines, delimiter=_delimiter(file.path)))
        if len(rows) < 2 or len(rows[0]) < 2:
            return False
        width = len(rows[0])
        whole = [row for row in rows[1:] if len(row) == width]
        # The last line may be cut in two.
        if len(whole) < max(1, len(rows) - 2):
            return False
        first = _first_class(rows[0], whole)
        return first < width and _is_plain(rows[0], first)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read runs of 1 in each column."""
        return _read(path)

    def by_file(
        self, videos: Sequence[LabelledVideo]
    ) -> Mapping[str, Sequence[LabelledVideo]]:
        """List the tiers of each person of a video."""
        people: dict[tuple[str, str], list[LabelledVideo]] = {}
        for track in videos:
            people.setdefault((track.video_id, track.person), []).append(track)
        return {tracks[0].id: tracks for tracks in people.values()}

    def write_tracks(self, tracks: Sequence[LabelledVideo]) -> str:
        """Format one row per frame."""
        return _written(tracks)


def _delimiter(path: Path) -> str:
    return "\t" if "\t" in "".join(CandidateFile(path).lines[:1]) else ","


def _first_class(header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Find the first of the last columns that hold classes; their number if none."""
    width = len(header)
    name = header[0].strip().casefold() if header else ""
    if name != _TIME and name not in _NAMELESS and not _is_frame(name):
        return width
    blank = (n for n in range(width - 1, 0, -1) if not header[n].strip())
    first = next(blank, 0) + 1
    before: Sequence[str] = ()
    for row in rows:
        if row[first:] == before:
            continue  # as most frames are
        other = (n for n in range(width - 1, first - 1, -1) if not _is_bit(row[n]))
        first = max(first, next(other, 0) + 1)
        before = row[first:]
    # Such a table has nothing but behaviours.
    return width if name not in _NAMELESS and first > 1 else first


def _is_frame(name: str) -> bool:
    return name.strip().casefold().replace("_", " ") in _FRAME


def _is_plain(header: Sequence[str], first: int) -> bool:
    """Tell whether no other table is meant, of intervals with a last column of 0 and 1.

    SimBA has coordinates before the classes; a column ``label`` holds numbers of
    classes.
    """
    before = [name.strip().casefold() for name in header[1:first]]
    classes = [name.strip().casefold() for name in header[first:]]
    if _is_frame(header[0]):
        return not any(name in _LABEL_NAMES for name in classes)
    if before:
        return any(name.endswith(("_x", "_y", "_p")) for name in before)
    return len(classes) > 1 or classes[0] not in _LABEL_NAMES


def _is_bit(cell: str) -> bool:
    return cell.strip() in _NUMBERS


@dataclass
class _Column:
    """A class, and where the run of 1 began that is read."""

    name: str
    begun: float | None = None
    place: str = ""


def _read(path: Path) -> LabelFile:
    with_times, header, first = _begin(path)
    columns = [_Column(one_line(name)) for name in header[first:]]
    made: list[Interval] = []
    at = step = 0.0
    n_rows = origin = 0
    before: Sequence[str] = ()
    for number, row in _rows(path, len(header)):
        where = f"{path}, line {number}"
        now = _moment(row[0], where) if with_times else float(n_rows)
        if not n_rows and _is_frame(header[0]):
            origin = int(row[0].strip() in ("1", "1.0"))
        _check_order(row[0], n_rows, origin, at, now, with_times, where)
        step = now - at if n_rows else step
        if row[first:] != before:
            before = row[first:]
            values = [_value(cell, where) for cell in before]
            for column, value in zip(columns, values, strict=True):
                _follow(column, value == 1, now, f"line {number}", made)
        check_number(len(made), path)
        at, n_rows = now, n_rows + 1
    stop = at + (step if with_times else 1)
    for column in columns:
        _follow(column, False, stop, "", made)
    if not n_rows:
        raise FormatError("{} has a header but no frame; export it again.", path)
    made.sort(key=lambda i: i.start)
    track = LabelTrack(
        tuple(made),
        "s" if with_times else "frame",
        path.stem.removesuffix(SUFFIX) if path.stem.endswith(SUFFIX) else "",
        n_frames=None if with_times else n_rows,
    )
    classes = tuple(c.name for c in columns if c.name != BACKGROUND)
    notes = (f"Columns before the classes, left out: {first - 1:,}.",)
    return LabelFile(path, (track,), notes if first > 1 else (), classes)


def _begin(path: Path) -> tuple[bool, list[str], int]:
    """Read whether rows have times, the header, and the first column of a class."""
    header = next(csv_lines(path, delimiter=_delimiter(path)), (0, []))[1]
    first = _first_class(header, (row for _, row in _rows(path, len(header))))
    if first >= len(header):
        raise FormatError(
            "{} is not a one-hot table: it must start with a column of frames (named "
            "frame, or without a name) or of time, and end with columns of 0 and 1.",
            path,
        )
    return header[0].strip().casefold() == _TIME, header, first


def _rows(path: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    lines = csv_lines(path, delimiter=_delimiter(path))
    next(lines, None)
    for number, cells in lines:
        if cells:
            check_width(cells, width, f"{path}, line {number}")
            yield number, cells


def _follow(
    column: _Column, inside: bool, now: float, place: str, made: list[Interval]
) -> None:
    """Begin or end a run of a class."""
    if inside and column.begun is None:
        column.begun, column.place = now, place
    elif not inside and column.begun is not None:
        made.append(Interval(column.begun, now, column.name, column.place))
        column.begun = None


def _check_order(
    cell: str,
    n_rows: int,
    origin: int,
    last: float,
    now: float,
    with_times: bool,
    where: str,
) -> None:
    if with_times:
        if n_rows and now <= last:
            raise FormatError(
                "{}: the time {} is not after the one before; sort the rows.",
                where,
                cell,
            )
    elif cell.strip() not in (str(n_rows + origin), f"{n_rows + origin}.0"):
        raise FormatError(
            "{}: the frame is '{}' instead of {}; rows are missing, doubled or not "
            "in order.",
            where,
            cell,
            n_rows + origin,
        )


def _moment(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = MOST_SECONDS
    if not abs(value) < MOST_SECONDS:
        raise FormatError("{}: time is '{}'; it must be in seconds.", where, cell)
    return value


def _value(cell: str, where: str) -> int:
    value = _NUMBERS.get(cell.strip())
    if value is None:
        raise FormatError("{}: '{}' must be 0, 1 or -1.", where, cell)
    return value


def _written(tracks: Sequence[LabelledVideo]) -> str:
    """Format the tiers of a person side by side: a frame is in a class of each."""
    for track in tracks:
        check_frames(track.segmentation, track.times)
        track.named()  # refuses classes without a name
    shared = shared_names(tracks)
    names = [
        name_in_tier(name, t.tier, shared) for t in tracks for name in t.label_map.names
    ]
    implied = BACKGROUND not in names
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["", *([BACKGROUND] if implied else []), *names])
    bits = [_bits(track) for track in tracks]
    by_frame = zip(*(t.segmentation.to_frames().tolist() for t in tracks), strict=True)
    for n, labels in enumerate(by_frame):
        # Points do not say that a frame is labelled.
        no = "0" if any(label != UNLABELLED for label in labels) else "-1"
        cells = [no] * implied
        for track, of, label in zip(tracks, bits, labels, strict=True):
            if track.points:
                cells += ["1" if n in frames else no for frames in _marked(track)]
            else:
                cells += of[label]
        writer.writerow([str(n), *cells])
    return buffer.getvalue()


def _marked(track: LabelledVideo) -> list[set[int]]:
    """List the frames of the points of each class of a tier."""
    ids = track.label_map.ids
    return [{m.frame for m in track.marks if m.class_id == one} for one in ids]


def _bits(track: LabelledVideo) -> dict[int, list[str]]:
    """Make the cells of a tier by class: 1 for itself; -1 where nobody said which."""
    ids = track.label_map.ids
    known = {one: ["1" if other == one else "0" for other in ids] for one in ids}
    return {UNLABELLED: ["-1"] * len(ids), **known}
