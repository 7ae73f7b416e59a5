"""A film of another place: it teaches nothing, and its pre-labels say what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.formats.export_manifest import MANIFEST
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.learning.likeness import LEARNT_NAME, SUREST
from skelseg_core.learning.model_info import load_info
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train
from tests.core.tasks.test_measure_model import SMALL
from tests.poses_only import CLASSES, item, waving

N = 160
GYMNAST = "exercise"


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Two labelled people who wave, a third one, and somebody who stands on hands."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before, ids = project, project.label_map.ids
    for seed, name in enumerate(("a", "b", "c", GYMNAST)):
        labelled = name in ("a", "b")
        labels = np.repeat([ids[0], ids[1]], N // 2) if labelled else np.full(N, -1)
        project = add_video(project, item(name, labels))
        poses = waving(N)
        sway = 9 * np.sin(np.arange(N) / (9 + seed))[:, None, None, None]
        points = poses.keypoints * (1 + 0.05 * seed) + sway
        if name == GYMNAST:
            points[..., 1] = 240 - points[..., 1]
        same = points.astype(np.float32)
        path = folder.poses_path(name)
        save_poses(path, replace(poses, keypoints=same), f"poses-{name}")
    folder.save(project, before)
    return folder


def test_a_film_of_another_place_teaches_nothing_and_is_doubted(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """393 frames of gymnasts were pre-labelled "read" at .95."""
    root = str(folder.root)
    result = run(train(root, "m", SMALL, threads=1))
    assert (result["unlabelled"], result["unlike"]) == (["c"], [GYMNAST])
    assert load_info(folder.model_dir("m")).unlabelled == ("c",)
    said = {v: run(predict(root, v, "m", threads=1)) for v in ("a", "c", GYMNAST)}
    assert [one["unlike"] for one in said.values()] == [False, False, True]
    kept = {v: load_prediction(folder.prediction_path(v, "m")) for v in said}
    assert [one.unlike for one in kept.values()] == [False, False, True]
    assert kept[GYMNAST].probabilities.max() <= SUREST + 1e-3
    # Again: what is kept says the same.
    assert run(predict(root, GYMNAST, "m", threads=1))["unlike"]
    choices = ExportChoices(
        format="segment-csv", lane="prediction:m", videos=["c", GYMNAST]
    )
    out = tmp_path / "out"
    made = run(export_labels(folder, folder.load(), out, choices))
    assert any(f"{GYMNAST}, unlike the training videos" in note for note in made.notes)
    about = json.loads((out / MANIFEST).read_text())["videos"]
    assert [one.get("unlike", False) for one in about] == [False, True]
    told = CliRunner().invoke(
        cli, ["predict", root, "--model", "m", "--video", GYMNAST]
    )
    assert "unlike the training videos, so at most 60 % sure" in told.output


def test_of_a_model_that_kept_nothing_nothing_is_said(folder: ProjectFolder) -> None:
    root = str(folder.root)
    run(train(root, "m", SMALL, unlabelled=False, threads=1))
    (folder.model_dir("m") / LEARNT_NAME).unlink()
    assert not run(predict(root, GYMNAST, "m", threads=1))["unlike"]
    assert load_prediction(folder.prediction_path(GYMNAST, "m")).unlike is None


@pytest.mark.parametrize("where_other", [0, 10])
def test_one_class_for_a_whole_video_is_said(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, where_other: int
) -> None:
    """393 of 393 frames of gymnasts were *sign*, without a word."""
    root = str(folder.root)
    run(train(root, "m", SMALL, unlabelled=False, threads=1))

    def surely_the_second(said: np.ndarray, _: float) -> np.ndarray:
        sure = np.tile(np.eye(said.shape[1], dtype=np.float32)[1], (len(said), 1))
        n = len(said) * where_other // 20
        sure[:n] = np.roll(sure[:n], 1, axis=1)
        return sure

    monkeypatch.setattr("skelseg_core.tasks.predict.tempered", surely_the_second)
    command = ["predict", root, "--model", "m", "--video", "c"]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 0, told.output
    name = folder.load().label_map.classes[1].name
    said = f"The whole of c is {name}: check it." in told.output
    assert said == (not where_other)
