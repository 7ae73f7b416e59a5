"""Sheets of Excel as tables: bounded before and while openpyxl reads them."""

from __future__ import annotations

import datetime
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.formats.tables.table import (
    MOST_COLUMNS,
    Row,
    Table,
    too_many,
    too_wide,
)
from skelseg_core.text_files import unreadable

MOST_SHEET_CELLS = 400_000
"""Cells of a sheet that are read at most; openpyxl reads 50,000 in a second."""
_MOST_STEPS = 800_000
"""Cells of a sheet, empty ones and empty rows too, that are looked at at most."""
_MAX_SHEET_BYTES = 32 << 20
"""Largest workbook that is read, unpacked."""
_MAX_STRINGS_BYTES = 8 << 20
"""Largest list of the texts of a workbook; openpyxl takes seconds for a MiB of them."""
_MAX_PART_BYTES = 2 << 20
"""Largest other part of a workbook, unpacked; openpyxl makes objects of its styles."""
SHEET_SUFFIXES = (".xlsx", ".xlsm")
_DAMAGE = (
    *(OSError, ValueError, EOFError, KeyError, NotImplementedError, TypeError),
    *(RuntimeError, OverflowError, AttributeError, IndexError, AssertionError),
    *(SyntaxError, zipfile.BadZipFile, zlib.error),
)
"""Exceptions by which openpyxl and zipfile refuse a damaged sheet."""


def read_sheet(path: Path) -> Table:
    """Read the first sheet of a workbook.

    Raises
    ------
    FormatError
        Where openpyxl is missing, the file is damaged or too large, or has no sheet.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise FormatError(
            "{} is an Excel sheet, and openpyxl, which reads such files, is not "
            "installed; install skelseg[formats], or save the sheet as CSV.",
            path,
        ) from error
    try:
        _check_packed(path)
        # Opened here: where openpyxl fails, it leaves what it opened open.
        with path.open("rb") as stream, warnings.catch_warnings():
            # It warns of styles and extensions that labels have no use for.
            warnings.simplefilter("ignore")
            book = load_workbook(
                stream, read_only=True, data_only=True, keep_links=False
            )
            try:
                return _first_sheet(book, path)
            finally:
                book.close()
    except FormatError:
        raise
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno:
            raise unreadable(path, error) from error
        raise FormatError(
            "{} is damaged or not an Excel sheet (.xlsx); save it again.", path
        ) from error


def _check_packed(path: Path) -> None:
    """Refuse a workbook that would fill the memory, by the sizes that it declares.

    No more than these can be unpacked: zipfile stops there.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    size = sum(info.file_size for info in members)
    if size > _MAX_SHEET_BYTES or any(i.file_size > _most(i.filename) for i in members):
        raise FormatError(
            "{} would unpack to {:,} bytes, more than a sheet of labels needs; save "
            "the sheet as CSV.",
            path,
            size,
        )


def _most(part: str) -> int:
    """Return how large a part of a workbook may be, unpacked, in bytes."""
    if part.startswith("xl/sharedStrings"):
        return _MAX_STRINGS_BYTES
    large = part.startswith(("xl/worksheets/", "xl/media/"))
    return _MAX_SHEET_BYTES if large else _MAX_PART_BYTES


def _first_sheet(book: Any, path: Path) -> Table:
    sheets = list(book.worksheets)
    if not sheets:
        raise FormatError("{} has no sheet; save it again.", path)
    rows, cells, steps = [], 0, 0
    # The size that a sheet declares may be wrong.
    sheets[0].reset_dimensions()
    for number, values in enumerate(sheets[0].iter_rows(values_only=True), 1):
        texts = tuple(map(_cell_text, values))
        steps += 1 + len(texts)
        if any(texts):
            rows.append(Row(number, _without_end(texts)))
            cells += len(rows[-1].cells)
            if len(rows[-1].cells) > MOST_COLUMNS:
                raise too_wide(f"{path}, row {number}", len(rows[-1].cells))
        if cells > MOST_SHEET_CELLS or steps > _MOST_STEPS:
            raise too_many(path, MOST_SHEET_CELLS)
    notes = []
    if len(sheets) > 1:
        title = sheets[0].title
        notes.append(f"Of {len(sheets)} sheets only the first was read: {title}.")
    return Table(path, tuple(rows), "row", tuple(notes))


def _without_end(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the empty cells at the end of a row."""
    width = len(texts)
    while not texts[width - 1]:
        width -= 1
    return texts[:width]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.date() <= datetime.date(
        1900, 1, 1
    ):
        value = value.time()  # a time of day that Excel keeps as a date
    if isinstance(value, datetime.time):
        return value.isoformat("microseconds")
    if isinstance(value, datetime.timedelta):
        return clock_text(value.total_seconds())
    return str(value).strip()


def clock_text(seconds: float) -> str:
    """Write a duration as ``HH:MM:SS.ffffff``; hours may be more than 24."""
    whole = round(seconds * 1_000_000)
    minutes, micro = divmod(whole, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{micro / 1e6:09.6f}"
