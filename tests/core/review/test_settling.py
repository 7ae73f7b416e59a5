from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_annotator_lane, edit_lane
from skelseg_core.project.videos_and_tracks import annotator_lane
from skelseg_core.review.disagreements import item_of_block
from skelseg_core.review.settling import (
    GOLD,
    BlockWalk,
    Dispute,
    answers,
    begin,
    keep_as_gold,
    settle,
    settled_as_it_is,
)
from tests.projects import make_project
from tests.seen import ALL

NOW = "2026-11-28T12:00:00+00:00"
BOTH = Dispute(annotator_lane("anna"), annotator_lane("ben"))


def lane(*runs: tuple[int | None, int]) -> Segmentation:
    at, segments = 0, []
    for class_id, n in runs:
        segments.append(Segment(at, at + n, class_id, "human"))
        at += n
    return Segmentation(tuple(segments))


ANNA = lane((0, 20), (1, 20), (2, 20))
BEN = lane((0, 24), (1, 16), (0, 20))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    _, project = make_project(tmp_path / "p")
    for name, said in (("anna", ANNA), ("ben", BEN)):
        project = add_annotator_lane(project, "v1", name, said)
    return project


def test_an_empty_annotation_begins_as_the_first(project: Project) -> None:
    begun, dispute = begin(project, "v1", BOTH, "cara")
    assert dispute == BOTH
    assert begun.track("v1").annotation == ANNA


def test_labels_of_a_third_person_are_left_as_they_are(project: Project) -> None:
    project = edit_lane(project, "v1", lambda _: lane((2, 60)))
    begun, _ = begin(project, "v1", BOTH, "cara")
    assert begun.track("v1").annotation == lane((2, 60))


def test_the_annotation_is_kept_under_the_name_of_who_labelled_it(
    project: Project,
) -> None:
    own = lane((1, 60))
    project = edit_lane(project, "v1", lambda _: own)
    begun, dispute = begin(
        project, "v1", Dispute(ANNOTATION, annotator_lane("ben")), "cara"
    )
    assert dispute == Dispute(annotator_lane("cara"), annotator_lane("ben"))
    assert begun.track("v1").lanes[annotator_lane("cara")] == own
    again, _ = begin(begun, "v1", Dispute(ANNOTATION, annotator_lane("ben")), "cara")
    assert again == begun
    changed = edit_lane(begun, "v1", lambda _: lane((2, 60)))
    with pytest.raises(EditError, match="Other labels of 'cara'"):
        begin(changed, "v1", Dispute(ANNOTATION, annotator_lane("ben")), "cara")


def test_lanes_that_are_not_there_are_refused(project: Project) -> None:
    for dispute in (
        Dispute(ANNOTATION, ANNOTATION),
        Dispute(ANNOTATION, "annotator:x"),
    ):
        with pytest.raises(EditError, match="two people"):
            begin(project, "v1", dispute, "cara")


def test_each_answer_is_kept_with_who_gave_it(project: Project) -> None:
    project, dispute = begin(project, "v1", BOTH, "cara")
    moved, other = dispute.open_blocks(project.track("v1"))
    project = settle(project, "v1", dispute, moved, "middle", "cara", NOW, ALL)
    item = project.track("v1")
    assert item.annotation.boundaries.tolist() == [22, 40]
    (made,) = item.decisions
    assert (made.kind, made.moved, made.choice, made.who) == (
        "moved",
        4,
        "middle",
        "cara",
    )
    assert dispute.open_blocks(item) == (other,)
    project = settle(project, "v1", dispute, other, "second", "dan", NOW, ALL)
    item = project.track("v1")
    assert item.annotation.segments[-1].class_id == 0
    assert item.decisions[1].second_class == "a"
    assert not dispute.open_blocks(item)
    # The lanes of both are as they were.
    assert item.lanes[BOTH.first] == ANNA
    assert item.lanes[BOTH.second] == BEN


def test_an_edit_in_the_block_is_an_answer_and_one_beside_it_is_none(
    project: Project,
) -> None:
    project, dispute = begin(project, "v1", BOTH, "cara")
    moved, other = dispute.blocks(project.track("v1"))
    assert not answers(ANNA, ANNA, moved)
    assert answers(ANNA, lane((0, 22), (1, 18), (2, 20)), moved)
    assert not answers(ANNA, lane((0, 22), (1, 18), (2, 20)), other)
    # To say what stands there already is an answer, too.
    assert answers(ANNA, paint(ANNA, 20, 24, 1), moved)
    by_hand = edit_lane(project, "v1", lambda _: lane((0, 21), (1, 19), (1, 20)))
    done = settled_as_it_is(by_hand, "v1", dispute, moved, "cara", NOW)
    assert done.track("v1").decisions[0].choice == "edit"
    same = settled_as_it_is(project, "v1", dispute, moved, "cara", NOW)
    assert same.track("v1").decisions[0].choice == "first"


def test_the_result_is_kept_as_a_lane(project: Project) -> None:
    with pytest.raises(EditError, match="Nothing of v1"):
        keep_as_gold(project, "v1")
    begun, _ = begin(project, "v1", BOTH, "cara")
    assert keep_as_gold(begun, "v1").track("v1").lanes[annotator_lane(GOLD)] == ANNA


def test_a_walk_stays_at_its_block_whatever_is_edited(project: Project) -> None:
    blocks = BOTH.blocks(project.track("v1"))
    places = [item_of_block(b, {}, "anna", "ben") for b in blocks]
    walk = BlockWalk()
    walk.find_anew(places)
    walk.go(1, ANNA, 0, 0.0)
    walk.follow(ANNA, lane((1, 60)))
    walk.find_anew(places)
    assert walk.current is not None
    assert walk.current.item == places[0]
    assert (walk.number, walk.total) == (1, 2)
