from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.json import project_to_json
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    remove_lane,
)
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.journals import replayed
from tests.projects import N, annotator_plan, make_project, painted
from tests.soak import examples

ANNA = annotator_lane("Anna")
THEIRS = Segmentation(
    (Segment(0, 20, 0), Segment(20, 45, 1).as_reviewed(), Segment(45, N))
)


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    return make_project(tmp_path / "mine")


def read(path: Path, project: Project) -> dict[str, Segmentation]:
    """The lanes that come into the project, which has all their classes."""
    found = annotator_plan(path, project)
    assert found.classes == ()
    after = found.apply(project)
    lanes = {v.id: v.lanes for v in after.tracks}
    return {v: lanes[v][ANNA] for v in lanes if ANNA in lanes[v]}


def test_their_labels_are_saved_and_loaded(made: tuple[ProjectFolder, Project]) -> None:
    folder, project = made
    with_anna = add_annotator_lane(project, "v1", "Anna", THEIRS)
    folder.save(with_anna, project)
    loaded = ProjectFolder(folder.root).load()
    assert loaded == with_anna
    assert loaded.track("v1").annotators == ("Anna",)
    assert loaded.track("v2").annotators == ()


def test_they_are_no_business_of_an_edit(made: tuple[ProjectFolder, Project]) -> None:
    project = add_annotator_lane(made[1], "v1", "Anna", THEIRS)
    after = painted(project, 5, 9, 2)
    assert after.track("v1").lanes[ANNA] is THEIRS
    assert remove_lane(after, "v1", ANNA).track("v1").annotators == ()
    assert add_annotator_lane(project, "v1", "Anna", THEIRS) is project


@pytest.mark.parametrize("name", ["", "../up", "a/b", "."])
def test_a_name_has_to_name_a_folder(
    made: tuple[ProjectFolder, Project], name: str
) -> None:
    with pytest.raises(EditError, match="cannot be a folder name"):
        add_annotator_lane(made[1], "v1", name, THEIRS)


def test_labels_of_another_length_are_refused(
    made: tuple[ProjectFolder, Project],
) -> None:
    with pytest.raises(EditError, match="cover 7 frames and v1 has 60"):
        add_annotator_lane(made[1], "v1", "Anna", Segmentation.unlabelled(7))


def test_a_class_that_goes_leaves_them_its_heir(
    made: tuple[ProjectFolder, Project],
) -> None:
    project = add_annotator_lane(made[1], "v1", "Anna", THEIRS)
    after = delete_class(project, 0, into=2)
    theirs = after.track("v1").lanes[ANNA]
    assert [s.class_id for s in theirs.segments] == [2, 1, None]
    folder = made[0]
    folder.save(project)
    # A label file that was written before names the class that is gone.
    folder.save(after, after)
    folder.project_file.write_text(json.dumps(project_to_json(after)))
    assert ProjectFolder(folder.root).load().track("v1").lanes[ANNA] == theirs


steps = st.lists(
    st.sampled_from(["add", "change", "drop", "paint", "save"]), max_size=8
)


@settings(max_examples=examples(30), deadline=None)
@given(steps=steps)
def test_the_journal_gives_them_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    root = tmp_path_factory.mktemp("journal")
    folder, project = make_project(root / "p")
    journal = Journal(root / "j.jsonl", folder)
    for n, step in enumerate(steps):
        before = project
        there = "Anna" in project.track("v1").annotators
        if step == "save":
            mark = journal.begin_save()
            folder.save(project)
            journal.end_save(mark)
            continue
        if step == "add":
            project = add_annotator_lane(project, "v1", "Anna", THEIRS)
        elif step == "change" and there:
            other = relabel(project.track("v1").lanes[ANNA], 0, n % 3)
            project = add_annotator_lane(project, "v1", "Anna", other)
        elif step == "drop" and there:
            project = remove_lane(project, "v1", ANNA)
        elif step == "paint":
            project = edit_lane(project, "v1", lambda s, n=n: paint(s, n, n + 5, 1))
        if project is not before:
            journal.record(step, changed_parts(before, project))
    journal.close()
    assert replayed(folder.load(), journal, folder) == project


def their_project(root: Path, names: str) -> Path:
    folder, project = make_project(root)
    project = replace(project, label_map=label_map_from_names(names))
    folder.save(edit_lane(project, "v1", lambda _: THEIRS))
    return root


def test_a_project_is_read_by_the_names_of_its_classes(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    root = their_project(tmp_path / "theirs", "bac")
    for path in (root, root / "project.json"):
        found = read(path, made[1])
        assert list(found["v1"].to_frames()[[0, 30, 50]]) == [1, 0, -1]
        assert [s.stop for s in found["v1"].segments] == [20, 45, N]
    # v2 has the same length and fingerprint here: it is the same recording.
    assert set(found) == {"v1", "v2"}


def test_a_class_that_their_own_project_does_not_name_comes_without_its_name(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    root = their_project(tmp_path / "theirs", "b")
    (lost,) = annotator_plan(root, made[1]).classes
    assert lost.name == "class 1 (name lost)"


def test_all_classes_that_are_missing_are_told_and_added(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    ours = made[1]
    root = their_project(tmp_path / "theirs", "zya")
    for path in (root, root / "project.json"):
        found = annotator_plan(path, ours)
        assert [c.name for c in found.classes] == ["z", "y"]
        after = found.apply(ours)
        added = after.label_map.classes[len(ours.label_map) :]
        assert [c.name for c in added] == ["z", "y"]
        # Neither key nor colour is taken from a class that is there.
        assert not {c.color for c in added} & {c.color for c in ours.label_map.classes}
        lane = after.track("v1").lanes[ANNA]
        names = [after.label_map.name_of(s.class_id) for s in lane.segments]
        assert names == ["z", "y", ""]
        # Who gave the labels and how far they are reviewed stays.
        origins = [s.origin for s in THEIRS.segments]
        assert [s.origin for s in lane.segments] == origins
        assert after.track("v1").annotation is ours.track("v1").annotation
    # A class that was merged is none that is missing.
    with_z = annotator_plan(root, ours).apply(ours)
    z = with_z.label_map.named("z")
    assert z is not None
    merged = delete_class(with_z, z.id, into=0)
    assert annotator_plan(root, merged).classes == ()


def test_a_project_without_labels_is_refused(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, _ = make_project(tmp_path / "empty")
    with pytest.raises(FormatError, match="has no labels for a video of this project"):
        read(folder.root, made[1])
