from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from skelseg_core.errors import EditError
from skelseg_core.labels import edits
from skelseg_core.labels.bulk_edits import delete_all_into_neighbours
from skelseg_core.labels.classes import ActionClass, LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from tests.seen import review
from tests.segments import segmentations
from tests.soak import examples

CLASS = st.one_of(st.none(), st.integers(0, 3))


def ranges(n_frames: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, n_frames - 1), st.integers(1, n_frames)).map(
        lambda ab: (min(ab[0], ab[1] - 1), max(ab[0] + 1, ab[1]))
    )


def facts(segmentation: Segmentation) -> list[tuple[object, ...]]:
    """Label, source and protection of every frame."""
    return [
        (s.class_id, s.source, s.protected)
        for s in segmentation.runs
        for _ in range(len(s))
    ]


def check_tiling(segmentation: Segmentation, n_frames: int) -> None:
    assert segmentation.segments[0].start == 0
    assert segmentation.n_frames == n_frames
    assert all(len(s) > 0 for s in segmentation.segments)
    stops = [s.stop for s in segmentation.segments[:-1]]
    assert stops == segmentation.boundaries.tolist()


@given(segmentations(), st.data())
def test_paint_changes_its_range_only(
    before: Segmentation, data: st.DataObject
) -> None:
    start, stop = data.draw(ranges(before.n_frames))
    class_id = data.draw(CLASS)
    after = edits.paint(before, start, stop, class_id)
    check_tiling(after, before.n_frames)
    old, new = facts(before), facts(after)
    assert new[:start] == old[:start]
    assert new[stop:] == old[stop:]
    labelled = class_id is not None
    said = (class_id, "human" if labelled else None, labelled)
    assert set(new[start:stop]) == {said}
    assert edits.paint(after, start, stop, class_id) == after


@given(segmentations(sources=["human"], mixed=False), st.data())
def test_moving_a_boundary_back_restores(
    before: Segmentation, data: st.DataObject
) -> None:
    if len(before) == 1:
        return
    index = data.draw(st.integers(0, len(before) - 2))
    frame = data.draw(st.integers(-5, before.n_frames + 5))
    old = before.segments[index].stop
    after = edits.move_boundary(before, index, frame)
    check_tiling(after, before.n_frames)
    assert len(after) == len(before)
    low, high = sorted((old, after.segments[index].stop))
    assert facts(after)[:low] == facts(before)[:low]
    assert facts(after)[high:] == facts(before)[high:]
    # It is back where it was, and a person reviewed it now.
    stays = edits.move_boundary(before, index, old)
    assert edits.move_boundary(after, index, old) == stays
    assert stays.boundaries.tolist() == before.boundaries.tolist()


@given(segmentations(), st.data())
def test_split_and_merge(before: Segmentation, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, before.n_frames - 1))
    index = before.index_at(frame)
    if before.segments[index].start == frame:
        with pytest.raises(EditError, match="begins at frame"):
            edits.split(before, frame)
        return
    after = edits.split(before, frame)
    check_tiling(after, before.n_frames)
    assert facts(after) == facts(before)
    assert len(after) == len(before) + 1
    back = edits.merge(after, index)
    assert back.to_frames().tolist() == before.to_frames().tolist()
    segment = before.segments[index]
    # Nobody reviewed the ends of the one segment that is left of a video.
    if segment.source == "human" and segment.reviewed and len(before) > 1:
        assert back == before


@given(segmentations(), st.data())
def test_relabel_review_absorb_touch_only_their_segments(
    before: Segmentation, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(before) - 1))
    segment = before.segments[index]
    class_id = data.draw(CLASS)
    after = edits.relabel(before, index, class_id)
    check_tiling(after, before.n_frames)
    assert after.at(segment.start).class_id == class_id
    old, new = facts(before), facts(after)
    assert old[: segment.start] == new[: segment.start]
    assert old[segment.stop :] == new[segment.stop :]
    if segment.class_id is not None:
        assert review(before, index).segments[index].reviewed
    if len(before) > 1:
        without = delete_all_into_neighbours(before, [index])
        check_tiling(without, before.n_frames)
        assert len(without) == len(before) - 1
        labels = before.to_frames(), without.to_frames()
        for part in (slice(segment.start), slice(segment.stop, None)):
            assert labels[0][part].tolist() == labels[1][part].tolist()


@given(st.data())
def test_accept_never_changes_what_a_person_made(data: st.DataObject) -> None:
    annotation = data.draw(segmentations())
    n = annotation.n_frames
    prediction = data.draw(segmentations(n_frames=n, sources=["model"]))
    start, stop = data.draw(ranges(n))
    after = edits.accept(annotation, prediction, start, stop)
    check_tiling(after, n)
    old, new, model = annotation.to_frames(), after.to_frames(), prediction.to_frames()
    for frame, was in enumerate(facts(annotation)):
        if was[2] or not start <= frame < stop:
            assert new[frame] == old[frame]
            assert facts(after)[frame][2] or not was[2]
        else:
            # A segment with an end that a person set, and the model another class.
            assert new[frame] in (model[frame], old[frame])


@given(segmentations(sources=["model"]), st.data())
def test_accepting_in_pieces_equals_accepting_at_once(
    drawn: Segmentation, data: st.DataObject
) -> None:
    prediction = Segmentation.from_frames(drawn.to_frames(), "model")
    n = prediction.n_frames
    empty = Segmentation.unlabelled(n)
    cuts = sorted({0, n, *data.draw(st.lists(st.integers(0, n), max_size=4))})
    result = empty
    for start, stop in data.draw(st.permutations(list(itertools.pairwise(cuts)))):
        result = edits.accept(result, prediction, start, stop)
    assert result == edits.accept(empty, prediction) == prediction


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60))
def test_frames_and_back(labels: list[int]) -> None:
    found = Segmentation.from_frames(labels)
    check_tiling(found, len(labels))
    expected = np.maximum(labels, UNLABELLED)
    assert found.to_frames().tolist() == expected.tolist()
    runs = 1 + np.count_nonzero(np.diff(expected))
    assert len(found) == runs
    for frame in range(len(labels)):
        assert found.at(frame).start <= frame < found.at(frame).stop


def test_from_frames_averages_confidence() -> None:
    found = Segmentation.from_frames([1, 1, 2], "model", np.array([0.2, 0.4, 1.0]))
    assert [s.confidence for s in found.segments] == pytest.approx([0.3, 1.0])


def test_painting_joins_what_touches_and_splits_stay() -> None:
    base = Segmentation.unlabelled(30)
    base = edits.paint(base, 0, 10, 1)
    base = edits.paint(base, 10, 20, 1)
    assert [(s.start, s.stop) for s in base.segments] == [(0, 20), (20, 30)]
    apart = edits.split(base, 10)
    assert len(apart) == 3
    assert edits.paint(apart, 5, 12, 1).segments[0] == Segment(0, 20, 1).as_reviewed()


@pytest.mark.parametrize(
    "edit",
    [
        lambda s: edits.paint(s, 5, 5, 1),
        lambda s: edits.paint(s, -1, 5, 1),
        lambda s: edits.paint(s, 0, 11, 1),
        lambda s: edits.move_boundary(s, 0, 5),
        lambda s: edits.merge(s, 0),
        lambda s: edits.merge(s, -1),
        lambda s: edits.relabel(s, 1, 2),
        lambda s: delete_all_into_neighbours(s, [0]),
        lambda s: review(s, 0),
        lambda s: edits.split(s, 10),
        lambda s: edits.accept(s, Segmentation.unlabelled(11)),
        lambda s: Segmentation(()),
        lambda s: Segmentation((Segment(0, 5), Segment(6, 9))),
        lambda s: Segmentation((Segment(0, 5), Segment(4, 9))),
        lambda s: Segmentation((Segment(0, 0),)),
        lambda s: Segmentation.unlabelled(0),
        lambda s: Segmentation.from_frames([]),
    ],
)
def test_what_would_break_a_segmentation_is_refused(edit: object) -> None:
    with pytest.raises(EditError):
        edit(Segmentation.unlabelled(10))  # type: ignore[operator]


def test_label_map_ids_and_indices() -> None:
    label_map = LabelMap((ActionClass(7, "walk"), ActionClass(2, "stand")))
    labels = np.array([2, 7, -1, 7])
    indices = label_map.to_indices(labels)
    assert indices.tolist() == [1, 0, -1, 0]
    assert label_map.to_indices(np.array([99])).tolist() == [UNLABELLED]
    assert label_map.name_of(2) == "stand"
    assert label_map.name_of(None) == ""
    assert label_map.named("walk") == label_map.get(7)
    assert label_map.get(3) is None


def test_classes_from_names() -> None:
    label_map = label_map_from_names([f" class {i} " for i in range(12)])
    assert label_map.names[0] == "class 0"
    assert [c.key for c in label_map.classes] == [*"1234567890", "Shift+1", "Shift+2"]
    assert len({c.color for c in label_map.classes}) == 12


@pytest.mark.parametrize(
    "names",
    [[], ["a", "a"], ["a", " a"], [""], ["a\nb"], ["a\x85b"],
     ["a\u2028b"], ["a\0"], ["a\ud800"], ["=1+1"], ["@x"],
     ["\uff1d1+1"], ["a\u202eb"], ["\u2066a"]],
)  # fmt: skip
def test_names_no_file_can_carry_are_refused(names: list[str]) -> None:
    with pytest.raises(EditError):
        label_map_from_names(names)


def test_ids_are_distinct_and_not_negative() -> None:
    with pytest.raises(EditError, match="id '1' appears twice"):
        LabelMap((ActionClass(1, "a"), ActionClass(1, "b")))
    with pytest.raises(EditError, match="negative"):
        LabelMap((ActionClass(-1, "a"),))


class AgainstDenseArray(RuleBasedStateMachine):
    """Edits in any order hold against a plain array of labels; undo restores."""

    @initialize(n_frames=st.integers(1, 30))
    def start(self, n_frames: int) -> None:
        self.now = Segmentation.unlabelled(n_frames)
        self.dense = np.full(n_frames, UNLABELLED)
        self.past: list[tuple[Segmentation, np.ndarray]] = []

    def step(self, new: Segmentation, dense: np.ndarray) -> None:
        self.past.append((self.now, self.dense))
        self.now, self.dense = new, dense

    @rule(data=st.data(), class_id=CLASS)
    def paint(self, data: st.DataObject, class_id: int | None) -> None:
        start, stop = data.draw(ranges(self.now.n_frames))
        dense = self.dense.copy()
        dense[start:stop] = UNLABELLED if class_id is None else class_id
        self.step(edits.paint(self.now, start, stop, class_id), dense)

    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        frame = data.draw(st.integers(0, self.now.n_frames - 1))
        if self.now.at(frame).start != frame:
            self.step(edits.split(self.now, frame), self.dense)

    @rule(data=st.data(), frame=st.integers(0, 30))
    def drag(self, data: st.DataObject, frame: int) -> None:
        if len(self.now) > 1:
            index = data.draw(st.integers(0, len(self.now) - 2))
            left, right = self.now.segments[index : index + 2]
            frame = max(left.start + 1, min(frame, right.stop - 1))
            dense = self.dense.copy()
            dense[left.start : frame] = self.dense[left.start]
            dense[frame : right.stop] = self.dense[right.start]
            self.step(edits.move_boundary(self.now, index, frame), dense)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        if len(self.now) > 1:
            index = data.draw(st.integers(0, len(self.now) - 2))
            left, right = self.now.segments[index : index + 2]
            dense = self.dense.copy()
            dense[right.start : right.stop] = self.dense[left.start]
            self.step(edits.merge(self.now, index), dense)

    @rule()
    def undo(self) -> None:
        if self.past:
            self.now, self.dense = self.past.pop()

    @invariant()
    def same(self) -> None:
        check_tiling(self.now, len(self.dense))
        assert self.now.to_frames().tolist() == self.dense.tolist()


TestAgainstDenseArray = AgainstDenseArray.TestCase
TestAgainstDenseArray.settings = settings(
    max_examples=examples(40), stateful_step_count=20, deadline=None
)


@given(segmentations(), st.data())
def test_a_written_start_or_stop_is_taken_exactly_or_refused(
    before: Segmentation, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(before) - 1))
    frame = data.draw(st.integers(-2, before.n_frames + 2))
    for edit, boundary in ((edits.start_at, index - 1), (edits.stop_at, index)):
        if not 0 <= boundary < len(before) - 1:
            with pytest.raises(EditError, match="with the video; split it"):
                edit(before, index, frame)
            continue
        left, right = before.segments[boundary : boundary + 2]
        if left.start < frame < right.stop:
            after = edit(before, index, frame)
            check_tiling(after, before.n_frames)
            if frame == left.stop:
                assert after is before, "it stands there already"
            else:
                assert after == edits.move_boundary(before, boundary, frame)
            assert after.segments[boundary].stop == frame
        else:
            said = f"at frame {frame:,}; it can from"
            if edit is edits.stop_at:  # People name the last frame.
                said = f"cannot be {frame - 1:,}; it can be"
            with pytest.raises(EditError, match=said):
                edit(before, index, frame)


def test_repetitions_that_a_person_split_stay_two_when_their_class_is_merged() -> None:
    split = Segmentation(
        (
            Segment(0, 10, 1, "human"),
            Segment(10, 20, 1, "human"),
            Segment(20, 30, 2, "human"),
            Segment(30, 40, 1, "human"),
        )
    )
    merged = edits.remap_classes(split, {1: 2})
    assert [(s.start, s.stop, s.class_id) for s in merged.segments] == [
        (0, 10, 2),
        (10, 40, 2),
    ]
    renamed = edits.remap_classes(split, {1: 3})
    assert [(s.start, s.stop, s.class_id) for s in renamed.segments] == [
        (0, 10, 3),
        (10, 20, 3),
        (20, 30, 2),
        (30, 40, 3),
    ]


def test_frames_without_a_label_are_taken_over_as_nobodys() -> None:
    prediction = Segmentation(
        (
            Segment(0, 4, None, "model"),
            Segment(4, 8, 1, "model", confidence=0.9),
            Segment(8, 12, None, "model"),
        )
    )
    after = edits.accept(Segmentation.unlabelled(12), prediction)
    assert [(s.class_id, s.reviewed, s.protected) for s in after.segments] == [
        (None, False, False),
        (1, False, False),
        (None, False, False),
    ]


@given(segmentations())
def test_what_is_counted_once_is_what_counting_gives(made: Segmentation) -> None:
    per_frame = [s for s in made.segments for _ in range(len(s))]
    assert made.n_labelled == sum(s.class_id is not None for s in per_frame)
    assert made.n_protected == sum(protected for *_, protected in facts(made))
    assert made.n_undecided == sum(s.undecided for s in per_frame)
    assert made.n_protected <= made.n_labelled + made.n_undecided
    wanted = [-1 if s.class_id is None else s.class_id for s in made.segments]
    assert made.class_ids.tolist() == wanted


def test_what_is_taken_over_as_it_is_is_not_copied() -> None:
    said = Segmentation.from_frames([0, 0, 1, 2, 2], "model", np.full(5, 0.75))
    taken = edits.accept(Segmentation.unlabelled(5), said)
    assert all(a is b for a, b in zip(taken.segments, said.segments, strict=True))
    # A person's boundary, and what was said otherwise than by a model, make others.
    mine = edits.split(Segmentation.unlabelled(5), 3)
    held = edits.accept(mine, said).segments
    assert [s.start_reviewed for s in held] == [False, False, True]
    assert held[0] is said.segments[0]
    imported = Segmentation.from_frames([0, 0, 1, 2, 2], "import")
    again = edits.accept(Segmentation.unlabelled(5), imported)
    assert {s.source for s in again.segments} == {"model"}
