"""A walk goes through the places of a queue, each once, and stays where one is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.edits import merge, move_boundary, relabel
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.review_item import Reason, ReviewItem
from skelseg_core.review.walk import LEAST_LOOKS, SAME, Walk, followed, index_of

LANE = Segmentation.from_frames([0] * 10 + [1] * 10 + [2] * 10 + [0] * 10, "model")


def places(*risks: float) -> list[ReviewItem]:
    """A place for each segment, the largest risk first."""
    found = [
        ReviewItem(s.start, s.stop, (), r, s.start or None)
        for s, r in zip(LANE.segments, risks, strict=True)
    ]
    return sorted(found, key=lambda p: -p.risk)


def walk_of(*risks: float) -> Walk:
    walk = Walk()
    walk.find_anew(places(*risks))
    return walk


def starts(walk: Walk) -> list[int]:
    return [p.start for p in walk.waiting]


def go(walk: Walk, by: int = 1, lane: Segmentation = LANE, step: int = 0) -> int | None:
    look = walk.go(by, lane, step, 0.0)
    return None if look is None else look.item.start


def test_places_come_in_the_order_of_the_queue_or_of_time_and_each_once() -> None:
    walk = walk_of(0.1, 0.3, 0.2, 0.4)
    assert walk.current is None
    assert (walk.number, walk.total) == (0, 4)
    assert [go(walk), go(walk)] == [30, 10]
    walk.set_order(True)
    assert starts(walk) == [0, 20], "what was looked at does not come again"
    assert (walk.number, walk.total) == (2, 4)
    assert go(walk, -1) == 30
    assert go(walk, -1) == 30, "there is none before the first"
    assert [go(walk), go(walk), go(walk)] == [10, 0, 20]
    assert not walk.ended
    assert go(walk) is None
    assert walk.ended
    assert walk.number == 5
    assert go(walk) is None
    assert go(walk, -1) == 20


def test_what_is_found_anew_moves_nothing_under_the_hand() -> None:
    walk = walk_of(0.1, 0.3, 0.2, 0.4)
    go(walk)
    go(walk)
    before = walk.current
    walk.find_anew(places(0.9, 0.8, 0.1, 0.7))
    assert walk.current is before
    assert starts(walk) == [0, 20], "in their new order, without those looked at"
    cut = ReviewItem(24, 30, (), 0.5, 24)
    walk.find_anew([cut, *places(0.9, 0.8, 0.1, 0.7)])
    assert starts(walk) == [24, 0, 20], "a part of a segment is a place of its own"
    walk.find_anew([])
    assert (go(walk), walk.ended) == (None, True)


@given(st.data())
def test_a_place_that_was_looked_at_never_comes_again(data: st.DataObject) -> None:
    """As by comparing each with each."""
    ranges = st.tuples(st.integers(0, 40), st.integers(1, 12))
    spans = data.draw(st.lists(ranges, max_size=8))
    walk = Walk()
    walk.find_anew(
        [ReviewItem(a, a + n) for a, n in data.draw(st.lists(ranges, max_size=8))]
    )
    lane = Segmentation.unlabelled(60)
    while walk.waiting:
        walk.go(1, lane, 0, 0.0)
    new = [ReviewItem(a, a + n) for a, n in spans]
    walk.find_anew(new)

    def same(p: ReviewItem, q: ReviewItem) -> bool:
        both = min(p.stop, q.stop) - max(p.start, q.start)
        return both > SAME * (max(p.stop, q.stop) - min(p.start, q.start))

    left = [p for p in new if not any(same(p, k.item) for k in walk.looks)]
    assert walk.waiting == left


def test_a_place_follows_its_segment() -> None:
    place = ReviewItem(10, 20, (Reason("why"),), 0.3, 10, Segment(10, 13, 2, "model"))
    moved = followed(place, LANE, move_boundary(LANE, 0, 14))
    assert (moved.start, moved.stop, moved.boundary) == (14, 20, 14)
    other = followed(place, LANE, relabel(LANE, 1, 5))
    assert (other.start, other.stop) == (10, 20)
    both = merge(LANE, 0)
    gone = followed(place, LANE, both)
    assert (gone.start, gone.stop, gone.boundary) == (0, 20, None)
    end = replace(place, boundary=20, ghost=None)
    assert followed(end, LANE, move_boundary(LANE, 1, 17)).boundary == 17
    assert index_of(gone, both) == 0


def test_what_may_be_missing_is_said_of_the_labels_as_they_were() -> None:
    ghost = Segment(10, 13, 2, "model")
    walk = Walk()
    walk.find_anew([ReviewItem(10, 20, (), 0.5, 10, ghost)])
    look = walk.go(1, LANE, 0, 0.0)
    assert look is not None
    edited = move_boundary(LANE, 0, 12)
    walk.follow(LANE, edited)
    assert (look.item.start, look.item.ghost) == (12, None)
    walk.follow(edited, LANE)
    assert look.item == look.came
    assert look.item.ghost == ghost


def test_undo_goes_to_the_place_of_the_edit() -> None:
    walk = walk_of(0.1, 0.3, 0.2, 0.4)
    go(walk, step=0)
    first = move_boundary(LANE, 2, 33)
    walk.follow(LANE, first)
    assert go(walk, lane=first, step=1) == 10
    assert walk.looks[0].mended
    assert go(walk, lane=first, step=1) == 20
    assert not walk.looks[1].mended
    assert walk.undone(0, first, LANE)
    assert walk.number == 1
    assert walk.current is walk.looks[0]
    assert walk.looks[0].item.start == 30
    assert not walk.looks[0].mended, "it is as one came to it"
    assert not walk.undone(0, LANE, first), "done again, at the same place"
    assert not Walk().undone(0, first, LANE), "before the walk began"


def test_what_became_of_the_places_is_counted() -> None:
    walk = walk_of(0.1, 0.3, 0.2, 0.4)
    go(walk)
    assert walk.current is not None
    walk.current.agreed = True
    go(walk)
    edited = relabel(LANE, 1, 2)
    walk.follow(LANE, edited)
    assert walk.current is not None
    walk.current.agreed = True
    go(walk, lane=edited)
    assert walk.counts() == (1, 1, 1)


def test_the_time_left_goes_by_the_looks_so_far() -> None:
    segments = tuple(Segment(n, n + 1, n % 2, "model") for n in range(20))
    lane, walk = Segmentation(segments), Walk()
    walk.find_anew([ReviewItem(s.start, s.stop) for s in segments])
    for n in range(LEAST_LOOKS + 1):
        assert walk.seconds_left is None, "not before some looks"
        walk.go(1, lane, 0, 3.0 * n)
    left = walk.total - walk.number + 1
    assert walk.seconds_left == pytest.approx(3.0 * left)
    walk.go(-1, lane, 0, 100.0)
    walk.go(1, lane, 0, 900.0)
    assert walk.seconds_left == pytest.approx(3.0 * left), "a pause changes little"


def test_reasons_are_of_the_place_as_it_is_now() -> None:
    """34 % as long as usual stayed after the boundary was moved."""
    short, long = Reason("short"), Reason("long")
    walk = Walk()
    walk.find_anew([ReviewItem(10, 20, (short,), 0.5, 10)])
    go(walk)
    moved = move_boundary(LANE, 0, 5)
    walk.follow(LANE, moved)
    assert walk.current is not None
    assert walk.current.item.reasons == (), "until it is found again"
    walk.find_anew([ReviewItem(5, 20, (long,), 0.2, 5)])
    assert walk.current.item.reasons == (long,)
    walk.find_anew([])
    assert walk.current.item.reasons == (), "it is reviewed"
