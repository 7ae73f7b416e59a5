"""Habits: which classes people put between two others, how often, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import Project, VideoItem

MOST_VIDEOS = 200
"""Labelled videos of which habits are counted, at the most."""

Triple = tuple[int, int, int]
"""A class, the one put in, and the one after."""
Pair = tuple[int, int]
"""A class, and the one that follows it at once."""


@dataclass
class Habits:
    """Counts of labels in a row.

    Parameters
    ----------
    triples : Counter of Triple
    pairs : Counter of Pair
    durations_s : dict of list of float
        Of the segments between two others, by class, in seconds.
    """

    triples: Counter[Triple] = field(default_factory=Counter)
    pairs: Counter[Pair] = field(default_factory=Counter)
    durations_s: dict[int, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, lanes: Iterable[tuple[Segmentation, float]]) -> Habits:
        """Count in lanes, given with their frames per second.

        What is not labelled follows nothing, and nothing follows it.
        """
        found = cls()
        for lane, rate in lanes:
            ids = lane.class_ids.tolist()
            lengths = np.diff([*lane.starts.tolist(), lane.n_frames]).tolist()
            found.pairs.update(p for p in pairwise(ids) if min(p) >= 0)
            for n, (first, then) in enumerate(pairwise(pairwise(ids)), 1):
                triple = (*first, then[1])
                if min(triple) >= 0:
                    found.triples[triple] += 1
                    seconds = lengths[n] / rate
                    found.durations_s.setdefault(triple[1], []).append(seconds)
        return found

    def __add__(self, other: Habits) -> Habits:
        durations_s = {k: list(v) for k, v in self.durations_s.items()}
        for class_id, seconds in other.durations_s.items():
            durations_s.setdefault(class_id, []).extend(seconds)
        return Habits(
            self.triples + other.triples, self.pairs + other.pairs, durations_s
        )

    @property
    def optional(self) -> list[int]:
        """Classes that are put between two others here, and elsewhere are not."""
        return sorted(
            {
                middle
                for (before, middle, after) in self.triples
                if middle not in (before, after) and self.pairs[before, after]
            }
        )

    def odds(self, before: int, middle: int, after: int) -> float:
        """Return the log odds that a class is put between two others."""
        with_it = self.triples[before, middle, after] + 0.5
        return float(np.log(with_it / (self.pairs[before, after] + 0.5)))

    def log_lengths(self, class_id: int, rate: float, longest: int) -> np.ndarray:
        """Return log probabilities of how many frames a segment of a class has.

        Returns
        -------
        ndarray of float, shape (longest + 1,)
            By number of frames; the last one counts all that are longer.
        """
        seconds = np.array(self.durations_s.get(class_id, []), float)
        frames = np.minimum(np.rint(seconds * rate), longest).astype(np.int64)
        counts = np.bincount(frames, minlength=longest + 1) + 0.5
        wide = max(1, round(rate / 10))
        kernel = np.convolve(np.ones(wide), np.ones(wide + 1))
        smooth = np.convolve(counts, kernel / kernel.sum(), "same")[: longest + 1]
        return np.asarray(np.log(smooth / smooth.sum()))


def habits_of_others(project: Project, item: VideoItem) -> Habits:
    """Count the habits of those who labelled the other videos, up to `MOST_VIDEOS`."""
    others = (v for v in project.videos if v.id != item.id and not v.missing)
    labelled = (v for v in others if v.annotation.n_labelled)
    return Habits.of(
        (v.annotation.vouched, v.mean_rate) for v in islice(labelled, MOST_VIDEOS)
    )
