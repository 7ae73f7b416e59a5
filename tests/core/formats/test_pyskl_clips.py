from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.labels.pyskl_annotations import PysklClips
from skelseg_core.labels.people import people_of_text
from skelseg_core.poses.sequence import PoseSequence
from tests.labelled import NAMES, video_of, written


def poses(n: int, people: int = 2) -> PoseSequence:
    points = np.random.default_rng(1).uniform(1, 40, (n, people, 17, 2))
    scores = np.full((n, people, 17), 0.5, np.float32)
    scores[0, 0, 3] = 0
    scores[2:, 1:] = 0
    return PoseSequence(points.astype(np.float32), scores, "coco17", (64, 48))


def test_a_pickle_of_pyskl_has_what_its_data_set_asks_for(tmp_path: Path) -> None:
    given = poses(5)
    videos = [
        video_of([0, 0, -1, 1, 1], id="a", poses=given, fold="training"),
        video_of([1] * 5, id="b", poses=poses(5, 1), fold="testing"),
    ]
    path, classes = written(PysklClips(), tmp_path, *videos)
    value = pickle.loads(path.read_bytes())
    assert value["split"] == {
        "train": ["a_000000_000002", "a_000003_000005"],
        "test": ["b_000000_000005"],
    }
    first, second, third = value["annotations"]
    assert first["frame_dir"] == "a_000000_000002"
    assert (first["total_frames"], first["label"]) == (2, 0)
    assert first["img_shape"] == first["original_shape"] == (48, 64)
    assert first["keypoint"].shape == (2, 2, 17, 2)
    assert first["keypoint_score"].shape == (2, 2, 17)
    assert first["keypoint"].dtype == np.float32
    assert first["keypoint"].flags.writeable
    want = given.keypoints[0:2].transpose(1, 0, 2, 3)
    np.testing.assert_array_equal(first["keypoint"], np.nan_to_num(want))
    assert first["keypoint"][0, 0, 3].tolist() == [0, 0]
    # Nobody's person in frames 3 and 4.
    assert second["keypoint"].shape == (1, 2, 17, 2)
    assert (second["label"], third["label"]) == (1, 1)
    assert third["total_frames"] == 5
    assert classes.read_text().splitlines() == list(NAMES)


def test_a_pickle_of_pyskl_needs_no_module_but_numpy(tmp_path: Path) -> None:
    path, _ = written(PysklClips(), tmp_path, video_of([0] * 3, poses=poses(3)))
    strings: list[str] = []
    globals_: set[str] = set()
    for code, argument, _ in pickletools.genops(io.BytesIO(path.read_bytes())):
        if code.name == "STACK_GLOBAL":
            globals_.add(".".join(strings[-2:]))
        if isinstance(argument, str):
            strings.append(argument)
    assert globals_ <= {"numpy.ndarray", "builtins.bytearray", "numpy.bytearray"}


def test_splits_by_subject(tmp_path: Path) -> None:
    people = {"a": "Ann", "b": "Bo", "c": "Ann", "d": ""}
    videos = [
        video_of([0, 0], id=name, poses=poses(2), people=people_of_text(subject))
        for name, subject in people.items()
    ]
    path, _ = written(PysklClips(), tmp_path, *videos)
    split = pickle.loads(path.read_bytes())["split"]
    found = {side: [name[0] for name in names] for side, names in split.items()}
    assert found == {
        "all": ["a", "b", "c", "d"],
        "test_Ann": ["a", "c"],
        "train_without_Ann": ["b"],
        "test_Bo": ["b"],
        "train_without_Bo": ["a", "c"],
    }


def test_poses_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="v 1 has no poses"):
        written(PysklClips(), tmp_path, video_of([0, 1]))
    with pytest.raises(FormatError, match="poses of 3 frames and labels of 2"):
        written(PysklClips(), tmp_path, video_of([0, 1], poses=poses(3)))
    with pytest.raises(FormatError, match="No frame is labelled"):
        written(PysklClips(), tmp_path, video_of([-1] * 3))


def test_one_boundary_one_frame_off_is_noticed(tmp_path: Path) -> None:
    def clips(labels: list[int]) -> list[tuple[str, int, bytes]]:
        video = video_of(labels, poses=poses(5))
        path, _ = written(PysklClips(), tmp_path, video)
        found = pickle.loads(path.read_bytes())["annotations"]
        return [
            (c["frame_dir"], c["total_frames"], c["keypoint"].tobytes()) for c in found
        ]

    first, second = clips([0, 0, 1, 1, 1])
    assert not {first, second} & set(clips([0, 0, 0, 1, 1]))
