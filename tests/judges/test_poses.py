"""sleap-io, movement and pycocotools take what is written here, and theirs is read.

Runs where they are (`requirements/judges-poses.txt`), and skips elsewhere. Projects of
SLEAP are written through sleap-io; so their tables are read by h5py alone as well.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.poses.own_skeleton import build_skeleton
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.imports.pose_files import (
    detect_format,
    load_pose_file,
    save_pose_file,
)

WHY = "make judges installs it"
h5py = pytest.importorskip("h5py", reason=WHY)
sleap_io = pytest.importorskip("sleap_io", reason=WHY)
coco = pytest.importorskip("pycocotools.coco", reason=WHY)
load_poses = pytest.importorskip("movement.io.load_poses", reason=WHY)
save_poses = pytest.importorskip("movement.io.save_poses", reason=WHY)
cocoeval = pytest.importorskip("pycocotools.cocoeval", reason=WHY)

SIZE = (640, 480)
N = 9
MOUSE = build_skeleton(
    {
        "name": "mouse",
        "keypoints": ["snout", "left ear", "right ear", "Schwanz", "tail_2"],
        "edges": [["snout", "left ear"], ["snout", "right ear"], ["Schwanz", "tail_2"]],
        "flip_pairs": [["left ear", "right ear"]],
        "centre": ["Schwanz"],
        "scale": [["snout"], ["Schwanz"]],
    },
    lambda names: "The skeleton",
)
SKELETONS = ("coco17", MOUSE.name)

Seen = dict[tuple[int, int], list[list[float]]]
"""x, y and score of each keypoint by frame and individual, 0 where it is missing."""


def film(skeleton: str = "coco17") -> PoseSequence:
    """Two who move, each out of sight for some frames, with keypoints missing."""
    n = len(load_skeleton(skeleton))
    rng = np.random.default_rng(n)
    keypoints = rng.integers(8, 800, (N, 2, n, 2)) / 8 + 40
    keypoints[:, 1, :, 0] += 300
    scores = rng.integers(1, 65, (N, 2, n)) / 64
    scores[rng.uniform(size=scores.shape) < 0.2] = 0
    scores[3, 0] = scores[:2, 1] = scores[6, 1] = 0
    # The first is seen at the end: not every format tells of frames with nobody.
    scores[-1, 0, 0] = 0.5
    return PoseSequence(keypoints, scores, skeleton, SIZE, "test")


def with_one_keypoint_moved(poses: PoseSequence) -> PoseSequence:
    keypoints, k = poses.keypoints.copy(), int(poses.scores[4, 1].argmax())
    keypoints[4, 1, k, 1] += 1
    return replace(poses, keypoints=keypoints)


def with_one_frame_shifted(poses: PoseSequence) -> PoseSequence:
    """The second, who is not there in frame 6, is so in frame 7 instead."""
    keypoints, scores = poses.keypoints.copy(), poses.scores.copy()
    for array in (keypoints, scores):
        array[6:8, 1] = array[7:5:-1, 1]
    return replace(poses, keypoints=keypoints, scores=scores)


def seen(poses: PoseSequence) -> Seen:
    points = np.concatenate([poses.keypoints, poses.scores[..., None]], axis=-1)
    there = np.argwhere((poses.scores > 0).any(axis=-1)).tolist()
    return {(f, m): np.nan_to_num(points[f, m]).tolist() for f, m in there}


def written(folder: Path, poses: PoseSequence, kind: str, suffix: str) -> Path:
    path = folder / f"v{suffix}"
    run(save_pose_file(path, poses, kind, folder / "films" / "v 1.mp4"))
    return path


def read(path: Path, skeleton: str = "coco17", **more: Any) -> PoseSequence:
    given: dict[str, Any] = {"size": SIZE, "n_frames": N, "skeleton": skeleton}
    return load_pose_file(path, **{**given, **more})


# -- what they read of ours ----------------------------------------------------------


def by_sleap_io(folder: Path, poses: PoseSequence) -> Seen:
    path = written(folder, poses, "slp", ".slp")
    labels = sleap_io.load_slp(str(path), open_videos=False)
    names = list(load_skeleton(poses.skeleton).keypoints)
    found = {}
    for labelled in labels:
        for instance in labelled.instances:
            assert instance.skeleton.node_names == names
            place = labelled.frame_idx, int(instance.track.name.removeprefix("person"))
            assert place not in found
            points = np.nan_to_num(instance.numpy(scores=True))
            found[place] = points.tolist()
    return found


def by_h5py(folder: Path, poses: PoseSequence) -> Seen:
    """Read the tables of a project, as SLEAP's own reader does."""
    with h5py.File(written(folder, poses, "slp", ".slp")) as file:
        tracks = [json.loads(text)[1] for text in file["tracks_json"][()]]
        points, instances = file["pred_points"][()], file["instances"][()]
        found = {}
        for row in file["frames"][()]:
            assert row["video"] == 0
            for i in range(row["instance_id_start"], row["instance_id_end"]):
                one = instances[i]
                assert (one["instance_type"], one["skeleton"]) == (1, 0)
                nodes = points[one["point_id_start"] : one["point_id_end"]]
                place = int(row["frame_idx"]), int(tracks[one["track"]][-1])
                values = [
                    [n["x"], n["y"], n["score"]] if n["visible"] else [0.0, 0, 0]
                    for n in nodes
                ]
                found[place] = np.nan_to_num(values).tolist()
    return found


def by_movement(path: Path, software: str, poses: PoseSequence) -> Seen:
    data = load_poses.from_file(path, software)
    assert data.sizes["time"] == N
    names = list(load_skeleton(poses.skeleton).keypoints)
    assert data.keypoints.values.tolist() == names
    found = {}
    for m, name in enumerate(data.individuals.values.tolist()):
        assert name == f"person{m}"
        one = data.sel(individuals=name)
        places = one.position.transpose("time", "keypoints", "space").values
        scores = one.confidence.transpose("time", "keypoints").values
        points = np.concatenate([places, scores[..., None]], axis=-1)
        gone = np.isnan(points).any(axis=-1)
        points[gone] = 0
        for frame in np.flatnonzero(~gone.all(axis=-1)).tolist():
            found[frame, m] = points[frame].tolist()
    return found


def by_movement_of_dlc(folder: Path, poses: PoseSequence) -> Seen:
    path = written(folder, poses, "dlc", ".poses.csv")
    return by_movement(path, "DeepLabCut", poses)


def by_movement_of_slp(folder: Path, poses: PoseSequence) -> Seen:
    return by_movement(written(folder, poses, "slp", ".slp"), "SLEAP", poses)


def by_pycocotools(folder: Path, poses: PoseSequence) -> Seen:
    judge = coco.COCO(str(written(folder, poses, "coco", ".coco.json")))
    (category,) = judge.loadCats(judge.getCatIds())
    assert category["keypoints"] == list(load_skeleton(poses.skeleton).keypoints)
    assert len(judge.getImgIds()) == N
    found = {}
    for frame in judge.getImgIds():
        for one in judge.loadAnns(judge.getAnnIds(imgIds=[frame], iscrowd=False)):
            points = np.array(one["keypoints"], float).reshape(-1, 3)
            assert one["num_keypoints"] == (points[:, 2] > 0).sum()
            assert set(points[:, 2].tolist()) <= {0, 2}
            points[:, 2] = one["keypoint_scores"]
            found[frame, one["track_id"]] = points.tolist()
    return found


Judge = Callable[[Path, PoseSequence], Seen]
JUDGES = (by_sleap_io, by_h5py, by_movement_of_dlc, by_movement_of_slp, by_pycocotools)
each = pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)


@each
@pytest.mark.parametrize("skeleton", SKELETONS, ids=["people", "mouse"])
def test_judges_read_what_is_written(
    judge: Judge, skeleton: str, tmp_path: Path
) -> None:
    poses = film(skeleton)
    assert judge(tmp_path, poses) == seen(poses)


@each
@pytest.mark.parametrize("change", [with_one_keypoint_moved, with_one_frame_shifted])
def test_judges_notice_what_is_changed(
    judge: Judge, change: Callable[[PoseSequence], PoseSequence], tmp_path: Path
) -> None:
    assert judge(tmp_path, change(film())) != seen(film())


def test_a_project_of_sleap_names_video_bones_and_sides(tmp_path: Path) -> None:
    path = written(tmp_path, film(MOUSE.name), "slp", ".slp")
    labels = sleap_io.load_slp(str(path), open_videos=False)
    assert [p.name for p in tmp_path.iterdir()] == ["v.slp"]
    assert labels.video.filename == (tmp_path / "films" / "v 1.mp4").as_posix()
    assert tuple(labels.video.shape) == (N, SIZE[1], SIZE[0], 3)
    assert labels.skeleton.name == "mouse"
    assert labels.skeleton.edge_inds == list(MOUSE.edges)
    assert labels.skeleton.symmetry_inds == list(MOUSE.flip_pairs)


def test_a_project_of_sleap_names_images(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for n in (1, 2, 10):
        (folder / f"{n}.png").touch()
    path = tmp_path / "v.slp"
    run(save_pose_file(path, film(), "slp", folder.with_name("images#5fps")))
    labels = sleap_io.load_slp(str(path), open_videos=False)
    names = [(folder / f"{n}.png").as_posix() for n in (1, 2, 10)]
    assert labels.video.filename == names
    assert seen(read(path)) == seen(film())


def test_long_tables_of_sleap_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.formats.poses.slp._ROWS_AT_ONCE", 7)
    assert by_sleap_io(tmp_path, film()) == seen(film())


def test_a_project_of_nobody(tmp_path: Path) -> None:
    nobody = film()
    nobody = replace(nobody, scores=np.zeros_like(nobody.scores))
    path = tmp_path / "v.slp"
    run(save_pose_file(path, nobody, "slp"))
    assert len(sleap_io.load_slp(str(path), open_videos=False)) == 0
    assert not read(path).scores.any()


def test_a_perfect_score_by_pycocotools(tmp_path: Path) -> None:
    """As who trains on our file is told how good the network is."""
    path = written(tmp_path, film(), "coco", ".coco.json")
    truth = coco.COCO(str(path))

    def score(poses: PoseSequence) -> float:
        entries = json.loads(written(tmp_path, poses, "coco", ".json").read_text())
        results = [{**one, "score": 1.0} for one in entries["annotations"]]
        judged = cocoeval.COCOeval(truth, truth.loadRes(results), "keypoints")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
        return float(judged.stats[0])

    assert score(film()) == pytest.approx(1)
    assert score(with_one_frame_shifted(film())) < 1


# -- what we read of theirs ----------------------------------------------------------


@pytest.mark.parametrize("skeleton", SKELETONS, ids=["people", "mouse"])
def test_what_movement_writes_is_read(skeleton: str, tmp_path: Path) -> None:
    poses = film(skeleton)
    bones = load_skeleton(skeleton)
    data = load_poses.from_numpy(
        poses.keypoints.transpose(0, 3, 2, 1),
        np.where(poses.scores > 0, poses.scores, np.nan).transpose(0, 2, 1),
        individual_names=["a", "b"],
        keypoint_names=list(bones.keypoints),
    )
    table, analysis = tmp_path / "v.csv", tmp_path / "v.analysis.h5"
    save_poses.to_dlc_file(data, table, split_individuals=False)
    save_poses.to_sleap_analysis_file(data, analysis)
    for path, kind in ((table, "dlc"), (analysis, "sleap-analysis")):
        assert detect_format(path).name == kind
        assert seen(read(path, skeleton)) == seen(poses), kind
        other = with_one_keypoint_moved(poses)
        assert seen(read(path, skeleton)) != seen(other)


def test_an_analysis_file_that_sleap_io_writes_is_read(tmp_path: Path) -> None:
    poses = film()
    labels = sleap_io.load_slp(
        str(written(tmp_path, poses, "slp", ".slp")), open_videos=False
    )
    path = tmp_path / "v.analysis.h5"
    sleap_io.save_analysis_h5(labels, str(path))
    assert detect_format(path).name == "sleap-analysis"
    assert seen(read(path)) == seen(poses)


def test_an_analysis_file_without_names_of_axes(tmp_path: Path) -> None:
    names = load_skeleton("coco17").keypoints
    tracks = np.full((1, 2, 17, N), np.nan)
    tracks[0, :, :, 2] = np.arange(34).reshape(2, 17) + 1
    path = tmp_path / "v.analysis.h5"
    with h5py.File(path, "w") as file:
        file["tracks"] = tracks
        file["node_names"] = np.array([n.encode() for n in names])
        file["track_occupancy"] = np.zeros((N, 1))
    poses = read(path)
    assert np.flatnonzero(poses.scores.any(axis=(1, 2))).tolist() == [2]
    np.testing.assert_array_equal(poses.keypoints[2, 0], tracks[0, :, :, 2].T)


class Project:
    """A project of SLEAP as its users make one: nodes in an order of their own."""

    def __init__(self, *videos: str, skeleton: str = "coco17") -> None:
        self.names = list(reversed(load_skeleton(skeleton).keypoints))
        self.skeleton = sleap_io.Skeleton([*self.names, "unused"])
        self.videos = [
            sleap_io.Video(
                name,
                backend_metadata={"filename": name, "type": "MediaVideo"},
                open_backend=False,
            )
            for name in videos
        ]
        self.tracks = {n: sleap_io.Track(n) for n in ("ann", "bob")}
        self.frames: list[Any] = []

    def points(self, x: float) -> np.ndarray:
        """Make x and y of the nodes, the first of which is not there, (K, 2)."""
        n = len(self.names) + 1
        places = np.column_stack([np.full(n, x), np.arange(n) * 8.0 + 16])
        places[0] = np.nan
        return places

    def predicted(self, x: float, track: str = "") -> Any:
        return sleap_io.PredictedInstance.from_numpy(
            self.points(x),
            skeleton=self.skeleton,
            point_scores=np.full(len(self.names) + 1, 0.5),
            score=0.9,
            track=self.tracks.get(track),
        )

    def placed(self, x: float, track: str = "", made_from: Any = None) -> Any:
        return sleap_io.Instance.from_numpy(
            self.points(x),
            skeleton=self.skeleton,
            track=self.tracks.get(track),
            from_predicted=made_from,
        )

    def add(self, frame: int, *instances: Any, video: int = 0) -> None:
        self.frames.append(
            sleap_io.LabeledFrame(
                video=self.videos[video], frame_idx=frame, instances=list(instances)
            )
        )

    def save(self, path: Path) -> Path:
        labels = sleap_io.Labels(
            self.frames,
            videos=self.videos,
            skeletons=[self.skeleton],
            tracks=list(self.tracks.values()),
        )
        sleap_io.save_slp(labels, str(path), verbose=False)
        return path


def places(poses: PoseSequence) -> list[dict[int, tuple[float, float]]]:
    """List who is in each frame: x and highest score by index of axis M."""
    found: list[dict[int, tuple[float, float]]] = [{} for _ in range(poses.n_frames)]
    for (frame, m), points in seen(poses).items():
        xs = {x for x, _, score in points if score > 0}
        assert len(xs) == 1
        found[frame][m] = xs.pop(), max(score for _, _, score in points)
    return found


@pytest.mark.parametrize("skeleton", SKELETONS, ids=["people", "mouse"])
def test_what_people_placed_replaces_predictions(skeleton: str, tmp_path: Path) -> None:
    project = Project("v.mp4", skeleton=skeleton)
    guess = project.predicted(40, "ann")
    bob = project.predicted(300, "bob")
    project.add(1, guess, project.placed(48, "ann", guess), bob)
    # Without a word on what it was made from, by the track; then by that alone.
    project.add(2, project.placed(56, "ann"), project.predicted(40, "ann"), bob)
    guess = project.predicted(40, "ann")
    project.add(4, bob, guess, project.placed(64, "", guess))
    # They change places, which nobody would guess without their tracks.
    guess = project.predicted(40, "ann")
    project.add(5, guess, project.placed(300, "", guess), project.predicted(64, "bob"))
    poses = read(project.save(tmp_path / "v.slp"), skeleton)
    assert places(poses) == [
        {},
        {0: (48, 1), 1: (300, 0.5)},
        {0: (56, 1), 1: (300, 0.5)},
        {},
        {0: (64, 1), 1: (300, 0.5)},
        {0: (300, 1), 1: (64, 0.5)},
        *[{}] * 3,
    ]
    # In the order of the skeleton, and the node that is not there is missing.
    ys = poses.keypoints[1, 0, :, 1]
    assert np.isnan(ys[-1])
    assert ys[:-1].tolist() == [8.0 * n + 16 for n in range(len(ys) - 1, 0, -1)]


def test_instances_without_a_track_are_linked(tmp_path: Path) -> None:
    project = Project("v.mp4")
    for frame in range(4):
        both = project.predicted(40 + frame), project.placed(300 - frame)
        project.add(frame, *(both if frame % 2 else both[::-1]))
    guess = project.predicted(44)
    project.add(4, guess, project.placed(48, made_from=guess))
    found = places(read(project.save(tmp_path / "v.slp")))
    assert {m for there in found for m in there} == {0, 1}
    xs = [sorted(x for x, _ in there.values()) for there in found[:4]]
    assert xs == [[40 + n, 300 - n] for n in range(4)]
    assert [x for x, _ in found[4].values()] == [48]
    assert len({m for there in found for m, (x, _) in there.items() if x < 99}) == 1


def test_a_node_that_is_invisible_is_missing(tmp_path: Path) -> None:
    project = Project("v.mp4")
    one = project.placed(40)
    one.points["visible"][3] = False
    project.add(0, one)
    poses = read(project.save(tmp_path / "v.slp"))
    assert np.flatnonzero(poses.scores[0, 0] == 0).tolist() == [13, 16]


def test_of_several_videos_the_one_is_read_that_is_called_so(tmp_path: Path) -> None:
    project = Project(r"C:\films\A 1.mp4", "/films/b.avi", "/more/b.mkv")
    for n in range(3):
        project.add(n, project.predicted(40 + n), video=n)
    path = project.save(tmp_path / "all.slp")

    def frames(**more: Any) -> list[int]:
        there = read(path, **more).scores.any(axis=(1, 2))
        return np.flatnonzero(there).tolist()

    assert frames(names=("v", "a 1", "a 1.mkv")) == [0]
    assert frames(names=("b.avi",)) == [1]
    assert frames(names=("a 1",), pick="b.mkv") == [2]
    assert frames(pick="/films/b.avi") == [1]
    for asked in ({}, {"names": ("b", "v.mp4")}, {"pick": "c"}):
        with pytest.raises(
            FormatError, match=r"has the videos .*/films/b.avi, .*--pick"
        ):
            read(path, **asked)
    project.videos[1].source_video = sleap_io.Video("/in/c.mp4", open_backend=False)
    project.save(path)
    assert frames(names=("c",)) == [1]
    alone = Project("other.mp4").save(tmp_path / "one.slp")
    assert not read(alone, names=("v",)).scores.any()
    with pytest.raises(FormatError, match=r"videos other\.mp4;"):
        read(alone, pick="v")


def test_a_video_of_another_size_or_length_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, film(), "slp", ".slp")
    with pytest.raises(FormatError, match="has a picture of 640x480, the video has"):
        read(path, size=(640, 360))
    with pytest.raises(FormatError, match="has 9 frames and the video has 8"):
        read(path, n_frames=8)
    with pytest.raises(FormatError, match="neck"):
        read(path, "coco18")


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody wants to connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    project = Project("https://example.org/films/v.mp4", "s3://films/w.mp4")
    project.add(0, project.predicted(40))
    path = project.save(tmp_path / "v.slp")
    assert read(path, names=("v",)).scores.any()


def test_tables_that_unpack_to_more_than_the_file_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, film(), "slp", ".slp")
    with h5py.File(path, "a") as file:
        form = file["pred_points"].dtype
        del file["pred_points"]
        file.create_dataset("pred_points", (10_000_000,), form, compression="gzip")
    with pytest.raises(FormatError, match=r"v\.slp has [0-9,]+ bytes but declares far"):
        read(path)


@pytest.mark.parametrize("kind", ["slp", "sleap-analysis"])
def test_damaged_files_are_poses_or_a_sentence(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, film(), "slp", ".slp")
    if kind == "sleap-analysis":
        labels = sleap_io.load_slp(str(path), open_videos=False)
        path = tmp_path / "v.h5"
        sleap_io.save_analysis_h5(labels, str(path))
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    refused = 0
    for seed in range(80, 140):
        rng = np.random.default_rng(seed)
        data = whole[: rng.integers(1, len(whole)) if seed % 6 == 0 else None].copy()
        # Half of them where HDF5 says what lies where.
        at = rng.integers(0, min(len(data), 3000 if seed % 2 else len(data)), 3)
        data[at] = rng.integers(0, 256, 3)
        path.write_bytes(data.tobytes())
        words = said(path, kind)
        refused += bool(words)
        assert not words or path.name in words
    assert 0 < refused < 60


def said(path: Path, kind: str) -> str:
    """Return the sentence of an error; empty where poses could be read."""
    try:
        read(path, format=kind)
    except FormatError as error:
        return str(error)
    return ""
