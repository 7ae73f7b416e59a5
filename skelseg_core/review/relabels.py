"""Relabels: segments to which a person probably gives another class, as to others.

A model that takes one class for another does so again and again. Which of its segments
are wrong is learnt in the video: those that the person gave another class, and those
that the person left, are the examples (logistic regression with one offset for the
video and one for each pair of labels around).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.review.evidence import Evidence
from skelseg_core.review.working_lane import Shown, WorkingLane

OFFSET_SPREAD = 1.5
"""How far people differ from what the model finds likely: standard deviation, nats."""
PAIR_SPREAD = 1.0
"""How far they differ from one pair of labels around to another, in nats."""
_LEAST = 1e-4

Pair = tuple["int | None", "int | None"]
"""Classes before and after a segment."""


@dataclass(frozen=True)
class Relabel:
    """Segments of one class that are another one to the person.

    Parameters
    ----------
    wrong, right : int
        Class that they have, and class that they are given.
    segments : tuple of Shown
        To be changed.
    worth : float
        Events saved on average, without the one that takes the proposal over.
    """

    wrong: int
    right: int
    segments: tuple[Shown, ...]
    worth: float


@dataclass(frozen=True)
class _Spot:
    shown: Shown
    odds: float
    pair: Pair


class RelabelFinder:
    """Find relabels in lanes of one video.

    Parameters
    ----------
    evidence : Evidence
        Of T frames.
    said : sequence of Shown
        Segments as the model gave them at first.
    """

    def __init__(self, evidence: Evidence, said: Sequence[Shown]) -> None:
        self._said = said
        sums = np.cumsum(evidence.probabilities, axis=0, dtype=float)
        self._sums = np.vstack([np.zeros(sums.shape[1]), sums])
        self._channels = {int(c): n for n, c in enumerate(evidence.class_ids)}

    def __call__(self, lane: WorkingLane, known: np.ndarray) -> Iterator[Relabel]:
        """Find those worth offering, for each class that was given instead of another.

        Parameters
        ----------
        lane : WorkingLane
        known : ndarray of bool, shape (T,)
            Frames that the person has looked at and that are the person's.
        """
        given: dict[tuple[int, int], None] = {}
        for (start, stop, wrong), around in _with_pairs(self._said):
            middle = (start + stop) // 2
            right = int(lane.labels[middle])
            if wrong is None or not known[middle] or wrong == right:
                continue
            # What is given the class beside it was one too many, and is no example.
            if right not in around and {wrong, right} <= self._channels.keys():
                given[wrong, right] = None
        for wrong, right in given:
            found = self._of(lane, known, wrong, right)
            if found is not None:
                yield found

    def _of(
        self, lane: WorkingLane, known: np.ndarray, wrong: int, right: int
    ) -> Relabel | None:
        examples, truth = [], []
        for spot in self._spots(self._said, wrong, right):
            middle = (spot.shown[0] + spot.shown[1]) // 2
            now = lane.labels[middle]
            if known[middle] and now in (wrong, right):
                examples.append(spot)
                truth.append(now == right)
        spots = [
            s
            for s in self._spots(lane.shown, wrong, right)
            if not lane.kept[s.shown[0] : s.shown[1]].any()
        ]
        # One that is wrong costs the event that one that is right saves.
        gains = 2 * _chances(spots, examples, np.array(truth, float)) - 1
        chosen = tuple(s.shown for s, g in zip(spots, gains, strict=True) if g > 0)
        worth = float(gains[gains > 0].sum())
        return Relabel(wrong, right, chosen, worth) if chosen else None

    def _spots(self, lane: Sequence[Shown], wrong: int, right: int) -> list[_Spot]:
        return [
            _Spot(s, self._odds(s, wrong, right), around)
            for s, around in _with_pairs(lane)
            if s[2] == wrong and right not in around
        ]

    def _odds(self, shown: Shown, wrong: int, right: int) -> float:
        """Return by the model alone the log odds of one class against another."""
        start, stop, _ = shown
        sums = (self._sums[stop] - self._sums[start]) / (stop - start)
        p, q = (max(float(sums[self._channels[c]]), _LEAST) for c in (wrong, right))
        return float(np.log(q / p))


def _with_pairs(lane: Sequence[Shown]) -> list[tuple[Shown, Pair]]:
    """List segments, each with the classes before and after it."""
    ids = [None, *(s[2] for s in lane), None]
    return [(s, (ids[n], ids[n + 2])) for n, s in enumerate(lane)]


def _chances(
    spots: Sequence[_Spot], examples: Sequence[_Spot], truth: np.ndarray
) -> np.ndarray:
    """Estimate the probability (N,) that each of N spots is wrong, from examples.

    The most probable offsets, by Newton's method: with Gaussian priors the problem is
    convex, and few steps do.
    """
    pairs = list(dict.fromkeys(s.pair for s in (*spots, *examples)))
    spread = np.r_[OFFSET_SPREAD, np.full(len(pairs), PAIR_SPREAD)]
    precision = np.diag(spread**-2.0)
    design, odds = _design(examples, pairs)
    weights = np.zeros(len(spread))
    for _ in range(8):
        p = _logistic(design @ weights + odds)
        slope = design.T @ (truth - p) - precision @ weights
        bend = (design * (p * (1 - p))[:, None]).T @ design + precision
        weights = weights + np.linalg.solve(bend, slope)
    design, odds = _design(spots, pairs)
    return _logistic(design @ weights + odds)


def _design(
    spots: Sequence[_Spot], pairs: Sequence[Pair]
) -> tuple[np.ndarray, np.ndarray]:
    """Make the matrix (N, 1 + pairs) of which offsets count, and the odds (N,)."""
    design = np.zeros((len(spots), 1 + len(pairs)))
    design[:, 0] = 1.0
    for row, spot in enumerate(spots):
        design[row, 1 + pairs.index(spot.pair)] = 1.0
    return design, np.array([s.odds for s in spots], float)


def _logistic(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))
