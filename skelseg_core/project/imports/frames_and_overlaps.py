"""Frames of imported labels: times become frames, overlaps are refused or settled.

Of two labels that overlap, one counts by a policy: ``last`` gives the frames to the one
that starts last, ``first`` to the one that started first. With ``refuse`` it is an
error that says where they are and how many frames they share.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import Guess, Interval, LabelTrack
from skelseg_core.labels.agreed_prelabels import began_as_prelabels
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.imports.import_choices import Overlap
from skelseg_core.said import counted
from skelseg_core.video.times import TOLERANCE_S, FrameTimes

_MOST = 2**53
"""Largest frame number that is exact as a float."""

_ROUNDED_S = 0.0005
"""Seconds by which a time in milliseconds may lie before what it is of."""
MOST_BEYOND_S = 1.0
"""Seconds that a label may reach beyond the video: who counts whole ones rounds up."""


@dataclass(frozen=True)
class FramedLabels:
    """Labels of a track, by frames of a video.

    Parameters
    ----------
    pieces : tuple of (int, int, Interval)
        Frames ``[start, stop)`` in their order, without overlaps, and the label, whose
        own times are its frames before overlaps were settled.
    n_frames : int
        Of the video.
    n_labelled : int
        Frames with a label.
    n_overlaps : int
        Frames that more than one label claims.
    overlap : str
        Sentence on the first overlap; empty where there is none.
    covered : tuple of str
        Places of labels of which nothing is left, because others have their frames.
    n_short : int
        Labels shorter than half a frame, which have the frame that they lie in.
    n_off : int
        Times that lie more than half a frame from any boundary of a frame.
    most_off_s : float
        The largest such distance in seconds.
    """

    pieces: tuple[tuple[int, int, Interval], ...]
    n_frames: int
    n_labelled: int
    n_overlaps: int = 0
    overlap: str = ""
    covered: tuple[str, ...] = ()
    n_short: int = 0
    n_off: int = 0
    most_off_s: float = 0.0

    @property
    def n_segments(self) -> int:
        """Segments with a label; one that others interrupt counts in parts."""
        return sum(1 for *_, said in self.pieces if said.name)

    @property
    def n_gaps(self) -> int:
        """Frames without a label."""
        return self.n_frames - self.n_labelled

    @property
    def n_of_model(self) -> tuple[int, int]:
        """Frames whose label a model said, and those that a person agreed with."""
        lane = self.segmentation(dict.fromkeys(self.names, 0))
        agreed = int(began_as_prelabels(lane).sum())
        return agreed + int(lane.accepted.sum()), agreed

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order in which they first come."""
        return tuple(dict.fromkeys(i.name for _, _, i in self.pieces if i.name))

    def segmentation(self, ids: Mapping[str, int]) -> Segmentation:
        """Make the segments of a lane, with the ids of the classes by name."""
        return segmentation_of(self.pieces, self.n_frames, ids)


def segmentation_of(
    pieces: Iterable[tuple[int, int, Interval]],
    n_frames: int,
    ids: Mapping[str, int | None],
) -> Segmentation:
    """Make segments of pieces in their order; frames in none are unlabelled.

    Parameters
    ----------
    pieces : iterable of (int, int, Interval)
        As in `FramedLabels`.
    n_frames : int
    ids : mapping of str to int or None
        Id of every class by its name; None leaves its frames unlabelled.
    """
    segments: list[Segment] = []
    at = 0
    for start, stop, said in pieces:
        if start > at:
            segments.append(Segment(at, start))
        whole = _segment(said, ids[said.name] if said.name else None)
        cut = (whole.start, whole.stop) != (start, stop)
        segments.append(whole.part(start, stop) if cut else whole)
        at = stop
    if at < n_frames:
        segments.append(Segment(at, n_frames))
    return Segmentation(tuple(segments))


def told_apart(labels: FramedLabels, guesses: Sequence[Guess]) -> FramedLabels:
    """Say of frames that have the label which a model gave them that it is the model's.

    ``guesses`` are in the order of time.
    """
    stops = [guess.stop for guess in guesses]
    pieces = tuple(
        (a, b, _told(said, guesses[bisect_right(stops, int(said.start)) :]))
        for a, b, said in labels.pieces
    )
    return replace(labels, pieces=pieces)


def _told(said: Interval, guesses: Sequence[Guess]) -> Interval:
    at, stop = int(said.start), int(said.stop)
    runs: list[Segment] = []
    for guess in guesses:
        if guess.start >= stop:
            break
        a, b = max(guess.start, at), min(guess.stop, stop)
        if guess.name == said.name and a < b:
            if at < a:
                runs.append(Segment(at, a, 0, said.source))
            runs.append(Segment(a, b, 0, "model", class_reviewed=guess.agreed))
            at = b
    if not runs:
        return said
    if at < stop:
        runs.append(Segment(at, stop, 0, said.source))
    return replace(said, runs=tuple(runs))


def _segment(said: Interval, class_id: int | None) -> Segment:
    """Make a segment of an interval in frames.

    A person who left it undecided said its ends.
    """
    start, stop = int(said.start), int(said.stop)
    if said.segment is not None:
        return replace(said.segment, class_id=class_id)
    if class_id is not None:
        made = Segment(
            start,
            stop,
            class_id,
            said.source,
            confidence=said.confidence,
            inner=_fitted(said.runs, start, stop),
        )
        return made.as_reviewed() if said.reviewed else made
    held = said.undecided
    return Segment(
        start,
        stop,
        start_reviewed=held,
        stop_reviewed=held,
        undecided=held,
        absent=said.absent,
        confidence=said.confidence,
    )


def _fitted(runs: Sequence[Segment], start: int, stop: int) -> tuple[Segment, ...]:
    """Fit runs to frames that are counted at another rate."""
    if not runs or (runs[0].start, runs[-1].stop) == (start, stop):
        return tuple(runs)
    first, length = runs[0].start, runs[-1].stop - runs[0].start
    scale = (stop - start) / length
    cuts = [start + round((run.start - first) * scale) for run in runs] + [stop]
    return tuple(
        replace(run, start=a, stop=b)
        for run, a, b in zip(runs, cuts, cuts[1:], strict=False)
        if a < b
    )


def framed(
    track: LabelTrack,
    times: FrameTimes,
    where: str,
    overlap: Overlap = "refuse",
    rate: float | None = None,
) -> FramedLabels:
    """Convert the labels of a track to frames of a video.

    Parameters
    ----------
    track : LabelTrack
        In seconds or frames, in any order.
    times : FrameTimes
        Of the video.
    where : str
        The file, for errors.
    overlap : {"refuse", "last", "first"}
        Which of two labels has the frames that both claim. With "refuse" the result
        says so and has those of the last.
    rate : float, optional
        Frames per second that the frames of the track are counted by; by default they
        are those of the video.

    Raises
    ------
    FormatError
        Where a time is impossible or lies outside of the video; says where.
    """
    said, counts = _in_frames(track, times, where, rate)
    found = _settled(said, times, where, overlap)
    return replace(
        found, n_short=counts.n_short, n_off=counts.n_off, most_off_s=counts.most_off_s
    )


def in_frames(
    track: LabelTrack, times: FrameTimes, where: str, rate: float | None = None
) -> list[Interval]:
    """Convert points and comments to frames of a video; they may overlap.

    Raises
    ------
    FormatError
        Where a time is impossible or lies outside of the video; says where.
    """
    # A moment is the start of its frame, rounded to a millisecond.
    moments = (
        replace(i, start=i.start + _ROUNDED_S, stop=i.stop + _ROUNDED_S)
        if i.start == i.stop and track.unit == "s"
        else i
        for i in track.intervals
    )
    return _in_frames(replace(track, intervals=tuple(moments)), times, where, rate)[0]


def _in_frames(
    track: LabelTrack, times: FrameTimes, where: str, rate: float | None
) -> tuple[list[Interval], _Counts]:
    _check(track.intervals, where)
    if track.unit == "frame" and rate is None:
        return _by_number(track, times.n_frames, where)
    return _by_time(track, times, where, rate)


@dataclass(frozen=True)
class _Counts:
    n_short: int = 0
    n_off: int = 0
    most_off_s: float = 0.0


def _check(intervals: Sequence[Interval], where: str) -> None:
    for i in intervals:
        if not (np.isfinite(i.start) and np.isfinite(i.stop)) or i.stop < i.start:
            raise FormatError(
                "{}, {}: '{}' goes from {:g} to {:g}; it must stop after its start.",
                where,
                i.place,
                i.name,
                i.start,
                i.stop,
            )


def _by_number(
    track: LabelTrack, n_frames: int, where: str
) -> tuple[list[Interval], _Counts]:
    """Take frames as they are counted; half frames count up."""
    found, n_short = [], 0
    for i in track.intervals:
        if i.start < 0 or i.stop > n_frames:
            raise FormatError(
                "{}, {}: '{}' is frames {:g} to {:g}, and the video has {:,}; use "
                "the labels of this video.",
                where,
                i.place,
                i.name,
                i.start,
                i.stop,
                n_frames,
            )
        start, stop = int(i.start + 0.5), int(i.stop + 0.5)
        if start == stop:
            start = min(start, n_frames - 1)
            n_short, stop = n_short + 1, start + 1
        found.append(replace(i, start=start, stop=stop, name=i.name.strip()))
    return found, _Counts(n_short)


def _by_time(
    track: LabelTrack, times: FrameTimes, where: str, rate: float | None
) -> tuple[list[Interval], _Counts]:
    """Take the boundary of a frame nearest to each time."""
    said = [(i.start, i.stop) for i in track.intervals]
    seconds = np.array(said, np.float64).reshape(-1, 2)
    if track.unit == "frame" and rate is not None:
        counted_by = FrameTimes.even(int(min(seconds.max(initial=0), _MOST)) + 1, rate)
        seconds = counted_by.edges_s(seconds)
    _check_inside(track.intervals, seconds, times, where)
    frames, off_s = times.nearest_edges(seconds.ravel())
    found, n_short = [], 0
    for i, (start, stop), moment in zip(
        track.intervals, frames.reshape(-1, 2).tolist(), seconds[:, 0], strict=True
    ):
        if start == stop:
            n_short += 1
            start = times.frame_at(float(moment))
            stop = start + 1
        found.append(replace(i, start=start, stop=stop, name=i.name.strip()))
    half_s = times.usual_s / 2 + TOLERANCE_S
    far = np.abs(off_s)[np.abs(off_s) > half_s]
    most_s = float(far.max()) if len(far) else 0.0
    return found, _Counts(n_short, len(far), most_s)


def _check_inside(
    intervals: Sequence[Interval], seconds: np.ndarray, times: FrameTimes, where: str
) -> None:
    early_s, late_s = -seconds[:, 0], seconds[:, 1] - times.duration_s
    outside = (
        (seconds[:, 0] >= times.duration_s + times.usual_s / 2)
        | (seconds[:, 1] < -times.usual_s / 2)
        | (np.maximum(early_s, late_s) > MOST_BEYOND_S)
    )
    for n in np.flatnonzero(outside)[:1]:
        late = late_s[n] >= early_s[n]
        raise FormatError(
            "{}, {}: '{}' goes from {:.3f} to {:.3f} s, and the video from 0 to "
            "{:.3f} s: it {} {:.3f} s {}; use the labels of this video, or correct "
            "this time.",
            where,
            intervals[n].place,
            intervals[n].name,
            seconds[n, 0],
            seconds[n, 1],
            times.duration_s,
            "ends" if late else "begins",
            late_s[n] if late else early_s[n],
            "after its end" if late else "before it",
        )


def _settled(
    said: list[Interval], times: FrameTimes, where: str, overlap: Overlap
) -> FramedLabels:
    """Give every frame to one label at most."""
    order = sorted(range(len(said)), key=lambda n: (said[n].start, n))
    owned = _owned(said, order, overlap)
    pieces = tuple((start, stop, said[n]) for start, stop, n in owned)
    there = {n for *_, n in owned}
    n_overlaps = _n_shared(said)
    return FramedLabels(
        pieces,
        times.n_frames,
        sum(b - a for a, b, i in pieces if i.name),
        n_overlaps,
        _first_overlap(said, order, n_overlaps, where) if n_overlaps else "",
        tuple(said[n].place for n in order if n not in there),
    )


def _owned(
    said: Sequence[Interval], order: Sequence[int], overlap: Overlap
) -> list[tuple[int, int, int]]:
    """List frames ``[start, stop)`` in their order, and the label that has them.

    It takes no longer where labels are long or all overlap: those that claim a frame
    are in a heap, whose top is the one that counts.
    """
    edges = sorted({int(edge) for i in said for edge in (i.start, i.stop)})
    claims: list[tuple[int, int]] = []
    made: list[tuple[int, int, int]] = []
    begun = 0
    for at, until in pairwise(edges):
        while begun < len(order) and said[order[begun]].start == at:
            rank = begun if overlap == "first" else -begun
            heapq.heappush(claims, (rank, order[begun]))
            begun += 1
        while claims and said[claims[0][1]].stop <= at:
            heapq.heappop(claims)
        if not claims:
            continue
        n = claims[0][1]
        if made and made[-1][1:] == (at, n):
            made[-1] = made[-1][0], until, n
        else:
            made.append((at, until, n))
    return made


def _n_shared(said: Sequence[Interval]) -> int:
    """Count the frames that more than one label claims."""
    starts = np.sort(np.array([i.start for i in said], np.int64))
    stops = np.sort(np.array([i.stop for i in said], np.int64))
    edges = np.unique(np.concatenate([starts, stops]))
    n_claims = np.searchsorted(starts, edges, "right") - np.searchsorted(
        stops, edges, "right"
    )
    return int(np.diff(edges)[n_claims[:-1] > 1].sum())


def _first_overlap(
    said: Sequence[Interval], order: Sequence[int], n_overlaps: int, where: str
) -> str:
    """Say which labels are the first to overlap, and how many frames do in all."""
    last = said[order[0]]
    for n in order[1:]:
        new = said[n]
        if new.start < last.stop:
            shared = int(min(last.stop, new.stop) - new.start)
            more = f", {n_overlaps:,} in all" if n_overlaps > shared else ""
            return (
                f"{where}, {new.place}: '{new.name}' starts at frame {int(new.start):,}"
                f" before '{last.name}' of {last.place} stops at {int(last.stop):,}: "
                f"they overlap by {counted(shared, 'frame')}{more}"
            )
        last = new
    return ""
