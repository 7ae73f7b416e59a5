"""Careful reading of values in JSON files of other tools, and writing of such files.

Each function says what was found where something else should stand; ``event`` is the
number of the event that ``where`` holds it, if there are many.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.text_files import read_json, unreadable

MOST_JSON_BYTES = 32 << 20
"""Largest JSON file of labels; its values take fifteen times as much memory."""
MOST_JSON_LISTS = 800_000
"""Lists and objects of such a file: they take most of the memory."""
MOST_SECONDS = 1e11
"""Times beyond this, in s, are refused; those since 1970 are below."""


def may_be_labels(file: CandidateFile) -> bool:
    """Tell whether a file is small enough for its JSON to be looked at.

    Raises
    ------
    FormatError
        Where the file cannot be read.
    """
    try:
        small = file.path.stat().st_size <= MOST_JSON_BYTES
    except OSError as error:
        raise unreadable(file.path, error) from error
    return small and _n_lists(file.path) <= MOST_JSON_LISTS


def _n_lists(path: Path) -> int:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return data.count(b"[") + data.count(b"{")


def read_label_json(path: Path) -> Any:
    """Read the value of a JSON file of labels.

    Raises
    ------
    FormatError
        Where it cannot be read (`read_json`), or would fill the memory.
    """
    if may_be_labels(CandidateFile(path)):
        return read_json(path, MOST_JSON_BYTES)
    raise FormatError(
        "{} has more than {:,} bytes, or more than {:,} lists, which is the limit "
        "for labels in JSON; check that it is the right file, or split it.",
        path,
        MOST_JSON_BYTES,
        MOST_JSON_LISTS,
    )


def an_object(value: Any, where: str, event: int = 0) -> Mapping[str, Any]:
    """Check that a value is an object; raise FormatError if not."""
    if not isinstance(value, dict):
        raise _unexpected(value, "an object {…}", where, event)
    return value


def a_list(value: Any, where: str, event: int = 0) -> list[Any]:
    """Check that a value is a list; raise FormatError if not."""
    if not isinstance(value, list):
        raise _unexpected(value, "a list […]", where, event)
    return value


def a_text(value: Any, where: str, event: int = 0) -> str:
    """Check that a value is a text; raise FormatError if not."""
    if not isinstance(value, str):
        raise _unexpected(value, "a text", where, event)
    return value


def seconds(value: Any, where: str, event: int = 0) -> float:
    """Check that a value is a time or a number of frames; raise FormatError if not."""
    number = as_number(value)
    if number is None:
        raise _unexpected(value, "a time in seconds", where, event)
    return number


def as_number(value: Any) -> float | None:
    """Return a number that can be a time; None where it is something else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # A whole number may be too large for a float.
    if not -MOST_SECONDS < value < MOST_SECONDS or math.isnan(value):
        return None
    return float(value)


def _unexpected(value: Any, wanted: str, where: str, event: int) -> FormatError:
    found = json.dumps(value, default=str)
    short = found if len(found) <= 40 else f"{found[:40]}…"
    return FormatError(
        "{}{}: '{}' is not {}; export the file again.",
        where,
        f", event {event}" if event else "",
        short,
        wanted,
    )


def json_file(value: object) -> str:
    """Format a JSON file with line breaks and nothing but ASCII; NaN is an error.

    Programs that open files in the encoding of their system read it as well.
    """
    return json.dumps(value, indent=1, allow_nan=False) + "\n"
