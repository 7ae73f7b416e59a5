"""Tables of statistics to save: a row per video and class, and transitions.

Every class has a row in every group, even without segments. The numbers of a group are
those of `class_statistics`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skelseg_core.errors import ConfigError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.labels.statistics import UNDECIDED, Pieces, StatisticsPart
from skelseg_core.labels.transitions import count_changes
from skelseg_core.progress import Progress, Task

GroupBy = Literal["video", "subject", "class"]
"""Grouping of the rows: per video and class, per subject and class, or per class."""
Value = str | int | float | None

STATISTICS = (
    "class", "class_id", "segments", "frames", "total_s", "share", "mean_s",
    "median_s", "shortest_s", "longest_s", "per_minute", "latency_s",
)  # fmt: skip
TRANSITIONS = ("class", "next", "count", "probability")
_GROUPS: dict[GroupBy, tuple[str, ...]] = {
    "video": ("video", "subject"),
    "subject": ("subject",),
    "class": (),
}
_BINS = ("bin_start_s", "bin_stop_s")
MOST_BINS = 100_000
"""Time bins of all videos together, at most."""


@dataclass(frozen=True)
class StatisticsTable:
    """A table of statistics.

    Parameters
    ----------
    rows : tuple of tuple
        As wide as ``columns``; None if there is nothing to measure.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def csv(self) -> str:
        """Write the table as CSV; a cell is empty if there is nothing to measure."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_text(value) for value in row] for row in self.rows)
        return buffer.getvalue()

    def records(self) -> list[dict[str, Value]]:
        """Return the rows as mappings, for JSON."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    return "" if value is None else str(value)


def statistics_table(
    parts: Sequence[StatisticsPart],
    label_map: LabelMap,
    by: GroupBy = "video",
    bin_s: float | None = None,
) -> Task[StatisticsTable]:
    """Count every class in every group and time bin.

    ``share`` and ``per_minute`` relate to the whole time of the group, including
    unlabelled time. ``latency_s`` is the mean time until the class first occurs, over
    the videos in which it does. A time bin holds the frames that begin in it, counted
    from the start of each video; a segment across two bins counts in both, each with
    its part.

    Parameters
    ----------
    parts : sequence of StatisticsPart
    label_map : LabelMap
    by : {"video", "subject", "class"}
    bin_s : float, optional
        Length of the time bins in seconds.

    Raises
    ------
    ConfigError
        If there would be too many bins, or a subject has no name.
    """
    groups = _grouped(parts, by)
    _check_bins(parts, bin_s)
    kinds = _kinds(parts, label_map)
    rows: list[tuple[Value, ...]] = []
    for n, (key, members) in enumerate(groups.items()):
        yield Progress("statistics", n, len(groups))
        longest = max(p.times.duration_s for p in members)
        for window in _windows(longest, bin_s):
            pieces = Pieces.in_window(members, window)
            heads: tuple[Value, ...] = key if bin_s is None else (*key, *window)
            rows += [(*heads, *row) for row in _class_rows(pieces, kinds)]
    bins = () if bin_s is None else _BINS
    return StatisticsTable((*_GROUPS[by], *bins, *STATISTICS), tuple(rows))


def transition_table(
    parts: Sequence[StatisticsPart], label_map: LabelMap, by: GroupBy = "video"
) -> StatisticsTable:
    """Count which class directly follows which, and with which probability.

    Nothing follows an unlabelled stretch. Probabilities relate to all changes away from
    a class; none if it was never left.
    """
    columns = (*_GROUPS[by], *TRANSITIONS)
    rows: list[tuple[Value, ...]] = []
    for key, members in _grouped(parts, by).items():
        lanes = [label_map.to_indices(p.segmentation.class_ids) for p in members]
        counts = sum((count_changes(i, len(label_map)) for i in lanes), np.zeros(()))
        for i, first in enumerate(label_map.classes):
            left = int(counts[i].sum())
            for j, then in enumerate(label_map.classes):
                if i != j:
                    n = int(counts[i, j])
                    share = n / left if left else None
                    rows.append((*key, first.name, then.name, n, share))
    return StatisticsTable(columns, tuple(rows))


def _grouped(
    parts: Sequence[StatisticsPart], by: GroupBy
) -> dict[tuple[str, ...], list[StatisticsPart]]:
    nameless = next((p.video_id for p in parts if not p.subject), None)
    if by == "subject" and nameless is not None:
        raise ConfigError(
            "Nobody is named in video {}; name the people in all videos first "
            "('skelseg people'), or count by video.",
            nameless,
        )
    keys: dict[GroupBy, Callable[[StatisticsPart], tuple[str, ...]]] = {
        "video": lambda p: (p.video_id, p.subject),
        "subject": lambda p: (p.subject,),
        "class": lambda p: (),
    }
    groups: dict[tuple[str, ...], list[StatisticsPart]] = {}
    for part in parts:
        groups.setdefault(keys[by](part), []).append(part)
    return groups


def _check_bins(parts: Sequence[StatisticsPart], bin_s: float | None) -> None:
    if bin_s is None:
        return
    if not bin_s > 0:
        raise ConfigError("A time bin must be longer than 0 s.")
    whole = sum(p.times.duration_s for p in parts)
    if whole / bin_s > MOST_BINS:
        raise ConfigError(
            "Bins of {} s would be more than {:,}; take longer ones.", bin_s, MOST_BINS
        )


def _windows(duration_s: float, bin_s: float | None) -> Iterator[tuple[float, float]]:
    """Yield the bins of the longest video of a group, in seconds."""
    if bin_s is None:
        yield 0.0, np.inf
        return
    # Skip a bin that only comes from rounding.
    n_bins = max(1, int(np.ceil(duration_s / bin_s - 1e-9)))
    for n in range(n_bins):
        yield n * bin_s, (n + 1) * bin_s


def _kinds(
    parts: Sequence[StatisticsPart], label_map: LabelMap
) -> list[tuple[int, str, int | None]]:
    """List the rows: value as among the class ids, name, and class id if any."""
    found: list[tuple[int, str, int | None]] = [
        (c.id, c.name, c.id) for c in label_map.classes
    ]
    found.append((UNLABELLED, "unlabelled", None))
    if any(s.undecided for p in parts for s in p.segmentation.segments):
        found.append((UNDECIDED, "undecided", None))
    return found


def _class_rows(
    pieces: Pieces, kinds: Sequence[tuple[int, str, int | None]]
) -> Iterator[tuple[Value, ...]]:
    whole = float(pieces.seconds.sum())
    for kind, name, class_id in kinds:
        one = pieces.of(kind)
        times = one.mean_s, one.median_s, one.shortest_s, one.longest_s
        yield (
            name,
            class_id,
            one.count,
            one.n_frames,
            one.total_s,
            one.share,
            *(times if one.count else (None,) * 4),
            60 * one.count / whole if whole > 0 else None,
            pieces.latency_s(kind),
        )
