"""Comparison: where and how two segmentations of one video differ.

Overlapping runs of equal labels are the same run; the runs between two such pairs are
paired by label, then by overlap. A run without a partner is missing or extra, a partner
with another label is another class, and between partners a boundary moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from skelseg_core.labels.metrics import edit_score, f1_counts, frame_accuracy
from skelseg_core.labels.segmentation import ABSENT, UNLABELLED, Segmentation

Kind = Literal["class", "moved", "missing", "extra"]
KINDS: tuple[Kind, ...] = ("class", "moved", "missing", "extra")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of a second segmentation from a first one.

    Parameters
    ----------
    kind : {"class", "moved", "missing", "extra"}
        Another or only one class; a moved boundary; a run only in the first; a run only
        in the second.
    start, stop : int
        Frames of the first one's run, of the extra run, or between both boundaries.
    first, second : int or None
        Class in each; for a boundary, the class that begins there in both. None for no
        class.
    moved : int
        Frames by which a boundary is later in the second; 0 for other kinds.
    """

    kind: Kind
    start: int
    stop: int
    first: int | None
    second: int | None
    moved: int = 0

    @property
    def frame(self) -> int:
        """First frame of the run; for a boundary, its frame in the first."""
        return self.stop if self.moved < 0 else self.start


@dataclass(frozen=True)
class Figures:
    """Scores of a second segmentation against the first as truth, in percent.

    ``edit`` and ``f1_50`` are None if they would be meaningless.
    """

    n_frames: int
    accuracy: float
    edit: float | None
    f1_50: float | None


@dataclass(frozen=True)
class _Runs:
    """Maximal runs of equal labels: starts and end (R + 1,), and labels (R,)."""

    edges: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray) -> _Runs:
        cuts = np.flatnonzero(np.diff(labels)) + 1
        edges = np.concatenate([[0], cuts, [len(labels)]])
        return cls(edges, labels[edges[:-1]])

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, i: int) -> int | None:
        return None if self.labels[i] == UNLABELLED else int(self.labels[i])

    def span(self, i: int) -> tuple[int, int]:
        return int(self.edges[i]), int(self.edges[i + 1])

    def at(self, frame: int) -> int | None:
        return self.name(int(np.searchsorted(self.edges, frame, side="right")) - 1)


Pair = tuple[int, int]
"""A run of the first segmentation, and its partner in the second."""


def find_differences(
    first: Segmentation, second: Segmentation, compared: np.ndarray | None = None
) -> tuple[Difference, ...]:
    """Find where the second segmentation differs from the first, in order of time.

    Parameters
    ----------
    first, second : Segmentation
        Of T frames. Neighbours of one class count as one.
    compared : ndarray of bool, shape (T,), optional
        Frames to compare; all by default.
    """
    a, b = first.to_frames(), second.to_frames()
    if compared is not None:
        a, b = (np.where(compared, labels, UNLABELLED) for labels in (a, b))
    ours, theirs = _Runs.of(a), _Runs.of(b)
    found: list[Difference] = []
    chain = [(-1, -1), *_overlapping(ours, theirs), (len(ours), len(theirs))]
    for left, right in pairwise(chain):
        steps = (right[0] - left[0], right[1] - left[1])
        if steps == (1, 1):
            found += _boundary(ours, theirs, left, right)
            continue
        between = [left, *_paired(ours, theirs, left, right), right]
        for one, other in pairwise(between):
            found += _step(ours, theirs, one, other)
    return tuple(sorted(found, key=lambda d: (d.start, d.stop)))


def compared_frames(first: Segmentation, fixed: np.ndarray | None = None) -> np.ndarray:
    """Select the frames to compare, (T,): labelled, and not ``fixed`` for the second.

    Those with a label, without those around which the second was decoded (``fixed``).
    """
    labelled = first.to_frames() != UNLABELLED
    return labelled if fixed is None else np.asarray(labelled & ~fixed)


def figures_of(
    truth: Segmentation, other: Segmentation, compared: np.ndarray
) -> Figures | None:
    """Score ``other`` at the compared frames (T,) that ``truth`` labels.

    None if there is no such frame.
    """
    said_true = np.where(truth.absent, ABSENT, truth.to_frames())
    labels = np.where(compared, said_true, UNLABELLED)
    n_frames = int((labels != UNLABELLED).sum())
    if not n_frames:
        return None
    said = other.to_frames()
    return Figures(
        n_frames,
        frame_accuracy(labels, said),
        edit_score(labels, said),
        f1_counts(labels, said, 0.5).f1,
    )


def _overlapping(ours: _Runs, theirs: _Runs) -> list[Pair]:
    """Pair runs of one label that overlap; two runs overlap in one piece."""
    starts = np.union1d(ours.edges[:-1], theirs.edges[:-1])
    i = np.searchsorted(ours.edges, starts, side="right") - 1
    j = np.searchsorted(theirs.edges, starts, side="right") - 1
    same = ours.labels[i] == theirs.labels[j]
    return list(zip(i[same].tolist(), j[same].tolist(), strict=True))


def _paired(ours: _Runs, theirs: _Runs, left: Pair, right: Pair) -> Iterator[Pair]:
    us = range(left[0] + 1, right[0])
    them = range(left[1] + 1, right[1])
    if not us or not them:
        return
    before = left
    for pair in [*_of_one_label(ours, theirs, us, them), right]:
        yield from _of_one_place(
            ours, theirs, range(before[0] + 1, pair[0]), range(before[1] + 1, pair[1])
        )
        if pair is not right:
            yield pair
        before = pair


def _of_one_label(
    ours: _Runs, theirs: _Runs, us: Sequence[int], them: Sequence[int]
) -> list[Pair]:
    found, at = [], 0
    for i in us:
        for n in range(at, len(them)):
            known = ours.labels[i] != UNLABELLED
            if known and theirs.labels[them[n]] == ours.labels[i]:
                found.append((i, them[n]))
                at = n + 1
                break
    return found


def _of_one_place(
    ours: _Runs, theirs: _Runs, us: Sequence[int], them: Sequence[int]
) -> list[Pair]:
    """Pair labelled runs that overlap by half of the shorter one, in their order."""
    found, at = [], 0
    for i in us:
        for n in range(at, len(them)):
            (a, b), (c, d) = ours.span(i), theirs.span(them[n])
            unknown = UNLABELLED in (ours.labels[i], theirs.labels[them[n]])
            if not unknown and 2 * (min(b, d) - max(a, c)) >= min(b - a, d - c):
                found.append((i, them[n]))
                at = n + 1
                break
    return found


def _step(ours: _Runs, theirs: _Runs, left: Pair, right: Pair) -> Iterator[Difference]:
    gone, new = range(left[0] + 1, right[0]), range(left[1] + 1, right[1])
    for start, stop, label in _labelled(ours, gone):
        yield Difference("missing", start, stop, label, None)
    for start, stop, label in _labelled(theirs, new):
        yield Difference("extra", start, stop, None, label)
    for start, stop in _open(ours, gone, theirs, new):
        yield Difference("class", start, stop, None, theirs.at((start + stop) // 2))
    for start, stop in _open(theirs, new, ours, gone):
        yield Difference("class", start, stop, ours.at((start + stop) // 2), None)
    yield from _boundary(ours, theirs, left, right)
    i, j = right
    if i < len(ours) and ours.labels[i] != theirs.labels[j]:
        start, stop = ours.span(i)
        yield Difference("class", start, stop, ours.name(i), theirs.name(j))


def _labelled(runs: _Runs, which: range) -> Iterator[tuple[int, int, int]]:
    for i in which:
        if runs.labels[i] != UNLABELLED:
            yield *runs.span(i), int(runs.labels[i])


def _open(
    runs: _Runs, which: range, other: _Runs, others: range
) -> Iterator[tuple[int, int]]:
    taken = [span[:2] for span in _labelled(other, others)]
    for i in which:
        if runs.labels[i] != UNLABELLED:
            continue
        at, stop = runs.span(i)
        for begin, end in taken:
            if at < min(begin, stop):
                yield at, min(begin, stop)
            at = max(at, end)
        if at < stop:
            yield at, stop


def _boundary(
    ours: _Runs, theirs: _Runs, left: Pair, right: Pair
) -> Iterator[Difference]:
    """Yield by how much the boundary before the right pair moved, if it did.

    If a run next to it is missing or extra, any frame of that run will do.
    """
    (i, j), (k, m) = left, right
    if i < 0 or k >= len(ours) or k == i or m == j:
        return
    low, high = int(ours.edges[i + 1]), int(ours.edges[k])
    from_, to = int(theirs.edges[j + 1]), int(theirs.edges[m])
    if from_ <= high and low <= to:
        return
    start, moved = (high, from_ - high) if from_ > high else (low, to - low)
    first, last = min(start, start + moved), max(start, start + moved)
    yield Difference("moved", first, last, ours.name(k), theirs.name(m), moved)
