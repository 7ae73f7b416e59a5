from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ModelError
from skelseg_core.estimators import movenet
from skelseg_core.estimators.base import PoseEstimator
from skelseg_core.estimators.movenet import MoveNet
from skelseg_core.files import resource
from skelseg_core.poses.sequence import select_subject
from skelseg_core.progress import run
from tests.tasks import driven


@pytest.fixture(scope="module")
def estimator() -> MoveNet:
    return MoveNet(threads=1)


def test_bundled_files_are_those_described() -> None:
    text = (resource("models") / "MOVENET.md").read_text()
    assert (resource("models") / "LICENSE-Apache-2.0.txt").is_file()
    for name in ("movenet-multipose.onnx", "movenet-thunder.onnx"):
        digest = hashlib.sha256((resource("models") / name).read_bytes()).hexdigest()
        assert re.search(rf"`{name}` .*`{digest}`", text)


def test_missing_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"movenet-multipose\.onnx is missing"):
        MoveNet(folder=tmp_path)


def test_damaged_model_is_one_sentence(tmp_path: Path) -> None:
    whole = (resource("models") / "movenet-multipose.onnx").read_bytes()
    for damaged in (b"", b"no model", whole[: len(whole) // 2]):
        (tmp_path / "movenet-multipose.onnx").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"movenet-multipose\.onnx is damaged"):
            MoveNet(folder=tmp_path)


def test_nobody_is_nobody(estimator: MoveNet) -> None:
    known: PoseEstimator = estimator
    frames = ((n, np.full((48, 80, 3), 90, np.uint8)) for n in range(3))
    steps, poses = driven(known.estimate(frames, 5, (80, 48)))
    assert [(s.done, s.total) for s in steps] == [(1, 5), (2, 5), (3, 5)]
    assert poses.keypoints.shape == (5, 1, 17, 2)
    assert np.isnan(poses.keypoints).all()
    assert not poses.scores.any()
    assert (poses.skeleton, poses.size) == ("coco17", (80, 48))


def test_crop_keeps_pixels_where_they_were() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[10:12, 30:32] = 255
    same = movenet.crop_square(picture, 20, 5, 16, 16)
    assert same.shape == (16, 16, 3)
    assert np.array_equal(same, picture[5:21, 20:36])
    beyond = movenet.crop_square(picture, -10, -10, 16, 16)
    assert not beyond[:10].any()
    # The spot's middle is at (32, 12), at the same share of any crop.
    picture[8:16, 28:36] = 255
    for side, n in ((32.0, 64), (40.0, 10)):
        crop = movenet.crop_square(picture, 15, 1, side, n)[..., 0].astype(float)
        rows, columns = np.mgrid[:n, :n] + 0.5
        middle = [(crop * a).sum() / crop.sum() * side / n for a in (columns, rows)]
        assert middle == pytest.approx([17, 11], abs=0.1)


def decoded(path: Path, first: int, count: int) -> Iterator[tuple[int, np.ndarray]]:
    from skelseg_core.video.reader import VideoReader

    with VideoReader(path) as reader:
        for n in range(count):
            yield n, reader[first + n]


def test_finds_the_two_who_embrace(estimator: MoveNet, shared: Path) -> None:
    path = shared / "data" / "videos" / "two_people_1080p.mp4"
    poses = run(estimator.estimate(decoded(path, 50, 12), 12, (1920, 1080)))
    assert poses.n_individuals == 2
    assert (poses.scores > 0).any(axis=-1).all()
    hips = poses.keypoints[:, :, 11:13, 0].mean(axis=-1)
    # One stands left of the other, and each keeps his index.
    assert (np.abs(hips[:, 0] - hips[:, 1]) > 40).all()
    assert np.abs(np.diff(hips, axis=0)).max() < 60
    assert (poses.scores[poses.scores > 0] >= 0.2 - 1e-3).all()


def test_follows_one_person_and_notices_the_empty_room(
    estimator: MoveNet, shared: Path
) -> None:
    path = shared / "data" / "videos" / "one_by_one.mp4"
    poses = run(estimator.estimate(decoded(path, 184, 18), 18, (768, 432)))
    subject = select_subject(poses)
    assert (subject[:10] == 0).all()
    assert (subject[14:] == -1).all()
    assert np.isnan(poses.keypoints[14:]).all()
    walked = np.nanmean(poses.keypoints[:10, 0, :, 0], axis=1)
    assert walked[-1] > walked[0]
