"""Merge two versions of a lane that grew from one: what each side did is there.

A frame has a label (all that a segment says but its ends), a boundary is absent, there,
or there and vouched for. A side's *change* is a run of frames of one of its segments
that got another label, or a boundary alone. Changes of the two sides that share no
frame are both taken. Where they share frames and are not the same, nobody can tell
which is right: the frames of all of these changes are a conflict, and mine stay as they
are. So are two changes that fit together only by a boundary that a side took away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import Segment, Segmentation

_ABSENT, _THERE, _VOUCHED = 0, 1, 2


@dataclass(frozen=True)
class LaneMerge:
    """Result of a merge: the lane, and the frames where both sides differ.

    Parameters
    ----------
    lane : Segmentation
        With what either side changed; in the conflicts as mine.
    conflicts : tuple of (int, int)
        Frames ``[start, stop)`` that both sides changed, and not alike; in order,
        without overlap.
    """

    lane: Segmentation
    conflicts: tuple[tuple[int, int], ...] = ()


def merge_lanes(
    base: Segmentation | None, mine: Segmentation, theirs: Segmentation
) -> LaneMerge:
    """Merge two versions of a lane.

    Parameters
    ----------
    base : Segmentation or None
        The version from which both grew; None where nobody knows it: then what only one
        side labelled is taken, and every other difference is a conflict.
    mine, theirs : Segmentation
        Of the same number of frames.

    Raises
    ------
    EditError
        Where the two do not cover the same frames.
    """
    if mine.n_frames != theirs.n_frames:
        raise EditError(
            "Labels of {:,} frames cannot be merged with labels of {:,} frames.",
            mine.n_frames,
            theirs.n_frames,
        )
    if base is None or base.n_frames != mine.n_frames:
        base = Segmentation.unlabelled(mine.n_frames)
    if theirs in (base, mine):
        return LaneMerge(mine)
    if mine == base:
        return LaneMerge(theirs)
    apart = _spliced(base, mine, theirs)
    return LaneMerge(apart) if apart else _Merge(base, mine, theirs).result()


def _spliced(
    base: Segmentation, mine: Segmentation, theirs: Segmentation
) -> Segmentation | None:
    """Put their changes into mine, where I left these segments and their neighbours.

    A hundred times as fast as a merge between all cuts; None where it does not do.
    """
    old, new = base.segments, theirs.segments
    head = _alike(old, new)
    room = min(len(old), len(new)) - head
    tail = _alike(old[len(old) - room :][::-1], new[len(new) - room :][::-1])
    first, last = max(0, head - 1), min(len(old), len(old) - tail + 1)
    at = mine.index_at(old[first].start)
    if mine.segments[at : at + last - first] != old[first:last]:
        return None
    return mine.spliced(
        at, at + last - first, new[first : len(new) - (len(old) - last)]
    )


def _alike(one: Sequence[Segment], other: Sequence[Segment]) -> int:
    """Count the segments that two lanes have in common at their start."""
    pairs = enumerate(zip(one, other, strict=False))
    different = (n for n, (a, b) in pairs if a is not b and a != b)
    return next(different, min(len(one), len(other)))


class _Side:
    """A version of a lane between the cuts of all versions.

    ``pieces`` holds the segment of each interval, ``marks`` the state of each cut, the
    ends of the video included.
    """

    def __init__(self, lane: Segmentation, cuts: Sequence[int]) -> None:
        self.pieces: list[Segment] = []
        self.marks = [_ABSENT] * len(cuts)
        at = 0
        for segment in lane.segments:
            self.marks[at] = _VOUCHED if segment.start_vouched else _THERE
            while cuts[at] < segment.stop:
                self.pieces.append(segment)
                at += 1
        self.marks[at] = _VOUCHED if lane.segments[-1].stop_vouched else _THERE
        self.said = [_label(piece) for piece in self.pieces]

    def changes(self, base: _Side) -> list[tuple[int, int]]:
        """List the changes as ranges of intervals; of a boundary alone, (n, n)."""
        found: list[tuple[int, int]] = []
        for n, (old, new) in enumerate(zip(base.said, self.said, strict=True)):
            goes_on = bool(found) and found[-1][0] < found[-1][1] == n
            if old != new and goes_on and not self.marks[n]:
                found[-1] = (found[-1][0], n + 1)
                continue
            if self.marks[n] != base.marks[n]:
                found.append((n, n))
            if old != new:
                found.append((n, n + 1))
        last = len(self.said)
        return [*found, (last, last)] if self.marks[-1] != base.marks[-1] else found


def _label(segment: Segment) -> tuple[object, ...]:
    return (
        segment.class_id,
        segment.source,
        segment.class_vouched,
        segment.vouched_by,
        segment.undecided,
        segment.confidence,
    )


@dataclass
class _Group:
    """Changes that share frames: intervals ``[start, stop)``, and who made them."""

    start: int
    stop: int
    mine: bool
    theirs: bool
    conflict: bool = False

    def takes(self, other: _Group) -> bool:
        """Take in a group that begins inside this one; False where it does not."""
        if other.start >= self.stop:
            return False
        if other.start == other.stop == self.start:
            return False
        self.stop = max(self.stop, other.stop)
        self.mine |= other.mine
        self.theirs |= other.theirs
        return True


def _torn(pieces: Sequence[Segment], marks: Sequence[int]) -> set[int]:
    """Find the cuts without a boundary at which the label changes."""
    said = [_label(piece) for piece in pieces]
    return {
        n for n in range(1, len(said)) if marks[n] == _ABSENT and said[n - 1] != said[n]
    }


class _Merge:
    """Merge of three versions between their cuts."""

    def __init__(
        self, base: Segmentation, mine: Segmentation, theirs: Segmentation
    ) -> None:
        lanes = (base, mine, theirs)
        starts = {s.start for lane in lanes for s in lane.segments}
        self.cuts = [*sorted(starts), base.n_frames]
        self.base, self.mine, self.theirs = (_Side(lane, self.cuts) for lane in lanes)
        self.groups = self._grouped()
        for group in self.groups:
            group.conflict = self._differ(group)

    def _grouped(self) -> list[_Group]:
        mine, theirs = self.mine.changes(self.base), self.theirs.changes(self.base)
        changes = [_Group(*c, True, False) for c in mine]
        changes += [_Group(*c, False, True) for c in theirs]
        changes = [g for g in changes if not self._same_boundary(g)]
        changes.sort(key=lambda g: (g.start, g.stop))
        found: list[_Group] = []
        for change in changes:
            if not found or not found[-1].takes(change):
                found.append(change)
        return found

    def _same_boundary(self, group: _Group) -> bool:
        """Tell whether this is a boundary alone that is alike on both sides."""
        at = group.start
        return group.stop == at and self.mine.marks[at] == self.theirs.marks[at]

    def _differ(self, group: _Group) -> bool:
        """Tell whether both sides changed these frames, and not alike."""
        if not (group.mine and group.theirs):
            return False
        frames, inner = (
            slice(group.start, group.stop),
            slice(group.start + 1, group.stop),
        )
        return (
            self.mine.said[frames] != self.theirs.said[frames]
            or self.mine.marks[inner] != self.theirs.marks[inner]
        )

    def result(self) -> LaneMerge:
        """Put the versions together; conflicts grow until the boundaries fit.

        They grow until the other side's version of them would fit, too, so that it does
        not matter who is asked.
        """
        while True:
            pieces, marks = self._put_together(self.mine, self.theirs)
            torn = _torn(pieces, marks)
            torn |= _torn(*self._put_together(self.theirs, self.mine))
            if not torn:
                return LaneMerge(self._lane(pieces, marks), self._conflicts())
            self._join(sorted(torn))

    def _put_together(
        self, first: _Side, second: _Side
    ) -> tuple[list[Segment], list[int]]:
        """Choose labels and boundaries; in conflicts those of the first side."""
        pieces = list(self.base.pieces)
        as_first: set[int] = set()
        apart: set[int] = set()
        for group in self.groups:
            alone = group.theirs if first is self.mine else group.mine
            by_second = alone and not (group.mine and group.theirs)
            frames = slice(group.start, group.stop)
            pieces[frames] = (second if by_second else first).pieces[frames]
            if group.conflict:
                as_first |= set(range(group.start, group.stop + 1))
            elif by_second and group.start < group.stop:
                apart |= {group.start, group.stop}
        return pieces, self._marks(first, second, as_first - apart)

    def _marks(self, first: _Side, second: _Side, as_first: set[int]) -> list[int]:
        marks = []
        versions = zip(self.base.marks, first.marks, second.marks, strict=True)
        for n, (old, one, other) in enumerate(versions):
            if other in (old, one) or n in as_first:
                marks.append(one)
            elif one == old:
                marks.append(other)
            else:
                # Both changed this boundary, each in another way.
                marks.append(max(one, other))
        return marks

    def _join(self, torn: Iterable[int]) -> None:
        """Make one conflict of the changes on both sides of each of these cuts."""
        for cut in torn:
            near = [g for g in self.groups if g.start <= cut <= g.stop]
            joined = _Group(
                min(g.start for g in near), max(g.stop for g in near), True, True, True
            )
            at = self.groups.index(near[0])
            self.groups[at : at + len(near)] = [joined]

    def _lane(self, pieces: Sequence[Segment], marks: Sequence[int]) -> Segmentation:
        at = [n for n, mark in enumerate(marks) if mark]
        return Segmentation(
            tuple(
                replace(
                    pieces[a],
                    start=self.cuts[a],
                    stop=self.cuts[b],
                    start_vouched=marks[a] == _VOUCHED,
                    stop_vouched=marks[b] == _VOUCHED,
                )
                for a, b in pairwise(at)
            )
        )

    def _conflicts(self) -> tuple[tuple[int, int], ...]:
        return tuple(
            (self.cuts[g.start], self.cuts[g.stop]) for g in self.groups if g.conflict
        )
