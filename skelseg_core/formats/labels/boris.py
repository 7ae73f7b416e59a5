"""Projects of BORIS: one ``.boris`` file with the observations of many videos.

- JSON: ``behaviors_conf`` names the behaviours, ``observations`` has the events, each
  ``[time_s, subject, code, modifiers, comment, frame]``; older files leave the last one
  out. Times are seconds since the observation began, kept to the millisecond.
- A state goes from its start up to, not with, its stop. Which of the two an event is
  tells their number: see `boris_events`.
- An observation may be of several videos, one after the other or side by side, of
  folders of images (their events count images, from 1), or live, without a video.

Source: BORIS 8.27.4, ``project_functions.py``, ``core.py``, ``write_event.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from sys import intern
from typing import Any

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import (
    CandidateFile,
    LabelFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.json_values import (
    a_list,
    a_text,
    an_object,
    as_number,
    json_file,
    may_be_labels,
    read_label_json,
    seconds,
)
from skelseg_core.formats.label_file import (
    SIGNED,
    LabelFile,
    LabelledVideo,
    LeftOut,
    notes_on,
    one_line,
)
from skelseg_core.formats.label_parts.boris_events import (
    NO_FOCAL,
    POINTS,
    UNKNOWN,
    Event,
    EventTracks,
    Medium,
    State,
    extra_of,
    in_a_row,
    states_of,
    with_categories,
)
from skelseg_core.formats.label_parts.boris_project import PLAYERS, boris_project

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PACKED = (
    "is a packed project of BORIS; unpack it (gunzip), or save it in BORIS as "
    ".boris, and import that file."
)


class Boris(LabelFormat):
    """Project of BORIS."""

    name = "boris"
    title = "BORIS project"
    about = (
        "All videos in one BORIS project, in seconds to the millisecond, stop "
        "exclusive."
    )
    cannot_hold = (
        "what is unlabelled, which labels are a model's, confidence and review, and "
        "where comments end."
    )
    suffixes = (".boris",)
    written_suffix = ".boris"
    options = ("modifiers",)
    holds_tracks = True
    holds = ("gaps", "repeats", "points", "comments")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a project by its observations."""
        value = file.json if may_be_labels(file) else None
        return isinstance(value, dict) and "observations" in value

    def why_not(self, file: CandidateFile) -> str:
        """Say what to do with a project that BORIS has packed."""
        return _PACKED if file.path.name.lower().endswith(".boris.gz") else ""

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read every observation: a track for each of its subjects and videos."""
        return _Project(path, read_label_json(path), options.modifiers).read()

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format one project with an observation for each video."""
        names = dict.fromkeys(v.video_id for v in videos)
        name = next(iter(names)) if len(names) == 1 else "labels"
        return {f"{name}{self.written_suffix}": json_file(boris_project(videos))}


class _Project:
    """A project that is read."""

    def __init__(self, path: Path, value: Any, modifiers: bool) -> None:
        self.path = path
        self.value = an_object(value, str(path))
        self.modifiers = modifiers
        self.tracks = EventTracks(path)
        self.kinds: dict[str, bool] = {}
        self.colors: dict[str, str] = {}
        self.categories: dict[str, str] = {}
        self._read_behaviours()

    def _read_behaviours(self) -> None:
        where = f"{self.path}, behaviors_conf"
        conf = an_object(self.value.get("behaviors_conf", {}), where)
        for key, entry in conf.items():
            at = f"{where}, behaviour {key}"
            entry = an_object(entry, at)
            code = a_text(entry.get("code"), at)
            if category := entry.get("category"):
                self.categories[one_line(code)] = one_line(a_text(category, at))
            if entry.get("description"):
                self._leave_out((), "Descriptions of behaviours", code)
            self.kinds[code] = "STATE" in a_text(entry.get("type"), at).upper()
            color = entry.get("color")
            if isinstance(color, str) and _COLOR.fullmatch(color):
                self.colors[one_line(code)] = color.lower()

    def read(self) -> LabelFile:
        """Read all observations."""
        where = f"{self.path}, observations"
        observations = an_object(self.value.get("observations"), where)
        for name, value in observations.items():
            where = f"{self.path}, {_place(name)}"
            try:
                self._read_observation(name, an_object(value, where), where)
            except FormatError as error:
                self.tracks.add_fault((name,), error)
        self.tracks.check_read()
        found = tuple(with_categories(self.tracks.found, self.categories))
        extra = tuple(extra_of(self.tracks.extra, self.categories))
        if not found and not extra:
            raise FormatError(
                "{} has no state events of videos; {}",
                self.path,
                " ".join(notes_on(self.tracks.left_out))
                or "its observations are empty.",
            )
        states = tuple(
            one_line(code) for code, is_state in self.kinds.items() if is_state
        )
        classes = () if self.modifiers else states
        return LabelFile(
            self.path,
            found,
            classes=classes,
            colors=self.colors,
            extra=extra,
            left_out=self.tracks.left_out,
        )

    def _read_observation(
        self, name: str, value: Mapping[str, Any], where: str
    ) -> None:
        kind = a_text(value.get("type", "MEDIA"), f"{where}, type").upper()
        images = kind == "IMAGES"
        description = str(value.get("description") or "")
        if description and not description.startswith(SIGNED):
            self._leave_out((name,), "Descriptions of observations", name)
        said = value.get("independent_variables")
        said = said if isinstance(said, dict) else {}
        for variable in (n for n, text in said.items() if str(text).strip()):
            self._leave_out((name,), "Independent variables", variable)
        events = self._events(name, value, where, images)
        self.points: list[State] = []
        states = states_of(events, self.modifiers, _place(name))
        if images:
            at = f"{where}, directories_list"
            listed = a_list(value.get("directories_list", []), at)
            folders = [a_text(folder, at) for folder in listed]
            for subject, found in states.items():
                self.tracks.add_images((name, subject), found, folders)
            if len(folders) == 1:
                # They count from 1.
                players = {"": [Medium(folders[0], 1.0)]}
                every = chain(*states.values())
                self.tracks.add_extra(name, every, self.points, players, where, "frame")
            return
        if kind != "LIVE":
            players = _players(value, where)
        else:
            players = {"": [Medium("")]}
            for subject in states:
                self.tracks.say_live((name, subject))
        for subject, found in states.items():
            for player, media in players.items():
                several = (f"player {player}",) if len(players) > 1 else ()
                self.tracks.add((name, subject, *several), found, media, where)
        every = chain(*states.values())
        self.tracks.add_extra(name, every, self.points, players, where)

    def _leave_out(self, picks: tuple[str, ...], what: str, name: str) -> None:
        self.tracks.left_out[LeftOut(picks, f"{what} were left out", name)] += 1

    def _events(
        self, name: str, value: Mapping[str, Any], where: str, images: bool
    ) -> Iterator[Event]:
        """List the state events; count the others."""
        offset = 0.0 if images else _offset_s(value, where)
        needed, column = (6, 5) if images else (4, 0)
        events = a_list(value.get("events"), f"{where}, events")
        for n, event in enumerate(events, 1):
            fields = a_list(event, where, n)
            events[n - 1] = None  # both together would take twice the memory
            if len(fields) < needed:
                raise FormatError(
                    "{}, event {}: it has {} values instead of a time, subject, code "
                    "and modifiers; the file is damaged, restore it from a copy.",
                    where,
                    n,
                    len(fields),
                )
            # Thousands of events repeat a few words.
            subject, code, modifiers = (
                intern(a_text(v or "", where, n)) for v in fields[1:4]
            )
            said = str(fields[4] or "").strip() if fields[4:5] else ""
            if self.kinds.get(code, False):
                time = seconds(fields[column], where, n) - offset
                place = f"event {n}"
                yield Event(time, subject, code, modifiers, place, comment=said)
                continue
            is_point = code in self.kinds
            if is_point:
                time = seconds(fields[column], where, n) - offset
                point = State(time, time, code, f"event {n}", subject=subject)
                self.points.append(point._replace(comment=said))
            picks, why = (name, subject or NO_FOCAL), POINTS if is_point else UNKNOWN
            one = LeftOut(picks, why, code, is_point)
            self.tracks.left_out[one] += 1


def _place(observation: str) -> str:
    # Every state stores this text, so a long name is cut.
    return f"observation '{observation:.100}'"


def _offset_s(value: Mapping[str, Any], where: str) -> float:
    """Find what BORIS added to the time in the video when it noted an event."""
    offset = seconds(value.get("time offset") or 0, f"{where}, time offset")
    if not value.get("media_creation_date_as_offset"):
        return offset
    info = an_object(value.get("media_info", {}), f"{where}, media_info")
    created = an_object(
        info.get("media_creation_time", {}), f"{where}, media_creation_time"
    )
    times = list(created.values())
    since_1970 = as_number(times[0]) if len(times) == 1 else None
    if since_1970 is None:
        raise FormatError(
            "{}: its times count from the creation time of each of {} videos, and "
            "skelseg reads that for one video only; make an observation of each in "
            "BORIS.",
            where,
            len(times),
        )
    return offset + since_1970


def _players(value: Mapping[str, Any], where: str) -> dict[str, list[Medium]]:
    """Find the videos of each player, and when each plays in the observation."""
    info = an_object(value.get("media_info") or {}, f"{where}, media_info")
    lengths = an_object(info.get("length", {}), f"{where}, length")
    rates = an_object(info.get("fps", {}), f"{where}, fps")
    offsets = an_object(info.get("offset", {}), f"{where}, offset")
    # As in projects older than version 7.
    second = as_number(value.get("time offset second player")) or 0.0
    made = {}
    for player, paths in _files(value, where).items():
        files = [(p, as_number(lengths.get(p)), _rate(rates.get(p))) for p in paths]
        usual = second if player == "2" else 0.0
        offset = as_number(offsets.get(player, usual)) or 0.0
        made[player] = in_a_row(files, where, 0.0 if player == "1" else offset)
    if not made:
        raise FormatError(
            "{} names no video; add it in BORIS (Edit observation) and save again.",
            where,
        )
    return made


def _files(value: Mapping[str, Any], where: str) -> dict[str, list[str]]:
    """List the paths of each player that has some."""
    files = value.get("file")
    if isinstance(files, list):
        # As in the first version of BORIS: the one video of each player.
        files = {str(n): [path] for n, path in enumerate(files, 1)}
    found = {}
    for player, paths in an_object(files, f"{where}, file").items():
        at = f"{where}, file {player}"
        listed = [a_text(p, at) for p in a_list(paths, at)]
        if listed and player in PLAYERS:
            found[player] = listed
    return found


def _rate(value: Any) -> float | None:
    number = as_number(value)
    return number if number and number > 0 else None
