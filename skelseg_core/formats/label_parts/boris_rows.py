"""Tables that BORIS exports: their rows, and the observations that these are of.

Columns are found by their names, which changed from version to version; tables of
version 7 and older begin with lines about the observation. Videos that play one after
the other are those of the first player: a table does not say how much later another
player begins, and events are noted by the first.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.formats.json_values import MOST_SECONDS
from skelseg_core.formats.label_file import (
    LabelFile,
    LabelTrack,
    LeftOut,
    Unit,
    VideoRow,
    one_line,
)
from skelseg_core.formats.label_parts.boris_events import (
    MOST_MEDIA,
    NO_FOCAL,
    POINTS,
    EventTracks,
    Medium,
    State,
    extra_of,
    in_a_row,
    with_categories,
)
from skelseg_core.text_files import csv_lines

MOST_LINES_BEFORE = 100
"""Lines that may stand before the header."""
MOST_COLUMNS = 1000
"""Columns of a table that is read."""
MOST_OBSERVATIONS = 10_000
"""Observations of a table that is read."""
DELIMITERS = (",", "\t", ";")
NOT_SAID = ("", "NA", "nan", "None")
NO_CATEGORY = "Not defined"

OBSERVATION = ("observation id",)
SUBJECT = ("subject",)
BEHAVIOR = ("behavior",)
CATEGORY = ("behavioral category", "behavior category")
KIND = ("behavior type", "behavioral type", "status")
TIME = ("time",)
START_S = ("start (s)", "start")
STOP_S = ("stop (s)", "stop")
SOURCE = ("source", "media file(s)")
MEDIUM = ("media file name", "media file path", "media file")
TOTAL = ("total length",)
LENGTH = ("media duration (s)",)
RATE = ("fps", "fps (frame/s)")
OFFSET = ("time offset (s)",)
COMMENT = ("comment",)
COMMENT_START = ("comment start",)
COMMENT_STOP = ("comment stop",)
IMAGE = ("image index",)
IMAGE_START = ("image index start",)
IMAGE_STOP = ("image index stop",)
OBSERVED = ("observation type",)
_PLAYER = re.compile(r"\|?player #(\d+):\s*", re.IGNORECASE)


class Row:
    """A row of a table: its cells, and where the header names which."""

    __slots__ = ("_cells", "_number", "_path", "_places")

    def __init__(
        self, places: Mapping[str, int], cells: Sequence[str], path: Path, number: int
    ) -> None:
        self._places, self._cells = places, cells
        self._path, self._number = path, number

    @property
    def place(self) -> str:
        """Line of the row in the file."""
        return f"line {self._number}"

    @property
    def where(self) -> str:
        """File and line, for errors."""
        return f"{self._path}, {self.place}"

    def name(self, names: tuple[str, ...]) -> str:
        """Read the first column that is there, which may be named like nothing."""
        n = next((self._places[n] for n in names if n in self._places), None)
        return "" if n is None or n >= len(self._cells) else self._cells[n].strip()

    def text(self, names: tuple[str, ...]) -> str:
        """Read the first column that is there; empty where it says nothing."""
        value = self.name(names)
        return "" if value in NOT_SAID else value

    def seconds(self, names: tuple[str, ...]) -> float:
        """Read a time in seconds.

        Raises
        ------
        FormatError
            Where there is none.
        """
        text = self.text(names)
        value = _number_in(text)
        if value is None:
            raise FormatError(
                "{}: {} is '{}'; it must be a number of seconds.",
                self.where,
                names[0],
                text,
            )
        return value

    def time(self, in_seconds: tuple[str, ...], image: tuple[str, ...]) -> float:
        """Read when something is: in s of the observation, or as number of an image."""
        if self.of_images:
            return self.seconds(image)
        # BORIS added it to the time in the video when the event was noted.
        return self.seconds(in_seconds) - (_number_in(self.text(OFFSET)) or 0.0)

    @property
    def modifiers(self) -> str:
        """Modifiers in one, parted by ``|``."""
        there = (
            n
            for name, n in self._places.items()
            if name == "modifiers" or name.startswith("modifier #")
        )
        cells = (self._cells[n].strip() for n in there if n < len(self._cells))
        return "|".join(cells).strip("|")

    @property
    def of_images(self) -> bool:
        """True where what was observed is a folder of images."""
        kind = self.text(OBSERVED).casefold()
        return "images" in kind or "pictures" in kind


def has_header(file: CandidateFile, needed: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of the first lines of a text is the header of a table.

    Parameters
    ----------
    file : CandidateFile
    needed : sequence of names
        Columns that the header has to name, each by one of its names.
    """
    return _delimiter(file, needed) is not None


def _delimiter(file: CandidateFile, needed: Sequence[Sequence[str]]) -> str | None:
    """Find the sign by which one of the first lines is a header."""
    lines = file.lines[:MOST_LINES_BEFORE]
    for delimiter in DELIMITERS:
        for line in lines:
            cells = next(csv.reader([line], delimiter=delimiter), [])
            if _is_header(_in_lower_case(cells), needed):
                return delimiter
    return None


def _in_lower_case(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _is_header(names: Sequence[str], needed: Sequence[Sequence[str]]) -> bool:
    """Tell whether a line names every column that is needed."""
    some = any(n in names for n in needed[0]) and len(names) <= MOST_COLUMNS
    return some and all(any(n in names for n in column) for column in needed)


def _rows_of(path: Path, needed: Sequence[Sequence[str]], called: str) -> Iterator[Row]:
    """Read the rows below the header of a table."""
    delimiter = _delimiter(CandidateFile(path), needed) or DELIMITERS[0]
    lines = csv_lines(path, delimiter=delimiter)
    header: list[str] = []
    for number, cells in lines:
        if _is_header(_in_lower_case(cells), needed):
            header = _in_lower_case(cells)
            break
        if number > MOST_LINES_BEFORE:
            break
    if not header:
        wanted = ", ".join(names[0] for names in needed)
        raise FormatError(
            "{} is not a {} of BORIS; its header must name {}.", path, called, wanted
        )
    places: dict[str, int] = {}
    for n, name in enumerate(header):
        places.setdefault(name, n)
    for number, cells in lines:
        # The cells behind the last that is filled may be left out.
        if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
            raise FormatError(
                "{}, line {}: {} values for a header of {}; the file is damaged, "
                "export it again.",
                path,
                number,
                len(cells),
                len(header),
            )
        if any(cells):
            yield Row(places, cells, path, number)


@dataclass
class _Observation:
    """An observation: its first row, the videos that rows name, and when in it."""

    first: Row
    shown: dict[str, float] = field(default_factory=dict)
    points: list[State] = field(default_factory=list)
    states: list[State] = field(default_factory=list)

    @property
    def in_order(self) -> list[str]:
        """The videos that rows name, by the first time of each."""
        return sorted(self.shown, key=lambda path: self.shown[path])


class Observations:
    """Observations of a table, and the tracks that are made of their states."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tracks = EventTracks(path)
        self._seen: dict[str, _Observation] = {}
        self._categories: dict[str, str] = {}

    def rows(
        self, needed: Sequence[Sequence[str]], called: str, kinds: Sequence[str]
    ) -> Iterator[tuple[str, str, Row]]:
        """Read the rows of states: observation, kind and row; points are kept.

        Parameters
        ----------
        needed : sequence of names
            Columns that the header has to name, each by one of its names.
        called : str
            Name of the table, for the error.
        kinds : sequence of str
            What the column `KIND` may say beside ``POINT``, in capitals.

        Raises
        ------
        FormatError
            Where there is no such header, or a row is damaged.
        """
        for row in _rows_of(self._path, needed, called):
            kind = row.text(KIND).upper()
            if kind == "POINT":
                self._see(row).points.append(_point(row))
                self._categorise(row)
                continue
            if kind not in kinds:
                raise FormatError(
                    "{}: the behavior type is '{}'; it must be {} or POINT.",
                    row.where,
                    row.text(KIND),
                    ", ".join(kinds),
                )
            self._categorise(row)
            self._see(row)
            yield row.text(OBSERVATION), kind, row

    def _categorise(self, row: Row) -> None:
        category = row.text(CATEGORY)
        if category and category != NO_CATEGORY:
            self._categories[one_line(row.name(BEHAVIOR))] = one_line(category)

    def _see(self, row: Row) -> _Observation:
        """Note what a row says of its observation, and return that."""
        name = row.text(OBSERVATION)
        seen = self._seen.setdefault(name, _Observation(row))
        if len(self._seen) > MOST_OBSERVATIONS:
            raise FormatError(
                "{}: the file has more than {:,} observations; check that it is the "
                "right one.",
                row.where,
                MOST_OBSERVATIONS,
            )
        shown = row.text(MEDIUM)
        if shown and shown != "Not found" and len(seen.shown) <= MOST_MEDIA:
            time = _number_in(row.text(TIME) or row.text(START_S)) or 0.0
            seen.shown[shown] = min(time, seen.shown.get(shown, time))
        return seen

    def of_images(self, name: str) -> bool:
        """Tell whether an observation is of a folder of images."""
        return self._seen[name].first.of_images

    def add(self, name: str, subject: str, states: Sequence[State]) -> None:
        """Add the states of one subject of an observation."""
        try:
            self._add(name, subject, states)
        except FormatError as error:
            self._tracks.add_fault(tuple(p for p in (name, subject) if p), error)

    def _add(self, name: str, subject: str, states: Sequence[State]) -> None:
        seen = self._seen[name]
        seen.states += states
        picks = tuple(p for p in (name, subject) if p)
        if "live" in seen.first.text(OBSERVED).casefold():
            self._tracks.say_live(picks)
        if seen.first.of_images:
            folders = _parts(seen.first.text(SOURCE))
            self._tracks.add_images(picks, states, folders)
            return
        row, shown = seen.first, seen.in_order
        if len(shown) > 1 and not row.text(SOURCE):
            videos = VideoRow(tuple(shown), _number_in(row.text(TOTAL)))
            self._tracks.add_row(picks, states, videos, _rate(row.text(RATE)))
            return
        self._tracks.add(picks, states, _media_of(row, shown), row.where)

    def file(self) -> LabelFile:
        """Make the file of what was added."""
        self._tracks.check_read()
        for name, seen in self._seen.items():
            self._add_extra(name, seen)
        tracks = [*with_categories(self._tracks.found, self._categories)]
        left_out = self._tracks.left_out
        if not tracks:  # as of a video without a label
            none = LeftOut((), "It has no state events.")
            tracks, left_out = [LabelTrack(())], Counter([none]) + left_out
        extra = tuple(extra_of(self._tracks.extra, self._categories))
        return LabelFile(self._path, tuple(tracks), extra=extra, left_out=left_out)

    def _add_extra(self, name: str, seen: _Observation) -> None:
        """Add the points and comments of an observation, unless it is of a row."""
        row, shown = seen.first, seen.in_order
        folders = _parts(row.text(SOURCE)) if row.of_images else []
        placed = not (len(shown) > 1 and not row.text(SOURCE)) and len(folders) < 2
        for point in seen.points:
            picks = name, point.subject or NO_FOCAL
            self._tracks.left_out[LeftOut(picks, POINTS, point.name, placed)] += 1
        if placed:
            media = [Medium(folders[0], 1.0)] if folders else _media_of(row, shown)
            unit: Unit = "frame" if row.of_images else "s"
            args = name, seen.states, seen.points, {"": media}, row.where, unit
            self._tracks.add_extra(*args)


def _point(row: Row) -> State:
    time = row.time((*TIME, *START_S), (*IMAGE, *IMAGE_START))
    said = row.text(COMMENT) or row.text(COMMENT_START)
    who = row.text(SUBJECT)
    return State(time, time, row.name(BEHAVIOR), row.place, False, (), who, said)


def _media_of(row: Row, shown: Sequence[str]) -> list[Medium]:
    """Find the videos of the first player, and when each plays in the observation.

    Parameters
    ----------
    row : Row
        Any of the observation.
    shown : sequence of str
        The video that rows name as that which shows the event: all that tables of old
        versions say.
    """
    paths = _of_first_player(row.text(SOURCE))
    lengths = [_number_in(text) for text in _of_first_player(row.text(LENGTH))]
    if not paths:
        paths, lengths = _of_first_player("".join(shown)), []
    if not paths:
        return [Medium("")]
    known = [_rate(text) for text in _of_first_player(row.text(RATE))]
    unknown = [None] * len(paths)
    files = zip(paths, [*lengths, *unknown], [*known, *unknown], strict=False)
    return in_a_row(list(files), row.where)


def _of_first_player(text: str) -> list[str]:
    """List what a cell says of the media of the first player."""
    parts = _PLAYER.split(text)
    if len(parts) > 1:
        by_player = dict(zip(parts[1::2], parts[2::2], strict=True))
        return _parts(by_player.get("1", parts[2]))
    # Lengths and rates part players by the same sign, without their names.
    return _parts(text.split("|")[0])


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _rate(text: str) -> float | None:
    rate = _number_in(text)
    return rate if rate and rate > 0 else None


def _number_in(text: str) -> float | None:
    """Read the number of a cell; None where there is none."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < MOST_SECONDS else None
