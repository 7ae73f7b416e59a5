"""Tables of events that BORIS exports: videos of an observation, and its tracks.

Videos that play one after the other are those of the first player: a table does not say
how much later another player begins, and events are noted by the first.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.formats.boris_events import (
    MOST_MEDIA,
    NO_FOCAL,
    POINTS,
    Medium,
    State,
    in_a_row,
    left_out,
    on_media,
    seen_live,
    several_folders,
)
from skelseg_core.formats.boris_rows import (
    BEHAVIOR,
    LENGTH,
    MEDIUM,
    OBSERVATION,
    OBSERVED,
    OFFSET,
    RATE,
    SOURCE,
    Row,
    number_in,
)
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    media_path,
    signature,
)

MOST_OBSERVATIONS = 10_000
"""Observations of a table that is read."""
_PLAYER = re.compile(r"\|?player #(\d+):\s*", re.IGNORECASE)


def media_of(row: Row, shown: Sequence[str]) -> list[Medium]:
    """Find the videos of the first player, and when each plays in the observation.

    Parameters
    ----------
    row : Row
        Any of the observation.
    shown : sequence of str
        Videos that rows name as those that show the event: all that tables of old
        versions say.

    Raises
    ------
    FormatError
        Where it is not said how long a video is that another follows.
    """
    paths = _of_first_player(row.text(SOURCE))
    lengths = [number_in(text) for text in _of_first_player(row.text(LENGTH))]
    if not paths:
        paths, lengths = list(shown), []
    if not paths:
        return [Medium("")]
    rates = [_rate(number_in(text)) for text in _of_first_player(row.text(RATE))]
    n = len(paths)
    both = zip(_filled(lengths, n), _filled(rates, n), strict=True)
    files = [(path, *rest) for path, rest in zip(paths, both, strict=True)]
    return in_a_row(files, row.where)


def _of_first_player(text: str) -> list[str]:
    """List what a cell says of the media of the first player."""
    parts = _PLAYER.split(text)
    if len(parts) > 1:
        by_player = dict(zip(parts[1::2], parts[2::2], strict=True))
        return _parts(by_player.get("1", parts[2]))
    # Lengths and rates part players by the same sign, without their names.
    return _parts(text.split("|")[0])


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _filled(values: Sequence[float | None], n: int) -> list[float | None]:
    return [*values, *[None] * n][:n]


def _rate(value: float | None) -> float | None:
    return value if value and value > 0 else None


def offset_s(row: Row) -> float:
    """Find what was added to the time in the video when an event was noted."""
    return number_in(row.text(OFFSET)) or 0.0


@dataclass
class _Observation:
    """An observation: its first row, and the videos that its rows name."""

    first: Row
    shown: dict[str, None] = field(default_factory=dict)


class TableTracks:
    """Tracks that are made of the states of a table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tracks: list[LabelTrack] = []
        self._notes: dict[str, None] = {}
        self._points: dict[str, int] = {}
        self._seen: dict[str, _Observation] = {}

    def see(self, row: Row) -> str:
        """Note what a row says of its observation; return the name of that."""
        name = row.text(OBSERVATION)
        seen = self._seen.setdefault(name, _Observation(row))
        if len(self._seen) > MOST_OBSERVATIONS:
            raise FormatError(
                "{}: the file has more than {:,} observations; check that it is the "
                "right one.",
                row.where,
                MOST_OBSERVATIONS,
            )
        shown = row.text(MEDIUM)
        if shown and shown != "Not found" and len(seen.shown) <= MOST_MEDIA:
            seen.shown[shown] = None
        return name

    def of_images(self, name: str) -> bool:
        """Tell whether an observation is of a folder of images."""
        return self._seen[name].first.of_images

    def count_point(self, row: Row) -> None:
        """Count an event without a duration."""
        code = row.name(BEHAVIOR)
        self._points[code] = self._points.get(code, 0) + 1

    def add(self, name: str, subject: str, states: Sequence[State]) -> None:
        """Add the states of one subject of an observation."""
        seen = self._seen[name]
        picks = tuple(p for p in (name, subject) if p)
        if "live" in seen.first.text(OBSERVED).casefold():
            self._notes.setdefault(seen_live(name))
        if seen.first.of_images:
            self._add_images(seen.first, picks, states)
            return
        media = media_of(seen.first, list(seen.shown))
        found = on_media(states, media, seen.first.where)
        for medium, own in zip(media, found, strict=True):
            if own:
                track = LabelTrack(
                    tuple(own), media=medium.path, picks=picks, rate=medium.rate
                )
                self._tracks.append(track)

    def _add_images(
        self, row: Row, picks: tuple[str, ...], states: Sequence[State]
    ) -> None:
        folders = _parts(row.text(SOURCE))
        if len(folders) > 1:
            said = several_folders(row.text(OBSERVATION), len(folders))
            self._notes.setdefault(said)
            return
        intervals = tuple(
            Interval(s.start - 1, s.stop - 1, s.name, s.place) for s in states
        )
        track = LabelTrack(intervals, "frame", "".join(folders), picks)
        self._tracks.append(track)

    def file(self) -> LabelFile:
        """Make the file of what was added."""
        notes = [*self._notes, *left_out(self._points, POINTS)]
        if not self._tracks:
            # As of a video without a label.
            notes.insert(0, "It holds no state events.")
            self._tracks.append(LabelTrack(()))
        return LabelFile(self._path, tuple(self._tracks), tuple(notes))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Format rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def about_video(video: LabelledVideo) -> dict[str, str]:
    """Say what rows of a video have in common, by the names of BORIS's columns."""
    duration_s = video.times.duration_s
    rate = video.times.n_frames / duration_s if duration_s else 0.0
    return {
        "Observation id": video.id,
        "Description": signature(video),
        "Source": f"player #1:{media_path(video)}",
        "Time offset (s)": "0.0",
        "Media duration (s)": f"{duration_s:.3f}",
        "FPS": f"{rate:.3f}",
        "FPS (frame/s)": f"{rate:.3f}",
        "Subject": video.subject or NO_FOCAL,
        "Media file name": media_path(video),
    }
