"""Tables of events that BORIS exports: tabular and aggregated.

A state goes from its start up to, not with, its stop, in seconds to the millisecond. Of
the columns of version 8 any may be missing but those of the behaviour, its type and its
times; older versions say ``Status`` for ``Behavior type`` and ``Media file path`` for
``Media file name``.

Source: BORIS 8.27.4, ``export_observation.export_tabular_events`` and
``export_aggregated_events``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from skelseg_core.formats.descriptors import (
    CandidateFile,
    LabelFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.label_file import (
    LabelFile,
    LabelledVideo,
    media_path,
    signature,
    tracks_by_video,
)
from skelseg_core.formats.label_parts import boris_rows as columns
from skelseg_core.formats.label_parts.boris_events import (
    NO_FOCAL,
    START,
    STOP,
    Event,
    State,
    beside,
    class_of,
    states_of,
)
from skelseg_core.formats.label_parts.boris_project import events_of
from skelseg_core.formats.label_parts.boris_rows import Observations, Row

_SUFFIXES = (".csv", ".tsv", ".txt")


class BorisTabular(LabelFormat):
    """Tabular events of BORIS: one row for each start and each stop."""

    name = "boris-tabular"
    title = "BORIS tabular events"
    about = (
        "One row per start and per stop of a behaviour, in seconds to the millisecond, "
        "stop exclusive."
    )
    cannot_hold = (
        "what is unlabelled, which labels are a model's, confidence and review, and "
        "where comments end."
    )
    suffixes = _SUFFIXES
    written_suffix = ".tabular.csv"
    options = ("modifiers", "single_table")
    holds_tracks = True
    holds = ("gaps", "repeats", "points", "comments")
    header = (
        "Observation id", "Observation date", "Description", "Observation duration",
        "Observation type", "Source", "Time offset (s)", "Media duration (s)", "FPS",
        "Subject", "Behavior", "Behavioral category", "Behavior type", "Time",
        "Media file name", "Image index", "Image file path", "Comment",
    )  # fmt: skip
    needed = (columns.BEHAVIOR, columns.KIND, columns.TIME)

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header, which may come after other lines."""
        return columns.has_header(file, self.needed)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read starts and stops: a track for each observation, subject and video."""
        found = Observations(path)
        events: dict[str, list[Event]] = {}
        called = "table of tabular events"
        for name, kind, row in found.rows(self.needed, called, (START, STOP)):
            events.setdefault(name, []).append(_event(row, kind))
        for name, own in events.items():
            for subject, theirs in states_of(own, options.modifiers).items():
                found.add(name, subject, theirs)
        return found.file()

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format a table for each video, or one for all."""
        if options.single_table:
            return {f"labels{self.written_suffix}": self.write_tracks(videos)}
        return super().write_files(videos, options)

    def write_tracks(self, tracks: Sequence[LabelledVideo]) -> str:
        """Format the table of the videos of these tracks."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.header)
        for of_video in tracks_by_video(tracks).values():
            about = _about(of_video[0])
            for e in events_of(of_video, tracks):
                row = {
                    **about,
                    "Subject": e.subject or NO_FOCAL,
                    "Behavior": e.code,
                    "Behavioral category": e.category,
                    "Behavior type": e.kind,
                    "Time": f"{e.ms / 1000:.3f}",
                    "Image index": str(e.frame),
                    "Comment": e.comment,
                }
                writer.writerow([row.get(column, "") for column in self.header])
        return buffer.getvalue()


def _event(row: Row, kind: str) -> Event:
    """Read a start or a stop."""
    return Event(
        row.time(columns.TIME, columns.IMAGE),
        row.text(columns.SUBJECT),
        row.name(columns.BEHAVIOR),
        row.modifiers,
        row.place,
        "START" if kind == START else "STOP",
        row.text(columns.COMMENT),
    )


class BorisAggregated(LabelFormat):
    """Aggregated events of BORIS: one row for each state; they are read only."""

    name = "boris-aggregated"
    title = "BORIS aggregated events"
    about = "One row per state, in seconds to the millisecond, stop exclusive."
    suffixes = _SUFFIXES
    options = ("modifiers",)
    needed = (columns.BEHAVIOR, columns.KIND, columns.START_S, columns.STOP_S)

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header, which may come after other lines."""
        return columns.has_header(file, self.needed)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read states: a track for each observation, subject and video."""
        found = Observations(path)
        states: dict[tuple[str, str], list[State]] = {}
        called = "table of aggregated events"
        for name, _, row in found.rows(self.needed, called, ("STATE",)):
            key = name, row.text(columns.SUBJECT)
            states.setdefault(key, []).append(_state(row, options.modifiers))
        for (name, subject), own in states.items():
            found.add(name, subject, own)
        return found.file()


def _state(row: Row, joined: bool) -> State:
    name = class_of(row.name(columns.BEHAVIOR), row.modifiers, joined)
    start = row.time(columns.START_S, columns.IMAGE_START)
    stop = row.time(columns.STOP_S, columns.IMAGE_STOP)
    text = row.text(columns.COMMENT_START) or row.text(columns.COMMENT_STOP)
    said = beside(bool(text), "" if joined else row.modifiers)
    subject = row.text(columns.SUBJECT)
    return State(start, stop, name, row.place, False, said, subject, text)


def _about(video: LabelledVideo) -> dict[str, str]:
    """Say what rows of a video have in common, by the names of BORIS's columns."""
    duration_s = video.times.duration_s
    rate = video.times.n_frames / duration_s if duration_s else 0.0
    return {
        "Observation id": video.video_id,
        "Observation duration": f"{video.times.duration_s:.3f}",
        "Observation type": "Media file(s)",
        "Image file path": "NA",
        "Description": signature(video),
        "Source": f"player #1:{media_path(video)}",
        "Time offset (s)": "0.0",
        "Media duration (s)": f"{duration_s:.3f}",
        "FPS": f"{rate:.3f}",
        "Media file name": media_path(video),
    }
