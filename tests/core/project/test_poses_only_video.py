from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ModelError, ProjectError, VideoError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.poses_only_video import (
    BlankVideo,
    blank_video,
    open_recording,
)
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.export_labels import export_labels
from skelseg_core.tasks.poses import estimate_poses
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train
from skelseg_core.video.reader import VideoReader
from tests.poses_only import N_FRAMES, RATE, SIZE, SMALL, item, make_poses_project
from tests.projects import changed
from tests.videos import write_video


def recording() -> Track:
    return item("sit", np.zeros(7, int))


def test_a_frame_is_shown_at_its_number_by_the_rate() -> None:
    with blank_video(recording()) as video:
        assert len(video) == video.n_frames == 7
        assert video.times.starts_s.dtype == np.float64
        np.testing.assert_array_equal(video.times.starts_s, np.arange(7) / RATE)
        assert (video.width, video.height, video.mean_rate) == (*SIZE, RATE)
        assert (video.fingerprint, video.damage) == ("poses-sit", None)


def test_the_stage_is_even_dark_and_nobody_can_paint_on_it() -> None:
    video = blank_video(recording())
    first, last = video.bgra(0), video.bgra(6)
    assert first.shape == (*SIZE[::-1], 4)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    assert last is first
    assert len(np.unique(first.reshape(-1, 4), axis=0)) == 1
    assert first[0, 0, :3].max() < 48
    assert first[0, 0, 3] == 255
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        video.times.starts_s[0] = 1


@pytest.mark.parametrize("n", [-1, 7])
def test_there_is_no_frame_outside(n: int) -> None:
    with pytest.raises(IndexError, match=r"0\.\.6"):
        blank_video(recording()).bgra(n)


@pytest.mark.parametrize(
    "values",
    [
        (0, 320, 240, 8.0),
        (10**12, 320, 240, 8.0),
        (7, 0, 240, 8.0),
        (7, 320, 10**6, 8.0),
        (7, 320, 240, 0.0),
        (7, 320, 240, -1.0),
        (7, 320, 240, math.nan),
        (7, 320, 240, math.inf),
    ],
)
def test_what_cannot_be_is_refused(values: tuple[int, int, int, float]) -> None:
    with pytest.raises(VideoError, match="says that sit") as caught:
        BlankVideo(*values, name="sit")
    assert "import it again" in str(caught.value)


def test_the_door_opens_both_kinds(tmp_path: Path) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    seen = probe_video(write_video(tmp_path / "v.mp4", 12), folder, project)
    project = add_video(add_video(project, seen), recording())
    with open_recording(folder, project.track("v")) as reader:
        assert isinstance(reader, VideoReader)
        assert len(reader) == 12
    with open_recording(folder, project.track("sit")) as reader:
        assert isinstance(reader, BlankVideo)
    other = changed(seen, fingerprint="another")
    with pytest.raises(
        VideoError, match="was replaced or changed since it was labelled as v"
    ):
        open_recording(folder, other)


# -- what is done with such a project -----------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_poses_project(tmp_path / "poses only")


def test_the_project_comes_back_as_it_was(folder: ProjectFolder) -> None:
    found = ProjectFolder(folder.root).load()
    assert [(v.id, v.video.path, v.video.has_file) for v in found.tracks] == [
        ("new", "", False),
        ("old", "", False),
    ]


def test_exported_times_follow_the_rate(folder: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(export_labels(folder, folder.load(), out))
    with (out / "old.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(r["time_s"]) for r in rows] == [n / RATE for n in range(N_FRAMES)]
    assert {r["label"] for r in rows[:40]} == {"walk"}
    with (out / "old.segments.csv").open(encoding="utf-8", newline="") as stream:
        spans = [(r["start_s"], r["stop_s"]) for r in csv.DictReader(stream)]
    assert spans == [("0.000000", "5.000000"), ("5.000000", "10.000000")]
    about = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [v["file"] for v in about["videos"]] == ["", ""]


def test_it_is_trained_on_and_prelabelled(folder: ProjectFolder) -> None:
    root = str(folder.root)
    run(train(root, "m", SMALL, ["old"], threads=1))
    run(predict(root, "new", "m", threads=1))
    found = load_prediction(folder.prediction_path("new", "m"))
    assert found.segmentation.n_frames == N_FRAMES
    assert run(estimate_poses(root, "new"))["with_person"] == N_FRAMES - 1


def test_a_network_that_needs_pictures_is_refused(folder: ProjectFolder) -> None:
    preset = {**SMALL, "model": {**SMALL["model"], "modalities": ["rgb"]}}
    with pytest.raises(ModelError, match="old has poses and no video") as caught:
        run(train(str(folder.root), "m", preset, threads=1))
    assert "recipe that sees skeletons" in str(caught.value)
    assert not folder.model_dir("m").exists()


def test_poses_are_never_estimated_without_a_video(folder: ProjectFolder) -> None:
    folder.poses_path("new").unlink()
    with pytest.raises(ProjectError, match="poses of new are gone") as caught:
        run(estimate_poses(str(folder.root), "new"))
    assert "import them" in str(caught.value)
    kept = folder.poses_path("old").read_bytes()
    with pytest.raises(ProjectError, match="import poses of that skeleton"):
        run(estimate_poses(str(folder.root), "old", again=True))
    assert folder.poses_path("old").read_bytes() == kept


def test_poses_of_the_estimators_skeleton_are_not_estimated_again_either(
    folder: ProjectFolder,
) -> None:
    project = folder.load()
    folder.save(replace(project, skeleton="coco17"), project)
    with pytest.raises(ModelError, match="import poses instead of estimating"):
        run(estimate_poses(str(folder.root), "old", again=True))
