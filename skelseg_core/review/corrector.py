"""Corrector: a simulated person who brings the lane of a session to the truth.

The person knows the truth, works with as few events as possible, from left to right or
in the order of the queue, and takes a proposal over where that saves more than the key
it costs. Every session ends: each step makes the lane cheaper to put right, and where
none does the true segments are painted one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from skelseg_core.errors import EditError
from skelseg_core.review.assist import AssistSession
from skelseg_core.review.least_events import Kind, LeastEvents, Mending
from skelseg_core.review.proposal import Proposal
from skelseg_core.review.working_lane import Shown, WorkingLane

TAKE = 1
"""Events of taking a proposal over."""


@dataclass
class Effort:
    """Events and gestures of a correction.

    Parameters
    ----------
    mended : list of Mending
        What was put right by hand.
    taken : int
        Proposals that were taken over, an event each.
    offered : int
        Proposals that were looked at.
    looks : list of int
        Of a walk through the queue: events that were still left after each place.
    curve : list of int
        Events that were still left after each event, from before the first one on.
    """

    mended: list[Mending] = field(default_factory=list)
    taken: int = 0
    offered: int = 0
    looks: list[int] = field(default_factory=list)
    curve: list[int] = field(default_factory=list)

    @property
    def events(self) -> int:
        """Keys and drags, as `least_events` counts them."""
        return self.taken * TAKE + sum(m.price for m in self.mended)

    @property
    def kinds(self) -> Counter[Kind]:
        """Mendings by hand, by kind of error."""
        return Counter(m.kind for m in self.mended)


class Corrector:
    """Correct the lane of a session until it is the truth, within a collar.

    Parameters
    ----------
    session : AssistSession
    truth : sequence of (int, int, int or None)
    collar : int
        Frames by which a boundary may be off.
    proposals : bool
        Whether the person looks at proposals.
    """

    def __init__(
        self,
        session: AssistSession,
        truth: Sequence[Shown],
        collar: int,
        proposals: bool = True,
    ) -> None:
        self.session, self.truth, self.collar = session, truth, collar
        self.effort = Effort()
        self._looks_at_proposals = proposals
        self._looked_at: Proposal | None = None
        self._stuck = 0
        self._left = self._least(session.lane)
        self.effort.curve.append(self._left.events)

    def by_time(self) -> Effort:
        """Put everything right from left to right."""
        while self._left.events:
            if not self._take():
                self._mend(self._cheapest(0, self.session.working.n_frames))
        return self.effort

    def by_queue(self) -> Effort:
        """Go from place to place of the queue, then put right what none showed."""
        while True:
            self.session.next()
            item = self.session.item
            if item is None:
                return self.by_time()
            while self._left.events:
                while self._take():
                    pass
                found = self._cheapest(item.start - 1, item.stop + 1)
                if found is None:
                    break
                self._mend(found)
            self.effort.looks.append(self._left.events)

    def _least(self, lane: Sequence[Shown]) -> LeastEvents:
        return LeastEvents(lane, self.truth, self.collar)

    def _take(self) -> bool:
        """Take the proposal over where that saves events."""
        proposal = self.session.proposal if self._looks_at_proposals else None
        if proposal is None or proposal is self._looked_at or not self._left.events:
            return False
        self._looked_at = proposal
        self.effort.offered += 1
        lane = self.session.working
        left = self._least(replace(lane, segmentation=proposal.lane).shown)
        if left.events + TAKE >= self._left.events:
            return False
        self.session.take()
        self.effort.taken += 1
        self._went(left, TAKE)
        return True

    def _mend(self, found: tuple[Mending, LeastEvents] | None) -> None:
        if found is None or self._stuck > len(self.truth):
            self._stuck += 1
            always = self._stuck > len(self.truth)
            begin = 0 if always else self._left.plan()[0].start
            mending = _wrong_from(begin, self.session.lane, self.truth)
            do(self.session, mending)
            left = self._least(self.session.lane)
        else:
            mending, left = found
            do(self.session, mending)
        self.effort.mended.append(mending)
        self._went(left, mending.price)

    def _went(self, left: LeastEvents, price: int) -> None:
        curve = self.effort.curve
        curve += [curve[-1]] * (price - 1) + [left.events]
        self._left = left

    def _cheapest(self, start: int, stop: int) -> tuple[Mending, LeastEvents] | None:
        """Find the first mending of the plan that brings the lane as far as it costs.

        Of those in the frames start..stop; with what is left after it.
        """
        lane = self.session.working
        for planned in self._left.plan():
            if planned.stop < start or planned.start >= stop:
                continue
            for mending in _ways(planned, lane.shown, self.collar):
                try:
                    after = edited(lane, mending)
                except EditError:
                    continue
                then = self._least(after.shown)
                if then.events <= self._left.events - mending.price:
                    return mending, then
        return None


def do(session: AssistSession, mending: Mending) -> None:
    """Put one thing right in a session, by its verbs.

    Raises
    ------
    EditError
        Where that cannot be done yet.
    """
    if mending.kind == "boundary":
        session.move(mending.start, mending.stop)
    elif mending.kind == "missing":
        session.paint(mending.start, mending.stop, mending.class_id)
    else:
        session.relabel(mending.start, mending.class_id)


def edited(lane: WorkingLane, mending: Mending) -> WorkingLane:
    """Put one thing right in a lane.

    Raises
    ------
    EditError
        Where that cannot be done yet.
    """
    if mending.kind == "boundary":
        return lane.moved(mending.start, mending.stop)
    if mending.kind == "missing":
        return lane.painted(mending.start, mending.stop, mending.class_id)
    return lane.relabelled(mending.start, mending.class_id)


def _ways(mending: Mending, lane: Sequence[Shown], collar: int) -> Iterator[Mending]:
    """Paint as the truth is, or up to boundaries that are there and near enough."""
    yield mending
    if mending.kind != "missing":
        return
    begin, end = (_near(f, lane, collar) for f in (mending.start, mending.stop))
    for start, stop in product((mending.start, begin), (mending.stop, end)):
        if start < stop and (start, stop) != (mending.start, mending.stop):
            yield replace(mending, start=start, stop=stop)


def _near(frame: int, lane: Sequence[Shown], collar: int) -> int:
    there = [s[0] for s in lane[1:] if abs(s[0] - frame) <= collar]
    return min(there, key=lambda s: abs(s - frame), default=frame)


def _wrong_from(begin: int, lane: Sequence[Shown], truth: Sequence[Shown]) -> Mending:
    """Paint the first true segment from a frame on that the lane does not have."""
    last = None
    for start, stop, class_id in truth:
        within = [s for s in lane if s[0] < stop and start < s[1]]
        if len(within) > 1 or within[0][2] != class_id:
            last = Mending("missing", start, stop, class_id)
            if begin < stop:
                return last
    if last is None:
        raise ValueError("nothing is wrong")
    return last
