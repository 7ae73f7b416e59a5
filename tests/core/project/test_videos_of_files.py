"""Which video a file is of, by its name and by what lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.imports.videos_of_files import VideoNames
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track


def project_of(videos: dict[str, str]) -> Project:
    project = new_project("kitchen", label_map_from_names(["walk"]))
    for video_id, path in videos.items():
        lanes = {ANNOTATION: Segmentation.unlabelled(9)}
        item = Track.of_film(video_id, path, "", 9, 64, 48, 25.0, lanes)
        project = add_video(project, item)
    return project


@pytest.mark.parametrize(
    ("name", "video"),
    [
        *((n, "one") for n in ("one.csv", "one.segments.csv", "one_keypoints.json")),
        *((n, "one") for n in ("one", "oneDLC_resnet50_walk.csv")),
        *((n, "") for n in ("one2.csv", "ones.json", "three.csv", "one-2.csv")),
    ],
)
def test_names_of_files_tell_their_video(name: str, video: str) -> None:
    names = VideoNames(project_of({"one": "../one.mp4", "two": "../two.mp4"}))
    assert names.of_file(Path(name)) == video


def test_of_two_videos_of_one_name_the_right_one_is_meant(tmp_path: Path) -> None:
    def video_of(folder: str, name: str, **videos: str) -> str:
        paths = {v.replace("_", "-"): path for v, path in videos.items()}
        names = VideoNames(project_of(paths), tmp_path / "kitchen")
        return names.of_file(Path(name), str(tmp_path / folder))

    both = {"cam": "../a/cam.mp4", "cam_2": "../b/cam.mp4"}
    # An exported file is named by the id, which is the name of both files.
    assert video_of("out", "cam.csv", **both) == "cam"
    assert video_of("out", "cam-2.csv", **both) == "cam-2"
    assert video_of("a", "cam.csv", **both) == "cam"
    # Beside the video of the other id: somebody has to say which is meant.
    assert video_of("b", "cam.csv", **both) == ""
    others = {"cam_2": "../b/cam.mp4", "cam_3": "../c/cam.mp4"}
    assert video_of("out", "cam.csv", **others) == ""
    assert video_of("c", "cam.csv", **others) == "cam-3"
