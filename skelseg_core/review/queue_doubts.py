"""Doubts: how likely something is wrong at each boundary and in each segment."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.boundary_cues import BoundaryCues
from skelseg_core.review.cues import Sums
from skelseg_core.review.segment_cues import SegmentCues


def is_open(segment: Segment) -> bool:
    """Tell whether nobody reviewed yet the class or an end of a segment.

    Unlabelled frames hold nothing to look at.
    """
    return segment.class_id is not None and not segment.reviewed


@dataclass(frozen=True)
class Shown:
    """A segment in the order of the queue, and what it shows that those before did not.

    Parameters
    ----------
    index : int
    risk : float
        Probability that something is wrong in it or at these ends.
    ends : tuple of int
        Boundaries that nobody reviewed; boundary b begins segment b + 1.
    """

    index: int
    risk: float
    ends: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Doubts:
    """Probabilities of errors in a lane, 0 where a person reviewed, and their cues.

    Parameters
    ----------
    sums : Sums
    boundaries : BoundaryCues
        Of the S - 1 boundaries.
    segments : SegmentCues
        Of the S segments.
    missing, moved : ndarray of float, shape (S - 1,)
        A segment is missing at the boundary; the boundary lies elsewhere.
    within, extra, other : ndarray of float, shape (S,)
        A segment is missing amidst this one; it is none; its class is another.
    """

    sums: Sums
    boundaries: BoundaryCues
    segments: SegmentCues
    missing: np.ndarray
    moved: np.ndarray
    within: np.ndarray
    extra: np.ndarray
    other: np.ndarray

    @classmethod
    def of(
        cls,
        lane: Segmentation,
        sums: Sums,
        boundaries: BoundaryCues,
        segments: SegmentCues,
        likely: Mapping[str, np.ndarray],
    ) -> Doubts:
        """Drop from the probabilities what a person reviewed.

        Parameters
        ----------
        lane : Segmentation
        sums : Sums
        boundaries, segments : BoundaryCues, SegmentCues
            Of the lane.
        likely : Mapping of str to ndarray of float
            Probability of an error by its kind.
        """
        free = np.array([not s.protected for s in lane.segments])
        unknown = sums.n_classes
        known = (boundaries.before != unknown) & (boundaries.after != unknown)
        known &= np.array([not s.start_reviewed for s in lane.segments[1:]], bool)
        inside = free & (segments.channel != unknown)
        missing = known & np.isfinite(boundaries.gain)
        return cls(
            sums,
            boundaries,
            segments,
            likely["missing"] * missing,
            likely["moved"] * known,
            likely["within"] * (inside & np.isfinite(segments.gain)),
            likely["extra"] * (inside & (len(lane) > 1)),
            likely["other"] * inside,
        )

    @property
    def boundary_sound(self) -> np.ndarray:
        """Probability that nothing is wrong at a boundary, (S - 1,)."""
        return np.asarray((1 - self.missing) * (1 - self.moved))

    @property
    def segment_sound(self) -> np.ndarray:
        """Probability that nothing is wrong amidst a segment, (S,)."""
        return np.asarray((1 - self.within) * (1 - self.extra) * (1 - self.other))

    def order(self, lane: Segmentation) -> list[Shown]:
        """Order what nobody reviewed by what each shows that those before it did not.

        Parameters
        ----------
        lane : Segmentation
            That the doubts are of.

        Returns
        -------
        list of Shown
            A segment whose class a person reviewed is in it only where it shows an
            end that no other does.
        """
        sound = np.concatenate([[1.0], self.boundary_sound, [1.0]]).tolist()
        inside = self.segment_sound.tolist()
        hidden = [not s.start_reviewed for s in lane.segments]
        hidden[0] = len(lane) == 1
        hidden.append(len(lane) == 1)

        def risk(i: int) -> float:
            return float(1 - sound[i] * inside[i] * sound[i + 1])

        waiting = [(-risk(i), i) for i, s in enumerate(lane.segments) if is_open(s)]
        heapq.heapify(waiting)
        order = []
        while waiting:
            before, i = heapq.heappop(waiting)
            if risk(i) < -before:
                heapq.heappush(waiting, (-risk(i), i))
                continue
            ends = tuple(b - 1 for b in (i, i + 1) if hidden[b])
            if ends or not lane.segments[i].class_reviewed:
                order.append(Shown(i, -before, ends))
            hidden[i] = hidden[i + 1] = False
            sound[i] = sound[i + 1] = 1.0
        return order
