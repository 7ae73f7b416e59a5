"""Conventions: what people who label agreed to label, and what to leave out.

Whether a short pause between two actions is a segment of its own is no question of what
is to be seen, but of style. A convention says that a segment of a class, after and
before certain others and below a duration, is none: its frames go to its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skelseg_core.errors import EditError
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.edits import after_joining, united
from skelseg_core.labels.segmentation import Segment, Segmentation, weaker
from skelseg_core.video.times import TOLERANCE_S, FrameTimes


@dataclass(frozen=True, slots=True)
class Convention:
    """A segment that is not labelled, by what stands around it and how long it is.

    Parameters
    ----------
    class_id : int
        The class that is not labelled there.
    least_s : float or None
        Segments of this many seconds or more are labelled all the same; None where
        none is, however long.
    left, right : int or None
        Classes before and after it; None where any will do. One of them alone takes
        all frames of the segment; else both neighbours share them.
    """

    class_id: int
    least_s: float | None = None
    left: int | None = None
    right: int | None = None

    def __post_init__(self) -> None:
        """Refuse what would leave out every segment of a class, or none."""
        if self.class_id in (self.left, self.right):
            raise EditError(
                "A convention is about a class between others; choose another class "
                "before or after it."
            )
        if self.least_s is None and self.left is None and self.right is None:
            raise EditError(
                "This convention would leave out every segment of a class; give a "
                "duration, or the classes around it."
            )
        if self.least_s is not None and not 0 < self.least_s < 1e6:
            raise EditError("The least duration {} is not a valid time.", self.least_s)

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values of ``project.json``, without what is not said."""
        values = {
            "class": self.class_id,
            "least_s": self.least_s,
            "left": self.left,
            "right": self.right,
        }
        return {k: v for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Convention:
        """Read what `to_json` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError, EditError
            Where the values are no convention.
        """
        least, left, right = (values.get(k) for k in ("least_s", "left", "right"))
        return cls(
            _class_id(values["class"]),
            None if least is None else float(least),
            None if left is None else _class_id(left),
            None if right is None else _class_id(right),
        )

    def moved(self, moves: Mapping[int, int | None]) -> Convention | None:
        """Speak of the classes of today; None where it says nothing any more.

        Parameters
        ----------
        moves : Mapping
            New class by that of each merged or deleted one; None is unlabelled.
        """
        named = {self.class_id, self.left, self.right} - {None}
        if not named & moves.keys():
            return self
        now = {i: moves.get(i, i) for i in named if i is not None}
        if None in now.values():
            return None
        here = now[self.class_id]
        left = None if self.left is None else now[self.left]
        right = None if self.right is None else now[self.right]
        if here is None or here in (left, right):
            return None
        return Convention(here, self.least_s, left, right)

    def holds(
        self, left: int | None, segment: Segment, right: int | None, times: FrameTimes
    ) -> bool:
        """Tell whether a segment between these classes is one that is not labelled."""
        if segment.class_id != self.class_id:
            return False
        if self.left not in (None, left) or self.right not in (None, right):
            return False
        if self.least_s is None:
            return True
        start, stop = times.start_s(segment.start), times.start_s(segment.stop)
        return stop - start < self.least_s - TOLERANCE_S


def _class_id(value: object) -> int:
    """Read the id of a class; a number that is cut would name another class."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a class")
    return value


def latest(conventions: Iterable[Convention]) -> tuple[Convention, ...]:
    """Keep of conventions on one class between the same others the last.

    They differ in the least duration alone, and only one of these can hold.
    """
    kept: dict[tuple[int, int | None, int | None], Convention] = {}
    for rule in conventions:
        place = rule.class_id, rule.left, rule.right
        if kept.get(place) != rule:
            kept.pop(place, None)
            kept[place] = rule
    return tuple(kept.values())


def settle(
    lane: Segmentation,
    conventions: Sequence[Convention],
    times: FrameTimes,
    may_go: Callable[[Segment], bool] = lambda _: True,
) -> Segmentation:
    """Leave out the segments that are not labelled by convention, shortest first.

    A segment goes into its neighbours, which must have a label; they keep their
    sources. Nobody reviewed more than before: the boundary that comes anew is
    reviewed where both were that went, the classes beside it where that of the
    segment was, by rule.

    Parameters
    ----------
    lane : Segmentation
    conventions : sequence of Convention
    times : FrameTimes
        Of the video.
    may_go : callable
        Whether a segment may go; every one by default.
    """
    while True:
        against = against_conventions(lane, conventions, times)
        gone = _apart([a for a in against if may_go(lane.segments[a[0]])], lane)
        if not gone:
            return lane
        segments = list(lane.segments)
        # From the right, so that the places of those to the left stay.
        for index, rule in sorted(gone, key=lambda pair: -pair[0]):
            before, segment, after = segments[index - 1 : index + 2]
            new = _shared(before, segment, after, rule)
            segments[index - 1 : index + 2] = new
        lane = after_joining(segments)


def against_conventions(
    lane: Segmentation, conventions: Sequence[Convention], times: FrameTimes
) -> list[tuple[int, Convention]]:
    """List the places of segments that are against a convention, and which it is.

    Segments beside an unlabelled one, or where the video begins or ends, are not.
    """
    rules: dict[int, list[Convention]] = {}
    for rule in conventions:
        rules.setdefault(rule.class_id, []).append(rule)
    segments, found = lane.segments, []
    for n in range(1, len(segments) - 1):
        class_id = segments[n].class_id
        left, right = segments[n - 1].class_id, segments[n + 1].class_id
        if class_id is None or left is None or right is None:
            continue
        for rule in rules.get(class_id, ()):
            if rule.holds(left, segments[n], right, times):
                found.append((n, rule))
                break
    return found


_Against = tuple[int, Convention]


def _apart(against: Sequence[_Against], lane: Segmentation) -> list[_Against]:
    """Choose those that are not neighbours of one another, the shortest first."""
    chosen: dict[int, Convention] = {}
    for n, rule in sorted(against, key=lambda pair: len(lane.segments[pair[0]])):
        if n - 1 not in chosen and n + 1 not in chosen:
            chosen[n] = rule
    return list(chosen.items())


def _shared(
    before: Segment, segment: Segment, after: Segment, rule: Convention
) -> list[Segment]:
    """Share the frames of a segment between its neighbours, as the rule says."""
    at = (segment.start + segment.stop + 1) // 2
    if rule.right is None and rule.left is not None:
        at = segment.stop
    elif rule.left is None and rule.right is not None:
        at = segment.start
    reviewed = segment.start_reviewed and segment.stop_reviewed
    left = _grown(before, segment, segment.start, at)
    right = _grown(after, segment, at, segment.stop)
    left = replace(left, stop_reviewed=reviewed)
    right = replace(right, start_reviewed=reviewed)
    return [united(left, right)] if left.class_id == right.class_id else [left, right]


def _grown(neighbour: Segment, gone: Segment, start: int, stop: int) -> Segment:
    """Let a neighbour grow over frames; by rule where a person reviewed them."""
    if start == stop:
        return neighbour
    run = neighbour.runs[-1 if start == neighbour.stop else 0]
    more = replace(run, start=start, stop=stop)
    if run.class_reviewed and gone.class_reviewed:
        more = replace(more, reviewed_by=weaker(run.reviewed_by, "rule"))
    return united(*sorted((neighbour, more), key=lambda s: s.start))


def as_constraints(conventions: Sequence[Convention]) -> Constraints:
    """Convert the conventions that a decoder can search by; `settle` does the others.

    These are least durations whatever stands around, and what never follows directly.
    """
    least = {
        c.class_id: c.least_s
        for c in conventions
        if c.least_s is not None and c.left is None and c.right is None
    }
    never = {
        (c.left, c.class_id)
        for c in conventions
        if c.least_s is None and c.left is not None and c.right is None
    }
    return Constraints(least_s=least, never_after=frozenset(never))
