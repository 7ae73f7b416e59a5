"""Rows of the tables that BORIS exports, below their header.

Columns are found by their names, which changed from version to version; tables of
version 7 and older begin with lines about the observation.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import csv_lines
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.formats.json_values import MOST_SECONDS

MOST_LINES_BEFORE = 100
"""Lines that may stand before the header."""
MOST_COLUMNS = 1000
"""Columns of a table that is read."""
DELIMITERS = (",", "\t", ";")
NOT_SAID = ("", "NA", "nan", "None")

OBSERVATION = ("observation id",)
SUBJECT = ("subject",)
BEHAVIOR = ("behavior",)
KIND = ("behavior type", "behavioral type", "status")
TIME = ("time",)
START_S = ("start (s)", "start")
STOP_S = ("stop (s)", "stop")
SOURCE = ("source", "media file(s)", "media file")
MEDIUM = ("media file name", "media file path")
LENGTH = ("media duration (s)",)
RATE = ("fps", "fps (frame/s)")
OFFSET = ("time offset (s)",)
IMAGE = ("image index",)
IMAGE_START = ("image index start",)
IMAGE_STOP = ("image index stop",)
OBSERVED = ("observation type",)


class Columns:
    """Columns of a table, by their names in any version."""

    def __init__(self, header: Sequence[str]) -> None:
        self._places: dict[str, int] = {}
        for n, name in enumerate(header):
            self._places.setdefault(name, n)
        self._found: dict[tuple[str, ...], int | None] = {}
        self.modifiers = [
            n
            for n, name in enumerate(header)
            if name == "modifiers" or name.startswith("modifier #")
        ]

    def find(self, names: tuple[str, ...]) -> int | None:
        """Find the first column that is there; None where none is."""
        if names not in self._found:
            there = (self._places[n] for n in names if n in self._places)
            self._found[names] = next(there, None)
        return self._found[names]


class Row:
    """A row of a table."""

    __slots__ = ("_cells", "_columns", "_number", "_path")

    def __init__(
        self, columns: Columns, cells: Sequence[str], path: Path, number: int
    ) -> None:
        self._columns, self._cells = columns, cells
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
        n = self._columns.find(names)
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
        value = number_in(text)
        if value is None:
            raise FormatError(
                "{}: {} is '{}'; it must be a number, in seconds.",
                self.where,
                names[0],
                text,
            )
        return value

    @property
    def modifiers(self) -> str:
        """Modifiers in one, parted by ``|``."""
        there = (n for n in self._columns.modifiers if n < len(self._cells))
        return "|".join(self._cells[n].strip() for n in there).strip("|")

    @property
    def of_images(self) -> bool:
        """True where what was observed is a folder of images."""
        kind = self.text(OBSERVED).casefold()
        return "images" in kind or "pictures" in kind


def rows_of(path: Path, needed: Sequence[Sequence[str]], called: str) -> Iterator[Row]:
    """Read the rows below the header of a table with commas or tabs.

    Parameters
    ----------
    path : Path
    needed : sequence of names
        Columns that the header has to name, each by one of its names.
    called : str
        Name of the table, for the error.

    Raises
    ------
    FormatError
        Where there is no such header, or a row is damaged.
    """
    lines = csv_lines(path, delimiter=_delimiter(path, needed))
    header: list[str] = []
    for number, cells in lines:
        if is_header(header_names(cells), needed):
            header = header_names(cells)
            break
        if number > MOST_LINES_BEFORE:
            break
    if not header:
        wanted = ", ".join(names[0] for names in needed)
        raise FormatError(
            "{} is no {} of BORIS; its header must name {}.", path, called, wanted
        )
    columns = Columns(header)
    for number, cells in lines:
        # The cells behind the last that is filled may be left out.
        if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
            raise FormatError(
                "{}, line {}: {} values where the header names {}; the file is "
                "damaged, export it again.",
                path,
                number,
                len(cells),
                len(header),
            )
        if any(cells):
            yield Row(columns, cells, path, number)


def header_names(cells: Sequence[str]) -> list[str]:
    """Write the names of columns in lower case."""
    return [cell.strip().casefold() for cell in cells]


def is_header(names: Sequence[str], needed: Sequence[Sequence[str]]) -> bool:
    """Tell whether a line names every column that is needed."""
    some = any(n in names for n in needed[0]) and len(names) <= MOST_COLUMNS
    return some and all(any(n in names for n in column) for column in needed)


def has_header(file: CandidateFile, needed: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of the first lines of a text is the header of a table."""
    return any(_begins(file, needed, delimiter) for delimiter in DELIMITERS)


def _begins(
    file: CandidateFile, needed: Sequence[Sequence[str]], delimiter: str
) -> bool:
    for line in file.lines[:MOST_LINES_BEFORE]:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        if is_header(header_names(cells), needed):
            return True
    return False


def _delimiter(path: Path, needed: Sequence[Sequence[str]]) -> str:
    file = CandidateFile(path)
    found = (d for d in DELIMITERS if _begins(file, needed, d))
    return next(found, DELIMITERS[0])


def number_in(text: str) -> float | None:
    """Read the number of a cell; None where there is none."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < MOST_SECONDS else None
