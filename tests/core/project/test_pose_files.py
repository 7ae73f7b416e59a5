from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.array_files import save_npz
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.files import temporary_prefix
from skelseg_core.formats.pose_parts.pose_text import MAX_POSE_TEXT
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.poses.sequence import LOST_AFTER, PoseSequence
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton, skeleton_names
from skelseg_core.progress import run
from skelseg_core.project.imports.pose_files import (
    detect_format,
    format_named,
    load_pose_file,
    map_keypoints,
    save_pose_file,
)
from skelseg_core.text_files import MAX_TEXT_BYTES, read_text
from tests.soak import examples

SIZE = (640, 480)
NAMED = ("coco", "dlc", "csv")
WRITES = [
    *((kind, skeleton) for kind in NAMED for skeleton in skeleton_names()),
    *(("openpose", skeleton) for skeleton in ("coco17", "coco18", "body25")),
    ("mediapipe", "mediapipe33"),
]
# What is written through a package that may lack is tried in tests/judges.
WRITTEN = [
    f.name for f in POSE_FORMATS if f.written_suffix is not None and f.name != "slp"
]
IDS = ("openpose", "coco", "dlc", "csv")


def made(
    n_frames: int, n_people: int, skeleton: str, seed: int = 0, there: float = 0.8
) -> PoseSequence:
    """People far apart who stay where they are, with keypoints missing at random."""
    n_keypoints = len(load_skeleton(skeleton))
    rng = np.random.default_rng(seed)
    body = rng.uniform(5, 90, (n_keypoints, 2))
    keypoints = np.empty((n_frames, n_people, n_keypoints, 2))
    for person in range(n_people):
        keypoints[:, person] = body + np.array([150, 20]) * person + 1
    keypoints += rng.uniform(0, 1, keypoints.shape)
    scores = rng.uniform(0.01, 1, keypoints.shape[:-1])
    scores[rng.uniform(size=scores.shape) > there] = 0
    return PoseSequence(keypoints, scores, skeleton, SIZE, "test")


def there(poses: PoseSequence, frame: int) -> np.ndarray:
    """Who is in a frame: (people, K, 3) from left to right, 0 where missing."""
    values = np.concatenate(
        [poses.keypoints[frame], poses.scores[frame, ..., None]], axis=-1
    )
    values = values[(poses.scores[frame] > 0).any(axis=-1)]
    order = np.argsort([np.nanmean(v[:, 0]) for v in values])
    return np.nan_to_num(values[order.astype(int)])


def assert_same_people(a: PoseSequence, b: PoseSequence) -> None:
    assert (a.n_frames, a.skeleton, a.size) == (b.n_frames, b.skeleton, b.size)
    for frame in range(a.n_frames):
        one, two = there(a, frame), there(b, frame)
        assert one.shape == two.shape
        np.testing.assert_allclose(one, two, atol=2e-3, rtol=1e-5)


def through(folder: Path, poses: PoseSequence, kind: str, **more: Any) -> PoseSequence:
    path = folder / f"video{format_named(kind).written_suffix}"
    run(save_pose_file(path, poses, kind))
    options = {"size": SIZE, "n_frames": poses.n_frames, "skeleton": poses.skeleton}
    return load_pose_file(path, kind, **{**options, **more})


# -- out and in ---------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "skeleton"), WRITES)
def test_what_is_written_is_read(kind: str, skeleton: str, tmp_path: Path) -> None:
    poses = made(7, 2, skeleton)
    assert_same_people(through(tmp_path, poses, kind), poses)


@pytest.mark.parametrize("kind", WRITTEN)
@settings(max_examples=examples(15), deadline=None)
@given(
    n_frames=st.integers(1, 6),
    n_people=st.integers(1, 4),
    seed=st.integers(0, 2**16),
    share=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
)
def test_round_trip(
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
    n_frames: int,
    n_people: int,
    seed: int,
    share: float,
) -> None:
    skeleton = "mediapipe33" if kind == "mediapipe" else "coco17"
    poses = made(n_frames, n_people, skeleton, seed, share)
    again = through(tmp_path_factory.mktemp("p"), poses, kind)
    assert_same_people(again, poses)


@pytest.mark.parametrize("kind", IDS)
def test_one_person_keeps_one_index(kind: str, tmp_path: Path) -> None:
    poses = made(6, 2, "coco17", there=1.0)
    keypoints, scores = poses.keypoints.copy(), poses.scores.copy()
    keypoints[3:] = keypoints[3:, ::-1]  # they change places, as no linker would guess
    scores[2, 0] = 0
    poses = PoseSequence(keypoints, scores, "coco17", SIZE)
    again = through(tmp_path, poses, kind)
    assert again.n_individuals == 2
    np.testing.assert_allclose(again.keypoints, poses.keypoints, atol=2e-3)


@pytest.mark.parametrize("kind", WRITTEN)
def test_nobody_at_all(kind: str, tmp_path: Path) -> None:
    skeleton = "mediapipe33" if kind == "mediapipe" else "coco17"
    poses = made(4, 2, skeleton, there=0.0)
    again = through(tmp_path, poses, kind)
    assert again.n_frames == 4
    assert not again.scores.any()


@pytest.mark.parametrize("kind", [k for k in WRITTEN if k != "openpose"])
def test_the_format_is_found(kind: str, tmp_path: Path) -> None:
    skeleton = "mediapipe33" if kind == "mediapipe" else "coco17"
    path = tmp_path / f"v{format_named(kind).written_suffix}"
    run(save_pose_file(path, made(3, 1, skeleton), kind))
    assert detect_format(path).name == kind


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "[]"),
        ("a.json", '{"poses": 1}'),
        ("a.json", "[null, null]"),
        ("a.json", "[1, 2]"),
        ("a.csv", "a,b\n1,2\n"),
        ("a.txt", "x"),
        ("a.h5", "x"),
    ],
)
def test_a_format_that_cannot_be_told(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(FormatError, match=r"cannot recognize .* one of openpose, coco"):
        load_pose_file(tmp_path / name, size=SIZE)


def test_an_empty_table_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(FormatError, match=r"a\.csv is empty; export it again"):
        load_pose_file(tmp_path / "a.csv", size=SIZE)


def test_a_table_that_is_no_utf8_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("frame,Hüfte_x,Hüfte_y\n".encode("latin-1"))
    with pytest.raises(FormatError, match="is not a UTF-8 text file"):
        load_pose_file(tmp_path / "a.csv", size=SIZE)


def test_one_frame_of_openpose_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 1.3, "people": []}')
    with pytest.raises(FormatError, match="choose the folder"):
        load_pose_file(tmp_path / "a.json", size=SIZE)


@pytest.mark.parametrize("kind", [form.name for form in POSE_FORMATS])
def test_a_missing_file_is_a_sentence(kind: str, tmp_path: Path) -> None:
    for ending in (".json", ".csv", ".npz", ".h5", ".slp", ""):
        with pytest.raises(FormatError, match=r"^.*nothing.*;|missing|installed"):
            load_pose_file(tmp_path / f"nothing{ending}", kind, size=SIZE)


def test_unknown_and_read_only_formats(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no pose format 'c3d'; .*openpose"):
        load_pose_file(tmp_path / "a", "c3d", size=SIZE)
    with pytest.raises(ConfigError, match="does not write it"):
        run(save_pose_file(tmp_path / "a", made(1, 1, "coco17"), "sleap-analysis"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "skeleton"),
    [("openpose", "lcrnet15"), ("openpose", "kinect25"), ("mediapipe", "coco17")],
)
def test_keypoints_that_readers_would_mistake_are_not_written(
    kind: str, skeleton: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=f"these are {skeleton}"):
        run(save_pose_file(tmp_path / "v", made(1, 1, skeleton), kind))
    assert not list(tmp_path.iterdir())


def test_a_video_is_picked_only_where_a_file_is_of_several(tmp_path: Path) -> None:
    run(save_pose_file(tmp_path / "v.csv", made(3, 1, "coco17"), "csv"))
    with pytest.raises(ConfigError, match="has one video; leave out --pick"):
        load_pose_file(tmp_path / "v.csv", size=SIZE, pick="v")


def test_an_openpose_folder_is_not_mixed(tmp_path: Path) -> None:
    run(save_pose_file(tmp_path / "v", made(3, 1, "coco17"), "openpose"))
    with pytest.raises(ProjectError, match="another folder"):
        run(save_pose_file(tmp_path / "v", made(2, 1, "coco17"), "openpose"))
    assert len(list((tmp_path / "v").iterdir())) == 3


# -- skeletons ----------------------------------------------------------------------


def test_coco17_is_within_larger_skeletons(tmp_path: Path) -> None:
    coco17 = load_skeleton("coco17").keypoints
    for name in ("coco18", "body25", "mediapipe33"):
        poses = made(2, 1, name)
        mapped = map_keypoints(poses, "coco17")
        assert mapped.keypoints.shape[2] == 17
        names = load_skeleton(name).keypoints
        for k, keypoint in enumerate(coco17):
            n = names.index(keypoint)
            assert np.array_equal(mapped.scores[..., k], poses.scores[..., n])
    with pytest.raises(FormatError, match="neck"):
        map_keypoints(made(1, 1, "coco17"), "coco18")


def test_an_openpose_folder_in_a_coco17_project(tmp_path: Path) -> None:
    poses = made(3, 2, "body25")
    again = through(tmp_path, poses, "openpose", skeleton="coco17")
    assert_same_people(again, map_keypoints(poses, "coco17"))


@pytest.mark.parametrize("kind", ["coco", "csv", "dlc"])
def test_another_named_skeleton_names_both(kind: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        through(tmp_path, made(2, 1, "lcrnet15"), kind, skeleton="coco17")
    for words in ("video", "15 keypoints", "coco17 with 17", "left_eye", "nose"):
        assert words in str(caught.value)
    assert "left_hip" not in str(caught.value).split("with 17")[1]


def test_another_number_of_keypoints_names_both(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    entry = {"image_id": 0, "category_id": 1, "keypoints": [5.0, 6.0, 0.5] * 15}
    path.write_text(json.dumps([entry]))
    with pytest.raises(
        FormatError,
        match=r"x.json has 15 keypoints a person \(lcrnet15\), the project uses "
        "coco17 with 17;",
    ):
        load_pose_file(path, size=SIZE)
    assert load_pose_file(path, size=SIZE, skeleton="lcrnet15").scores.all()
    path.write_text(json.dumps([{**entry, "keypoints": [5.0, 6.0, 0.5] * 21}]))
    with pytest.raises(FormatError, match=r"21 keypoints .*an unknown skeleton"):
        load_pose_file(path, size=SIZE)


def test_kinect_is_not_taken_for_body25(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"\(body25\), the project uses kinect25"):
        through(tmp_path, made(2, 1, "body25"), "openpose", skeleton="kinect25")


@pytest.mark.parametrize(
    "names",
    [
        ["Nose", "LHip", "R Hip"],
        ["nose", "left-hip", "right-hip"],
        ["NOSE", "hip_left", "hipRight"],
        ["nose", "hipL", "hip_r"],
        ["rest", "nose", "LeftHip", "RightHip"],
    ],
)
def test_names_are_found_however_they_are_spelled(names: list[str]) -> None:
    wanted = load_skeleton("coco17")
    sub = type(wanted)("three", ("nose", "left_hip", "right_hip"), (), ())
    assert keypoint_order(names, sub, "x") == [len(names) - 3 + n for n in range(3)]


# -- frames, people, scores ---------------------------------------------------------


def results(*frames: object, values: list[float] | None = None) -> list[dict[str, Any]]:
    values = values or [v for k in range(17) for v in (10.0 + k, 20.0 + 3 * k, 0.5)]
    return [{"image_id": f, "category_id": 1, "keypoints": values} for f in frames]


def read(tmp_path: Path, value: object, **more: Any) -> PoseSequence:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(value))
    return load_pose_file(path, **{"size": SIZE, "n_frames": 8, **more})


def test_frames_that_are_not_there_have_nobody(tmp_path: Path) -> None:
    poses = read(tmp_path, results(2, 5))
    seen = (poses.scores > 0).any(axis=(1, 2))
    assert np.flatnonzero(seen).tolist() == [2, 5]
    assert read(tmp_path, results(2, 5), n_frames=None).n_frames == 6


def test_frames_beyond_the_video_name_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="has 12 frames and the video has 8"):
        read(tmp_path, results(0, 11))
    with pytest.raises(
        FormatError, match=r"9 frames and the video has 8.*--first-frame 1"
    ):
        read(tmp_path, results(1, 8))
    poses = read(tmp_path, results(1, 8), first_frame=1)
    assert np.flatnonzero(poses.scores.any(axis=(1, 2))).tolist() == [0, 7]
    with pytest.raises(FormatError, match="a frame 0 before the first, 1; set"):
        read(tmp_path, results(0, 8), first_frame=1)


@pytest.mark.parametrize("kind", ["openpose", "dlc", "mediapipe"])
@pytest.mark.parametrize("n_frames", [4, 6])
def test_files_of_all_frames_must_have_as_many(
    kind: str, n_frames: int, tmp_path: Path
) -> None:
    skeleton = "mediapipe33" if kind == "mediapipe" else "coco17"
    with pytest.raises(FormatError, match=f"has 5 frames and the video has {n_frames}"):
        through(tmp_path, made(5, 1, skeleton), kind, n_frames=n_frames)


@pytest.mark.parametrize(
    "bad", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400]
)
def test_no_number_names_file_frame_and_keypoint(bad: str, tmp_path: Path) -> None:
    text = json.dumps(results(0, 3, values=[1.0, 2.0, 0.5] * 16 + [7.0, 77.5, 0.5]))
    (tmp_path / "r.json").write_text(text.replace("77.5", bad))
    with pytest.raises(FormatError, match=r"r.json, frame 0, keypoint 16"):
        load_pose_file(tmp_path / "r.json", size=SIZE, n_frames=8)


@pytest.mark.parametrize(
    "values",
    [[1.0, 2.0], "12", [1.0, 2.0, "0.5"], [1.0, 2.0, None], [1.0, 2.0, True], 3],
)
def test_what_is_no_list_of_triples(values: Any, tmp_path: Path) -> None:
    entry = {"image_id": "4.jpg", "keypoints": values}
    with pytest.raises(FormatError, match=r"r.json, frame 4: keypoints must be a list"):
        read(tmp_path, [entry])


def test_scores(tmp_path: Path) -> None:
    def scored(score: float) -> list[dict[str, Any]]:
        return results(0, values=[9.0, 9.0, 0.25] * 16 + [8.0, 8.0, score])

    assert read(tmp_path, scored(2.9)).scores[0, 0, [0, 16]].tolist() == [0.25, 1]
    for none in (0, -0.5):
        assert read(tmp_path, scored(none)).scores[0, 0, 16] == 0
    with pytest.raises(FormatError, match="frame 0, keypoint 16: the score is 95"):
        read(tmp_path, scored(95))


def test_corners_are_missing_whatever_their_score(tmp_path: Path) -> None:
    poses = read(tmp_path, results(0, values=[9.0, 9.0, 0.25] * 16 + [0, 0, 0.4]))
    assert np.isnan(poses.keypoints[0, 0, 16]).all()
    assert poses.scores[0, 0, 16] == 0


def test_pixels_of_another_size_are_noticed(tmp_path: Path) -> None:
    values = [v for k in range(17) for v in (1000.0 + k, 900.0, 0.5)]
    with pytest.raises(FormatError, match=r"outside the picture of 640x480 \(x 1000"):
        read(tmp_path, results(0, values=values))


def test_people_that_differ_in_keypoints(tmp_path: Path) -> None:
    value = results(0) + results(3, values=[1.0, 2.0, 0.5] * 18)
    with pytest.raises(FormatError, match="17 keypoints a person in frame 0 and 18"):
        read(tmp_path, value)


def shifted(frame: int, x: float, person: object = None) -> dict[str, Any]:
    body = [v for k in range(17) for v in (x + 2 * k, 20.0 + 5 * k, 0.5)]
    entry = {"image_id": f"{frame}.jpg", "keypoints": body}
    return entry if person is None else {**entry, "track_id": person}


@pytest.mark.parametrize("person", [None, 0, -1, "a"])
def test_people_without_ids_are_linked(person: object, tmp_path: Path) -> None:
    """One id for everybody is no id."""
    entries = []
    for frame in range(8):
        both = [shifted(frame, 50 + frame, person), shifted(frame, 400 - frame, person)]
        entries += both if frame % 2 else both[::-1]
    poses = read(tmp_path, entries)
    assert poses.n_individuals == 2
    x = poses.keypoints[:, :, 0, 0]
    assert np.abs(np.diff(x, axis=0)).max() == 1


def test_a_newcomer_is_not_dropped_while_somebody_is_out_of_sight(
    tmp_path: Path,
) -> None:
    entries = [shifted(f, 50 if f < 4 else 400) for f in range(8)]
    poses = read(tmp_path, entries)
    assert (poses.scores > 0).any(axis=(1, 2)).all()
    assert poses.n_individuals == 2


def test_indices_are_used_again_once_somebody_is_gone(tmp_path: Path) -> None:
    gap = LOST_AFTER + 1
    early, late = shifted(0, 50, "early"), shifted(gap, 400, "late")
    assert read(tmp_path, [early, late], n_frames=40).n_individuals == 1 + 1
    late = shifted(gap + 1, 400, "late")
    assert read(tmp_path, [early, late], n_frames=40).n_individuals == 1


def test_crowds_beyond_memory_are_refused(tmp_path: Path) -> None:
    crowd = [shifted(0, 50, n) for n in range(50)]
    with pytest.raises(FormatError, match="MiB of memory"):
        read(tmp_path, crowd, n_frames=10**6)


@settings(max_examples=examples(60), deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "people", "pose_keypoints_2d", "keypoints", "image_id", "images",
                    "annotations", "categories", "id", "frames", "landmarks", "x",
                ]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_any_json_is_poses_or_a_sentence(
    value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("j")
    (folder / "0.json").write_text(json.dumps(value))
    for kind in ("coco", "mediapipe", "auto"):
        words = said(folder / "0.json", kind)
        assert words is None or "0.json" in words
    words = said(folder, "auto")
    assert words is None or str(folder) in words


def said(path: Path, kind: str) -> str | None:
    """The sentence of an error; None where poses could be read."""
    try:
        load_pose_file(path, kind, size=SIZE)
    except FormatError as error:
        return str(error)
    return None


@settings(max_examples=examples(60), deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(
                ["", "0", "1.5", "nan", "inf", "x", "frame", "scorer", "bodyparts",
                 "coords", "nose", "nose_x", "nose_y", "person", "likelihood", "y"]
            ),
            max_size=5,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_any_csv_is_poses_or_a_sentence(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("c") / "0.csv"
    path.write_text("\n".join(",".join(row) for row in rows))
    for kind in ("csv", "dlc", "mediapipe", "auto"):
        with pytest.raises(FormatError, match=r"0\.csv"):
            load_pose_file(path, kind, size=SIZE)


def test_other_npz_files(tmp_path: Path) -> None:
    save_npz(tmp_path / "a.npz", {"x": np.zeros(3)})
    with pytest.raises(FormatError, match="cannot recognize"):
        load_pose_file(tmp_path / "a.npz", size=SIZE)


# -- long recordings ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["coco", "mediapipe", "csv", "dlc"])
def test_text_of_poses_may_be_larger_than_other_text(kind: str, tmp_path: Path) -> None:
    poses = made(30, 1, "mediapipe33" if kind == "mediapipe" else "coco17")
    path = tmp_path / f"v{format_named(kind).written_suffix}"
    run(save_pose_file(path, poses, kind))
    text = path.read_text()
    parts = text.rsplit(",", 1 + MAX_TEXT_BYTES // 130_000)
    text = ("," + " " * 130_000).join(parts)
    path.write_text(text)
    del text
    assert path.stat().st_size > MAX_TEXT_BYTES
    with pytest.raises(FormatError, match=r"has 67,\d{3},\d{3} bytes.* up to 67,108,"):
        read_text(path)
    assert detect_format(path).name == kind
    assert_same_people(
        load_pose_file(path, kind, size=SIZE, skeleton=poses.skeleton), poses
    )
    with path.open("r+b") as stream:
        stream.truncate(MAX_POSE_TEXT + 1)
    with pytest.raises(
        FormatError, match=r"bytes.* reads such files up to 1,073,741,824"
    ):
        load_pose_file(path, kind, size=SIZE)
    path.unlink()


def test_an_openpose_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    poses = made(250, 1, "coco17")
    task = save_pose_file(tmp_path / "v", poses, "openpose")
    told = [next(task) for _ in range(3)]
    assert [(p.step, p.done, p.total) for p in told] == [
        ("write v", 0, 250),
        ("write v", 0, 250),
        ("write v", 100, 250),
    ]
    (beside,) = tmp_path.iterdir()
    assert beside.name.startswith(temporary_prefix())
    assert len(list(beside.iterdir())) == 100
    task.close()
    assert not list(tmp_path.iterdir())
    last = list(save_pose_file(tmp_path / "v", poses, "openpose"))[-1]
    assert (last.done, last.total) == (250, 250)
    assert [p.name for p in tmp_path.iterdir()] == ["v"]
    names = sorted(p.name for p in (tmp_path / "v").iterdir())
    assert names == [f"v_{n:012d}_keypoints.json" for n in range(250)]


def test_the_disk_is_not_waited_for_at_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr("skelseg_core.files.os.fsync", waits.append)
    run(save_pose_file(tmp_path / "v", made(30, 1, "coco17"), "openpose"))
    assert len(waits) <= 1
    waits.clear()
    run(save_pose_file(tmp_path / "v.csv", made(30, 1, "coco17"), "csv"))
    assert waits
