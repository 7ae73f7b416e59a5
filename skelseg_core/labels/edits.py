"""Edits of a segmentation: paint, split, merge, relabel, move a boundary, accept.

Every edit is a pure function, raises `EditError` if it is impossible, and documents
which flags it marks as reviewed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.reviewing import Sight, agreed_with
from skelseg_core.labels.segmentation import Segment, Segmentation, Source


def check_range(segmentation: Segmentation, start: int, stop: int) -> None:
    """Refuse a range of frames that is empty or leaves the video."""
    if not 0 <= start < stop <= segmentation.n_frames:
        raise EditError(
            "The range {}..{} does not lie in the video, which has {} frames.",
            start,
            stop,
            segmentation.n_frames,
        )


def _check_index(segmentation: Segmentation, index: int) -> Segment:
    if not 0 <= index < len(segmentation):
        raise EditError(
            "There is no segment {}; there are {}.", index, len(segmentation)
        )
    return segmentation.segments[index]


def replace_range(
    segmentation: Segmentation, start: int, stop: int, new: Sequence[Segment]
) -> Segmentation:
    """Replace the frames start..stop by ``new``; the rest of cut segments stays.

    A boundary at a cut is not reviewed, unless ``new`` marks it.
    """
    first = segmentation.index_at(start)
    last = segmentation.index_at(stop - 1)
    head, tail = segmentation.segments[first], segmentation.segments[last]
    parts: list[Segment] = []
    if head.start < start:
        parts.append(head.part(head.start, start))
    parts.extend(new)
    if stop < tail.stop:
        parts.append(tail.part(stop, tail.stop))
    return segmentation.spliced(first, last + 1, parts)


def paint(
    segmentation: Segmentation,
    start: int,
    stop: int,
    class_id: int | None,
    source: Source = "human",
    *,
    sets_start: bool = True,
    sets_stop: bool = True,
) -> Segmentation:
    """Give the frames ``[start, stop)`` one label; equal touching neighbours join.

    The sources of the neighbours stay.

    Parameters
    ----------
    segmentation : Segmentation
    class_id : int or None
        None is unlabelled.
    source : {"human", "model", "import"}
        A person's label counts as reviewed.
    sets_start, sets_stop : bool
        Whether the person chose the start and stop; False if a limit stopped the
        gesture.

    Raises
    ------
    EditError
        If the range is empty or leaves the video.
    """
    check_range(segmentation, start, stop)
    person = source == "human"
    new = Segment(
        start,
        stop,
        class_id,
        source,
        class_reviewed=person,
        start_reviewed=person and sets_start,
        stop_reviewed=person and sets_stop,
    )
    result = replace_range(segmentation, start, stop, [new])
    for frame in (start, stop):
        result = joined_at(result, frame)
    return result


def joined_at(segmentation: Segmentation, frame: int) -> Segmentation:
    """Join the two segments that meet at a frame if they have one label."""
    if not 0 < frame < segmentation.n_frames:
        return segmentation
    index = segmentation.index_at(frame)
    all_of = segmentation.segments
    left, right = all_of[max(index - 1, 0)], all_of[index]
    if right.start != frame or not same_label(left, right):
        return segmentation
    one = united(left, right)
    return after_joining((*all_of[: index - 1], one, *all_of[index + 1 :]))


def same_label(a: Segment, b: Segment) -> bool:
    """Tell whether two segments have one label, or none for the same reason."""
    return (a.class_id, a.undecided, a.absent) == (b.class_id, b.undecided, b.absent)


def after_joining(segments: Iterable[Segment]) -> Segmentation:
    """Make a segmentation of joined segments; the ends of a lone one are not reviewed.

    They are the video's ends; in a video of several segments they counted with the
    first and the last one.
    """
    left = tuple(segments)
    if len(left) == 1:
        left = (replace(left[0], start_reviewed=False, stop_reviewed=False),)
    return Segmentation(left)


def sides(segmentation: Segmentation, index: int) -> tuple[Segment, Segment]:
    """Return the segments on both sides of the boundary after segment ``index``.

    Raises
    ------
    EditError
        If there is no such boundary.
    """
    if not 0 <= index < len(segmentation) - 1:
        raise EditError("There is no boundary after segment {}.", index)
    return segmentation.segments[index], segmentation.segments[index + 1]


def move_boundary(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move the boundary between segments ``index`` and ``index + 1`` to ``frame``.

    ``frame`` is clamped so that each neighbour keeps at least one frame. Marks only
    this boundary as reviewed, even if it does not move.

    Raises
    ------
    EditError
        If there is no such boundary.
    """
    moved = carry_boundary(segmentation, index, frame)
    left, right = sides(moved, index)
    ends = [replace(left, stop_reviewed=True), replace(right, start_reviewed=True)]
    return moved if left.stop_reviewed else moved.spliced(index, index + 2, ends)


def carry_boundary(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move a boundary as `move_boundary`; it needs a review if it moved."""
    left, right = sides(segmentation, index)
    frame = max(left.start + 1, min(frame, right.stop - 1))
    if frame == left.stop:
        return segmentation
    return segmentation.spliced(
        index,
        index + 2,
        [
            replace(left, stop=frame, stop_reviewed=False),
            replace(right, start=frame, start_reviewed=False),
        ],
    )


def start_at(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move the start of segment ``index`` to ``frame``.

    Unlike `move_boundary` it refuses a frame that does not fit: a typed number is meant
    exactly. The current frame is not an edit.

    Raises
    ------
    EditError
        If it leaves this or the previous segment without a frame.
    """
    segment = _check_index(segmentation, index)
    if index == 0:
        raise EditError("The first segment starts with the video; split it instead.")
    first, last = segmentation.segments[index - 1].start + 1, segment.stop - 1
    if not first <= frame <= last:
        raise EditError(
            "Segment {:,} cannot start at frame {:,}; it can from {:,} to {:,}.",
            index + 1,
            frame,
            first,
            last,
        )
    if frame == segment.start:
        return segmentation
    return move_boundary(segmentation, index - 1, frame)


def stop_at(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move the end of segment ``index`` to ``frame`` (exclusive); see `start_at`.

    Raises
    ------
    EditError
        If it leaves this or the next segment without a frame.
    """
    segment = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("The last segment ends with the video; split it instead.")
    first, last = segment.start + 1, segmentation.segments[index + 1].stop - 1
    if not first <= frame <= last:
        raise EditError(
            "The last frame of segment {:,} cannot be {:,}; it can be {:,} to {:,}.",
            index + 1,
            frame - 1,
            first - 1,
            last - 1,
        )
    if frame == segment.stop:
        return segmentation
    return move_boundary(segmentation, index, frame)


def split(segmentation: Segmentation, frame: int) -> Segmentation:
    """Cut the segment that holds ``frame`` so that a new one begins at ``frame``.

    Marks the new boundary as reviewed.

    Raises
    ------
    EditError
        If a segment already begins there.
    """
    index = segmentation.index_at(frame)
    segment = segmentation.segments[index]
    if segment.start == frame:
        raise EditError("A segment already begins at frame {}.", frame)
    return segmentation.spliced(
        index,
        index + 1,
        [
            replace(segment, stop=frame, stop_reviewed=True),
            replace(segment, start=frame, start_reviewed=True),
        ],
    )


def merge(
    segmentation: Segmentation, index: int, sight: Sight | None = None
) -> Segmentation:
    """Join segment ``index`` with the next one; the first one's label wins.

    `as_one` decides what is reviewed; the outer ends stay.

    Raises
    ------
    EditError
        If it is the last segment.
    """
    first = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("There is no segment after this one to merge with.")
    one = as_one(segmentation.segments[index : index + 2], first, sight)
    return after_joining(segmentation.spliced(index, index + 2, [one]).segments)


def as_one(
    parts: Sequence[Segment], like: Segment, sight: Sight | None = None
) -> Segment:
    """Make neighbours one segment with the label of ``like``.

    Frames that had the label stay as they were. Of the others, those seen from start to
    end become a person's and reviewed. The rest needs a review; a person's frames take
    the source of ``like``, others keep theirs.
    """
    whole = like.with_ends_of(parts[0], parts[-1])
    if like.class_id is None:
        return whole
    runs = [_merged(run, like, sight) for s in parts for run in s.runs]
    return replace(whole, inner=tuple(runs))


def _merged(run: Segment, like: Segment, sight: Sight | None) -> Segment:
    if run.class_id == like.class_id:
        return run
    seen = sight is not None and sight.covers(run.start, run.stop)
    if seen:
        return relabelled(run, like.class_id)
    return replace(
        run,
        class_id=like.class_id,
        source=like.source if run.source in (None, "human") else run.source,
        class_reviewed=False,
        undecided=False,
        confidence=None,
    )


def relabel(
    segmentation: Segmentation, index: int, class_id: int | None
) -> Segmentation:
    """Give segment ``index`` another label and join neighbours that have it.

    Marks its class as reviewed, not that of joined neighbours; its ends stay.

    Raises
    ------
    EditError
        If there is no such segment.
    """
    _check_index(segmentation, index)
    return with_label(segmentation, {index}, class_id)


def with_label(
    segmentation: Segmentation,
    chosen: Container[int],
    class_id: int | None,
    sight: Sight | None = None,
) -> Segmentation:
    """Give segments one label; neighbours that shared a label before stay divided.

    With a ``sight``, segments that already have the label are confirmed as far as they
    were seen.
    """
    old = segmentation.segments
    made: list[Segment] = []
    for i, segment in enumerate(old):
        if i not in chosen:
            new = segment
        elif sight is not None and segment.class_id == class_id:
            new = agreed_with(segment, sight)
        else:
            new = relabelled(segment, class_id)
        if i and same_label(made[-1], new) and not same_label(old[i - 1], segment):
            made[-1] = united(made[-1], new)
        else:
            made.append(new)
    return after_joining(made) if len(made) < len(old) else Segmentation(tuple(made))


def relabelled(segment: Segment, class_id: int | None) -> Segment:
    """Return a segment with a person's label; its ends stay.

    The same label counts as a confirmation: its source stays.
    """
    if class_id is not None and segment.class_id == class_id:
        return segment.agreed()
    return replace(
        segment,
        class_id=class_id,
        source="human",
        class_reviewed=True,
        reviewed_by="look",
        undecided=False,
        confidence=None,
        inner=(),
    )


def remap_classes(
    segmentation: Segmentation, into: Mapping[int, int | None]
) -> Segmentation:
    """Replace classes by others in all segments; sources stay.

    Neighbours whose classes become one join; neighbours that shared a class before stay
    divided. Unlabelled ones always join.

    Parameters
    ----------
    segmentation : Segmentation
        Returned unchanged if it has none of these classes.
    into : Mapping[int, int or None]
        New class by old class; None is unlabelled.
    """
    if segmentation.class_counts.keys().isdisjoint(into):
        return segmentation
    old, new = segmentation.segments, list(segmentation.segments)
    cuts: set[int] = set()
    for i, segment in enumerate(old):
        if segment.class_id is not None and segment.class_id in into:
            new[i] = _given(segment, into[segment.class_id])
            cuts |= {i, i + 1}
    joined: list[Segment] = []
    at = 0
    for c in sorted(cuts - {0, len(old)}):
        if old[c - 1].class_id != old[c].class_id and same_label(new[c - 1], new[c]):
            joined += new[at:c]
            joined[-1] = united(joined[-1], new[c])
            at = c + 1
    return Segmentation((*joined, *new[at:]))


def _given(segment: Segment, class_id: int | None) -> Segment:
    if class_id is None:
        return replace(segment, class_id=None, confidence=None)
    return replace(segment, class_id=class_id)


def united(a: Segment, b: Segment) -> Segment:
    """Join two neighbours of one label; the source of each frame stays."""
    runs = () if a.class_id is None else (*a.runs, *b.runs)
    return replace(a.with_ends_of(a, b), inner=runs)


def accept(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int = 0,
    stop: int | None = None,
) -> Segmentation:
    """Copy the frames ``[start, stop)`` of a prediction into the annotation.

    A person's frames and reviewed frames never change, and reviewed boundaries stay: if
    the prediction has another class next to a label that ends there, that label stays.
    Touching frames of one class become one segment with several runs, unless a person
    divided it.

    Parameters
    ----------
    annotation, prediction : Segmentation
        Of the same number of frames.
    start, stop : int
        Range to copy; all by default.

    Raises
    ------
    EditError
        If the two do not cover the same frames, or the range leaves the video.
    """
    if annotation.n_frames != prediction.n_frames:
        raise EditError(
            "The prediction covers {} frames, the annotation {}; pre-label this video "
            "again.",
            prediction.n_frames,
            annotation.n_frames,
        )
    stop = annotation.n_frames if stop is None else stop
    check_range(annotation, start, stop)
    held = frozenset(s.start for s in annotation.segments[1:] if s.start_reviewed)
    # A boundary to unlabelled frames may be where a person stopped labelling.
    ends = frozenset(
        b.start
        for a, b in pairwise(annotation.segments)
        if b.start_reviewed and (a.class_id is None) == (b.class_id is None)
    )
    divided = frozenset(
        b.start
        for a, b in pairwise(annotation.segments)
        if b.start_reviewed and same_label(a, b)
    )
    parts: list[Segment] = []
    seams: set[int] = set()
    at = 0
    for a, b in _gaps(annotation, prediction, start, stop, ends):
        taken = [_taken(s, held) for s in _within(prediction, a, b)]
        parts += [*_within(annotation, at, a), *taken]
        seams.update((b, *(s.start for s in taken)))
        at = b
    parts += _within(annotation, at, annotation.n_frames)
    seams -= divided
    joined = parts[:1]
    for part in parts[1:]:
        if part.start in seams and same_label(joined[-1], part):
            joined[-1] = united(joined[-1], part)
        else:
            joined.append(part)
    return Segmentation(tuple(joined))


def _within(segmentation: Segmentation, start: int, stop: int) -> list[Segment]:
    if start == stop:
        return []
    first, last = segmentation.index_at(start), segmentation.index_at(stop - 1)
    return [
        s
        if start <= s.start and s.stop <= stop
        else s.part(max(s.start, start), min(s.stop, stop))
        for s in segmentation.segments[first : last + 1]
    ]


def _taken(segment: Segment, held: Container[int]) -> Segment:
    """Make a segment the model's; boundaries in ``held`` are reviewed."""
    made = segment.start in held, segment.stop in held
    ends = segment.start_reviewed, segment.stop_reviewed
    said = segment.class_reviewed or segment.undecided
    # Nearly all are right already, and thousands of copies are slow.
    if ends == made and not said and segment.source in ("model", None):
        return segment
    return Segment(
        segment.start,
        segment.stop,
        segment.class_id,
        "model",
        start_reviewed=made[0],
        stop_reviewed=made[1],
        confidence=segment.confidence,
    )


def _gaps(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int,
    stop: int,
    held: frozenset[int],
) -> list[tuple[int, int]]:
    """List ranges that a prediction may fill, cut at reviewed boundaries."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.runs:
        a, b = max(segment.start, start), min(segment.stop, stop)
        if a >= b or segment.protected:
            continue
        ends = ((segment.start, segment.start), (segment.stop, segment.stop - 1))
        if segment.class_id is not None and any(
            edge in held
            and a <= frame < b
            and prediction.at(frame).class_id != segment.class_id
            for edge, frame in ends
        ):
            continue
        if ranges and ranges[-1][1] == a and a not in held:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((a, b))
    return ranges


def open_range_at(annotation: Segmentation, frame: int) -> tuple[int, int] | None:
    """Find the frames around ``frame`` without a person's label or review, or None.

    Returns
    -------
    tuple of int or None
        First frame, and the frame after the last.
    """
    ranges = open_ranges(annotation, 0, annotation.n_frames)
    return next(((a, b) for a, b in ranges if a <= frame < b), None)


def accept_where(
    annotation: Segmentation, prediction: Segmentation, where: np.ndarray
) -> Segmentation:
    """Copy a prediction as `accept` does, only in some frames (T,)."""
    cuts = np.flatnonzero(np.diff(where, prepend=False, append=False))
    for start, stop in cuts.reshape(-1, 2).tolist():
        annotation = accept(annotation, prediction, start, stop)
    return annotation


def accept_to_review(
    annotation: Segmentation, prediction: Segmentation
) -> Segmentation:
    """Copy a prediction, on later calls only over unreviewed copies.

    After the first copy, unlabelled frames were left so by a person.
    """
    begun = any(run.confidence is not None for run in annotation.runs)

    def is_free(run: Segment) -> bool:
        if run.protected:
            return True  # `accept` leaves it as it is
        return run.confidence is not None if begun else run.unlabelled

    return accept_where(annotation, prediction, annotation.frames_where(is_free))


def open_ranges(
    annotation: Segmentation, start: int, stop: int
) -> list[tuple[int, int]]:
    """List the maximal ranges in start..stop without a person's label or review."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.runs:
        a, b = max(segment.start, start), min(segment.stop, stop)
        if a >= b or segment.protected:
            continue
        if ranges and ranges[-1][1] == a:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((a, b))
    return ranges
