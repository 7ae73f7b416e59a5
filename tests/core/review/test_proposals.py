"""What is proposed after an edit, and what no proposal ever changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from skelseg_core.labels.bulk_edits import review_all
from skelseg_core.labels.edits import paint, relabel, replace_range
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.assist import Work
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits
from skelseg_core.review.proposals import INSERT, RELABEL, REMOVE, Proposer
from skelseg_core.review.working_lane import WorkingLane
from tests.segments import segmentations

WALK, STAND, REACH = 0, 1, 2
NAMES = {WALK: "walk", STAND: "stand", REACH: "reach"}
LENGTH, GAP, N = 20, 6, 8
FRAMES = 2 * N * LENGTH


def walks_and_reaches(gap: float = 0.4) -> tuple[Segmentation, Evidence]:
    """Walk, reach, walk, ...; at each boundary *stand* is given some probability."""
    labels = np.repeat([WALK, REACH] * N, LENGTH)
    p = np.full((len(labels), 3), 0.01)
    p[np.arange(len(labels)), labels] = 0.98
    for at in range(LENGTH, len(labels), LENGTH):
        rows = slice(at - GAP // 2, at + GAP // 2)
        p[rows] *= 1 - gap
        p[rows, STAND] = gap
    p /= p.sum(axis=1, keepdims=True)
    lane = Segmentation.from_frames(labels, "model")
    return lane, Evidence(p, np.array([WALK, STAND, REACH]), 10.0)


def both_ways() -> Habits:
    """What people do of whom half label the *stand*."""
    with_it = np.repeat([WALK, STAND, REACH, STAND] * N, GAP)
    without = np.repeat([WALK, REACH] * N, LENGTH)
    return Habits.of((Segmentation.from_frames(x), 10.0) for x in (with_it, without))


def mended(lane: Segmentation, boundary: int) -> Segmentation:
    """Insert a *stand* around the boundary that begins segment ``boundary``."""
    at = boundary * LENGTH
    return paint(lane, at - GAP // 2, at + GAP // 2, STAND)


def work_of(lane: Segmentation) -> Work:
    return Work.of(lane, np.zeros(lane.n_frames, bool))


def is_open(segment: Segment) -> bool:
    return segment.source == "model" and not segment.class_vouched


def test_a_missing_segment_is_proposed_at_the_other_boundaries() -> None:
    lane, evidence = walks_and_reaches()
    after = mended(mended(lane, 1), 2)
    found = Proposer(evidence, both_ways(), NAMES, lane)(work_of(after))
    assert found is not None
    new = [s for s in found.lane.segments if s.class_id == STAND and is_open(s)]
    assert len(new) == 2 * N - 3
    assert not any(s.start_vouched or s.stop_vouched for s in new)
    assert (found.reason.text, found.reason.values) == (INSERT, ("stand", len(new)))
    for segment in new:
        assert abs((segment.start + segment.stop) / 2 % LENGTH) in (0, LENGTH)


def test_the_first_mending_of_a_new_project_is_proposed_elsewhere() -> None:
    lane, evidence = walks_and_reaches()
    propose = Proposer(evidence, Habits(), NAMES, lane)
    once = review_all(mended(lane, 1), [0, 1, 2])
    assert propose(work_of(once)) is None, "nobody said yet that it is optional"
    found = propose(work_of(mended(mended(mended(review_all(lane, [15]), 1), 3), 5)))
    assert found is not None
    assert min(start for start, _ in found.places) > LENGTH


def test_places_the_person_left_as_they_are_speak_against_it() -> None:
    lane, evidence = walks_and_reaches()
    looked_at = review_all(lane, range(2 * N - 3))
    found = Proposer(evidence, both_ways(), NAMES, lane)(work_of(looked_at))
    assert found is None


def test_a_segment_too_many_is_proposed_to_go() -> None:
    lane, evidence = walks_and_reaches(gap=0.03)
    full = lane
    for n in range(1, 2 * N):
        at = n * LENGTH
        full = replace_range(full, at - 3, at + 3, [Segment(at - 3, at + 3, STAND)])
    model = Segmentation.from_frames(full.to_frames(), "model")
    left = paint(model, LENGTH - 3, LENGTH + 3, WALK)
    found = Proposer(evidence, both_ways(), NAMES, model)(work_of(left))
    assert found is not None
    assert found.reason.text == REMOVE
    stands = [s for s in found.lane.segments if s.class_id == STAND]
    assert len(stands) < sum(s.class_id == STAND for s in left.segments) - 1


def doubtful() -> tuple[Segmentation, Proposer]:
    """A model that takes *reach* for *stand* as often as not."""
    lane, evidence = walks_and_reaches(gap=0.0)
    p = evidence.probabilities.copy()
    p[:, STAND] = p[:, REACH]
    evidence = Evidence(p / p.sum(1, keepdims=True), evidence.class_ids, 10.0)
    return lane, Proposer(evidence, Habits(), NAMES, lane)


def test_another_class_is_proposed_where_the_model_hesitates_alike() -> None:
    lane, propose = doubtful()
    assert propose(work_of(lane)) is None
    once = relabel(relabel(lane, 1, STAND), 3, STAND)
    found = propose(work_of(once))
    assert found is not None
    odd = [s.class_id for s in found.lane.segments if s.start % (2 * LENGTH)]
    assert odd == [STAND] * N
    assert found.reason.text == RELABEL
    assert found.reason.values == ("stand", "reach", N - 2)


def test_those_that_kept_their_class_speak_against_another() -> None:
    lane, propose = doubtful()
    kept = review_all(lane, [3, 5, 7, 9])
    assert propose(work_of(relabel(kept, 1, STAND))) is None


def test_what_was_taken_over_is_not_proposed_away() -> None:
    lane, propose = doubtful()
    once = relabel(relabel(lane, 1, STAND), 3, STAND)
    found = propose(work_of(once))
    assert found is not None
    taken = WorkingLane.of(once).taken(found.lane)
    assert propose(Work.of(taken.segmentation, taken.touched)) is None
    again = propose(Work.of(relabel(found.lane, 5, REACH), taken.touched))
    assert again is None


ALL_PAIRS = Segmentation.from_frames(
    np.repeat([0, 1, 2, 3, 0, 2, 1, 3, 1, 0, 3, 2, 0], 2)
)


@given(segmentations(least=4), segmentations(60, ids=(0, 1, 2)), st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_a_person_made_or_accepted_ever_changes(
    lane: Segmentation, others: Segmentation, data: st.DataObject
) -> None:
    n = lane.n_frames
    dice = np.random.default_rng(data.draw(st.integers(0, 99)))
    evidence = Evidence(dice.dirichlet(np.ones(4), n), np.arange(4), 10.0)
    said = Segmentation.from_frames(dice.integers(0, 4, n), "model")
    habits = Habits.of([(others, 10.0), (ALL_PAIRS, 10.0)])
    taken = dice.random(n) < 0.1
    found = Proposer(evidence, habits, {}, said)(Work.of(lane, taken))
    event("proposed" if found else "nothing")
    if found is None:
        return
    check_kept(lane, found.lane)
    changed = lane.to_frames() != found.lane.to_frames()
    assert not changed[taken].any()
    told = np.zeros(n, bool)
    for start, stop in found.places:
        told[start:stop] = True
    assert (changed == told).all()


@given(segmentations(least=2), st.integers(0, 99))
@settings(max_examples=500, deadline=None)
def test_whatever_would_be_proposed_what_a_person_made_stays(
    lane: Segmentation, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    taken = dice.random(lane.n_frames) < 0.1
    labels = np.repeat(dice.integers(-1, 4, lane.n_frames), 3)[: lane.n_frames]
    changed = WorkingLane(lane, taken).with_labels(labels, dice.random(lane.n_frames))
    check_kept(lane, changed)
    assert (lane.to_frames() == changed.to_frames())[taken].all()


def check_kept(before: Segmentation, after: Segmentation) -> None:
    """Hold a lane to what a person or a file said in the lane before."""
    kept = [s for s in before.segments if s.protected]
    assert set(kept) <= set(after.segments)
    assert [
        s for s in after.segments if s.class_vouched and s.class_id is not None
    ] == [s for s in kept if s.class_vouched and s.class_id is not None]
    cuts = {s.start for s in after.segments[1:] if s.start_vouched}
    for left, right in pairwise(before.segments):
        # Between nothing and nothing nobody sees a boundary.
        if right.start_vouched and not (left.unlabelled and right.unlabelled):
            assert right.start in cuts
    assert cuts <= {s.start for s in before.segments[1:] if s.start_vouched}
    for left, right in pairwise(after.segments):
        assert left.stop_vouched == right.start_vouched
