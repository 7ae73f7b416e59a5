"""Figures with bootstrap intervals over videos.

Videos are drawn with replacement, as many as there are, and the figure is computed for
each draw; the interval holds the middle 95 %. Frames of one video are alike, so single
frames are never drawn: the interval would be far too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

N_DRAWS = 1000
"""Draws of the videos."""
FEW_VIDEOS = 5
"""Fewer videos get no interval: with two, it would be wrong half of the time."""
_SEED = 20
"""Fixed, so that the same videos always give the same interval."""
_AT_ONCE = 2_000_000
"""Most numbers held at once while the draws are summed."""
Formula = Callable[[np.ndarray], np.ndarray]
"""Computes a figure from sums over videos, of any number of draws at once."""


@dataclass(frozen=True)
class Figure:
    """A figure of agreement.

    Parameters
    ----------
    name : str
        As `meanings` lists it.
    value : float or None
        None if undefined.
    low, high : float or None
        Ends of the interval; None with fewer than `FEW_VIDEOS` videos, or if most draws
        leave the figure undefined.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


def estimate(
    name: str,
    per_video: np.ndarray,
    formula: Formula,
    videos: Sequence[str] | None = None,
) -> Figure:
    """Compute a figure and its interval.

    Parameters
    ----------
    per_video : ndarray, shape (V, ...)
        Counts of each video that add up.
    formula : callable
        Takes sums with one axis more in front.
    videos : sequence of str, optional
        The video of each row; rows of one video are drawn together.
    """
    per_video = np.asarray(per_video, float)
    if videos is not None:
        numbers: dict[str, int] = {}
        rows = [numbers.setdefault(video, len(numbers)) for video in videos]
        summed = np.zeros((len(numbers), *per_video.shape[1:]))
        np.add.at(summed, rows, per_video)
        per_video = summed
    value = float(formula(per_video.sum(axis=0)[None])[0])
    if np.isnan(value):
        return Figure(name, None)
    if len(per_video) < FEW_VIDEOS:
        return Figure(name, value)
    drawn = _drawn(per_video, formula)
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < N_DRAWS / 2:
        return Figure(name, value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(name, value, float(low), float(high))


def _drawn(per_video: np.ndarray, formula: Formula) -> np.ndarray:
    n_videos = len(per_video)
    weights = np.random.default_rng(_SEED).multinomial(
        n_videos, np.full(n_videos, 1 / n_videos), size=N_DRAWS
    )
    step = max(1, _AT_ONCE // max(1, per_video[0].size))
    values = [
        formula(np.tensordot(weights[i : i + step].astype(float), per_video, axes=1))
        for i in range(0, N_DRAWS, step)
    ]
    return np.concatenate(values)
