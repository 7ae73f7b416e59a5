"""Events of BORIS: starts and stops become states, and states tracks of one medium.

Behaviours are states (with a start and a stop) or points. A file has no ends: events of
one subject, code and modifiers are by turns a start and a stop, in the order of time.
Times are those of the observation: media that play one after the other in the first
player follow each other in time; another player may be shifted by an offset.
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import (
    Interval,
    LabelTrack,
    LeftOut,
    Unit,
    VideoRow,
    check_tracks,
    one_line,
)

NO_FOCAL = "No focal subject"
"""BORIS's name of the subject of events that have none."""
SHORTEST_S = 0.001
"""Part of a state, in s, that is left out where a medium ends: BORIS rounds to it."""
COMMENTS = "comments"
"""Category of the behaviours whose points are comments."""
_REMARK = "comment"
POINTS = "Point events have no duration and were left out"
UNKNOWN = "Events whose behaviour is not in the list of behaviours were left out"
MOST_MEDIA = 1000
"""Videos of one player that are read."""
MOST_PIECES = 1_000_000
"""Parts of states in videos that are read."""
START, STOP = "START", "STOP"


class Event(NamedTuple):
    """A start or stop of a behaviour.

    Parameters
    ----------
    time : float
        In s since the observation began, or the number of an image.
    subject, code, modifiers : str
        Of whom, what, and how; ``|`` parts modifiers.
    place : str
        Where it stands in the file.
    says : {"START", "STOP", ""}
        What the file says it is, if it does.
    comment : str
        Text on it.
    """

    time: float
    subject: str
    code: str
    modifiers: str
    place: str
    says: Literal["START", "STOP", ""] = ""
    comment: str = ""


class State(NamedTuple):
    """A behaviour from ``start`` to ``stop``, without ``stop``.

    One that is ``alone`` has no stop and goes to the next event of its subject; or it
    has no start and lasts no time. ``beside`` is that of `Interval`.
    """

    start: float
    stop: float
    name: str
    place: str
    alone: bool = False
    beside: tuple[str, ...] = ()
    subject: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Medium:
    """A video of an observation, and when it plays there: from ``start`` to ``stop``.

    Parameters
    ----------
    path : str
        As the file has it.
    start, stop : float
        In s of the observation; ``stop`` is infinite for the last of a player.
    rate : float, optional
        Frames per second.
    """

    path: str
    start: float = 0.0
    stop: float = math.inf
    rate: float | None = None


def class_of(code: str, modifiers: str, joined: bool) -> str:
    """Name the class of a behaviour, with its modifiers where they are ``joined``.

    The name is that of BORIS's binary tables: ``walk (fast|left)``.
    """
    chosen = [m for m in modifiers.split("|") if m.strip() not in ("", "None")]
    return one_line(f"{code} ({'|'.join(chosen)})" if joined and chosen else code)


@functools.lru_cache(maxsize=1024)  # thousands of states share these
def beside(comment: bool, modifiers: str) -> tuple[str, ...]:
    """List what BORIS says of a state beside its behaviour, as `Interval.beside`."""
    found = ["comment"] if comment else []
    found += ["modifiers"] if modifiers.strip("|") not in ("", "None") else []
    return tuple(found)


def states_of(
    events: Iterable[Event], joined: bool, place: str = ""
) -> dict[str, list[State]]:
    """Pair starts and stops of an observation into states, by subject.

    Parameters
    ----------
    events : iterable of Event
    joined : bool
        Whether modifiers become part of the name of the class.
    place : str
        Where in the file the events stand.
    """
    begun: dict[tuple[str, str, str], Event] = {}
    found: dict[str, list[State]] = {}
    times: dict[str, list[float]] = {}

    def add(first: Event, stop: float, alone: bool = False, comment: str = "") -> None:
        name = class_of(first.code, first.modifiers, joined)
        at = f"{place}, {first.place}" if place else first.place
        if alone and first.modifiers:  # may tell it from a seeming pair
            at += f" ({first.modifiers})"
        modifiers = "" if joined else first.modifiers
        text = first.comment or comment
        said = beside(bool(text), modifiers)
        state = State(first.time, stop, name, at, alone, said, first.subject, text)
        found[first.subject or NO_FOCAL].append(state)

    def add_begun(event: Event) -> None:
        own = times[event.subject]
        later = bisect_right(own, event.time)
        add(event, own[later] if later < len(own) else math.inf, True)

    alone: list[Event] = []
    for event in sorted(events, key=lambda e: e.time):
        times.setdefault(event.subject, []).append(event.time)
        found.setdefault(event.subject or NO_FOCAL, [])
        key = event.subject, event.code, event.modifiers
        first = begun.pop(key, None)
        if first is None and event.says == STOP:
            add(event, event.time, True)
        elif first is not None and event.says != START:
            add(first, event.time, comment=event.comment)
        else:
            begun[key] = event
            alone += [first] if first is not None else []
    for event in (*alone, *begun.values()):
        add_begun(event)
    return found


def in_a_row(
    files: Sequence[tuple[str, float | None, float | None]],
    where: str,
    offset_s: float = 0.0,
) -> list[Medium]:
    """Line up media that play one after the other.

    Parameters
    ----------
    files : sequence of (str, float or None, float or None)
        Path, length in s, frames per second. The length of the last is not needed.
    where : str
        For the error.
    offset_s : float
        When the player begins; BORIS shifts a player of one medium only.

    Raises
    ------
    FormatError
        Where a length that is needed is not known.
    """
    if len(files) == 1:
        path, _, rate = files[0]
        return [Medium(path, offset_s, math.inf, rate)]
    if len(files) > MOST_MEDIA:
        raise FormatError(
            "{}: a player has {:,} videos, and skelseg reads at most {:,}; split the "
            "observation in BORIS.",
            where,
            len(files),
            MOST_MEDIA,
        )
    made, at = [], 0.0
    for n, (path, length, rate) in enumerate(files):
        last = n + 1 == len(files)
        if length is None and not last:
            raise FormatError(
                "{}: the length of {} is missing, so the start of the next video is "
                "unknown; add its length in BORIS (Edit observation) and save again.",
                where,
                path,
            )
        stop = math.inf if last or length is None else at + length
        made.append(Medium(path, at, stop, rate))
        at = stop
    return made


def on_media(
    states: Iterable[State], media: Sequence[Medium], where: str
) -> list[list[Interval]]:
    """Cut states to the media of one player, and count times from where each begins.

    Parameters
    ----------
    states : iterable of State
        In s of the observation.
    media : sequence of Medium
        One after the other.
    where : str
        For the error.

    Returns
    -------
    list of list of Interval
        For each of the media.

    Raises
    ------
    FormatError
        Where this makes more pieces than anybody can have labelled.
    """
    # What lies before the first video of a player is not lost without a word.
    starts = [-math.inf if m.start <= 0 else m.start for m in media]
    made: list[list[Interval]] = [[] for _ in media]
    n_pieces = 0
    for state in states:
        n = max(0, bisect_right(starts, state.start) - 1)
        while n < len(media) and (starts[n] < state.stop or starts[n] <= state.start):
            piece = _piece(state, starts[n], media[n])
            if piece is not None:
                made[n].append(piece)
                n_pieces += 1
            n += 1
        if n_pieces > MOST_PIECES:
            raise FormatError(
                "{}: its states give more than {:,} pieces in {:,} videos; check "
                "that it is the right file.",
                where,
                MOST_PIECES,
                len(media),
            )
    return made


def _begun_in(state: State, media: Sequence[Medium]) -> tuple[int, Interval]:
    """Find the medium in which a state that is alone begins, and cut it to that."""
    starts = [m.start for m in media]
    n = max(0, bisect_right(starts, state.start) - 1)
    stop, at = min(state.stop, media[n].stop), media[n].start
    return n, _interval(state, state.start - at, stop - at)


def _piece(state: State, begins: float, medium: Medium) -> Interval | None:
    """Cut a state to a medium; None where next to nothing is left."""
    start, stop = max(state.start, begins), min(state.stop, medium.stop)
    whole = start == state.start and stop == state.stop
    if not whole and stop - start < SHORTEST_S:
        return None
    at = medium.start
    return _interval(state, start - at, stop - at)


def _interval(state: State, start: float, stop: float) -> Interval:
    return Interval(start, stop, state.name, state.place, beside=state.beside)


def _split(
    states: Iterable[State], first: int = 0
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Make intervals of states, those apart that are alone, counted from ``first``."""
    made: tuple[list[Interval], list[Interval]] = [], []
    for s in states:
        made[s.alone].append(_interval(s, s.start - first, s.stop - first))
    return tuple(made[0]), tuple(made[1])


def _people_of(states: Iterable[State]) -> tuple[str, ...]:
    named = dict.fromkeys(s.subject for s in states)
    return tuple(name for name in named if name not in ("", NO_FOCAL))


def with_categories(
    tracks: Iterable[LabelTrack], categories: Mapping[str, str]
) -> Iterator[LabelTrack]:
    """Say of the classes of tracks which category their behaviours are of."""
    for track in tracks:
        used = (*track.names, *(i.name for i in track.unpaired))
        # A name may have modifiers behind.
        known = {n: n if n in categories else n.partition(" (")[0] for n in used}
        own = {n: categories[code] for n, code in known.items() if code in categories}
        yield replace(track, kinds={**categories, **own})


def extra_of(
    tracks: Iterable[LabelTrack], categories: Mapping[str, str]
) -> Iterator[LabelTrack]:
    """List points and comments by tier; of behaviours that hold these, the latter."""
    for track in with_categories(tracks, categories):
        code = track.tier
        remark = categories.get(code) == COMMENTS
        if track.what == "comments":
            tier = remark_tier(code) if remark else categories.get(code, "")
            yield replace(track, tier=tier, kinds={})
        elif not remark:
            yield replace(track, tier="")


def remark_code(tier: str) -> str:
    """Name the behaviour whose points are the comments on a tier, or on the video."""
    return f"{_REMARK} ({tier})" if tier else _REMARK


def remark_tier(code: str) -> str:
    """Return the tier that comments are on; empty where it is none, or the video."""
    return code.removeprefix(_REMARK).removeprefix(" (").removesuffix(")")


class EventTracks:
    """Tracks of a file of BORIS, and what labels cannot hold of it."""

    def __init__(self, path: Path) -> None:
        self.found: list[LabelTrack] = []
        self._path = path
        self.extra: list[LabelTrack] = []
        self.left_out: Counter[LeftOut] = Counter()

    def add(
        self,
        picks: tuple[str, ...],
        states: Iterable[State],
        media: Sequence[Medium],
        where: str,
    ) -> None:
        """Add the states of one subject in the videos of one player."""
        states = list(states)
        alone: dict[int, list[Interval]] = {}
        for n, interval in (_begun_in(s, media) for s in states if s.alone):
            alone.setdefault(n, []).append(interval)
        cut = on_media((s for s in states if not s.alone), media, where)
        for n, (medium, own) in enumerate(zip(media, cut, strict=True)):
            lone = tuple(alone.get(n, ()))
            if own or lone:
                people = _people_of(states)
                self._append(tuple(own), lone, medium.path, picks, people, medium.rate)

    def add_extra(
        self,
        name: str,
        states: Iterable[State],
        points: Sequence[State],
        players: Mapping[str, Sequence[Medium]],
        where: str,
        unit: Unit = "s",
    ) -> None:
        """Add points of an observation, and comments on its states and points.

        Each track is of one subject and behaviour, which is its tier for now.
        """
        commented = [state for state in states if state.comment]
        made: dict[tuple[str, str, bool], list[State]] = {}
        for state in points:
            made.setdefault((state.subject, state.name, False), []).append(state)
        for state in (*commented, *points):
            if state.comment and not state.alone:
                text = state._replace(name=state.comment, beside=())
                made.setdefault((state.subject, state.name, True), []).append(text)
        for (subject, code, remark), own in made.items():
            for media in players.values():
                for medium, cut in zip(media, on_media(own, media, where), strict=True):
                    self.extra += [
                        LabelTrack(
                            tuple(cut),
                            unit,
                            medium.path,
                            (name, subject or NO_FOCAL),
                            people=_people_of(own),
                            tier=code,
                            what="comments" if remark else "points",
                            labelling=name,
                        )
                    ] * bool(cut)

    def add_row(
        self,
        picks: tuple[str, ...],
        states: Iterable[State],
        row: VideoRow,
        rate: float | None,
    ) -> None:
        """Add the states of one subject to each video of a row, which will cut them."""
        states = list(states)
        made, people = _split(states), _people_of(states)
        for media in row.media:
            self._append(*made, media, picks, people, rate, in_row=row)

    def add_fault(self, picks: tuple[str, ...], error: FormatError) -> None:
        """Add an observation that cannot be read: it matters to whoever picks it."""
        self.found.append(LabelTrack((), picks=picks, fault=str(error)))

    def check_read(self) -> None:
        """Refuse a file of which no observation can be read; says why of the first."""
        faults = [track.fault for track in self.found if track.fault]
        if faults and len(faults) == len(self.found):
            raise FormatError("{}", faults[0])

    def add_images(
        self, picks: tuple[str, ...], states: Iterable[State], folders: Sequence[str]
    ) -> None:
        """Add states of a folder of images, whose events count images from 1.

        The first of ``picks`` is the observation; one of several folders is left out.
        """
        if len(folders) > 1:
            self._note(
                picks,
                f"Observation '{picks[0]}' has {len(folders)} folders of images and "
                "was left out; make one observation per folder in BORIS.",
            )
            return
        states = list(states)
        made, people = _split(states, first=1), _people_of(states)
        self._append(*made, "".join(folders), picks, people, unit="frame")

    def _append(
        self,
        intervals: tuple[Interval, ...],
        unpaired: tuple[Interval, ...],
        media: str,
        picks: tuple[str, ...],
        people: tuple[str, ...],
        rate: float | None = None,
        unit: Unit = "s",
        in_row: VideoRow | None = None,
    ) -> None:
        self.found.append(
            LabelTrack(
                intervals,
                unit,
                media,
                picks,
                rate,
                unpaired=unpaired,
                in_row=in_row,
                people=people,
                labelling="".join(picks[:1]),
            )
        )
        check_tracks(len(self.found), self._path)

    def say_live(self, picks: tuple[str, ...]) -> None:
        """Note that an observation is of no video."""
        self._note(
            picks,
            f"Observation '{picks[0]}' was live and has no video: its times count from "
            "its start; name the video that shows it.",
        )

    def _note(self, picks: tuple[str, ...], text: str) -> None:
        self.left_out[LeftOut(picks, text)] += 1
