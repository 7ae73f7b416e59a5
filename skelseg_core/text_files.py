"""Text files: careful reading of text, JSON, YAML and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from skelseg_core.absent_content import absent_content, pointer_sentence
from skelseg_core.errors import FormatError
from skelseg_core.file_names import printable

T = TypeVar("T")

MAX_TEXT_BYTES = 64 << 20
"""Largest text file that is read, unless the caller sets another limit."""
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes in JSON that may stand for half a character, which UTF-8 cannot hold."""


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Read the text of a UTF-8 file (a byte order mark is dropped).

    Parameters
    ----------
    path : Path
    max_bytes : int
        A larger file is refused before it is read.

    Raises
    ------
    FormatError
        Where the file is missing, too large or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise FormatError(
                "{} has {:,} bytes, and skelseg reads such files up to {:,}; check "
                "that it is the right file.",
                path,
                size,
                max_bytes,
            )
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


def read_json(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> Any:
    """Read the value of a JSON file of up to ``max_bytes``.

    Raises
    ------
    FormatError
        Where it cannot be read (`read_text`) or is no JSON, with line and column.
    """
    text = read_text(path, max_bytes)
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


class _Plain:
    """Refuse aliases (a few bytes of them fill the memory) and names given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):  # type: ignore[attr-defined]
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)  # type: ignore[misc]

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)  # type: ignore[misc]
        found: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in found:
                text = f"'{key.value}' appears twice"
                raise yaml.MarkedYAMLError(problem=text, problem_mark=key.start_mark)
            found.add(str(key.value))
        return node


class _PlainLoader(_Plain, yaml.SafeLoader):
    """A safe loader."""


class _TextLoader(_Plain, yaml.BaseLoader):
    """A safe loader that takes values as they are written: ``no`` is a name."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping of a YAML file.

    Raises
    ------
    FormatError
        Where it is no YAML, holds aliases, or is no mapping.
    """
    text = read_text(path)
    value = _from_yaml(path, lambda: _PlainLoader(text).get_single_data())
    if not isinstance(value, dict):
        raise FormatError("{}: expected 'name: value' lines.", path)
    return value


def read_yaml_texts(path: Path) -> tuple[Any, Callable[[Sequence[str]], str]]:
    """Read a YAML file whose values are texts, mappings and lists; None if empty.

    Values are taken as they are written: ``no`` and ``1`` are texts. With them comes
    what `place_in_yaml` is for this file.

    Raises
    ------
    FormatError
        Where it is no YAML or holds aliases.
    """
    text = read_text(path)
    node = _from_yaml(path, lambda: _TextLoader(text).get_single_node())
    value = _from_yaml(path, lambda: _TextLoader(text).get_single_data())
    return value, partial(_place, path, node)


def place_in_yaml(path: Path, names: Sequence[str]) -> str:
    """Write path and line of a value, by the names and numbers leading to it."""
    text = read_text(path)
    node = _from_yaml(path, lambda: _PlainLoader(text).get_single_node())
    return _place(path, node, names)


def _place(path: Path, node: yaml.Node | None, names: Sequence[str]) -> str:
    line = 0
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        inner = next((pair for pair in pairs if pair[0].value == name), None)
        if isinstance(node, yaml.SequenceNode) and int(name) < len(node.value):
            inner = (node.value[int(name)],) * 2
        if inner is None:
            break
        line, node = inner[0].start_mark.line + 1, inner[1]
    return f"{path}, line {line}" if line else str(path)


def _from_yaml(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or error
        raise FormatError(
            "{}{}: this is not a readable YAML file ({}).", path, where, why
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
