"""Intervals of the rows of a table, by a mapping of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import Interval, LabelTrack, Unit, said_of
from skelseg_core.formats.tables.mapped_table import MappedTable, time_cells
from skelseg_core.formats.tables.table import Row
from skelseg_core.formats.tables.table_file import BLANKS
from skelseg_core.formats.tables.table_times import (
    clock_seconds,
    doubtful_comma,
    number,
)
from skelseg_core.said import Said, counted

_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}
_STARTS = ("start", "begin", "on")
_STOPS = ("stop", "end", "off")
_ANNOTATORS = ("annotator", "rater", "coder")
"""Columns that say who labelled, which is neither a tier nor a person who is seen."""


def tracks_of(known: MappedTable, rate: float | None = None) -> list[LabelTrack]:
    """Make tracks of the rows: one of each video and subject.

    Parameters
    ----------
    known : MappedTable
    rate : float, optional
        Frames per second by which the table counts frames.

    Raises
    ------
    FormatError
        Where a cell is no time, or an interval ends before it begins; says the row
        and the column.
    """
    _check_signs(known)
    made: dict[tuple[str, str], list[Interval]] = {}
    for row, interval in _intervals(known):
        mapping = known.mapping
        video = known.cell(row, mapping.video) if mapping.video else ""
        subject = known.cell(row, mapping.subject) if mapping.subject else ""
        beside = known.beside(row)
        if subject:
            beside = (*beside, said_of("subject", subject))
        if beside:
            interval = replace(interval, beside=beside)
        if mapping.levels and not subject:
            subject = _level(interval.name, mapping.levels)
        made.setdefault((video, subject), []).append(interval)
    videos = [video for video, _ in made]
    several = len(set(videos)) < len(videos)
    unit: Unit = "frame" if known.mapping.unit == "frame" else "s"
    rate = rate if unit == "frame" else None
    column = ""
    if known.mapping.subject and known.header is not None:
        cells = known.header.cells
        column = cells[known.columns[known.mapping.subject]].strip().casefold()
    return [
        _of_one(LabelTrack(tuple(intervals), unit, video, (subject,), rate), column)
        if several and subject
        else LabelTrack(tuple(intervals), unit, video, rate=rate)
        for (video, subject), intervals in made.items()
    ]


def _of_one(track: LabelTrack, column: str) -> LabelTrack:
    """Say whether a track is a tier or a person, by the name of the column.

    A table without names of columns has tiers, as those of ELAN, or levels of detail.
    """
    (subject,) = track.picks
    if column in _ANNOTATORS:
        return replace(track, labelling=subject)
    said = said_of("subject", subject)
    own = tuple(
        replace(i, beside=tuple(b for b in i.beside if b != said))
        for i in track.intervals
    )
    if not column or column.startswith("tier"):
        return replace(track, intervals=own, tier=subject)
    return replace(track, intervals=own, people=(subject,))


def _level(name: str, endings: Sequence[str]) -> str:
    return "phases" if name.endswith(tuple(endings)) else "activities"


def _check_signs(known: MappedTable) -> None:
    cells = list(time_cells(known))
    decimal = known.table.separator in (";", "\t", "|", BLANKS)
    doubtful = doubtful_comma((cell for _, _, cell in cells), decimal)
    for row, name, cell in cells:
        if doubtful and cell == doubtful:
            raise _at(
                known,
                row,
                name,
                "'{}' may have a decimal comma or thousands separators; write times "
                "with a decimal point only.",
                cell,
            )


def _intervals(known: MappedTable) -> Iterable[tuple[Row, Interval]]:
    mapping = known.mapping
    if mapping.event and not mapping.duration and not mapping.stop:
        return _paired(known)
    if not mapping.stop and not mapping.duration:
        return _merged(_single_frames(known))
    return _whole(known)


def _named_rows(known: MappedTable) -> Iterator[tuple[Row, str]]:
    """Yield the rows that have a label, with it."""
    for row in known.rows:
        if name := known.cell(row, known.mapping.label):
            yield row, name


def _whole(known: MappedTable) -> Iterator[tuple[Row, Interval]]:
    mapping, place = known.mapping, known.table.place
    for row, name in _named_rows(known):
        if mapping.event and not _is(known.cell(row, mapping.event), _STARTS):
            continue
        start = _time(known, row, mapping.start)
        if mapping.duration:
            stop = start + _time(known, row, mapping.duration, origin=False)
            column = mapping.duration
        else:
            stop = _time(known, row, mapping.stop) + mapping.inclusive
            column = mapping.stop
        if stop < start or (stop == start and mapping.unit == "frame"):
            raise _ends_early(known, row, column)
        if stop > start:
            yield row, Interval(start, stop, name, place(row))


def _ends_early(known: MappedTable, row: Row, column: str) -> FormatError:
    if known.mapping.unit == "frame" and not known.mapping.inclusive:
        return _at(
            known,
            row,
            column,
            "'{}' is not after the start; if it is the last frame, choose inclusive "
            "stops (inclusive).",
            known.cell(row, column),
        )
    return _at(known, row, column, "'{}' is before the start.", known.cell(row, column))


def _single_frames(known: MappedTable) -> Iterator[tuple[Row, Interval]]:
    for row, name in _named_rows(known):
        start = _time(known, row, known.mapping.start)
        yield row, Interval(start, start + 1, name, known.table.place(row))


def _merged(frames: Iterable[tuple[Row, Interval]]) -> Iterator[tuple[Row, Interval]]:
    """Join rows of one frame each to intervals: runs of one label without gap."""
    begun: tuple[Row, Interval] | None = None
    for row, frame in frames:
        if begun and (begun[1].stop, begun[1].name) == (frame.start, frame.name):
            begun = begun[0], replace(begun[1], stop=frame.stop)
            continue
        if begun:
            yield begun
        begun = row, frame
    if begun:
        yield begun


def _paired(known: MappedTable) -> Iterator[tuple[Row, Interval]]:
    """Pair rows where a state begins with those where it ends."""
    mapping, place = known.mapping, known.table.place
    open_: dict[tuple[str, ...], tuple[Row, float]] = {}
    for row, name in _named_rows(known):
        said = known.cell(row, mapping.event)
        begins = _is(said, _STARTS)
        if not begins and not _is(said, _STOPS):
            continue
        of = [known.cell(row, c) for c in (mapping.video, mapping.subject) if c]
        key = (name, *of)
        at = _time(known, row, mapping.start)
        if begins == (key in open_):
            problem = "begins twice without an end" if begins else "ends, not begun"
            raise _at(known, row, mapping.event, "'{}' {}.", name, problem)
        if begins:
            open_[key] = row, at
            continue
        first, start = open_.pop(key)
        if at < start:
            raise _at(known, row, mapping.start, "'{}' ends before it begins.", name)
        if at > start:
            yield first, Interval(start, at, name, place(first))
    for (name, *_), (row, _) in open_.items():
        raise _at(known, row, mapping.event, "'{}' begins and never ends.", name)


def _is(said: str, words: Sequence[str]) -> bool:
    return any(word in words for word in said.casefold().replace("_", " ").split())


def _time(known: MappedTable, row: Row, column: str, origin: bool = True) -> float:
    """Read a time in seconds or frames, counted from the beginning of the video."""
    cell, unit = known.cell(row, column), known.mapping.unit
    if not cell:
        raise _at(known, row, column, "the time is missing.")
    value = clock_seconds(cell) if unit == "clock" else number(cell)
    if value is None or (unit == "frame" and not value.is_integer()):
        wanted = {"clock": "HH:MM:SS.ss", "frame": "a whole number of frames"}
        raise _at(
            known,
            row,
            column,
            "'{}' is not {}; correct it, or choose another column or unit.",
            cell,
            wanted.get(str(unit), "a number"),
        )
    if unit == "frame":
        value -= known.mapping.first_frame if origin else 0
    else:
        value /= _PER_SECOND.get(str(unit), 1.0)
    if value < 0:
        raise _at(known, row, column, "'{}' is before the start of the video.", cell)
    return value


def _at(
    known: MappedTable, row: Row, column: str, text: str, *values: object
) -> FormatError:
    names = known.header.cells if known.header else ()
    at = known.columns[column]
    shown = names[at] if at < len(names) else str(at + 1)
    return FormatError(
        "{}, {}, column '{}': {}",
        known.table.path,
        known.table.place(row),
        shown,
        Said(text, *values),
    )


def doubts(known: MappedTable, tracks: Sequence[LabelTrack]) -> list[str]:
    """List sentences on what of a table may be meant otherwise, or is left out."""
    found = list(known.table.notes)
    if known.mapping.unit == "frame":
        found += _frame_doubts(known, tracks)
    if known.mapping.unit == "clock" and known.table.word == "row":
        seconds = {clock_seconds(cell) for _, _, cell in time_cells(known)}
        if all(value is not None and value % 60 == 0 for value in seconds):
            found.append(
                "All times are whole minutes: a sheet reads 1:30 as an hour and a "
                "half; write 0:01:30 for a minute and a half."
            )
    n_points = _points(known)
    if n_points:
        does = (
            "has no duration or is a point event, and is"
            if n_points == 1
            else "have no duration or are point events, and are"
        )
        found.append(f"{counted(n_points, 'row')} {does} left out.")
    return found


def _frame_doubts(known: MappedTable, tracks: Sequence[LabelTrack]) -> list[str]:
    found = []
    pairs = [p for t in tracks for p in pairwise(t.intervals)]
    after = sum(b.start == a.stop + 1 for a, b in pairs)
    meet = sum(b.start == a.stop for a, b in pairs)
    stops = bool(known.mapping.stop) and not known.mapping.inclusive
    if stops and after > 1 and not meet:
        found.append(
            f"{after:,} intervals begin one frame after the stop of the one before; "
            "if the column of stops holds the last frame of an interval, choose "
            "inclusive stops (inclusive)."
        )
    first = min((i.start for t in tracks for i in t.intervals), default=0)
    if first == 1 and known.mapping.first_frame == 0:
        found.append(
            "The first interval begins at frame 1; if the table counts frames from "
            "1, set the first frame (first frame)."
        )
    return found


def _points(known: MappedTable) -> int:
    named = sum(1 for _ in _named_rows(known))
    mapping = known.mapping
    if mapping.event:
        said = [known.cell(row, mapping.event) for row, _ in _named_rows(known)]
        return sum(not _is(text, (*_STARTS, *_STOPS)) for text in said)
    if not mapping.stop and not mapping.duration:
        return 0
    return named - sum(1 for _ in _whole(known))
