"""AssistSession: a person goes through the labels of a video, without a window.

It holds what the person has in hand (`WorkingLane`), what a model says of the video,
and what was done, to be undone. Each verb is one step of undo; it makes its change or
raises a `SkelsegError` and changes nothing. `lane`, `proposal` and `item` say where the
session stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.place import Place
from skelseg_core.review.proposal import Proposal
from skelseg_core.review.working_lane import Shown, WorkingLane


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that undo brings back: the lane, and where the person has been.

    Parameters
    ----------
    lane : WorkingLane
        Of T frames.
    looked_at : ndarray of bool, shape (T,)
        Frames that the person edited, accepted or was shown.
    reached : int
        Frame up to which the person has come.
    in_order : bool
        Whether the person goes from left to right, and so has looked at all before.
    """

    lane: WorkingLane
    looked_at: np.ndarray
    reached: int = 0
    in_order: bool = True

    @classmethod
    def of(cls, annotation: Segmentation, taken: np.ndarray) -> Work:
        """Begin where all is known that the person looked at: what is vouched for.

        Parameters
        ----------
        annotation : Segmentation
            Of T frames.
        taken : ndarray of bool, shape (T,)
            Frames that a proposal changed which the person took over.
        """
        looked_at = WorkingLane.of(annotation).kept
        return cls(WorkingLane(annotation, taken), looked_at, in_order=False)

    @cached_property
    def seen(self) -> np.ndarray:
        """Frames that the person has probably looked at, bool, shape (T,)."""
        seen = self.looked_at.copy()
        if self.in_order:
            seen[: self.reached] = True
        return seen

    def after(self, lane: WorkingLane, start: int, stop: int) -> Work:
        """Go on with a lane of which a range was edited."""
        looked_at = self.looked_at.copy()
        looked_at[start:stop] = True
        in_order = self.in_order and stop >= self.reached - BACK
        return Work(lane, looked_at, max(self.reached, stop), in_order)


BACK = 60
"""Frames that a person who goes from left to right may come back."""
Propose = Callable[[Work], "Proposal | None"]
Order = Callable[[WorkingLane], Sequence[Place]]


class AssistSession:
    """Correct the labels of one video, one verb after the other.

    Parameters
    ----------
    annotation : Segmentation
        What is labelled already. Where nobody labelled, the model's labels stand.
    evidence : Evidence
        What the model says.
    label_map : LabelMap
    propose : callable
        Makes a proposal of the work as it stands, or None.
    order : callable
        Lists the places worth a look, the most doubtful first.
    begin : Segmentation, optional
        The lane to begin with, by default `begun`.
    """

    def __init__(
        self,
        annotation: Segmentation,
        evidence: Evidence,
        label_map: LabelMap,
        propose: Propose,
        order: Order,
        begin: Segmentation | None = None,
    ) -> None:
        self.label_map = label_map
        self.item: Place | None = None
        self._propose, self._order = propose, order
        lane = WorkingLane.of(begin or begun(annotation, evidence))
        self._work = Work(lane, np.zeros(lane.n_frames, bool))
        self._done: list[Work] = []
        self._proposed: tuple[Work, Proposal | None] | None = None
        self._visited = np.zeros(annotation.n_frames, bool)

    @property
    def working(self) -> WorkingLane:
        """The lane in hand."""
        return self._work.lane

    @property
    def lane(self) -> tuple[Shown, ...]:
        """Segments as the person sees them: first frame, the one after, class."""
        return self.working.shown

    @property
    def proposal(self) -> Proposal | None:
        """The changes offered now; the same until the next edit."""
        if self._proposed is None or self._proposed[0] is not self._work:
            self._proposed = self._work, self._propose(self._work)
        return self._proposed[1]

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
        """Vouch for the frames of a range and the boundaries in it."""
        self._go(self.working.accepted(start, stop), start, stop)

    def take(self) -> None:
        """Take the proposal over; no later proposal changes it again.

        Raises
        ------
        EditError
            Where there is none.
        """
        proposal = self.proposal
        if proposal is None:
            raise EditError("There is no proposal to take; go on correcting.")
        self._done.append(self._work)
        self._work = replace(self._work, lane=self.working.taken(proposal.lane))

    def next(self) -> None:
        """Go to the next place worth a look; None is left when all were shown.

        A place whose frames were all shown or edited does not come again.
        """
        if self.item is not None:
            self._looked_at(self.item)
        seen = self._visited | self._work.looked_at
        self.item = None
        for place in self._order(self.working):
            if not seen[place.start : place.stop].all():
                self._visited[place.start : place.stop] = True
                self.item = place
                return

    def _looked_at(self, place: Place) -> None:
        looked_at = self._work.looked_at.copy()
        looked_at[place.start : place.stop] = True
        self._work = replace(self._work, looked_at=looked_at, in_order=False)

    def undo(self) -> None:
        """Take the last edit back.

        Raises
        ------
        EditError
            Where nothing was done.
        """
        if not self._done:
            raise EditError("There is nothing to undo.")
        self._work = self._done.pop()

    def _go(self, lane: WorkingLane, start: int, stop: int) -> None:
        self._done.append(self._work)
        self._work = self._work.after(lane, start, stop)


def begun(annotation: Segmentation, evidence: Evidence) -> Segmentation:
    """Label a video as a person did, and where nobody did as the model says.

    What a person vouches for is as it was, part by part.
    """
    lane = WorkingLane.of(annotation)
    known = np.where(np.isin(lane.fixed, evidence.class_ids), lane.fixed, -1)
    said = evidence.decode(known)
    sure = [0.0 if s.confidence is None else s.confidence for s in said.segments]
    confidence = np.repeat(sure, [len(s) for s in said.segments])
    return lane.with_labels(said.to_frames(), confidence)
