"""A table whose columns are known: by a mapping, by their names or their content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import said_of
from skelseg_core.formats.tables.guessed_columns import (
    HEADER_ROWS,
    by_content,
    header_of,
    recognised,
    says_times,
)
from skelseg_core.formats.tables.table import Row, Table
from skelseg_core.formats.tables.table_file import read_table
from skelseg_core.formats.tables.table_mapping import (
    COLUMNS,
    TableMapping,
    TableUnit,
    save_mapping,
    saved_mapping,
)


@dataclass(frozen=True)
class MappedTable:
    """A table whose columns are known.

    Parameters
    ----------
    table : Table
    mapping : TableMapping
        All its columns are known in ``table``, and its unit is.
    header : Row or None
        The row that names the columns.
    """

    table: Table
    mapping: TableMapping
    header: Row | None

    @cached_property
    def rows(self) -> list[Row]:
        """Rows below the header; a line that begins with a backslash is none.

        Audacity writes the pitch of a label into such a line.
        """
        above = self.header.number if self.header else 0
        rows = (row for row in self.table.rows if row.number > above)
        return [row for row in rows if row.cells[0] != "\\"]

    @cached_property
    def columns(self) -> dict[str, int]:
        """Indices of the columns of the mapping, by what it calls them."""
        names = {getattr(self.mapping, name) for name in COLUMNS} - {""}
        return {n: column_index(self.table, self.header, n) for n in names}

    @cached_property
    def others(self) -> dict[int, str]:
        """Indices of the columns that are not read and are not of times, with names."""
        names = self.header.cells if self.header else ()
        used = self.columns.values()
        return {
            n: said_of("column", name)
            for n, name in enumerate(names)
            if name and n not in used and not says_times(name)
        }

    def beside(self, row: Row) -> tuple[str, ...]:
        """List what a row says that is not read."""
        cells = row.cells
        return tuple(
            name for n, name in self.others.items() if n < len(cells) and cells[n]
        )

    def cell(self, row: Row, name: str) -> str:
        """Return the text in a column of the mapping; empty where a row is short."""
        at = self.columns[name]
        return row.cells[at] if at < len(row.cells) else ""


def completed(table: Table, mapping: TableMapping | None = None) -> MappedTable:
    """Complete a mapping as far as columns are recognised.

    Raises
    ------
    FormatError
        Where a column that is asked for is not there; lists the columns.
    """
    header = header_of(table, mapping)
    found = recognised(header.cells) if header else by_content(table)
    known = MappedTable(table, (mapping or TableMapping()).filled(found), header)
    # A column that is not there is said at once.
    assert known.columns is not None
    return known


def mapped(table: Table, mapping: TableMapping | None = None) -> MappedTable:
    """Complete a mapping by the names of the columns and by what is in them.

    Raises
    ------
    FormatError
        Where a column that is asked for is not there, or the times or labels are not
        recognised; lists the columns.
    """
    known = completed(table, mapping)
    header, full = known.header, known.mapping
    if not full.start or not full.label:
        raise FormatError(
            "{}: the column of the {} is not clear; choose one. It has the columns {}.",
            table.path,
            "labels" if full.start else "times",
            _columns(table, header),
        )
    if full.unit is None:
        full = replace(full, unit=_unit(known))
        known = replace(known, mapping=full)
    if not full.stop and not full.duration and not full.event and full.unit != "frame":
        raise FormatError(
            "{}: the column of the stop or the duration is not clear; choose one. It "
            "has the columns {}.",
            table.path,
            _columns(table, header),
        )
    return known


def remember(path: Path, mapping: TableMapping, store: Path) -> bool:
    """Save what the columns of a table are; False where they have no names.

    Raises
    ------
    FormatError
        Where the table cannot be read, or has no such columns.
    """
    known = mapped(read_table(path), mapping)
    if known.header is None:
        return False
    mapping = replace(known.mapping, header=True, complete=True)
    save_mapping(store, known.header.cells, mapping)
    return True


def remembered(table: Table, store: Path) -> TableMapping | None:
    """Find the mapping that was saved for tables with the header of this one."""
    for row in table.rows[:HEADER_ROWS]:
        if mapping := saved_mapping(store, row.cells):
            return mapping
    return None


def has_columns(table: Table) -> bool:
    """Tell whether the times and the labels of a table are recognised."""
    found = completed(table).mapping
    return bool(found.start and found.label)


def column_index(table: Table, header: Row | None, name: str) -> int:
    """Find the index of a column, by its name or its number from 1.

    Raises
    ------
    FormatError
        Where there is none, or several have this name; lists the columns.
    """
    names = header.cells if header else ()
    found = [n for n, cell in enumerate(names) if cell == name]
    found = found or [n for n, c in enumerate(names) if c.casefold() == name.casefold()]
    if len(found) > 1:
        raise FormatError(
            "{}, {}: several columns have the name '{}'; give its number, from 1.",
            table.path,
            table.place(header or table.rows[0]),
            name,
        )
    if found:
        return found[0]
    if name.isdecimal() and name.isascii() and 1 <= int(name[:9]) <= table.width:
        return int(name) - 1
    raise FormatError(
        "{} has no column '{}'; it has {}.", table.path, name, _columns(table, header)
    )


def _columns(table: Table, header: Row | None) -> str:
    if header is None:
        return f"1 to {table.width}, without names"
    return ", ".join(f"'{name}'" if name else "''" for name in header.cells)


def _unit(known: MappedTable) -> TableUnit:
    cells = [cell for _, _, cell in time_cells(known)]
    if any(":" in cell for cell in cells):
        return "clock"
    if any("." in cell or "," in cell for cell in cells):
        return "s"
    raise FormatError(
        "{}: the times are whole numbers, which may be seconds, milliseconds or "
        "frames; choose the unit.",
        known.table.path,
    )


def time_cells(known: MappedTable) -> Iterator[tuple[Row, str, str]]:
    """Yield row, column and text of all times that are there."""
    names = [
        name
        for name in (known.mapping.start, known.mapping.stop, known.mapping.duration)
        if name
    ]
    for row in known.rows:
        for name in names:
            if cell := known.cell(row, name):
                yield row, name, cell
