"""Statistics of classes: counts, durations and shares of time over the videos.

Durations use the `FrameTimes` of each video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.video.times import FrameTimes

UNDECIDED = -2
"""Value of undecided segments among the class ids."""


@dataclass(frozen=True, eq=False)
class StatisticsPart:
    """Lane of one video to count.

    Parameters
    ----------
    video_id : str
    segmentation : Segmentation
    subject : str
        Person seen; empty if unknown.
    """

    video_id: str
    segmentation: Segmentation
    times: FrameTimes
    subject: str = ""


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """Place of a segment: its video, and its index there."""

    video_id: str
    index: int


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """Counts and durations of one class; times in seconds, 0 without a segment.

    Parameters
    ----------
    class_id : int or None
        None is unlabelled, or undecided.
    count : int
        Segments.
    n_frames : int
    total_s : float
    share : float
        Share of the time of all counted videos, 0..1.
    shortest, longest : SegmentPlace or None
        The first if several are equal.
    undecided : bool
        Whether this counts undecided segments.
    """

    class_id: int | None
    count: int = 0
    n_frames: int = 0
    total_s: float = 0.0
    share: float = 0.0
    mean_s: float = 0.0
    median_s: float = 0.0
    shortest_s: float = 0.0
    longest_s: float = 0.0
    shortest: SegmentPlace | None = None
    longest: SegmentPlace | None = None
    undecided: bool = False


@dataclass(frozen=True, eq=False)
class Pieces:
    """Segments of videos, or their parts in a time window.

    Parameters
    ----------
    parts : sequence of StatisticsPart
        The videos.
    kinds, frames : ndarray of int, shape (S,)
        Class ids, `UNLABELLED` or `UNDECIDED`; number of frames.
    seconds, since_s : ndarray, shape (S,)
        Durations, and times from the beginning of the window.
    numbers, indices : ndarray of int, shape (S,)
        Number of the video, and index of the segment there.
    """

    parts: Sequence[StatisticsPart]
    kinds: np.ndarray
    frames: np.ndarray
    seconds: np.ndarray
    since_s: np.ndarray
    numbers: np.ndarray
    indices: np.ndarray

    @classmethod
    def in_window(
        cls, parts: Sequence[StatisticsPart], window: tuple[float, float]
    ) -> Pieces:
        """Cut the segments of videos to the frames that begin in a window."""
        columns = []
        for number, part in enumerate(parts):
            first, last = (part.times.frames_between(s, s)[0] for s in window)
            found = _columns(part, number, first, last, window[0])
            columns.append(tuple(column[found[1] > 0] for column in found))
        return cls._joined(parts, columns)

    @classmethod
    def steps(cls, parts: Sequence[StatisticsPart]) -> Task[Pieces]:
        """Collect whole segments of videos, one video per step."""
        columns = []
        for done, part in enumerate(parts):
            columns.append(_columns(part, done))
            yield Progress("statistics", done, len(parts))
        return cls._joined(parts, columns)

    @classmethod
    def _joined(
        cls, parts: Sequence[StatisticsPart], columns: list[tuple[np.ndarray, ...]]
    ) -> Pieces:
        none = (np.empty(0, np.int64),) * 6
        return cls(parts, *map(np.concatenate, zip(none, *columns, strict=True)))

    def of(self, kind: int) -> ClassStatistics:
        """Count the segments of one kind."""
        class_id = None if kind in (UNLABELLED, UNDECIDED) else kind
        rows = np.flatnonzero(self.kinds == kind)
        if not len(rows):
            return ClassStatistics(class_id, undecided=kind == UNDECIDED)
        times = self.seconds[rows]
        # Equal durations differ by rounding; take the first of them.
        even = np.round(times, 6)
        least, most = int(even.argmin()), int(even.argmax())
        total, whole = float(times.sum()), float(self.seconds.sum())
        return ClassStatistics(
            class_id,
            len(rows),
            int(self.frames[rows].sum()),
            total,
            total / whole if whole > 0 else 0.0,
            float(times.mean()),
            float(np.median(times)),
            float(times[least]),
            float(times[most]),
            self._place(rows[least]),
            self._place(rows[most]),
            kind == UNDECIDED,
        )

    def _place(self, row: int) -> SegmentPlace:
        part = self.parts[int(self.numbers[row])]
        return SegmentPlace(part.video_id, int(self.indices[row]))

    def latency_s(self, kind: int) -> float | None:
        """Compute the mean time until a kind first occurs in a video, or None if never.

        Over the videos in which it does; None if it does in none.
        """
        rows = np.flatnonzero(self.kinds == kind)
        _, firsts = np.unique(self.numbers[rows], return_index=True)
        return float(self.since_s[rows[firsts]].mean()) if len(rows) else None


def class_statistics(
    parts: Sequence[StatisticsPart], label_map: LabelMap
) -> Task[tuple[ClassStatistics, ...]]:
    """Count every class in the order of the label map, unlabelled, and undecided.

    Undecided segments get a row only if there are any. A generator of small steps, so
    that a window stays responsive.
    """
    pieces = yield from Pieces.steps(parts)
    found = []
    for kind in (*label_map.ids, UNLABELLED, UNDECIDED):
        one = pieces.of(kind)
        if one.count or kind != UNDECIDED:
            found.append(one)
        yield Progress("statistics", len(found), len(label_map) + 1)
    return tuple(found)


def _columns(
    part: StatisticsPart,
    number: int,
    first: int = 0,
    last: int | None = None,
    begin_s: float = 0.0,
) -> tuple[np.ndarray, ...]:
    """Collect the fields of `Pieces` for frames ``[first, last)`` of a video."""
    starts, n_frames = part.segmentation.starts, part.segmentation.n_frames
    edges = np.append(starts, n_frames).clip(first, n_frames if last is None else last)
    edges_s = part.times.edges_s(edges)
    return (
        segment_kinds(part.segmentation),
        np.diff(edges),
        np.diff(edges_s),
        edges_s[:-1] - begin_s,
        np.full(len(starts), number),
        np.arange(len(starts)),
    )


def segment_kinds(segmentation: Segmentation) -> np.ndarray:
    """Return the class id of each segment (S,), `UNLABELLED` or `UNDECIDED`."""
    kinds: np.ndarray = segmentation.class_ids.copy()
    kinds[[s.undecided for s in segmentation.segments]] = UNDECIDED
    return kinds


def statistics_text(
    found: Sequence[ClassStatistics],
    label_map: LabelMap,
    unlabelled: str,
    undecided: str,
) -> str:
    """Write the table as text with tabs, one line per class; times in seconds."""
    lines = [
        "class\tsegments\tframes\ttotal_s\tshare\tmean_s\tmedian_s\tshortest_s\tlongest_s"
    ]
    for row in found:
        nothing = undecided if row.undecided else unlabelled
        name = label_map.name_of(row.class_id) or nothing
        cells = [name, str(row.count), str(row.n_frames), f"{row.total_s:.3f}"]
        cells.append(f"{row.share:.4f}")
        for seconds in (row.mean_s, row.median_s, row.shortest_s, row.longest_s):
            cells.append(f"{seconds:.3f}" if row.count else "")
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"
