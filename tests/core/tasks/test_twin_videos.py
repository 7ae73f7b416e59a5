"""Videos that show one film stay on one side of what a model is scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.learning.model_info import worth_of
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks import twin_videos
from skelseg_core.tasks.evaluation import evaluate_folders
from skelseg_core.tasks.measure_model import held_out_plan, persons_labels
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train
from skelseg_core.tasks.twin_videos import first_twins, twin_among
from tests.core.poses.test_same_motion import again, poses, walk
from tests.core.tasks.test_measure_model import SMALL
from tests.poses_only import item
from tests.projects import changed

CLASSES = ("walk", "reach", "carry")


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Three films of one room, and one of them again, smaller and cut."""
    folder, project = create_project(tmp_path / "p", label_map_from_names(CLASSES))
    before, ids = project, project.label_map.ids
    films: dict[str, PoseSequence] = {n: poses(walk(k)) for k, n in enumerate("abc")}
    films["a-phone"] = again(walk(0)[60:560])
    for name, found in films.items():
        labels = np.resize(np.repeat(ids, 50), len(found.keypoints))
        project = add_video(project, item(name, labels))
        save_poses(folder.poses_path(name), found, f"poses-{name}")
    folder.save(project, before)
    return folder


def test_one_film_is_held_out_as_one_video(folder: ProjectFolder) -> None:
    project = folder.load()
    told = run(first_twins(folder, project.tracks, "looking"))
    assert told == {"a": "a", "a-phone": "a", "b": "b", "c": "c"}
    labels = {v.id: persons_labels(project, v) for v in project.tracks}
    parts = held_out_plan(project, labels, 0, told).parts
    assert parts
    for part in parts:
        seen = set(labels) - set(part)
        assert not {told[v] for v in part} & {told[v] for v in seen}
    figures = {"accuracy": 80.0, "n_videos": 4, "n_frames": 9}
    said = worth_of({**figures, "same_film": {"a-phone": "a"}})
    assert "a-phone shows the same video as a: both are left out together." in said


def test_without_poses_nothing_is_told(folder: ProjectFolder) -> None:
    project = folder.load()
    phone, others = project.track("a-phone"), project.tracks
    assert twin_among(folder, phone, others) == "a"
    folder.poses_path("a").write_bytes(b"damaged")
    assert twin_among(folder, phone, others) == ""
    folder.poses_path("a-phone").unlink()
    assert twin_among(folder, phone, others) == ""


def test_of_very_many_only_copies_of_a_file_are_told(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = folder.load()
    twin = changed(project.track("c"), fingerprint=project.track("b").video.fingerprint)
    items = [v if v.id != "c" else twin for v in project.tracks]
    monkeypatch.setattr(twin_videos, "MOST_COMPARED", 3)
    found = run(first_twins(folder, items, "looking"))
    assert found == {"a": "a", "a-phone": "a-phone", "b": "b", "c": "b"}
    assert twin_among(folder, project.track("a-phone"), project.tracks) == ""


def test_the_film_of_a_training_video_is_no_strangers(folder: ProjectFolder) -> None:
    root = str(folder.root)
    run(train(root, "m", SMALL, videos=["a", "b"], threads=1))
    for video in ("a-phone", "c"):
        run(predict(root, video, "m", free=True))
    found = evaluate_folders(folder.root, folder.root, lane="prediction:m")
    assert found["n_videos"] == 1
    (left,) = found["left_out"]["training_videos"]
    assert left["video"] == "a-phone"
