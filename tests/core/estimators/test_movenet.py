from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.bundled import resource
from skelseg_core.errors import ModelError
from skelseg_core.estimators import movenet
from skelseg_core.estimators.base import PoseEstimator
from skelseg_core.estimators.movenet import MoveNet
from skelseg_core.estimators.person_collector import PersonCollector
from skelseg_core.estimators.registry import load_estimator
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import select_subject
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.poses import estimate_poses
from tests.tasks import driven
from tests.videos import write_video


@pytest.fixture(scope="module")
def estimator() -> MoveNet:
    return MoveNet(threads=1)


def test_a_video_of_nobody_is_looked_at_and_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    film = write_video(tmp_path / "one.mp4", 40)
    folder.save(add_video(project, probe_video(film, folder, project)), project)
    looks: list[int] = []

    def look(_: MoveNet, rgb: np.ndarray) -> bool:
        looks.append(len(rgb))
        return False

    monkeypatch.setattr(MoveNet, "sees_somebody", look)
    root = str(folder.root)
    assert run(estimate_poses(root, "one", look_first=True)) == {"nobody": 30}
    assert len(looks) == 30
    (item,) = folder.load().tracks
    assert folder.nobody_path("one").read_text() == item.video.fingerprint
    assert not folder.poses_path("one").exists()


def test_bundled_files_are_those_described() -> None:
    text = (resource("models") / "MOVENET.md").read_text()
    assert (resource("models") / "LICENSE-Apache-2.0.txt").is_file()
    files = sorted(path.name for path in resource("models").glob("movenet-*.onnx"))
    assert len(files) == 4
    for name in files:
        digest = hashlib.sha256((resource("models") / name).read_bytes()).hexdigest()
        assert re.search(rf"`{name}` .*`{digest}`", text)


def test_missing_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"movenet-multipose-int8\.onnx is missing"):
        MoveNet(folder=tmp_path)
    with pytest.raises(ModelError, match=r"movenet-multipose\.onnx is missing"):
        MoveNet(folder=tmp_path, exact=True)


def test_damaged_model_is_one_sentence(tmp_path: Path) -> None:
    whole = (resource("models") / "movenet-multipose.onnx").read_bytes()
    for damaged in (b"", b"no model", whole[: len(whole) // 2]):
        (tmp_path / "movenet-multipose.onnx").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"movenet-multipose\.onnx is damaged"):
            MoveNet(folder=tmp_path, exact=True)


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


def test_a_crop_of_a_large_person_is_the_picture_made_smaller() -> None:
    rows, columns = np.mgrid[:300, :500]
    picture = np.stack([rows * 0.8, columns * 0.5, rows + columns], axis=-1)
    picture = np.rint(picture * (255 / picture.max())).astype(np.uint8)
    for x0, y0, side in ((120.3, 40.6, 200.0), (-60.2, -30.7, 280.0), (400, 150, 260)):
        crop = movenet.crop_square(picture, x0, y0, side, 64).astype(float)
        at = (np.arange(64) + 0.5) * side / 64
        y, x = np.meshgrid(y0 + at, x0 + at, indexing="ij")
        expected = np.stack([0.8 * (y - 0.5), 0.5 * (x - 0.5), x + y - 1], axis=-1)
        expected *= 255 / (299 + 499)
        step = side / 64
        inside = (x > step) & (x < 500 - step) & (y > step) & (y < 300 - step)
        beyond = (x < -step) | (x > 500 + step) | (y < -step) | (y > 300 + step)
        assert np.abs(crop - expected)[inside].max() < 1.5
        assert not crop[beyond].any()


def test_threads_change_nothing(estimator: MoveNet) -> None:
    path = resource("demo") / "videos" / "anna-1.mp4"
    one, two = (
        run(each.estimate(decoded(path, 60, 4), 4, (640, 360)))
        for each in (estimator, MoveNet(threads=2))
    )
    assert one.keypoints.tobytes() == two.keypoints.tobytes()
    assert one.scores.tobytes() == two.scores.tobytes()


def test_of_a_keypoint_that_one_frame_lacks_the_nearer_frame_decides() -> None:
    found = PersonCollector(5, n_keypoints=5, max_people=2)
    one = np.array([[[0, 0], [8, 0], [0, 8], [8, 8], [4, 4]]], np.float32)
    two = one + np.array([2, 0], np.float32)
    one[0, 1], two[0, 2] = np.nan, np.nan
    found.put(0, one, np.array([[0.5, 0, 0.5, 1, 1]], np.float32))
    found.put(4, two, np.array([[0.75, 0.75, 0, 1, 1]], np.float32))
    found.fill(0, 4)
    poses = found.sequence("coco17", (20, 20), "")
    nan = np.nan
    x = [[0, nan, 0], [0.5, nan, 0], [1, nan, 0], [1.5, 10, nan], [2, 10, nan]]
    expected = np.array(x, np.float32)
    assert np.array_equal(poses.keypoints[:, 0, :3, 0], expected, equal_nan=True)
    scores = poses.scores[:, 0, :3]
    assert scores[:, 0] == pytest.approx([0.5, 0.5625, 0.625, 0.6875, 0.75], abs=1e-3)
    assert np.array_equal(scores > 0, np.isfinite(expected))


def test_between_the_frames_that_are_looked_at_people_are_drawn_on_lines(
    estimator: MoveNet,
) -> None:
    path = resource("demo") / "videos" / "anna-1.mp4"
    size, n = (640, 360), 8
    frames = list(decoded(path, 60, n))
    all_of_them = run(estimator.estimate(iter(frames), n, size))
    second = MoveNet(threads=1, every=2)
    some = iter([*frames[::2], frames[-1]])
    steps, poses = driven(second.estimate(some, n, size))
    assert [s.done for s in steps] == [1, 3, 5, 7, 8]
    before, after = poses.keypoints[[0, 2, 4]], poses.keypoints[[2, 4, 6]]
    between = poses.keypoints[[1, 3, 5]]
    assert np.isfinite(between).any(axis=-1).sum() > 30
    assert np.nanmax(np.abs(between - (before + after) / 2)) <= 1 / 64
    away = np.linalg.norm(poses.keypoints - all_of_them.keypoints, axis=-1)
    assert np.nanmean(away) < 2
    assert poses.estimator == (
        "MoveNet multipose + thunder in int8, skelseg 2, every 2 frames"
    )


def test_the_exact_networks_find_the_same_people_nearly_there(
    estimator: MoveNet,
) -> None:
    exact = load_estimator("movenet-exact")
    assert exact.name == "MoveNet multipose + thunder, skelseg 2", "as ever"
    path = resource("demo") / "videos" / "anna-1.mp4"
    one, other = (
        run(each.estimate(decoded(path, 60, 12), 12, (640, 360)))
        for each in (estimator, exact)
    )
    assert one.n_individuals == other.n_individuals == 1
    assert one.estimator != other.estimator
    away = np.linalg.norm(one.keypoints - other.keypoints, axis=-1)
    assert 0 < np.nanmean(away) < 2
    assert ((one.scores > 0) != (other.scores > 0)).mean() < 0.05


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
