"""Statistics of classes: counts, durations and shares of time over the videos.

Durations come from the `FrameTimes` of each video.
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
"""Value of undecided segments beside the class ids."""


@dataclass(frozen=True, eq=False)
class StatisticsPart:
    """Lane of one video, to be counted.

    Parameters
    ----------
    video_id : str
    segmentation : Segmentation
    times : FrameTimes
        Of as many frames.
    subject : str
        Who is seen; empty where nobody said.
    """

    video_id: str
    segmentation: Segmentation
    times: FrameTimes
    subject: str = ""


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """Place of one segment: its video, and its index there."""

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
        Of the time of all videos that were counted, 0..1.
    mean_s, median_s, shortest_s, longest_s : float
        Of its segments.
    shortest, longest : SegmentPlace or None
        The shortest and the longest segment; the first of several.
    undecided : bool
        Whether this counts what a person left undecided.
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


def class_statistics(
    parts: Sequence[StatisticsPart], label_map: LabelMap
) -> Task[tuple[ClassStatistics, ...]]:
    """Count every class in the order of the label map, unlabelled, and undecided.

    What was left undecided is counted only where there is any.

    A generator with many small steps, so that a window can go on between them.
    """
    columns = []
    for done, part in enumerate(parts):
        columns.append(_columns(part, done))
        yield Progress("statistics", done, len(parts))
    if not columns:
        return tuple(ClassStatistics(c) for c in (*label_map.ids, None))
    labels, frames, seconds, places = (
        np.concatenate([c[n] for c in columns], axis=0) for n in range(4)
    )
    whole = float(seconds.sum())
    found = []
    kinds: list[tuple[int | None, int]] = [(i, i) for i in label_map.ids]
    kinds += [(None, UNLABELLED), (None, UNDECIDED)]
    for class_id, wanted in kinds:
        rows = np.flatnonzero(labels == wanted)
        if not len(rows):
            if wanted != UNDECIDED:
                found.append(ClassStatistics(class_id))
            continue
        times = seconds[rows]
        # Equal ones differ by rounding; the first of them is meant.
        even = np.round(times, 6)
        least, most = int(even.argmin()), int(even.argmax())

        def place(row: int, rows: np.ndarray = rows) -> SegmentPlace:
            part, index = places[rows[row]]
            return SegmentPlace(parts[part].video_id, int(index))

        total = float(times.sum())
        found.append(
            ClassStatistics(
                class_id,
                len(rows),
                int(frames[rows].sum()),
                total,
                total / whole if whole > 0 else 0.0,
                float(times.mean()),
                float(np.median(times)),
                float(times[least]),
                float(times[most]),
                place(least),
                place(most),
                wanted == UNDECIDED,
            )
        )
        yield Progress("statistics", len(found), len(label_map) + 1)
    return tuple(found)


def _columns(
    part: StatisticsPart, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Collect class ids, frames, seconds (S,) and (part, index) (S, 2) of segments."""
    starts, n_frames = part.segmentation.starts, part.segmentation.n_frames
    edges = np.append(starts, n_frames)
    places = np.column_stack([np.full(len(starts), number), np.arange(len(starts))])
    seconds = np.diff(part.times.edges_s(edges))
    return segment_kinds(part.segmentation), np.diff(edges), seconds, places


def segment_kinds(segmentation: Segmentation) -> np.ndarray:
    """Return the class id of each segment (S,), `UNLABELLED` or `UNDECIDED`."""
    kinds = segmentation.class_ids.copy()
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
