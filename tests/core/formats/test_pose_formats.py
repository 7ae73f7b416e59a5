"""Layouts of pose files written by hand, as the tools describe or write them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.imports.pose_files import (
    detect_format,
    load_pose_file,
    save_pose_file,
)

SIZE = (640, 480)
COCO17 = load_skeleton("coco17").keypoints
BODY = [v for k in range(17) for v in (100.0 + 3 * k, 50.0 + 9 * k, 0.5)]


def read(path: Path, **more: Any) -> PoseSequence:
    return load_pose_file(path, **{"size": SIZE, **more})


def dumped(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


# -- OpenPose -----------------------------------------------------------------------


def openpose(folder: Path, *frames: list[dict[str, Any]] | None) -> Path:
    for n, people in enumerate(frames):
        if people is not None:
            name = f"my_video_720p_{n:012d}_keypoints.json"
            dumped(folder / name, {"version": 1.3, "people": people})
    return folder


def person(values: list[float], **more: object) -> dict[str, object]:
    return {
        "person_id": [-1],
        "pose_keypoints_2d": values,
        "face_keypoints_2d": [],
        "hand_left_keypoints_2d": [],
        "pose_keypoints_3d": [],
        **more,
    }


def test_openpose_body25(tmp_path: Path) -> None:
    values = [v for k in range(25) for v in (200.0 + k, 100.0 + 4 * k, 0.875)]
    values[3:6] = [0, 0, 0]  # the neck is missing
    folder = openpose(tmp_path / "o", [person(values)], [], None, [person(values)])
    poses = read(folder, n_frames=4, skeleton="body25")
    assert poses.skeleton == "body25"
    assert (poses.scores > 0).any(axis=(1, 2)).tolist() == [True, False, False, True]
    assert np.isnan(poses.keypoints[0, 0, 1]).all()
    assert poses.scores[0, 0, 0] == np.float32(0.875)
    coco17 = read(folder, n_frames=4)
    left_ankle = load_skeleton("body25").keypoints.index("left_ankle")
    assert coco17.keypoints[0, 0, 15].tolist() == values[3 * left_ankle :][:2]


def test_openpose_before_version_1_1_and_face_only(tmp_path: Path) -> None:
    old = {"pose_keypoints": [v for k in range(18) for v in (50.0 + k, 60 + k, 0.5)]}
    folder = openpose(tmp_path / "o", [old, person([])])
    poses = read(folder, skeleton="coco18")
    assert poses.keypoints.shape == (1, 1, 18, 2)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_openpose_shares_of_the_picture(low: float, tmp_path: Path) -> None:
    """--keypoint_scale 3 and 4; 0, 0, 0 stays missing."""
    pixels = np.array([[k * 30.0, k * 20.0] for k in range(18)])
    shares = pixels / (np.array(SIZE) - 1) * (1 - low) + low
    values = [v for x, y in shares for v in (x, y, 0.5)]
    values[6:9] = [0, 0, 0]
    poses = read(openpose(tmp_path / "o", [person(values)]), skeleton="coco18")
    pixels[2] = np.nan
    if low == 0:
        pixels[0] = np.nan  # its share is 0, 0
    np.testing.assert_allclose(poses.keypoints[0, 0], pixels, atol=1e-3)


def test_openpose_folder_of_other_files(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"has no .json files"):
        read(tmp_path)
    dumped(tmp_path / "0.json", {"shapes": []})
    with pytest.raises(FormatError, match=r"0.json is not a file of OpenPose"):
        read(tmp_path)
    dumped(tmp_path / "b_0_keypoints.json", {"people": []})
    with pytest.raises(FormatError, match="two files of frame 0"):
        read(tmp_path)


def test_openpose_mpi15_is_not_taken_for_lcrnet15(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "o", [person([9.0, 9.0, 0.5] * 15)])
    with pytest.raises(FormatError, match="15 keypoints"):
        read(folder, skeleton="lcrnet15")


# -- COCO ---------------------------------------------------------------------------


def annotations(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    images = [
        {
            "id": 900 + n,
            "file_name": f"clip7/img_{n:05d}.jpg",
            "width": 640,
            "height": 480,
        }
        for n in range(4)
    ]
    return {
        "info": {},
        "images": images,
        "categories": [{"id": 1, "name": "person", "keypoints": [*COCO17]}],
        "annotations": [{"iscrowd": 0, "category_id": 1, **e} for e in entries],
        **more,
    }


def test_coco_visibility_flags(tmp_path: Path) -> None:
    values = [v for k in range(17) for v in (100 + k, 50 + k, 2)]
    values[:6] = [0, 0, 0, 90, 80, 1]
    path = dumped(
        tmp_path / "a.json",
        annotations(
            {"image_id": 902, "keypoints": values, "track_id": 3},
            {"image_id": 903, "keypoints": [0] * 51, "num_keypoints": 0},
            {"image_id": 901, "bbox": [0, 0, 5, 5]},
            {"image_id": 900, "keypoints": values, "iscrowd": 1},
        ),
    )
    assert detect_format(path).name == "coco"
    poses = read(path, n_frames=4)
    assert (poses.scores > 0).any(axis=(1, 2)).tolist() == [False, False, True, False]
    assert poses.scores[2, 0, :3].tolist() == [0, 0.5, 1]
    assert np.isnan(poses.keypoints[2, 0, 0]).all()
    assert poses.keypoints[2, 0, 1].tolist() == [90, 80]


def test_coco_keypoints_go_by_their_names(tmp_path: Path) -> None:
    names = ["mid_hip", *reversed(COCO17)]
    values = [v for k in range(18) for v in (100.0 + k, 50.0 + k, 0.5)]
    value = annotations({"image_id": 900, "keypoints": values})
    value["categories"][0]["keypoints"] = names
    poses = read(dumped(tmp_path / "a.json", value))
    assert poses.keypoints[0, 0, 0].tolist() == [117, 67]
    value["annotations"][0]["keypoints"] = values[:51]
    with pytest.raises(FormatError, match="names 18 keypoints and has 17 in frame 0"):
        read(dumped(tmp_path / "a.json", value))


def test_coco_results(tmp_path: Path) -> None:
    entry = {"image_id": 2, "category_id": 1, "keypoints": BODY, "score": 7.5}
    path = dumped(tmp_path / "r.json", [entry, {**entry, "image_id": "000003.png"}])
    assert detect_format(path).name == "coco"
    poses = read(path)
    assert poses.n_frames == 4
    assert (poses.scores[2:] == 0.5).all()


def test_coco_whole_body_begins_with_the_17(tmp_path: Path) -> None:
    values = BODY + [300.0, 300.0, 0.75] * 116
    path = dumped(tmp_path / "r.json", [{"image_id": 0, "keypoints": values}])
    assert read(path).keypoints[0, 0].ravel().tolist() == [
        v for n, v in enumerate(BODY) if n % 3 < 2
    ]


def test_coco_of_another_size_or_several_videos(tmp_path: Path) -> None:
    path = dumped(tmp_path / "a.json", annotations())
    with pytest.raises(FormatError, match="640x480, the video has 480x640"):
        read(path, size=(480, 640), n_frames=4)
    value = annotations()
    value["images"][1]["file_name"] = "clip8/img_00000.jpg"
    with pytest.raises(FormatError, match="several videos"):
        read(dumped(path, value))
    with pytest.raises(FormatError, match="the image 7, which is not in the file"):
        read(dumped(path, annotations({"image_id": 7, "keypoints": BODY})))


# -- DeepLabCut ---------------------------------------------------------------------


def write_csv(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def dlc_header(names: list[str], coords: list[str]) -> list[list[object]]:
    return [
        ["scorer", *["DLC_resnet50_gaitMay3shuffle1_50000"] * len(names) * len(coords)],
        ["bodyparts", *[n for n in names for _ in coords]],
        ["coords", *coords * len(names)],
    ]


def test_dlc_of_one(tmp_path: Path) -> None:
    names = ["tail", *(n.replace("_", " ").title() for n in reversed(COCO17))]
    header = dlc_header(names, ["x", "y", "likelihood"])
    rows = [
        [frame, *[v for k in range(18) for v in (100 + k, 50 + frame, 0.25)]]
        for frame in range(3)
    ]
    rows[1][4:7] = ["", "", ""]  # right ankle
    rows[2][6] = "nan"
    path = write_csv(tmp_path / "vDLC.csv", [*header, *rows])
    assert detect_format(path).name == "dlc"
    poses = read(path, n_frames=3)
    assert poses.keypoints[2, 0, 0].tolist() == [117, 52]
    assert (poses.scores[:, 0, 16] > 0).tolist() == [True, False, False]
    assert poses.scores[0].min() == 0.25


def test_dlc_of_many(tmp_path: Path) -> None:
    coords = ["x", "y", "likelihood"]
    columns = [
        (who, name, c) for who in ("ann", "bob") for name in COCO17 for c in coords
    ]
    columns += [("single", "cup", c) for c in coords]
    header = [
        [level, *(c[n] if n >= 0 else "DLC" for c in columns)]
        for level, n in (
            ("scorer", -1),
            ("individuals", 0),
            ("bodyparts", 1),
            ("coords", 2),
        )
    ]
    row = [100, 50, 0.5] * 17 + [400, 50, 0.5] * 17 + [9, 9, 1]
    gone = ["", "", ""] * 17 + [400, 50, 0.5] * 17 + [9, 9, 1]
    path = write_csv(tmp_path / "v.csv", [*header, [0, *row], [1, *gone], [2, *row]])
    poses = read(path, n_frames=3)
    assert poses.keypoints[:, :, 0, 0].tolist()[0] == [100, 400]
    assert (poses.scores > 0).any(axis=2).tolist() == [
        [True, True],
        [False, True],
        [True, True],
    ]


@pytest.mark.parametrize("three", [False, True])
def test_dlc_labelled_by_hand(three: bool, tmp_path: Path) -> None:
    header = dlc_header(list(COCO17), ["x", "y"])
    row = [v for k in range(17) for v in (100.5 + k, 50)]
    index: list[object] = ["labeled-data/v1/img0005.png"]
    if three:
        index = ["labeled-data", "v1", "img0005.png"]
        header = [[line[0], "", "", *line[1:]] for line in header]
    poses = read(write_csv(tmp_path / "c.csv", [*header, [*index, *row]]), n_frames=9)
    assert np.flatnonzero(poses.scores.any(axis=(1, 2))).tolist() == [5]
    assert poses.scores[5].min() == 1
    assert poses.keypoints[5, 0, 16].tolist() == [116.5, 50]


def test_dlc_says_where_and_what(tmp_path: Path) -> None:
    header = dlc_header(["nose", "paw"], ["x", "y", "likelihood"])
    path = write_csv(tmp_path / "v.csv", [*header, [0, 1, 2, 0.5, 3, 4, 0.5]])
    with pytest.raises(
        FormatError, match=r"2 keypoints a person \(nose, paw\).*left_eye"
    ):
        read(path)
    full = dlc_header(list(COCO17), ["x", "y", "likelihood"])
    row: list[object] = [0, *[5, 6, 0.5] * 17]
    path = write_csv(tmp_path / "v.csv", [*full, row, row[:-1]])
    with pytest.raises(FormatError, match="line 5: 51 values for a header of 52"):
        read(path)
    row[4] = "inf"
    path = write_csv(tmp_path / "v.csv", [*full, row])
    with pytest.raises(FormatError, match=r"line 4, frame 0, keypoint 1: 'inf'"):
        read(path)
    path = write_csv(tmp_path / "v.csv", dlc_header(list(COCO17), ["x", "y", "z"]))
    with pytest.raises(FormatError, match="2D file"):
        read(path)


def test_dlc_h5_is_read_from_the_csv_beside_it(tmp_path: Path) -> None:
    h5 = tmp_path / "v.h5"
    h5.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 99 + b"df_with_missing\0(lp0\n")
    assert detect_format(h5).name == "dlc"
    with pytest.raises(FormatError, match=r"pickle.*save_as_csv"):
        read(h5)
    header = dlc_header(list(COCO17), ["x", "y", "likelihood"])
    write_csv(tmp_path / "v.csv", [*header, [0, *[5, 6, 0.5] * 17]])
    assert read(h5).scores.tolist() == [[[0.5] * 17]]


# -- SLEAP: tests/judges/test_poses.py, where its packages are ------------------------


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("v.slp", "sleap_io", "slp"), ("v.analysis.h5", "h5py", "formats")],
)
def test_sleap_without_its_packages(
    name: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n track_occupancy")
    with pytest.raises(FormatError, match=rf"{name} can only .* 'skelseg\[{extra}\]'"):
        read(tmp_path / name)


# -- MediaPipe ----------------------------------------------------------------------


def landmarks(x: float = 0.25, as_list: bool = False) -> list[Any]:
    if as_list:
        return [[x, 0.01 * k, -0.5, 0.5] for k in range(1, 34)]
    return [{"x": x, "y": 0.01 * k, "z": -0.5, "visibility": 0.5} for k in range(1, 34)]


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda one, two: [one, None, [one, two]],
        lambda one, two: [[one], [], [one, two]],
        lambda one, two: {"frames": [{"landmarks": one}, {"landmarks": None},
                                     {"pose_landmarks": [one, two]}]},
    ],
)  # fmt: skip
def test_mediapipe_json(wrap: Any, as_list: bool, tmp_path: Path) -> None:
    value = wrap(landmarks(0.25, as_list), landmarks(0.75, as_list))
    path = dumped(tmp_path / "m.json", value)
    assert detect_format(path).name == "mediapipe"
    poses = read(path, n_frames=3, skeleton="mediapipe33")
    assert (poses.scores > 0).any(axis=2).sum(axis=1).tolist() == [1, 0, 2]
    np.testing.assert_allclose(poses.keypoints[2, 1, 9], [480, 48], atol=1e-3)
    assert read(path, n_frames=3).skeleton == "coco17"


def test_mediapipe_csv(tmp_path: Path) -> None:
    header = ["class", *(f"{c}{n}" for n in range(1, 34) for c in "xyzv")]
    row = [v for mark in landmarks(0.5, as_list=True) for v in mark]
    rows: list[list[object]] = [
        header, ["sit", *row], ["sit", *[""] * 132], ["sit", *[0] * 132],
    ]  # fmt: skip
    path = write_csv(tmp_path / "m.csv", rows)
    assert detect_format(path).name == "mediapipe"
    poses = read(path, n_frames=3, skeleton="mediapipe33")
    assert poses.scores.any(axis=(1, 2)).tolist() == [True, False, False]
    np.testing.assert_allclose(poses.keypoints[0, 0, 9], [320, 48], atol=1e-3)
    rows[2][8] = 0.5
    with pytest.raises(FormatError, match=r"line 3, frame 1, keypoint 0"):
        read(write_csv(path, rows))
    with pytest.raises(FormatError, match="32 landmarks, but"):
        read(write_csv(path, [line[:-4] for line in rows]))


def test_mediapipe_world_landmarks_and_others(tmp_path: Path) -> None:
    world = [{"x": -0.1, "y": -0.3, "z": 0.0, "visibility": 0.9}] * 33
    with pytest.raises(FormatError, match="outside the picture"):
        read(dumped(tmp_path / "m.json", [world]), skeleton="mediapipe33")
    with pytest.raises(FormatError, match="frame 1: 21 landmarks, but"):
        read(dumped(tmp_path / "m.json", [landmarks(), landmarks()[:21]]))


# -- CSV ----------------------------------------------------------------------------


def test_csv_by_hand(tmp_path: Path) -> None:
    names = list(reversed(COCO17))
    header = ["time", "frame", *(f"{n} {c}" for n in names for c in "XY")]
    values = [v for k in range(17) for v in (100.5 + k, 50)]
    values[2:6] = [0, 0, 7, 8]
    rows: list[list[object]] = [header, [0.0, 1, *values], [0.1, 3, *values]]
    rows[2][2] = "nan"
    path = write_csv(tmp_path / "p.csv", rows)
    assert detect_format(path).name == "csv"
    poses = read(path, n_frames=5)
    assert np.flatnonzero(poses.scores.any(axis=(1, 2))).tolist() == [1, 3]
    assert poses.keypoints[1, 0, 14].tolist() == [7, 8]
    assert poses.scores[[1, 1, 3], 0, [16, 15, 16]].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("line", "column", "value", "words"),
    [
        (1, 0, "x", "line 2: frame is 'x'"),
        (2, 1, "abc", "line 3, frame 1, keypoint 0: 'abc'"),
        (2, 4, "-inf", "line 3, frame 1, keypoint 1: '-inf'"),
        (1, 0, "9", "has 10 frames and the video has 2"),
    ],
)
def test_csv_says_where(
    line: int, column: int, value: str, words: str, tmp_path: Path
) -> None:
    rows: list[list[object]] = [["frame", *(f"{n}_{c}" for n in COCO17 for c in "xy")]]
    rows += [[0, *[50] * 34], [1, *[50] * 34]]
    rows[line][column] = value
    with pytest.raises(FormatError, match=words):
        read(write_csv(tmp_path / "p.csv", rows), n_frames=2)


def test_csv_without_frames_must_have_as_many_lines(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"{n}_{c}" for n in COCO17 for c in "xy"]]
    path = write_csv(tmp_path / "p.csv", [*rows, [50.0] * 34, [51.0] * 34])
    assert read(path, n_frames=2).keypoints[1, 0, 0].tolist() == [51, 51]
    with pytest.raises(FormatError, match="has 2 frames and the video has 3"):
        read(path, n_frames=3)


def test_real_skeletons_of_openpose(shared: Path, tmp_path: Path) -> None:
    """COCO-18 in 0..1 with 0, 0 for what is missing and names like Rshoulder_x."""
    path = shared / "data" / "openpose_coco18" / "data.csv"
    table = np.genfromtxt(path, delimiter=",", skip_header=1)[:, :36]
    raw = table.reshape(len(table), 18, 2)
    assert detect_format(path).name == "csv"
    poses = read(path, n_frames=len(raw), skeleton="coco18")
    missing = (raw == 0).all(axis=-1)
    assert 0 < missing.mean() < 0.5
    assert np.array_equal(np.isnan(poses.keypoints[:, 0, :, 0]), missing)
    want = np.where(missing[..., None], np.nan, raw * SIZE)
    np.testing.assert_allclose(poses.keypoints[:, 0], want, atol=1e-3)
    coco17 = read(path, n_frames=len(raw))
    assert np.array_equal(coco17.scores[:, 0, 9], poses.scores[:, 0, 7])
    run(save_pose_file(tmp_path / "again.csv", poses, "csv"))
    again = read(tmp_path / "again.csv", n_frames=len(raw), skeleton="coco18")
    np.testing.assert_allclose(again.keypoints, poses.keypoints, atol=2e-3)
