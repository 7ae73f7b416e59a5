"""CSV files of VIA 3 (VGG Image Annotator): temporal segments in seconds.

A row is a segment ``[start, stop]``, a moment, or a region of one frame, with values of
attributes by their ids. Comments above the rows declare the attributes; where one is a
choice, the row holds the id of an option. VIA writes such files and reads none.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.json_values import (
    a_list,
    a_text,
    an_object,
    may_be_labels,
    seconds,
)
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    one_line,
    said_of,
    signature,
)
from skelseg_core.formats.label_parts.milliseconds import in_milliseconds
from skelseg_core.text_files import check_width, read_text

_HEADER = (
    "metadata_id", "file_list", "flags", "temporal_coordinates",
    "spatial_coordinates", "metadata",
)  # fmt: skip
_NAMES = "# CSV_HEADER = "
_ATTRIBUTES = "# ATTRIBUTE = "
_TEXT, _SELECT = 1, 4
"""Types of attributes: free text, and one of several options."""
_MAX_BYTES = 16 << 20
"""Largest file that is read; it holds some 200,000 segments."""
_PROJECT = (
    "is a project of VIA 3, but skelseg reads its labels only as CSV; open it in "
    "VIA, export the annotations as 'VIA3 (CSV)', and import that file."
)
_TEMPORAL = "FILE1_Z2_XY0"
"""Anchor of attributes of a time span of a file."""


class Via(LabelFormat):
    """CSV file of VIA 3."""

    name = "via"
    title = "VIA 3 CSV"
    about = "One row per segment, in seconds, end exclusive."
    cannot_hold = (
        "other tiers, points and comments, which labels are a model's, whether they "
        "were reviewed, their confidence, and what a person left undecided."
    )
    suffixes = (".csv",)
    written_suffix = ".via.csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the comment that names the columns."""
        return any(
            line.lstrip('"').startswith(_NAMES) and "temporal_coordinates" in line
            for line in file.lines
        )

    def why_not(self, file: CandidateFile) -> str:
        """Say what to do with a project of VIA 3, which is JSON."""
        is_project = (
            file.suffix == ".json"
            and may_be_labels(file)
            and isinstance(file.json, dict)
            and {"metadata", "attribute"} <= set(file.json)
        )
        return _PROJECT if is_project else ""

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read a track for each file and each attribute of its segments."""
        rows = _Rows(path)
        made: dict[tuple[str, str], list[Interval]] = defaultdict(list)
        for row in rows:
            names = list(row.names(rows.attributes))
            if not names:
                rows.left_out["without a declared value"] += 1
            for key, name in names:
                interval = Interval(
                    row.start_s, row.stop_s, name, row.place, beside=row.beside(names)
                )
                made[row.media, key].append(interval)
        if rows.attributes and not rows.left_out and not made:
            return LabelFile(path, (LabelTrack(()),))  # of a video without a label
        if not made:
            raise FormatError(
                "{} has no segments of time with a value; label some in VIA.", path
            )
        picks = {key: rows.attributes[key].name for _, key in made}
        return LabelFile(
            path,
            tuple(
                LabelTrack(
                    tuple(sorted(intervals, key=lambda i: i.start)),
                    media=media,
                    picks=(picks[key],) if len(picks) > 1 else (),
                )
                for (media, key), intervals in made.items()
            ),
            notes=tuple(rows.notes()),
            classes=tuple(
                dict.fromkeys(n for key in picks for n in rows.attributes[key].options)
            ),
        )

    def write_video(self, video: LabelledVideo) -> str:
        """Format the segments of a video, with the classes as options."""
        attribute = {
            "aname": "action",
            "anchor_id": _TEMPORAL,
            "type": _SELECT,
            "desc": video.lane,
            "options": {str(c.id): c.name for c in video.label_map.classes},
            "default_option_id": "",
        }
        who = signature(video)
        head = [
            "# Written by skelseg as VIA 3 exports",
            *([f"# {who}"] if who else []),
            f"{_ATTRIBUTES}{_json({'1': attribute})}",
            f"{_NAMES}{','.join(_HEADER)}",
        ]
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        media = _json([video.media.name if video.media else video.id])
        ids = {c.name: c.id for c in video.label_map.classes}
        for n, (start_ms, stop_ms, name) in enumerate(in_milliseconds(video)):
            span = _json([start_ms / 1000, stop_ms / 1000])
            values = _json({"1": str(ids[name])})
            writer.writerow([f"1_{n}", media, 0, span, "[]", values])
        return "\n".join([*head, stream.getvalue()])


class _Attribute:
    """An attribute that the file declares."""

    def __init__(self, key: str, value: Any, where: str) -> None:
        said = an_object(value, f"{where}, attribute {key}")
        self.name = one_line(a_text(said.get("aname", key), f"{where}, aname"))
        options = said.get("options")
        self.choices: Mapping[str, str] = {}
        if said.get("type") != _TEXT and isinstance(options, dict):
            self.choices = {k: one_line(str(v)) for k, v in options.items()}

    @property
    def options(self) -> list[str]:
        """Names of its options."""
        return [name for name in self.choices.values() if name]

    def name_of(self, value: str) -> str:
        """Return what a value of a row means; of several, their names in one."""
        if value in self.choices or not self.choices:
            return one_line(self.choices.get(value, value))
        return ", ".join(
            one_line(self.choices.get(part, part)) for part in value.split(",")
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """A segment of time in the file, with values of attributes by their ids."""

    media: str
    start_s: float
    stop_s: float
    said: Mapping[str, Any]
    place: str

    def beside(self, named: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Name the values of attributes that the file does not declare."""
        if len(named) == len(self.said):
            return ()
        keys = {key for key, _ in named}
        return tuple(said_of("attribute", key) for key in self.said if key not in keys)

    def names(self, attributes: Mapping[str, _Attribute]) -> Iterator[tuple[str, str]]:
        """Yield the attributes that have a value, and what it means."""
        for key, value in self.said.items():
            if key in attributes and isinstance(value, str):
                yield key, attributes[key].name_of(value)


class _Rows:
    """The rows of a file that are segments of time, and what its comments declare."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.left_out: Counter[str] = Counter()
        self.attributes: dict[str, _Attribute] = {}

    def __iter__(self) -> Iterator[_Row]:
        names: Sequence[str] = _HEADER
        # A row is one line: VIA writes a line break in a text as backslash and n.
        for number, line in enumerate(read_text(self._path, _MAX_BYTES).split("\n"), 1):
            where = f"{self._path}, line {number}"
            line = line.rstrip("\r")
            comment = line.lstrip('"')
            if comment.startswith(_ATTRIBUTES):
                self._declare(comment.removeprefix(_ATTRIBUTES), where)
            elif comment.startswith(_NAMES):
                names = comment.removeprefix(_NAMES).strip('", ').split(",")
            elif line and not comment.startswith("#"):
                row = self._row(_cells(line, names, where), where, number)
                if row:
                    yield row

    def notes(self) -> list[str]:
        """Say how many rows are no segments of time."""
        return [f"Rows left out, {what}: {n:,}." for what, n in self.left_out.items()]

    def _declare(self, text: str, where: str) -> None:
        declared = an_object(_value(text, where), where)
        # Rows above may have attributes that a second comment leaves out.
        self.attributes |= {k: _Attribute(k, v, where) for k, v in declared.items()}

    def _row(self, row: Mapping[str, str], where: str, number: int) -> _Row | None:
        times = a_list(_value(row["temporal_coordinates"], where), where)
        if len(times) != 2 or row.get("spatial_coordinates", "[]") != "[]":
            what = "regions or moments" if times else "on the whole video"
            self.left_out[what] += 1
            return None
        start_s, stop_s = (seconds(t, where) for t in times)
        if not 0 <= start_s <= stop_s:
            raise FormatError(
                "{}: a segment from {} s to {} s is not possible; correct it in VIA.",
                where,
                start_s,
                stop_s,
            )
        files = a_list(_value(row["file_list"], where), where)
        media = a_text(files[0], where) if files else ""
        said = an_object(_value(row["metadata"], where), where)
        return _Row(media, start_s, stop_s, said, f"line {number}")


def _cells(line: str, names: Sequence[str], where: str) -> dict[str, str]:
    """Split a row into cells by name; a spreadsheet may have added empty ones."""
    try:
        cells = next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise FormatError(
            "{}: {}; the file is damaged, export it again.", where, error
        ) from error
    while len(cells) > len(names) and not cells[-1]:
        cells.pop()
    check_width(cells, len(names), where)
    row = dict(zip((name.strip() for name in names), cells, strict=True))
    lacking = {"temporal_coordinates", "file_list", "metadata"} - set(row)
    if lacking:
        raise FormatError(
            "{}: the column {} is missing; export from VIA as 'VIA3 (CSV)'.",
            where,
            min(lacking),
        )
    return row


def _value(text: str, where: str) -> Any:
    """Read the JSON value in a cell or comment."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            "{}: '{:.40}' is not JSON; the file is damaged, export it again.",
            where,
            text,
        ) from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
