"""Cues of a segment: its class may be wrong, it may be none, or hold another one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.cues import KnownRows, Sums


@dataclass(frozen=True, eq=False)
class SegmentCues:
    """Figures of S segments.

    Parameters
    ----------
    channel : ndarray of int, shape (S,)
    own, other : ndarray of float, shape (S,)
        Mean probability of its class; largest mean of another class in its middle.
    rival : ndarray of int, shape (S,)
        Channel of that other class.
    removal : ndarray of float, shape (S,)
        What is gained in nats where its neighbours share its frames.
    length : ndarray of float, shape (S,)
        Times as long as its class usually is.
    gain, style : ndarray of float, shape (S,)
        As of a boundary, for a segment missing amidst this one; -inf where none fits.
    missing, start, stop : ndarray of int, shape (S,)
        Channel and frames of that segment.
    given : ndarray of float, shape (S,)
        Largest probability of that class in these frames.
    """

    channel: np.ndarray
    own: np.ndarray
    other: np.ndarray
    rival: np.ndarray
    removal: np.ndarray
    length: np.ndarray
    gain: np.ndarray
    style: np.ndarray
    missing: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    given: np.ndarray


class SegmentCueBook:
    """Computes the cues of the segments of a lane, each once."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        self._known = KnownRows(partial(_cues, sums), 5)

    def of(self, lane: Segmentation) -> SegmentCues:
        """Compute the cues of every segment."""
        stop = np.append(lane.starts[1:], lane.n_frames)
        channel = self._sums.lane_channels(lane)
        # At the ends of a video there is one neighbour, and it takes all.
        before = np.append(channel[1:2], channel[:-1])
        after = np.append(channel[1:], channel[-2:-1])
        if len(lane) == 1:
            before = after = np.array([self._sums.n_classes])
        return self._known.of(lane.starts, stop, channel, before, after)


def _cues(
    sums: Sums,
    start: np.ndarray,
    stop: np.ndarray,
    channel: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> SegmentCues:
    rows, n = np.arange(len(start)), stop - start
    own = (sums.probabilities[stop] - sums.probabilities[start])[rows, channel] / n
    aside = n // 4
    middle = sums.probabilities[stop - aside] - sums.probabilities[start + aside]
    middle /= (n - 2 * aside)[:, None]
    middle[rows, channel] = -1
    rival = middle[:, :-1].argmax(axis=1)
    other = np.maximum(middle[rows, rival], 0)
    length = n / sums.evidence.rate / sums.usual_s[channel]
    removal = _removal(sums, start, stop, channel, before, after)
    gain, style = np.full(len(n), -np.inf), np.zeros(len(n))
    missing, a, b = np.zeros((3, len(n)), np.int64)
    given = np.zeros(len(n))
    for i in rows.tolist():
        found = _missing_within(sums, int(start[i]), int(stop[i]), int(channel[i]))
        if found is not None:
            gain[i], style[i], missing[i], a[i], b[i], given[i] = found
    return SegmentCues(
        channel, own, other, rival, removal, length, gain, style, missing, a, b, given
    )


def _removal(
    sums: Sums,
    start: np.ndarray,
    stop: np.ndarray,
    channel: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> np.ndarray:
    """Compute what is gained where the neighbours share the frames of a segment."""
    n, logs = stop - start, sums.logs
    first = np.cumsum(n) - n
    frames = np.repeat(start - first, n) + np.arange(n.sum())
    difference = logs[frames, np.repeat(before, n)] - logs[frames, np.repeat(after, n)]
    best = np.maximum(
        np.maximum.reduceat(difference, first), logs[stop, before] - logs[stop, after]
    )
    shared = best - logs[start, before] + logs[stop, after]
    own = logs[stop, channel] - logs[start, channel]
    counts, same = sums.counts, before == after
    without = np.where(same, sums.exits[before], counts[before, after])
    style = without - counts[before, channel] - counts[channel, after]
    return np.asarray(shared - own + style + sums.exits[channel])


def _missing_within(
    sums: Sums, start: int, stop: int, channel: int
) -> tuple[float, float, int, int, int, float] | None:
    """Find the segment of another class amidst one whose lack costs most.

    Returns gain, style, channel, first frame, stop and largest probability, or None
    where there is no room.
    """
    least, n = sums.shortest, sums.n_classes
    start, stop = start + least, stop - least
    if stop - start < least or n < 2:
        return None
    logs = sums.logs[start : stop + 1]
    over = logs[:, :-1] - logs[:, channel, None]
    gains = over[least:] - np.minimum.accumulate(over, axis=0)[:-least]
    last = gains.argmax(axis=0)
    styles = sums.counts[channel, :n] + sums.counts[:n, channel] - sums.exits[:n]
    styles = styles - sums.exits[channel]
    both = gains[last, np.arange(n)] + styles
    if channel < n:
        both[channel] = -np.inf
    missing = int(both.argmax())
    e = int(last[missing])
    s = int(over[: e + 1, missing].argmin())
    a, b = start + s, start + e + least
    given = float(sums.evidence.probabilities[a:b, missing].max())
    return float(gains[e, missing]), float(styles[missing]), missing, a, b, given
