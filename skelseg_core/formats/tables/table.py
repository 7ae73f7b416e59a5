"""A table as its file has it: rows of texts, with their numbers in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import FormatError

MOST_COLUMNS = 500
"""Columns that are read at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row, without blanks around them, and its number in the file from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as its file has it.

    Parameters
    ----------
    path : Path
    rows : tuple of Row
        Without blank ones.
    word : {"line", "row"}
        What a row is called in the file.
    notes : tuple of str
        Sentences on how it was read.
    separator : str
        Sign between cells; empty for a sheet.
    """

    path: Path
    rows: tuple[Row, ...]
    word: str = "line"
    notes: tuple[str, ...] = ()
    separator: str = ""

    @property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max(len(row.cells) for row in self.rows)

    def head(self, n_rows: int) -> Table:
        """Return the first rows as a table."""
        return replace(self, rows=self.rows[:n_rows])

    def place(self, row: Row) -> str:
        """Say where a row stands: ``"line 12"``."""
        return f"{self.word} {row.number}"


def too_wide(where: str, n_columns: int) -> FormatError:
    """Make the error for a row of too many cells."""
    return FormatError(
        "{}: {:,} columns, but skelseg reads at most {}.",
        where,
        n_columns,
        MOST_COLUMNS,
    )


def too_many(path: Path, most: int) -> FormatError:
    """Make the error for a table of too many cells."""
    return FormatError(
        "{} has more than {:,} cells, or as many empty rows; split it by video, or "
        "leave out columns.",
        path,
        most,
    )
