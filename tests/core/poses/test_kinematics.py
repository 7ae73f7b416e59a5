from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.poses.kinematics import (
    FEWEST,
    REACH,
    Kinematics,
    mean_speed,
    rests,
    speeds_of,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.video.times import FrameTimes


def times(seed: int, n: int, steady: bool) -> np.ndarray:
    """Times of frames at 25 per second, or at no steady rate."""
    rng = np.random.default_rng(seed)
    steps = np.full(n, 0.04) if steady else rng.uniform(0.01, 0.1, n)
    return np.cumsum(steps)


def walk(seed: int, n: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (n, k, 2) that wander, and scores above 0."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 5, (n, k, 2)).cumsum(axis=0), rng.uniform(0.1, 1, (n, k))


@given(
    seed=st.integers(0, 999),
    n=st.integers(3, 60),
    steady=st.booleans(),
    x=st.floats(-2000, 2000),
    y=st.floats(-2000, 2000),
)
def test_steady_motion_has_its_speed(
    seed: int, n: int, steady: bool, x: float, y: float
) -> None:
    when = times(seed, n, steady)
    _, scores = walk(seed, n, 1)
    points = np.array([300.0, 200.0]) + when[:, None] * np.array([x, y])
    speed = speeds_of(points[:, None], scores, when)
    assert speed == pytest.approx(np.full((n, 1), np.hypot(x, y)), rel=1e-3, abs=1e-2)


@given(seed=st.integers(0, 999), factor=st.floats(0.1, 20))
def test_speed_grows_with_the_picture(seed: int, factor: float) -> None:
    points, scores = walk(seed, 30)
    when = times(seed, 30, False)
    one = speeds_of(points, scores, when)
    many = speeds_of(points * factor, scores, when)
    assert many == pytest.approx(one * factor, rel=1e-3, abs=1e-3)
    slow = speeds_of(points, scores, when * factor)
    assert slow == pytest.approx(one / factor, rel=1e-3, abs=1e-3)


@given(seed=st.integers(0, 999), share=st.floats(0, 1))
def test_it_is_known_where_the_keypoint_is(seed: int, share: float) -> None:
    points, scores = walk(seed, 40)
    gone = np.random.default_rng(seed + 1).random(scores.shape) < share
    holes = np.where(gone[..., None], np.nan, points)
    zeros = np.where(gone, 0, scores)
    speed = speeds_of(holes, zeros, times(seed, 40, False))
    padded = np.pad(~gone, ((REACH, REACH), (0, 0)))
    around = sum(padded[i : i + 40].astype(int) for i in range(2 * REACH + 1))
    assert (np.isfinite(speed) == ~gone & (around >= FEWEST)).all()


def test_what_is_far_away_changes_nothing() -> None:
    points, scores = walk(0, 60)
    when = times(0, 60, False)
    before = speeds_of(points, scores, when)
    points[40:] += 500
    after = speeds_of(points, scores, when)
    assert (after[: 40 - REACH] == before[: 40 - REACH]).all()
    assert after[40] == pytest.approx(after[40])
    assert (after[39] > before[39] + 100).all()


def test_a_doubtful_point_weighs_little() -> None:
    when = np.arange(9) / 10
    points = np.zeros((9, 1, 2))
    points[4, 0, 0] = 100
    sure, doubtful = np.ones((9, 1)), np.ones((9, 1))
    doubtful[4] = 0.01
    loud = speeds_of(points, sure, when)
    assert speeds_of(points, doubtful, when)[3, 0] < 0.1 * loud[3, 0]


def test_from_one_person_to_another_nothing_moved() -> None:
    when, people = times(0, 40, True), np.repeat([0, 1], 20)
    # Both walk at 50 px/s, 600 px apart.
    points = (50 * when + 600 * people)[:, None, None] * np.array([1.0, 0.0])
    scores = np.ones((40, 1))
    assert speeds_of(points, scores, when).max() > 1000
    speed = speeds_of(points, scores, when, people)
    assert speed == pytest.approx(np.full((40, 1), 50), abs=1e-3)


def test_the_mean_is_of_those_that_are_there() -> None:
    speeds = np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]])
    assert mean_speed(speeds) == pytest.approx([2, 5, np.nan], nan_ok=True)


@settings(deadline=None)
@given(rate=st.sampled_from([10, 15, 25, 60]), pause_s=st.floats(2, 4))
def test_rests_lie_between_two_strokes(rate: int, pause_s: float) -> None:
    when = np.arange(int(12 * rate)) / rate
    speed = 400 * np.abs(np.sin(np.pi * when / pause_s)) + 5
    frames, strengths = rests(speed, FrameTimes.of_table(when))
    wanted = np.arange(1, int(when[-1] / pause_s) + 1) * pause_s
    inner = wanted[wanted < when[-1] - 1]
    near = np.abs(when[frames][:, None] - inner[None])
    assert (near.min(axis=0) <= 1 / rate).all()
    assert ((strengths > 0) & (strengths <= 1)).all()
    assert (np.diff(frames) > 0).all()


def test_a_tremble_in_rest_is_no_rest() -> None:
    rng = np.random.default_rng(0)
    when = np.arange(600) / 30
    speed = rng.uniform(0, 8, 600)
    speed[100:160] = 500
    frames, _ = rests(speed, FrameTimes.of_table(when))
    assert not len(frames)


@pytest.mark.parametrize(
    "speed", [np.zeros(50), np.full(50, np.nan), np.zeros(2), np.full(50, 9.0)]
)
def test_nothing_moves_and_nothing_rests(speed: np.ndarray) -> None:
    frames, strengths = rests(speed, FrameTimes.even(len(speed), 25))
    assert frames.shape == strengths.shape == (0,)


def test_curves_go_by_name() -> None:
    skeleton = load_skeleton("coco17")
    when = np.arange(50) / 25
    points = np.zeros((50, 1, 17, 2))
    left, right = (skeleton.keypoints.index(f"{s}_wrist") for s in ("left", "right"))
    points[:, 0, left, 0] = when * 100
    points[:, 0, right, 1] = when * 300
    poses = PoseSequence(points + 1, np.ones((50, 1, 17)), "coco17", (640, 480))
    found = Kinematics.of(poses, FrameTimes.of_table(when), skeleton.keypoints)
    for name, speed in {"wrists": 200, "left_wrist": 100, "hips": 0}.items():
        curve = found.curve(name)
        assert curve == pytest.approx(np.full(50, speed), rel=1e-3, abs=1e-3)
    assert found.curve("tail") is None
