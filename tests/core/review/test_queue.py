"""The queue: what nobody reviewed, the likeliest errors first, each with a reason."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from skelseg_core.errors import ModelError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue import Queue
from skelseg_core.review.review_item import ReviewItem

NAMES = {1: "reach", 2: "stand", 3: "pick"}
IDS = np.array([1, 2, 3])
RATE = 10.0


def evidence(labels: np.ndarray, doubt: dict[int, list[float]]) -> Evidence:
    """Sure of ``labels`` (columns), but for frames whose probabilities are given."""
    values = np.full((len(labels), 3), 0.01)
    values[np.arange(len(labels)), labels] = 0.98
    for frame, row in doubt.items():
        values[frame] = row
    usual = np.repeat([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 2], 15)
    counted = count_transitions([(usual, RATE)], 3)
    return Evidence(values.astype(np.float32), IDS, RATE, counted)


def lane(labels: np.ndarray) -> Segmentation:
    return Segmentation.from_frames(IDS[labels], "model")


def find_places(
    given: Segmentation, said: Evidence, names: dict[int, str]
) -> tuple[ReviewItem, ...]:
    return Queue(said, names).items(given)


LABELS = np.repeat([0, 1, 2, 0, 2, 0, 1, 2], 15)
HINT = {frame: [0.35, 0.4, 0.25] for frame in range(57, 63)}
"""Stand is nearly likeliest about frame 60, where reach is followed by pick."""


def test_the_missing_segment_comes_first_with_a_ghost_that_fits():
    places = find_places(lane(LABELS), evidence(LABELS, HINT), NAMES)
    first = places[0]
    assert first.boundary == 60
    assert first.ghost is not None
    assert first.ghost.class_id == 2
    assert (first.ghost.start, first.ghost.stop) == (57, 63)
    assert first.why.startswith("the model gave 0.40 to stand between reach and pick")
    assert [p.risk for p in places] == sorted((p.risk for p in places), reverse=True)
    assert {(p.start, p.stop) for p in places} == {
        (s.start, s.stop) for s in lane(LABELS).segments
    }


def test_what_a_person_reviewed_is_no_place():
    given = lane(LABELS)
    segments = [s.as_reviewed() if s.start == 45 else s for s in given.segments]
    given = Segmentation(tuple(segments))
    places = find_places(given, evidence(LABELS, HINT), NAMES)
    assert 45 not in {p.start for p in places}
    # The boundary at 60 is reviewed: what is left of its neighbour is not that.
    beside = next(p for p in places if p.start == 60)
    assert beside.boundary != 60
    reviewed = Segmentation(tuple(s.as_reviewed() for s in given.segments))
    assert find_places(reviewed, evidence(LABELS, HINT), NAMES) == ()


def test_a_ghost_takes_no_frame_of_a_persons_segment():
    segments = [
        replace(s, class_reviewed=True, source="human") if s.start == 45 else s
        for s in lane(LABELS).segments
    ]
    places = find_places(Segmentation(tuple(segments)), evidence(LABELS, HINT), NAMES)
    ghosts = [p.ghost for p in places if p.boundary == 60 and p.ghost]
    assert ghosts
    assert all(ghost.start >= 60 for ghost in ghosts)


def test_classes_the_model_does_not_know_and_unlabelled_frames_are_no_error():
    labels = IDS[LABELS].copy()
    labels[:15], labels[30:45] = -1, 9
    given = Segmentation.from_frames(labels, "model")
    places = find_places(given, evidence(LABELS, HINT), NAMES)
    assert places[0].boundary == 60
    assert 0 not in {p.start for p in places}
    assert next(p for p in places if p.start == 30).risk < 0.2


def test_a_video_of_one_segment_and_one_without_counted_transitions():
    labels = np.zeros(20, int)
    alone = Queue(evidence(labels, {}), NAMES, lane(labels)).items(lane(labels))
    assert [(p.start, p.stop) for p in alone] == [(0, 20)]
    assert len(find_places(lane(labels), evidence(labels, {}), NAMES)) == 1
    plain = replace(evidence(LABELS, HINT), transitions=None)
    assert find_places(lane(LABELS), plain, NAMES)[0].boundary == 60


def test_what_was_put_in_is_a_reason_at_boundaries_like_it():
    labels = np.repeat([0, 1, 2, 0, 2] * 4, 15)
    queue = Queue(evidence(labels, {}), NAMES, lane(labels))
    before = queue.items(lane(labels))
    wrong = paint(lane(labels), 57, 62, 2)  # reach and pick meet at 60, 135, 210, 285
    seen = Segmentation(
        tuple(s.as_reviewed() if 40 < s.start < 62 else s for s in wrong.segments)
    )
    after = queue.items(seen)

    def twins(places: tuple[ReviewItem, ...]) -> list[ReviewItem]:
        return [p for p in places if p.boundary in (135, 210, 285)]

    assert twins(after)[0].why.startswith("you made a similar correction at frame 60")
    assert "twin" not in "".join(p.why for p in before)


def test_evidence_of_another_video_is_refused():
    with pytest.raises(ModelError, match="covers 120 frames, the labels 30"):
        find_places(lane(np.zeros(30, int)), evidence(LABELS, {}), NAMES)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_person_reviews_is_left_alone_and_all_else_is_shown(seed):
    numbers = np.random.default_rng(seed)
    labels = np.repeat(numbers.integers(0, 3, 12), numbers.integers(1, 12, 12))
    values = numbers.dirichlet(np.ones(3), len(labels)).astype(np.float32)
    given = Segmentation(
        tuple(
            replace(
                s,
                source="human" if numbers.random() < 0.3 else "model",
                class_reviewed=bool(numbers.random() < 0.4),
                start_reviewed=bool(numbers.random() < 0.4),
            )
            for s in lane(labels).segments
        )
    )
    said = replace(evidence(labels, {}), probabilities=values)
    places = find_places(given, said, NAMES)
    kept = np.repeat(
        [s.protected for s in given.segments], [len(s) for s in given.segments]
    )
    reviewed = {s.start for s in given.segments if s.start_reviewed}
    for place in places:
        assert place.reasons
        assert place.boundary not in reviewed
        assert not given.at(place.start).reviewed
        if place.ghost is not None:
            assert 0 <= place.ghost.start < place.ghost.stop <= given.n_frames
            assert not kept[place.ghost.start : place.ghost.stop].any()
    shown = {f for p in places for f in (p.start, p.stop)}
    assert {s.start for s in given.segments[1:] if not s.start_reviewed} <= shown
    unseen = {s.start for s in given.segments if not s.class_reviewed}
    assert unseen <= {p.start for p in places}
    risks = [p.risk for p in places]
    assert risks == sorted(risks, reverse=True)


def test_percent_are_written_with_a_space():
    labels = np.repeat([0, 1, 2, 0, 1, 2], [15, 15, 15, 15, 4, 15])
    doubt = {frame: [0.3, 0.4, 0.3] for frame in range(58, 66)}
    places = find_places(lane(labels), evidence(labels, doubt), NAMES)
    said = " ".join(str(r) for place in places for r in place.reasons)
    assert re.search(r"\d %( as long as| that it is)", said), said
    assert not re.search(r"\d%", said)
