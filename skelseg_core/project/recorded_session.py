"""Read what a session recorded, and follow the values of the parts that it changed."""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.part_changes import (
    DoesNotFit,
    PartChange,
    change_to_json,
    changed,
    lane_of_part,
    pasted,
    pieces_of,
    value_from_json,
    video_of_part,
    video_part,
)

VERSION = 6
"""Of the records, so that a newer one is noticed."""
TAIL_BYTES = 4096
"""Bytes at the end of a file in which the line lies that says it was closed."""
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, EditError)


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
    saving : frozenset of int
        Numbers of the last records of saves that began and did not end: some of the
        project's files may be of one of them.
    n_damaged : int
        How many lines that may be edits which were not saved cannot be read. A last
        line without an end does not count: the session ended while it was written, and
        its edit was not made.
    end : int
        Bytes until the end of the last whole line.
    given : frozenset of str
        Other folders to which its edits were offered.
    renumbered : int
        Number of the last record before classes got other ids; 0 where none did.
    wrote : frozenset of (int, str)
        Files that such a save wrote: its last record, and the file's name.
    """

    path: Path
    header: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[dict[str, Any], ...] = ()
    base: Mapping[str, Any] = field(default_factory=dict)
    saved: int = 0
    n_damaged: int = 0
    end: int = 0
    given: frozenset[str] = frozenset()
    saving: frozenset[int] = frozenset()
    wrote: frozenset[tuple[int, str]] = frozenset()
    renumbered: int = 0

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
    given: set[str] = set()
    begun: list[dict[str, Any]] = []
    saved = n_damaged = 0
    for line in data[:end].splitlines():
        entry = parsed_line(line)
        if entry is None:
            n_damaged += 1
        elif "saved" in entry:
            saved = max(saved, int(entry["saved"]))
            if saved >= n_damaged + (records[-1]["n"] if records else 0):
                n_damaged = 0
        elif entry.keys() & {"saving", "wrote", "renumbered"}:
            begun.append(entry)
        elif "base" in entry:
            base = {**entry["base"], **base}
        elif "given" in entry:
            given.add(str(entry["given"]))
        elif "n" in entry:
            records.append({**entry, "n": int(entry["n"])})
        else:
            header = entry
    return RecordedSession(
        path,
        header,
        tuple(records),
        base,
        saved,
        n_damaged,
        end,
        frozenset(given),
        frozenset(n for e in begun if (n := int(e.get("saving", 0))) > saved),
        frozenset((int(e["at"]), str(e["wrote"])) for e in begun if "wrote" in e),
        max((int(e.get("renumbered", 0)) for e in begun), default=0),
    )


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


@dataclass
class FollowedParts:
    """Values of the parts that a session changed and had not saved.

    Parameters
    ----------
    known : dict
        As they were saved last, by part; where a save did not end and wrote the file
        of a lane, or what is there now is more like what it was to write, as in that.
    final : dict
        As they were in the end.
    met : set of str
        Parts that are now as they were saved last, as a save that did not end was to
        write them, or as they were in the end: nobody else changed them. A value that
        they had between saves was in no file of ours: who put it there is another.
    unsure : set of str
        Lanes of which nobody knows what they were: the changes are made of what is
        there now.
    pasted : set of str
        Those of them that were changed by somebody else where the changes are.
    n_left_out : int
        Changes that build on a damaged record.
    """

    known: dict[str, Any] = field(default_factory=dict)
    final: dict[str, Any] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    pasted: set[str] = field(default_factory=set)
    n_left_out: int = 0


def followed(
    session: RecordedSession,
    there: Callable[[str], Any],
    file_of: Callable[[str, str], str] = lambda video_id, lane: "",
) -> FollowedParts:
    """Follow the values of all parts that have changes that are not saved.

    Parameters
    ----------
    session : RecordedSession
        What was recorded.
    there : callable
        Gives the value that a part has now.
    file_of : callable
        Gives the name of the file of a video's lane.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError, EditError
        Where a record is damaged although its checksum is right.
    """
    found = FollowedParts()
    wanted = {p for r in session.unsaved for p in r["parts"]}
    now = {part: there(part) for part in wanted}
    values: dict[str, Any] = {}
    for record in session.records:
        for part, value in record.get("from", {}).items():
            values[part] = value_from_json(part, value)
        saved = record["n"] <= session.saved
        left_out = False
        for part, change in record["parts"].items():
            if part not in values:
                values[part] = _before(session, part, change, now, found)
            if not saved:
                _note_known(found, part, values[part], now)
            left_out |= not _make(found, values, part, change)
        found.n_left_out += left_out and not saved
        if record["n"] in session.saving:
            _note_saving(found, values, now)
            names = {name for n, name in session.wrote if n == record["n"]}
            _note_wrote(found, values, now, file_of, names)
    found.final = {part: values[part] for part in found.known}
    found.met |= {p for p, value in found.final.items() if value == now.get(p)}
    _add_entries(found, values, there)
    return found


def _before(
    session: RecordedSession,
    part: str,
    change: Mapping[str, Any],
    now: Mapping[str, Any],
    found: FollowedParts,
) -> Any:
    """Find the value of a part before its first change."""
    if part in session.base:
        return value_from_json(part, session.base[part])
    if change.get("was", ...) is None:
        return None
    found.unsure.add(part)
    return now.get(part)


def _note_known(
    found: FollowedParts, part: str, value: Any, now: Mapping[str, Any]
) -> None:
    if part not in found.known:
        found.known[part] = value
        if value == now.get(part):
            found.met.add(part)


def _note_saving(
    found: FollowedParts, values: Mapping[str, Any], now: Mapping[str, Any]
) -> None:
    """Take the values of a save that did not end for known where it got to a file."""
    for part, known in found.known.items():
        there = now.get(part)
        if values[part] == there:
            found.met.add(part)
        elif part not in found.met and _distance(part, values[part], there) < (
            _distance(part, known, there)
        ):
            found.known[part] = values[part]


def _note_wrote(
    found: FollowedParts,
    values: Mapping[str, Any],
    now: Mapping[str, Any],
    file_of: Callable[[str, str], str],
    names: Collection[str],
) -> None:
    """Take the values that a save wrote for known; project.json is not one value."""
    for part in found.known:
        lane = lane_of_part(part)
        if lane is None or file_of(*lane) not in names:
            continue
        # The file of a new lane says nothing until project.json names the lane.
        if found.known[part] is None and "project.json" not in names:
            continue
        found.known[part] = values[part]
        found.met.discard(part)
        if values[part] == now.get(part):
            found.met.add(part)


def _distance(part: str, a: Any, b: Any) -> float:
    """Tell how much of the value of a part differs."""
    if a is None or b is None:
        return 0.0 if a is b else math.inf
    if lane_of_part(part) is None:
        return len(json.dumps(change_to_json(part, PartChange(a, b))))
    one, other = Segmentation(a).to_frames(), Segmentation(b).to_frames()
    return float((one != other).sum()) if len(one) == len(other) else math.inf


def _make(
    found: FollowedParts, values: dict[str, Any], part: str, change: Mapping[str, Any]
) -> bool:
    """Make one change; False where it builds on something that is not there."""
    try:
        values[part] = changed(part, values[part], change)
    except DoesNotFit:
        if lane_of_part(part) is None or part not in found.unsure or not values[part]:
            return False
        puts = [value_from_json(part, piece["put"]) for piece in pieces_of(change)]
        if not all(puts):
            return False
        for put in puts:
            values[part] = pasted(values[part], put)
        found.pasted.add(part)
    return True


def _add_entries(
    found: FollowedParts, values: Mapping[str, Any], there: Callable[[str], Any]
) -> None:
    """Add the entries of videos of which only a lane changed."""
    for part in list(found.known):
        entry = video_part(video_of_part(part))
        if entry in values and entry not in found.known:
            _note_known(found, entry, values[entry], {entry: there(entry)})
            found.final[entry] = values[entry]
