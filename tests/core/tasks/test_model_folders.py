"""The list of the models, and what is done to their folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.errors import ModelError, ProjectError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import load_info, to_json
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.model_folders import (
    delete_model,
    export_model,
    list_models,
    rename_model,
)
from tests.models import described
from tests.poses_only import N_FRAMES, make_poses_project
from tests.projects import put_prediction


def write_model(folder: ProjectFolder, name: str, created: str) -> Path:
    """A model folder; its weights are never looked at here."""
    path = folder.model_dir(name)
    path.mkdir(parents=True)
    text = to_json(described(name, created=created))
    (path / "model.json").write_text(text, encoding="utf-8")
    (path / "model.safetensors").write_bytes(name.encode())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Two models; the younger one has the older file."""
    made = make_poses_project(tmp_path / "p")
    write_model(made, "young", "2026-02-01T00:00:00+00:00")
    write_model(made, "old", "2026-01-01T00:00:00+00:00")
    return made


def test_the_model_trained_last_comes_first(folder: ProjectFolder) -> None:
    (folder.model_dir("old") / "model.json").touch()
    assert [m.name for m in run(list_models(folder))] == ["young", "old"]
    (folder.model_dir("young") / "model.json").write_text("{", encoding="utf-8")
    old, broken = run(list_models(folder))
    assert (old.name, old.problem) == ("old", "")
    assert (broken.name, broken.info) == ("young", None)
    assert str(folder.model_dir("young")) in broken.problem


def test_a_model_without_pre_labels_gets_another_name(folder: ProjectFolder) -> None:
    assert run(rename_model(folder, folder.load(), "old", " first ")) == "first"
    assert set(folder.model_names()) == {"young", "first"}
    assert load_info(folder.model_dir("first")).name == "first"
    for name in ("young", "", "a/b"):
        with pytest.raises(ModelError):
            run(rename_model(folder, folder.load(), "first", name))
    assert set(folder.model_names()) == {"young", "first"}


def test_a_name_that_pre_labels_carry_stays(folder: ProjectFolder) -> None:
    lane = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")
    put_prediction(folder, "new", "old", lane)
    with pytest.raises(ModelError, match="Pre-labels of new use the name old"):
        run(rename_model(folder, folder.load(), "old", "first"))
    assert "old" in folder.model_names()


def test_a_model_is_deleted_and_no_other(folder: ProjectFolder) -> None:
    run(delete_model(folder, "old"))
    assert folder.model_names() == ("young",)
    assert not folder.model_dir("old").exists()
    with pytest.raises(ModelError):
        run(delete_model(folder, "old"))


def test_a_copy_overwrites_nothing(folder: ProjectFolder, tmp_path: Path) -> None:
    place = tmp_path / "copies"
    place.mkdir()
    copy = run(export_model(folder, "old", place))
    assert copy == place / "old"
    assert (copy / "model.safetensors").read_bytes() == b"old"
    (copy / "model.safetensors").write_bytes(b"mine")
    with pytest.raises((ModelError, ProjectError), match="already"):
        run(export_model(folder, "old", place))
    assert (copy / "model.safetensors").read_bytes() == b"mine"
    assert sorted(p.name for p in place.iterdir()) == ["old"]
