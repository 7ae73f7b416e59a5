from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from skelseg_core.errors import EditError
from skelseg_core.labels.decisions import (
    Decision,
    decisions_csv,
    settled,
    with_decision,
)
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.disagreements import (
    choice_of,
    find_blocks,
    item_of_block,
    ordered,
    take,
    take_middle,
)
from skelseg_core.typed_values import declared
from tests.seen import ALL
from tests.segments import segmentations

NAMES = {0: "walk", 1: "sit", 2: "stand"}
PAIRS = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        *(segmentations(n, ids=(None, 0, 1, 2), sources=("human",)) for _ in range(3))
    )
)


def lane(*runs: tuple[int | None, int]) -> Segmentation:
    at, segments = 0, []
    for class_id, n in runs:
        segments.append(Segment(at, at + n, class_id, "human"))
        at += n
    return Segmentation(tuple(segments))


ANNA = lane((0, 50), (1, 50), (2, 50))


def test_a_moved_boundary_is_one_block_with_its_frames() -> None:
    (block,) = find_blocks(ANNA, lane((0, 53), (1, 47), (2, 50)))
    assert (block.start, block.stop, block.kind, block.moved) == (50, 53, "moved", 3)
    (early,) = find_blocks(ANNA, lane((0, 46), (1, 54), (2, 50)))
    assert (early.start, early.stop, early.moved) == (46, 50, -4)
    text = item_of_block(early, NAMES, "anna", "ben").why
    assert text == "“sit” begins 4 frames later for anna than for ben"
    (near,) = find_blocks(ANNA, lane((0, 51), (1, 49), (2, 50)))
    text = item_of_block(near, NAMES, "anna", "ben").why
    assert text == "“sit” begins 1 frame later for ben than for anna"


def test_another_class_and_its_boundaries_are_one_block() -> None:
    (block,) = find_blocks(ANNA, lane((0, 47), (2, 103)))
    assert (block.kind, block.first, block.start, block.stop) == ("missing", 1, 47, 100)
    (other,) = find_blocks(
        lane((0, 50), (1, 50), (0, 50)), lane((0, 48), (2, 55), (0, 47))
    )
    assert (other.start, other.stop, other.kind) == (48, 103, "class")
    assert (other.first, other.second) == (1, 2)


def test_two_boundaries_at_once_are_told_by_what_most_of_the_frames_are() -> None:
    anna, ben = lane((0, 50), (1, 10), (2, 90)), lane((0, 48), (1, 1), (2, 101))
    (block,) = find_blocks(anna, ben)
    assert (block.start, block.stop) == (48, 60)
    text = item_of_block(block, NAMES, "anna", "ben").why
    assert text == "anna says “sit”, ben says “stand”"


def test_a_segment_that_one_person_has_alone() -> None:
    whole = lane((0, 150))
    short = lane((0, 60), (1, 20), (0, 70))
    (missing,) = find_blocks(short, whole)
    assert (missing.kind, missing.start, missing.stop) == ("missing", 60, 80)
    (extra,) = find_blocks(whole, short)
    assert extra.kind == "extra"
    assert (
        "ben has “sit” here, anna does not"
        in item_of_block(extra, NAMES, "anna", "ben").why
    )
    # Taking the one without it leaves no boundary behind.
    assert len(take(short, whole, missing, ALL)) == 1


def test_what_one_person_left_unlabelled_is_asked_about() -> None:
    (block,) = find_blocks(ANNA, lane((0, 50), (None, 50), (2, 50)))
    assert (block.start, block.stop) == (50, 100)
    why = item_of_block(block, NAMES, "anna", "ben").why
    assert why == "anna has “sit” here, ben does not" or "unlabelled" in why


def test_either_boundary_is_taken_or_the_middle() -> None:
    ben = lane((0, 54), (1, 46), (2, 50))
    (block,) = find_blocks(ANNA, ben)
    assert take(ANNA, ben, block, ALL).boundaries.tolist() == [54, 100]
    assert take(ben, ANNA, block, ALL).boundaries.tolist() == [50, 100]
    for start in (ANNA, ben):
        middle = take_middle(start, ANNA, ben, block, ALL)
        assert middle.boundaries.tolist() == [52, 100]
        assert choice_of(middle, ANNA, ben, block) == "middle"
        assert middle.segments[0].stop_reviewed
    assert take(ANNA, ben, block, ALL).segments[0].stop_reviewed
    by_one = lane((0, 51), (1, 49), (2, 50))
    (narrow,) = find_blocks(ANNA, by_one)
    assert take_middle(by_one, ANNA, by_one, narrow, ALL).boundaries.tolist() == [
        50,
        100,
    ]


def test_there_is_no_middle_of_two_classes() -> None:
    ben = lane((0, 50), (2, 50), (1, 50))
    block = find_blocks(ANNA, ben)[0]
    with pytest.raises(EditError, match="no middle"):
        take_middle(ANNA, ANNA, ben, block, ALL)


@given(PAIRS)
def test_blocks_share_no_frames_and_hold_all_that_differs(
    lanes: tuple[Segmentation, ...],
) -> None:
    first, second, _ = lanes
    blocks = find_blocks(first, second)
    inside = np.zeros(first.n_frames, int)
    for block in blocks:
        inside[block.start : block.stop] += 1
    assert inside.max(initial=0) <= 1
    differ = first.to_frames() != second.to_frames()
    assert not differ[inside == 0].any()
    assert all(differ[b.start : b.stop].any() for b in blocks)
    assert all((b.first == b.second) == (b.kind == "moved") for b in blocks)


@given(PAIRS, st.randoms())
def test_answers_make_exactly_what_was_chosen(
    lanes: tuple[Segmentation, ...], random: object
) -> None:
    first, second, _ = lanes
    gold, want = first, first.to_frames()
    blocks = list(find_blocks(first, second))
    random.shuffle(blocks)  # type: ignore[attr-defined]
    for n, block in enumerate(blocks):
        said = (first, second)[n % 2]
        gold = take(gold, said, block, ALL)
        want[block.start : block.stop] = said.to_frames()[block.start : block.stop]
        assert choice_of(gold, first, second, block) == ("first", "second")[n % 2]
    assert (gold.to_frames() == want).all()


@given(PAIRS)
def test_taking_one_person_everywhere_gives_their_labels(
    lanes: tuple[Segmentation, ...],
) -> None:
    first, second, _ = lanes
    gold = first
    for block in find_blocks(first, second):
        gold = take(gold, second, block, ALL)
    assert (gold.to_frames() == second.to_frames()).all()


def test_blocks_come_by_time_length_or_pair_of_classes() -> None:
    anna = lane((0, 20), (1, 20), (0, 20), (1, 40), (2, 40))
    ben = lane((0, 23), (1, 17), (0, 20), (2, 40), (0, 40))
    blocks = find_blocks(anna, ben)
    starts = [b.start for b in ordered(blocks, "time")]
    assert starts == sorted(starts)
    lengths = [len(b) for b in ordered(blocks, "length")]
    assert lengths == sorted(lengths, reverse=True)
    pairs = [(b.first, b.second) for b in ordered(blocks, "classes")]
    assert len(set(pairs)) == sum(
        a != b for a, b in zip(["", *pairs], pairs, strict=False)
    )


def decision(start: int, choice: str) -> Decision:
    names = ("anna", "ben", "walk", "sit")
    return Decision(
        start,
        9,
        "class",
        *names,
        0,
        choice,
        "cara",
        "2026-11-28T12:00:00+00:00",  # type: ignore[arg-type]
    )


def test_a_decision_on_the_same_frames_replaces_the_one_before() -> None:
    found = with_decision(with_decision((), decision(3, "first")), decision(5, "edit"))
    found = with_decision(found, decision(3, "second"))
    assert len(found) == 2
    now = settled(found, 3, 9)
    assert now is not None
    assert now.choice == "second"
    assert settled(found, 4, 9) is None


def test_decisions_are_written_and_read_again() -> None:
    one = decision(3, "middle")
    values = to_builtins(one)
    assert declared(Decision, values) == one
    table = decisions_csv({"v,1": [one]}).splitlines()
    assert table[1] == '"v,1",3,9,class,anna,ben,walk,sit,0,middle,cara,' + one.when
    for wrong in ({"choice": "both"}, {"start": "3"}, {"moved": True}):
        with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' must be"):
            declared(Decision, {**values, **wrong})
