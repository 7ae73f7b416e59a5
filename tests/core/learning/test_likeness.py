"""What a model learnt from: other people are like it, another place is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.learning.likeness import (
    FARTHER,
    FARTHER_ALONE,
    LEARNT_NAME,
    N_KEPT,
    SUREST,
    Learnt,
    less_sure,
    load_learnt,
)

D = 12
Video = Mapping[str, np.ndarray]


def video(seed: int, place: float = 0.0, n_frames: int = 300) -> Video:
    """A person's frames: something of their own around what everybody does there."""
    dice = np.random.default_rng(seed)
    own = dice.normal(0, 0.5, D)
    rows = np.random.default_rng(99).normal(0, 1, (n_frames, D)) + own + place
    return {"keypoints": (rows + dice.normal(0, 0.2, rows.shape)).astype(np.float32)}


def learnt(n: int = 5) -> Learnt:
    return Learnt.of([video(k) for k in range(n)], [str(k) for k in range(n)])


def test_other_people_are_like_and_another_place_is_unlike() -> None:
    said = learnt()
    assert len(said.frames["keypoints"]) == N_KEPT
    assert max(said.times_too_far(video(k)) for k in range(50, 60)) < 1
    assert min(said.times_too_far(video(k, place=6)) for k in range(50, 60)) > 1
    # What it learnt from is as near as can be, and so is a part of it.
    part = {"keypoints": video(0)["keypoints"][100:140]}
    assert said.times_too_far(part) < 0.5


def test_the_half_that_is_nearer_counts() -> None:
    """A walk out of the picture makes no film another one; most of its frames do."""
    here, there = video(50)["keypoints"], video(50, place=6)["keypoints"]
    mixed = {"keypoints": np.concatenate([here[:160], there[:140]])}
    assert learnt().times_too_far(mixed) < 1


def test_videos_of_one_person_are_not_compared() -> None:
    """Two films of each of three people say how far people are, not films."""
    videos = [video(k // 2) for k in range(6)]
    apart = Learnt.of(videos, [str(k // 2) for k in range(6)])
    same = Learnt.of(videos, [str(k) for k in range(6)])
    assert apart.limits["keypoints"] > 2 * same.limits["keypoints"]


def test_one_person_is_compared_by_halves_and_others_may_be_farther() -> None:
    one = Learnt.of([video(0)], ["x"])
    halves = np.array_split(video(0)["keypoints"], 2)
    two = Learnt.of([{"keypoints": half} for half in halves], ["x", "y"])
    ratio = one.limits["keypoints"] / two.limits["keypoints"]
    assert ratio == pytest.approx(FARTHER_ALONE / FARTHER)
    several = Learnt.of([{"keypoints": half} for half in halves], ["x", "x"])
    assert several.limits == one.limits


def test_copies_of_one_video_say_nothing() -> None:
    said = Learnt.of([video(0), video(0)], ["a", "b"])
    assert said.times_too_far(video(7, place=50)) == 0


def test_a_single_frame_says_nothing() -> None:
    said = Learnt.of([video(0, n_frames=1)], ["a"])
    assert said.times_too_far(video(7, place=50)) == 0


def test_the_modality_counts_that_says_the_most() -> None:
    videos = [{**video(k), "rgb": video(k)["keypoints"]} for k in range(5)]
    said = Learnt.of(videos, [str(k) for k in range(5)])
    elsewhere = {**video(50), "rgb": video(50, place=6)["keypoints"]}
    assert said.times_too_far(elsewhere) > 1


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    dims = {"keypoints": D}
    assert load_learnt(tmp_path, dims) is None
    said = learnt()
    said.save(tmp_path)
    found = load_learnt(tmp_path, dims)
    assert found is not None
    assert found.times_too_far(video(9, 6)) == said.times_too_far(video(9, 6))
    with pytest.raises(FormatError, match="damaged"):
        load_learnt(tmp_path, {"keypoints": D + 1})
    with pytest.raises(FormatError, match="damaged"):
        load_learnt(tmp_path, {"rgb": D})
    (tmp_path / LEARNT_NAME).write_bytes(b"PK")
    with pytest.raises(FormatError, match="damaged"):
        load_learnt(tmp_path, dims)


def test_lowered_probabilities_keep_their_order() -> None:
    given = np.array([[1, 0, 0], [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]], np.float32)
    found = less_sure(given)
    assert found.max() == pytest.approx(SUREST)
    assert found.sum(axis=1) == pytest.approx(np.ones(3))
    assert found.argmax(axis=1).tolist() == [0, 0, 0]
    assert (found[2] == given[2]).all()
    assert found[1, 1] == pytest.approx(2 * found[1, 2])
    one = np.ones((4, 1), np.float32)
    assert (less_sure(one) == one).all()
