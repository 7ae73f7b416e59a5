"""Text files: careful reading of text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from skelseg_core.absent_content import absent_content, pointer_sentence
from skelseg_core.errors import FormatError
from skelseg_core.file_names import printable

MAX_TEXT_BYTES = 64 << 20
"""Largest text file that is read, unless the caller sets another limit."""
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes in JSON that may stand for half a character, which UTF-8 cannot hold."""


def read_text(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, data: bytes | None = None
) -> str:
    """Read the text of a UTF-8 file (a byte order mark is dropped).

    Parameters
    ----------
    path : Path
    max_bytes : int
        A larger file is refused before it is read.
    data : bytes, optional
        What the file holds, where it was read before.

    Raises
    ------
    FormatError
        Where the file is missing, too large or not UTF-8.
    """
    try:
        size = path.stat().st_size if data is None else len(data)
        if size > max_bytes:
            raise FormatError(
                "{} has {:,} bytes, and skelseg reads such files up to {:,}; check "
                "that it is the right file.",
                path,
                size,
                max_bytes,
            )
        if data is None:
            data = path.read_bytes()
        if absent := pointer_sentence(path, data[:200]):
            raise FormatError("{}", absent)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            "{} is not a UTF-8 text file (byte {}); save it as UTF-8.",
            path,
            error.start,
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> FormatError:
    """Make the error for a file that the system does not let us read."""
    if absent := absent_content(path):
        return FormatError("{}", absent)
    return FormatError(
        "{} cannot be read ({}); check its path and permissions.", path, error.strerror
    )


def read_json(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, data: bytes | None = None
) -> Any:
    """Read the value of a JSON file of up to ``max_bytes``; see `read_text`.

    Raises
    ------
    FormatError
        Where it cannot be read (`read_text`) or is no JSON, with line and column.
    """
    text = read_text(path, max_bytes, data)
    try:
        value = json.loads(text)
        if _HALF_CHARACTER.search(text):
            # It could never be saved again: ``?`` stands for it, as in `printable`.
            value = json.loads(printable(json.dumps(value, ensure_ascii=False)))
        return value
    except json.JSONDecodeError as error:
        raise FormatError(
            "{}, line {}, column {}: {}; the file is damaged, restore it from a copy.",
            path,
            error.lineno,
            error.colno,
            error.msg,
        ) from error
    except RecursionError as error:
        raise FormatError(
            "{} is nested too deeply for a skelseg file.", path
        ) from error
    except ValueError as error:
        # Python refuses whole numbers of more than 4,300 digits.
        raise FormatError(
            "{} has a number with thousands of digits; the file is damaged, restore "
            "it from a copy.",
            path,
        ) from error


def read_csv_rows(
    path: Path, needed: Collection[str], wrong_header: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read rows of a CSV file by the names of its header, each with its line.

    Parameters
    ----------
    path : Path
    needed : collection of str
        Columns that the header has to name.
    wrong_header : str
        Sentence of the error where it does not.

    Raises
    ------
    FormatError
        Where a column is missing, or a row is damaged; says which line.
    """
    lines = csv_lines(path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if not set(needed) <= set(header):
        raise FormatError("{}, line 1: {}", path, wrong_header)
    for number, cells in lines:
        if cells:
            where = f"{path}, line {number}"
            check_width(cells, len(header), where)
            yield where, dict(zip(header, cells, strict=True))


def csv_lines(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of a CSV file, blank ones too, each with its number.

    Cells are parted by ``delimiter``.

    Raises
    ------
    FormatError
        Where the file cannot be read (`read_text`) or has stray quotes.
    """
    # A StringIO would take four bytes for each character.
    data = io.BytesIO(read_text(path, max_bytes).encode())
    text = io.TextIOWrapper(data, "utf-8", newline="")
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise FormatError(
            "{}, line {}: {}; the file is damaged, export it again.",
            path,
            reader.line_num,
            error,
        ) from error


def check_width(cells: Sequence[str], width: int, where: str) -> None:
    """Refuse a line with more or fewer cells than the header."""
    if len(cells) != width:
        raise FormatError(
            "{}: {} values for a header of {}; the file is damaged, export it again.",
            where,
            len(cells),
            width,
        )
