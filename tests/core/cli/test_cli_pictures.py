"""Videos and pictures of labels on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import skelseg_core
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.video.reader import VideoReader
from tests.commands import done, mistake
from tests.poses_only import make_poses_project
from tests.videos import write_video


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one video of 12 frames."""
    folder, before = create_project(tmp_path / "p", label_map_from_names(["a", "b"]))
    path = write_video(tmp_path / "film.mp4", 12)
    project = add_video(before, probe_video(path, folder, before))
    lane = Segmentation.from_frames(np.repeat([0, 1], [5, 7]), "human")
    folder.save(set_lane(project, "film", ANNOTATION, lane), before)
    return folder.root


def test_a_part_of_a_video_is_rendered(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    what = ("render", root, "film", "--out", out, "--range", "3:9")
    assert "Wrote 6 frames" in done(*what, "--no-skeleton")
    with VideoReader(out) as reader:
        assert reader.n_frames == 6
    said = json.loads(done(*what, "--json"))
    assert said["n_frames"] == 6
    assert said["notes"] == ["film has no poses, so no skeleton is drawn."]
    lanes = ("--lanes", "annotation", "annotator:X")
    assert "only annotation" in mistake(*what, *lanes)
    other = tmp_path / "film.mp4"
    before = other.read_bytes()
    assert "choose another name" in mistake("render", root, "film", "--out", other)
    assert other.read_bytes() == before


def test_a_script_renders_too(root: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="^film has no poses, so no skeleton is drawn"):
        out = skelseg_core.render(root, "film", tmp_path / "out.mp4", frames="2:5")
    with VideoReader(out) as reader:
        assert reader.n_frames == 3


def test_a_recording_without_video_is_rendered_with_its_skeleton(
    tmp_path: Path,
) -> None:
    folder = make_poses_project(tmp_path / "p")
    name = folder.load().track_ids[0]
    out = tmp_path / "out.mp4"
    done("render", folder.root, name, "--out", out, "--range", "0:8")
    with VideoReader(out) as reader:
        assert reader.n_frames == 8
        # Left keypoints are blue, on the dark stage.
        red, _, blue = np.moveaxis(reader[4].astype(int), 2, 0)
        assert ((blue > 180) & (red < 120)).sum() > 20


def test_pictures(root: Path, tmp_path: Path) -> None:
    picture = tmp_path / "labels.svg"
    lanes = ("--lanes", "annotation", "annotator:Zoe")
    assert "'annotator:Zoe'" in mistake("plot", root, "--out", picture, *lanes)
    assert "Drew 1 row of 1 video into" in done("plot", root, "--out", picture)
    assert picture.is_file()
    assert "does not end with" in mistake("plot", root, "--out", tmp_path / "a.gif")
    assert "film" in picture.read_text(encoding="utf-8")
