"""Tables as files: text with any separator and encoding, and sheets of Excel.

All cells become text, as the file has them; a number of a sheet has a decimal point,
and a time of day is ``HH:MM:SS.ffffff``. Lines and rows keep their numbers, so that an
error can say where it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from skelseg_core.absent_content import pointer_sentence
from skelseg_core.errors import FormatError
from skelseg_core.formats.tables.sheet_file import SHEET_SUFFIXES, read_sheet
from skelseg_core.formats.tables.table import (
    MOST_COLUMNS,
    Row,
    Table,
    too_many,
    too_wide,
)
from skelseg_core.text_files import unreadable

MAX_TABLE_BYTES = 64 << 20
"""Largest text table that is read."""
MOST_CELLS = 2_000_000
"""Cells of a text table that are read at most; more take hundreds of MB."""
SEPARATORS = ("\t", ";", ",", "|")
"""Signs between cells, in the order in which they are preferred."""
BLANKS = " "
"""Separator of text that is ``start stop label``, with any blanks between them."""

_SAMPLE = 60
"""Lines at the start of a table by which its separator is found."""
_SEPARATOR_LINE = re.compile(r"sep=([\t;,|])[\t;,| ]*(?=[\r\n]|$)")
"""First line by which Excel is told the separator."""
_NUMBER = re.compile(r"\s*-?\d+([.:,]\d+)*\s*")
_NUMBERS = re.compile(r"\s*-?[\d.:,]+\s+-?[\d.:,]+\s+\S")


def read_table(path: Path) -> Table:
    """Read a table of text or the first sheet of a workbook.

    Raises
    ------
    FormatError
        Where it cannot be read, is too large, or has no row; says where.
    """
    table = read_sheet(path) if path.suffix.lower() in SHEET_SUFFIXES else _text(path)
    if not table.rows:
        raise FormatError("{} has no row; export it again.", path)
    return table


def head_of_table(path: Path, head: bytes) -> Table:
    """Read the rows at the start of a text table, of which the last may be cut.

    Raises
    ------
    FormatError
        Where it is no text.
    """
    text, _ = decoded(head, path, cut=True)
    lines = text.splitlines(keepends=True)
    sample = "".join(lines[:_SAMPLE])
    separator = separator_of(sample)
    rows = _unharmed(_rows(sample, separator, path))
    whole = tuple(row for row in rows if any(row.cells))
    return Table(path, whole, separator=separator)


def _unharmed(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows up to the first that is damaged or cut."""
    while True:
        try:
            yield next(rows)
        except (StopIteration, FormatError):
            return


def _text(path: Path) -> Table:
    text, note = decoded(_bytes(path), path)
    rows, cells, separator = [], 0, separator_of(text)
    for row in _rows(text, separator, path):
        cells += len(row.cells)
        if cells > MOST_CELLS:
            raise too_many(path, MOST_CELLS)
        if any(row.cells):
            rows.append(row)
    notes = (note,) if note else ()
    return Table(path, tuple(rows), "line", notes, separator)


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_TABLE_BYTES:
            raise FormatError(
                "{} has {:,} bytes, but skelseg reads tables up to {:,}; split it by "
                "video.",
                path,
                size,
                MAX_TABLE_BYTES,
            )
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if absent := pointer_sentence(path, data[:200]):
        raise FormatError("{}", absent)
    return data


def decoded(data: bytes, path: Path, cut: bool = False) -> tuple[str, str]:
    """Decode a text table: UTF-8, UTF-16 or Windows-1252, with or without a mark.

    Parameters
    ----------
    data : bytes
    path : Path
        For errors.
    cut : bool
        Whether the last character may be cut in two.

    Returns
    -------
    (str, str)
        The text, and a sentence where the encoding was guessed.

    Raises
    ------
    FormatError
        Where it is no text.
    """
    errors = "ignore" if cut else "strict"
    try:
        text = data.decode(_encoding(data), errors)
        note = ""
    except UnicodeDecodeError:
        text, note = _windows(data, path)
    if "\0" in text:
        raise FormatError(
            "{}, line {}: U+0000 is not text; remove it, or choose another table "
            "(CSV, TSV, xlsx).",
            path,
            text[: text.index("\0")].count("\n") + 1,
        )
    return text.removeprefix("\ufeff"), note


def _encoding(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    sample = data[:2000]
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    return "utf-16-be" if sample[::2].count(0) > len(sample) // 4 else "utf-8"


def _windows(data: bytes, path: Path) -> tuple[str, str]:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise FormatError(
            "{} is neither UTF-8 nor UTF-16 nor Windows-1252 text (byte {}); save it "
            "as UTF-8.",
            path,
            error.start,
        ) from error
    return text, (
        "The table is not UTF-8 and was read as Windows-1252; check that the names "
        "are right."
    )


def separator_of(text: str) -> str:
    """Find the sign between the cells of a table by its first lines."""
    if said := _SEPARATOR_LINE.match(text):
        return said[1]
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()][:_SAMPLE]
    best = max(SEPARATORS, key=lambda sign: _evenness(lines, sign))
    if _evenness(lines, best)[0] <= 0.5 and any(map(_NUMBERS.match, lines)):
        return BLANKS
    return best


def _evenness(lines: Iterable[str], sign: str) -> tuple[float, int]:
    """Compute the share of lines that have the commonest number of several cells.

    Second comes the number of cells that are numbers or clock times: a name of a class
    may hold other signs as evenly.
    """
    try:
        rows = [row for row in csv.reader(lines, delimiter=sign) if row]
    except csv.Error:
        return 0.0, 0
    widths = [len(row) for row in rows]
    counts = {n: widths.count(n) for n in set(widths) if n > 1}
    n_numbers = sum(bool(_NUMBER.fullmatch(cell)) for row in rows for cell in row)
    return max(counts.values(), default=0) / max(1, len(widths)), n_numbers


def _rows(text: str, separator: str, path: Path) -> Iterator[Row]:
    if separator == BLANKS:
        for number, line in enumerate(text.splitlines(), 1):
            yield Row(number, tuple(line.split(None, 2)))
        return
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quoting=_quoting(text, separator),
        strict=True,
    )
    number = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise too_wide(f"{path}, line {number}", len(cells))
            if number > 1 or not _SEPARATOR_LINE.fullmatch(separator.join(cells)):
                yield Row(number, tuple(cell.strip() for cell in cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(
            "{}, line {}: {}; the file is damaged, export it again.",
            path,
            number,
            error,
        ) from error


def _quoting(text: str, separator: str) -> Literal[0, 3]:
    """Tell whether quotes hold a cell together, or are what they are.

    Excel quotes cells of text with tabs; ELAN, which writes no tab into a cell, does
    not.
    """
    if separator == "\t" and '"' in text:
        try:
            for _ in csv.reader(
                io.StringIO(text, newline=""), "excel-tab", strict=True
            ):
                pass
        except csv.Error:
            return csv.QUOTE_NONE
    return csv.QUOTE_MINIMAL
