"""Merged and deleted classes: files that name them go on being understood."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.prediction import Prediction, load_prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.project.class_edits import delete_class, describe_class, group_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.json import project_from_json, project_to_json
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project
from tests.journals import replayed
from tests.projects import N, make_project, painted


@pytest.fixture
def predicted(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    """Classes a, b, c; v1 is a b in the annotation, and a b c by model m."""
    folder, project = make_project(tmp_path / "kitchen")
    project = painted(painted(project, 0, 10, 0), 10, 20, 1)
    labels = np.repeat([0, 1, 2], N // 3)
    probabilities = np.full((N, 3), 0.1, np.float32)
    probabilities[np.arange(N), labels] = 0.8
    lane = Segmentation.from_frames(labels, "model", probabilities.max(axis=1))
    prediction = Prediction(probabilities, np.arange(3), lane, "k")
    save_prediction(folder.prediction_path("v1", "m"), prediction)
    folder.save(project)
    return folder, project


def frames(folder: ProjectFolder, project: Project) -> list[int]:
    said = fitting_prediction(folder, project, project.track("v1"), "m")
    return said.segmentation.to_frames().tolist()


def test_a_project_with_merged_and_deleted_classes_opens(
    predicted: tuple[ProjectFolder, Project],
) -> None:
    folder, project = predicted
    after = delete_class(delete_class(project, 0, 1), 2, None)
    after = group_class(describe_class(after, 1, "both"), 1, "g")
    folder.save(after, project)
    assert ProjectFolder(folder.root).load() == after
    third = N // 3
    assert frames(folder, after) == [1] * (2 * third) + [-1] * third
    raw = json.loads(folder.project_file.read_text())
    assert raw["former_classes"] == [
        {"id": 0, "name": "a", "into": 1},
        {"id": 2, "name": "c", "into": None},
    ]
    assert raw["classes"][0]["description"] == "both"
    # The file of the prediction is as the model wrote it: undo has all it needs.
    assert set(load_prediction(folder.prediction_path("v1", "m")).class_ids) == {
        0,
        1,
        2,
    }
    folder.save(project, after)
    assert ProjectFolder(folder.root).load() == project


def test_label_files_of_before_are_understood(
    predicted: tuple[ProjectFolder, Project],
) -> None:
    folder, project = predicted
    old = folder.labels_path("v1").read_bytes()
    after = delete_class(project, 0, 1)
    folder.save(after, project)
    folder.labels_path("v1").write_bytes(old)
    assert ProjectFolder(folder.root).load() == after


def test_only_what_is_set_is_written(predicted: tuple[ProjectFolder, Project]) -> None:
    _, project = predicted
    raw = project_to_json(project)
    assert "former_classes" not in raw
    assert "tiers" not in raw


@pytest.mark.parametrize(
    ("former", "said"),
    [
        ([{"id": 9, "name": "x", "into": 7}], "became class id 7"),
        ([{"id": 1, "name": "x", "into": 0}], "the class id '1' appears twice"),
        ([{"id": 9, "into": 0}], "'former_classes.0.name' is missing"),
    ],
)
def test_former_classes_that_make_no_sense_are_damage(
    predicted: tuple[ProjectFolder, Project], former: list[object], said: str
) -> None:
    folder, project = predicted
    raw = project_to_json(project) | {"former_classes": former}
    with pytest.raises(ProjectError, match="damaged") as error:
        project_from_json(raw, folder, "here")
    assert said.casefold() in str(error.value).casefold()


def test_a_killed_session_gets_its_merge_back(
    predicted: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = predicted
    journal = Journal(tmp_path / "j.jsonl", folder)
    merged = delete_class(project, 0, 2)
    deleted = delete_class(merged, 1, 2)
    steps = [("merge", project, merged), ("delete", merged, deleted)]
    for text, before, after in steps:
        journal.record(text, changed_parts(before, after))
        assert replayed(folder.load(), journal, folder) == after
    # Killed between the label files and project.json of a save.
    folder.save(deleted, project)
    journal.record("undo", changed_parts(deleted, merged))
    assert replayed(folder.load(), journal, folder) == merged


def test_a_class_that_both_merged_stays_merged(
    predicted: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = predicted
    journal = Journal(tmp_path / "j.jsonl", folder)
    mine = delete_class(project, 0, 2)
    journal.record("merge", changed_parts(project, mine))
    # Somebody else, who knows nothing of it, merges both.
    theirs = delete_class(mine, 1, 2)
    folder.save(theirs, project)
    assert replayed(folder.load(), journal, folder) == theirs
