"""Edits of more than one segment: what they keep, whatever is given."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import (
    copy_range,
    delete_all_into_neighbours,
    merge_all,
    move_limits,
    move_segment,
    relabel_all,
    remove_boundary,
)
from skelseg_core.labels.edits import relabel
from skelseg_core.labels.segmentation import Segmentation
from tests.seen import review_all
from tests.segments import segmentations


@st.composite
def chosen(draw: st.DrawFn) -> tuple[Segmentation, set[int]]:
    value = draw(segmentations())
    return value, draw(st.sets(st.integers(0, len(value) - 1), min_size=1))


@given(segmentations(least=3), st.data(), st.integers(-40, 40))
def test_a_segment_moves_as_a_whole(
    value: Segmentation, data: st.DataObject, frames: int
) -> None:
    index = data.draw(st.integers(1, len(value) - 2))
    moved = move_segment(value, index, frames)
    low, high = move_limits(value, index)
    by = min(max(frames, low), high)
    old, new = value.segments[index], moved.segments[index]
    assert (new.start, new.stop) == (old.start + by, old.stop + by)
    assert [s.class_id for s in moved.segments] == [s.class_id for s in value.segments]
    far = [i for i in range(len(value)) if abs(i - index) > 1]
    assert [moved.segments[i] for i in far] == [value.segments[i] for i in far]
    assert {r.origin for r in new.runs} <= {r.origin for r in old.runs}
    assert new.start_reviewed
    assert new.stop_reviewed
    assert move_segment(moved, index, -by).to_frames().tolist() == (
        value.to_frames().tolist()
    )


@given(segmentations(), st.integers(-3, 3))
def test_the_first_and_the_last_stay(value: Segmentation, frames: int) -> None:
    for index in (0, len(value) - 1):
        with pytest.raises(EditError, match="begin or end with the video"):
            move_segment(value, index, frames)


@given(chosen(), st.none() | st.integers(0, 3))
def test_all_are_relabelled_and_what_touches_is_one(
    what: tuple[Segmentation, set[int]], class_id: int | None
) -> None:
    value, indices = what
    made = relabel_all(value, indices, class_id)
    if len(indices) == 1:
        assert made == relabel(value, *indices, class_id)
    wanted = [
        class_id if i in indices else s.class_id for i, s in enumerate(value.segments)
    ]
    for old, label in zip(value.segments, wanted, strict=True):
        assert made.at(old.start).class_id == label
    divided = [
        b.start
        for a, b in pairwise(value.segments)
        if (a.class_id, a.undecided) == (b.class_id, b.undecided)
    ]
    for a, b in pairwise(made.segments):
        same = (a.class_id, a.undecided) == (b.class_id, b.undecided)
        assert not same or b.start in divided


@given(chosen())
def test_what_has_a_label_is_reviewed(what: tuple[Segmentation, set[int]]) -> None:
    value, indices = what
    made = review_all(value, indices)
    for i, (old, new) in enumerate(zip(value.segments, made.segments, strict=True)):
        asked = i in indices and old.class_id is not None
        assert new.reviewed or not (asked or old.reviewed)
        assert new.class_reviewed == (asked or old.class_reviewed)


@given(chosen())
def test_the_selected_go_and_nothing_else_changes_its_label(
    what: tuple[Segmentation, set[int]],
) -> None:
    value, indices = what
    if len(indices) == len(value):
        with pytest.raises(EditError, match=r"leave one|The only segment"):
            delete_all_into_neighbours(value, indices)
        return
    made = delete_all_into_neighbours(value, indices)
    assert made.n_frames == value.n_frames
    assert len(made) == len(value) - len(indices)
    before, after = value.to_frames(), made.to_frames()
    kept = [s for i, s in enumerate(value.segments) if i not in indices]
    for segment in kept:
        span = slice(segment.start, segment.stop)
        np.testing.assert_array_equal(after[span], before[span])


@given(segmentations(least=2), st.data())
def test_a_boundary_goes_and_the_longer_label_is_left(
    value: Segmentation, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(value) - 2))
    made = remove_boundary(value, index)
    left, right = value.segments[index : index + 2]
    cuts = value.boundaries.tolist()
    assert made.boundaries.tolist() == cuts[:index] + cuts[index + 1 :]
    same = [i for i in range(len(made)) if i != index]
    far = [*value.segments[:index], *value.segments[index + 2 :]]
    assert [made.segments[i].class_id for i in same] == [s.class_id for s in far]
    longer = right if len(right) > len(left) else left
    labelled = [s for s in (left, right) if s.class_id is not None]
    won = labelled[0] if len(labelled) == 1 else longer
    assert made.segments[index].class_id == won.class_id
    with pytest.raises(EditError, match="no boundary"):
        remove_boundary(value, len(value) - 1)


@given(chosen())
def test_runs_are_joined_under_their_first_label(
    what: tuple[Segmentation, set[int]],
) -> None:
    value, indices = what
    touching = [i for i in indices if i + 1 in indices]
    if not touching:
        with pytest.raises(EditError, match="touch"):
            merge_all(value, indices)
        return
    made = merge_all(value, indices)
    assert len(made) == len(value) - len(touching)
    for i in indices:
        first = i
        while first - 1 in indices:
            first -= 1
        at = value.segments[i].start
        assert made.at(at).class_id == value.segments[first].class_id


@given(segmentations(), st.data())
def test_a_copied_range_is_that_of_the_other_lane(
    value: Segmentation, data: st.DataObject
) -> None:
    n = value.n_frames
    labels = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    other = Segmentation.from_frames(np.array(labels), "model")
    start = data.draw(st.integers(0, n - 1))
    stop = data.draw(st.integers(start + 1, n))
    made = copy_range(value, other, start, stop)
    frames = made.to_frames()
    np.testing.assert_array_equal(frames[start:stop], labels[start:stop])
    np.testing.assert_array_equal(frames[:start], value.to_frames()[:start])
    np.testing.assert_array_equal(frames[stop:], value.to_frames()[stop:])
    for run in made.runs:
        if start <= run.start and run.stop <= stop and run.class_id is not None:
            assert run.source == "model"
            assert not run.class_reviewed, "nobody looked at what is copied"


def test_what_cannot_be_copied_is_refused() -> None:
    two, three = Segmentation.unlabelled(2), Segmentation.unlabelled(3)
    with pytest.raises(EditError, match="covers 3 frames"):
        copy_range(two, three, 0, 1)
    with pytest.raises(EditError, match="does not lie in the video"):
        copy_range(two, two, 1, 3)


@pytest.mark.parametrize("indices", [set(), {-1}, {3}])
def test_segments_that_are_not_there_are_refused(indices: set[int]) -> None:
    value = Segmentation.from_frames([0, 1, 2])
    with pytest.raises(EditError, match="select"):
        relabel_all(value, indices, 1)
