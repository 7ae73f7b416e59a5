"""Statistics: how often and how long each class was done.

The rule of times: a frame lasts until the next one begins, by the timestamps of its
video where they are known, else by its mean rate; the last frame lasts one usual frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    UNLABELLED,
    Segmentation,
)
from skelseg_core.progress import Progress, Task


def moments_s(
    frames: np.ndarray,
    n_frames: int,
    mean_rate: float,
    timestamps_s: np.ndarray | None = None,
) -> np.ndarray:
    """The moments at which some frames of a video begin.

    Parameters
    ----------
    frames : ndarray of int
        0 to ``n_frames``, where the last is the end of the video.
    n_frames : int
    mean_rate : float
        Frames per second; 0 counts as 1.
    timestamps_s : ndarray of float, shape (T,), optional
        When each frame is shown; not used where they are of another number of frames.

    Returns
    -------
    ndarray of float, of the shape of ``frames``
        Seconds.
    """
    rate = mean_rate if mean_rate > 0 else 1.0
    if timestamps_s is None or len(timestamps_s) != n_frames:
        return np.asarray(frames / rate)
    end = timestamps_s[-1] + 1 / rate
    within = timestamps_s[np.minimum(frames, n_frames - 1)]
    return np.asarray(np.where(frames < n_frames, within, end))


@dataclass(frozen=True, eq=False)
class StatisticsPart:
    """One video of those that are counted.

    Parameters
    ----------
    video_id : str
    segmentation : Segmentation
    mean_rate : float
    timestamps_s : ndarray of float, shape (T,), optional
        Both as in `moments_s`.
    """

    video_id: str
    segmentation: Segmentation
    mean_rate: float
    timestamps_s: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """One segment of one video, by its index there."""

    video_id: str
    index: int


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """What is said of one class; times in seconds, all 0 where it has no segment.

    Parameters
    ----------
    class_id : int or None
        None is unlabelled.
    count : int
        Segments.
    n_frames : int
    total_s : float
    share : float
        Of the time of all videos that were counted, 0..1.
    mean_s, median_s, shortest_s, longest_s : float
        Of its segments.
    shortest, longest : Place or None
        Where those are; the first of several.
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


def class_statistics(
    parts: Sequence[StatisticsPart], label_map: LabelMap
) -> Task[tuple[ClassStatistics, ...]]:
    """Statistics of every class in the order of the label map, then of unlabelled.

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
    for class_id in (*label_map.ids, None):
        wanted = UNLABELLED if class_id is None else class_id
        rows = np.flatnonzero(labels == wanted)
        if not len(rows):
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
            )
        )
        yield Progress("statistics", len(found), len(label_map) + 1)
    return tuple(found)


def _columns(
    part: StatisticsPart, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Class ids, frames, seconds (S,) and (part, index) (S, 2) of the segments."""
    starts, n_frames = part.segmentation.starts, part.segmentation.n_frames
    edges = np.append(starts, n_frames)
    places = np.column_stack([np.full(len(starts), number), np.arange(len(starts))])
    seconds = np.diff(moments_s(edges, n_frames, part.mean_rate, part.timestamps_s))
    return part.segmentation.class_ids, np.diff(edges), seconds, places


def statistics_text(
    found: Sequence[ClassStatistics], label_map: LabelMap, unlabelled: str
) -> str:
    """The table as text with tabs, a header and a line per class; times in seconds."""
    lines = [
        "class\tsegments\tframes\ttotal_s\tshare\tmean_s\tmedian_s\tshortest_s\tlongest_s"
    ]
    for row in found:
        name = label_map.name_of(row.class_id) or unlabelled
        cells = [name, str(row.count), str(row.n_frames), f"{row.total_s:.3f}"]
        cells.append(f"{row.share:.4f}")
        for seconds in (row.mean_s, row.median_s, row.shortest_s, row.longest_s):
            cells.append(f"{seconds:.3f}" if row.count else "")
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"
