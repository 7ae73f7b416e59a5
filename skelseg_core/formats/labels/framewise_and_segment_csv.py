"""Label files of skelseg: framewise CSV and segment CSV.

Intervals are half-open: a segment is the frames ``start_frame .. stop_frame - 1``, and
``stop_s`` is the time at which the frame ``stop_frame`` is (or would be) shown. Files
are UTF-8 with LF and a header; pandas reads them without arguments. Unlabelled is an
empty ``label``, an empty ``class_id`` and an empty ``source``; what a person left
undecided is unlabelled, too, with the source ``undecided``. ``reviewed`` is true
where a person reviewed the class of a segment and both its ends. Where a
person reviewed the class of a model's label alone, ``source`` is ``agreed``. Where
the frames of a segment come from several places, the framewise table says so by frame,
and the segment table as ``human 22, model 3``: sources and numbers of frames. A column
``video`` says which video a row is of: each has a track. It is written, with the
columns ``subject`` and ``annotator``, where all videos go into one table, for R and
pandas. Where a video has several tracks, the columns ``tier`` and ``person`` say which
of them a row is of, and the rows of a track stand together. Where there are points or
comments, a column ``kind`` says of each row that it is one of a ``segment``, a
``point`` or a ``comment``; the label of a comment is its text, and it is on the whole
video where tier and person are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast, get_args

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import (
    ALL_HELD,
    CandidateFile,
    LabelFormat,
    ReadOptions,
    WriteOptions,
)
from skelseg_core.formats.label_file import (
    Interval,
    LabelFile,
    LabelledVideo,
    LabelTrack,
    check_number,
    left_out_of,
    said_of,
)
from skelseg_core.formats.label_parts.framewise_and_segment_rows import (
    ABSENT,
    AGREED,
    COMMENT,
    FRAMEWISE_HEADER,
    KIND,
    POINT,
    SEGMENT,
    SEGMENT_HEADER,
    SINGLE,
    TRACK_COLUMNS,
    UNDECIDED,
    frame_rows,
    segment_rows,
    table,
    truth,
)
from skelseg_core.labels.segmentation import Segment, Source
from skelseg_core.text_files import read_csv_rows


class _OwnCsv(LabelFormat):
    """CSV file of labels with columns of skelseg's own."""

    cannot_hold = "which boundary of a segment a person reviewed, if not both, and how."
    holds = (*ALL_HELD, "points", "comments", "ends")
    suffixes = (".csv",)
    options = ("single_table",)
    holds_tracks = True

    def _table(self, videos: Sequence[LabelledVideo], single: bool = False) -> str:
        raise NotImplementedError

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format a table of each video in a file, or one of them all."""
        if options.single_table:
            return {f"{SINGLE}{self.written_suffix}": self._table(videos, single=True)}
        return super().write_files(videos, options)

    def write_tracks(self, tracks: Sequence[LabelledVideo]) -> str:
        """Format the table of a video."""
        return self._table(tracks)


class FramewiseCsv(_OwnCsv):
    """CSV file of labels with one row per frame."""

    name = "framewise-csv"
    title = "framewise CSV"
    about = "One row per frame, from 0, with the index of its segment."
    written_suffix = ".csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header."""
        return {"frame", "label"} <= set(file.header)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read a file that has the columns ``frame`` and ``label`` at least.

        Without ``segment``, segments are runs of equal labels; without ``source``,
        labels count as imported; without ``reviewed``, a person's labels count as
        reviewed and no others.
        """
        return _read_framewise(path)

    def _table(self, videos: Sequence[LabelledVideo], single: bool = False) -> str:
        return table(FRAMEWISE_HEADER, frame_rows, videos, single=single)


class SegmentCsv(_OwnCsv):
    """CSV file of labels with one row per segment."""

    name = "segment-csv"
    title = "segment CSV"
    about = "One row per segment, from start_frame to stop_frame, stop exclusive."
    written_suffix = ".segments.csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by its header."""
        return set(_NEEDED) <= set(file.header)

    def read_file(self, path: Path, options: ReadOptions) -> LabelFile:
        """Read rows in any order; frames that none covers are unlabelled."""
        return _read_segments(path)

    def _table(self, videos: Sequence[LabelledVideo], single: bool = False) -> str:
        return table(SEGMENT_HEADER, segment_rows, videos, single=single)


_SUBJECT = "subject"
_PERSON = TRACK_COLUMNS[1]
_Key = tuple[str, str, str, str]
"""Video, tier, person and kind of a row."""
_KNOWN = frozenset((*FRAMEWISE_HEADER, *SEGMENT_HEADER, *TRACK_COLUMNS, _SUBJECT))
"""Columns that skelseg writes and reads, of one video."""
_NEEDED = ("start_frame", "stop_frame", "label")
_WHAT: Mapping[str, Literal["points", "comments"]]
_WHAT = {POINT: "points", COMMENT: "comments"}
_MOST_DIGITS = 12
"""Of a number of frames."""


@dataclass
class _Rows:
    """Rows of one track, as far as they were read."""

    intervals: list[Interval] = field(default_factory=list)
    runs: list[list[Segment]] = field(default_factory=list)
    n_frames: int = 0
    number: str | None = None
    says_who: bool = False
    people: dict[str, None] = field(default_factory=dict)

    def track(self, key: _Key, n_frames: int | None) -> LabelTrack:
        """Make a track of what was read."""
        media, tier, person, kind = key
        return LabelTrack(
            tuple(self.intervals),
            "frame",
            media,
            tuple(name for name in (tier, person) if name),
            tier=tier,
            n_frames=n_frames,
            says_who=self.says_who,
            people=tuple(name for name in self.people if name),
            what=_WHAT.get(kind, "segments"),
        )


def _file(path: Path, found: Sequence[LabelTrack]) -> LabelFile:
    tracks = tuple(track for track in found if track.what == "segments")
    extra = tuple(track for track in found if track.what != "segments")
    return LabelFile(path, tracks, extra=extra, left_out=left_out_of(extra))


def _read_framewise(path: Path) -> LabelFile:
    names = ",".join(FRAMEWISE_HEADER)
    said = f"not a framewise CSV; the header must be {names}."
    videos: dict[_Key, _Rows] = {}
    n_labels = 0
    for key, where, row in _with_track(read_csv_rows(path, ("frame", "label"), said)):
        add = _add_beside if key[-1] in _WHAT else _add_frame
        n_labels += add(videos.setdefault(key, _Rows()), row, where)
        check_number(n_labels, path)
    if not videos:
        raise FormatError("{} has a header but no frame; export it again.", path)
    return _file(path, [_framewise_track(k, v) for k, v in videos.items()])


def _add_beside(video: _Rows, row: Mapping[str, str], where: str) -> bool:
    """Add a frame of a point or comment; return whether that begins with it."""
    stop = str(_frame(row, "frame", where) + 1)
    made = _segment({**row, "start_frame": row["frame"], "stop_frame": stop}, where)
    begins = row.get("segment") != video.number or not video.intervals
    if begins:
        video.intervals.append(made)
    else:
        video.intervals[-1] = replace(video.intervals[-1], stop=made.stop)
    video.number = row.get("segment")
    video.people[row.get(_PERSON, "").strip()] = None
    return begins


def _add_frame(video: _Rows, row: Mapping[str, str], where: str) -> bool:
    """Add a row to its video; return whether a segment begins with it."""
    n, begun = video.n_frames, video.intervals
    if row["frame"].strip() != str(n):
        raise FormatError(
            "{}: frame is '{}' instead of {}; rows are missing, doubled or not in "
            "order.",
            where,
            row["frame"],
            n,
        )
    label, run = row["label"].strip(), _run(n, n + 1, _word(row), row, where)
    begins = _begins(row, label, begun, where)
    if begins:
        seen = row.get("reviewed", truth(run.source == "human")).strip().lower()
        made = Interval(
            n,
            n + 1,
            label,
            _place(where),
            source=run.source or "import",
            reviewed=seen == "true" and bool(label),
            undecided=_undecided(row, label, where),
            absent=_word(row) == ABSENT,
            confidence=run.confidence,
            beside=_beside(row),
        )
        begun.append(made)
        video.runs.append([run])
    elif _differ(run, video.runs[-1][-1]):
        video.runs[-1].append(run)
    video.n_frames, video.says_who = n + 1, "source" in row
    video.people[row.get(_PERSON) or row.get(_SUBJECT, "").strip()] = None
    return begins


def _framewise_track(key: _Key, video: _Rows) -> LabelTrack:
    if key[-1] in _WHAT:
        return video.track(key, None)
    stops = [*(i.start for i in video.intervals[1:]), video.n_frames]
    whole = (
        replace(i, stop=stop, runs=_filled(runs, int(stop)))
        for i, stop, runs in zip(video.intervals, stops, video.runs, strict=True)
    )
    return replace(video.track(key, video.n_frames), intervals=tuple(whole))


def _differ(a: Segment, b: Segment) -> bool:
    return (a.origin, a.confidence) != (b.origin, b.confidence)


def _filled(runs: Sequence[Segment], stop: int) -> tuple[Segment, ...]:
    """Let every run reach to the next; none where one says as much as the interval."""
    if len(runs) == 1 and not runs[0].class_reviewed:
        return ()
    stops = [*(r.start for r in runs[1:]), stop]
    return tuple(replace(r, stop=s) for r, s in zip(runs, stops, strict=True))


def _with_track(
    rows: Iterable[tuple[str, dict[str, str]]],
) -> Iterator[tuple[_Key, str, dict[str, str]]]:
    """Name the video, tier and person of each row; empty where no column says it."""
    for where, row in rows:
        column = next((name for name in row if name.casefold() == "video"), None)
        media = "" if column is None else row[column].strip()
        if column is not None and not media:
            raise FormatError(
                "{}: the column video is empty; name the video of the row.", where
            )
        tier, person = (row.get(name, "").strip() for name in TRACK_COLUMNS)
        kind = row.get(KIND, "") if row.get(KIND) in _WHAT else ""
        yield (media, tier, person, kind), where, row


def _place(where: str) -> str:
    return where.rpartition(", ")[2]


def _begins(
    row: Mapping[str, str], label: str, begun: Sequence[Interval], where: str
) -> bool:
    """Tell whether a row is the first one of a segment."""
    last = len(begun) - 1
    word = row.get("source", "").strip()
    said = label, word in (UNDECIDED, ABSENT), word == ABSENT
    last_said = begun and (begun[-1].name, begun[-1].undecided, begun[-1].absent)
    same = last_said == said
    if "segment" not in row:
        return not same
    text = row["segment"].strip()
    if text == str(last + 1) or (same and text == str(last)):
        return text != str(last)
    if begun and text == str(last):
        raise FormatError(
            "{}: segment {} has two labels, '{}' and '{}'; give each label its own "
            "segment.",
            where,
            last,
            begun[-1].name,
            label,
        )
    raise FormatError(
        "{}: segment is '{}'; it must be {} or {}.", where, text, max(last, 0), last + 1
    )


def _read_segments(path: Path) -> LabelFile:
    said = f"not a segment CSV; the header must name {', '.join(_NEEDED)}."
    videos: dict[_Key, _Rows] = {}
    rows = _with_track(read_csv_rows(path, _NEEDED, said))
    for n_labels, (key, where, row) in enumerate(rows, 1):
        check_number(n_labels, path)
        video = videos.setdefault(key, _Rows())
        video.intervals.append(_segment(row, where))
        video.says_who = "source" in row
        video.people[row.get(_PERSON) or row.get(_SUBJECT, "").strip()] = None
    if not videos:
        raise FormatError("{} has a header but no segment; export it again.", path)
    return _file(path, [v.track(k, None) for k, v in videos.items()])


def _segment(row: Mapping[str, str], where: str) -> Interval:
    start, stop = (_frame(row, name, where) for name in _NEEDED[:2])
    if start >= stop:
        raise FormatError(
            "{}: the segment goes from frame {} to {}; stop must be after start.",
            where,
            start,
            stop,
        )
    label, runs = row["label"].strip(), _runs(start, stop, row, where)
    return Interval(
        start,
        stop,
        label,
        _place(where),
        source=runs[-1].source or "import",
        reviewed=row.get("reviewed", "").strip().lower() == "true",
        undecided=_undecided(row, label, where),
        absent=_word(row) == ABSENT,
        confidence=runs[-1].confidence,
        beside=_beside(row),
        runs=runs if len(runs) > 1 or runs[0].class_reviewed else (),
    )


def _runs(
    start: int, stop: int, row: Mapping[str, str], where: str
) -> tuple[Segment, ...]:
    """Read who gave which frames of a segment: "model", or "human 22, model 3"."""
    told = _word(row).split(",")
    if len(told) == 1:
        return (_run(start, stop, told[0], row, where),)
    made: list[Segment] = []
    for word in told:
        name, _, text = word.strip().partition(" ")
        at = made[-1].stop if made else start
        n = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
        if not 0 < n <= stop - at:
            break
        made.append(_run(at, at + n, name, row, where))
    if not made or made[-1].stop != stop:
        raise FormatError(
            "{}: source is '{}'; each of several sources needs its number of frames, "
            "and together they must be those of the segment.",
            where,
            _word(row),
        )
    return tuple(made)


def _run(
    start: int, stop: int, word: str, row: Mapping[str, str], where: str
) -> Segment:
    """Read who gave frames; the class does not count."""
    source = _source(word, where)
    sure = _confidence(row, where)
    several = "," in _word(row) and source != "model"
    return Segment(
        start,
        stop,
        0,
        source,
        class_reviewed=word == AGREED,
        confidence=None if several else sure,
    )


def _beside(row: Mapping[str, str]) -> tuple[str, ...]:
    """Name the columns of others that say something in a row."""
    ours = KIND if row.get(KIND) == SEGMENT else "video"
    names = [n for n in row if n not in _KNOWN and n.casefold() not in ("video", ours)]
    return tuple(said_of("column", n) for n in names if n and row[n].strip())


def _frame(row: Mapping[str, str], name: str, where: str) -> int:
    text = row[name].strip()
    if not text.isdecimal() or not text.isascii() or len(text) > _MOST_DIGITS:
        raise FormatError(
            "{}: {} is '{}'; it must be a frame number.", where, name, text
        )
    return int(text)


def _word(row: Mapping[str, str]) -> str:
    return row.get("source", "").strip()


def _source(word: str, where: str) -> Source:
    text = word or "import"
    if text in (UNDECIDED, ABSENT):
        return "import"
    if text == AGREED:
        return "model"
    if text not in get_args(Source):
        raise FormatError(
            "{}: source is '{}'; it must be {}.",
            where,
            text,
            ", ".join((*get_args(Source), AGREED)),
        )
    return cast(Source, text)


def _undecided(row: Mapping[str, str], label: str, where: str) -> bool:
    if _word(row) not in (UNDECIDED, ABSENT):
        return False
    if label:
        raise FormatError(
            "{}: the segment is {} and has the label '{}'; leave one of the two empty.",
            where,
            _word(row),
            label,
        )
    return True


def _confidence(row: Mapping[str, str], where: str) -> float | None:
    text = row.get("confidence", "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1.000001:
        raise FormatError(
            "{}: confidence is '{}'; it must lie between 0 and 1.", where, text
        )
    return value
