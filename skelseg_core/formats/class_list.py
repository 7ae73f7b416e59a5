"""Class lists as plain text: one class name per line, or MS-TCN's ``mapping.txt``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import check_class_name
from skelseg_core.text_files import read_text

_MAPPING = re.compile(r"(\d{1,9})\s+(\S.*)")
_TIME = r"(?:\d+:){0,2}\d+(?:\.\d+)?"
_INTERVAL = re.compile(rf"({_TIME})(?:\s*-\s*|\s+)({_TIME})\s+\S.*")
_NUMBER = re.compile(rf"-?{_TIME}")

_Line = tuple[int, str]


def load_class_names(path: Path) -> list[str]:
    """Read class names: one per line, or MS-TCN's ``mapping.txt`` (``id name``).

    Blank lines and lines that begin with ``#`` are skipped. Where every line begins
    with a number and the numbers count from 0 or 1 without gap, it is a mapping, and
    the names come in the order of the numbers.

    Raises
    ------
    FormatError
        Where there is no name, or one is doubled or cannot be used; says which line.
    """
    if (path / "groundTruth").is_dir():
        raise FormatError(
            "{} is a data set, not a list of classes; use its mapping.txt, or see "
            "'skelseg import-dataset --help'.",
            path,
        )
    return class_names_of(read_text(path), path)


def class_names_of(text: str, path: Path) -> list[str]:
    """Parse the class names in the text of a file; raise as `load_class_names`."""
    lines = [
        (n, line.strip())
        for n, line in enumerate(_split(text), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise FormatError("{} names no class; write one class name per line.", path)
    text_lines = [line for _, line in lines]
    names = None if is_of_intervals(text_lines) else _mapping(path, lines)
    if names is None and is_table(text_lines):
        raise FormatError(
            "{} is a table of labels (times or frames beside the names), not a list "
            "of classes; use a text file with one class name per line.",
            path,
        )
    names = names or lines
    seen: dict[str, int] = {}
    for n, name in names:
        try:
            check_class_name(name)
        except EditError as error:
            raise FormatError("{}, line {}: {}", path, n, error) from error
        if name in seen:
            raise FormatError(
                "{}, line {}: the class '{}' is already in line {}; give each class "
                "its own name.",
                path,
                n,
                name,
                seen[name],
            )
        seen[name] = n
    return [name for _, name in names]


def is_table(lines: Sequence[str]) -> bool:
    """Tell whether lines are a table of labels: ``start stop label``, or CSV.

    Such a CSV has a number in every line, always in the same column; the first line may
    name the columns.

    Parameters
    ----------
    lines : sequence of str
        Without blank ones.
    """
    return is_of_intervals(lines) or any(_is_csv(lines, sign) for sign in "\t;,")


def is_of_intervals(lines: Sequence[str]) -> bool:
    """Tell whether every line is ``start stop label``, of frames or of times."""
    found = [_INTERVAL.fullmatch(line.strip()) for line in lines]
    if not all(m and _seconds(m[1]) <= _seconds(m[2]) for m in found) or not found:
        return False
    # A class list whose classes are called "3 steps" and the like is no table.
    starts = [m[1] for m in found if m]
    counted = [[str(n + first) for n in range(len(lines))] for first in (0, 1)]
    return len(lines) == 1 or starts not in counted


def _seconds(clock: str) -> float:
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _is_csv(lines: Sequence[str], sign: str) -> bool:
    rows = [[cell.strip() for cell in line.split(sign)] for line in lines]
    if not rows or len(rows[0]) < 2:
        return False
    if len(rows) > 1 and not any(_NUMBER.fullmatch(cell) for cell in rows[0]):
        rows = rows[1:]
    width = min(len(row) for row in rows)
    columns = ((row[n] for row in rows) for n in range(width) if width > 1)
    return any(all(_NUMBER.fullmatch(cell) for cell in column) for column in columns)


def _mapping(path: Path, lines: Sequence[_Line]) -> list[_Line] | None:
    """Sort the lines by their ids; None where they are no mapping."""
    found = [(n, _MAPPING.fullmatch(line)) for n, line in lines]
    pairs = [(int(m[1]), n, m[2]) for n, m in found if m]
    if len(pairs) < len(lines):
        return None
    ids = sorted(i for i, _, _ in pairs)
    doubled = {i for i in ids if ids.count(i) > 1}
    first = ids[0]
    if first > 1 or sorted(set(ids)) != list(range(first, first + len(set(ids)))):
        return None
    if doubled:
        n = [n for i, n, _ in pairs if i in doubled][1]
        raise FormatError(
            "{}, line {}: the id {} appears twice; give each class its own.",
            path,
            n,
            min(doubled),
        )
    return [(n, name) for _, n, name in sorted(pairs)]


def mapping_text(names: Sequence[str]) -> str:
    """Format a ``mapping.txt``: ``id name`` per line, ids from 0 without gap.

    Published readers part the line at blanks: names must hold none.
    """
    return "".join(f"{n} {name}\n" for n, name in enumerate(names))


def _split(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip().split("\n") if text.strip() else []
