"""Conventions: what they leave out, whose the frames are then, and what they keep."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.conventions import (
    Convention,
    against_conventions,
    as_constraints,
    latest,
    settle,
)
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.video.times import FrameTimes
from tests.segments import segmentations
from tests.soak import examples

A, B, C, D = 0, 1, 2, 3


def lane_of(*parts: tuple[int | None, int], source: str = "human") -> Segmentation:
    """Segments of a class and a length, reviewed."""
    segments, at = [], 0
    for class_id, length in parts:
        made = Segment(at, at + length, class_id, "human")
        segments.append(made.as_reviewed())
        at += length
    return Segmentation(tuple(segments))


def rows(lane: Segmentation) -> list[tuple[int | None, int]]:
    return [(s.class_id, len(s)) for s in lane.segments]


def times(lane: Segmentation, rate: float = 10.0) -> FrameTimes:
    return FrameTimes.even(lane.n_frames, rate)


def test_a_short_segment_between_two_others_goes_to_both() -> None:
    lane = lane_of((A, 20), (C, 5), (B, 20), (C, 9), (A, 20), (C, 5), (B, 9))
    rule = Convention(C, 0.9, A, B)
    found = settle(lane, [rule], times(lane))
    assert rows(found) == [(A, 23), (B, 22), (C, 9), (A, 23), (B, 11)]
    assert all(s.reviewed for s in found.segments)
    by = [s.reviewed_by for s in found.segments]
    assert by == ["rule", "rule", "look", "rule", "rule"]
    assert settle(found, [rule], times(found)) is found


def test_the_least_duration_is_counted_in_seconds() -> None:
    lane = lane_of((A, 20), (C, 10), (B, 20))
    rule = Convention(C, 1.0)
    assert settle(lane, [rule], times(lane)) is lane
    assert rows(settle(lane, [rule], times(lane, 30.0))) == [(A, 25), (B, 25)]


def test_neighbours_of_one_class_become_one() -> None:
    lane = lane_of((A, 20), (C, 5), (A, 20), (B, 4))
    assert rows(settle(lane, [Convention(C, 1.0)], times(lane))) == [(A, 45), (B, 4)]


def test_the_side_that_a_rule_names_takes_all() -> None:
    lane = lane_of((A, 20), (C, 30), (B, 20))
    after, before = Convention(C, left=A), Convention(C, right=B)
    assert rows(settle(lane, [after], times(lane))) == [(A, 50), (B, 20)]
    assert rows(settle(lane, [before], times(lane))) == [(A, 20), (B, 50)]


def test_beside_unlabelled_frames_and_at_the_ends_all_stays() -> None:
    lane = lane_of((C, 2), (A, 20), (C, 2), (None, 5), (C, 2), (B, 20), (C, 2))
    assert settle(lane, [Convention(C, 1.0)], times(lane)) is lane


def test_a_run_of_short_ones_goes_the_shortest_first() -> None:
    lane = lane_of((A, 20), (C, 4), (D, 3), (B, 20))
    rules = [Convention(C, 1.0), Convention(D, 1.0)]
    # D goes first; C has grown, and is short still.
    assert rows(settle(lane, rules, times(lane))) == [(A, 23), (B, 24)]
    assert rows(settle(lane, [replace(rules[0], least_s=0.5), rules[1]], times(lane)))[
        1
    ] == (C, 6)


@pytest.mark.parametrize(
    ("class_id", "least_s", "left", "right"),
    [(C, None, None, None), (C, 1.0, C, None), (C, 0.0, A, B), (C, float("nan"), A, B)],
)
def test_rules_that_say_nothing_are_refused(
    class_id: int, least_s: float | None, left: int | None, right: int | None
) -> None:
    with pytest.raises(EditError):
        Convention(class_id, least_s, left, right)


def test_a_rule_follows_the_classes() -> None:
    rule = Convention(C, 1.0, A, B)
    assert rule.moved({D: A}) is rule
    assert rule.moved({A: D}) == Convention(C, 1.0, D, B)
    assert rule.moved({A: None}) is None
    assert rule.moved({A: C}) is None
    assert rule.moved({C: D, A: C}) == Convention(D, 1.0, C, B), "all at once"


def test_what_a_decoder_can_search_by() -> None:
    rules = [Convention(C, 1.0), Convention(D, left=A), Convention(C, 2.0, A, B)]
    found = as_constraints(rules)
    assert dict(found.least_s) == {C: 1.0}
    assert found.never_after == {(A, D)}


rules_of = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from((0.2, 0.5, 2.0)),
        st.sampled_from((None, 0, 1, 2, 3)),
        st.sampled_from((None, 0, 1, 2, 3)),
    ).filter(lambda r: r[0] not in r[2:]),
    max_size=4,
)


@given(segmentations(), rules_of)
@settings(max_examples=examples(300), deadline=None)
def test_it_ends_and_leaves_nothing_against_a_rule(
    lane: Segmentation, told: list[tuple[int, float, int | None, int | None]]
) -> None:
    rules = [Convention(*r) for r in told]
    found = settle(lane, rules, times(lane))
    assert found.n_frames == lane.n_frames
    assert not against_conventions(found, rules, times(found))
    # Nothing becomes labelled or unlabelled, and nobody reviewed more than before.
    before, after = lane.to_frames(), found.to_frames()
    assert ((before < 0) == (after < 0)).all()
    assert sum(len(s) for s in found.segments if s.reviewed) <= sum(
        len(s) for s in lane.segments if s.class_reviewed
    ) + sum(len(s) for s in lane.segments if not s.class_reviewed)
    reviewed = {s.start for s in lane.segments[1:] if s.start_reviewed}
    new = {s.start for s in found.segments[1:] if s.start_reviewed} - reviewed
    assert len(new) <= len(reviewed)
    kept = settle(lane, rules, times(lane), lambda _: False)
    assert kept is lane


@pytest.mark.parametrize("name", ["class", "left", "right"])
@pytest.mark.parametrize("value", [1.5, 1.0, True, "1"])
def test_what_is_no_class_is_refused_and_not_cut(name: str, value: object) -> None:
    values = {**Convention(C, 1.0, A, B).to_json(), name: value}
    with pytest.raises(ValueError, match="is not a class"):
        Convention.from_json(values)


def test_of_two_least_durations_for_one_place_the_later_holds() -> None:
    short, long_ = Convention(C, 1.0), Convention(C, 2.0)
    between, other = Convention(C, 1.0, A, B), Convention(D, 1.0)
    assert latest([short, between, long_, other]) == (between, long_, other)
    assert latest([long_, short, short]) == (short,)
    assert latest([between, Convention(C, None, A, B)]) == (Convention(C, None, A, B),)
