"""Working lane: an annotation in the hands of a person who corrects it.

It is a segmentation and the frames that the person has set.

Two neighbours of one label that nobody divided are one segment to the person, although
the segmentation may hold them apart, because only one of the two is reviewed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import (
    after_joining,
    move_boundary,
    relabelled,
    replace_range,
    united,
)
from skelseg_core.labels.segmentation import Segment, Segmentation

Shown = tuple[int, int, "int | None"]
"""A segment as the person sees it: first frame, frame after the last, class."""


@dataclass(frozen=True, eq=False)
class WorkingLane:
    """An annotation that is being corrected; each edit gives a new one.

    Parameters
    ----------
    segmentation : Segmentation
        Of T frames.
    touched : ndarray of bool, shape (T,)
        Frames whose label an edit has set.
    """

    segmentation: Segmentation
    touched: np.ndarray

    @classmethod
    def of(cls, segmentation: Segmentation) -> WorkingLane:
        """Begin with a lane of which nothing was edited yet."""
        return cls(segmentation, np.zeros(segmentation.n_frames, bool))

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.segmentation.n_frames

    @cached_property
    def shown(self) -> tuple[Shown, ...]:
        """Segments as the person sees them, in order."""
        found: list[Shown] = []
        for segment in self.segmentation.segments:
            if found and _undivided(found[-1][2], segment):
                found[-1] = (found[-1][0], segment.stop, segment.class_id)
            else:
                found.append((segment.start, segment.stop, segment.class_id))
        return tuple(found)

    @property
    def saved(self) -> Segmentation:
        """The lane to be written: what was edited is a person's, the rest as it was.

        A label that a person did not give, but whose frames came by a move, is
        protected from now on and counts as accepted.
        """
        edited = (
            self.touched[s.start : s.stop].any() for s in self.segmentation.segments
        )
        parts = zip(self.segmentation.segments, edited, strict=True)
        return Segmentation(tuple(_edited(s) if yes else s for s, yes in parts))

    def shown_at(self, frame: int) -> Shown:
        """Find the segment that the person sees at a frame.

        Raises
        ------
        EditError
            Where the video has no such frame.
        """
        self.segmentation.index_at(frame)
        return next(s for s in self.shown if s[0] <= frame < s[1])

    # -- edits ----------------------------------------------------------------------

    def relabelled(self, frame: int, class_id: int | None) -> WorkingLane:
        """Give the segment at a frame another label; it joins equal neighbours.

        Reviewed by it: its class.

        Raises
        ------
        EditError
            Where the video has no such frame.
        """
        start, stop, _ = self.shown_at(frame)
        index, last = self._indices(start, stop)
        parts = self.segmentation.segments[index : last + 1]
        one = parts[0].with_ends_of(parts[0], parts[-1])
        new = replace(relabelled(one, class_id), undecided=class_id is None)
        lane = self.segmentation.spliced(index, last + 1, [new])
        return self._joined(lane, start, stop)

    def painted(self, start: int, stop: int, class_id: int | None) -> WorkingLane:
        """Give a range of frames one label; it joins equal neighbours.

        Reviewed by it: its class and both ends.

        Raises
        ------
        EditError
            Where the range is empty or leaves the video.
        """
        self._check(start, stop)
        new = Segment(
            start,
            stop,
            class_id,
            class_reviewed=True,
            undecided=class_id is None,
            start_reviewed=True,
            stop_reviewed=True,
        )
        lane = replace_range(self.segmentation, start, stop, [new])
        return self._joined(lane, start, stop)

    def moved(self, old: int, new: int) -> WorkingLane:
        """Move the boundary that begins a segment at ``old`` to ``new``.

        Reviewed by it: the boundary. It does not pass its neighbours.

        Raises
        ------
        EditError
            Where no segment begins there, or ``new`` is at or beyond a neighbour.
        """
        at = next((i for i, s in enumerate(self.shown) if i and s[0] == old), None)
        if at is None:
            raise EditError("No boundary begins at frame {}; look at the lane.", old)
        low, high = self.shown[at - 1][0] + 1, self.shown[at][1] - 1
        if not low <= new <= high:
            raise EditError(
                "The boundary at frame {} cannot go to frame {}, past a neighbour; it "
                "can go to frames {} to {}.",
                old,
                new,
                low,
                high,
            )
        lane = _with_boundary_at(self.segmentation, old, new)
        touched = self.touched.copy()
        touched[min(old, new) : max(old, new)] = True
        return WorkingLane(lane, touched)

    def accepted(self, start: int, stop: int) -> WorkingLane:
        """Mark the frames of a range as reviewed, and the boundaries in it.

        Raises
        ------
        EditError
            Where the range is empty or leaves the video.
        """
        self._check(start, stop)
        edges = {0, self.n_frames, *(s[0] for s in self.shown)}
        lane = self.segmentation
        first, last = lane.index_at(start), lane.index_at(stop - 1)
        parts = [
            _accepted(s.part(max(s.start, start), min(s.stop, stop)), edges)
            for s in lane.segments[first : last + 1]
        ]
        lane = replace_range(lane, start, stop, parts)
        touched = self.touched.copy()
        touched[start:stop] = True
        return WorkingLane(_without_seams(lane), touched)

    def _check(self, start: int, stop: int) -> None:
        if not 0 <= start < stop <= self.n_frames:
            raise EditError(
                "The range {}..{} does not lie in the video, which has {} frames.",
                start,
                stop,
                self.n_frames,
            )

    def _indices(self, start: int, stop: int) -> tuple[int, int]:
        lane = self.segmentation
        return lane.index_at(start), lane.index_at(stop - 1)

    def _joined(self, lane: Segmentation, start: int, stop: int) -> WorkingLane:
        """Join a segment that was set just now with its equal neighbours.

        Nobody reviewed more than before: what was not set is apart from what was,
        though the person sees one segment. Neighbours that
        were equal before, and that a person had divided, stay two.
        """
        divided = {b[0] for a, b in pairwise(self.shown) if a[2] == b[2]}
        for frame in (start, stop):
            if frame not in divided and 0 < frame < lane.n_frames:
                lane = _undivided_at(lane, frame)
        lane = _without_seams(lane)
        touched = self.touched.copy()
        for a, b, _ in WorkingLane.of(lane).shown:
            if a < stop and start < b:
                touched[a:b] = True
        return WorkingLane(lane, touched)


def _undivided(class_before: int | None, segment: Segment) -> bool:
    return class_before == segment.class_id and not segment.start_reviewed


def _undivided_at(lane: Segmentation, frame: int) -> Segmentation:
    """Let nobody review a boundary between two segments of one label."""
    index = lane.index_at(frame)
    left, right = lane.segments[index - 1 : index + 1]
    if right.start != frame or left.class_id != right.class_id:
        return lane
    sides = (replace(left, stop_reviewed=False), replace(right, start_reviewed=False))
    return lane.spliced(index - 1, index + 1, sides)


def _standing(segment: Segment) -> tuple[object, ...]:
    said = segment.source, segment.class_reviewed, segment.reviewed_by
    return *said, segment.undecided, segment.accepted


def _edited(segment: Segment) -> Segment:
    """Protect a segment of which frames were edited; nobody reviewed more."""
    if segment.protected:
        return segment
    if segment.class_id is None:
        return replace(segment, undecided=True)
    return replace(segment, source="human", confidence=segment.confidence or 0.0)


def _accepted(segment: Segment, edges: set[int]) -> Segment:
    """Mark a segment as reviewed, and those of its ends that the person sees."""
    if segment.class_id is None:
        return replace(segment, undecided=True)
    return replace(
        segment.as_persons(),
        start_reviewed=segment.start_reviewed or segment.start in edges,
        stop_reviewed=segment.stop_reviewed or segment.stop in edges,
    )


def _with_boundary_at(lane: Segmentation, old: int, new: int) -> Segmentation:
    """Move the boundary at ``old``, also past parts of one segment."""
    index = lane.index_at(old)
    left, right = lane.segments[index - 1 : index + 1]
    if left.start < new < right.stop:
        return move_boundary(lane, index - 1, new)
    if new < old:
        grown = replace(right, start=new, start_reviewed=True)
        return replace_range(lane, new, right.stop, [grown])
    grown = replace(left, stop=new, stop_reviewed=True)
    return replace_range(lane, left.start, new, [grown])


def _without_seams(lane: Segmentation) -> Segmentation:
    """Join equal neighbours that nobody divided, where both have the same standing."""
    parts: list[Segment] = []
    for segment in lane.segments:
        last = parts[-1] if parts else None
        if (
            last is not None
            and _undivided(last.class_id, segment)
            and _standing(last) == _standing(segment)
        ):
            parts[-1] = united(last, segment)
        else:
            parts.append(segment)
    return lane if len(parts) == len(lane) else after_joining(parts)
