"""What a model learnt from: other people are like it, another place is not."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.bundled import resource
from skelseg_core.errors import FormatError
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.learning.likeness import (
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
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder

D = 12


def video(seed: int, place: float = 0.0, n_frames: int = 300) -> np.ndarray:
    """A person's frames: something of their own around what everybody does there."""
    dice = np.random.default_rng(seed)
    own = dice.normal(0, 0.1, D)
    # Again and again the same, each number at its own time.
    turns = 2 * np.pi * (np.arange(n_frames)[:, None] / 60 + np.arange(D) / D)
    rows = np.sin(turns) + own + place
    return (rows + dice.normal(0, 0.05, rows.shape)).astype(np.float32)


def learnt(n: int = 5) -> Learnt:
    return Learnt.of([video(k) for k in range(n)])


def test_other_people_are_like_and_another_place_is_unlike() -> None:
    for n in (1, 2, 5, 20):
        said = learnt(n)
        assert len(said.frames) == min(N_KEPT, 300 * n)
        assert max(said.times_too_far(video(k)) for k in range(50, 60)) < 1
        assert min(said.times_too_far(video(k, place=6)) for k in range(50, 60)) > 1
    # What it learnt from is as near as can be, and so is a part of it.
    assert learnt().times_too_far(video(0)[100:140]) < 0.5


def test_the_half_that_is_nearer_counts() -> None:
    """A walk out of the picture makes no film another one; most of its frames do."""
    mixed = np.concatenate([video(50)[:160], video(50, place=6)[:140]])
    assert learnt().times_too_far(mixed) < 1


def test_variety_lets_no_other_place_through() -> None:
    """The farthest pair of training videos was the limit: one odd clip loosened it."""
    odd = [video(k, place=-9 * k) for k in range(1, 4)]
    various = Learnt.of([video(0), *odd])
    assert various.times_too_far(video(50, place=6)) > 1
    assert various.times_too_far(video(51)) < 1


def test_a_video_that_is_there_twice_changes_little() -> None:
    """Copies made the limit nearly 0: strangers at the same work were unlike."""
    videos = [video(k) for k in range(2)]
    once, twice = Learnt.of(videos), Learnt.of([*videos, *videos])
    for place in (0, 6):
        asked = video(50, place)
        far = twice.times_too_far(asked)
        assert once.times_too_far(asked) == pytest.approx(far, rel=0.15)


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
    assert Learnt.of([rows, rows]).times_too_far(rows) == 0
    assert learnt().times_too_far(rows) == 0


def test_the_demos_model_knows_its_people_and_nobody_on_hands(tmp_path: Path) -> None:
    """Of gymnasts it said *stand* at .86 without a word."""
    learnt = load_learnt(resource("demo") / "models" / "keypoints")
    folder, project = ProjectFolder(tmp_path / "demo"), write_demo(tmp_path / "demo")
    assert learnt is not None
    for item in project.tracks:
        body = load_poses(folder.poses_path(item.id))
        alone = replace(
            body, keypoints=body.keypoints[:, :1], scores=body.scores[:, :1]
        )
        skeleton = load_skeleton(project.skeleton)
        subject = SubjectInput(alone, skeleton, (0, 0, *body.size))
        assert learnt.times_too_far(posture_and_motion(subject)) < 1
        height = body.size[1]
        turned = alone.keypoints.copy()
        turned[..., 1] = height - turned[..., 1]
        upside_down = SubjectInput(
            replace(alone, keypoints=turned), skeleton, (0, 0, *body.size)
        )
        assert learnt.times_too_far(posture_and_motion(upside_down)) > 1


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert load_learnt(tmp_path) is None
    said = learnt()
    said.save(tmp_path)
    found = load_learnt(tmp_path)
    assert found is not None
    assert found.times_too_far(video(9, 6)) == said.times_too_far(video(9, 6))
    for damage in (b"PK", npz(frames=1), npz(limit=2)):
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
