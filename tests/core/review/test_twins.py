"""Where a person put a segment in: only what was looked at counts."""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.queue import mended_twins

PRE_LABEL = Segmentation.from_frames(np.repeat([1, 2, 3, 1, 2, 3], 20), "model")


def reviewed(lane: Segmentation, start: int, stop: int) -> Segmentation:
    segments = lane.segments
    return Segmentation(
        tuple(
            s.as_reviewed() if start <= s.start and s.stop <= stop else s
            for s in segments
        )
    )


def test_a_segment_put_in_at_a_boundary_that_somebody_looked_at():
    mended = paint(PRE_LABEL, 37, 42, 9)
    assert mended_twins(PRE_LABEL, reviewed(mended, 20, 60)) == {(2, 3): 40}
    assert mended_twins(PRE_LABEL, reviewed(PRE_LABEL, 0, 120)) == {}


def test_what_lies_amidst_a_segment_or_moves_is_none_at_a_boundary():
    for start in (24, 28):  # beside the middle, and over it
        lane = reviewed(paint(PRE_LABEL, start, start + 4, 9), 20, 40)
        assert mended_twins(PRE_LABEL, lane) == {}
    assert mended_twins(PRE_LABEL, move_boundary(PRE_LABEL, 1, 43)) == {}
    assert mended_twins(PRE_LABEL, paint(PRE_LABEL, 20, 40, 7)) == {}


def test_what_the_pre_label_took_from_a_person_tells_nothing():
    fixed = np.zeros(120, bool)
    fixed[39] = True
    lane = reviewed(paint(PRE_LABEL, 37, 42, 9), 20, 60)
    assert mended_twins(PRE_LABEL, lane, fixed) == {}
