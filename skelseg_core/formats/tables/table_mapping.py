"""Mapping of the columns of any table to labels, and mappings that were saved.

A mapping says which column holds what and how the table counts time. What it leaves
open is recognised by the names of the columns and by what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.files import atomic_write
from skelseg_core.text_files import read_json
from skelseg_core.typed_values import typed
from skelseg_core.user_folders import config_folder

TableUnit = Literal["s", "ms", "us", "frame", "clock"]
"""Unit of times in a table; ``"clock"`` is ``HH:MM:SS.ss`` or ``MM:SS.ss``."""

COLUMNS = ("start", "stop", "duration", "label", "video", "subject", "event")
"""Fields of `TableMapping` that name a column."""
MOST_SAVED = 200
"""Mappings that are kept; the oldest makes room for a new one."""
_MAX_STORE_BYTES = 4 << 20
"""Largest file of saved mappings that is read."""


@dataclass(frozen=True)
class TableMapping:
    """Columns of a table of intervals, and how it counts time.

    A column is its name in the header, or its number from 1 as text. None and empty
    texts are recognised, where a table has such a column.

    Parameters
    ----------
    start, stop, duration : str
        Columns of the times; one of the last two is enough. A table of frames needs
        neither: each of its rows is one frame then.
    label : str
        Column of the class names; rows without one are unlabelled.
    video : str
        Column that says which video a row is of.
    subject : str
        Column of whom or what a row is about: subject, tier, annotator.
    event : str
        Column that says whether a row begins or ends a state: ``"State start"``,
        ``"State stop"``. Other rows are point events, which are left out.
    unit : TableUnit, optional
    first_frame : int
        Number of the first frame of a video, 0 or 1 mostly.
    inclusive : bool
        Whether the frame in the column ``stop`` is the last one of an interval.
    header : bool, optional
        Whether a row names the columns.
    levels : tuple of str
        Endings of labels that are one level of a hierarchy, where all other labels
        are another, which covers the same time.
    complete : bool
        Whether a column that is left open is not there, and is not looked for.
    """

    start: str = ""
    stop: str = ""
    duration: str = ""
    label: str = ""
    video: str = ""
    subject: str = ""
    event: str = ""
    unit: TableUnit | None = None
    first_frame: int = 0
    inclusive: bool = False
    header: bool | None = None
    levels: tuple[str, ...] = ()
    complete: bool = False

    def __post_init__(self) -> None:
        if self.inclusive and self.unit not in (None, "frame"):
            raise ConfigError(
                "Only frames can be inclusive: an interval in {} ends where the next "
                "one begins.",
                self.unit,
            )
        if self.first_frame and self.unit not in (None, "frame"):
            raise ConfigError(
                "Only frames are counted from {}, but the times are in {}; choose "
                "columns of frames, or remove this option.",
                self.first_frame,
                self.unit,
            )

    def filled(self, found: TableMapping) -> TableMapping:
        """Take from another mapping what this one leaves open.

        The columns of times are taken together, because only together they fit.
        """
        if self.complete:
            return self
        mine = {name: getattr(self, name) for name in COLUMNS}
        if not (self.start and found.header is False):
            # Without names, only all columns together can be recognised.
            for name in ("label", "video", "subject"):
                mine[name] = mine[name] or getattr(found, name)
        unit, header = self.unit, self.header
        if self.start in ("", found.start):
            mine["start"] = found.start
            if not (self.stop or self.duration):
                mine["stop"], mine["duration"] = found.stop, found.duration
            mine["event"] = mine["event"] or found.event
            unit = unit or found.unit
        header = found.header if header is None else header
        levels = self.levels or found.levels
        return replace(self, **mine, unit=unit, header=header, levels=levels)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that say something, as plain values."""
        default = TableMapping()
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        said = {k: v for k, v in values.items() if v != getattr(default, k)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}


def saved_tables() -> Path:
    """Return the file of mappings that this user saved."""
    return config_folder() / "tables.json"


def saved_mapping(store: Path, header: Sequence[str]) -> TableMapping | None:
    """Find the mapping that was saved for tables with this header.

    Parameters
    ----------
    store : Path
        File of saved mappings; it may be missing.
    header : sequence of str
        Names of all columns, in the order of the table.
    """
    try:
        return typed(TableMapping, _saved(store)[_key(header)], store)
    except (KeyError, FormatError, ConfigError):
        return None


def save_mapping(store: Path, header: Sequence[str], mapping: TableMapping) -> None:
    """Save a mapping, to be found again for tables with the same header."""
    saved = dict(_saved(store))
    saved.pop(_key(header), None)
    saved[_key(header)] = mapping.to_json()
    kept = dict(list(saved.items())[-MOST_SAVED:])
    atomic_write(store, json.dumps(kept, indent=1, ensure_ascii=False))


def _key(header: Sequence[str]) -> str:
    return "\t".join(name.strip() for name in header)


def _saved(store: Path) -> Mapping[str, object]:
    try:
        value = read_json(store, _MAX_STORE_BYTES)
    except FormatError:
        return {}
    return value if isinstance(value, dict) else {}
