"""A simulated person: the fewest events, sessions that end, and what they cost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.progress import run
from skelseg_core.review.corrector import Corrector, Effort
from skelseg_core.review.effort import POLICIES, Case, Costs, Outcome, share_looked_at
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits
from skelseg_core.review.least_events import LeastEvents, Mending
from skelseg_core.review.working_lane import Shown, WorkingLane
from skelseg_core.tasks.effort import as_json, simulated, table_of

CLASSES = label_map_from_names(["walk", "reach", "carry"])
NAMED = Segmentation.from_frames


def shown(labels: np.ndarray | list[int]) -> tuple[Shown, ...]:
    return WorkingLane.of(NAMED(labels)).shown


def least(lane: str, truth: str, collar: int = 0) -> LeastEvents:
    """Fewest events between lanes written as letters, a letter a frame."""
    return LeastEvents(*(shown([ord(c) for c in s]) for s in (lane, truth)), collar)


@pytest.mark.parametrize(
    ("lane", "truth", "collar", "events"),
    [
        ("aaabbb", "aaabbb", 0, 0),
        ("aaabbb", "aaaabb", 0, 1),
        ("aaabbb", "aaaabb", 1, 0),
        ("aaabbb", "aaaccc", 0, 1),
        ("aaabbb", "aaaaaa", 0, 1),
        ("aaaaaa", "aaabbb", 0, 2),
        ("aaaaaa", "aabbaa", 5, 2),
        ("aabcaa", "aaaaaa", 0, 2),
        ("aaaabbbb", "aaccccbb", 0, 2),
        ("aaaabbbb", "aaccccbb", 9, 2),
        ("abcabc", "bbbbbb", 0, 2),
        ("aaabbbccc", "aaacccbbb", 0, 2),
    ],
)
def test_the_fewest_events(lane: str, truth: str, collar: int, events: int) -> None:
    found = least(lane, truth, collar)
    assert found.events == events
    assert sum(m.price for m in found.plan()) == events


def rows(n: int = 40) -> st.SearchStrategy[np.ndarray]:
    pieces = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1)
    return pieces.map(
        lambda ps: np.resize(np.concatenate([np.full(k, c) for c, k in ps]), n)
    )


def evidence_of(labels: np.ndarray) -> Evidence:
    probabilities = np.full((len(labels), 3), 0.1)
    probabilities[np.arange(len(labels)), labels] = 0.8
    counted = count_transitions([(labels, 10.0)], 3)
    return Evidence(probabilities, np.arange(3), 10.0, counted)


def is_right(lane: tuple[Shown, ...], truth: tuple[Shown, ...], collar: int) -> bool:
    return [s[2] for s in lane] == [s[2] for s in truth] and all(
        abs(a[0] - b[0]) <= collar for a, b in zip(lane, truth, strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(rows(), rows(), st.integers(0, 6), st.booleans())
def test_every_session_ends_at_the_truth(
    said: np.ndarray, truth: np.ndarray, collar: int, queue: bool
) -> None:
    case = Case("v", NAMED(truth), evidence_of(said), CLASSES, Habits())
    session = case.session(proposals=True)
    before = LeastEvents(session.lane, case.target, collar).events
    corrector = Corrector(session, case.target, collar)
    effort = corrector.by_queue() if queue else corrector.by_time()
    assert is_right(session.lane, case.target, collar)
    assert (effort.curve[0], effort.curve[-1]) == (before, 0)
    assert len(effort.curve) == effort.events + 1
    # The annotation says the same as what is shown, but for what is held apart.
    assert (session.annotation.to_frames() == session.working.labels).all()


@settings(max_examples=60, deadline=None)
@given(rows(), rows(), st.integers(0, 6))
def test_a_plan_costs_what_it_says(
    lane: np.ndarray, truth: np.ndarray, collar: int
) -> None:
    found = LeastEvents(shown(lane), shown(truth), collar)
    # A segment kept twice, on both sides of what is painted, is given its label once.
    assert sum(m.price for m in found.plan()) <= found.events
    assert (found.events == 0) == is_right(shown(lane), shown(truth), collar)


def test_fewer_frames_of_collar_never_cost_less() -> None:
    dice = np.random.default_rng(4)
    for _ in range(30):
        lane, truth = (np.repeat(dice.integers(0, 3, 12), 4) for _ in range(2))
        events = [LeastEvents(shown(lane), shown(truth), k).events for k in (0, 2, 5)]
        assert all(a >= b for a, b in pairwise(events))


def test_a_proposal_is_taken_where_it_saves_more_than_its_key() -> None:
    people = np.repeat([0, 1, 2, 1, 0, 1, 2, 1] * 4, [9, 4, 9, 4] * 8)
    model = np.repeat([0, 2, 0, 2] * 4, 13)
    habits = Habits.of([(NAMED(people), 10.0), (NAMED(model), 10.0)])
    case = Case("v", NAMED(people), evidence_of(model), CLASSES, habits)
    alone = Corrector(case.session(), case.target, 5, proposals=False).by_time()
    helped = Corrector(case.session(proposals=True), case.target, 5).by_time()
    assert alone.taken == 0
    assert helped.taken >= 1
    assert helped.events < alone.events / 2


def test_seconds_are_the_sum_of_what_was_done() -> None:
    mended = [Mending("missing", 3, 5, 1), Mending("boundary", 7, 9)]
    outcome = Outcome(Effort(mended, taken=1, offered=3, curve=[5]), passes=1, strips=4)
    costs = Costs(key_s=1, drag_s=10, look_s=100, strip_s=1000, speed=2)
    # Two keys and a look for each, a key and a drag to paint, a drag to move.
    assert outcome.seconds(60, costs) == 30 + (4 + 1 + 1) + 20 + (2 + 3) * 100 + 4000
    assert outcome.events == 2 + 1 + 1


def test_a_share_of_the_queue() -> None:
    assert share_looked_at([9, 9, 4, 2, 0], 10, 0.8) == 0.8
    assert share_looked_at([0, 0], 0, 0.8) == 0.5


def test_all_policies_are_measured_against_live() -> None:
    truth = np.repeat([0, 1, 2, 0, 1, 0, 2, 1], 20)
    said = np.roll(truth, 3)
    case = Case("v", NAMED(truth), evidence_of(said), CLASSES, Habits())
    found = run(simulated([case], list(POLICIES), (2, 5), Costs()))
    assert len(found) == 2 * len(POLICIES)
    events = {(row.policy, row.collar): row.events for row in found}
    assert events["live", 5] >= 8
    assert events["prelabel", 5] < events["prelabel", 2]
    assert events["order", 5] <= events["live", 5]
    again = run(simulated([case], ["live"], (2,), Costs()))
    assert again[0].events == events["live", 2]
    values = as_json(found, Costs(), {})
    assert values["rows"][0]["times_fewer"] == 1.0
    assert len(table_of(found, Costs())) == 2 + len(POLICIES)
