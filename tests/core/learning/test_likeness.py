"""What a model learnt from: other people are like it, another place is not."""

from __future__ import annotations

import io
from dataclasses import replace
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
    posture_and_motion,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import SubjectInput

D = 12


def video(seed: int, place: float = 0.0, n_frames: int = 300) -> np.ndarray:
    """A person's frames: something of their own around what everybody does there."""
    dice = np.random.default_rng(seed)
    own = dice.normal(0, 0.5, D)
    rows = np.random.default_rng(99).normal(0, 1, (n_frames, D)) + own + place
    return (rows + dice.normal(0, 0.2, rows.shape)).astype(np.float32)


def learnt(n: int = 5) -> Learnt:
    return Learnt.of([video(k) for k in range(n)], [str(k) for k in range(n)])


def test_other_people_are_like_and_another_place_is_unlike() -> None:
    said = learnt()
    assert len(said.frames) == N_KEPT
    assert max(said.times_too_far(video(k)) for k in range(50, 60)) < 1
    assert min(said.times_too_far(video(k, place=6)) for k in range(50, 60)) > 1
    # What it learnt from is as near as can be, and so is a part of it.
    assert said.times_too_far(video(0)[100:140]) < 0.5


def test_the_half_that_is_nearer_counts() -> None:
    """A walk out of the picture makes no film another one; most of its frames do."""
    mixed = np.concatenate([video(50)[:160], video(50, place=6)[:140]])
    assert learnt().times_too_far(mixed) < 1


def test_videos_of_one_person_are_not_compared() -> None:
    """Two films of each of three people say how far people are, not films."""
    videos = [video(k // 2) for k in range(6)]
    apart = Learnt.of(videos, [str(k // 2) for k in range(6)])
    same = Learnt.of(videos, [str(k) for k in range(6)])
    assert apart.limit > 2 * same.limit


def test_one_person_is_compared_by_halves_and_others_may_be_farther() -> None:
    one = Learnt.of([video(0)], ["x"])
    halves = np.array_split(video(0), 2)
    two = Learnt.of(halves, ["x", "y"])
    ratio = one.limit / two.limit
    assert ratio == pytest.approx(FARTHER_ALONE / FARTHER)
    several = Learnt.of(halves, ["x", "x"])
    assert several.limit == one.limit


def test_copies_of_one_video_say_nothing() -> None:
    said = Learnt.of([video(0), video(0)], ["a", "b"])
    assert said.times_too_far(video(7, place=50)) == 0


def test_a_single_frame_says_nothing() -> None:
    said = Learnt.of([video(0, n_frames=1)], ["a"])
    assert said.times_too_far(video(7, place=50)) == 0


def test_of_a_skeleton_without_hips_nothing_is_said() -> None:
    hand = replace(load_skeleton("coco17"), keypoints=tuple(map(str, range(17))))
    poses = PoseSequence(
        np.random.default_rng(0).normal(0, 9, (30, 1, 17, 2)).astype(np.float32),
        np.ones((30, 1, 17), np.float32),
        "coco17",
        (64, 48),
        "made by hand",
    )
    rows = posture_and_motion(SubjectInput(poses, hand, (0, 0, 64, 48)))
    assert rows.shape == (30, 0)
    assert Learnt.of([rows, rows], ["a", "b"]).times_too_far(rows) == 0
    assert learnt().times_too_far(rows) == 0


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert load_learnt(tmp_path) is None
    said = learnt()
    said.save(tmp_path)
    found = load_learnt(tmp_path)
    assert found is not None
    assert found.times_too_far(video(9, 6)) == said.times_too_far(video(9, 6))
    for damage in (b"PK", npz(frames=said.frames), npz(frames=1, limit=2)):
        (tmp_path / LEARNT_NAME).write_bytes(damage)
        with pytest.raises(FormatError, match="damaged"):
            load_learnt(tmp_path)


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


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
