"""Times in the cells of a table: numbers with a point or a comma, and clock times."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?")
_CLOCK = re.compile(r"(-?)(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_LONGEST = 40
"""Characters of a cell that may be a time."""


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number, with a decimal point or comma."""
    return len(cell) <= _LONGEST and _NUMBER.fullmatch(cell) is not None


def is_time(cell: str) -> bool:
    """Tell whether a cell is a number or a clock time."""
    return is_number(cell) or (
        len(cell) <= _LONGEST and _CLOCK.fullmatch(cell) is not None
    )


def number(cell: str) -> float | None:
    """Read a number with a decimal point or comma; None where it is none."""
    if not is_number(cell):
        return None
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else None


def clock_seconds(cell: str) -> float | None:
    """Read ``HH:MM:SS.ss`` or ``MM:SS.ss``; None where it is none."""
    found = _CLOCK.fullmatch(cell) if len(cell) <= _LONGEST else None
    if found is None or float(found[4].replace(",", ".")) >= 60:
        return None
    if found[2] and int(found[3]) >= 60:
        return None
    minutes = 60 * int(found[2] or 0) + int(found[3])
    seconds = 60 * minutes + float(found[4].replace(",", "."))
    return -seconds if found[1] else seconds


def doubtful_comma(cells: Iterable[str], decimal_commas: bool) -> str:
    """Find a cell whose comma may part thousands; empty where commas are decimal.

    Parameters
    ----------
    cells : iterable of str
        All times of a table.
    decimal_commas : bool
        Whether the commas of the table are decimal, unless a cell has a point: they
        are where a comma is no separator.
    """
    commas, point = [], False
    for cell in cells:
        point = point or "." in cell
        if "," in cell:
            commas.append(cell)
    if not commas:
        return ""
    grouped = not decimal_commas and all(map(_GROUPED.fullmatch, commas))
    return commas[0] if point or grouped else ""
