"""Differences between two segmentations: their kinds, and that none is overlooked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.comparison import (
    Difference,
    compared_frames,
    figures_of,
    find_differences,
)
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.segmentation import Segment, Segmentation
from tests.soak import examples

WALK, REACH, GRASP, PUT, NONE = 0, 1, 2, 3, -1


def made(*runs: tuple[int, int]) -> Segmentation:
    """Make a segmentation of (class, frames)."""
    return Segmentation.from_frames(np.repeat(*zip(*runs, strict=True)))


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (
            made((WALK, 50), (REACH, 10), (GRASP, 40)),
            made((WALK, 50), (PUT, 10), (GRASP, 40)),
            [Difference("class", 50, 60, REACH, PUT)],
        ),
        (
            made((WALK, 50), (REACH, 10), (WALK, 40)),
            made((WALK, 100)),
            [Difference("missing", 50, 60, REACH, None)],
        ),
        (
            made((WALK, 100)),
            made((WALK, 40), (REACH, 10), (WALK, 50)),
            [Difference("extra", 40, 50, None, REACH)],
        ),
        (
            made((WALK, 50), (GRASP, 50)),
            made((WALK, 43), (GRASP, 57)),
            [Difference("moved", 43, 50, GRASP, GRASP, -7)],
        ),
        # A short run that does not overlap itself moved, too.
        (
            made((WALK, 50), (REACH, 5), (GRASP, 45)),
            made((WALK, 60), (REACH, 5), (GRASP, 35)),
            [
                Difference("moved", 50, 60, REACH, REACH, 10),
                Difference("moved", 55, 65, GRASP, GRASP, 10),
            ],
        ),
        # Beside a missing run the boundary may lie anywhere in it, and moved past it.
        (
            made((WALK, 50), (REACH, 10), (GRASP, 40)),
            made((WALK, 80), (GRASP, 20)),
            [
                Difference("missing", 50, 60, REACH, None),
                Difference("moved", 60, 80, GRASP, GRASP, 20),
            ],
        ),
        (
            made((WALK, 50), (GRASP, 50)),
            made((WALK, 20), (NONE, 40), (GRASP, 40)),
            [Difference("class", 20, 60, WALK, None)],
        ),
        (
            made((WALK, 40), (NONE, 60)),
            made((WALK, 40), (REACH, 20), (GRASP, 20), (NONE, 20)),
            [
                Difference("extra", 40, 60, None, REACH),
                Difference("extra", 60, 80, None, GRASP),
            ],
        ),
    ],
)
def test_kinds_of_differences(
    first: Segmentation, second: Segmentation, wanted: list[Difference]
) -> None:
    assert list(find_differences(first, second)) == wanted


def test_a_boundary_is_named_where_the_first_has_it() -> None:
    first, second = made((WALK, 50), (GRASP, 50)), made((WALK, 43), (GRASP, 57))
    (earlier,) = find_differences(first, second)
    (later,) = find_differences(second, first)
    assert (earlier.frame, later.frame) == (50, 43)


def test_a_division_of_one_class_is_no_difference() -> None:
    divided = Segmentation((Segment(0, 5, 1), Segment(5, 10, 1)))
    assert find_differences(divided, made((1, 10))) == ()


labels = st.lists(st.integers(-1, 2), min_size=40, max_size=40)


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 12)), min_size=1),
    labels,
    st.booleans(),
    st.data(),
)
def test_every_frame_that_differs_lies_in_a_difference(
    runs: list[tuple[int, int]], noise: list[int], masked: bool, data: st.DataObject
) -> None:
    first = np.resize(np.repeat(*zip(*runs, strict=True)), 40)
    second = first.copy()
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, 39))
        second[at : at + data.draw(st.integers(1, 9))] = noise[at]
    compared = first >= 0 if masked else np.ones(40, bool)
    a, b = Segmentation.from_frames(first), Segmentation.from_frames(second)
    found = find_differences(a, b, compared)
    covered = np.zeros(40, bool)
    for difference in found:
        assert difference.start < difference.stop
        covered[difference.start : difference.stop] = True
    wrong = (first != second) & compared
    assert not (wrong & ~covered).any()
    assert bool(found) == bool(wrong.any())


def test_figures_are_those_of_the_metrics_on_the_frames_that_count() -> None:
    truth = made((WALK, 50), (REACH, 10), (GRASP, 40), (NONE, 20))
    other = made((WALK, 53), (PUT, 7), (GRASP, 60))
    fixed = np.arange(120) < 30
    compared = compared_frames(truth, fixed)
    assert int(compared.sum()) == 70
    found = figures_of(truth, other, compared)
    assert found is not None
    judged = np.where(compared, truth.to_frames(), NONE)
    scores = evaluate([(judged, other.to_frames())])
    assert found.n_frames == 70
    assert found.accuracy == scores["accuracy"] == pytest.approx(100 * 60 / 70)
    assert (found.edit, found.f1_50) == (scores["edit"], scores["f1@50"])
    assert figures_of(truth, other, np.zeros(120, bool)) is None
    # Where nobody is, as a person says, the other may say nothing.
    nobody = make_undecided(truth, 100, 120, absent=True)
    found = figures_of(nobody, other, compared | nobody.absent)
    assert found is not None
    assert found.accuracy == pytest.approx(100 * 60 / 90)
