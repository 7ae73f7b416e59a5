"""Practice: what is planted, where, and what is said of it at the end."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.review.practice import (
    ERROR_KINDS,
    Answer,
    ErrorKind,
    plant,
    result_of,
)


def reviewed(n: int = 40, seed: int = 0) -> Segmentation:
    """``n`` reviewed segments of 6 to 40 frames and six classes."""
    dice = np.random.default_rng(seed)
    edges = np.concatenate([[0], np.cumsum(dice.integers(6, 41, n))]).tolist()
    classes = [int(c) for c in (np.arange(n) * 5 + np.arange(n) // 6) % 6]
    return Segmentation(
        tuple(
            Segment(a, b, c).as_reviewed()
            for a, b, c in zip(edges, edges[1:], classes, strict=False)
        )
    )


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(14, 60), st.sampled_from(ERROR_KINDS))
def test_each_error_is_in_a_place_of_its_own_and_the_rest_is_right(
    seed: int, n: int, kind: ErrorKind
) -> None:
    annotation = reviewed(n, seed % 7)
    made = plant(annotation, {kind: 5}, 10, seed)
    errors = [p for p in made.places if p.planted is not None]
    assert errors
    assert len({p.start for p in made.places}) == len(made.places)
    assert [p.start for p in made.places] == sorted(p.start for p in made.places)
    wrong = made.lane.to_frames() != annotation.to_frames()
    for place in made.places:
        shown = made.lane.at(place.start)
        assert (shown.start, shown.stop) == (place.start, place.stop)
        assert shown.class_id == place.class_id
        if place.planted is None:
            assert not wrong[place.start : place.stop].any()
        else:
            assert wrong[place.planted.start : place.planted.stop].all()
            wrong[place.planted.start : place.planted.stop] = False
    assert not wrong.any(), "nothing is planted that no place shows"


def test_kinds_are_those_that_models_make() -> None:
    annotation, kinds = reviewed(60), Counter[str]()
    for seed in range(40):
        made = plant(annotation, {"missing": 90, "class": 5, "moved": 5}, 10, seed)
        kinds.update(p.planted.kind for p in made.places if p.planted is not None)
    assert kinds["missing"] > kinds["moved"] > 0
    assert kinds["missing"] > kinds["class"] > 0


def test_a_boundary_moves_farther_than_anyone_would_forgive() -> None:
    annotation = reviewed(60)
    for seed in range(20):
        for place in plant(annotation, {"moved": 1}, 10, seed).places:
            if place.planted is not None and place.planted.kind == "moved":
                assert 5 <= place.planted.stop - place.planted.start <= 10


def test_what_nobody_reviewed_is_not_practised_on() -> None:
    segments = [*reviewed(30).segments]
    for i in range(15, 30):
        segments[i] = Segment(
            segments[i].start, segments[i].stop, segments[i].class_id, "model"
        )
    made = plant(Segmentation(tuple(segments)), {}, 10, 3)
    assert all(place.stop <= segments[15].start for place in made.places)
    with pytest.raises(EditError, match="needs 12 reviewed segments"):
        plant(reviewed(10), {}, 10, 0)


def test_the_result_counts_what_was_seen_missed_and_called_wrong() -> None:
    places = plant(reviewed(60), {}, 10, 1).places
    errors = [p for p in places if p.planted is not None]
    clean = [p for p in places if p.planted is None]
    answers = [
        Answer(errors[0], False, 4.0),
        *(Answer(p, True, 2.0) for p in errors[1:]),
        Answer(clean[0], True, 2.0),
        Answer(clean[1], False, 1.0),
    ]
    found = result_of(answers)
    assert found.planted.total() == len(errors)
    assert found.found.total() == len(errors) - 1
    assert found.missed == (errors[0].planted,)
    assert (found.false_alarms, found.clean) == (1, 2)
    seconds = (4 + 2 * (len(errors) - 1) + 3) / (len(errors) + 2)
    assert found.seconds == pytest.approx(seconds)
    assert result_of([]).seconds == 0
