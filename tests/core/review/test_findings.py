"""What a person made of a pre-label: only what was looked at counts, by its kind."""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.findings import Findings, findings

RATE = 10.0
PRE_LABEL = Segmentation.from_frames(np.repeat([1, 2, 3, 1, 2, 3], 20), "model")


def reviewed(lane: Segmentation, start: int, stop: int) -> Segmentation:
    segments = lane.segments
    return Segmentation(
        tuple(
            s.as_reviewed() if start <= s.start and s.stop <= stop else s
            for s in segments
        )
    )


def found(lane: Segmentation) -> Findings:
    return findings(PRE_LABEL, lane, RATE)


def test_nothing_is_known_before_somebody_looked():
    now = found(PRE_LABEL)
    assert not now.boundary_seen.any()
    assert not now.segment_seen.any()


def test_a_look_that_found_nothing_shows_one_segment_and_its_two_boundaries():
    now = found(reviewed(PRE_LABEL, 20, 40))
    assert now.boundary_seen.tolist() == [True, True, False, False, False]
    assert now.segment_seen.tolist() == [False, True, False, False, False, False]
    for kind in ("missing", "moved", "within", "extra", "other"):
        assert not (now.seen(kind) & now.wrong(kind)).any()


def test_a_segment_put_in_at_a_boundary():
    lane = reviewed(paint(PRE_LABEL, 37, 42, 9), 20, 60)
    now = found(lane)
    assert (now.boundary_seen & now.missing).tolist() == [False, True, *[False] * 3]
    assert not now.other.any()
    assert not now.within.any()


def test_a_segment_put_in_amidst_another():
    for start in (24, 28):  # beside the middle, and over it
        now = found(reviewed(paint(PRE_LABEL, start, start + 4, 9), 20, 40))
        assert now.within.tolist() == [False, True, *[False] * 4]
        assert not now.missing.any()
        assert not now.other.any()


def test_a_boundary_that_was_moved_by_more_than_a_little():
    assert not found(move_boundary(PRE_LABEL, 1, 42)).moved.any()
    now = found(move_boundary(PRE_LABEL, 1, 43))
    assert (now.boundary_seen & now.moved).tolist() == [False, True, *[False] * 3]


def test_a_segment_that_is_gone_and_one_of_another_class():
    gone = found(paint(PRE_LABEL, 20, 40, 1))
    assert (gone.segment_seen & gone.extra).tolist() == [False, True, *[False] * 4]
    other = found(paint(PRE_LABEL, 20, 40, 7))
    assert (other.segment_seen & other.other).tolist() == [False, True, *[False] * 4]


def test_what_the_pre_label_took_from_a_person_tells_nothing():
    fixed = np.zeros(120, bool)
    fixed[39] = True
    now = findings(PRE_LABEL, reviewed(PRE_LABEL, 0, 120), RATE, fixed)
    assert now.segment_seen.tolist() == [True, False, True, True, True, True]
    assert now.boundary_seen.tolist() == [False, False, True, True, True]
