from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.by_example import take_over
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.transcript import (
    labels_as_before,
    labels_in_order,
    order_of,
    read_order,
)
from tests.soak import examples

CLASSES = label_map_from_names(["walk", "reach", "Open drawer"])


def runs_of(labels: np.ndarray) -> list[int]:
    return [int(c) for c, _ in itertools.groupby(labels.tolist())]


def evidence_of(truth: np.ndarray, seed: int, rate: float = 10.0) -> Evidence:
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(len(truth), 4)) + 1.5 * np.eye(4)[truth]
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counted = count_transitions([(truth, rate)] * 2, 4)
    return Evidence(values, np.arange(4), rate, counted)


def label_in_order(
    lane: Segmentation, evidence: Evidence, entries: Sequence[int | None]
) -> Segmentation:
    return take_over(lane, labels_in_order(lane, evidence, entries))


def label_as_before(lane: Segmentation, evidence: Evidence, start: int) -> Segmentation:
    return take_over(lane, labels_as_before(lane, evidence, start))


def truth_of(seed: int, n: int = 20, longest: int = 20) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, 4, n).cumsum() % 4
    return np.repeat(steps, rng.integers(3, longest, n))


# -- where an order comes from --------------------------------------------------------


def test_a_text_names_one_class_a_line() -> None:
    text = "\ufeff# the protocol\nwalk\n\n  reach \n...\nopen DRAWER\nwalk\n"
    assert read_order(text, CLASSES, "order.txt") == (0, 1, None, 2, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("walk\n# x\nrun\n", "Line 3 of order.txt is “run”"),
        ("# walk\n\n", "order.txt names no class"),
        ("...\n", "order.txt names no class"),
    ],
)
def test_a_text_that_is_no_order_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read_order(text, CLASSES, "order.txt")


def test_an_order_is_what_a_person_labelled_and_looked_at() -> None:
    lane = Segmentation(
        (
            Segment(0, 5, 1).as_reviewed(),
            Segment(5, 9, None),
            Segment(9, 12, 2, "model"),
            Segment(12, 20, 0).as_reviewed(),
            Segment(20, 25, 2).as_reviewed(),
        )
    )
    assert order_of(lane) == (1, None, 0, 2)
    assert order_of(lane, 0, 10) == (1, None)
    assert order_of(lane, 12) == (0, 2)


# -- labels in this order ------------------------------------------------------------


@given(st.integers(0, 10**6), st.sampled_from([10.0, 30.0]))
@settings(max_examples=examples(40), deadline=None)
def test_the_whole_order_is_kept_and_so_is_what_a_person_made(
    seed: int, rate: float
) -> None:
    rng = np.random.default_rng(seed)
    truth = truth_of(seed, longest=50)
    entries = runs_of(truth)
    true = Segmentation.from_frames(truth)
    held = rng.random(len(true)) < 0.2
    lane = Segmentation(
        tuple(
            s.as_reviewed() if keep else Segment(s.start, s.stop)
            for s, keep in zip(true.segments, held, strict=True)
        )
    )
    made = label_in_order(lane, evidence_of(truth, seed, rate), entries)
    assert runs_of(made.to_frames()) == entries
    kept = [s for s in lane.segments if s.protected]
    frames = made.frames_where(lambda run: run.class_reviewed)
    assert all(frames[s.start : s.stop].all() for s in kept)
    free = [s for s in made.runs if not s.class_reviewed]
    assert all(s.source == "model" for s in free)


@given(st.integers(0, 10**6))
@settings(max_examples=examples(25), deadline=None)
def test_it_equals_trying_every_way_to_keep_the_order(seed: int) -> None:
    """Without counted lengths the frames alone decide."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.06, 1, size=(9, 3))
    evidence = Evidence(values, np.arange(3), 10.0)
    entries = [0, 2, 2, 1]
    made = label_in_order(Segmentation.unlabelled(9), evidence, entries)

    def worth(edges: Sequence[int]) -> float:
        pairs = itertools.pairwise([0, *edges, 9])
        logs = np.log(values)
        return float(
            sum(logs[a:b, c].sum() for (a, b), c in zip(pairs, entries, strict=True))
        )

    ways = itertools.combinations(range(1, 9), 3)
    best = max(ways, key=worth)
    # Where the class stays the same, the boundary makes no difference without lengths.
    assert worth(best) == pytest.approx(
        np.log(values)[np.arange(9), made.to_frames()].sum()
    )


def test_other_classes_come_where_the_order_says_anything() -> None:
    truth = np.repeat([0, 3, 1, 2, 0], 15)
    evidence = evidence_of(truth, 4)
    nothing = Segmentation.unlabelled(len(truth))
    open_order = label_in_order(nothing, evidence, [0, None, 2, 0])
    assert runs_of(open_order.to_frames()) == [0, 3, 1, 2, 0]
    closed = label_in_order(nothing, evidence, [0, 2, 0])
    assert runs_of(closed.to_frames()) == [0, 2, 0]
    around = label_in_order(nothing, evidence, [None, 1, None])
    assert 1 in runs_of(around.to_frames())


def test_a_class_that_the_model_does_not_know_has_its_place() -> None:
    truth = np.repeat([0, 1, 2], 20)
    evidence = evidence_of(truth, 5)
    made = label_in_order(Segmentation.unlabelled(60), evidence, [0, 77, 1, 2])
    assert runs_of(made.to_frames()) == [0, 77, 1, 2]


@pytest.mark.parametrize("rate", [10.0, 30.0])
def test_labels_that_come_in_another_order_are_refused_in_a_sentence(
    rate: float,
) -> None:
    truth = np.repeat([0, 1, 2], 20)
    lane = Segmentation.from_frames(truth)
    for entries in ([1, 0, 2], [0, 1], [0, 1, 2] * 30):
        with pytest.raises(EditError, match="The labels do not follow this order"):
            label_in_order(lane, evidence_of(truth, 6, rate), entries)


# -- what repeats --------------------------------------------------------------------


def test_the_rest_repeats_what_came_before() -> None:
    """The model is a little surer of class 1 than of class 3, which is short."""
    once = np.repeat([0, 1, 3, 2], [15, 12, 6, 18])
    truth = np.tile(once, 4)
    values = evidence_of(truth, 7).probabilities.copy()
    values[truth == 3] = [0.05, 0.5, 0.05, 0.4]
    others = truth[truth != 3]  # most people do not do it
    counted = count_transitions([(truth, 10.0), *[(others, 10.0)] * 2], 4)
    evidence = Evidence(values, np.arange(4), 10.0, counted)
    first = [s.as_reviewed() for s in Segmentation.from_frames(once).segments]
    lane = Segmentation((*first, Segment(len(once), len(truth))))
    made = label_as_before(lane, evidence, len(once))
    assert made.segments[:4] == lane.segments[:4]
    assert runs_of(made.to_frames()) == [0, 1, 3, 2] * 4
    plain = evidence.decode().to_frames()
    assert 3 not in plain[len(once) :]


def test_without_a_repetition_there_is_nothing_to_repeat() -> None:
    truth = truth_of(1)
    lane = Segmentation.unlabelled(len(truth))
    with pytest.raises(EditError, match="There is no order before"):
        label_as_before(lane, evidence_of(truth, 1), 10)


@given(st.integers(0, 10**6))
@settings(max_examples=examples(25), deadline=None)
def test_a_repetition_changes_nothing_that_a_person_made(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = truth_of(seed)
    segments = Segmentation.from_frames(rng.permutation(truth)[:40]).segments
    rest = Segmentation.from_frames(rng.integers(0, 4, len(truth) - 40), "model")
    moved = [
        Segment(s.start + 40, s.stop + 40, s.class_id, "model") for s in rest.segments
    ]
    some = [s.as_reviewed() if rng.random() < 0.1 else s for s in moved]
    lane = Segmentation((*segments, *some))
    made = label_as_before(lane, evidence_of(truth, seed), 40)
    kept = np.repeat(
        [s.protected for s in lane.segments], [len(s) for s in lane.segments]
    )
    assert (made.to_frames() == lane.to_frames())[kept].all()
