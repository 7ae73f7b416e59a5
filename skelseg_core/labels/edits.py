"""Edits of a segmentation: paint, split, merge, relabel, move a boundary, accept.

Every edit is a pure function, raises `EditError` for what it cannot do, and says what a
person vouches for by it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import (
    Segment,
    Segmentation,
    Source,
    VouchedBy,
    weaker,
)


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
    """Replace the frames start..stop by ``new``; what is left of cut segments stays.

    Nobody vouches for the boundary at a cut, unless ``new`` says so.
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
    """Give the frames ``[start, stop)`` one label; it joins equal touching neighbours.

    A neighbour is joined where it has the same label and source, and a person vouches
    for both classes or for neither.

    Parameters
    ----------
    segmentation : Segmentation
    start, stop : int
    class_id : int or None
        None is unlabelled.
    source : {"human", "model", "import"}
        A person vouches for what a person paints.
    sets_start, sets_stop : bool
        Whether the person said where it starts and stops; False where it was merely
        held up there.

    Raises
    ------
    EditError
        Where the range is empty or leaves the video.
    """
    check_range(segmentation, start, stop)
    person = source == "human"
    new = Segment(
        start,
        stop,
        class_id,
        source,
        class_vouched=person,
        start_vouched=person and sets_start,
        stop_vouched=person and sets_stop,
    )
    result = replace_range(segmentation, start, stop, [new])
    index = result.index_at(start)
    for neighbour in (index, index - 1):
        if 0 <= neighbour < len(result) - 1:
            left, right = result.segments[neighbour : neighbour + 2]
            if _kind(left) == _kind(right):
                by = weaker(left.vouched_by, right.vouched_by)
                result = _join(result, neighbour, replace(new, vouched_by=by))
    return result


def _kind(segment: Segment) -> tuple[object, ...]:
    said = segment.class_id, segment.undecided, segment.source
    return *said, segment.class_vouched, segment.accepted


def _join(segmentation: Segmentation, index: int, like: Segment) -> Segmentation:
    left, right = segmentation.segments[index : index + 2]
    joined = like.with_ends_of(left, right)
    return segmentation.spliced(index, index + 2, [joined])


def after_joining(segments: Iterable[Segment]) -> Segmentation:
    """Make a segmentation of joined segments; nobody vouches for the ends of one alone.

    The ends of a lone segment are the video's. While there were other segments, they
    counted with the first and the last one.
    """
    left = tuple(segments)
    if len(left) == 1:
        left = (replace(left[0], start_vouched=False, stop_vouched=False),)
    return Segmentation(left)


def sides(segmentation: Segmentation, index: int) -> tuple[Segment, Segment]:
    """Return the segments on both sides of the boundary after segment ``index``.

    Raises
    ------
    EditError
        Where there is no such boundary.
    """
    if not 0 <= index < len(segmentation) - 1:
        raise EditError("There is no boundary after segment {}.", index)
    return segmentation.segments[index], segmentation.segments[index + 1]


def move_boundary(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Move the boundary between segments ``index`` and ``index + 1`` to ``frame``.

    Neither neighbour becomes empty: ``frame`` is clamped so that each keeps at least
    one frame. The person vouches for this boundary, also where it stays, and for
    nothing else of its neighbours.

    Raises
    ------
    EditError
        Where there is no such boundary.
    """
    left, right = sides(segmentation, index)
    frame = max(left.start + 1, min(frame, right.stop - 1))
    if frame == left.stop and left.stop_vouched:
        return segmentation
    return segmentation.spliced(
        index,
        index + 2,
        [
            replace(left, stop=frame, stop_vouched=True),
            replace(right, start=frame, start_vouched=True),
        ],
    )


def start_at(segmentation: Segmentation, index: int, frame: int) -> Segmentation:
    """Let segment ``index`` start at ``frame``: moves the boundary before it.

    Unlike `move_boundary` it refuses what does not fit: who writes a number down means
    that number. The number that stands there already is no edit.

    Raises
    ------
    EditError
        Where it would leave the segment or the one before without a frame.
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
    """Let ``frame`` be the first after segment ``index``; as `start_at`.

    Raises
    ------
    EditError
        Where it would leave the segment or the next without a frame.
    """
    segment = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("The last segment ends with the video; split it instead.")
    first, last = segment.start + 1, segmentation.segments[index + 1].stop - 1
    if not first <= frame <= last:
        raise EditError(
            "Segment {:,} cannot stop at frame {:,}; it can from {:,} to {:,}.",
            index + 1,
            frame,
            first,
            last,
        )
    if frame == segment.stop:
        return segmentation
    return move_boundary(segmentation, index, frame)


def split(segmentation: Segmentation, frame: int) -> Segmentation:
    """Cut the segment that holds ``frame`` so that a new one begins at ``frame``.

    The person vouches for the new boundary.

    Raises
    ------
    EditError
        Where a segment begins there already.
    """
    index = segmentation.index_at(frame)
    segment = segmentation.segments[index]
    if segment.start == frame:
        raise EditError("A segment begins at frame {} already.", frame)
    return segmentation.spliced(
        index,
        index + 1,
        [
            replace(segment, stop=frame, stop_vouched=True),
            replace(segment, start=frame, start_vouched=True),
        ],
    )


def merge(segmentation: Segmentation, index: int) -> Segmentation:
    """Join segment ``index`` with the next one; the label is that of the first.

    The person vouches for the class of the whole; its ends stay as they were.

    Raises
    ------
    EditError
        Where it is the last segment.
    """
    first = _check_index(segmentation, index)
    if index == len(segmentation) - 1:
        raise EditError("There is no segment after this one to merge with.")
    return after_joining(_join(segmentation, index, first.as_persons()).segments)


def relabel(
    segmentation: Segmentation, index: int, class_id: int | None
) -> Segmentation:
    """Give segment ``index`` another label; it stays a segment of its own.

    The person vouches for its class; its ends stay as they were.

    Raises
    ------
    EditError
        Where there is no such segment.
    """
    segment = _check_index(segmentation, index)
    new = relabelled(segment, class_id)
    return segmentation.spliced(index, index + 1, [new])


def relabelled(segment: Segment, class_id: int | None) -> Segment:
    """Return a segment with a label that a person gives; its ends stay as they were."""
    return replace(
        segment,
        class_id=class_id,
        source="human",
        class_vouched=True,
        vouched_by="look",
        undecided=False,
        confidence=None,
    )


def remap_classes(
    segmentation: Segmentation, into: Mapping[int, int | None]
) -> Segmentation:
    """Give all segments of some classes other classes; who said so stays.

    Where two classes touched that are one now, the two segments are one; neighbours
    that had the same label before stay two. Unlabelled ones always join.

    Parameters
    ----------
    segmentation : Segmentation
        Comes back itself where it has none of these classes.
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
        if old[c - 1].class_id != old[c].class_id and _alike(new[c - 1], new[c]):
            joined += new[at:c]
            joined[-1] = united(joined[-1], new[c])
            at = c + 1
    return Segmentation((*joined, *new[at:]))


def _given(segment: Segment, class_id: int | None) -> Segment:
    if class_id is None:
        return replace(segment, class_id=None, confidence=None)
    return replace(segment, class_id=class_id)


def _alike(a: Segment, b: Segment) -> bool:
    return _kind(a) == _kind(b)


_BY_WEIGHT: tuple[Source, ...] = ("human", "import", "model")


def united(a: Segment, b: Segment) -> Segment:
    """Join two neighbours of one label; nobody vouches for more than before.

    Its class is vouched for where both were, and in the weaker way. It is a person's
    where one of them is, else imported where one of them is. Where only one is
    protected it is a person's, so that no model changes it, and has the model's
    confidence, so that it counts as accepted until somebody reviews it.
    """
    sure = [s for s in (a, b) if s.confidence is not None]
    confidence = None
    if sure:
        total = sum((s.confidence or 0.0) * len(s) for s in sure)
        confidence = round(total / sum(len(s) for s in sure), 4)
    source = next((s for s in _BY_WEIGHT if s in (a.source, b.source)), None)
    if a.class_id is not None and a.protected != b.protected:
        source = "human"
        confidence = 0.0 if confidence is None else confidence
    return replace(
        a,
        stop=b.stop,
        source=source,
        class_vouched=a.class_vouched and b.class_vouched,
        stop_vouched=b.stop_vouched,
        vouched_by=weaker(a.vouched_by, b.vouched_by),
        confidence=confidence,
    )


def review(
    segmentation: Segmentation, index: int, by: VouchedBy = "look"
) -> Segmentation:
    """Agree with segment ``index``: a person vouches for its class and both ends.

    ``by`` is how; a class vouched for in a stronger way stays so. An undecided segment
    stays as it is: a person said so already.
    """
    segment = _check_index(segmentation, index)
    if segment.undecided:
        return segmentation
    if segment.class_id is None:
        raise EditError("An unlabelled segment cannot be marked as reviewed; label it.")
    return segmentation.spliced(index, index + 1, [segment.as_reviewed(by)])


def accept(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int = 0,
    stop: int | None = None,
    reviewed: bool = False,
    by: VouchedBy = "look",
) -> Segmentation:
    """Take over the frames ``[start, stop)`` of a prediction into the annotation.

    Frames that a person made or reviewed are never changed, and a boundary that a
    person vouches for stays: where the prediction has another class beside a label
    that ends there, that segment stays as it is. Neighbours of one class become one
    where nobody vouches for the boundary; what a file says and what a model says stay
    two, so that neither passes for the other.

    Parameters
    ----------
    annotation, prediction : Segmentation
        Of the same number of frames.
    start, stop : int
        Range to take over; all by default.
    reviewed : bool
        Whether the person vouches for what is taken over.
    by : {"look", "wall", "rule"}
        How, where ``reviewed``.

    Raises
    ------
    EditError
        Where the two do not cover the same frames, or the range leaves the video.
    """
    if annotation.n_frames != prediction.n_frames:
        raise EditError(
            "The prediction covers {} frames, the annotation {}; predict this video "
            "again.",
            prediction.n_frames,
            annotation.n_frames,
        )
    stop = annotation.n_frames if stop is None else stop
    check_range(annotation, start, stop)
    held = frozenset(s.start for s in annotation.segments[1:] if s.start_vouched)
    parts: list[Segment] = []
    seams: set[int] = set()
    at = 0
    for a, b in _gaps(annotation, prediction, start, stop, held):
        taken = [_taken(s, held) for s in _within(prediction, a, b)]
        if reviewed:
            taken = [_seen(s, prediction, by) for s in taken]
        parts += [*_within(annotation, at, a), *taken]
        seams.update((b, *(s.start for s in taken)))
        at = b
    parts += _within(annotation, at, annotation.n_frames)
    seams -= held
    joined = parts[:1]
    for part in parts[1:]:
        last = joined[-1]
        # What was reviewed just now joins only what a person vouches for, too.
        mixed = reviewed and last.class_vouched != part.class_vouched
        filed = "import" in (last.source, part.source)
        mixed |= filed and last.protected != part.protected
        mixed |= last.undecided != part.undecided
        if part.start in seams and last.class_id == part.class_id and not mixed:
            joined[-1] = united(last, part)
        else:
            joined.append(part)
    return Segmentation(tuple(joined))


def _within(segmentation: Segmentation, start: int, stop: int) -> list[Segment]:
    """Cut out the segments that lie in ``[start, stop)``; the range may be empty."""
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
    """Make a model's of a segment; boundaries in ``held`` are vouched for."""
    made = segment.start in held, segment.stop in held
    ends = segment.start_vouched, segment.stop_vouched
    said = segment.class_vouched or segment.undecided
    # Nearly all are like that already; of thousands copies take long.
    if ends == made and not said and segment.source in ("model", None):
        return segment
    return Segment(
        segment.start,
        segment.stop,
        segment.class_id,
        "model",
        start_vouched=made[0],
        stop_vouched=made[1],
        confidence=segment.confidence,
    )


def _seen(taken: Segment, prediction: Segmentation, by: VouchedBy) -> Segment:
    """Vouch for a segment taken over, and for its ends that the prediction has.

    Where the prediction was cut for the annotation's sake nobody was shown a boundary.
    """
    if taken.class_id is None:
        return taken
    shown = prediction.at(taken.start)
    return replace(
        taken,
        class_vouched=True,
        vouched_by=by,
        start_vouched=taken.start_vouched or taken.start == shown.start,
        stop_vouched=taken.stop_vouched or taken.stop == shown.stop,
    )


def _gaps(
    annotation: Segmentation,
    prediction: Segmentation,
    start: int,
    stop: int,
    held: frozenset[int],
) -> list[tuple[int, int]]:
    """Find ranges a prediction may fill, cut at boundaries that are vouched for."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.segments:
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
    """Find the frames around ``frame`` that no person labelled or reviewed; or None.

    Returns
    -------
    tuple of int or None
        First frame, and the frame after the last.
    """
    ranges = open_ranges(annotation, 0, annotation.n_frames)
    return next(((a, b) for a, b in ranges if a <= frame < b), None)


def open_ranges(
    annotation: Segmentation, start: int, stop: int
) -> list[tuple[int, int]]:
    """Find the maximal ranges in start..stop that no person labelled or reviewed."""
    ranges: list[tuple[int, int]] = []
    for segment in annotation.segments:
        a, b = max(segment.start, start), min(segment.stop, stop)
        if a >= b or segment.protected:
            continue
        if ranges and ranges[-1][1] == a:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((a, b))
    return ranges
