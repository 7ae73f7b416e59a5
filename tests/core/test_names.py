"""Names of videos, models and annotators become files on every system."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError, ModelError
from skelseg_core.file_names import portable_name, safe_name, same_name
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_annotator_lane, add_video, set_lane
from skelseg_core.project.videos_and_tracks import annotator_lane
from skelseg_core.tasks.model_folders import check_model_name, find_model
from tests.videos import write_video

MODEL = "m\u00f6del"
APART = unicodedata.normalize("NFD", MODEL)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MODEL, MODEL),
        (APART, MODEL),
        ("\u6a21\u578b-2", "\u6a21\u578b-2"),
        ("\u092e\u0949\u0921\u0932", "\u092e\u0949\u0921\u0932"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\x", "x"),
        ("C:\\x", "C__x"),
        ("a/b", "a_b"),
        ("a.", "a"),
        ("a .", "a"),
        (".hidden", "hidden"),
        ("a\u202eb", "a_b"),
        ("a\0b", "a_b"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("CON", "CON_"),
        ("con.old.txt", "con_.old.txt"),
        ("lpt\u00b9", "lpt\u00b9_"),
        ("com10", "com10"),
        ("console", "console"),
    ],
)
def test_a_new_name_is_one_that_every_system_can_have(text: str, name: str) -> None:
    assert portable_name(text) == name
    assert portable_name(name) == name


@given(st.text(max_size=40))
def test_no_name_leaves_its_folder(text: str) -> None:
    for name in (safe_name(text), portable_name(text)):
        assert name
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert not name.startswith(".")
        assert not name.endswith((".", " "))
        assert Path("here", name).parent == Path("here")
    assert portable_name(portable_name(text)) == portable_name(text)


def test_names_that_a_disk_may_take_for_one() -> None:
    assert same_name(APART, ["x", MODEL]) == MODEL
    assert same_name("Hands", ["hands"]) == "hands"
    assert same_name("Hands", ["hands", "Hands"]) == "Hands"
    assert same_name("hands-2", ["hands"]) is None


def test_videos_that_differ_by_capitals_alone_have_files_of_their_own(
    tmp_path: Path,
) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    for place, name in (("x", "Anna"), ("y", "anna"), ("z", "nul")):
        (tmp_path / place).mkdir()
        path = write_video(tmp_path / place / f"{name}.mp4", 5)
        project = add_video(project, probe_video(path, folder, project))
    assert [v.id for v in project.tracks] == ["Anna", "anna-2", "nul_"]
    # Labels of one that was taken out stay on the disk.
    folder.save(project)
    empty, _ = create_project(tmp_path / "q", label_map_from_names("ab"))
    empty.labels_path("").parent.mkdir(exist_ok=True)
    empty.labels_path("ANNA").write_text("{}")
    found = probe_video(tmp_path / "y/anna.mp4", empty, empty.load())
    assert found.id == "anna-2"


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot have such files")
@pytest.mark.parametrize("name", ["con", "\u1112\u1161\u11ab", "COM1.x"])
def test_projects_with_names_of_earlier_versions_open(
    tmp_path: Path, name: str
) -> None:
    folder, before = create_project(tmp_path / "p", label_map_from_names("ab"))
    path = write_video(tmp_path / "v.mp4", 5)
    item = replace(probe_video(path, folder, before), id=name)
    labels = Segmentation.from_frames(np.array([0, 0, 1, 1, 1]), "human")
    project = set_lane(add_video(before, item), name, annotator_lane(name), labels)
    folder.save(project, before)
    assert ProjectFolder(folder.root).load() == project
    folder.model_dir(name).mkdir(parents=True)
    (folder.model_dir(name) / "model.json").write_text("{}")
    assert find_model(folder, name).name == name
    again = add_annotator_lane(project, name, name, Segmentation.unlabelled(5))
    assert again != project


def test_models_may_be_called_in_any_script_and_have_no_twins(tmp_path: Path) -> None:
    folder, _ = create_project(tmp_path / "p", label_map_from_names("ab"))
    for name in (MODEL, "\u6a21\u578b", "a.v2", "x" * 100):
        check_model_name(name, folder)
    for name in ("con", "Aux.v2", APART, "a.", " a", "a/b", "x" * 101):
        with pytest.raises(ModelError, match="cannot be a folder name"):
            check_model_name(name, folder)
    (folder.model_dir("Hands")).mkdir(parents=True)
    (folder.model_dir("Hands") / "model.json").write_text("{}")
    for name in ("Hands", "hands", "HANDS"):
        with pytest.raises(ModelError, match="A model 'Hands' already exists"):
            check_model_name(name, folder)
    # A disk that takes them for one must not make two of it.
    with pytest.raises(ModelError, match="choose one of: Hands"):
        find_model(folder, "hands")


def test_annotators_have_no_twins(tmp_path: Path) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    path = write_video(tmp_path / "v.mp4", 5)
    project = add_video(project, probe_video(path, folder, project))
    labels = Segmentation.from_frames(np.zeros(5, int), "human")
    project = add_annotator_lane(project, "v", "Anna", labels)
    assert add_annotator_lane(project, "v", "Anna", labels) == project
    with pytest.raises(EditError, match="An annotator 'Anna' already exists"):
        add_annotator_lane(project, "v", "anna", labels)
    for name in ("nul", "../x", APART):
        with pytest.raises(EditError, match="cannot be a folder name"):
            add_annotator_lane(project, "v", name, labels)


def test_what_is_no_character_is_a_sentence_all_the_same() -> None:
    """As an array of another program may hold it, beyond all of Unicode."""
    text = str(np.array([0x110000, 65], dtype="<u4").view("<U2")[0])
    assert "A" in str(ModelError("The version is {}.", text))
