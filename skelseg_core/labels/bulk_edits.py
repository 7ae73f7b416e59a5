"""Edits of several segments as pure functions: move one, relabel many, copy a range.

They are pure functions, as those of `edits`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import groupby

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import (
    after_joining,
    as_one,
    check_range,
    joined_at,
    move_boundary,
    replace_range,
    same_label,
    sides,
    with_label,
)
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation, Source


def move_limits(segmentation: Segmentation, index: int) -> tuple[int, int]:
    """Compute how far segment ``index`` can move: fewest and most frames.

    Raises
    ------
    EditError
        If it begins or ends with the video.
    """
    if not 0 < index < len(segmentation) - 1:
        raise EditError(
            "The first and the last segment begin or end with the video and cannot "
            "be moved; drag the boundary instead."
        )
    before, _, after = segmentation.segments[index - 1 : index + 2]
    return 1 - len(before), len(after) - 1


def move_segment(segmentation: Segmentation, index: int, frames: int) -> Segmentation:
    """Move segment ``index`` by ``frames``; its neighbours give way.

    Marks both its ends as reviewed. Its length stays; ``frames`` is clamped so that
    each neighbour keeps a frame.

    Raises
    ------
    EditError
        If it begins or ends with the video.
    """
    low, high = move_limits(segmentation, index)
    frames = max(low, min(frames, high))
    moved = segmentation.segments[index]
    start = segmentation.segments[index].start + frames
    stop = segmentation.segments[index].stop + frames
    edges = [(index, stop), (index - 1, start)]
    # The leading edge moves first, so that the segment is never empty in between.
    for boundary, frame in edges if frames > 0 else reversed(edges):
        segmentation = move_boundary(segmentation, boundary, frame)
    runs = tuple(
        replace(run, start=run.start + frames, stop=run.stop + frames)
        for run in moved.inner
    )
    now = replace(segmentation.segments[index], inner=runs)
    return segmentation.spliced(index, index + 1, [now]) if runs else segmentation


def relabel_all(
    segmentation: Segmentation,
    indices: Collection[int],
    class_id: int | None,
    sight: Sight | None = None,
) -> Segmentation:
    """Give segments one label, as `relabel`; segments divided before stay divided.

    Marks their classes as reviewed, not their ends. With a ``sight``, segments that
    already have the label are confirmed as far as they were seen.
    """
    return with_label(segmentation, _checked(segmentation, indices), class_id, sight)


def make_undecided(
    segmentation: Segmentation, start: int, stop: int, absent: bool = False
) -> Segmentation:
    """Mark the frames ``[start, stop)`` as undecided, or as ``absent``.

    They lose their label, and no model fills them. Marks both ends of the range as
    reviewed. Touching segments of the same kind join it; their other ends stay.

    Raises
    ------
    EditError
        If the range is empty or leaves the video.
    """
    check_range(segmentation, start, stop)
    before = segmentation.at(max(start - 1, 0))
    after = segmentation.at(min(stop, segmentation.n_frames - 1))
    said = replace(
        Segment(start, stop, undecided=True, absent=absent),
        start_reviewed=True,
        stop_reviewed=True,
    )
    band = said
    if start > before.start and same_label(before, said):
        band = replace(band, start=before.start, start_reviewed=before.start_reviewed)
    if stop < after.stop and same_label(after, said):
        band = replace(band, stop=after.stop, stop_reviewed=after.stop_reviewed)
    return replace_range(segmentation, band.start, band.stop, [band])


def leave_undecided(
    segmentation: Segmentation, indices: Collection[int]
) -> Segmentation:
    """Mark segments as undecided, as `make_undecided`."""
    result = segmentation
    for index in _checked(segmentation, indices):
        gone = segmentation.segments[index]
        result = make_undecided(result, gone.start, gone.stop)
    return result


def remove_boundary(
    segmentation: Segmentation, index: int, sight: Sight | None = None
) -> Segmentation:
    """Remove the boundary after segment ``index`` and join both segments.

    A label wins over none, undecided over unlabelled, then the longer segment, then the
    first. `as_one` decides what is reviewed; the outer ends stay.

    Raises
    ------
    EditError
        If there is no such boundary.
    """
    left, right = sides(segmentation, index)
    kept = max(left, right, key=lambda s: (s.class_id is not None, s.undecided, len(s)))
    one = as_one((left, right), kept, sight)
    segments = segmentation.segments
    return after_joining((*segments[:index], one, *segments[index + 2 :]))


def delete_all_into_neighbours(
    segmentation: Segmentation, indices: Collection[int], sight: Sight | None = None
) -> Segmentation:
    """Delete segments; each run of them goes into its longer neighbour.

    `as_one` decides what is reviewed of the neighbour; its outer ends stay.

    Raises
    ------
    EditError
        If no segment would be left.
    """
    chosen = _checked(segmentation, indices)
    if len(segmentation) == 1:
        raise EditError("The only segment of a video cannot be deleted.")
    if len(chosen) == len(segmentation):
        raise EditError("All segments are selected; leave one to take their frames.")
    parts: list[Segment] = []
    begin: list[Segment] = []
    for gone, run in _runs(segmentation, chosen):
        if not gone:
            first, *others = run
            grown = as_one([*begin, first], first, sight) if begin else first
            parts += [grown, *others]
            begin = []
            continue
        last = parts[-1] if parts else None
        after = run[-1].stop
        following = segmentation.at(after) if after < segmentation.n_frames else None
        if last is None or (following is not None and len(following) > len(last)):
            begin = run
        else:
            parts[-1] = as_one([last, *run], last, sight)
    return after_joining(parts)


def merge_all(
    segmentation: Segmentation, indices: Collection[int], sight: Sight | None = None
) -> Segmentation:
    """Join each run of these segments; the first one's label wins.

    `as_one` decides what is reviewed; the outer ends stay.

    Raises
    ------
    EditError
        If no two of them touch.
    """
    chosen = _checked(segmentation, indices)
    parts: list[Segment] = []
    for taken, run in _runs(segmentation, chosen):
        if taken and len(run) > 1:
            parts.append(as_one(run, run[0], sight))
        else:
            parts.extend(run)
    if len(parts) == len(segmentation):
        raise EditError("No two of the selected segments touch; select neighbours.")
    return after_joining(parts)


def _runs(
    segmentation: Segmentation, chosen: Collection[int]
) -> Iterable[tuple[bool, list[Segment]]]:
    """Group the segments into maximal runs of chosen and of other ones, in order."""
    told = enumerate(segmentation.segments)
    for inside, run in groupby(told, key=lambda pair: pair[0] in chosen):
        yield inside, [segment for _, segment in run]


def _checked(segmentation: Segmentation, indices: Collection[int]) -> frozenset[int]:
    chosen = frozenset(indices)
    if not chosen:
        raise EditError("No segment is selected; select some on the timeline.")
    if min(chosen) < 0 or max(chosen) >= len(segmentation):
        raise EditError("A selected segment no longer exists; select again.")
    return chosen


def copy_range(
    segmentation: Segmentation, other: Segmentation, start: int, stop: int
) -> Segmentation:
    """Copy the frames ``[start, stop)`` of another lane.

    A person asked for exactly this, so unlike `accept` it replaces a person's labels.
    Marks nothing as reviewed: a model's labels stay a model's, another person's count
    as imported.

    Raises
    ------
    EditError
        If the two do not cover the same frames, or the range leaves the video.
    """
    if segmentation.n_frames != other.n_frames:
        raise EditError(
            "The lane covers {} frames, the annotation {}; pre-label this video again.",
            other.n_frames,
            segmentation.n_frames,
        )
    if not 0 <= start < stop <= other.n_frames:
        raise EditError(
            "The range {}..{} does not lie in the video, which has {} frames.",
            start,
            stop,
            other.n_frames,
        )
    first, last = other.index_at(start), other.index_at(stop - 1)
    parts = [
        _copied(s.part(max(s.start, start), min(s.stop, stop)))
        for s in other.segments[first : last + 1]
    ]
    result = replace_range(segmentation, start, stop, parts)
    return joined_at(joined_at(result, start), stop)


def _copied(segment: Segment) -> Segment:
    if segment.class_id is None:
        return replace(segment, start_reviewed=False, stop_reviewed=False)
    source: Source = "model" if segment.accepted else "import"
    bare = Segment(segment.start, segment.stop, segment.class_id, source)
    return replace(bare, confidence=segment.confidence)
