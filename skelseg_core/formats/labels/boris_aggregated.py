"""Aggregated events of BORIS: one row for each state.

Columns of version 8, of which any other may be missing: ``Observation id``, ``Source``,
``Time offset (s)``, ``Media duration (s)``, ``FPS (frame/s)``, ``Subject``,
``Behavior``, ``Modifier #1`` and so on, ``Behavior type`` (STATE or POINT),
``Start (s)`` and ``Stop (s)`` to the millisecond, ``Media file name``, ``Image index
start`` and ``stop``. A state goes from its start up to, not with, its stop.

Source: BORIS 8.27.4, ``export_observation.export_aggregated_events``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats import boris_rows as columns
from skelseg_core.formats import boris_tables as tables
from skelseg_core.formats.boris_events import State, class_of
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
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)",
    "Subject", "Observation duration by subject by observation", "Behavior",
    "Behavioral category", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)",
    "Media file name", "Image index start", "Image index stop",
    "Image file path start", "Image file path stop", "Comment start", "Comment stop",
)  # fmt: skip
_NEEDED = (columns.BEHAVIOR, columns.KIND, columns.START_S, columns.STOP_S)


class BorisAggregated(LabelFormat):
    """Aggregated events of BORIS."""

    name = "boris-aggregated"
    title = "BORIS aggregated events"
    about = (
        "One row for each state, in seconds to the millisecond, up to, not with, its "
        "stop."
    )
    cannot_hold = (
        "what is unlabelled, which labels are a model's, confidence and review."
    )
    suffixes = (".csv", ".tsv", ".txt")
    written_suffix = ".aggregated.csv"
    options = ("modifiers", "single_table")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header, which may come after other lines."""
        return columns.has_header(file, _NEEDED)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read states: a track for each observation, subject and video."""
        found = TableTracks(path)
        states: dict[tuple[str, str], list[State]] = {}
        for row in columns.rows_of(path, _NEEDED, "table of aggregated events"):
            if row.text(columns.KIND).upper() == "POINT":
                found.count_point(row)
                continue
            key = found.see(row), row.text(columns.SUBJECT)
            states.setdefault(key, []).append(_state(row, options.modifiers))
        for (name, subject), own in states.items():
            found.add(name, subject, own)
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
        """Format a row for each labelled segment."""
        return tables.table([HEADER, *_rows(video)])


def _state(row: Row, joined: bool) -> State:
    if row.text(columns.KIND).upper() != "STATE":
        raise FormatError(
            "{}: the behavior type is '{}'; it must be STATE or POINT.",
            row.where,
            row.text(columns.KIND),
        )
    name = class_of(row.name(columns.BEHAVIOR), row.modifiers, joined)
    if row.of_images:
        start, stop = row.seconds(columns.IMAGE_START), row.seconds(columns.IMAGE_STOP)
    else:
        offset = tables.offset_s(row)
        start = row.seconds(columns.START_S) - offset
        stop = row.seconds(columns.STOP_S) - offset
    return State(start, stop, name, row.place)


def _rows(video: LabelledVideo) -> list[list[str]]:
    times = in_milliseconds(video)
    labelled_ms = sum(last - first for first, last, _ in times)
    about = {
        **tables.about_video(video),
        "Observation type": "Media file",
        "Coding duration": f"{video.times.duration_s:.3f}",
        "Observation duration by subject by observation": f"{labelled_ms / 1000:.3f}",
        "Behavioral category": "Not defined",
        "Behavior type": "STATE",
    }
    made = []
    for (first, last, name), (start, stop, _) in zip(times, video.named(), strict=True):
        cells = {
            **about,
            "Behavior": name,
            "Start (s)": f"{first / 1000:.3f}",
            "Stop (s)": f"{last / 1000:.3f}",
            "Duration (s)": f"{(last - first) / 1000:.3f}",
            "Image index start": str(start),
            "Image index stop": str(stop),
        }
        made.append([cells.get(column, "") for column in HEADER])
    return made
