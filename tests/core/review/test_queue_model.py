"""The queue learns: of a project's corrections, and of what was found in a video."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelseg_core.review.findings import Findings
from skelseg_core.review.queue_model import DEFAULT, CueRows, QueueModel

N = 40


def cues(pairs: tuple[tuple[int, int], ...], seed: int = 0) -> CueRows:
    rng = np.random.default_rng(seed)
    rows = {}
    for kind, weights in DEFAULT.items():
        rows[kind] = rng.normal(size=(N, len(weights)))
        rows[kind][:, 0] = 1
    return CueRows(rows, pairs)


def nothing_found(seen: int = N) -> Findings:
    looked, no = np.arange(N) < seen, np.zeros(N, bool)
    return Findings(looked, no, no, looked, no, no, no)


PAIRS = tuple([(1, 2), (3, 4)] * (N // 2))


def test_what_nobody_looked_at_teaches_nothing():
    before, video = QueueModel(), cues(PAIRS)
    after = before.updated(video, nothing_found(0))
    for kind, likely in before.probabilities(video).items():
        assert after.probabilities(video)[kind] == pytest.approx(likely)


def test_errors_found_at_one_pair_of_classes_are_expected_there_more_than_elsewhere():
    video, looked = cues(PAIRS), np.arange(N) < N // 2
    missing = looked & np.array([pair == (1, 2) for pair in PAIRS])
    found = replace(nothing_found(N // 2), missing=missing)
    before, model = QueueModel(), QueueModel().updated(video, found)
    here = np.array([pair == (1, 2) for pair in PAIRS])
    raised = (
        model.probabilities(video)["missing"] / before.probabilities(video)["missing"]
    )
    assert raised[here & ~looked].min() > raised[~here & ~looked].max()
    assert model.pairs[1, 2] > 0 > model.pairs[3, 4]


def test_looks_that_find_nothing_lower_what_is_expected():
    video, model = cues(PAIRS), QueueModel()
    expected = [model.probabilities(video)["missing"].sum()]
    for seen in (10, 20, 40):
        learnt = model.updated(video, nothing_found(seen))
        expected.append(learnt.probabilities(video)["missing"].sum())
    assert expected == sorted(expected, reverse=True)


def test_a_project_teaches_which_cue_tells():
    video = cues(PAIRS)
    moved = video.rows["moved"][:, 2] > 1
    found = replace(nothing_found(), moved=moved)
    model = QueueModel().learnt([(video, found)] * 10)
    likely = model.probabilities(cues(PAIRS, seed=1))["moved"]
    told = cues(PAIRS, seed=1).rows["moved"][:, 2] > 1
    assert likely[told].min() > likely[~told].max()
    # The base rate is that of what was found.
    assert model.probabilities(video)["moved"].sum() == pytest.approx(moved.sum(), 0.3)
