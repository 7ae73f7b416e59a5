"""Disagreements of two people as blocks of frames that one answer settles.

A block holds the frames of differences that share frames: a segment of another class
and its two boundaries are one question. Outside of all blocks both say the same; blocks
share no frames. So what an answer does to one block changes nothing of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.comparison import Difference, Kind, find_differences
from skelseg_core.labels.decisions import Choice
from skelseg_core.labels.edits import joined_at, replace_range
from skelseg_core.labels.reviewing import Sight, agreed_with
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.review_item import Reason, ReviewItem

BlockOrder = Literal["time", "length", "classes"]


@dataclass(frozen=True)
class Block:
    """Frames ``[start, stop)`` in which two people disagree.

    Parameters
    ----------
    start, stop : int
    kind : {"class", "moved", "missing", "extra"}
        Another class, a boundary elsewhere, a segment that only the first has, or only
        the second; of several in one block the one that says most.
    first, second : int or None
        Classes in question; of a boundary the one that begins there in both, of several
        boundaries those that are said of most frames.
    moved : int
        Frames by which a boundary is later in the second; 0 for other kinds.
    """

    start: int
    stop: int
    kind: Kind
    first: int | None
    second: int | None
    moved: int = 0

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def middle(self) -> int:
        """Frame in the middle of a moved boundary's two places."""
        return (self.start + self.stop) // 2


def find_blocks(first: Segmentation, second: Segmentation) -> tuple[Block, ...]:
    """Find where two people disagree, in order of time.

    Frames that one of them left unlabelled count as different too: somebody has to say
    what they are. Those that neither labelled do not.
    """
    told = find_differences(first, second)
    rest = _left_over(first, second, told)
    groups: list[list[Difference]] = []
    stop = -1
    for difference in sorted((*told, *rest), key=lambda d: (d.start, d.stop)):
        if difference.start < stop or (
            difference.start == stop and _belongs(groups[-1], difference, told, rest)
        ):
            groups[-1].append(difference)
        else:
            groups.append([difference])
        stop = max(stop, difference.stop)
    a, b = first.to_frames(), second.to_frames()
    return tuple(_block(group, a, b) for group in groups)


def _belongs(
    group: Sequence[Difference],
    new: Difference,
    told: Sequence[Difference],
    rest: Sequence[Difference],
) -> bool:
    """Tell whether a difference that touches a group is part of the same question.

    A boundary that moved belongs to the segment that it is the end of, unless it lies
    in the next one; what is left over belongs to what it touches.
    """
    if new in rest or group[-1] in rest:
        return True
    if new.kind == "moved":
        inside = (d.start < new.stop and new.start < d.stop for d in told if d != new)
        return any(d.kind != "moved" for d in group) and not any(inside)
    return [d.kind for d in group] == ["moved"]


def _left_over(
    first: Segmentation, second: Segmentation, found: Sequence[Difference]
) -> list[Difference]:
    """Find frames that differ in no difference, as other classes.

    Where a segment is missing beside a boundary, that may lie anywhere in it.
    """
    a, b = first.to_frames(), second.to_frames()
    open_ = a != b
    for difference in found:
        open_[difference.start : difference.stop] = False
    codes = np.where(open_, (a + 1) * (int(b.max(initial=0)) + 2) + b + 1, -1)
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
    return [
        Difference("class", int(i), int(j), _id(a[i]), _id(b[i]))
        for i, j in pairwise(cuts)
        if open_[i]
    ]


def _id(label: int) -> int | None:
    return None if label < 0 else int(label)


def _block(group: Sequence[Difference], a: np.ndarray, b: np.ndarray) -> Block:
    """Make one block of differences of two lanes with the channels a and b (T,)."""
    start, stop = min(d.start for d in group), max(d.stop for d in group)
    told = max(group, key=lambda d: (d.kind != "moved", d.stop - d.start))
    moved = told.moved if len(group) == 1 else 0
    if told.kind != "moved" or len(group) == 1:
        return Block(start, stop, told.kind, told.first, told.second, moved)
    # Of boundaries alone: the class that begins at one of them is the same in both.
    return Block(start, stop, "class", *_commonest(a[start:stop], b[start:stop]))


def _commonest(a: np.ndarray, b: np.ndarray) -> tuple[int | None, int | None]:
    """Find the two classes that are said of most frames (T,) that differ."""
    said = np.stack([a, b])[:, a != b]
    pairs, counts = np.unique(said, axis=1, return_counts=True)
    one, other = pairs[:, counts.argmax()]
    return _id(int(one)), _id(int(other))


def ordered(blocks: Sequence[Block], by: BlockOrder) -> list[Block]:
    """Bring blocks into an order: of time, the longest first, or by pair of classes.

    Pairs of classes come by the frames that they differ in, the most first.
    """
    if by == "time":
        return sorted(blocks, key=lambda b: b.start)
    if by == "length":
        return sorted(blocks, key=lambda b: (-len(b), b.start))
    frames: dict[tuple[int | None, int | None], int] = {}
    for block in blocks:
        pair = block.first, block.second
        frames[pair] = frames.get(pair, 0) + len(block)
    return sorted(
        blocks,
        key=lambda b: (-frames[b.first, b.second], str((b.first, b.second)), b.start),
    )


def item_of_block(
    block: Block, names: dict[int, str], first: str, second: str
) -> ReviewItem:
    """Make the place of a block, with what each of the two says there.

    Parameters
    ----------
    block : Block
    names : dict of int to str
        Of the classes.
    first, second : str
        Names of the two people.
    """
    a, b = (names.get(-1 if c is None else c, "") for c in (block.first, block.second))
    reason = {
        "class": Reason("{} says “{}”, {} says “{}”", (first, a, second, b)),
        "missing": Reason("{} has “{}” here, {} does not", (first, a, second)),
        "extra": Reason("{} has “{}” here, {} does not", (second, b, first)),
        "moved": Reason(
            "“{}” begins {} frame later for {} than for {}"
            if abs(block.moved) == 1
            else "“{}” begins {} frames later for {} than for {}",
            (b, abs(block.moved), *_late(block, first, second)),
        ),
    }[block.kind]
    if block.kind == "class" and None in (block.first, block.second):
        who, what = (first, a) if block.second is None else (second, b)
        other = second if block.second is None else first
        reason = Reason("{} says “{}”, {} left it unlabelled", (who, what, other))
    boundary = block.start or None
    return ReviewItem(block.start, block.stop, (reason,), 1.0, boundary)


def _late(block: Block, first: str, second: str) -> tuple[str, str]:
    return (second, first) if block.moved > 0 else (first, second)


# -- answers ----------------------------------------------------------------------


def take(
    lane: Segmentation, said: Segmentation, block: Block, sight: Sight
) -> Segmentation:
    """Take what one of the two says in a block over.

    The classes and boundaries in the block are reviewed as far as they were seen.

    Raises
    ------
    EditError
        Where the two do not cover the same frames.
    """
    if lane.n_frames != said.n_frames:
        raise EditError("The labels of this lane do not fit the video.")
    first, last = said.index_at(block.start), said.index_at(block.stop - 1)
    parts = [
        agreed_with(s.part(max(s.start, block.start), min(s.stop, block.stop)), sight)
        for s in said.segments[first : last + 1]
    ]
    result = replace_range(lane, block.start, block.stop, parts)
    # Where the person has no boundary, none is made: the block ends in a segment.
    for frame in (block.start, block.stop):
        if 0 < frame < said.n_frames and frame not in _starts(said):
            result = joined_at(result, frame)
    return result


def take_middle(
    lane: Segmentation,
    first: Segmentation,
    second: Segmentation,
    block: Block,
    sight: Sight,
) -> Segmentation:
    """Put a boundary that moved halfway between its two places.

    Raises
    ------
    EditError
        Where it is not about a boundary alone.
    """
    if block.kind != "moved":
        raise EditError("There is no middle here; choose one of the two, or edit it.")
    early, late = (first, second) if block.moved > 0 else (second, first)
    before, after = late.at(block.start), early.at(block.stop - 1)
    halves = [(before, block.start, block.middle), (after, block.middle, block.stop)]
    parts = [
        agreed_with(s.part(max(s.start, a), min(s.stop, b)), sight)
        for s, a, b in halves
        if a < b
    ]
    result = replace_range(lane, block.start, block.stop, parts)
    for frame in {block.start, block.stop} - {block.middle}:
        result = joined_at(result, frame)
    return result


def choice_of(
    lane: Segmentation, first: Segmentation, second: Segmentation, block: Block
) -> Choice:
    """Tell whose labels a lane has in a block."""
    span = slice(block.start, block.stop)
    here, a, b = (s.to_frames()[span] for s in (lane, first, second))
    if (here == a).all():
        return "first"
    if (here == b).all():
        return "second"
    if block.kind == "moved":
        unseen = Sight.of(lane.n_frames, (), 1.0)
        middle = take_middle(lane, first, second, block, unseen)
        if (here == middle.to_frames()[span]).all():
            return "middle"
    return "edit"


def _starts(lane: Segmentation) -> frozenset[int]:
    return frozenset(s.start for s in lane.segments)
