"""Cues of a boundary: a segment may be missing there, or it may lie elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.cues import KnownRows, Sums

REACH_S = 1.0
"""Seconds on either side of a boundary in which a missing segment is looked for."""
AROUND_S = 0.5
"""Seconds on either side of a boundary over which doubt is averaged."""
NEAR_S = 0.2
"""Seconds by which a boundary may be off and counts as right."""
GHOST_SHARE, GHOST_LONGEST_S = 0.6, 0.5
"""Length of a proposed missing segment: this share of the usual length of its class, or
so many seconds where that is less, unless the probabilities say more."""


@dataclass(frozen=True, eq=False)
class BoundaryCues:
    """Figures of B boundaries, each at ``frame`` between ``before`` and ``after``.

    Parameters
    ----------
    frame, before, after : ndarray of int, shape (B,)
        Where it is; channels of the two classes.
    gain : ndarray of float, shape (B,)
        What the best missing segment gains by the probabilities, in nats; below 0
        where they are against it, -inf where none fits.
    style : ndarray of float, shape (B,)
        How much likelier, in nats, labels have that segment here than not.
    missing, start, stop : ndarray of int, shape (B,)
        Channel and frames of the best missing segment.
    given : ndarray of float, shape (B,)
        Largest probability of that class in these frames.
    elsewhere : ndarray of float, shape (B,)
        Probability that the boundary is more than `NEAR_S` away.
    doubt : ndarray of float, shape (B,)
        1 - probability of the best class, on average around it.
    """

    frame: np.ndarray
    before: np.ndarray
    after: np.ndarray
    gain: np.ndarray
    style: np.ndarray
    missing: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    given: np.ndarray
    elsewhere: np.ndarray
    doubt: np.ndarray


class BoundaryCueBook:
    """Computes the cues of the boundaries of a lane, each once."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        self._known = KnownRows(partial(_cues, sums), 5)

    def of(self, lane: Segmentation) -> BoundaryCues:
        """Compute the cues of every boundary.

        A missing segment takes no frames that a person or a file gave a label.
        """
        free = np.array([not s.protected for s in lane.segments])
        edges = np.append(lane.starts, lane.n_frames)
        channel = self._sums.lane_channels(lane)
        at = edges[1:-1]
        low = np.where(free[:-1], edges[:-2] + 1, at)
        high = np.where(free[1:], edges[2:] - 1, at)
        return self._known.of(low, at, high, channel[:-1], channel[1:])


def _cues(
    sums: Sums,
    low: np.ndarray,
    at: np.ndarray,
    high: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> BoundaryCues:
    """Compute the cues of boundaries that may lie at ``low`` to ``high``."""
    rate, n_frames = sums.evidence.rate, len(sums.doubt) - 1
    reach = max(1, round(REACH_S * rate))
    offsets = np.arange(-reach, reach + 1)
    places = at[:, None] + offsets
    inside = (places >= low[:, None]) & (places <= high[:, None])
    places = places.clip(0, n_frames)
    values = sums.logs[places]
    rows = np.arange(len(at))[:, None]
    mine = values[rows, np.arange(len(offsets)), before[:, None]]
    later = values[rows, np.arange(len(offsets)), after[:, None]]
    change = np.where(inside, mine - later, -np.inf)
    weight = np.exp(change - change.max(axis=1, keepdims=True))
    far = np.abs(offsets) > round(NEAR_S * rate)
    window = _Window(sums, values[:, :, :-1], mine, later, inside)
    missing, gain, style = window.best_class(before, after)
    first, last = window.ghosts(missing)
    around = max(1, round(AROUND_S * rate))
    a, b = np.maximum(at - around, 0), np.minimum(at + around, n_frames)
    start, stop = at + offsets[first], at + offsets[last]
    # Where no segment fits, these two are the same frame.
    chosen = sums.evidence.probabilities[places.clip(max=n_frames - 1)]
    chosen = np.take_along_axis(chosen, missing[:, None, None], axis=2)[:, :, 0]
    within = (offsets >= offsets[first, None]) & (offsets < offsets[last, None])
    return BoundaryCues(
        at,
        before,
        after,
        np.where(start < stop, gain, -np.inf),
        style,
        missing,
        start,
        stop,
        np.where(within, chosen, 0).max(axis=1, initial=0.0),
        (weight * far).sum(axis=1) / weight.sum(axis=1),
        (sums.doubt[b] - sums.doubt[a]) / (b - a),
    )


@dataclass(frozen=True, eq=False)
class _Window:
    """Logarithms of B boundaries summed up over the P frames around each.

    With the class before up to a frame s, the missing one up to e and the class after
    from there, what is gained is a part by s and a part by e: the best pair is found
    by a running maximum.
    """

    sums: Sums
    values: np.ndarray  # (B, P, C)
    mine: np.ndarray  # (B, P), of the class before
    later: np.ndarray  # (B, P), of the class after
    inside: np.ndarray  # (B, P), where a boundary may lie

    def best_class(
        self, before: np.ndarray, after: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the missing class, its gain and its style, each (B,)."""
        sums, least = self.sums, self.sums.shortest
        blocked = ~self.inside[:, :, None]
        starts = np.where(blocked, -np.inf, self.mine[:, :, None] - self.values)
        stops = np.where(blocked, -np.inf, self.values - self.later[:, :, None])
        best = np.maximum.accumulate(starts, axis=1)[:, :-least] + stops[:, least:]
        centre = self.mine.shape[1] // 2
        now = self.mine[:, centre] - self.later[:, centre]
        gains = best.max(axis=1) - now[:, None]
        n, rows = sums.n_classes, np.arange(len(before))
        styles = sums.counts[before, :n] + sums.counts[:n, after].T - sums.exits[:n]
        styles -= sums.counts[before, after][:, None]
        both, channel = gains + styles, np.arange(n)
        both[(channel == before[:, None]) | (channel == after[:, None])] = -np.inf
        missing = both.argmax(axis=1)
        fits = np.isfinite(both[rows, missing])
        gain = np.where(fits, gains[rows, missing], -np.inf)
        return missing, gain, styles[rows, missing]

    def ghosts(self, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find where the missing segments begin and end, as places in the window."""
        sums = self.sums
        chosen = np.take_along_axis(self.values, missing[:, None, None], axis=2)[..., 0]
        starts = np.where(self.inside, self.mine - chosen, -np.inf)
        stops = np.where(self.inside, chosen - self.later, -np.inf)
        usual_s = np.minimum(GHOST_SHARE * sums.usual_s[missing], GHOST_LONGEST_S)
        least = np.rint(usual_s * sums.evidence.rate).astype(np.int64)
        room = np.maximum(self.inside.sum(axis=1) - 1, 0)
        least = np.minimum(np.maximum(least, sums.shortest), room)
        places = np.arange(self.inside.shape[1])
        earlier = places - least[:, None]
        best = np.maximum.accumulate(starts, axis=1)
        best = np.take_along_axis(best, earlier.clip(0), axis=1) + stops
        last = np.where(earlier >= 0, best, -np.inf).argmax(axis=1)
        early = places <= (last - least)[:, None]
        first = np.where(early, starts, -np.inf).argmax(axis=1)
        return np.where(room > 0, first, last), last
