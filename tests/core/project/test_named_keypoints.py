"""Pose files whose keypoints no project knows: what they say, and what is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.named_keypoints import (
    NamedKeypoints,
    look_for_skeleton,
)
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, correct
from skelseg_core.project.skeleton_change import (
    is_stale_estimate,
    may_change_skeleton,
    set_skeleton,
)
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.poses import import_poses
from tests.mouse import (
    CLASSES,
    N_FRAMES,
    PARTS,
    RATE,
    SIZE,
    deeplabcut_csv,
    mouse_and_labels,
)


def mouse_csv(folder: Path, name: str = "vDLC.csv") -> Path:
    path = folder / name
    path.write_text(deeplabcut_csv(mouse_and_labels(0)[0]))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project of people, as it is without a word, with one video ``v``."""
    made, before = create_project(tmp_path / "p", label_map_from_names(CLASSES))
    lanes = {ANNOTATION: Segmentation.unlabelled(N_FRAMES)}
    item = Track.of_film("v", "", "poses-v", N_FRAMES, *SIZE, RATE, lanes)
    made.save(add_video(before, item), before)
    return made


def people(made_by: str) -> PoseSequence:
    keypoints = np.full((N_FRAMES, 1, 17, 2), np.nan, np.float32)
    scores = np.zeros((N_FRAMES, 1, 17), np.float32)
    return PoseSequence(keypoints, scores, "coco17", SIZE, made_by)


def found_in(path: Path) -> NamedKeypoints:
    found = look_for_skeleton(path)
    assert isinstance(found, NamedKeypoints)
    return found


def test_a_file_of_an_animal_gets_a_guess(tmp_path: Path) -> None:
    found = found_in(mouse_csv(tmp_path))
    assert found.draft.names == PARTS
    assert found.draft.edges == ((0, 1), (0, 2), (1, 3), (2, 3))


def test_it_goes_through_json(tmp_path: Path) -> None:
    points, _ = mouse_and_labels(0)
    points[:, 2] = np.nan
    path = tmp_path / "v.csv"
    path.write_text(deeplabcut_csv(points).replace("nan,nan,0.9", ",,"))
    found = found_in(path)
    again = NamedKeypoints.from_plain(json.loads(json.dumps(found.to_plain())))
    assert again == found


def test_edges_of_deeplabcuts_project_are_taken(tmp_path: Path) -> None:
    videos = tmp_path / "mouse-anna-2024" / "videos"
    videos.mkdir(parents=True)
    config = videos.parent / "config.yaml"
    config.write_text("skeleton:\n- [snout, tailbase]\n- [bodypart1, bodypart2]\n")
    assert found_in(mouse_csv(videos)).draft.edges == ((0, 3),)
    config.write_text("skeleton: [[snout]]\n")
    assert len(found_in(mouse_csv(videos)).draft.edges) == 4


def test_edges_of_coco_are_taken(tmp_path: Path) -> None:
    points, _ = mouse_and_labels(0)
    triples = [v for x, y in points[0].tolist() for v in (x, y, 2)]
    raw = {
        "images": [{"id": 0, "file_name": "0.jpg", "width": 640, "height": 480}],
        "annotations": [{"image_id": 0, "keypoints": triples}],
        "categories": [{"keypoints": list(PARTS), "skeleton": [[4, 1], [9, 9]]}],
    }
    path = tmp_path / "v.json"
    path.write_text(json.dumps(raw))
    assert len(found_in(path).draft.edges) == 4  # the second one is nonsense
    raw["categories"] = [{"keypoints": list(PARTS), "skeleton": [[4, 1]]}]
    path.write_text(json.dumps(raw))
    assert found_in(path).draft.edges == ((0, 3),)


def test_people_by_any_name_are_people(tmp_path: Path) -> None:
    from skelseg_core.poses.skeletons import load_skeleton

    for name in ("coco17", "kinect25"):
        parts = [p.title() for p in load_skeleton(name).keypoints]
        points = np.random.default_rng(0).uniform(0, 400, (5, len(parts), 2))
        path = tmp_path / f"{name}.csv"
        path.write_text(deeplabcut_csv(points, parts))
        assert look_for_skeleton(path) == name


def test_keypoints_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    points, _ = mouse_and_labels(0)
    path.write_text(deeplabcut_csv(points, ["a", "b", "tail 1", "Tail1"]))
    with pytest.raises(SkelsegError, match=r"v\.csv: the keypoint Tail1 appears twic"):
        look_for_skeleton(path)


def test_a_project_without_poses_is_asked_about(folder: ProjectFolder) -> None:
    csv = mouse_csv(folder.root.parent)
    result = run(import_poses(str(folder.root), "v", str(csv)))
    assert not folder.poses_path("v").exists()
    found = NamedKeypoints.from_plain(json.loads(json.dumps(result))["keypoints"])
    skeleton = found.draft.build(lambda _: "it")
    before = folder.load()
    folder.save(set_skeleton(before, skeleton.name), before)
    result = run(import_poses(str(folder.root), "v", str(csv)))
    assert result["with_person"] == N_FRAMES
    # Now poses hold it to this skeleton.
    other = mouse_csv(folder.root.parent, "w.csv")
    other.write_text(csv.read_text().replace("snout", "nose"))
    with pytest.raises(SkelsegError, match="animal with 4: snout is not in the file"):
        run(import_poses(str(folder.root), "v", str(other)))


def test_a_file_of_another_video_is_refused_before_anything_is_asked(
    folder: ProjectFolder,
) -> None:
    csv = folder.root.parent / "v.csv"
    csv.write_text(deeplabcut_csv(mouse_and_labels(0)[0][:100]))
    with pytest.raises(SkelsegError, match="has 100 frames and the video has 240"):
        run(import_poses(str(folder.root), "v", str(csv)))


def test_people_that_were_looked_for_are_no_hindrance(folder: ProjectFolder) -> None:
    project, path = folder.load(), folder.poses_path("v")
    assert may_change_skeleton(folder, project)
    save_poses(path, people("MoveNet multipose + thunder, skelseg 1"))
    assert may_change_skeleton(folder, project)
    assert not is_stale_estimate(path, "coco17")
    assert is_stale_estimate(path, "kinect25")
    save_poses(path, people("openpose"))
    assert not may_change_skeleton(folder, project)
    assert not is_stale_estimate(path, "kinect25")


def test_corrections_hold_a_project_to_its_skeleton(folder: ProjectFolder) -> None:
    project = correct(folder.load(), "v", PlacedKeypoint(3, 0, 5, 10.0, 10.0))
    assert not may_change_skeleton(folder, project)
    with pytest.raises(EditError, match="Keypoints of v were corrected by hand"):
        set_skeleton(project, "kinect25")
    bare = replace(project, tracks=())
    assert set_skeleton(bare, "kinect25").skeleton == "kinect25"
    assert set_skeleton(bare, "coco17") is bare
