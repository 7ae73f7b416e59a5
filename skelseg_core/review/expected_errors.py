"""Expected errors: how many are left in a lane, as a range that earns to be shown.

How many errors there are differs from person to person more than cues can tell: all
log odds of a video lie higher or lower by the same amount, which is known only as far
as one has looked. The range holds eight times in ten if that amount is as different
from video to video as it was in the corrections of the project; whether it does is
tried on videos that were left out when it was learnt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skelseg_core.review.findings import Findings
from skelseg_core.review.place import Place
from skelseg_core.review.queue_model import CueRows, QueueModel, logistic

Lesson = tuple[CueRows, Findings]
"""Cues of a pre-label, and what a person made of it."""

WITHIN = 0.8
"""Probability that the number lies in the range."""
LEAST_VIDEOS = 6
"""Corrected videos of a project below which no number is given."""
LEAST_SEEN = 30
"""Boundaries of a video that somebody looked at, below which it does not count."""
BORNE_OUT = 0.7
"""Share of those videos in which the range held, below which no number is given."""
FOLDS = 5
"""Times that a part of the videos is left out."""

_STEPS = np.linspace(-2.5, 2.5, 21)
"""Standard deviations from the mean at which videos are imagined."""
_SHARES = np.exp(-(_STEPS**2) / 2) / np.exp(-(_STEPS**2) / 2).sum()
_DIFFERENCES = (0.1, 0.3, 0.6, 1.0, 1.4, 1.8, 2.3, 3.0)
"""Log odds by which videos may differ, as standard deviations that are tried."""


def learn_queue(lessons: Sequence[Lesson]) -> QueueModel:
    """Learn of the corrections of a project, and whether numbers may be given.

    Parameters
    ----------
    lessons : sequence of Lesson
        One for each video in which somebody looked at a pre-label.
    """
    model = QueueModel().learnt(lessons)
    judged = [x for x in lessons if int(x[1].boundary_seen.sum()) >= LEAST_SEEN]
    if len(judged) < LEAST_VIDEOS:
        return model
    held = []
    for fold in range(FOLDS):
        out = judged[fold::FOLDS]
        rest = [x for x in lessons if not any(x is y for y in out)]
        trial = QueueModel().learnt(rest)
        trial = replace(trial, differs=_difference(trial, rest))
        for cues, found in out:
            likely, wrong = _seen(trial, cues, found)
            low, high = expected_range(likely, trial.differs)
            held.append(low <= int(wrong.sum()) <= high)
    borne_out = sum(held) >= BORNE_OUT * len(held)
    return replace(model, differs=_difference(model, lessons), borne_out=borne_out)


def expected_errors(
    places: Sequence[Place], learnt: QueueModel
) -> tuple[int, int] | None:
    """Say how many errors are left, from so many to so many.

    Parameters
    ----------
    places : sequence of Place
        All that are left of a lane.
    learnt : QueueModel
        That gave their risks, as `Queue.model` is.

    Returns
    -------
    tuple of int or None
        None where the corrections of the project do not bear such numbers out, or are
        too few to tell.
    """
    if not learnt.borne_out:
        return None
    return expected_range(np.array([p.risk for p in places]), learnt.differs)


def expected_range(likely: np.ndarray, differs: float) -> tuple[int, int]:
    """Compute the range that holds the number of errors with probability `WITHIN`.

    Parameters
    ----------
    likely : ndarray of float, shape (n,)
        Probability of each error.
    differs : float
        Standard deviation by which the log odds of a video differ from these.
    """
    means, spreads = [], []
    for p in _shifted(likely, differs):
        means.append(float(p.sum()))
        spreads.append(math.sqrt(float((p * (1 - p)).sum())) + 1e-9)
    below, low = 0.0, 0
    for count in range(len(likely) + 1):
        below = sum(
            share * _normal((count + 0.5 - mean) / spread)
            for share, mean, spread in zip(_SHARES, means, spreads, strict=True)
        )
        if below < (1 - WITHIN) / 2:
            low = count + 1
        if below >= (1 + WITHIN) / 2:
            return low, count
    return low, len(likely)


def _normal(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def _shifted(likely: np.ndarray, differs: float) -> list[np.ndarray]:
    """Imagine videos with more errors and with fewer, one for each of `_STEPS`."""
    p = np.clip(likely, 1e-9, 1 - 1e-9)
    odds = np.log(p / (1 - p))
    return [logistic(odds + step * differs) for step in _STEPS]


def _seen(
    model: QueueModel, cues: CueRows, found: Findings
) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and errors of all that was looked at in a video."""
    likely = model.probabilities(cues)
    seen = [
        (p[found.seen(k)], found.wrong(k)[found.seen(k)]) for k, p in likely.items()
    ]
    return np.concatenate([p for p, _ in seen]), np.concatenate([w for _, w in seen])


def _difference(model: QueueModel, lessons: Sequence[Lesson]) -> float:
    """Find by how much the log odds of videos differ (largest likelihood)."""
    seen = [_seen(model, *lesson) for lesson in lessons]

    def likelihood(differs: float) -> float:
        total = 0.0
        for likely, wrong in seen:
            each = [
                float(np.log(np.where(wrong, p, 1 - p).clip(1e-12)).sum())
                for p in _shifted(likely, differs)
            ]
            top = max(each)
            total += top + math.log(float(_SHARES @ np.exp(np.array(each) - top)))
        return total

    return max(_DIFFERENCES, key=likelihood)
