"""Optional segments: what some people label between two others and some do not.

A hand that rests for half a second between two grips is a segment to one person and no
segment to another. A model that learnt from both never gives it much probability, so
confidence does not find it; where it would be, and how well it would fit, can be
computed all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits
from skelseg_core.review.working_lane import Shown

LONGEST_S = 1.4
"""Longest segment that is put in, in seconds."""
REACH_S = 1.4
"""How far from a boundary it may begin or stop, in seconds."""
LENGTH_WEIGHT = 8.0
"""Weight of its usual length against the probabilities, where it is placed: frames
beside one another say nearly the same, and each would count as a witness of its own."""
PER_S = 10.0
"""Frames a second at which log probabilities count once each."""
_LEAST = 1e-6
_NOWHERE = -99.0


@dataclass(frozen=True)
class Slot:
    """A place between two segments where a third one is, or could be.

    Parameters
    ----------
    index : int
        Of the segment after it, in the lane without segments of the class in question.
    start, stop : int
        Frames of the segment that is there; where none is both are the boundary.
    before, after : int
        Classes on both sides.
    gain : float
        How much better the probabilities fit with it than without, in nats.
    new_start, new_stop : int
        Where it would be, if none is there; else both are the boundary without it.
    """

    index: int
    start: int
    stop: int
    before: int
    after: int
    gain: float
    new_start: int
    new_stop: int

    @property
    def present(self) -> bool:
        """True where a segment of the class is there."""
        return self.stop > self.start


class SlotFinder:
    """Find the slots of a class in lanes of one video.

    Parameters
    ----------
    evidence : Evidence
        Of T frames.
    """

    def __init__(self, evidence: Evidence) -> None:
        rate = evidence.rate if 0 < evidence.rate < np.inf else PER_S
        logs = np.log(np.clip(evidence.probabilities, _LEAST, 1.0))
        # As the network gives them: calibrated ones would weigh more or less.
        logs = logs * evidence.temperature * min(1.0, PER_S / rate)
        self._sums = np.vstack([np.zeros(logs.shape[1]), np.cumsum(logs, axis=0)])
        self._channels = {int(c): n for n, c in enumerate(evidence.class_ids)}
        self._rate = rate
        self._longest = max(2, round(LONGEST_S * rate))
        self._reach = max(2, round(REACH_S * rate))
        self._placed: dict[tuple[int, ...], tuple[float, int, int]] = {}

    def slots(
        self, lane: Sequence[Shown], class_id: int, habits: Habits
    ) -> tuple[list[int | None], list[Slot]]:
        """List the slots of a class.

        Returns
        -------
        list of int or None
            Classes in a row, without the one in question.
        list of Slot
            In order.
        """
        others = [s for s in lane if s[2] != class_id]
        lengths = habits.log_lengths(class_id, self._rate, 4 * self._longest)
        found = []
        for index, (left, right) in enumerate(pairwise(others), 1):
            before, after = left[2], right[2]
            if before is None or after is None:
                continue
            if not {before, after, class_id} <= self._channels.keys():
                continue
            slot = None
            if left[1] < right[0]:
                if before == after or habits.pairs[before, after]:
                    slot = self._without(index, left, right, class_id, lengths)
            elif before != after and habits.triples[before, class_id, after]:
                slot = self._with(index, left, right, class_id, lengths)
            if slot is not None:
                found.append(slot)
        return [s[2] for s in others], found

    def _with(
        self, index: int, left: Shown, right: Shown, class_id: int, lengths: np.ndarray
    ) -> Slot | None:
        """Find where a segment would fit best around a boundary."""
        before, after = _ids(left, right)
        key = (before, class_id, after, left[0], right[0], right[1])
        if key not in self._placed:
            self._placed[key] = self._best(key, lengths)
        gain, start, stop = self._placed[key]
        if gain == _NOWHERE:
            return None
        at = right[0]
        return Slot(index, at, at, before, after, gain, start, stop)

    def _best(
        self, key: tuple[int, ...], lengths: np.ndarray
    ) -> tuple[float, int, int]:
        low, at, high = key[3:]
        last = min(high - 1, at + self._reach)
        starts = np.arange(max(low + 1, at - self._reach), last - 1)[:, None]
        stops = starts + np.arange(2, self._longest + 1)
        fits = stops <= last
        if not fits.any():
            return _NOWHERE, at, at
        stops = np.minimum(stops, last)
        old, new, then = (self._sums[:, self._channels[c]] for c in key[:3])
        gains = old[starts] - old[at] + new[stops] - new[starts] + then[at]
        gains = gains - then[stops]
        usual = lengths[stops - starts]
        best = int(np.where(fits, gains + LENGTH_WEIGHT * usual, -np.inf).argmax())
        row = best // stops.shape[1]
        gain = float(gains.flat[best] + usual.flat[best])
        return gain, int(starts[row, 0]), int(stops.flat[best])

    def _without(
        self, index: int, left: Shown, right: Shown, class_id: int, lengths: np.ndarray
    ) -> Slot:
        """Find where the boundary would be if the segment went."""
        before, after = _ids(left, right)
        start, stop = left[1], right[0]
        old, new, then = (
            self._sums[start : stop + 1, self._channels[c]]
            for c in (before, class_id, after)
        )
        shared = old - old[0] + then[-1] - then
        cut = int(shared.argmax())
        usual = lengths[min(stop - start, len(lengths) - 1)]
        gain = float(new[-1] - new[0] - shared[cut] + usual)
        at = start + cut
        return Slot(index, start, stop, before, after, gain, at, at)


def _ids(left: Shown, right: Shown) -> tuple[int, int]:
    return int(left[2] or 0), int(right[2] or 0)


def changed(labels: np.ndarray, slot: Slot, class_id: int) -> None:
    """Put the segment of a slot into framewise labels (T,), or take it out of them."""
    if slot.present:
        labels[slot.start : slot.new_start] = slot.before
        labels[slot.new_start : slot.stop] = slot.after
        return
    labels[min(slot.start, slot.new_start) : slot.new_start] = slot.before
    labels[slot.new_stop : max(slot.stop, slot.new_stop)] = slot.after
    labels[slot.new_start : slot.new_stop] = class_id
