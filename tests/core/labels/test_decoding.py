from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ModelError
from skelseg_core.labels.decoding import decode, switch_price
from skelseg_core.labels.segmentation import Segmentation
from tests.soak import examples


def random_probabilities(seed: int, n_frames: int, n_classes: int) -> np.ndarray:
    values = np.random.default_rng(seed).gamma(0.5, size=(n_frames, n_classes)) + 1e-4
    return values / values.sum(axis=1, keepdims=True)


def path_value(
    path: tuple[int, ...], logs: np.ndarray, penalty: float, fixed: np.ndarray
) -> float:
    value = 0.0
    for t, c in enumerate(path):
        if fixed[t] < 0:
            value += logs[t, c]
        elif fixed[t] != c:
            return -np.inf
    return value - penalty * sum(a != b for a, b in itertools.pairwise(path))


shapes = st.tuples(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 6))


def some_fixed(seed: int, n_frames: int, choices: list[int]) -> np.ndarray:
    """Ranges of fixed ids between free ones."""
    rng = np.random.default_rng(seed)
    fixed = np.full(n_frames, -1)
    for _ in range(rng.integers(0, 4)):
        start = int(rng.integers(n_frames))
        fixed[start : start + int(rng.integers(1, 8))] = rng.choice([-1, *choices])
    return fixed


@given(shapes, st.floats(0, 12), st.integers(1, 8))
@settings(max_examples=examples(60), deadline=None)
def test_it_tiles_and_honours_fixed_frames(
    shape: tuple[int, int, int], penalty: float, min_frames: int
) -> None:
    seed, n_frames, n_classes = shape
    ids = [10 + 3 * c for c in range(n_classes)]
    fixed = some_fixed(seed, n_frames, [*ids, 99])
    probabilities = random_probabilities(*shape)
    found = decode(probabilities, ids, penalty, min_frames, fixed)
    assert isinstance(found, Segmentation)
    assert found.n_frames == n_frames
    labels = found.to_frames()
    held = fixed >= 0
    assert labels[held].tolist() == fixed[held].tolist()
    assert set(labels.tolist()) <= {*ids, 99}
    for segment in found.segments:
        assert segment.source == "model"
        assert not segment.reviewed
        if segment.class_id == 99:
            assert segment.confidence is None
        else:
            column = ids.index(segment.class_id)
            mean = probabilities[segment.start : segment.stop, column].mean()
            assert segment.confidence == pytest.approx(mean, abs=1e-4)


@given(shapes, st.integers(1, 8))
@settings(max_examples=examples(60), deadline=None)
def test_free_segments_are_long_enough(
    shape: tuple[int, int, int], min_frames: int
) -> None:
    seed, n_frames, n_classes = shape
    fixed = some_fixed(seed, n_frames, list(range(n_classes)))
    found = decode(random_probabilities(*shape), range(n_classes), 0, min_frames, fixed)
    for s in found.segments:
        person = (fixed[s.start : s.stop] >= 0).any()
        assert len(s) >= min_frames or person or len(found) == 1


@given(
    st.integers(0, 10**6),
    st.integers(1, 6),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.3, 1.5, 5.0]),
)
@settings(max_examples=examples(60), deadline=None)
def test_viterbi_equals_trying_every_path(
    seed: int, n_frames: int, n_classes: int, penalty: float
) -> None:
    probabilities = random_probabilities(seed, n_frames, n_classes)
    logs = np.log(probabilities)
    fixed = some_fixed(seed, n_frames, list(range(n_classes)))
    found = decode(probabilities, range(n_classes), penalty, 1, fixed)
    paths = itertools.product(range(n_classes), repeat=n_frames)
    best = max(path_value(p, logs, penalty, fixed) for p in paths)
    own = path_value(tuple(found.to_frames().tolist()), logs, penalty, fixed)
    assert own == pytest.approx(best)


@given(shapes)
@settings(max_examples=examples(30), deadline=None)
def test_without_penalty_it_is_argmax(shape: tuple[int, int, int]) -> None:
    probabilities = random_probabilities(*shape)
    ids = list(range(shape[2]))
    smooth = decode(probabilities, ids, 0.0, 1)
    assert smooth.to_frames().tolist() == probabilities.argmax(axis=1).tolist()


def test_of_paths_worth_the_same_the_one_without_a_change_is_taken() -> None:
    even = [[0.5, 0.5], [0.5, 0.5], [0.1, 0.9]]
    found = decode(np.array(even), [0, 1], switch_penalty=0.0, min_frames=1)
    assert [(s.start, s.stop, s.class_id) for s in found.segments] == [(0, 3, 1)]


def test_flicker_goes_and_real_segments_stay() -> None:
    truth = np.repeat([0, 1, 2], [60, 40, 50])
    probabilities = np.full((150, 3), 0.1)
    probabilities[np.arange(150), truth] = 0.8
    probabilities[::7] = probabilities[::7][:, [1, 2, 0]]
    assert len(decode(probabilities, [0, 1, 2], 0.0, 1)) > 20
    found = decode(probabilities, [0, 1, 2])
    assert [s.class_id for s in found.segments] == [0, 1, 2]
    assert np.abs(found.boundaries - [60, 100]).max() <= 2


def test_a_short_segment_is_shared_where_it_costs_least() -> None:
    truth = np.repeat([0, 2, 1], [20, 4, 20])
    probabilities = np.full((44, 3), 0.01)
    probabilities[np.arange(44), truth] = 0.9
    probabilities[20:23, 0] = 0.05
    probabilities[23, 1] = 0.05
    found = decode(probabilities, [0, 1, 2], 0.5, 5)
    assert [(s.start, s.stop, s.class_id) for s in found.segments] == [
        (0, 23, 0),
        (23, 44, 1),
    ]


def test_one_frame_and_one_class() -> None:
    assert decode(np.ones((1, 1)), [4]).to_frames().tolist() == [4]
    assert decode(np.ones((9, 1)), [4]).to_frames().tolist() == [4] * 9
    assert decode(np.array([[0.2, 0.8]]), [4, 5]).to_frames().tolist() == [5]
    zeros = decode(np.zeros((3, 2), np.float16), [4, 5])
    assert len(zeros) == 1


def test_a_persons_range_guides_the_frames_around_it() -> None:
    probabilities = np.full((60, 2), [0.6, 0.4])
    fixed = np.full(60, -1)
    fixed[20:40] = 1
    found = decode(probabilities, [0, 1], switch_penalty=4.0, fixed=fixed)
    assert found.to_frames().tolist() == [0] * 20 + [1] * 20 + [0] * 20
    guided = decode(probabilities, [0, 1], switch_penalty=40.0, fixed=fixed)
    assert guided.to_frames().tolist() == [1] * 60


@pytest.mark.parametrize(
    ("probabilities", "fixed"),
    [
        (np.ones((3, 3)), None),
        (np.ones(3), None),
        (np.ones((0, 2)), None),
        (np.array([[0.5, np.nan]]), None),
        (np.ones((3, 2)), np.full(4, -1)),
    ],
)
def test_what_does_not_fit_is_refused(
    probabilities: np.ndarray, fixed: np.ndarray | None
) -> None:
    with pytest.raises(ModelError):
        decode(probabilities, [0, 1], fixed=fixed)


def test_a_change_costs_more_the_faster_the_frames() -> None:
    assert switch_price(10) == 4
    assert switch_price(30) == 12
    rates = [0, 1, 7.5, 10, 12.5, 25, 30, 60, 1000, float("inf")]
    prices = [switch_price(rate) for rate in rates]
    assert prices == sorted(prices)
    assert (prices[0], prices[-1]) == (3, 15)
    assert 3 <= switch_price(float("nan")) <= 15
