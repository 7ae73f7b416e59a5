"""What people label in two ways is asked about, and left out for all of a kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.progress import run
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.review import two_ways
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.two_ways import (
    Kind,
    find_kinds,
    kind_at,
    leave_out,
    with_questions,
)
from tests.projects import item
from tests.segments import segmentations
from tests.soak import examples

PLACE, STAND, PICK = 0, 1, 2
"""Classes a, b and c of the test project."""
N_FRAMES, RATE = 240, 25.0
KEY = PLACE, STAND, PICK


def lane_with(stands: int, source: Source = "human", lasting: int = 4) -> Segmentation:
    """Place and pick four times; in some a short stand between the two."""
    parts: list[tuple[int | None, int]] = []
    for n in range(4):
        stand = lasting if n < stands else 0
        parts += [(PLACE, 22 - stand), (STAND, stand), (PICK, 28)]
    parts.append((None, N_FRAMES - 200))
    segments, at = [], 0
    for class_id, length in parts:
        if length:
            made = Segment(at, at + length, class_id, source)
            segments.append(made.as_reviewed() if source == "human" else made)
        at += length
    return Segmentation(tuple(segments))


@pytest.fixture
def project() -> Project:
    """Of three videos one has a stand everywhere, one nowhere, one in a half."""
    made = new_project("p", label_map_from_names("abc"))
    for n, stands in enumerate((4, 0, 2)):
        made = add_video(made, item(f"v{n}", N_FRAMES))
        made = set_lane(made, f"v{n}", ANNOTATION, lane_with(stands))
    return made


def test_what_is_labelled_in_two_ways_is_found(project: Project) -> None:
    kind = Kind(KEY, 4 / RATE, 6, 6)
    assert run(find_kinds(project, "")) == {KEY: kind}


def test_pre_labels_and_slips_do_not_count(project: Project) -> None:
    model = set_lane(project, "v0", ANNOTATION, lane_with(4, "model"))
    assert run(find_kinds(model, "")) == {}
    once = set_lane(project, "v0", ANNOTATION, lane_with(0))
    once = set_lane(once, "v2", ANNOTATION, lane_with(1))
    assert run(find_kinds(once, "")) == {}, "one in twelve is a slip"


def test_a_large_project_is_not_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_ways, "MOST_SEGMENTS", 5)
    assert run(find_kinds(project, "")) == {}


def test_the_question_is_a_reason_of_the_place_of_such_a_segment(
    project: Project,
) -> None:
    kinds = run(find_kinds(project, ""))
    lane = lane_with(4, "model")
    places = [ReviewItem(s.start, s.stop) for s in lane.segments]
    asked = [p.why for p in with_questions(places, lane, RATE, kinds)]
    text = "labelled in two ways, 6 times so, 6 times left out: which?"
    assert [why for why in asked if why] == [text] * 4
    assert asked[1] == text
    # One that lasts longer is another thing.
    long = lane_with(4, "model", lasting=9)
    assert not any(p.why for p in with_questions(places, long, RATE, kinds))


def test_all_of_a_kind_are_left_out(project: Project) -> None:
    (kind,) = run(find_kinds(project, "")).values()
    project = set_lane(project, "v2", ANNOTATION, lane_with(2, "model"))
    after = run(leave_out(project, "", kind))
    assert [len(v.annotation) for v in after.tracks] == [9, 9, 9]
    first, second = after.track("v0").annotation.segments[:2]
    assert (first.stop, second.stop) == (20, 50)
    assert (first.reviewed_by, second.reviewed_by) == ("rule", "rule")
    assert after.track("v0").reviewed
    assert not after.track("v2").reviewed
    assert after.track("v1") is project.track("v1")
    assert run(find_kinds(after, "")) == {}
    assert run(leave_out(after, "", kind)) is after
    assert run(leave_out(project, "another tier", kind)) is project


@given(segmentations(ids=(None, 0, 1, 2)))
@settings(max_examples=examples(200), deadline=None)
def test_nothing_becomes_labelled_or_more_reviewed_than_it_was(
    lane: Segmentation,
) -> None:
    made = add_video(
        new_project("p", label_map_from_names("abc")), item("v", lane.n_frames)
    )
    made = set_lane(made, "v", ANNOTATION, lane)
    kind = Kind(KEY, 0.2, 3, 3)
    found = run(leave_out(made, "", kind)).track("v").annotation
    indices = range(len(found))
    assert not any(kind_at(found, n, RATE, {KEY: kind}) for n in indices)
    before, after = lane.to_frames(), found.to_frames()
    assert ((before < 0) == (after < 0)).all()
    changed = before != after
    assert (before[changed] == STAND).all()
    seen, now = (
        [s.class_reviewed for s in value.runs for _ in range(len(s))]
        for value in (lane, found)
    )
    assert all(was or not is_ for was, is_ in zip(seen, now, strict=True))
