"""Constraints: known labels and boundaries that decoding has to respect."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import carry_boundary
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.labels.semi_markov import Limits

Ranged = tuple[int, int, int]
"""First frame, frame after the last, and class id."""


@dataclass(frozen=True, eq=False)
class Constraints:
    """Frames and boundaries that decoded labels must respect.

    Fixed frames win over all other constraints.

    Parameters
    ----------
    fixed : ndarray of int, shape (T,), or None
        Fixed class ids; -1 is free.
    pinned : frozenset of int
        Frames at which a segment begins: the class changes there, unless both sides are
        fixed to one class.
    forbidden : tuple of (int, int, int)
        Ranges of frames, each with a class ruled out there.
    """

    fixed: np.ndarray | None = None
    pinned: frozenset[int] = frozenset()
    forbidden: tuple[Ranged, ...] = ()

    @classmethod
    def of_person(cls, lane: Segmentation) -> Constraints:
        """Collect a person's labels and reviewed places in a lane.

        At a reviewed boundary, the frames on both sides keep their classes. A boundary
        to unlabelled frames does not count: the person may have stopped labelling
        there.
        """
        fixed, pinned = protected_labels(lane), []
        for a, b in pairwise(lane.segments):
            divided = a.class_id == b.class_id and a.protected and b.protected
            if a.class_id is None or b.class_id is None:
                continue
            if b.start_reviewed or divided:
                pinned.append(b.start)
                fixed[b.start - 1 : b.start + 1] = a.class_id, b.class_id
        return cls(fixed=fixed, pinned=frozenset(pinned))

    @property
    def only_frames(self) -> bool:
        """Whether only frames are fixed."""
        return not (self.pinned or self.forbidden)

    def limits(self, class_ids: np.ndarray, n_known: int, n_frames: int) -> Limits:
        """Convert to search limits over the columns of classes.

        Parameters
        ----------
        class_ids : ndarray of int, shape (S,)
            Class of each state; states from ``n_known`` on occur only at fixed frames.
        n_known, n_frames : int

        Raises
        ------
        EditError
            If a frame has no possible class left.
        """
        allowed = np.ones((n_frames, len(class_ids)), bool)
        allowed[:, n_known:] = False
        for start, stop, class_id in self.forbidden:
            allowed[max(0, start) : max(0, stop), class_ids == class_id] = False
        if self.fixed is not None:
            held = self.fixed != UNLABELLED
            allowed[held] = self.fixed[held, None] == class_ids
        left = allowed.any(axis=1)
        if not left.all():
            raise EditError(
                "No class is left for frame {}, because all are excluded; remove one "
                "of the rules.",
                int(left.argmin()),
            )
        return Limits(None if allowed.all() else allowed, self.pinned)


def protected_labels(lane: Segmentation) -> np.ndarray:
    """Return the framewise class ids (T,) that no model may change; -1 elsewhere."""
    ids = [
        s.class_id if s.protected and s.class_id is not None else UNLABELLED
        for s in lane.runs
    ]
    return np.repeat(np.array(ids, np.int64), [len(s) for s in lane.runs])


def ended_at(
    lane: Segmentation, ends: Collection[int], near: int, fixed: np.ndarray
) -> Segmentation:
    """Move the nearest boundaries to the given frames.

    Boundaries already on one of these frames stay, and so do fixed frames and their
    boundaries.

    Parameters
    ----------
    lane : Segmentation
    ends : collection of int
        Frames at which segments should begin.
    near : int
        Most frames that a boundary is moved by.
    fixed : ndarray of int, shape (T,)
        Fixed class ids; -1 is free.
    """
    for end in sorted(ends):
        starts = np.array([s.start for s in lane.segments[1:]])
        index = int(abs(starts - end).argmin()) if len(starts) else -1
        if index < 0 or abs((at := int(starts[index])) - end) > near or at in ends:
            continue
        start, stop = sorted((at, end))
        if (fixed[max(0, start - 1) : stop + 1] == UNLABELLED).all():
            lane = carry_boundary(lane, index, end)
    return lane
