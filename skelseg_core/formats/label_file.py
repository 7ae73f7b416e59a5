"""Labels as a file of any tool says them, before they become labels of videos.

A file holds tracks: a tier, the observation of a subject, a player or an annotator, of
one video each. A track is a list of intervals in the unit of the file, in seconds or
frames, which may overlap and leave gaps. `project.imports.label_import` finds the
videos, turns times into frames and says what becomes of overlaps and gaps.

Intervals are half-open: a reader adds one to the last frame of a format that includes
it, and takes one from frames that are counted from 1.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

from skelseg_core.errors import FormatError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.people import people_text
from skelseg_core.labels.points import Points
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.video.times import FrameTimes

Unit = Literal["s", "frame"]
"""Unit of the times of a track."""
MOST_LABELS = 300_000
"""Labels of a file that is read: more than a person gives in years."""
MOST_NAMED = 10
"""Behaviours that a note names, at most."""
MOST_TRACKS = 10_000
"""Tracks of a file that is read, of as many videos or people."""
SIGNED = "Labelled by "
"""Begins the comment of a file that says who gave the labels."""
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Guess(NamedTuple):
    """Frames ``[start, stop)`` whose label a model said; whether a person agreed."""

    start: int
    stop: int
    name: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """Label that a file gives the time from ``start`` to ``stop``, without ``stop``.

    Parameters
    ----------
    start, stop : float
        In the unit of the track; time 0 and frame 0 are where the video begins.
    name : str
        Of the class; empty where the file says that there is none.
    place : str
        Where the interval stands, for errors: ``"line 12"``, ``"event 4"``.
    source : {"human", "model", "import"}
        Who gave the label, where the file says so.
    reviewed, undecided, absent : bool
        Whether a person reviewed it; whether a person said that nobody can tell, and
        that because the subject is not there.
    confidence : float, optional
        0..1.
    beside : tuple of str
        What else the file says of it, for which labels have no place: ``"comment"``,
        ``"annotator 'Ann'"``.
    runs : tuple of Segment
        Who gave which frames, in a file of frames that says so; their class is none.
    segment : Segment, optional
        The segment that it is in another project: all but its class stays.
    """

    start: float
    stop: float
    name: str
    place: str = ""
    source: Source = field(default="import", kw_only=True)
    reviewed: bool = field(default=False, kw_only=True)
    undecided: bool = field(default=False, kw_only=True)
    absent: bool = field(default=False, kw_only=True)
    confidence: float | None = field(default=None, kw_only=True)
    beside: tuple[str, ...] = field(default=(), kw_only=True)
    runs: tuple[Segment, ...] = field(default=(), kw_only=True)
    segment: Segment | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class VideoRow:
    """Videos that played one after the other, of lengths that the file does not say.

    Parameters
    ----------
    media : tuple of str
        What the file calls them, in their order.
    total_s : float, optional
        How long they are together, if the file says so.
    """

    media: tuple[str, ...]
    total_s: float | None = None


@dataclass(frozen=True)
class LabelTrack:
    """Intervals of one video by one person, as a file has them.

    Parameters
    ----------
    intervals : tuple of Interval
        In the order of the file.
    unit : {"s", "frame"}
        Of their times.
    media : str
        What the file calls the video: a path, a file name, an address or an id; empty
        where it does not say.
    picks : tuple of str
        Names by which a person chooses this track among the others of the file: its
        tier, observation, subject, player, annotator. Empty in a file that has one.
    rate : float, optional
        Frames per second that the file says the video has, or counts frames by.
    n_frames : int, optional
        Frames that the file says the video has; where the unit is frames, labels are
        refused for a video that has another number.
    says_who : bool
        Whether the file says who gave each label: a person or a model.
    unpaired : tuple of Interval
        Events of which the file lacks the other end: from where they begin to the next
        event, which is at infinity where none follows; of those that only end, to where
        they begin.
    fault : str
        Why this part of the file cannot be read, and so has no intervals.
    in_row : VideoRow, optional
        Times are those of these videos together, and this track is of one of them.
    people : tuple of str
        Who is seen: subjects, participants.
    guesses : tuple of Guess
        What skelseg wrote with the labels of where they come from, in time.
    tier : str
        What is labelled, where the file says that: a tier, as of the left hand.
    kinds : mapping of str to str
        Tier of each class that the file declares, by its name, where it says that.
    vocabulary : tuple of str
        Names of the classes that the file declares for this track alone.
    what : {"segments", "points", "comments"}
        What the intervals are: labels, labels of moments, or remarks in place of names.
    labelling : str
        Name of the observation or annotator, if a file may label a video several times.
    of_scene : bool, optional
        Whether the labels are of nobody, if the file says that.
    """

    intervals: tuple[Interval, ...]
    unit: Unit = "s"
    media: str = ""
    picks: tuple[str, ...] = ()
    rate: float | None = None
    n_frames: int | None = None
    says_who: bool = False
    unpaired: tuple[Interval, ...] = ()
    fault: str = ""
    in_row: VideoRow | None = None
    people: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    tier: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    vocabulary: tuple[str, ...] = ()
    what: Literal["segments", "points", "comments"] = "segments"
    labelling: str = ""
    of_scene: bool | None = None

    @property
    def title(self) -> str:
        """Names of the track in one, for lists and errors."""
        return ", ".join(self.picks)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order in which they first come."""
        return tuple(dict.fromkeys(i.name for i in self.intervals if i.name))

    def media_in(self, names: Collection[str]) -> bool:
        """Tell whether the media, or its file name, is one of the names of a video."""
        return self.media in names or file_name_in(self.media) in names


class LeftOut(NamedTuple):
    """Contents of a track in a file that are not labels.

    Parameters
    ----------
    picks : tuple of str
        Names of the track, as `LabelTrack.picks`.
    why : str
        A sentence; the beginning of one where it is a ``code``.
    code : str
        Name of the behaviour.
    extra : bool
        Whether it comes in where tracks are kept.
    """

    picks: tuple[str, ...]
    why: str
    code: str = ""
    extra: bool = False


def left_out_of(extra: Iterable[LabelTrack]) -> dict[LeftOut, int]:
    """Count points and comments, which are left out unless tracks are kept."""
    why = "Points and comments left out"
    return {LeftOut(t.picks, why, t.title, True): len(t.intervals) for t in extra}


def notes_on(left_out: Mapping[LeftOut, int]) -> list[str]:
    """Write sentences on what is left out, and how often it is there."""
    found: dict[str, dict[str, int]] = {}
    for one, n in left_out.items():
        numbers = found.setdefault(one.why, {})
        numbers[one.code] = numbers.get(one.code, 0) + n
    return [_numbered(why, numbers) for why, numbers in found.items()]


def _numbered(what: str, numbers: Mapping[str, int]) -> str:
    """Say how many events of which behaviours were left out."""
    if "" in numbers:
        return what
    named = list(numbers.items())[:MOST_NAMED]
    first = [f"{code:.100} {n:,}" for code, n in named]
    more = len(numbers) - len(first)
    rest = f" and {more:,} more" if more else ""
    return f"{what}: {', '.join(first)}{rest}."


@dataclass(frozen=True)
class LabelFile:
    """A label file that was read.

    Parameters
    ----------
    path : Path
        The file.
    tracks : tuple of LabelTrack
        At least one.
    notes : tuple of str
        Whole sentences on what the file holds and labels cannot: point events, regions.
    classes : tuple of str
        Names of the classes that the file declares, used or not, in its order.
    colors : mapping of str to str
        Colours ``#rrggbb`` that the file gives classes, by name.
    author : str
        Who labelled, where the file says it.
    extra : tuple of LabelTrack
        Points and comments, which come in where tracks are kept.
    left_out : mapping of LeftOut to int
        What becomes no label, and how often it stands in the file.
    """

    path: Path
    tracks: tuple[LabelTrack, ...]
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    colors: Mapping[str, str] = field(default_factory=dict)
    author: str = ""
    extra: tuple[LabelTrack, ...] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse more labels and videos than anybody has."""
        check_number(sum(len(t.intervals) for t in self.tracks), self.path)
        check_tracks(len(self.tracks), self.path)

    def notes_of(
        self,
        wants: Callable[[tuple[str, ...]], bool] = lambda _: True,
        kept: bool = False,
    ) -> list[str]:
        """Write sentences on what the tracks that are wanted hold and labels cannot.

        Parameters
        ----------
        wants : callable
            Tells it by the names of a track; by default all are.
        kept : bool
            Whether points and comments come in.
        """
        said = {
            one: n
            for one, n in self.left_out.items()
            if wants(one.picks) and not (kept and one.extra)
        }
        return [*self.notes, *notes_on(said)]


class Remark(NamedTuple):
    """A comment on frames ``[start, stop)`` of a track, or of the whole video."""

    start: int
    stop: int
    text: str
    of_video: bool


@dataclass(frozen=True)
class LabelledVideo:
    """A video and its labels, as a writer of label files is given them.

    Parameters
    ----------
    id : str
        Of the video or the track, a file name without suffix.
    segmentation : Segmentation
        Of T frames.
    label_map : LabelMap
        Names of all classes of the tier.
    times : FrameTimes
        Of the T frames.
    media : Path, optional
        The video file or folder of images, absolute; None where there is none.
    out : Path, optional
        Folder that the file will lie in, for relative paths to the media.
    size : (int, int)
        Width and height of the picture in px; 0 where unknown.
    lane : str
        Name of the lane: ``"annotation"``, ``"prediction:NAME"``, ``"annotator:NAME"``.
    annotator : str
        Who gave the labels; empty where nobody said.
    people : tuple of str
        Who is seen; empty where nobody said.
    splits : tuple of (str, str)
        Splits for a training, and on which side it is: ``"train"`` or ``"test"``.
    video : str
        Id of the video, where the labels are those of one of several tracks.
    tier, person : str
        Name of the tier, and of the person if it is of one, of such a track.
    of_scene, points : bool
        Whether the tier is of nobody, and whether it has points, not segments.
    inside : str
        Name of the tier whose segments hold those of the track; empty where none does.
    marks : tuple of Point
        Those of a track of points.
    comments : tuple of Remark
        On the track, and with the first one those on the video.
    """

    id: str
    segmentation: Segmentation
    label_map: LabelMap
    times: FrameTimes
    media: Path | None = None
    out: Path | None = None
    size: tuple[int, int] = (0, 0)
    lane: str = "annotation"
    annotator: str = ""
    people: tuple[str, ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    video: str = ""
    tier: str = ""
    person: str = ""
    of_scene: bool = False
    points: bool = False
    inside: str = ""
    marks: Points = ()
    comments: tuple[Remark, ...] = ()

    @property
    def video_id(self) -> str:
        """Id of the video, of which there may be several tracks."""
        return self.video or self.id

    @property
    def subject(self) -> str:
        """Names of who is seen, in one text."""
        return people_text(self.people)

    @property
    def named_marks(self) -> list[tuple[int, str]]:
        """Frames and class names of the marks."""
        names = self.label_map
        return [(m.frame, class_name(names, m.class_id, m.frame)) for m in self.marks]

    def named(self) -> list[tuple[int, int, str]]:
        """List the labelled segments as frames ``[start, stop)`` and a class name.

        Raises
        ------
        FormatError
            Where times and labels do not cover the same frames, or a class has no name.
        """
        check_frames(self.segmentation, self.times)
        names = self.label_map
        return [
            (s.start, s.stop, class_name(names, s.class_id, s.start))
            for s in self.segmentation.segments
            if s.class_id is not None
        ]


def tracks_by_video(tracks: Iterable[LabelledVideo]) -> dict[str, list[LabelledVideo]]:
    """List the tracks of each video, by the id of the video."""
    found: dict[str, list[LabelledVideo]] = {}
    for track in tracks:
        found.setdefault(track.video_id, []).append(track)
    return found


def shared_names(tracks: Iterable[LabelledVideo]) -> set[str]:
    """Find the names of classes that several tiers have."""
    return names_of_several({t.tier: t.label_map.names for t in tracks})


def names_of_several(tiers: Mapping[str, Iterable[str]]) -> set[str]:
    """Find the names of classes that several tiers have, by the names of the tiers."""
    counts = Counter(name for names in tiers.values() for name in names)
    return {name for name, n in counts.items() if n > 1}


def name_in_tier(name: str, tier: str, shared: Collection[str]) -> str:
    """Name a class in a file with one list of classes; `without_tier` takes it back."""
    return f"{name} ({tier})" if name in shared else name


def without_tier(name: str, tier: str) -> str:
    """Return the name of a class as its tier has it; see `name_in_tier`."""
    return name.removesuffix(f" ({tier})") or name


def guess_lines(lane: Segmentation, label_map: LabelMap) -> list[str]:
    """Write the frames that a model labelled, a line each; see `read_guesses`."""
    words = {True: "agreed", False: "model"}
    return [
        f"{r.start} {r.stop} {words[r.class_reviewed]} {label_map.name_of(r.class_id)}"
        for r in lane.runs
        if r.source == "model"
    ]


def read_guesses(lines: Iterable[object]) -> tuple[Guess, ...]:
    """Read what `guess_lines` wrote; raises ValueError where it is nothing such."""
    made = []
    for line in lines:
        start, stop, word, name = str(line).split(" ", 3)
        made.append(Guess(int(start), int(stop), name, word == "agreed"))
    return tuple(sorted(made))


def one_line(name: str) -> str:
    """Turn a text of a file into a name of one line without outer blanks."""
    lines = (line.strip() for line in _LINE_BREAKS.split(name))
    return " ".join(line for line in lines if line)


def signature(video: LabelledVideo) -> str:
    """Say in a comment of a file who gave the labels; empty where nobody said."""
    who = one_line(video.annotator)
    return f"{SIGNED}{who}" if who else ""


def said_of(what: str, name: str) -> str:
    """Name an annotator, column or attribute of labels, for `Interval.beside`."""
    return f"{what} '{one_line(name):.60}'"


def file_name_in(media: str) -> str:
    """Find the name of the file in a path of any system, or in an address."""
    return media.replace("\\", "/").rpartition("/")[2]


def check_number(n_labels: int, path: Path) -> None:
    """Refuse a file of more labels than anybody gives.

    Readers call it while they read where few bytes make many labels.
    """
    if n_labels > MOST_LABELS:
        raise FormatError(
            "{} has more than {:,} labels; check that it is the right file, or split "
            "it.",
            path,
            MOST_LABELS,
        )


def check_tracks(n_tracks: int, path: Path) -> None:
    """Refuse a file of more videos or people than anybody labels."""
    if n_tracks > MOST_TRACKS:
        raise FormatError(
            "{} has labels of more than {:,} videos or people; check that it is the "
            "right file and column, or split it.",
            path,
            MOST_TRACKS,
        )


def framewise_track(names: Iterable[str], path: Path) -> LabelTrack:
    """Make a track of one class name per frame: every run of equal names is one.

    Raises
    ------
    FormatError
        Where there are more runs than a file may have labels.
    """
    made, at = [], 0
    for name, run in groupby(names):
        n = sum(1 for _ in run)
        made.append(Interval(at, at + n, name, f"frame {at}"))
        check_number(len(made), path)
        at += n
    return LabelTrack(tuple(made), "frame", n_frames=at)


def check_frames(segmentation: Segmentation, times: FrameTimes) -> None:
    """Refuse labels that do not cover the frames of the video they are written for.

    Raises
    ------
    FormatError
        Says both numbers.
    """
    if times.n_frames != segmentation.n_frames:
        raise FormatError(
            "The labels cover {} frames and the video has {}; export with the video "
            "that was labelled.",
            segmentation.n_frames,
            times.n_frames,
        )


def class_name(label_map: LabelMap, class_id: int, frame: int) -> str:
    """Return the name of a class, for a file that is written.

    Raises
    ------
    FormatError
        Where the project does not name the class; says at which frame it is used.
    """
    name = label_map.name_of(class_id)
    if not name:
        raise FormatError(
            "Frame {} has the class id {}, which the project lacks; relabel the "
            "segment or add the class.",
            frame,
            class_id,
        )
    return name


def media_path(video: LabelledVideo) -> str:
    """Name the video in a file: relative to the file where both lie on one disk."""
    if video.media is None:
        return video.id
    if video.out is not None:
        try:
            return Path(os.path.relpath(video.media, video.out)).as_posix()
        except ValueError:
            pass  # another drive of Windows
    return video.media.as_posix()
