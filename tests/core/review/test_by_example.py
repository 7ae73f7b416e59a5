"""By example: one labelled repetition is carried to the rest, nothing of a person's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import load_preset
from skelseg_core.errors import EditError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import make_subject_input
from skelseg_core.review.by_example import (
    Film,
    fill_by_example,
    fill_like_others,
    take_over,
)
from skelseg_core.video.times import FrameTimes
from tests.poses_only import STANDING
from tests.seen import review
from tests.soak import examples

N_CLASSES, LENGTH = 6, 15


def posture(class_id: int, at: np.ndarray) -> np.ndarray:
    """Numbers (T, 4) of an action at shares 0..1 of its length."""
    angle = 2 * np.pi * class_id / N_CLASSES
    rise = np.sin(np.pi * at)
    place = np.array([np.cos(angle), np.sin(angle)])
    return np.column_stack([np.outer(np.ones_like(at), place), rise, at - 0.5])


def video(
    order: list[int], speeds: list[float], noise: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Features (T, 4) and labels (T,) of actions one after the other."""
    dice = np.random.default_rng(3)
    rows, labels = [], []
    for class_id, speed in zip(order, speeds, strict=True):
        n = round(LENGTH * speed)
        rows.append(posture(class_id, np.linspace(0, 1, n)))
        labels.append(np.full(n, class_id))
    values = np.concatenate(rows)
    return values + dice.normal(0, noise, values.shape), np.concatenate(labels)


def example(labels: np.ndarray, until: int) -> Segmentation:
    """The annotation of somebody who labelled the frames before ``until``."""
    known = np.where(np.arange(len(labels)) < until, labels, UNLABELLED)
    return Segmentation.from_frames(known)


def test_repetitions_are_found_whatever_their_speed() -> None:
    order = list(range(N_CLASSES))
    speeds = [1.0] * N_CLASSES + [0.7] * N_CLASSES + [1.4] * N_CLASSES
    features, labels = video(order * 3, speeds)
    until = N_CLASSES * LENGTH
    found = fill_by_example(features, example(labels, until), until, 10.0)
    got = found.labels.to_frames()
    assert found.repeats
    assert found.n_frames == len(labels) - until
    assert (got[:until] == UNLABELLED).all()
    assert [s.class_id for s in found.labels.segments[1:]] == order * 2
    true = np.flatnonzero(np.diff(labels[until:]))
    assert np.abs(np.flatnonzero(np.diff(got[until:])) - true).max() <= 2


def test_another_order_is_told_and_labelled_all_the_same() -> None:
    order = list(range(N_CLASSES))
    other = [3, 1, 4, 0, 5, 2, 0, 3, 5, 1, 4, 2]
    features, labels = video(order + other, [1.0] * (len(order) + len(other)))
    until = N_CLASSES * LENGTH
    found = fill_by_example(features, example(labels, until), until, 10.0)
    assert not found.repeats
    assert (found.labels.to_frames()[until:] == labels[until:]).mean() > 0.9


def test_what_is_like_nothing_labelled_stays_unlabelled() -> None:
    order = list(range(N_CLASSES))
    features, labels = video(order * 2, [1.0] * (2 * N_CLASSES))
    until = N_CLASSES * LENGTH
    strange = np.full((40, 4), 9.0)
    features = np.concatenate([features, strange])
    labels = np.concatenate([labels, np.full(40, UNLABELLED)])
    got = fill_by_example(features, example(labels, until), until, 10.0).labels
    assert (got.to_frames()[-38:] == UNLABELLED).all()
    assert (got.to_frames()[until:-40] == labels[until:-40]).mean() > 0.9


def test_more_frames_a_second_are_compared_as_fast_and_cut_as_finely() -> None:
    order = list(range(N_CLASSES))
    features, labels = video(order * 2, [3.0] * N_CLASSES + [4.0] * N_CLASSES, 0.02)
    until = 3 * N_CLASSES * LENGTH
    got = fill_by_example(features, example(labels, until), until, 30.0).labels
    cuts, true = got.boundaries[1:], np.flatnonzero(np.diff(labels[until:])) + until + 1
    assert len(cuts) == len(true)
    assert np.abs(cuts - true).max() <= 5


def test_only_frames_from_the_start_on_are_labelled() -> None:
    order = list(range(N_CLASSES))
    features, labels = video(order * 3, [1.0] * (3 * N_CLASSES))
    until, start = N_CLASSES * LENGTH, 200
    got = fill_by_example(features, example(labels, until), start, 10.0).labels
    assert (got.to_frames()[:start] == UNLABELLED).all()
    assert (got.to_frames()[start + 5 :] != UNLABELLED).all()


def test_two_labelled_stretches_are_two_examples() -> None:
    order = list(range(N_CLASSES))
    features, labels = video(order * 4, [1.0] * (4 * N_CLASSES))
    one = N_CLASSES * LENGTH
    known = labels.copy()
    known[one : 2 * one] = known[3 * one :] = UNLABELLED
    annotation = Segmentation.from_frames(known)
    got = fill_by_example(features, annotation, 0, 10.0).labels
    assert (got.to_frames()[one : 2 * one] == labels[one : 2 * one]).mean() > 0.9
    assert (got.to_frames()[2 * one : 3 * one] == UNLABELLED).all()
    assert (got.to_frames()[3 * one :] == labels[3 * one :]).mean() > 0.9


@pytest.mark.parametrize("painted", [(0, 0), (0, 30)])
def test_an_example_needs_two_classes(painted: tuple[int, int]) -> None:
    annotation = Segmentation.unlabelled(60)
    if painted[1]:
        annotation = paint(annotation, *painted, 2)
    with pytest.raises(EditError, match="no example yet"):
        fill_by_example(np.zeros((60, 3)), annotation, 30, 10.0)


def test_a_video_that_is_labelled_has_nothing_to_fill() -> None:
    annotation = paint(paint(Segmentation.unlabelled(60), 0, 30, 1), 30, 60, 2)
    with pytest.raises(EditError, match="are labelled"):
        fill_by_example(np.zeros((60, 3)), annotation, 10, 10.0)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 79), st.integers(1, 30), st.integers(0, 3))),
    st.integers(0, 79),
    st.integers(0, 10_000),
)
def test_no_frame_of_a_person_changes(
    strokes: list[tuple[int, int, int]], start: int, seed: int
) -> None:
    annotation = Segmentation.unlabelled(80)
    for a, length, class_id in strokes:
        annotation = paint(annotation, a, min(80, a + length), class_id)
    if annotation.segments[0].class_id is not None:
        annotation = review(annotation, 0)
    features = np.random.default_rng(seed).normal(size=(80, 3))
    try:
        found = fill_by_example(features, annotation, start, 10.0)
    except EditError:
        return
    after = take_over(annotation, found.labels)
    for segment in annotation.segments:
        if segment.protected:
            kept = after.to_frames()[segment.start : segment.stop]
            assert (kept == segment.class_id).all()
            there = segment.start in after.boundaries
            reviewed = after.at(segment.start).start_reviewed
            assert reviewed == segment.start_reviewed or not there
    assert (after.to_frames()[:start] == annotation.to_frames()[:start]).all()
    assert not any(s.class_reviewed for s in after.runs if s.source == "model")


def test_what_is_left_open_stays_as_it_was() -> None:
    annotation = Segmentation.from_frames([1] * 10 + [2] * 20, "model")
    labels = Segmentation.from_frames([-1] * 20 + [3] * 10, "model")
    assert take_over(annotation, labels).to_frames().tolist() == (
        [1] * 10 + [2] * 10 + [3] * 10
    )


def film_at(times: FrameTimes, up_s: float, lean: float, labelled: bool) -> Film:
    """Somebody whose hands rise at a moment; who leans is of another scene."""
    points = np.repeat(STANDING[None], times.n_frames, axis=0)
    up = times.starts_s >= up_s
    points[up, 6:8, 1] -= 60
    points[..., 0] += lean * points[..., 1]
    scores = np.ones((times.n_frames, 1, 15), np.float32)
    poses = PoseSequence(points[:, None], scores, "lcrnet15", (320, 240), "by hand")
    subject, preset = np.zeros(times.n_frames, np.int64), load_preset("keypoints")
    body = make_subject_input(poses, subject, load_skeleton("lcrnet15"), preset)
    lane = Segmentation.unlabelled(times.n_frames)
    if labelled:
        lane = Segmentation.from_frames(up.astype(np.int64))
    return Film.of(body, times, lane)


def film(rate: float, up_s: float, lean: float = 0, labelled: bool = False) -> Film:
    """Four seconds at an even rate."""
    return film_at(FrameTimes.even(round(4 * rate), rate), up_s, lean, labelled)


def test_other_videos_are_filled_whatever_their_rate() -> None:
    examples = [film(30, 1.0, labelled=True), film(30, 2.0, labelled=True)]
    films = [film(30, 3.0), film(10, 2.5), film(60, 0.6)]
    for found, rate, up_s in zip(
        fill_like_others(examples, films), (30, 10, 60), (3.0, 2.5, 0.6), strict=True
    ):
        assert found is not None
        assert found.class_ids.tolist() == [0, 1]
        assert abs(found.boundaries[0] / rate - up_s) <= 0.15


def test_frames_at_uneven_times_are_compared_by_their_times() -> None:
    times = FrameTimes.of_table(
        np.concatenate([np.arange(0, 2, 0.2), np.arange(2, 4, 1 / 60)])
    )
    examples = [film(30, 2.5, labelled=True)]
    (found,) = fill_like_others(examples, [film_at(times, 1.0, 0, labelled=False)])
    assert found is not None
    assert abs(times.start_s(int(found.boundaries[0])) - 1.0) <= 0.25


def test_a_video_in_which_nothing_is_similar_is_not_filled() -> None:
    examples = [film(30, 1.0, labelled=True)]
    same, other = fill_like_others(examples, [film(30, 3.0), film(30, 3.0, lean=2)])
    assert same is not None
    assert other is None
    assert fill_like_others(examples, [film(30, 3.0, lean=2)]) == [None]


def test_other_videos_need_two_classes_as_well() -> None:
    one = film(30, 9.0, labelled=True)
    with pytest.raises(EditError, match="no example yet"):
        fill_like_others([one], [film(30, 1.0)])
