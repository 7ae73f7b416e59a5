"""Constraints: what is known of a video's labels besides what a model says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import carry_boundary
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.labels.semi_markov import Limits

Ranged = tuple[int, int, int]
"""First frame, the frame after the last, and a class id."""


@dataclass(frozen=True, eq=False)
class Constraints:
    """Frames, boundaries and rules that decoded labels keep to.

    Frames that are fixed come first: nothing else here changes them.

    Parameters
    ----------
    fixed : ndarray of int, shape (T,), or None
        Class ids that hold; -1 is free.
    pinned : frozenset of int
        Frames at which a segment begins: the class changes there, unless it is fixed
        to be the same on both sides.
    whole : tuple of (int, int)
        Ranges of frames within which no segment begins.
    forbidden : tuple of (int, int, int)
        Ranges of frames, each with a class that does not occur there.
    required : tuple of (int, int, int)
        Ranges of frames, each with a class that occurs there at least once.
    never_after : frozenset of (int, int)
        Pairs of classes of which the second never follows the first directly.
    least_s : Mapping of int to float
        Least duration of a segment in seconds, by class. Where the other constraints
        leave no room for it, a segment is shorter.
    """

    fixed: np.ndarray | None = None
    pinned: frozenset[int] = frozenset()
    whole: tuple[tuple[int, int], ...] = ()
    forbidden: tuple[Ranged, ...] = ()
    required: tuple[Ranged, ...] = ()
    never_after: frozenset[tuple[int, int]] = frozenset()
    least_s: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of_person(cls, lane: Segmentation) -> Constraints:
        """List what a person made, or reviews, in a lane.

        Of a boundary that a person reviewed, the frames on both sides keep their
        classes. Beside an unlabelled frame it is none: it may be where somebody
        stopped labelling, and not where an action ends.
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
        """True where nothing but frames is fixed."""
        return not (
            self.pinned
            or self.whole
            or self.forbidden
            or self.required
            or self.never_after
            or self.least_s
        )

    def limits(self, class_ids: np.ndarray, n_known: int, n_frames: int) -> Limits:
        """Convert to the limits of a search over the columns of classes.

        Parameters
        ----------
        class_ids : ndarray of int, shape (S,)
            Class of each state; those from ``n_known`` on occur where they are fixed
            and nowhere else.
        n_known, n_frames : int

        Raises
        ------
        EditError
            Where they leave no class for a frame.
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
        inside = self._inside(allowed)
        return Limits(None if allowed.all() else allowed, self.pinned, inside)

    def _inside(self, allowed: np.ndarray) -> np.ndarray | None:
        if not self.whole:
            return None
        inside = np.zeros(len(allowed), bool)
        for start, stop in self.whole:
            inside[max(0, start) + 1 : max(0, stop)] = True
        for frame in self.pinned:
            if 0 <= frame < len(inside) and inside[frame]:
                raise EditError(
                    "One rule requires a boundary at frame {}, another excludes it; "
                    "remove one of the two.",
                    frame,
                )
        starts = np.flatnonzero(~inside)
        shared = np.logical_and.reduceat(allowed, starts, axis=0).any(axis=1)
        if not shared.all():
            raise EditError(
                "No class is left for the segment at frame {}, which must stay "
                "whole; remove one of the rules.",
                int(starts[shared.argmin()]),
            )
        return inside


def protected_labels(lane: Segmentation) -> np.ndarray:
    """List the framewise class ids (T,) that no model may change; -1 elsewhere."""
    ids = [
        s.class_id if s.protected and s.class_id is not None else UNLABELLED
        for s in lane.runs
    ]
    return np.repeat(np.array(ids, np.int64), [len(s) for s in lane.runs])


def ended_at(
    lane: Segmentation, ends: Collection[int], near: int, fixed: np.ndarray
) -> Segmentation:
    """Move the boundary nearest to each of some frames there, if it is near.

    Boundaries that lie on one of these frames stay, and so does what is fixed, with the
    boundaries beside it.

    Parameters
    ----------
    lane : Segmentation
    ends : collection of int
        Frames at which segments ought to begin.
    near : int
        Most frames that a boundary is moved by.
    fixed : ndarray of int, shape (T,)
        Class ids that hold; -1 is free.
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
