"""How many errors are left: a range that holds, and none where it would not."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.review.expected_errors import (
    LEAST_VIDEOS,
    Lesson,
    expected_errors,
    expected_range,
    learn_queue,
)
from skelseg_core.review.findings import Findings
from skelseg_core.review.place import Place
from skelseg_core.review.queue_model import DEFAULT, CueRows, QueueModel, logistic

N = 200


def lesson(seed: int, differs: float = 1.0, seen: int = N) -> Lesson:
    """A video in which errors are as likely as the cues say, but for one person."""
    numbers = np.random.default_rng(seed)
    rows, wrong = {}, {}
    person = differs * numbers.normal()
    for kind, weights in DEFAULT.items():
        rows[kind] = np.hstack(
            [np.ones((N, 1)), numbers.normal(-1, 1, (N, len(weights) - 1))]
        )
        odds = rows[kind] @ np.array(weights) + person
        wrong[kind] = numbers.random(N) < logistic(odds)
    looked = np.arange(N) < seen
    found = Findings(boundary_seen=looked, segment_seen=looked, **wrong)
    return CueRows(rows, tuple([(1, 2)] * N)), found


def test_the_range_holds_eight_times_in_ten_where_videos_differ():
    numbers = np.random.default_rng(0)
    likely = numbers.random(100) * 0.2
    for differs in (0.1, 1.0):
        low, high = expected_range(likely, differs)
        held = []
        for _ in range(2000):
            shift = differs * numbers.normal()
            p = logistic(np.log(likely / (1 - likely)) + shift)
            held.append(low <= (numbers.random(100) < p).sum() <= high)
        assert np.mean(held) == pytest.approx(0.83, abs=0.06)


def test_videos_that_differ_more_give_a_wider_range():
    likely = np.full(100, 0.1)
    narrow, wide = expected_range(likely, 0.1), expected_range(likely, 1.5)
    assert wide[0] < narrow[0] <= 10 <= narrow[1] < wide[1]
    assert expected_range(np.zeros(0), 1.0) == (0, 0)


def test_no_number_before_enough_videos_were_corrected():
    places = [Place(0, 10, risk=0.5)]
    few = learn_queue([lesson(seed) for seed in range(LEAST_VIDEOS - 1)])
    assert expected_errors(places, QueueModel()) is None
    assert expected_errors(places, few) is None
    hardly_seen = learn_queue([lesson(seed, seen=5) for seed in range(12)])
    assert expected_errors(places, hardly_seen) is None


def test_a_number_is_given_where_the_corrections_bear_it_out():
    model = learn_queue([lesson(seed) for seed in range(12)])
    assert model.borne_out
    places = [Place(at, at + 1, risk=0.1) for at in range(100)]
    low, high = expected_errors(places, model) or (0, 0)
    assert 0 < low < 10 < high


def test_how_much_videos_differ_is_learnt_and_looking_narrows_it():
    alike = learn_queue([lesson(seed, differs=0.0) for seed in range(12)])
    other = learn_queue([lesson(seed, differs=2.0) for seed in range(12)])
    assert alike.differs < 0.5 < other.differs
    cues, found = lesson(99, seen=20)
    looked = other.updated(cues, found)
    further = other.updated(*lesson(99, seen=100))
    assert other.differs > looked.differs > further.differs
