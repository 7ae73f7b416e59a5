"""Tabular events of BORIS: one row for each start and each stop.

Columns of version 8, of which any other may be missing: ``Observation id``, ``Source``,
``Time offset (s)``, ``Media duration (s)``, ``FPS``, ``Subject``, ``Behavior``,
``Modifier #1`` and so on, ``Behavior type`` (START, STOP or POINT), ``Time`` in seconds
to the millisecond, ``Media file name``, ``Image index``. Older versions say ``Status``
for ``Behavior type`` and ``Media file path`` for ``Media file name``. A state goes from
its start up to, not with, its stop.

Source: BORIS 8.27.4, ``export_observation.export_tabular_events``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from skelseg_core.errors import FormatError
from skelseg_core.formats import boris_rows as columns
from skelseg_core.formats import boris_tables as tables
from skelseg_core.formats.boris_events import START, STOP, Event, states_of
from skelseg_core.formats.boris_rows import Row
from skelseg_core.formats.boris_tables import TableTracks
from skelseg_core.formats.descriptors import (
    CandidateFile,
    LabelFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.label_file import LabelFile, LabelledVideo
from skelseg_core.formats.milliseconds import in_milliseconds

HEADER = (
    "Observation id", "Observation date", "Description", "Observation duration",
    "Observation type", "Source", "Time offset (s)", "Media duration (s)", "FPS",
    "Subject", "Behavior", "Behavioral category", "Behavior type", "Time",
    "Media file name", "Image index", "Image file path", "Comment",
)  # fmt: skip
_NEEDED = (columns.BEHAVIOR, columns.KIND, columns.TIME)


class BorisTabular(LabelFormat):
    """Tabular events of BORIS."""

    name = "boris-tabular"
    title = "BORIS tabular events"
    about = (
        "One row for each start and each stop of a behaviour, in seconds to the "
        "millisecond; a state goes up to, not with, its stop."
    )
    cannot_hold = (
        "what is unlabelled, which labels are a model's, confidence and review."
    )
    suffixes = (".csv", ".tsv", ".txt")
    written_suffix = ".tabular.csv"
    options = ("modifiers", "single_table")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header, which may come after other lines."""
        return columns.has_header(file, _NEEDED)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read starts and stops: a track for each observation, subject and video."""
        found = TableTracks(path)
        events: dict[str, list[Event]] = {}
        for row in columns.rows_of(path, _NEEDED, "table of tabular events"):
            event = _event(row)
            if event is None:
                found.count_point(row)
            else:
                events.setdefault(found.see(row), []).append(event)
        for name, own in events.items():
            unit = "image" if found.of_images(name) else "s"
            states = states_of(own, str(path), options.modifiers, unit)
            for subject, theirs in states.items():
                found.add(name, subject, theirs)
        return found.file()

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format a table for each video, or one for all."""
        if options.single_table:
            rows = [row for video in videos for row in _rows(video)]
            return {f"labels{self.written_suffix}": tables.table([HEADER, *rows])}
        return super().write_files(videos, options)

    def write_video(self, video: LabelledVideo) -> str:
        """Format a row for each start and stop, in the order of time."""
        return tables.table([HEADER, *_rows(video)])


def _event(row: Row) -> Event | None:
    """Read a start or a stop; None for a point event."""
    kind = row.text(columns.KIND).upper()
    says: Literal["START", "STOP"] = "START" if kind == START else "STOP"
    if kind not in (START, STOP):
        if kind == "POINT":
            return None
        raise FormatError(
            "{}: the behavior type is '{}'; it must be START, STOP or POINT.",
            row.where,
            kind,
        )
    if row.of_images:
        time = row.seconds(columns.IMAGE)
    else:
        time = row.seconds(columns.TIME) - tables.offset_s(row)
    code, subject = row.name(columns.BEHAVIOR), row.text(columns.SUBJECT)
    return Event(time, subject, code, row.modifiers, row.place, says)


def _rows(video: LabelledVideo) -> list[list[str]]:
    about = {
        **tables.about_video(video),
        "Observation duration": f"{video.times.duration_s:.3f}",
        "Observation type": "Media file(s)",
        "Image file path": "NA",
    }
    frames = [(start, stop) for start, stop, _ in video.named()]
    made = []
    for (first, last, name), (start, stop) in zip(
        in_milliseconds(video), frames, strict=True
    ):
        for kind, ms, frame in ((START, first, start), (STOP, last, stop)):
            cells = {
                **about,
                "Behavior": name,
                "Behavior type": kind,
                "Time": f"{ms / 1000:.3f}",
                "Image index": str(frame),
            }
            made.append([cells.get(column, "") for column in HEADER])
    return made
