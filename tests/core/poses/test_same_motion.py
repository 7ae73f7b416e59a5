"""The same film in another encoding, size or cut is known by where bodies are."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.poses.same_motion import body_motion, is_same_motion
from skelseg_core.poses.sequence import PoseSequence

SIZE = (640, 480)


def walk(seed: int, n_frames: int = 1000) -> np.ndarray:
    """Keypoints (T, 1, 17, 2), px, of somebody who goes to and fro and reaches out."""
    dice = np.random.default_rng(seed)
    steps = dice.normal(size=(n_frames // 25 + 2, 2)) * (60, 15) + (320, 240)
    at = np.arange(n_frames) / 25
    centre = np.stack(
        [np.interp(at, np.arange(len(steps)), steps[:, k]) for k in (0, 1)], axis=1
    )
    body = dice.normal(size=(17, 2)) * (20, 60)
    reach = 1 + 0.4 * np.sin(at * dice.uniform(1, 3))[:, None, None]
    return (centre[:, None] + body * reach)[:, None].astype(np.float32)


def poses(keypoints: np.ndarray, size: tuple[int, int] = SIZE) -> PoseSequence:
    scores = np.ones(keypoints.shape[:3], np.float32)
    return PoseSequence(keypoints, scores, "coco17", size)


def again(keypoints: np.ndarray) -> PoseSequence:
    """The film at half the size, estimated anew: points shake, some are missing."""
    dice = np.random.default_rng(9)
    shaken = keypoints / 2 + dice.normal(scale=2, size=keypoints.shape)
    shaken[dice.random(keypoints.shape[:3]) < 0.1] = np.nan
    scores = np.where(np.isfinite(shaken[..., 0]), 1.0, 0.0).astype(np.float32)
    return PoseSequence(shaken.astype(np.float32), scores, "coco17", (320, 240))


@pytest.mark.parametrize("cut", [slice(None), slice(80, None), slice(150, 850)])
def test_a_film_is_known_again(cut: slice) -> None:
    film = walk(0)
    one, other = body_motion(poses(film), 25.0), body_motion(again(film[cut]), 25.0)
    assert is_same_motion(one, other)
    assert is_same_motion(other, one)


def test_ten_seconds_of_it_are_known_cropped() -> None:
    film = walk(0)
    crop = again((film[300:560] - (90, 60)) * (1.4, 1.4))
    one, other = body_motion(poses(film), 25.0), body_motion(crop, 25.0)
    assert is_same_motion(one, other)
    assert is_same_motion(other, one)
    # Mirrored it is no copy: left and right are other keypoints.
    mirrored = body_motion(poses((640, 0) - film * (1, -1)), 25.0)
    assert not is_same_motion(one, mirrored)


def test_poses_of_two_skeletons_are_not_compared() -> None:
    film = walk(0)
    one, other = (
        body_motion(poses(film), 25.0),
        body_motion(poses(film[:, :, :9]), 25.0),
    )
    assert not is_same_motion(one, other)


def test_it_is_known_at_another_rate() -> None:
    film = walk(1)
    one, other = body_motion(poses(film), 25.0), body_motion(again(film[::2]), 12.5)
    assert is_same_motion(one, other)


def test_others_and_who_stands_still_are_not_taken_for_it() -> None:
    films = [body_motion(poses(walk(n)), 25.0) for n in range(6)]
    for n, one in enumerate(films):
        assert not any(is_same_motion(one, other) for other in films[n + 1 :])
    still = np.repeat(walk(7)[:1], 1000, axis=0)
    one, other = (body_motion(p, 25.0) for p in (poses(still), again(still)))
    assert not is_same_motion(one, other)
    # Half of one, and then something else, is another film.
    joined = np.concatenate([walk(0)[:500], walk(2)[:500]])
    assert not is_same_motion(films[0], body_motion(poses(joined), 25.0))


def test_nobody_or_a_moment_tells_nothing() -> None:
    nobody = np.full((100, 1, 17, 2), np.nan, np.float32)
    empty = PoseSequence(nobody, np.zeros((100, 1, 17), np.float32), "coco17", SIZE)
    track = body_motion(empty, 25.0)
    assert np.isnan(track).all()
    assert not is_same_motion(track, track)
    short = body_motion(poses(walk(0, 240)), 25.0)
    assert not is_same_motion(short, short)
