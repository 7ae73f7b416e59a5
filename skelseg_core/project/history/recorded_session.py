"""Read what a session recorded, and follow the values that the parts it changed had."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelseg_core.errors import ProjectError
from skelseg_core.project.part_changes import DoesNotFit, changed, value_from_json

VERSION = 7
"""7: classes, and what is said of a video besides labels, are parts of their own."""
TAIL_BYTES = 4096
"""Bytes at the end of a file in which the line lies that says it was closed."""


@dataclass(frozen=True)
class RecordedSession:
    """Content of a session's file.

    Parameters
    ----------
    path : Path
        The file.
    header : Mapping[str, Any]
        What its first line says of the project; empty where that is damaged.
    records : tuple of dict
        Changes, oldest first.
    base : Mapping[str, Any]
        Values before their first change, where the records do not say them.
    saved : int
        Number of the last record that is in the project's own files.
    n_damaged : int
        How many lines that may be edits which were not saved cannot be read. A last
        line without an end does not count: the session ended while it was written, and
        its edit was not made.
    end : int
        Bytes until the end of the last whole line.
    """

    path: Path
    header: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[dict[str, Any], ...] = ()
    base: Mapping[str, Any] = field(default_factory=dict)
    saved: int = 0
    n_damaged: int = 0
    end: int = 0

    @property
    def unsaved(self) -> tuple[dict[str, Any], ...]:
        """Records that are not known to be in the project's own files."""
        return tuple(r for r in self.records if r["n"] > self.saved)

    @property
    def place(self) -> Path | None:
        """Folder of the project then; None where that is not known."""
        try:
            return Path(os.fsdecode(bytes.fromhex(self.header["folder"])))
        except (KeyError, TypeError, ValueError):
            return None


def read_session(path: Path) -> RecordedSession:
    """Read a session's file; lines that are damaged are counted and left out.

    Raises
    ------
    ProjectError
        Where it cannot be read.
    """
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ProjectError(
            "The journal {} cannot be read: {}.", path, error.strerror
        ) from error
    end = data.rfind(b"\n") + 1
    header: dict[str, Any] = {}
    records: list[dict[str, Any]] = []
    base: dict[str, Any] = {}
    saved = n_damaged = 0
    for line in data[:end].splitlines():
        entry = parsed_line(line)
        if entry is None:
            n_damaged += 1
        elif "saved" in entry:
            saved = max(saved, int(entry["saved"]))
            if saved >= n_damaged + (records[-1]["n"] if records else 0):
                n_damaged = 0
        elif "base" in entry:
            base = {**entry["base"], **base}
        elif "n" in entry:
            records.append({**entry, "n": int(entry["n"])})
        else:
            header = entry
    return RecordedSession(path, header, tuple(records), base, saved, n_damaged, end)


def parsed_line(line: bytes) -> dict[str, Any] | None:
    """Read one line; None where it is damaged."""
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        value = json.loads(line[9:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_closed(path: Path) -> bool:
    """Tell by its last line whether all that a session recorded was saved."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    entry = parsed_line(last)
    return entry is not None and bool(entry.get("closed"))


@dataclass(frozen=True)
class FollowedParts:
    """Values of the parts that a session changed and had not saved.

    Parameters
    ----------
    had : Mapping[str, list]
        Every value that a part had, from what was saved last to the end. Nobody else
        changed a part that has one of these now: a save may have been cut off.
    final : Mapping[str, Any]
        The last ones.
    n_left_out : int
        Changes that build on a damaged record.
    """

    had: Mapping[str, list[Any]]
    final: Mapping[str, Any]
    n_left_out: int


def followed(session: RecordedSession, there: Callable[[str], Any]) -> FollowedParts:
    """Follow the values of all parts that have changes that are not saved.

    Parameters
    ----------
    session : RecordedSession
        What was recorded.
    there : callable
        Gives the value that a part has now.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError, EditError
        Where a record is damaged although its checksum is right.
    """
    values: dict[str, Any] = {}
    had: dict[str, list[Any]] = {}
    n_left_out = 0
    for record in session.records:
        for part, value in record.get("from", {}).items():
            values[part] = value_from_json(part, value)
        left_out = False
        for part, change in record["parts"].items():
            if part not in values:
                values[part] = _before(session, part, change, there)
            if record["n"] > session.saved:
                had.setdefault(part, []).append(values[part])
            try:
                values[part] = changed(part, values[part], change)
            except DoesNotFit:
                left_out = True
            if record["n"] > session.saved:
                had[part].append(values[part])
        n_left_out += left_out and record["n"] > session.saved
    return FollowedParts(had, {part: values[part] for part in had}, n_left_out)


def _before(
    session: RecordedSession,
    part: str,
    change: Mapping[str, Any],
    there: Callable[[str], Any],
) -> Any:
    """Find the value of a part before its first change."""
    if part in session.base:
        return value_from_json(part, session.base[part])
    # Where the session was cut off before it wrote that, nobody knows.
    return None if change.get("was", ...) is None else there(part)
