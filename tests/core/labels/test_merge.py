"""Merging two versions of a lane: nothing that one side did is lost without a word."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import move_boundary, paint, relabel, split
from skelseg_core.labels.merge import LaneMerge, merge_lanes
from skelseg_core.labels.segmentation import Segment, Segmentation
from tests.segments import segmentations

N = 40
lanes = segmentations(N)


def label_at(lane: Segmentation, frame: int) -> tuple[object, ...]:
    """All that the lane says of a frame but where its segment ends."""
    found = lane.at(frame)
    return (
        found.class_id,
        found.source,
        found.class_vouched,
        found.vouched_by,
        found.undecided,
        found.confidence,
    )


def in_conflict(merged: LaneMerge) -> set[int]:
    return {n for start, stop in merged.conflicts for n in range(start, stop)}


@given(lanes, lanes)
def test_with_one_side_unchanged_the_merge_is_the_other_side(
    base: Segmentation, other: Segmentation
) -> None:
    assert merge_lanes(base, base, other) == LaneMerge(other)
    assert merge_lanes(base, other, base) == LaneMerge(other)
    assert merge_lanes(base, other, other) == LaneMerge(other)


@given(lanes, lanes, lanes)
def test_every_frame_is_somebodys_and_conflicts_are_mine(
    base: Segmentation, mine: Segmentation, theirs: Segmentation
) -> None:
    merged = merge_lanes(base, mine, theirs)
    assert merged.lane.n_frames == N  # and it tiles the video, or it could not be made
    open_to_question = in_conflict(merged)
    for frame in range(N):
        was, my, their = (label_at(lane, frame) for lane in (base, mine, theirs))
        now = label_at(merged.lane, frame)
        if frame in open_to_question or their == was:
            assert now == my
        elif my == was:
            assert now == their
        else:
            assert now == my == their


@given(lanes, lanes, lanes)
def test_the_sides_may_change_places_but_for_conflicts(
    base: Segmentation, mine: Segmentation, theirs: Segmentation
) -> None:
    one, other = merge_lanes(base, mine, theirs), merge_lanes(base, theirs, mine)
    assert one.conflicts == other.conflicts
    if not one.conflicts:
        assert one == other
    aside = in_conflict(one)
    for frame in set(range(N)) - aside:
        assert label_at(one.lane, frame) == label_at(other.lane, frame)


@given(
    lanes,
    st.integers(0, 18),
    st.integers(1, 18),
    st.sampled_from((None, 0, 7, 8)),
    st.integers(0, 18),
    st.integers(1, 18),
    st.sampled_from((None, 0, 7, 9)),
)
def test_paint_on_different_frames_is_all_there(
    base: Segmentation, a: int, m: int, x: int | None, b: int, n: int, y: int | None
) -> None:
    # Mine in the first half, theirs in the second.
    mine = paint(base, a, min(20, a + m), x)
    theirs = paint(base, 20 + b, min(40, 20 + b + n), y)
    # Joining a neighbour may change what is said of the neighbour, too.
    changed = [
        {n for n in range(N) if label_at(side, n) != label_at(base, n)}
        for side in (mine, theirs)
    ]
    assume(changed[0] <= set(range(20)) and changed[1] <= set(range(20, N)))
    merged = merge_lanes(base, mine, theirs)
    assert not merged.conflicts
    for frame in range(a, min(20, a + m)):
        assert merged.lane.at(frame).class_id == x
        assert merged.lane.at(frame).class_vouched == (x is not None)
    for frame in range(20 + b, min(40, 20 + b + n)):
        assert merged.lane.at(frame).class_id == y
    assert merged.lane.at(a).source == (None if x is None else "human")


@given(lanes, lanes, lanes)
def test_flags_of_one_side_come_along(
    base: Segmentation, mine: Segmentation, theirs: Segmentation
) -> None:
    merged = merge_lanes(base, mine, theirs)
    aside = in_conflict(merged)
    for segment in theirs.segments:
        frames = set(range(segment.start, segment.stop))
        if frames & aside or any(
            label_at(base, n) != label_at(mine, n) for n in frames
        ):
            continue
        if label_at(base, segment.start) == label_at(theirs, segment.start):
            continue
        kept = merged.lane.at(segment.start)
        assert kept.class_vouched == segment.class_vouched
        assert kept.vouched_by == segment.vouched_by
        assert kept.undecided == segment.undecided


def drawn(*stops_and_classes: tuple[int, int | None]) -> Segmentation:
    at, made = 0, []
    for stop, class_id in stops_and_classes:
        made.append(
            Segment(
                at,
                stop,
                class_id,
                class_vouched=True,
                start_vouched=True,
                stop_vouched=True,
            )
        )
        at = stop
    return Segmentation(tuple(made))


BASE = drawn((100, 0), (200, 1), (300, 2))


def test_one_boundary_moved_to_two_places_is_a_conflict_and_leaves_no_sliver() -> None:
    mine, theirs = move_boundary(BASE, 0, 110), move_boundary(BASE, 0, 105)
    merged = merge_lanes(BASE, mine, theirs)
    assert merged.lane == mine
    assert merged.conflicts == ((100, 110),)


def test_a_segment_renamed_here_and_stretched_there_is_a_conflict() -> None:
    # Else frames 200..220 would have the class that nobody wants there any longer.
    mine, theirs = relabel(BASE, 1, 3), move_boundary(BASE, 1, 220)
    merged = merge_lanes(BASE, mine, theirs)
    assert merged.lane == mine
    assert merged.conflicts == ((100, 220),)


def test_different_boundaries_of_one_segment_both_move() -> None:
    mine, theirs = move_boundary(BASE, 0, 110), move_boundary(BASE, 1, 190)
    merged = merge_lanes(BASE, mine, theirs)
    assert not merged.conflicts
    assert list(merged.lane.boundaries) == [110, 190]


def test_a_small_edit_in_much_that_others_did_is_a_small_conflict() -> None:
    base = Segmentation.unlabelled(1000)
    theirs = drawn(*((n + 10, n // 10 % 4) for n in range(0, 1000, 10)))
    mine = paint(base, 505, 508, 9)
    merged = merge_lanes(base, mine, theirs)
    assert merged.conflicts == ((500, 510),)
    assert merged.lane.at(506).class_id == 9
    assert merged.lane.at(499) == theirs.at(499)
    assert merged.lane.at(510).class_id == theirs.at(510).class_id


def test_a_split_here_and_a_label_elsewhere_are_both_there() -> None:
    mine, theirs = split(BASE, 50), relabel(BASE, 2, 5)
    merged = merge_lanes(BASE, mine, theirs)
    assert not merged.conflicts
    assert list(merged.lane.boundaries) == [50, 100, 200]
    assert merged.lane.at(250).class_id == 5


def test_without_a_common_version_only_what_one_side_labelled_is_taken() -> None:
    mine, theirs = drawn((100, 0), (300, None)), drawn((200, None), (300, 1))
    merged = merge_lanes(None, mine, theirs)
    assert not merged.conflicts
    assert [s.class_id for s in merged.lane.segments] == [0, None, 1]
    assert merge_lanes(None, mine, drawn((300, 1))).conflicts


def test_lanes_of_different_videos_are_refused() -> None:
    with pytest.raises(EditError):
        merge_lanes(None, BASE, Segmentation.unlabelled(7))


@given(lanes, lanes, lanes)
def test_the_short_way_is_the_long_way(
    base: Segmentation, mine: Segmentation, theirs: Segmentation
) -> None:
    with patch("skelseg_core.labels.merge._spliced", lambda *_: None):
        long = merge_lanes(base, mine, theirs)
    assert merge_lanes(base, mine, theirs) == long


@given(lanes, st.integers(1, 5), st.integers(25, 35), st.sampled_from((0, 7)))
def test_the_short_way_of_edits_far_apart_is_the_long_way(
    base: Segmentation, a: int, b: int, label: int
) -> None:
    mine, theirs = paint(base, a, a + 2, label), paint(base, b, b + 3, label)
    with patch("skelseg_core.labels.merge._spliced", lambda *_: None):
        long = merge_lanes(base, mine, theirs)
    assert merge_lanes(base, mine, theirs) == long
