"""Tables of intervals of any make: CSV, text with tabs, sheets of Excel.

Which column holds what is given by a `TableMapping`, or recognised by the usual names
of columns. Intervals are half-open unless the mapping says that the stop is included.
Times are seconds, milliseconds, microseconds, frames or clock times. The rows of
several videos may stand in one table, and so may those of several subjects.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.label_file import LabelFile, LabelTrack
from skelseg_core.formats.tables.mapped_table import has_columns, mapped, remembered
from skelseg_core.formats.tables.sheet_file import SHEET_SUFFIXES
from skelseg_core.formats.tables.table import Table
from skelseg_core.formats.tables.table_file import head_of_table, read_table
from skelseg_core.formats.tables.table_intervals import doubts, tracks_of
from skelseg_core.formats.tables.table_mapping import TableMapping
from skelseg_core.formats.tables.table_presets import PRESETS

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", *SHEET_SUFFIXES)
"""Endings of files that are tables, whatever their columns are."""
_SALADS = "-activityAnnotation"
"""End of the names of 50 Salads' annotations; the video is called ``rgb-`` and what
stands before."""
_REMEMBERED = "The columns are those that you chose before for tables with this header."


class AnyTable(LabelFormat):
    """Table with one row per interval, in any order of columns."""

    name = "csv"
    title = "any table (CSV, text, Excel)"
    about = (
        "One row per interval; columns of start, stop or duration, label and video, "
        "with usual names or as you choose."
    )
    suffixes = (*TABLE_SUFFIXES, ".txt")
    options = ("table", "rate")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a table by its columns; accept any workbook."""
        if file.suffix in SHEET_SUFFIXES:
            return file.head[:2] == b"PK"
        try:
            table = head_of_table(file.path, file.head[: 1 << 16])
        except FormatError:
            return False
        return bool(table.rows) and has_columns(table)

    def accepts(self, file: CandidateFile) -> bool:
        """Accept any table, whose columns a person names."""
        return file.suffix in TABLE_SUFFIXES or self.fits(file)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read the rows of all videos and subjects."""
        table = read_table(path)
        mapping, was_saved = known_mapping(table, options)
        notes = [_REMEMBERED] if was_saved else []
        known = mapped(table, mapping)
        tracks = tracks_of(known, options.rate)
        if not tracks:
            raise FormatError(
                "{} has no row with a label; choose another column of labels.", path
            )
        if path.stem.endswith(_SALADS):
            media = f"rgb-{path.stem.removesuffix(_SALADS)}"
            tracks = [_in_media(track, media) for track in tracks]
        return LabelFile(path, tuple(tracks), (*notes, *doubts(known, tracks)))


def known_mapping(
    table: Table, options: ReadOptions
) -> tuple[TableMapping | None, bool]:
    """Find what is known of the columns of a table before they are recognised.

    Returns
    -------
    mapping : TableMapping or None
        The one that was asked for, that of 50 Salads by the name of the file, or the
        one that was saved for this header.
    was_saved : bool
        Whether it was saved.
    """
    if options.table is not None:
        return options.table, False
    if table.path.stem.endswith(_SALADS):
        return PRESETS["50salads"].mapping, False
    store = options.saved_tables
    found = remembered(table, store) if store is not None else None
    return found, found is not None


def _in_media(track: LabelTrack, media: str) -> LabelTrack:
    return replace(track, media=track.media or media)
