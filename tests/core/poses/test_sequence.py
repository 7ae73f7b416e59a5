from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.poses.sequence import (
    LOST_AFTER,
    PoseSequence,
    SubjectPick,
    boxes,
    crop_box,
    fill_gaps,
    follow_boxes,
    person_at,
    select_bodies,
    select_subject,
    subject_poses,
    to_grid,
)
from skelseg_core.poses.tracking import link_individuals, pose_distance
from tests.soak import examples

SIZE = (640, 480)
BODY = np.random.default_rng(3).uniform(0, 1, (17, 2)) * [60, 150]


def made(keypoints: np.ndarray, scores: np.ndarray | None = None) -> PoseSequence:
    if scores is None:
        scores = np.isfinite(keypoints).all(axis=-1) * 0.5
    return PoseSequence(keypoints, scores, "coco17", SIZE, "test")


def crowd(*people: Callable[[int], tuple[float, float, float] | None], n: int = 60):
    """People given as frame -> (x, y, scale), or None for who is not there."""
    keypoints = np.full((n, len(people), 17, 2), np.nan)
    for frame in range(n):
        for m, person in enumerate(people):
            place = person(frame)
            if place is not None:
                keypoints[frame, m] = BODY * place[2] + place[:2]
    return made(keypoints)


# -- the value ----------------------------------------------------------------------


def test_missing_has_one_form() -> None:
    keypoints = np.ones((2, 1, 3, 2))
    scores = np.full((2, 1, 3), 0.5)
    keypoints[0, 0, 0, 1] = np.nan
    keypoints[0, 0, 1] = 1e300  # beyond float32
    scores[1, 0, 0] = 0
    scores[1, 0, 1] = np.nan
    poses = made(keypoints, scores)
    gone = np.array([[[True, True, False]], [[True, True, False]]])
    assert np.array_equal(np.isnan(poses.keypoints).all(axis=-1), gone)
    assert np.array_equal(poses.scores == 0, gone)
    assert poses.keypoints.dtype == poses.scores.dtype == np.float32
    assert (poses.n_frames, poses.n_individuals) == (2, 1)


@pytest.mark.parametrize(
    ("keypoints", "scores", "size", "words"),
    [
        (np.zeros((2, 3, 2)), np.zeros((2, 3)), SIZE, "shape"),
        (np.zeros((2, 1, 3, 3)), np.zeros((2, 1, 3)), SIZE, "shape"),
        (np.zeros((2, 1, 3, 2)), np.zeros((2, 1, 4)), SIZE, "does not fit"),
        (np.zeros((2, 1, 3, 2)), np.full((2, 1, 3), 1.5), SIZE, "Frame 0 .* 0..1"),
        (np.zeros((2, 1, 3, 2)), np.full((2, 1, 3), -0.1), SIZE, "outside 0..1"),
        (np.zeros((2, 1, 3, 2)), np.zeros((2, 1, 3)), (0, 480), "width and height"),
        (np.full((2, 1, 3, 2), "a"), np.zeros((2, 1, 3)), SIZE, "numbers"),
    ],
)
def test_contradictions_are_refused(
    keypoints: np.ndarray, scores: np.ndarray, size: tuple[int, int], words: str
) -> None:
    with pytest.raises(FormatError, match=words):
        PoseSequence(keypoints, scores, "coco17", size, "test")


def test_boxes_of_somebody_and_nobody() -> None:
    keypoints = np.full((2, 3, 2), np.nan)
    keypoints[0, :2] = [[4, 9], [7, 2]]
    found = boxes(keypoints)
    assert found[0].tolist() == [4, 2, 7, 9]
    assert np.isnan(found[1]).all()


# -- linking ------------------------------------------------------------------------


def test_linking_undoes_shuffling() -> None:
    poses = crowd(
        lambda t: (20 + 3 * t, 100, 1), lambda t: (500 - 3 * t, 300, 1), lambda t: None
    )
    rng = np.random.default_rng(0)
    order = np.array([rng.permutation(3) for _ in range(poses.n_frames)])
    rows = np.arange(poses.n_frames)[:, None]
    shuffled = replace(
        poses, keypoints=poses.keypoints[rows, order], scores=poses.scores[rows, order]
    )
    linked = link_individuals(shuffled)
    assert (linked.scores > 0).any(axis=(0, 2)).sum() == 2
    for m in range(2):
        steps = np.abs(np.diff(linked.keypoints[:, m, 0], axis=0))
        assert steps.max() < 4


def test_an_index_outlives_a_short_absence() -> None:
    def comes_back(t: int) -> tuple[float, float, float] | None:
        return (100, 100, 1) if t < 10 or 10 + LOST_AFTER <= t < 40 else None

    def stays(t: int) -> tuple[float, float, float]:
        return (400, 100, 1)

    linked = link_individuals(crowd(stays, comes_back))
    assert np.array_equal(linked.scores, crowd(stays, comes_back).scores)


def test_an_index_serves_somebody_else_after_a_long_absence() -> None:
    poses = crowd(
        lambda t: (100, 100, 1) if t < 10 else None,
        lambda t: (400, 100, 1) if t >= 20 + LOST_AFTER else None,
    )
    linked = link_individuals(poses)
    assert np.array_equal(linked.scores[:, 0], poses.scores.sum(axis=1))


def test_distance_is_relative_to_the_body() -> None:
    a = BODY.copy()
    near = pose_distance(a, a + np.array([15, 0]))
    assert near == pytest.approx(pose_distance(a * 3, a * 3 + np.array([45, 0])))
    assert pose_distance(a, a) == 0
    assert pose_distance(a, a * np.nan) == np.inf
    few = np.full_like(a, np.nan)
    few[:2] = a[:2]
    assert np.isfinite(pose_distance(a, few))


# -- the subject --------------------------------------------------------------------


def test_the_largest_is_the_subject_and_stays_it() -> None:
    poses = crowd(lambda t: (20, 20, 1), lambda t: (300, 20, 1.5 if t < 30 else 0.8))
    assert (select_subject(poses) == 1).all()


def test_one_after_another() -> None:
    def first(t: int) -> tuple[float, float, float] | None:
        return (100, 100, 1) if 5 <= t < 25 else None

    def second(t: int) -> tuple[float, float, float] | None:
        return (400, 100, 1) if 20 <= t < 55 else None

    subject = select_subject(crowd(first, second))
    assert subject.dtype == np.int64
    assert subject.tolist() == [-1] * 5 + [0] * 20 + [1] * 30 + [-1] * 5


def test_a_short_absence_changes_nothing() -> None:
    poses = crowd(
        lambda t: (100, 100, 2) if not 20 <= t < 20 + LOST_AFTER else None,
        lambda t: (400, 100, 1),
    )
    subject = select_subject(poses)
    assert (subject[20 : 20 + LOST_AFTER] == -1).all()
    assert (np.delete(subject, np.s_[20 : 20 + LOST_AFTER]) == 0).all()


def test_a_glimpse_does_not_become_the_subject() -> None:
    poses = crowd(lambda t: (100, 100, 1), lambda t: (400, 100, 2) if t == 0 else None)
    assert (select_subject(poses) == 0).all()


def test_a_click_changes_the_subject_from_its_frame_on() -> None:
    poses = crowd(lambda t: (100, 100, 2), lambda t: (400, 100, 1))
    picks = [SubjectPick(20, 430, 150), SubjectPick(40, 150, 200)]
    expected = [0] * 20 + [1] * 20 + [0] * 20
    assert select_subject(poses, picks).tolist() == expected
    assert select_subject(poses, picks[::-1]).tolist() == expected
    nobody = [SubjectPick(20, 5, 5), SubjectPick(999, 430, 150), SubjectPick(-1, 0, 0)]
    assert (select_subject(poses, nobody) == 0).all()


def test_nobody_at_all() -> None:
    poses = crowd(lambda t: None)
    assert (select_subject(poses) == -1).all()
    assert not subject_poses(poses, select_subject(poses)).scores.any()
    empty = made(np.zeros((4, 0, 17, 2)))
    assert (select_subject(empty) == -1).all()
    assert subject_poses(empty, select_subject(empty)).n_individuals == 1
    none = made(np.zeros((0, 1, 17, 2)))
    assert select_subject(none).shape == (0,)


def test_person_at() -> None:
    poses = crowd(lambda t: (100, 100, 1), lambda t: (140, 100, 1))
    assert person_at(poses, 0, 100, 170) == 0
    assert person_at(poses, 0, 202, 170) == 1
    assert person_at(poses, 0, 300, 170) is None
    assert person_at(poses, 60, 100, 170) is None


def test_subject_poses_follows_the_subject() -> None:
    poses = crowd(lambda t: (100, 100, 1), lambda t: (400, 100, 1))
    subject = np.array([0] * 20 + [-1] * 20 + [1] * 20)
    alone = subject_poses(poses, subject)
    assert np.array_equal(alone.keypoints[:20, 0], poses.keypoints[:20, 0])
    assert np.isnan(alone.keypoints[20:40]).all()
    assert np.array_equal(alone.scores[40:, 0], poses.scores[40:, 1])
    with pytest.raises(ValueError, match="subject"):
        subject_poses(poses, subject[:5])


# -- gaps, boxes, grids -------------------------------------------------------------


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 6))
def test_only_short_inner_gaps_are_filled(there: list[bool], max_gap: int) -> None:
    n = len(there)
    keypoints = np.full((n, 1, 1, 2), np.nan)
    frames = np.flatnonzero(there)
    keypoints[frames, 0, 0] = np.stack([frames * 2.0, 50 - frames], axis=1)
    poses = made(keypoints)
    filled = fill_gaps(poses, max_gap)
    known = filled.scores[:, 0, 0] > 0
    for frame in range(n):
        before, after = frames[frames < frame], frames[frames > frame]
        bridged = before.size and after.size and after[0] - before[-1] - 1 <= max_gap
        assert known[frame] == (there[frame] or bool(bridged))
        if known[frame]:
            # Those who walk straight are found again where they were.
            expected = [frame * 2, 50 - frame]
            assert filled.keypoints[frame, 0, 0] == pytest.approx(expected, abs=1e-4)
            assert filled.scores[frame, 0, 0] == pytest.approx(0.5)
    assert np.array_equal(poses.keypoints, made(keypoints).keypoints, equal_nan=True)


def test_crop_box_is_the_smallest_with_its_margin() -> None:
    keypoints = np.array([[[[100, 200], [300, 240]]], [[[50, 60], [60, 70]]]], float)
    poses = made(keypoints, np.array([[[0.5, 0.5]], [[0.5, 0.1]]]))
    assert crop_box(poses, padding=0) == (50, 60, 300, 240)
    assert crop_box(poses, padding=0.1) == (25, 42, 325, 258)
    assert crop_box(poses, padding=0, min_score=0.6) == (0, 0, *SIZE)


def test_crop_box_of_one_point_and_of_wild_ones() -> None:
    one = made(np.array([[[[100.0, 200.0]]]]))
    assert crop_box(one) == (80, 180, 120, 220)
    wild = made(np.array([[[[100, 200], [9e9, 5], [-4000, 2]]]], float))
    assert crop_box(wild) == (80, 180, 120, 220)
    beyond = made(np.array([[[[-150, 10], [790, 590]]]], float))
    assert crop_box(beyond, padding=0.5) == (-160, -120, 800, 600)
    nobody = made(np.full((3, 1, 17, 2), np.nan))
    assert crop_box(nobody) == (0, 0, *SIZE)


def test_grid_is_stretched_over_the_box() -> None:
    poses = made(np.array([[[[10, 20], [110, 70], [60, 45]]]], float))
    grid = to_grid(poses, (10, 20, 110, 70), 56)
    assert grid.shape == (1, 1, 3, 2)
    # From the outer edge of the first grid pixel to that of the last.
    expected = [[-0.5, -0.5], [55.5, 55.5], [27.5, 27.5]]
    np.testing.assert_allclose(grid[0, 0], expected, atol=1e-5)


# -- pose files ---------------------------------------------------------------------


def saved(tmp_path: Path) -> tuple[Path, PoseSequence]:
    poses = crowd(
        lambda t: (100 + t / 3, 100, 1), lambda t: None if t < 9 else (9, 9, 1)
    )
    path = tmp_path / "07.npz"
    save_poses(path, poses, "abc")
    return path, poses


def test_pose_files_keep_what_they_get(tmp_path: Path) -> None:
    path, poses = saved(tmp_path)
    read = load_poses(path, "coco17")
    np.testing.assert_allclose(read.keypoints, poses.keypoints, atol=1 / 128)
    np.testing.assert_allclose(read.scores, poses.scores, atol=1 / 2048)
    assert (read.skeleton, read.size, read.estimator) == ("coco17", SIZE, "test")
    assert str(load_npz(path)["fingerprint"]) == "abc"
    save_poses(path, read)
    again = load_poses(path)
    assert np.array_equal(again.keypoints, read.keypoints, equal_nan=True)
    assert np.array_equal(again.scores, read.scores)


def test_truncated_pose_file(tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError, match=r"07\.npz"):
            load_poses(path)
    path.unlink()
    with pytest.raises(FormatError, match="is missing"):
        load_poses(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoints": None}, "'keypoints' is missing"),
        ({"schema": None}, "not a pose file"),
        ({"schema": np.array("skelseg-poses-9")}, "another version"),
        ({"keypoints": np.zeros((3, 2))}, "shape"),
        ({"scores": np.zeros((60, 2, 9))}, "does not fit"),
        ({"scores": np.full((60, 2, 17), 3.0)}, "0..1"),
        ({"size": np.array([1.5, 2.5])}, "width and height"),
        ({"size": np.array([0, 0])}, "width and height"),
        ({"skeleton": np.array("octopus8")}, "octopus8"),
        ({"skeleton": np.array(3)}, "not text"),
        ({"skeleton": np.array("body25")}, "17 keypoints"),
    ],
)
def test_wrong_pose_file(tmp_path: Path, change: dict, words: str) -> None:
    path, _ = saved(tmp_path)
    arrays = {**load_npz(path), **change}
    save_npz(path, {n: a for n, a in arrays.items() if a is not None})
    with pytest.raises(FormatError, match=words) as caught:
        load_poses(path)
    assert str(caught.value).startswith(str(path))


def test_pose_file_of_another_skeleton(tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    with pytest.raises(FormatError, match="coco17 keypoints instead of body25"):
        load_poses(path, skeleton="body25")


def test_the_square_follows_the_subject_and_keeps_its_size() -> None:
    keypoints = np.full((40, 1, 17, 2), np.nan, np.float32)
    x = np.linspace(100, 300, 40)
    keypoints[:, 0, 0] = np.stack([x, np.full(40, 50.0)], axis=1)
    keypoints[:, 0, 16] = np.stack([x, np.full(40, 150.0)], axis=1)
    keypoints[18:22] = np.nan
    scores = np.where(np.isfinite(keypoints[..., 0]), 0.9, 0.0).astype(np.float32)
    poses = PoseSequence(keypoints, scores, "coco17", (640, 360))
    squares = follow_boxes(poses)
    sizes = squares[:, 2:] - squares[:, :2]
    np.testing.assert_allclose(sizes, sizes[0, 0])
    middles = (squares[:, :2] + squares[:, 2:]) / 2
    np.testing.assert_allclose(middles[5:35, 0], x[5:35], atol=0.5)
    np.testing.assert_allclose(middles[:, 1], 100)


def test_without_anybody_the_square_is_the_picture() -> None:
    keypoints = np.full((3, 1, 17, 2), np.nan, np.float32)
    poses = PoseSequence(
        keypoints, np.zeros((3, 1, 17), np.float32), "coco17", (64, 36)
    )
    np.testing.assert_array_equal(follow_boxes(poses), [[0, 0, 64, 36]] * 3)


def test_nobody_takes_over_the_figure_of_another_person() -> None:
    poses = crowd(lambda t: (100, 100, 1) if t < 30 else None, lambda t: (400, 100, 2))
    picks = {"anna": [SubjectPick(5, 150, 200)], "ben": [SubjectPick(20, 450, 200)]}
    found = select_bodies(poses, picks)
    assert found["anna"].tolist() == [0] * 30 + [-1] * 30
    assert (found["ben"] == 1).all()
    alone = select_subject(poses, picks["anna"])
    assert (alone[30:] == 1).all(), "who is alone is whoever is seen"


def test_before_the_first_choice_two_people_are_the_figures_that_are_chosen() -> None:
    poses = crowd(lambda t: (100, 100, 1), lambda t: (400, 100, 2))
    picks = {"anna": [SubjectPick(40, 150, 200)], "ben": [SubjectPick(40, 450, 200)]}
    found = select_bodies(poses, picks)
    assert (found["anna"] == 0).all()
    assert (found["ben"] == 1).all()


def test_of_two_who_were_away_nobody_knows_who_is_who() -> None:
    def there(t: int) -> bool:
        return t < 10 or t >= 30

    poses = crowd(
        lambda t: (100, 100, 1) if there(t) else None,
        lambda t: (400, 100, 2) if there(t) else None,
    )
    both = [SubjectPick(5, 150, 200), SubjectPick(5, 450, 200)]
    again = SubjectPick(40, 150, 200)
    found = select_bodies(poses, {"anna": [both[0], again], "ben": [both[1]]})
    assert found["anna"].tolist() == [0] * 10 + [-1] * 30 + [0] * 20
    # Whoever is left is the other one.
    assert found["ben"].tolist() == [1] * 10 + [-1] * 30 + [1] * 20


def test_a_person_is_nobody_before_the_chosen_figure_is_seen() -> None:
    poses = crowd(lambda t: (100, 100, 1), lambda t: (400, 100, 2) if t > 25 else None)
    picks = {"anna": [SubjectPick(40, 150, 200)], "ben": [SubjectPick(50, 450, 200)]}
    found = select_bodies(poses, picks)
    assert (found["anna"] == 0).all()
    assert found["ben"].tolist() == [-1] * 26 + [1] * 34
