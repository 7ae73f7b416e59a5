"""AssistSession: a person goes through the labels of a video, without a window.

It holds what the person has in hand (`WorkingLane`), and what was done, to be undone.
Each verb is one step of undo; it makes its change or raises a `SkelsegError` and
changes nothing. `lane` and `item` say where the session stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.working_lane import Shown, WorkingLane
from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.edits import accept
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.review_item import ReviewItem

Order = Callable[[WorkingLane], Sequence[ReviewItem]]


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that undo brings back: the lane, and frames (T,) that were seen."""

    lane: WorkingLane
    seen: np.ndarray

    def looked_at(self, start: int, stop: int, lane: WorkingLane | None = None) -> Work:
        seen = self.seen.copy()
        seen[start:stop] = True
        return Work(lane or self.lane, seen)


class AssistSession:
    """Correct the labels of one video, one verb after the other.

    Parameters
    ----------
    begin : Segmentation
        The lane to begin with, see `begun`.
    label_map : LabelMap
    order : callable
        Lists the places worth a look, the most doubtful first.
    """

    def __init__(self, begin: Segmentation, label_map: LabelMap, order: Order) -> None:
        self.label_map = label_map
        self.item: ReviewItem | None = None
        self._order = order
        self._work = Work(WorkingLane.of(begin), np.zeros(begin.n_frames, bool))
        self._done: list[Work] = []
        self._visited = np.zeros(begin.n_frames, bool)

    @property
    def working(self) -> WorkingLane:
        """The lane in hand."""
        return self._work.lane

    @property
    def lane(self) -> tuple[Shown, ...]:
        """Segments as the person sees them: first frame, the one after, class."""
        return self.working.shown

    @property
    def annotation(self) -> Segmentation:
        """The labels to be saved: the person's as such, all others unreviewed."""
        return self.working.saved

    # -- verbs ----------------------------------------------------------------------

    def relabel(self, frame: int, class_id: int | None) -> None:
        """Give the segment at a frame another label."""
        start, stop, _ = self.working.shown_at(frame)
        self._go(self.working.relabelled(frame, class_id), start, stop)

    def move(self, old: int, new: int) -> None:
        """Move the boundary that begins a segment at ``old`` to ``new``."""
        self._go(self.working.moved(old, new), min(old, new), max(old, new))

    def paint(self, start: int, stop: int, class_id: int | None) -> None:
        """Give a range of frames one label."""
        self._go(self.working.painted(start, stop, class_id), start, stop)

    def accept(self, start: int, stop: int) -> None:
        """Mark the frames of a range as reviewed and the boundaries in it."""
        self._go(self.working.accepted(start, stop), start, stop)

    def next(self) -> None:
        """Go to the next place worth a look; None is left when all were shown.

        A place whose frames were all shown or edited does not come again.
        """
        if self.item is not None:
            self._work = self._work.looked_at(self.item.start, self.item.stop)
        seen = self._visited | self._work.seen
        self.item = None
        for place in self._order(self.working):
            if not seen[place.start : place.stop].all():
                self._visited[place.start : place.stop] = True
                self.item = place
                return

    def undo(self) -> None:
        """Take the last edit back."""
        if not self._done:
            raise EditError("There is nothing to undo.")
        self._work = self._done.pop()

    def _go(self, lane: WorkingLane, start: int, stop: int) -> None:
        self._done.append(self._work)
        self._work = self._work.looked_at(start, stop, lane)


def begun(annotation: Segmentation, evidence: Evidence) -> Segmentation:
    """Label a video as a person did, and where nobody did as the model says."""
    known = Constraints.of_person(annotation)
    return accept(annotation, evidence.decode(constraints=known))
