"""Predictions are found in their folder: being there is being known."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.found import found_of, found_predictions, models_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_blind
from tests.projects import N, make_project, put_prediction

SAID = Segmentation.from_frames(np.zeros(N, int), "model")


def test_one_walk_finds_all_and_nothing_else(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    assert found_predictions(folder.root) == {}
    put_prediction(folder, "v1", "new", SAID)
    put_prediction(folder, "v1", "old", SAID)
    put_prediction(folder, "v2", "old", SAID)
    os.utime(folder.prediction_path("v1", "old"), (1, 1))
    place = folder.root / "predictions"
    (place / "v1" / ".new.npz.tmp").write_bytes(b"")
    (place / "v1" / ".hidden.npz").write_bytes(b"")
    (place / "v1" / "notes.txt").write_bytes(b"")
    (place / "empty").mkdir()
    (place / "file.npz").write_bytes(b"")
    found = found_predictions(folder.root)
    assert {video: tuple(models) for video, models in found.items()} == {
        "v1": ("old", "new"),
        "v2": ("old",),
    }
    assert models_of(folder.root, "v1") == ("old", "new")
    assert found_of(folder.root, ["v2", "none"]) == {"v2": found["v2"]}


def test_one_that_is_made_anew_has_another_stamp(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    put_prediction(folder, "v1", "m", SAID)
    before = found_predictions(folder.root)
    assert found_predictions(folder.root) == before
    put_prediction(folder, "v1", "m", SAID)
    assert found_predictions(folder.root) != before


@pytest.mark.parametrize("listed", [["m", "gone"], ["x" * 300], [7], "none", None])
def test_a_list_of_predictions_in_a_project_is_ignored_and_not_written(
    tmp_path: Path, listed: object
) -> None:
    folder, project = make_project(tmp_path / "p")
    assert b"predictions" not in folder.project_file.read_bytes()
    raw = json.loads(folder.project_file.read_text())
    for video in raw["videos"]:
        video["predictions"] = listed
    folder.project_file.write_text(json.dumps(raw))
    again = ProjectFolder(folder.root)
    found = again.load()
    assert found == project
    assert again.notes == []
    again.save(set_blind(found, True), found)
    assert b"predictions" not in folder.project_file.read_bytes()
