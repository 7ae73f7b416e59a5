from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ModelError
from skelseg_core.labels.decoding import decode, pre_labels
from skelseg_core.labels.transitions import Transitions, count_transitions
from skelseg_core.learning.calibration import tempered
from tests.soak import examples

LABELS = np.repeat([0, 1, -1, 2, 0, 1], [10, 20, 5, 10, 30, 5])
shapes = st.tuples(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 3))


def drawn(seed: int, n_frames: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (T, C) and transitions (C, C)."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.5, size=(n_frames, n)) + 1e-3
    counted = Transitions(rng.integers(0, 9, (n, n)), rng.uniform(0, 40, n))
    return values / values.sum(axis=1, keepdims=True), counted.log_probabilities(10)


def test_changes_are_counted_and_what_is_unlabelled_is_none() -> None:
    found = count_transitions([(LABELS, 10.0), (np.array([1, 0]), 1.0)], 3)
    assert found.counts.tolist() == [[0, 2, 0], [1, 0, 0], [1, 0, 0]]
    assert found.seconds.tolist() == [5.0, 3.5, 1.0]


@given(shapes, st.sampled_from([1.0, 8.0, 30.0, 240.0]))
@settings(max_examples=examples(40), deadline=None)
def test_they_are_probabilities_and_none_is_nothing(
    shape: tuple[int, int, int], rate: float
) -> None:
    rng, n = np.random.default_rng(shape[0]), shape[2]
    counted = Transitions(rng.integers(0, 9, (n, n)), rng.uniform(0, 40, n))
    logs = counted.log_probabilities(rate)
    assert np.isfinite(logs).all()
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)


def test_a_faster_video_of_the_same_action_is_as_likely_to_end_in_a_second() -> None:
    counted = count_transitions([(LABELS, 10.0)], 3)
    stays = [
        rate * counted.log_probabilities(rate).diagonal() for rate in (10.0, 30.0, 60.0)
    ]
    np.testing.assert_allclose(stays[0], stays[1], rtol=1e-6)
    np.testing.assert_allclose(stays[0], stays[2], rtol=1e-6)


@pytest.mark.parametrize("rate", [0.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_does_no_harm(rate: float) -> None:
    counted = count_transitions([(LABELS, 10.0)], 3)
    assert np.isfinite(counted.log_probabilities(rate)).all()
    assert np.isfinite(count_transitions([], 3).log_probabilities(10)).all()
    assert count_transitions([], 1).log_probabilities(10).tolist() == [[0.0]]


def test_how_long_a_class_lasts_is_counted_but_for_the_ends_of_a_video() -> None:
    lengths = count_transitions([(LABELS, 10.0)], 3).durations
    assert lengths is not None
    # 2 s of class 1, 1 s of class 2, 3 s of class 0; what the video cuts is left out.
    assert lengths.counts.sum(axis=1).tolist() == [1, 1, 1]
    below = np.exp(lengths.log_lengths(10.0, 500)[0]).cumsum(axis=1)
    assert (below > 0.5).argmax(axis=1).argsort().tolist() == [2, 1, 0]
    assert count_transitions([(np.array([0, 0, 1]), 10.0)], 3).durations is None


@given(st.integers(0, 10**6), st.sampled_from([1.0, 10.0, 29.97, 240.0, 0.0]))
@settings(max_examples=examples(30), deadline=None)
def test_lengths_are_probabilities_of_any_rate(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, 3, 30), rng.integers(1, 50, 30))
    lengths = count_transitions([(labels, 10.0)], 3).durations
    assert lengths is not None
    each, more = lengths.log_lengths(rate, 300)
    assert np.isfinite(each).all()
    assert np.isfinite(more).all()
    np.testing.assert_allclose(np.exp(each).sum(axis=1) + np.exp(more), 1, rtol=1e-4)


def test_classes_that_became_one_are_one() -> None:
    counted = Transitions(np.array([[0, 3, 1], [2, 0, 5], [4, 0, 0]]), np.arange(3.0))
    merged = counted.merged([0, 0, 1])
    assert merged.counts.tolist() == [[0, 6], [4, 0]]
    assert merged.seconds.tolist() == [1.0, 2.0]
    both = count_transitions([(LABELS, 10.0)], 3).merged([0, 0, 1]).durations
    assert both is not None
    assert both.counts.sum(axis=1).tolist() == [2, 1]
    assert counted.merged([0, 1, 2]).counts.tolist() == counted.counts.tolist()


def test_they_are_the_same_after_they_were_written() -> None:
    counted = count_transitions([(LABELS, 10.0)], 3)
    again = Transitions.from_json(counted.to_json(), 3)
    assert again is not None
    assert again.counts.tolist() == counted.counts.tolist()
    assert again.seconds.tolist() == counted.seconds.tolist()
    assert counted.durations is not None
    assert again.durations is not None
    assert (again.durations.counts == counted.durations.counts).all()
    assert Transitions.from_json({}, 3) is None
    before = {k: v for k, v in counted.to_json().items() if k != "durations"}
    older = Transitions.from_json(before, 3)
    assert older is not None
    assert older.durations is None


@pytest.mark.parametrize(
    "values",
    [
        {"counts": [[0, 1], [1, 0]]},
        {"counts": [[0, 1], [1, 0]], "seconds": [1.0]},
        {"counts": [[0, -1], [1, 0]], "seconds": [1.0, 1.0]},
        {"counts": [[0, 1], [1, 0]], "seconds": [1.0, -1.0]},
        {"counts": [[0, 1], [1, 0]], "seconds": [1.0, float("inf")]},
        {"counts": [[0, 1]], "seconds": [1.0, 1.0]},
        {"counts": "many", "seconds": [1.0, 1.0]},
        {"counts": [[0, 1], [1, 0]], "seconds": [1.0, 1.0], "durations": [[]]},
        {
            "counts": [[0, 1], [1, 0]],
            "seconds": [1.0, 1.0],
            "durations": [[], [[99, 1]]],
        },
    ],
)
def test_what_is_no_count_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Transitions.from_json(values, 2)


# -- decoding by them ---------------------------------------------------------------


def fixed_in(seed: int, n_frames: int, choices: list[int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    fixed = np.full(n_frames, -1)
    for _ in range(rng.integers(0, 4)):
        start = int(rng.integers(n_frames))
        fixed[start : start + int(rng.integers(1, 4))] = rng.choice([-1, *choices])
    return fixed


@given(shapes)
@settings(max_examples=examples(60), deadline=None)
def test_it_equals_trying_every_path(shape: tuple[int, int, int]) -> None:
    probabilities, transitions = drawn(*shape)
    seed, n_frames, n = shape
    fixed = fixed_in(seed, n_frames, list(range(n)))

    def value(path: tuple[int, ...]) -> float:
        if any(f not in (-1, c) for f, c in zip(fixed, path, strict=True)):
            return -np.inf
        pairs = itertools.pairwise(path)
        said = sum(
            np.log(probabilities[t, c]) for t, c in enumerate(path) if fixed[t] < 0
        )
        return float(said + sum(transitions[a, b] for a, b in pairs))

    found = decode(
        probabilities, range(n), min_frames=1, fixed=fixed, transitions=transitions
    )
    best = max(value(p) for p in itertools.product(range(n), repeat=n_frames))
    assert value(tuple(found.to_frames().tolist())) == pytest.approx(best)


@given(st.tuples(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 6)))
@settings(max_examples=examples(60), deadline=None)
def test_a_persons_frames_are_kept(shape: tuple[int, int, int]) -> None:
    probabilities, transitions = drawn(*shape)
    seed, n_frames, n = shape
    ids = [10 + 3 * c for c in range(n)]
    fixed = fixed_in(seed, n_frames, [*ids, 99])
    found = decode(
        probabilities, ids, min_frames=1, fixed=fixed, transitions=transitions
    ).to_frames()
    held = fixed >= 0
    assert found[held].tolist() == fixed[held].tolist()
    assert (found[~held] != 99).all()


def test_the_temperature_says_how_sure_and_moves_no_boundary() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1, 2, 0], 50)
    logits = rng.normal(size=(200, 3)) + 1.5 * np.eye(3)[truth]
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counted = count_transitions([(truth, 10.0)], 3)
    plain = pre_labels(values, range(3), 10.0, counted)
    sure = pre_labels(tempered(values, 0.6), range(3), 10.0, counted, 0.6)
    assert sure.to_frames().tolist() == plain.to_frames().tolist()
    pairs = list(zip(sure.segments, plain.segments, strict=True))
    assert all((a.confidence or 0) > (b.confidence or 0) for a, b in pairs)
    old = pre_labels(values, range(3), 10.0)
    assert old == decode(values, range(3), switch_penalty=4.0)


@pytest.mark.parametrize("known", ["price", "changes", "durations"])
@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_what_weighs_against_the_probabilities_is_of_their_temperature(
    known: str, temperature: float
) -> None:
    """Labels flicker where they are unsure, so that each weight decides some."""
    rng = np.random.default_rng(5)
    truth = np.repeat(rng.integers(0, 3, 60), 7)
    logits = rng.normal(size=(len(truth), 3)) + np.eye(3)[truth]
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counted = None if known == "price" else count_transitions([(truth, 10.0)], 3)
    if counted is not None and known == "changes":
        counted = replace(counted, durations=None)
    plain = pre_labels(values, range(3), 10.0, counted)
    cooled = tempered(values, temperature)
    same = pre_labels(cooled, range(3), 10.0, counted, temperature)
    assert len(plain.segments) > 20
    assert same.to_frames().tolist() == plain.to_frames().tolist()


def test_what_never_follows_is_not_said_for_a_moment_of_doubt() -> None:
    """Between place and walk there is no pick in any label, and so none here."""
    truth = np.repeat([0, 1, 0, 1, 2, 0], 20)
    counted = count_transitions([(truth, 10.0)] * 5, 3)
    values = np.full((60, 3), 0.05)
    values[:30, 0] = values[30:, 1] = 0.9
    values[28:33] = [0.25, 0.25, 0.5]
    assert decode(values, range(3), 0.0, 1).boundaries.tolist() == [28, 33]
    found = pre_labels(values, range(3), 10.0, counted)
    assert [s.class_id for s in found.segments] == [0, 1]


def test_transitions_of_other_classes_are_refused() -> None:
    values = np.full((4, 3), 1 / 3)
    for wrong in (np.zeros((2, 2)), np.full((3, 3), -np.inf)):
        with pytest.raises(ModelError, match="not fit 3 classes"):
            decode(values, range(3), transitions=wrong)
