"""Recognition of the columns of a table: by their usual names, or by what is in them.

Names are known in English, German, French, Spanish, Italian, Portuguese and Dutch,
with or without a unit: ``Begin Time - ss.msec``, ``start_frame``, ``Beginn [s]``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from skelseg_core.formats.tables.table import Row, Table
from skelseg_core.formats.tables.table_mapping import COLUMNS, TableMapping, TableUnit
from skelseg_core.formats.tables.table_presets import PRESETS
from skelseg_core.formats.tables.table_times import is_number, is_time

_NAMES: dict[str, tuple[str, ...]] = {
    "start": (
        *("start", "begin", "onset", "beginn", "anfang", "von", "from", "t start"),
        *("debut", "inicio", "comienzo", "inizio", "inicial", "tstart", "startzeit"),
        *("anfangszeit", "beginnzeit", "startzeitpunkt", "in", "first", "start in"),
        *("starttime", "begintime", "startframe", "beginning", "starting", "aanvang"),
    ),
    "stop": (
        *("stop", "end", "offset", "ende", "bis", "to", "until", "t end", "t stop"),
        *("fin", "fine", "fim", "final", "tend", "tstop", "endzeit", "stoppzeit"),
        *("schluss", "endzeitpunkt", "out", "last", "endtime", "stoptime", "endframe"),
        *("stopframe", "ending", "einde"),
    ),
    "duration": (
        *("duration", "dauer", "length", "lasting", "duree", "duracion", "durata"),
        *("duracao", "lange", "duur", "dur"),
    ),
    "label": (
        *("label", "labels", "class", "behavior", "behaviour", "action", "activity"),
        *("annotation", "class name", "label name", "category", "verhalten", "klasse"),
        *("aktion", "aktivitat", "handlung", "tatigkeit", "bezeichnung", "kategorie"),
        *("etiquette", "classe", "comportement", "categorie", "activite"),
        *("etiqueta", "clase", "comportamiento", "accion", "actividad", "categoria"),
        *("etichetta", "comportamento", "azione", "attivita", "gedrag", "code"),
        *("behavior name", "action name", "event", "name", "value"),
    ),
    "video": (
        *("video", "video id", "video name", "video file", "videoid", "file"),
        *("filename", "file name", "media", "media file", "media file name"),
        *("recording", "clip", "datei", "dateiname", "videodatei", "aufnahme"),
        *("fichier", "archivo", "fichero", "arquivo", "observation"),
    ),
    "subject": (
        *("subject", "tier", "animal", "participant", "person", "annotator", "rater"),
        *("coder", "subject id", "subjekt", "proband", "tier id", "sujet", "sujeto"),
        *("soggetto", "observer", "individual"),
    ),
}
"""Usual names of columns without accents and units, those meant first before others."""
_FRAME_NAMES = ("frame", "bild", "image", "bildnummer", "framenummer", "frames")
"""Names of the column of frame numbers where each row is one frame."""
_FILLERS = {
    *("time", "zeit", "temps", "tiempo", "tempo", "timestamp", "de", "der", "des"),
    *("of", "relative", "at", "point", "number", "nr", "no", "tijd", "du", "la", "le"),
}
"""Words of names that say nothing of what the column is."""
_UNITS: dict[str, TableUnit] = {
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "milliseconds"), "ms"),
    **dict.fromkeys(("millisecond", "millisekunden", "millisecondes"), "ms"),
    **dict.fromkeys(("us", "usec", "microseconds", "mikrosekunden"), "us"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "ss", "sf"), "s"),
    **dict.fromkeys(("sekunden", "secondes", "segundos", "secondi"), "s"),
    **dict.fromkeys(("frame", "frames", "bild", "index", "framenr", "fr"), "frame"),
    **dict.fromkeys(("hh", "hms", "hmsf", "mm"), "clock"),
}
"""Words of names that say the unit."""
_PREFERRED: tuple[TableUnit | None, ...] = ("ms", "s", None, "us", "frame", "clock")
"""Units in the order in which columns of the same times are taken: exact ones first."""
HEADER_ROWS = 60
"""Rows at the start of a table among which the names of the columns are looked for."""
_SAMPLE_ROWS = 200
"""Rows by which columns without names are recognised."""


def header_of(table: Table, mapping: TableMapping | None = None) -> Row | None:
    """Find the row that names the columns, below whatever a program writes above it.

    Parameters
    ----------
    table : Table
    mapping : TableMapping, optional
        Columns that are asked for: a row that names all of them is the header.
    """
    if mapping is not None and mapping.header is False:
        return None
    rows = table.rows[:HEADER_ROWS]
    if mapping is not None:
        asked = [getattr(mapping, name) for name in COLUMNS]
        names = {name.casefold() for name in asked if name and not name.isdecimal()}
        for row in rows:
            if names and names <= {cell.casefold() for cell in row.cells}:
                return row
    for row in rows:
        if recognised(row.cells).start:
            return row
    found = _above_times(table)
    if found is None and mapping is not None and mapping.header:
        return rows[0]
    return found


def says_times(name: str) -> bool:
    """Tell whether a column is called like one of times, which say nothing else."""
    return any(_candidates((name,), field) for field in ("start", "stop", "duration"))


def _above_times(table: Table) -> Row | None:
    """Find a row of several words that has times in all rows below it."""
    rows = table.rows[:_SAMPLE_ROWS]
    timed = [any(map(is_time, row.cells)) for row in rows]
    first = next((n for n in range(len(rows)) if all(timed[n:])), len(rows))
    if not 0 < first < len(rows) or timed[first - 1]:
        return None
    above = rows[first - 1]
    return above if len(set(above.cells) - {""}) > 1 else None


def recognised(header: Sequence[str]) -> TableMapping:
    """Recognise columns by their names; empty where the times or labels are not.

    A header of a preset is taken for its table.
    """
    names = set(header)
    for preset in PRESETS.values():
        if preset.known_by and names.issuperset(preset.known_by):
            return preset.mapping
    found = {field: _candidates(header, field) for field in _NAMES}
    times = _times(found)
    if not times.start and not found["stop"]:
        frames = [n for n in header if _plain(n)[0] in _FRAME_NAMES]
        frames = frames or [n for n in header if _plain(n) == ("", "frame")]
        if frames:
            times = TableMapping(start=frames[0], unit="frame")
    if not times.start:
        return TableMapping()
    return replace(
        times,
        label=_likeliest(found["label"]),
        video=_likeliest(found["video"]),
        subject=_likeliest(found["subject"]),
    )


_Found = list[tuple[str, TableUnit | None]]


def _times(found: dict[str, _Found]) -> TableMapping:
    """Choose the columns of start and stop, or duration, that have the same unit."""
    for unit in _PREFERRED:
        start = _first(found["start"], unit)
        stop, duration = _first(found["stop"], unit), _first(found["duration"], unit)
        if start and stop:
            return TableMapping(start=start, stop=stop, unit=unit)
        if start and duration:
            return TableMapping(start=start, duration=duration, unit=unit)
    return _half_said(found)


def _half_said(found: dict[str, _Found]) -> TableMapping:
    """Choose columns of which only one says the unit."""
    for (start, unit), other in product(found["start"], ("stop", "duration")):
        for name, theirs in found[other]:
            if unit is None or theirs is None:
                columns = {"start": start, other: name}
                return TableMapping(**columns, unit=unit or theirs)  # type: ignore[arg-type]
    return TableMapping()


def _likeliest(columns: _Found) -> str:
    return columns[0][0] if columns else ""


def _first(columns: _Found, unit: TableUnit | None) -> str:
    return next((name for name, said in columns if said == unit), "")


def _candidates(header: Sequence[str], field: str) -> _Found:
    """Find the columns with a usual name of a field, the likeliest first."""
    usual = _NAMES[field]
    found = []
    for name in header:
        plain, unit = _plain(name)
        if plain in usual and header.count(name) == 1:
            found.append((usual.index(plain), name, unit))
    return [(name, unit) for _, name, unit in sorted(found, key=lambda f: f[0])]


def _plain(name: str) -> tuple[str, TableUnit | None]:
    """Split a name into its words without accents and fillers, and its unit."""
    parted = re.sub(r"(?<=[a-zé])(?=[A-Z])", " ", name[:200])
    flat = unicodedata.normalize("NFKD", parted.casefold().replace("ß", "ss"))
    words = re.findall(r"[a-z0-9]+", flat.encode("ascii", "ignore").decode())
    units = [_UNITS[word] for word in words if word in _UNITS]
    if "hh" in words or "hms" in words or "hmsf" in words:
        unit: TableUnit | None = "clock"
    else:
        unit = units[0] if units else None
    kept = [w for w in words if w not in _UNITS and w not in _FILLERS]
    return " ".join(kept), unit


def by_content(table: Table) -> TableMapping:
    """Recognise the columns of a table that does not name them.

    The first column of times is the start; the next that is never before it is the
    stop; the label is the last column of words.
    """
    rows = [row.cells for row in table.rows[:_SAMPLE_ROWS]]
    width = min(len(row) for row in rows)
    columns = [[row[n] for row in rows] for n in range(width)]
    clocks = [n for n, column in enumerate(columns) if _all_clock(column)]
    numbers = [n for n, column in enumerate(columns) if all(map(is_number, column))]
    times = clocks if len(clocks) > 1 else numbers
    words = [
        n for n in range(max(len(row) for row in rows)) if n not in {*clocks, *numbers}
    ]
    if len(times) < 2 or not words:
        return TableMapping(header=False)
    mapping = TableMapping(
        start=str(times[0] + 1),
        stop=str(times[1] + 1),
        label=str(words[-1] + 1),
        unit="clock" if times is clocks else None,
        header=False,
    )
    if words[0] < times[0] and len(words) > 1:
        mapping = replace(mapping, subject=str(words[0] + 1))
    return mapping


def _all_clock(column: Sequence[str]) -> bool:
    return all(":" in cell and is_time(cell) for cell in column)
