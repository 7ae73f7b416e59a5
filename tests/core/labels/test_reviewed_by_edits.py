"""Who reviews what: every edit says it, and reviews nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.bulk_edits import (
    copy_range,
    delete_all_into_neighbours,
    leave_undecided,
    make_undecided,
    merge_all,
    move_segment,
    relabel_all,
    remove_boundary,
)
from skelseg_core.labels.constraints import Constraints, protected_labels
from skelseg_core.labels.edits import (
    accept,
    carry_boundary,
    merge,
    move_boundary,
    paint,
    relabel,
    relabelled,
    remap_classes,
    split,
    start_at,
    stop_at,
    united,
)
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import (
    ReviewedBy,
    Segment,
    Segmentation,
    Source,
    weaker,
)
from skelseg_core.predictions.lanes import exported_lane
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.json import SCHEMA, labels_from_json, labels_text
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.review.evidence import Evidence
from tests.journals import last_lanes
from tests.projects import make_project
from tests.seen import review, review_all
from tests.segments import segmentations
from tests.soak import examples


class Reviewed(Enum):
    """The part of a segment that a person reviewed by an edit."""

    NOTHING = "nothing"
    BOUNDARY = "the boundary"
    ENDS = "both ends"
    CLASS = "the class"
    CLASS_AND_ENDS_SET = "the class, and the ends it sets"
    SEGMENT = "the class and both ends"


REVIEWED_BY: Mapping[Callable[..., Any], Reviewed] = {
    # A drag, a nudge, a tick, a click in the loupe, a trim, a frame typed into a table.
    move_boundary: Reviewed.BOUNDARY,
    # The place that a model likes next.
    carry_boundary: Reviewed.NOTHING,
    start_at: Reviewed.BOUNDARY,
    stop_at: Reviewed.BOUNDARY,
    split: Reviewed.BOUNDARY,
    move_segment: Reviewed.ENDS,
    # A class key pressed on a segment, or on several.
    relabel: Reviewed.CLASS,
    relabel_all: Reviewed.CLASS,
    # A boundary or a segment that goes, without a look at what it leaves.
    remove_boundary: Reviewed.NOTHING,
    merge: Reviewed.NOTHING,
    merge_all: Reviewed.NOTHING,
    delete_all_into_neighbours: Reviewed.NOTHING,
    # A marked range and a live key; a key that is held up sets no end there.
    paint: Reviewed.CLASS_AND_ENDS_SET,
    # Nobody saw what is copied.
    copy_range: Reviewed.NOTHING,
    # There is no class to review.
    make_undecided: Reviewed.ENDS,
    leave_undecided: Reviewed.ENDS,
    # Return.
    review: Reviewed.SEGMENT,
    review_all: Reviewed.SEGMENT,
    # Ctrl+Return, and the merging of classes; imports review nothing either.
    accept: Reviewed.NOTHING,
    remap_classes: Reviewed.NOTHING,
}


@dataclass
class Made:
    """What an edit made, and what the person said by it."""

    after: Segmentation
    boundaries: set[int] = field(default_factory=set)
    classes: set[int] = field(default_factory=set)
    """Frames whose class the person said or agreed with."""
    replaced: range = range(0)
    """Boundaries at these frames are another lane's, of which nobody said anything."""


def _frames(*segments: Segment) -> set[int]:
    return {f for s in segments for f in range(s.start, s.stop)}


def _ends(*segments: Segment) -> set[int]:
    return {f for s in segments for f in (s.start, s.stop)}


def _moved(edit: Callable[..., Segmentation]) -> Callable[..., Made]:
    def make(value: Segmentation, draw: Callable[..., int]) -> Made:
        index = draw(0, len(value) - 2)
        left, right = value.segments[index : index + 2]
        frame = draw(left.start + 1, right.stop - 1)
        number = index + 1 if edit is start_at else index
        typed = edit is not move_boundary and frame == left.stop
        return Made(edit(value, number, frame), set() if typed else {frame})

    return make


def _carried(value: Segmentation, draw: Callable[..., int]) -> Made:
    index = draw(0, len(value) - 2)
    left, right = value.segments[index : index + 2]
    frame = draw(left.start + 1, right.stop - 1)
    inside = range(min(frame, left.stop), max(frame, left.stop) + 1)
    if frame == left.stop:
        inside = range(0)
    return Made(carry_boundary(value, index, frame), replaced=inside)


def _split(value: Segmentation, draw: Callable[..., int]) -> Made:
    frame = draw(0, value.n_frames - 1)
    if value.at(frame).start == frame:
        return Made(value)
    return Made(split(value, frame), {frame})


def _move_segment(value: Segmentation, draw: Callable[..., int]) -> Made:
    index = draw(1, len(value) - 2)
    after = move_segment(value, index, draw(-9, 9))
    return Made(after, _ends(after.segments[index]))


def _relabelled(edit: Callable[..., Segmentation]) -> Callable[..., Made]:
    def make(value: Segmentation, draw: Callable[..., int]) -> Made:
        index = draw(0, len(value) - 1)
        what = {index} if edit is relabel_all else index
        after = edit(value, what, draw(0, 3))
        return Made(after, set(), _frames(value.segments[index]))

    return make


def _joined(edit: Callable[..., Segmentation]) -> Callable[..., Made]:
    def make(value: Segmentation, draw: Callable[..., int]) -> Made:
        index = draw(0, len(value) - 2)
        what = {delete_all_into_neighbours: {index}, merge_all: {index, index + 1}}.get(
            edit, index
        )
        return Made(edit(value, what))

    return make


def _range(value: Segmentation, draw: Callable[..., int]) -> tuple[int, int]:
    start = draw(0, value.n_frames - 1)
    return start, draw(start + 1, value.n_frames)


def _paint(value: Segmentation, draw: Callable[..., int]) -> Made:
    start, stop = _range(value, draw)
    here, there = draw(0, 1) == 1, draw(0, 1) == 1
    after = paint(value, start, stop, draw(0, 3), sets_start=here, sets_stop=there)
    ends = {f for f, sets in ((start, here), (stop, there)) if sets}
    return Made(after, ends, set(range(start, stop)))


def _copy(value: Segmentation, draw: Callable[..., int]) -> Made:
    start, stop = _range(value, draw)
    labels = [draw(-1, 3) for _ in range(value.n_frames)]
    other = Segmentation.from_frames(labels, "model")
    after = copy_range(value, other, start, stop)
    return Made(after, set(), set(), range(start, stop + 1))


def _undecided(value: Segmentation, draw: Callable[..., int]) -> Made:
    start, stop = _range(value, draw)
    after = make_undecided(value, start, stop)
    band = after.at(start)
    assert band is after.at(stop - 1)
    assert band.undecided
    return Made(after, {start, stop})


def _left_undecided(value: Segmentation, draw: Callable[..., int]) -> Made:
    index = draw(0, len(value) - 1)
    after = leave_undecided(value, {index})
    segment = value.segments[index]
    assert after.at(segment.start).undecided
    return Made(after, {segment.start, segment.stop})


def _reviewed(edit: Callable[..., Segmentation]) -> Callable[..., Made]:
    def make(value: Segmentation, draw: Callable[..., int]) -> Made:
        index = draw(0, len(value) - 1)
        segment = value.segments[index]
        if segment.class_id is None:
            return Made(value)
        after = edit(value, {index} if edit is review_all else index)
        return Made(after, _ends(segment), _frames(segment))

    return make


def _accept(value: Segmentation, draw: Callable[..., int]) -> Made:
    labels = [draw(-1, 3) for _ in range(value.n_frames)]
    said = Segmentation.from_frames(labels, "model", np.ones(value.n_frames))
    return Made(accept(value, said, *_range(value, draw)))


def _reclassify(value: Segmentation, draw: Callable[..., int]) -> Made:
    return Made(remap_classes(value, {draw(0, 3): draw(0, 3)}))


MAKE = {
    move_boundary: _moved(move_boundary),
    carry_boundary: _carried,
    start_at: _moved(start_at),
    stop_at: _moved(stop_at),
    split: _split,
    move_segment: _move_segment,
    relabel: _relabelled(relabel),
    relabel_all: _relabelled(relabel_all),
    remove_boundary: _joined(remove_boundary),
    merge: _joined(merge),
    merge_all: _joined(merge_all),
    delete_all_into_neighbours: _joined(delete_all_into_neighbours),
    paint: _paint,
    copy_range: _copy,
    make_undecided: _undecided,
    leave_undecided: _left_undecided,
    review: _reviewed(review),
    review_all: _reviewed(review_all),
    accept: _accept,
    remap_classes: _reclassify,
}


def _reviewed(value: Segmentation) -> tuple[dict[int, bool], list[bool]]:
    """By boundary, and by frame for the class."""
    segments = value.segments
    return (
        {right.start: right.start_reviewed for right in segments[1:]},
        [s.class_reviewed for s in value.runs for _ in range(len(s))],
    )


def check_invariants(value: Segmentation) -> None:
    for left, right in pairwise(value.segments):
        assert left.stop_reviewed == right.start_reviewed
    for segment in value.segments:
        assert (segment.source is None) == (segment.class_id is None)
        assert segment.class_id is not None or not segment.reviewed
        assert segment.accepted or segment.protected or segment.unlabelled
        assert not segment.undecided or segment.class_id is None
    first, last = value.segments[0], value.segments[-1]
    if len(value) > 1:
        assert first.reviewed == (first.class_reviewed and first.stop_reviewed)
        assert last.reviewed == (last.class_reviewed and last.start_reviewed)


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(list(REVIEWED_BY)), segmentations(least=3), st.data())
def test_an_edit_reviews_what_its_gesture_says(
    edit: Callable[..., Segmentation], value: Segmentation, data: st.DataObject
) -> None:
    made = MAKE[edit](value, lambda a, b: data.draw(st.integers(a, b)))
    check_invariants(made.after)
    says = REVIEWED_BY[edit]
    assert not made.boundaries or says not in (Reviewed.NOTHING, Reviewed.CLASS)
    assert not made.classes or says not in (
        Reviewed.NOTHING,
        Reviewed.BOUNDARY,
        Reviewed.ENDS,
    )
    (cuts, classes), (new_cuts, new_classes) = _reviewed(value), _reviewed(made.after)
    inner = made.replaced
    if edit is copy_range:
        # Where it begins and ends, somebody may have seen a boundary before.
        inner = inner[1:-1]
    for frame, reviewed in new_cuts.items():
        before = cuts.get(frame, False) and frame not in inner
        assert reviewed == (frame in made.boundaries or before)
    undecided = edit in (make_undecided, leave_undecided)
    ends = says in (Reviewed.BOUNDARY, Reviewed.ENDS) and not undecided
    ends |= edit is carry_boundary
    if len(new_cuts) == len(cuts) and ends:
        # Frames change sides with a boundary; the classes are said of as before.
        for old, new in zip(value.segments, made.after.segments, strict=True):
            assert {r.origin for r in new.runs} <= {r.origin for r in old.runs}
        return
    labels = made.after.to_frames()
    copied = range(made.replaced.start, made.replaced.stop - 1)
    for frame, (old, new) in enumerate(zip(classes, new_classes, strict=True)):
        if frame in made.classes:
            assert new == bool(labels[frame] >= 0)
        elif (undecided and made.after.at(frame).undecided) or frame in copied:
            assert not new
        elif says is Reviewed.NOTHING:
            assert new <= old, "joined with what nobody reviewed"
        else:
            assert new == old


@settings(max_examples=examples(200), deadline=None)
@given(
    st.sampled_from([e for e in REVIEWED_BY if e not in (paint, copy_range)]),
    segmentations(least=3),
    st.data(),
)
def test_where_a_label_comes_from_is_changed_by_nothing_beside_it(
    edit: Callable[..., Segmentation], value: Segmentation, data: st.DataObject
) -> None:
    made = MAKE[edit](value, lambda a, b: data.draw(st.integers(a, b)))
    before, after = (
        [(r.class_id, r.source) for r in v.runs for _ in range(len(r))]
        for v in (value, made.after)
    )
    protected = value.frames_where(lambda r: r.protected)
    moves = REVIEWED_BY[edit] in (Reviewed.BOUNDARY, Reviewed.ENDS)
    moves |= edit is carry_boundary
    for frame, (old, new) in enumerate(zip(before, after, strict=True)):
        # Accepting takes what a model says now of what no person said; a class that is
        # merged into another keeps who said it.
        same = old[0] == new[0] and not moves
        if edit is remap_classes or (same and (edit is not accept or protected[frame])):
            assert new[1] == old[1]


@settings(max_examples=examples(100), deadline=None)
@given(segmentations(n_frames=40, ids=(None, 0, 1, 2)), st.data())
def test_accepting_makes_what_the_lane_shows(
    value: Segmentation, data: st.DataObject
) -> None:
    chances = np.random.default_rng(data.draw(st.integers(0, 99))).random((40, 3))
    chances /= chances.sum(axis=1, keepdims=True)
    known = Constraints.of_person(value)
    shown = Evidence(chances, np.arange(3), 25.0).decode(constraints=known)
    made = accept(value, shown)
    undecided = value.undecided
    np.testing.assert_array_equal(
        made.to_frames()[~undecided], shown.to_frames()[~undecided]
    )
    # A person may have divided what has no label, of which the decoder knows nothing.
    unknown = {b.start for a, b in pairwise(value.segments) if a.class_id is b.class_id}
    cuts = [set(v.boundaries.tolist()) - unknown for v in (made, shown)]
    edges = set((np.flatnonzero(undecided[1:] | undecided[:-1]) + 1).tolist())
    assert cuts[0] - edges == cuts[1] - edges


def test_every_edit_of_the_core_says_what_it_reviews() -> None:
    from skelseg_core.labels import bulk_edits, edits

    found = {
        value
        for module in (edits, bulk_edits)
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and str(getattr(value, "__annotations__", {}).get("return")) == "Segmentation"
    }
    assert (
        found
        - {edits.replace_range, edits.after_joining, edits.joined_at, edits.with_label}
        - {edits.accept_where, edits.accept_to_review}  # as `accept`
        | {review, review_all}
        == set(REVIEWED_BY)
        == set(MAKE)
    )


# -- what a segment that nobody looked at must not become ------------------------------


def accepted(*stops: int) -> Segmentation:
    """Segments of classes 0, 1, ... as a model said them."""
    edges = pairwise((0, *stops))
    return Segmentation(
        tuple(
            Segment(a, b, i, "model", confidence=0.5) for i, (a, b) in enumerate(edges)
        )
    )


def test_a_nudge_reviews_its_boundary_and_return_for_the_segment() -> None:
    value = move_boundary(accepted(10, 20, 30, 40), 1, 18)
    assert [s.source for s in value.segments] == ["model"] * 4
    assert not any(s.reviewed for s in value.segments)
    assert value.n_protected == 0, "no class is a person's"
    assert value.segments[1].confidence == 0.5
    # Where it is already is an answer as well.
    again = move_boundary(accepted(10, 20, 30, 40), 1, 20)
    assert again.segments[2].start_reviewed
    seen = review(value, 1)
    assert seen.segments[1].reviewed
    assert seen.segments[0].stop_reviewed
    assert not seen.segments[0].reviewed
    # Ends and class, each by itself, are the same in the end.
    by_hand = relabel(move_boundary(value, 0, 11), 1, 1)
    assert by_hand.segments[1].reviewed
    assert by_hand.n_reviewed == 7


def test_one_digit_on_a_whole_video_is_no_review_of_it() -> None:
    whole = relabel(Segmentation.unlabelled(10), 0, 1)
    assert (whole.n_protected, whole.n_reviewed) == (10, 0)
    assert review(whole, 0).n_reviewed == 10
    assert paint(Segmentation.unlabelled(10), 0, 10, 1).n_reviewed == 10
    # Nor after a segment came and went.
    back = delete_all_into_neighbours(paint(Segmentation.unlabelled(10), 0, 3, 1), [0])
    assert relabel(back, 0, 1).n_reviewed == 0


@pytest.mark.parametrize(
    "join",
    [
        lambda s: remove_boundary(s, 0),
        lambda s: merge(s, 0),
        lambda s: merge_all(s, {0, 1}),
        lambda s: delete_all_into_neighbours(s, {0}),
    ],
)
def test_one_segment_that_joining_left_is_not_reviewed_by_that(
    join: Callable[[Segmentation], Segmentation],
) -> None:
    whole = relabel(Segmentation.unlabelled(100), 0, 1)
    one = join(split(whole, 50))
    assert len(one) == 1
    assert one.n_protected == 100
    assert one.n_reviewed == 0


def test_accept_joins_what_no_person_divided() -> None:
    prediction = accepted(20, 40)
    # A key that was still held when the video stopped set no end there.
    hand = paint(Segmentation.unlabelled(40), 0, 12, 0, sets_stop=False)
    value = accept(hand, prediction)
    assert [(s.start, s.stop, s.class_id) for s in value.segments] == [
        (0, 20, 0),
        (20, 40, 1),
    ]
    first = value.segments[0]
    assert not first.reviewed
    # Nobody looked at frames 12 to 19: no truth, and a model may change its mind.
    assert [(r.start, r.stop, r.source) for r in first.runs] == [
        (0, 12, "human"),
        (12, 20, "model"),
    ]
    assert first.accepted
    assert not first.protected
    assert value.reviewed_labels.n_labelled == 12
    np.testing.assert_array_equal(protected_labels(value)[:20], [0] * 12 + [-1] * 8)
    other = Segmentation.from_frames(np.full(40, 3), "model")
    assert accept(value, other).to_frames().tolist() == [0] * 12 + [3] * 28
    assert review(value, 0).reviewed_labels.n_labelled == 20
    # From both sides, and where a person divided they stay two.
    more = paint(hand, 15, 18, 0, sets_start=False, sets_stop=False)
    both = accept(more, prediction)
    assert len(both) == 2
    parted = accept(split(hand, 6), prediction)
    assert parted.boundaries.tolist() == [6, 20]
    halves = accept(split(Segmentation.unlabelled(40), 7), prediction)
    assert halves.boundaries.tolist() == [7, 20]
    # What a model said before joins, too.
    assert accept(accept(hand, prediction, 0, 15), prediction) == value


def test_an_action_that_spans_a_label_and_an_accepted_one_is_one() -> None:
    """It counted as two, or three, in every table: the ends of a label so far."""
    hand = paint(Segmentation.unlabelled(1000), 100, 900, 0)
    value = accept(hand, accepted(1000))
    assert len(value) == 1
    assert [r.source for r in value.runs] == ["model", "human", "model"]
    assert value.reviewed_labels.n_labelled == 800
    # Where a person divided it they stay two, also where a label is beside.
    parted = accept(split(hand, 500), accepted(1000))
    assert parted.boundaries.tolist() == [500]


@pytest.mark.parametrize("hand_first", [True, False])
@pytest.mark.parametrize("source", ["human", "import"])
def test_who_said_a_joined_label_does_not_hang_on_the_order(
    hand_first: bool, source: Source
) -> None:
    said = Segment(0, 20, 0, source, class_reviewed=True)
    model = Segment(20, 40, 0, "model", class_reviewed=True, confidence=0.5)
    pair = [said, model] if hand_first else [model, said]
    one = united(
        *(replace(s, start=20 * n, stop=20 * n + 20) for n, s in enumerate(pair))
    )
    # The whole says the weaker; each frame still says its own.
    assert (one.source, one.class_reviewed) == ("model", True)
    assert {run.source for run in one.runs} == {source, "model"}


def test_what_a_file_says_does_not_pass_for_what_a_model_says() -> None:
    value = Segmentation((Segment(0, 20, 0, "import"), Segment(20, 40)))
    after = accept(value, accepted(40))
    assert len(after) == 1
    assert [(s.stop, s.source) for s in after.runs] == [(20, "import"), (40, "model")]
    assert after.reviewed_labels.n_labelled == 20


def test_a_prediction_leaves_a_boundary_where_a_person_put_it() -> None:
    value = move_boundary(accepted(10, 20, 30), 0, 8)
    # It agrees about what lies beside it: the rest is as it says now.
    news = Segmentation.from_frames([0] * 8 + [1] * 9 + [2] * 13, "model")
    assert accept(value, news).boundaries.tolist() == [8, 17]
    # It does not: from 8 on it has the class that the person ended there.
    stale = accept(value, accepted(10, 20, 30))
    assert stale.boundaries.tolist() == [8, 20]
    assert stale.segments[1].start_reviewed


def test_an_exported_prediction_says_no_more_than_the_annotation(
    tmp_path: Path,
) -> None:
    folder, project = make_project(tmp_path / "p")
    n = project.track("v1").n_frames
    lane = Segmentation((Segment(0, n, 0, "model", confidence=0.7),))
    hand = paint(Segmentation.unlabelled(n), 0, 12, 0, sets_stop=False)
    joined = accept(hand, lane, 0, 20)
    assert joined.segments[0].accepted
    fixed = np.arange(n) < 20
    chances = np.ones((n, 1), np.float32)
    said = Prediction(chances, np.array([0]), lane, "", fixed, False)
    save_prediction(folder.prediction_path("v1", "m"), said)
    for annotation, reviewed in ((joined, False), (review(joined, 0), True)):
        project = edit_lane(project, "v1", lambda _, value=annotation: value)
        item = project.track("v1")
        runs = exported_lane(folder, project, item, "prediction:m")[0].runs
        # The label that it was decoded around was a person's, then.
        assert all(r.protected == (r.start < 20) for r in runs)
        assert [(r.stop, r.source, r.class_reviewed) for r in runs[:2]] == [
            (12, "human", True),
            (20, "model" if reviewed else "human", reviewed),
        ]


def test_merging_classes_keeps_what_a_person_said_apart_from_an_accepted_one() -> None:
    accepted_in_part = Segment(50, 100, 1, "human", confidence=0.4)
    value = Segmentation((Segment(0, 50, 0, "human"), accepted_in_part))
    after = remap_classes(value, {1: 0})
    assert len(after) == 1
    assert after.reviewed_labels.n_labelled == 50


def test_what_a_person_merges_into_a_models_segment_unseen_is_to_be_reviewed() -> None:
    mine = Segment(20, 40, 2).as_reviewed()
    value = Segmentation(
        (Segment(0, 20, 1, "model"), mine, Segment(40, 60, 3, "model"))
    )
    for join in (merge, lambda s, i: delete_all_into_neighbours(s, [i + 1])):
        after = join(value, 0)
        assert after.at(25).class_id in (1, 3)
        assert not after.reviewed_labels.n_labelled, "a model's class, unseen"


# -- files -----------------------------------------------------------------------------


@settings(max_examples=examples(40), deadline=None)
@given(segmentations(n_frames=60), segmentations(n_frames=60))
def test_files_and_journal_keep_who_reviews_what(
    tmp_path_factory: pytest.TempPathFactory, one: Segmentation, two: Segmentation
) -> None:
    text = labels_text(one)
    assert json.loads(text)["schema"] == SCHEMA
    assert labels_from_json(json.loads(text), "here") == one
    folder, project = make_project(tmp_path_factory.mktemp("p") / "p")
    journal = Journal(folder.root / "j.jsonl", folder)
    for value in (one, two):
        after = edit_lane(project, "v1", lambda _, value=value: value)
        journal.record("edit", changed_parts(project, after))
        project = after
    found = last_lanes(folder.load(), journal)
    journal.close()
    if found:
        (lane,) = found.values()
        assert lane == two


@pytest.mark.parametrize(
    "values",
    [
        {"source": None},
        {"reviewed": ["everything"]},
        {"reviewed_by": "hearsay"},
        {"source": "somebody"},
        {"stop": float("inf")},
        {"class": float("inf")},
    ],
)
def test_what_no_label_file_says_is_refused(values: dict[str, object]) -> None:
    segment = {"start": 0, "stop": 5, "class": 1, "source": "human", "reviewed": False}
    with pytest.raises(FormatError, match="damaged"):
        labels_from_json({"schema": 1, "segments": [{**segment, **values}]}, "here")
    with pytest.raises(FormatError, match="damaged"):
        labels_from_json({"schema": float("inf"), "segments": [segment]}, "here")
    with pytest.raises(FormatError, match="newer skelseg"):
        labels_from_json({"schema": 99, "segments": [segment]}, "here")
    with pytest.raises(EditError, match="has no source"):
        Segment(0, 5, 1, None)


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(list(REVIEWED_BY)), segmentations(least=3), st.data())
def test_no_edit_makes_more_of_how_a_class_was_reviewed(
    edit: Callable[..., Segmentation], value: Segmentation, data: st.DataObject
) -> None:
    """Only what a person says of frames by the edit itself counts as a look."""
    made = MAKE[edit](value, lambda a, b: data.draw(st.integers(a, b)))
    moves = REVIEWED_BY[edit] in (Reviewed.BOUNDARY, Reviewed.ENDS)
    moves |= edit is carry_boundary
    moves &= edit not in (make_undecided, leave_undecided)
    moves |= edit is carry_boundary
    if moves and len(made.after) == len(value):
        # Frames change sides with a boundary; the classes are said of as before.
        for old, new in zip(value.segments, made.after.segments, strict=True):
            assert {r.origin for r in new.runs} <= {r.origin for r in old.runs}
        return
    pairs = zip(_hows(value), _hows(made.after), strict=True)
    for frame, (old, new) in enumerate(pairs):
        if frame in made.classes and edit is not paint:
            assert new in (None, "look")
        elif frame not in made.classes and new is not None:
            assert old is not None
            assert weaker(old, new) == new


def _hows(value: Segmentation) -> list[ReviewedBy | None]:
    """How each frame's class is reviewed; None where it is not."""
    return [
        s.reviewed_by if s.class_reviewed else None
        for s in value.runs
        for _ in range(len(s))
    ]


def test_a_look_overwrites_the_wall_and_the_wall_no_look() -> None:
    seen = Segment(0, 10, 1).as_reviewed()
    assert seen.as_reviewed("wall") == seen
    shown = Segment(0, 10, 1, "model", confidence=0.5).as_reviewed("wall")
    assert (shown.reviewed_by, shown.reviewed, shown.source) == ("wall", True, "model")
    assert shown.as_reviewed().reviewed_by == "look"
    assert shown.as_reviewed("rule") == shown
    assert relabelled(shown, 2).reviewed_by == "look"
    assert replace(shown, class_reviewed=False).reviewed_by == "look"
    value = Segmentation((shown, Segment(10, 20, 2), Segment(20, 30)))
    after = review_all(value, {0, 1, 2}, "wall")
    assert [s.reviewed_by for s in after.segments] == ["wall", "wall", "look"]
    assert [s.reviewed for s in after.segments] == [True, True, False]


def test_frames_painted_beside_a_segment_of_the_wall_are_of_the_wall_with_it() -> None:
    shown = Segment(0, 10, 1).as_reviewed("wall")
    after = paint(Segmentation((shown, Segment(10, 30))), 10, 15, 1)
    assert [(s.stop, s.reviewed_by) for s in after.segments] == [
        (15, "wall"),
        (30, "look"),
    ]


def test_a_journal_says_how_only_where_it_is_not_by_a_look(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "j.jsonl", folder)
    looked = edit_lane(project, "v1", lambda s: relabel(s, 0, 1))
    journal.record("look", changed_parts(project, looked))
    walled = edit_lane(looked, "v1", lambda s: paint(s, 5, 9, 2))
    walled = edit_lane(walled, "v1", lambda s: _by_wall(s, 1))
    journal.record("wall", changed_parts(looked, walled))
    journal.close()
    assert ["reviewed_by" in str(entry) for entry in journal.entries()] == [False, True]
    found = last_lanes(folder.load(), journal)
    assert found["v1", "annotation"] == walled.track("v1").annotation


def _by_wall(value: Segmentation, index: int) -> Segmentation:
    new = replace(value.segments[index], reviewed_by="wall")
    return value.spliced(index, index + 1, [new])


def said(value: Segmentation) -> list[tuple[object, ...]]:
    return [(s.start, s.stop, s.class_id, s.source, s.reviewed) for s in value.segments]
