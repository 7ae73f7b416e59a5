"""Segments of two people that are meant as the same one, and how far apart they begin.

Matched by Holle and Rein (EasyDIAg, Behavior Research Methods, 2015): two segments
that share at least 60 % of the longer one. As segments of one person do not overlap, no
segment has two such partners, and nothing has to be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skelseg_core.labels.metrics import LabelRuns, runs

LEAST_SHARED = 0.6
"""Least share of the longer of two segments that both have, for a match."""
Transition = tuple[int, int]
"""Class before a boundary, and class after it."""


@dataclass
class Deviations:
    """Frames from the boundaries of one person to the same ones of another.

    Parameters
    ----------
    frames : list of int
        Of each boundary that both have; positive where the second person's is later.
    only_first, only_second : int
        Boundaries of this pair of classes that the other person has none for.
    at : list of int
        Frame of each boundary in the first person's labels.
    """

    frames: list[int] = field(default_factory=list)
    only_first: int = 0
    only_second: int = 0
    at: list[int] = field(default_factory=list)


def matched_segments(
    first: np.ndarray, second: np.ndarray, n_classes: int
) -> np.ndarray:
    """Count the segments of two people by class, (C + 1, C + 1).

    Last is "no partner". A matched pair is two segments, and counts twice.

    Parameters
    ----------
    first, second : ndarray of int, shape (T,)
        Framewise labels, 0 .. C - 1; what is unlabelled is no segment.
    n_classes : int
    """
    a, b = runs(first), runs(second)
    partner = _partners(a, b)
    table = np.zeros((n_classes + 1, n_classes + 1))
    matched = partner >= 0
    np.add.at(table, (a.labels[matched], b.labels[partner[matched]]), 2)
    np.add.at(table[:, -1], a.labels[~matched], 1)
    alone = np.setdiff1d(np.arange(len(b)), partner)
    np.add.at(table[-1], b.labels[alone], 1)
    return table


def _partners(a: LabelRuns, b: LabelRuns) -> np.ndarray:
    """Find the partner in ``b`` of each segment of ``a``; -1 where it has none."""
    found = np.full(len(a), -1)
    for i in range(len(a)):
        shared = np.minimum(a.stops[i], b.stops) - np.maximum(a.starts[i], b.starts)
        longer = np.maximum(a.stops[i] - a.starts[i], b.stops - b.starts)
        fits = np.flatnonzero(shared >= LEAST_SHARED * longer)
        if len(fits):
            found[i] = fits[0]
    return found


def boundary_deviations(
    first: np.ndarray, second: np.ndarray
) -> dict[Transition, Deviations]:
    """Measure how far apart two people set the same boundaries, by pair of classes.

    Two boundaries are the same where they lie between segments of the same classes
    that overlap, before and after. Boundaries to unlabelled frames are left out.

    Parameters
    ----------
    first, second : ndarray of int, shape (T,)
        Framewise labels.
    """
    a, b = _Boundaries.of(runs(first)), _Boundaries.of(runs(second))
    found: dict[Transition, Deviations] = {}
    taken = np.zeros(len(b.at), bool)
    for i, at in enumerate(a.at):
        pair = (int(a.before[i]), int(a.after[i]))
        into = found.setdefault(pair, Deviations())
        same = np.flatnonzero(
            (b.before == pair[0])
            & (b.after == pair[1])
            & (a.low[i] < b.at)
            & (b.at < a.high[i])
            & (b.low < at)
            & (at < b.high)
        )
        if len(same):
            taken[same[0]] = True
            into.frames.append(int(b.at[same[0]] - at))
            into.at.append(int(at))
        else:
            into.only_first += 1
    for j in np.flatnonzero(~taken):
        pair = (int(b.before[j]), int(b.after[j]))
        found.setdefault(pair, Deviations()).only_second += 1
    return found


@dataclass(frozen=True)
class _Boundaries:
    """Boundaries between labelled segments: frame, classes, extent of both segments."""

    at: np.ndarray
    before: np.ndarray
    after: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, found: LabelRuns) -> _Boundaries:
        touching = np.flatnonzero(found.stops[:-1] == found.starts[1:])
        return cls(
            found.starts[touching + 1],
            found.labels[touching],
            found.labels[touching + 1],
            found.starts[touching],
            found.stops[touching + 1],
        )
