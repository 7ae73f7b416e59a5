"""Proposals: what a person is offered next, worth more keys than the one that takes it.

Most of what has to be put right in pre-labels is a matter of style: an optional segment
(`optional_segments`) that this person labels and others do not, or the other way round.
How likely each of them is comes from the probabilities, from how often people put it
between these two classes, and from the places of this video that the person has looked
at already, those in the same row of classes first. How fond of them the person is, is
not known at first: the proposal is the one that would save most if all degrees of it
are weighed, for one that does not fit is left alone.

The rest are classes that the model takes for one another (`relabels`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.assist import Work
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits, Pair
from skelseg_core.review.optional_segments import Slot, SlotFinder, changed
from skelseg_core.review.place import Reason
from skelseg_core.review.proposal import Proposal
from skelseg_core.review.relabels import Relabel, RelabelFinder
from skelseg_core.review.working_lane import WorkingLane, ranges_of

INSERT = "insert “{}” at {} places"
REMOVE = "take “{}” out at {} places"
BOTH = "insert “{}” at {} places and take it out at {}"
RELABEL = "give “{}” instead of “{}” at {} places"
"""What a proposal does; of names and numbers."""

WEIGHTS = (0.15, 0.3, 0.3)
"""Weight of the probabilities' gain, of the habit of people, and of like places of this
video, each in nats."""
FONDNESS = 2.0
"""How far people differ in labelling optional segments: standard deviation, in nats."""
SAVES, COSTS = 1.6, 1.0
"""Events saved by a segment put in rightly, whose ends may be off; lost if wrongly."""
OUT_SAVES, OUT_COSTS = 1.0, 1.8
"""The same for a segment taken out."""
TAKING = 1.0
"""Events of taking a proposal."""
LEAST_WORTH = 0.5
"""Events that a proposal must save on average to be shown: to look at it takes about as
long."""
CONTEXT = 6
"""Classes before and after a slot by which it is compared with others."""
MOST_LIKE = 60
"""Slots with which one is compared, at the most; the last ones."""
_DEGREES = np.linspace(-2.2, 2.2, 13)


@dataclass(frozen=True, eq=False)
class _Slots:
    """The slots of one class, and what is known of them.

    Parameters
    ----------
    class_id : int
    slots : sequence of Slot, length N
    odds : ndarray of float, shape (N,)
        Log odds that the segment is there, for a person of usual fondness.
    seen, free : ndarray of bool, shape (N,)
        Which the person has looked at, and which may be changed.
    """

    class_id: int
    slots: Sequence[Slot]
    odds: np.ndarray
    seen: np.ndarray
    free: np.ndarray

    def best(self) -> tuple[float, list[Slot]]:
        """Choose the slots to change: what that saves on average, and which."""
        there = np.array([s.present for s in self.slots])
        p = 1 / (1 + np.exp(-(self.odds + FONDNESS * _DEGREES[:, None])))
        said = np.log(np.where(there, p, 1 - p))[:, self.seen].sum(axis=1)
        weights = np.exp(said - 0.5 * _DEGREES**2 - said.max())
        weights /= weights.sum()
        put, out = p * SAVES - (1 - p) * COSTS, (1 - p) * OUT_SAVES - p * OUT_COSTS
        saved = np.where(there, out, put)
        best, chosen = 0.0, np.zeros(len(there), bool)
        for row in saved:
            these = (row > 0) & self.free
            worth = np.maximum(0, saved[:, these].sum(axis=1) - TAKING)
            average = float(weights @ worth)
            if average > best:
                best, chosen = average, these
        return best, [s for s, yes in zip(self.slots, chosen, strict=True) if yes]


class Proposer:
    """Make proposals for one video.

    Parameters
    ----------
    evidence : Evidence
        Of T frames.
    habits : Habits
        Counted in what people labelled in other videos.
    names : Mapping of int to str
        Names of the classes.
    said : Segmentation
        What the model gave at first.
    """

    def __init__(
        self,
        evidence: Evidence,
        habits: Habits,
        names: Mapping[int, str],
        said: Segmentation,
    ) -> None:
        self._evidence, self._habits, self._names = evidence, habits, names
        self._finder = SlotFinder(evidence)
        self._relabels = RelabelFinder(evidence, WorkingLane.of(said).shown)
        self._confidence = {
            int(c): evidence.probabilities[:, n]
            for n, c in enumerate(evidence.class_ids)
        }

    def __call__(self, work: Work) -> Proposal | None:
        """Make the proposal that saves most; None where none is worth a key."""
        known = work.seen & work.lane.kept
        own = Segmentation.from_frames(np.where(known, work.lane.labels, -1))
        habits = self._habits + Habits.of([(own, self._evidence.rate)])
        labels, reason, worth = work.lane.labels, None, LEAST_WORTH
        for class_id in habits.optional:
            found = self._slots(work, class_id, habits)
            saved, slots = found.best() if found is not None else (0.0, [])
            if saved > worth:
                worth, labels = saved, work.lane.labels.copy()
                reason = self._of_slots(labels, class_id, slots)
        for relabel in self._relabels(work.lane, known):
            if relabel.worth - TAKING > worth:
                worth, labels = relabel.worth - TAKING, work.lane.labels.copy()
                reason = self._of_relabel(labels, relabel)
        return None if reason is None else self._proposal(work, labels, reason)

    def _slots(self, work: Work, class_id: int, habits: Habits) -> _Slots | None:
        row, slots = self._finder.slots(work.lane.shown, class_id, habits)
        if not slots:
            return None
        seen = np.array([_all(work.seen, s) for s in slots])
        kept = work.lane.kept
        free = np.array(
            [
                not kept[_around(s)].any() and not self._barred(s, class_id)
                for s in slots
            ]
        )
        gains = np.array([s.gain for s in slots])
        usual = np.array([habits.odds(s.before, class_id, s.after) for s in slots])
        cues = (gains.clip(-20, 10), usual.clip(-3, 3), _like(row, slots, seen))
        odds = np.stack(cues, axis=1) @ WEIGHTS
        return _Slots(class_id, slots, odds, seen, free & ~seen)

    def _barred(self, slot: Slot, class_id: int) -> bool:
        """Tell whether a convention of the project says not to put it in."""
        if slot.present:
            return False
        new = Segment(slot.new_start, slot.new_stop, class_id, "model")
        evidence = self._evidence
        return any(
            rule.holds(slot.before, new, slot.after, evidence.times)
            for rule in evidence.conventions
        )

    def _proposal(
        self, work: Work, labels: np.ndarray, reason: Reason
    ) -> Proposal | None:
        confidence = np.zeros(len(labels))
        for known, values in self._confidence.items():
            confidence = np.where(labels == known, values, confidence)
        lane = work.lane.with_labels(labels, confidence)
        places = ranges_of(lane.to_frames() != work.lane.labels)
        return Proposal(lane, reason, (*places,)) if places else None

    def _of_slots(
        self, labels: np.ndarray, class_id: int, slots: Sequence[Slot]
    ) -> Reason:
        """Change the slots in framewise labels (T,); return it in words."""
        for slot in slots:
            changed(labels, slot, class_id)
        name, out = self._name(class_id), sum(s.present for s in slots)
        put = len(slots) - out
        if put and out:
            return Reason(BOTH, (name, put, out))
        return Reason(INSERT, (name, put)) if put else Reason(REMOVE, (name, out))

    def _of_relabel(self, labels: np.ndarray, relabel: Relabel) -> Reason:
        """Give segments another class in framewise labels (T,); return it in words."""
        for start, stop, _ in relabel.segments:
            labels[start:stop] = relabel.right
        names = self._name(relabel.right), self._name(relabel.wrong)
        return Reason(RELABEL, (*names, len(relabel.segments)))

    def _name(self, class_id: int) -> str:
        return self._names.get(class_id, str(class_id))


def _around(slot: Slot) -> slice:
    """Return the frames that are looked at when a slot is, and those that change."""
    first = min(slot.start, slot.new_start) - 1
    return slice(max(first, 0), max(slot.stop, slot.new_stop) + 1)


def _all(seen: np.ndarray, slot: Slot) -> bool:
    return bool(seen[max(slot.start - 1, 0) : slot.stop + 1].all())


def _like(
    row: Sequence[int | None], slots: Sequence[Slot], seen: np.ndarray
) -> np.ndarray:
    """Ask the slots between the same two classes that the person has looked at.

    Each speaks the louder the more classes around it are the same, too.

    Returns
    -------
    ndarray of float, shape (N,)
        Log odds that the segment is there; 0 where nobody knows.
    """
    known: dict[Pair, list[Slot]] = {}
    for slot, looked_at in zip(slots, seen.tolist(), strict=True):
        if looked_at:
            known.setdefault((slot.before, slot.after), []).append(slot)
    odds = np.zeros(len(slots))
    for n, slot in enumerate(slots):
        votes = [0.5, 0.5]
        for other in known.get((slot.before, slot.after), [])[-MOST_LIKE:]:
            if other is not slot:
                alike = _alike(row, slot.index, other.index)
                votes[other.present] += 2.0 ** (alike - 2)
        odds[n] = np.log(votes[1] / votes[0])
    return odds


def _alike(row: Sequence[int | None], a: int, b: int) -> int:
    """Count the classes in a row that are the same before and after two slots."""
    count = 0
    for step, first in ((-1, -1), (1, 0)):
        for n in range(CONTEXT):
            i, j = a + first + step * n, b + first + step * n
            if min(i, j) < 0 or max(i, j) >= len(row) or row[i] != row[j]:
                break
            count += 1
    return count
