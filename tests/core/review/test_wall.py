"""The wall: which strips there are, which frames they show, and what is reviewed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.bulk_edits import delete_all_into_neighbours, relabel_all
from skelseg_core.labels.edits import merge, move_boundary, relabel, split
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.queue_reasons import UNSEEN
from skelseg_core.review.review_item import Reason, ReviewItem
from skelseg_core.review.wall import (
    OfClass,
    OfItems,
    OfTransition,
    Strip,
    class_choices,
    followed,
    followed_all,
    item_of_strip,
    mark_reviewed,
    marked_first,
    strips,
    transition_choices,
    unlabelled_items,
    unreviewed_items,
)
from tests.seen import ALL
from tests.segments import segmentations
from tests.soak import examples


def lane(*lengths: int, ids: tuple[int | None, ...] = (0, 1)) -> Segmentation:
    """A model's segments of these lengths, of these classes in turn."""
    segments, at = [], 0
    for n, length in enumerate(lengths):
        source = "model" if ids[n % len(ids)] is not None else None
        segments.append(Segment(at, at + length, ids[n % len(ids)], source))
        at += length
    return Segmentation(tuple(segments))


@settings(deadline=None)
@given(segmentations(), st.sampled_from([0, 1, 2, 3]))
def test_a_class_has_a_strip_for_each_of_its_segments(
    value: Segmentation, class_id: int
) -> None:
    found = strips(value, OfClass(class_id))
    wanted = [s for s in value.segments if s.class_id == class_id]
    assert sorted((s.segment for s in found), key=lambda s: s.start) == wanted
    counts = {choice.class_id: n for choice, n in class_choices(value)}
    assert counts.get(class_id, 0) == len(found)
    assert len(strips(value, OfClass())) == sum(counts.values())


@settings(deadline=None)
@given(segmentations())
def test_every_boundary_between_classes_is_in_one_transition(
    value: Segmentation,
) -> None:
    cuts = []
    for choice, n in transition_choices(value):
        found = strips(value, choice)
        assert len(found) == n
        for strip in found:
            assert strip.before is not None
            assert (strip.before.class_id, strip.segment.class_id) == (
                choice.before,
                choice.after,
            )
        cuts += [strip.boundary for strip in found]
    labelled = [
        b.start
        for a, b in pairwise(value.segments)
        if None not in (a.class_id, b.class_id)
    ]
    assert sorted(c for c in cuts if c is not None) == labelled


@settings(deadline=None)
@given(segmentations(), st.integers(4, 9), st.sampled_from([5.0, 10.0, 29.97, 60.0]))
def test_a_strip_shows_frames_in_order_on_the_right_side_of_its_boundary(
    value: Segmentation, n: int, rate: float
) -> None:
    both = [strips(value, c) for c, _ in transition_choices(value)]
    for strip in [*strips(value, OfClass()), *(s for found in both for s in found)]:
        frames = strip.frames(n, rate, value.n_frames)
        assert len(frames) == n
        shown = [f for f in frames if f is not None]
        assert shown == sorted(set(shown))
        assert all(0 <= f < value.n_frames for f in shown)
        cut = strip.boundary
        if cut is not None:
            left, right = frames[: n // 2], frames[n // 2 :]
            assert all(f is None or f < cut for f in left)
            assert all(f is None or f >= cut for f in right)
            assert left[-1] == cut - 1
            assert right[0] == cut
            continue
        first, *inside, last = frames
        assert first == (strip.segment.start - 1 if strip.segment.start else None)
        assert last == (strip.segment.stop if strip.segment.stop < value.n_frames
                        else None)  # fmt: skip
        within = [f for f in inside if f is not None]
        assert within[0] == strip.segment.start
        assert within[-1] == strip.segment.stop - 1 or len(within) == 1
        assert len(within) == min(n - 2, len(strip.segment))


def test_a_boundary_is_shown_in_steps_of_a_tenth_of_a_second() -> None:
    (strip,) = strips(lane(50, 50), OfTransition(0, 1))
    assert strip.frames(6, 10.0, 100) == (47, 48, 49, 50, 51, 52)
    assert strip.frames(6, 30.0, 100) == (43, 46, 49, 50, 53, 56)
    (early,) = strips(lane(2, 98), OfTransition(0, 1))
    assert early.frames(6, 10.0, 100) == (None, 0, 1, 2, 3, 4)


def test_odd_ones_come_first_and_say_why() -> None:
    value = lane(10, 5, 10, 5, 10, 5, 50, 5, 10, 5, 4, 5, 10, 5)
    found = strips(value, OfClass(0))
    assert [len(s.segment) for s in found[:3]] == [50, 4, 10]
    assert [s.why for s in found[:3]] == [
        "5.0 times as long as usual",
        "40 % of the usual length",
        "",
    ]
    rest = [s.segment.start for s in found[2:]]
    assert rest == sorted(rest), "equally odd ones in order of time"


def test_of_few_segments_nobody_knows_the_usual_length() -> None:
    assert all(not s.reasons for s in strips(lane(10, 5, 90, 5, 10), OfClass(0)))


def test_what_is_known_of_a_place_goes_before_its_length() -> None:
    value = lane(10, 5, 10, 5, 10, 5, 50, 5, 10, 5, 10, 5, 10, 5)
    why = Reason("the model gave {} to {} inside", ("0.31", "stand"))
    doubtful = ReviewItem(30, 40, (why,), 0.05)
    found = strips(value, OfClass(0), [doubtful])
    assert found[0].segment.start == 30
    assert found[0].why == "the model gave 0.31 to stand inside"
    assert len(found[1].segment) == 50
    # A boundary in question is one of the ends that its segment shows.
    at_end = ReviewItem(8, 12, (), 0.3, boundary=10)
    assert strips(value, OfClass(0), [at_end])[0].segment.start == 0
    assert strips(value, OfTransition(0, 1), [at_end])[0].boundary == 10


def test_the_queue_keeps_its_order_and_shows_nothing_twice() -> None:
    value = lane(10, 10, 10)
    places = (
        ReviewItem(20, 30, (), 0.9),
        ReviewItem(8, 12, (), 0.5, boundary=10),
        ReviewItem(22, 25, (), 0.4),
        ReviewItem(13, 14, (), 0.3, boundary=14),  # that boundary is gone
    )
    found = strips(value, OfItems(places))
    assert [(s.boundary, s.segment.start) for s in found] == [
        (None, 20),
        (10, 10),
        (None, 10),
    ]


# -- after edits ---------------------------------------------------------------------


def test_a_strip_follows_its_segment_through_edits_and_their_undo() -> None:
    value = lane(10, 10, 10)
    strip = strips(value, OfClass(1))[0]
    longer = followed(strip, move_boundary(value, 0, 7))
    assert longer is not None
    assert longer.segment.start == 7
    assert longer.what != strip.what, "it has to be looked at again"
    other = followed(strip, relabel(value, 1, 3))
    assert other is not None
    assert other.segment.class_id == 3
    merged = followed(longer, merge(value, 0))
    assert merged is not None
    assert (merged.segment.start, merged.segment.stop) == (0, 20)
    assert followed(merged, value) == strip
    assert followed(strip, relabel(value, 1, None)) is None


def test_a_boundary_is_followed_as_long_as_it_is_the_only_one_there() -> None:
    value = lane(10, 10, 10)
    strip = strips(value, OfTransition(0, 1))[0]
    moved = followed(strip, move_boundary(value, 0, 14))
    assert moved is not None
    assert moved.boundary == 14
    assert followed(moved, value) == strip
    assert followed(strip, merge(value, 0)) is None
    assert followed(strip, split(move_boundary(value, 0, 14), 5)) is None


def test_of_two_strips_of_one_segment_one_stays() -> None:
    value = lane(10, 10, 10, 10, ids=(0, 0, 1, 1))
    both = strips(value, OfClass(0))
    after = followed_all(both, merge(value, 0))
    assert [s is None for s in after] == [False, True]
    assert [s is None for s in followed_all(both, value)] == [False, False]


# -- reviewing ------------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(200))
@given(segmentations(least=2), st.data())
def test_reviewing_changes_no_label_and_says_that_it_was_by_wall(
    value: Segmentation, data: st.DataObject
) -> None:
    choices = [c for c, _ in (*class_choices(value), *transition_choices(value))]
    if not choices:
        return
    shown = strips(value, data.draw(st.sampled_from(choices)))
    taken = [s for s in shown if data.draw(st.booleans())]
    after = mark_reviewed(value, taken, ALL)
    assert after.to_frames().tolist() == value.to_frames().tolist()
    assert after.boundaries.tolist() == value.boundaries.tolist()
    chosen = {s.segment.start for s in taken if s.before is None}
    cuts = {s.boundary for s in taken if s.boundary is not None}
    for old, new in zip(value.segments, after.segments, strict=True):
        if new.start in chosen:
            assert new.reviewed
            assert new.source == old.source
            looked = old.class_reviewed and old.reviewed_by == "look"
            assert new.reviewed_by == ("look" if looked else "wall")
        else:
            assert new.class_reviewed == old.class_reviewed
            assert new.reviewed_by == old.reviewed_by
    ends = {f for s in value.segments if s.start in chosen for f in (s.start, s.stop)}
    for left, right in pairwise(after.segments):
        before = value.at(right.start).start_reviewed
        assert left.stop_reviewed == (before or right.start in ends | cuts)


def test_what_changed_since_it_was_shown_is_not_reviewed() -> None:
    value = lane(10, 10, 10)
    shown = strips(value, OfClass(1))
    for changed in (
        relabel_all(value, {1}, 2),
        move_boundary(value, 0, 8),
        delete_all_into_neighbours(value, {1}),
    ):
        assert mark_reviewed(changed, shown, ALL) == changed
    # Who said it is no part of what is seen.
    said = value.spliced(1, 2, [replace(value.segments[1], source="import")])
    assert mark_reviewed(said, shown, ALL).segments[1].reviewed


def test_small_strips_are_agreed_with_by_their_classes_alone() -> None:
    value = lane(10, 10, 10)
    small = Sight.of(30, range(30), 10.0, large=False)
    after = mark_reviewed(value, strips(value, OfClass(1)), small)
    assert (after.segments[1].class_reviewed, after.segments[1].reviewed) == (
        True,
        False,
    )
    assert mark_reviewed(value, strips(value, OfTransition(0, 1)), small) == value
    few = Sight.of(30, [10, 19], 10.0)
    assert not mark_reviewed(value, strips(value, OfClass(1)), few).n_reviewed


def test_what_nobody_saw_is_to_be_seen_though_it_counts_as_reviewed() -> None:
    one = Segment(0, 10, 1).as_reviewed()
    for by, seen in (("look", True), ("wall", True), ("rule", False)):
        (strip,) = strips(Segmentation((replace(one, reviewed_by=by),)), OfClass(1))
        assert strip.seen == seen


def test_a_boundary_of_the_wall_reviews_nothing_beside_it() -> None:
    value = lane(10, 10, 10)
    after = mark_reviewed(value, strips(value, OfTransition(0, 1)), ALL)
    assert [s.start_reviewed for s in after.segments] == [False, True, False]
    assert not any(s.class_reviewed for s in after.segments)


def test_that_nobody_reviewed_it_is_no_reason_where_all_are_like_that() -> None:
    value = lane(10, 10, 10)
    place = ReviewItem(10, 20, (UNSEEN,), 0.1)
    assert strips(value, OfClass(1), [place])[0].why == ""
    assert strips(value, OfItems((place,)))[0].why == ""


def test_a_marked_strip_comes_before_the_queue_and_once() -> None:
    value = lane(10, 10, 10)
    (strip,) = strips(value, OfTransition(0, 1))
    place = item_of_strip(strip, Reason("marked"))
    assert (place.start, place.stop, place.boundary) == (10, 20, 10)
    queue = [
        ReviewItem(20, 30, (), 0.9),
        ReviewItem(10, 20, (), 0.5),
        ReviewItem(0, 10, (), 0.4),
    ]
    found = marked_first([place], queue)
    assert [(p.start, p.why) for p in found] == [(10, "marked"), (20, ""), (0, "")]


def test_the_riskiest_place_of_each_strip_is_found_among_many() -> None:
    dice = np.random.default_rng(3)
    value = lane(*dice.integers(1, 9, 60).tolist(), ids=tuple(range(4)) * 15)
    places = [
        ReviewItem(start, start + int(dice.integers(1, 12)), (Reason(f"{n}"),), n / 100)
        for n, start in enumerate(dice.integers(0, value.n_frames - 12, 25).tolist())
    ]
    for n, frame in enumerate(dice.choice(value.boundaries, 12).tolist()):
        at = ReviewItem(frame - 1, frame + 1, (Reason("at"),), n / 50 + 0.001, frame)
        places.append(at)

    def is_about(place: ReviewItem, strip: Strip) -> bool:
        segment = strip.segment
        if strip.boundary is not None or place.boundary is not None:
            ends = [strip.boundary] if strip.boundary else [segment.start, segment.stop]
            return place.boundary in ends
        return place.start < segment.stop and segment.start < place.stop

    for choice in (OfClass(), OfClass(2), OfTransition(0, 1), OfTransition(2, 3)):
        found = strips(value, choice, places)
        assert found
        for strip in found:
            mine = [p for p in places if is_about(p, strip)]
            worst = max(mine, key=lambda p: p.risk) if mine else None
            assert strip.known is worst


def test_a_stretch_without_a_label_is_a_place_where_the_rest_is_labelled() -> None:
    parts = [(0, 2, None), (2, 60, 1), (60, 62, None), (62, 100, 0)]
    lane = Segmentation(tuple(Segment(a, b, c) for a, b, c in parts))
    (place,) = unlabelled_items(lane)
    assert (place.start, place.stop) == (60, 62), "between labels, not at the ends"
    assert place.why == "nothing is labelled here: 2 frames"
    more = lane.spliced(1, 2, [Segment(2, 50, 1), Segment(50, 60)])
    assert len(unlabelled_items(more)) == 0, "who labels some alone has many"


def test_what_nobody_reviewed_is_found_without_a_model() -> None:
    parts = [
        (0, 10, 0), (10, 20, 1), (20, 30, 0), (30, 40, 1), (40, 50, 0),
        (50, 60, 1), (60, 70, 0), (70, 80, 1), (80, 125, 0), (125, 135, 1),
    ]  # fmt: skip
    labels = Segmentation(
        tuple(Segment(a, b, c, "model" if a else "import") for a, b, c in parts)
    )
    places = unreviewed_items(labels)
    assert [p.start for p in places] == [80, 0, 10, 20, 30, 40, 50, 60, 70, 125]
    assert places[0].why == "4.5 times as long as usual"
    assert places[1].why == "nobody reviewed it yet"
    assert [p.boundary for p in places[:3]] == [80, 10, 10]
    seen = labels.spliced(0, 1, [labels.segments[0].as_reviewed()])
    assert [p.start for p in unreviewed_items(seen)][1] == 10
    assert unreviewed_items(seen)[1].boundary == 20, "the end nobody reviewed"
