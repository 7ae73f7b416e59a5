"""Taps: where a model sees the boundaries between classes that a person named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from skelseg_core.labels.bulk_edits import Cuts, Tap
from skelseg_core.review.evidence import Evidence

MOST_CUTS = 200
"""Frames between two taps that are considered: the likeliest ones."""

LONGEST_S = 120.0
"""Durations in seconds above which all are as probable."""

LEAST = 0.05
"""Probabilities below this count as this.

What a person said is sure and the model is not: a class that is known to come, but that
the model does not see, must not be squeezed into one frame. Measured on UW-IOM: from
0.02 to 0.1 there is little to choose between.
"""

LENGTHS_WEIGH = 2.0
"""Weight of the counted durations against the frames, of which those beside one another
say nearly the same."""


def cuts_by(evidence: Evidence) -> Cuts:
    """Make the function that finds the boundaries between taps by a model.

    Between two taps there is the first one's class up to the boundary and the second
    one's from there on, nothing else. Of all such boundaries those are taken that are
    worth most together, by the probabilities and the counted durations. Where two taps
    are of one class, or the model does not know one of them, the boundary lies halfway.
    """
    rate, counted = evidence.rate, evidence.transitions
    lengths = None
    if counted is not None and counted.durations is not None:
        longest = int(LONGEST_S * rate) if 0 < rate < 1e3 else 1000
        lengths = counted.durations.log_lengths(rate, max(1, longest))[0]
        lengths = lengths * LENGTHS_WEIGH / evidence.temperature
    return _Finder(evidence, lengths)


class _Finder:
    def __init__(self, evidence: Evidence, lengths: np.ndarray | None) -> None:
        self.probabilities = evidence.probabilities
        self.columns = {int(c): n for n, c in enumerate(evidence.class_ids)}
        self.lengths = lengths

    def __call__(
        self, taps: Sequence[Tap], start: int, stop: int
    ) -> Sequence[int | None]:
        """Find the best boundaries (Viterbi over what may be each of them)."""
        value, edges = np.zeros(1), np.array([start])
        tables: list[tuple[np.ndarray, np.ndarray, bool]] = []
        for before, after in pairwise(taps):
            later, gain, seen = self._between(before, after)
            paths = value[:, None] + self._lasting(before[1], later - edges[:, None])
            tables.append((later, paths.argmax(axis=0), seen))
            value, edges = paths.max(axis=0) + gain, later
        at = int((value + self._lasting(taps[-1][1], stop - edges)).argmax())
        found: list[int | None] = []
        for later, origin, seen in reversed(tables):
            found.append(int(later[at]) if seen else None)
            at = int(origin[at])
        return found[::-1]

    def _between(self, before: Tap, after: Tap) -> tuple[np.ndarray, np.ndarray, bool]:
        """List what may be the boundary, what each gains, and whether it is seen."""
        (a, first), (b, second) = before, after
        known = first in self.columns and second in self.columns
        if not known or first == second or b > len(self.probabilities):
            return np.array([(a + b + 1) // 2]), np.zeros(1), False
        said = self.probabilities[a + 1 : b]
        logs = np.log(np.maximum(said, LEAST))
        each = logs[:, self.columns[first]] - logs[:, self.columns[second]]
        gain = np.concatenate([[0.0], np.cumsum(each)])
        best = np.sort(np.argsort(-gain, kind="stable")[:MOST_CUTS])
        return a + 1 + best, gain[best], True

    def _lasting(self, class_id: int, frames: np.ndarray) -> np.ndarray:
        column = self.columns.get(class_id)
        if self.lengths is None or column is None:
            return np.zeros(frames.shape)
        return np.asarray(
            self.lengths[column][np.clip(frames, 1, self.lengths.shape[1]) - 1]
        )
